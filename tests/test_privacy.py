"""Personal data is found by shape and checksum, and the rest of the words stay."""

import pandas as pd
import pytest

from csatlib import privacy

ID_CARD = "11010519491231002X"  # the worked example of GB 11643-1999


@pytest.mark.parametrize(
    ("text", "redacted"),
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
        ("邮箱zhang @ qq.com谢谢", "邮箱[邮箱]谢谢"),
        ("邮箱zhang　＠\u200bqq.com", "邮箱[邮箱]"),
        ("邮箱zhang.san@example.com谢谢", "邮箱[邮箱]谢谢"),
        ("邮箱ｚｓ＠example.com", "邮箱[邮箱]"),
        (f"身份证{ID_CARD}", "身份证[身份证号]"),
        (f"身份证{ID_CARD.lower()}号", "身份证[身份证号]号"),
        ("身份证110105 19491231 002X", "身份证[身份证号]"),
        ("身份证110105、19491231、002X", "身份证[身份证号]"),
        (f"5、{ID_CARD}", "5、[身份证号]"),
        ("13800001234和13900005678", "[手机号]和[手机号]"),
    ],
)
def test_personal_data_is_replaced_and_the_words_stay(text, redacted):
    assert privacy.redact(pd.Series([text])).tolist() == [redacted]


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
        "等了1、3、5分钟",
        "分别是13、15、17、20、22分",
        "编号1380-0001-2345",
        "编号0138-0000-12345",
        "138    0000 1234",
        "138：0000：1234",
        "我＠客服",
        "我 @ 客服",
        "全角，标点。都不变！",
    ],
    ids=[
        "figures",
        "ticket",
        "10 digits",
        "12 digits",
        "no mobile",
        "checksum",
        "date",
        "list",
        "10 digits in a list",
        "12 digits in pieces",
        "13 digits in pieces",
        "four spaces",
        "other marks",
        "at",
        "spaced at",
        "marks",
    ],
)
def test_other_words_and_numbers_are_left(text):
    assert privacy.redact(pd.Series([text])).tolist() == [text]
    assert privacy.find(pd.Series([text])).empty


def test_redacting_twice_changes_nothing_more():
    texts = pd.Series([f"{ID_CARD}、13800001234、a@example.com", None, "很好"])
    once = privacy.redact(texts)
    assert privacy.redact(once).equals(once)
    assert once.isna().tolist() == [False, True, False]


def test_finds_tell_where_but_not_what():
    finds = privacy.find(pd.Series(["打13800001234", f"证{ID_CARD}"], index=["x", "y"]))
    assert finds.to_dict("list") == {
        "row": ["x", "y"],
        "kind": ["mobile", "id_card"],
        "start": [1, 1],
        "end": [12, 19],
    }


def test_the_input_is_not_changed():
    texts = pd.Series(["打13800001234"], name="text")
    privacy.redact(texts)
    assert texts.tolist() == ["打13800001234"]
    assert privacy.redact(texts).name == "text"
