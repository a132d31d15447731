"""The questionnaire read critically: each rule finds its fault and leaves good wording alone."""

from __future__ import annotations

import pytest

from csatlib import store
from csatlib.study import Study
from csatlib.study.lint import RULES
from csatlib.study.wording import polarity

LABELS = {"非常不满意": 1, "不满意": 2, "一般": 3, "满意": 4, "非常满意": 5}
SCALE = {"low": 1, "high": 5, "cutoff": 4, "labels": LABELS, "not_applicable": ("不适用",)}


def rating(item: str, text: str, **more) -> dict:
    return {
        "id": item,
        "text": text,
        "kind": "rating",
        "scale": "five",
        "dimension": item,
    } | more


OVERALL = rating("overall", "您的整体满意度")
RECOMMEND = {
    "id": "recommend",
    "text": "您推荐我们的可能性",
    "kind": "nps",
    "scale": "ten",
    "dimension": "推荐意愿",
}
COMMENT = {"id": "comment", "text": "您还有哪些意见和建议", "kind": "text"}


def study(*questions: dict, scale: dict | None = None, **more) -> Study:
    """A short event study without a fault, and what a test puts into it."""
    content = {
        "line": "shop",
        "title": "门店满意度调查",
        "goal": "提升交付及时性的满意度",
        "survey": "event",
        "notice": {"purpose": "改进服务", "confidentiality": "仅用于统计，无需提供真实姓名"},
        "population": {"description": "客户"},
        "scales": {"five": SCALE | (scale or {}), "ten": {"low": 0, "high": 10}},
        "sources": ({"role": "responses", "glob": "*", "reader": "wjx", "channel": "线上"},),
        "questions": questions or (OVERALL, RECOMMEND, COMMENT),
        "report": {"overall": "overall"},
    }
    return Study.model_validate(content | more)


def around(*questions: dict, **more) -> Study:
    return study(OVERALL, *questions, RECOMMEND, COMMENT, **more)


def rules(found: Study) -> list[tuple]:
    table = found.lint()
    return [
        (rule, None if item != item else item, severity)
        for rule, item, severity in table[["rule", "item", "severity"]].itertuples(index=False)
    ]


def test_a_good_questionnaire_has_no_finding():
    table = study().lint()
    assert list(table) == ["rule", "item", "severity", "finding", "suggestion"]
    assert table.empty


@pytest.mark.parametrize(
    "text",
    [
        "您对热线服务流程顺畅程度的满意度",
        "您对问题后续跟进及时性的满意度",
        "您对服务价格与价值相符程度的满意度",
        "您对工程师服务周到程度的满意度",
        "您对优质客户专属服务的满意度",
        "您对参与体验的满意度",
        "本次事件是否一次性得到解决",
        "您对不同渠道服务的满意度",
        "您对未解决问题跟进的满意度",
        "您对服务等级协议（SLA）的满意度",
        "您对 SLA（服务等级协议）的满意度",
        "您对手机 APP 的满意度",
        "您对客服态度（礼貌、耐心）的满意度",
        "与上季度相比，您对我们的满意度",
        "有没有人在两天内与您联系",
    ],
)
def test_ordinary_good_wording_is_left_alone(text):
    assert rules(around(rating("one", text))) == []


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ("您是否认为我们的服务很好", "neutral", "must"),
        ("难道您对服务还有意见", "neutral", "must"),
        ("您对服务是不是很满意", "neutral", "must"),
        ("您对我们优质的服务的满意度", "neutral", "must"),
        ("您对我们周到服务的满意度", "neutral", "must"),
        ("您对接通速度和等待时长的满意度", "double_barrelled", "should"),
        ("您对速度、态度的满意度", "double_barrelled", "should"),
        ("您对产品及服务的满意度", "double_barrelled", "should"),
        ("您对 IVR 的满意度", "jargon", "should"),
        ("您对FCR的满意度", "jargon", "should"),
        ("您不认为服务不好", "negation", "must"),
        ("客服没有解答我的疑问", "negation", "should"),
    ],
)
def test_wording_that_spoils_the_answers_is_found(text, rule, severity):
    found = around(rating("one", text))
    assert rules(found) == [(rule, "one", severity)]
    assert text in found.lint()["finding"].iloc[0]
    assert found.lint()["suggestion"].iloc[0]


def test_terms_of_the_study_are_no_jargon_and_a_reversed_item_may_negate():
    text = "客服没有按 SLA 解答"
    assert rules(around(rating("one", text, reverse=True), terms=("SLA",))) == []


