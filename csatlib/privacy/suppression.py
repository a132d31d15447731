"""Small groups are hidden, and so much beside them that no reader can work them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import pandas as pd

from csatlib import schema
from csatlib.privacy.cells import Node, Place, Sheet, Sum, places, sheets
from csatlib.privacy.feasible import Reader, safe

__all__ = ["audit", "suppress"]

_HIDDEN = ("n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high")
_CELL = ("quarter", "line", "item", "group_by", "group")


def suppress(
    table: pd.DataFrame,
    *,
    min_base: int,
    previous: pd.DataFrame | None = None,
    tell_reason: bool = True,
) -> pd.DataFrame:
    r"""Hide the groups smaller than the confidentiality base, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        The ``estimates`` table of one publication, all of it: what is checked apart can be
        subtracted together. Rows may be hidden already.
    min_base : int
        The smallest number of answers that is published: ``privacy.min_base`` of the study inside
        the company, ``privacy.external_min_base`` for what leaves it. It is not the base of
        precision, below which `csatlib.estimates` withholds an estimate but shows ``n``.
    previous : DataFrame, optional
        What was published before, as it was published (hidden rows hidden).
    tell_reason : bool
        False gives every hidden row the reason ``confidential``. Use it for what leaves the
        company: a reader who is told which cells are the small ones knows their counts to lie
        between 1 and ``min_base`` − 1, which no further cell can undo.

    Returns
    -------
    DataFrame
        The same rows, columns and order. A hidden row keeps its key and has NA for ``n``,
        ``n_eff``, ``df``, ``estimate``, ``se``, ``ci_low`` and ``ci_high``; ``suppressed`` is True
        and ``reason`` is ``confidential`` (0 < n < ``min_base``) or ``complementary`` (hidden
        so that a confidential one cannot be worked out). All metrics and levels of one item and
        group are hidden together. Groups of nobody stay.

    Raises
    ------
    ValueError
        For a table without the columns of the contract; for a ``min_base`` that is no whole
        number from 1; for two bases of one item and group; and where an earlier publication tells
        so much that hiding every group of this one would not protect a cell.

    Notes
    -----
    A count is protected if, given everything published, the whole numbers it may be span at least
    ``min_base``, or begin at ``min_base`` or above (no small group then). This is what `audit`
    reckons, and it holds for every hidden cell, the complementary ones among them.

    What a reader knows: groups of one column sum to their total, two-way groups (``a × b``) to
    both their margins, also to margins that are not in the table; lines and quarters to a row
    without line or quarter (of one calendar year); no count is negative. Shares, distributions
    and net promoter scores times n give sums over respondents that add up alike, and each answer
    adds at least the lowest and at most the highest score; so do means where the table holds a
    distribution over numbers, which tells the scale. Figures with weights are left out: n does not
    tell their weights. Respondents who told no group are taken to be as few as the figures allow;
    `suppress` protects beside that against a reader who knows how many they are. Two items whose
    totals differ by less than ``min_base`` were answered by the same people: a group hidden in one
    is hidden in the other.

    Linked with ``previous`` are (a) the same quarter there, an earlier release: the reader takes
    the answers that came and went to be as few as the figures allow; (b) rows without a quarter,
    cumulated over the year: those of this table are those of ``previous`` and the one quarter
    that this table adds, and the year's quarters in both sum to them. Two releases protect each
    other: a cell hidden in the earlier one stays protected too. Different quarters without a
    cumulated row are not linked: they count different answers.

    Not covered: what all answers of a hidden cell have in common (where everyone was satisfied,
    so was the small group); the answers of the few by which two published cells differ; several
    items reckoned in one programme; approximate guesses from other quarters; tables that are not
    given here. Cells are chosen one at a time, the smallest in the row or column that gives a cell
    away first, and shown again in the end where the audit allows: few are hidden, not provably
    the fewest.

    Source: Hundepool et al. (2012), *Statistical Disclosure Control*, Wiley, chapter 4; Fischetti
    and Salazar (2001), Solving the cell suppression problem on tabular data with linear
    constraints, *Management Science* 47(7), 1008–1027, for the audit by linear programmes.

    Examples
    --------
    Three customers of the west would be 40 − 25 − 12: the south is hidden with them.

    >>> import pandas as pd
    >>> from csatlib import estimates, privacy
    >>> regions = ["north"] * 25 + ["south"] * 12 + ["west"] * 3
    >>> df = pd.DataFrame({"region": regions, "overall": [4, 5] * 20})
    >>> table = pd.concat(
    ...     [estimates.mean(df, "overall", by=by, min_base=1) for by in ([], ["region"])]
    ... )
    >>> privacy.suppress(table, min_base=5)[["group", "n", "reason"]].values.tolist()
    [[nan, 40, nan], ['north', 25, nan], ['south', <NA>, 'complementary'], ['west', <NA>, 'confidential']]
    """
    _check(table, previous, min_base)
    cover = _Cover(sheets(table, previous), _own(table), int(min_base))
    hidden = cover.chosen()
    return _without(table, hidden, min_base=min_base, tell_reason=tell_reason)


def audit(
    published: pd.DataFrame, *, min_base: int, previous: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Reckon what a reader can still infer of every hidden count of a publication.

    Parameters
    ----------
    published : DataFrame
        The ``estimates`` table as it is to be published; a cell is hidden where ``n`` is NA.
    min_base : int
        The smallest number of answers that is published.
    previous : DataFrame, optional
        What was published before.

    Returns
    -------
    DataFrame
        One row a hidden cell, in the order of ``published``: ``quarter``, ``line``, ``item``,
        ``group_by``, ``group``; ``count_low`` and ``count_high``, the lowest and highest number
        of answers that fits what is published (``count_high`` NA: nothing limits it);
        ``protected``, whether the two differ by at least ``min_base`` or ``count_low`` reaches it.

    Raises
    ------
    ValueError
        As `suppress`, but for the last.

    Notes
    -----
    Two linear programmes a cell, the least and the greatest count, under the sums that `suppress`
    names; that counts are whole is used only to round the two limits. The reason of a hidden row
    is not used.

    Source: Fischetti and Salazar (2001), as `suppress`.

    Examples
    --------
    Hiding only the small group hides nothing.

    >>> import pandas as pd
    >>> from csatlib import estimates, privacy
    >>> df = pd.DataFrame({"region": ["north"] * 25 + ["west"] * 3, "overall": [4, 5] * 14})
    >>> table = pd.concat(
    ...     [estimates.mean(df, "overall", by=by, min_base=1) for by in ([], ["region"])]
    ... )
    >>> table["n"] = table["n"].mask(table["n"] < 5)
    >>> found = privacy.audit(table, min_base=5)
    >>> found[["group", "count_low", "count_high", "protected"]].values.tolist()
    [['west', 3, 3, False]]
    """
    _check(published, previous, min_base)
    found = {sheet.item: sheet for sheet in sheets(published, previous)}
    readers = {item: Reader(sheet) for item, sheet in found.items()}
    cells = published.assign(place=pd.Series(places(published), published.index, dtype=object))
    cells = cells[cells["n"].isna()].drop_duplicates(["item", "place"])
    ranges = []
    for item, place in zip(cells["item"], cells["place"], strict=True):
        low, high = readers[item].range((0, place))
        ranges.append(_by_other_items(low, high, found[item], found, place, min_base))
    limits = pd.DataFrame(ranges, columns=["count_low", "count_high"], index=cells.index)
    limits = limits.astype("Int64")
    protected = [safe(low, high, min_base) for low, high in ranges]
    kept = cells[list(_CELL)].assign(
        count_low=limits["count_low"],
        count_high=limits["count_high"],
        protected=pd.Series(protected, index=cells.index, dtype="bool"),
    )
    return kept.reset_index(drop=True)


