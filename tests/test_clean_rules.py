"""Each cleaning rule at its limits, what it must not flag, and what switching it off would do."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from conftest import SHOP, shop_study
from raw_tables import raw_table

from csatlib import clean, schema
from csatlib.clean import duplicates, quality, rules, timing
from csatlib.study import Burst, Cleaning, Contradiction
from csatlib.study.conduct import Rule

STORE = """\
line: store
title: 门店满意度调查
population: {description: 到店客户}
periods: {2026Q3: {closes: 2026-09-30}}
scales:
  five:
    low: 1
    high: 5
    labels: {非常不满意: 1, 不满意: 2, 一般: 3, 满意: 4, 非常满意: 5}
    not_applicable: [不适用]
    cutoff: 4
  ten: {low: 0, high: 10}
sources:
  - {role: responses, glob: "a*", reader: table, channel: 线上, mapping: {customer_id: 编号, submitted_at: 时间, seconds: 时长}, device: 来自IP}
questions:
  - {id: overall, text: 整体, kind: rating, scale: five}
  - {id: staff, text: 店员, kind: rating, scale: five}
  - {id: wait, text: 等候不长, kind: rating, scale: five, reverse: true}
  - {id: price, text: 价格, kind: rating, scale: five}
  - {id: place, text: 环境, kind: rating, scale: five}
  - {id: recommend, text: 推荐, kind: nps, scale: ten}
  - {id: topic, text: 目的, kind: single, options: [购买, 退换]}
  - {id: shops, text: 门店, kind: multi, options: [东店, 西店]}
  - {id: comment, text: 意见, kind: text}
report: {overall: overall}
"""
HEADER = ["编号", "时间", "时长", "来自IP", "整体", "店员", "等候不长", "价格", "环境", "推荐", "目的", "门店", "意见"]  # fmt: skip
MAPPING = {"customer_id": "编号", "submitted_at": "时间", "seconds": "时长"}
ANSWERS = {"整体": "5", "店员": "4", "等候不长": "2", "价格": "3", "环境": "4", "推荐": "9", "目的": "购买", "门店": "东店", "意见": ""}  # fmt: skip


@pytest.fixture
def store(tmp_path):
    """Load the store's study, with one text in its file replaced by another."""

    def make(old: str = "line: store", new: str = "line: store"):
        assert old in STORE
        text = STORE.replace(old, new).replace("line: store", "line: shop")
        return shop_study(tmp_path, text)

    return make


def row(customer="", time="", seconds="", ip="", **answers):
    cells = {"编号": customer, "时间": time, "时长": seconds, "来自IP": ip} | ANSWERS | answers
    return [cells[name] for name in HEADER]


#: A questionnaire that no rule has anything against, so that something is always kept.
SOUND = row("Z", "2026-07-01 08:00:00", "300", "192.0.2.99", 店员="1", 价格="2", 目的="退换")


def answers(*rows, **more):
    known = {"mapping": MAPPING, "device": "来自IP"} | more
    return raw_table(HEADER, [*rows, SOUND], **known)


def flags(raw, study, *, but=()):
    """Which rules speak against the rows, as (number of the row, rule)."""
    outcome = clean.responses(raw, study, quarter="2026Q3")
    position = {row_id: i for i, row_id in enumerate(outcome.flagged["response_id"])}
    lines = zip(outcome.flags["row_id"], outcome.flags["rule"], strict=True)
    return [(position[r], rule) for r, rule in lines if rule not in but]


# ---- the table of rules --------------------------------------------------------------------------


def test_every_rule_has_a_reason_and_a_column(store):
    assert set(clean.REASONS) == {"malformed", *get_args(Rule)}
    flagged = clean.responses(answers(), store(), quarter="2026Q3").flagged
    assert {c for c in flagged if c.startswith("flag_")} == {f"flag_{r}" for r in get_args(Rule)}
    assert all(flagged[c].dtype == bool for c in flagged if c.startswith("flag_"))


@pytest.mark.parametrize("reason", clean.REASONS.values())
def test_a_reason_is_a_short_chinese_phrase(reason):
    assert 5 <= len(reason) <= 24
    assert "。" not in reason


