"""How near each text is to the centre of all: TF-IDF of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["letters", "pairs", "typicality"]


def letters(text: str) -> str:
    """Give the letters and digits of a text, in lower case: what makes two texts one."""
    return "".join(c for c in text.lower() if c.isalnum())


def pairs(text: str) -> Counter[str]:
    """Count the neighbouring pairs of letters, in which the parts of a text show."""
    if len(text) < 2:
        return Counter(text)
    return Counter(text[i : i + 2] for i in range(len(text) - 1))


def typicality(documents: Mapping[str, Sequence[str] | Counter[str]]) -> dict[str, float]:
    r"""Give each text's cosine with the centre of all, each distinct text counted once.

    .. math:: w_{td} = c_{td} \left(\ln\frac{1 + N}{1 + N_t} + 1\right), \quad
        u_d = w_d / |w_d|, \quad \mathrm{typicality}_d = u_d \cdot \bar u / |\bar u|
    """
    from scipy.sparse import csr_array

    counts = {name: Counter(parts) for name, parts in sorted(documents.items())}
    vocabulary = {part: i for i, part in enumerate(sorted({p for c in counts.values() for p in c}))}
    if not vocabulary:
        return dict.fromkeys(counts, 0.0)
    rows, columns, values = [], [], []
    for row, parts in enumerate(counts.values()):
        for part in sorted(parts):
            rows.append(row)
            columns.append(vocabulary[part])
            values.append(float(parts[part]))
    matrix = csr_array((values, (rows, columns)), shape=(len(counts), len(vocabulary)))
    held = np.bincount(columns, minlength=len(vocabulary))
    matrix = matrix.multiply(np.log((1 + len(counts)) / (1 + held)) + 1).tocsr()
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    units = matrix.multiply((1 / np.where(lengths > 0, lengths, 1))[:, None]).tocsr()
    centre = units.sum(axis=0)
    cosines = units @ (centre / np.sqrt((centre**2).sum()))
    # Equal to twelve digits is equal: what is left is the order of a sum.
    return dict(zip(counts, np.round(cosines, 12).tolist(), strict=True))
