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
    "GUIDES",
    "LEADS",
    "NOTES",
    "OPENINGS",
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
    """One topic of the interview guide.

    ``dimensions`` are those whose complaints and praise belong here; ``plain`` are answers that
    speak of the topic and voice no theme.
    """

    id: str
    name: str
    dimensions: tuple[str, ...]
    questions: tuple[str, ...]
    plain: tuple[str, ...]


@dataclass(frozen=True)
class Voice:
    """A standing theme of interviews: what it stands for, in which topic it comes up, its words."""

    id: str
    name: str
    standing: str
    topic: str
    templates: tuple[str, ...]
    dimension: str = ""


#: Other companies, all invented.
RIVALS = ("云汀公司", "北麓公司", "浅川公司")

GUIDES: Mapping[str, tuple[GuideTopic, ...]] = {
    "hotline": (
        GuideTopic(
            "overall_impression",
            "总体印象",
            (),
            (
                "先请您谈谈，您对我们热线的总体印象怎么样？",
                "如果用几句话概括，您对热线的整体感受是什么？",
                "最近这几次打热线，总的感觉如何？",
            ),
            (
                "总体印象中规中矩吧，我一般有事才打，一个季度两三回。",
                "整体感受谈不上多深，我这边主要是查账单的时候会打过来。",
                "我用了四五年了，对热线不陌生，家里人和店里的号码都在你们这边。",
                "总的来看和去年差别不大，我自己打的次数倒是少了一些。",
            ),
        ),
        GuideTopic(
            "getting_through",
            "接通与转接",
            ("connection",),
            (
                "打进来的过程是怎样的？接通和转人工顺利吗？",
                "从拨号到和客服说上话，中间是什么情形？",
                "您一般什么时候打？接通的情况怎么样？",
            ),
            (
                "我多半是午休的时候打，拨号以后按提示操作，和别的热线大同小异。",
                "接通这一块我没有特别留意过，反正拨了号就在旁边做自己的事。",
                "拨号以后先是一段欢迎语，然后按提示走，流程我已经背下来了。",
            ),
        ),
        GuideTopic(
            "handling",
            "问题处理与客服人员",
            ("attitude", "resolution", "expertise"),
            (
                "那次您反映的问题，客服是怎样处理的？",
                "接电话的客服人员给您的感觉怎么样？问题处理得如何？",
                "请您回忆一下处理的经过，客服是怎么说、怎么做的？",
            ),
            (
                "那次我是想改一下套餐的时间，客服记下来以后就按程序走了。",
                "处理的经过不复杂，我把情况说了，客服查了系统再告诉我办法。",
                "我反映的是发票抬头的事，客服让我提供了税号，就是这样一个过程。",
            ),
        ),
        GuideTopic(
            "follow_up_progress",
            "流程与后续跟进",
            ("process", "follow_up"),
            (
                "挂断电话之后，后续的进度您是怎么知道的？",
                "后来有没有人跟进？手续和流程您觉得怎么样？",
                "从登记到办完，中间的流程和后续联系是怎样的？",
            ),
            (
                "后续就是收到一条短信，我看了一眼就删了。",
                "流程上我没有太在意，那几天正好出差，都是家里人在看手机。",
                "后来事情办完，我也就没有再管它了。",
            ),
        ),
        GuideTopic(
            "wishes",
            "期望与建议",
            (),
            (
                "接下来您对我们有什么期望？",
                "如果让您提一两条建议，您最希望我们做什么？",
                "您希望热线明年变成什么样子？",
            ),
            (
                "期望嘛，保持现在的水平就行，别的我暂时想不到。",
                "建议我一时说不上来，等想到了再打电话告诉你们。",
            ),
        ),
        GuideTopic(
            "comparison",
            "与其他公司比较",
            (),
            (
                "您也用过别家公司的热线吗？比较起来怎么样？",
                "和其他公司相比，我们的热线处在什么位置？",
                "身边的朋友用别家的，他们怎么说？比较一下的话呢？",
            ),
            (
                "别家的我用得少，比较不出来，主要还是用你们的。",
                "其他公司的我没怎么打过，不好随便评价。",
            ),
        ),
    ),
    "ops_company": (
        GuideTopic(
            "overall_impression",
            "总体印象",
            (),
            (
                "先请您谈谈，这个季度对我们服务的总体印象怎么样？",
                "合作到现在，您的整体感受如何？",
                "站在贵单位的角度，总的评价是怎样的？",
            ),
            (
                "总体印象是按合同在走，我们内部每个季度也会开会碰一下。",
                "整体感受嘛，合作第三年了，彼此的流程都比较熟。",
                "总的评价我代表信息中心来说，各部门的看法可能不完全一样。",
            ),
        ),
        GuideTopic(
            "product_use",
            "产品与平台使用",
            ("quality",),
            (
                "平台用下来怎么样？产品质量方面请您谈一谈。",
                "日常使用平台的过程中，有什么印象深的地方？",
                "请您说说产品和平台的使用情况。",
            ),
            (
                "平台我们每天都在用，主要是报表和审批两块。",
                "使用的人大概有两百多个，集中在生产和财务。",
                "产品这块我只负责对接，具体操作是科室里的同事在做。",
            ),
        ),
        GuideTopic(
            "response_staff",
            "响应速度与服务人员",
            ("response_speed", "expertise"),
            (
                "出现故障或者提需求的时候，我们的响应和人员表现怎么样？",
                "您怎么看我们的响应速度和驻场人员？",
                "请您回忆最近一次报障，响应和处理的人员给您的感觉如何？",
            ),
            (
                "最近一次报障是走的服务台，登记以后按流程派的人。",
                "人员这块我们单位有专门的门禁登记，来的人都有记录。",
                "响应这一项我们信息中心有台账，季度末会汇总给领导。",
            ),
        ),
        GuideTopic(
            "cost_after_sales",
            "费用、售后与沟通",
            ("value", "after_sales", "communication"),
            (
                "费用、售后和日常沟通这几方面，您怎么评价？",
                "合同费用和售后保障，您有什么想说的？平时沟通怎么样？",
                "商务、售后、沟通，哪一方面您想先谈？",
            ),
            (
                "费用是集团统一签的，我这一级只负责验收。",
                "售后这块我们签的是三年，今年刚好是第二年。",
                "沟通一般是用邮件和服务群，重要的事情才打电话。",
            ),
        ),
        GuideTopic(
            "wishes",
            "期望与建议",
            (),
            (
                "下一步您对我们有什么期望？",
                "如果只提一两条建议，您最希望我们做什么？",
                "明年的合作，您希望有哪些变化？",
            ),
            (
                "期望嘛，先把合同里的事情做扎实，别的以后再谈。",
                "建议我回去和科室里商量一下，再书面给你们。",
            ),
        ),
        GuideTopic(
            "comparison",
            "与其他公司比较",
            (),
            (
                "贵单位也接触过其他公司，比较起来怎么样？",
                "和别家供应商相比，我们处在什么位置？",
                "同类的服务商里，您会怎样比较？",
            ),
            (
                "别家的我们只是看过材料，没有实际用过，比较不了。",
                "其他供应商是别的部门在管，我不太清楚。",
            ),
        ),
    ),
}