@pytest.mark.parametrize("rule", get_args(Rule))
def test_a_rule_that_does_not_exclude_flags_all_the_same(store, rule):
    raw = answers(*FAULTY)
    study = store("report:", "cleaning: {exclude: []}\nreport:")
    outcome = clean.responses(raw, study, quarter="2026Q3")
    assert outcome.quarantined.empty
    assert len(outcome.kept) == raw.read
    only = clean.responses(
        raw,
        store("report:", f"cleaning: {{exclude: [{rule}]}}\nreport:"),
        quarter="2026Q3",
    )
    assert set(only.quarantined["rule"]) <= {rule}
    books = clean.intake([raw], only).iloc[0]
    assert books["kept"] + books["quarantined"] == raw.read
    others = outcome.flags[outcome.flags["rule"] != "duplicate"]
    now = only.flags[only.flags["rule"] != "duplicate"]
    assert others[["row_id", "rule"]].equals(now[["row_id", "rule"]])
    assert now["excluded"].tolist() == (now["rule"] == rule).tolist()


FAULTY = [
    row("A", "2026-07-01 09:00:00", "100"),
    row("A", "2026-07-02 09:00:00", "100"),
    row("B", "2026-10-02 09:00:00", "100"),
    row("C", "2026-07-03 09:00:00", "1"),
    row("D", "2026-07-03 10:00:00", "100", 整体="9"),
    row("E", "2026-07-04 09:00:00", "100", **dict.fromkeys(ANSWERS, "")),
    row("F", "2026-07-05 09:00:00", "100", 整体="4", 店员="4", 等候不长="4", 价格="4"),
]


# ---- twice -----------------------------------------------------------------------------------------


NINE = {"time": "2026-07-01 09:00:00", "ip": "192.0.2.1(北京-北京)"}
NINE_TEN = {"time": "2026-07-01 09:10:00", "ip": "192.0.2.1（上海-上海）"}
SAID = {"意见": "等了半个小时才轮到我们"}


@pytest.mark.parametrize(
    ("first", "second", "flagged"),
    [
        (NINE, NINE_TEN, True),
        (NINE, NINE_TEN | {"time": "2026-07-01 09:30:01"}, False),
        (NINE, NINE_TEN | {"time": "2026-07-01"}, False),
        (NINE, NINE_TEN | {"ip": "192.0.2.2(北京-北京)"}, False),
        (NINE | {"ip": ""}, NINE_TEN | {"ip": ""}, False),
        (NINE, NINE_TEN | {"门店": "西店"}, False),
        (NINE, NINE_TEN | {"意见": "好"}, False),
        (NINE | SAID, NINE_TEN | SAID | {"time": "2026-07-01 20:00:00"}, True),
        (NINE | SAID, NINE_TEN | SAID | {"time": "2026-08-01 09:00:00"}, False),
        (NINE | {"意见": "没意见"}, NINE_TEN | {"意见": "没意见", "time": "2026-08-01"}, False),
        (NINE | SAID, NINE_TEN | SAID | {"ip": "192.0.2.2"}, False),
        (NINE | SAID | {"customer": "A"}, NINE_TEN | SAID | {"customer": "a", "ip": ""}, True),
        (NINE | {"customer": "A"}, NINE_TEN | {"customer": "A"}, False),
        (NINE | {"customer": "A"}, NINE_TEN | {"customer": "B"}, True),
        (
            NINE | dict.fromkeys(("整体", "店员", "等候不长", "价格", "环境"), "5"),
            NINE_TEN | dict.fromkeys(("整体", "店员", "等候不长", "价格", "环境"), "5"),
            False,
        ),
        (
            NINE | SAID | dict.fromkeys(("等候不长", "价格", "环境", "推荐", "目的", "门店"), ""),
            NINE_TEN | SAID | dict.fromkeys(("等候不长", "价格", "环境", "推荐", "目的", "门店"), ""),
            False,
        ),
    ],
    ids=[
        "one device, ten minutes later, the place spelt otherwise", "half an hour later",
        "no clock time", "another device", "no device", "one option differs",
        "the comment differs", "one device, the same long comment the same day",
        "a month later it may be another ticket",
        "a comment that anyone would write", "another device, the same comment",
        "the same customer and comment", "the same customer, maybe another ticket",
        "another customer on the same device", "all fives in one office", "three answers only",
    ],
)  # fmt: skip
def test_near_duplicates(store, first, second, flagged):
    study = store()
    raw = answers(row(**first), row(**second))
    found = [pair for pair in flags(raw, study) if pair[1] == "near_duplicate"]
    assert found == ([(1, "near_duplicate")] if flagged else [])


