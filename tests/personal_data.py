"""Invented personal data as people write it into a comment, and comments that hold none.

The formats come from how people write, not from what the library looks for. Every number is made
up: mobile numbers of blocks with noughts, ID cards of counties that do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

__all__ = [
    "CLEAN",
    "HELD_OUT_CLEAN",
    "HELD_OUT_NAMES",
    "Item",
    "clean_comments",
    "held_out_names",
    "items",
]

Make = Callable[[np.random.Generator], str]


@dataclass(frozen=True)
class Item:
    """One comment with one datum: its kind, its characters, the names that are known beforehand."""

    kind: str
    text: str
    start: int
    end: int
    known: tuple[str, ...] = ()
    roster: tuple[str, ...] = ()


# ---- how it is written ---------------------------------------------------------------------------

_FULL = str.maketrans("0123456789-@. ", "０１２３４５６７８９－＠．　")
_HAN = str.maketrans("0123456789", "零一二三四五六七八九")
_CIRCLE = str.maketrans("0123456789", "〇一二三四五六七八九")
_SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
_KEYCAPS = {digit: f"{digit}\ufe0f\u20e3" for digit in "0123456789"}


def _pick(rng: np.random.Generator, choices):
    return choices[int(rng.integers(len(choices)))]


def _digits(rng: np.random.Generator, n: int) -> str:
    return "".join(str(d) for d in rng.integers(10, size=n))


def _split(text: str, *sizes: int) -> list[str]:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return [*parts, text[at:]] if at < len(text) else parts


_PREFIXES = (
    "130", "135", "137", "138", "139", "147", "150", "158", "166", "177", "182", "186", "188",
    "191", "199",
)  # fmt: skip


def _mobile(rng: np.random.Generator) -> str:
    prefix = _pick(rng, _PREFIXES)
    number = prefix + _pick(rng, ("0000", "0001", "0010")) + _digits(rng, 4)
    a, b, c = _split(number, 3, 4)
    styles = (
        number, number, number, number,
        f"{a} {b} {c}", f"{a}-{b}-{c}", f"{a}—{b}—{c}", f"{a}.{b}.{c}", f"{a} - {b} - {c}",
        f"{a}  {b}{c}", f"{a}{b} {c}", f"{a}-{b}{c}",
        number.translate(_FULL), f"{a} {b} {c}".translate(_FULL),
        number.translate(_HAN), number.translate(_SPOKEN), number.translate(_CIRCLE),
        f"{a} {b} {c}".translate(_SPOKEN), a + (b + c).translate(_HAN),
        " ".join(number), "-".join(number), "\u200b".join(number), f"{a}\u200b{b}\u2060{c}",
        f"+86{number}", f"+86 {number}", f"+86-{a}-{b}-{c}", f"0086 {number}", f"(86){number}",
        f"（{a}）{b}{c}", f"({a}){b}-{c}", f"86-{number}",
        "".join(_KEYCAPS[d] for d in number), f"{a}*{b}*{c}", f"{a}_{b}_{c}", f"{a}\n{b}{c}",
        " ".join(_split(number, 3, 3, 3)), " ".join(_split(number, 5, 3)),
    )  # fmt: skip
    return _pick(rng, styles)


def _landline(rng: np.random.Generator) -> str:
    area = _pick(rng, ("010", "021", "020", "025", "0571", "0755", "0532", "0871"))
    local = _pick(rng, "23568") + _digits(rng, 7 if len(area) == 3 else 6)
    styles = (
        f"{area}-{local}", f"{area}-{local}", f"{area} {local}", f"{area}{local}",
        f"({area}){local}", f"（{area}）{local}", f"{area}—{local}", f"{area}-{local}-801",
        f"{area}-{local}转8012", f"+86-{area[1:]}-{local}", f"+86 {area[1:]} {local}",
        f"{area}-{local[:4]} {local[4:]}", f"{area}-{local}".translate(_FULL),
        f"{area} {local[:4]}-{local[4:]}", f"{area}-{local[:4]}-{local[4:]}",
    )  # fmt: skip
    return _pick(rng, styles)


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _id_card(rng: np.random.Generator) -> str:
    county = _pick(rng, ("110199", "310199", "440199", "510199"))
    month, day = f"{int(rng.integers(1, 13)):02d}", f"{int(rng.integers(1, 29)):02d}"
    body = f"{county}{int(rng.integers(1945, 2010))}{month}{day}{_digits(rng, 3)}"
    total = sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True))
    number = body + "10X98765432"[total % 11]
    styles = (
        number, number, number, number.lower(), number.translate(_FULL),
        " ".join(_split(number, 6, 8, 4)), "-".join(_split(number, 6, 8, 4)),
        " ".join(_split(number, 6, 4, 4, 4)), " ".join(_split(number, 3, 3, 4, 4, 4)),
        " ".join(_split(number, 4, 4, 4, 4, 2)), "\u200b".join(_split(number, 6, 8, 4)),
        number.replace("X", "Ｘ"), " ".join(number), number.translate(_SPOKEN),
        f"{county}{number[8:14]}{number[14:17]}",
    )  # fmt: skip
    return _pick(rng, styles)


def _bank_card(rng: np.random.Generator) -> str:
    bank = _pick(rng, ("622200", "622800", "621700", "622588", "439200", "518700", "955880"))
    body = bank + _digits(rng, 12 if bank[0] in "6" else 9)
    for check in "0123456789":
        number = body + check
        doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(number))]
        if sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0:
            break
    fours = [number[i : i + 4] for i in range(0, len(number), 4)]
    styles = (
        number, number, number, " ".join(fours), "-".join(fours), "  ".join(fours),
        number.translate(_FULL), " ".join(fours).translate(_FULL), "\u200b".join(fours),
        f"{number[:6]} {number[6:]}", ".".join(fours),
    )  # fmt: skip
    return _pick(rng, styles)


def _email(rng: np.random.Generator) -> str:
    user = _pick(rng, (
        "zhangsan", "li.ming", "wang_fang", "xiaoyu", "chen-hao", "Lucy", "a.b.c", "m",
        "sunny_day", "ZHAO",
    )) + _pick(rng, ("", _digits(rng, 2), _digits(rng, 4), "1990"))  # fmt: skip
    if rng.random() < 0.2:
        user = _pick(rng, "123456789") + _digits(rng, 8)
    host, top = _pick(rng, (
        ("qq", "com"), ("163", "com"), ("126", "com"), ("example", "com"), ("sina", "com.cn"),
        ("gmail", "com"), ("mail.example", "org"), ("example", "edu.cn"), ("outlook", "com"),
        ("foxmail", "com"), ("vip.example", "net"), ("139", "com"),
    ))  # fmt: skip
    address = f"{user}@{host}.{top}"
    styles = (
        address, address, address, address, address, address.upper(),
        address.replace("@", "＠"), address.translate(_FULL), address.replace("@", " @ "),
        address.replace("@", "@ "), f"{user}@{host}点{top}", f"{user}@{host} 点 {top}",
        f"{user} at {host}.{top}" if host in ("qq", "163", "126", "gmail") else address,
        f"{user}(at){host}.{top}", f"{user}[at]{host}.{top}", f"{user} at {host} dot {top}",
        address.replace("@", "@\u200b"), f"{user}@{host}。{top}" if "." not in host + top else address,
        f"{user}艾特{host}.{top}", f"{user}@{host}. {top}", f"{user}#{host}.{top}",
    )  # fmt: skip
    return _pick(rng, styles)


def _handle(rng: np.random.Generator) -> str:
    return _pick(rng, (
        f"xiaoyu{_digits(rng, 4)}", f"wxid_{_digits(rng, 4)}abcd{_digits(rng, 6)}",
        f"lmm-{_digits(rng, 3)}x", f"zhang_san{_digits(rng, 2)}", f"AAA{_digits(rng, 5)}",
        f"happy_{_digits(rng, 5)}", f"Q{_digits(rng, 8)}", f"lily{_digits(rng, 6)}", "sunflower_mm",
        f"a{_digits(rng, 9)}", "zhaoxiaomei", "mingming-2000",
    ))  # fmt: skip


def _qq(rng: np.random.Generator) -> str:
    number = _pick(rng, "123456789") + _digits(rng, int(rng.integers(5, 10)))
    styles = (number, number, number, number.translate(_FULL), " ".join(_split(number, 3, 3)),
              number.translate(_HAN), "\u200b".join(_split(number, 4)))  # fmt: skip
    return _pick(rng, styles)


def _plate(rng: np.random.Generator) -> str:
    province = _pick(rng, "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")
    letter = _pick(rng, "ABCDEFGH")
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    tail = _digits(rng, 5)
    spot = int(rng.integers(5))
    if rng.random() < 0.6:
        tail = tail[:spot] + _pick(rng, letters) + tail[spot + 1 :]
    if rng.random() < 0.25:
        tail = _pick(rng, ("D", "F")) + _pick(rng, (_digits(rng, 5), "A" + _digits(rng, 4)))
    plate = f"{province}{letter}{tail}"
    styles = (
        plate, plate, plate, f"{province}{letter}·{tail}", f"{province}{letter} {tail}",
        f"{province}{letter}-{tail}", plate.lower(), f"{province}{letter}.{tail}",
        plate.translate(_FULL), f"{province} {letter} {tail}", f"{province}{letter}•{tail}",
        f"{province}{letter}\u200b{tail}",
    )  # fmt: skip
    return _pick(rng, styles)


_CITIES = (
    "北京市朝阳区", "上海市浦东新区", "广东省深圳市南山区", "江苏省南京市鼓楼区", "浙江杭州西湖区",
    "四川省成都市武侯区", "杭州市余杭区", "南山区", "海淀区", "武汉市洪山区", "山东省青岛市市南区",
    "河南省郑州市金水区", "苏州工业园区", "天津市和平区", "重庆市渝北区", "西安市雁塔区", "",
    "湖南省长沙市岳麓区", "内蒙古自治区呼和浩特市新城区", "福建省厦门市思明区",
)  # fmt: skip
_ROADS = (
    "建国路", "人民南路", "解放大道", "中山北路", "学院路", "文三路", "长江西路", "科技园路",
    "延安西路", "和平街", "朝阳门外大街", "幸福巷", "东四十条胡同", "望江路", "迎宾大道", "滨河东路",
)  # fmt: skip
_ESTATES = (
    "阳光花园", "幸福小区", "翠湖家园", "万和城", "金地国际公寓", "绿洲新村", "书香苑", "东方大厦",
    "滨江一号院", "和谐佳苑", "碧水湾", "紫荆花园",
)  # fmt: skip


def _address(rng: np.random.Generator) -> str:
    city, road, estate = _pick(rng, _CITIES), _pick(rng, _ROADS), _pick(rng, _ESTATES)
    n, m, k = (int(x) for x in rng.integers(1, (300, 30, 7)))
    room = f"{int(rng.integers(1, 32))}{int(rng.integers(1, 5)):02d}"
    styles = (
        f"{city}{road}{n}号", f"{city}{road}{n}号", f"{city}{road}{n}号{m}号楼{k}单元{room}室",
        f"{city}{road}{n}号{estate}{m}栋{room}", f"{city}{road}{n}弄{m}号{room}室",
        f"{city}{estate}{m}栋{k}单元{room}室", f"{city}{estate}{m}号楼{k}单元{room}",
        f"{city}{road}{estate}{m}幢{room}室", f"{city}{road}{n}号{estate}A座{room}室",
        f"{city} {road}{n}号 {estate}{m}栋{room}室", f"{city}{road}{n}号".translate(_FULL),
        f"{city or '昆山市'}花桥镇{road}{n}号", f"{city or '平度市'}李家村{n}号",
        f"{estate}{m}栋{k}单元{room}", f"{estate}{m}-{k}-{room}室", f"{road}{n}号{estate}{m}号楼",
        f"{city}{road}{n}号院{m}号楼{room}", f"{city}，{road}{n}号",
        f"{estate}{'一二三四五六七八九'[k]}栋{'一二三'[k % 3]}单元{room}",
    )  # fmt: skip
    return _pick(rng, styles).strip("，")


def _ip(rng: np.random.Generator) -> str:
    first = _pick(rng, ("192.0.2.", "198.51.100.", "203.0.113.", "192.168.10.", "10.20.130."))
    return first + str(int(rng.integers(1, 255)))


_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏"
)
_GIVEN = (
    "伟", "芳", "建国", "秀英", "子涵", "一鸣", "丽娟", "晓东", "雨桐", "磊", "志强", "海燕", "思远",
    "淑珍", "浩然", "静", "国庆", "文博", "欣怡", "大勇", "小红", "方", "乐", "明",
)  # fmt: skip
_FOREIGN = ("Lucy Chen", "Tom Wang", "David", "欧阳明月", "司马光宇", "阿依古丽·买买提", "慕容雪")


def _name(rng: np.random.Generator) -> str:
    if rng.random() < 0.15:
        return _pick(rng, _FOREIGN)
    return _pick(rng, _SURNAMES) + _pick(rng, _GIVEN)


def _written_name(name: str, rng: np.random.Generator) -> str:
    if name.isascii():
        return _pick(rng, (name, name, name.upper(), name.lower()))
    styles = (name, name, name, name, " ".join(name), "\u200b".join(name), "　".join(name))
    return _pick(rng, styles)


# ---- where it is written -------------------------------------------------------------------------

_BEFORE = (
    "", "", "", "等了20分钟没人接，", "客服态度还行，但是问题没解决。", "已经投诉过3次了，",
    "2026年9月30日报的修，", "总体满意，", "发票一直没收到，", "工单号GD26Q3-00017，", "退款380元，",
)  # fmt: skip
_AFTER = (
    "", "", "", "，谢谢", "。", "，请尽快处理！", "，急", "，麻烦了", " 谢谢", "，白天都在", "（上午方便）",
)  # fmt: skip

_FRAMES: dict[str, tuple[str, ...]] = {
    "mobile": (
        "我的手机号是{}", "请回电{}", "打{}联系我", "电话：{}", "联系方式 {}", "有结果通知{}",
        "手机{}", "我换号码了，现在是{}", "tel:{}", "请拨{}找我本人", "{}这个号一直被骚扰",
        "用{}注册的账户登不上", "号码{}被停机", "微信同号{}", "来电显示是{}", "备用电话{}",
        "您好，我是尾号用户，号码{}", "充话费充到{}没到账", "给{}发短信也行", "短信发到{}上",
    ),
    "landline": (
        "请打座机{}", "办公室电话{}", "固话{}没人修", "电话{}", "公司电话：{}", "回电{}", "{}打不通",
        "联系{}", "传真{}", "白天请拨{}",
    ),
    "id_card": (
        "身份证号{}", "我的身份证是{}", "身份证号码：{}", "证件号{}", "实名登记{}", "{}是我的证件",
        "核对一下{}", "身份证{}信息有误", "办卡用的{}", "ID：{}",
    ),
    "bank_card": (
        "银行卡号{}", "退款到{}", "卡号：{}", "请退到我的建行卡{}", "工行{}", "扣款账号是{}",
        "尾款打到{}就行", "信用卡{}被重复扣费", "账户{}", "我的卡{}一直没收到退款",
    ),
    "email": (
        "邮箱{}", "请发到{}", "发票发我邮箱：{}", "我的email是{}", "资料寄 {} 即可", "联系{}",
        "账单没发到{}", "用{}登录不了", "回复到{}", "抄送{}",
    ),
    "wechat": (
        "微信号{}", "微信：{}", "加我微信{}", "我的VX：{}", "vx {}", "wx:{}", "加V {}", "薇信{}",
        "微信号是{}", "v信{}", "WeChat: {}", "微信 {}", "微信id：{}", "加微信号 {}", "威信：{}",
        "请加我的微信，号是{}", "wx号{}", "我微信是{}",
    ),
    "qq": (
        "QQ{}", "QQ：{}", "qq号{}", "我的QQ是{}", "扣扣{}", "加QQ {}", "QQ号码：{}", "企鹅{}", "q q {}",
        "加我扣扣号{}", "Ｑ Ｑ：{}", "联系qq: {}", "企鹅号{}", "QQ 是 {}",
    ),
    "plate": (
        "车牌{}", "我的车是{}", "车牌号：{}", "{}停在门口被刮了", "停车费算错了，{}", "上门的车{}乱停",
        "车号{}", "送货司机开的{}", "登记的车牌{}不对", "{}这辆车",
    ),
    "address": (
        "地址：{}", "我住在{}", "请送到{}", "{}网络一直不通", "家住{}", "上门地址是{}", "寄到{}",
        "我家在{}", "收货地址{}", "师傅一直找不到{}", "地点{}", "安装地址 {}", "快递发{}", "搬到{}了",
    ),
    "ip": (
        "服务器{}连不上", "IP是{}", "ping {}不通", "电脑地址{}", "从{}登录异常", "访问{}超时",
    ),
    "name": (
        "{}", "客服{}态度很差", "我是{}", "是{}给我办的", "要表扬{}", "{}一直不回电话", "请找{}",
        "上次{}说三天内解决", "工程师{}上门很准时", "投诉{}", "跟{}沟通过", "{}人不错", "经办人{}",
        "收件人写的是{}，电话不对", "还是{}靠谱", "名字{}登记错了",
    ),
}  # fmt: skip

_MAKERS: dict[str, Make] = {
    "mobile": _mobile,
    "landline": _landline,
    "id_card": _id_card,
    "bank_card": _bank_card,
    "email": _email,
    "wechat": _handle,
    "qq": _qq,
    "plate": _plate,
    "address": _address,
    "ip": _ip,
}


def items(n: int = 220, *, seed: int = 7) -> Iterator[Item]:
    """Write ``n`` comments of each kind, and as many with a known name and with a roster's."""
    rng = np.random.default_rng(seed)
    for kind, make in _MAKERS.items():
        for _ in range(n):
            yield _item(kind, kind, make(rng), rng)
    for kind in ("known", "roster"):
        for _ in range(n):
            name = _name(rng)
            others = tuple(_name(rng) for _ in range(3))
            item = _item(kind, "name", _written_name(name, rng), rng)
            yield Item(item.kind, item.text, item.start, item.end, **{kind: (name, *others)})


