"""Invented personal data in the ways people write it: mobile numbers, e-mail, ID-card numbers."""

from __future__ import annotations

import numpy as np

from csatlib.demo.phrases_common import PERSONAL

__all__ = ["id_card", "sentence"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_USERS = ("linan", "zhou.yi", "qinghe2026", "wang_ming", "support", "a.chen", "hexiaomi", "lu-yao")


def sentence(kind: str, number: int, rng: np.random.Generator) -> str:
    """Word one sentence with a datum of a kind; ``number`` varies the way it is written."""
    templates = PERSONAL[kind]
    return templates[number % len(templates)].format(value=_VALUES[kind](number, rng))


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


_VALUES = {"mobile": _mobile, "email": _email, "id_card": _id_card}
