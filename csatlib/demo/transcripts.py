"""Interviews as files: plain text, a Word document, subtitles; the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from xml.sax.saxutils import escape

from csatlib.demo import staff
from csatlib.demo.interviews import Plan, Spoken, plans, talk

__all__ = ["files"]

_MADE = (2026, 1, 1, 0, 0, 0)
#: How a subtitle breaks: a cue shows about so many characters.
_CUE = 26


def files(line: str, quarter: str, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Give the name and content of every transcript of a line's quarter."""
    for number, plan in enumerate(plans(line, quarter, seed)):
        heading = _heading(plan, number, quarter, seed)
        turns = talk(plan, line, quarter, seed)
        name = f"访谈_{plan.interview_id}.{plan.format}"
        if plan.format == "docx":
            yield name, _document(heading, turns, as_table=number % 2 == 0)
        elif plan.format == "srt":
            yield name, _subtitles(heading, turns).encode("utf-8-sig")
        else:
            encoding = "gb18030" if number % 2 == 0 else "utf-8"
            yield name, _text(heading, turns, form=number % 4).encode(encoding)


def _heading(plan: Plan, number: int, quarter: str, seed: int) -> list[str]:
    people = staff.roster(quarter, seed)
    who = people[number % 3].name if number % 2 else f"访谈员{number % 3 + 1:02d}"
    day = date.fromisoformat(plan.held_on)
    agreed = {"no_consent": ("否", "否", "否"), "unclear_consent": ("待补签", "待补签", "否"),
              "recorded_without_consent": ("是", "否", "是")}  # fmt: skip
    interview, recording, recorded = agreed.get(plan.refused or "", ("是", "是", "是"))
    if not plan.refused and number % 5 == 4:
        recording, recorded = "否", "否"
    colon = "：" if number % 3 else ":"
    lines = {
        "访谈编号": plan.interview_id,
        "客户编号": plan.customer_id,
        "访谈日期": plan.held_on if number % 2 else f"{day.year}年{day.month}月{day.day}日",
        "访谈员": who,
        "同意访谈": interview,
        "同意录音": recording,
        "是否录音": recorded,
        "地点/方式": ("电话", "上门", "视频会议")[number % 3],
    }
    return [f"{key}{colon}{value}" for key, value in lines.items()]


def _text(heading: Sequence[str], turns: Sequence[Spoken], *, form: int) -> str:
    lines = ["客户访谈文稿", "", *heading, ""]
    for turn in turns:
        clock = _clock(turn.seconds)
        if form == 0:
            lines.append(f"{turn.speaker}：{turn.words}")
        elif form == 2:
            lines += [f"{turn.speaker} {clock}", turn.words, ""]
        else:
            lines.append(f"[{clock}] {turn.speaker}：{turn.words}")
    return "\r\n".join(lines) + "\r\n"


def _subtitles(heading: Sequence[str], turns: Sequence[Spoken]) -> str:
    lines = [*heading, ""]
    number = 0
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        words = f"{turn.speaker}：{turn.words}"
        cues = [words[i : i + _CUE] for i in range(0, len(words), _CUE)]
        end = after.seconds if after else turn.seconds + 3
        step = (end - turn.seconds) / len(cues)
        for place, cue in enumerate(cues):
            number += 1
            start = turn.seconds + place * step
            span = f"{_clock(start, ',')} --> {_clock(start + 0.9 * step, ',')}"
            lines += [str(number), span, cue, ""]
    return "\r\n".join(lines)


def _clock(seconds: float, point: str = "") -> str:
    whole = int(seconds)
    text = f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{text}{point}{int(1000 * (seconds - whole)):03d}" if point else text


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
_BODY = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>{}<w:sectPr/></w:body></w:document>"
)


def _document(heading: Sequence[str], turns: Sequence[Spoken], *, as_table: bool) -> bytes:
    """Write the few parts that Word needs, unpacked: their bytes owe nothing to a compressor."""
    body = "".join(map(_paragraph, ["客户访谈文稿", *heading, ""]))
    if as_table:
        rows = (_cell(turn.speaker, 1500) + _cell(turn.words, 7500) for turn in turns)
        grid = '<w:tblGrid><w:gridCol w:w="1500"/><w:gridCol w:w="7500"/></w:tblGrid>'
        body += "<w:tbl><w:tblPr/>" + grid + "".join(f"<w:tr>{row}</w:tr>" for row in rows)
        body += "</w:tbl>" + _paragraph("")
    else:
        spoken = (f"[{_clock(turn.seconds)}] {turn.speaker}：{turn.words}" for turn in turns)
        body += "".join(map(_paragraph, spoken))
    parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS}
    parts["word/document.xml"] = _BODY.format(body)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name, date_time=_MADE), content)
    return target.getvalue()


def _paragraph(text: str) -> str:
    run = f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""
    return f"<w:p>{run}</w:p>"


def _cell(text: str, width: int) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{_paragraph(text)}</w:tc>'
