"""Whom the survey was meant for, who was invited, and who answered but was set aside: as tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from csatlib import schema
from csatlib.clean.frame import sampling_frame, table_of
from csatlib.clean.responses import Cleaned
from csatlib.clean.rules import REASONS
from csatlib.exports import RawTable
from csatlib.study import Study

__all__ = ["fieldwork_tables", "set_aside"]

#: Columns of company lists that are kept whether or not the study file speaks of them.
_USUAL = frozenset({"tier", "unit", "channel", "outcome"})


def fieldwork_tables(
    cleaned: Cleaned, raw: Sequence[RawTable], study: Study
) -> dict[str, pd.DataFrame]:
    """Give the tables by which later stages follow everyone up without the raw files.

    Parameters
    ----------
    cleaned : Cleaned
        What `responses` made of the quarter's files.
    raw : sequence of RawTable
        The quarter's files, those of customers, tickets and invitations among them.
    study : Study
        Says whom the survey is meant for, and which columns the analysis speaks of.

    Returns
    -------
    dict of str to DataFrame
        ``frame`` (`sampling_frame`), ``invitations`` (`table_of`) and ``set_aside``
        (`set_aside`), with the original ids. Of the two lists those mapped columns are kept that
        end in ``_id`` or ``_at``, ``tier``, ``unit``, ``channel`` and ``outcome``, and those that
        the study file names under ``labels``, ``sampling``, ``weighting`` or ``report``: a column
        of remarks, which nobody groups by, stays behind.

    Raises
    ------
    ExportError
        If a customer or a ticket stands in two rows that differ.

    Examples
    --------
    >>> from csatlib import clean, exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> tables = fieldwork_tables(clean.responses(raw, study, quarter="2026Q3"), raw, study)
    >>> list(tables["frame"]), len(tables["set_aside"])
    (['customer_id', 'region', 'customer_type', 'tier', 'unit'], 18)
    """
    named = _named(study)
    return {
        "frame": _listed(sampling_frame(raw, study), "frame", named),
        "invitations": _listed(table_of(raw, "invitations"), "invitations", named),
        "set_aside": set_aside(cleaned),
    }


def set_aside(cleaned: Cleaned) -> pd.DataFrame:
    """Say who gave each answer that cleaning set aside, and under which rule it left.

    Parameters
    ----------
    cleaned : Cleaned
        What `responses` gives.

    Returns
    -------
    DataFrame
        Table ``set_aside``, one row an answer set aside: ``row_id``; ``rule``, the first that
        excludes it in the order of `REASONS`; ``channel``, ``customer_id`` and ``submitted_at``;
        then every other id of ``responses``. The cells of a malformed row may stand under wrong
        headers, so it has no ids.

    Examples
    --------
    >>> from csatlib import clean, exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> aside = set_aside(clean.responses(raw, study, quarter="2026Q3"))
    >>> aside["rule"].value_counts().head(2).to_dict()
    {'duplicate': 5, 'too_fast': 3}
    """
    rank = {rule: place for place, rule in enumerate(REASONS)}
    lines = cleaned.quarantined.reset_index(drop=True)
    first = lines.assign(rank=lines["rule"].map(rank)).sort_values("rank", kind="stable")
    first = first.drop_duplicates("row_id")[["row_id", "rule"]].sort_index()
    rows = cleaned.flagged.rename(columns={"response_id": "row_id"})
    ids = [c for c in rows if str(c).endswith("_id") and c not in ("row_id", "customer_id")]
    known = rows[["row_id", "channel", "customer_id", "submitted_at", *ids]]
    table = first.merge(known, on="row_id", how="left", validate="1:1").reset_index(drop=True)
    return schema.check(table.astype(_dtypes("set_aside")), "set_aside")


def _named(study: Study) -> frozenset[str]:
    """Give the columns that the study file draws, weights or reports by."""
    sampling, report = study.sampling, study.report
    one = (sampling.cluster, sampling.size, report.unit, report.staff)
    several = (sampling.strata, sampling.census, study.weighting.nonresponse)
    several += (study.weighting.margins, report.groups, study.labels)
    return frozenset({c for c in one if c} | {c for group in several for c in group}) | _USUAL


def _listed(rows: pd.DataFrame, table: str, named: Collection[str]) -> pd.DataFrame:
    """Bring a company list into its contract: fixed columns first, remarks left out."""
    dtypes = _dtypes(table)
    further = [c for c in rows if c not in dtypes and (c.endswith(("_id", "_at")) or c in named)]
    return schema.check(rows.reindex(columns=[*dtypes, *further]).astype(dtypes), table)


def _dtypes(table: str) -> dict[str, str]:
    return {name: column.dtype for name, column in schema.TABLES[table].columns.items()}
