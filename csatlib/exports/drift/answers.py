"""What the answers of one question look like, and whether those of two quarters can be one scale.

A level that only one quarter shows is no change while chance could hide it: the test is Fisher's
exact one (hypergeometric), so that a level nobody chose this quarter raises no alarm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, lgamma

import numpy as np

from csatlib.exports.drift.forms import Asked
from csatlib.scales import plain
from csatlib.study import Scale, Study

__all__ = [
    "Answers",
    "answers_of",
    "is_scale",
    "new_options",
    "rescaled",
    "same_sort",
]

_NUMERAL = re.compile(r"([+-]?[0-9]{1,3})(?:\.0+)?\s*分?")
_BOTH = (
    re.compile(r"([0-9]{1,3})\s*分?\s*\(([^0-9]+)\)"),
    re.compile(r"([0-9]{1,3})\s*分?\s*[、.:=]\s*([^0-9]+)"),
    re.compile(r"([0-9]{1,3})\s*分?\s+([^0-9]+)"),
)
_REVERSE_BOTH = re.compile(r"([^0-9]+?)\s*\(?([0-9]{1,3})\s*分?\)?")
_NOT_SCORED = re.compile(
    r"不适用|不清楚|不了解|说不清|说不好|未使用|没用过|未接触|没有接触|不知道|拒答|无此|n/?a", re.I
)
_SCALE = re.compile(
    r"满意|同意|认可|赞成|推荐|可能|符合|愿意|一般|中立|很|非常|比较|较|极|还行|优|良|差$|好$|专业$|及时$|重要"
)
_TAIL = re.compile(r"[〖(\[][^〗)\]]*[〗)\]]?$")
_LETTERED = re.compile(r"([A-Z])[.、:]\s*(.+)")
_SPLIT = re.compile("[┋→]")

#: Tops of the usual scales: an answer above one of them is another scale, not a rare answer.
_TOPS = (5, 7, 10)
#: Beyond chance: so rare that two hundred forms of fifty levels should not show one by accident.
SURELY, LIKELY = 1e-5, 1e-4


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of a question: numbers, choices, free words or none (too few, or hidden).

    ``numbers`` has one place a row of the file, NaN where there is none; ``book`` leads from a
    number to the words beside it in the cell.
    """

    sort: str
    n: int
    counts: Mapping[str, int]
    numbers: np.ndarray
    book: Mapping[int, str]


def answers_of(asked: Asked) -> Answers:
    """Tell what sort of answers a question got."""
    counts = Counter(asked.cells)
    del counts[""]
    none = np.array([])
    if not counts:
        return Answers("none", 0, {}, none, {})
    scored = {c: k for c, k in counts.items() if not _NOT_SCORED.search(c)}
    found = {c: p for c in scored if (p := _number(c)) is not None}
    n = sum(scored[c] for c in found)
    if n and n >= 0.9 * sum(scored.values()):
        tally: Counter[str] = Counter()
        for cell, (number, _) in found.items():
            tally[str(number)] += scored[cell]
        value = {cell: float(number) for cell, (number, _) in found.items()}
        numbers = np.array([value.get(cell, np.nan) for cell in asked.cells])
        return Answers("numbers", n, tally, numbers, _book(scored, found))
    tokens: Counter[str] = Counter()
    for cell, count in counts.items():
        for token in _tokens(cell):
            tokens[token] += count
    tokens, book = _unlettered(tokens)
    n = sum(counts.values())
    kept = {t: k for t, k in tokens.items() if k >= max(2, 0.005 * n)}
    # Free words seldom repeat; a list of options does, however rare its rarest.
    closed = len(kept) <= 40 and sum(kept.values()) >= 0.8 * sum(tokens.values())
    return Answers("choices", n, tokens, none, book) if closed else Answers("free", n, {}, none, {})


def same_sort(one: Answers, other: Answers) -> bool:
    """Say whether the answers of two questions could be answers to one."""
    if one.n < 10 or other.n < 10 or "none" in (one.sort, other.sort):
        return True
    if one.sort != other.sort:
        return False
    if one.sort == "choices":
        shared = sum(k for t, k in other.counts.items() if t in one.counts)
        return shared >= 0.3 * sum(other.counts.values())
    return True


def is_scale(one: Answers, other: Answers, asked: Asked, study: Study | None) -> bool:
    """Say whether the answers are levels of a scale: by the study, else by their words."""
    if study is not None and asked.item is not None:
        return study.question(asked.item).kind in ("rating", "nps")
    held = [t for a in (one, other) for t in _firm(a)]
    return bool(held) and sum(bool(_SCALE.search(t)) for t in held) >= 0.6 * len(held)


def rescaled(before: Answers, now: Answers, scale: Scale | None) -> str | None:
    """Say in Chinese how a scale changed, beyond chance; None where it did not."""
    if min(before.n, now.n) < 5:
        return None
    if before.sort == now.sort == "numbers":
        return _numbers(before, now)
    if before.sort == now.sort == "choices":
        return _wordings(before, now)
    if {before.sort, now.sort} == {"numbers", "choices"} and min(before.n, now.n) >= 10:
        if scale and _covers(scale, before) and _covers(scale, now):
            return None
        names = {"numbers": "数字", "choices": "文字"}
        return f"答案由{names[before.sort]}变为{names[now.sort]}"
    return None


def new_options(before: Answers, now: Answers) -> tuple[list[str], list[str]]:
    """List the options that only this quarter, and only the last, has: beyond chance."""
    if not before.sort == now.sort == "choices":
        return [], []
    return _only(now, before), _only(before, now)


