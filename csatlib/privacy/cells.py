"""The estimates table as a reader with a pencil sees it: cells, and the sums between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from csatlib.schema import Quarter, SchemaError

__all__ = ["Change", "Node", "Place", "Sheet", "Sum", "places", "sheets", "sums"]

SEPARATOR = " × "
#: Who is counted: the column and value of each restriction; the whole sample has none.
Place = frozenset[tuple[str, str]]
#: A cell: which release it stands in (0 now, 1 an earlier one of the same figures), and its place.
Node = tuple[int, Place]
#: What one answer can be worth in each metric; that of a mean is the item's own scale.
LIMITS = {"share": (0.0, 1.0), "distribution": (0.0, 1.0), "nps": (-100.0, 100.0)}
# Sums over these columns are drawn only where the table itself has the total.
_PERIODS = ("quarter", "line")


@dataclass(frozen=True)
class Sum:
    """One total and its parts; the parts may leave out those who told no group.

    Not ``exhaustive``: quarters that belong to the total are not in the tables.
    """

    whole: Node
    parts: tuple[Node, ...]
    exhaustive: bool = True


@dataclass(frozen=True)
class Change:
    """One cell in two releases of the same figures: some answers came, some were taken out."""

    now: Node
    before: Node


@dataclass(frozen=True)
class Sheet:
    """What is told of one item: counts, sums of scores, and how the cells add up.

    A count of None is hidden, or was never in the table. ``figures`` leads from a metric and level
    to the sums over respondents that estimate × n tells, ``limits`` to what one answer can add.
    """

    item: str
    counts: Mapping[Node, int | None]
    hidden: tuple[Node, ...]
    figures: Mapping[tuple[str, str], Mapping[Node, float]]
    limits: Mapping[tuple[str, str], tuple[float, float]]
    sums: tuple[Sum, ...]
    changes: tuple[Change, ...]


def places(table: pd.DataFrame) -> list[Place]:
    """Say of each row who is counted in it."""
    columns = (table[name].tolist() for name in _KEY)
    return [_place(*row) for row in zip(*columns, strict=True)]


_KEY = ("quarter", "line", "group_by", "group")


def _place(quarter: object, line: object, by: object, group: object) -> Place:
    found = {"quarter": quarter, "line": line}
    if isinstance(by, str) and isinstance(group, str):
        names, values = by.split(SEPARATOR), group.split(SEPARATOR)
        # A value that holds the separator itself cannot be parted: the pair stays one column.
        pairs = zip(names, values, strict=True) if len(names) == len(values) else [(by, group)]
        found |= dict(pairs)
    return frozenset((name, value) for name, value in found.items() if isinstance(value, str))


def whole_sample(place: Place) -> Place:
    """Give the place of all answers of the same quarter and line."""
    return frozenset(pair for pair in place if pair[0] in ("quarter", "line"))


def sheets(table: pd.DataFrame, previous: pd.DataFrame | None) -> list[Sheet]:
    """Lay out what both tables tell of each item of the first one."""
    earlier = _linked(table, previous)
    return [
        _sheet(
            str(item),
            rows,
            None if earlier is None else earlier[earlier["item"] == item],
        )
        for item, rows in table.groupby("item", sort=False)
    ]


def _linked(table: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame | None:
    """Keep of an earlier publication what can say something about this one."""
    if previous is None or previous.empty:
        return None
    open_ended = table["quarter"].isna().any()
    labels = set(table["quarter"].dropna())
    kept = previous if open_ended else previous[previous["quarter"].isin(labels)]
    return None if kept.empty else kept


def _labels(table: pd.DataFrame) -> list[Quarter]:
    found = []
    for label in table["quarter"].dropna().unique():
        try:
            found.append(Quarter.parse(label))
        except SchemaError:
            continue
    return sorted(found)


def _sheet(item: str, table: pd.DataFrame, previous: pd.DataFrame | None) -> Sheet:
    here = places(table)
    labels = set(table["quarter"].dropna())
    nodes = [(0, place) for place in here]
    rows, spans, cumulated = table, [_labels(table)], None
    if previous is not None:
        before = [
            (int(dict(place).get("quarter") in labels | {None}), place)
            for place in places(previous)
        ]
        rows = pd.concat([table, previous], ignore_index=True)
        nodes += before
        spans = _spans(_labels(table), _labels(previous))
        cumulated = _added_quarter(_labels(table), _labels(previous))
    counts = _counts(rows, nodes)
    hidden = tuple(node for node, count in counts.items() if count is None)
    added, changes = _links(counts, cumulated)
    implied = _with_margins(counts)
    figures, limits = _figures(rows, nodes)
    return Sheet(
        item=item,
        counts=implied,
        hidden=hidden,
        figures=figures,
        limits=limits,
        sums=(*sums(implied, spans), *added),
        changes=tuple(changes),
    )


def _spans(now: list[Quarter], before: list[Quarter]) -> list[list[Quarter]]:
    """Say which quarters a row without a quarter sums up: of this release, of the earlier one."""
    if not now:
        return [before, before]
    same_year = [q for q in before if q.year == now[-1].year and q < now[-1]]
    return [sorted({*now, *same_year}), [q for q in before if q.year == before[-1].year]]


def _added_quarter(now: list[Quarter], before: list[Quarter]) -> str | None:
    """Name the one quarter by which a cumulated row of this release is longer, if it is one."""
    new = sorted(set(now) - set(before))
    return str(new[0]) if len(new) == 1 and before and new[0].number > 1 else None


def _counts(rows: pd.DataFrame, nodes: Sequence[Node]) -> dict[Node, int | None]:
    counts: dict[Node, int | None] = {}
    for node, count in zip(nodes, rows["n"].tolist(), strict=True):
        number = None if pd.isna(count) else int(count)
        if number is None or counts.get(node) is None:
            # One metric that shows the base shows it for all of them.
            counts[node] = counts.get(node) if number is None else number
        elif counts[node] != number:
            raise ValueError(
                f"n: expected one base for an item and group in all metrics, found "
                f"{counts[node]} and {number} for {rows['item'].iloc[0]!r} in "
                f"{dict(sorted(node[1])) or 'the whole sample'}; figures on different answers "
                "need items of different names"
            )
    return counts


def _with_margins(counts: Mapping[Node, int | None]) -> dict[Node, int | None]:
    """Add the margins that the table leaves out: what sums to them is linked all the same."""
    found = dict(counts)
    queue = list(found)
    while queue:
        layer, place = queue.pop()
        for name, value in sorted(place):
            margin = (layer, place - {(name, value)})
            if name not in _PERIODS and margin not in found:
                found[margin] = None
                queue.append(margin)
    return found


def sums(nodes: Iterable[Node], spans: Sequence[Sequence[Quarter]]) -> list[Sum]:
    """Find every total among the cells, with the parts that make it up, column by column."""
    nodes = dict.fromkeys(nodes)
    families: dict[tuple[Node, str], list[Node]] = {}
    for layer, place in nodes:
        for name, value in sorted(place):
            rest = place - {(name, value)}
            if name != "quarter":
                families.setdefault(((layer, rest), name), []).append((layer, place))
                continue
            for release, span in enumerate(spans):
                if value in {str(q) for q in span}:
                    families.setdefault(((release, rest), name), []).append((layer, place))
    return [
        Sum(whole, tuple(parts), name != "quarter" or _gapless(spans[whole[0]]))
        for (whole, name), parts in families.items()
        if whole in nodes
    ]


def _gapless(span: Sequence[Quarter]) -> bool:
    """Say whether the quarters are all that a cumulated row can mean: a year from its start."""
    follows = all(earlier.next() == later for earlier, later in pairwise(span))
    return follows and (span[0].number == 1 or (len(span) > 1 and span[0].year != span[-1].year))


def _links(
    counts: Mapping[Node, int | None], cumulated: str | None
) -> tuple[list[Sum], list[Change]]:
    """Link the two releases: by the quarter that was added, else by what was corrected."""
    added, changes = [], []
    for layer, place in counts:
        if layer != 1 or (0, place) not in counts:
            continue
        step = (0, place | {("quarter", cumulated)}) if cumulated else None
        if step in counts and "quarter" not in dict(place):
            added.append(Sum((0, place), ((1, place), step)))
        else:
            changes.append(Change((0, place), (1, place)))
    return added, changes


def _figures(
    rows: pd.DataFrame, nodes: Sequence[Node]
) -> tuple[dict[tuple[str, str], dict[Node, float]], dict[tuple[str, str], tuple[float, float]]]:
    """Give the sums that estimate × n tells, of the metrics without weights."""
    levels = pd.to_numeric(rows.loc[rows["metric"] == "distribution", "level"], errors="coerce")
    scale = {"mean": (float(levels.min()), float(levels.max()))} if levels.notna().any() else {}
    known = LIMITS | scale
    told = (rows[name].tolist() for name in ("metric", "level", "n", "n_eff", "estimate"))
    figures: dict[tuple[str, str], dict[Node, float]] = {}
    weighted = set()
    for node, metric, level, n, n_eff, estimate in zip(nodes, *told, strict=True):
        if metric not in known or pd.isna(n) or pd.isna(estimate):
            continue
        # With weights n_eff is not n, and nobody outside knows by what the shares were weighted.
        if not pd.isna(n_eff) and abs(n_eff - n) > 1 + 1e-9:
            weighted.add(metric)
        figure = (metric, level if isinstance(level, str) else "")
        figures.setdefault(figure, {})[node] = n * estimate
    figures = {figure: totals for figure, totals in figures.items() if figure[0] not in weighted}
    return figures, {figure: known[figure[0]] for figure in figures}
