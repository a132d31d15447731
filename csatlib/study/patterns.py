"""The small language of a codeframe's patterns: words in an order, with gaps between them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

__all__ = ["CLASSES", "Alternative", "Element", "Gap", "Pattern", "fold", "parse"]

#: Classes of words that a lexicon or the spelling of numbers gives.
CLASSES = ("negator", "degree", "positive", "negative", "number")
#: How many words a bare ``~`` spans at most, and how many any gap may.
_GAP, _WIDEST = 3, 9
_SENTENCE_ENDS = "。！？!?；;\n"
_FOLDED = {chr(code): chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
_FOLDED |= {"\u3000": " "} | {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
_TO_FOLD = frozenset(_FOLDED)


def fold(text: str) -> str:
    """Bring full-width letters and capitals to one form, character by character."""
    # str.translate asks for each character by itself, which takes many times as long.
    for character in _TO_FOLD.intersection(text):
        text = text.replace(character, _FOLDED[character])
    return text


@dataclass(frozen=True)
class Alternative:
    """Literal words, or a class of words; ``open_start`` and ``open_end`` lift the word's edge."""

    text: str
    kind: Literal["words", "class"] = "words"
    open_start: bool = False
    open_end: bool = False


Element = tuple[Alternative, ...]


@dataclass(frozen=True)
class Gap:
    """What may stand between two elements: up to ``words`` words, none of ``without``."""

    words: int = 0
    without: Element = ()


@dataclass(frozen=True)
class Pattern:
    """Elements in their order; ``gaps[i]`` lies between ``elements[i]`` and the next.

    Directly before the first stands none of ``before``, directly behind the last none of ``after``.
    """

    source: str
    elements: tuple[Element, ...]
    gaps: tuple[Gap, ...]
    before: Element = ()
    after: Element = ()


@lru_cache(maxsize=4096)
def parse(source: str) -> Pattern:
    r"""Read a pattern.

    Parameters
    ----------
    source : str
        Elements apart by spaces. ``甲|乙`` is either; ``*`` before or after a word lifts its edge;
        ``~`` allows up to three words in between, ``~5`` up to five, and ``-丙|丁`` beside it
        none of those; ``-丙`` at either end forbids it directly beside the match. ``<negator>``
        and the other `CLASSES` stand for a class of words.

    Returns
    -------
    Pattern

    Raises
    ------
    ValueError
        For a pattern that breaks this grammar; the Chinese message says how to mend it.

    Examples
    --------
    >>> pattern = parse("排队|等待 ~2 -没有 太*")
    >>> [[word.text for word in element] for element in pattern.elements], pattern.gaps[0].words
    ([['排队', '等待'], ['太']], 2)
    """
    # NFC only: a codeframe typed on another machine must not differ in what nobody sees.
    parts = unicodedata.normalize("NFC", source).split()
    if not parts:
        raise ValueError("模式是空的；请写出要找的词")
    elements: list[Element] = []
    gaps: list[Gap] = []
    words, without, before = 0, (), ()
    for part in parts:
        if part.startswith("~"):
            if words:
                raise _fault(source, "两个 ~ 连在一起", "两个词之间只写一个 ~")
            words = _width(part, source)
        elif part.startswith("-"):
            if without:
                raise _fault(source, "两个 - 连在一起", "写成一个，用 | 分开，例如 -没有|不用")
            without = _element(part[1:], source)
        else:
            if elements:
                gaps.append(_gap(words, without, source))
            elif words:
                raise _fault(source, "以 ~ 开头", "~ 只能写在两个词之间")
            else:
                before = without
            elements.append(_element(part, source))
            words, without = 0, ()
    if words:
        raise _fault(source, "以 ~ 结尾", "~ 只能写在两个词之间")
    if not elements:
        raise _fault(source, "只有排除的词", "写出要找的词")
    return Pattern(source, tuple(elements), tuple(gaps), before, without)


def _gap(words: int, without: Element, source: str) -> Gap:
    if without and not words:
        raise _fault(source, "- 旁边没有 ~", "排除的词写在间隔里，例如 排队 ~ -没有 久")
    return Gap(words, without)


def _width(part: str, source: str) -> int:
    if part == "~":
        return _GAP
    if not re.fullmatch(r"~[1-9]", part):
        raise _fault(
            source,
            f"“{part}”不是间隔",
            f"~ 前后留空格，后面只能写 1–{_WIDEST} 的数字，例如 排队 ~5 久",
        )
    return int(part[1:])


def _element(part: str, source: str) -> Element:
    return tuple(dict.fromkeys(_alternative(word, source) for word in part.split("|")))


def _alternative(word: str, source: str) -> Alternative:
    text = fold(word.removeprefix("*").removesuffix("*"))
    if not text:
        raise _fault(source, "| 旁边缺一个词", "删去多余的 | 或 *，或补上要找的词")
    if re.fullmatch(r"<.*>", text):
        if text[1:-1] not in CLASSES:
            known = "、".join(f"<{name}>" for name in CLASSES)
            raise _fault(source, f"没有“{text}”这一类词", f"可用的有 {known}")
        if word != f"<{text[1:-1]}>":
            raise _fault(source, f"“{word}”在一类词旁边写了 *", "删去 *")
        return Alternative(text[1:-1], "class")
    if found := re.search(r"[*~<>]", text):
        raise _fault(source, f"“{word}”中间有“{found[0]}”", "* 只写在词的首尾，~ 前后留空格")
    if found := re.search(f"[{_SENTENCE_ENDS}]", text):
        raise _fault(source, f"“{word}”里有“{found[0]}”", "模式不跨句子，请删去句末标点")
    return Alternative(text, "words", word.startswith("*"), word.endswith("*"))


def _fault(source: str, what: str, remedy: str) -> ValueError:
    return ValueError(f"模式“{source}”{what}；{remedy}")
