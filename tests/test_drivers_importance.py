"""Importances of drivers: values from R, invariants, intervals, and every way to be refused."""

from __future__ import annotations

import itertools
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib import drivers, estimates, schema
from csatlib.drivers.flipping import linear_scores, sign_flip_p
from csatlib.drivers.johnson import johnson
from csatlib.drivers.limits import limits, rank_limits, ranks
from csatlib.drivers.lmg import explained_by_subsets, lmg, shapley
from csatlib.drivers.products import correlations, read_complete
from csatlib.drivers.resampling import resampled_factors
from csatlib.drivers.sharing import share_out
from csatlib.drivers.subsets import collapse, fit_subsets, mcfadden
from csatlib.estimates import Design
from csatlib.estimates.design import read_design

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "drivers_importance.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
SWISS = pd.DataFrame(REFERENCE["inputs"]["swiss"]["value"])
NAMES = list(SWISS.columns[1:])
KINDS = ["linear", "logistic", "ordinal"]
NUMBERS = ["importance", "share", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "r2"]


def survey(rows: int = 240, count: int = 4, seed: int = 1) -> pd.DataFrame:
    """Draw answers of 1 to 5 with a common part; the last driver goes with nothing by itself."""
    random = np.random.default_rng(seed)
    common = random.normal(size=(rows, 1))
    latent = 0.6 * common + 0.8 * random.normal(size=(rows, count))
    slopes = np.linspace(0.8, 0, count)
    outcome = latent @ slopes + random.normal(size=rows)
    scores = np.clip(np.round(3.6 + np.column_stack([latent, outcome])), 1, 5)
    df = pd.DataFrame(scores, columns=[*(f"q{i}" for i in range(count)), "overall"])
    df["satisfied"] = df["overall"] >= 4
    df["weight"] = random.uniform(0.5, 3, rows)
    df["stratum"] = np.repeat(["北", "南"], rows // 2)
    df["cluster"] = np.arange(rows) // 6
    df["unit"] = [f"单位{i:02d}" for i in random.integers(0, 12, rows)]
    return df


def items(df: pd.DataFrame) -> list[str]:
    return [name for name in df.columns if name.startswith("q")]


def found(df: pd.DataFrame, names=None, kind: str = "linear", **settings) -> pd.DataFrame:
    outcome = "satisfied" if kind == "logistic" else "overall"
    settings = {"n_boot": 40, "seed": 1, **settings}
    names = items(df) if names is None else names
    table = drivers.importance(df, settings.pop("outcome", outcome), names, kind=kind, **settings)
    return schema.check(table, "drivers")


def values(table: pd.DataFrame, column: str) -> np.ndarray:
    return table[column].to_numpy(dtype=float, na_value=np.nan)


# Values from other software ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "key"), [("lmg", "lmg"), ("johnson", "johnson_raw")], ids=["lmg", "johnson"]
)
def test_swiss_is_as_in_r(method, key):
    table = found(SWISS, NAMES, outcome="Fertility", method=method)
    assert values(table, "importance") == pytest.approx(
        [RESULTS[key][name] for name in NAMES], rel=1e-10
    )
    assert values(table, "r2") == pytest.approx([RESULTS["R2"]] * 5, rel=1e-10)
    if method == "lmg":
        shares = [RESULTS["lmg_rela"][name] for name in NAMES]
        assert values(table, "share") == pytest.approx(shares, rel=1e-10)


def test_weights_are_those_of_weighted_least_squares():
    df = SWISS.assign(weight=np.arange(1, 48) / 10)
    table = found(df, NAMES, outcome="Fertility", design=Design("weight"))
    expected = [RESULTS["lmg_weighted"][name] for name in NAMES]
    assert values(table, "importance") == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", ["logistic", "ordinal"])
def test_a_pseudo_r2_is_shared_as_by_refitting_every_model_in_r(kind):
    df = SWISS.assign(high=SWISS["Fertility"] > 70)
    expected = RESULTS["mcfadden_logistic"]
    table = found(df, list(expected), kind=kind, outcome="high")
    assert values(table, "importance") == pytest.approx(list(expected.values()), rel=1e-9)


