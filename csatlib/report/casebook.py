"""The knowledge base in Chinese: what was tried, and what helps against common problems."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.acting import shown_text
from csatlib.report.amounts import between, change_of, subject
from csatlib.report.deciding import OUTCOME_WORDS, WHYS
from csatlib.study import Study

__all__ = ["cases_view", "handbook", "handbook_note"]


def cases_view(cases: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show every case: problem, measure, for whom, what came of it.

    Parameters
    ----------
    cases : DataFrame
        Table ``cases``.
    study : Study
        Its labels name items, themes and the columns of a scope.

    Returns
    -------
    DataFrame of str
        In the rows' order: 案例, 季度, 问题, 指标, 措施, 适用范围, 结论, 变化 (with its interval),
        备注.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(cases_view(schema.empty("cases"), store.study("hotline")))[:3]
    ['案例', '季度', '问题']
    """
    rows = [row for _, row in cases.iterrows()]
    return pd.DataFrame(
        {
            "案例": [row["case_id"] for row in rows],
            "季度": [row["quarter"] for row in rows],
            "问题": [shown_text(row["problem"]) for row in rows],
            "指标": [subject(row["item"], row["theme"], study) for row in rows],
            "措施": [shown_text(row["measure"]) for row in rows],
            "适用范围": [_scope(row["scope"], study) for row in rows],
            "结论": [f"{OUTCOME_WORDS[row['verdict']]}：{_why(row)}" for row in rows],
            "变化": [_size(row) for row in rows],
            "备注": [shown_text(row["note"]) for row in rows],
        },
        index=cases.index,
    )


def handbook(cases: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show for each problem what helped, what did not, and what is not known (应对手册).

    Parameters
    ----------
    cases : DataFrame
        Table ``cases`` of one line or more, of all quarters.
    study : Study
        Its codeframe names themes, its labels items.

    Returns
    -------
    DataFrame of str
        One row a theme, or item where a case has no theme; first those of the codeframe in its
        order, then the items: 问题, 环节 · 动作, 有效的做法, 试过但未达预期, 证据不足. A measure
        stands with its scope and the change with its interval; the largest change first.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(handbook(schema.empty("cases"), store.study("hotline")))[:3]
    ['问题', '环节 · 动作', '有效的做法']
    """
    themes = {theme.id: theme for theme in study.codeframe.themes}
    keys = cases["theme"].fillna(cases["item"]).fillna("")
    order = {key: place for place, key in enumerate([*themes, *study.label_map()])}
    found = sorted(keys.unique(), key=lambda key: (order.get(key, len(order)), key))
    rows = []
    for key in found:
        own = cases[keys == key]
        theme = themes.get(key)
        rows.append(
            {
                "问题": subject(key or None, None, study),
                "环节 · 动作": f"{theme.stage} · {theme.action}" if theme else "—",
                "有效的做法": _measures(own, "effective", study),
                "试过但未达预期": _measures(own, "short", study),
                "证据不足": _measures(own, "insufficient", study),
            }
        )
    columns = ["问题", "环节 · 动作", "有效的做法", "试过但未达预期", "证据不足"]
    return pd.DataFrame(rows, columns=columns)


def handbook_note(cases: pd.DataFrame) -> str:
    """Say what the handbook rests on and how to read it.

    Parameters
    ----------
    cases : DataFrame
        Table ``cases``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> handbook_note(empty("cases"))
    '还没有案例。'
    """
    if cases.empty:
        return "还没有案例。"
    n = cases["verdict"].value_counts()
    quarters = sorted(cases["quarter"].unique())
    span = quarters[0] if len(quarters) == 1 else f"{quarters[0]} 至 {quarters[-1]}"
    return (
        f"{span} 的 {len(cases)} 个案例：有效 {n.get('effective', 0)} 个，未达预期 "
        f"{n.get('short', 0)} 个，证据不足 {n.get('insufficient', 0)} 个。只收录有结论的措施；"
        "在一处有效的做法换了范围未必有效，请先试行再推广。"
    )


def _measures(own: pd.DataFrame, verdict: str, study: Study) -> str:
    rows = own[own["verdict"] == verdict]
    size = rows["estimate"].abs().astype("Float64").fillna(-1)
    rows = rows.iloc[(-size).argsort(kind="stable").to_numpy()]
    told: Sequence[str] = [
        f"{shown_text(row['measure']).rstrip('。')}（{'；'.join(_facts(row, study))}）"
        for _, row in rows.iterrows()
    ]
    return "\n".join(told) or "—"


def _facts(row: pd.Series, study: Study) -> list[str]:
    facts = [_scope(row["scope"], study)]
    facts += [_why(row)] if row["verdict"] != "effective" else []
    facts += [] if pd.isna(row["estimate"]) else [_size(row)]
    return [*facts, str(row["quarter"])]


def _scope(scope: object, study: Study) -> str:
    """Write a scope in words: 处理班组：网络组；区域：华东、华北."""
    if pd.isna(scope) or not str(scope).strip():
        return "全部客户"
    parts = []
    for part in str(scope).replace(";", "；").split("；"):
        column, sign, values = part.replace("＝", "=").partition("=")
        listed = values.replace("|", "、").replace("｜", "、").strip()
        parts.append(f"{study.label(column.strip())}：{listed}" if sign else part.strip())
    return "；".join(filter(None, parts))


def _size(row: pd.Series) -> str:
    change = change_of(row["estimate"], row["metric"], row["unit"])
    limits = between(row["ci_low"], row["ci_high"], row["metric"])
    return change if limits == "—" else f"{change}（{limits}）"


def _why(row: pd.Series) -> str:
    return "原因未记" if pd.isna(row["why"]) else WHYS.get(row["why"], str(row["why"]))
