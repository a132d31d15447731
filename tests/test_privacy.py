"""Personal data is found by shape and by name, the rest of the words stay; ids become pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import re

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from csatlib import privacy

ID_CARD = "11010519491231002X"  # the worked example of GB 11643-1999
BANK_CARD = "6222000012345678907"
SWIPED = "4111 1111 1111 1111"


def redacted(text: str, **names) -> str:
    return privacy.redact(pd.Series([text]), **names)[0]


def stays(text: str) -> None:
    assert redacted(text) == text
    assert privacy.find(pd.Series([text])).empty


# ---- mobile, e-mail, ID card ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请打13800001234给我", "请打[手机号]给我"),
        ("电话138 0000 1234。", "电话[手机号]。"),
        ("电话138-0000-1234", "电话[手机号]"),
        ("电话１３８００００１２３４", "电话[手机号]"),
        ("+86 13800001234", "[手机号]"),
        ("1\u200b3800001234", "[手机号]"),
        ("138\u200e0000\u00ad1234", "[手机号]"),
        ("电话008613800001234", "电话[手机号]"),
        ("0086-138 0000 1234", "[手机号]"),
        ("+86(138)00001234", "[手机号]"),
        ("(+86)13800001234", "[手机号]"),
        ("请打（138）0000-1234。", "请打[手机号]。"),
        ("请打（13800001234）。", "请打（[手机号]）。"),
        ("138   0000   1234", "[手机号]"),
        *((f"请打138{mark}0000{mark}1234", "请打[手机号]") for mark in "-–—‐‑−.·…~～_/、,，*＊"),
        ("1*3*8*0*0*0*0*1*2*3*4", "[手机号]"),
        ("13800001234、13900005678", "[手机号]、[手机号]"),
        ("13800001234和13900005678", "[手机号]和[手机号]"),
        ("微信同号13800001234", "微信同号[手机号]"),
        ("一三八零零零零一二三四是我", "[手机号]是我"),
        ("幺三八〇〇〇〇一二三四", "[手机号]"),
        ("138零零零零1234", "[手机号]"),
        ("138OOOO1234", "[手机号]"),
        ("第一13800001234", "第一[手机号]"),
        ("1\ufe0f\u20e33\ufe0f\u20e38\ufe0f\u20e300001234\ufe0f\u20e3。", "[手机号]。"),
        ("①③⑧⓪⓪⓪⓪①②③④", "[手机号]"),
        ("1\u31643\u28008\u034f00001234", "[手机号]"),
        ("138\n00001234", "[手机号]"),
        ("٣在١٣٨٠٠٠٠١٢٣٤", "٣在[手机号]"),
    ],
)
def test_mobile_numbers_are_found_however_they_are_written(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("邮箱zhang @ qq.com谢谢", "邮箱[邮箱]谢谢"),
        ("邮箱zhang　＠\u200bqq.com", "邮箱[邮箱]"),
        ("邮箱zhang.san@example.com谢谢", "邮箱[邮箱]谢谢"),
        ("邮箱ｚｓ＠example.com", "邮箱[邮箱]"),
        ("a@mail.example.com.cn。好", "[邮箱]。好"),
        ("zhang@qq点com谢谢", "[邮箱]谢谢"),
        ("zhang@qq。com", "[邮箱]"),
        ("zhang@mail.example。com", "[邮箱]"),
        ("zhang@qq . com", "[邮箱]"),
        ("zhang at qq dot com", "[邮箱]"),
        ("zhang at 163.com", "[邮箱]"),
        ("zhang(at)company.com.cn", "[邮箱]"),
        ("zhang艾特qq点com", "[邮箱]"),
        ("zhang#163.com", "[邮箱]"),
        ("12345678@qq.com", "[邮箱]"),
    ],
)
def test_email_addresses_are_found_however_they_are_written(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"身份证{ID_CARD}", "身份证[身份证号]"),
        (f"身份证{ID_CARD.lower()}号", "身份证[身份证号]号"),
        (f"办卡用的{ID_CARD}", "办卡用的[身份证号]"),
        ("身份证110105 19491231 002X", "身份证[身份证号]"),
        ("身份证110105、19491231、002X", "身份证[身份证号]"),
        (f"5、{ID_CARD}", "5、[身份证号]"),
        ("幺幺零幺零五一九四九一二三一零零二X", "[身份证号]"),
        ("老证110105491231002", "老证[身份证号]"),
        ("身份证号码是：110105194912310021", "身份证号码是：[身份证号]"),
        ("身份证110105199913310021", "身份证[身份证号]"),
        ("证件号 11010549123100", "证件号 11010549123100"),
    ],
    ids=[
        "label", "small x", "bare", "spaces", "commas", "after a list number", "spoken", "15 digits",
        "wrong check digit after 身份证", "impossible date after 身份证", "14 digits are none",
    ],
)  # fmt: skip
def test_id_cards_are_found_by_checksum_or_by_the_word_before_them(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "等了20分钟，打了3次",
        "工单号 202609301234567",
        "订单1380000123",
        "编号138000012345",
        "号码12800001234",
        f"流水{ID_CARD[:-1]}1",
        "流水号110105199913310021",
        "流水号110105491231002",
        "110105491331002",
        "990105491231002",
        "等了1、3、5分钟",
        "分别是13、15、17、20、22分",
        "分别是13、15、17、20、22、9分",
        "编号1380-0001-2345",
        "编号0138-0000-12345",
        "138    0000 1234",
        "138：0000：1234",
        "工单GD26Q3-00001",
        "2026-09-30 15:30:21到2026.10.08",
        "20260930153021",
        "扣了12,800.50元",
        "一千三百八十万，二〇二六年九月三十日",
        "我＠客服",
        "我 @ 客服",
        "at your service",
        "look at www.example.com",
        "全角，标点。都不变！",
    ],
    ids=[
        "figures", "ticket", "10 digits", "12 digits", "no mobile", "checksum", "date",
        "15 digits of a business", "15 digits without a date", "15 digits without a province", "list",
        "10 digits in a list", "11 digits in a list", "12 digits in pieces", "13 digits in pieces",
        "four spaces", "other marks", "order", "times", "time stamp", "amount", "numerals", "at",
        "spaced at", "English", "site", "marks",
    ],
)  # fmt: skip
def test_other_words_and_numbers_are_left(text):
    stays(text)


# ---- further shapes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打010-62345678", "打[固定电话]"),
        ("（0755）8234 5678", "[固定电话]"),
        ("057187654321找我", "[固定电话]找我"),
        ("0755-82345678转801", "[固定电话]"),
        ("021-62345678-8012，谢谢", "[固定电话]，谢谢"),
        ("+86 10 6234 5678", "[固定电话]"),
        ("０１０－６２３４５６７８", "[固定电话]"),
        ("座机62345678", "座机[固定电话]"),
        ("固话 6234567", "固话 [固定电话]"),
    ],
)
def test_landlines(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "打400-820-8820", "电话400 820 8820", "4008208820", "800-820-8820", "热线10086", "拨12345",
        "95588", "010-623456789", "0571-1234", "订单075512345678", "电话20260930打过", "电话 2345678次",
    ],
    ids=[
        "400", "400 after a label", "400 in one", "800", "10086", "12345", "bank", "9 digits",
        "4 digits", "order", "a day after 电话", "times",
    ],
)  # fmt: skip
def test_service_numbers_and_others_are_no_landlines(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"退到{BANK_CARD}", "退到[银行卡号]"),
        (f"刷{SWIPED}两次", "刷[银行卡号]两次"),
        ("4111-1111-1111-1111", "[银行卡号]"),
        ("６２２２００００１２３４５６７８９０７", "[银行卡号]"),
        ("卡号：6222000012345678909", "卡号：[银行卡号]"),
        ("我的账号是123456789012", "我的账号是[银行卡号]"),
        ("工行卡6222000012345678909", "工行卡[银行卡号]"),
        ("6222 0213 8000 0123 45", "6222 0213 8000 0123 45"),
    ],
    ids=["Luhn", "fours", "hyphens", "full width", "label", "account", "bank", "neither"],
)
def test_bank_cards(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "工单号4111111111111111",
        "账号错了5次",
        "卡号输入框只能输16位",
        "卡号12345678901",
    ],
    ids=["check digit", "ticket", "tries", "length", "11 digits"],
)
def test_other_numbers_are_no_bank_cards(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("微信：abc123456", "微信：[微信号]"),
        ("加我微信lily_2000", "加我微信[微信号]"),
        ("加微信 zhaoxiaomei", "加微信 [微信号]"),
        ("VX：abcdef", "VX：[微信号]"),
        ("wx: a1b2c3", "wx: [微信号]"),
        ("薇信zhaoxiaomei", "薇信[微信号]"),
        ("Ｖ信ｌｉｌｙ２０００", "Ｖ信[微信号]"),
        ("微信号12345678", "微信号[微信号]"),
        ("我是wxid_abcd1234efgh", "我是[微信号]"),
        ("WeChat: lily-2000", "WeChat: [微信号]"),
        ("加薇：lily2000", "加薇：[微信号]"),
        ("加我微信zhaoxiaomei", "加我微信[微信号]"),
    ],
)
def test_wechat_ids(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "微信小程序打不开", "微信支付WeChat", "微信iPhone14闪退", "微信公众号CMCC10086", "VX200型号的设备",
        "wx接口报错40001", "微信abc", "微信：200000元",
    ],
    ids=["program", "pay", "phone", "account", "model", "error", "five letters", "amount"],
)  # fmt: skip
def test_other_words_after_wechat_stay(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("QQ12345678", "QQ[QQ号]"),
        ("我的qq号是12345", "我的qq号是[QQ号]"),
        ("扣扣：１２３４５６", "扣扣：[QQ号]"),
        ("企鹅 123 456 789", "企鹅 [QQ号]"),
        ("Q Q：12345678901", "Q Q：[QQ号]"),
        ("扣扣一二三四五六七", "扣扣[QQ号]"),
        ("加Q12345678", "加Q[QQ号]"),
        ("QQ邮箱：12345678", "QQ邮箱：[QQ号]"),
    ],
)
def test_qq_numbers(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "QQ1234",
        "QQ群123456789",
        "QQ 20分钟没回",
        "QQ20000元",
        "QQ音乐10086",
        "QQ 9.9.15",
        "12345678",
    ],
    ids=["4 digits", "group", "minutes", "amount", "product", "version", "no label"],
)
def test_other_numbers_are_no_qq_numbers(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("车牌京A12345", "车牌[车牌号]"),
        ("京A·12345停门口", "[车牌号]停门口"),
        ("粤 b 1234f", "[车牌号]"),
        ("沪AD12345", "[车牌号]"),
        ("沪A·D12345", "[车牌号]"),
        ("浙A12345D", "[车牌号]"),
        ("粤Z1234港", "[车牌号]"),
        ("京\u200bＡ１２３４５", "[车牌号]"),
    ],
)
def test_licence_plates(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    ["京A1234", "京A123456", "京I12345", "东A12345", "川A级景区", "京AABCDE", "京A1234I"],
    ids=["4", "6 digits", "letter I", "no province", "words", "letters only", "I inside"],
)
def test_what_is_no_licence_plate_stays(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("住在北京市朝阳区建国路88号", "住在[地址]"),
        ("送到上海市浦东新区张江路123弄45号601室，谢谢", "送到[地址]，谢谢"),
        ("我在建国路８８号", "我在[地址]"),
        ("是阳光花园3栋501室", "是[地址]"),
        ("是东方大厦A座1203室", "是[地址]"),
        ("我是3栋2单元501", "我是[地址]"),
        ("在李家村12号", "在[地址]"),
        ("住在江苏省昆山市花桥镇光明路5号院3号楼", "住在[地址]"),
        ("是阳光花园三栋二单元501", "是[地址]"),
        ("住朝阳区望京西园三区312楼1单元502", "住[地址]"),
        ("是3#楼2单元五零一", "是[地址]"),
        ("在弥敦道100号", "在[地址]"),
        ("到三好街90甲3号", "到[地址]"),
        ("在漕溪北路18号东方大厦10A。", "在[地址]。"),
        ("是阳光花园3-2-501", "是[地址]"),
    ],
)
def test_addresses(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "北京", "上海浦东没有网点", "中山路店", "杭州市西湖区文三路", "线路3号端口坏了", "知道5号才能到货",
        "解放路5号才送到", "3号楼电梯坏了", "我们小区3栋停电", "二楼会议室", "农村5号", "公交5路", "2号窗口", "楼道3号灯",
        "客服中心2026-09-30回复",
    ],
)  # fmt: skip
def test_places_without_a_house_stay(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IP是192.168.10.100", "IP是[IP地址]"),
        ("ping 19.216.81.01", "ping 19.216.81.01"),
        ("192。168。10。100", "[IP地址]"),
        ("服务器10.0.0.1:8080", "服务器[IP地址]:8080"),
        ("fe80::1ff:fe23:4567:890a", "[IP地址]"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "[IP地址]"),
    ],
)
def test_ip_addresses(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "版本192.168.10.100",
        "V1.2.3.4",
        "从1.0.0.1升到2.0.0.0",
        "12:30:45",
        "1::5",
        "1.2.3.4.5",
        "256.1.1.1",
    ],
    ids=["version", "V", "update", "time", "short", "five parts", "256"],
)
def test_versions_and_times_are_no_ip_addresses(text):
    stays(text)


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("王先生说会回电", "[姓名]先生说会回电"),
        ("陈建国师傅来过", "[姓名]师傅来过"),
        ("找过李总和孙工", "找过[姓名]总和[姓名]工"),
        ("欧阳女士", "[姓名]女士"),
        ("客服刘洋态度好", "客服[姓名]态度好"),
        ("客服：刘洋", "客服：[姓名]"),
        ("投诉李明乱收费", "投诉[姓名]乱收费"),
        ("我叫张伟明，请回电", "我叫[姓名]，请回电"),
        ("我是赵敏", "我是[姓名]"),
        ("我是张三的妻子", "我是[姓名]的妻子"),
        ("本人李明于9月3日报修", "本人[姓名]于9月3日报修"),
        ("联系人 李四", "联系人 [姓名]"),
        ("姓名：司马相如", "姓名：[姓名]"),
        ("免贵姓陈", "免贵姓[姓名]"),
        ("姓李的师傅", "姓[姓名]的师傅"),
        ("小王和老李都不错", "[姓名]和[姓名]都不错"),
        ("阿明很热情", "[姓名]很热情"),
        ("老马师傅", "[姓名]师傅"),
        ("请找王先生", "请找[姓名]先生"),
        ("投诉李小姐", "投诉[姓名]小姐"),
    ],
)
def test_names_are_found_by_the_way_people_are_spoken_of(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "等了2小时", "老师很好", "小区停电", "老客户没有优惠", "高工水平高", "王牌产品", "和经理沟通",
        "我是老客户", "我是学生", "向客服反映", "关于经理的态度", "安装师傅很好", "项目经理换人了",
        "任何工程师都行", "甲方经理", "小程序闪退", "老毛病", "由于总部没答复", "林林总总", "总是占线",
        "施工师傅", "周末客服没人", "客服高兴", "阿姨打扫", "阿里云", "百姓安居", "姓名填错了", "经常先生病",
        "我是李家村的", "刘姐妹店", "客户成功经理", "本人张开双臂", "大小王",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_names(text):
    stays(text)


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("张丽很好", ("张丽",), "[姓名]很好"),
        ("张 丽和张　丽和张\u200b丽", ("张丽",), "[姓名]和[姓名]和[姓名]"),
        ("是LUCY CHEN办的", ("Lucy Chen",), "是[姓名]办的"),
        ("ＬＵＣＹ办的", ("Lucy",), "[姓名]办的"),
        ("张丽华来过", ("张丽", "张丽华"), "[姓名]来过"),
        ("阿依古丽·买买提", ("阿依古丽买买提",), "[姓名]"),
        ("张丽打13800001234", ("张丽",), "[姓名]打[手机号]"),
        ("Lucyana办的", ("Lucy",), "Lucyana办的"),
        ("张和丽", ("张丽",), "张和丽"),
        ("张丽", ("王芳",), "张丽"),
        ("王府井", ("王", ""), "王府井"),
        ("住在李明路12号", ("李明",), "住在[地址]"),
        ("写到zhangli@qq.com", ("zhangli",), "写到[邮箱]"),
        ("京A12345Lucy", ("Lucy",), "[车牌号][姓名]"),
    ],
    ids=[
        "plain", "in pieces", "capitals", "full width", "longest", "middle dot", "beside a number",
        "inside a Latin word", "not together", "another's", "one character", "inside an address",
        "inside an e-mail",
        "found first, it shows a plate",
    ],
)  # fmt: skip
def test_listed_names_are_found_exactly(text, names, expected):
    assert redacted(text, roster=names) == expected
    assert redacted(text, known=pd.Series([names])) == expected


def test_a_known_name_is_looked_for_in_its_own_row_only():
    texts = pd.Series(["张丽很好", "张丽很好", "王芳很好", None], index=list("abcd"))
    known = pd.Series([("张丽",), ("王芳",), None, ("王芳",)], index=list("abcd"))
    assert privacy.redact(texts, known=known).tolist()[:3] == ["[姓名]很好", "张丽很好", "王芳很好"]
    finds = privacy.find(texts, known=known)
    assert finds.to_numpy().tolist() == [["a", "name", 0, 2]]


def test_known_needs_the_index_of_the_texts():
    with pytest.raises(ValueError, match="known: expected the index of texts"):
        privacy.find(pd.Series(["好"]), known=pd.Series([("张丽",)], index=[1]))


@pytest.mark.parametrize(
    "names",
    [
        {"known": pd.Series(["张丽"])},
        {"roster": "张丽"},
        {"roster": [7]},
        {"known": pd.Series([7])},
    ],
    ids=["known is text", "roster is text", "roster of numbers", "known is a number"],
)
def test_names_in_another_form_are_refused_and_not_shown(names):
    with pytest.raises(TypeError, match="expected") as error:
        privacy.redact(pd.Series(["好"]), **names)
    assert "张丽" not in str(error.value)


# ---- what holds of every text --------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "13800001234", "138", "0000", "1234", " ", "-", "，", "。", ID_CARD, BANK_CARD, "身份证号",
        "微信", "：", "abc123", "QQ", "12345678", "京A", "12345", "北京市朝阳区", "建国路", "88号", "3栋",
        "501室", "192.168.1.1", "@", "qq.com", "zhang", "王", "先生", "我叫", "张丽", "小李", "客服", "的",
        "[姓名]", "[手机号]", "[", "]", "\u200b", "\ufe0f", "０", "一", "卡号", "电话", "010-", "的", "工",
    ]
)  # fmt: skip
_TEXTS = st.lists(_PIECES | st.characters(codec="utf-8"), max_size=14).map("".join)


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
@example("13800001234 567")
@example("身份证号[手机号]110105199913310021")
@example("张[姓名]丽")
def test_redacting_twice_changes_nothing_more_and_finds_are_in_order(text):
    texts = pd.Series([text])
    names = {"known": pd.Series([("张丽",)]), "roster": ["李明"]}
    once = privacy.redact(texts, **names)
    assert privacy.redact(once, **names).equals(once)
    assert privacy.find(once, **names).empty
    finds = privacy.find(texts, **names)
    bounds = [b for _, _, start, end in finds.itertuples(index=False) for b in (start, end)]
    assert bounds == sorted(bounds)
    assert all(0 <= s < e <= len(text) for s, e in zip(bounds[::2], bounds[1::2], strict=True))


@pytest.mark.parametrize(
    ("kind", "text", "looks"),
    [
        ("mobile", "打138\u200b0000 1234吧", r"1\D*3.*4"),
        ("email", "写到a.b@example.com吧", r"a\.b@example\.com"),
        ("id_card", f"证{ID_CARD}吧", ID_CARD),
        ("bank_card", f"退到{SWIPED}吧", SWIPED),
        ("landline", "打010-62345678吧", r"010-62345678"),
        ("wechat", "微信号lily2000吧", "lily2000"),
        ("qq", "QQ：12345678吧", "12345678"),
        ("plate", "车京A·12345吧", "京A·12345"),
        ("address", "住在建国路88号吧", "建国路88号"),
        ("ip", "连192.168.1.1吧", r"192\.168\.1\.1"),
        ("name", "找王先生吧", "王"),
    ],
)
def test_positions_are_those_of_the_text_as_given(kind, text, looks):
    find = privacy.find(pd.Series([text])).iloc[0]
    assert find["kind"] == kind
    assert re.fullmatch(looks, text[find["start"] : find["end"]], re.DOTALL)
    assert privacy.REPLACEMENTS[kind] in redacted(text)


def test_finds_tell_where_but_not_what():
    finds = privacy.find(pd.Series(["打13800001234", f"证{ID_CARD}"], index=["x", "y"]))
    assert finds.to_dict("list") == {
        "row": ["x", "y"],
        "kind": ["mobile", "id_card"],
        "start": [1, 1],
        "end": [12, 19],
    }


@pytest.mark.parametrize("texts", [[], [None], ["", "很好"]], ids=["no rows", "missing", "clean"])
def test_nothing_to_find_gives_the_same_columns(texts):
    found = privacy.find(pd.Series(texts, dtype="str"))
    assert list(found) == ["row", "kind", "start", "end"]
    assert found.empty


def test_missing_comments_stay_missing_and_the_input_is_not_changed():
    texts = pd.Series(["打13800001234", None], name="text", index=[5, 3])
    redaction = privacy.redact(texts)
    assert texts.tolist()[0] == "打13800001234"
    assert redaction.name == "text"
    assert list(redaction.index) == [5, 3]
    assert redaction.isna().tolist() == [False, True]
    assert redaction.dtype == "str"


@pytest.mark.parametrize(
    "text",
    ["1" * 5000, "4" * 3000 + "x", "1 " * 500, "市" * 3000, "北京市" * 1000 + "号", "a@" * 2000, "一" * 4000],
    ids=["ones", "fours", "spaced", "city", "cities", "at", "numerals"],
)  # fmt: skip
def test_a_long_text_without_end_does_not_hang(text):
    privacy.redact(pd.Series([text]))


# ---- pseudonyms ----------------------------------------------------------------------------------

KEY = b"a key for tests only"


def test_a_pseudonym_is_hmac_sha256_cut_to_80_bits():
    # RFC 4231, test case 1: HMAC-SHA256 of "Hi There" begins b0344c61d8db38535ca8.
    bits = f"{int('b0344c61d8db38535ca8', 16):080b}"
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    expected = "".join(alphabet[int(bits[i : i + 5], 2)] for i in range(0, 80, 5))
    made = privacy.pseudonymise(pd.Series(["Hi There"]), key=b"\x0b" * 20)
    assert made.tolist() == [f"P{expected}"]
    assert (
        hmac.new(b"\x0b" * 20, b"Hi There", hashlib.sha256).hexdigest()[:20]
        == "b0344c61d8db38535ca8"
    )


def test_one_id_has_one_pseudonym_under_one_key():
    ids = pd.Series(
        ["C001", " Ｃ００１ ", "C0\u200b01", "c001", "C002"],
        index=list("abcde"),
        name="customer_id",
    )
    made = privacy.pseudonymise(ids, key=KEY)
    assert made["a"] == made["b"] == made["c"]
    assert made.nunique() == 3
    assert made.str.fullmatch(r"P[0-9A-HJKMNP-TV-Z]{16}").all()
    assert made.name == "customer_id"
    assert list(made.index) == list(ids.index)
    assert not set(made) & set(privacy.pseudonymise(ids, key=KEY[::-1]))


def test_a_missing_or_empty_id_has_no_pseudonym():
    made = privacy.pseudonymise(pd.Series([None, "", "  ", "C1"]), key=KEY)
    assert made.isna().tolist() == [True, True, True, False]
    assert made.dtype == "str"


@pytest.mark.parametrize("key", [b"", b"x" * 15, "x" * 32], ids=["empty", "15 bytes", "text"])
def test_a_weak_key_is_refused_and_not_shown(key):
    with pytest.raises(ValueError, match="at least 16 bytes") as error:
        privacy.pseudonymise(pd.Series(["C1"]), key=key)
    assert "xx" not in str(error.value)


# ---- tables without a link -----------------------------------------------------------------------


def quarter(order=(0, 1, 2)) -> dict[str, pd.DataFrame]:
    """Three questionnaires in some order of the raw file, and one that was set aside."""
    address = {who: f"abc:1:{place + 2}" for place, who in enumerate(order)}
    responses = pd.DataFrame(
        {
            "response_id": [address[i] for i in range(3)],
            "submitted_at": pd.to_datetime(
                ["2026-09-03 10:11:12", "2026-09-01 23:59:59", "2026-09-02 00:00:00"]
            ),
            "customer_id": pd.Series(["C3", "C1", None], dtype="str"),
            "ticket_id": pd.Series(["T1", "T2", "T3"], dtype="str"),
            "overall": pd.Series([5, 3, None], dtype="Int8"),
        }
    )
    comments = pd.DataFrame(
        {
            "comment_id": [f"{address[i]}:comment" for i in (0, 2)],
            "response_id": [address[i] for i in (0, 2)],
            "item": "comment",
            "text": ["很好", "太慢"],
        }
    )
    ledger = pd.DataFrame(
        {
            "row_id": [address[0], address[1]],
            "column": ["customer_id", "overall"],
            "rule": ["spelling", "scale"],
            "new": ["C3", "3"],
        }
    )
    quarantine = pd.DataFrame({"row_id": ["abc:1:9"], "rule": ["empty"], "reason": ["没有作答"]})
    tables = {"responses": responses, "comments": comments, "ledger": ledger}
    placed = {
        name: table.iloc[[*sorted(range(len(table)), key=lambda i: table.iloc[i, 0])]].reset_index(
            drop=True
        )
        for name, table in tables.items()
    }
    return {**placed, "quarantine": quarantine}


def test_unlinked_tables_hold_numbers_days_and_no_ids():
    tables = privacy.unlink(quarter())
    responses = tables["responses"]
    assert responses["response_id"].tolist() == ["A00001", "A00002", "A00003"]
    assert responses["submitted_at"].dt.strftime("%F %T").tolist() == [
        "2026-09-01 00:00:00", "2026-09-02 00:00:00", "2026-09-03 00:00:00",
    ]  # fmt: skip
    assert responses[["customer_id", "ticket_id"]].isna().all(axis=None)
    assert responses["overall"].fillna(0).tolist() == [3, 0, 5]
    assert tables["comments"].to_numpy().tolist() == [
        ["A00002:comment", "A00002", "comment", "太慢"],
        ["A00003:comment", "A00003", "comment", "很好"],
    ]
    assert tables["ledger"]["row_id"].tolist() == ["A00001", "A00003"]
    assert tables["ledger"]["new"].isna().tolist() == [False, True]
    assert tables["quarantine"]["row_id"].tolist() == ["X00001"]


def test_unlinked_tables_do_not_depend_on_the_order_of_the_raw_file():
    first = privacy.unlink(quarter())
    for order in ((2, 1, 0), (1, 2, 0)):
        again = privacy.unlink(quarter(order))
        assert all(again[name].equals(first[name]) for name in first)


def test_unlinked_tables_keep_columns_and_dtypes_and_the_input_stays():
    tables = quarter()
    before = {name: table.copy() for name, table in tables.items()}
    after = privacy.unlink(tables)
    for name, table in tables.items():
        assert table.equals(before[name])
        assert after[name].dtypes.equals(table.dtypes)
        assert len(after[name]) == len(table)


def test_no_original_id_is_left_anywhere():
    ids = re.compile(r"abc:1|C[123]|T[123]")
    for table in privacy.unlink(quarter()).values():
        assert not ids.search(table.to_csv())


def test_order_does_not_depend_on_an_id():
    tables = quarter()
    swapped = {**tables, "responses": tables["responses"].assign(customer_id=["Z", "Y", "X"])}
    assert privacy.unlink(swapped)["responses"].equals(privacy.unlink(tables)["responses"])


def test_a_table_of_ids_only_loses_its_order_too():
    tickets = pd.DataFrame({"ticket_id": ["T2", "T1"], "product": ["邮件", "存储"]})
    there = privacy.unlink({**quarter(), "tickets": tickets})["tickets"]
    back = privacy.unlink({**quarter(), "tickets": tickets[::-1]})["tickets"]
    assert there.equals(back)
    assert there["ticket_id"].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: {"comments": t["comments"]}, "expected responses among them"),
        (
            lambda t: {**t, "responses": t["responses"][t["responses"]["overall"] == 3]},
            "lines of others",
        ),
        (lambda t: {**t, "responses": pd.concat([t["responses"]] * 2)}, "each once"),
        (lambda t: {**t, "identities": pd.DataFrame()}, "the link itself"),
    ],
    ids=["no responses", "a stranger", "twice", "identities"],
)
def test_tables_that_cannot_be_unlinked_are_refused(change, message):
    with pytest.raises(ValueError, match=message) as error:
        privacy.unlink(change(quarter()))
    assert "abc:1" not in str(error.value)


# ---- lists of people -----------------------------------------------------------------------------


def lists() -> dict[str, pd.DataFrame]:
    """A quarter with everyone it was meant for, in tables that no questionnaire links."""
    frame = pd.DataFrame(
        {
            "customer_id": ["C3", "C1", "C9"],
            "ticket_id": ["T1", "T2", "T9"],
            "closed_at": pd.to_datetime(
                ["2026-09-03 10:11:12", "2026-09-01 00:00:00", "2026-09-02 00:00:00"]
            ),
            "region": ["东", "西", "东"],
        }
    )
    invitations = frame[["customer_id", "ticket_id"]].assign(channel="电话")
    aside = pd.DataFrame({"row_id": ["abc:1:9"], "rule": ["empty"], "customer_id": ["C9"]})
    return {**quarter(), "frame": frame, "invitations": invitations, "set_aside": aside}


def test_one_person_has_one_pseudonym_in_every_table():
    before, after = lists(), privacy.protect(lists(), key=KEY)
    for name in ("responses", "frame", "invitations", "set_aside"):
        for column in {"customer_id", "ticket_id"} & set(before[name]):
            expected = privacy.pseudonymise(before[name][column], key=KEY)
            assert after[name][column].equals(expected), (name, column)
    assert after["set_aside"]["row_id"].tolist() == ["abc:1:9"]
    assert after["comments"].equals(before["comments"])
    # The topmost line of the ledger is a file's header, which is no cell.
    told = [t.to_csv() for name, t in after.items() if name != "ledger"]
    assert not re.search(r"\b[CT][1-9]\b", "".join(told))


def test_without_a_link_the_lists_give_margins_and_nothing_else():
    after = privacy.protect(lists(), key=None)
    frame = after["frame"]
    assert frame[["customer_id", "ticket_id"]].isna().all(axis=None)
    assert frame["region"].value_counts().to_dict() == {"东": 2, "西": 1}
    assert (frame["closed_at"] == frame["closed_at"].dt.normalize()).all()
    assert frame["closed_at"].is_monotonic_increasing
    assert after["set_aside"]["row_id"].tolist() == after["quarantine"]["row_id"].tolist()
    assert after["set_aside"]["customer_id"].isna().all()


def test_the_vault_lists_who_never_answered():
    tables = lists()
    personal = pd.DataFrame(columns=["row_id", "role", "key", "kind", "value"], dtype="str")
    named = [tables[name] for name in ("frame", "invitations", "set_aside")]
    vault = privacy.identities(personal, tables["responses"], key=KEY, lists=named)
    assert set(vault["value"]) == {"C1", "C3", "C9", "T1", "T2", "T3", "T9"}
    assert not vault.duplicated().any()
    without = privacy.identities(personal, tables["responses"], key=KEY)
    assert "C9" not in set(without["value"])


def test_a_list_is_redacted_with_the_names_of_the_rows_own_customer():
    personal = pd.DataFrame(
        {
            "row_id": ["a:1:2"],
            "role": ["customers"],
            "key": ["C1"],
            "kind": ["name"],
            "value": ["高兴"],
        }
    )
    frame = pd.DataFrame(
        {
            "customer_id": ["C1", "C2", None],
            "unit": ["高兴商行", "高兴商行", "欧阳青禾，13800001234"],
        },
        index=[7, 7, 9],
    )
    found = privacy.redact_columns(
        frame, ["unit"], personal=personal, roster=iter(["欧阳青禾"]), ids=iter(())
    )
    assert found["unit"].tolist() == ["[姓名]商行", "高兴商行", "[姓名]，[手机号]"]
    assert found.index.tolist() == [7, 7, 9]
    assert privacy.redact_columns(frame, [], personal=personal).equals(frame)
    with pytest.raises(ValueError, match=r"missing \['remark'\]"):
        privacy.redact_columns(frame, ["remark"], personal=personal)