def test_every_ordered_model_is_that_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    df = survey(count=3)
    patterns = collapse(read_complete(df, "overall", items(df), None))
    fitted = fit_subsets(patterns, patterns.weight)
    for subset in range(1, 8):
        chosen = [name for bit, name in enumerate(items(df)) if subset >> bit & 1]
        model = OrderedModel(df["overall"].astype(int), df[chosen], distr="logit")
        theirs = model.fit(method="bfgs", disp=0, gtol=1e-8)
        assert fitted.loglik[subset] * len(df) == pytest.approx(theirs.llf, rel=1e-9)


# Arithmetic ----------------------------------------------------------------------------------


def test_the_subsets_have_the_r2_of_least_squares():
    df = survey()
    x, y = df[items(df)].to_numpy(), df["overall"].to_numpy()
    r2 = explained_by_subsets(np.corrcoef(np.column_stack([x, y]).T)[None])[:, 0]
    for subset in range(16):
        chosen = [bit for bit in range(4) if subset >> bit & 1]
        design = np.column_stack([np.ones(len(x)), x[:, chosen]])
        residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        expected = 1 - residual @ residual / ((y - y.mean()) @ (y - y.mean()))
        assert r2[subset] == pytest.approx(expected, abs=1e-12)


def test_rounding_beside_a_copy_explains_nothing():
    dust = np.array([[1, 1 - 4e-12, 0.5], [1 - 4e-12, 1, 0.5 + 1e-6], [0.5, 0.5 + 1e-6, 1]])
    assert explained_by_subsets(dust[None])[3, 0] == pytest.approx(0.25, abs=1e-5)
    assert johnson(dust[None]).sum() == pytest.approx(0.25, abs=1e-5)


def test_shapley_values_are_averages_over_all_orders():
    worth = np.random.default_rng(2).uniform(size=(16, 3))
    expected = np.zeros((4, 3))
    for order in itertools.permutations(range(4)):
        subset = 0
        for player in order:
            expected[player] += worth[subset | 1 << player] - worth[subset]
            subset |= 1 << player
    assert shapley(worth) == pytest.approx(expected / math.factorial(4), abs=1e-14)


def test_many_models_at_once_are_as_one_by_one():
    random = np.random.default_rng(3)
    tables = random.normal(size=(50, 40, 6)) + random.normal(size=(50, 40, 1))
    matrices = np.array([np.corrcoef(table.T) for table in tables])
    for way in (lmg, johnson):
        alone = np.concatenate([way(one[None]) for one in matrices])
        assert way(matrices) == pytest.approx(alone, abs=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["lmg", "johnson"])
def test_importances_sum_to_r2_and_shares_to_one(kind, method):
    if method == "johnson" and kind != "linear":
        pytest.skip("refused")
    table = found(survey(), kind=kind, method=method)
    assert values(table, "importance").sum() == pytest.approx(values(table, "r2")[0], abs=1e-13)
    assert values(table, "share").sum() == pytest.approx(1, abs=1e-13)
    assert table["reason"].isna().all()
    assert (values(table, "ci_low") <= values(table, "importance")).all()
    assert (values(table, "importance") <= values(table, "ci_high")).all()
    assert (values(table, "share_low") <= values(table, "share")).all()
    assert (values(table, "rank_low") <= values(table, "rank")).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_drivers_and_of_rows_changes_nothing(kind):
    df = survey()
    usual = found(df, kind=kind).set_index("driver")
    turned = found(df, items(df)[::-1], kind=kind).set_index("driver").loc[usual.index]
    assert values(turned, "importance") == pytest.approx(values(usual, "importance"), abs=1e-10)
    shuffled = found(df.sample(frac=1, random_state=1), kind=kind)
    assert values(shuffled, "importance") == pytest.approx(values(usual, "importance"), abs=1e-10)