def test_a_leading_question_gets_a_neutral_one_with_its_own_subject():
    found = around(rating("one", "您是否认为工程师很好", dimension="工程师态度"))
    assert "您对工程师态度的评价是？" in found.lint()["suggestion"].iloc[0]


ATTENTION = {"id": "check", "text": "此题请选 2 分", "kind": "attention", "expect": "2"}


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        ((rating("one", "态度"), OVERALL, RECOMMEND, COMMENT), [("order", "overall", "must")]),
        ((OVERALL, RECOMMEND, rating("one", "态度"), COMMENT), [("order", "one", "should")]),
        ((OVERALL, COMMENT, RECOMMEND), [("order", "comment", "should")]),
        ((OVERALL, ATTENTION, rating("one", "态度"), RECOMMEND, COMMENT, ATTENTION | {"id": "c", "text": "此题请选 4 分", "expect": "4"}), []),
        ((OVERALL, RECOMMEND), [("open_question", None, "should")]),
        ((OVERALL, COMMENT), [("recommend", None, "should")]),
        ((OVERALL | {"dimension": None}, RECOMMEND, COMMENT), [("dimension", "overall", "should")]),
    ],
    ids=["overall late", "rating late", "text early", "checks", "no text", "no nps", "dimension"],
)  # fmt: skip
def test_order_and_parts(questions, expected):
    assert rules(study(*questions)) == expected


@pytest.mark.parametrize(
    ("scale", "rule", "severity"),
    [
        ({"labels": {"不满意": 1, "一般": 3, "满意": 5}}, "labels", "must"),
        ({"labels": dict(zip(LABELS, range(5, 0, -1), strict=True))}, "direction", "must"),
        (
            {"labels": {"不满意": 1, "一般": 2, "满意": 3, "很满意": 4, "非常满意": 5}},
            "balance",
            "should",
        ),
        ({"not_applicable": ()}, "not_applicable", "should"),
    ],
    ids=["labels", "direction", "balance", "not applicable"],
)
def test_scales(scale, rule, severity):
    assert rules(around(rating("one", "态度"), scale=scale)) == [(rule, "overall", severity)]


def test_options():
    single = {"id": "topic", "text": "来电原因", "kind": "single"}
    multi = {"id": "ways", "text": "联系方式", "kind": "multi", "options": ("电话", "微信")}
    assert rules(around(single, multi)) == [
        ("options", "topic", "must"),
        ("options", "ways", "should"),
    ]
    good = multi | {"options": ("电话", "其他")}
    assert rules(around(single | {"options": ("咨询", "报修")}, good)) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"goal": ""}, [("goal", None, "should")]),
        ({"goal": "做好服务"}, [("goal", None, "should")]),
        ({"notice": {"confidentiality": "保密"}}, [("notice", None, "must")]),
        ({"notice": {"purpose": "改进"}}, [("notice", None, "must")]),
        (
            {
                "notice": {"purpose": "改进", "confidentiality": "保密"},
                "privacy": {"mode": "anonymous"},
            },
            [("notice", None, "must")],
        ),
        ({"privacy": {"mode": "anonymous"}}, []),
        ({"survey": "quarterly"}, [("length", None, "should")]),
    ],
    ids=["no goal", "vague", "no purpose", "no promise", "named", "anonymous", "short"],
)
def test_goal_notice_and_length(more, expected):
    assert rules(study(**more)) == expected


def test_a_long_questionnaire_is_told():
    texts = [{"id": f"t{i}", "text": f"您的意见{i}", "kind": "text"} for i in range(12)]
    found = study(OVERALL, RECOMMEND, *texts).lint()
    assert set(found["rule"]) == {"length"}
    assert "偏长" in found["finding"].iloc[0]


def test_only_the_questions_of_the_quarter_are_read():
    late = rating("one", "您对 IVR 的满意度", since="2026Q3")
    assert around(late).lint(quarter="2026Q2").empty
    assert around(late).lint(quarter="2026Q3")["rule"].tolist() == ["jargon"]


@pytest.mark.parametrize(
    ("label", "sign"),
    [("非常满意", 1), ("比较不满意", -1), ("一般", 0), ("很好", 1), ("差", -1), ("不确定", 0)],
)
def test_polarity_of_labels(label, sign):
    assert polarity(label) == sign


@pytest.mark.parametrize("line", ["hotline", "ops_company", "ops_event"])
def test_the_studies_of_the_repository_have_no_leading_question(line, repository):
    found = store.study(line, repository).lint(quarter="2026Q3")
    assert set(found["rule"]) <= set(RULES)
    assert not {"neutral", "negation", "jargon", "order"} & set(found["rule"])
