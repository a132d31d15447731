"""Models: values from R and NIST, promises that hold for any data, and every way to be refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import linprog
from survey_designs import survey

from csatlib import drivers, schema
from csatlib.drivers.columns import refuse_dependent
from csatlib.drivers.firth import climb_held, climb_penalised
from csatlib.drivers.fitting import fit_model
from csatlib.drivers.linear import fit_linear
from csatlib.drivers.logit import fit_logistic, fit_ordinal, penalised_blocks
from csatlib.drivers.ordered import make_blocks, slopes
from csatlib.drivers.reading import read_model
from csatlib.drivers.separation import separating_direction
from csatlib.estimates import Design

FILE = json.loads(
    (Path(__file__).parent / "reference" / "drivers_fit.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in FILE["results"].items()}
INPUTS = {name: pd.DataFrame(columns) for name, columns in FILE["inputs"].items()}
KINDS = ("linear", "logistic", "ordinal")
OUTCOMES = {"linear": "overall", "logistic": "satisfied", "ordinal": "overall"}
SCHOOL = ["ell", "meals", "mobility"]
NUMBERS = ["estimate", "se", "df", "statistic", "p", "ci_low", "ci_high"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def values(table: pd.DataFrame, column: str) -> np.ndarray:
    return table[column].to_numpy(dtype=float, na_value=np.nan)


def asked(rows: int = 400, seed: int = 20261122) -> pd.DataFrame:
    """Make answers to an outcome and three drivers, with weights, strata and clusters."""
    luck = np.random.default_rng(seed)
    df = pd.DataFrame({name: luck.integers(1, 6, rows) for name in ("speed", "staff", "price")})
    lean = df["speed"] + 0.5 * df["staff"] + luck.logistic(0, 1.5, rows)
    df["overall"] = np.digitize(lean, np.quantile(lean, [0.05, 0.2, 0.45, 0.8])) + 1
    df["satisfied"] = df["overall"] >= 4
    df["weight"] = luck.uniform(0.5, 3, rows)
    df["stratum"] = luck.choice(["east", "west"], rows)
    df["branch"] = luck.integers(0, 12, rows)
    return df


DRIVERS = ["speed", "staff", "price"]


def fitted_table(df: pd.DataFrame, kind: str, **settings) -> pd.DataFrame:
    table = drivers.fit(df, OUTCOMES[kind], DRIVERS, kind=kind, **settings)
    return schema.check(table, "coefficients")


def same(one: pd.DataFrame, other: pd.DataFrame, rel: float = 1e-10) -> None:
    for name in NUMBERS:
        np.testing.assert_allclose(
            values(one, name), values(other, name), rtol=rel, atol=1e-12, err_msg=name
        )


# ---- values from other software ------------------------------------------------------------------


def housing() -> pd.DataFrame:
    df = INPUTS["housing"]
    told = {"Infl": ["Medium", "High"], "Type": ["Apartment", "Atrium", "Terrace"]}
    columns = {f"{n}{level}": df[n] == level for n, many in told.items() for level in many}
    levels = pd.CategoricalDtype(["Low", "Medium", "High"], ordered=True)
    made = pd.DataFrame({**columns, "ContHigh": df["Cont"] == "High", "weight": df["Freq"]})
    return made.assign(Sat=df["Sat"].astype(levels))


HOUSING = ["InflMedium", "InflHigh", "TypeApartment", "TypeAtrium", "TypeTerrace", "ContHigh"]


def test_housing_satisfaction_by_proportional_odds():
    df = housing()
    rows = df.loc[df.index.repeat(df["weight"])]
    table = drivers.fit(rows, "Sat", HOUSING, kind="ordinal", errors="classical")
    table = table.set_index("term")
    assert list(table.index) == [*HOUSING, "Low|Medium", "Medium|High"]
    for name, value in RESULTS["housing/clm_coef"].items():
        assert table.loc[name, "estimate"] == pytest.approx(value, rel=1e-8)
    for name, value in RESULTS["housing/coef"].items():
        assert table.loc[name, "estimate"] == pytest.approx(value, rel=1e-5)
    for name, value in RESULTS["housing/clm_se"].items():
        assert table.loc[name, "se"] == pytest.approx(value, rel=1e-7)
    for name, value in RESULTS["housing/OR"].items():
        assert table.loc[name, "odds_ratio"] == pytest.approx(value, rel=1e-5)
    assert table["odds_ratio"].isna().tolist() == [False] * 6 + [True] * 2
    assert (table["df"].isna() & (table["errors"] == "classical")).all()


def test_housing_fit():
    df = housing()
    rows = df.loc[df.index.repeat(df["weight"])]
    told = schema.check(drivers.fit_summary(rows, "Sat", HOUSING, kind="ordinal"), "models").iloc[0]
    assert told["loglik"] == pytest.approx(RESULTS["housing/logLik"], rel=1e-11)
    assert told["loglik_null"] == pytest.approx(RESULTS["housing/null_logLik"], rel=1e-11)
    assert told["r2"] == pytest.approx(RESULTS["housing/mcfadden"], rel=1e-8)
    assert told["aic"] == pytest.approx(RESULTS["housing/AIC"], rel=1e-10)
    assert (told["n"], told["parameters"], told["r2_kind"]) == (1681, 8, "mcfadden")
    assert pd.isna(told["sigma"])
    assert pd.isna(told["r2_adjusted"])


def test_housing_probabilities():
    df = housing()
    fitted = fit_model(read_model(df, "Sat", HOUSING, Design("weight"), kind="ordinal"))
    expected = RESULTS["housing/fitted_probs_first3_unique_rows"]["data"]
    places = [df.index[(df[HOUSING] == row).all(axis=1)][0] for row in np.eye(6)[:2]]
    first = fitted.probabilities[[0, *places]]
    np.testing.assert_allclose(first, expected, rtol=1e-5)
    np.testing.assert_allclose(fitted.probabilities.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(fitted.fitted, fitted.probabilities @ [0, 1, 2], rtol=1e-12)


def test_longley_keeps_its_digits():
    df = INPUTS["longley"]
    names = ["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR"]
    table = drivers.fit(df, "TOTEMP", names, errors="classical")
    np.testing.assert_allclose(values(table, "estimate"), RESULTS["longley"]["beta"], rtol=1e-11)
    np.testing.assert_allclose(values(table, "se"), RESULTS["longley"]["se"], rtol=1e-11)
    told = drivers.fit_summary(df, "TOTEMP", names).iloc[0]
    assert told["r2"] == pytest.approx(RESULTS["longley"]["r2"], rel=1e-12)
    assert told["sigma"] == pytest.approx(RESULTS["longley"]["resid_sd"], rel=1e-11)


def test_swiss_least_squares():
    df = INPUTS["swiss"]
    names = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]
    table = drivers.fit(df, "Fertility", names, errors="classical")
    expected = RESULTS["swiss/ols"]
    for ours, theirs in zip(
        ("estimate", "se", "statistic", "p"),
        ("Estimate", "Std. Error", "t value", "Pr(>|t|)"),
        strict=True,
    ):
        np.testing.assert_allclose(values(table, ours), expected[theirs], rtol=1e-10)
    r2 = drivers.fit_summary(df, "Fertility", names)["r2"].iloc[0]
    assert r2 == pytest.approx(RESULTS["swiss/R2"], rel=1e-12)


def test_a_group_as_columns_of_0_and_1_is_an_analysis_of_variance():
    df = INPUTS["plants"]
    df = df.assign(one=df["group"] == "trt1", two=df["group"] == "trt2")
    told = drivers.fit_summary(df, "weight", ["one", "two"]).iloc[0]
    between, within = RESULTS["plants/anova"]["Sum Sq"]
    assert told["r2"] == pytest.approx(between / (between + within), rel=1e-12)
    assert told["sigma"] ** 2 == pytest.approx(RESULTS["plants/anova"]["Mean Sq"][1], rel=1e-12)
    estimates = values(drivers.fit(df, "weight", ["one", "two"]), "estimate")[1:]
    differences = [row[0] for row in RESULTS["plants/tukey"]["data"][:2]]
    np.testing.assert_allclose(estimates, differences, rtol=1e-12)


DESIGNED = [name for name in RESULTS if name.split("/")[0].split("-")[0] in KINDS]


@pytest.mark.parametrize("name", DESIGNED)
def test_designs_against_r_survey(name):
    kind, design = name.split("/")
    df, named = survey(design)
    df = df.assign(hit=df["score"] >= 4)
    kind, missing = kind.split("-")[0], kind.endswith("missing")
    outcome = {"linear": "api00", "logistic": "hit", "ordinal": "score"}[kind]
    table = drivers.fit(
        df,
        "part" if missing else outcome,
        SCHOOL[:2] if missing else SCHOOL,
        kind=kind,
        design=named,
    )
    expected = RESULTS[name]
    # R's iterations stop earlier, and its weights are those of the last but one.
    near = {"linear": 1e-12, "logistic": 1e-7, "ordinal": 1e-7}[kind]
    for ours, theirs in (
        ("estimate", "estimate"),
        ("se", "se"),
        ("ci_low", "low"),
        ("ci_high", "high"),
    ):
        if theirs in expected:
            np.testing.assert_allclose(values(table, ours), expected[theirs], rtol=near)
    assert (table["df"] == expected["df"]).all()
    assert (table["errors"] == "design").all()
    assert table["reason"].isna().all()


def test_least_squares_against_lm():
    df, _ = survey("S")
    expected = RESULTS["lm"]
    table = drivers.fit(df, "api00", SCHOOL, errors="classical")
    for name in ("estimate", "se", "p"):
        np.testing.assert_allclose(values(table, name), expected[name], rtol=1e-10)
    told = drivers.fit_summary(df, "api00", SCHOOL).iloc[0]
    names = {"r2_adjusted": "adjusted"}
    for ours in ("loglik", "aic", "bic", "r2", "r2_adjusted", "sigma"):
        assert told[ours] == pytest.approx(expected[names.get(ours, ours)], rel=1e-11)


@pytest.mark.parametrize(("name", "design"), [("hc", None), ("hc-weighted", Design("pw"))])
@pytest.mark.parametrize("errors", ["hc1", "hc3"])
def test_heteroscedastic_errors_against_r(name, design, errors):
    df, _ = survey("S")
    table = drivers.fit(df, "api00", SCHOOL, design=design, errors=errors)
    np.testing.assert_allclose(values(table, "estimate"), RESULTS[name]["estimate"], rtol=1e-11)
    np.testing.assert_allclose(values(table, "se"), RESULTS[name][errors], rtol=1e-11)
    assert (table["df"] == len(df) - 4).all()


def test_logistic_against_glm():
    df, _ = survey("S")
    df = df.assign(hit=df["score"] >= 4)
    table = drivers.fit(df, "hit", SCHOOL, kind="logistic", errors="classical")
    for name in ("estimate", "se", "p"):
        np.testing.assert_allclose(values(table, name), RESULTS["glm"][name], rtol=1e-7)
    told = drivers.fit_summary(df, "hit", SCHOOL, kind="logistic").iloc[0]
    for ours, theirs in (
        ("loglik", "loglik"),
        ("loglik_null", "null"),
        ("aic", "aic"),
        ("bic",) * 2,
    ):
        assert told[ours] == pytest.approx(RESULTS["glm"][theirs], rel=1e-11)


def test_clusters_against_r():
    df, _ = survey("C")
    table = drivers.fit(df, "api00", SCHOOL, design=Design(cluster="dnum"), errors="cluster")
    np.testing.assert_allclose(values(table, "se"), RESULTS["cluster"]["se"], rtol=1e-11)
    assert (table["df"] == RESULTS["cluster"]["df"]).all()


# ---- promises ------------------------------------------------------------------------------------


@every_kind
def test_equal_weights_change_nothing(kind):
    df = asked().assign(one=7.5)
    same(
        fitted_table(df, kind, errors="robust"),
        fitted_table(df, kind, design=Design("one")),
    )


@every_kind
@pytest.mark.parametrize("errors", ["design", "robust", "classical"])
@pytest.mark.parametrize("factor", [2.0, 1e9, 1e-9])
def test_the_scale_of_the_weights_does_not_matter(kind, errors, factor):
    df = asked()
    scaled = df.assign(weight=df["weight"] * factor)
    design = Design("weight", "stratum", "branch")
    one, other = (fitted_table(d, kind, design=design, errors=errors) for d in (df, scaled))
    same(one, other, 1e-9)
    one, other = (
        drivers.fit_summary(d, OUTCOMES[kind], DRIVERS, kind=kind, design=design)
        for d in (df, scaled)
    )
    for name in ("r2", "loglik", "aic"):
        np.testing.assert_allclose(values(one, name), values(other, name), rtol=1e-9)


@every_kind
def test_a_row_of_weight_0_is_as_if_absent_from_the_estimates(kind):
    df = asked()
    df.loc[::5, "weight"] = 0.0
    one = fitted_table(df, kind, design=Design("weight"))
    other = fitted_table(df[df["weight"] > 0], kind, design=Design("weight"))
    np.testing.assert_allclose(values(one, "estimate"), values(other, "estimate"), rtol=1e-10)
    assert (one["n"] == other["n"]).all()


@every_kind
def test_a_weight_of_2_is_a_row_twice_in_the_estimates(kind):
    df = asked(200)
    df["weight"] = np.where(np.arange(200) % 3 == 0, 2, 1)
    one = fitted_table(df, kind, design=Design("weight"))
    other = fitted_table(df.loc[df.index.repeat(df["weight"])], kind)
    np.testing.assert_allclose(values(one, "estimate"), values(other, "estimate"), rtol=1e-9)


@every_kind
def test_robust_errors_are_n_over_n_minus_1_times_those_without_a_correction(kind):
    df = asked()
    fitted = fit_model(read_model(df, OUTCOMES[kind], DRIVERS, kind=kind))
    n = fitted.n
    raw = np.sqrt((fitted.influence**2).sum(axis=0) * n / (n - 1))
    table = fitted_table(df, kind, errors="robust")
    np.testing.assert_allclose(values(table, "se"), raw, rtol=1e-10)
    assert (table["df"] == n - 1 - len(DRIVERS)).all()


@every_kind
def test_rows_without_an_answer_stay_in_the_sample(kind):
    df = asked().astype({"overall": "Int64", "speed": "Float64", "satisfied": "boolean"})
    df.loc[df["branch"] == 3, "speed"] = pd.NA
    df.loc[10:20, ["overall", "satisfied"]] = pd.NA
    complete = df[[*DRIVERS, OUTCOMES[kind]]].notna().all(axis=1)
    design = Design("weight", cluster="branch")
    table = fitted_table(df, kind, design=design)
    cut = fitted_table(df[complete], kind, design=design)
    np.testing.assert_allclose(values(table, "estimate"), values(cut, "estimate"), rtol=1e-10)
    assert (table["n"] == complete.sum()).all()
    # Twelve branches were sampled and eleven answered, less one and three drivers.
    assert (table["df"] == 11 - 1 - 3).all()
    np.testing.assert_allclose(
        values(table, "se") / values(cut, "se"), np.sqrt(12 / 11 / (11 / 10)), rtol=1e-10
    )


@every_kind
def test_the_scores_are_the_slopes_of_the_likelihood_and_sum_to_0(kind):
    df = asked(150)
    fitted = fit_model(read_model(df, OUTCOMES[kind], DRIVERS, Design("weight"), kind=kind))
    assert np.abs(fitted.scores.sum(axis=0)).max() < 1e-9
    assert fitted.influence.shape == (150, len(fitted.terms))
    np.testing.assert_allclose(
        fitted.half @ fitted.half.T @ fitted.information, np.eye(len(fitted.terms)), atol=1e-9
    )
    np.testing.assert_allclose(
        fitted.covariance, fitted.scale * fitted.half @ fitted.half.T, rtol=1e-12
    )


@pytest.mark.parametrize("levels", [2, 3, 5])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_derivatives_against_differences(levels, weighted):
    luck = np.random.default_rng(levels)
    x, y = luck.normal(size=(60, 2)), luck.integers(0, levels, 60)
    weight = luck.uniform(0.5, 2, 60) if weighted else None
    blocks = make_blocks(x, y, weight, levels)
    place = np.concatenate([[0.3, -0.8], np.linspace(-1, 1.2, levels - 1)])
    height, gradient, information, _ = slopes(blocks, place)
    below = 1 / (1 + np.exp(x @ place[:2] - np.r_[-np.inf, place[2:], np.inf][:, None]))
    with np.errstate(over="ignore"):
        chance = np.diff(below, axis=0)[y, np.arange(60)]
    assert height == pytest.approx((np.log(chance) * (1 if weight is None else weight)).sum())
    step = 1e-5 * np.eye(len(place))
    up, down = ([slopes(blocks, place + sign * one) for one in step] for sign in (1, -1))
    by_height = [(a[0] - b[0]) / 2e-5 for a, b in zip(up, down, strict=True)]
    by_slope = [(b[1] - a[1]) / 2e-5 for a, b in zip(up, down, strict=True)]
    np.testing.assert_allclose(gradient, by_height, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(information, by_slope, rtol=1e-6, atol=1e-7)


def test_two_levels_are_the_logistic_model():
    df = asked()
    df["answer"] = df["satisfied"].astype(int) + 3
    one = drivers.fit(df, "satisfied", DRIVERS, kind="logistic")
    two = drivers.fit(df, "answer", DRIVERS, kind="ordinal")
    assert list(two["term"]) == [*DRIVERS, "3|4"]
    turned = pd.concat([two.iloc[[3]], two.iloc[:3]])
    for name in ("estimate", "statistic"):
        sign = np.array([-1, 1, 1, 1])
        np.testing.assert_allclose(values(one, name), sign * values(turned, name), rtol=1e-10)
    np.testing.assert_allclose(values(one, "se"), values(turned, "se"), rtol=1e-10)


def test_reversing_the_answers_turns_the_signs():
    df = asked()
    turned = df.assign(overall=6 - df["overall"])
    one, other = fitted_table(df, "ordinal"), fitted_table(turned, "ordinal")
    np.testing.assert_allclose(
        values(one, "estimate")[:3], -values(other, "estimate")[:3], rtol=1e-9
    )
    np.testing.assert_allclose(
        values(one, "estimate")[3:], -values(other, "estimate")[:2:-1], rtol=1e-9
    )


@every_kind
def test_units_of_a_driver_do_not_matter(kind):
    df = asked()
    scaled = df.assign(speed=1e6 + df["speed"] * 1e-3)
    one, other = fitted_table(df, kind), fitted_table(scaled, kind)
    slopes_of = [t.set_index("term").loc[DRIVERS] for t in (one, other)]
    np.testing.assert_allclose(
        values(slopes_of[0], "statistic"), values(slopes_of[1], "statistic"), rtol=1e-6
    )


def test_many_rows_start_from_a_part_and_end_at_the_top():
    luck = np.random.default_rng(5)
    x = luck.integers(1, 6, (120_000, 2)).astype(float)
    lean = x @ [0.6, -0.2] + luck.logistic(size=len(x))
    y = np.digitize(lean, [0.5, 2.0])
    fitted = fit_ordinal(x, y)
    assert fitted.converged
    assert np.abs(fitted.scores.sum(axis=0)).max() < 1e-5
    np.testing.assert_allclose(fitted.coefficients, [0.6, -0.2], atol=0.03)


def test_intervals_widen_with_confidence_and_hold_the_estimate():
    df = asked()
    narrow, wide = (fitted_table(df, "ordinal", conf=conf) for conf in (0.8, 0.99))
    assert (wide["ci_low"] < narrow["ci_low"]).all()
    assert (narrow["ci_low"] < narrow["estimate"]).all()
    odds = narrow["odds_ratio"].notna()
    np.testing.assert_allclose(
        values(narrow[odds], "or_low"), np.exp(values(narrow[odds], "ci_low")), rtol=1e-14
    )


def test_a_classification_needs_no_category_between():
    df = asked()
    df["overall"] = df["overall"].replace({2: 1, 5: 9})
    table = fitted_table(df, "ordinal")
    assert list(table["term"])[3:] == ["1|3", "3|4", "4|9"]


# ---- separation ----------------------------------------------------------------------------------


def separated(x: np.ndarray, y: np.ndarray) -> bool:
    """Ask the linear programme plainly, over all rows."""
    levels = int(y.max()) + 1
    cuts = np.eye(levels - 1)
    upper = [np.r_[-row, cuts[k]] for row, k in zip(x, y, strict=True) if k < levels - 1]
    lower = [np.r_[row, -cuts[k - 1]] for row, k in zip(x, y, strict=True) if k > 0]
    margins = np.array(upper + lower)
    found = linprog(
        -margins.sum(axis=0), A_ub=-margins, b_ub=np.zeros(len(margins)), bounds=(-1, 1)
    )
    return -found.fun > 1e-6


def small_sample(luck: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw 30 respondents with five drivers, most of them satisfied."""
    x = luck.integers(1, 6, (30, 5)).astype(float)
    chance = 1 / (1 + np.exp(-1.2 - (x - 3) @ [1.8, 1.2, 0.6, 0, 0]))
    return x, (luck.random(30) < chance).astype(np.intp)