def test_answers_that_others_give_too_are_no_near_duplicates(store):
    rows = [row(**NINE), row(**NINE_TEN), row(time="2026-08-01 09:00:00", ip="192.0.2.7")]
    assert "near_duplicate" not in {rule for _, rule in flags(answers(*rows), store())}


def test_a_colleagues_office_is_not_swept_up(store):
    office = [
        row(str(i), f"2026-07-01 09:{i:02d}:00", "120", "192.0.2.1", 整体="5", 店员="5",
            等候不长="5", 价格="5", 环境="5", 推荐="10")
        for i in range(20)
    ]  # fmt: skip
    assert not {r for _, r in flags(answers(*office), store())} & {"near_duplicate", "duplicate"}


def test_the_device_is_compared_and_not_kept(store):
    outcome = clean.responses(answers(row(**NINE)), store(), quarter="2026Q3")
    for table in (outcome.kept, outcome.flagged, outcome.ledger):
        assert not table.astype("str").apply(lambda c: c.str.contains("192.0.2")).any().any()


@pytest.mark.parametrize(
    ("sound", "flagged"),
    [
        ([True, True, True], [False, True, True]),
        ([False, True, True], [True, False, True]),
        ([False, False, False], [False, True, True]),
    ],
    ids=["the earliest", "the earliest sound one", "the earliest if none is sound"],
)
def test_which_of_a_customers_answers_stays(sound, flagged):
    days = pd.to_datetime(["2026-07-01", "2026-07-02", "2026-07-03"])
    rows = pd.DataFrame({"customer_id": ["A"] * 3, "submitted_at": days})
    assert duplicates.duplicate(rows, pd.Series(sound), ["customer_id"]).tolist() == flagged


# ---- times -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "answered", "limits", "flagged"),
    [
        ([19, 200], [3, 3], {"min_seconds": 20, "speed_share": 0.0}, [True, False]),
        ([20, 200], [3, 3], {"min_seconds": 20, "speed_share": 0.0}, [False, False]),
        ([29, 100, 100], [3, 3, 3], {}, [True, False, False]),
        ([30, 100, 100], [3, 3, 3], {}, [False, False, False]),
        ([11, 11], [12, 11], {"speed_share": 0.0}, [True, False]),
        ([23, 24], [12, 12], {"speed_share": 0.0, "seconds_per_item": 2.0}, [True, False]),
        ([None, None], [12, 12], {"min_seconds": 20}, [False, False]),
        ([0, 0], [0, 0], {}, [False, False]),
    ],
    ids=[
        "below the floor", "at the floor", "below the share", "at the share",
        "below a second a question", "below two seconds a question", "time unknown",
        "nothing answered in no time",
    ],
)  # fmt: skip
def test_too_fast(seconds, answered, limits, flagged):
    rows = pd.DataFrame({"seconds": pd.array(seconds, dtype="Int32"), "channel": "线上"})
    found = timing.too_fast(rows, pd.Series(answered), Cleaning(**limits))
    assert found.tolist() == flagged


def test_too_fast_is_measured_within_the_channel():
    rows = pd.DataFrame({"seconds": [20, 20, 200, 200, 20], "channel": [*"aabbb"]})
    found = timing.too_fast(rows, pd.Series([1] * 5), Cleaning())
    assert found.tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("time", "flagged"),
    [
        ("2026-09-30", False),
        ("2026-09-30 23:59:59", False),
        ("2026-10-01 00:00:00", True),
        ("2026-10-01", True),
        ("", False),
    ],
)
def test_too_late_is_after_the_last_day(store, time, flagged):
    raw = answers(row("A", time, "100"))
    assert ((0, "too_late") in flags(raw, store())) == flagged


def test_nothing_is_late_without_a_closing_date(store):
    study = store("periods: {2026Q3: {closes: 2026-09-30}}\n", "")
    assert flags(answers(row("A", "2027-01-01 09:00:00", "100")), study) == []


def at(*seconds, channel="线上", start="2026-07-01 09:00:00"):
    times = pd.Timestamp(start) + pd.to_timedelta([*seconds], unit="s")
    return pd.DataFrame({"submitted_at": times.astype("datetime64[us]"), "channel": channel})


