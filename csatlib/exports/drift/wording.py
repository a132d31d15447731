"""Wordings of questions: their bare words, how alike two are, and what makes two differ in kind."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher

from csatlib.scales import plain

__all__ = ["Weigh", "alike", "bare", "bracketed", "core", "covered", "meaning", "weigher", "words"]

Weigh = Callable[[str], float]

_SIGN = r"(?:必填|必答|选填|自动|(?:单选|多选|量表|矩阵|填空|打分|评分|排序|问答|简答)题?)"
_MARK = re.compile(rf"[(\[【]{_SIGN}[)\]】]|^\*+|\*+$")
# A number that counts the question, not one it speaks of: 24小时 and 3.5分 stay whole.
_NUMBER = re.compile(
    r"^(?:第([0-9]{1,3})题[、.:]?|[Qq]?([0-9]{1,3})(?:[-.][0-9]{1,2})*(?:[、:)]|\.(?![0-9]))"
    r"|[Qq]([0-9]{1,3})|\(([0-9]{1,3})\)|[一二三四五六七八九十]{1,3}、)"
)
_SPACED = re.compile(r"^([0-9]{1,3}) +(?=[^0-9 ])")
#: Words that most questions of a form share and that say nothing of what is asked.
_FRAME = re.compile(
    r"请问|请您|您对于?|您认为|您觉得|您|(?:的)?(?:总体)?(?:满意度|满意程度|满意)(?:如何|怎么样)?"
    r"|(?:是否|有多)(?=满意)|如何评价|进行评价|的评价|请评价|评价|吗$|的|呢$|对(?=我们)"
)
#: Words that join two things; 及时, 参与 and 温和 join nothing.
_JOINED = re.compile(r"以及|(?<!温)和(?!谐|平)|(?<!参)与|(?<!普)及(?!时|格)|或|、|/|&")

#: How alike two questions are that differ only in their object or their time.
IN_OTHER_TIMES = 0.5

_NEUTRAL = re.compile(r"非常|不同|不仅|不断|不但|无论|无线|未来|是否|能否|可否|可不可以|非人工")
_NEGATIONS = re.compile(r"不|没有|没|无|未|非|否")
_OPPOSITES = (
    ("满意", "失望"), ("快", "慢"), ("好", "差"), ("容易", "困难"), ("容易", "难"),
    ("同意", "反对"), ("高", "低"), ("方便", "麻烦"), ("喜欢", "讨厌"), ("优点", "缺点"),
    ("优势", "劣势"), ("推荐", "劝阻"), ("清楚", "模糊"), ("简单", "复杂"), ("及时", "拖延"),
    ("愿意", "拒绝"),
)  # fmt: skip
_TIME = re.compile(
    r"(?:最近|近|过去|前|上|这|本|此|每)(?:[一二两三四五六七八九十半几0-9]+)?个?"
    r"(?:天|日|周|星期|月|季度|季|年度?|次|回)|今年|去年|[上下]半年|以往|平时|目前|当前|一直以来"
)
_OBJECTS = re.compile(
    r"客服(?:人员|代表|专员)?|话务员|接线员|坐席|工程师|技术人员|维修(?:人员|师傅)?|服务人员|工作人员|销售|顾问|客户经理|"
    r"经理|专家|师傅|店员|导购|医生|护士|老师|司机|骑手|快递员?|物流|配送员?|安装人员|柜员|收银员?|"
    r"保安|保洁|实施人员|运维人员|驻场人员|热线|网点|门店|官网|网站|小程序|公众号|手机应用|app|产品|平台|"
    r"系统|设备|价格|机器人"
)


def words(header: str) -> tuple[int | None, str]:
    """Part a header into its number on the form and its words, without marks such as (必填)."""
    text = _MARK.sub("", plain(header)).strip()
    found = _NUMBER.match(text) or _SPACED.match(text)
    if not found or not text[found.end() :].strip():
        return None, _MARK.sub("", text.replace(" ", ""))
    digits = next((group for group in found.groups() if group), None)
    rest = _MARK.sub("", text[found.end() :].replace(" ", ""))
    return (int(digits) if digits else None), rest


def bare(header: str) -> str:
    """Keep letters and digits of a header's words: what is left when only print has changed."""
    kept = (c for c in words(header)[1].casefold() if unicodedata.category(c)[0] in "LNM")
    return "".join(kept)


