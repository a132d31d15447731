"""Interviews of the fictional company: whom they were with, what was planted, and every word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from csatlib.demo import phrases_interviews as phrases
from csatlib.demo import staff
from csatlib.demo.comments import LINE_PRAISE, LINE_THEMES
from csatlib.demo.company import customers
from csatlib.demo.phrases_common import SLOTS
from csatlib.demo.theme import Theme
from csatlib.demo.wave import Wave, wave, wave_streams
from csatlib.schema import Quarter

__all__ = ["INTERVIEWED", "Plan", "Spoken", "plans", "talk"]

INTERVIEWED = ("hotline", "ops_company")
_PURPOSE, _COUNT, _REFUSED, _UNASKED, _SHORT = 21, 12, 6, 3, 8
_MARKS = {"hotline": "RX", "ops_company": "GS"}
_FORMATS = ("txt", "docx", "srt")
#: Why the one who is left out is, quarter by quarter.
_REASONS = ("no_consent", "unclear_consent", "recorded_without_consent")
#: How satisfied somebody is, and how many complaints and words of praise they have to tell.
_LEVELS = {"未达满意": (4, 1), "一般": (3, 1), "满意": (2, 2)}


@dataclass(frozen=True)
class Plan:
    """One interview before a word of it is written: with whom, and what it voices.

    ``complaints`` are themes of the comments, ``praise`` dimensions, ``voices`` wishes, what hurts
    most and comparisons; ``unasked`` topics are left out by the interviewer, ``short``
    ones are asked and answered with next to nothing. ``personal`` says whose name falls: ``own``,
    ``staff`` or none.
    """

    interview_id: str
    customer_id: str
    contact: str
    level: str
    group: str
    format: str
    held_on: str
    complaints: tuple[str, ...]
    praise: tuple[str, ...]
    voices: tuple[str, ...]
    unasked: tuple[str, ...]
    short: tuple[str, ...]
    personal: str
    refused: str | None

    @property
    def themes(self) -> tuple[str, ...]:
        """Every theme that can be found, the standing ones among them."""
        standing = {v.id: v.theme for voices in phrases.VOICES.values() for v in voices}
        found = {*self.complaints, *(standing[v] for v in self.voices)}
        return tuple(sorted(found | ({"strength"} if self.praise else set())))


@dataclass(frozen=True)
class Spoken:
    """One turn as it will be written: who, from which second, which words, with notes in them."""

    speaker: str
    seconds: float
    words: str


def plans(line: str, quarter: str, seed: int = 0) -> tuple[Plan, ...]:
    """Choose whom to interview, by satisfaction and kind of customer, and what each will voice."""
    if line not in INTERVIEWED:
        return ()
    source = wave(line, quarter, seed)
    choosing, voicing = source.streams(_PURPOSE, 2)
    made = []
    for number, (place, level) in enumerate(_chosen(source, choosing)):
        made.append(_plan(source, number, place, level, voicing))
    return tuple(made)


def _chosen(source: Wave, rng: np.random.Generator) -> list[tuple[int, str]]:
    """Take as many of each level of satisfaction, each from another group where there is one."""
    answering = source.order[: source.line.online].tolist()
    shuffled = [answering[i] for i in rng.permutation(len(answering)).tolist()]
    found: list[tuple[int, str]] = []
    for level in _LEVELS:
        own = [i for i in shuffled if _level(int(source.scores["overall"][i])) == level]
        groups = sorted({_group(source, i) for i in own})
        ranked = {g: [i for i in own if _group(source, i) == g] for g in groups}
        turn = [i for row in range(len(own)) for g in groups for i in ranked[g][row : row + 1]]
        found += [(i, level) for i in turn[: _COUNT // len(_LEVELS)]]
    return [found[i] for i in rng.permutation(len(found)).tolist()]


def _level(score: int) -> str:
    return "未达满意" if score <= 2 else "一般" if score == 3 else "满意"


def _group(source: Wave, place: int) -> str:
    person = source.persons[place]
    return person.tier if source.name == "ops_company" else person.customer_type


def _plan(source: Wave, number: int, place: int, level: str, rng: np.random.Generator) -> Plan:
    line, quarter = source.name, source.quarter
    scores = {item: int(values[place]) for item, values in source.scores.items()}
    troubles, pleasures = _LEVELS[level]
    themes = [t for t in LINE_THEMES[line] if t.dimension in scores]
    praised = [d for d in LINE_PRAISE[line] if d in scores]
    complaints = _drawn([t.id for t in themes], [6 - scores[t.dimension] for t in themes],
                        troubles, rng)  # fmt: skip
    blamed = {t.dimension for t in themes if t.id in complaints}
    free = [d for d in praised if d not in blamed]
    praise = _drawn(free, [scores[d] for d in free], pleasures, rng)
    unasked = ("competitors",) if number == _UNASKED else ()
    short = ("expectations", "ideas") if number == _SHORT else ()
    voices = _voices(line, level, (*unasked, *short), rng)
    first = Quarter.parse(quarter).first_day
    day = first + timedelta(days=int(rng.integers(40, 85)))
    invitation = source.invitations[source.order.tolist().index(place)]
    contact = next(c for c in customers(source.seed) if c.customer_id == invitation.customer_id)
    return Plan(
        interview_id=f"{_MARKS[line]}-{quarter}-{number + 1:02d}",
        customer_id=invitation.customer_id,
        contact=contact.contact,
        level=level,
        group=_group(source, place),
        format=_FORMATS[number % len(_FORMATS)],
        held_on=day.isoformat(),
        complaints=complaints,
        praise=praise,
        voices=voices,
        unasked=unasked,
        short=short,
        personal=("own", "", "staff", "")[number % 4],
        refused=_REASONS[Quarter.parse(quarter).number % 3] if number == _REFUSED else None,
    )


def _voices(
    line: str, level: str, closed: Sequence[str], rng: np.random.Generator
) -> tuple[str, ...]:
    """Choose wishes, what hurts most and what is said of rivals, where the topic comes up."""
    of = {
        theme: [v for v in phrases.VOICES[line] if v.theme == theme]
        for theme in ("expectation", "pain", "competitor")
    }
    wishes = [v.id for v in of["expectation"]]
    chosen = _drawn(wishes, [1] * len(wishes), 1 + int(rng.random() < 0.4), rng)
    rivals = _drawn(
        [v.id for v in of["competitor"]], [2, 1] if level == "未达满意" else [1, 2], 1, rng
    )
    chances = rng.random(2)
    if chances[0] < 0.7:
        chosen += rivals
    if chances[1] < {"未达满意": 0.8, "一般": 0.5, "满意": 0.2}[level]:
        chosen += tuple(v.id for v in of["pain"])
    open_to = {v.id for v in phrases.VOICES[line] if not set(v.topics) & set(closed)}
    return tuple(v for v in chosen if v in open_to)


def _drawn(
    ids: Sequence[str], weights: Sequence[float], count: int, rng: np.random.Generator
) -> tuple[str, ...]:
    chances = np.array(weights, dtype=float) ** 2
    most = min(count, len(ids))
    places = rng.choice(len(ids), size=most, replace=False, p=chances / chances.sum())
    return tuple(ids[i] for i in sorted(places.tolist()))


def talk(plan: Plan, line: str, quarter: str, seed: int = 0) -> tuple[Spoken, ...]:
    """Write the interview turn by turn; somebody who refused says what must not be read."""
    number = int(plan.interview_id[-2:])
    rng = wave_streams(line, quarter, seed, _PURPOSE + number, 1)[0]
    asked, said = "访谈员", "客户"
    if plan.refused:
        words = phrases.REFUSED[line == "ops_company"]
        turns = [
            (asked, _pick(phrases.OPENINGS, rng)),
            (said, words),
            (asked, "好的，不打扰您了。"),
        ]
        return tuple(_timed(turns, rng))
    turns = [(asked, _pick(phrases.OPENINGS, rng)), (said, _greeting(plan, quarter, seed, rng))]
    planted = _planted(plan, line, rng)
    for topic in phrases.GUIDES[line]:
        if topic.id not in plan.unasked:
            turns.append((asked, _pick(topic.questions, rng)))
            answers = _answers(planted[topic.id], plan, topic, rng)
            turns += [((said, asked)[i % 2], words) for i, words in enumerate(answers)]
    turns += [(asked, _pick(phrases.CLOSINGS, rng)), (said, _pick(("不客气。", "好，再见。"), rng))]
    return tuple(_timed(turns, rng))


def _greeting(plan: Plan, quarter: str, seed: int, rng: np.random.Generator) -> str:
    people = staff.roster(quarter, seed)
    member = people[int(rng.integers(len(people)))].name
    told = {"own": f"好的，我是{plan.contact}，您请讲。", "staff": f"行，上次是{member}接待我的。"}
    return told.get(plan.personal, "好的，您问吧。")


def _answers(
    planted: Sequence[str], plan: Plan, topic: phrases.GuideTopic, rng: np.random.Generator
) -> list[str]:
    """Answer one topic: what is planted in it, a question in between for each further thing."""
    if topic.id in plan.short:
        return [_pick(phrases.SHORT, rng)]
    pause = _noted(_pick(phrases.NOTES["pause"], rng), 0.25, rng)
    first, plain = pause + _pick(phrases.LEADS, rng), _pick(topic.plain, rng)
    if not planted:
        return [first + plain]
    told = [planted[i] for i in rng.permutation(len(planted)).tolist()]
    answers = [first + (plain if rng.random() < 0.4 else "") + told[0]]
    for more in told[1:]:
        answers += [_pick(phrases.PROBES, rng), more]
    return answers


def _planted(plan: Plan, line: str, rng: np.random.Generator) -> dict[str, list[str]]:
    """Word everything that the interview voices, by the topic in which it comes up."""
    found: dict[str, list[str]] = {topic.id: [] for topic in phrases.GUIDES[line]}
    for theme in LINE_THEMES[line]:
        if theme.id in plan.complaints:
            found[_pick(phrases.COMPLAINING, rng)].append(_complaint(theme, rng))
    for dimension in plan.praise:
        words = _fill(_pick(LINE_PRAISE[line][dimension], rng), rng)
        note = _noted(_pick(phrases.NOTES["praise"], rng), 0.3, rng)
        praise = _pick(phrases.PRAISES, rng).format(praise=words)
        found[phrases.PRAISING].append(f"{praise}。{note}")
    wished = 0
    for voice in phrases.VOICES[line]:
        if voice.id in plan.voices:
            # A second wish is kept for the last question.
            topic = voice.topics[min(wished, len(voice.topics) - 1)]
            wished += len(voice.topics) > 1
            found[topic].append(_fill(_pick(voice.templates, rng), rng) + "。")
    return found


def _complaint(theme: Theme, rng: np.random.Generator) -> str:
    """Word one complaint; wishes are another theme of interviews and stay out of it."""
    blaming = [t for t in theme.templates if "希望" not in t and "建议" not in t]
    words = _fill(_pick(blaming, rng), rng) + "。"
    note = _noted(_pick(phrases.NOTES["complaint"], rng), 0.4, rng)
    return words + note + (_pick(phrases.AFTER_COMPLAINT, rng) if rng.random() < 0.5 else "")


def _noted(note: str, chance: float, rng: np.random.Generator) -> str:
    return note if rng.random() < chance else ""


def _timed(turns: Iterable[tuple[str, str]], rng: np.random.Generator) -> Iterator[Spoken]:
    second = 2.0
    for speaker, words in turns:
        yield Spoken(speaker, second, words)
        second += round(len(words) / 4.5 + float(rng.uniform(1, 4)), 3)


def _fill(template: str, rng: np.random.Generator) -> str:
    slots: Mapping[str, Sequence[str]] = {**SLOTS, "rival": phrases.RIVALS}
    return template.format_map({slot: _pick(words, rng) for slot, words in slots.items()})


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
