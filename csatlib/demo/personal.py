"""Invented personal data in the ways people write it: numbers, addresses, names."""

from __future__ import annotations

import numpy as np

from csatlib.demo.phrases_common import PERSONAL

__all__ = ["bank_card", "id_card", "sentence"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_USERS = ("linan", "zhou.yi", "qinghe2026", "wang_ming", "support", "a.chen", "hexiaomi", "lu-yao")


def sentence(kind: str, number: int, rng: np.random.Generator, *, value: str | None = None) -> str:
    """Word one sentence with a datum of a kind; ``number`` varies the way it is written.

    ``value`` is the datum where it is not drawn, such as a name.
    """
    templates = PERSONAL[kind]
    datum = value or _VALUES[kind](number, rng)
    return templates[number % len(templates)].format(value=datum)


def _mobile(number: int, rng: np.random.Generator) -> str:
    prefix = ("138", "139", "186")[number % 3]
    digits = f"{prefix}0000{int(rng.integers(10000)):04d}"
    apart = (digits[:3], digits[3:7], digits[7:])
    forms = (digits, " ".join(apart), digits.translate(_FULL_WIDTH), "-".join(apart), digits)
    return forms[number % len(forms)]


def _email(number: int, rng: np.random.Generator) -> str:
    return f"{_USERS[number % len(_USERS)]}{int(rng.integers(100)):02d}@example.com"


def id_card(body: str) -> str:
    """Add the check character (ISO 7064 mod 11-2) to the first 17 digits of an ID-card number.

    Examples
    --------
    >>> id_card("11010519491231002")
    '11010519491231002X'
    """
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def _id_card(number: int, rng: np.random.Generator) -> str:
    # No county bears the code 110199, so that nobody does these numbers.
    born = f"{1955 + int(rng.integers(48))}{1 + int(rng.integers(12)):02d}{1 + number % 28:02d}"
    return id_card(f"110199{born}{int(rng.integers(1000)):03d}")


def bank_card(body: str) -> str:
    """Add the check digit (Luhn, ISO/IEC 7812-1) to a card number without one.

    Examples
    --------
    >>> bank_card("620000000000000012")
    '6200000000000000125'
    """
    doubled = [int(d) * 2 for d in reversed(body)][::2]
    plain = [int(d) for d in reversed(body)][1::2]
    total = sum(d - 9 if d > 9 else d for d in doubled) + sum(plain)
    return f"{body}{-total % 10}"


def _bank_card(number: int, rng: np.random.Generator) -> str:
    # No issuer bears the prefix 620000, and so many zeros follow that it is seen at once.
    card = bank_card(f"62000000000000{int(rng.integers(10000)):04d}")
    return card if number % 2 == 0 else " ".join(card[i : i + 4] for i in range(0, 19, 4))


def _wechat(number: int, rng: np.random.Generator) -> str:
    return f"{('shifan_wx_', 'wx-shifan')[number % 2]}{int(rng.integers(10000)):04d}"


def _qq(number: int, rng: np.random.Generator) -> str:
    # Numbers of ten digits are given out up to some four thousand million.
    return f"{9 - number % 2}000000{int(rng.integers(1000)):03d}"


def _plate(number: int, rng: np.random.Generator) -> str:
    # The letters of 宁 end at E.
    return f"宁X{'·' if number % 2 else ''}00{int(rng.integers(1000)):03d}"


def _address(number: int, rng: np.random.Generator) -> str:
    road = ("青禾路", "云服大道")[number % 2]
    return f"示例市云岫区{road}{9000 + int(rng.integers(1000))}号{1 + number}栋201室"


def _landline(number: int, rng: np.random.Generator) -> str:
    # The area code 026 is given to no place.
    return f"026{'-' if number % 2 == 0 else ' '}8000{int(rng.integers(10000)):04d}"


_VALUES = {
    "mobile": _mobile,
    "email": _email,
    "id_card": _id_card,
    "wechat": _wechat,
    "qq": _qq,
    "plate": _plate,
    "address": _address,
    "landline": _landline,
    "bank_card": _bank_card,
}
