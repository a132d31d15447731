"""Replies that say nothing are set aside; whatever names a thing stays."""

import pandas as pd
import pytest

from csatlib.text import uninformative

NOTHING = """
无 没有 没有意见 没意见 无建议 暂无 没啥 没有了 没什么 没什么意见 没有任何意见 没有其他意见 没什么好说的
挺好的 很好 好 好的 都好 都挺好的 还行吧 还可以 不错 非常好 很满意 都满意 比较满意 一切正常 一切都好
继续保持 继续努力 再接再厉 希望越来越好 同上 同前 如上 略 一样 不知道 不清楚 想不起来 忘了 不记得 不评价 随便填
测试 测试一下 的的的 哈哈哈 嗯嗯嗯 啊啊啊 1234 12345678 111 asdf qwer lkj ababab aaaa zxc ok OK None n/a N/A test nothing
。。。 …… ??? ！！！ - / 👍 👍👍🏻 😊。 没有。 无！ 没有，挺好的 没有，谢谢 目前没有 暂时没有 我觉得挺好的
好，没意见。 很好！继续保持！ 没有，没有 [姓名] [手机号]。 谢谢 没有谢谢 ＯＫ １２３
"""

SOMETHING = """
没有人接听 没有人接电话 没人管 没有回访 没有发票 没有解决 没修好 没接通 没有很满意 没有好转 没有用 没有电梯 没有停车位
无人接听 无法接通 无线断网 无理 不好 不行 不满意 不清楚费用 不知道找谁 不知道怎么报修 很好用 好慢 好贵 好几次 很慢 慢 差 贵
挺好的就是慢 都挺好的，就是贵 满意度低 态度好 服务好 电话好打 客服好 同上次一样慢 同上，电话打不通 一样慢 还行就是贵
希望快一点 希望越来越好，尤其是热线 继续保持热线畅通 测试版闪退 测试环境连不上 测速慢 略贵 忘了回访 忘了带工具 哈哈没人接
我要投诉 可以退费吗 可以再快点 谢谢小王 谢谢客服 感谢师傅 加油站太远 一般都打不通 一般要等半小时 正常使用两天就坏了 对账不准
12345热线打不通 转人工难 bad slow VIP app asdfx 好的地方是快 是不是坏了 有故障 会断线 能不能快点 赞助太少 5G没信号
点了没反应 的确慢 优惠少 支持退货吗 祝好运不如修好 五星酒店都不如 完美错过 没事也打电话推销
"""


@pytest.mark.parametrize("reply", NOTHING.split())
def test_replies_that_say_nothing(reply):
    assert uninformative(pd.Series([reply])).tolist() == [True]


@pytest.mark.parametrize("reply", SOMETHING.split())
def test_replies_that_say_something(reply):
    assert uninformative(pd.Series([reply])).tolist() == [False]


def test_index_name_and_repetitions_are_kept():
    replies = pd.Series(["无", "慢", None, "无"], index=[7, 3, 5, 1], name="open_answer")
    found = uninformative(replies)
    assert found.tolist() == [True, False, True, True]
    assert (found.index.tolist(), found.name) == ([7, 3, 5, 1], "open_answer")
    assert uninformative(pd.Series([], dtype="str")).tolist() == []


def test_two_replies_in_a_row_are_not_taken_for_stock_ones():
    """没有很满意 denies; 没有。很满意 does not."""
    assert uninformative(pd.Series(["没有很满意", "没有。很满意"])).tolist() == [False, True]


def test_what_is_repeated_a_thousand_times_is_told_at_once():
    """Were there two ways to read a repeated sound, a reply of thirty would never be done."""
    repeated = ["啊" * 1000, "嗯哦啊" * 300, "辛苦了" * 300, "目前" * 300 + "没有"]
    assert uninformative(pd.Series(repeated)).all()
    assert not uninformative(pd.Series([text + "慢x" for text in repeated])).any()


def test_marks_of_removed_data_are_no_words_however_they_are_spelled():
    marked = pd.Series(["[手机号]", "［手机号］没有", "﹇姓名﹈", "手机号"])
    assert uninformative(marked).tolist() == [True, True, True, False]
