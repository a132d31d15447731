"""Drawing a sample: the same one for a seed, whatever the order of the frame."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.sampling.arguments import (
    EVERYONE,
    choice,
    columns_of,
    key_of,
    keyed,
    labels_of,
    seed_of,
    whole,
)

__all__ = ["draw"]

METHODS = ("srs", "stratified", "systematic", "cluster", "pps")
_FIXED = tuple(schema.TABLES["sample"].columns)


def draw(
    frame: pd.DataFrame,
    allocation: pd.DataFrame | Mapping[str, int] | int,
    *,
    by: Sequence[str] = (),
    method: str = "srs",
    seed: int,
    key: str | None = None,
    cluster: str | None = None,
    size: str | None = None,
    order: Sequence[str] = (),
    salt: str = "",
) -> pd.DataFrame:
    r"""Draw a sample from a frame, with each one's chance to be drawn.

    Parameters
    ----------
    frame : DataFrame
        One row a customer or ticket.
    allocation : int, mapping or DataFrame
        How many to draw: of each stratum (a mapping from its name, or the columns ``stratum`` and
        ``n`` as `allocate` gives them), or one number for a sample without strata.
    by : sequence of str
        The columns whose values, joined with `` × ``, are the strata: type, amount and region at
        once, for example. Without them everyone is in the stratum ``all``.
    method : str
        Within each stratum: ``srs``, also called ``stratified``, a simple random sample without
        replacement; ``systematic``, every so-manieth from a random start; ``cluster``, a simple
        random sample of clusters and everyone in them (``n`` counts clusters); ``pps``,
        systematic with probabilities proportional to size.
    seed : int
        The sample is the same for the same seed. Each stratum is drawn on its own, so that a
        change in one leaves the others as they were. With ``srs`` and ``cluster`` a larger sample
        holds the smaller one, and whoever joins or leaves the frame changes it as little as can
        be.
    key : str, optional
        The column that tells rows apart; ``ticket_id`` where there is one, else ``customer_id``.
        The frame is sorted by it first, so that the order of its rows makes no difference.
    cluster, size : str, optional
        The column of the clusters; that of the sizes, numbers above 0.
    order : sequence of str
        For ``systematic`` and ``pps`` the columns by which a stratum is sorted before; the sample
        is then spread over their values. Without them ``systematic`` goes by the key, ``pps`` by
        chance.
    salt : str
        What the sample is for, such as the quarter and line: with one seed another salt draws
        others, so that not the same customers are asked each time.

    Returns
    -------
    DataFrame
        The rows drawn, by stratum and key: ``customer_id`` (NA where the frame has none),
        ``stratum``, ``inclusion_probability``, ``design_weight`` (its inverse), then the other
        columns of the frame.

    Raises
    ------
    ValueError
        If a column is missing or incomplete, the key repeats, frame and allocation name different
        strata, more are to be drawn than there are, or a size is not above 0.

    Notes
    -----
    With ``srs`` and ``systematic`` (a fractional interval N/n) each has the chance n/N and the
    weights sum to N in every stratum: ``srs`` takes the n smallest of numbers that seed, salt and
    key make (permanent random numbers); with ``cluster`` and ``pps`` they do so on average. With
    ``pps`` whoever would be drawn more than once for certain is drawn once with probability 1, and
    the others share the rest in proportion to size, until nobody is left over. Source: Särndal,
    Swensson and Wretman (1992), *Model Assisted Survey Sampling*, 3.4 and 3.6; randomised order:
    Hartley and Rao (1962), *Annals of Mathematical Statistics* 33, 350–374. Permanent random
    numbers: Ohlsson (1995), in *Business Survey Methods*, 153–169.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": [f"C{i}" for i in range(6)], "region": list("aabbbb")})
    >>> sample = draw(frame, {"a": 1, "b": 2}, by=["region"], seed=1)
    >>> sample["stratum"].tolist(), sample["design_weight"].tolist()
    (['a', 'b', 'b'], [2.0, 2.0, 2.0])
    """
    choice(method, "method", METHODS)
    sorted_ = _sorted(frame, key)
    needed = {"cluster": cluster, "pps": size}.get(method, "")
    if needed is None:
        argument = "cluster" if method == "cluster" else "size"
        raise ValueError(f"{argument}: expected the name of a column for method {method!r}")
    strata = labels_of(sorted_, by)
    if "stratum" in frame and list(by) != ["stratum"]:
        raise ValueError(
            "frame: expected by=['stratum'] where it has that column; rename or drop it"
        )
    wanted = _wanted(allocation, strata)
    task = _Task(method, seed_of(seed), salt, cluster, size, tuple(order))
    numbers = task.numbers(sorted_[key_of(frame, key)]) if task.simple else None
    parts, chances = [], []
    for stratum in sorted(wanted):
        inside = (strata == stratum).to_numpy()
        rows = sorted_[inside]
        own = None if numbers is None else numbers[inside]
        drawn, chance = _drawn(rows, wanted[stratum], task, own, stratum)
        parts.append(rows.iloc[drawn].assign(stratum=stratum))
        chances.append(chance)
    return _laid_out(pd.concat(parts, ignore_index=True), np.concatenate(chances))


@dataclass(frozen=True)
class _Task:
    """How to draw: the method, what it needs, and where its chance comes from."""

    method: str
    seed: int
    salt: str
    cluster: str | None
    size: str | None
    order: tuple[str, ...]

    @property
    def simple(self) -> bool:
        return self.method in ("srs", "stratified")

    def random(self, stratum: str) -> np.random.Generator:
        told = f"{self.salt}\x1f{stratum}".encode()
        return np.random.default_rng([self.seed, zlib.crc32(told)])

    def numbers(self, keys: pd.Series) -> np.ndarray:
        """Give each key its permanent random number."""
        start = hashlib.blake2b(f"{self.seed}\x1f{self.salt}\x1f".encode(), digest_size=8)
        made = np.empty(len(keys), dtype=np.uint64)
        for position, value in enumerate(keys.astype("str")):
            one = start.copy()
            one.update(value.encode())
            made[position] = int.from_bytes(one.digest(), "big")
        return made


def _sorted(frame: pd.DataFrame, key: str | None) -> pd.DataFrame:
    taken = [c for c in _FIXED[2:] if c in frame]
    if taken:
        raise ValueError(
            f"frame: expected no column called {taken}, which the sample gets; rename or drop it"
        )
    if frame.empty:
        raise ValueError("frame: expected customers or tickets to draw from, found no row")
    return keyed(frame, key)


def _wanted(
    allocation: pd.DataFrame | Mapping[str, int] | int, strata: pd.Series
) -> dict[str, int]:
    if isinstance(allocation, pd.DataFrame):
        columns_of(allocation, ["stratum", "n"], "allocation")
        pairs = list(zip(allocation["stratum"].astype("str"), allocation["n"], strict=True))
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("allocation.stratum: expected each once, found a repeat; drop it")
        given = dict(pairs)
    else:
        given = dict(allocation) if isinstance(allocation, Mapping) else {EVERYONE: allocation}
    there = strata.value_counts()
    lacking = {
        "the allocation": sorted(set(there.index) - set(given)),
        "the frame": sorted(set(given) - set(there.index)),
    }
    for side, names in lacking.items():
        if names:
            raise ValueError(
                f"allocation: expected the strata of the frame, found {names[:5]} lacking in "
                f"{side}; add them (n = 0 draws nobody), or check by=…"
            )
    return {str(name): whole(n, f"allocation of {name!r}") for name, n in given.items()}


def _drawn(
    rows: pd.DataFrame, n: int, task: _Task, numbers: np.ndarray | None, stratum: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give the positions drawn of one stratum, in order, and the chance of each."""
    if task.method == "cluster":
        return _clusters(rows, n, task, stratum)
    _enough(n, len(rows), stratum, "people")
    if n == 0:
        return np.empty(0, dtype=int), np.empty(0)
    chances = np.full(len(rows), n / len(rows))
    if numbers is not None:
        positions = np.sort(np.argsort(numbers, kind="stable")[:n])
        return positions, chances[positions]
    random, places = task.random(stratum), _line_up(rows, task.order)
    if task.method == "pps":
        if not task.order:
            places = random.permutation(len(rows))
        chances = _chances(rows, n, str(task.size))
    positions = np.sort(places[_every(chances[places], n, random)])
    return positions, chances[positions]


