"""Says in Chinese what is watched: alarms, the stages of tickets, rework, training."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.report.weighting import p_value, signed
from csatlib.report.words import REASONS, joined, number

__all__ = [
    "alarm_sentences",
    "alarms_view",
    "process_finding",
    "process_view",
    "rework_sentence",
    "training_sentences",
    "training_view",
]

#: What each rule of a control chart sees, without and with a side.
RULES: Mapping[str, str] = {
    "beyond": "一点{side}控制限",
    "run": "连续九点以上都在中心线{half}",
    "trend": "连续六点以上持续{way}",
    "two_of_three": "三点中有两点远在中心线{half}（超出两倍标准差）",
    "four_of_five": "五点中有四点在中心线{half}（超出一倍标准差）",
    "alternating": "连续十四点上下交替",
    "hugging": "连续十五点紧贴中心线",
    "avoiding": "连续八点都远离中心线",
}
_SIDES: Mapping[str, Mapping[str, str]] = {
    "above": {"side": "高于", "half": "上方", "way": "上升"},
    "below": {"side": "低于", "half": "下方", "way": "下降"},
    "both": {"side": "", "half": "", "way": ""},
}


def _rule(row: pd.Series) -> str:
    return RULES[row["rule"]].format(**_SIDES[row["side"]])


def _stream(row: pd.Series) -> str:
    return row["stream"] if pd.isna(row["group"]) else joined(row["group"], "的", row["stream"])


def alarms_view(alarms: pd.DataFrame, *, metrics: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Show what control charts signal, latest first.

    Parameters
    ----------
    alarms : DataFrame
        Table ``alarms``.
    metrics : mapping of str to str, optional
        How the figures of each stream are written (``share`` or ``mean``, which is the default).

    Returns
    -------
    DataFrame of str
        监测的数, 分组, 信号, 起止, 最后一点, 中心线, 控制限.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(alarms_view(empty("alarms")))
    ['监测的数', '分组', '信号', '起止', '最后一点', '中心线', '控制限']
    """
    rows = []
    for _, row in alarms.iterrows():
        metric = (metrics or {}).get(row["stream"], "mean")
        same = row["since"] == row["until"]
        rows.append(
            {
                "监测的数": row["stream"],
                "分组": "全部" if pd.isna(row["group"]) else row["group"],
                "信号": _rule(row),
                "起止": f"{row['until']:%m-%d}"
                if same
                else f"{row['since']:%m-%d} 至 {row['until']:%m-%d}",
                "最后一点": number(row["value"], metric),
                "中心线": number(row["center"], metric),
                "控制限": number(row["limit"], metric),
            }
        )
    columns = ["监测的数", "分组", "信号", "起止", "最后一点", "中心线", "控制限"]
    return pd.DataFrame(rows, columns=columns)


def alarm_sentences(alarms: pd.DataFrame, chart: pd.DataFrame, *, most: int = 3) -> list[str]:
    """Say which streams left their usual range, or that none did.

    Parameters
    ----------
    alarms : DataFrame
        Table ``alarms``.
    chart : DataFrame
        Table ``control_charts`` that they come from: it says how many streams are watched, and
        which have too few points to judge.
    most : int
        So many streams are named.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> alarm_sentences(empty("alarms"), empty("control_charts"))
    ['没有可以监测的数。']
    """
    watched = chart[["stream", "group"]].drop_duplicates()
    if watched.empty:
        return ["没有可以监测的数。"]
    judged = chart[chart["sigma"].notna()][["stream", "group"]].drop_duplicates()
    told = []
    if len(judged) < len(watched):
        told = [f"{len(watched) - len(judged):,} 个数的期数太少或没有波动，画不出控制限。"]
    if judged.empty:
        return told
    if alarms.empty:
        return [f"监测的 {len(judged):,} 个数都在平常的波动之内。", *told]
    first = alarms.drop_duplicates(["stream", "group"])
    named = "；".join(
        joined(f"**{_stream(row)}**", f"（{row['until']:%m-%d} 为止，", _rule(row), "）")
        for _, row in first.head(most).iterrows()
    )
    more = "" if len(first) <= most else f"，另有 {len(first) - most:,} 个"
    count = f"监测的 {len(judged):,} 个数里，{len(first):,} 个超出平常的波动"
    return [f"{count}：{named}{more}；请查明原因。", *told]


