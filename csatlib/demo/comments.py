"""Comments: complaints that follow the scores, praise, suggestions, and empty phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from csatlib.demo.design import MENTION, OTHERWISE
from csatlib.demo.phrases_common import CLOSERS, NEUTRAL, OPENERS, SLOTS, UNINFORMATIVE
from csatlib.demo.phrases_hotline import PRAISE, THEMES
from csatlib.demo.phrases_ops import COMPANY_PRAISE, COMPANY_THEMES, EVENT_PRAISE, EVENT_THEMES
from csatlib.demo.theme import Theme

__all__ = ["LINE_PRAISE", "LINE_THEMES", "complaints", "write"]

LINE_THEMES: Mapping[str, tuple[Theme, ...]] = {
    "hotline": THEMES,
    "ops_event": EVENT_THEMES,
    "ops_company": COMPANY_THEMES,
}
LINE_PRAISE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "hotline": PRAISE,
    "ops_event": EVENT_PRAISE,
    "ops_company": COMPANY_PRAISE,
}
_JOINERS = ("，", "，", "；", "。", ", ", "，而且")
_TURNS = ("，但是", "，不过", "，好在")


def complaints(line: str, scores: Mapping[str, int], rng: np.random.Generator) -> list[Theme]:
    """Choose the themes a person speaks of: each apart, with the chance its score gives it.

    ``scores`` holds the dimensions the person was asked and could judge.
    """
    draws = rng.random(len(LINE_THEMES[line]))
    return [
        theme
        for theme, u in zip(LINE_THEMES[line], draws, strict=True)
        if theme.dimension in scores and u < theme.share * MENTION[scores[theme.dimension]]
    ]


def write(
    line: str, scores: Mapping[str, int], themes: Sequence[Theme], rng: np.random.Generator
) -> str:
    """Word one comment that voices the themes, or one that has none to voice; '' is a blank."""
    best = [item for item, score in scores.items() if score == 5]
    if not themes:
        return _without_complaint(line, best, rng)
    clauses = [_fill(_pick(theme.templates, rng), rng) for theme in themes]
    text = clauses[0]
    for clause in clauses[1:]:
        text += _pick(_JOINERS, rng) + clause
    if best and rng.random() < 0.22:
        text += _pick(_TURNS, rng) + _praise(line, best, rng)
        return text
    opener = "" if clauses[0].startswith(("希望", "建议")) else _pick(OPENERS, rng)
    asks = any(word in text for word in ("希望", "建议"))
    return opener + text + ("" if asks else _pick(CLOSERS, rng))


def _without_complaint(line: str, best: Sequence[str], rng: np.random.Generator) -> str:
    kinds = list(OTHERWISE)
    kind = kinds[int(np.searchsorted(np.cumsum(list(OTHERWISE.values())), rng.random()))]
    if kind == "blank":
        return ""
    if kind == "praise" and best:
        text = _praise(line, best, rng)
        if len(best) > 1 and rng.random() < 0.3:
            text += "，" + _praise(line, best, rng)
        return text + _pick(("", "", "。", "！", "，继续保持"), rng)
    return _pick(NEUTRAL if kind == "neutral" else UNINFORMATIVE, rng)


def _praise(line: str, best: Sequence[str], rng: np.random.Generator) -> str:
    return _fill(_pick(LINE_PRAISE[line][best[int(rng.integers(len(best)))]], rng), rng)


def _fill(template: str, rng: np.random.Generator) -> str:
    return template.format_map({slot: _pick(words, rng) for slot, words in SLOTS.items()})


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
