"""The lines of a transcript into its heading and its turns: who spoke, when, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from csatlib.exports.documents import Line, Words
from csatlib.exports.refusal import ExportError
from csatlib.scales import plain

__all__ = ["Heading", "Turn", "heading", "held_on", "names_of", "turns"]

#: What the lines of the heading are called, by what they tell; those of '' are passed over.
_FIELDS: Mapping[str, str] = {
    "interview_id": "访谈编号 访谈编码 编号",
    "customer_id": "客户编号 客户号 客户ID 客户id 客户编码",
    "held_on": "访谈日期 日期 访谈时间",
    "interviewer": "访谈员 访谈人 访问员 主持人 采访者 访谈员姓名",
    "respondent": "受访者 受访人 受访者姓名 访谈对象 被访者 被访人 客户姓名 联系人 客户联系人",
    "interview": "同意访谈 是否同意访谈 知情同意",
    "recording": "同意录音 是否同意录音",
    "recorded": "是否录音 录音 已录音",
    "mode": "地点/方式 方式/地点 地点 方式 访谈方式 访谈地点",
    "": "访谈时长 时长 开始时间 结束时间 记录人 记录员 主题 访谈主题 项目 业务线 季度 版本 "
    "客户单位 单位 区域 客户类型 客户等级 客户名称 部门 职务 问题类型 满意程度 服务年限 "
    "文件编号 整理人 转写",
}
_KEYS = {key: name for name, keys in _FIELDS.items() for key in keys.split()}
_ROLES: Mapping[str, str] = {
    "interviewer": "访谈员 访谈人 访问员 主持人 采访者 采访人 提问人 问 Q 回访员 回访专员 "
    "QA专员 QA",
    "respondent": "客户 受访者 受访人 被访者 被访人 被访谈人 访谈对象 用户 顾客 答 A",
    "other": "记录员 记录人 旁听 陪同 同事 客户同事 项目经理 客户经理 翻译 旁白 其他人 其他",
}
_SPEAKERS = {label: role for role, labels in _ROLES.items() for label in labels.split()}
#: Lines after the talk that are about it: kept as notes, since nobody said them.
_REMARKS = frozenset(
    ("备注", "访谈小结", "小结", "观察", "观察记录", "访谈员备注", "访谈笔记", "笔记", "补充说明")
)

_CLOCK = r"(?P<time>\d{1,3}[:：]\d{2}(?:[:：]\d{2})?(?:[.,]\d{1,3})?)"
_LABEL = r"(?P<label>[^\s:：\[\]【】()（）<>，。、；！？,;!?“”\"]{1,12})"
_OPEN, _CLOSE = r"[\[【(（<]", r"[\]】)）>]"
_TIMED_FIRST = re.compile(rf"{_OPEN}?{_CLOCK}{_CLOSE}?\s*{_LABEL}\s*[:：]\s*(?P<words>.*)")
_TIMED_AFTER = re.compile(rf"{_LABEL}\s*{_OPEN}?{_CLOCK}{_CLOSE}?\s*[:：]?\s*(?P<words>.*)")
#: A label and a time alone; with words behind it may be a line that goes on (我们 10:30 到).
_STRANGER = re.compile(rf"{_LABEL}[\s\[【(（<]+{_CLOCK}{_CLOSE}?\s*(?:[:：].*)?")
_BRACKETED = re.compile(r"[\[【](?P<label>[^\s\]】]{1,12})[\]】]\s*[:：]?\s*(?P<words>.*)")
_PLAIN = re.compile(rf"{_LABEL}\s*[:：]\s*(?P<words>.*)")
#: What stands before a colon and is no speaker: an order, a quotation, a summary.
_NO_SPEAKER = re.compile(
    r"第?[一二三四五六七八九十\d]+[、.点是来条个]?|首先|其次|再次|最后|另外|还有|总之|比如|例如|"
    r".*[说道问讲写想答叫复称是点下如即为有来示话题因果议]|优点|缺点|好处|坏处|.*\d|https?"
)
_SENTENCE = re.compile(r"[，。？！,?!；;、]|[您你]好")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?.*")
_YES, _NO = (
    frozenset(["是", "同意", "已同意"]),
    frozenset(["否", "不同意", "未同意", "拒绝", "没有", "无", "不"]),
)
_HEADING_END = 60

_SQUARE = re.compile(r"【([^【】]*)】")
_ROUND = re.compile(r"[（(]([^（）()]{1,16})[）)]")
_UNSPOKEN = re.compile(
    r"笑|停顿|沉默|叹气|叹息|语气|激动|犹豫|迟疑|思考|咳|点头|摇头|皱眉|哽咽|音量|语速|压低|提高声|"
    r"听不清|不清晰|电话响|翻看|翻阅|无奈|生气|不耐烦|情绪|手势|打断|录音|噪音|环境|哭|清嗓|摆手|愤怒|"
    r"高兴|平静|惊讶|失望|焦急|着急|放松|微微|看了看|喝水|接电话"
)


@dataclass(frozen=True)
class Heading:
    """What stands before the first turn; ``body`` is the place of that turn's line.

    ``speakers`` leads from further labels, such as a person's name, to a role.
    """

    given: Mapping[str, str]
    body: int
    speakers: Mapping[str, str]
    #: Kinds of consent (interview, recording) to what was noted: yes, no, or unclear.
    consent: Mapping[str, str]

    @property
    def refusal(self) -> str | None:
        """Why not a word may be read; None where the person consented."""
        if not self.consent:
            return None
        leading = self.consent.get("interview", self.consent.get("recording"))
        if leading != "yes":
            return "no_consent" if leading == "no" else "unclear_consent"
        recording = self.consent.get("recording", "yes")
        if recording == "unclear" and self.recorded is not False:
            return "unclear_consent"
        # Agreed to talk and not to be recorded: a note from memory is all there may be.
        return "recorded_without_consent" if recording == "no" and self.recorded else None

    @property
    def recorded(self) -> bool | None:
        """Whether the talk was recorded, as far as the heading says."""
        value = plain(self.given.get("recorded", ""))
        return True if value in _YES | {"有"} else False if value in _NO else None


@dataclass(frozen=True)
class Turn:
    """What one person said without a break; ``note`` is what was seen or heard beside the words."""

    role: str
    seconds: float | None
    text: str
    note: str | None = None
    line: int = 0


@dataclass(frozen=True)
class _Open:
    """A turn that may go on."""

    role: str
    seconds: float | None
    line: int
    parts: tuple[str, ...] = field(default=())


def heading(words: Words, *, file: str) -> Heading:
    """Read the lines before the first turn, and nothing after it.

    Raises
    ------
    ExportError
        For a line that is neither, and for a heading that never ends.
    """
    given: dict[str, str] = {}
    consent: dict[str, str] = {}
    speakers: dict[str, str] = {}
    gap = False
    for place, line in enumerate(words.lines):
        text = line.text.strip()
        if not plain(text):
            gap = bool(given)
            continue
        if place > 20 * _HEADING_END:
            break
        key, value = _pair(text)
        name = _KEYS.get(key)
        first_words = key in _SPEAKERS and (gap or not _is_name(value, name or "", given))
        if name is not None and not first_words:
            _take(name, value, given, consent)
        elif key and plain(value) in _SPEAKERS:
            speakers[key] = _SPEAKERS[plain(value)]
        elif key in _REMARKS and not given:
            continue
        elif _spoken(line, {**_SPEAKERS, **_named(given), **speakers}) is not None:
            return Heading(given, place, {**_named(given), **speakers}, consent)
        elif key or _TIMED_AFTER.fullmatch(text) or len(text) > _HEADING_END:
            so_far = Heading(given, place, {**_named(given), **speakers}, consent)
            if so_far.refusal:  # whoever did not consent is left alone, whatever stands below
                return so_far
            raise ExportError(_unknown(file, line, words.unit, heading=True))
    return Heading(given, len(words.lines), {**_named(given), **speakers}, consent)


def _pair(text: str) -> tuple[str, str]:
    """Part ``键：值``; '' where the line is none."""
    key, colon, value = plain(text).partition(":")
    key = key.replace(" ", "")
    fits = colon and key and len(key) <= 12 and not re.search(r"[\[(<，。？！,;]", key)
    return (key, value.strip()) if fits else ("", "")


def _is_name(value: str, name: str, values: Mapping[str, str]) -> bool:
    """Say whether what follows 访谈员： names the person, rather than being their first words."""
    return name not in values and len(value) <= 12 and not _SENTENCE.search(value)


def _take(name: str, value: str, values: dict[str, str], consent: dict[str, str]) -> None:
    if name in ("interview", "recording"):
        told = "yes" if value in _YES else "no" if value in _NO else "unclear"
        consent[name] = told if consent.get(name, told) == told else "unclear"
    elif name and value:
        values.setdefault(name, value)


def _named(values: Mapping[str, str]) -> dict[str, str]:
    """Let the names of the heading stand for the two who speak."""
    found = {values.get(name, "").replace(" ", ""): name for name in ("interviewer", "respondent")}
    return {label: role for label, role in found.items() if label}


def turns(words: Words, found: Heading, *, file: str) -> tuple[Turn, ...]:
    """Read what was said, turn by turn.

    Raises
    ------
    ExportError
        For a speaker that nobody knows, a time before the one above, and a file without turns.
    """
    told = tuple(_closed(turn) for turn in _together(words, found, file))
    last = 0.0
    for turn in told:
        if turn.seconds is not None and turn.seconds < last:
            raise ExportError(
                f"{file}：第 {turn.line} {words.unit}的时间比上一句早；请核对时间或各句的次序。"
            )
        last = turn.seconds if turn.seconds is not None else last
    spoke = {turn.role for turn in told if turn.text}
    if "respondent" not in spoke:
        raise ExportError(
            f"{file}：没有一句客户的话；请核对文稿，说话人写成“访谈员：”和“客户：”的样子。"
        )
    return told


def _together(words: Words, found: Heading, file: str) -> Iterator[_Open]:
    """Join lines that go on to the turn they belong to."""
    speakers = {**_SPEAKERS, **found.speakers}
    now: _Open | None = None
    for line in words.lines[found.body :]:
        if not plain(line.text):
            continue
        spoken = _spoken(line, speakers)
        if spoken is None:
            now = _gone_on(now, line, file, words.unit)
            continue
        role, seconds, said = spoken
        if now is not None and line.goes_on and role == now.role:
            now = replace(now, parts=_joined(now.parts, replace(line, text=said)))
            continue
        if now is not None:
            yield now
        now = _Open(
            role, line.seconds if seconds is None else seconds, line.number, (said.strip(),)
        )
    if now is not None:
        yield now


def _joined(parts: tuple[str, ...], line: Line) -> tuple[str, ...]:
    """Add a line's words: to the last part where only the picture changed, else below it."""
    said = line.text.strip()
    if not line.goes_on or not parts:
        return (*parts, said)
    both = parts[-1][-1:] + said[:1]
    between = " " if both.isascii() and both.isalnum() else ""
    return (*parts[:-1], parts[-1] + between + said)


