"""What each survey platform and ticket system writes, as data, and which of them wrote a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import cast

from csatlib.exports.grid import Grid, first_line
from csatlib.exports.table import ExportError, Form
from csatlib.scales import plain
from csatlib.study import Source

__all__ = ["PLATFORMS", "Platform", "Sniffed", "contradiction", "form_of", "identify", "settings"]

#: Marks of 问卷星 for a question that logic did not show, and one left blank; a mark that is a
#: number counts only where an answer stands.
_SKIPPED, _BLANK = frozenset({"(跳过)", "-3"}), frozenset({"", "(空)", "-2", "--"})


@dataclass(frozen=True)
class Platform:
    """What one platform always writes, whatever the questionnaire.

    Attributes
    ----------
    reader, label : str
        Its name in the study file and in Chinese.
    markers, enough : tuple of str, int
        Headers that tell it, and how many of them must be there.
    mapping : dict
        From a role to ``{column of ours: headers it may have}``; the study file overrides.
    ignore : tuple of str
        Headers that it adds and nobody needs, personal ones among them.
    joint : str
        What stands between the stem of a matrix and a row in a header.
    separators : str
        The characters that may stand between the answers of one cell.
    skipped, blank : frozenset of str
        How it writes a question that was not shown, and one that was left open.
    device : str or None
        The header of what tells devices apart.
    serial : str or None
        The header under which it numbers the rows: equal rows differ in it.
    lettered : bool
        Whether options bear their letter (``D.无所谓``).
    ticked : bool
        Whether in a column of one option whatever stands there means chosen.
    short_years : bool
        Whether its dates are ``30/Oct/26``: day, name of the month, two digits of the year.
    """

    reader: str
    label: str
    markers: tuple[str, ...] = ()
    enough: int = 1
    mapping: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    joint: str = "—"
    separators: str = "┋"
    skipped: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset({""})
    device: str | None = None
    serial: str | None = None
    lettered: bool = False
    ticked: bool = False
    short_years: bool = False


_WJX = Platform(
    "wjx",
    "问卷星",
    ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "总分"),
    5,
    {"responses": {"submitted_at": ("提交答卷时间",), "seconds": ("所用时间",)}},
    (
        *("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "总分"),
        *("用户ID", "用户标识", "姓名", "部门", "昵称", "自定义字段"),
    ),
    skipped=_SKIPPED,
    blank=_BLANK,
    device="来自IP",
    serial="序号",
)
_TENCENT_PLACE = ("地理位置国家和地区", "地理位置省", "地理位置市")
_TENCENT = Platform(
    "tencent",
    "腾讯问卷",
    ("编号", "开始答题时间", "结束答题时间", "答题时长", *_TENCENT_PLACE, "自定义字段"),
    4,
    {"responses": {"submitted_at": ("结束答题时间",), "seconds": ("答题时长",)}},
    (
        *("编号", "开始答题时间", "结束答题时间", "答题时长", *_TENCENT_PLACE, "自定义字段"),
        *("用户类型", "用户标识", "昵称", "姓名", "语言", "清洗数据结果", "智能清洗数据无效概率"),
        *("IP", "UA", "Referrer", "中奖时间", "中奖金额", "审核状态"),
    ),
    joint=":",
    blank=frozenset({"", "--"}),
    device="IP",
    serial="编号",
    lettered=True,
    ticked=True,
)
_FORMS = Platform(
    "forms",
    "腾讯文档或企业微信收集表",
    ("提交者(自动)", "提交时间(自动)"),
    1,
    {"responses": {"submitted_at": ("提交时间(自动)",)}},
    ("*(自动)",),
    separators=",",
    blank=frozenset({"", "--"}),
)
_ZENTAO = Platform(
    "zentao",
    "禅道",
    (
        *("Bug编号", "Bug标题", "Bug类型", "Bug状态", "所属产品", "所属模块", "所属项目"),
        *("所属执行", "严重程度", "激活次数", "由谁创建", "创建日期", "指派给", "解决者"),
        *("解决方案", "解决日期", "由谁关闭", "关闭日期"),
    ),
    5,
    {
        "tickets": {
            "ticket_id": ("Bug编号", "编号"),
            "problem_type": ("Bug类型", "类型"),
            "problem_level": ("严重程度", "优先级"),
            "opened_at": ("创建日期",),
            "resolved_at": ("解决日期",),
            "closed_at": ("关闭日期",),
            "status": ("Bug状态", "状态"),
        }
    },
    # A day that is not yet known is written as the zero of its database.
    blank=frozenset({"", "0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00"}),
)
_JIRA = Platform(
    "jira",
    "Jira",
    (
        *("Issue key", "Issue id", "Issue Type", "Project key", "Project name", "Summary"),
        *("Status", "Resolution", "Reporter", "Assignee", "Created", "Updated", "Resolved"),
        *("issue_type", "project_key", "status_category", "priority_name", "created_date"),
        *("resolution_date", "updated_date", "问题关键字", "问题ID", "问题类型", "项目关键字"),
        *("概要", "解决结果", "经办人", "报告人"),
    ),
    5,
    {
        "tickets": {
            "ticket_id": ("Issue key", "问题关键字", "key"),
            "problem_type": ("Issue Type", "问题类型", "issue_type"),
            "problem_level": ("Priority", "优先级", "priority_name"),
            "opened_at": ("Created", "已创建", "创建日期", "created_date"),
            "resolved_at": ("Resolved", "已解决", "resolution_date"),
            "status": ("Status", "状态", "status"),
        }
    },
    short_years=True,
)
_TABLE = Platform(
    "table", "普通表格", separators="┋|;,、", skipped=_SKIPPED, blank=_BLANK, enough=0
)

#: The platforms by their name in the study file; whatever none of them wrote is a plain table.
PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    {p.reader: p for p in (_WJX, _TENCENT, _FORMS, _ZENTAO, _JIRA, _TABLE)}
)

_SURVEYS = ("wjx", "tencent", "forms")
_OLD_OPTION = re.compile(r"第[0-9]{1,3}题\(")
_OPTION = re.compile(r"([0-9]{1,3})\s*[、.:]?\s*(.*)\((?![0-9]+\)$)(.+)\)")
#: Old file names end in the number of replies, of valid replies, and 0 text, 1 score, 2 code.
_OLD_NAME = re.compile(r"[0-9]+_[0-9]+_([012])\.xlsx?$")
_OLD_FORMS = {"0": "按文本", "1": "按分数", "2": "按序号"}
_NAMED_FORMS = {"按文本": "text", "按序号": "code", "按分数": "score"}
_TEXT_MARKS = ("┋", "(跳过)", "(空)", "（跳过）", "（空）")


@dataclass(frozen=True)
class Sniffed:
    """What a file was found to be, and why."""

    kind: str
    platform: str
    form: Form | None
    encoding: str | None
    why: str


def identify(grid: Grid, name: str) -> Sniffed:
    """Name the platform that wrote a grid, and its form, with the reason."""
    header = first_line(grid.cells)
    there = {_close(name) for name in header}
    present = {p.reader: [m for m in p.markers if _close(m) in there] for p in PLATFORMS.values()}
    found = [r for r, p in PLATFORMS.items() if p.markers and len(present[r]) >= p.enough]
    if not found:
        why = "表头里没有问卷平台或工单系统的固定列，按普通表格读取"
        return Sniffed(grid.kind, "table", "text", grid.encoding, why)
    reader = max(found, key=lambda r: len(present[r]) / len(PLATFORMS[r].markers))
    marks = "、".join(present[reader])
    why = f"表头有{PLATFORMS[reader].label}的固定列（{marks}）"
    if reader != "wjx":
        return Sniffed(grid.kind, reader, "text", grid.encoding, why)
    form, reason = _wjx_form(header, grid.cells, name)
    return Sniffed(grid.kind, reader, form, grid.encoding, f"{why}，{reason}")


def _close(text: str) -> str:
    return plain(text).replace(" ", "")


def _wjx_form(
    header: Sequence[str], cells: Sequence[Sequence[str]], name: str
) -> tuple[Form | None, str]:
    old = _OLD_NAME.search(name)
    for mark, form in _NAMED_FORMS.items():
        if mark in name or (old and _OLD_FORMS[old[1]] == mark):
            return cast("Form", form), f"文件名说是{mark}导出"
    if "总分" not in header and (any(_OLD_OPTION.match(h) for h in header) or _one_hot(header)):
        return "code", "多选题按选项分列，是按序号导出"
    if any(mark in cell for row in cells[1:] for cell in row for mark in _TEXT_MARKS):
        return "text", "答案里有选项文字的分隔或跳过标记，是按文本导出"
    return None, "看不出是按文本、按序号还是按分数导出"


def _one_hot(header: Sequence[str]) -> bool:
    """Say whether ``4.题干(选项)`` is followed by ``4(选项)``: one column an option."""
    taken = [_OPTION.fullmatch(plain(name)) for name in header]
    return any(
        one and other and one[1] == other[1] and one[2] and not other[2]
        for one, other in pairwise(taken)
    )


def contradiction(found: Sniffed, source: Source | None, name: str) -> None:
    """Refuse a file whose source names another platform than the one that wrote it.

    A plain reader is right for any table but the answers of a survey platform, whose marks for
    skipped questions and several choices it would not know.
    """
    if source is None or source.reader == found.platform:
        return
    answers = source.role in ("responses", "twin") and found.platform in _SURVEYS
    if source.reader == "table" and not answers:
        return
    stated = PLATFORMS[source.reader].label
    raise ExportError(
        f"{name}：来源写的是{stated}（{source.reader}），但{found.why}；"
        f"请核对文件，或把来源的 reader 改成 {found.platform}。"
    )


def settings(
    reader: str, source: Source | None, headers: Collection[str], *, taken: Collection[str] = ()
) -> tuple[dict[str, str], tuple[str, ...], str | None]:
    """Give mapping, ignored headers and device of a file: the platform's, then the source's.

    A default applies only where its header is in the file, the source does not use that header
    itself, and no question has the column's name (``taken``).
    """
    platform = PLATFORMS[reader]
    role = source.role if source else "responses"
    own = dict(source.mapping) if source else {}
    used = {_close(h) for h in (*own.values(), *(source.personal.values() if source else ()))}
    present = {_close(h): h for h in headers}
    mapping: dict[str, str] = {}
    for column, names in platform.mapping.get("responses" if role == "twin" else role, {}).items():
        header = next((n for n in names if _close(n) in present), None)
        if header and column not in {*own, *taken} and _close(header) not in used:
            mapping[column] = header
    device = source.device if source else None
    if device is None and platform.device and _close(platform.device) in present:
        device = platform.device
    return {**mapping, **own}, (*platform.ignore, *(source.ignore if source else ())), device


def form_of(found: Sniffed, source: Source | None, name: str) -> Form:
    """Settle whether a 问卷星 file holds wordings, option numbers or points, or refuse."""
    stated = source.form if source else None
    if stated and found.form and stated != found.form:
        raise ExportError(f"{name}：来源写的 form 是 {stated}，但{found.why}；请核对。")
    form = stated or found.form
    if form is None:
        raise ExportError(
            f"{name}：{found.why}；请用“按文本”重新导出，或在来源里写 form: text、code 或 score。"
        )
    return form