@pytest.mark.parametrize(
    ("rows", "flagged"),
    [
        (at(0, 30, 60), [0, 1, 2]),
        (at(0, 30, 61), []),
        (at(0, 30), []),
        (at(100, 0, 160, 40, 130, 300), [0, 2, 4]),
        (at(0, 50, 60, 110), [0, 1, 2, 3]),
        (at(0, 0, 0, start="2026-07-01"), []),
        (pd.concat([at(0, 30), at(40, channel="电话")], ignore_index=True), []),
        (at(), []),
    ],
    ids=[
        "just within", "just not", "too few", "some in any order", "windows that overlap",
        "dates without a time", "another channel", "no rows",
    ],
)  # fmt: skip
def test_burst(rows, flagged):
    found = timing.burst(rows, Burst(count=3, seconds=60))
    assert np.flatnonzero(found).tolist() == flagged


def test_a_row_without_a_time_is_in_no_burst():
    rows = at(0, 1, 2)
    rows.loc[1, "submitted_at"] = pd.NaT
    assert not timing.burst(rows, Burst(count=3, seconds=60)).any()


# ---- answers ---------------------------------------------------------------------------------------


def scores(*rows):
    return pd.DataFrame([*rows], columns=["a", "b", "c", "d"][: len(rows[0])]).astype("Int8")


@pytest.mark.parametrize(
    ("given", "flagged"),
    [
        ([4, 4, 4, 4], True),
        ([4, 4, 4, 3], False),
        ([4, 4, None, 4], True),
        ([4, None, None, 4], False),
        ([None] * 4, False),
        ([0, 0, 0, 0], True),
        ([-1, -1, -1, -1], True),
        ([100, 100, 100, 100], True),
        ([0, None, 0, 1], False),
    ],
    ids=str,
)
def test_straight_line(given, flagged):
    assert quality.straight_line(scores(given), at_least=3).tolist() == [flagged]


def test_a_straight_line_is_what_was_ticked_not_what_was_scored():
    turned = {"b": 6}
    assert quality.straight_line(scores([5, 1, 5, 5]), at_least=3, turned=turned).all()
    assert not quality.straight_line(scores([5, 5, 5, 5]), at_least=3, turned=turned).any()


def test_straight_lines_agree_with_counting_row_by_row():
    rng = np.random.default_rng(3)
    wide = pd.DataFrame(rng.integers(1, 3, (2000, 6)), columns=[*"abcdef"]).astype("Int8")
    wide = wide.mask(rng.random(wide.shape) < 0.3)
    expected = (wide.nunique(axis=1) == 1) & (wide.notna().sum(axis=1) >= 3)
    assert expected.any()
    assert quality.straight_line(wide, at_least=3).equals(expected)


def test_no_rating_questions_no_straight_line():
    assert not quality.straight_line(scores([4, 4])[[]], at_least=3).any()


def test_a_straight_line_counts_one_scale_only(store):
    same = {"整体": "4", "店员": "4", "等候不长": "4", "价格": "4", "环境": "4", "推荐": "0"}
    assert flags(answers(row("A", **same)), store()) == [(0, "straight_line")]
    assert flags(answers(row("A", **same | {"环境": ""})), store()) == []
    study = store("report:", "cleaning: {straight_line_items: 4}\nreport:")
    assert flags(answers(row("A", **same | {"环境": ""})), study) == [(0, "straight_line")]


@pytest.mark.parametrize(
    ("when", "flagged"),
    [
        ({"overall": (5,), "staff": (1, 4)}, True),
        ({"overall": (5,), "staff": (1,)}, False),
        ({"overall": ("非常满意",), "staff": ("4",)}, True),
        ({"wait": (4,)}, True),
        ({"wait": ("不满意",)}, True),
        ({"wait": ("满意",)}, False),
        ({"topic": ("购买",), "shops": ("东店",)}, True),
        ({"topic": ("购买",), "shops": ("西店",)}, False),
        ({"topic": ("退换", "购 买")}, False),
        ({"overall": (5,), "recommend": (0,)}, False),
        ({"customer_id": ("A",)}, True),
    ],
    ids=[
        "both", "only one", "in words", "a reversed item by its score", "a reversed item in words",
        "and not by the words' usual score", "choices", "an option not chosen", "another wording",
        "a score of another item", "a column of the mapping",
    ],
)  # fmt: skip
def test_contradictions(store, when, flagged):
    study = store()
    rows = clean.responses(answers(row("A")), study, quarter="2026Q3").flagged.iloc[[0]]
    declared = [Contradiction(name="矛盾", when=when)]
    assert quality.contradictory(rows, declared, study).tolist() == [flagged]


