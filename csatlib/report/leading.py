"""The sentences that lead a report: level, target, change, weakest point."""

from __future__ import annotations

import pandas as pd

from csatlib.report.contrasts import change_words
from csatlib.report.markup import Html, say
from csatlib.report.series import comparable_history
from csatlib.report.words import amount, figures, number, reason, sentence
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["headline", "lowest"]


def headline(
    estimates: pd.DataFrame,
    study: Study,
    *,
    quarter: Quarter | str,
    changes: pd.DataFrame | None = None,
) -> Html:
    """Lead with what a director needs: level, against target, against last quarter, weakest point.

    Parameters
    ----------
    estimates : DataFrame
        Table ``estimates`` of the quarter and, where there are any, of earlier ones.
    study : Study
        Names the overall item, the targets and the labels.
    quarter : Quarter or str
        The quarter that is reported.
    changes : DataFrame, optional
        Table ``changes`` against the quarter before: a change is told with its adjusted p, and
        called significant (显著) only by it. Without it figures stand side by side untested.

    Returns
    -------
    Html
        A list of sentences: mean and share of the overall item, the NPS, the dimension with the
        lowest mean of those on the overall item's scale. Figures of two quarters are set side by
        side unless the item broke between them.

    Raises
    ------
    SchemaError
        If ``quarter`` is no quarter.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"quarter": "2026Q3", "overall": [5, 4, 4, 3] * 10})
    >>> headline(estimates.mean(df, "overall"), store.study("ops_company"), quarter="2026Q3")
    整体满意度平均分为 4.00 分（95% 置信区间 3.77–4.23，n = 40），未达到目标 4.30 分；无上期数据。
    """
    at = Quarter.parse(quarter)
    comparable = comparable_history(estimates, study, quarter=at)
    now, before = (_overall(comparable, str(q)) for q in (at, at.previous()))
    leading = [(study.report.overall, "mean"), (study.report.overall, "share")]
    leading += [(item, "nps") for item in study.items("nps")]
    rows = [row for item, metric in leading if (row := _row(now, item, metric)) is not None]
    tested = pd.DataFrame(columns=["item", "metric", "group"]) if changes is None else changes
    tested = tested[tested["group"].isna()]
    lines = []
    for row in rows:
        then, change = (_row(part, row["item"], row["metric"]) for part in (before, tested))
        lines.append(_line(row, study, then, change, at))
    elsewhere = set(study.items("rating")) - set(study.comparable(study.report.overall))
    alike = now[~now["item"].isin(elsewhere)]
    return say(*lines, *_weakest(alike, study)) if lines else say("本季度没有可报告的数字。")


def lowest(estimates: pd.DataFrame, *, overall: str) -> pd.Series | None:
    """Pick the dimension with the lowest mean; the overall item and groups do not count.

    Parameters
    ----------
    estimates : DataFrame
        Table ``estimates`` of one quarter.
    overall : str
        The item that is no dimension.

    Returns
    -------
    Series or None
        Its row, the first of several that tie; None where fewer than two dimensions have a
        published mean, so that there is nothing to compare.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [1] * 40, "speed": [3, 4] * 20, "skill": [4, 5] * 20})
    >>> lowest(estimates.mean(df, list(df)), overall="overall")["item"]
    'speed'
    """
    means = _dimensions(estimates, overall)
    published = means[~means["suppressed"]].sort_values("estimate", kind="stable")
    return published.iloc[0] if len(published) > 1 else None


def _overall(estimates: pd.DataFrame, quarter: str) -> pd.DataFrame:
    return estimates[(estimates["quarter"] == quarter) & estimates["group"].isna()]


def _row(estimates: pd.DataFrame, item: str, metric: str) -> pd.Series | None:
    rows = estimates[(estimates["item"] == item) & (estimates["metric"] == metric)]
    return rows.iloc[0] if len(rows) else None


def _dimensions(estimates: pd.DataFrame, overall: str) -> pd.DataFrame:
    is_dimension = (estimates["item"] != overall) & estimates["group"].isna()
    return estimates[is_dimension & (estimates["metric"] == "mean")]


def _line(
    row: pd.Series,
    study: Study,
    before: pd.Series | None,
    change: pd.Series | None,
    at: Quarter,
) -> str:
    now = sentence(row, labels=study.label_map()) + _against_target(row, study)
    if study.broken(row["item"], at):
        return f"{now}；自 {at} 起量表有变化，与此前的数字不可比。"
    if before is None:
        return f"{now}；无上期数据。"
    if before["suppressed"]:
        return f"{now}；上期不公布：{reason(before)}。"
    then = f"{now}；上期为 {amount(before['estimate'], before['metric'])}"
    return f"{then}。" if change is None else f"{then}，{change_words(change)}。"


def _against_target(row: pd.Series, study: Study) -> str:
    metric, wanted = row["metric"], {(t.item, t.metric): t.value for t in study.targets}
    target = wanted.get((row["item"], metric))
    if target is None or row["suppressed"]:
        return ""
    verdict = "达到" if row["estimate"] >= target else "**未达到**"
    if row["estimate"] < target and number(row["estimate"], metric) == number(target, metric):
        verdict = f"按未修约的数值{verdict}"
    return f"，{verdict}目标 {amount(target, metric)}"


def _weakest(now: pd.DataFrame, study: Study) -> list[str]:
    """Name the dimension with the lowest mean, all of them where several tie."""
    weakest = lowest(now, overall=study.report.overall)
    if weakest is None:
        return []
    means = _dimensions(now, study.report.overall)
    among = "可公布的维度中" if means["suppressed"].any() else "各维度中"
    tied = means.loc[(means["estimate"] == weakest["estimate"]).fillna(False), "item"]
    names = "、".join(f"**{study.label(item)}**" for item in tied)
    if len(tied) > 1:
        return [f"{among}{names}得分并列最低，平均分均为 {amount(weakest['estimate'], 'mean')}。"]
    return [f"{among}{names}得分最低，平均分{figures(weakest)}。"]
