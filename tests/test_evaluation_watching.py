"""Control charts, alarms, the state of the process, rework and training."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from scipy import stats

from csatlib import charts, evaluation, report, schema, store
from csatlib.charts import style
from csatlib.study import Stage


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def weekly(values=None, **columns):
    given = {"value": values} if values is not None else columns
    length = len(next(iter(given.values())))
    times = pd.date_range("2026-01-05", periods=length, freq="7D")
    return pd.DataFrame({"stream": "s", "time": times, **given})


# control charts


def test_single_measurements_equal_qcc():
    case = json.loads((Path(__file__).parent / "reference/control_charts.json").read_text())
    chart = evaluation.control_chart(weekly(case["x"]), kind="xmr")
    assert chart["center"].unique() == pytest.approx([case["center"]], rel=1e-12)
    # The tables that R's package uses print d2 as 1.128; ours is 2/√π.
    ours, theirs = 2 / np.sqrt(np.pi), 1.128
    assert chart["sigma"].unique() * ours / theirs == pytest.approx([case["sigma"]], rel=1e-12)
    for side, sign in (("lower", -1), ("upper", 1)):
        limit = case["center"] + sign * 3 * case["sigma"] * theirs / ours
        assert chart[side].unique() == pytest.approx([limit], rel=1e-12)
        assert chart[side].unique() == pytest.approx([case[side]], rel=1e-3)
    ranges = np.abs(np.diff(case["x"]))
    assert chart["moving_range"].dropna().tolist() == pytest.approx(ranges.tolist())
    assert chart["range_upper"].unique() == pytest.approx([3.2665 * ranges.mean()], rel=1e-4)


def published(name):
    path = Path(__file__).parent / "reference/published_control_charts.json"
    return json.loads(path.read_text(encoding="utf-8"))["cases"][name]


@pytest.mark.parametrize("name", ["orange juice cans", "purchase orders", "personal computers"])
def test_charts_of_counts_equal_the_textbook(name):
    case = published(name)
    table = weekly(count=case["count"], n=case["n"])
    chart = evaluation.control_chart(table, kind=case["kind"], rules=["beyond"])
    assert chart["center"].unique() == pytest.approx([case["center"]], abs=case["rounded"])
    for side in ("lower", "upper"):
        printed = chart[side].iloc[[at - 1 for at in case["limits_of"]]]
        assert printed.tolist() == pytest.approx(case[side], abs=case["rounded"])
    assert [at + 1 for at in np.flatnonzero(chart["signal"])] == case["beyond"]


def test_single_measurements_equal_the_textbook():
    case = published("paint viscosity")
    chart = evaluation.control_chart(weekly(case["value"]), kind="xmr", rules=["beyond"])
    for column in ("center", "lower", "upper", "range_upper"):
        found = chart[column].unique()
        assert found == pytest.approx([case[column]], abs=case["rounded"]), column
    assert chart["moving_range"].mean() == pytest.approx(case["mean_range"], abs=case["rounded"])
    assert not chart["signal"].any()


def test_shares_have_limits_of_their_own_size():
    chart = evaluation.control_chart(
        weekly(count=[6, 12, 9, 3, 8, 7, 10, 5], n=[50, 100, 80, 20, 70, 60, 90, 30]), kind="p"
    )
    p, n = 60 / 500, np.array([50, 100, 80, 20, 70, 60, 90, 30])
    sigma = np.sqrt(p * (1 - p) / n)
    assert chart["center"].unique() == pytest.approx([p])
    assert chart["upper"].tolist() == pytest.approx((p + 3 * sigma).tolist())
    assert chart["lower"].tolist() == pytest.approx(np.maximum(p - 3 * sigma, 0).tolist())
    assert chart["n"].tolist() == n.tolist()


def test_events_per_unit_may_exceed_one():
    chart = evaluation.control_chart(weekly(count=[30, 42, 28, 35] * 2, n=[10] * 8), kind="u")
    assert chart["center"].unique() == pytest.approx([3.375])
    assert chart["upper"].unique() == pytest.approx([3.375 + 3 * np.sqrt(0.3375)])
    assert not chart["signal"].any()


def test_limits_of_a_baseline_judge_what_follows():
    values = [10, 11, 9, 10, 11, 9, 10, 11, 30, 30]
    judged = evaluation.control_chart(weekly(values), kind="xmr", baseline=8)
    assert judged["baseline"].tolist() == [True] * 8 + [False] * 2
    assert judged["signal"].tolist() == [False] * 8 + [True] * 2
    assert judged["center"].unique() == pytest.approx([81 / 8])


def test_variation_beyond_counting_widens_the_limits():
    rng = np.random.default_rng(1)
    drawn = rng.binomial(5000, np.clip(rng.normal(0.2, 0.03, 30), 0, 1))
    table = weekly(count=drawn, n=[5000] * 30)
    narrow = evaluation.control_chart(table, kind="p", rules=["beyond"])
    wide = evaluation.control_chart(table, kind="p", rules=["beyond"], overdispersed=True)
    assert narrow["signal"].sum() > 5
    assert wide["signal"].sum() <= 1
    center = drawn.sum() / (5000 * 30)
    binomial = np.sqrt(center * (1 - center) / 5000)
    z = (drawn / 5000 - center) / binomial
    between = np.abs(np.diff(z)).mean() / 1.128379
    assert wide["sigma"].unique() == pytest.approx([binomial * between], rel=1e-6)
    even = weekly(count=[50, 51] * 10, n=[500] * 20)
    calm = evaluation.control_chart(even, kind="p", overdispersed=True)
    pd.testing.assert_frame_equal(calm, evaluation.control_chart(even, kind="p"))


def test_without_two_points_in_a_row_nothing_is_widened():
    apart = weekly(count=[5, 0, 6, 0] * 5, n=[50, 0, 60, 0] * 5)
    wide = evaluation.control_chart(apart, kind="p", overdispersed=True)
    pd.testing.assert_frame_equal(wide, evaluation.control_chart(apart, kind="p"))


@pytest.mark.parametrize(
    ("rule", "z", "expected"),
    [
        ("beyond", [0.5, -0.5, 3.01, 0.2], [2]),
        ("beyond", [0.5, -0.5, 2.99, 0.2], []),
        ("run", [-0.1] + [0.1] * 9, [9]),
        ("run", [-0.1] + [0.1] * 8, []),
        ("run", [0.1] * 5 + [0.0] + [0.1] * 8, []),
        ("trend", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [5]),
        ("trend", [0.1, 0.2, 0.3, 0.3, 0.5, 0.6], []),
        ("trend", [0.1, 0.2, 0.3, 0.4, 0.5], []),
        ("two_of_three", [2.1, 0.0, 2.1], [2]),
        ("two_of_three", [2.1, 2.1, 0.0], [1]),
        ("two_of_three", [2.1, 0.0, -2.1], []),
        ("four_of_five", [1.1, 1.1, 0.0, 1.1, 1.1], [4]),
        ("four_of_five", [1.1, 1.1, 0.0, 1.1, 0.9], []),
        ("alternating", [0.1, -0.1] * 7, [13]),
        ("alternating", [0.1, -0.1] * 6 + [0.1], []),
        ("hugging", [0.9, -0.9] * 7 + [0.5], [14]),
        ("hugging", [0.9, -0.9] * 7 + [1.1], []),
        ("avoiding", [1.1, -1.1] * 4, [7]),
        ("avoiding", [1.1, -1.1] * 3 + [1.1, 0.9], []),
    ],
)
def test_rules_at_their_bounds(rule, z, expected):
    from csatlib.evaluation.run_rules import patterns

    for side, turned in ((1, "above"), (-1, "below")):
        met = patterns(side * np.array(z), (rule,))
        key = (rule, "both" if (rule, "both") in met else turned)
        assert np.flatnonzero(met[key]).tolist() == expected


@pytest.mark.parametrize("rule", ["run", "trend", "two_of_three", "four_of_five", "hugging"])
def test_a_missing_point_breaks_a_pattern(rule):
    from csatlib.evaluation.run_rules import patterns

    z = {"run": [0.1] * 9, "trend": list(np.arange(6) / 9), "two_of_three": [2.5, 0, 2.5]}
    z |= {"four_of_five": [1.5] * 5, "hugging": [0.5] * 15}
    whole = np.array(z[rule], dtype=float)
    assert any(met.any() for met in patterns(whole, (rule,)).values())
    broken = whole.copy()
    broken[[len(whole) // 2, 0] if rule == "four_of_five" else [0]] = np.nan
    assert not any(met.any() for met in patterns(broken, (rule,)).values())


def test_a_steady_process_seldom_signals():
    rng = np.random.default_rng(7)
    streams = pd.concat(
        [weekly(rng.normal(size=20)).assign(stream=f"s{i}") for i in range(300)],
        ignore_index=True,
    )
    chart = evaluation.control_chart(streams, kind="xmr", rules=["beyond"])
    # A point lies beyond known limits 0.27 % of the time; those of 20 points are estimated.
    assert 0.001 < chart["signal"].mean() < 0.012


@pytest.mark.parametrize(
    ("values", "reason"),
    [([3.0] * 7, "few_points"), ([3.0] * 12, "no_variation"), ([1.0, np.nan] * 8, "few_points")],
    ids=["seven points", "constant", "no two in a row"],
)
def test_without_limits_nothing_signals(values, reason):
    chart = evaluation.control_chart(weekly(values), kind="xmr")
    assert not chart["signal"].any()
    assert chart[["sigma", "lower", "upper"]].isna().all(axis=None)
    assert set(chart.loc[chart["value"].notna(), "reason"]) == {reason}


def test_weeks_without_anything_are_told_and_left_out():
    counts = [4, 5, 3, 0, 6, 5, 4, 3, 5, 4]
    n = [60, 60, 60, 0, 60, 60, 60, 60, 60, 60]
    chart = evaluation.control_chart(weekly(count=counts, n=n), kind="p")
    assert chart["reason"].tolist()[3] == "empty"
    assert chart["center"].iloc[0] == pytest.approx(39 / 540)
    assert chart["value"].isna().tolist() == [i == 3 for i in range(10)]


def test_row_order_and_other_streams_change_nothing():
    rng = np.random.default_rng(3)
    table = pd.concat(
        [weekly(rng.normal(size=15)).assign(stream=name) for name in "ab"], ignore_index=True
    )
    chart = evaluation.control_chart(table, kind="xmr")
    shuffled = evaluation.control_chart(table.sample(frac=1, random_state=0), kind="xmr")
    pd.testing.assert_frame_equal(chart, shuffled)
    alone = evaluation.control_chart(table[table["stream"] == "b"], kind="xmr")
    own = chart[chart["stream"] == "b"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, own)


def test_an_empty_stream_gives_an_empty_chart():
    chart = evaluation.control_chart(weekly([]), kind="xmr")
    pd.testing.assert_frame_equal(chart, schema.empty("control_charts"))
    pd.testing.assert_frame_equal(evaluation.alarms(chart), schema.empty("alarms"))


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"kind": "c"}, "kind: expected one of p, u, xmr"),
        ({}, {"kind": "xmr", "rules": ["western"]}, "rules: expected some of"),
        ({}, {"kind": "xmr", "rules": "run"}, "rules: expected some of"),
        ({}, {"kind": "xmr", "baseline": 1}, "baseline: expected at least 2"),
        ({}, {"kind": "p"}, "count, n missing"),
        ({"time": pd.NaT}, {"kind": "xmr"}, "expected a time in every row"),
        ({"time": pd.Timestamp("2026-01-05")}, {"kind": "xmr"}, "each time once"),
        ({"count": -1, "n": 5}, {"kind": "u"}, "at least 0"),
        ({"count": 6, "n": 5}, {"kind": "p"}, "kind='u'"),
    ],
)
def test_what_is_no_stream_is_refused(change, options, words):
    with pytest.raises(ValueError, match=words):
        evaluation.control_chart(weekly([1.0, 2, 3]).assign(**change), **options)


def test_points_of_one_pattern_are_one_alarm():
    values = [10, 11, 9, 10, 11, 9, 10, 11, 30, 31, 10, 32]
    chart = evaluation.control_chart(weekly(values), kind="xmr", baseline=8, rules=["beyond"])
    found = evaluation.alarms(chart)
    assert found["points"].tolist() == [1, 2]
    assert (found["until"] - found["since"]).dt.days.tolist() == [0, 7]
    assert found["value"].tolist() == [32, 31]
    assert (found["limit"] == chart["upper"].iloc[0]).all()


def test_alarms_of_earlier_quarters_are_left_out_and_lasting_ones_kept():
    values = [10, 11, 9, 30, 11, 9, 10, 9, *[10.5] * 10]
    chart = evaluation.control_chart(weekly(values), kind="xmr", rules=["beyond", "run"])
    whole = evaluation.alarms(chart)
    assert sorted(whole["rule"]) == ["beyond", "run"]
    opens = chart["time"].iloc[12]
    own = evaluation.alarms(chart, since=opens)
    assert own["rule"].tolist() == ["run"]
    assert own["since"].iloc[0] < opens <= own["until"].iloc[0]
    last = whole["until"].max()
    assert len(evaluation.alarms(chart, since=last)) == 1, "the last point itself is of it"
    after = evaluation.alarms(chart, since=last + pd.Timedelta(days=1))
    pd.testing.assert_frame_equal(after, schema.empty("alarms"))


# streams


def test_weeks_between_have_a_row_and_the_ends_are_told():
    days = pd.to_datetime(["2026-07-08", "2026-07-09", "2026-07-27", "2026-08-02"])
    rows = pd.DataFrame({"day": days, "good": [True, None, False, True]})
    rows["good"] = rows["good"].astype("boolean")
    table = evaluation.stream(rows, time="day", name="s", value="good")
    assert table["time"].dt.strftime("%m-%d").tolist() == ["07-06", "07-13", "07-20", "07-27"]
    assert table["count"].tolist() == [1, 0, 0, 1]
    assert table["n"].tolist() == [1, 0, 0, 2]
    assert table["value"].tolist()[::3] == [1, 0.5]
    assert table["complete"].tolist() == [False, True, True, True]


def test_events_are_counted_on_what_they_could_happen_to():
    tickets = pd.DataFrame(
        {"day": pd.date_range("2026-07-01", periods=62), "team": ["a", "b"] * 31}
    )
    complaints = tickets.iloc[::10]
    table = evaluation.stream(
        complaints, time="day", name="s", every="month", group="team", exposure=tickets
    )
    assert table[["group", "count", "n"]].to_numpy().tolist() == [
        ["a", 4, 16],
        ["a", 3, 15],
        ["b", 0, 15],
        ["b", 0, 16],
    ]


def test_numbers_are_averaged():
    rows = pd.DataFrame({"day": pd.date_range("2026-07-06", periods=14), "score": [1, 3] * 7})
    table = evaluation.stream(rows, time="day", name="s", value="score")
    assert table["value"].tolist() == pytest.approx([13 / 7, 15 / 7])
    assert table["n"].tolist() == [7, 7]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": "day"}, "expected week or month"),
        ({"time": "when"}, "no such column"),
        ({"time": "score"}, "expected times"),
        ({"value": "x"}, "no such column"),
    ],
)
def test_what_cannot_be_counted_is_refused(options, words):
    rows = pd.DataFrame({"day": pd.date_range("2026-07-06", periods=3), "score": 1})
    with pytest.raises(ValueError, match=words):
        evaluation.stream(rows, **{"time": "day", "name": "s", **options})


# the process

STAGES = (
    Stage(name="接收", since="a", until="b", limit=30, link="需求识别"),
    Stage(name="处理", since="b", until="c", limit=100, link="实施"),
)


def tickets(n=200, seed=0):
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2026-07-01") + pd.to_timedelta(rng.integers(0, 60000, n), unit="min")
    first = pd.to_timedelta(rng.exponential(20, n), unit="min")
    second = pd.to_timedelta(rng.exponential(90, n), unit="min")
    table = pd.DataFrame({"a": start, "b": start + first, "c": start + first + second})
    return table.assign(ticket_id=np.arange(n), team=np.where(np.arange(n) % 2, "甲", "乙"))


def test_the_state_of_a_stage_is_what_pandas_says():
    table = tickets()
    state = evaluation.process_state(table, STAGES).set_index("stage")
    spent = (table["c"] - table["b"]) / pd.Timedelta(minutes=1)
    row = state.loc["处理"]
    assert row["median"] == pytest.approx(spent.median())
    assert row["upper_decile"] == pytest.approx(spent.quantile(0.9))
    assert row["within"] == pytest.approx((spent <= 100).mean())
    wilson = stats.binomtest(int((spent <= 100).sum()), 200).proportion_ci(method="wilson")
    assert (row["within_low"], row["within_high"]) == pytest.approx(tuple(wilson))
    assert row["late_time"] == pytest.approx((spent - 100).clip(lower=0).mean())
    total = ((table["c"] - table["a"]) / pd.Timedelta(minutes=1)).sum()
    assert row["share_of_time"] == pytest.approx(spent.sum() / total)
    assert state["share_of_time"].sum() == pytest.approx(1)
    assert row["share_low"] < row["share_of_time"] < row["share_high"]
    assert state["bottleneck"].tolist() == [False, True]


def test_missing_and_reversed_times_are_counted_not_used():
    table = tickets()
    table.loc[:9, "b"] = pd.NaT
    table.loc[10:14, "c"] = table.loc[10:14, "b"] - pd.Timedelta(minutes=5)
    state = evaluation.process_state(table, STAGES).set_index("stage")
    assert state["missing"].tolist() == [10, 10]
    assert state["out_of_order"].tolist() == [0, 5]
    assert state["timed"].tolist() == [190, 185]


def test_stages_alike_are_no_bottleneck():
    table = tickets()
    table["c"] = table["b"] + (table["b"] - table["a"]).sample(frac=1, random_state=0).to_numpy()
    state = evaluation.process_state(table, STAGES)
    assert not state["bottleneck"].any()


def test_small_groups_are_told_and_order_changes_nothing():
    table = tickets()
    table.loc[:19, "team"] = "丙"
    state = evaluation.process_state(table, STAGES, by=["team"])
    small = state[state["group"] == "丙"]
    assert set(small["reason"]) == {"small_base"}
    assert small[["median", "within", "share_of_time"]].isna().all(axis=None)
    again = evaluation.process_state(table[::-1], STAGES, by=["team"])
    pd.testing.assert_frame_equal(state, again)


@pytest.mark.parametrize(
    ("change", "stages", "words"),
    [
        ({}, (), "expected at least one"),
        ({}, (Stage(name="x", since="a", until="z"),), "no column 'z'"),
        ({"c": "2026"}, STAGES, "expected times"),
        ({"ticket_id": 1}, STAGES, "each ticket once"),
    ],
)
def test_tickets_without_stages_are_refused(change, stages, words):
    with pytest.raises(ValueError, match=words):
        evaluation.process_state(tickets().assign(**change), stages)


def back(*rows, days=14, until="2026-09-30"):
    table = pd.DataFrame(rows, columns=["customer", "kind", "opened_at", "closed_at"])
    table[["opened_at", "closed_at"]] = table[["opened_at", "closed_at"]].apply(
        pd.to_datetime, format="ISO8601"
    )
    return evaluation.rework(
        table, same=["customer", "kind"], days=days, until=pd.Timestamp(until)
    ).iloc[0]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (("a", "net", "2026-07-16", "2026-07-17"), (2, 1)),
        (("a", "net", "2026-07-17", "2026-07-18"), (2, 0)),
        (("a", "net", "2026-07-02", "2026-07-18"), (2, 1)),
        (("a", "net", "2026-07-01", "2026-07-18"), (2, 0)),
        (("a", "app", "2026-07-05", "2026-07-06"), (2, 0)),
        (("b", "net", "2026-07-05", "2026-07-06"), (2, 0)),
        ((None, "net", "2026-07-05", "2026-07-06"), (1, 0)),
        (("a", "net", "2026-07-05", None), (1, 1)),
        (("a", "net", "2026-07-05", "2026-09-20"), (1, 1)),
    ],
    ids=[
        "on the last day",
        "a day too late",
        "at the moment of closing",
        "opened before the closing",
        "another problem",
        "another customer",
        "nobody's",
        "not closed yet",
        "closed too lately to be judged",
    ],
)
def test_who_comes_back(second, expected):
    row = back(("a", "net", "2026-07-01 08:00", "2026-07-02"), second)
    assert (row["followed_long_enough"], row["reopened"]) == expected


def test_rework_of_many_equals_a_plain_search():
    rng = np.random.default_rng(5)
    opened = pd.Timestamp("2026-07-01") + pd.to_timedelta(rng.integers(0, 90 * 24, 400), unit="h")
    table = pd.DataFrame({"customer": rng.integers(0, 60, 400), "kind": rng.integers(0, 3, 400)})
    table = table.assign(opened_at=opened, team=rng.choice(["甲", "乙"], 400))
    table["closed_at"] = opened + pd.to_timedelta(rng.integers(1, 48, 400), unit="h")
    until = pd.Timestamp("2026-09-30")
    found = evaluation.rework(table, same=["customer", "kind"], days=10, until=until, by=["team"])

    def came_back(one):
        later = table[(table["customer"] == one["customer"]) & (table["kind"] == one["kind"])]
        wait = later["opened_at"] - one["closed_at"]
        return ((wait >= pd.Timedelta(0)) & (wait <= pd.Timedelta(days=10))).any()

    judged = table[table["closed_at"] <= until - pd.Timedelta(days=10)]
    expected = judged.apply(came_back, axis=1)
    assert found["reopened"].iloc[0] == expected.sum() > 20
    by = expected.groupby(judged["team"]).sum()
    assert dict(zip(found["group"][1:], found["reopened"][1:], strict=True)) == by.to_dict()


# training


def records(n=12, seed=0, gain=10.0):
    rng = np.random.default_rng(seed)
    before = rng.normal(60, 8, n)
    return pd.DataFrame(
        {
            "trainee": [f"p{i:02d}" for i in range(n)],
            "course": "投诉处理",
            "lecturer": ["甲", "乙"] * (n // 2),
            "method": "面授",
            "trained_on": pd.Timestamp("2026-08-15"),
            "rating": rng.integers(3, 6, n),
            "before": before,
            "after": before + rng.normal(gain, 6, n),
        }
    )


def test_gains_are_a_paired_t_test():
    table = records()
    found = evaluation.training(table, tests={"theory": ("before", "after")})
    row = found.outcome.iloc[0]
    test = stats.ttest_rel(table["after"], table["before"])
    assert (row["statistic"], row["p"], row["df"]) == pytest.approx(
        (test.statistic, test.pvalue, test.df)
    )
    interval = test.confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert len(found.trainees) == 12


def test_later_work_is_compared_with_those_without_training():
    rng = np.random.default_rng(2)
    people = [f"p{i:02d}" for i in range(40)]
    days = pd.date_range("2026-07-02", "2026-09-30", freq="3D")
    work = pd.DataFrame([(p, d) for p in people for d in days], columns=["trainee", "day"])
    late = work["day"] > pd.Timestamp("2026-08-15")
    # Everybody gains a little with time; the trained half a point more.
    work["score"] = 4 + 0.2 * late + 0.5 * (late & (work["trainee"] < "p12"))
    work["score"] += rng.normal(0, 0.5, len(work))
    found = evaluation.training(records(), performance=work).outcome.iloc[0]
    assert found["ci_low"] < 0.5 < found["ci_high"]
    assert found["control"] == pytest.approx(0.2, abs=0.1)
    assert (found["n"], found["control_n"]) == (12, 28)
    mean = work.assign(side=late).groupby(["trainee", "side"])["score"].mean().unstack("side")  # noqa: PD010
    change = mean[True] - mean[False]
    test = stats.ttest_ind(change[:12], change[12:], equal_var=False)
    assert (found["statistic"], found["df"]) == pytest.approx((test.statistic, test.df))


def test_a_course_whose_people_nobody_worked_with_is_told_as_empty():
    nobody = pd.DataFrame({"trainee": ["x"], "day": [pd.Timestamp("2026-08-01")], "score": [4.0]})
    row = evaluation.training(records(), performance=nobody[:0]).outcome.iloc[0]
    assert (row["course"], row["outcome"], row["n"]) == ("投诉处理", "score", 0)
    assert row["reason"] == "empty"


def test_ratings_all_alike_have_no_error():
    process = evaluation.training(records().assign(rating=5), ratings=["rating"]).process
    assert set(process["reason"]) == {"no_variation"}
    assert process[["se", "ci_low", "ci_high"]].isna().all(axis=None)


def test_ratings_by_course_lecturer_and_method():
    table = records()
    process = evaluation.training(table, ratings=["rating"]).process
    assert process["group"].tolist() == ["投诉处理", "乙", "甲", "面授"]
    whole = process.iloc[0]
    interval = stats.ttest_1samp(table["rating"], 0).confidence_interval()
    assert (whole["ci_low"], whole["ci_high"]) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (records(4), "small_base"),
        (records().assign(after=lambda df: df["before"] + 5), "no_variation"),
        (records().assign(after=np.nan), "empty"),
    ],
    ids=["four trainees", "all the same gain", "not tested again"],
)
def test_gains_that_cannot_be_told(table, reason):
    row = evaluation.training(table, tests={"theory": ("before", "after")}).outcome.iloc[0]
    assert row["reason"] == reason
    assert pd.isna(row["p"])


def test_no_records_are_no_training():
    found = evaluation.training(records()[:0], ratings=["rating"], tests={"t": ("before", "after")})
    pd.testing.assert_frame_equal(found.outcome, schema.empty("training_outcome"))
    pd.testing.assert_frame_equal(found.process, schema.empty("training_process"))
    pd.testing.assert_frame_equal(found.trainees, schema.empty("trainees"))


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (records(), {"ratings": ["stars"]}, "no column 'stars'"),
        (records().assign(rating="好"), {"ratings": ["rating"]}, "expected numbers"),
        (records().assign(trainee="p"), {}, "a trainee once a course"),
        (
            records().drop(columns="trained_on"),
            {"performance": records()},
            "no column 'trained_on'",
        ),
        (records(), {"performance": records()}, "performance: no column 'day'"),
    ],
)
def test_records_at_fault_are_refused(table, options, words):
    with pytest.raises(ValueError, match=words):
        evaluation.training(table, **options)


# what is said and drawn


def alarming():
    table = weekly(count=[4, 5, 3, 4, 6, 5, 4, 3, 5, 19], n=[60] * 10).assign(stream="超时率")
    return evaluation.control_chart(table, kind="p", baseline=9)


def test_alarms_are_said_with_their_stream_and_rule():
    chart = alarming()
    told = report.alarm_sentences(evaluation.alarms(chart), chart)
    assert told == [
        "监测的 1 个数里，1 个超出平常的波动：**超时率**（03-09 为止，一点高于控制限）；请查明原因。"
    ]
    view = report.alarms_view(evaluation.alarms(chart), metrics={"超时率": "share"})
    assert view.iloc[0].tolist() == [
        "超时率",
        "全部",
        "一点高于控制限",
        "03-09",
        "31.7%",
        "7.2%",
        "17.2%",
    ]


def test_calm_and_short_streams_are_told_apart():
    calm = evaluation.control_chart(weekly([10, 11, 9, 10, 11, 9, 10, 11.0]), kind="xmr")
    assert report.alarm_sentences(evaluation.alarms(calm), calm) == [
        "监测的 1 个数都在平常的波动之内。"
    ]
    short = evaluation.control_chart(weekly([1.0, 2, 3]), kind="xmr")
    assert report.alarm_sentences(evaluation.alarms(short), short) == [
        "1 个数的期数太少或没有波动，画不出控制限。"
    ]


def test_every_rule_has_words():
    from csatlib.evaluation.run_rules import RULES
    from csatlib.report import watching

    assert set(watching.RULES) == set(RULES)


def test_the_bottleneck_is_named():
    state = evaluation.process_state(tickets(), STAGES)
    told = report.process_finding(state)
    assert told.startswith("**处理**是瓶颈，占全程时间的 ")
    assert "时限遵守得最差的是" in told
    view = report.process_view(state)
    assert view["瓶颈"].tolist() == ["", "是"]
    alike = report.process_finding(state.assign(bottleneck=False).astype({"bottleneck": "boolean"}))
    assert "分不出先后" in alike


def test_rework_names_only_what_stands_out():
    row = {"group_by": None, "group": None, "tickets": 200, "followed_long_enough": 180}
    row |= {"reopened": 18, "rate": 0.1, "ci_low": 0.06, "ci_high": 0.15, "reason": None}
    high = row | {"group_by": "team", "group": "甲", "rate": 0.3, "ci_low": 0.2}
    even = row | {"group_by": "team", "group": "乙", "rate": 0.11, "ci_low": 0.05}
    table = pd.DataFrame([row, high, even])
    told = report.rework_sentence(table, days=14)
    assert "18 张（10.0%）在 14 天之内" in told
    assert told.endswith("明显偏高的是甲（30.0%）。")


def test_courses_are_told_by_what_rose():
    found = evaluation.training(
        pd.concat([records(), records(gain=0.0, seed=4).assign(course="团队建设")]),
        tests={"theory": ("before", "after")},
    ).outcome
    told = report.training_sentences(found, labels={"theory": "理论测验"})
    assert told == ["“团队建设”之后：理论测验看不出变化。", "“投诉处理”之后：理论测验提高。"]
    view = report.training_view(found, labels={"theory": "理论测验"})
    assert view["衡量"].unique().tolist() == ["理论测验"]
    assert view["未参加者同期"].tolist() == ["—", "—"]


def test_alarms_are_drawn_in_the_colour_of_warning():
    axes = charts.control_lines(alarming(), metric="share")
    marked = [line for line in axes.lines if to_hex(line.get_color()) == style.SERIES[5]]
    assert [line.get_ydata().tolist() for line in marked] == [[pytest.approx(19 / 60)]]


def test_a_control_chart_is_of_one_group():
    table = pd.concat([weekly([1.0, 2] * 5).assign(group=g) for g in "ab"])
    chart = evaluation.control_chart(table, kind="xmr")
    chart["time"] += pd.to_timedelta(np.arange(len(chart)), unit="h")
    with pytest.raises(ValueError, match="expected one group"):
        charts.control_lines(chart)


def test_stages_are_drawn_in_their_order_with_the_bottleneck_marked():
    axes = charts.stage_bars(evaluation.process_state(tickets(), STAGES))
    assert [text.get_text() for text in axes.get_yticklabels()] == ["接收", "处理"]
    colours = [to_hex(bar.get_facecolor()) for bar in axes.patches]
    assert colours == [style.MUTED, style.ACCENT]


def test_the_stages_of_the_shipped_study_are_columns_of_its_tickets():
    study = store.study("ops_event")
    mapped = next(s.mapping for s in study.sources if s.role == "tickets")
    assert len(study.stages) == 6
    for stage in study.stages:
        assert {stage.since, stage.until} <= set(mapped)
