"""Names that no list holds, by the way people speak of others and of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from csatlib.privacy.spelling import Find

__all__ = ["addressed"]

# Titles of one character, each with what makes another word of it: 总是, 工作, 姐妹.
_SHORT_TITLES = (
    r"总(?![总是在会计共部得有要能觉感体结数量额之算的归监裁机站]|经理)"
    r"|工(?![作资程单人具地厂商号期艺业序会龄友种伤钱装本时])"
    r"|[哥叔婶嫂]|姐(?!妹)|董(?!事)"
)
# The end of a clause.
_END = r"$|[^\u4e00-\u9fff]"
# In 小叶子, 小温 and 小江 it is seldom a person who is meant.
_NOT_FRIENDLY = str.maketrans("", "", "苏叶钟江温舒莫尤辛凌蓝卓葛柳桂秦陶黎")
_FAMILIAR = "强明伟芳珍兰英梅玲军斌辉峰杰飞福贵宝娟燕霞玉凤秀平东亮勇刚娇珠萍敏丽"
#: 李家村, 王家店: a place that is called after a family.
_FAMILY_PLACE = re.compile(r"家[\u4e00-\u9fff]?[村庄屯店口港湾园]")


def addressed(plain: str) -> Iterator[Find]:
    """Yield names that a form of address, a label or a role gives away; they may overlap."""
    for pattern in _contexts():
        for match in pattern.finditer(plain):
            start, end = match.span("name")
            if not _is_word(plain, start, end):
                yield "name", start, end


@cache
def _lists() -> Mapping[str, tuple[str, ...]]:
    """Read the lists that come with the library, section by section."""
    sections: dict[str, tuple[str, ...]] = {}
    section = ""
    for line in (files("csatlib.privacy") / "names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            sections[section] = ()
        elif line and not line.startswith("#"):
            sections[section] += tuple(line.split())
    return MappingProxyType(sections)


@cache
def _words(section: str) -> frozenset[str]:
    return frozenset(_lists()[section])


@cache
def _ends_of_words() -> Mapping[str, str]:
    return MappingProxyType(dict(line.split(":") for line in _lists()["ends of words"]))


def _either(section: str) -> str:
    """Make a pattern of a section, longer words first."""
    return "|".join(sorted(_lists()[section], key=len, reverse=True))


@cache
def _contexts() -> tuple[re.Pattern[str], ...]:
    """Compile the ways to speak of somebody; the group ``name`` is what must go."""
    two, common = _either("surnames of two characters"), "".join(_lists()["surnames"])
    ambiguous = "".join(_lists()["ambiguous surnames"])
    frequent, any_ = f"(?:{two}|[{common}])", f"(?:{two}|[{common}{ambiguous}])"
    # 先 and 生 stand in given names too: 王先生 is 王 and a title.
    given = f"(?!{_either('titles')})[{''.join(_lists()['characters of given names'])}]{{1,2}}"
    roles, labels, mentions = _either("roles"), _either("labels"), _either("mentions")
    going_on = f"(?={_END}|{_either('predicates')})"
    return tuple(
        re.compile(pattern)
        for pattern in (
            # 王建国师傅, 王先生, 老王师傅
            rf"(?P<name>[小老]?{any_}(?:{given})?)(?={_either('titles')})",
            # 张工, 李总, 郑姐
            rf"(?P<name>[小老]?{any_})(?={_SHORT_TITLES})",
            # 客服张丽很有耐心, 投诉张丽乱收费
            rf"(?:(?:{roles})[:\s]?|{mentions})(?P<name>{frequent}{given}){going_on}",
            # 联系人张丽
            rf"(?:{labels})[\s:是为叫,]{{0,3}}(?P<name>{any_}{given}){going_on}",
            # 姓名：张丽, whatever the given name
            rf"(?:{labels})\s?:\s?(?P<name>{any_}[\u4e00-\u9fff]{{1,2}})(?={_END})",
            # 我是张丽，
            rf"(?:我是|本人|这里是|在下|用户|客户)[\s:]?(?P<name>{any_}{given})(?={_END}|的)",
            # 本人张丽于昨日来过
            rf"(?:本人|用户|客户)(?P<name>{frequent}{given}){going_on}",
            # 我姓王
            rf"(?<![百同名])姓(?P<name>{any_})(?!名|氏)",
            # 小王, 老李
            r"(?<![大最较太缩古养元长变减多很从偏年敬更])"
            rf"(?P<name>[小老][{common.translate(_NOT_FRIENDLY)}])",
            # 阿强
            rf"(?P<name>阿[{_FAMILIAR}])",
        )
    )


def _is_word(plain: str, start: int, end: int) -> bool:
    """Say whether what looks like a name belongs to an ordinary word."""
    friendly = plain[start] in "小老" and end - start > 1
    if friendly and (
        plain[start:end] in _words("words with 小 or 老")
        or plain[start : start + 3] in _words("words with 小 or 老")
    ):
        return True
    surname = start + friendly
    before = plain[start - 1 : start]
    return (
        plain[surname : surname + 2] in _words("words")
        or plain[start : end + 1] in _words("words with a title")
        or bool(_FAMILY_PLACE.match(plain, surname + 1))
        or (bool(before) and before in _ends_of_words().get(plain[start], ""))
    )
