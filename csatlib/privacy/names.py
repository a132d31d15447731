"""Names of people: those on a list exactly, others by the way they are spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from csatlib.privacy.spelling import Find, folded, spelled

__all__ = ["Names", "addressed"]

# ---- names on a list -----------------------------------------------------------------------------

# What may stand between the characters of a name; names are compared without it.
_BETWEEN = re.compile(r"[\s·•・.\-_*]")


class Names:
    """A list of names, ready to be looked for in many texts.

    Found are those of at least two characters, in any case, with or without spaces and dots
    between the characters; Latin ones only as whole words.
    """

    def __init__(self, names: Iterable[str]) -> None:
        kept = {_compact(spelled(name).plain) for name in names}
        self._names = frozenset(name for name in kept if len(name) >= 2)
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[0], set()).add(len(name))
        # The longest name that begins at a place is the one meant.
        self._lengths = {first: sorted(of, reverse=True) for first, of in lengths.items()}
        firsts = "".join(re.escape(first) for first in sorted(self._lengths))
        self._first = re.compile(f"[{firsts}]") if firsts else None

    def __bool__(self) -> bool:
        return bool(self._names)

    def spans(self, plain: str) -> Iterator[tuple[int, int]]:
        """Yield where a name stands in a text of plain spelling, from left to right."""
        if self._first is None:
            return
        lower = folded(plain)
        if not self._first.search(lower):
            return
        places = [i for i, c in enumerate(lower) if not _BETWEEN.match(c)]
        compact = "".join(lower[i] for i in places)
        at = 0
        while match := self._first.search(compact, at):
            at = match.start() + 1
            for length in self._lengths[match[0]]:
                last = match.start() + length - 1
                if last >= len(compact) or compact[match.start() : last + 1] not in self._names:
                    continue
                start, end = places[match.start()], places[last] + 1
                if _is_whole(lower, start, end):
                    yield start, end
                    at = last + 1
                    break


def _compact(plain: str) -> str:
    return _BETWEEN.sub("", folded(plain))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Refuse a Latin name inside a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    inside = (_is_latin(before) and _is_latin(text[start])) or (
        _is_latin(after) and _is_latin(text[end - 1])
    )
    return not inside


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u2e80"


# ---- names by the way people are spoken of ---------------------------------------------------------

_COMPOUND = "欧阳|司马|上官|诸葛|慕容|司徒|皇甫|尉迟|公孙|令狐|宇文|长孙|东方|端木|夏侯|西门|南宫|独孤|轩辕|百里|呼延|澹台|申屠|太史|闻人|赫连|公冶|宗政|濮阳|淳于|单于|钟离|鲜于|闾丘|亓官|司空|史密斯"
# Surnames that few other words begin with.
_COMMON = (
    "王李张刘陈杨赵吴周徐孙朱胡郭何林罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘董袁叶蒋杜苏魏吕丁沈姚卢姜崔钟谭陆汪"
    "廖贾韦付邹孟秦邱邵江尹薛闫阎侯陶黎贺郝龚樊殷翟倪俞柳窦耿戚祁岑鲍詹褚娄虞柯冉蓝聂卞桂裴覃骆甄臧靳"
    "骆赖邢阮佟芦卓葛巩鞠蔺涂辛凌舒屈温柴尤莫"
)
_OTHER = (
    "黄马高金方石白余于龙康任夏范顾商毛严田路万熊段孔钱史程汤雷尚施牛洪安常武乔文庞章鲁左焦管祝霍季成戴穆季关"
    "傅向梅童游古匡盛时喻颜简苗华申牟宁艾欧简滕解习易苑池米麦匡齐邝郎庄纪席"
)
_SURNAME = rf"(?:{_COMPOUND}|[{_COMMON}{_OTHER}])"
_FREQUENT = rf"(?:{_COMPOUND}|[{_COMMON}])"
# Characters that given names are made of.
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰红玉玲华建国文斌辉鹏飞波宇浩凯健俊帆雪梅琳琴云"
    "志新海峰林燕萍鑫晨晓东春雨佳欣怡婷倩颖慧洁晶莹蓉蕾薇莉莎露娇媛丹凤珍珠香菊莲荣福贵财宝德仁义礼智信"
    "忠孝诚良善永远长安康宁乐天思源泽轩睿博涵梓子梦琪若诗语嘉豪一鸣皓然宏昊坤乾亮光景阳旭升松柏竹青山川"
    "江河湖立成达顺祥瑞庆彬彪威震雷电龙虎豹骏驰翔振兴盛昌学淑惠贤美艺瑶瑾瑜璐琼璇珊珂彤妍妮婉婕娅嫣"
    "娴姗姣怀书墨清溪沐舟航帅锋钢铁柱根生保卫民全友朋义胜利发家和正大小多双喜来富进启开先少仲伯季叔中"
    "世代启元亨贞丰毅恒坚毅韬略武翰逸飘尘风行健可心亦凡又冬秋夏菁蓓芸芬芝茹荷蓝蔷薇芮苗苏桐楠榕榆桦柔琦"
    "琰璟玮珏琛珩钧铭锐锦钰鉴铮寒冰霜露微澜听望舒晴晚白夜星辰月影彦彩歌音韵声纯真雅洛依伊娃菲非凌霄云"
    "经纬丰收壮蒙延廷庭禾禄寿山岩岳巍崇嵘峻岭力功勋勤奋勉励劲克能才艾绮绍维纲继绪绣罗缨群翠羽飞鸿雁鹤鸣"
    "欢笑悦愉恩惠慈念恬恺悟意情愫愿慎懿成戈承拓振捷掌播擎放政敬敦斐旋旗日旦旺昂昆昕昭映昱晋晏晖智暄曦曼"
    "朔朗朝权村杉杏果枫柯栋树校格栗栩梁棋棠森椿楚楷樱樵次欧歆殿毓民水汉沁沛治泉泓波泰洪津浪涓润淳淼渊渝"
    "温港游湘滔滢漫潇潮澄濂灵炎炜炫炳烁烨热焕照熙燃爽牧献玄率甜田甫用男画留畅登盈益盼相眉瞳石砚硕碧磊祖"
    "祎祯禹秉科秦程稳穗立竞童端笛筠简箫米素红纪级纳纶纯练经绢绪缘缤网翊翎翼耀耘聪肖育胤腾自致舜良芃花芷"
    "苒苑英茂茜茵茗荃莞菡萌萱葆葵蒙蓬蔚薛藤虹蝶融行衍裕西言诺谊谦谨谷豫贝赋赐赫超越跃路轶辅达迁迅迎远迪逢"
    "通逊遥邦郁采里重野金针钊钟铃银锡镇镜门问间闻阔队防际陆陵隆雄雯霁霆霓霖青靖韦音韶项顺颂预颜风飒馨香马"
    "驹骁高鲁鸥鹃鹭麒麟黎齐龄"
)
_NAME = rf"[{_GIVEN}]{{1,2}}"

# Words that begin like a surname with a given name, or end like a surname.
_WORDS = frozenset(
    "安装 安全 安排 安静 安阳 安庆 安康 安徽 高级 高兴 高明 高新 高中 高温 高山 高峰 高能 高大 高铁 高速 高端 高校 江苏 江西 江门 江阴 "
    "云南 温州 温柔 温馨 温和 温暖 常州 常德 常年 常用 常见 常来 黄山 黄冈 黄石 黄金 黄河 郑州 郑重 成都 成天 成功 成立 成长 成果 成熟 "
    "石家 石油 石材 石化 吉林 苏州 苏宁 宁波 宁夏 宁可 徐州 徐家 许昌 许多 许可 金华 金牌 金融 金额 金山 金色 马鞍 马来 马路 马力 "
    "柳州 梅州 梅雨 贵阳 贵州 万州 万一 万能 万分 万达 万科 万家 汤阴 邢台 唐山 余姚 余杭 向阳 向来 芜湖 萧山 武汉 武昌 武进 武警 "
    "何时 何地 何必 何种 何况 何以 何故 任何 如何 为何 周一 周二 周三 周四 周五 周六 周日 周末 周年 周期 周到 周边 周围 周全 "
    "平安 平时 平和 平凡 方便 方向 方言 方正 方面 方法 方案 方才 时时 时常 时间 时代 时光 时长 时候 白天 白云 白色 白白 白领 明白 "
    "华为 华东 华北 华南 华中 华夏 华西 康复 康师 全程 全天 全力 全家 全国 全部 全新 全能 全体 毛利 文明 文化 文科 文员 文艺 文字 "
    "程序 程度 路由 路上 路面 路过 管理 管家 关于 关心 关键 关系 关照 施工 施行 史上 史无 严重 严格 严厉 严肃 严谨 田园 田间 段时 "
    "易用 易通 简明 简单 简易 简直 游客 游戏 古典 申通 申请 申报 张家 张江 张口 张罗 张开 张力 张扬 李宁 李子 陈列 陈旧 陈述 陈年 "
    "林业 林地 林立 林子 胡同 胡乱 胡闹 胡来 梁山 谢谢 谢意 谢绝 宋体 唐装 韩国 韩语 韩式 曹操 曾经 曾多 彭州 蔡甸 董事 袁州 "
    "叶片 蒋介 杜绝 杜鹃 苏打 魏都 丁点 丁丁 沈阳 钟点 钟表 陆续 陆地 汪汪 贾汪 孟加 秦皇 秦淮 江边 江山 江湖 江北 江南 江东 "
    "薛家 侯马 陶瓷 贺卡 贺喜 赖皮 舒服 舒心 舒适 屈服 莫名 莫非 莫大 尤其 辛苦 凌晨 卓越 温度 温水 柴油 葛优 蓝天 蓝色 蓝牙 "
    "龙湖 龙华 龙岗 顾客 顾问 顾家 商家 商业 商务 商品 商城 商户 尚且 尚可 尚未 左右 左手 乔迁 章程 洪水 洪山 季节 季度 牛奶 牛气 "
    "艾特 欧洲 解释 解答 解决 解约 习惯 池州 米饭 米粉 麦当 齐全 纪念 席位 庄园 盛大 童年 童装 喻为 范围 雷电 雷雨 雷达 "
    "钱包 钱财 于是 余额 余下 余款 夏天 夏季 夏日 夏令 马上 马虎 孔明 龙虾 龙头 古老 柯达 桂林 桂花 桂圆 卢浮 路路 冉冉 "
    "张贴 李代 王牌 王者 王国 王府 刘海 吴江 吴中 吴语 朱砂 罗列 罗湖 许久 许诺 冯家 萧条 蒋家 吕梁 姚家 崔家 谭家 廖家 韦尔".split()
)
# A surname behind one of these ends a word: 关于经理, 甲方经理, 责任经理.
_BEFORE_SURNAME = {
    "于": "关由对至终属等处低高位基善归多少小大过在",
    "方": "对双官甲乙我贵警校院店地各多资第三买卖厂一单东西南北上下前后大四",
    "关": "有相无机海公把难开",
    "万": "一二三四五六七八九十几数百千上近约",
    "白": "明大坦表告空黑",
    "常": "经非平日正异通时往寻",
    "安": "保治公平西延新长",
    "时": "及当按随小准临同到何平有那这计定即钟暂一点每工限历",
    "任": "责主担信委就离上前现胜大班历",
    "金": "现资佣基押奖租定保本罚黄美",
    "高": "提最很较太更增升偏超级",
    "向": "方面转一导意去",
    "成": "完达构组造形生变做办促八九七六五四三",
    "石": "钻宝基玉化",
    "余": "其剩多十业百几",
    "管": "主保监分总尽不高城交",
    "文": "中英原语公作全论条发图人",
    "程": "工流过日课教里全行远旅进",
    "路": "线网电道马公一思铁问走",
    "何": "任如为几奈",
    "解": "了理讲见调化分和",
    "单": "订工账简名清菜保运表",
    "商": "厂客电协经供销运服开代招",
    "易": "交容贸简轻不",
    "段": "阶手时地片路",
    "顾": "照回主不兼只",
    "章": "公盖文规印违",
    "施": "实措设",
    "史": "历",
    "康": "健小",
    "熊": "狗",
    "马": "人兵罗宝天",
    "江": "长珠黑浙九",
    "林": "园森吉桂树",
    "钟": "分秒点闹几",
    "罗": "张包",
    "许": "也或允准少",
    "谢": "谢感多",
    "张": "紧两一三慌夸开纸扩主",
    "周": "上下本每一两三四几整双",
    "季": "四本上下每一二三淡旺",
    "田": "水农",
    "席": "坐出首",
    "简": "精",
    "华": "中豪精繁",
    "黄": "",
    "平": "水公",
    "苏": "江",
    "习": "学实练",
    "纪": "经世年",
    "齐": "整一看",
    "盛": "",
    "龙": "水恐",
    "童": "儿",
    "游": "旅导手",
    "古": "内蒙复",
    "池": "电",
    "米": "厘平方毫大小",
    "麦": "",
    "欧": "",
    "温": "体高低水室升",
    "曾": "不未",
    "舒": "",
    "莫": "",
    "夏": "华宁",
    "尤": "",
    "左": "",
    "毛": "",
}
_TITLES = (
    "先生|女士|小姐|太太|夫人|总经理|副总|经理|老师|师傅|主管|主任|总监|工程师|客服|店长|队长|组长|班长|站长|科长"
    "|处长|部长|局长|院长|校长|厂长|行长|所长|董事长|律师|医生|大夫|护士|警官|同志|同学|阿姨|叔叔|大哥|大姐|大叔"
    "|大妈|大爷|老板|会计|教授|专员|坐席|座席|话务员|接线员|技术员|维修员|维修工|安装工|骑手|助理|秘书|管家|教练"
    "|书记|快递|小哥|营业员|服务员|司机"
)
_SHORT_TITLES = (
    r"总(?![是在会计共部得有要能觉感体结数量额之算的归监裁机站]|经理)"
    r"|工(?![作资程单人具地厂商号期艺业序会龄友种伤钱装本时])"
    r"|哥|姐(?!妹)|叔|婶|嫂|董(?!事)"
)
_ROLES = (
    "客服|工程师|师傅|经理|坐席|座席|话务员|接线员|专员|快递员|外卖员|骑手|店员|老师|主管|主任|维修员|安装员|技术员"
    "|业务员|销售|导购|前台|运维|员工|同事|店长|管家|护士|医生|司机|营业员|柜员|服务员|工作人员|人员|小哥|组长|班长"
)
_ABOUT = "投诉|表扬|感谢|谢谢|点赞|联系|找|叫|通知|转告|麻烦|请|让|跟|和|与|对|给|是|由|派"
# What follows a name: the end of the clause, or how one goes on about a person.
_END = r"(?=$|[^\u4e00-\u9fff]"
_PREDICATE = (
    _END + r"|很|非常|态|服务|说|没|不|在|的|上门|和|也|都|给|已|答|处理|技术|迟|一直|耐心|特别|太|真|挺|十分|就"
    r"|把|让|来|去|对|承|接|工作|业务|水平|响应|解|办|修|讲|反|推|跟|负责|乱|先生|女士|同志|这|我|于|住|电话|手机|从|是|为)"
)
_LABELS = (
    "我叫|名叫|我名字叫|名字叫|名字是|联系人|收件人|收货人|签收人|经办人|代办人|报修人|申请人|投诉人|寄件人|户名|机主"
    "|业主|户主|客户姓名|姓名|真名|实名|患者|乘客|会员"
)
_INTRODUCED = "我是|本人|这里是|在下|我是用户|是用户|用户|客户"
_FRIENDLY = _COMMON.translate(str.maketrans("", "", "叶钟江温舒莫尤辛凌蓝卓葛柳桂秦陶黎"))
_FAMILIAR = "强明伟芳珍兰英梅玲军斌辉峰杰飞福贵宝娟燕霞玉凤秀平东亮勇刚娇珠萍敏丽"

_CONTEXTS = tuple(
    re.compile(pattern)
    for pattern in (
        # 王建国师傅, 王先生, 老王师傅
        rf"(?P<name>[小老]?{_SURNAME}(?:{_NAME})?)(?={_TITLES})",
        # 张工, 李总, 郑姐
        rf"(?P<name>[小老]?{_SURNAME})(?={_SHORT_TITLES})",
        # 客服张丽很有耐心
        rf"(?:{_ROLES})[::\s]?(?P<name>{_FREQUENT}{_NAME}){_PREDICATE}",
        # 投诉张丽乱收费
        rf"(?:{_ABOUT})(?P<name>{_FREQUENT}{_NAME}){_PREDICATE}",
        # 联系人：张丽
        rf"(?:{_LABELS})[\s::是为叫,]{{0,3}}(?P<name>{_SURNAME}{_NAME}){_PREDICATE}",
        # 姓名：张丽, whatever the given name
        rf"(?:{_LABELS})\s?[::]\s?(?P<name>{_SURNAME}[\u4e00-\u9fff]{{1,2}}){_END})",
        # 我是张丽，
        rf"(?:{_INTRODUCED})[\s::]?(?P<name>{_SURNAME}{_NAME}){_END}|的)",
        # 我姓王
        rf"(?<![百同名])姓(?P<name>{_SURNAME})(?!名|氏)",
        # 小王, 老李
        rf"(?<![大最较太缩古养元长变减多很从偏年敬更])(?P<name>[小老][{_FRIENDLY}])",
        # 阿强
        rf"(?P<name>阿[{_FAMILIAR}])(?![\u4e00-\u9fff]?国)",
    )
)
_HINT = re.compile(
    rf"{_TITLES}|[总工哥姐叔婶嫂董姓名人主小老阿]|{_ROLES}|{_ABOUT}|{_LABELS}|{_INTRODUCED}"
)


def addressed(plain: str) -> Iterator[Find]:
    """Yield names that a form of address, a label or a role gives away."""
    if not _HINT.search(plain):
        return
    for pattern in _CONTEXTS:
        for match in pattern.finditer(plain):
            start, end = match.span("name")
            if not _is_word(plain, start, end):
                yield "name", start, end


def _is_word(plain: str, start: int, end: int) -> bool:
    """Say whether what looks like a name belongs to an ordinary word."""
    name = plain[start:end]
    affectionate = name[0] in "小老" and len(name) > 1
    surname = start + affectionate
    if plain[surname : surname + 2] in _WORDS or (
        affectionate and plain[surname - 1 : surname + 2] in _SMALL_WORDS
    ):
        return True
    before = plain[start - 1 : start]
    if not affectionate and before and before in _BEFORE_SURNAME.get(name[0], ""):
        return True
    return plain[start : end + 1] in _TITLE_WORDS or name in _NO_NAMES


_SMALL_WORDS = frozenset(("小程序", "小龙虾", "小任务", "小包装", "老顾客", "老毛病", "小余额"))
#: Surname and title that together are another word.
_TITLE_WORDS = frozenset("高工 施工 包工 童工 康师".split())
_NO_NAMES = frozenset(("小时", "老师", "小于", "老高"))