def _item(kind: str, frames: str, value: str, rng: np.random.Generator) -> Item:
    before, after = _pick(rng, _BEFORE), _pick(rng, _AFTER)
    frame = _pick(rng, _FRAMES[frames])
    if frame.endswith("{}") and after and after[0] == " " and kind == "qq":
        after = ""
    left, right = frame.split("{}")
    start = len(before) + len(left)
    text = before + left + value + right + after
    return Item(kind, text, start, start + len(value))


# ---- names that nobody told us: held out, written before the patterns ----------------------------

#: 〔 〕 stand round what must go; the brackets themselves are not in the comment.
HELD_OUT_NAMES = """\
〔王〕先生的态度非常好
客服〔张丽〕很有耐心
感谢〔李建国〕师傅冒雨上门
〔刘〕工解决得很快
昨天是〔陈〕经理接待的
我叫〔赵小梅〕，电话一直打不通
我是〔孙志强〕，上周报的修
联系人：〔周敏〕
姓名：〔吴晓东〕 电话见登记
〔小李〕上门很准时
〔老王〕修得不错
请转告〔欧阳〕女士，谢谢
〔司马〕老师讲得很清楚
本人〔徐静〕对处理结果不满意
是个姓〔马〕的客服接的电话
工程师〔何伟〕技术过硬
要表扬〔郑〕姐，帮了大忙
〔冯〕总监亲自来道歉
收件人〔邓丽华〕，地址没变
找〔韩〕主任签的字
〔曹〕师傅说下周再来
〔阿强〕服务态度好
我是用户〔林子豪〕
〔罗〕小姐答应回电却没回
〔梁经纬〕经理说可以退款
跟〔宋〕主管反映过两次
〔唐〕大哥干活利索
客户〔许文强〕反映多次
〔小陈〕和〔小周〕都很热情
派来的〔彭〕工不熟悉设备
〔高〕女士投诉三次无果
免贵姓〔杜〕
我姓〔蒋〕，之前打过电话
维修员〔田大壮〕迟到一小时
接电话的〔沈〕女士语气生硬
〔夏雨荷〕客服耐心解答
〔诸葛明〕工程师水平高
〔魏〕队长带队，效率高
〔叶〕医生很专业
〔余〕老师的培训很实用
物业〔任〕经理从不露面
户名：〔袁媛〕
业主〔姜涛〕
经办人〔钟灵〕，请核实
快递员〔丁一〕把件丢门口
销售〔范冰〕承诺的没兑现
〔潘〕店长处理得当
请让〔董〕工再来一次
〔傅〕先生您好
〔程〕师傅手艺好
〔吕〕主管答复敷衍
坐席〔苏婷〕服务好
〔贾〕工来过两趟都没修好
〔老张〕人很实在
麻烦〔谢〕经理给个说法
我的名字是〔江一帆〕
话务员〔崔〕小姐
〔陆〕总说月底前解决
〔石〕师傅辛苦了
〔白〕女士是我们的联系人
〔金〕先生反馈系统太卡
〔龙〕工很负责
〔方〕老师很细心
〔史密斯〕先生不会中文
签收人是〔黎明〕
本人姓名〔孟飞〕
报修人：〔秦岚〕
〔段〕师傅不戴鞋套
运维〔侯亮平〕响应迅速
〔小赵〕同志态度端正
工号1024的〔尹〕女士
〔万〕经理推卸责任
〔汪洋〕主任批的
谢谢〔熊〕大姐
〔邱〕工程师没按时到
让〔顾〕主管回个电话
〔薛宝〕专员跟进不及时
〔雷〕师傅把墙弄脏了
申请人〔郝建〕
〔毛〕经理说不归他管
对〔黄蓉〕的服务很满意
〔孔〕阿姨打扫得干净
〔常〕工修了三次
张三丰这个名字登记错了，应该是〔张山峰〕
〔武松〕师傅力气大
投诉〔钱多多〕乱收费
〔Lucy〕客服很热情
〔杨〕哥送货快
〔贺〕处长来检查过
〔严〕老板不讲理
〔牛〕师傅态度牛气
〔施〕工布线整齐
我是〔陶然〕的家属
〔洪〕小姐姐声音好听
〔祝〕经理已经离职
代办人〔安然〕，本人在外地
〔关〕老师水平一般
〔于〕女士来电咨询
〔时〕工解释得清楚
〔向〕师傅很客气
"""