def _spoken(line: Line, speakers: Mapping[str, str]) -> tuple[str, float | None, str] | None:
    """Take a line that begins a turn apart: role, second, words; None for any other line."""
    text = line.text.strip()
    for form in (_TIMED_FIRST, _TIMED_AFTER, _BRACKETED, _PLAIN):
        match = form.fullmatch(text)
        if match is None:
            continue
        label = plain(match["label"]).replace(" ", "")
        clock = _seconds(match["time"]) if "time" in form.groupindex else None
        if label in speakers:
            return speakers[label], clock, match["words"]
        if label in _REMARKS and form is _PLAIN:
            return "remark", None, match["words"]
        numbered = label.rstrip("0123456789ABCDabcd一二三四")
        if numbered in speakers and len(numbered) > 1:
            return speakers[numbered], clock, match["words"]
    return None


def _gone_on(now: _Open | None, line: Line, file: str, unit: str) -> _Open:
    """Add a line to the turn; refuse one by somebody unknown, whose words are not another's."""
    text = line.text.strip()
    key, value = _pair(text)
    if key in _KEYS and _KEYS[key] not in ("interviewer", "respondent"):
        raise ExportError(
            f"{file}：第 {line.number} {unit}是抬头的一项，却写在谈话之后；请移到第一句话之前。"
        )
    indented = line.text[:1].isspace() and now is not None
    timed = _TIMED_FIRST.fullmatch(text) or _STRANGER.fullmatch(text)
    named = _PLAIN.fullmatch(text) and key and not _NO_SPEAKER.fullmatch(key) and len(key) <= 8
    clock = bool(re.match(r"\d", value)) and key[-1:].isdigit()
    if now is None or (not indented and (timed or (named and not clock))):
        raise ExportError(_unknown(file, line, unit, heading=now is None))
    return replace(now, parts=_joined(now.parts, line))


