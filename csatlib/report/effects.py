"""Whether measures worked: the sentences and tables of all of them."""

from __future__ import annotations

import pandas as pd

from csatlib.report.amounts import amount_of, between, change_of, count, reason_of, subject
from csatlib.report.deciding import METHODS, NEXT_STEPS, OUTCOME_WORDS, WHYS, verdict_sentence
from csatlib.report.weighting import p_value
from csatlib.study import Study

__all__ = ["effects_view", "verdict_sentences", "verdicts_finding", "verdicts_view"]


def verdict_sentences(
    actions: pd.DataFrame,
    verdicts: pd.DataFrame,
    effects: pd.DataFrame,
    study: Study,
    *,
    conf: float = 0.95,
) -> list[str]:
    """Say of every measure whether it worked: what worked first, what is open last.

    Parameters
    ----------
    actions, verdicts, effects : DataFrame
        Tables ``actions``, ``action_verdicts`` and ``effects``.
    study, conf
        As for `verdict_sentence`.

    Returns
    -------
    list of str
        One sentence a verdict; a verdict without its measure is passed over.

    Raises
    ------
    ValueError
        As for `verdict_sentence`.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> tables = [schema.empty(name) for name in ("actions", "action_verdicts", "effects")]
    >>> verdict_sentences(*tables, store.study("hotline"))
    []
    """
    known = {row["action_id"]: row for _, row in actions.iterrows()}
    return [
        verdict_sentence(known[row["action_id"]], row, effects, study, conf=conf)
        for _, row in _ordered(verdicts).iterrows()
        if row["action_id"] in known
    ]


def verdicts_finding(verdicts: pd.DataFrame) -> str:
    """Say how many measures worked, fell short, and cannot be judged yet.

    Parameters
    ----------
    verdicts : DataFrame
        Table ``action_verdicts``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> verdicts_finding(empty("action_verdicts"))
    '没有可以评价的措施。'
    """
    if verdicts.empty:
        return "没有可以评价的措施。"
    counts = verdicts["verdict"].value_counts()
    parts = [f"{counts.get(key, 0)} 项{word}" for key, word in OUTCOME_WORDS.items()]
    early = int((verdicts["why"] == "too_early").sum())
    note = f"（其中 {early} 项还不到评价的时候）" if early else ""
    return f"评价了 {len(verdicts)} 项措施：{'，'.join(parts)}{note}。"


def verdicts_view(actions: pd.DataFrame, verdicts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show the verdict on every measure with the change, the goal and what is next.

    Parameters
    ----------
    actions, verdicts : DataFrame
        Tables ``actions`` and ``action_verdicts``.
    study : Study
        Its labels name items and themes.

    Returns
    -------
    DataFrame of str
        In the order of `verdict_sentences`: 措施, 责任人, 指标, 结论, 原因, 变化, 95% 区间, 目标,
        比较方法, 下一步.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> tables = [schema.empty(name) for name in ("actions", "action_verdicts")]
    >>> list(verdicts_view(*tables, store.study("hotline")))[:4]
    ['措施', '责任人', '指标', '结论']
    """
    known = {row["action_id"]: row for _, row in actions.iterrows()}
    rows = []
    for _, row in _ordered(verdicts).iterrows():
        action = known.get(row["action_id"], {})
        unit, metric = action.get("unit"), row["metric"]
        item = row["item"] if pd.notna(row["item"]) else action.get("item")
        rows.append(
            {
                "措施": _or_dash(action.get("measure")),
                "责任人": _or_dash(action.get("owner")),
                "指标": subject(item, action.get("theme"), study),
                "结论": OUTCOME_WORDS[row["verdict"]],
                "原因": WHYS[row["why"]],
                "变化": change_of(row["estimate"], metric, unit),
                "95% 区间": between(row["ci_low"], row["ci_high"], metric),
                "目标": change_of(row["goal"], metric, unit),
                "比较方法": "—" if pd.isna(row["method"]) else METHODS[row["method"]],
                "下一步": "—" if pd.isna(row["next_step"]) else NEXT_STEPS[row["next_step"]],
            }
        )
    columns = ["措施", "责任人", "指标", "结论", "原因", "变化"]
    columns += ["95% 区间", "目标", "比较方法", "下一步"]
    return pd.DataFrame(rows, columns=columns)


def effects_view(
    effects: pd.DataFrame, study: Study, *, actions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Show every method's change side by side, the plain comparison beside the adjusted ones.

    Parameters
    ----------
    effects : DataFrame
        Table ``effects``.
    study : Study
        Its labels name items.
    actions : DataFrame, optional
        Table ``actions``, for the measures' words and units.

    Returns
    -------
    DataFrame of str
        In the rows' order: 措施, 指标, 比较方法, 人数 (before, after, beside), 措施前, 措施后,
        变化, 95% 区间, p, 说明.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(effects_view(schema.empty("effects"), store.study("hotline")))[:3]
    ['措施', '指标', '比较方法']
    """
    known = {} if actions is None else {row["action_id"]: row for _, row in actions.iterrows()}
    rows = []
    for _, row in effects.iterrows():
        action = known.get(row["action_id"], {})
        metric, unit = row["metric"], action.get("unit")
        method = METHODS.get(row["method"], row["method"])
        n = [count(row[name]) for name in ("n_before", "n_after", "n_control")]
        level = "" if pd.isna(row["level"]) else f"：{row['level']}"
        rows.append(
            {
                "措施": _or_dash(action.get("measure", row["action_id"])),
                "指标": subject(row["item"], None, study) + level,
                "比较方法": method,
                "人数（前 / 后 / 对照）": " / ".join(n),
                "措施前": amount_of(row["before"], metric, unit),
                "措施后": amount_of(row["after"], metric, unit),
                "变化": change_of(row["estimate"], metric, unit),
                "95% 区间": between(row["ci_low"], row["ci_high"], metric),
                "p": p_value(row["p"]),
                "说明": reason_of(row["reason"]),
            }
        )
    columns = ["措施", "指标", "比较方法", "人数（前 / 后 / 对照）", "措施前", "措施后"]
    return pd.DataFrame(rows, columns=[*columns, "变化", "95% 区间", "p", "说明"])


def _ordered(verdicts: pd.DataFrame) -> pd.DataFrame:
    place = verdicts["verdict"].map({name: i for i, name in enumerate(OUTCOME_WORDS)})
    return verdicts.iloc[place.argsort(kind="stable").to_numpy()]


def _or_dash(value: object) -> str:
    return "—" if value is None or pd.isna(value) else str(value)