def held_out_names() -> list[tuple[str, list[tuple[int, int]]]]:
    """Give each held-out comment with the positions of its names."""
    found = []
    for line in HELD_OUT_NAMES.splitlines():
        text, spans = "", []
        for character in line:
            if character == "〔":
                spans.append((len(text), -1))
            elif character == "〕":
                spans[-1] = (spans[-1][0], len(text))
            else:
                text += character
        found.append((text, spans))
    return found


# ---- comments without personal data --------------------------------------------------------------

CLEAN = """\
等了20分钟才有人接，打了3次
客服热线10086一直占线
拨打400-820-8820没有人工
打12345投诉过也没用
请按95588的标准来做
工单GD26Q3-00001三天没人处理
工单号202609301234567一直显示处理中
订单号2026093012345678901还没发货
订单编号：110105199913310021不对
9月30日下午3点报修，10月2日才来
2026-09-30 15:30:21提交的，2026/10/08才回复
2026.09.30至2026.10.08期间断网
上个月扣了380.50元，这个月扣了1,280元
共计12800001234元的预算不够
升级到V3.2.1之后更慢了
版本10.2.13.4有问题
系统从1.0.0.1升到2.0.0.0就崩溃
宽带1000M实际只有93.5Mbps
评分是1、3、5、2、4，平均3分
等了13、15、17、20、22分钟
我是老客户了，服务越来越差
我是新用户，不太会操作
我是学生，希望有优惠
我是说你们的流程太长
我是第一次投诉
我是来办业务的
本人对此非常不满
本人于昨日下午到营业厅办理
本人从未开通过这项业务
我叫了三次都没人理
我叫的师傅没来
我叫不出名字的那个功能
老师讲得很好
老师态度和蔼
老客户没有优惠
老是掉线
老用户不如新用户
小区停电没有通知
小区物业不配合
小时候就用你们的产品
小程序打不开
小程序闪退
小龙虾味道不错
小商品不让带进去
24小时客服根本打不通
高工资不等于高效率
高工水平就是不一样
高级工程师也解决不了
和经理沟通了也没用
和主管反映过
向经理反映过
向客服反馈没有回音
关于经理的态度问题
对于工程师的安排不合理
由于师傅迟到耽误了上班
由于客服不懂业务
项目经理不负责任
客户经理换了好几个
产品经理不懂用户
大堂经理很热情
值班经理不在
部门经理推来推去
安装师傅很专业
安装师傅把地板弄脏了
安全主管没到场
维修师傅准时
施工师傅没戴鞋套
装修师傅介绍的
送货师傅服务好
现场工程师态度冷淡
任何工程师都应该懂的
任何老师都会这么说
应急主管迟迟不到
金牌客服名不副实
王牌产品也不过如此
王牌客服也没解决
全体客服都很热情
周末客服没人
周一客服都在忙
周五师傅来过
时间太长，时长不对
方案经理讲得不清楚
对方经理说不行
甲方经理和乙方主管吵起来了
双方老师都在
官方客服不回复
有关主管部门没有答复
单位经理签字才行
高兴地回来了
何时老师能来
何必呢
成都客服态度好
石家庄客服很慢
郑州师傅到得晚
苏州总部没有答复
江苏总经销不负责
黄金会员没有特权
黄总是忘
总是说马上，总是不来
常常占线
常见问题没有答案
万一客服不在怎么办
万分感谢
史上最差客服
严重影响办公
严格按流程走
客服高效专业
客服严重失职
客服温柔耐心
客服马上就处理了
客服和气
客服毛躁
客服解释不清楚
客服任务太重
客服应该培训
客服时好时坏
客服常常不在线
客服万能回复
工程师方案不行
工程师安排不合理
师傅安装很快
师傅高超的手艺
师傅麻利
师傅全程微笑
师傅游刃有余
经理成天不在
主管施压员工
联系人：无
联系人信息没更新
联系人要填三遍
姓名填错了改不了
姓名：无
姓名和电话都要重新填
收件人信息改不了
户名不符，办不了
业主群里都在说
业主代表没有到场
用户体验不好
客户至上是空话
北京的网点太少
上海浦东没有网点
广东省的服务比较慢
杭州市区也断网
南京路的店排队太久
中山路店态度好
在人民广场等了半天
一路上都没有信号
公交5路到不了你们网点
地铁2号线旁边的店
线路3号端口坏了
一路3号口进去找不到人
知道5号才能到货
回路2号报警
马路对面的网点关了
3号楼电梯坏了
二楼会议室的投影坏了
12楼网络慢
A座前台不理人
小区3号楼没网
15栋到现在没通网
2号窗口排队最长
5号才答复，6号又变了
微信公众号不好用
微信小程序打不开
微信支付失败
微信群里没人回
微信回复太慢
微信客服不在线
微信版本8.0.50不能用
企业微信登录不了
微信iPhone版闪退
加微信没人通过
加V会员也没用
VX200型号的设备老坏
wx接口报错40001
QQ音乐打不开
QQ群里没人答复
QQ客服不在线
QQ 20分钟没回复
QQ登录要验证3次
企鹅号不能登录
邮箱收不到验证码
邮件发了三封没有回
邮箱写的是公司邮箱
@客服 看不到吗
我 @ 了管理员三次
at your service 是空话
官网www.example.com打不开
请看http://example.com/help的说明
身份证上传失败
身份证照片要传3次
要求提供身份证和银行卡
银行卡绑定失败
卡号输入框只能输16位
账号登不上去
账号被锁了2次
账号密码错误5次就锁24小时
IP电话音质差
电话打了5次
电话10分钟没接
电话95533打不通
电话00后都不会打
座机坏了3天
传真机坏了
充值100000000积分没到账
验证码123456过期
验证码8位数字收不到
编号138000012345的设备
编号1380-0001-2345的设备
资产编号0138-0000-12345
设备型号A12345不支持
型号新B200不好用
川A级景区
京东快递慢
云A服务不稳定
鲁菜不错
苏E标准
比例1:3:5:7
时间是12:30:45到13:30:45
10:30-11:30之间打不通
温度36.5，湿度60%
速度从100降到20，再降到5
人员从1380人减到1000人
1380 0001号设备
第138次投诉
2026Q3的服务比2026Q2好
打了1个小时电话，等了1天1夜
一三五限行，二四六不限
一二三线城市都一样
三五天就好了
一一回复了
九点一刻到的
十三五规划
零零散散处理了几次
五六七八个人排队
二〇二六年九月三十日
一是态度差，二是速度慢，三是不专业
张口就骂人
张罗了半天
李子不新鲜
陈旧的设备该换了
周到的服务
周围的人都说好
吴侬软语听不懂
郑重承诺没有兑现
许多客服不懂业务
许久没人理
林立的规定
何况还收费
谢谢老师
谢谢客服
谢谢师傅
感谢工程师
感谢经理
高度重视客户
金额不对
钱没退
路上堵车
白跑一趟
白等两小时
牛气冲天
马上处理
马马虎虎
夏天太热
江边信号不好
段落不清楚
雷雨天就断网
温度太高
文件打不开
方便快捷
方法不对
单子一直没人接
单号查不到
丁点小事也要排队
石头一样冷漠
毛病多
项目延期
易用性差
阿姨打扫得干净
阿里云连不上
阿胶糕不新鲜
老板人好
老板娘很热情
老家没有网点
老毛病又犯了
老顾客没有优惠
老陈醋味道不错
小任务也拖
小包装不好打开
小常识普及不够
小范围测试
小米手机不兼容
小于10元不退
小黄车没地方停
大小王都不懂
师傅您好
老师您好
先生您好的开场白很机械
女士优先
经理室没人
主任医师号难挂
总经理信箱没人看
客服小姐姐声音好听
快递小哥很辛苦
外卖小哥迟到
保安大哥很好
前台小姐姐热情
工程师小哥不错
"""