@pytest.mark.parametrize("method", ["lmg", "johnson"])
@pytest.mark.parametrize("kind", KINDS)
def test_affine_changes_of_drivers_change_nothing(kind, method):
    if method == "johnson" and kind != "linear":
        pytest.skip("refused")
    df = survey()
    changed = df.assign(q0=1e6 - 3 * df["q0"], q1=df["q1"] / 1e5)
    for column in NUMBERS:
        before = values(found(df, kind=kind, method=method), column)
        assert values(found(changed, kind=kind, method=method), column) == pytest.approx(
            before, abs=1e-8
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_shares_equally_without_a_warning(kind):
    df = survey().assign(copy=lambda t: 10 - 2 * t["q0"])
    names = [*items(df), "copy"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = found(df, names, kind=kind, permutations=19).set_index("driver")
    assert table["importance"]["q0"] == pytest.approx(table["importance"]["copy"], rel=1e-6)
    alone = found(df, kind=kind)
    assert values(table, "r2")[0] == pytest.approx(values(alone, "r2")[0], abs=1e-7)
    assert list(table["reason"].dropna().index) == ["q0", "copy"]
    assert set(table["reason"].dropna()) == {"copy"}
    assert table["p"].isna().tolist() == [True, False, False, False, True]
    assert table["rank"]["q0"] == table["rank"]["copy"]


def test_johnson_shares_equally_between_copies():
    df = survey().assign(copy=lambda t: 10 - 2 * t["q0"])
    table = found(df, [*items(df), "copy"], method="johnson").set_index("driver")
    assert table["importance"]["q0"] == pytest.approx(table["importance"]["copy"], rel=1e-9)
    assert values(table, "r2")[0] == pytest.approx(values(found(df), "r2")[0], abs=1e-10)


def test_a_sum_of_drivers_adds_nothing_to_r2():
    df = survey().assign(total=lambda t: t["q0"] + t["q1"] - t["q2"])
    table = found(df, [*items(df), "total"])
    assert values(table, "r2")[0] == pytest.approx(values(found(df), "r2")[0], abs=1e-10)
    assert table["reason"].tolist()[:3] == ["copy"] * 3
    assert table["reason"].isna()[3]


@pytest.mark.parametrize("kind", KINDS)
def test_weights_count_relative_to_each_other(kind):
    df = survey()
    usual = found(df, kind=kind, design=Design("weight"))
    scaled = found(df.assign(weight=df["weight"] * 1e6), kind=kind, design=Design("weight"))
    equal = found(df.assign(weight=7.0), kind=kind, design=Design("weight"))
    for column in NUMBERS:
        assert values(scaled, column) == pytest.approx(values(usual, column), abs=1e-9)
        assert values(equal, column) == pytest.approx(
            values(found(df, kind=kind), column), abs=1e-9
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_two_is_two_rows(kind):
    df = survey()
    df["weight"] = np.where(np.arange(len(df)) < 80, 2.0, 1.0)
    twice = pd.concat([df, df.iloc[:80]])
    weighted = found(df, kind=kind, design=Design("weight"))
    assert values(weighted, "importance") == pytest.approx(
        values(found(twice, kind=kind), "importance"), abs=1e-10
    )


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_an_answer_or_weight_do_not_count(kind):
    df = survey()
    outcome = "satisfied" if kind == "logistic" else "overall"
    more = pd.concat([df, df.iloc[:20].assign(q1=np.nan), df.iloc[:9]], ignore_index=True)
    more.loc[len(df) + 20 :, "weight"] = 0.0
    table = found(more, kind=kind, design=Design("weight"), outcome=outcome)
    expected = found(df, kind=kind, design=Design("weight"))
    assert table["n"].tolist() == [240] * 4
    assert values(table, "importance") == pytest.approx(values(expected, "importance"), abs=1e-12)


# Resamples and intervals ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "design",
    [
        Design(),
        Design("weight"),
        Design("weight", stratum="stratum"),
        Design("weight", stratum="stratum", cluster="cluster", population="population"),
    ],
    ids=["rows", "weights", "strata", "clusters"],
)
def test_resamples_vary_as_the_design_does(design):
    df = survey(rows=60).assign(population=40)
    structure = read_design(df, design)
    factors = np.concatenate(list(resampled_factors(df, structure, n_boot=20_000, seed=4)))
    unit = np.arange(60) if structure.unit is None else structure.unit
    weight = structure.weights()
    totals = factors @ np.bincount(unit, weights=weight * df["overall"], minlength=structure.units)
    expected = estimates.total(df, "overall", design=design)["se"][0]
    assert totals.std() == pytest.approx(expected, rel=0.03)
    assert totals.mean() == pytest.approx((weight * df["overall"]).sum(), rel=0.01)


def test_replicates_of_a_design_are_its_resamples():
    df = survey()
    plan = Design("weight", cluster="cluster")
    drawn = estimates.bootstrap(df, plan, n=400, seed=1)
    named = Design("weight", replicates=list(drawn.columns))
    usual, taken = found(df, design=plan, n_boot=400), found(df.join(drawn), design=named)
    assert values(taken, "importance") == pytest.approx(values(usual, "importance"), abs=1e-12)
    width = values(usual, "ci_high") - values(usual, "ci_low")
    assert values(taken, "ci_high") - values(taken, "ci_low") == pytest.approx(width, rel=0.2)


def test_correlations_of_a_resample_are_those_of_the_repeated_rows():
    df = survey(rows=50)
    complete = read_complete(df, "overall", items(df), None)
    sharing = share_out(complete, kind="linear", method="lmg", units=50)
    times = np.bincount(np.random.default_rng(5).integers(50, size=50), minlength=50)
    again = df.loc[np.repeat(df.index, times), [*items(df), "overall"]]
    made = correlations(times[None] @ sharing.sums, 5)[0]
    assert made == pytest.approx(again.corr().to_numpy(), abs=1e-12)


@pytest.mark.parametrize("kind", ["logistic", "ordinal"])
def test_one_step_of_a_resample_comes_near_to_its_fit(kind):
    df = survey(rows=600, count=3)
    outcome = "satisfied" if kind == "logistic" else "overall"
    complete = read_complete(df, outcome, items(df), None)
    sharing = share_out(complete, kind=kind, method="lmg", units=600)
    factors = next(resampled_factors(df, complete.structure, n_boot=30, seed=6))
    again = sharing.again([factors])
    weight = sharing._weights([factors])
    fits = [fit_subsets(sharing.patterns, one).loglik for one in weight.T]
    exact = shapley(mcfadden(np.column_stack(fits), weight, sharing.patterns)).T
    assert ((again - exact).std(axis=0) < 0.06 * exact.std(axis=0)).all()
    assert (np.abs((again - exact).mean(axis=0)) < 0.03 * exact.std(axis=0)).all()


def test_limits_are_the_farther_of_two_and_wider_with_few_units():
    random = np.random.default_rng(7)
    again = random.normal(0.5, 0.05, size=(4000, 1)) ** 2
    estimate = np.array([0.25])
    low, high = limits(estimate, again, df=1e6, conf=0.95)
    assert (low[0], high[0]) == pytest.approx((0.402**2, 0.598**2), rel=0.02)
    wide = limits(estimate, again, df=5, conf=0.95)
    assert np.sqrt(wide[1]) - np.sqrt(wide[0]) == pytest.approx(2 * 2.571 * 0.05, rel=0.05)
    biased = limits(estimate, again * 1.1, df=1e6, conf=0.95)
    assert biased[0][0] < 0.95 * np.quantile(again * 1.1, 0.025)
    shrunk = limits(estimate, again / 1.1, df=1e6, conf=0.95)
    assert shrunk[1][0] > 1.05 * np.quantile(again / 1.1, 0.975)


def test_ranks_are_tied_where_shares_are_and_lie_within_their_limits():
    assert ranks(np.array([0.2, 0.5, 0.2 + 1e-15, 0.1])).tolist() == [2.5, 1, 2.5, 4]
    rank, again = np.array([2.0, 1.0, 3.0]), np.array([[0.4, 0.5, 0.1]] * 100)
    low, high = rank_limits(rank, again, df=1e6, conf=0.95)
    assert (low.tolist(), high.tolist()) == ([2, 1, 3], [2, 1, 3])
    again[:10] = [0.5, 0.4, 0.1]
    low, high = rank_limits(rank, again, df=1e6, conf=0.95)
    assert (low.tolist(), high.tolist()) == ([1, 1, 3], [2, 2, 3])


def test_equal_seeds_give_equal_tables_and_others_do_not():
    df = survey()
    assert found(df, permutations=19).equals(found(df, permutations=19))
    assert not found(df).equals(found(df, seed=2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_driver_that_matters_has_a_small_p(kind):
    table = found(survey(rows=400), kind=kind, permutations=199)
    assert values(table, "p")[0] == pytest.approx(1 / 200)
    assert values(table, "p")[-1] > 0.05


def test_flips_of_the_linear_score_are_those_of_the_residuals():
    df = survey(rows=40, count=2)
    x, y = df[["q0", "q1"]].to_numpy(), df["overall"].to_numpy()
    scores = linear_scores(x, y, np.ones(40))
    random = np.random.default_rng(1)
    signs = random.integers(2, size=(99, 40), dtype=np.int8) * 2.0 - 1.0
    base = np.column_stack([np.ones(40), x[:, 1]])
    hat = base @ np.linalg.pinv(base)
    left, residual = x[:, 0] - hat @ x[:, 0], y - hat @ y

    def statistic(sign):
        turned = sign * left
        return (turned @ residual) ** 2 / (turned @ (turned - hat @ turned))

    reached = sum(statistic(sign) >= statistic(np.ones(40)) for sign in signs)
    p = sign_flip_p(scores, np.arange(40), permutations=99, seed=1)
    assert p[0] == pytest.approx((1 + reached) / 100)


# Where a number cannot be had -----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.iloc[:0], "empty"),
        (lambda t: t.assign(q2=np.nan), "empty"),
        (lambda t: t.iloc[:29], "small_base"),
        (lambda t: t.assign(overall=4.0, satisfied=True), "no_variation"),
        (lambda t: t.assign(q0=1, q1=2, q2=3, q3=4), "no_variation"),
    ],
    ids=["no rows", "no answers", "few rows", "equal outcomes", "equal drivers"],
)
def test_no_model_has_a_reason(kind, change, reason):
    df = survey()
    table = found(change(df), items(df), kind=kind)
    assert table["reason"].tolist() == [reason] * 4
    assert table[["importance", "share", "ci_low", "rank", "r2", "p"]].isna().all(axis=None)
    assert found(change(df), items(df), kind=kind)["driver"].tolist() == items(df)


def test_as_many_rows_as_slopes_fit_anything_and_say_nothing():
    df = survey()
    assert set(found(df.iloc[:5], min_base=1)["reason"]) == {"small_base"}
    assert found(df.iloc[:6], min_base=1)["importance"].notna().all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_driver_that_does_not_differ_is_left_out(kind):
    df = survey()
    table = found(df.assign(q9=3), [*items(df), "q9"], kind=kind, permutations=19)
    assert table["reason"].tolist()[:4] == [np.nan] * 4 or table["reason"].isna().sum() == 4
    assert table["reason"].iloc[4] == "no_variation"
    assert table.loc[4, ["importance", "share", "rank", "ci_low", "p"]].isna().all()
    usual = found(df, kind=kind)
    assert values(table, "importance")[:4] == pytest.approx(values(usual, "importance"), abs=1e-12)


def test_an_outcome_that_goes_with_nothing_has_no_shares():
    df = pd.DataFrame({"q0": [1, 2, 1, 2] * 10, "overall": [1, 1, 2, 2] * 10})
    table = found(df)
    assert table["reason"].tolist() == ["no_denominator"]
    assert values(table, "importance") == pytest.approx([0], abs=1e-12)
    assert table["share"].isna().all()


def test_a_census_and_a_single_cluster_have_no_interval():
    df = survey().assign(population=240, one="x")
    census = found(df, design=Design(population="population"))
    assert census["reason"].tolist() == ["census"] * 4
    assert census["ci_low"].isna().all()
    assert census["share"].notna().all()
    alone = found(df, design=Design(cluster="one"))
    assert alone["reason"].tolist() == ["single_cluster"] * 4


@pytest.mark.parametrize("kind", ["logistic", "ordinal"])
def test_answers_told_apart_fully_are_said_to_be(kind):
    df = survey()
    outcome = df["q0"] >= 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = found(df.assign(outcome=outcome), kind=kind, outcome="outcome")
    assert table["reason"].tolist() == ["separation"] * 4
    assert values(table, "r2")[0] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "probit"}, "kind: expected one of linear, logistic, ordinal"),
        ({"method": "pratt"}, "method: expected 'lmg' or 'johnson'"),
        ({"kind": "logistic", "method": "johnson"}, "shares out the R² of a linear model"),
        ({"n_boot": 5}, "n_boot: expected a whole number, 20 or more"),
        ({"seed": -1}, "seed: expected a whole number, 0 or more"),
        ({"permutations": 3}, "permutations: expected 0 for no test"),
        ({"permutations": True}, "permutations: expected 0 for no test"),
        ({"conf": 95}, "conf: expected a number between 0 and 1"),
        ({"min_base": 0}, "min_base: expected a whole number"),
        ({"names": []}, "drivers: expected the name of one column or more"),
        ({"names": "q0"}, "drivers: expected a sequence"),
        ({"names": ["q0", "q0"]}, "drivers: expected each value once"),
        ({"names": ["q0", "nobody"]}, "drivers: expected the name of a column"),
        ({"names": ["q0", "unit"]}, "turn answers into scores"),
        ({"names": ["q0", "overall"]}, "expected other columns than the outcome"),
        ({"outcome": "nobody"}, "outcome: expected the name of a column"),
        ({"kind": "logistic", "outcome": "overall"}, "at most 2 different answers"),
        ({"kind": "ordinal", "outcome": "weight"}, "at most 20 different answers"),
        ({"design": "weight"}, "design: expected an estimates.Design"),
        (
            {"design": Design(replicates=["q1", "q2"], replicate_method="jackknife")},
            "replicates made by a bootstrap",
        ),
    ],
)
def test_wrong_calls_are_told_what_to_do(settings, message):
    with pytest.raises(ValueError, match=message):
        found(survey(), **settings)