def _unknown(file: str, line: Line, unit: str, *, heading: bool) -> str:
    where = f"{file}：第 {line.number} {unit}"
    if heading:
        return (
            f"{where}既不是认识的抬头，也不是认识的说话人；抬头写成“客户编号：…”，"
            "说话人写成“访谈员：”或“客户：”，别的称呼请在抬头里加一行，例如“说话人1：客户”。"
        )
    return (
        f"{where}的说话人不认识；请写成“访谈员：”或“客户：”，或在抬头里加一行，例如“说话人1：客户”；"
        "若不是说话人，请在行首空两格。"
    )


def _seconds(clock: str) -> float:
    parts = [float(p) for p in plain(clock).replace(",", ".").split(":")]
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))


def _closed(turn: _Open) -> Turn:
    """Part the words from what was noted beside them."""
    whole = "\n".join(part for part in turn.parts if part)
    if turn.role == "remark":
        return Turn("other", None, "", whole.replace("\n", " ") or None, turn.line)
    notes: list[str] = []

    def aside(match: re.Match[str]) -> str:
        if match.re is _ROUND and not _UNSPOKEN.search(match[1]):
            return match[0]
        notes.append(plain(match[1]))
        return ""

    text = _ROUND.sub(aside, _SQUARE.sub(aside, whole))
    lines = [line.strip() for line in text.split("\n")]
    said = "\n".join(line for line in lines if line)
    return Turn(turn.role, turn.seconds, said, "；".join(n for n in notes if n) or None, turn.line)


def held_on(value: str) -> str | None:
    """Write a day as 2026-08-12; None where it cannot be read."""
    match = _DATE.fullmatch(plain(value))
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return None


def names_of(found: Heading) -> Sequence[str]:
    """Give the names in the heading: they must leave the words of this interview."""
    written = (found.given.get(name, "") for name in ("interviewer", "respondent"))
    aliases = found.speakers
    return tuple(dict.fromkeys(n for n in (*written, *aliases) if n and n not in _SPEAKERS))
