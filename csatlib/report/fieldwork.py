"""Fieldwork in words: who answered and who did not, what that leans to, and what weights mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from csatlib.report.words import number
from csatlib.study import Study

__all__ = [
    "funnel_view",
    "key_tiers",
    "merge_small",
    "outcomes_view",
    "rates_view",
    "reasons_view",
    "response_sentence",
]

MERGED = "其他（合并）"
WHOLE = "全部"
#: How an invitation ended, the answer last; what is rare is told as the first of them.
OUTCOMES = ("其他结果", "没有回应或未联系上", "拒绝", "有效答卷")
_OUTCOME_OF = {"complete": 3, "partial": 3, "refusal": 2, "non_contact": 1}
_ENDS = {
    "refusal": "拒绝",
    "non_contact": "没有回应或未联系上",
    "other": "联系上，但没有有效答卷",
    "unknown": "资格不明",
    "ineligible": "不属于调查对象",
}
_REASONS = {
    "silent": "没有任何回应",
    "outside_frame": "不在名单之内",
    "invited_without_id": "邀请没有写编号",
    "anonymous": "匿名调查，无法对应到人",
}
_VALID = ("complete", "partial")
#: Tiers of whom a sample is enough.
_ORDINARY = ("普通", "普通客户", "一般客户")


def merge_small(
    df: pd.DataFrame, columns: Sequence[str], *, counted: pd.DataFrame, min_base: int
) -> pd.DataFrame:
    """Merge the levels that few people gave an answer from, so that none can be told apart.

    Parameters
    ----------
    df : DataFrame
        A table with the columns.
    columns : sequence of str
        Columns of levels, each looked at by itself.
    counted : DataFrame
        The rows that must not be few, with the same columns, such as the valid answers.
    min_base : int
        The smallest number of rows that is published of a level.

    Returns
    -------
    DataFrame
        ``df`` with the levels of fewer than ``min_base`` rows named ``其他（合并）``, the next
        smallest among them until together they have enough. A level of no rows stays: it tells
        of nobody. A missing value stays missing.

    Examples
    --------
    >>> df = pd.DataFrame({"tier": ["A"] * 9 + ["B"] * 6 + ["C"] * 2})
    >>> merge_small(df, ["tier"], counted=df, min_base=5)["tier"].value_counts().to_dict()
    {'A': 9, '其他（合并）': 8}
    """
    found = {}
    for column in columns:
        sizes = counted[column].astype("str").value_counts().sort_values(kind="stable")
        together = int((sizes.cumsum() < min_base).sum()) + 1
        few = list(sizes.index[:together]) if (sizes < min_base).any() else []
        few = sorted({*few, *sizes.index[sizes < min_base]})
        text = df[column].astype("str")
        found[column] = text.mask(text.isin(few), MERGED)
    return df.assign(**found)


def funnel_view(funnel: pd.DataFrame) -> pd.DataFrame:
    """Lay the stages of a funnel side by side, one row a group.

    Parameters
    ----------
    funnel : DataFrame
        Table ``funnel``.

    Returns
    -------
    DataFrame
        ``group_by``, ``group`` (``全部`` where there is none) and one column of counts a stage:
        ``frame``, ``invited``, ``reached``, ``answered``, ``valid``. Only who was invited has a
        channel, so a row of one has no ``frame``.

    Examples
    --------
    >>> from csatlib import fieldwork
    >>> ledger = pd.DataFrame({"disposition": ["complete", "refusal"], "member": [True, True],
    ...                        "response_id": ["a", None]})
    >>> funnel_view(fieldwork.funnel(ledger)).drop(columns="group_by").values.tolist()
    [['全部', 2, 2, 2, 1, 1]]
    """
    stages = ["frame", "invited", "reached", "answered", "valid"]
    keys = ["group_by", "group"]
    whole = {name: funnel[name].fillna(WHOLE) for name in keys}
    wide = funnel.assign(**whole).pivot_table(index=keys, columns="stage", values="n", sort=False)
    wide = wide.reindex(columns=stages).astype("Int64").reset_index().rename_axis(columns=None)
    wide.loc[wide["group_by"] == "channel", "frame"] = pd.NA
    return wide


def rates_view(rates: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Lay AAPOR's leading rates side by side, one row a group.

    Parameters
    ----------
    rates : DataFrame
        Table ``response_rates``.
    study : Study
        Its labels stand in place of column names.

    Returns
    -------
    DataFrame
        ``group_by``, ``group``, ``cases`` (the denominator of RR1), and ``RR1``, ``RR3``,
        ``COOP1``, ``REF1``, ``CON1`` in per cent, as text.

    Examples
    --------
    >>> from csatlib import fieldwork, store
    >>> ledger = pd.DataFrame({"disposition": ["complete", "refusal", "non_contact", "complete"]})
    >>> rates = fieldwork.response_rates(ledger)
    >>> rates_view(rates, store.study("hotline"))[["cases", "RR1", "COOP1"]].values.tolist()
    [[4, '50.0%', '66.7%']]
    """
    rows = []
    for (by, group), lines in rates.groupby(["group_by", "group"], sort=False, dropna=False):
        own = lines.set_index("rate")
        cases = own.loc["RR1", "denominator"]
        row = {"group_by": WHOLE if pd.isna(by) else study.label(by)}
        row |= {"group": WHOLE if pd.isna(group) else group, "cases": int(cases)}
        shown = ("RR1", "RR3", "COOP1", "REF1", "CON1")
        rows.append(row | {name: number(own.loc[name, "estimate"], "share") for name in shown})
    return pd.DataFrame(rows)