def test_a_stratum_of_one_unit_cannot_be_resampled_about_the_whole():
    df = survey()
    centred = Design(stratum="stratum", lonely="centre")
    df["stratum"] = "all"
    assert found(df, design=centred)["reason"].isna().all()
    df.loc[df.index[0], "stratum"] = "lonely"
    with pytest.raises(ValueError, match="found 'centre' and a stratum of one"):
        found(df, design=centred)


@pytest.mark.parametrize(
    ("kind", "count", "remedy"),
    [("linear", 23, "method='johnson'"), ("ordinal", 11, "kind='linear'")],
    ids=["linear", "ordinal"],
)
def test_too_many_drivers_are_refused_with_a_remedy(kind, count, remedy):
    with pytest.raises(ValueError, match=f"at most {count - 1} .*{remedy}"):
        found(survey(count=count), kind=kind)


# Without one unit -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_shares_without_each_unit_are_those_of_the_rest(kind):
    df = survey(count=3)
    outcome = "satisfied" if kind == "logistic" else "overall"
    table = drivers.leave_one_out(
        df, outcome, items(df), unit="unit", kind=kind, design=Design("weight")
    )
    schema.check(table, "driver_stability")
    shares = {
        unit: values(found(df[df["unit"] != unit], kind=kind, design=Design("weight")), "share")
        for unit in df["unit"].unique()
    }
    every = np.array(list(shares.values()))
    assert values(table, "share_low") == pytest.approx(every.min(axis=0), abs=1e-8)
    assert values(table, "share_high") == pytest.approx(every.max(axis=0), abs=1e-8)
    assert table["units"].tolist() == [12] * 3
    assert table["n"].tolist() == [240] * 3
    moved = np.abs(every - values(table, "share")).argmax(axis=0)
    assert table["moved_most"].tolist() == [list(shares)[one] for one in moved]
    assert (values(table, "rank_low") <= values(table, "rank")).all()
    assert table["reason"].isna().all()


