"""What the headline would be without each excluding rule."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from csatlib import schema
from csatlib.clean.duplicates import duplicate
from csatlib.clean.rules import FLAG, sound_rows
from csatlib.scales import is_satisfied, nps_band
from csatlib.study import Study

__all__ = ["sensitivity"]


def sensitivity(flagged: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compute the headline as decided, and again with each excluding rule switched off.

    Parameters
    ----------
    flagged : DataFrame
        ``Cleaned.flagged``: every row with its answers and flags.
    study : Study
        The overall item, the recommendation items, and the rules that exclude.

    Returns
    -------
    DataFrame
        Table ``sensitivity``: ``rule`` (NA: as decided), ``kept`` (rows kept without the rule),
        ``added`` (those of them that are set aside otherwise), ``metric`` (``mean``, ``share``,
        ``nps``), ``item``, ``estimate`` (share 0 to 1, NPS −100 to 100, unweighted; NA where
        nobody answered) and ``difference`` from the estimate as decided. Where fewer than
        ``privacy.min_base`` rows come back all four are NA: the difference would tell what a
        single person answered.

    Raises
    ------
    ValueError
        If ``flagged`` has no columns of flags.

    Notes
    -----
    ``duplicate`` keeps the earliest row that no other excluding rule flags. Without one of those
    rules another row of the customer may be the earliest, so duplicates are sought anew each time.

    Examples
    --------
    >>> from csatlib import clean, exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> flagged = clean.responses(raw, study, quarter="2026Q3").flagged
    >>> table = sensitivity(flagged, study)
    >>> table.loc[table["rule"] == "duplicate", ["kept", "added"]].iloc[0].tolist()
    [162, 5]
    """
    columns = [c for c in flagged if str(c).startswith(FLAG)]
    if not columns:
        raise ValueError(
            f"sensitivity: expected columns of flags such as {FLAG}too_fast; "
            f"give Cleaned.flagged, not Cleaned.kept"
        )
    flags = flagged[columns].rename(columns=lambda c: c.removeprefix(FLAG))
    decided = _kept(flagged, flags, study)
    base = dict(_headline(flagged[decided], study))
    lines = []
    for rule in (None, *study.cleaning.exclude):
        kept = decided if rule is None else _kept(flagged, flags, study, without=rule)
        count, added = int(kept.sum()), int((kept & ~decided).sum())
        for (metric, item), estimate in _headline(flagged[kept], study):
            difference = estimate - base[metric, item]
            line = (count, added, metric, item, estimate, difference)
            if 0 < added < study.privacy.min_base:
                line = (pd.NA, pd.NA, metric, item, pd.NA, pd.NA)
            lines.append((rule, *line))
    contract = schema.TABLES["sensitivity"].columns
    table = pd.DataFrame(lines, columns=list(contract))
    return table.astype({n: c.dtype for n, c in contract.items()}).pipe(schema.check, "sensitivity")


def _kept(
    rows: pd.DataFrame, flags: pd.DataFrame, study: Study, *, without: str | None = None
) -> pd.Series:
    """Say which rows are kept if one rule does not exclude."""
    exclude = [rule for rule in study.cleaning.exclude if rule != without]
    sound = sound_rows(flags.drop(columns="duplicate"), exclude)
    if "duplicate" in exclude:
        sound &= ~duplicate(rows, sound, study.cleaning.duplicate_key)
    return sound


def _headline(rows: pd.DataFrame, study: Study) -> Iterator[tuple[tuple[str, str], object]]:
    """Give the report's leading figures of some rows."""
    overall = study.report.overall
    scores = rows[overall]
    yield ("mean", overall), scores.astype("Float64").mean()
    satisfied = is_satisfied(scores, cutoff=study.cutoff(overall))
    yield ("share", overall), satisfied.astype("Float64").mean()
    for item in (i for i in study.items("nps") if i in rows):
        bands = nps_band(rows[item]).dropna()
        balance = (bands == "promoter").mean() - (bands == "detractor").mean()
        yield ("nps", item), 100 * balance if len(bands) else pd.NA
