"""Settings that are no numbers of the kind wanted, refused by name before anything is reckoned."""

from __future__ import annotations

from math import isfinite
from numbers import Integral, Real

__all__ = ["check_confidence", "check_number", "check_seed", "check_whole"]


def check_confidence(caller: str, conf: object) -> None:
    """Refuse a confidence that is no number between 0 and 1."""
    if not isinstance(conf, Real) or isinstance(conf, bool) or not 0 < float(conf) < 1:
        raise ValueError(
            f"{caller}: expected conf between 0 and 1, found {conf!r}; write 0.95 for 95 %"
        )


def check_whole(caller: str, name: str, value: object, *, least: int) -> None:
    """Refuse a count that is no whole number, or too small."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"{caller}: expected {name} to be a whole number of {least} or more, found {value!r}"
        )


def check_number(caller: str, name: str, value: object) -> None:
    """Refuse what is neither left out nor a finite number."""
    if value is None:
        return
    if not isinstance(value, Real) or isinstance(value, bool) or not isfinite(value):
        raise ValueError(f"{caller}: expected {name} to be a number or None, found {value!r}")


def check_seed(caller: str, seed: object) -> None:
    """Refuse what no random numbers can start from."""
    check_whole(caller, "seed", seed, least=0)
