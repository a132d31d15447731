"""One item described in full: mean, median, mode, variance, and who gave no score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings, column_of
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.means import scores
from csatlib.estimates.moments import Survey, read_survey
from csatlib.estimates.quantiles import quantiles
from csatlib.estimates.shares import shares
from csatlib.estimates.spread import modes, variances, with_levels
from csatlib.estimates.table import Estimates, to_table

__all__ = ["describe"]

#: A question was put to everyone but those whom the questionnaire led past it.
_ASKED = ("answered", "not_applicable", "blank", "invalid")
_MISSING = ("blank", "invalid")


def describe(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    answer_status: pd.DataFrame | None = None,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Describe each item: mean, median, mode, variance, and the shares without a score.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
        With ``answer_status`` it has the column ``response_id``.
    items : str or sequence of str
        Numeric columns; a missing value is a question without a score.
    answer_status : DataFrame, optional
        What became of each question: ``response_id``, ``item`` and ``status`` (``answered``,
        ``not_applicable``, ``skipped``, ``blank`` or ``invalid``).
    by, where, design, conf, min_base
        As for `mean`.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), for each item the metrics ``mean``,
        ``median``, ``mode``, ``variance``, ``missing`` and ``not_applicable``, one row a group
        each. ``n`` of the first four counts scores. ``missing`` (left blank, or invalid) and
        ``not_applicable`` are shares, with Korn and Graubard's interval, of those who should have
        answered: all but the ``skipped``, whom the questionnaire led past the question; that is
        their ``n``. Without ``answer_status`` nobody can tell the two apart: ``missing`` is then
        the share of all rows without a score, and ``not_applicable`` is ``empty``.

    Raises
    ------
    ValueError
        As `mean`; for an ``answer_status`` without its columns, with an unknown status, or with
        none or several for a response and an item; for repeated ``response_id`` in ``df``.

    Notes
    -----
    Each metric is that of its own function: `mean`, `quantile` at 0.5 (rule ``math``), `mode`,
    `variance` and `share`.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [5, 4, 3, 4, 5, 4, 3, 4, 2, 5, 1, None] * 4})
    >>> table = estimates.describe(df, "overall")
    >>> table[["metric", "level", "n", "estimate", "se", "reason"]].round(3)
               metric level   n  estimate     se       reason
    0            mean   NaN  44     3.636  0.187          NaN
    1          median   NaN  44       4.0  0.248          NaN
    2            mode     4  44       4.0   <NA>  no_interval
    3        variance   NaN  44     1.539  0.302          NaN
    4         missing   NaN  48     0.083   0.04          NaN
    5  not_applicable   NaN   0      <NA>   <NA>        empty
    """
    check_settings(conf, min_base)
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    statuses = None if answer_status is None else _statuses(df, names, answer_status)
    parts = []
    for item in names:
        status = None if statuses is None else statuses[item]
        for metric, (rows, texts) in _metrics(survey, df, item, status, conf).items():
            table = to_table(metric, [item], [None], survey.domains, [rows], min_base=min_base)
            parts.append(table if texts is None else with_levels(table, texts))
    return pd.concat(parts, ignore_index=True) if parts else schema.empty("estimates")


def _metrics(
    survey: Survey, df: pd.DataFrame, item: str, status: np.ndarray | None, conf: float
) -> dict[str, tuple[Estimates, list[str | None] | None]]:
    values = answers.numbers(df, item)
    if status is None:
        missing, unsuited = np.isnan(values).astype(float), np.full(len(values), np.nan)
    else:
        asked = np.isin(status, _ASKED)
        missing = np.where(asked, np.isin(status, _MISSING), np.nan)
        unsuited = np.where(asked, status == "not_applicable", np.nan)
    return {
        "mean": (scores(survey.mean(values), conf), None),
        "median": (quantiles(survey, values, [0.5], conf)[0], None),
        "mode": modes(survey, df, item, None),
        "variance": (variances(survey, values, conf), None),
        "missing": (shares(survey.mean(missing), conf), None),
        "not_applicable": (shares(survey.mean(unsuited), conf), None),
    }


def _statuses(
    df: pd.DataFrame, names: Sequence[str], answer_status: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Give each row's status of each item."""
    table = pd.DataFrame(
        {
            name: column_of(answer_status, name, "answer_status")
            for name in ("response_id", "item", "status")
        }
    )
    table = table[table["item"].isin(list(names))]
    unknown = ~table["status"].isin(schema.STATUSES)
    if unknown.any():
        raise ValueError(
            f"answer_status: expected one of {', '.join(schema.STATUSES)} in 'status', found "
            f"another in {int(unknown.sum())} rows, the first in row {table.index[unknown][0]!r}; "
            "take the table as clean.responses gives it"
        )
    ids = column_of(df, "response_id", "df")
    if ids.duplicated().any():
        raise ValueError(
            f"df: expected each 'response_id' once, found {int(ids.duplicated().sum())} repeated; "
            "keep one row a response"
        )
    return {name: _status_of(ids, table[table["item"] == name], name) for name in names}


def _status_of(ids: pd.Series, table: pd.DataFrame, item: str) -> np.ndarray:
    table = table[table["response_id"].isin(ids)]
    repeated, absent = table["response_id"].duplicated(), ~ids.isin(table["response_id"])
    if repeated.any() or absent.any():
        found = "several" if repeated.any() else "none"
        count = int((repeated if repeated.any() else absent).sum())
        raise ValueError(
            f"answer_status: expected one status of {item!r} for each response, found {found} for "
            f"{count}; take both tables from the same quarter and line"
        )
    return ids.map(table.set_index("response_id")["status"]).to_numpy(dtype=object)