def _enough(n: int, there: int, stratum: str, what: str) -> None:
    if n > there:
        raise ValueError(
            f"allocation of {stratum!r}: expected at most its {there} {what}, found {n}; lower it"
        )


def _line_up(rows: pd.DataFrame, order: Sequence[str]) -> np.ndarray:
    columns = columns_of(rows, order, "order")
    placed = rows.reset_index(drop=True)
    return (placed.sort_values(columns, kind="stable") if columns else placed).index.to_numpy()


def _every(chances: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Walk along the cumulated chances in steps of one from a random start."""
    ends = np.cumsum(chances)
    # The sum is n but for rounding; held to it, exactly n are met.
    ends[-1] = n
    return np.searchsorted(ends, random.random() + np.arange(n), side="right")


def _chances(rows: pd.DataFrame, n: int, size: str) -> np.ndarray:
    """Give chances in proportion to size; who would exceed 1 is certain, the others share."""
    columns_of(rows, [size], "size")
    sizes = pd.to_numeric(rows[size], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not ((sizes > 0) & np.isfinite(sizes)).all():
        raise ValueError(
            f"size: expected numbers above 0 in {size!r}, found "
            f"{int((~((sizes > 0) & np.isfinite(sizes))).sum())} rows without; complete or drop "
            f"them, since nobody of size 0 can be drawn"
        )
    certain = np.zeros(len(sizes), dtype=bool)
    while True:
        left = sizes[~certain].sum()
        chances = np.where(certain, 1.0, (n - certain.sum()) * sizes / left if left else 1.0)
        over = ~certain & (chances >= 1)
        if not over.any():
            return chances
        certain |= over


def _clusters(
    rows: pd.DataFrame, m: int, task: _Task, stratum: str
) -> tuple[np.ndarray, np.ndarray]:
    cluster = str(task.cluster)
    columns_of(rows, [cluster], "cluster")
    if rows[cluster].isna().any():
        raise ValueError(
            f"cluster: expected a value of {cluster!r} in every row, found "
            f"{int(rows[cluster].isna().sum())} rows without; complete or drop them"
        )
    names = pd.Series(sorted(rows[cluster].astype("str").unique()), dtype="str")
    _enough(m, len(names), stratum, "clusters")
    drawn = names.iloc[np.argsort(task.numbers(names), kind="stable")[:m]]
    positions = np.flatnonzero(rows[cluster].astype("str").isin(drawn))
    return positions, np.full(len(positions), m / len(names))


def _laid_out(sample: pd.DataFrame, chances: np.ndarray) -> pd.DataFrame:
    ids = sample["customer_id"] if "customer_id" in sample else pd.Series(index=sample.index)
    fixed = pd.DataFrame(
        {
            "customer_id": ids.astype("str"),
            "stratum": sample["stratum"].astype("str"),
            "inclusion_probability": pd.array(chances, dtype="Float64"),
            "design_weight": pd.array(1 / chances, dtype="Float64"),
        }
    )
    rest = sample.drop(columns=[c for c in _FIXED if c in sample])
    return pd.concat([fixed, rest], axis=1).pipe(schema.check, "sample")
