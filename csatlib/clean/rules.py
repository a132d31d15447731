"""The rules that flag a questionnaire, each on its own; the study file says which exclude it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from csatlib.clean.duplicates import ANSWERED, duplicate, near_duplicate
from csatlib.clean.quality import (
    attention,
    contradictory,
    empty,
    outside_frame,
    straight_lines,
    too_few,
)
from csatlib.clean.timing import burst, too_fast, too_late
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["FLAG", "REASONS", "Evidence", "flag", "sound_rows"]

#: Why a row is flagged, in the reader's words.
REASONS: Mapping[str, str] = {
    "malformed": "单元格数与表头不符，内容可能错位",
    "exact_duplicate": "与前面一行完全相同",
    "duplicate": "同一对象在本期重复作答，保留最早的有效一份",
    "near_duplicate": "同一设备或客户提交了答案相同的问卷",
    "out_of_range": "有分数不在量表之内",
    "contradictory": "前后答案相互矛盾",
    "attention": "注意力检测题没有答对",
    "straight_line": "各评分题答案全部相同",
    "too_fast": "作答时间过短",
    "too_late": "在截止日期之后提交",
    "outside_frame": "编号不在邀请名单或客户表里",
    "burst": "短时间内集中提交",
    "too_few": "作答的评分题过少",
    "empty": "没有回答任何题目",
}
#: Before a rule's name in the table of all rows: a question may bear the name of a rule.
FLAG = "flag_"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rules look at; every table has the index ``row_id``.

    ``rows`` holds the columns of `responses`, ``status`` and ``texts`` one column a question,
    ``off_scale`` one boolean column a scored question; ``repeated`` says whether the raw row
    repeats an earlier one, ``device`` what sent it; ``known`` leads from an id column to the ids
    in the company's lists.
    """

    rows: pd.DataFrame
    status: pd.DataFrame
    texts: pd.DataFrame
    off_scale: pd.DataFrame
    repeated: pd.Series
    device: pd.Series
    known: Mapping[str, Collection[str]]


def flag(evidence: Evidence, study: Study, *, quarter: Quarter | str) -> pd.DataFrame:
    """Flag each row under each rule.

    Parameters
    ----------
    evidence : Evidence
        All rows of the quarter.
    study : Study
        The rules' limits, and what the questions are.
    quarter : Quarter or str
        Its closing date says what came too late.

    Returns
    -------
    DataFrame of bool, one column a rule, in the order of `REASONS`
        Whether the rule speaks against the row. Of several rows with one key, the earliest that no
        other excluding rule flags is not a ``duplicate``.
    """
    rows, status, rules = evidence.rows, evidence.status, study.cleaning
    questions = [q for q in study.questions if q.asked_in(quarter)]
    scored = [q.id for q in questions if q.kind in ("rating", "nps")]
    items = [c for q in questions for c in q.columns if c in rows]
    flags = {
        "exact_duplicate": evidence.repeated,
        "near_duplicate": near_duplicate(
            rows,
            answers=rows[items],
            status=status,
            texts=evidence.texts,
            device=evidence.device,
            alike=straight_lines(rows, study, at_least=2),
        ),
        "out_of_range": evidence.off_scale.any(axis=1),
        "contradictory": contradictory(rows, rules.contradictions, study),
        "attention": attention(rows, status, study),
        "straight_line": straight_lines(rows, study, at_least=rules.straight_line_items),
        "too_fast": too_fast(rows, status.isin(ANSWERED).sum(axis=1), rules),
        "too_late": too_late(rows["submitted_at"], study.period(quarter).closes),
        "outside_frame": outside_frame(rows, evidence.known),
        "burst": burst(rows, rules.burst),
        "too_few": too_few(status.reindex(columns=scored), rules.min_answered),
        "empty": empty(status),
    }
    others = pd.DataFrame(flags, index=rows.index)
    sound = sound_rows(others, rules.exclude)
    others["duplicate"] = duplicate(rows, sound, rules.duplicate_key)
    return others[[rule for rule in REASONS if rule != "malformed"]].astype(bool)


def sound_rows(flags: pd.DataFrame, exclude: Collection[str]) -> pd.Series:
    """Say of each row that none of the excluding rules flags it."""
    return ~flags[[rule for rule in flags.columns if rule in exclude]].any(axis=1)