def test_a_contradiction_needs_all_its_answers(store):
    study = store("report:", "cleaning: {contradictions: [{name: x, when: {overall: [5], staff: [4]}}], exclude: [contradictory]}\nreport:")  # fmt: skip
    raw = answers(row("A"), row("B", 店员=""), row("C", 店员="3"))
    assert flags(raw, study) == [(0, "contradictory")]


def test_a_contradiction_of_an_unknown_item_is_told(store):
    declared = [Contradiction(name="x", when={"overal": (5,)})]
    rows = pd.DataFrame({"overall": pd.array([5], dtype="Int8")})
    with pytest.raises(KeyError, match="overal"):
        quality.contradictory(rows, declared, store())


@pytest.mark.parametrize("when", [{}, {"overall": ()}], ids=["no item", "no answer"])
def test_a_contradiction_that_can_never_be_is_refused(when):
    with pytest.raises(ValueError, match="at least 1 item"):
        Contradiction(name="x", when=when)


@pytest.mark.parametrize(
    ("expect", "answer", "status", "failed"),
    [
        ("2", "2", "answered", False),
        ("2", "２ 分", "answered", False),
        ("2", "2.0", "answered", False),
        ("2", "2（不满意）", "answered", False),
        ("2", "不满意", "answered", False),
        ("2", "不满意 2分", "answered", False),
        ("2", "3", "answered", True),
        ("2", "满意", "answered", True),
        ("2", "12", "answered", True),
        ("不满意", "2", "answered", False),
        ("不满意", "不 满意", "answered", True),
        ("不满意", "2 满意", "answered", True),
        ("蓝色", " 蓝色 ", "answered", False),
        ("蓝色", "红色", "answered", True),
        ("2", None, "blank", True),
        ("2", None, "invalid", True),
        ("2", None, "not_applicable", True),
        ("2", None, "skipped", False),
        ("2", None, None, False),
    ],
)
def test_attention_checks(store, expect, answer, status, failed):
    check = f'  - {{id: attention, text: 此题请选二分, kind: attention, expect: "{expect}"}}\n'
    study = store("  - {id: comment", f"{check}  - {{id: comment")
    rows = pd.DataFrame({"attention": pd.Series([answer], dtype="str")})
    found = pd.DataFrame({"attention": pd.Series([status], dtype="str")})
    assert quality.attention(rows, found, study).tolist() == [failed]


@pytest.mark.parametrize(
    ("lists", "flagged"),
    [
        ({}, []),
        ({"invitations": ["A"]}, [1]),
        ({"customers": ["a ", "B"]}, []),
        ({"invitations": ["A"], "customers": ["B"]}, []),
        ({"tickets": ["X"]}, [0, 1]),
    ],
    ids=["no list", "not invited", "known customers", "one in each list", "in none"],
)
def test_outside_the_frame(store, lists, flagged):
    known = [
        raw_table(["编号"], [*([i] for i in ids), ["Z"]], role=role, file=f"{role}.csv", mapping={"customer_id": "编号"})
        for role, ids in lists.items()
    ]  # fmt: skip
    found = flags([answers(row("A"), row("B"), row("")), *known], store())
    assert [i for i, rule in found if rule == "outside_frame"] == flagged


@pytest.mark.parametrize(
    ("said", "flagged"),
    [
        ({}, True),
        ({"意见": "好"}, False),
        ({"目的": "购买"}, False),
        ({"整体": "不适用"}, False),
        ({"整体": "凑合"}, False),
        ({"整体": "(跳过)", "意见": "(空)"}, True),
    ],
    ids=["nothing", "a comment", "a choice", "not applicable", "unreadable words", "only marks"],
)
def test_empty(store, said, flagged):
    raw = answers(row("A", **dict.fromkeys(ANSWERS, "") | said))
    assert ((0, "empty") in flags(raw, store())) == flagged


# ---- what switching a rule off would do --------------------------------------------------------