def _minutes(value: object) -> str:
    return "—" if pd.isna(value) else f"{value:,.0f}"


def process_view(state: pd.DataFrame) -> pd.DataFrame:
    """Show each stage of the tickets: how long, how often in time, what is missing.

    Parameters
    ----------
    state : DataFrame
        Table ``process_state``.

    Returns
    -------
    DataFrame of str
        分组, 阶段, 环节, 中位数（分钟）, 九成在（分钟）内, 占全程时间, 时限（分钟）, 按时率,
        时间缺失, 时间颠倒, 瓶颈.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(process_view(empty("process_state")))[:4]
    ['分组', '阶段', '环节', '中位数（分钟）']
    """
    rows = [
        {
            "分组": "全部" if pd.isna(row["group"]) else row["group"],
            "阶段": row["stage"],
            "环节": "—" if pd.isna(row["link"]) else row["link"],
            "中位数（分钟）": _minutes(row["median"])
            if pd.isna(row["reason"])
            else REASONS.get(row["reason"], row["reason"]),
            "九成在（分钟）内": _minutes(row["upper_decile"]),
            "占全程时间": number(row["share_of_time"], "share"),
            "时限（分钟）": _minutes(row["limit"]),
            "按时率": _within(row),
            "时间缺失": f"{row['missing']:,}",
            "时间颠倒": f"{row['out_of_order']:,}",
            "瓶颈": "是" if row["bottleneck"] is not pd.NA and row["bottleneck"] else "",
        }
        for _, row in state.iterrows()
    ]
    columns = ["分组", "阶段", "环节", "中位数（分钟）", "九成在（分钟）内", "占全程时间"]
    columns += ["时限（分钟）", "按时率", "时间缺失", "时间颠倒", "瓶颈"]
    return pd.DataFrame(rows, columns=columns)


def _within(row: pd.Series) -> str:
    if pd.isna(row["within"]):
        return "—"
    low, high = number(row["within_low"], "share"), number(row["within_high"], "share")
    return f"{number(row['within'], 'share')}（{low}–{high}）"


def process_finding(state: pd.DataFrame) -> str:
    """Say where tickets spend their time, and which limits are kept least.

    Parameters
    ----------
    state : DataFrame
        Table ``process_state``; the rows of all tickets are read.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> process_finding(empty("process_state"))
    '没有工单阶段的数据。'
    """
    whole = state[state["group"].isna()]
    timed = whole[whole["share_of_time"].notna()]
    if timed.empty:
        return "没有工单阶段的数据。" if whole.empty else "各阶段时间齐全的工单太少，不作判断。"
    longest = timed.loc[timed["share_of_time"].idxmax()]
    share = number(longest["share_of_time"], "share")
    if bool(timed["bottleneck"].fillna(False).any()):
        told = f"**{longest['stage']}**是瓶颈，占全程时间的 {share}"
    else:
        told = f"{longest['stage']}最费时间，占全程的 {share}，但与其他阶段分不出先后"
    limited = timed[timed["within"].notna()]
    if limited.empty:
        return f"{told}。"
    worst = limited.loc[limited["within"].idxmin()]
    return (
        f"{told}；时限遵守得最差的是{worst['stage']}，"
        f"{number(worst['within'], 'share')} 在 {_minutes(worst['limit'])} 分钟之内。"
    )


