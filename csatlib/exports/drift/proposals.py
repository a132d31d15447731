"""The line to add to the study file for each kind of change, as YAML that can be pasted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from csatlib.exports.drift.answers import Answers
from csatlib.exports.drift.forms import Asked
from csatlib.exports.drift.wording import bare, words
from csatlib.study import Question, Study

__all__ = ["alias", "breaks", "new_question", "options", "until"]

_PLAIN = re.compile(r"[^\W\d_][\w]*(?:[\w、。（）“”·—\-/]*\w)?")
_NOT_TEXT = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def _quoted(text: str) -> str:
    """Write a text for YAML: as it is where nothing in it can be misread, else in quotes."""
    plainly = _PLAIN.fullmatch(text) and text.casefold() not in _NOT_TEXT
    return text if plainly else json.dumps(text, ensure_ascii=False)


def _listed(key: str, texts: Iterable[str]) -> str:
    return f"{key}: [{', '.join(map(_quoted, dict.fromkeys(texts)))}]"


def alias(question: Question | None, before: Asked, now: Asked) -> str:
    """Name the wording that the question lacks: this quarter's, or the last one's."""
    if question is None:
        return _listed("aliases", [words(before.title)[1]])
    known = {bare(w) for w in (question.text, *question.aliases)}
    lacking = [words(q.title)[1] for q in (before, now) if bare(q.title) not in known]
    return _listed("aliases", [*question.aliases, *lacking])


def breaks(question: Question | None, quarter: str | None) -> str | None:
    """Break the question's series at the quarter."""
    if quarter is None:
        return None
    return _listed("breaks", [*(question.breaks if question else ()), quarter]).replace('"', "")


def until(question: Question | None, quarter: str | None) -> str | None:
    """End the question with the quarter before; None where it ends already."""
    return None if question is None or question.until or not quarter else f"until: {quarter}"


def options(question: Question | None, found: Iterable[str]) -> str:
    """List the study's options and, after them, those that were found besides."""
    known = question.options if question else ()
    seen = {bare(option) for option in known}
    return _listed("options", [*known, *(o for o in found if bare(o) not in seen)])


def new_question(
    now: Asked, answers: Answers, study: Study | None, model: Question | None, quarter: str | None
) -> str | None:
    """Write a new question from its header, its answers and, if any, the question it succeeds."""
    if study is None:
        return None
    own = f"{model.id}_{quarter.lower()}" if model and quarter else f"question_{now.place}"
    parts = [
        f"id: {own}",
        f"text: {_quoted(words(now.title)[1])}",
        *_kind(now, answers, study, model),
    ]
    if quarter:
        parts.append(f"since: {quarter}")
    return f"- {{{', '.join(parts)}}}"


def _kind(now: Asked, answers: Answers, study: Study, model: Question | None) -> list[str]:
    if model is not None and model.kind != "attention":
        parts = [f"kind: {model.kind}"]
        parts += [f"scale: {model.scale}"] if model.scale else []
        return parts + ([_listed("options", model.options)] if model.options else [])
    if now.options:
        return ["kind: multi", _listed("options", now.options)]
    if answers.sort in ("free", "none"):
        return ["kind: text"]
    for name, scale in study.scales.items():
        known = {bare(label) for label in scale.labels} | {str(v) for v in scale.levels}
        if sum(k for t, k in answers.counts.items() if bare(t) in known) >= 0.9 * answers.n:
            kind = "nps" if (scale.low, scale.high) == (0, 10) else "rating"
            return [f"kind: {kind}", f"scale: {name}"]
    firm = [t for t, k in answers.counts.items() if k >= max(2, 0.005 * answers.n)]
    return ["kind: single", _listed("options", firm)]
