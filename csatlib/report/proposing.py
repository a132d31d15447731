"""Targets of service proposed from what customers care about, as a Chinese reader sees them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.report.evaluating import interval, measured, wanted, why_not
from csatlib.report.words import joined, number

__all__ = ["service_targets_sentences", "service_targets_view"]

_REASONS = {
    "never": "最快的也没有达到目标满意率",
    "always": "最慢的也达到目标满意率，看不出时限",
    "open_interval": "区间有一端没有界限",
    "no_teams": "样本足够的班组不到三个",
}


def service_targets_view(targets: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Show the targets proposed from what customers care about.

    Parameters
    ----------
    targets : DataFrame
        Table ``service_targets``.
    labels : mapping of str to str
        What a need is called; one without a label keeps its own name.

    Returns
    -------
    DataFrame
        需求, 依据的时间, 关注程度, 重要性, 提及, 期望差距, 建议目标, 95% 区间, 现状, 已在目标之内,
        可达到的水平, 说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(service_targets_view(schema.empty("service_targets"), {}))[:2]
    ['需求', '依据的时间']
    """
    rows = list(targets.itertuples())
    units = ["分钟" if r.kind == "time" else "比率" for r in rows]
    pairs = list(zip(rows, units, strict=True))
    return pd.DataFrame(
        {
            "需求": [labels.get(r.need, r.need) for r in rows],
            "依据的时间": targets["stage"].fillna("—"),
            "关注程度": [measured(r.priority, "比率") for r in rows],
            "重要性": [measured(r.importance, "比率") for r in rows],
            "提及": [measured(r.mentions, "比率") for r in rows],
            "期望差距": [number(r.gap, "mean") for r in rows],
            "建议目标": [wanted(r.proposed, u, _sense(r.kind)) for r, u in pairs],
            "95% 区间": [interval(r.ci_low, r.ci_high, u) for r, u in pairs],
            "现状": [measured(r.current, u) for r, u in pairs],
            "已在目标之内": [measured(r.within, "比率") for r in rows],
            "可达到的水平": [measured(r.attainable, u) for r, u in pairs],
            "说明": [_REASONS.get(r.reason) or why_not(r.reason) for r in rows],
        },
        index=targets.index,
    )


def service_targets_sentences(targets: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Propose each target in a sentence, with where the team stands today.

    Parameters
    ----------
    targets, labels
        As for `service_targets_view`.

    Returns
    -------
    list of str
        One sentence a need with a proposal, the highest priority first, each with its full stop.

    Examples
    --------
    >>> from csatlib import schema
    >>> service_targets_sentences(schema.empty("service_targets"), {})
    []
    """
    told = []
    for row in targets[targets["proposed"].notna()].itertuples():
        name = labels.get(row.need, row.need)
        if row.kind == "score":
            wanted = measured(row.proposed, "比率")
            told.append(
                joined(
                    name, f"的满意率建议不低于 {wanted}，现在是 {measured(row.current, '比率')}。"
                )
            )
            continue
        between = interval(row.ci_low, row.ci_high, "分钟")
        sure = "" if between == "—" else f"（95% 区间 {between}）"
        told.append(
            joined(name, f"：{row.stage}建议不超过 {measured(row.proposed, '分钟')}{sure}，")
            + f"与这样的时间相伴的满意率不低于 {measured(row.goal, '比率')}；"
            f"现在 {measured(row.within, '比率')} 的工单在此之内，"
            f"中位数 {measured(row.current, '分钟')}。"
        )
    return told


def _sense(kind: str) -> str:
    return "lower" if kind == "time" else "higher"