def test_small_samples_are_flagged_where_separated_and_only_there():
    luck = np.random.default_rng(1)
    found = {True: 0, False: 0}
    for _ in range(100):
        x, y = small_sample(luck)
        if y.min() == y.max():
            continue
        truth = separated(x, y)
        fitted = fit_logistic(x, y)
        assert fitted.separated == truth
        assert fitted.method == ("firth" if truth else "ml")
        assert fitted.converged
        found[truth] += 1
    assert min(found.values()) > 20


@pytest.mark.slow
def test_four_hundred_separated_samples_are_all_flagged():
    luck = np.random.default_rng(20261122)
    found = {True: 0, False: 0}
    while found[True] < 400:
        x, y = small_sample(luck)
        if y.min() == y.max():
            continue
        truth = separated(x, y)
        fitted = fit_logistic(x, y)
        assert (fitted.separated, fitted.converged) == (truth, True)
        assert not truth or np.abs(fitted.parameters).max() < 50
        found[truth] += 1


def test_small_ordered_samples_are_flagged_where_separated_and_only_there():
    luck = np.random.default_rng(2)
    found = {True: 0, False: 0}
    for _ in range(30):
        x = luck.integers(1, 6, (16, 3)).astype(float)
        lean = (x - 3) @ [2.5, 1.5, 0.8] + luck.logistic(size=16)
        y = np.unique(np.digitize(lean, [-4, 0, 4]), return_inverse=True)[1]
        truth = separated(x, y)
        fitted = fit_ordinal(x, y)
        assert (fitted.separated, fitted.converged) == (truth, True)
        found[truth] += 1
    assert min(found.values()) > 3