def _number(cell: str) -> tuple[int, str] | None:
    if alone := _NUMERAL.fullmatch(cell):
        return int(alone[1]), ""
    for form in _BOTH:
        if found := form.fullmatch(cell):
            return int(found[1]), found[2].strip()
    if found := _REVERSE_BOTH.fullmatch(cell):
        return int(found[2]), found[1].strip()
    return None


def _book(counts: Mapping[str, int], found: Mapping[str, tuple[int, str]]) -> dict[int, str]:
    tally: dict[int, Counter[str]] = {}
    for cell, (number, wording) in found.items():
        if wording:
            tally.setdefault(number, Counter())[wording] += counts[cell]
    return {number: words.most_common(1)[0][0] for number, words in sorted(tally.items())}


def _unlettered(tokens: Counter[str]) -> tuple[Counter[str], dict[int, str]]:
    """Take the letters off options such as ``A.满意``; they are their numbers on the form."""
    lettered = {t: m for t in tokens if (m := _LETTERED.fullmatch(t))}
    if sum(tokens[t] for t in lettered) < 0.9 * sum(tokens.values()):
        return tokens, {}
    bare_tokens: Counter[str] = Counter()
    for token, count in tokens.items():
        bare_tokens[lettered[token][2] if token in lettered else token] += count
    # Where a slip gives a letter two wordings, the commoner one counts: it is written last.
    rising = sorted(lettered, key=lambda t: tokens[t])
    book = {ord(lettered[t][1]) - 64: lettered[t][2] for t in rising}
    return bare_tokens, dict(sorted(book.items()))


def _tokens(cell: str) -> list[str]:
    parts = [_TAIL.sub("", part).strip() or part for part in _SPLIT.split(cell)]
    return [part for part in parts if part]


def _firm(answers: Answers) -> dict[str, int]:
    """Keep the answers that are no slips: those given more than once and by more than 0.5 %."""
    return {t: k for t, k in answers.counts.items() if k >= max(2, 0.005 * answers.n)}


def _beyond(k: int, n: int, k_other: int, n_other: int, *, likely: bool = False) -> bool:
    """Say whether k of n against k' of n' is more than chance (hypergeometric upper tail)."""
    if k < 3 or k * n_other <= k_other * n:
        return False
    often = likely and not k_other and k >= 0.2 * n
    return _upper_tail(k, n, k + k_other, n + n_other) < (LIKELY if often else SURELY)


def _upper_tail(k: int, n: int, marked: int, total: int) -> float:
    """Give the chance of at least k marked ones among n drawn from all (hypergeometric)."""
    p, every = 0.0, _log_choose(total, n)
    for j in range(k, min(n, marked) + 1):
        term = exp(_log_choose(marked, j) + _log_choose(total - marked, n - j) - every)
        p += term
        if term < 1e-12 * p:
            break
    return p


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) if 0 <= k <= n else -inf


def _range(answers: Answers) -> tuple[int, int]:
    """Give the lowest and highest number that is no slip (at most one answer, or one per cent)."""
    numbers = {int(t): k for t, k in answers.counts.items()}
    limit = max(1, 0.01 * answers.n) if answers.n >= 20 else 0
    firm = [v for v, k in numbers.items() if k > limit] or list(numbers)
    return min(firm), max(firm)


def _outside(answers: Answers, low: int, high: int) -> int:
    return sum(k for t, k in answers.counts.items() if not low <= int(t) <= high)


def _numbers(before: Answers, now: Answers) -> str | None:
    (low, high), (lowest, highest) = _range(before), _range(now)
    for own, other, (a, b), top in (
        (now, before, (low, high), highest),
        (before, now, (lowest, highest), high),
    ):
        k, k_other = _outside(own, a, b), _outside(other, a, b)
        if max(top, b) > 100:
            continue
        if _beyond(k, own.n, k_other, other.n, likely=b in _TOPS and top > b):
            return f"答案的范围由 {low}–{high} 变为 {lowest}–{highest}"
    return None


def _wordings(before: Answers, now: Answers) -> str | None:
    one, other = _scored(before), _scored(now)
    new = {t: k for t, k in other.items() if t not in before.counts}
    gone = {t: k for t, k in one.items() if t not in now.counts}
    if _beyond(sum(new.values()), now.n, 0, before.n, likely=True) or _beyond(
        sum(gone.values()), before.n, 0, now.n, likely=True
    ):
        told = [f"新出现“{'、'.join(new)}”"] if new else []
        told += [f"不再出现“{'、'.join(gone)}”"] if gone else []
        return f"量表的选项文字变了：{'，'.join(told)}"
    return None


def _scored(answers: Answers) -> dict[str, int]:
    return {t: k for t, k in _firm(answers).items() if not _NOT_SCORED.search(t)}


def _only(own: Answers, other: Answers) -> list[str]:
    found = {t: k for t, k in own.counts.items() if t not in other.counts}
    return [t for t, k in found.items() if _beyond(k, own.n, 0, other.n, likely=True)]


def _covers(scale: Scale, answers: Answers) -> bool:
    """Say whether a scale of the study names nearly all the answers."""
    known = {plain(label) for label in (*scale.labels, *scale.not_applicable)}
    known |= {str(level) for level in scale.levels}
    held = sum(k for t, k in answers.counts.items() if t in known)
    return held >= 0.9 * sum(answers.counts.values())
