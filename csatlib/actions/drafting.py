"""Draft measures: a problem in numbers, what is known to help, a baseline, a target and a date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from csatlib.actions.evidence import Evidence
from csatlib.actions.phrasing import direction, name_of, told_target
from csatlib.actions.rows import as_day, filled, require, tabled
from csatlib.actions.stating import Problem, Tables, metric_of, share_of, stated_problems
from csatlib.schema import Quarter, check_line
from csatlib.study import Codeframe, Measure, Playbook

__all__ = ["draft"]

#: Columns of the key problems: without these nothing is drafted.
_NEEDED = ("driver", "key_problem", "metric", "performance")
#: And these are told where they are known.
_TOLD = ("performance_cut", "frequency")
_VERDICTS = {"effective": "有效", "short": "未达预期", "insufficient": "证据不足"}
#: The values that a metric can take.
_RANGES = {"share": (0.0, 1.0), "theme": (0.0, 1.0), "within": (0.0, 1.0), "rate": (0.0, 1.0)}
_RANGES |= {"nps": (-100.0, 100.0)}


@dataclass(frozen=True)
class _Proposal:
    """A measure for a problem, and what earlier quarters say of it; without one, what to write."""

    measure: Measure | None
    note: str


def draft(
    problems: pd.DataFrame,
    playbook: Playbook,
    *,
    quarter: Quarter | str,
    line: str,
    codeframe: Codeframe | None = None,
    estimates: pd.DataFrame | None = None,
    coverage: pd.DataFrame | None = None,
    cases: pd.DataFrame | None = None,
    owners: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    today: date | str,
    min_comments: int = 3,
    theme_share: float = 0.05,
) -> pd.DataFrame:
    """Draw draft measures for the key problems of a quarter from what is known to help.

    Parameters
    ----------
    problems : DataFrame
        Table ``key_problems``; those with ``key_problem`` true are drafted for.
    playbook : Playbook
        The known measures of the line.
    quarter, line : str
        Whose result is answered.
    codeframe : Codeframe, optional
        Says which themes belong to an item, and their stage and action.
    estimates : DataFrame, optional
        Table ``estimates`` of the quarter: baselines of means, shares and NPS, without group.
    coverage : DataFrame, optional
        Table ``coverage`` of the quarter: how often a theme is spoken of and blamed.
    cases : DataFrame, optional
        Table ``cases``: measures of earlier quarters with verdicts; of one measure the latest
        quarter counts, and only cases of this line.
    owners : mapping of str to str, optional
        From a theme, item or stage to who owns its measures, where the playbook names nobody.
    labels : mapping of str to str, optional
        Words for items, such as `Study.label_map` gives.
    today : date or str
        Dates are counted from it.
    min_comments : int
        A theme of a key problem has a draft of its own if so many comments blame it.
    theme_share : float
        A theme that at least this share of the comments blames is a problem of its own, though
        its item is none.

    Returns
    -------
    DataFrame
        Table ``action_drafts``, as ``actions``, with ``status`` ``draft``: problems in their
        ranking, the most blamed theme first; of a problem, measures that were effective before
        first. ``problem`` names the theme and its numbers, ``stage`` where it lies; ``evidence``
        points at the row of ``baseline``; ``target`` is the baseline and the playbook's change,
        within what the metric can take; ``due`` is today and the measure's days. ``note`` says
        what earlier quarters found, which measures fell short and are not proposed again, and
        what is still to be filled in; a measure that is against several themes of an item stands
        once, at the most blamed, and ``note`` names the others; where nothing is known to help
        ``measure`` is missing.

    Raises
    ------
    ValueError
        If a column is missing or holds words in place of numbers or of true and false, a label is
        wrong, or ``min_comments`` is below 1.

    Notes
    -----
    ``action_id`` is ``A-<quarter>-`` and four digits made of line, item, theme and measure: the
    same draft has the same id however many others there are. Texts hold rounded figures for the
    reader; ``baseline`` and ``target`` are not rounded.

    Examples
    --------
    >>> from csatlib import schema
    >>> found = schema.empty("key_problems").reindex([0]).assign(driver="speed",
    ...     key_problem=True, metric="mean", performance=3.62, performance_cut=3.91, rank=1)
    >>> duty = Measure(id="duty", measure="设值班岗，30 分钟内响应", items=("speed",), change=0.2)
    >>> known = Playbook(measures=(duty,))
    >>> made = draft(found, known, quarter="2026Q3", line="shop", today="2026-10-10")
    >>> made[["measure", "baseline", "target"]].round(2).values.tolist()
    [['设值班岗，30 分钟内响应', 3.62, 3.82]]
    """
    read = [*_NEEDED, *(name for name in _TOLD if name in problems)]
    require(problems, read, "draft: problems", table="key_problems")
    if min_comments < 1:
        raise ValueError(f"draft: min_comments must be at least 1, found {min_comments}")
    if estimates is not None:
        held = ("item", "metric", "estimate")
        require(estimates, held, "draft: estimates", table="estimates")
    label, day = str(Quarter.parse(quarter)), as_day(today, "draft: today")
    frame = codeframe or Codeframe()
    words = {**frame.labels(), **(labels or {})}
    tables = Tables(label, check_line(line), words, estimates, coverage)
    known = _latest(cases, line)
    rows, taken = [], set[str]()
    proposed: dict[tuple[object, str], dict[str, object]] = {}
    for problem in stated_problems(problems, frame, tables, min_comments, theme_share):
        for proposal in _proposals(problem, playbook, known):
            row = _row(problem, proposal, tables, owners or {}, day)
            first = proposed.setdefault((row["item"], str(row.get("measure"))), row)
            if first is not row and proposal.measure is not None and problem.theme is not None:
                first["note"] = _joined(first["note"], f"也针对“{problem.theme.name}”")
                continue
            row["action_id"] = _id(row, proposal.measure, tables, taken)
            rows.append(row)
    return tabled(rows, "action_drafts")


def _joined(note: object, more: str) -> str:
    return f"{note}；{more}" if note else more


def _latest(cases: pd.DataFrame | None, line: str) -> pd.DataFrame:
    """Keep of each measure and problem the latest case of the line."""
    if cases is None:
        return pd.DataFrame(columns=["measure", "item", "theme", "verdict", "quarter", "case_id"])
    read = ["case_id", "line", "quarter", "item", "theme", "measure", "verdict"]
    read += [name for name in ("estimate",) if name in cases]
    require(cases, read, "draft: cases", table="cases")
    own = cases[(cases["line"] == line) & cases["measure"].notna()]
    own = own.sort_values(["quarter", "case_id"], kind="stable")
    return own[~own.duplicated(["measure", "item", "theme"], keep="last")]


def _proposals(problem: Problem, playbook: Playbook, cases: pd.DataFrame) -> list[_Proposal]:
    """List what to do: what worked before, then what the playbook knows, without what fell short.

    A case of the same theme is of this problem; one without a theme is of every problem of its
    item.
    """
    theme = None if problem.theme is None else problem.theme.id
    same = cases["theme"].eq(theme) if theme else cases["theme"].isna()
    loose = cases["theme"].isna() & cases["item"].eq(problem.item)
    here = same & (cases["theme"].notna() | cases["item"].eq(problem.item)) | loose
    past = {row["measure"]: row for _, row in cases[here.fillna(value=False)].iterrows()}
    known = [m for m in playbook.measures if _answers(m, problem)]
    short = [name for name, row in past.items() if row["verdict"] == "short"]
    effective = [name for name, row in past.items() if row["verdict"] == "effective"]
    warning = "；".join(
        f"知识库：“{name}”在 {past[name]['quarter']} 未达预期，不再提出（{past[name]['case_id']}）"
        for name in short
    )
    proposals = [_Proposal(m, _told(past.get(m.measure))) for m in known if m.measure not in short]
    by_text = {m.measure for m in known}
    proposals += [_Proposal(_again(past[n]), _told(past[n])) for n in effective if n not in by_text]
    ordered = sorted(proposals, key=lambda p: p.measure.measure not in effective)
    if not ordered:
        missing = "措施库里没有对应的措施：请填写改进措施、责任人、目标值和计划完成时间"
        ordered = [_Proposal(None, missing)]
    first = ordered[0]
    told = "；".join(part for part in (first.note, warning) if part)
    return [replace(first, note=told), *ordered[1:]]


def _answers(measure: Measure, problem: Problem) -> bool:
    """Say whether a measure is against a problem: its theme, or its item where it has no theme."""
    if measure.themes:
        if problem.theme is not None:
            return problem.theme.id in measure.themes
        return problem.item in measure.items
    return problem.item in measure.items


def _told(case: pd.Series | None) -> str:
    if case is None or case["verdict"] not in _VERDICTS:
        return ""
    verdict = _VERDICTS[case["verdict"]]
    return f"知识库：同一措施在 {case['quarter']} {verdict}（{case['case_id']}）"


def _again(case: pd.Series) -> Measure:
    """Make a measure of a case that worked: it is expected to do again what it did."""
    change = case.get("estimate")
    metric = filled(case.get("metric")) or "mean"
    allowed = ("mean", "share", "nps", "theme", "within", "rate")
    return Measure(
        id="case",
        measure=str(case["measure"]),
        metric=metric if metric in allowed else "rate",
        unit=filled(case.get("unit")) or "分",
        change=0.0 if change is None or pd.isna(change) else float(change),
    )


def _row(
    problem: Problem,
    proposal: _Proposal,
    tables: Tables,
    owners: Mapping[str, str],
    today: pd.Timestamp,
) -> dict[str, object]:
    theme, measure = problem.theme, proposal.measure
    keys = (theme.id if theme else None, problem.item, theme.stage if theme else None)
    owner = next((owners[key] for key in keys if key in owners), None)
    row: dict[str, object] = {
        "line": tables.line,
        "quarter": tables.quarter,
        "item": problem.item,
        "theme": theme.id if theme else None,
        "stage": theme.stage if theme else None,
        "problem": problem.words,
        "evidence": problem.evidence,
        "owner": owner,
        "status": "draft",
        "note": proposal.note or None,
    }
    if measure is None:
        return row
    evidence, baseline, lacking = _baseline(problem, measure, tables)
    target = None if baseline is None else _target(baseline, measure)
    owner = measure.owner or owner
    notes = [proposal.note, lacking, "" if owner else "请填写责任人"]
    if target is not None and target == baseline:
        notes.append("请填写目标值")
        target = None
    return {
        **row,
        "evidence": str(evidence),
        "measure": measure.measure,
        "owner": owner,
        "horizon": measure.horizon,
        "metric": measure.metric,
        "unit": measure.unit,
        "baseline": baseline,
        "target": target,
        "due": today + pd.Timedelta(days=measure.days),
        "resources": measure.resources,
        "expected": measure.expected or _expected(problem, measure, baseline, target, tables),
        "note": "；".join(part for part in notes if part) or None,
    }


def _baseline(
    problem: Problem, measure: Measure, tables: Tables
) -> tuple[Evidence | str, float | None, str]:
    """Find a measure's baseline: the evidence, the figure, and what is lacking without one."""
    if measure.metric == "theme" and problem.theme is not None:
        evidence = Evidence("themes", tables.quarter, problem.theme.id)
        share = share_of(problem.theme.id, tables)
        return (evidence, share, "") if share is not None else (problem.evidence, None, _FILL)
    if measure.metric in ("mean", "share", "nps"):
        item = problem.item or next(iter(measure.items), "")
        if measure.metric == "nps" and measure.items:
            item = measure.items[0]
        evidence = Evidence("estimates", tables.quarter, item, measure.metric)
        row = evidence.row(tables.estimates)
        if row is not None and pd.notna(row["estimate"]):
            return evidence, float(row["estimate"]), ""
        key = problem.key
        if row is None and key is not None and metric_of(key) == measure.metric:
            value = key["performance"]
            return (evidence, float(value), "") if pd.notna(value) else (evidence, None, _FILL)
        return evidence, None, "本季度样本不足或没有这个指标，请填写基线和目标值"
    return problem.evidence, None, _FILL


_FILL = "请从业务数据填写基线和目标值"


def _target(baseline: float, measure: Measure) -> float:
    low, high = _RANGES.get(measure.metric, (-float("inf"), float("inf")))
    return min(max(baseline + measure.change, low), high)


def _expected(
    problem: Problem,
    measure: Measure,
    baseline: float | None,
    target: float | None,
    tables: Tables,
) -> str | None:
    if baseline is None or target is None:
        return None
    item = tables.labels.get(problem.item or "", problem.item or "")
    name = name_of(measure.metric, item, problem.theme.name if problem.theme else "")
    way = direction(measure.metric, measure.unit, measure.measure)
    return told_target(name, baseline, target, measure.metric, measure.unit, way)


def _id(row: Mapping[str, object], measure: Measure | None, tables: Tables, taken: set[str]) -> str:
    """Make a draft's number of its content; where it is taken, the next one."""
    what = "" if measure is None else measure.measure if measure.id == "case" else measure.id
    content = "\x1f".join(str(part) for part in (tables.line, row["item"], row["theme"], what))
    number = int(hashlib.sha256(content.encode()).hexdigest(), 16)
    while (name := f"A-{tables.quarter}-{number % 10_000:04d}") in taken:
        number += 1
    taken.add(name)
    return name
