"""What holds between the cells and rows of a register: owners, helpers, what comes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from csatlib.store.filled import Filled, Row
from csatlib.store.forms import SEPARATOR
from csatlib.store.loop_forms import SHARES
from csatlib.store.values import Value, parts

__all__ = ["related"]

Check = Callable[[Mapping[str, Filled], Sequence[str]], Iterator[str]]

_SEVERAL = re.compile(r"[、，,；;|｜+＋&＆\n]")
#: Where one name may be a department and a person, or two departments.
_PERHAPS = re.compile(r"[/／\\]|和|与|及")


def related(name: str, sheets: Mapping[str, Filled], owners: Sequence[str]) -> list[str]:
    """List what does not fit together in a register; each with its file, sheet and cell."""
    return [fault for check in _CHECKS[name] for fault in check(sheets, owners)]


def _owners(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
    """Check that each measure has one owner whom the study knows."""
    sheet = sheets.get("actions")
    for row in sheet.rows if sheet else ():
        owner = row.text("owner")
        if not owner or owner in owners:
            continue
        if _is_several(owner, owners):
            yield (
                f"{sheet.place(row, 'owner')}：写了几个责任人；每项措施只有一个责任部门或"
                "责任人，其余的请写到“协助”。"
            )
        elif owners:
            yield (
                f"{sheet.place(row, 'owner')}：研究文件的 actions.owners 里没有这个责任人；"
                f"可写的有：{SEPARATOR.join(owners)}。"
            )


def _is_several(owner: str, owners: Sequence[str]) -> bool:
    if _SEVERAL.search(owner):
        return True
    names = [part.strip() for part in _PERHAPS.split(owner)]
    return len(names) > 1 and set(names) <= set(owners)


def _helpers(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
    sheet = sheets.get("actions")
    for row in sheet.rows if sheet else ():
        helpers = parts(row.text("helpers"))
        if row.text("owner") in helpers:
            yield f"{sheet.place(row, 'helpers')}：协助的人就是责任人；请从“协助”里删去。"
        unknown = [helper for helper in helpers if owners and helper not in owners]
        if unknown:
            yield (
                f"{sheet.place(row, 'helpers')}：研究文件的 actions.owners 里没有"
                f"“{SEPARATOR.join(unknown)}”；请改写，或把它加进研究文件。"
            )


def _depends(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
    """Check that what comes before a measure is known and does not come after it."""
    del owners
    sheet = sheets.get("actions")
    if sheet is None or "depends" not in sheet.sheet.columns:
        return
    before = {row.text("action_id"): parts(row.text("depends")) for row in sheet.rows}
    told: set[str] = set()
    for row in sheet.rows:
        own, place = row.text("action_id"), sheet.place(row, "depends")
        unknown = [one for one in before[own] if one not in before]
        if unknown:
            yield f"{place}：没有编号为 {SEPARATOR.join(unknown)} 的措施；请核对前置措施。"
        if own in before[own]:
            yield f"{place}：前置措施是这项措施自己；请删去。"
            continue
        chain = _circle(own, before)
        if chain and not told & set(chain):
            yield f"{place}：前置措施绕成一圈（{' → '.join(chain)}）；请删去其中一环。"
            told |= set(chain)


def _circle(own: str, before: Mapping[str, Sequence[str]]) -> list[str]:
    """Give the way from a measure back to itself, if there is one."""
    ways = [[own, one] for one in before[own]]
    seen = {own}
    while ways:
        way = ways.pop()
        if way[-1] == own:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, one] for one in before.get(way[-1], ()) if one != way[-1]]
    return []


def _known(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
    """Check that progress and rechecks are of measures that exist."""
    del owners
    if "actions" not in sheets:
        return
    known = {row.text("action_id") for row in sheets["actions"].rows}
    title = sheets["actions"].form.title
    for table in ("action_steps", "rechecks"):
        for row in sheets[table].rows if table in sheets else ():
            if (own := row.text("action_id")) and own not in known:
                place = sheets[table].place(row, "action_id")
                yield f"{place}：工作表“{title}”里没有这个编号；请核对编号。"


def _order(earlier: str, later: str, table: str) -> Check:
    def check(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
        del owners
        sheet = sheets.get(table)
        for row in sheet.rows if sheet else ():
            first, second = row.cells.get(earlier), row.cells.get(later)
            if isinstance(first, date) and isinstance(second, date) and second < first:
                one, other = sheet.form.headings[later], sheet.form.headings[earlier]
                yield f"{sheet.place(row, later)}：{one}早于{other}；请核对两个日期。"

    return check


def _shares(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
    """Check that shares are written as shares, and other figures not in per cent."""
    del owners
    sheet = sheets.get("actions")
    for row in sheet.rows if sheet else ():
        for name in ("baseline", "target"):
            value, metric = row.cells.get(name), row.text("metric")
            if isinstance(value, float) and (fault := _of_metric(sheet, row, name, value, metric)):
                yield f"{sheet.place(row, name)}：{fault}"


def _of_metric(sheet: Filled, row: Row, name: str, value: Value, metric: str) -> str | None:
    if metric in SHARES and not 0 <= float(value or 0) <= 1:
        return "衡量指标是比例，数值应在 0 到 100% 之间；八成请写 80% 或 0.8，不写 80。"
    cell = sheet.sheet.cell(row.number, name)
    if metric and metric not in SHARES and "%" in cell.number_format:
        return "衡量指标不是比例，单元格却是百分比格式；请把格式设为数值，再核对数字。"
    return None


def _follower(sheets: Mapping[str, Filled], owners: Sequence[str]) -> Iterator[str]:
    del owners
    sheet = sheets.get("followups")
    for row in sheet.rows if sheet else ():
        if _SEVERAL.search(row.text("owner")):
            yield f"{sheet.place(row, 'owner')}：写了几个责任人；请只留一个。"


_CHECKS: Mapping[str, tuple[Check, ...]] = {
    "actions": (
        _owners,
        _helpers,
        _depends,
        _shares,
        _order("started_on", "done_on", "actions"),
        _known,
    ),
    "followups": (
        _follower,
        _order("received_on", "contacted_on", "followups"),
        _order("received_on", "closed_on", "followups"),
    ),
    "cases": (),
}
