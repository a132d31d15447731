"""Commands that close the loop: measures and opinions enter their registers, lateness is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csatlib.cli.base import QuarterArgument, RootOption, app, day_of
from csatlib.cli.tables import aligned
from csatlib.cli.words import Command

if TYPE_CHECKING:
    import pandas as pd

    from csatlib.store import CellChange, Merged

__all__ = ["actions", "cases", "followups"]

LineOption = Annotated[str, typer.Option("--line", metavar="LINE", help="业务线。")]
TodayOption = Annotated[
    str | None,
    typer.Option("--today", metavar="DAY", help="按哪天算，例如 2026-10-08；默认今天。"),
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="NAME", help="只看（或只导出）这个责任人的。")
]
ExportOption = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE", help="改为导出一份给人填写的副本，写到这个文件。"),
]
MergeOption = Annotated[
    Path | None,
    typer.Option("--merge", metavar="FILE", help="改为把填好的副本并回登记表。"),
]
#: Registers outlive quarters: where none is named, any will do to check the line.
_ANY = "2000Q1"
#: Which measures need somebody, the worst first.
_LISTED = ("overdue", "at_risk", "undated")
_TOLD_OF_MEASURES = ("编号", "状态", "责任人", "计划完成", "剩余天数", "提醒")
_TOLD_OF_OPINIONS = ("事项", "编号", "期限", "剩余天数", "跟进人", "督办人", "分组", "主题")


@app.command(cls=Command, help="把改进措施的草案写进登记表，列出逾期的、有风险的和没有日期的。")
def actions(
    quarter: QuarterArgument,
    line: LineOption,
    owner: OwnerOption = None,
    today: TodayOption = None,
    export: ExportOption = None,
    merge: MergeOption = None,
    root: RootOption = None,
) -> None:
    """Enter the quarter's drafts of measures and say how the measures stand."""
    from csatlib import store
    from csatlib.run.plan import lines_of

    day = day_of(today)
    (name,) = lines_of(quarter, line=line, root=root)
    if _copied("actions", name, export, merge, owner, root):
        return
    owners = store.study(name, root).actions.owners
    drafts = store.read("action_drafts", quarter, name, root)
    entered = store.add_actions(drafts, name, owners=owners, root=root)
    typer.echo(
        f"{quarter}/{name}：措施草案 {len(drafts):,} 项，新加入 {entered.new:,} 项，"
        f"登记表里已有 {entered.known:,} 项。"
    )
    _tell_measures(name, owner, day, root)
    _tell_register("actions", name, root)


@app.command(cls=Command, help="把要跟进的意见写进登记表，列出本周要办的、逾期的和应上报的。")
def followups(
    quarter: Annotated[
        str | None,
        typer.Argument(metavar="QUARTER", help="季度，例如 2026Q3；不写时只看登记表。"),
    ] = None,
    line: Annotated[
        str | None, typer.Option("--line", metavar="LINE", help="只看这条业务线；默认全部。")
    ] = None,
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="DAY", help="看哪一天所在的那一周；默认今天。"),
    ] = None,
    owner: OwnerOption = None,
    today: TodayOption = None,
    export: ExportOption = None,
    merge: MergeOption = None,
    root: RootOption = None,
) -> None:
    """Enter a quarter's opinions and list what is to be done this week."""
    from csatlib.run.plan import lines_of
    from csatlib.run.problems import USAGE, RunError

    day = day_of(today)
    until = day_of(week) if week else day
    lines = lines_of(quarter or _ANY, line=line, root=root)
    if (export or merge) and line is None:
        raise RunError("导出和合并一次只办一条业务线；请加上 --line。", USAGE)
    for name in lines:
        if _copied("followups", name, export, merge, owner, root):
            return
        if quarter is not None:
            _enter_opinions(quarter, name, root, asked=line is not None)
        _tell_week(name, owner, day, until, root)


@app.command(cls=Command, help="把有效的措施收进案例登记表，供以后遇到同样问题时参考。")
def cases(line: LineOption, root: RootOption = None) -> None:
    """Enter what worked, of every processed quarter."""
    from csatlib import store
    from csatlib.run.plan import lines_of

    (name,) = lines_of(_ANY, line=line, root=root)
    processed = store.project_root(root) / "data" / "processed"
    new = refreshed = 0
    for folder in sorted(processed.glob(f"[0-9]*Q[1-4]/{name}/cases.parquet")):
        table = store.read("cases", folder.parent.parent.name, name, root)
        entered = store.add_cases(table, name, root=root)
        new, refreshed = new + entered.new, refreshed + entered.refreshed
    held = len(store.cases(name, root))
    typer.echo(f"{name}：案例 {held:,} 个，新加入 {new:,} 个，更新了 {refreshed:,} 格。")
    _tell_register("cases", name, root)


