"""What the words of a lexicon do beside others: turn round, strengthen, judge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from csatlib.text import Lexicon

__all__ = ["EITHER", "OR", "Vocabulary"]

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

    @classmethod
    def of(cls, lexicon: Lexicon) -> Vocabulary:
        """Take a lexicon's words; requests (别, 不要) are no negators here."""
        return cls(
            (lexicon.negators | _NEGATORS) - _REQUESTS - _WHOLE,
            frozenset(word for word, _ in lexicon.degrees),
            lexicon.positive,
            lexicon.negative,
        )

    @cached_property
    def leading(self) -> re.Pattern[str]:
        """The words that, at the start of a word, leave a word of its own behind them."""
        words = sorted(self.negators | self.degrees, key=lambda word: (-len(word), word))
        return re.compile("|".join(map(re.escape, words)) or r"(?!)")