def _check(table: pd.DataFrame, previous: pd.DataFrame | None, min_base: int) -> None:
    if not isinstance(min_base, Integral) or isinstance(min_base, bool) or min_base < 1:
        raise ValueError(
            f"min_base: expected a whole number of answers, 1 or more, found {min_base!r}; "
            "take it from privacy.min_base of the study"
        )
    needed = list(schema.TABLES["estimates"].columns)
    for name, df in (("table", table), ("previous", previous)):
        missing = [] if df is None else [column for column in needed if column not in df]
        if missing:
            raise ValueError(
                f"{name}: expected the columns of the estimates table, missing {missing}; "
                "give the table as csatlib.estimates makes it"
            )


def _own(table: pd.DataFrame) -> dict[str, list[Node]]:
    """List the cells of each item that this publication may hide."""
    own: dict[str, dict[Node, None]] = {}
    for item, place in zip(table["item"], places(table), strict=True):
        own.setdefault(str(item), {})[(0, place)] = None
    return {item: list(nodes) for item, nodes in own.items()}


def _whole_sample(place: Place) -> Place:
    return frozenset(pair for pair in place if pair[0] in ("quarter", "line"))


def _by_other_items(
    low: int,
    high: int | None,
    sheet: Sheet,
    others: Mapping[str, Sheet],
    place: Place,
    min_base: int,
) -> tuple[int, int | None]:
    """Narrow a range by items that the same people answered, if the group is shown there."""
    total = sheet.counts.get((0, _whole_sample(place)))
    for other in others.values():
        count, base = other.counts.get((0, place)), other.counts.get((0, _whole_sample(place)))
        if None in (total, count, base) or abs(total - base) >= min_base:
            continue
        # Whoever answered the rarer item answered the other one too.
        lower = max(low, count - max(0, base - total))
        upper = count + max(0, total - base)
        upper = upper if high is None else min(high, upper)
        if lower <= upper:
            low, high = lower, upper
    return low, high