VOICES: Mapping[str, tuple[Voice, ...]] = {
    "hotline": (
        Voice("wish_self_service", "期望线上自助办理", "expectation", "wishes", (
            "最希望能在手机上自助办理，不用什么都打电话",
            "希望把常见业务都放到小程序里，让我们自助办理",
            "要是线上自助查询做得全一点，我就不用打电话了",
        )),
        Voice("wish_longer_hours", "期望延长服务时间", "expectation", "wishes", (
            "希望延长服务时间，我们开店的晚上十点才有空",
            "能不能开通夜间服务，白天实在没空打",
            "最好周末和夜间也有人工服务，现在下了班就找不到人",
        )),
        Voice("wish_own_agent", "期望固定专人服务", "expectation", "wishes", (
            "希望给老客户配一位专属客服，有事直接找他",
            "最好有固定的专人服务，不用每次从头介绍自己",
            "如果能有一对一的专属客服，我愿意多付一点费用",
        )),
        Voice("rival_better", "竞品在服务上领先", "competitor", "comparison", (
            "{rival}那边比你们快，这一点你们要追上来",
            "说实话，{rival}的服务比你们好一些，我朋友都往那边转",
            "我在{rival}也有号，他们做得比你们周到",
        )),
        Voice("rival_worse", "竞品在服务上落后", "competitor", "comparison", (
            "{rival}不如你们，我以前用过，后来转过来的",
            "比起{rival}，你们还是强一些",
            "和{rival}相比你们更靠谱，这是我一直没换的原因",
        )),
    ),
    "ops_company": (
        Voice("wish_review", "期望定期复盘与报告", "expectation", "wishes", (
            "希望每个季度做一次服务复盘，把数据讲给我们领导听",
            "最好定期出一份运行报告，说明这个季度做了什么",
            "能不能每季度安排一次复盘会，双方把账对清楚",
        )),
        Voice("wish_training", "期望增加用户培训", "expectation", "wishes", (
            "希望多安排几场用户培训，新来的同事都不会用",
            "最好每年给我们的管理员做两次培训",
            "能不能增加操作培训，录成视频发给大家也行",
        )),
        Voice("wish_roadmap", "期望公开产品规划", "expectation", "wishes", (
            "希望提前公布产品规划，我们好安排明年的预算",
            "最好把产品路线图发给我们，心里有个数",
            "如果能让我们参与产品规划的讨论就更好了",
        )),
        Voice("rival_better", "竞品在服务上领先", "competitor", "comparison", (
            "{rival}那边比你们快，上个月投标的时候他们演示过",
            "说实话，{rival}的服务比你们好一些，集团里有人提过要换",
            "我们分公司用的是{rival}，他们做得比你们细",
        )),
        Voice("rival_worse", "竞品在服务上落后", "competitor", "comparison", (
            "{rival}不如你们，前年合作过一次，后来没有续",
            "比起{rival}，你们还是强一些",
            "和{rival}相比你们更靠谱，所以今年继续签了",
        )),
    ),
}  # fmt: skip

OPENINGS = (
    "您好，感谢您抽时间接受访谈，大概需要二十分钟。今天的内容只作汇总分析，我们开始吧。",
    "您好，我是这次的访谈员。接下来想听听您的真实感受，没有对错之分。",
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