def rework_sentence(rework: pd.DataFrame, *, days: int) -> str:
    """Say how many tickets came back, and where most.

    Parameters
    ----------
    rework : DataFrame
        Table ``rework``.
    days : int
        Within how many days a ticket counts as come back.

    Returns
    -------
    str
        A group is named where its interval lies above the rate of all.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> rework_sentence(empty("rework"), days=14)
    '没有可以判断是否返工的工单。'
    """
    whole = rework[rework["group"].isna() & rework["rate"].notna()]
    if whole.empty:
        return "没有可以判断是否返工的工单。"
    row = whole.iloc[0]
    told = (
        f"关闭满 {days} 天的 {row['followed_long_enough']:,} 张工单里，{row['reopened']:,} 张"
        f"（{number(row['rate'], 'share')}）在 {days} 天之内因同样的问题再次报修"
    )
    groups = rework[rework["group"].notna() & (rework["ci_low"] > row["rate"])]
    if groups.empty:
        return f"{told}。"
    names = "、".join(f"{g['group']}（{number(g['rate'], 'share')}）" for _, g in groups.iterrows())
    return f"{told}；明显偏高的是{names}。"


def training_view(
    outcome: pd.DataFrame, *, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Show what changed from before to after each course.

    Parameters
    ----------
    outcome : DataFrame
        Table ``training_outcome``.
    labels : mapping of str to str, optional
        Chinese names of the outcomes.

    Returns
    -------
    DataFrame of str
        课程, 衡量, 人数, 培训前, 培训后, 提高及 95% 区间, 未参加者同期, 校正后 p, 提高的人数.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(training_view(empty("training_outcome")))[:4]
    ['课程', '衡量', '人数', '培训前']
    """
    rows = [
        {
            "课程": row["course"],
            "衡量": (labels or {}).get(row["outcome"], row["outcome"]),
            "人数": f"{row['n']:,}",
            "培训前": number(row["before"], "mean"),
            "培训后": number(row["after"], "mean"),
            "提高及 95% 区间": _gain(row),
            "未参加者同期": number(row["control"], "mean"),
            "校正后 p": p_value(row["p_adjusted"]),
            "提高的人数": f"{row['improved']:,}",
        }
        for _, row in outcome.iterrows()
    ]
    columns = ["课程", "衡量", "人数", "培训前", "培训后", "提高及 95% 区间", "未参加者同期"]
    return pd.DataFrame(rows, columns=[*columns, "校正后 p", "提高的人数"])


def _gain(row: pd.Series) -> str:
    if pd.isna(row["gain"]):
        return REASONS.get(row["reason"], "—")
    gain, low, high = (signed(row[column], "mean") for column in ("gain", "ci_low", "ci_high"))
    if pd.isna(row["ci_low"]):
        return f"{gain}（{REASONS.get(row['reason'], row['reason'])}）"
    return f"{gain}（{low} 至 {high}）"


def training_sentences(
    outcome: pd.DataFrame, *, labels: Mapping[str, str] | None = None
) -> list[str]:
    """Say course by course what rose after it, and what did not.

    Parameters
    ----------
    outcome : DataFrame
        Table ``training_outcome``.
    labels : mapping of str to str, optional
        Chinese names of the outcomes.

    Returns
    -------
    list of str
        Only changes whose adjusted p is below 0.05 are called changes.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> training_sentences(empty("training_outcome"))
    ['没有培训记录。']
    """
    if outcome.empty:
        return ["没有培训记录。"]
    named = outcome.assign(name=[(labels or {}).get(o, o) for o in outcome["outcome"]])
    clear = named["p_adjusted"] < 0.05
    verdicts = {
        "提高": clear & (named["gain"] > 0),
        "下降": clear & (named["gain"] < 0),
        "看不出变化": named["p_adjusted"] >= 0.05,
        "的数据不足": named["p_adjusted"].isna(),
    }
    told = []
    for course, rows in named.groupby("course", sort=False):
        found = {v: rows.loc[chosen.loc[rows.index], "name"] for v, chosen in verdicts.items()}
        parts = [f"{'、'.join(names)}{verdict}" for verdict, names in found.items() if len(names)]
        told.append(f"“{course}”之后：{'，'.join(parts)}。")
    return told