def core(header: str) -> str:
    """Keep what a question asks about: its bare words without the phrases of every question."""
    text = bare(header)
    return _FRAME.sub("", text) or text


def bracketed(header: str) -> tuple[str, str] | None:
    """Part ``stem(option)`` into the two; None for a header of another form."""
    text = words(header)[1]
    if not (text.endswith((")", "):")) and "(" in text):
        return None
    start = text.index("(")
    option = text[start + 1 :].removesuffix(":").removesuffix(")")
    return (text[:start], option) if option else None


def weigher(headers: Iterable[str]) -> Weigh:
    """Give each character a weight: the fewer questions of a form bear it, the more it says."""
    counts = Counter(c for header in headers for c in set(core(header)))
    return lambda text: sum(1 / max(counts[c], 1) for c in text)


def _shared(one: str, other: str) -> list[tuple[int, int, int]]:
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [(b.a, b.b, b.size) for b in blocks if b.size]


def alike(one: str, other: str, weigh: Weigh) -> float:
    """Say from 0 to 1 how alike two questions are: twice the shared weight over both weights.

    Two questions about the same subject whose last words differ (客服的态度, 客服的知识) ask for
    different things: there the likeness counts half.
    """
    a, b = core(one), core(other)
    blocks = _shared(a, b)
    if not blocks:
        return 0.0
    apart = [_TIME.sub("", _OBJECTS.sub("", text)) for text in (a, b)]
    if len(apart[0]) >= 2 and apart[0] == apart[1]:
        return IN_OTHER_TIMES
    shared = sum(weigh(a[i : i + n]) for i, _, n in blocks)
    likeness = 2 * shared / (weigh(a) + weigh(b))
    i, j, n = blocks[-1]
    tails = len(a) - i - n, len(b) - j - n
    return likeness / 2 if min(tails) >= 2 and len(a) > 3 and len(b) > 3 else likeness


def covered(part: str, whole: str) -> set[int]:
    """Give the places of the whole's core that the part's core covers; empty if it is no part.

    A part is one if at most a fifth of its own words stand outside the whole.
    """
    a, b = core(part), core(whole)
    places = {j + k for _, j, n in _shared(a, b) for k in range(n)}
    return places if a and len(places) >= 0.8 * len(a) else set()


def halves(whole: str, parts: list[str]) -> bool:
    """Say whether a double-barrelled question became the given ones, each asking for a part."""
    text = core(whole)
    joins = [i for m in _JOINED.finditer(text) for i in range(*m.span())]
    if not joins:
        return False
    places = [covered(part, whole) for part in parts]
    wanted = set(range(len(text))) - set(joins)
    own = [p - set().union(*places[:i], *places[i + 1 :]) for i, p in enumerate(places)]
    return (
        all(places)
        and all(len(o) >= 2 for o in own)
        and len(set().union(*places) & wanted) >= 0.8 * len(wanted)
    )


def stems(whole: str, parts: list[str]) -> bool:
    """Say whether each of several questions holds all that one asked, and something of its own."""
    text = core(whole)
    return len(text) >= 2 and all(
        len(core(part)) >= len(text) + 1 and len(covered(whole, part)) >= len(text)
        for part in parts
    )


def meaning(one: str, other: str) -> str | None:
    """Name what makes two wordings differ in kind: ``negation``, ``time``, ``object`` or None."""
    a, b = (_NEUTRAL.sub("", bare(header)) for header in (one, other))
    if len(_NEGATIONS.findall(a)) % 2 != len(_NEGATIONS.findall(b)) % 2:
        return "negation"
    for word, opposite in _OPPOSITES:
        for x, y in ((a, b), (b, a)):
            if word in x and opposite in y and opposite not in x and word not in y:
                return "negation"
    if set(_TIME.findall(a)) != set(_TIME.findall(b)):
        return "time"
    objects = set(_OBJECTS.findall(a)), set(_OBJECTS.findall(b))
    if objects[0] - objects[1] and objects[1] - objects[0]:
        return "object"
    return None
