"""Invented names: people, customer units and places, none of them real."""

SURNAMES = tuple("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜")
GIVEN_NAMES = (
    "一禾", "子墨", "云帆", "以宁", "知行", "沐阳", "若溪", "景行", "书瑶", "明远",
    "安歌", "望舒", "嘉木", "清和", "怀瑾", "思齐", "可心", "亦凡", "南乔", "北辰",
    "星野", "听澜", "晚晴", "远山", "微澜", "既白", "青禾", "之遥", "乐山", "向晚",
)  # fmt: skip

#: Large customers are called prefix + 示例 + trade, so that nobody takes them for a real one.
UNIT_PREFIXES = ("岚溪", "澄江", "云岫", "苍梧", "栖霞", "青屿", "望川", "鹿鸣", "星垂", "临渊")
UNIT_TRADES = ("制造", "物流", "银行", "医院")
UNIT_DEPARTMENTS = ("信息中心", "运维部", "客户服务部", "生产部", "财务部", "行政部")

SHOP_PREFIXES = (
    "半亩", "三味", "小满", "白鹭", "听雨", "拾光", "知味", "朝露", "满庭", "归林",
    "浅山", "流萤", "柳岸", "竹里", "松间", "梅坞", "荷风", "菊篱", "桃源", "杏坛",
)  # fmt: skip
SHOP_TRADES = (
    "书店", "茶行", "餐饮", "花艺", "商贸", "设计", "文具", "食品", "家居", "电子",
    "农场", "印务", "旅行", "培训", "诊所",
)  # fmt: skip

#: Addresses of the ranges kept for documentation (RFC 5737), with a place of each region.
PLACES = {
    "华东": ("192.0.2.", ("江苏-南京", "浙江-杭州", "上海-上海")),
    "华北": ("198.51.100.", ("北京-北京", "河北-石家庄", "天津-天津")),
    "华南": ("203.0.113.", ("广东-广州", "广东-深圳", "海南-海口")),
    "西南": ("192.0.2.", ("四川-成都", "重庆-重庆", "云南-昆明")),
}

#: Members of staff bear names that no customer bears: surnames and given names of their own.
STAFF_SURNAMES = ("欧阳", "司徒", "上官", "慕容", "纪", "舒", "屈", "项", "祝", "董", "梁", "杜")
STAFF_GIVEN_NAMES = ("砚秋", "岫", "蘅芷", "樾", "泊舟", "疏桐", "霁月", "拂晓")
STAFF_TEAMS = ("热线一组", "热线二组", "运维服务台", "客户成功组")

INTERVIEWERS = ("回访员01", "回访员02", "回访员03", "回访员04", "回访员05")
