"""What the words of a lexicon do beside others: turn round, strengthen, judge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from csatlib.text import Lexicon
from csatlib.themes.compiling import Tree

__all__ = ["EITHER", "OR", "Vocabulary", "vocabulary_of"]

#: “不是……就是……” names two troubles and denies neither.
EITHER, OR = "不是", "就是"

#: They ask for an end to what they name, so that it is complained of all the same.
_REQUESTS = frozenset({"别", "不要", "不能", "勿", "请勿", "莫", "不应", "不该", "不应该"})
#: Negators of a deed, which the lists of judgement need not hold.
_NEGATORS = frozenset({
    "不用", "不必", "不需", "不需要", "无需", "无须", "不再", "不会", "没再", "不曾", "未曾",
    "不存在", "没什么", "没怎么",
})  # fmt: skip
#: They may stand between a negator and what it negates.
_BETWEEN = frozenset({
    "再", "过", "了", "的", "怎么", "怎样", "什么", "任何", "那么", "这么", "被", "出现", "发生",
    "遇到", "碰到", "存在", "必", "会", "要", "让", "让我", "我", "去", "用", "需要",
})  # fmt: skip
#: They begin like a negator and negate nothing.
_WHOLE = frozenset({
    "不过", "不仅", "不但", "不断", "不管", "不论", "不同", "不少", "不久", "不止", "不只",
    "不得不", "不禁", "不妨", "不料", "不然", "不错", "不时", "不愧", "不单", "不光", "不知不觉",
    "非常", "别人", "别的", "别家", "别处", "无论", "无线", "无非", "未来", "没错", "没准",
})  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """The words that decide what is a match.

    ``negators`` void what follows, with ``degrees`` and words of ``between`` in the middle;
    ``whole`` lists words that begin like a negator and are none.
    """

    negators: frozenset[str]
    degrees: frozenset[str]
    positive: frozenset[str]
    negative: frozenset[str]
    between: frozenset[str] = _BETWEEN
    whole: frozenset[str] = _WHOLE

    @cached_property
    def _leading(self) -> tuple[str, ...]:
        return tuple(sorted(self.negators | self.degrees))

    @cached_property
    def tree(self) -> Tree:
        """The words that, at the start of a word, leave a word of its own behind them."""
        return Tree.of(self._leading)

    @cached_property
    def sizes(self) -> np.ndarray:
        """The characters of each word of the tree; of none, at its end."""
        return np.array([*map(len, self._leading), 0], dtype=np.int32)

    @cached_property
    def negates(self) -> np.ndarray:
        """Whether each word of the tree is a negator; at its end, for none."""
        return np.array([*(word in self.negators for word in self._leading), False])

    @cached_property
    def strengthens(self) -> np.ndarray:
        """Whether each word of the tree is one of degree; at its end, for none."""
        return np.array([*(word in self.degrees for word in self._leading), False])


@lru_cache(maxsize=8)
def vocabulary_of(lexicon: Lexicon) -> Vocabulary:
    """Take a lexicon's words; requests (别, 不要) are no negators here."""
    return Vocabulary(
        (lexicon.negators | _NEGATORS) - _REQUESTS - _WHOLE,
        frozenset(word for word, _ in lexicon.degrees),
        lexicon.positive,
        lexicon.negative,
    )
