"""What makes a question lead, mix, puzzle or negate: the words of one question at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from csatlib.study.parts import Question

__all__ = ["polarity", "wording_findings"]

#: Rule, severity, finding, suggestion.
Words = tuple[str, str, str, str]

_LEADING = re.compile(
    r"难道|是不是(?:很|非常|特别|十分)|是否(?:也)?(?:认为|觉得|同意)|对吧|不是吗|(?:很|非常)好吧"
)
# “周到程度”“优质客户” name a thing; “周到的服务” praises it.
_LOADED = re.compile(
    r"(?:优质|周到|贴心|卓越|一流|优秀|精心|完善|热情)(?:的|细致的?)(?!程度)"
    r"|(?:优质|贴心|卓越|一流|周到)(?=服务|团队|产品|体验|工程师)"
)
_BRACKETS = re.compile(r"[（(【\[][^）)】\]]*[）)】\]]")
# Words that only look as if they joined two things.
_NO_JOINT = re.compile(
    r"及时|及其|及格|涉及|提及|普及|触及|来得及|波及|危及"
    r"|参与|与否|给与|赠与|与会|和谐|和气|和蔼|温和|平和|缓和|总和|饱和"
    r"|[与和][^，。？]{1,12}?(?:相符|匹配|一致|相比|有关|相关|之间|的?沟通|的?联系|的?对接|的?合作)"
)
_JOINT = re.compile(r"\w{1,4}(?:以及|和|及|与|、)\w{1,4}")
_ABBREVIATION = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*(?![A-Za-z0-9])")
#: Abbreviations that every customer knows.
_COMMON = frozenset({"APP", "QQ", "VIP", "PDF", "ATM", "GPS", "USB", "PC"})
_CHOICE = re.compile(r"(?P<word>\w)不(?P=word)|有没有|是否")
_NO_NEGATION = re.compile(
    r"不断|不同|不仅|不足|不便|不限|不定期|不适用|不确定|未来|不少|不久|差不多|没关系"
)
_DOUBLE = re.compile(r"(?:不|没有|没|未|无|并非).{0,6}?(?:不|没有|没|未|无法)")
_NEGATION = re.compile(r"不(?!满)|没有|没|并非|未(?!\w{1,6}?(?:的|问题|事件|工单))|不满意")


def wording_findings(question: Question, terms: Collection[str]) -> Iterator[Words]:
    """Find what the words of one question do to its answers."""
    yield from _neutral(question)
    yield from _one_thing(question)
    yield from _plain(question, terms)
    yield from _positive(question)


def _neutral(question: Question) -> Iterator[Words]:
    found = _LEADING.search(question.text) or _LOADED.search(question.text)
    if found:
        yield (
            "neutral",
            "must",
            f"“{question.text}”里的“{found[0]}”带有倾向，会引导回答",
            f"改成中性的问法，例如“您对{question.dimension or '服务'}的评价是？”",
        )


def _one_thing(question: Question) -> Iterator[Words]:
    if question.kind not in ("rating", "nps", "single"):
        return
    found = _JOINT.search(_NO_JOINT.sub("，", _BRACKETS.sub("，", question.text)))
    if found:
        joined = re.sub(r"^.*对", "", found[0])
        yield (
            "double_barrelled",
            "should",
            f"“{question.text}”一题问了两件事（“{joined}”），得分说不清属于哪一件",
            "拆成两题，或只保留其中一件",
        )


def _plain(question: Question, terms: Collection[str]) -> Iterator[Words]:
    known = {term.upper() for term in terms} | _COMMON
    for text in (question.text, *question.options):
        for found in _ABBREVIATION.finditer(text):
            word, before, after = found[0], text[: found.start()], text[found.end() :]
            # SLA（服务等级协议） and 服务等级协议（SLA） both explain.
            explained = re.match(r"\s*[（(]", after) or re.search(r"\w\s*[（(]\s*$", before)
            if word.upper() not in known and not explained:
                yield (
                    "jargon",
                    "should",
                    f"“{text}”里的“{word}”是缩写，客户不一定懂",
                    f"改用中文说法，或在后面加括号解释，例如“{word}（中文说法）”",
                )


def _positive(question: Question) -> Iterator[Words]:
    text = _NO_NEGATION.sub("，", _CHOICE.sub("，", question.text))
    if found := _DOUBLE.search(text):
        yield (
            "negation",
            "must",
            f"“{question.text}”用了双重否定（“{found[0]}”），容易答反",
            "改成肯定的问法",
        )
        return
    asked_plainly = question.kind in ("rating", "nps", "single") and not question.reverse
    if asked_plainly and (found := _NEGATION.search(text)):
        yield (
            "negation",
            "should",
            f"“{question.text}”用了否定（“{found[0]}”），同意与不同意容易弄反",
            "改成肯定的问法；确实要反向提问时写 reverse: true",
        )


_BAD = re.compile(r"不|没|差|低|慢|难|糟|坏|很少|从未|否")
_GOOD = re.compile(r"满意|好|同意|高|快|愿意|可能|容易|优|及时|经常|总是|清楚|符合")
_MIDDLE = re.compile(r"一般|中立|普通|说不清|不确定|尚可|中等|无所谓|既不")


def polarity(label: str) -> int:
    """Say whether a label of a scale is positive (1), negative (−1) or neither (0)."""
    if _MIDDLE.search(label):
        return 0
    if _BAD.search(label):
        return -1
    return 1 if _GOOD.search(label) else 0
