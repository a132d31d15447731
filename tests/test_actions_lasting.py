"""Problems that come back, customers who leave or may leave, orders, and cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib import schema
from csatlib.actions import (
    action_frames,
    active_customers,
    cases,
    churn,
    churn_risk,
    churn_risk_check,
    orders_gained,
    recurrence,
    repeats,
)
from csatlib.actions.counts import rate, rate_ratio, share, sum_of_shares

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "recurrence_churn.json").read_text(encoding="utf-8")
)


def table(name, rows):
    blank = schema.empty(name)
    df = pd.DataFrame(rows).reindex(columns=list(blank))
    return df.astype(blank.dtypes.to_dict()).pipe(schema.check, name)


def by_code(entry):
    return entry["code"]


# ---- counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", REFERENCE["wilson"], ids=by_code)
def test_a_share_is_r_prop_test(entry):
    found = share(*entry["given"], 0.95)
    assert [found.ci_low, found.ci_high] == pytest.approx(entry["value"], abs=1e-12)


@pytest.mark.parametrize("entry", REFERENCE["rate"], ids=by_code)
def test_a_rate_is_r_poisson_test(entry):
    found = rate(*entry["given"], 1, 0.95)
    values = [found.estimate, found.ci_low, found.ci_high]
    assert values == pytest.approx(entry["value"], abs=1e-12)


@pytest.mark.parametrize("entry", REFERENCE["rate_ratio"], ids=by_code)
def test_a_ratio_of_rates_is_r_poisson_test(entry):
    found = rate_ratio(*entry["given"], 0.95)
    estimate, low, high, p = entry["value"]
    assert found.ci_low == pytest.approx(low, rel=1e-10)
    assert found.p == pytest.approx(p, rel=1e-10)
    if estimate is None:
        assert (found.estimate, found.ci_high, found.reason) == (None, None, "none_before")
    else:
        assert [found.estimate, found.ci_high] == pytest.approx([estimate, high], rel=1e-10)
        assert found.reason is None


def test_differences_of_shares_are_newcombe_with_r_prop_test():
    counts = tuple(map(tuple, REFERENCE["difference"]["given"]))
    found = sum_of_shares((1, -1), counts, 0.95)
    values = [found.estimate, found.ci_low, found.ci_high, found.p]
    assert values == pytest.approx(REFERENCE["difference"]["value"], rel=1e-10)
    counts = tuple(map(tuple, REFERENCE["did"]["given"]))
    found = sum_of_shares((1, -1, -1, 1), counts, 0.95)
    values = [found.estimate, found.ci_low, found.ci_high]
    assert values == pytest.approx(REFERENCE["did"]["value"], rel=1e-10)
    assert found.p is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (share(0, 0, 0.95), "empty"),
        (rate(0, 0, 100, 0.95), "empty"),
        (rate_ratio(0, 10, 0, 10, 0.95), "no_events"),
        (rate_ratio(1, 0, 1, 10, 0.95), "empty"),
        (sum_of_shares((1, -1), ((0, 0), (1, 2)), 0.95), "empty"),
    ],
)
def test_where_there_is_no_figure_there_is_a_reason(found, reason):
    assert found.reason == reason
    assert found.estimate is None


def test_two_unanimous_shares_have_no_test():
    assert sum_of_shares((1, -1), ((0, 5), (0, 7)), 0.95).p is None


# ---- problems that come back ---------------------------------------------------------------------

MENTIONS = pd.DataFrame(
    [
        ("m1", "C1", "2026-05-01", "wait"),
        ("m1", "C1", "2026-05-01", "price"),
        ("m2", "C2", "2026-05-02", "wait"),
        ("m3", "C3", "2026-05-03", "wait"),
        ("m4", "C4", "2026-05-04", None),
        ("m5", None, "2026-05-04", "wait"),
        ("n1", "C2", "2026-07-10", "wait"),
        ("p1", "C1", "2026-08-01", "wait"),
        ("p2", "C2", "2026-08-02", "price"),
        ("p3", "C5", "2026-08-03", "wait"),
        ("p4", "C4", "2026-08-04", None),
        ("p5", "C3", None, "wait"),
        ("q1", "C3", "2026-10-01", "wait"),
    ],
    columns=["comment_id", "customer_id", "submitted_at", "theme"],
).assign(submitted_at=lambda df: pd.to_datetime(df["submitted_at"]))
WHEN = {"started_on": "2026-07-01", "done_on": "2026-08-01", "today": "2026-09-30"}


def test_recurrence_counts_customers_and_comments():
    found = recurrence(MENTIONS, "wait", action_id="A1", **WHEN)
    counts = found[["metric", "period", "events", "base"]].astype("object")
    rows = [tuple(None if pd.isna(v) else v for v in row) for row in counts.to_numpy()]
    assert rows == [
        ("raised_again", "after", 1, 3),
        ("raised_again_heard", "after", 1, 2),
        ("rate", "before", 4, 5),
        ("rate", "after", 2, 4),
        ("rate_ratio", "after", None, None),
    ]
    assert found["estimate"].tolist() == pytest.approx([1 / 3, 1 / 2, 80, 50, 0.625])
    assert found["per"].tolist() == [1, 1, 100, 100, 1]
    assert found["action_id"].eq("A1").all()
    expected = rate_ratio(2, 4, 4, 5, 0.95)
    last = found.iloc[-1]
    assert (last["ci_low"], last["ci_high"], last["p"]) == (
        expected.ci_low,
        expected.ci_high,
        expected.p,
    )


def test_recurrence_since_a_day_and_wider_confidence():
    found = recurrence(MENTIONS, "wait", since="2026-05-02", conf=0.9, **WHEN)
    assert found["base"].tolist()[:3] == [2, 1, 4]
    assert found.iloc[2]["ci_low"] == pytest.approx(rate(3, 4, 100, 0.9).ci_low)


def test_a_problem_that_nobody_raised_has_reasons():
    found = recurrence(MENTIONS, "parking", **WHEN)
    assert [None if pd.isna(v) else v for v in found["reason"]] == [
        "empty", "empty", None, None, "no_events",
    ]  # fmt: skip
    assert recurrence(MENTIONS.iloc[:0], "wait", **WHEN)["reason"].eq("empty").all()


def test_a_measure_done_before_it_began_is_refused():
    early = {**WHEN, "started_on": "2026-08-01", "done_on": "2026-07-01"}
    with pytest.raises(ValueError, match="done_on: expected a day from started_on"):
        recurrence(MENTIONS, "wait", **early)
    with pytest.raises(ValueError, match="of measure A7; check both days"):
        recurrence(MENTIONS, "wait", action_id="A7", **early)
    with pytest.raises(ValueError, match="mentions: expected names of columns"):
        recurrence(MENTIONS, "wait", column="topic", **WHEN)


TICKETS = pd.DataFrame(
    [
        ("C1", "网络", "2026-07-01 10:00", "2026-07-05"),
        ("C1", "网络", "2026-07-31 10:00", "2026-08-01"),
        ("C1", "应用", "2026-07-02", "2026-07-03"),
        ("C2", "网络", "2026-07-01", "2026-07-20"),
        ("C2", "网络", "2026-07-10", "2026-07-21"),
        ("C3", "网络", "2026-09-20", None),
        (None, "网络", "2026-07-01", "2026-07-02"),
        ("C1", "网络", "2026-12-01", "2026-12-02"),
    ],
    columns=["customer_id", "problem_type", "opened_at", "closed_at"],
).assign(
    opened_at=lambda df: pd.to_datetime(df["opened_at"], format="ISO8601"),
    closed_at=lambda df: pd.to_datetime(df["closed_at"], format="ISO8601"),
    team=["A", "A", "A", "B", "B", "B", "B", "A"],
)


def counts_of(found):
    columns = ["problem", "period", "events", "base"]
    return [tuple(row) for row in found[columns].to_numpy().tolist()]


def test_repeats_count_tickets_whose_follow_up_is_over():
    found = repeats(TICKETS, today="2026-09-30")
    assert counts_of(found) == [
        ("应用", "2026-07", 0, 1),
        ("网络", "2026-07", 2, 4),
        ("网络", "2026-09", 0, 0),
    ]
    assert found["reason"].tolist()[-1] == "follow_up_open"
    assert found["metric"].eq("repeat").all()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"days": 29}, ("网络", "2026-07", 1, 4)),
        ({"days": 30}, ("网络", "2026-07", 2, 4)),
        ({"since": "closed_at"}, ("网络", "2026-07", 1, 4)),
        ({"every": "quarter"}, ("网络", "2026Q3", 2, 4)),
        ({"today": "2026-07-31"}, ("网络", "2026-07", 2, 2)),
        ({"today": "2026-07-30"}, ("网络", "2026-07", 1, 1)),
    ],
    ids=["a day short", "on the day", "since closing", "by quarter", "window over", "window open"],
)
def test_repeats_at_their_bounds(changed, expected):
    found = repeats(TICKETS, **{"today": "2026-09-30", **changed})
    assert expected in counts_of(found)


def test_repeats_by_group():
    found = repeats(TICKETS, today="2026-09-30", by=["team"])
    rows = found[found["problem"] == "网络"].set_index(["group", "period"])
    assert rows.loc[("A", "2026-07"), ["events", "base"]].tolist() == [1, 2]
    assert rows.loc[("B", "2026-07"), ["events", "base"]].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"every": "week"}, "every"), ({"days": 0}, "days"), ({"since": "x"}, "tickets"), ({"conf": 95}, "conf")],
)  # fmt: skip
def test_repeats_refuse_what_they_cannot_use(changed, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        repeats(TICKETS, **{"today": "2026-09-30", **changed})


def test_no_tickets_no_repeats():
    assert repeats(TICKETS.iloc[:0], today="2026-09-30").empty


# ---- churn ---------------------------------------------------------------------------------------

LISTS = {
    "2026Q1": pd.DataFrame({"customer_id": list("abcdefgh"), "region": ["东", "西"] * 4}),
    "2026Q2": pd.DataFrame({"customer_id": list("abcdex"), "region": ["东", "西"] * 3}),
    "2026Q3": pd.DataFrame({"customer_id": list("abf"), "region": ["东"] * 3}),
}


def test_churn_is_who_is_gone_in_the_next_quarter():
    found = churn(active_customers(LISTS)).pipe(schema.check, "churn")
    rates = found[found["metric"] == "rate"]
    assert rates[["quarter", "n", "lost"]].to_numpy().tolist() == [
        ["2026Q1", 8, 3],
        ["2026Q2", 6, 4],
    ]
    expected = share(4, 6, 0.95)
    assert rates.iloc[1][["estimate", "ci_low", "ci_high"]].tolist() == [
        expected.estimate, expected.ci_low, expected.ci_high,
    ]  # fmt: skip
    change = found[found["metric"] == "change"].iloc[0]
    assert change["estimate"] == pytest.approx(4 / 6 - 3 / 8)
    assert change["quarter"] == "2026Q2"


def test_affected_and_unaffected_are_compared():
    found = churn(active_customers(LISTS), affected=["a", "b", "c", "f"])
    rows = found.set_index(["quarter", "metric", "group"])
    assert rows.loc[("2026Q1", "rate", "affected"), ["lost", "n"]].tolist() == [1, 4]
    assert rows.loc[("2026Q2", "rate", "unaffected"), ["lost", "n"]].tolist() == [3, 3]
    both = "affected − unaffected"
    assert rows.loc[("2026Q2", "difference", both), "estimate"] == pytest.approx(1 / 3 - 1)
    expected = sum_of_shares((1, -1, -1, 1), ((1, 3), (3, 3), (1, 4), (2, 4)), 0.95)
    did = rows.loc[("2026Q2", "did", both)]
    assert did[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [expected.estimate, expected.ci_low, expected.ci_high]
    )
    assert ("2026Q1", "did", both) not in rows.index


def test_nobody_affected_is_told_with_a_reason():
    found = churn(active_customers(LISTS), affected=[])
    assert found.loc[found["group"] == "affected", "reason"].eq("empty").all()
    assert found.loc[found["metric"].isin(["difference", "did"]), "estimate"].isna().all()


def test_churn_by_group_and_with_a_gap_between_quarters():
    found = churn(active_customers(LISTS, by=["region"]), by=["region"])
    own = found[(found["group"] == "东") & (found["metric"] == "rate")]
    assert own[["lost", "n"]].to_numpy().tolist() == [[1, 4], [2, 3]]
    apart = {key: LISTS[key] for key in ("2026Q1", "2026Q3")}
    assert churn(active_customers(apart)).empty


@pytest.mark.parametrize(
    ("days", "expected"), [(92, ["a", "b"]), (30, ["b"]), (200, ["a", "b", "c"])]
)
def test_served_customers_by_the_day_of_their_last_service(days, expected):
    df = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d", None],
            "on": pd.to_datetime(["2026-07-01", "2026-09-30", "2026-05-01", None, "2026-09-01"]),
        }
    )
    found = active_customers({"2026Q3": df}, definition="served", served_at="on", days=days)
    assert found["customer_id"].tolist() == expected


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"tables": {}}, "tables"),
        ({"tables": LISTS, "definition": "gone"}, "definition"),
        ({"tables": LISTS, "definition": "served"}, "served_at"),
        ({"tables": LISTS, "days": 0}, "days"),
        ({"tables": LISTS, "key": "id"}, "tables"),
        ({"tables": {"Q1": LISTS["2026Q1"]}}, "quarter"),
    ],
)
def test_active_customers_refuse_what_they_cannot_use(arguments, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        active_customers(**arguments)


def test_a_customer_twice_in_a_quarter_is_refused():
    with pytest.raises(ValueError, match="once a quarter, found 1 rows"):
        churn(pd.DataFrame({"customer_id": ["a", "a"], "quarter": ["2026Q1"] * 2}))


# ---- the risk of leaving -------------------------------------------------------------------------

NOW = "2026-09-30"
CUSTOMERS = pd.DataFrame({"customer_id": ["C1", "C2", "C3", "C4", "C4", None]})
ANSWERS = pd.DataFrame(
    {
        "customer_id": ["C1", "C1", "C2", "C3", "C3"],
        "submitted_at": pd.to_datetime(
            ["2026-06-01", "2026-09-01", "2026-09-01", "2026-09-01", "2026-11-01"]
        ),
        "overall": pd.array([5, 1, 5, 3, 1], dtype="Int8"),
        "recommend": pd.array([9, 6, None, 7, 0], dtype="Int8"),
    }
)
FOLLOWUPS = pd.DataFrame(
    {
        "customer_id": ["C1", "C3", "C2", "C2"],
        "state": ["under_way", "new", "closed", "beyond"],
        "due": pd.to_datetime(["2026-09-15", "2026-09-30", "2026-08-01", "2026-08-01"]),
    }
)
SERVED = pd.DataFrame(
    {
        "customer_id": ["C3", "C3", "C3", "C2", "C2", "C2", "C4", "C4", "C4", "C4"],
        "opened_at": pd.to_datetime(
            ["2026-08-01", "2026-08-20", "2026-08-21", "2026-05-01", "2026-05-02", "2026-08-01"]
            + ["2026-05-01"] * 2 + ["2026-08-01", "2026-08-02"]
        ),
        "problem_type": ["网络", "网络", None, "网络", "网络", "网络", "网络", "网络", "应用", None],
    }
)  # fmt: skip


def test_points_add_up_and_their_reasons_are_told():
    silent = pd.DataFrame({"customer_id": ["C4", "C2"], "quarters": [2, 1]})
    found = churn_risk(
        CUSTOMERS, ANSWERS, today=NOW, recommend="recommend", followups=FOLLOWUPS,
        tickets=SERVED, silent=silent,
    ).pipe(schema.check, "churn_risk").set_index("customer_id")  # fmt: skip
    assert found["points"].to_dict() == {"C1": 8, "C3": 4, "C2": 1, "C4": 1}
    assert found["level"].to_dict() == {"C1": "high", "C3": "high", "C2": "low", "C4": "low"}
    assert found.loc["C1", "rules"].split("、") == [
        "very_dissatisfied", "unresolved_complaint", "late_follow_up", "low_recommendation",
    ]  # fmt: skip
    assert found.loc["C3", "rules"].split("、") == ["unresolved_complaint", "repeated_problem"]
    assert found.loc["C2", "rules"] == "fewer_services"
    assert found.loc["C4", "reasons"] == "连续两个季度没有回音"
    assert found.loc["C4", "not_judged"] == "very_dissatisfied、low_recommendation"
    assert found.loc["C2", "not_judged"] == "low_recommendation"
    assert pd.isna(found.loc["C1", "not_judged"])


def test_what_was_not_given_is_not_judged():
    found = churn_risk(CUSTOMERS, ANSWERS, today=NOW).set_index("customer_id")
    assert found["points"].to_dict() == {"C1": 3, "C2": 0, "C3": 0, "C4": 0}
    assert found.loc["C1", "not_judged"].split("、") == [
        "unresolved_complaint", "repeated_problem", "late_follow_up", "silent", "fewer_services",
        "low_recommendation",
    ]  # fmt: skip


def test_points_and_levels_can_be_set():
    found = churn_risk(
        CUSTOMERS, ANSWERS, today=NOW, points={"very_dissatisfied": 1}, levels={"high": 1}
    )
    assert found["level"].tolist() == ["high", "low", "low", "low"]
    with pytest.raises(ValueError, match="points: expected some of"):
        churn_risk(CUSTOMERS, ANSWERS, today=NOW, points={"bad_mood": 1})
    with pytest.raises(ValueError, match="levels: expected some of"):
        churn_risk(CUSTOMERS, ANSWERS, today=NOW, levels={"low": 1})


def test_levels_are_held_against_who_left():
    rng = np.random.default_rng(5)
    level = rng.choice(["high", "medium", "low"], 600)
    rates = pd.Series(level).map({"high": 0.5, "medium": 0.25, "low": 0.05})
    ids = pd.Series(range(600)).astype("str")
    gone = set(ids[rng.random(600) < rates])
    risk = pd.DataFrame({"customer_id": ids, "level": level})
    found = churn_risk_check(risk, gone).pipe(schema.check, "churn_risk_check")
    assert found["n"].sum() == 600
    assert found["lost"].sum() == len(gone)
    for estimate, low, high, truth in zip(
        found["estimate"], found["ci_low"], found["ci_high"], [0.5, 0.25, 0.05], strict=True
    ):
        assert low <= truth <= high
        assert low < estimate < high
    assert found["ci_low"].iloc[0] > found["ci_high"].iloc[2]
    only = churn_risk_check(risk, gone, active=set(ids[:100]))
    assert only["n"].sum() == 100
    with pytest.raises(ValueError, match="lost: expected several customer ids"):
        churn_risk_check(risk, "C1")


def test_a_level_of_nobody_has_a_reason():
    found = churn_risk_check(schema.empty("churn_risk"), [])
    assert found["reason"].eq("empty").all()


# ---- orders --------------------------------------------------------------------------------------


def test_orders_are_summed_with_counts():
    asked = table(
        "rechecks",
        [
            {"action_id": "A1", "customer_id": "C1", "asked_on": pd.Timestamp("2026-08-01"), "orders": 2},
            {"action_id": "A1", "customer_id": "C1", "asked_on": pd.Timestamp("2026-09-01"), "orders": 1},
            {"action_id": "A1", "customer_id": "C2", "asked_on": pd.Timestamp("2026-08-01"), "orders": 0},
            {"action_id": "A2", "customer_id": "C1", "asked_on": pd.Timestamp("2026-08-01")},
            {"action_id": "A2", "customer_id": "C3", "asked_on": pd.Timestamp("2026-12-01"), "orders": 9},
        ],
    )  # fmt: skip
    found = orders_gained(asked, today="2026-09-30")
    rows = found[["asked", "answered", "customers", "orders"]].astype("object")
    assert [[None if pd.isna(v) else v for v in row] for row in rows.to_numpy()] == [
        [2, 2, 1, 3.0],
        [1, 0, 0, None],
        [2, 2, 1, 3.0],
    ]
    assert found["reason"].tolist()[1] == "empty"
    with pytest.raises(ValueError, match="found 1 negative"):
        orders_gained(asked.assign(orders=asked["orders"].replace(9, -1)))
    assert orders_gained(schema.empty("rechecks")).empty


@pytest.mark.parametrize("name", ["today", "started_on", "done_on", "since"])
def test_a_word_is_no_day_of_a_problem(name):
    with pytest.raises(ValueError, match=f"{name}: expected a day such as .* found 'soon'"):
        recurrence(MENTIONS, "wait", **{**WHEN, name: "soon"})


@pytest.mark.parametrize(
    "call",
    [
        lambda: repeats(TICKETS, today="soon"),
        lambda: churn_risk(CUSTOMERS, ANSWERS, today="soon"),
        lambda: orders_gained(schema.empty("rechecks"), today="soon"),
        lambda: action_frames({"quarter": "2026Q2"}, ANSWERS, today="soon"),
    ],
    ids=["repeats", "churn_risk", "orders_gained", "action_frames"],
)
def test_a_word_is_no_day_of_a_run(call):
    with pytest.raises(ValueError, match=r"today: expected a day such as .* found 'soon'"):
        call()


# ---- cases ---------------------------------------------------------------------------------------


def measures(*names):
    rows = [
        {"action_id": name, "line": "ops", "quarter": "2026Q2", "item": "speed", "scope": "team=网络组",
         "measure": f"措施{name}", "unit": "分", "metric": "mean", "note": "原注"}
        for name in names
    ]  # fmt: skip
    return table("actions", rows)


def judged(**whys):
    rows = [
        {"action_id": name, "item": "speed", "metric": "mean", "why": why, "next_step": "wait",
         "verdict": "effective" if why == "goal_reached" else "short", "estimate": 0.4, "ci_low": 0.2,
         "ci_high": 0.6}
        for name, why in whys.items()
    ]  # fmt: skip
    return table("action_verdicts", rows)


def test_judged_measures_become_cases_and_failures_are_kept():
    found = cases(
        measures("A1", "A2", "A3", "A4"), judged(A1="goal_reached", A2="no_change", A3="too_early")
    )
    assert found["case_id"].tolist() == ["CASE-A1", "CASE-A2"]
    assert found["verdict"].tolist() == ["effective", "short"]
    assert found["scope"].eq("team=网络组").all()
    assert found[["estimate", "ci_low", "ci_high"]].to_numpy().tolist() == [[0.4, 0.2, 0.6]] * 2


def test_known_cases_stay_with_their_notes():
    known = cases(measures("A1", "A9"), judged(A1="no_change", A9="worse")).assign(note="手写")
    found = cases(measures("A1"), judged(A1="goal_reached"), known=known.astype({"note": "str"}))
    assert found["case_id"].tolist() == ["CASE-A1", "CASE-A9"]
    assert found["verdict"].tolist() == ["effective", "short"]
    assert found["note"].tolist() == ["手写", "手写"]


def test_a_verdict_of_an_unknown_measure_is_refused():
    with pytest.raises(ValueError, match="expected measures of actions, found"):
        cases(measures("A1"), judged(A2="goal_reached"))