def headline(study, *rows, exclude=None):
    columns = ["customer_id", "submitted_at", "overall", "recommend", "fast"]
    table = pd.DataFrame([*rows], columns=columns)
    table["submitted_at"] = pd.to_datetime(table["submitted_at"]).astype("datetime64[us]")
    table[["overall", "recommend"]] = table[["overall", "recommend"]].astype("Int8")
    named = {f"flag_{rule}": False for rule in get_args(Rule)} | {"flag_too_fast": table["fast"]}
    return clean.sensitivity(table.drop(columns="fast").assign(**named), study)


def open_books(store):
    """Give a study that publishes the figures of single questionnaires."""
    return store("report:", "privacy: {min_base: 1}\nreport:")


def test_fewer_than_the_confidentiality_base_coming_back_tell_nothing(store):
    rows = [
        ("A", "2026-07-01", 5, 10, False),
        *(("BCDEF"[i], "2026-07-01", 1, 9, True) for i in range(5)),
    ]
    few, enough = headline(store(), *rows[:-1]), headline(store(), *rows)
    hidden = few[few["rule"] == "too_fast"]
    assert hidden[["kept", "added", "estimate", "difference"]].isna().all().all()
    assert told(enough, "too_fast")[0] == [6, 5, "mean", "overall", 10 / 6, 10 / 6 - 5]
    assert few.loc[few["rule"].isna(), "estimate"].notna().all()


def told(table, rule):
    lines = table[table["rule"].isna()] if rule is None else table[table["rule"] == rule]
    return [
        [None if pd.isna(value) else value for value in line]
        for line in lines.drop(columns="rule").to_numpy(dtype=object).tolist()
    ]


def test_the_headline_as_decided_and_without_a_rule(store):
    table = headline(
        open_books(store),
        ("A", "2026-07-01", 5, 10, False),
        ("B", "2026-07-01", 3, 6, False),
        ("C", "2026-07-01", 1, 9, True),
    ).pipe(schema.check, "sensitivity")
    assert told(table, None) == [
        [2, 0, "mean", "overall", 4.0, 0.0],
        [2, 0, "share", "overall", 0.5, 0.0],
        [2, 0, "nps", "recommend", 0.0, 0.0],
    ]
    without = [value for line in told(table, "too_fast") for value in line if not isinstance(value, str)]  # fmt: skip
    assert without == pytest.approx(
        [3, 1, 3.0, -1.0, 3, 1, 1 / 3, 1 / 3 - 1 / 2, 3, 1, 100 / 3, 100 / 3]
    )
    assert table["rule"].dropna().drop_duplicates().tolist() == list(Cleaning().exclude)


def test_another_answer_of_the_customer_may_take_its_place(store):
    table = headline(
        open_books(store),
        ("A", "2026-07-01", 1, 0, True),
        ("A", "2026-07-02", 5, 10, False),
        ("B", "2026-07-02", 4, 8, False),
    )
    assert told(table, None)[0] == [2, 0, "mean", "overall", 4.5, 0.0]
    assert told(table, "too_fast")[0] == [2, 1, "mean", "overall", 2.5, -2.0]
    assert told(table, "duplicate")[0] == [2, 0, "mean", "overall", 4.5, 0.0]


def test_a_rule_switched_off_is_as_if_it_were_not_in_the_study(store):
    raw = answers(*FAULTY)
    flagged = clean.responses(raw, store(), quarter="2026Q3").flagged
    table = clean.sensitivity(flagged, open_books(store))
    for rule in Cleaning().exclude:
        rest = [r for r in Cleaning().exclude if r != rule]
        study = store("report:", f"cleaning: {{exclude: {rest}}}\nreport:".replace("'", ""))
        kept = clean.responses(raw, study, quarter="2026Q3").kept
        line = table[(table["rule"] == rule) & (table["metric"] == "mean")].iloc[0]
        assert (line["kept"], line["estimate"]) == (len(kept), kept["overall"].mean()), rule


def test_unknown_is_not_zero(store):
    table = headline(store(), ("A", "2026-07-01", None, None, False))
    assert table[["estimate", "difference"]].isna().all().all()
    none = headline(store(), ("A", "2026-07-01", 5, 9, True))
    assert none.loc[none["rule"].isna(), "estimate"].isna().all()


