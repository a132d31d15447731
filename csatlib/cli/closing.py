"""Commands that close the loop: measures and opinions enter their registers, lateness is told."""

from __future__ import annotations

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
#: How a measure stands, worst first; those that need somebody are listed.
_STATES = {
    "overdue": "逾期",
    "at_risk": "有风险",
    "undated": "没有日期",
    "draft": "草拟",
    "on_track": "按计划",
    "done": "按时完成",
    "done_late": "逾期完成",
    "cancelled": "已取消",
    "beyond": "超出能力",
}
_LISTED = ("overdue", "at_risk", "undated")
_OPEN = ("new", "contacted", "under_way")
_URGENT = ("应上报", "逾期", "逾期未联系", "本周到期", "本周应联系")


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

    chosen = store.study(line, root).actions
    measures = store.actions(line, root, owners=chosen.owners)
    steps = store.action_steps(line, root)
    if owner is not None:
        measures = measures[measures["owner"] == owner].reset_index(drop=True)
    stand = progress(measures, steps, today=today, warn_days=chosen.warn_days)
    counts = stand["state"].value_counts()
    found = [f"{word} {counts[state]:,} 项" for state, word in _STATES.items() if state in counts]
    typer.echo(f"到 {today}：{'，'.join(found) or '还没有措施'}。")
    order = {state: place for place, state in enumerate(_LISTED)}
    late = stand[stand["state"].isin(_LISTED)]
    late = late.assign(place=late["state"].map(order)).sort_values(["place", "due", "action_id"])
    if len(late):
        rows = [
            (
                row.action_id,
                _STATES[str(row.state)],
                _told(row.owner),
                _shown(row.due),
                _told(row.days_left),
            )
            for row in late.itertuples()
        ]
        typer.echo(aligned(("编号", "情况", "责任人", "计划完成时间", "还有几天"), rows), nl=False)


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
    from csatlib import store

    log = store.followup_log(line, root)
    if owner is not None:
        log = log[log["owner"] == owner]
    escalate = store.study(line, root).followups.escalate_days
    listed = _week(log[log["state"].isin(_OPEN)], today, week, escalate)
    typer.echo(f"{line}：要办的意见 {len(listed):,} 条（到 {_sunday(week)}）。")
    if listed:
        headings = ("情况", "编号", "责任人", "督办人", "日期", "还有几天", "客户分组", "主题")
        typer.echo(aligned(headings, listed), nl=False)
    _tell_register("followups", line, root)


def _week(
    log: pd.DataFrame, today: date, week: date, escalate_days: int
) -> list[tuple[object, ...]]:
    """List what is to be done by the end of a week, the most urgent first."""
    found = []
    for row in log.itertuples():
        told = _urgency(row, today, _sunday(week), escalate_days)
        if told is not None:
            words, day = told
            rest = (row.followup_id, _told(row.owner), _told(row.supervisor), str(day))
            left = (day - today).days
            found.append((words, *rest, left, _told(row.group), _told(row.themes)))
    return sorted(found, key=lambda row: (_URGENT.index(row[0]), row[4], row[1]))


def _urgency(row: object, today: date, sunday: date, escalate_days: int) -> tuple[str, date] | None:
    due, contact = _date(row.due), _date(row.contact_due)  # type: ignore[attr-defined]
    waits = _date(row.contacted_on) is None and row.state == "new"  # type: ignore[attr-defined]
    if due is not None and due < today:
        return ("应上报" if (today - due).days > escalate_days else "逾期"), due
    if waits and contact is not None and contact < today:
        return "逾期未联系", contact
    if due is not None and due <= sunday:
        return "本周到期", due
    if waits and contact is not None and contact <= sunday:
        return "本周应联系", contact
    return None


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


def _date(value: object) -> date | None:
    return None if value is None or value != value else value.date()  # type: ignore[attr-defined]


def _told(value: object) -> object:
    """Give a value of a table, empty where it is missing."""
    import pandas as pd

    return None if pd.isna(value) else value  # type: ignore[call-overload]


def _shown(value: object) -> str:
    day = _date(value)
    return "" if day is None else day.isoformat()
