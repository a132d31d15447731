"""The registers that close the loop: measures and their progress, opinions, cases."""

from __future__ import annotations

from csatlib.store.forms import Field, Form, Register

__all__ = ["ACTIONS", "CASES", "FOLLOWUPS", "REGISTERS", "SHARES"]

_HORIZONS = {"短期速赢": "quick_win", "长期系统性改进": "systemic"}
_METRICS = {
    "平均分": "mean",
    "满意率": "share",
    "净推荐值": "nps",
    "主题占比": "theme",
    "及时率": "within",
    "发生率": "rate",
}
#: Metrics whose figures lie between 0 and 1 and are shown in per cent.
SHARES = ("share", "theme", "within", "rate")
_UNDERTAKEN = {
    "草拟": "draft",
    "已计划": "planned",
    "试行": "trial",
    "进行中": "under_way",
    "已完成": "done",
    "已取消": "cancelled",
    "超出能力": "beyond",
}
_ABILITIES = {
    "能力范围内": "within",
    "与客户协商": "negotiated",
    "向客户解释": "explained",
}
_STEPS = {
    "里程碑": "milestone",
    "进展": "progress",
    "试行": "trial",
    "协商": "negotiation",
    "解释": "explanation",
}
_FOLLOWED = {
    "待联系": "new",
    "已联系": "contacted",
    "处理中": "under_way",
    "已关闭": "closed",
    "超出能力": "beyond",
    "联系不上": "unreachable",
}
_POLARITIES = {"负面": "negative", "中性": "neutral", "正面": "positive"}
_OUTCOMES = {"有效": "effective", "未达预期": "short", "证据不足": "insufficient"}


def _own(name: str, heading: str, width: float = 12, **options: object) -> Field:
    """Describe a column that the program writes and people leave as it is."""
    return Field(name, heading, width=width, locked=True, **options)  # type: ignore[arg-type]


def _fresh(name: str, heading: str, width: float = 12, **options: object) -> Field:
    """Describe a column that the program keeps up to date until somebody edits it."""
    return Field(name, heading, width=width, refreshed=True, **options)  # type: ignore[arg-type]