def outcomes_view(dispositions: pd.DataFrame, *, by: str, min_base: int) -> pd.DataFrame:
    """Share out the invitations of each group by how they ended, ready for `distribution_bars`.

    Parameters
    ----------
    dispositions : DataFrame
        Table ``dispositions``.
    by : str
        Its column with the groups, such as ``channel``.
    min_base : int
        An outcome of fewer cases in any group is told as ``其他结果``.

    Returns
    -------
    DataFrame
        ``metric``, ``item`` (the group), ``level`` (the outcome), ``n`` (the invitations of the
        group), ``cases``, ``estimate`` and ``suppressed``, one row a group and outcome.

    Examples
    --------
    >>> ledger = pd.DataFrame({"disposition": ["complete"] * 6 + ["refusal"] * 2,
    ...                        "channel": ["电话"] * 8})
    >>> outcomes_view(ledger, by="channel", min_base=5)[["level", "cases"]].values.tolist()
    [['其他结果', 2], ['有效答卷', 6]]
    """
    invited = dispositions[(dispositions["disposition"] != "not_invited")].dropna(subset=[by])
    codes = invited["disposition"].map(_OUTCOME_OF).fillna(0).astype("int64")
    counts = pd.crosstab(invited[by], codes).reindex(columns=range(len(OUTCOMES)), fill_value=0)
    for code in (2, 1):
        if ((counts[code] > 0) & (counts[code] < min_base)).any():
            counts[0] += counts[code]
            counts = counts.drop(columns=code)
    counts = counts.loc[:, counts.sum() > 0]
    long = counts.rename_axis("item").reset_index()
    long = long.melt(id_vars="item", var_name="code", value_name="cases")
    long = long.sort_values(["item", "code"], kind="stable", ignore_index=True)
    long["n"] = long.groupby("item")["cases"].transform("sum")
    long["level"] = long["code"].map(dict(enumerate(OUTCOMES)))
    long = long.assign(metric="distribution", estimate=long["cases"] / long["n"], suppressed=False)
    return long[["metric", "item", "level", "n", "cases", "estimate", "suppressed"]]


