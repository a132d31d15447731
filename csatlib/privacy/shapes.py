"""Identifiers that have a shape: numbers with a length, a checksum or a word before them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from csatlib.privacy.spelling import Find, numerals

__all__ = ["shapes"]

# What people put between digits, in plain spelling.
_GAP = r"[\s\-\u2010\u2011–—−.·•・…~_/、,()*]{0,3}"
# What they put between groups of digits of a card or a landline.
_BREAK = r"[\s\-\u2010\u2011–—−.·_]{0,3}"
_BETWEEN = r"[\s\-\u2010\u2011–—−.·_]{1,3}"
# What leads from a word such as 卡号 to the number itself. No closing bracket: a mark has one.
_LINK = r"(?:[\s::=,.。、;\-—(]|号码?|码|账号|id|名|同号|就?是|为|写的是|改成){0,7}"
# A bracket before the first digits belongs to the number only if it closes inside of it.
_OPENING = r"(?:\((?=[+0-9]{2,5}\)))?"
_COUNTRY = rf"(?:(?:(?:\+|00){_GAP})?86{_GAP})?"

# A number that follows such a word is a business's own, not a person's.
_BUSINESS = re.compile(
    r"(?:单号|编号|订单|工单|流水|运单|快递|单据|序列|型号|版本|合同|票号|受理|案件|设备|积分"
    r"|验证码|条码|批次|imei|sn|no\.?)[^0-9]{0,6}$",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"(?:(?<![a-z])v|版本|version|ver\.?|升到|升级到|更新到|固件|build)[\s:号是为.]{0,3}$", re.I
)
_UNITS = r"(?!\s?(?:元|块|分|秒|次|年|月|日|天|个|位|条|人|版|%|[.:/][0-9]))"


@dataclass(frozen=True)
class Shape:
    """One way to write a kind: its pattern, a further test, and whether Chinese numerals count.

    The datum is the group ``value`` where the pattern has one, else the whole match. ``hint``
    must be in the text for the pattern to be tried at all.
    """

    kind: str
    pattern: re.Pattern[str]
    accepts: Callable[[str, str, str], bool] | None = None
    hint: re.Pattern[str] | None = None
    written: bool = False


# ---- tests beyond the pattern: (the datum, what stands before it, what stands after it) --------

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# GB/T 2260: the first digit is the region, the second the province.
_PROVINCES = frozenset(
    f"{region}{province}"
    for region, provinces in enumerate(
        ("12345", "123", "1234567", "123456", "01234", "12345", "1", "12"), 1
    )
    for province in provinces
)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        return date(int(year), int(month), int(day)).year >= 1900
    except ValueError:
        return False


def _is_id_card(text: str, _before: str, _after: str) -> bool:
    digits = re.sub(r"[^0-9Xx]", "", text).upper()
    total = sum(int(d) * w for d, w in zip(digits[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == digits[17] and _is_day(
        digits[6:10], digits[10:12], digits[12:14]
    )


def _is_old_id_card(text: str, before: str, _after: str) -> bool:
    digits = _digits(text)
    return (
        digits[:2] in _PROVINCES
        and _is_day("19" + digits[6:8], digits[8:10], digits[10:12])
        and not _BUSINESS.search(before)
    )


def _is_bank_card(text: str, before: str, _after: str) -> bool:
    digits = _digits(text)
    if not 13 <= len(digits) <= 19 or _BUSINESS.search(before):
        return False
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_account(text: str, _before: str, _after: str) -> bool:
    return 12 <= len(_digits(text)) <= 21


def _is_mobile(text: str, before: str, after: str) -> bool:
    """Tell a number from a list of two-digit figures and from a dotted quad."""
    groups = re.findall(r"[0-9]+", text)
    if len(groups) >= 5 and len(groups[0]) == 2:
        return False
    around = f"{before[-4:]}|{text}|{after[:4]}"
    return not re.search(r"\|[0-9]{1,3}(?:\.[0-9]{1,3}){3}\|(?![0-9])", around)


def _is_landline(text: str, before: str, _after: str) -> bool:
    return not (text.isdigit() and _BUSINESS.search(before))


def _is_local(text: str, _before: str, _after: str) -> bool:
    """Tell a number without area code from a day such as 20260930."""
    digits = _digits(text)
    return not (digits.startswith("20") and _is_day(digits[:4], digits[4:6], digits[6:]))


def _is_ip(_text: str, before: str, after: str) -> bool:
    return not _VERSION.search(before) and not re.match(r"\s?(?:版|升)", after)


def _is_ipv6(text: str, _before: str, _after: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return len([group for group in text.split(":") if group]) >= 3


# Words that stand after 微信 and are no one's id.
_PRODUCTS = re.compile(
    r"(?:wechat|weixin|iphone|ipad|android|windows|harmony|desktop|official|payment|server|service"
    r"|version|xiaochengxu|https?|error|token|openid|unionid|appid|public|macos|huawei|xiaomi)(?![a-z])",
    re.IGNORECASE,
)


def _is_wechat(text: str, _before: str, _after: str) -> bool:
    return not _PRODUCTS.match(text)


def _is_plate(text: str, _before: str, _after: str) -> bool:
    return len(_digits(text)) >= 3


# ---- the shapes, those that win an overlap first ------------------------------------------------

_LOCAL = "[A-Za-z0-9._%+-]"
_TOP = r"(?:com|cn|net|org|edu|gov|hk|tw|cc|me|io|info|co|xyz|top|vip)(?![A-Za-z0-9-])"
_DOT = r"(?:\s{0,2}[.。]\s{0,2}|\s{0,2}(?:点|dot|\(dot\)|\[dot\])\s{0,2})"
_HOST = (
    rf"[A-Za-z0-9-]+(?:{_DOT}[A-Za-z0-9-]+){{0,3}}?{_DOT}{_TOP}(?:\.(?:cn|hk|tw)(?![A-Za-z0-9-]))?"
)
_MAIL = (
    r"(?:(?:vip\.)?(?:qq|163|126|139|189|sina|gmail|hotmail|outlook|foxmail|sohu|yeah|aliyun|yahoo"
    r"|icloud|live|msn|example))"
)
_AT_SIGN = r"\s{0,3}@\s{0,3}"
_AT_WORD = r"\s{0,3}(?:\(\s?(?:at|@)\s?\)|\[\s?(?:at|@)\s?\]|\{at\}|艾特|#)\s{0,3}|\s{1,3}at\s{1,3}"
_PLATE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
_SEVEN = rf"[2-9](?:{_BREAK}[0-9]){{6,7}}(?![0-9])"
_EXTENSION = r"(?:\s?(?:转|分机|ext\.?|-|—|\*)\s?[0-9]{1,6}(?![0-9]))?"
_HANDLE = r"[A-Za-z](?=[A-Za-z0-9_-]{5,19}(?![A-Za-z0-9_-]))[A-Za-z0-9_-]+"
_WECHAT = r"(?:微信|wei信|加薇|薇信|威信|徽信|维信|(?<![a-z])v信|wechat|weixin)"
_WECHAT_SHORT = r"(?:(?<![a-z])[vw]\s?x|[加+]\s?v)"
_LINKED = r"(?:[\s,]|我)*(?:号码?|[::=]|id|就?是|为)" + _LINK
_QQ = r"(?:(?<![a-z])q\s?q(?:邮箱)?|扣扣|企鹅|球球|(?<![a-z])q(?=号|:)|加\s?[q扣])"


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FOUR_DIGITS = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){3}")
_HAS_DOMAIN = re.compile(r"@|(?<![a-z])at(?![a-z])|艾特|\(at|\[at|#", re.IGNORECASE)
_HAS_WECHAT = re.compile(r"[信薇]|[vw]\s?x|[加+]\s?v|wechat|weixin", re.IGNORECASE)
_HAS_QQ = re.compile(r"q|扣|企鹅|球球", re.IGNORECASE)
_HAS_PLATE = re.compile(rf"[{_PLATE_PROVINCES}]\s?[A-HJ-Za-hj-z]")

SHAPES = (
    Shape(
        "email",
        re.compile(
            rf"(?<!{_LOCAL}){_LOCAL}+{_AT_SIGN}[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]++)++"
            rf"(?!\s?(?:[.。]|点)\s?{_TOP})"
        ),
        hint=_HAS_DOMAIN,
    ),
    Shape("email", _compiled(rf"(?<!{_LOCAL}){_LOCAL}+{_AT_SIGN}{_HOST}"), hint=_HAS_DOMAIN),
    Shape(
        "email",
        _compiled(
            rf"(?<!{_LOCAL}){_LOCAL}+(?:{_AT_WORD})(?:(?!www)[a-z0-9-]+{_DOT})?{_MAIL}{_DOT}{_TOP}"
            r"(?:\.cn(?![A-Za-z0-9-]))?"
        ),
        hint=_HAS_DOMAIN,
    ),
    Shape(
        "email",
        _compiled(rf"(?<!{_LOCAL}){_LOCAL}+(?:\s?[(\[]at[)\]]\s?|艾特){_HOST}"),
        hint=_HAS_DOMAIN,
    ),
    Shape(
        "email",
        _compiled(
            rf"(?<!{_LOCAL}){_LOCAL}+\s{{1,3}}at\s{{1,3}}[a-z0-9-]+"
            rf"(?:(?:\s{{1,3}}dot\s{{1,3}}|\.)[a-z0-9-]+){{0,2}}\s{{1,3}}dot\s{{1,3}}{_TOP}(?:\.cn(?![A-Za-z0-9-]))?"
        ),
        hint=_HAS_DOMAIN,
    ),
    Shape(
        "ip",
        re.compile(rf"(?<![0-9.]){_OCTET}(?:\s?[.。]\s?{_OCTET}){{3}}(?![0-9]|[.。][0-9])"),
        _is_ip,
        hint=_FOUR_DIGITS,
    ),
    Shape(
        "ip",
        re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f:]{4,39}(?![0-9A-Za-z:])"),
        _is_ipv6,
        hint=re.compile(r"::|(?::[0-9A-Fa-f]{1,4}){7}"),
    ),
    Shape("wechat", _compiled(r"(?<![a-z0-9_-])wxid_[a-z0-9_-]{6,}"), hint=_HAS_WECHAT),
    Shape(
        "wechat",
        _compiled(rf"(?:{_WECHAT}|{_WECHAT_SHORT}){_LINKED}(?P<value>{_HANDLE})"),
        _is_wechat,
        hint=_HAS_WECHAT,
    ),
    Shape(
        "wechat",
        _compiled(rf"(?:{_WECHAT}|{_WECHAT_SHORT})[\s,]{{1,3}}(?P<value>{_HANDLE})"),
        _is_wechat,
        hint=_HAS_WECHAT,
    ),
    Shape(
        "wechat",
        _compiled(
            rf"(?:{_WECHAT}(?=[a-z-]*[0-9_])|加我?的?微信|薇信|威信|徽信|维信|(?<![a-z])v信)(?P<value>{_HANDLE})"
        ),
        _is_wechat,
        hint=_HAS_WECHAT,
    ),
    Shape(
        "id_card",
        re.compile(rf"(?<![0-9])[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx](?![0-9Xx])"),
        _is_id_card,
        hint=_FOUR_DIGITS,
        written=True,
    ),
    Shape(
        "id_card",
        _compiled(
            rf"(?:身份证|证件){_LINK}(?P<value>[0-9](?:{_GAP}[0-9]){{13,16}}{_GAP}[0-9x])(?![0-9x])"
        ),
        hint=_FOUR_DIGITS,
        written=True,
    ),
    Shape(
        "id_card",
        re.compile(rf"(?<![0-9A-Za-z])[1-8](?:{_BREAK}[0-9]){{14}}(?!{_BREAK}[0-9]|[A-Za-z])"),
        _is_old_id_card,
        hint=_FOUR_DIGITS,
    ),
    Shape(
        "bank_card",
        re.compile(
            rf"(?<![0-9A-Za-z])(?:[34569][0-9]|2[2-7])[0-9]{{1,17}}(?:{_BETWEEN}[0-9]{{3,17}})*"
            rf"(?:{_BETWEEN}[0-9]{{1,2}})?(?![0-9A-Za-z])"
        ),
        _is_bank_card,
        hint=_FOUR_DIGITS,
        written=True,
    ),
    Shape(
        "mobile",
        re.compile(rf"(?<![0-9]){_OPENING}{_COUNTRY}1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])"),
        _is_mobile,
        hint=_FOUR_DIGITS,
        written=True,
    ),
    Shape(
        "bank_card",
        _compiled(
            rf"(?:卡号|账号|帐号|账户|帐户|银行卡|信用卡|储蓄卡|借记卡|行卡){_LINK}"
            rf"(?P<value>[0-9](?:{_BREAK}[0-9]){{11,20}})(?![0-9])"
        ),
        _is_account,
        hint=_FOUR_DIGITS,
        written=True,
    ),
    Shape(
        "landline",
        re.compile(
            rf"(?<![0-9A-Za-z.])(?:(?:\+|00)?86{_BREAK}|\(\+?86\){_BREAK})?"
            rf"(?:\(0{_AREA}\)|0{_AREA}){_BREAK}{_SEVEN}{_EXTENSION}"
        ),
        _is_landline,
        hint=_FOUR_DIGITS,
        written=True,
    ),
    Shape(
        "landline",
        re.compile(rf"(?<![0-9])(?:\+|00)86{_BREAK}{_AREA}{_BREAK}{_SEVEN}{_EXTENSION}"),
        hint=_FOUR_DIGITS,
    ),
    Shape(
        "landline",
        _compiled(
            rf"(?:座机|固话|固定电话|电话|传真|总机|tel){_LINK}"
            rf"(?P<value>[2-8][0-9]{{2,3}}[\s-]?[0-9]{{4}}{_EXTENSION})(?![\s-]?[0-9]){_UNITS}"
        ),
        _is_local,
        hint=_FOUR_DIGITS,
    ),
    Shape(
        "qq",
        _compiled(
            rf"{_QQ}{_LINK}(?P<value>[1-9](?:[\s-]{{0,2}}[0-9]){{4,10}})(?![0-9]){_UNITS}"
        ),
        hint=_HAS_QQ,
        written=True,
    ),
    Shape(
        "wechat",
        _compiled(
            rf"(?:{_WECHAT}|{_WECHAT_SHORT}){_LINKED}(?P<value>[1-9][0-9]{{5,11}})(?![0-9]){_UNITS}"
        ),
        hint=_HAS_WECHAT,
    ),
    Shape(
        "plate",
        _compiled(
            rf"[{_PLATE_PROVINCES}]\s?[A-HJ-Z][\s·•・.\-‧∙]{{0,2}}(?P<tail>"
            r"[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]|[A-HJ-NP-Z0-9]{5}"
            r"|[A-HJ-NP-Z0-9]{4}[学挂警港澳领试超])(?![A-Z0-9])"
        ),
        _is_plate,
        hint=_HAS_PLATE,
    ),
)  # fmt: skip


# One look decides for most comments, which hold none of this.
_NUMERAL = "[0-9零〇○Oo一壹幺二贰三叁四肆五伍六陆七柒八捌九玖]"
_ANYTHING = re.compile(
    rf"{_NUMERAL}(?:.{{0,3}}?{_NUMERAL}){{4}}|@|#|艾特|(?<![a-z])at(?![a-z])|::|q|[扣鹅球薇]"
    rf"|[vw]\s?x|[加+]\s?v|信.{{0,12}}?[a-z]|wechat|weixin|{_HAS_PLATE.pattern}",
    re.DOTALL | re.IGNORECASE,
)


def shapes(plain: str) -> Iterator[Find]:
    """Yield what has one of the shapes, those that win an overlap first."""
    if not _ANYTHING.search(plain):
        return
    written = numerals(plain)
    for shape in SHAPES:
        # First the text as it stands: in 一13800001234 the numeral is no part of the number.
        for text in (plain, written) if shape.written and written != plain else (plain,):
            yield from _matches(shape, text)


def _matches(shape: Shape, text: str) -> Iterator[Find]:
    if shape.hint is not None and not shape.hint.search(text):
        return
    group = "value" if "value" in shape.pattern.groupindex else 0
    for match in shape.pattern.finditer(text):
        start, end = match.span(group)
        before, after = text[max(0, start - 12) : start], text[end : end + 8]
        if shape.accepts is None or shape.accepts(match[group], before, after):
            yield shape.kind, start, end
