"""Problems in words and numbers: what is weak, what customers name, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from csatlib.actions.evidence import Evidence
from csatlib.actions.phrasing import amount
from csatlib.actions.rows import filled, require
from csatlib.study import Codeframe
from csatlib.study.codeframe import Theme

__all__ = ["Problem", "Tables", "metric_of", "share_of", "stated_problems"]


@dataclass(frozen=True)
class Tables:
    """What drafts are drawn from."""

    quarter: str
    line: str
    labels: Mapping[str, str]
    estimates: pd.DataFrame | None
    coverage: pd.DataFrame | None


@dataclass(frozen=True)
class Problem:
    """One problem: the item that is weak, the theme that customers name, and its words."""

    item: str | None
    theme: Theme | None
    words: str
    evidence: str
    key: pd.Series | None = None


def stated_problems(
    problems: pd.DataFrame,
    codeframe: Codeframe,
    tables: Tables,
    min_comments: int,
    theme_share: float,
) -> Iterator[Problem]:
    """List key problems by theme, and after them the themes that are problems by themselves."""
    blamed = _blamed(codeframe, tables.coverage)
    told = set[str]()
    found = problems[problems["key_problem"].fillna(value=False).astype(bool)]
    for _, row in found.iterrows():
        own = [t for t, n, _ in blamed if t.dimension == row["driver"] and n >= min_comments]
        for theme in own:
            told.add(theme.id)
            yield _stated(str(row["driver"]), theme, row, tables)
        if not own:
            yield _stated(str(row["driver"]), None, row, tables)
    keyed = problems.set_index("driver")
    for theme, n, base in blamed:
        if theme.id not in told and n >= min_comments and n / base >= theme_share:
            row = keyed.loc[theme.dimension] if theme.dimension in keyed.index else None
            yield _stated(theme.dimension, theme, row, tables)


def _blamed(codeframe: Codeframe, coverage: pd.DataFrame | None) -> list[tuple[Theme, int, int]]:
    """List themes with how many comments blame them and of how many, the most blamed first.

    Standing themes of interviews gather what has no place of its own: nothing is done about them.
    """
    if coverage is None:
        return []
    require(coverage, ("theme", "negative", "base", "share"), "draft: coverage", table="coverage")
    themes = {t.id: t for t in codeframe.themes if t.standing is None}
    rows = coverage[coverage["theme"].isin(themes) & (coverage["base"] > 0)]
    found = [
        (themes[theme], int(negative), int(base))
        for theme, negative, base in rows[["theme", "negative", "base"]].itertuples(index=False)
    ]
    return sorted(found, key=lambda one: (-one[1], one[0].id))


def _stated(
    item: str | None, theme: Theme | None, key: pd.Series | None, tables: Tables
) -> Problem:
    """Say a problem in one sentence, with its numbers."""
    label = tables.labels.get(item, item) if item else ""
    parts = []
    if key is not None and pd.notna(key["performance"]):
        parts.append(_strength(label, key))
    share = None if theme is None else share_of(theme.id, tables)
    if share is not None:
        parts.append(f"{amount(share, 'theme', None)} 的意见提到")
    elif key is not None and pd.notna(key.get("frequency")):
        parts.append(f"{amount(key['frequency'], 'theme', None)} 的意见提到")
    name = theme.name if theme else f"{label}偏低"
    place = f"（环节：{theme.stage}，动作：{theme.action}）" if theme else ""
    words = f"{name}{place}" + (f"：{'，'.join(parts)}" if parts else "")
    if share is not None and (key is None or item is None):
        evidence = Evidence("themes", tables.quarter, theme.id if theme else "")
    else:
        evidence = Evidence("estimates", tables.quarter, item or "", metric_of(key))
    return Problem(item, theme, words, str(evidence), key)


def _strength(label: str, key: pd.Series) -> str:
    metric, value, cut = metric_of(key), key["performance"], key.get("performance_cut")
    unit = "分" if metric == "mean" else ""
    now = f"本季度{label}{'满意率 ' if metric == 'share' else ' '}{amount(value, metric, unit)}"
    if pd.isna(cut):
        return now
    side = "低于" if value < cut else "不低于"
    rule = filled(key.get("rule"))
    name = {"mean": "各维度平均", "median": "各维度中位数"}
    kind = next((word for known, word in name.items() if f"({known})" in rule), "分界线")
    return f"{now}，{side}{kind} {amount(cut, metric, unit)}"


def metric_of(key: pd.Series | None) -> str:
    """Name the metric by which a key problem was judged."""
    return "mean" if key is None or pd.isna(key["metric"]) else str(key["metric"])


def share_of(theme: str, tables: Tables) -> float | None:
    """Give the share of opinions that speak of a theme; None where it is not known."""
    if tables.coverage is None:
        return None
    rows = tables.coverage[tables.coverage["theme"] == theme]
    known = len(rows) and pd.notna(rows["share"].iloc[0])
    return float(rows["share"].iloc[0]) if known else None
