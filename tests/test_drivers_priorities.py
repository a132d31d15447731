"""Priorities, key problems and the stages that go with low ratings."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from csatlib import drivers, estimates, schema
from csatlib.drivers.rank_correlation import rank_correlation
from csatlib.estimates.moments import read_survey


@pytest.fixture(autouse=True)
def nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


#: driver: importance with its ends, score with its standard error.
PLAIN = {
    "speed": (0.30, 0.26, 0.36, 3.6, 0.04),
    "result": (0.24, 0.20, 0.29, 4.3, 0.04),
    "manner": (0.06, 0.04, 0.09, 4.5, 0.04),
    "follow": (0.04, 0.02, 0.07, 3.5, 0.04),
}


def importance_of(rows, method="lmg"):
    table = pd.DataFrame(
        {
            "driver": list(rows),
            "method": method,
            "importance": [row[0] for row in rows.values()],
            "ci_low": [row[1] for row in rows.values()],
            "ci_high": [row[2] for row in rows.values()],
        }
    )
    return table.astype({"importance": "Float64", "ci_low": "Float64", "ci_high": "Float64"})


def scores_of(rows, **others):
    blank = schema.empty("estimates")
    table = pd.DataFrame(
        [
            {
                "metric": "mean",
                "item": name,
                "n": 200,
                "df": 199,
                "estimate": score,
                "se": se,
                "ci_low": None if score is None or se is None else score - 1.972 * se,
                "ci_high": None if score is None or se is None else score + 1.972 * se,
                "suppressed": False,
                **others,
            }
            for name, (*_, score, se) in rows.items()
        ],
        columns=list(blank.columns),
    )
    return table.astype(blank.dtypes.to_dict())


def found(rows=PLAIN, **options):
    options = {"seed": 0} | options
    table = drivers.priorities(importance_of(rows), scores_of(rows), **options)
    return schema.check(table, "priorities").set_index("driver")


# ---- priorities ----------------------------------------------------------------------------------


class TestPriorities:
    def test_the_four_quadrants(self):
        table = found()
        assert table["quadrant"].to_dict() == {
            "speed": "improve",
            "result": "maintain",
            "manner": "surplus",
            "follow": "minor",
        }
        assert table["certain"].all()
        assert table["reason"].isna().all()
        assert table["importance_cut"].tolist() == pytest.approx([0.16] * 4)
        assert table["performance_cut"].tolist() == pytest.approx([3.975] * 4)

    def test_the_chances_sum_to_one_and_that_of_the_quadrant_is_told_again(self):
        table = found()
        chances = table[[f"p_{q}" for q in schema.QUADRANTS]].astype(float)
        assert chances.sum(axis=1).tolist() == pytest.approx([1.0] * 4)
        own = [row[f"p_{row['quadrant']}"] for _, row in table.iterrows()]
        assert table["p_quadrant"].tolist() == own

    @pytest.mark.parametrize("gap", [-0.08, 0.0, 0.05, 0.1])
    def test_against_a_given_cut_the_chance_is_that_of_the_t_distribution(self, gap):
        rows = {"a": (0.3, 0.3, 0.3, 4 + gap, 0.05), "b": (0.1, 0.1, 0.1, 4.6, 0.05)}
        told = found(rows, cuts=(0.2, 4.0), draws=200_000).loc["a"]
        assert told["p_maintain"] == pytest.approx(stats.t.cdf(gap / 0.05, 199), abs=0.004)
        assert told["p_minor"] == told["p_surplus"] == 0

    def test_an_uneven_interval_is_drawn_on_each_side_by_itself(self):
        rows = {"a": (0.20, 0.18, 0.40, 4.0, 0.0001), "b": (0.0, 0.0, 0.0, 3.0, 0.0001)}
        told = found(rows, cuts=(0.25, 3.5), draws=200_000).loc["a"]
        assert told["p_maintain"] == pytest.approx(stats.norm.sf(0.05 / (0.20 / 1.96)), abs=0.004)
        told = found(rows, cuts=(0.19, 3.5), draws=200_000).loc["a"]
        assert told["p_surplus"] == pytest.approx(stats.norm.cdf(-0.01 / (0.02 / 1.96)), abs=0.004)

    def test_an_average_cut_moves_with_the_draws(self):
        """Of two drivers one is below their mean just when it is below the other."""
        rows = {"a": (0.3, 0.3, 0.3, 4.0, 0.05), "b": (0.3, 0.3, 0.3, 4.1, 0.05)}
        chance = stats.norm.cdf(0.1 / (0.05 * np.sqrt(2)))
        table = found(rows, cuts=(0.1, "mean"), draws=200_000)
        assert table.loc["a", "p_improve"] == pytest.approx(chance, abs=0.005)
        assert table.loc["b", "p_maintain"] == table.loc["a", "p_improve"]
        fixed = found(rows, cuts=(0.1, 4.05), draws=200_000)
        assert fixed.loc["a", "p_improve"] == pytest.approx(stats.t.cdf(1, 199), abs=0.005)

    def test_what_is_not_sure_is_marked(self):
        rows = PLAIN | {"result": (0.15, 0.09, 0.22, 4.0, 0.04)}
        table = found(rows)
        assert table["certain"].to_dict() == {
            "speed": True,
            "result": False,
            "manner": True,
            "follow": True,
        }
        assert found(rows, sure=0.01)["certain"].all()

    def test_the_order_of_the_rows_and_further_items_change_nothing(self):
        rows = dict(reversed(PLAIN.items()))
        further = scores_of({**rows, "overall": (None, None, None, 1.0, 0.04)})
        table = drivers.priorities(importance_of(rows), further, seed=0).set_index("driver")
        pd.testing.assert_frame_equal(table, found())
        assert list(table.index) == ["speed", "result", "manner", "follow"]

    def test_the_seed_decides_the_draws(self):
        rows = PLAIN | {"result": (0.18, 0.10, 0.27, 4.0, 0.04)}
        pd.testing.assert_frame_equal(found(rows, seed=3), found(rows, seed=3))
        assert (found(rows, seed=3)["p_improve"] != found(rows, seed=4)["p_improve"]).any()

    @pytest.mark.parametrize(
        ("cuts", "values", "rules"),
        [
            (("mean", "mean"), (0.16, 3.975), ("mean", "mean")),
            (("median", "median"), (0.15, 3.95), ("median", "median")),
            ((0.1, 4.2), (0.1, 4.2), ("given", "given")),
            (["mean", np.float64(4.4)], (0.16, 4.4), ("mean", "given")),
        ],
        ids=["mean", "median", "given", "mixed"],
    )
    def test_cuts_are_stated(self, cuts, values, rules):
        row = found(cuts=cuts).iloc[0]
        assert (row["importance_cut"], row["performance_cut"]) == pytest.approx(values)
        assert (row["importance_rule"], row["performance_rule"]) == rules

    def test_a_value_on_the_cut_is_important_and_strong_and_marked(self):
        rows = {"a": (0.1 + 0.2, 0.2, 0.4, 4.0, 0.1), "b": (0.1, 0.05, 0.2, 3.0, 0.1)}
        table = found(rows, cuts=(0.3, 4.0))
        assert table.loc["a", ["quadrant", "reason"]].tolist() == ["maintain", "on_cut"]
        assert pd.isna(table.loc["b", "reason"])
        same = dict.fromkeys("abc", (0.3, 0.2, 0.4, 4.1, 0.1))
        table = found(same)
        assert (table["quadrant"] == "maintain").all()
        assert (table["reason"] == "on_cut").all()
        assert not table["certain"].any()

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"manner": (None, None, None, 4.5, 0.04)}, "no_importance"),
            ({"manner": (0.06, 0.04, 0.09, None, None)}, "no_performance"),
        ],
        ids=["importance", "performance"],
    )
    def test_a_driver_without_a_number_has_a_reason_and_leaves_the_averages(self, change, reason):
        table = found(PLAIN | change)
        assert table.loc["manner", "reason"] == reason
        assert table.loc["manner", ["quadrant", "p_quadrant", "p_improve", "certain"]].isna().all()
        other = found({k: v for k, v in PLAIN.items() if k != "manner"})
        axis = "importance" if reason == "no_importance" else "performance"
        assert table.loc["speed", f"{axis}_cut"] == other.loc["speed", f"{axis}_cut"]

    def test_a_suppressed_estimate_keeps_its_own_reason(self):
        scores = scores_of(PLAIN)
        scores.loc[0, ["suppressed", "reason"]] = [True, "small_base"]
        table = drivers.priorities(importance_of(PLAIN), scores, seed=0).set_index("driver")
        assert table.loc["speed", "reason"] == "small_base"
        assert pd.isna(table.loc["speed", "performance"])
        assert pd.isna(table.loc["speed", "quadrant"])

    def test_without_an_interval_there_is_a_quadrant_and_no_chance(self):
        table = found(PLAIN | {"speed": (0.30, None, None, 3.6, 0.04)})
        assert table.loc["speed", ["quadrant", "reason"]].tolist() == ["improve", "no_interval"]
        assert table.loc["speed", ["p_improve", "p_quadrant", "certain"]].isna().all()
        assert table.loc["result", "certain"]

    def test_a_census_has_no_error_and_full_certainty(self):
        rows = {"a": (0.3, 0.3, 0.3, 3.99, None), "b": (0.1, 0.1, 0.1, 4.01, None)}
        scores = scores_of(rows).assign(reason="census", se=0.0)
        table = drivers.priorities(importance_of(rows), scores, cuts=(0.2, 4.0), seed=0)
        assert table["p_quadrant"].tolist() == [1, 1]
        assert table["reason"].isna().all()

    def test_without_a_standard_error_the_interval_takes_its_place(self):
        scores = scores_of(PLAIN)
        other = drivers.priorities(importance_of(PLAIN), scores.assign(se=pd.NA), seed=0)
        assert other["p_quadrant"].tolist() == pytest.approx(found()["p_quadrant"], abs=0.002)

    def test_one_driver_is_not_above_its_own_average(self):
        table = found({"a": (0.3, 0.2, 0.4, 4.0, 0.1)})
        assert table["reason"].tolist() == ["one_driver"]
        assert table["quadrant"].isna().all()
        table = found({"a": (0.3, 0.2, 0.4, 4.0, 0.1)}, cuts=(0.2, 4.5))
        assert table["quadrant"].tolist() == ["improve"]

    def test_no_driver_is_an_empty_table(self):
        assert found({}).empty

    def test_the_group_of_the_performance_is_told(self):
        scores = scores_of(PLAIN, group_by="region", group="华东")
        table = drivers.priorities(importance_of(PLAIN), scores, seed=0)
        assert set(table["group"]) == {"华东"}
        assert set(table["metric"]) == {"mean"}

    @pytest.mark.parametrize(
        ("make", "options", "words"),
        [
            (lambda i, s: (pd.concat([i, i.assign(method="johnson")]), s), {}, "one method"),
            (lambda i, s: (pd.concat([i, i]), s), {}, "each driver in one row"),
            (lambda i, s: (i, pd.concat([s, s])), {}, "each item in one row"),
            (lambda i, s: (i, pd.concat([s, s.assign(group="东")])), {}, "one group"),
            (lambda i, s: (i, pd.concat([s, s.assign(metric="share")])), {}, "one metric"),
            (lambda i, s: (i, pd.concat([s, s.assign(quarter="2026Q1")])), {}, "one quarter"),
            (lambda i, s: (i.drop(columns="importance"), s), {}, "with the columns"),
            (lambda i, s: (i.to_dict(), s), {}, "found dict"),
            (lambda i, s: (i.assign(importance=np.inf), s), {}, "infinite"),
            (lambda i, s: (i, s), {"cuts": "mean"}, "cuts: expected two"),
            (lambda i, s: (i, s), {"cuts": ("mean", "mode")}, "'mode'"),
            (lambda i, s: (i, s), {"cuts": ("mean", np.nan)}, "finite number"),
            (lambda i, s: (i, s), {"cuts": (True, "mean")}, "finite number"),
            (lambda i, s: (i, s), {"conf": 95}, "between 0 and 1"),
            (lambda i, s: (i, s), {"sure": 1.2}, "between 0 and 1"),
            (lambda i, s: (i, s), {"draws": 3}, "100 or more"),
        ],
        ids=lambda v: v if isinstance(v, str) else None,
    )
    def test_what_goes_wrong_is_told(self, make, options, words):
        arguments = make(importance_of(PLAIN), scores_of(PLAIN))
        with pytest.raises(ValueError, match=words):
            drivers.priorities(*arguments, **({"seed": 0} | options))


# ---- key problems --------------------------------------------------------------------------------

SHARES = {"speed": 0.70, "result": 0.91, "manner": 0.95, "follow": 0.66}
TROUBLE = {"speed": 0.20, "result": 0.04, "manner": 0.01, "follow": 0.03}


def problems(shares=SHARES, trouble=TROUBLE, **options):
    performance = scores_of({k: (v, 0.02) for k, v in shares.items()}, metric="share")
    frequency = None
    if trouble is not None:
        frequency = pd.DataFrame({"item": list(trouble), "share": list(trouble.values())})
    matrix = found().reset_index()
    table = drivers.key_problems(matrix, performance, frequency, **({"target": 0.85} | options))
    return schema.check(table, "key_problems").set_index("driver")


class TestKeyProblems:
    def test_what_meets_all_three_is_a_key_problem_and_comes_first(self):
        table = problems()
        assert list(table.index) == ["speed", "result", "follow", "manner"]
        assert table["key_problem"].tolist() == [True, False, False, False]
        assert table["met"].tolist() == [3, 1, 1, 0]
        assert table["judged"].tolist() == [3] * 4
        assert table["rank"].tolist() == [1, 2, 3, 4]
        speed = table.loc["speed"]
        assert speed[["important", "weak", "frequent"]].all()
        assert speed["shortfall"] == pytest.approx(0.15)
        assert (speed["importance_cut"], speed["performance_cut"]) == pytest.approx((0.16, 0.85))
        assert speed["frequency_cut"] == pytest.approx(0.07)
        assert speed["p_improve"] == found().loc["speed", "p_improve"]

    def test_the_rule_is_stated_in_numbers(self):
        assert problems()["rule"].unique().tolist() == [
            "importance >= 0.16 (mean) and performance < 0.85 (given) and frequency >= 0.07 (mean)"
        ]

    def test_without_frequencies_two_conditions_are_judged_and_that_is_said(self):
        table = problems(trouble=None)
        assert table["key_problem"].tolist() == [True, False, False, False]
        assert (table["judged"] == 2).all()
        assert table["frequent"].isna().all()
        assert (table["reason"] == "no_frequency").all()
        assert "frequency" not in table["rule"].iloc[0]

    def test_what_is_unknown_of_a_driver_is_neither_met_nor_failed(self):
        table = problems(trouble={k: v for k, v in TROUBLE.items() if k != "speed"})
        assert pd.isna(table.loc["speed", "key_problem"])
        assert table.loc["speed", ["met", "judged", "reason"]].tolist() == [2, 2, "no_frequency"]
        table = problems(shares={k: v for k, v in SHARES.items() if k != "result"})
        # Seldom met with: no key problem, however weak it may be.
        assert not table.loc["result", "key_problem"]
        assert table.loc["result", "reason"] == "no_performance"

    def test_on_the_cut_is_important_and_frequent_and_not_weak(self):
        table = problems(target=0.70, often=0.20)
        assert table.loc["speed", ["important", "weak", "frequent"]].tolist() == [True, False, True]

    def test_ties_are_ranked_by_importance_then_shortfall_then_name(self):
        matrix = pd.DataFrame(
            {"driver": list("dcba"), "importance": [0.2, 0.2, 0.2, 0.3], "importance_cut": 0.1}
        )
        shares = scores_of(
            {"a": (0.9, 0.1), "b": (0.8, 0.1), "c": (0.8, 0.1), "d": (0.7, 0.1)}, metric="share"
        )
        table = drivers.key_problems(matrix, shares, target=0.95)
        assert table["driver"].tolist() == ["a", "d", "b", "c"]

    def test_what_cannot_be_judged_has_no_rank(self):
        matrix = found(PLAIN | {"manner": (None, None, None, 4.5, 0.04)}).reset_index()
        shares = scores_of({"speed": (0.7, 0.1)}, metric="share")
        table = drivers.key_problems(matrix, shares, target=0.8).set_index("driver")
        assert pd.isna(table.loc["manner", "rank"])
        assert table.loc["manner", "reason"] == "no_importance"
        assert table.index[-1] == "manner"

    def test_one_driver_is_judged_by_no_average_of_its_own(self):
        one = {"speed": PLAIN["speed"]}
        matrix = drivers.priorities(importance_of(one), scores_of(one), seed=0)
        alone = drivers.key_problems(matrix, scores_of(one)).iloc[0]
        assert alone["reason"] == "one_driver"
        assert alone["judged"] == 0
        assert alone[["rank", "key_problem", "important", "weak"]].isna().all()
        told = drivers.key_problems(matrix, scores_of(one), target=4.0).iloc[0]
        assert (told["judged"], told["weak"]) == (1, True)

    def test_no_drivers_no_problems(self):
        table = drivers.key_problems(found({}).reset_index(), scores_of({}))
        assert table.empty
        schema.check(table, "key_problems")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"target": "low"}, "target: expected"),
            ({"often": np.inf}, "often: expected"),
            ({"trouble": TROUBLE | {"speed": -0.1}}, "shares of 0 or more"),
        ],
        ids=["target", "often", "negative share"],
    )
    def test_what_goes_wrong_is_told(self, options, words):
        with pytest.raises(ValueError, match=words):
            problems(**options)

    def test_tables_that_do_not_fit_are_refused(self):
        matrix, shares = found().reset_index(), scores_of(PLAIN)
        twice = pd.DataFrame({"item": ["speed", "speed"], "share": [0.1, 0.2]})
        with pytest.raises(ValueError, match="frequency: expected each item"):
            drivers.key_problems(matrix, shares, twice)
        with pytest.raises(ValueError, match=r"frequency: expected a table with the columns"):
            drivers.key_problems(matrix, shares, twice.rename(columns={"share": "n"}))
        with pytest.raises(ValueError, match="one importance_cut"):
            drivers.key_problems(matrix.assign(importance_cut=range(4)), shares)
        with pytest.raises(ValueError, match="each driver"):
            drivers.key_problems(pd.concat([matrix, matrix]), shares)


# ---- stages --------------------------------------------------------------------------------------


def tickets(n=400, *, seed=0, correlation=-0.5, customers=150):
    """Ratings and stays that go together, several tickets a customer."""
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal(n)
    noise = correlation * latent + np.sqrt(1 - correlation**2) * rng.standard_normal(n)
    scores = pd.DataFrame(
        {
            "ticket_id": [f"T{i}" for i in range(n)],
            "speed": 1 + np.searchsorted([-2.05, -1.4, -0.65, 0.45], latent),
            "customer_id": rng.integers(customers, size=n),
            "w": rng.uniform(0.5, 2, size=n),
        }
    )
    process = pd.DataFrame(
        {
            "ticket_id": scores["ticket_id"],
            "分类": np.rint(35 * np.exp(0.6 * noise)),
            "接收": np.rint(15 * np.exp(0.6 * rng.standard_normal(n))),
        }
    )
    return scores, process.sample(frac=1, random_state=1)


def stages(scores, process, **options):
    options = {"dimension": "speed", "stages": ["分类", "接收"]} | options
    table = drivers.causes(scores, process, **options)
    return schema.check(table, "stage_associations").set_index("stage")


class TestStageAssociations:
    def test_it_is_spearmans_coefficient(self):
        scores, process = tickets()
        table = stages(scores, process)
        both = scores.merge(process, on="ticket_id")
        for stage in ("分类", "接收"):
            told = stats.spearmanr(both["speed"], both[stage]).statistic
            assert table.loc[stage, "correlation"] == pytest.approx(told, abs=1e-12)
        assert table.loc["分类", "ci_high"] < -0.3
        assert table.loc["分类", "p_adjusted"] < 1e-6
        assert table.loc["接收", "p_adjusted"] > 0.05

    def test_the_logarithm_of_the_time_has_the_same_ranks(self):
        scores, process = tickets()
        logged = process.assign(分类=np.log(process["分类"]), 接收=np.log(process["接收"]))
        columns = ["correlation", "se", "p_adjusted"]
        pd.testing.assert_frame_equal(
            stages(scores, process)[columns], stages(scores, logged)[columns]
        )

    @pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
    def test_the_influence_is_the_derivative_by_the_weights(self, weighted):
        """The variance rests on it alone: without clusters it is Σ influence² · n/(n − 1)."""
        scores, process = tickets(60)
        both = scores.merge(process, on="ticket_id", how="left")
        x, y = both["speed"].to_numpy(float), both["分类"].to_numpy(float)
        if not weighted:
            both["w"] = 1.0

        def correlation(weights):
            design = estimates.Design(weight="w")
            survey = read_survey(both.assign(w=weights), design=design)
            return rank_correlation(survey, x, y, conf=0.95)

        w, step = both["w"].to_numpy(), 1e-5
        slopes = []
        for row in range(len(w)):
            moved = [w + sign * step * (np.arange(len(w)) == row) for sign in (1, -1)]
            up, down = (correlation(each).estimate for each in moved)
            slopes.append((up - down) / (2 * step) * w[row])
        variance = (np.array(slopes) ** 2).sum() * len(w) / (len(w) - 1)
        assert correlation(w).se == pytest.approx(np.sqrt(variance), rel=1e-6)

    def test_weights_count_as_repeated_rows_do(self):
        scores, process = tickets(80)
        scores["w"] = np.arange(80) % 3
        weighted = stages(scores, process, design=estimates.Design(weight="w"), min_base=10)
        rows = scores.loc[scores.index.repeat(scores["w"])]
        repeated = stages(rows, process, min_base=10)
        assert weighted["correlation"].tolist() == pytest.approx(repeated["correlation"].tolist())
        assert weighted["n"].tolist() == [int((scores["w"] > 0).sum())] * 2

    def test_the_scale_of_the_weights_is_nothing_and_equal_ones_are_none(self):
        scores, process = tickets()
        plain = stages(scores, process, limits={"分类": 60})
        design = estimates.Design(weight="w")
        for factor in (1e-6, 1.0, 1e6):
            same = stages(
                scores.assign(w=factor), process, limits={"分类": 60}, design=design
            ).drop(columns=["dimension"])
            pd.testing.assert_frame_equal(plain.drop(columns=["dimension"]), same, rtol=1e-9)
        one, two = (
            stages(scores.assign(w=scores["w"] * f), process, design=design) for f in (1, 1000)
        )
        pd.testing.assert_frame_equal(one, two, rtol=1e-9)

    def test_rows_of_weight_zero_count_nothing(self):
        scores, process = tickets()
        scores.loc[:49, "w"] = 0.0
        design = estimates.Design(weight="w")
        with_zero = stages(scores, process, design=design, limits={"分类": 60})
        without = stages(scores.iloc[50:], process, design=design, limits={"分类": 60})
        points = ["n", "correlation", "n_dissatisfied", "median_dissatisfied", "late_satisfied"]
        pd.testing.assert_frame_equal(with_zero[points], without[points])

    def test_tickets_of_one_customer_are_one_cluster(self):
        scores, process = tickets()
        twice = pd.concat([scores, scores], ignore_index=True)
        clustered = stages(twice, process, design=estimates.Design(cluster="ticket_id"))
        plain = stages(scores, process)
        assert clustered["se"].tolist() == pytest.approx(plain["se"].tolist())
        assert clustered["df"].tolist() == plain["df"].tolist()
        assert clustered["median_difference_low"].tolist() == pytest.approx(
            plain["median_difference_low"].tolist(), rel=0.02
        )

    def test_the_medians_are_those_of_the_two_groups(self):
        scores, process = tickets()
        table = stages(scores, process, limits={"分类": 60})
        both = scores.merge(process, on="ticket_id")
        low = both["speed"] < 4
        row = table.loc["分类"]
        assert (row["n_dissatisfied"], row["n_satisfied"]) == (low.sum(), (~low).sum())
        told = estimates.quantile(both.assign(low=low), "分类", q=[0.5], by=["low"]).set_index(
            "group"
        )
        for name, group in (("dissatisfied", "True"), ("satisfied", "False")):
            for end, column in (("", "estimate"), ("_low", "ci_low"), ("_high", "ci_high")):
                assert row[f"median_{name}{end}"] == told.loc[group, column]
        assert row["median_difference"] == row["median_dissatisfied"] - row["median_satisfied"]
        assert 0 < row["median_difference_low"] < row["median_difference"]
        half = row["median_difference_high"] - row["median_difference"]
        # Independent groups: the variances add up.
        assert half / stats.t.ppf(0.975, 399) == pytest.approx(
            np.hypot(*told["se"].astype(float)), rel=0.01
        )

    def test_the_late_shares_are_those_above_the_limit(self):
        scores, process = tickets()
        table = stages(scores, process, limits={"分类": 60})
        both = scores.merge(process, on="ticket_id")
        late = both["分类"] > 60
        row, other = table.loc["分类"], table.loc["接收"]
        for name, low in (("dissatisfied", True), ("satisfied", False)):
            group = (both["speed"] < 4) == low
            assert row[f"late_{name}"] == pytest.approx(late[group].mean())
            assert row[f"late_{name}_low"] < row[f"late_{name}"] < row[f"late_{name}_high"]
        difference = row["late_dissatisfied"] - row["late_satisfied"]
        assert row["late_difference"] == pytest.approx(difference)
        assert row["late_difference_low"] < difference < row["late_difference_high"]
        assert row["limit"] == 60
        assert other[[c for c in table if "late" in c or c == "limit"]].isna().all()

    def test_customers_in_both_groups_are_compared_with_themselves(self):
        """One ticket of each group a customer: the paired t interval of the late shares."""
        rng = np.random.default_rng(3)
        slow = rng.random(80) < 0.5
        late = np.where(rng.random((80, 2)) < 0.8, slow[:, None], rng.random((80, 2)) < 0.5)
        scores = pd.DataFrame({"ticket_id": range(160), "speed": [2, 5] * 80})
        scores["customer_id"] = np.arange(160) // 2
        process = pd.DataFrame({"ticket_id": range(160), "分类": 10 + 50 * late.ravel()})
        design = estimates.Design(cluster="customer_id")
        row = stages(scores, process, stages=["分类"], limits={"分类": 30}, design=design).iloc[0]
        paired = stats.ttest_rel(*late.T.astype(float)).confidence_interval()
        assert row["late_difference_low"] == pytest.approx(paired.low)
        assert row["late_difference_high"] == pytest.approx(paired.high)

    def test_the_limit_itself_is_in_time(self):
        scores, process = tickets()
        process["分类"] = np.where(np.arange(len(process)) % 2, 60, 30)
        row = stages(scores, process, limits={"分类": 60}).loc["分类"]
        assert row["late_dissatisfied"] == row["late_satisfied"] == 0
        # The median of the satisfied is the longest stay there is.
        assert row["groups_reason"] == "no_interval"
        assert pd.notna(row["median_difference"])

    def test_p_is_adjusted_over_all_rows_of_the_call(self):
        scores, process = tickets()
        scores["manner"] = scores["speed"].to_numpy()[::-1]
        table = stages(scores, process, dimension=["speed", "manner"])
        raw = np.sort(table["p"].to_numpy(dtype=float))
        holm = np.minimum(np.maximum.accumulate(raw * [4, 3, 2, 1]), 1)
        assert np.sort(table["p_adjusted"].to_numpy(dtype=float)) == pytest.approx(holm)
        plain = stages(scores, process, adjust="none")
        assert plain["p_adjusted"].tolist() == plain["p"].tolist()

    @pytest.mark.parametrize(
        ("change", "reason", "n"),
        [
            (lambda s, p: (s.assign(speed=np.nan), p), "empty", 0),
            (lambda s, p: (s.assign(speed=4), p), "no_variation", 400),
            (lambda s, p: (s, p.assign(分类=7.0)), "no_variation", 400),
            (lambda s, p: (s, p.assign(分类=pd.NA).astype({"分类": "Float64"})), "empty", 0),
            (lambda s, p: (s, p[p["ticket_id"].isin([f"T{i}" for i in range(12)])]), "small_base", 12),
            (lambda s, p: (s, p.merge(s[["ticket_id", "speed"]]).eval("分类 = speed")), "perfect", 400),
            (lambda s, p: (s.iloc[:0], p), "empty", 0),
            (lambda s, p: (s, p.iloc[:0]), "empty", 0),
        ],
        ids=["no ratings", "one rating", "one time", "no times", "few", "perfect", "nobody", "no tickets"],
    )  # fmt: skip
    def test_a_number_that_cannot_be_had_has_a_reason(self, change, reason, n):
        row = stages(*change(*tickets())).loc["分类"]
        assert (row["reason"], row["n"]) == (reason, n)
        assert row[["se", "ci_low", "ci_high", "p", "p_adjusted"]].isna().all()
        if reason == "perfect":
            assert row["correlation"] == pytest.approx(1)

    def test_a_small_group_is_not_told(self):
        scores, process = tickets()
        scores["speed"] = np.where(np.arange(400) < 10, 2, 5)
        row = stages(scores, process, limits={"分类": 60}).loc["分类"]
        assert (row["groups_reason"], row["n_dissatisfied"]) == ("small_base", 10)
        hidden = [
            "median_dissatisfied",
            "late_dissatisfied",
            "median_difference",
            "late_difference",
        ]
        assert row[hidden].isna().all()
        assert row[["median_satisfied", "late_satisfied"]].notna().all()

    def test_one_cluster_has_no_error(self):
        scores, process = tickets()
        row = stages(scores.assign(one="x"), process, design=estimates.Design(cluster="one")).loc[
            "分类"
        ]
        assert row["reason"] == "single_cluster"
        assert pd.notna(row["correlation"])

    @pytest.mark.parametrize(
        ("change", "options", "words"),
        [
            (lambda s, p: (s, pd.concat([p, p])), {}, "each ticket_id in one row"),
            (lambda s, p: (s.assign(ticket_id="?"), p), {}, "none of 'ticket_id' in both"),
            (lambda s, p: (s.drop(columns="ticket_id"), p), {}, "key: expected the name"),
            (lambda s, p: (s, p.drop(columns="分类")), {}, "with the columns"),
            (lambda s, p: (s, p.assign(分类="长")), {}, "expected numbers in '分类'"),
            (lambda s, p: (s, p), {"stages": "分类"}, "expected a sequence"),
            (lambda s, p: (s, p), {"dimension": "manner"}, "'manner'"),
            (lambda s, p: (s, p), {"limits": {"解决": 5}}, "limits: expected"),
            (lambda s, p: (s, p), {"limits": {"分类": np.nan}}, "limits: expected"),
            (lambda s, p: (s, p), {"adjust": "fdr"}, "adjust: expected"),
            (lambda s, p: (s, p), {"min_base": 0}, "min_base"),
        ],
        ids=lambda v: v if isinstance(v, str) else None,
    )
    def test_what_goes_wrong_is_told(self, change, options, words):
        with pytest.raises(ValueError, match=words):
            stages(*change(*tickets()), **options)


class TestStageTimes:
    MOMENTS = pd.DataFrame(
        {
            "ticket_id": ["T1", "T2", "T3"],
            "opened_at": pd.to_datetime(["2026-07-01 09:00", "2026-07-01 23:50", None]),
            "received_at": pd.to_datetime(
                ["2026-07-01 09:20", "2026-07-02 00:05", "2026-07-03 00:00"]
            ),
            "sorted_at": pd.to_datetime(
                ["2026-07-01 09:10", "2026-07-02 00:05", "2026-07-03 00:00"]
            ),
        }
    )

    def test_stays_are_minutes_from_moment_to_moment(self):
        table = drivers.stage_times(
            self.MOMENTS,
            {"接收": ("opened_at", "received_at"), "分类": ("received_at", "sorted_at")},
        )
        assert table["接收"].tolist() == [20.0, 15.0, pd.NA]
        # A stage that ends before it began was written down wrongly.
        assert table["分类"].tolist() == [pd.NA, 0.0, 0.0]
        assert list(table) == ["ticket_id", "接收", "分类"]

    @pytest.mark.parametrize(
        ("stages", "words"),
        [
            ({}, "stages: expected names"),
            ({"ticket_id": ("opened_at", "received_at")}, "stages: expected names"),
            ({"接收": ("opened_at", "closed_at")}, "with the columns"),
            ({"接收": ("opened_at", "ticket_id")}, "expected times"),
        ],
        ids=["none", "key", "absent", "text"],
    )
    def test_what_goes_wrong_is_told(self, stages, words):
        with pytest.raises(ValueError, match=words):
            drivers.stage_times(self.MOMENTS, stages)