def test_a_unit_that_decides_which_driver_is_first_is_counted():
    df = survey(rows=300, count=2).assign(unit=lambda t: [f"u{i % 10}" for i in range(len(t))])
    odd = pd.DataFrame({"q0": [1, 5] * 80, "q1": [1, 1, 5, 5] * 40, "overall": [1, 1, 5, 5] * 40})
    both = pd.concat([df, odd.assign(unit="special")], ignore_index=True)
    table = drivers.leave_one_out(both, "overall", ["q0", "q1"], unit="unit")
    alone = drivers.leave_one_out(df, "overall", ["q0", "q1"], unit="unit")
    assert alone["changed"].tolist() == [0, 0]
    assert alone["first"].tolist() == [10, 0]
    assert table["changed"].tolist() == [1, 1]
    assert table["first"].tolist() == [1, 10]
    assert table["moved_most"].tolist() == ["special"] * 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.assign(unit="one"), "single_unit"),
        (lambda t: t.assign(unit=None), "single_unit"),
        (lambda t: t.iloc[:10], "small_base"),
        (lambda t: t.assign(unit=np.where(np.arange(240) < 20, "a", "b")), "unstable"),
    ],
    ids=["one unit", "no unit", "few rows", "few rows without one"],
)
def test_what_cannot_be_left_out_has_a_reason(change, reason):
    df = survey()
    table = drivers.leave_one_out(change(df), "overall", items(df), unit="unit")
    schema.check(table, "driver_stability")
    assert table["reason"].tolist() == [reason] * 4
    assert table["share_low"].isna().all() == (reason != "unstable")


