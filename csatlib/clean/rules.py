"""The rules that set a questionnaire aside, each flagged on its own."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.study import Cleaning

__all__ = ["REASONS", "flag"]

#: Why a row is set aside, in the reader's words.
REASONS: Mapping[str, str] = {
    "malformed": "单元格数与表头不符，内容可能错位",
    "exact_duplicate": "与前面一行完全相同",
    "duplicate": "同一对象在本期重复作答，保留最早的有效一份",
    "out_of_range": "有分数不在量表之内",
    "too_fast": "作答时间过短",
    "too_few": "作答的评分题过少",
}


def flag(
    rows: pd.DataFrame,
    *,
    status: pd.DataFrame,
    off_scale: pd.DataFrame,
    same_as_before: pd.Series,
    rules: Cleaning,
) -> pd.DataFrame:
    """Flag each row under each rule.

    Parameters
    ----------
    rows : DataFrame
        All rows of the quarter (index ``row_id``) with ``channel``, ``submitted_at``, ``seconds``
        and the columns of ``rules.duplicate_key``.
    status : DataFrame
        One column a scored question: the status of its answer, NA where it was not asked.
    off_scale : DataFrame of bool
        Whether an answer is a number outside its scale.
    same_as_before : Series of bool
        Whether the raw row repeats an earlier one of its channel.
    rules : Cleaning
        The study's limits.

    Returns
    -------
    DataFrame of bool, one column a rule
        ``exact_duplicate``, ``out_of_range``, ``too_fast``, ``too_few`` and ``duplicate``. Of
        several rows with one key, the earliest that no other excluding rule flags is not flagged.
    """
    flags = pd.DataFrame(index=rows.index)
    flags["exact_duplicate"] = same_as_before
    flags["out_of_range"] = off_scale.any(axis=1)
    flags["too_fast"] = _too_fast(rows, rules)
    flags["too_few"] = _too_few(status, rules)
    sound = ~flags[[r for r in flags.columns if r in rules.exclude]].any(axis=1)
    flags["duplicate"] = _duplicate(rows, sound, rules)
    return flags


def _too_fast(rows: pd.DataFrame, rules: Cleaning) -> pd.Series:
    seconds = rows["seconds"].astype("Float64")
    median = seconds.groupby(rows["channel"]).transform("median")
    limit = (rules.speed_share * median).clip(lower=rules.min_seconds or 0)
    return (seconds < limit).fillna(False).astype(bool)


def _too_few(status: pd.DataFrame, rules: Cleaning) -> pd.Series:
    shown = status.notna() & (status != "skipped")
    answered = status.isin(["answered", "not_applicable"])
    share = answered.sum(axis=1) / shown.sum(axis=1).clip(lower=1)
    return share < rules.min_answered


def _duplicate(rows: pd.DataFrame, sound: pd.Series, rules: Cleaning) -> pd.Series:
    key = list(rules.duplicate_key)
    known = rows[key].notna().all(axis=1)
    order = rows.assign(unsound=~sound)[known].sort_values(
        ["unsound", "submitted_at"], kind="stable", na_position="last"
    )
    return order.duplicated(key).reindex(rows.index, fill_value=False)