def test_the_kept_rows_alone_do_not_tell_what_was_flagged(store):
    kept = clean.responses(answers(), store(), quarter="2026Q3").kept
    with pytest.raises(ValueError, match=r"give Cleaned\.flagged"):
        clean.sensitivity(kept, store())


# ---- personal data -----------------------------------------------------------------------------


def people():
    asked = answers(row("A"), row(" b"), personal={"name": "意见", "mobile": "目的"})
    customers = raw_table(
        ["编号", "联系人", "电话"],
        [["A", "张三", "13800001234"], ["B", "李四 ", "(空)"], ["", "王五", " "]],
        role="customers", file="customers.csv", mapping={"customer_id": "编号"},
        personal={"name": "联系人", "mobile": "电话"},
    )  # fmt: skip
    staff = raw_table(["姓名"], [["赵六"]], role="staff", file="staff.csv", personal={"name": "姓名"})  # fmt: skip
    return [asked, customers, staff]


def test_personal_data_of_every_file_is_collected():
    found = clean.personal(people())
    assert (found.dtypes == "str").all()
    lines = found.drop(columns="row_id").fillna("").to_numpy().tolist()
    assert lines == [
        ["responses", "A", "mobile", "购买"],
        ["responses", "B", "mobile", "购买"],
        ["responses", "Z", "mobile", "退换"],
        ["customers", "A", "name", "张三"],
        ["customers", "B", "name", "李四 "],
        ["customers", "", "name", "王五"],
        ["customers", "A", "mobile", "13800001234"],
        ["staff", "", "name", "赵六"],
    ]
    assert found["row_id"].iloc[3] == people()[1].rows.index[0]


def test_no_personal_columns_no_personal_data():
    assert clean.personal([answers()]).columns.tolist() == ["row_id", "role", "key", "kind", "value"]  # fmt: skip
    assert clean.personal([answers()]).empty


def test_the_names_of_a_comment_are_those_of_its_row_and_customer():
    own = pd.DataFrame(
        {
            "row_id": ["r1", "r1", "c1", "c2", "s1"],
            "key": ["A", "A", "A", "B", None],
            "kind": ["name", "mobile", "name", "name", "name"],
            "value": ["张 三", "138", "李四 ", "王五", "赵六"],
        }
    ).astype("str")
    comments = pd.DataFrame({"response_id": ["r1", "r2", "r3", "r1"]}, index=[7, 8, 9, 10])
    replies = pd.DataFrame({"response_id": ["r1", "r2", "r3"], "customer_id": ["A", "B", None]})
    found = clean.known_names(comments, own, replies)
    assert found.to_dict() == {7: ("张 三", "李四"), 8: ("王五",), 9: (), 10: ("张 三", "李四")}


def test_a_question_may_bear_the_name_of_a_rule(tmp_path):
    text = SHOP.replace("id: staff,", "id: burst,")
    study = shop_study(tmp_path, text)
    raw = raw_table(
        ["客户编号", "整体满意度", "店员", "推荐意愿", "到店目的", "去过的门店", "意见建议"],
        [["A", "5", "4", "9", "购买", "东店", "好"]],
        mapping={"customer_id": "客户编号"},
    )
    flagged = clean.responses(raw, study, quarter="2026Q3").flagged
    assert flagged[["burst", "flag_burst"]].iloc[0].tolist() == [4, False]


def test_the_rules_come_in_one_order(store):
    evidence = clean.responses(answers(*FAULTY), store(), quarter="2026Q3").flagged
    found = [c.removeprefix("flag_") for c in evidence if c.startswith("flag_")]
    assert found == [rule for rule in rules.REASONS if rule != "malformed"]


def test_an_office_is_nobodys_name_in_other_peoples_comments():
    people = pd.DataFrame(
        [("a", "customers", "C1", "name", "客服中心"), ("b", "customers", "C2", "name", "刘志科"),
         ("c", "customers", "C3", "name", "欧阳青禾(财务)"), ("d", "staff", None, "name", "王科")],
        columns=["row_id", "role", "key", "kind", "value"],
    )  # fmt: skip
    assert clean.roster(people) == ("欧阳青禾", "王科")
    replies = pd.DataFrame({"response_id": ["r"], "customer_id": ["C2"]})
    assert clean.known_names(replies, people, replies).tolist() == [("刘志科",)]