def test_a_driver_that_only_one_unit_answers_differently_is_unstable():
    df = survey().assign(q0=lambda t: np.where(t["unit"] == "单位03", t["q1"], 3.0))
    table = drivers.leave_one_out(df, "overall", items(df), unit="unit")
    assert set(table["reason"]) == {"unstable"}
    assert table["units"].tolist() == [11] * 4


# Promises, over many samples ------------------------------------------------------------------


def rated(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw eight correlated drivers of 1 to 5; q5 and q6 go with the others only."""
    latent = np.sqrt(0.3) * random.normal(size=(rows, 1)) + np.sqrt(0.7) * random.normal(
        size=(rows, 8)
    )
    slopes = np.array([0.5, 0.3, 0.2, 0.1, 0.05, 0, 0, 0.15])
    outcome = latent @ slopes + 0.8 * random.normal(size=rows)
    scores = np.column_stack([latent, outcome])
    scores = 1 + np.searchsorted([-1.8, -1.1, -0.3, 0.7], scores.ravel()).reshape(scores.shape)
    return pd.DataFrame(scores, columns=[*(f"q{i}" for i in range(8)), "overall"])


@pytest.mark.slow
@pytest.mark.parametrize("rows", [300, 900])
def test_intervals_cover_the_importances_of_the_population(rows):
    random = np.random.default_rng(rows)
    whole = rated(random, 2_000_000)
    truth = lmg(np.corrcoef(whole.to_numpy().T)[None])[0]
    place = ranks(truth)
    covered, ranked = np.zeros(8), np.zeros(8)
    for sample in range(400):
        table = found(rated(random, rows), n_boot=300, seed=sample)
        covered += (values(table, "ci_low") <= truth) & (truth <= values(table, "ci_high"))
        ranked += (values(table, "rank_low") <= place) & (place <= values(table, "rank_high"))
    # Three standard errors of 400 samples below 92 and above 98 %.
    assert ((covered / 400 > 0.90) & (covered / 400 <= 0.995)).all()
    assert 0.94 < covered.mean() / 400 < 0.975
    assert (ranked / 400 > 0.92).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "design", "samples"),
    [
        ("linear", Design(), 1000),
        ("linear", Design("weight", cluster="cluster"), 1000),
        ("logistic", Design(), 500),
        ("ordinal", Design(), 500),
    ],
    ids=["rows", "clusters", "logistic", "ordinal"],
)
def test_a_driver_of_noise_is_flagged_in_one_of_twenty_samples(kind, design, samples):
    random, flagged = np.random.default_rng(8), 0
    for sample in range(samples):
        df = rated(random, 320)[["q0", "q1", "q2", "q5"]]
        cluster = np.arange(320) % 40
        shared = random.normal(size=(2, 40))[:, cluster] * 0.7
        df["q5"] = np.clip(np.round(0.5 * df["q0"] + 1.5 + shared[0]), 1, 5)
        noise = random.normal(size=320) * (0.4 + 0.2 * df["q0"])
        # Answers of a cluster go together only where the design says that there are clusters.
        noise += 0 if design.cluster is None else shared[1]
        df["overall"] = np.clip(np.round(2 + 0.4 * df["q0"] + 0.2 * df["q1"] + noise), 1, 5)
        df["satisfied"] = df["overall"] >= 4
        df["weight"], df["cluster"] = random.uniform(0.5, 3, 320), cluster
        table = found(df, kind=kind, design=design, n_boot=20, permutations=199, seed=sample)
        flagged += values(table, "p")[-1] <= 0.05
    slack = 0.0 if samples == 1000 else 0.01
    assert 0.03 - slack <= flagged / samples <= 0.07 + slack