_PARTS = (
    ("上周", "9月3日", "2026-08-15", "昨天下午3点", "周一", "月初", "第2次", "10月8日上午", "国庆期间", "这次"),
    (
        "拨打400-800-1234", "打10086", "打了5遍热线", "在App 5.3.2上提交", "通过小程序报修", "找人工客服",
        "提交工单GD26Q2-00815", "在公众号留言", "联系现场工程师", "到2号窗口办理",
    ),
    (
        "等了40分钟没人接", "显示处理中已经72小时", "被转了3次", "退了128.00元，少退20元", "说马上处理却没有下文",
        "安装师傅迟到2小时", "客服答复前后不一", "项目经理说下周上线", "系统报错500", "还要重新排队",
    ),
    ("", "。", "，不满意", "，希望改进！", "，总体还行", "，老客户都走了", "，1分不能再多", "，体验很差"),
)  # fmt: skip

#: As `CLEAN`, but written after the patterns and never used to improve them.
HELD_OUT_CLEAN = """\
话务员语速太快听不清
工程师上门前应该先打电话
师傅干完活没有清理现场
希望主管能回访一下
老板娘说要换一家供应商
经理签字要等五个工作日
投诉渠道太少
感谢你们的支持
谢谢高效的处理
请尽快安排师傅上门
联系不上任何人
找不到人工入口
叫了半天没人应
跟客服说了也白说
让人等太久
由于系统升级导致停机4小时
对接人换了三次
和上季度相比没有进步
与合同不一致
合同编号HT-2026-0098的条款不清
账单日是每月15号，还款日25号
流量用了15.6GB，超出200MB
2026年第3季度比第2季度差
3月到9月一共报修17次
第1次响应用了2小时30分，第2次用了4小时
SLA写的是99.95%，实际98.7%
端口8080和8443都不通
错误码0x80070005
设备SN号5CG1234XYZ扫不出来
快递单号SF1234567890123查不到
运单773012345678901没更新
版本号2026.3.15.1有bug
补丁KB5012345装不上
Win11 23H2不兼容
内网段10.x访问不了
平均4.2分，比上次高0.3分
报价从12万涨到15万
一共4层楼，每层12个工位
会议室在5楼东侧
总部大楼电梯太挤
东门的停车场不够
地铁口太远
路口红绿灯旁边那家
县城没有服务点
乡镇网点关得早
小票找不到了
小毛病不断
小问题拖成大问题
小组长推卸责任
老化的线路没换
老套的话术
老年人不会用
老爷机该换了
万事开头难
马不停蹄
高峰期打不进来
高端客户才有专属服务
金卡会员也要排队
白金会员没有差别
石沉大海
江河日下
周报没有按时发
周转太慢
郑重道歉才行
严格来说不合格
任性收费
常规检查没做
时间表一改再改
方案改了又改
钱没少花事没办成
关注度不够
华丽的页面不实用
文不对题
平台太卡
林荫道那个店
雷声大雨点小
管得太宽
项目组没人懂业务
项目主管换了，新主管不熟悉
商务经理和售后经理互相推
大区总监承诺的没做到
客户代表态度好
前台小妹很热情
保洁阿姨认真
门卫大爷不让进
我是行政部的
我是做财务的，发票很重要
我是上海的客户
本人在外地不方便
本人建议增加自助机
我叫不到车
姓名栏太短，填不下
联系人变更要盖章
用户名和密码总是提示错误
微信扫码进不去
微信通知收不到
QQ邮箱收不到附件
邮箱地址改不了
身份证过期了怎么办
卡号不显示
手机号换了没法改
"""


def clean_comments(n: int = 500, *, seed: int = 11) -> list[str]:
    """Give the hand-made comments without personal data, and ``n`` composed ones."""
    rng = np.random.default_rng(seed)
    composed = ["".join(_pick(rng, part) for part in _PARTS) for _ in range(n)]
    return [*CLEAN.splitlines(), *HELD_OUT_CLEAN.splitlines(), *composed]
