"""Small groups are hidden, and so much beside them that no reader can work them out."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral

import pandas as pd

from csatlib import schema
from csatlib.privacy.cells import Node, Place, Sheet, places, sheets, whole_sample
from csatlib.privacy.cover import Cover
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
        number from 1; for two bases of one item and group; and where a cell could not be
        protected by hiding every group, as an earlier publication tells too much.

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
    >>> published = privacy.suppress(table, min_base=5)
    >>> published.loc[published["suppressed"], ["group", "n", "reason"]].values.tolist()
    [['south', <NA>, 'complementary'], ['west', <NA>, 'confidential']]
    """
    _check(table, previous, min_base)
    cover = Cover(sheets(table, previous), _own(table), int(min_base))
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


def _by_other_items(
    low: int,
    high: int | None,
    sheet: Sheet,
    others: Mapping[str, Sheet],
    place: Place,
    min_base: int,
) -> tuple[int, int | None]:
    """Narrow a range by items that the same people answered, if the group is shown there."""
    total = sheet.counts.get((0, whole_sample(place)))
    for other in others.values():
        count, base = other.counts.get((0, place)), other.counts.get((0, whole_sample(place)))
        if None in (total, count, base) or abs(total - base) >= min_base:
            continue
        # Whoever answered the rarer item answered the other one too.
        lower = max(low, count - max(0, base - total))
        upper = count + max(0, total - base)
        upper = upper if high is None else min(high, upper)
        if lower <= upper:
            low, high = lower, upper
    return low, high


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