_MEASURES = Form(
    "actions",
    "改进措施",
    (
        _own("action_id", "编号", 14, kind="id", needed=True),
        _own("quarter", "季度", 9, kind="quarter", needed=True),
        Field("item", "对应维度"),
        Field("theme", "主题", width=16),
        Field("stage", "环节"),
        Field("problem", "问题描述（对应调查维度）", width=40, free=True),
        _own("evidence", "依据", 24),
        Field("scope", "适用范围", "scope", width=18),
        Field("measure", "改进方案（具体措施）", width=44, free=True),
        Field("owner", "责任部门/责任人", "name", width=16),
        Field("helpers", "协助", "names", width=16),
        Field("depends", "前置措施", "ids", optional=True, width=14),
        Field("horizon", "类型（短期速赢/长期系统性改进）", "choice", _HORIZONS, width=16),
        Field("metric", "衡量指标", "choice", _METRICS, loose=True),
        Field("unit", "单位", width=8),
        Field("baseline", "基线", "number", width=10),
        Field("target", "目标", "number", width=10),
        Field("started_on", "开始日期", "day"),
        Field("due", "计划完成时间", "day", width=13),
        Field("done_on", "实际完成时间", "day", width=13),
        Field("status", "状态", "choice", _UNDERTAKEN, width=10),
        Field("ability", "能力范围", "choice", _ABILITIES),
        Field("resources", "所需资源", width=20, free=True),
        Field("expected", "预期成果", width=24, free=True),
        Field("note", "实施情况简述（附证明材料）", width=40, free=True),
        Field("proof", "证明材料（文件名）", "files", width=24),
    ),
    key=("action_id",),
)
_PROGRESS = Form(
    "action_steps",
    "进展",
    (
        Field("action_id", "措施编号", "id", needed=True, width=14),
        Field("kind", "类别", "choice", _STEPS, needed=True),
        Field("planned_on", "计划日期", "day"),
        Field("happened_on", "发生日期", "day"),
        Field("done_share", "完成比例", "number", low=0, high=1, width=10),
        Field("text", "说明", width=44, free=True),
        Field("reported_by", "填写人"),
        Field("proof", "证明材料（文件名）", "files", width=24),
    ),
)
_RECHECKS = Form(
    "rechecks",
    "二次回访",
    (
        Field("action_id", "措施编号", "id", needed=True, width=14),
        Field("customer_id", "客户编号", "person", needed=True, width=18),
        Field("asked_on", "回访日期", "day"),
        Field("score", "客户满意度评分（1-5分）", "number", low=1, high=5, width=14),
        Field("comment", "客户意见建议", width=44, free=True),
        Field("improving", "是否持续改进", "flag", {"是": "true", "否": "false"}, width=14),
        Field("orders", "追加订单", "number", low=0, width=10),
        Field("note", "备注（如客户流失风险降低）", width=30, free=True),
    ),
    key=("action_id", "customer_id", "asked_on"),
)
_OPINIONS = Form(
    "followups",
    "意见跟进",
    (
        _own("followup_id", "编号", 14, kind="id", needed=True),
        _own("quarter", "季度", 9, kind="quarter", needed=True),
        _fresh("group", "客户分组", 14),
        _fresh("channel", "渠道", 10),
        _fresh("score", "评分", 8, kind="number"),
        _fresh("themes", "主题", 20, kind="names"),
        _fresh("polarity", "倾向", 8, kind="choice", words=_POLARITIES, loose=True),
        _fresh("text", "意见", 50, locked=True, free=True),
        _fresh("received_on", "收到日期", kind="day", locked=True),
        _fresh("contact_due", "应联系日期", kind="day"),
        _fresh("due", "应办结日期", kind="day"),
        _fresh("owner", "责任人", 14, kind="name"),
        _fresh("supervisor", "督办人"),
        Field("state", "状态", "choice", _FOLLOWED, needed=True, width=10),
        Field("contacted_on", "联系日期", "day"),
        Field("corrective", "纠正措施", width=34, free=True),
        Field("preventive", "预防措施", width=34, free=True),
        Field("explanation", "向客户的解释", width=30, free=True),
        Field("closed_on", "关闭日期", "day"),
        Field("checked_by", "验证人"),
        Field("checked_on", "验证日期", "day"),
        Field("action_id", "对应措施编号", "id", width=14),
        Field("note", "备注", width=30, free=True),
        _own("customer_id", "客户（化名）", 19, kind="person", hidden=True),
        _own("comment_id", "出处", hidden=True, needed=True),
        _own("response_id", "答卷", hidden=True),
        _own("mark", "摘要", kind="mark", hidden=True),
    ),
    key=("followup_id",),
)
_CASES = Form(
    "cases",
    "案例",
    (
        _own("case_id", "编号", 14, kind="id", needed=True),
        _own("quarter", "季度", 9, kind="quarter", needed=True),
        _own("action_id", "措施编号", 14, kind="id", needed=True),
        _fresh("item", "对应维度"),
        _fresh("theme", "主题", 16),
        _fresh("scope", "适用范围", 18, kind="scope", optional=True),
        _fresh("problem", "问题描述", 40, free=True),
        _fresh("measure", "改进方案", 44, free=True),
        _fresh("verdict", "结论", 10, kind="choice", words=_OUTCOMES, locked=True, needed=True),
        _fresh("why", "理由", 40, locked=True),
        _fresh("metric", "衡量指标", kind="choice", words=_METRICS, loose=True, locked=True),
        _fresh("unit", "单位", 8, locked=True),
        _fresh("estimate", "变化", 10, kind="number", locked=True),
        _fresh("ci_low", "区间下限", 10, kind="number", locked=True),
        _fresh("ci_high", "区间上限", 10, kind="number", locked=True),
        Field("note", "备注", width=40, free=True),
        _own("mark", "摘要", kind="mark", hidden=True),
    ),
    key=("case_id",),
)

ACTIONS = Register("actions", (_MEASURES, _PROGRESS, _RECHECKS))
FOLLOWUPS = Register("followups", (_OPINIONS,))
CASES = Register("cases", (_CASES,))
REGISTERS = {register.name: register for register in (ACTIONS, FOLLOWUPS, CASES)}
