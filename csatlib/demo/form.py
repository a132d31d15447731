"""The questionnaires as they are put to customers, on the platform and on the telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["FORMS", "SATISFACTION", "Form", "Question"]

#: The options of a rating on the form, in order, so that the n-th stands for the score n.
SATISFACTION = ("非常不满意", "不满意", "一般", "满意", "非常满意")
NOT_APPLICABLE = "不适用"


@dataclass(frozen=True)
class Question:
    """One question: its wording, the short header of hand-keyed files, and its options.

    ``earlier`` holds other wordings by quarter, ``since`` the first quarter it was asked,
    ``not_applicable`` says that the form offers that answer as its last option, and
    ``other`` that the last option is followed by a blank to fill in.
    """

    id: str
    kind: str
    text: str
    short: str
    options: tuple[str, ...] = ()
    since: str = "2026Q1"
    earlier: Mapping[str, str] = field(default_factory=dict)
    not_applicable: bool = False
    other: bool = False
    skipped_for: str = ""

    def wording(self, quarter: str) -> str:
        """Give the wording of one quarter."""
        return self.earlier.get(quarter, self.text)


@dataclass(frozen=True)
class Form:
    """One line's questionnaire: title, questions in order, and the key of its link parameter."""

    title: str
    key: str
    questions: tuple[Question, ...]
    keyed_file: str
    keyed_key: str
    keyed_time: str
    keyed_seconds: str
    keyed_by: str
    keyed_encoding: str = "utf-8-sig"

    def asked(self, quarter: str) -> tuple[Question, ...]:
        """List the questions of one quarter."""
        return tuple(q for q in self.questions if q.since <= quarter)

    def ratings(self, quarter: str) -> tuple[str, ...]:
        """List the rated questions of one quarter."""
        return tuple(q.id for q in self.asked(quarter) if q.kind == "rating")


def _rating(item: str, text: str, short: str, **more: object) -> Question:
    return Question(item, "rating", text, short, **more)  # type: ignore[arg-type]


_HOTLINE = Form(
    title="热线服务满意度调查",
    key="customer_id",
    keyed_file="电话回访_{quarter}.csv",
    keyed_key="客户编号",
    keyed_time="回访时间",
    keyed_seconds="通话时长（秒）",
    keyed_by="回访专员",
    keyed_encoding="gbk",
    questions=(
        _rating("overall", "您对本次热线服务的整体满意度", "整体满意度"),
        _rating("connection", "您对热线接通速度与等待时长的满意度", "接通效率"),
        _rating("attitude", "您对客服人员服务态度的满意度", "服务态度"),
        _rating("resolution", "您对问题解决结果的满意度", "问题解决能力"),
        _rating("expertise", "您对客服人员专业知识的满意度", "专业知识", not_applicable=True),
        _rating(
            "process",
            "您对热线服务流程顺畅程度的满意度",
            "流程体验",
            earlier={"2026Q1": "您对本次服务流程的满意度"},
        ),
        _rating(
            "follow_up",
            "您对问题后续跟进及时性的满意度",
            "后续跟进及时性",
            since="2026Q2",
            skipped_for="业务咨询",
        ),
        Question("recommend", "nps", "您将我们的热线服务推荐给他人的可能性", "推荐意愿"),
        Question(
            "problem_type",
            "single",
            "您本次来电的问题类型",
            "问题类型",
            options=("业务咨询", "故障报修", "费用争议", "投诉建议"),
        ),
        Question(
            "contact_channels",
            "multi",
            "您近三个月通过哪些方式联系过我们",
            "联系方式（可多选）",
            options=("客服热线", "微信公众号", "手机应用", "现场网点", "其他"),
            other=True,
        ),
        Question("comment", "text", "您对我们的服务还有哪些意见或建议", "意见建议"),
    ),
)

_OPS_EVENT = Form(
    title="事件满意度调查",
    key="ticket_id",
    keyed_file="事件电话回访_{quarter}.csv",
    keyed_key="工单号",
    keyed_time="回访时间",
    keyed_seconds="通话时长（秒）",
    keyed_by="回访专员",
    questions=(
        _rating("overall", "您对本次事件处理的整体满意度", "整体满意度"),
        _rating("response_speed", "您对本次事件响应速度的满意度", "响应速度"),
        _rating("resolution", "您对本次事件解决效果的满意度", "解决效果"),
        _rating("attitude", "您对工程师服务态度的满意度", "服务态度"),
        _rating("communication", "您对处理过程中沟通反馈的满意度", "沟通反馈", not_applicable=True),
        Question(
            "resolved_once",
            "single",
            "本次事件是否一次性得到解决",
            "是否一次性解决",
            options=("是", "否", "不确定"),
        ),
        Question("comment", "text", "您对本次事件处理还有哪些意见或建议", "意见建议"),
    ),
)

_OPS_COMPANY = Form(
    title="公司满意度调查",
    key="customer_id",
    keyed_file="上门回访_{quarter}.xlsx",
    keyed_key="客户编号",
    keyed_time="回访时间",
    keyed_seconds="访谈时长（秒）",
    keyed_by="访谈人",
    questions=(
        _rating("overall", "您对我公司本季度服务的整体满意度", "整体满意度"),
        _rating("quality", "您对产品与平台质量的满意度", "产品质量"),
        _rating("response_speed", "您对服务响应速度的满意度", "服务响应速度"),
        _rating("expertise", "您对服务人员专业度的满意度", "人员专业度"),
        _rating(
            "value",
            "您对服务性价比的满意度",
            "性价比",
            earlier={"2026Q1": "您对服务价格与价值相符程度的满意度"},
        ),
        _rating("after_sales", "您对售后保障的满意度", "售后保障", not_applicable=True),
        _rating("communication", "您对日常沟通便捷性的满意度", "沟通便捷性"),
        _rating(
            "expected_response_speed",
            "合作之前，您预计对服务响应速度的满意度",
            "响应速度期望",
            since="2026Q3",
        ),
        _rating(
            "expected_value",
            "合作之前，您预计对服务性价比的满意度",
            "性价比期望",
            since="2026Q3",
        ),
        Question("recommend", "nps", "您将我公司的服务推荐给同行的可能性", "推荐意愿"),
        Question(
            "improve_first",
            "multi",
            "您认为我们最应优先改进的方面",
            "优先改进方面（可多选）",
            options=("平台稳定性", "响应速度", "人员技能", "价格透明度", "备件与质保", "其他"),
            other=True,
        ),
        Question("comment", "text", "您对我公司的服务还有哪些意见或建议", "意见建议"),
    ),
)

FORMS: Mapping[str, Form] = {
    "hotline": _HOTLINE,
    "ops_event": _OPS_EVENT,
    "ops_company": _OPS_COMPANY,
}