def reasons_view(
    dispositions: pd.DataFrame, *, rules: Mapping[str, str], min_base: int
) -> pd.DataFrame:
    """Count why those who were invited gave no valid answer.

    Parameters
    ----------
    dispositions : DataFrame
        Table ``dispositions``.
    rules : mapping of str to str
        What each rule of cleaning finds, in Chinese, such as `csatlib.clean.REASONS`.
    min_base : int
        Reasons of fewer cases are counted together, the next smallest with them until they are
        that many.

    Returns
    -------
    DataFrame
        ``end``, ``reason`` (in Chinese, or the words of the list of invitations), ``n`` and
        ``share`` of all invitations in per cent, as text; the most frequent first, those counted
        together last.

    Examples
    --------
    >>> ledger = pd.DataFrame({"disposition": ["complete", "refusal", "non_contact"],
    ...                        "reason": [None, "拒访", "silent"]})
    >>> reasons_view(ledger, rules={}, min_base=1)[["reason", "share"]].values.tolist()
    [['拒访', '33.3%'], ['没有任何回应', '33.3%']]
    """
    invited = dispositions[dispositions["disposition"] != "not_invited"]
    without = invited[~invited["disposition"].isin(_VALID)]
    keys = pd.DataFrame(
        {
            "end": without["disposition"].map(_ENDS).astype("str"),
            "reason": without["reason"].map(lambda told: _told(told, rules)).astype("str"),
        }
    )
    counts = keys.groupby(["end", "reason"]).size().rename("n").reset_index()
    counts = counts.sort_values(["n", "reason"], ascending=[False, True], kind="stable")
    small = counts["n"] < min_base
    if small.any():
        # From the smallest up, until the rest of them cannot be told from the total.
        enough = int((counts["n"][::-1].cumsum() < min_base).sum()) + 1
        few = max(int(small.sum()), min(enough, len(counts)))
        rest = int(counts["n"].iloc[-few:].sum())
        other = pd.DataFrame({"end": ["其他"], "reason": ["其他原因（合并）"], "n": [rest]})
        counts = pd.concat([counts.iloc[:-few], other])
    share = [number(n / len(invited), "share") for n in counts["n"]]
    return counts.assign(share=share).reset_index(drop=True)


def _told(reason: object, rules: Mapping[str, str]) -> str:
    text = "未说明" if pd.isna(reason) else str(reason)
    kind, _, rule = text.partition(":")
    if kind == "set_aside":
        return f"答卷剔除：{rules.get(rule, rule)}"
    return _REASONS.get(text, text)


def response_sentence(
    funnel: pd.DataFrame,
    rates: pd.DataFrame,
    *,
    answers: int,
    unit: str = "位客户",
    linked: bool = True,
) -> str:
    """Say how many were meant, asked and heard, and what the leading rates are.

    Parameters
    ----------
    funnel, rates : DataFrame
        Tables ``funnel`` and ``response_rates``; the rows without a group are told. No rates where
        nobody knows who was invited.
    answers : int
        How many valid answers there are.
    unit : str
        What is counted, with its measure word.
    linked : bool
        Whether an answer can be matched to its invitation; if not, only RR1 is told.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import fieldwork
    >>> ledger = pd.DataFrame({"disposition": ["complete", "refusal"], "member": [True, True],
    ...                        "response_id": ["a", None]})
    >>> tables = fieldwork.funnel(ledger), fieldwork.response_rates(ledger)
    >>> response_sentence(*tables, answers=1).split("；")[0]
    '名单上共 2 位客户，邀请了 2 位，收到有效答卷 1 份'
    """
    n = funnel[funnel["group"].isna()].set_index("stage")["n"]
    own = rates[rates["group"].isna()].set_index("rate")["estimate"]
    if own.empty or pd.isna(own["RR1"]):
        listed = ""
        if n["frame"]:
            share = number(n["valid"] / n["frame"], "share")
            listed = f"名单上共 {n['frame']:,} {unit}，其中 {share} 交来了有效答卷；"
        told = f"收到有效答卷 {answers:,} 份；{listed}"
        return f"{told}没有邀请名单，不知道邀请了谁，**无法计算**应答率。"
    rate = {name: number(own[name], "share") for name in ("RR1", "RR3", "COOP1")}
    further = f"，RR3 为 {rate['RR3']}，合作率 COOP1 为 {rate['COOP1']}" if linked else ""
    return (
        f"名单上共 {n['frame']:,} {unit}，邀请了 {n['invited']:,} {unit[0]}，"
        f"收到有效答卷 {n['valid']:,} 份；"
        f"按 AAPOR 的标准定义，应答率 RR1 为 **{rate['RR1']}**{further}。"
    )


def key_tiers(study: Study) -> list[str]:
    """List the tiers whose customers are all to be heard, the highest first.

    Parameters
    ----------
    study : Study
        Its ``population.tiers`` go from the lowest to the highest.

    Returns
    -------
    list of str
        All but the ordinary ones; none where the study names no tiers.

    Examples
    --------
    >>> from csatlib import store
    >>> key_tiers(store.study("ops_company"))
    ['核心客户', '重要客户']
    """
    return [tier for tier in reversed(study.population.tiers) if tier not in _ORDINARY]
