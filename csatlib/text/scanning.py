"""Words of the lists found in a text: one expression made of all lists, the longest word first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from csatlib.privacy import REPLACEMENTS
from csatlib.text.lexicon import Lexicon

__all__ = ["SEGMENT", "Hit", "Scanner", "scanner_of", "spell"]

#: Full-width forms and capitals to what the lists are written in; one character for one, so that
#: places in the spelled text are places in the text as given.
_SPELLING = {
    **{chr(0xFF01 + i): chr(0x21 + i).lower() for i in range(94)},
    **{chr(ord("A") + i): chr(ord("a") + i) for i in range(26)},
    "\u3000": " ",
    "。": ".",
    "“": '"',
    "”": '"',
    "…": ".",
    "～": "~",
    "沒": "没",
}
_TO_SPELL = frozenset(_SPELLING)
_REPLACED = re.compile("|".join(re.escape(mark) for mark in REPLACEMENTS.values()))
_BLANK = "\x00"

#: What stands between stops and spaces; those inside numbers and between Latin words part nothing.
SEGMENT = re.compile(
    r"(?:[^\s,.!?;:~\"'(){}<>|\x00]|(?<=\d)[.:](?=\d)|(?<=[a-z0-9]) (?=[a-z0-9]))+"
)

#: More alternatives than these are parted into ranges.
_BRANCHES = 10

#: So few characters write any length of time; without a limit a long run of them is read anew at
#: each of its characters.
_NUMBER = r"[0-9一二两俩三四五六七八九十半几好]{1,12}"
_QUANTITY = (
    rf"(?:快|将近|接近|差不多|近|大概|大约|整整|足足)?{_NUMBER}(?:[多来]个?|个多|个)?半?多?"
    r"(?:小时|钟头|分钟|刻钟|天|星期|礼拜|个月|周)"
)
_COUNTED = "快将接差近大整足0-9一二两俩三四五六七八九十半几好"
_TIMES = rf"{_NUMBER}多?(?:次|遍|回|个电话|趟)"


class Hit(NamedTuple):
    """A word of the lists in a text: its places, what it is, and how much it weighs."""

    start: int
    end: int
    kind: str
    value: float
    word: str


@dataclass(frozen=True)
class Scanner:
    """The lists of a lexicon as one expression and what each of their words is.

    ``crosses`` says whether a word may stand across two segments, as a term with a space does.
    """

    expression: re.Pattern[str]
    known: Mapping[str, tuple[str, float]]
    targets: Mapping[str, Mapping[str, float]]
    crosses: bool

    def scan(self, spelled: str, start: int = 0, end: int | None = None) -> list[Hit]:
        """Find the words of the lists from start to end, none over another."""
        known = self.known
        hits = []
        for match in self.expression.finditer(spelled, start, len(spelled) if end is None else end):
            word = match.group()
            kind, value = known.get(word) or (match.lastgroup, 0.0)
            hits.append(Hit(match.start(), match.end(), kind, value, word))
        return hits


def spell(text: str) -> str:
    """Write a text as the lists are, of the same length; marks of removed data are blank."""
    if "[" in text:
        text = _REPLACED.sub(lambda mark: _BLANK * len(mark.group()), text)
    # str.translate asks for each character by itself, which takes many times as long.
    for character in _TO_SPELL.intersection(text):
        text = text.replace(character, _SPELLING[character])
    return text


@lru_cache(maxsize=8)
def scanner_of(lexicon: Lexicon) -> Scanner:
    """Make the scanner of a lexicon; where a word is in several lists, the later one counts.

    The order is: targets, light words, degrees, negators, praise, blame, marks of a sentence,
    words that do not judge. Terms that end on no judging word are names: 慢病管理 has no 慢, but
    重大故障 has 故障.
    """
    known: dict[str, tuple[str, float]] = {}
    targets: dict[str, dict[str, float]] = {}
    for word, target, weight in lexicon.judged_with:
        targets.setdefault(word, {})[target] = weight
        if target != "*":
            known[target] = ("target", 0.0)
    marks: dict[str, list[str]] = {}
    for kind, word in lexicon.markers:
        marks.setdefault(kind, []).append(word)
    weights = dict(lexicon.weights)
    known |= dict.fromkeys(marks.pop("light", ()), ("light", 0.0))
    known |= {word: ("degree", factor) for word, factor in lexicon.degrees}
    known |= dict.fromkeys(targets, ("relative", 0.0))
    known |= {word: ("judged", weights.get(word, 1.0)) for word in sorted(lexicon.positive)}
    known |= {word: ("judged", -weights.get(word, 1.0)) for word in sorted(lexicon.negative)}
    known |= {word: ("negator", _turns(word)) for word in sorted(lexicon.negators)}
    known |= {word: (kind, 0.0) for kind, words in marks.items() for word in words}
    known |= {term: ("target", 0.0) for term in lexicon.terms if _is_name(term, known)}
    counted = f"(?=[{_COUNTED}])(?:(?P<quantity>{_QUANTITY})|(?P<times>{_TIMES}))"
    crosses = not all(SEGMENT.fullmatch(word) for word in known)
    return Scanner(re.compile(f"{counted}|{_alternation(known)}"), known, targets, crosses)


def _is_name(term: str, known: Mapping[str, tuple[str, float]]) -> bool:
    tails = (known.get(term[i:], ("",))[0] for i in range(len(term)))
    return not any(kind in ("judged", "relative", "negator") for kind in tails)


def _turns(word: str) -> float:
    """Count how often a negator turns a judgement: twice if it has two negating characters."""
    return 2.0 if sum(word.count(c) for c in "不没无莫") == 2 and word.endswith("不") else 1.0


def _alternation(words: Iterable[str]) -> str:
    """Write words as a tree by their characters, so that a place is tried once and not by word."""
    tree: dict = {}
    for word in words:
        branch = tree
        for character in word:
            branch = branch.setdefault(character, {})
        branch[""] = {}
    return _written(tree)


def _written(tree: dict) -> str:
    ends = "" in tree
    branches = [(c, sub) for c, sub in sorted(tree.items()) if c]
    if len(branches) > _BRANCHES:
        # An alternation is tried one by one: ranges of characters first leave few to try.
        size = -(-len(branches) // _BRANCHES)
        parts = [branches[i : i + size] for i in range(0, len(branches), size)]
        ranges = [
            f"(?=[{re.escape(p[0][0])}-{re.escape(p[-1][0])}]){_written(dict(p))}" for p in parts
        ]
        together = f"(?:{'|'.join(ranges)})"
        return together + "?" if ends else together
    leaves = "".join(re.escape(c) for c, sub in branches if list(sub) == [""])
    parts = [re.escape(c) + _written(sub) for c, sub in branches if list(sub) != [""]]
    if leaves:
        parts.append(f"[{leaves}]" if len(leaves) > 1 else leaves)
    if not parts:
        return ""
    together = f"(?:{'|'.join(parts)})"
    return together + "?" if ends else together
