"""Words that comments of every line share: fillings, openings, endings, empty answers."""

from __future__ import annotations

__all__ = ["CLOSERS", "NEUTRAL", "OPENERS", "PERSONAL", "SLOTS", "UNINFORMATIVE"]

SLOTS: dict[str, tuple[str, ...]] = {
    "when": ("上周", "月初", "前几天", "周一早上", "晚上八点左右", "节假日", "上个月", "昨天"),
    "wait": ("十几分钟", "半小时", "20分钟", "快一个小时", "十来分钟", "40多分钟", "大半天"),
    "times": ("两次", "三次", "四五次", "好几次", "3遍", "不下五次"),
    "who": ("客服", "话务员", "接线员", "坐席", "工作人员"),
    "engineer": ("工程师", "运维人员", "技术人员", "现场工程师", "值班人员"),
    "system": ("邮件系统", "考勤系统", "财务系统", "办公网络", "视频会议", "订单系统", "门禁系统"),
}

OPENERS = ("", "", "", "", "这次", "说实话，", "作为老用户，", "总体来说，", "其他还行，就是")
CLOSERS = ("", "", "", "", "。", "。", "！", "，希望尽快改进", "，请重视", "，体验不好")

NEUTRAL = (
    "建议开通夜间服务时段",
    "希望多一些线上自助功能",
    "可以增加微信小程序渠道",
    "建议每季度发一份服务总结",
    "希望有使用手册可以下载",
    "问卷可以再短一点",
    "建议节假日也安排值班",
    "可以提供英文服务就更好了",
)

UNINFORMATIVE = (
    "无",
    "没有",
    "没有意见",
    "暂无",
    "无意见",
    "挺好的",
    "都挺好",
    "没有建议",
    "还可以",
    "同上",
    "。。。",
    "好",
    "暂时没有",
    "没什么意见",
)

#: Sentences that carry personal data, by kind; ``{value}`` is the data.
PERSONAL: dict[str, tuple[str, ...]] = {
    "mobile": (
        "我的手机号是{value}，请尽快回电",
        "请联系{value}处理",
        "有事打{value}，白天都在",
        "留个电话{value}，麻烦回复一下",
    ),
    "email": (
        "处理结果请发到{value}",
        "我的邮箱是{value}，请把账单发过来",
        "资料可以发邮件到 {value} ",
    ),
    "id_card": (
        "我的身份证号是{value}，请帮忙核实登记信息",
        "身份证{value}，实名信息一直没更新",
        "登记用的证件号码{value}，姓名写错了请更正",
    ),
    "name": (
        "我是{value}，合同是我签的",
        "本人{value}，之前登记过",
        "我叫{value}，请核对登记信息",
        "联系人写{value}就行",
    ),
    "staff_name": (
        "{value}态度很好",
        "感谢{value}",
        "请表扬{value}，很负责",
        "上次是{value}接待的，很周到",
        "希望还是{value}来跟进",
    ),
    "wechat": ("可以加我微信{value}详谈", "我的微信号：{value}，加好友请注明"),
    "qq": ("资料发我QQ {value} 也行", "我的QQ号是{value}"),
    "plate": ("我的车牌号{value}，上次来园区没有登记上", "车牌{value}，停车费请核对"),
    "address": ("发票请寄到{value}", "我们搬到{value}了，请更新登记"),
    "landline": ("办公室座机{value}", "有事打固话{value}"),
    "bank_card": ("退款请打到银行卡{value}", "卡号{value}，退费还没到账"),
}