@pytest.mark.parametrize("rows", [3, 4], ids=["quasi-complete", "overlapping"])
def test_a_rare_driver_among_many_rows(rows):
    luck = np.random.default_rng(3)
    x = np.column_stack([luck.normal(size=20_000), np.zeros(20_000)])
    y = (luck.random(20_000) < 0.7).astype(np.intp)
    marked = np.r_[np.flatnonzero(y == 1)[[5, 77, 1000]], np.flatnonzero(y == 0)[[9]]][:rows]
    x[marked, 1] = 1
    assert fit_logistic(x, y).separated == (rows == 3)
    # The rows that tell are not among those the programme starts with.
    blocks = make_blocks(x, y, None, 2)
    assert (separating_direction(blocks) is not None) == (rows == 3)


def test_a_steep_but_overlapping_model_is_not_flagged():
    x = np.linspace(-40, 40, 400)[:, None]
    y = (x[:, 0] > 0).astype(np.intp)
    y[[199, 200]] = 1, 0
    fitted = fit_logistic(x, y)
    assert not fitted.separated
    assert fitted.converged


def four_cells(counts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    x = np.repeat([0.0, 1.0], [sum(row) for row in counts])[:, None]
    return x, np.concatenate([np.repeat([0, 1], row) for row in counts])


@pytest.mark.parametrize("counts", [[[6, 4], [0, 8]], [[9, 0], [3, 5]], [[7, 0], [0, 5]]])
def test_firth_adds_a_half_to_each_of_four_cells(counts):
    x, y = four_cells(counts)
    fitted = fit_logistic(x, y)
    (a, b), (c, d) = np.array(counts) + 0.5
    assert fitted.method == "firth"
    np.testing.assert_allclose(
        fitted.parameters, [np.log(b / a), np.log(d / c) - np.log(b / a)], rtol=1e-8
    )


def split() -> tuple[np.ndarray, np.ndarray]:
    luck = np.random.default_rng(9)
    x = luck.normal(size=(30, 2))
    return x, np.digitize(x[:, 0] + 0.3 * x[:, 1], [-0.7, 0.1, 0.8])


@pytest.mark.parametrize("levels", [2, 4])
def test_the_penalised_slope_is_that_of_its_height(levels):
    x, y = split()
    y = np.minimum(y, levels - 1)
    blocks = make_blocks(x, y, np.random.default_rng(0).uniform(0.5, 2, 30), levels)
    top = climb_penalised(blocks, np.r_[0.0, 0.0, np.linspace(-1, 1, levels - 1)])
    assert top.converged
    assert np.abs(top.slope).max() < 1e-7
    for place in range(len(top.place)):
        for side in (-1e-3, 1e-3):
            moved = top.place.copy()
            moved[place] += side
            held = climb_penalised(blocks, moved, held=place)
            assert held.height < top.height
            around = []
            for step in (-1e-5, 1e-5):
                nearby = held.place.copy()
                nearby[place] += step
                around.append(climb_penalised(blocks, nearby, held=place).height)
            assert held.slope[place] == pytest.approx((around[1] - around[0]) / 2e-5, rel=1e-3)


def separated_table(kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    x, y = split()
    df = pd.DataFrame(x, columns=["speed", "staff"])
    df["overall"] = y if kind == "ordinal" else y >= 2
    table = drivers.fit(df, "overall", ["speed", "staff"], kind=kind)
    return df, schema.check(table, "coefficients").set_index("term")


def test_profile_limits_lie_where_the_likelihood_has_fallen_far_enough():
    df, table = separated_table("logistic")
    assert (table["method"] == "firth").all()
    assert (table["errors"] == "profile").all()
    assert (table["reason"] == "separated").all()
    assert table["df"].isna().all()
    fitted = fit_model(read_model(df, "overall", ["speed", "staff"], kind="logistic"))
    blocks, deviation = penalised_blocks(fitted)
    top = climb_penalised(blocks, np.r_[fitted.coefficients * deviation, -fitted.intercept])

    def fall(place: int, value: float) -> float:
        return 2 * (top.height - climb_held(blocks, top, place, value).height)

    for place, name in enumerate(["speed", "staff", "(Intercept)"]):
        scale = -1.0 if name == "(Intercept)" else deviation[place]
        row = table.loc[name]
        for limit in ("ci_low", "ci_high"):
            assert fall(place, row[limit] * scale) == pytest.approx(3.841458820694124, rel=1e-6)
        assert row["ci_low"] < row["estimate"] < row["ci_high"]
        assert row["statistic"] ** 2 == pytest.approx(fall(place, 0.0), rel=1e-6)
        assert row["statistic"] * row["estimate"] > 0
        assert row["p"] == pytest.approx(stats.chi2.sf(row["statistic"] ** 2, 1), rel=1e-9)


def test_a_separated_ordered_fit_has_intervals_by_wald():
    _, table = separated_table("ordinal")
    assert (table["method"] == "firth").all()
    assert (table["errors"] == "classical").all()
    assert (table["reason"] == "separated").all()
    half = 1.959963984540054 * values(table, "se")
    np.testing.assert_allclose(values(table, "ci_high") - values(table, "estimate"), half)
    assert table["se"].notna().all()


def test_a_separated_fit_does_not_depend_on_the_scale_of_the_weights():
    x, y = split()
    df = pd.DataFrame(x, columns=["speed", "staff"]).assign(overall=y, one=1.0, thousand=1000.0)
    tables = [
        drivers.fit(df, "overall", ["speed", "staff"], kind="ordinal", design=design)
        for design in (None, Design("one"), Design("thousand"))
    ]
    same(tables[0], tables[1], 1e-8)
    same(tables[0], tables[2], 1e-8)
    told = drivers.fit_summary(df, "overall", ["speed", "staff"], kind="ordinal")
    assert told["reason"].item() == "separated"
    assert np.isfinite(told["loglik"].item())


# ---- what cannot be had --------------------------------------------------------------------------


def test_a_perfect_fit_has_estimates_and_no_error():
    df = asked().assign(overall=lambda d: 1 + 2 * d["speed"] - d["staff"])
    table = fitted_table(df, "linear")
    np.testing.assert_allclose(values(table, "estimate"), [1, 2, -1, 0], atol=1e-12)
    assert (table["reason"] == "perfect_fit").all()
    assert table[["se", "statistic", "p", "ci_low", "ci_high"]].isna().all(axis=None)
    told = drivers.fit_summary(df, "overall", DRIVERS).iloc[0]
    assert (told["r2"], told["reason"]) == (1, "perfect_fit")
    assert pd.isna(told["loglik"])


def test_a_row_that_is_fitted_by_itself_has_no_hc3():
    df = asked(40).assign(price=lambda d: (np.arange(len(d)) == 7).astype(int))
    table = fitted_table(df, "linear")
    assert (table["reason"] == "full_leverage").all()
    assert table["se"].isna().all()
    assert fitted_table(df, "linear", errors="hc1")["reason"].isna().all()


@every_kind
def test_too_few_clusters(kind):
    df = asked().assign(branch=lambda d: d["branch"] % 4)
    table = fitted_table(df, kind, design=Design(cluster="branch"))
    assert (table["reason"] == "few_clusters").all()
    assert table["estimate"].notna().all()
    assert table[["se", "p", "ci_low", "ci_high"]].isna().all(axis=None)


@every_kind
def test_a_census_has_no_error(kind):
    df = asked().assign(population=400)
    table = fitted_table(df, kind, design=Design(population="population"))
    assert (table["reason"] == "census").all()
    assert (table["se"] == 0).all()
    assert table[["p", "ci_low"]].isna().all(axis=None)


def refusals() -> dict[str, tuple[dict, str]]:
    linear = {"outcome": "overall", "drivers": DRIVERS}
    return {
        "unknown driver": ({**linear, "drivers": ["speed", "nowhere"]}, "nowhere"),
        "unknown outcome": ({**linear, "outcome": "nowhere"}, "outcome: .*nowhere"),
        "no driver": ({**linear, "drivers": []}, "found none"),
        "a driver twice": ({**linear, "drivers": ["speed", "speed"]}, "twice"),
        "outcome among the drivers": ({**linear, "drivers": ["speed", "overall"]}, "among them"),
        "text driver": ({**linear, "drivers": ["speed", "stratum"]}, "numbers in 'stratum'"),
        "text outcome": ({**linear, "outcome": "stratum"}, "numbers in 'stratum'"),
        "infinite driver": ({**linear, "drivers": ["infinite"]}, "infinite"),
        "constant driver": ({**linear, "drivers": ["speed", "constant"]}, "'constant'.*leave it"),
        "a copy": (
            {**linear, "drivers": ["speed", "staff", "twin"]},
            "'twin' is a copy of 'speed'",
        ),
        "a combination": (
            {**linear, "drivers": ["speed", "staff", "sum"]},
            "'sum' is a combination of 'speed', 'staff'",
        ),
        "unknown kind": ({**linear, "kind": "probit"}, "kind: "),
        "scores for logistic": ({**linear, "kind": "logistic"}, "is_satisfied"),
        "fractions for ordinal": (
            {**linear, "outcome": "weight", "kind": "ordinal"},
            "whole numbers",
        ),
        "categories without an order": (
            {**linear, "outcome": "group", "kind": "ordinal"},
            "as_ordered",
        ),
        "constant outcome": ({**linear, "outcome": "constant"}, "answers that differ"),
        "all missing": ({**linear, "drivers": ["speed", "empty"]}, "found 0"),
        "fewer rows than coefficients": (
            {**linear, "drivers": ["few", *DRIVERS]},
            "5 coefficients",
        ),
        "unknown errors": ({**linear, "errors": "hc9"}, "errors: "),
        "hc3 for logistic": (
            {"outcome": "satisfied", "drivers": DRIVERS, "kind": "logistic", "errors": "hc3"},
            "errors='robust'",
        ),
        "design errors without a design": ({**linear, "errors": "design"}, "pass design"),
        "cluster errors without clusters": (
            {**linear, "errors": "cluster", "design": Design("weight")},
            "Design\\(cluster",
        ),
        "confidence": ({**linear, "conf": 95}, "conf: "),
        "not a design": ({**linear, "design": "weight"}, "Design"),
    }


@pytest.mark.parametrize(("settings", "message"), refusals().values(), ids=refusals())
def test_refusals(settings, message):
    df = asked().assign(
        infinite=lambda d: np.where(np.arange(len(d)) == 4, np.inf, d["speed"]),
        constant=3,
        twin=lambda d: d["speed"] * 2 + 1,
        sum=lambda d: d["speed"] - d["staff"] / 3,
        group=lambda d: d["stratum"].astype("category"),
        empty=np.nan,
        few=lambda d: d["speed"].where(np.arange(len(d)) < 5),
    )
    settings = dict(settings)
    outcome, names = settings.pop("outcome"), settings.pop("drivers")
    with pytest.raises(ValueError, match=message):
        drivers.fit(df, outcome, names, **settings)


def test_no_table():
    with pytest.raises(ValueError, match="DataFrame"):
        drivers.fit([1, 2], "overall", DRIVERS)


def test_nearly_alike_is_not_alike():
    x = np.random.default_rng(0).normal(size=(50, 2))
    x[:, 1] = x[:, 0] + 1e-6 * x[:, 1]
    refuse_dependent(x, ["one", "two"], None)
    assert np.isfinite(fit_linear(x, x[:, 0] ** 2).parameters).all()


def test_from_where_there_is_no_likelihood_the_climb_does_not_start():
    data = read_model(
        pd.DataFrame({"x": [0, 0, 1, 1], "y": [0, 0, 1, 1]}), "y", "x", kind="logistic"
    )
    blocks, _ = penalised_blocks(fit_model(data))
    start = np.array([1e6, 0.5])
    found = climb_penalised(blocks, start)
    assert not found.converged
    assert found.height == -np.inf
    np.testing.assert_array_equal(found.place, start)
