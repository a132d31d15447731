"""What is asked and said in interviews: the guide, answers without a theme, wishes, rivals.

``{when}``, ``{wait}``, ``{times}``, ``{who}``, ``{engineer}`` and ``{system}`` are filled from
`phrases_common.SLOTS`, ``{rival}`` from `RIVALS`. Complaints and praise are those of the comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "AFTER_COMPLAINT",
    "CLOSINGS",
    "COMPLAINING",
    "GUIDES",
    "LEADS",
    "NOTES",
    "OPENINGS",
    "PRAISES",
    "PRAISING",
    "PROBES",
    "REFUSED",
    "RIVALS",
    "SHORT",
    "VOICES",
    "GuideTopic",
    "Voice",
]


@dataclass(frozen=True)
class GuideTopic:
    """One topic of the interview guide: its questions, and answers that voice no theme."""

    id: str
    questions: tuple[str, ...]
    plain: tuple[str, ...]


@dataclass(frozen=True)
class Voice:
    """Something that interviews voice beyond complaints: its standing theme, topics and words."""

    id: str
    theme: str
    topics: tuple[str, ...]
    templates: tuple[str, ...]


#: Other companies, all invented.
RIVALS = ("云汀公司", "北麓公司", "浅川公司")
#: Where complaints come up, and where praise does.
COMPLAINING = ("touchpoints", "strengths_weaknesses")
PRAISING = "strengths_weaknesses"

_COMPARED = (
    "您也用过别家公司的服务吗？相比之下怎么样？",
    "和同行相比，我们处在什么位置？",
    "身边有人用其他公司的吗？对比一下，各有什么长短？",
)
_NOT_COMPARED = (
    "我一直只用你们一家，没有什么可比的。",
    "这个我不好随便评价，用得少。",
)
_WISHED = (
    "接下来您对我们有什么期望？",
    "您最需要我们先改进什么？",
    "下一步，您最希望我们做什么？",
)
_CONTENT = (
    "保持现在的样子就行，别的一时想不到。",
    "这个我还没有仔细想过，先这样吧。",
)
_GOOD_AND_BAD = (
    "哪些地方让您满意，哪些地方让您失望？",
    "说说亮点和不足，您先讲哪一头都行。",
    "做得好的和让您头疼的，各举一两件？",
)
_EVEN = (
    "好的坏的都有一点，放在一起差不多扯平。",
    "一时还真分不出来，就是普普通通吧。",
)

GUIDES: Mapping[str, tuple[GuideTopic, ...]] = {
    "hotline": (
        GuideTopic(
            "recent_experience",
            (
                "先请您回忆一下，最近一次打热线是为了什么事？",
                "您上次联系我们是什么时候？经过是怎样的？",
                "最近这几次打热线，您印象深的是哪一次？",
            ),
            (
                "我是想改一下套餐的生效时间，顺便把发票抬头也改了。",
                "为了查一笔账单，我在店里打的，旁边还有客人在等。",
                "家里老人的号码要过户，我替他打的，一个季度也就两三回。",
                "是搬家以后要移机，我拿着合同打过去的。",
                "公司统一换号码，我负责登记，前后打了几天。",
            ),
        ),
        GuideTopic(
            "touchpoints",
            (
                "从接通到客服应答，再到后面的回访，您分别怎么看？",
                "接通、转人工、客服解答这几个环节，您一个一个讲讲？",
                "客服人员的应答，还有工单和回访，各给您什么印象？",
            ),
            (
                "拨号以后先是一段欢迎语，然后照着提示走，这套程序我已经背下来了。",
                "我一般午休的时候打，拨了号就放在旁边，自己做自己的事。",
                "客服把我的情况记下来，念了一遍让我听，然后就按程序走了。",
                "后来收到一条短信，我看了一眼就删了。",
            ),
        ),
        GuideTopic(PRAISING, _GOOD_AND_BAD, _EVEN),
        GuideTopic("expectations", _WISHED, _CONTENT),
        GuideTopic("competitors", _COMPARED, _NOT_COMPARED),
        GuideTopic(
            "ideas",
            (
                "最后请您畅想一下，理想的热线是什么样？",
                "随便想象一下，一条理想的热线该是什么样？",
            ),
            (
                "打一个电话，一个人从头管到尾，就是这样简单。",
                "像跟邻居说话一样，说完事情就有着落。",
                "我心里的样子，是它记得我是谁、之前说过什么。",
            ),
        ),
    ),
    "ops_company": (
        GuideTopic(
            "recent_experience",
            (
                "先请您回忆一下，最近一次请我们支持是为了什么事？",
                "上次找到我们是什么时候？经过是怎样的？",
                "最近这个季度，贵单位和我们打交道主要在哪些事情上？",
            ),
            (
                "月底结账之前做了一次数据核对，双方各出了一个人。",
                "主要是新厂区开通账号，名单是我们人事部提供的。",
                "集团来检查，我们要一批运行记录，就找到你们了。",
                "机房搬迁，前后两个周末，我这边三个人都在。",
            ),
        ),
        GuideTopic(
            "touchpoints",
            (
                "平台使用、故障响应、驻场服务这几个环节，您分别怎么看？",
                "从故障响应到售后，再到日常沟通，请您一个一个讲讲？",
                "平台、驻场人员、费用和售后，各给您什么印象？",
            ),
            (
                "使用的人大概有两百多个，集中在生产和财务。",
                "报障我们走服务台，登记以后按程序派人，门禁也有记录。",
                "合同是集团统一签的，我这一级只负责验收。",
                "平时用邮件和服务群，重要的事情才打电话。",
            ),
        ),
        GuideTopic(PRAISING, _GOOD_AND_BAD, _EVEN),
        GuideTopic("expectations", _WISHED, _CONTENT),
        GuideTopic("competitors", _COMPARED, _NOT_COMPARED),
        GuideTopic(
            "ideas",
            (
                "最后请您畅想一下，理想的合作是什么样？",
                "随便想象一下，理想的服务商该是什么样？",
            ),
            (
                "像自己单位的一个科室一样，不分彼此。",
                "我不用操心，月底看一眼报表就够了。",
                "人不用多，来的都是熟面孔，坐下来就能干活。",
            ),
        ),
    ),
}

_WISHES = ("expectations", "ideas")
_PAINS = Voice("worst", "pain", (PRAISING,), (
    "要说最头疼的，就是刚才讲的那件事",
    "最大的问题就在这里，别的都好商量",
    "说起来真让人头疼，我都不想再提了",
))  # fmt: skip
_RIVALS = (
    Voice("rival_better", "competitor", ("competitors",), (
        "同行里的{rival}走在你们前面，这一点你们要追上来",
        "别家我也接触过，{rival}在细节上比你们强",
        "其他公司像{rival}，有几处确实胜过你们",
    )),
    Voice("rival_worse", "competitor", ("competitors",), (
        "别家像{rival}我以前用过，不如你们，后来就转过来了",
        "和同行比，你们还是强一些，{rival}我用了半年就换掉了",
        "其他公司也来找过我，比如{rival}，我看还是你们靠谱",
    )),
)  # fmt: skip

VOICES: Mapping[str, tuple[Voice, ...]] = {
    "hotline": (
        Voice("wish_self_service", "expectation", _WISHES, (
            "最希望能在手机上自助办理，不用什么都打电话",
            "希望把常见业务都放到小程序里，让我们自己办",
            "要是能在网上自助查询就好了，省得来回打电话",
        )),
        Voice("wish_longer_hours", "expectation", _WISHES, (
            "希望延长服务时间，我们开店的晚上十点才有空",
            "能不能开通夜间服务，白天实在没空打",
            "最好能在周末和夜间也有人值班",
        )),
        Voice("wish_own_agent", "expectation", _WISHES, (
            "希望给老客户配一位专属顾问，有事直接找他",
            "最好能有固定的专人，熟悉我们店里的情况",
            "如果能有一对一的专属顾问，我愿意多付一点费用",
        )),
        _PAINS,
        *_RIVALS,
    ),
    "ops_company": (
        Voice("wish_review", "expectation", _WISHES, (
            "希望每个季度做一次服务复盘，把数据讲给我们领导听",
            "最好能定期出一份运行报告，写明这个季度做了什么",
            "期待每季度有一次复盘会，双方把账对清楚",
        )),
        Voice("wish_training", "expectation", _WISHES, (
            "希望多安排几场用户培训，新来的同事都要学",
            "最好能每年给我们的管理员上两次课",
            "要是能录一套操作视频发给大家就好了",
        )),
        Voice("wish_roadmap", "expectation", _WISHES, (
            "希望提前公布产品规划，我们好安排明年的预算",
            "最好能把产品路线图发给我们，心里有个数",
            "如果能让我们参与产品规划的讨论就更好了",
        )),
        _PAINS,
        *_RIVALS,
    ),
}  # fmt: skip

#: How praise is put in answer to the question for bright sides.
PRAISES = (
    "亮点的话，{praise}",
    "要说优点，{praise}",
    "{praise}，这一点值得肯定",
    "做得好的也有，{praise}",
)
OPENINGS = (
    "您好，感谢您抽时间接受访谈，大概二十分钟。今天的内容只作汇总分析，我们开始吧。",
    "您好，我是今天的访谈员。接下来想听听您的真实感受，没有对错之分。",
    "谢谢您愿意参加。我会问几个方面的问题，您想到什么说什么就行。",
)
LEADS = ("", "", "嗯，", "怎么说呢，", "这个嘛，", "我想想，", "老实讲，", "坦率地说，", "其实，")
PROBES = (
    "还有别的吗？",
    "除了这一点呢？",
    "您接着说。",
    "别的方面呢？",
    "嗯，我记下了，还有吗？",
)
AFTER_COMPLAINT = (
    "当时我手头的事都停下来了，挺耽误的。",
    "我跟家里人说起来，他们也都遇到过。",
    "一两回我也就算了，多了心里总归不舒服。",
    "这件事我印象特别深，到现在还记得。",
    "不是针对哪一个人，我就是把事实讲出来。",
    "我也理解你们有难处，可我们这边也要交差。",
)
SHORT = ("没什么。", "嗯，就那样。", "说不好。", "暂时没有。")
CLOSINGS = (
    "好的，今天就到这里，谢谢您的时间。",
    "非常感谢，您说的我都记下来了。",
    "谢谢您，祝您工作顺利，再见。",
)
NOTES: Mapping[str, tuple[str, ...]] = {
    "complaint": ("（叹气）", "（语气激动）", "（无奈地笑）", "【皱眉，语速加快】", "（提高音量）"),
    "praise": ("（笑）", "【语气轻松】", "（点头）"),
    "pause": ("（停顿）", "（思考片刻）", "【翻看通话记录】", "（沉默几秒）"),
}
#: What was written down of somebody who then did not agree; nobody may read it.
REFUSED = (
    "我不想参加，你们不要记我说的话，排队等了半个小时才接通，说了也没有用。",
    "录音我不同意，刚才讲的平台不稳定那些都不要写进去。",
)