def _copied(
    name: str,
    line: str,
    export: Path | None,
    merge: Path | None,
    owner: str | None,
    root: Path | None,
) -> bool:
    """Export or merge a copy, if the call asks for it."""
    from csatlib import store
    from csatlib.run.problems import USAGE, RunError

    if export is not None and merge is not None:
        raise RunError("--export 和 --merge 请分两次执行。", USAGE)
    if export is not None:
        rows = store.export_register(name, line, export, owner=owner, root=root)
        typer.echo(f"{line}：已导出 {rows:,} 行。\n{export}\n填好后用 --merge 并回来。")
    if merge is not None:
        owners = store.study(line, root).actions.owners if name == "actions" else ()
        _tell_merged(store.merge_register(name, line, merge, owners=owners, root=root))
    return export is not None or merge is not None


def _tell_merged(merged: Merged) -> None:
    typer.echo(
        f"采用 {len(merged.taken):,} 格，新增 {len(merged.added):,} 行，"
        f"登记表自己改动而保留 {len(merged.kept):,} 格，冲突 {len(merged.conflicts):,} 格。"
    )
    if merged.conflicts:
        typer.echo("两边都改了，登记表的值没有动，请人工决定：")
        typer.echo(_changes(merged.conflicts), nl=False)
    if merged.refused:
        typer.echo("这些列由程序填写，副本里的改动没有采用：")
        typer.echo(_changes(merged.refused), nl=False)
    for row in merged.missing:
        typer.echo(f"副本里删去了 {row}；登记表里的没有动。")
    for column in merged.unknown:
        typer.echo(f"登记表里没有这一列：{column}；没有并入。")


def _changes(changes: tuple[CellChange, ...]) -> str:
    headings = ("工作表", "行", "列", "登记表", "副本", "导出时的值", "登记表的值", "副本的值")
    rows = [
        (c.sheet, c.row, c.heading, c.cell, c.copy_cell, c.exported, c.register, c.copy)
        for c in changes
    ]
    return aligned(headings, rows)


def _tell_measures(line: str, owner: str | None, today: date, root: Path | None) -> None:
    from csatlib import store
    from csatlib.actions import progress
    from csatlib.report import action_progress_view

    chosen = store.study(line, root).actions
    measures = store.actions(line, root, owners=chosen.owners)
    steps = store.action_steps(line, root)
    if owner is not None:
        measures = measures[measures["owner"] == owner].reset_index(drop=True)
    stand = progress(
        measures,
        steps,
        today=today,
        warn_days=chosen.warn_days,
        proofs=store.proofs(line, measures, root),
    )
    place = {state: at for at, state in enumerate(_LISTED)}
    stand = stand.assign(place=stand["state"].map(place)).sort_values(["place", "due", "action_id"])
    view = action_progress_view(stand.drop(columns="place"), measures)
    counts = view["状态"].value_counts(sort=False)
    told = [f"{word} {count:,} 项" for word, count in counts.items()]
    typer.echo(f"到 {today}：{'，'.join(told) or '还没有措施'}。")
    _tell_rows(view[stand["place"].notna()], _TOLD_OF_MEASURES)


def _tell_rows(view: pd.DataFrame, columns: Sequence[str]) -> None:
    if len(view):
        typer.echo(aligned(columns, view[list(columns)].to_numpy().tolist()), nl=False)


def _enter_opinions(quarter: str, line: str, root: Path | None, *, asked: bool) -> None:
    from csatlib import store

    known = store.manifest(quarter, line, root).get("tables", {})
    if not asked and "followups" not in known:
        typer.echo(f"{quarter}/{line}：还没有要跟进的意见（表 followups）。")
        return
    entered = store.add_followups(store.read("followups", quarter, line, root), line, root=root)
    typer.echo(
        f"{quarter}/{line}：新加入 {entered.new:,} 条意见，已有 {entered.known:,} 条，"
        f"更新了 {entered.refreshed:,} 格。"
    )


def _tell_week(line: str, owner: str | None, today: date, week: date, root: Path | None) -> None:
    """List the week as the report does: no word of a customer, only where to find it."""
    from csatlib import store
    from csatlib.actions import followups_as_of, week_list
    from csatlib.report import week_list_view

    study = store.study(line, root)
    log = followups_as_of(store.followup_log(line, root), today=today)
    if owner is not None:
        log = log[log["owner"] == owner].reset_index(drop=True)
    until = _sunday(week)
    listed = week_list(log, today=today, until=until, escalate_days=study.followups.escalate_days)
    typer.echo(f"{line}：要办的意见 {len(listed):,} 条（到 {until}）。")
    supervisors = log.set_index("followup_id")["supervisor"].fillna("—")
    view = week_list_view(listed, study)
    _tell_rows(view.assign(督办人=view["编号"].map(supervisors)), _TOLD_OF_OPINIONS)
    _tell_register("followups", line, root)


def _tell_register(name: str, line: str, root: Path | None) -> None:
    from csatlib import store

    file = store.register_file(name, line, root)
    if not file.exists():
        return
    for told in store.personal_cells(line, root):
        if file.name in told:
            typer.echo(f"注意：{told}", err=True)
    typer.echo(str(file))


def _sunday(day: date) -> date:
    return date.fromordinal(day.toordinal() + 6 - day.weekday())
