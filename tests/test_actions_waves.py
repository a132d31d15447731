"""Evidence, scopes and the waves by which a measure is judged."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import schema
from csatlib.actions import (
    ActionError,
    Evidence,
    action_frames,
    parse_scope,
    scope_mask,
    wave_means,
)
from csatlib.estimates import mean

DAY = pd.Timestamp


# ---- evidence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("estimates:2026Q2:mean:overall", ("estimates", "2026Q2", "overall", "mean", None, None)),
        (
            "estimates:2026Q2:mean:speed:team=网络组",
            ("estimates", "2026Q2", "speed", "mean", "team", "网络组"),
        ),
        ("themes:2026Q2:wait", ("themes", "2026Q2", "wait", None, None, None)),
        (
            "comparisons:2026Q2:share:speed:team × region=网络组 × A=B：C",
            ("comparisons", "2026Q2", "speed", "share", "team × region", "网络组 × A=B：C"),
        ),
    ],
    ids=["overall", "group", "theme", "awkward group"],
)
def test_evidence_is_read_and_written_again(text, parts):
    found = Evidence.parse(text, action_id="A1")
    assert found == Evidence(*parts)
    assert str(found) == text
    assert Evidence.parse(str(found)) == found


def test_evidence_with_full_width_signs_is_read():
    found = Evidence.parse(" estimates：2026Q2：mean：speed：team＝网络组 ")
    assert str(found) == "estimates:2026Q2:mean:speed:team=网络组"


@pytest.mark.parametrize(
    "text", ["", "客户说慢", "estimates:2026:mean:x", "estimates:2026Q5:mean:x", None, 3]
)
def test_evidence_that_is_none_names_the_measure(text):
    with pytest.raises(ActionError, match=r"措施 A7：evidence 应写成 表:季度:指标:题目"):
        Evidence.parse(text, action_id="A7")


def test_an_unknown_table_is_told_with_the_nearest():
    with pytest.raises(ActionError, match=r"措施 A7：.*“estimate”不存在；是不是“estimates"):
        Evidence.parse("estimate:2026Q2:mean:speed", action_id="A7")


def test_evidence_finds_its_row():
    df = pd.DataFrame(
        {"quarter": "2026Q2", "team": ["网络组", "桌面组"] * 40, "speed": [3, 4] * 40}
    )
    table = pd.concat([mean(df, "speed"), mean(df, "speed", by=["team"])], ignore_index=True)
    assert len(Evidence.parse("estimates:2026Q2:mean:speed").find(table)) == 1
    row = Evidence.parse("estimates:2026Q2:mean:speed:team=网络组").find(table)
    assert row["estimate"].tolist() == [3.0]
    assert Evidence.parse("estimates:2026Q1:mean:speed").find(table).empty
    assert Evidence.parse("estimates:2026Q2:nps:speed").find(table).empty
    with pytest.raises(ValueError, match="expected one of the columns"):
        Evidence.parse("themes:2026Q2:wait").find(pd.DataFrame({"x": [1]}))


def test_evidence_of_a_table_with_metrics_names_one():
    with pytest.raises(ActionError, match=r"措施 A7：evidence 没有写指标.*estimates:2026Q2:mean"):
        Evidence.parse("estimates:2026Q2:speed", action_id="A7")


def test_a_row_without_a_quarter_is_of_its_run():
    table = pd.DataFrame({"quarter": [None], "item": "speed", "metric": "mean", "estimate": 3.0})
    evidence = Evidence.parse("estimates:2026Q2:mean:speed")
    assert evidence.row(table)["estimate"] == 3.0
    assert evidence.row(table.iloc[:0]) is None


# ---- scope ---------------------------------------------------------------------------------------

TEAMS = pd.DataFrame(
    {
        "team": ["网络组", "网络组", "桌面组", None, "网络组"],
        "region": ["华东", "华南", "华东", "华南", None],
        "level": pd.array([1, 2, None, 2, 1], dtype="Int64"),
    },
    index=list("abcde"),
)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (None, [True] * 5),
        ("  ", [True] * 5),
        ("team=网络组", [True, True, False, None, True]),
        ("team=网络组；region=华东|华南", [True, True, False, None, None]),
        ("team = 网络组 ; region ＝ 华东", [True, False, False, False, None]),
        ("region=华东｜华南；team=桌面组", [False, False, True, None, False]),
        ("level=1", [True, False, None, False, True]),
        ("team=网络组；", [True, True, False, None, True]),
    ],
    ids=["none", "blank", "one", "or", "narrow signs", "wide or", "number", "trailing"],
)
def test_a_scope_is_a_mask_that_knows_what_it_does_not_know(scope, expected):
    mask = scope_mask(TEAMS, scope)
    assert mask.dtype == "boolean"
    assert list(mask.index) == list("abcde")
    assert [None if pd.isna(value) else value for value in mask] == expected


def test_a_scope_may_use_the_chinese_name_of_a_column():
    mask = scope_mask(TEAMS, "处理班组=桌面组", labels={"team": "处理班组"})
    assert mask.eq(True).sum() == 1


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("网络组", "“网络组”缺列名、等号或值"),
        ("team=", "缺列名"),
        ("=网络组", "缺列名"),
        ("team=网络组||桌面组", "缺列名"),
        ("team=网络组；team=桌面组", "“team”写了两次"),
        ("teams=网络组", "列“teams”不在答卷里；是不是“team”"),
        ("team=网路组", "值“网路组”在答卷里没有出现；是不是“网络组”"),
        ("region=欧洲", "值“欧洲”在答卷里没有出现；可用的有：华东、华南。"),
    ],
)
def test_a_scope_that_cannot_be_read_names_the_measure(scope, told):
    with pytest.raises(ActionError) as error:
        scope_mask(TEAMS, scope, action_id="A3")
    assert str(error.value).startswith("措施 A3：")
    assert told in str(error.value)


def test_no_id_stands_in_an_error():
    df = pd.DataFrame({"customer_id": ["SECRET1", "SECRET2"]})
    with pytest.raises(ActionError) as error:
        scope_mask(df, "customer_id=SECRET3")
    assert "SECRET" not in str(error.value)


def test_without_responses_no_value_is_refused():
    assert scope_mask(TEAMS.iloc[:0], "team=从未见过").empty
    assert parse_scope("a=b|c") == {"a": ("b", "c")}


# ---- waves ---------------------------------------------------------------------------------------

ACTION = {
    "action_id": "A1",
    "line": "ops",
    "quarter": "2026Q2",
    "item": "speed",
    "scope": "team=网络组",
    "started_on": DAY("2026-07-05"),
    "done_on": DAY("2026-08-01"),
}
NET, DESK = "网络组", "桌面组"
ROWS = [
    ("h1", "2026Q1", "2026-02-01", "C1", NET, 3),
    ("h2", "2026Q1", "2026-02-01", "D1", DESK, 4),
    ("b1", "2026Q2", "2026-05-01", "C1", NET, 2),
    ("b2", "2026Q2", None, "C2", NET, 3),
    ("b3", "2026Q2", "2026-05-01", "D1", DESK, 4),
    ("b4", "2026Q2", "2026-07-04 23:59", "C4", NET, 4),
    ("u1", "2026Q3", "2026-07-20", "C1", NET, 3),
    ("u2", "2026Q3", None, "C2", NET, 3),
    ("u3", "2026Q2", "2026-06-01", "E1", None, 3),
    ("u4", "2026Q2", "2026-07-05 00:00", "C5", NET, 3),
    ("a1", "2026Q3", "2026-08-01 00:00", "C1", NET, 4),
    ("a2", "2026Q3", "2026-09-01", "D1", DESK, 4),
    ("a3", "2026Q3", "2026-09-02", "C3", NET, 5),
    ("m1", "2026Q3", "2026-09-02", "C3", DESK, 1),
    ("z1", "2026Q4", "2026-10-02", "C3", NET, 1),
]


def responses(rows=ROWS, line="ops"):
    names = ["response_id", "quarter", "submitted_at", "customer_id", "team", "speed"]
    df = pd.DataFrame(rows, columns=names).assign(line=line)
    df["submitted_at"] = pd.to_datetime(df["submitted_at"], format="ISO8601")
    return df.astype({"speed": "Int8"})


def ids(df):
    return df["response_id"].tolist()


def test_waves_are_split_by_quarter_day_and_scope():
    frames = action_frames(ACTION, responses(), today="2026-09-30")
    assert ids(frames.history) == ["h1"]
    assert ids(frames.before) == ["b1", "b2", "b4"]
    assert ids(frames.after) == ["a1", "a3"]
    control = dict(zip(ids(frames.control), frames.control["wave"], strict=True))
    # m1 is outside, but its customer was reached by another response.
    assert control == {"h2": "history", "b3": "before", "a2": "after"}
    assert frames.n_undecided == 4
    assert frames.reason is None


def test_a_row_is_in_one_wave_only_and_other_lines_are_in_none():
    both = pd.concat([responses(), responses(line="hotline")])
    frames = action_frames(ACTION, both, today="2026-12-31")
    everything = [*frames.history.index, *frames.before.index, *frames.after.index]
    everything += list(frames.control.index)
    assert len(everything) == len(set(everything)) == 10
    for df in (frames.history, frames.before, frames.after, frames.control):
        assert set(df["line"]) == {"ops"}


def test_another_line_has_no_waves():
    frames = action_frames(ACTION, responses(line="hotline"), today="2026-09-30")
    assert frames.before.empty
    assert frames.control.empty
    assert frames.reason == "no_before"
    assert list(frames.control)[-1] == "wave"


@pytest.mark.parametrize(
    ("changed", "before", "after", "reason"),
    [
        ({"started_on": pd.NaT, "done_on": pd.NaT}, ["b1", "b2", "b4", "u4"], [], "not_started"),
        ({"started_on": DAY("2027-01-01"), "done_on": pd.NaT}, ["b1", "b2", "b4", "u4"], [], "not_started"),
        ({"done_on": pd.NaT}, ["b1", "b2", "b4"], [], "not_done"),
        ({"done_on": DAY("2026-10-01")}, ["b1", "b2", "b4"], [], "not_done"),
        ({"started_on": pd.NaT}, ["b1", "b2", "b4", "u4"], ["a1", "a3"], None),
        ({"done_on": DAY("2026-09-30")}, ["b1", "b2", "b4"], [], "no_after"),
        (
            {"started_on": DAY("2026-05-20"), "done_on": DAY("2026-06-15")},
            ["b1"], ["b4", "u1", "u2", "u4", "a1", "a3"], None,
        ),
        ({"started_on": DAY("2026-04-01")}, [], ["a1", "a3"], "no_before"),
    ],
    ids=["not started", "starts later", "not done", "done later", "no start", "nobody since",
         "done in the trigger quarter", "began with the quarter"],
)  # fmt: skip
def test_edges_of_time(changed, before, after, reason):
    frames = action_frames({**ACTION, **changed}, responses(), today="2026-09-30")
    assert sorted(ids(frames.before)) == sorted(before)
    assert sorted(ids(frames.after)) == sorted(after)
    assert frames.reason == reason


def test_a_scope_of_everybody_leaves_no_control():
    frames = action_frames({**ACTION, "scope": None}, responses(), today="2026-09-30")
    assert frames.control.empty
    assert "u3" in ids(frames.before)


def test_a_series_of_the_register_is_read_like_a_mapping():
    row = schema.empty("actions").reindex([0]).iloc[0]
    for name, value in ACTION.items():
        row[name] = value
    frames = action_frames(row, responses(), today="2026-09-30")
    assert ids(frames.after) == ["a1", "a3"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"quarter": None}, "措施 A1：quarter"),
        ({"done_on": DAY("2026-07-01")}, "措施 A1：done_on（2026-07-01）早于 started_on"),
        ({"done_on": "2026-07-01"}, "措施 A1：done_on 应为日期"),
        ({"scope": "teem=网络组"}, "措施 A1：scope 的列“teem”"),
    ],
)
def test_a_register_row_that_cannot_be_used_is_named(changed, told):
    with pytest.raises(ActionError, match=told):
        action_frames({**ACTION, **changed}, responses(), today="2026-09-30")


def test_missing_columns_and_quarters_are_told():
    with pytest.raises(ValueError, match="responses: expected names of columns"):
        action_frames(ACTION, responses().drop(columns="quarter"), today="2026-09-30")
    with pytest.raises(ValueError, match=r"responses.quarter: expected a quarter in every row"):
        action_frames(ACTION, responses().assign(quarter=None), today="2026-09-30")


# ---- customers asked again -----------------------------------------------------------------------


def rechecks(rows):
    df = pd.DataFrame(rows, columns=["action_id", "customer_id", "asked_on", "score"])
    return df.assign(asked_on=pd.to_datetime(df["asked_on"]))


def test_customers_asked_again_are_paired_with_their_last_score_before():
    asked = rechecks(
        [
            ("A1", "C1", "2026-08-10", 3),
            ("A1", "C1", "2026-09-10", 4),
            ("A1", "C2", "2026-07-01", 5),
            ("A1", "C4", "2026-09-11", None),
            ("A1", "C4", "2026-10-11", 1),
            ("A1", "D1", "2026-09-11", 5),
            ("A2", "C4", "2026-09-11", 5),
        ]
    )
    frames = action_frames(ACTION, responses(), today="2026-09-30", rechecks=asked)
    # C2 was asked before the measure began, C4 gave no score in time, D1 was not reached.
    assert ids(frames.asked_before) == ids(frames.asked_again) == ["b1"]
    assert frames.asked_before["speed"].tolist() == [2]
    again = frames.asked_again.iloc[0]
    assert (again["speed"], again["submitted_at"], again["quarter"]) == (
        4,
        DAY("2026-09-10"),
        "2026Q3",
    )


def test_asked_again_alone_are_a_wave_after():
    asked = rechecks([("A1", "C1", "2026-09-10", 4)])
    action = {**ACTION, "done_on": DAY("2026-09-05")}
    assert action_frames(action, responses(), today="2026-09-30").reason == "no_after"
    frames = action_frames(action, responses(), today="2026-09-30", rechecks=asked)
    assert frames.reason is None


# ---- means of waves ------------------------------------------------------------------------------


def test_means_of_waves_are_those_of_estimates():
    frames = action_frames(ACTION, responses(), today="2026-09-30")
    table = wave_means(frames, "speed", action_id="A1").pipe(schema.check, "wave_means")
    row = table[table["reached"] & (table["wave"] == "before")].iloc[0]
    expected = mean(frames.before.drop(columns="quarter"), "speed", min_base=1).iloc[0]
    assert row["n"] == 3
    for name in ("estimate", "ci_low", "ci_high"):
        assert row[name] == expected[name]
    history = table[table["wave"] == "history"]
    assert history["quarter"].tolist() == ["2026Q1", "2026Q1"]
    assert history["reason"].tolist() == ["single_answer"] * 2


def test_no_wave_no_row():
    frames = action_frames(ACTION, responses(line="hotline"), today="2026-09-30")
    assert wave_means(frames, "speed").empty
    with pytest.raises(ValueError, match="item: expected names of columns"):
        wave_means(frames, "temperature")
