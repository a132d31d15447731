"""Addresses: a road with a number, a building with a room, a village with a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csatlib.privacy.spelling import Find

__all__ = ["addresses"]

# Characters that stand before an address in a sentence and in no name of a place.
_NOT_IN_NAMES = "的了在到是我你他她它您们跟从把被请寄送住给这哪很没就也每让吗呢吧啊址位要因说"
_X = rf"(?:(?![{_NOT_IN_NAMES}])[\u4e00-\u9fff])"
_N = r"(?:[0-9]{1,5}|[零〇一二三四五六七八九十百]{1,5})"
_SPACE = r"[\s,，、\-]{0,2}"

_DISTRICTS = (
    rf"(?:{_X}{{1,8}}(?:省|自治区|特别行政区|自治州|地区|市|区|县|旗|镇|乡|街道|开发区){_SPACE})"
)
_ROAD = (
    rf"(?P<road>{_X}{{1,7}}?(?:大道|大街|路|街|巷|胡同|里弄|公路|道))"
    r"(?:[东南西北中]{1,2}段?|[一二三四]段|辅路|支路)?"
)
_ESTATE = rf"{_X}{{1,8}}(?:小区|公寓|大厦|广场|新村|国际|中心|楼盘|[院园苑里城府湾庭郡邸居阁])"
# One step inside: a building, a staircase, a floor, a room.
_PART = (
    rf"(?:[A-Za-z]?{_N}[A-Za-z]?|[A-Za-z])\s?(?:号楼|号院|栋|幢|座|单元|层|楼|室|号|弄|户|门|房)"
)
_ROOM = (
    r"(?:(?:[0-9]{1,3}[A-Z]|[A-Za-z]?[0-9]{2,4}(?:-[0-9]{1,4})?|[零〇一二三四五六七八九]{3,4})"
    r"(?![0-9]|\s?[元块分秒次年月日天个位条人点%小.]))"
)
_INSIDE = rf"(?:{_SPACE}(?:{_ESTATE})?\s?{_PART}){{0,6}}(?:(?:{_ESTATE})?-?{_ROOM})?"

_BY_ROAD = re.compile(
    rf"(?P<districts>{_DISTRICTS}{{0,5}}){_ROAD}\s?(?P<number>{_N}(?:[甲乙丙丁][0-9]{{0,3}})?(?:-[0-9]{{1,4}})?[A-Za-z]?)\s?"
    rf"(?P<after>号|弄)(?P<inside>院?{_INSIDE})"
)
_BY_BUILDING = re.compile(
    rf"(?P<districts>{_DISTRICTS}{{0,5}})(?P<road>{_X}{{1,7}}(?:路|街|大道|巷))?"
    rf"(?P<place>{_ESTATE}|{_X}{{0,8}})\s?"
    rf"(?P<parts>(?:{_N}|[A-Za-z])(?:号楼|#楼|栋|幢|座|号院|楼(?=\s?{_N}单元))(?:{_SPACE}{_PART}){{0,4}}(?:-?{_ROOM})?"
    r"|[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}室?)"
)
_BY_VILLAGE = re.compile(
    rf"(?P<districts>{_DISTRICTS}{{0,5}})(?P<place>{_X}{{1,6}}(?:村|屯|庄|寨))"
    rf"(?:{_N}组)?\s?{_N}号(?P<inside>{_INSIDE})"
)

# Words that end like a road and are none: 线路3号端口, 一路3号口, 知道5号到.
_NO_ROADS = re.compile(
    r"(?:[线电网思半一链通出迷走问来退末水气管断短开套上下条这那各几多双回支环]路|^[马公铁道]路"
    r"|[知报频渠通管隧跑轨味赛车公难地门厚一二三同行楼过便弯匝要]道|街道|[逛扫跨过]街|步行街)$"
)
_NOT_A_NUMBER = re.compile(
    r"\s?(?:线|端口|机|员|窗口|柜|口|才|之?前|上午|下午|早上|晚上|中午|当天|报修)"
)
_NO_VILLAGES = re.compile(r"(?:^|[农乡城中新])(?:农村|乡村|村|山寨)$")
_HINT = re.compile(r"[0-9零〇一二三四五六七八九十百A-Za-z](?:\s?(?:号|弄|栋|幢|座|#楼|楼)|-[0-9])")


def addresses(plain: str) -> Iterator[Find]:
    """Yield the places where somebody lives or works, down to a number; never a bare city."""
    if not _HINT.search(plain):
        return
    for match in _BY_ROAD.finditer(plain):
        if _is_road(match, plain):
            yield "address", *match.span()
    for match in _BY_BUILDING.finditer(plain):
        if _is_building(match):
            yield "address", *match.span()
    for match in _BY_VILLAGE.finditer(plain):
        if match["districts"] or not _NO_VILLAGES.search(match["place"]):
            yield "address", *match.span()


def _is_road(match: re.Match[str], plain: str) -> bool:
    road = match["road"]
    if _NO_ROADS.search(road):
        return False
    if match["districts"] or match["inside"]:
        return True
    # A number before 才 or 下午 is a day of the month: 解放路5号才送到.
    return not _NOT_A_NUMBER.match(plain, match.end())


def _is_building(match: re.Match[str]) -> bool:
    """Ask for a room, or for a building in a place that is told well enough."""
    parts, place = match["parts"], match["place"]
    steps = re.findall(r"号楼|#楼|号院|栋|幢|座|单元|层|楼|室|门|户|房|号", parts)
    numbers = re.findall(r"[0-9]+|[零〇一二三四五六七八九十百]+|[A-Za-z]", parts)
    room = "室" in steps or len(numbers) > len(steps)
    if not steps or (len(numbers) >= 3 and not place):
        return "室" in steps or bool(re.fullmatch(_ESTATE, place)) or len(steps) >= 2
    inner = room or "单元" in steps
    return inner or bool(match["districts"] and re.fullmatch(_ESTATE, place))
