"""Which groups are held against which, and the two sides of each contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.estimates.domains import Domains

__all__ = ["MINUS", "OTHERS", "Contrasts", "common", "list_contrasts"]

MINUS = " − "
OTHERS = "其他"


@dataclass(frozen=True)
class Contrasts:
    """Differences between two sides, one entry a contrast.

    ``group`` is the position of the group in question; ``first`` and ``second`` have one row a
    contrast and one column a group, true where the group is on that side.
    """

    group: np.ndarray
    labels: list[str]
    first: np.ndarray
    second: np.ndarray

    def __len__(self) -> int:
        return len(self.group)

    @property
    def both(self) -> np.ndarray:
        """The groups on either side."""
        return self.first | self.second


def list_contrasts(domains: Domains, against: str) -> Contrasts:
    """List the contrasts of all groups, in the order of the groups.

    Raises
    ------
    ValueError
        For an ``against`` that is neither a way to compare nor one of the groups.
    """
    count, names = len(domains), domains.group
    if against == "pairwise":
        one, other = np.triu_indices(count, 1)
        labels = [f"{names[i]}{MINUS}{names[j]}" for i, j in zip(one, other, strict=True)]
    elif against == "rest":
        one, other = np.arange(count), None
        labels = [f"{name}{MINUS}{OTHERS}" for name in names]
    else:
        reference = _reference(domains, against)
        one = np.array([i for i in range(count) if i != reference], dtype=np.intp)
        other = np.full(len(one), reference)
        labels = [f"{names[i]}{MINUS}{against}" for i in one]
    each = np.eye(count, dtype=bool)
    first = each[one]
    return Contrasts(one, labels, first, ~first if other is None else each[other])


def common(values: list[str | None], used: np.ndarray) -> str | None:
    """Give what the groups in use have in common (a quarter, say), None where they differ."""
    found = {values[position] for position in np.flatnonzero(used)}
    return found.pop() if len(found) == 1 else None


def _reference(domains: Domains, against: str) -> int:
    if against in domains.group:
        return domains.group.index(against)
    some = ", ".join(repr(name) for name in domains.group[:8])
    more = ", …" if len(domains) > 8 else ""
    raise ValueError(
        "against: expected 'overall', 'pairwise', 'rest' or a group of "
        f"{domains.group_by or 'by'}, found {against!r}; the groups are {some}{more}"
    )