@dataclass
class _Cover:
    """The search for cells to hide: what is hidden of each item so far, and why."""

    sheets: list[Sheet]
    own: Mapping[str, list[Node]]
    min_base: int

    def __post_init__(self) -> None:
        self._by_item = {sheet.item: sheet for sheet in self.sheets}
        self._groups = self._same_people()
        small = [
            (item, node)
            for item, nodes in self.own.items()
            for node in nodes
            if 0 < (self._by_item[item].counts[node] or 0) < self.min_base
        ]
        self._primary: dict[str, dict[Node, None]] = {item: {} for item in self.own}
        for item, node in small:
            for other in self._peers(item, node):
                self._primary[other][node] = None

    def chosen(self) -> dict[str, set[Node]]:
        """Hide until both kinds of reader fail; if the knowing one cannot be made to, the other."""
        for knowing in (True, False):
            hidden = {item: dict(nodes) for item, nodes in self._primary.items()}
            exposed = self._extend(hidden, knowing=knowing)
            if exposed is None:
                self._show_again(hidden, knowing=knowing)
                return {item: set(nodes) for item, nodes in hidden.items()}
        item, (_, place) = exposed
        raise ValueError(
            f"previous: what was published before gives away {item!r} in "
            f"{dict(sorted(place)) or 'the whole sample'} even if every group of this table is "
            "hidden; leave this breakdown out of the table, or withdraw the earlier one"
        )

    def _same_people(self) -> dict[tuple[str, Place], int]:
        """Number the items of each whole sample so that those of the same people share a number."""
        totals: dict[Place, list[tuple[int, str]]] = {}
        for sheet in self.sheets:
            for (layer, place), count in sheet.counts.items():
                if layer == 0 and place == _whole_sample(place) and count is not None:
                    totals.setdefault(place, []).append((count, sheet.item))
        numbers: dict[tuple[str, Place], int] = {}
        for place, found in totals.items():
            found.sort()
            numbers[found[0][1], place] = number = 0
            for (less, _), (more, item) in pairwise(found):
                number += more - less >= self.min_base
                numbers[item, place] = number
        return numbers

    def _peers(self, item: str, node: Node) -> Iterator[str]:
        sample = _whole_sample(node[1])
        number = self._groups.get((item, sample))
        for other, nodes in self.own.items():
            alike = number is not None and self._groups.get((other, sample)) == number
            if other == item or (alike and node in nodes):
                yield other

    def _readers(self, item: str, hidden: Mapping[Node, None], knowing: bool) -> Iterator[Reader]:
        sheet = self._by_item[item]
        if not hidden and not sheet.hidden:
            return
        yield Reader(sheet, hidden=hidden)
        missing = _missing(sheet) if knowing else {}
        if any(missing.values()):
            yield Reader(sheet, hidden=hidden, missing=missing)

    def _exposed(
        self, item: str, hidden: Mapping[Node, None], knowing: bool, near: Place = frozenset()
    ) -> Iterator[Node]:
        """Find the hidden cells of an item that a reader can tell, those most like ``near`` first."""
        for reader in self._readers(item, hidden, knowing):
            for node in sorted(reader.hidden, key=lambda n: -len(n[1] & near)):
                if not reader.cannot_tell(node, self.min_base):
                    yield node

    def _extend(self, hidden: dict[str, dict[Node, None]], *, knowing: bool):
        """Hide further cells in place; return the item and cell that nothing can protect."""
        queue = dict.fromkeys(self.own)
        while queue:
            item = next(iter(queue))
            del queue[item]
            done: set[Sum] = set()
            for node in list(self._exposed(item, hidden[item], knowing)):
                near = self._near(item, node)
                if done & set(near):
                    # A cell was just hidden beside it: see what that is worth first.
                    queue[item] = None
                    continue
                further = self._further(item, node, hidden[item])
                if further is None:
                    return item, node
                done |= set(self._near(item, further))
                for other in self._peers(item, further):
                    hidden[other][further] = None
                    queue[other] = None
        return None

    def _near(self, item: str, node: Node) -> list[Sum]:
        same = {(0, node[1]), (1, node[1])}
        return [s for s in self._by_item[item].sums if same & {s.whole, *s.parts}]

    def _further(self, item: str, exposed: Node, hidden: Mapping[Node, None]) -> Node | None:
        """Choose the next cell to hide: a small one that closes a ring with hidden ones."""
        sheet = self._by_item[item]
        total = exposed[1] == _whole_sample(exposed[1])
        gone = {**dict.fromkeys(sheet.hidden), **hidden}
        open_cells = [
            node
            for node in self.own[item]
            if node not in gone
            and (sheet.counts[node] or 0) > 0
            and (total or node[1] != _whole_sample(node[1]))
        ]
        same = {(0, exposed[1]), (1, exposed[1])}
        near = self._near(item, exposed)

        def rank(node: Node) -> tuple:
            part = any(node in s.parts for s in near)
            lonely = sum(
                node in s.parts and not any(p in gone for p in s.parts) for s in sheet.sums
            )
            earlier = (1, node[1]) in sheet.hidden
            beside = part or node in same or any(node == s.whole for s in near)
            return (
                not beside,
                not part,
                not earlier,
                lonely,
                sheet.counts[node],
                sorted(node[1]),
            )

        return min(open_cells, key=rank, default=None)

    def _show_again(self, hidden: dict[str, dict[Node, None]], *, knowing: bool) -> None:
        """Show again, the largest first, what turns out not to be needed."""
        extra = {
            (self._by_item[item].counts[node], node, item): None
            for item, nodes in hidden.items()
            for node in nodes
            if node not in self._primary[item]
        }
        for _, node, item in sorted(extra, key=lambda e: (-e[0], sorted(e[1][1]), e[2])):
            if node not in hidden[item]:
                continue
            peers = list(self._peers(item, node))
            trial = {p: {n: None for n in hidden[p] if n != node} for p in peers}
            if not any(
                any(True for _ in self._exposed(p, trial[p], knowing, node[1])) for p in peers
            ):
                hidden.update(trial)


def _missing(sheet: Sheet) -> dict[Sum, int]:
    """Reckon how many of each total told no group, where all its cells are known."""
    found = {}
    for each in sheet.sums:
        counts = [sheet.counts[node] for node in (each.whole, *each.parts)]
        if None not in counts:
            found[each] = counts[0] - sum(counts[1:])
    return found


def _without(
    table: pd.DataFrame,
    hidden: Mapping[str, set[Node]],
    *,
    min_base: int,
    tell_reason: bool,
) -> pd.DataFrame:
    nodes = zip(table["item"], places(table), strict=True)
    rows = pd.Series([(0, place) in hidden[str(item)] for item, place in nodes], table.index)
    small = (table["n"] > 0) & (table["n"] < min_base)
    told = small.fillna(value=False).to_numpy(dtype=bool) if tell_reason else rows
    reason = pd.Series("complementary", table.index).mask(told, "confidential")
    return table.assign(
        **{name: table[name].mask(rows) for name in _HIDDEN},
        suppressed=table["suppressed"] | rows,
        reason=table["reason"].mask(rows, reason).astype("str"),
    )
