"""How far a negator, a word of degree, a wish or a question reaches within a clause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from csatlib.text.scanning import Hit, Scanner

__all__ = ["NEUTRAL", "Judgement", "judgements"]

#: A judgement smaller than this leans, but does not judge: wishes, questions.
NEUTRAL = 0.3

_WISHED, _ASKED, _KEPT = -0.25, -0.25, 0.5
_LACKING, _REFUSED, _TOO_MUCH, _ALWAYS, _RHETORICAL, _WAITED = -0.5, -0.35, -0.35, -0.7, -0.8, -0.8
_TURNED, _DENIED, _MILD, _TWICE = -0.9, -0.5, 0.75, 0.6
_NEAR, _FAR = 2, 5

_BARE = frozenset("不未非")
_SO = frozenset(("这么", "那么", "如此", "这样"))
_MILD_NEGATORS = re.compile(r"太$|够$|怎么?样?$|大$|很$|那么$|这么$|特别$|多$|算")
_LACKS = re.compile(r"[没无未]")
_STILL = re.compile(r"还|仍|依|迟迟|一直|根本|始终|至今|到现在|都|不够|缺|无法|没法")
_AFTER = re.compile(r"^[得的]|了$|爆$|要命$|要死$|至极$|之极$|^透|啦$|^不得了")
_TOO = re.compile(r"有|偏|略|稍|^太$|^过于$|^太过$")
_AFTERTHOUGHT = re.compile(r"就.*好|就完美|更好了")
_OURS = re.compile(r"比(?:你|贵|咱|我|这)")
_WAITING = re.compile(r"(?:[等拖催超晚迟延排耗花].{0,3}|[过久])$")
_LATE = re.compile(
    r"[以之]?[后上]?(?:.?才|还[没未是不]|都[没不]|也?没|也?不[来到]|过去|了还|了都|[的多]?时间太)"
)
_SOON = re.compile(r"(?:左右)?(?:就|[以之]?内|便[送到])")
_ONLY = re.compile(r"(?:不到|不用|没到|只|只要|只用|仅|提前|早)了?$")
_ASKING_AGAIN = re.compile(r"(?:打|催|问|投诉|报修|联系|反映|跑|提|说|拨)[了过]?$")
_BRIEF = re.compile(r"分钟|刻|半小时|半个小时")


class Judgement(NamedTuple):
    """What a place in a clause says: its places with negator and degree, and the weight."""

    start: int
    end: int
    value: float


def judgements(
    spelled: str, hits: list[Hit], end: int, scanner: Scanner, *, asked: bool
) -> list[Judgement]:
    """Judge a stretch of text without a stop from the words of the lists in it, left to right."""
    kinds = {hit.kind for hit in hits}
    found, used = _judged(hits, scanner)
    if "quantity" in kinds or "times" in kinds:
        found += [j for hit in hits if (j := _waiting(spelled, hit, end))]
    found += _unused(hits, used, end)
    if "rival" in kinds and (rival := _rival(spelled, hits, end)) is not None:
        found = [j._replace(value=-j.value) if j.start >= rival else j for j in found]
    if "rhetorical" in kinds:
        found = _rhetorical(hits, found)
    elif asked or "question" in kinds:
        found = _asking(hits, found, asked=asked)
    if "wish" in kinds or "keep" in kinds:
        found = _wishing(hits, found)
    return sorted(found)


def _judged(hits: list[Hit], scanner: Scanner) -> tuple[list[Judgement], set[int]]:
    """Weigh the judging words, each with the negators and degrees that reach it."""
    found: list[Judgement] = []
    used: set[int] = set()
    chained: tuple[int, float, float] | None = None
    for i, hit in enumerate(hits):
        value = _value(hits, i, scanner)
        if value is None:
            continue
        used.add(i)
        reach = _reach(hits, i, used, chained)
        weighed = _weighed(value, reach)
        chained = (i, value, reach.turns) if reach.far else None
        last = hit.end
        if i + 1 < len(hits) and _strengthens_before(hits, i):
            used.add(i + 1)
            weighed, last = weighed * hits[i + 1].value, hits[i + 1].end
        found.append(Judgement(reach.start, last, weighed))
    return found, used


def _value(hits: list[Hit], i: int, scanner: Scanner) -> float | None:
    """Give what a word weighs by itself or with what it is said of; None if it does not judge."""
    hit = hits[i]
    if hit.kind == "judged":
        following = hits[i + 1] if i + 1 < len(hits) else None
        touching = following is not None and following.start == hit.end
        if hit.word == "好" and touching and following.kind in ("judged", "relative"):
            return None
        return hit.value
    if hit.kind != "relative":
        return None
    pairs = scanner.targets[hit.word]
    before = [h.word for h in reversed(hits[:i]) if h.kind in ("target", "relative", "degree")]
    after = [h.word for h in hits[i + 1 : i + 2] if h.start <= hit.end + 1]
    for target in (*after, *before):
        if target in pairs:
            return pairs[target]
    return pairs.get("*")


class _Reach(NamedTuple):
    start: int
    turns: float
    degree: float
    mild: bool
    far: bool
    doubled: bool


def _reach(
    hits: list[Hit], i: int, used: set[int], chained: tuple[int, float, float] | None
) -> _Reach:
    """Look left of a judging word for what turns and strengthens it."""
    start, turns, degree, mild, far, doubled = hits[i].start, 0.0, 1.0, False, False, False
    so = once = False
    for j, hit, free in _leftward(hits, i):
        if hit.kind == "degree" or (hit.word == "好" and j not in used):
            if free <= 1 and j not in used:
                degree *= 1.5 if hit.word == "好" else hit.value
                mild = mild or not turns
                so = so or hit.word in _SO
                start = hit.start
                used.add(j)
        elif hit.kind == "negator":
            if free > (_NEAR if hit.word in _BARE else _FAR):
                break
            # 从没见过这么差的: never so bad, which is no denial
            turns += 0 if so and (once or hit.word[0] == "从") else hit.value
            doubled = doubled or hit.value == 2
            mild = (mild and turns == 1) or _MILD_NEGATORS.search(hit.word) is not None
            far = far or hit.word not in _BARE
            start = hit.start
            used.add(j)
        elif hit.kind == "judged" or (hit.kind == "relative" and j in used):
            if chained and chained[0] == j and hits[i].start - hit.end <= 4 and not turns:
                turns, far = chained[2], True
            break
        elif hit.kind == "light" and hit.word == "过":
            once = True
        elif hit.kind not in ("light", "target", "rival", "relative", "pass"):
            break
    return _Reach(start, turns, degree, mild and turns % 2 == 1, far, doubled)


def _leftward(hits: list[Hit], i: int) -> Iterator[tuple[int, Hit, int]]:
    """Go left from a word as far as a negator reaches; the last item is how much is between."""
    place, free = hits[i].start, 0
    for j in range(i - 1, -1, -1):
        free += place - hits[j].end
        place = hits[j].start
        if free > _FAR:
            return
        yield j, hits[j], free
        free += hits[j].kind == "target"


def _weighed(value: float, reach: _Reach) -> float:
    if not reach.turns:
        return value * reach.degree
    if reach.turns % 2 == 0:
        return value * (1 if reach.doubled else _TWICE)
    strength = _MILD if reach.mild else reach.degree
    return value * strength * (_TURNED if value > 0 else _DENIED)


def _strengthens_before(hits: list[Hit], i: int) -> bool:
    following = hits[i + 1]
    touching = following.kind == "degree" and following.start == hits[i].end
    return touching and _AFTER.search(following.word) is not None


def _waiting(spelled: str, hit: Hit, end: int) -> Judgement | None:
    """Judge a length of time or a number of times by the words around it."""
    if hit.kind not in ("quantity", "times"):
        return None
    before, after = (
        spelled[max(0, hit.start - 5) : hit.start],
        spelled[hit.end : min(end, hit.end + 6)],
    )
    if hit.kind == "times":
        again = _ASKING_AGAIN.search(before) or _LATE.match(after)
        return Judgement(hit.start, hit.end, _WAITED) if again else None
    if _ONLY.search(before) or _SOON.match(after):
        return Judgement(hit.start, hit.end, -_WAITED)
    if _WAITING.search(before) or _LATE.match(after):
        return Judgement(hit.start, hit.end, _WAITED)
    return None


def _unused(hits: list[Hit], used: set[int], end: int) -> list[Judgement]:
    """Give what negators and degrees say that reach no judging word: something is missing."""
    found = []
    for i, hit in enumerate(hits):
        if i in used:
            continue
        if hit.kind == "negator":
            found.append(Judgement(hit.start, hit.end, _unmet(hit)))
        elif hit.kind == "degree" and _TOO.search(hit.word) and hit.end < end:
            found.append(Judgement(hit.start, hit.end, _TOO_MUCH))
    strongest = min(found, key=lambda j: j.value, default=None)
    return [strongest] if strongest else []


def _unmet(hit: Hit) -> float:
    """Weigh a negator that reaches no judging word."""
    if hit.value == 2 or _STILL.match(hit.word):
        return _ALWAYS
    return _LACKING if _LACKS.search(hit.word) else _REFUSED


def _rival(spelled: str, hits: list[Hit], end: int) -> int | None:
    """Find where others are said to be something more than we are: what follows is turned."""
    first = next(hit for hit in hits if hit.kind == "rival")
    ours = _OURS.search(spelled, first.end, end)
    return ours.start() if ours else None


def _rhetorical(hits: list[Hit], found: list[Judgement]) -> list[Judgement]:
    """Turn praise under 难道, 也叫 and the like; where nothing is judged, asking so blames."""
    mark = next(hit for hit in hits if hit.kind == "rhetorical")
    turned = [
        j if j.value < 0 else Judgement(min(j.start, mark.start), max(j.end, mark.end), -j.value)
        for j in found
    ]
    return turned or [Judgement(mark.start, mark.end, _RHETORICAL)]


def _asking(hits: list[Hit], found: list[Judgement], *, asked: bool) -> list[Judgement]:
    """Take back the praise that is asked for; a question that judges nothing leans to blame."""
    closing = asked or hits[-1].word in ("吗", "么")
    kept = [j for j in found if j.value < 0] if closing else found
    if kept:
        return kept
    mark = next((hit for hit in hits if hit.kind == "question"), None)
    return [Judgement(mark.start, mark.end, _ASKED)] if mark else []


def _wishing(hits: list[Hit], found: list[Judgement]) -> list[Judgement]:
    """Take back the praise that is wished for, since it is not there; blame stays."""
    keep = next((hit for hit in hits if hit.kind == "keep"), None)
    if keep:
        return [j for j in found if j.end <= keep.start] + [Judgement(keep.start, keep.end, _KEPT)]
    mark = next(hit for hit in hits if hit.kind == "wish")
    everything = _AFTERTHOUGHT.search(mark.word) is not None
    kept = [j for j in found if j.value <= -NEUTRAL or not (everything or j.start >= mark.start)]
    return [*kept, Judgement(mark.start, mark.end, _WISHED)]
