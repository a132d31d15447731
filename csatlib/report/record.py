"""The survey's basic record: what was asked, when, of whom, and who answers for it."""

from __future__ import annotations

import pandas as pd

from csatlib.report.exhibits import table
from csatlib.report.markup import Html
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["survey_record"]

#: What each type of survey is called.
_TYPES = {
    "event": "逐事件调查",
    "quarterly": "季度调查",
    "half_yearly": "半年度调查",
    "long_term": "全年持续调查",
    "special": "专项调查",
}


def survey_record(
    study: Study, quarter: Quarter | str, *, caption: str, name: str = "record"
) -> Html:
    """Lay out the basic record of a quarter's survey, as far as the study file tells.

    Parameters
    ----------
    study : Study
        The study: title, goal, type, owner, population, roles and notice.
    quarter : Quarter or str
        The quarter, whose first and last day of the survey are named.
    caption : str
        What stands above the table.
    name : str
        Short ASCII name; other pages cite the table as ``t-<name>``.

    Returns
    -------
    Html
        Two columns, 项目 and 内容; what the study file does not say has no row.

    Examples
    --------
    >>> from csatlib import store
    >>> study = store.study("ops_company")
    >>> shown = survey_record(study, "2026Q3", caption="表 1 调查基本信息").text
    >>> [line.split() for line in shown.splitlines() if "调查主题" in line]
    [['调查主题', '公司满意度调查']]
    """
    rows = [(item, content) for item, content in _record(study, quarter) if content]
    shown = pd.DataFrame(rows, columns=["item", "content"], dtype="str")
    headings = {"item": "项目", "content": "内容"}
    return table(shown, study, name=name, caption=caption, columns=headings)


def _record(study: Study, quarter: Quarter | str) -> list[tuple[str, str]]:
    period, population = study.period(quarter), study.population
    days = f"{period.opens or '未写明'} 至 {period.closes or '未写明'}"
    scope = population.description
    if population.size:
        scope += f"，共 {population.size:,} 个"
    if population.tiers:
        scope += f"；客户等级：{'、'.join(population.tiers)}"
    return [
        ("调查主题", study.title),
        ("调查目标", study.goal),
        ("调查类型", _TYPES[study.survey]),
        ("调查日期", days if period.opens or period.closes else ""),
        ("调查负责人", study.owner),
        ("调查范围", scope),
        ("抽样方式", population.sampling),
        *((role, duty) for role, duty in study.roles.items()),
        ("调查目的（问卷告知）", study.notice.purpose),
        ("保密承诺（问卷告知）", study.notice.confidentiality),
        ("回馈（问卷告知）", study.notice.reward),
    ]
