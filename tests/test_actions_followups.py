"""Every opinion followed up: joined, dated, counted; and how long it took."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from csatlib import actions, charts, report, schema, store
from csatlib.actions.survival import waiting_quantile
from csatlib.study import Followups

TODAY = "2026-08-20"
SETTINGS = Followups(
    days=10,
    contact_days=2,
    escalate_days=5,
    owner="服务台",
    by="team",
    owners={"网络组": "网络组长"},
)
COMMENTS = pd.DataFrame(
    {
        "comment_id": ["c1", "c2", "c3", "c4"],
        "response_id": ["r1", "r2", "r3", "r3"],
        "item": "comment",
        "text": ["排队太久了", "没有意见", "工程师态度冷淡", "希望增加坐席"],
    }
)
RESPONSES = pd.DataFrame(
    {
        "response_id": ["r1", "r2", "r3"],
        "quarter": "2026Q3",
        "line": "ops_event",
        "channel": "电话",
        "customer_id": ["C1", "C2", "C3"],
        "submitted_at": pd.to_datetime(
            ["2026-08-01 23:59", "2026-08-02 10:00", "2026-08-12 08:00"]
        ),
        "team": ["网络组", "数据组", "数据组"],
        "overall": [2, 5, 3],
    }
)
CODED = pd.DataFrame(
    {
        "comment_id": ["c1", "c1", "c1", "c3", "c4"],
        "theme": ["wait", "menu", "wait", "manner", None],
        "polarity": ["negative", "positive", "negative", "negative", None],
        "start": [5, 1, 9, 0, None],
    }
)
DAYS = ("received_on", "contact_due", "due", "contacted_on", "closed_on", "checked_on")


def table(rows, name="followups"):
    blank = schema.empty(name)
    df = pd.DataFrame(list(rows)).reindex(columns=list(blank))
    for column in set(DAYS) & set(df):
        df[column] = pd.to_datetime(df[column])
    return df.astype(blank.dtypes.to_dict())


def row(name="F", state="new", received="2026-08-01", **given):
    start = pd.Timestamp(received)
    known = {"followup_id": name, "quarter": "2026Q3", "line": "x", "comment_id": name}
    known |= {"state": state, "received_on": start, "contact_due": start + pd.Timedelta(days=2)}
    return {**known, "due": start + pd.Timedelta(days=10), **given}


def joined(log=(), **given):
    known = {"settings": SETTINGS, "today": TODAY, "coded": CODED, "responses": RESPONSES}
    return actions.followups(COMMENTS, table(log), **{**known, "score": "overall", **given})


def test_every_opinion_that_says_something_gets_a_row():
    found = joined()
    assert found["comment_id"].tolist() == ["c1", "c3", "c4"]
    assert found["followup_id"].tolist() == ["F-c1", "F-c3", "F-c4"]
    assert found["themes"].tolist()[:2] == ["menu、wait", "manner"]
    assert found["themes"].isna().tolist() == [False, False, True]
    assert found["polarity"].tolist()[:2] == ["mixed", "negative"]
    assert found["owner"].tolist() == ["网络组长", "服务台", "服务台"]
    assert set(found["supervisor"]) == {"QA专员"}
    assert found["score"].tolist() == [2, 3, 3]
    days = found[["received_on", "contact_due", "due"]].iloc[0].dt.strftime("%m-%d")
    assert days.tolist() == ["08-01", "08-03", "08-11"], "the day counts, not the hour"


def test_ids_as_numbers_and_as_their_digits_find_each_other():
    comments = COMMENTS.assign(response_id=[1, 2, 3, 3])
    log = table(())
    given = {"settings": SETTINGS, "today": TODAY}
    for ids in (["1", "2", "3"], [1.0, 2.0, 3.0]):
        found = actions.followups(
            comments, log, responses=RESPONSES.assign(response_id=ids), **given
        )
        assert found["response_id"].tolist() == ["1", "3", "3"]
        assert found["group"].tolist() == ["网络组", "数据组", "数据组"]


def test_comments_numbered_are_found_again_in_every_table():
    numbered = {"c1": 1, "c2": 2, "c3": 3, "c4": 4}
    comments, coded = (
        df.assign(comment_id=df["comment_id"].map(numbered)) for df in (COMMENTS, CODED)
    )
    found = actions.followups(
        comments,
        table([row("X-1", "contacted", comment_id="1", contacted_on="2026-08-03")]),
        settings=SETTINGS,
        today=TODAY,
        coded=coded,
        responses=RESPONSES,
    )
    assert found["followup_id"].tolist() == ["X-1", "F-3", "F-4"]
    assert found["state"].tolist() == ["contacted", "new", "new"]
    assert found["themes"].tolist()[:2] == ["menu、wait", "manner"]
    assert found["polarity"].tolist()[:2] == ["mixed", "negative"]


def test_the_register_is_laid_over_and_its_older_rows_stay():
    log = [
        row(
            "X-1", "contacted", comment_id="c1", owner="张三", contacted_on="2026-08-03", note="一"
        ),
        row("X-0", "closed", "2026-05-01", quarter="2026Q2", comment_id="old", text="慢"),
    ]
    found = joined(log)
    assert found["followup_id"].tolist() == ["X-1", "F-c3", "F-c4", "X-0"]
    first = found.iloc[0]
    assert first[["owner", "state", "note", "group"]].tolist() == [
        "张三",
        "contacted",
        "一",
        "网络组",
    ]
    assert found.iloc[-1][["quarter", "text"]].tolist() == ["2026Q2", "慢"]
    again = joined(found.to_dict("records"))
    # What is written back is read as it was.
    pd.testing.assert_frame_equal(again, found)


@pytest.mark.parametrize(
    ("written", "state", "closed"),
    [
        ({"state": "new", "contacted_on": "2026-08-05"}, "contacted", False),
        ({"state": "contacted", "closed_on": "2026-08-05"}, "closed", True),
        ({"state": "beyond", "closed_on": "2026-08-05"}, "beyond", True),
        ({"state": "closed", "closed_on": "2026-08-25"}, "new", False),
        (
            {"state": "closed", "contacted_on": "2026-08-05", "closed_on": "2026-08-25"},
            "contacted",
            False,
        ),
        ({"state": "contacted", "contacted_on": "2026-08-25"}, "new", False),
        ({"state": "under_way", "contacted_on": "2026-08-05"}, "under_way", False),
        ({"state": "closed"}, "closed", False),
    ],
    ids=["met", "closed", "beyond", "ahead", "only met", "met ahead", "under way", "no day"],
)
def test_the_register_is_seen_as_of_the_day(written, state, closed):
    found = joined([row("X", comment_id="c1", **written)]).iloc[0]
    assert (found["state"], pd.notna(found["closed_on"])) == (state, closed)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"responses": None}, "missing \\['quarter', 'line', 'submitted_at'\\]"),
        ({"responses": RESPONSES[:1]}, "found comments without one"),
        (
            {"responses": RESPONSES.assign(response_id=[1, 2, 3])},
            r"followups: comments.response_id, responses.response_id: expected ids of one type, "
            r"found text \(dtype str\) and number \(dtype int64\).*write both as text",
        ),
        (
            {"responses": pd.concat([RESPONSES, RESPONSES])},
            "responses: expected each response_id once, found one twice; keep one row",
        ),
        (
            {"log": [row("a", comment_id="c1"), row("b", comment_id="c1")]},
            "log: .* found one twice",
        ),
        ({"polarity": CODED}, "pass text.comment_polarity"),
        ({"today": "soon"}, "expected a day"),
        (
            {"log": [row("a", comment_id="c1")], "coded": CODED.assign(comment_id=range(5))},
            r"comments.comment_id, followups: coded.comment_id: .*write both as text",
        ),
        (
            {"responses": RESPONSES.assign(overall=["满意", "一般", "不满"])},
            "followups: responses.overall: expected numbers, found dtype str",
        ),
        (
            {"responses": RESPONSES.assign(submitted_at="上周")},
            "followups: responses.submitted_at: expected times such as .* found 3 of 3",
        ),
    ],
    ids=[
        "no answers",
        "answers missing",
        "other ids",
        "answers twice",
        "twice",
        "clauses",
        "no day",
        "other ids of comments",
        "words for a score",
        "words for a day",
    ],
)
def test_what_cannot_be_joined_is_told(given, words):
    with pytest.raises(ValueError, match=words):
        joined(**given)


WHOLE = {
    "contacted_on": "2026-08-02",
    "corrective": "改",
    "preventive": "防",
    "closed_on": "2026-08-09",
}
WHOLE |= {"checked_on": "2026-08-10", "checked_by": "QA"}


LATE = {**WHOLE, "closed_on": "2026-08-14"}
JUDGED = {
    "contact late": (row(received="2026-08-10"), (True, True, False, None, True, False, None)),
    "young": (row(received="2026-08-18"), (True, False, False, None, False, False, None)),
    "late": (row(received="2026-08-09"), (True, True, True, 1, True, False, None)),
    "contacted": (
        row(received="2026-08-13", contacted_on="2026-08-14"),
        (True, False, False, None, False, False, None),
    ),
    "closed": (row("F", "closed", **WHOLE), (False, False, False, None, False, True, None)),
    "closed late": (row("F", "closed", **LATE), (False, False, True, 3, False, True, None)),
    "nothing written": (
        row("F", "closed"),
        (False, None, None, None, False, False, "联系日期、纠正措施"),
    ),
    "beyond": (
        row("F", "beyond", **{**WHOLE, "corrective": None}),
        (False, False, False, None, False, False, "向客户的说明"),
    ),
    "unreachable": (
        row("F", "unreachable", **WHOLE),
        (False, False, False, None, False, False, "联系经过"),
    ),
}


@pytest.mark.parametrize(("one", "told"), JUDGED.values(), ids=JUDGED)
def test_a_follow_up_is_judged(one, told):
    found = actions.followup_states(table([one]), today=TODAY, escalate_days=5).iloc[0]
    names = ["open", "contact_late", "late", "days_late", "escalate", "complete"]
    values = [None if pd.isna(found[name]) else found[name] for name in names]
    assert values == list(told[:-1])
    assert pd.isna(found["lacking"]) if told[-1] is None else told[-1] in found["lacking"]


def rates(rows, **given):
    return actions.followup_rates(table(rows), today=TODAY, **given)


def test_rates_count_what_they_say():
    rows = [
        row("1", "closed", **WHOLE),
        row("2", "closed", **{**WHOLE, "closed_on": "2026-08-15", "preventive": None}),
        row("3", "contacted", contacted_on="2026-08-09"),
        row("4", "new", "2026-08-19"),
    ]
    found = rates(rows).set_index("metric")
    counts = {m: (found.loc[m, "count"], found.loc[m, "n"]) for m in found.index}
    assert counts["contacted"] == (3, 4)
    assert counts["contacted_in_time"] == (2, 3), "the youngest is not due yet"
    assert counts["closed"] == (2, 4)
    assert counts["closed_in_time"] == (1, 3)
    assert counts["late"] == (2, 4)
    assert counts["escalated"] == (1, 4)
    assert (counts["corrective"], counts["preventive"]) == ((2, 2), (1, 2))
    assert (counts["checked"], counts["complete"]) == ((2, 2), (1, 2))
    assert (counts["explanation"], found.loc["explanation", "reason"]) == ((0, 0), "empty")
    assert counts["close_days_median"] == (2, 4)
    assert found.loc["contacted", ["ci_low", "ci_high"]].tolist() == pytest.approx(
        [0.3006418, 0.9544127], abs=1e-6
    ), "Wilson's interval of 3 of 4"
    assert found.loc["close_days_median", "estimate"] == 14
    assert found.loc["contact_days_p90", "estimate"] == 8
    said = report.followup_rates_sentences(rates(rows))
    assert said[0] == "有内容的意见 4 条，已联系 3 条（75.0%），已办结 2 条（50.0%）。"
    assert "**逾期 2 条**；联系或办结拖得太久、应当上报的 1 条。" in said


def test_groups_add_up_and_a_missing_group_is_one():
    rows = [row(str(i), "new", group=g) for i, g in enumerate(["甲", "乙", "甲", None])]
    found = rates(rows, by=["group"])
    n = found[found["metric"] == "closed"].set_index("group")["n"].to_dict()
    assert n == {"甲": 2, "乙": 1, "（空）": 1}
    assert set(found["group_by"]) == {"group"}
    assert rates(rows, by="group").equals(found)
    assert found[found["metric"] == "close_days_median"]["reason"].tolist() == ["no_event"] * 3
    axes = charts.followup_bars(found)
    assert len(axes.get_yticklabels()) == 3
    with pytest.raises(ValueError, match="expected a share"):
        charts.followup_bars(found, metric="close_days_median")


def test_no_opinion_gives_no_zero():
    found = rates([])
    assert found["estimate"].isna().all()
    assert set(found["reason"]) == {"empty"}
    assert actions.week_list(table([]), today=TODAY).empty
    assert actions.followup_summary(table([]), today=TODAY).empty


@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_waiting_times_equal_statsmodels(seed, share):
    rng = np.random.default_rng(seed)
    days = rng.integers(1, 40, 61).astype(float)
    ended = rng.random(61) < 0.7
    middle, low, high = waiting_quantile(days, ended, share, 0.95)
    other = SurvfuncRight(days, ended.astype(int))
    assert middle == pytest.approx(other.quantile(share), nan_ok=True)
    theirs = other.quantile_ci(share, method="cloglog")
    assert low == theirs[0]
    if np.isfinite(theirs[1]) and not np.isnan(high):
        assert abs(high - theirs[1]) <= 3, "it takes the last time in the band, we the first out"


def test_a_median_counts_what_is_open():
    days, ended = np.array([1.0, 2, 3, 30, 30, 30]), np.array([True] * 3 + [False] * 3)
    assert waiting_quantile(days, ended, 0.5, 0.95)[0] == 3
    assert waiting_quantile(days[:3], ended[:3], 0.5, 0.95)[0] == 2, "without them it looks quick"
    assert np.isnan(waiting_quantile(days, ended, 0.9, 0.95)[0])


def test_the_week_begins_with_what_is_gravest():
    rows = [
        row("due", received="2026-08-12", contacted_on="2026-08-13"),
        row("later", received="2026-08-19", contacted_on="2026-08-19"),
        row("contact", received="2026-08-19"),
        row("overdue", received="2026-08-09", contacted_on="2026-08-10"),
        row("blamed", received="2026-08-09", contacted_on="2026-08-10", polarity="negative"),
        row("key", received="2026-08-09", contacted_on="2026-08-10", polarity="mixed")
        | {"customer_id": "K"},
        row("up", received="2026-08-01"),
        row("closed", "closed", "2026-08-01"),
        row("waiting", received="2026-08-16"),
        {**row("undated"), "due": None, "contact_due": None},
    ]
    found = actions.week_list(table(rows), today=TODAY, key_customers=["K"], escalate_days=5)
    order = ["up", "key", "blamed", "overdue", "waiting", "due", "contact", "undated"]
    assert found["followup_id"].tolist() == order
    assert found["place"].tolist() == list(range(1, len(found) + 1))
    said = report.week_list_sentence(found)
    assert said.startswith(f"本周要跟进的意见 {len(found)} 条，其中重点客户 1 条")
    view = report.week_list_view(found, store.study("hotline"))
    assert "意见" not in view


def test_the_summary_counts_an_opinion_under_each_of_its_themes():
    rows = [
        row("1", themes="wait、menu", group="甲", polarity="mixed"),
        row("2", "closed", themes="wait", group="甲", **WHOLE),
        row("3", group="乙", polarity="positive"),
    ]
    found = actions.followup_summary(table(rows), today=TODAY)
    told = found.astype("object").where(found.notna(), None).to_numpy().tolist()
    assert told == [
        ["wait", "甲", "new", 1, 1, 1],
        ["wait", "甲", "closed", 1, 0, 0],
        ["menu", "甲", "new", 1, 1, 1],
        [None, "乙", "new", 1, 0, 1],
    ]
    view = report.followup_summary_view(found, store.study("hotline"))
    assert view["主题"].tolist() == ["wait", "menu", "未归类"]
    assert view.loc[0, ["合计", "未联系", "已办结"]].tolist() == ["2", "1", "1"]
    states = actions.followup_states(table(rows), today=TODAY)
    shown = report.followups_view(table(rows), states, store.study("hotline"))
    assert shown["状态"].tolist() == ["未联系", "已办结", "未联系"]
