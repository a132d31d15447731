"""Screening: planted faults that each rule must see, noise that leaves, and every way to ask ill."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet

from csatlib import drivers, schema
from csatlib.drivers.elastic_net import coordinate_descent
from csatlib.drivers.folds import half_samples, unit_folds
from csatlib.estimates import Design

TRUE, NOISE = ["speed", "manner", "price"], ["colour", "font"]
NUMBERS = ["n", "missing_share", "common_share", "correlation", "vif", "coefficient"]
NUMBERS += ["frequency", "error_bound", "association", "p", "p_adjusted"]


def answers(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Three drivers that go with the outcome, two that do not."""
    draw = np.random.default_rng(seed)
    common = draw.normal(size=rows)
    df = pd.DataFrame({name: 0.5 * common + draw.normal(size=rows) for name in TRUE})
    df = df.assign(**{name: draw.normal(size=rows) for name in NOISE})
    df["overall"] = df["speed"] + 0.6 * df["manner"] + 0.4 * df["price"] + draw.normal(size=rows)
    df["weight"] = draw.uniform(0.5, 3, rows)
    return df


def screened(df: pd.DataFrame, names: list[str] | None = None, **settings) -> pd.DataFrame:
    table = drivers.screen(df, "overall", names or TRUE + NOISE, **settings)
    assert list(table["driver"]) == (names or TRUE + NOISE)
    assert (table["kept"] == (table["reason"] == "kept")).all()
    return schema.check(table, "screening").set_index("driver")


def same(one: pd.DataFrame, other: pd.DataFrame, tolerance: float = 1e-10) -> None:
    assert list(one["reason"]) == list(other["reason"])
    values = [table[NUMBERS].astype("float64").to_numpy() for table in (one, other)]
    np.testing.assert_allclose(*values, rtol=tolerance, atol=tolerance)


# ---- planted faults ------------------------------------------------------------------------------

PLANTED = {
    "a copy": (lambda d: d["speed"], "duplicate_of speed"),
    "a copy on another scale": (lambda d: 7 - 2 * d["speed"], "duplicate_of speed"),
    "all but a copy": (lambda d: d["speed"] + 0.1 * d["font"], "collinear_with speed"),
    "a sum": (lambda d: d["speed"] + d["manner"], "collinear_with speed + manner"),
    "one answer": (lambda d: d["speed"] * 0 + 4, "near_constant"),
    "nearly one answer": (lambda d: (d.index < 15) * 1.0, "near_constant"),
    "half missing": (lambda d: d["speed"].where(d.index % 2 == 0), "missing"),
    "all missing": (lambda d: d["speed"] * np.nan, "missing"),
    "nobody's question": (lambda d: pd.Series(pd.NA, index=d.index), "missing"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("plant", "reason"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_named(plant, reason):
    df = answers().assign(planted=lambda d: plant(d))
    table = screened(df, [*TRUE, "planted"])
    assert table.loc["planted", "reason"] == reason
    assert table.loc[TRUE, "kept"].all()


def test_of_a_pair_the_one_named_later_leaves():
    df = answers().assign(again=lambda d: d["speed"])
    assert screened(df, ["again", "manner", "speed"])["reason"].to_dict() == {
        "again": "kept",
        "manner": "kept",
        "speed": "duplicate_of again",
    }


def test_many_near_sums_leave_by_their_inflation():
    draw = np.random.default_rng(1)
    df = answers().assign(total=lambda d: d[TRUE].sum(axis=1) + 0.3 * draw.normal(size=400))
    table = screened(df, [*TRUE, "total"], max_correlation=0.999)
    assert list(table["reason"]) == ["kept", "kept", "kept", "high_vif"]
    assert table.loc["total", "vif"] > 10
    assert screened(df, [*TRUE, "total"], max_vif=1e6)["kept"].all()


def test_vif_is_that_of_a_regression_on_the_others():
    df = answers()
    x = np.column_stack([np.ones(len(df)), df[["manner", "price"]]])
    residual = df["speed"] - x @ np.linalg.lstsq(x, df["speed"], rcond=None)[0]
    expected = df["speed"].var() * (len(df) - 1) / (residual @ residual)
    found = screened(df, TRUE)
    assert found.loc["speed", "vif"] == pytest.approx(expected, rel=1e-10)


def test_noise_leaves_and_what_goes_with_the_outcome_stays():
    kept = np.mean([screened(answers(200, seed))["kept"] for seed in range(25)], axis=0)
    assert (kept[:3] >= 0.95).all()
    assert (kept[3:] <= 0.2).all()


def test_nothing_leaves_that_one_of_the_three_measures_speaks_for():
    df = answers()
    # Cancelled by its partner it has no correlation of its own, but the net needs it.
    df["suppressor"] = df["font"]
    df["overall"] = df["overall"] - 2 * df["font"] + 2 * df["colour"]
    table = screened(df, [*TRUE, "suppressor", "colour"])
    assert table["kept"].all()


# ---- the parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mix", [1.0, 0.5, 0.1])
def test_the_net_equals_another_software(mix):
    df = answers()
    x, y, w = df[TRUE + NOISE].to_numpy(), df["overall"].to_numpy(), df["weight"].to_numpy()
    share = w / w.sum()
    x, y = x - share @ x, y - share @ y
    gram, cross = x.T @ (share[:, None] * x), x.T @ (share * y)
    found = coordinate_descent(gram[None], cross[None], np.array([0.1]), mix)[0]
    model = ElasticNet(alpha=0.1, l1_ratio=mix, fit_intercept=False, tol=1e-12, max_iter=100_000)
    np.testing.assert_allclose(found, model.fit(x, y, sample_weight=w).coef_, atol=1e-6)


def test_folds_keep_units_whole_and_share_the_levels_out():
    draw = np.random.default_rng(0)
    units, y = np.repeat(np.arange(100), 3), np.repeat(np.arange(100) < 40, 3).astype(float)
    fold = unit_folds(units, y, 5, draw)
    assert (np.ptp(fold.reshape(100, 3), axis=1) == 0).all()
    assert np.bincount(fold).tolist() == [60] * 5
    assert np.bincount(fold, weights=y).tolist() == [24.0] * 5


def test_half_samples_are_disjoint_halves():
    halves = half_samples(np.arange(21), 4, np.random.default_rng(0))
    assert halves.sum(axis=1).tolist() == [10] * 8
    assert not (halves[::2] & halves[1::2]).any()


def test_the_bound_is_that_of_the_source():
    table = screened(answers(), min_frequency=0.9)
    frequency = table["frequency"].astype(float)
    chosen = frequency.sum()
    assert table["error_bound"].iloc[0] == pytest.approx(min(chosen**2 / (0.8 * 5), 5))
    assert (table["threshold"] == 0.9).all()


# ---- promises ------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_table_and_another_seed_another():
    df = answers()
    pd.testing.assert_frame_equal(screened(df, seed=3), screened(df, seed=3))
    one, other = screened(df, seed=3), screened(df, seed=4)
    assert not one["frequency"].equals(other["frequency"])


def test_the_scale_of_the_weights_says_nothing():
    df = answers()
    scaled = df.assign(weight=1000 * df["weight"])
    same(*(screened(d, design=Design(weight="weight")) for d in (df, scaled)))


def test_equal_weights_are_none():
    df = answers().assign(one=2.5)
    same(screened(df), screened(df, design=Design(weight="one")))


def test_a_row_of_weight_0_is_as_if_absent_from_the_point_estimates():
    df = answers()
    half = df.assign(weight=df["weight"].where(df.index < 200, 0))
    design = Design(weight="weight")
    one, other = screened(half, design=design), screened(df[:200], design=design)
    columns = ["n", "common_share", "correlation", "vif", "coefficient", "frequency", "association"]
    values = [table[columns].astype("float64").to_numpy() for table in (one, other)]
    np.testing.assert_allclose(*values, rtol=1e-9, atol=1e-9)


def test_copies_of_customers_do_not_make_an_association_surer():
    df = answers(60).assign(customer=range(60))
    tripled = pd.concat([df] * 3, ignore_index=True)
    plain = screened(df, design=Design(cluster="customer"))
    copied = screened(tripled, design=Design(cluster="customer"))
    np.testing.assert_allclose(*(table["p"].astype(float) for table in (plain, copied)), rtol=1e-10)
    assert screened(tripled).loc["colour", "p"] != pytest.approx(copied.loc["colour", "p"])


def test_where_names_the_rows_that_count():
    df = answers()
    some = screened(df, where=lambda d: d["font"] > 0)
    assert (some["n"] == int((df["font"] > 0).sum())).all()


# ---- little to go by -----------------------------------------------------------------------------

SPARSE = {
    "12 rows": (lambda: answers(12), TRUE + NOISE),
    "4 rows": (lambda: answers(4), TRUE),
    "3 rows": (lambda: answers(3), TRUE),
    "one driver": (lambda: answers(), ["speed"]),
    "one clean driver of two": (lambda: answers().assign(font=np.nan), ["speed", "font"]),
    "30 drivers on 40 rows": (
        lambda: pd.concat(
            [answers(40), pd.DataFrame(np.random.default_rng(1).normal(size=(40, 30)))
             .add_prefix("x")], axis=1),
        [f"x{i}" for i in range(30)],
    ),
    "30 drivers on 20 rows": (
        lambda: pd.concat(
            [answers(20), pd.DataFrame(np.random.default_rng(1).normal(size=(20, 30)))
             .add_prefix("x")], axis=1),
        [f"x{i}" for i in range(30)],
    ),
    "an outcome that follows from a driver": (
        lambda: answers().assign(overall=lambda d: 2 * d["speed"]),
        TRUE,
    ),
    "a boolean outcome": (lambda: answers().assign(overall=lambda d: d["overall"] > 0), TRUE),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("make", "names"), SPARSE.values(), ids=SPARSE)
def test_little_to_go_by_gives_the_same_columns(make, names):
    table = screened(make(), names)
    assert table["reason"].notna().all()
    assert np.isfinite(table[NUMBERS].astype("float64").fillna(0)).all(axis=None)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.assign(overall=4.0), "constant_outcome"),
        (lambda d: d.assign(overall=np.nan), "too_few_rows"),
        (lambda d: d[:0], "too_few_rows"),
        (lambda d: d[:2], "too_few_rows"),
    ],
    ids=["one answer", "no answer", "no row", "two rows"],
)
def test_an_outcome_that_allows_no_model_is_the_reason(change, reason):
    assert (screened(change(answers()), TRUE)["reason"] == reason).all()


# ---- ways to go wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"drivers": []}, "drivers: expected at least one column"),
        ({"drivers": ["speed", "speed"]}, "each value once"),
        ({"drivers": ["weather"]}, "found 'weather', which the table has not"),
        ({"drivers": ["speed", "overall"]}, "other than the outcome"),
        ({"drivers": ["text"]}, "expected numbers in 'text'"),
        ({"outcome": "weather"}, "found 'weather', which the table has not"),
        ({"max_vif": 0.5}, "max_vif: expected a number above 1"),
        ({"min_frequency": 0.5}, "min_frequency: expected a number above 0.5 and at most 1"),
        ({"min_frequency": "high"}, "min_frequency: expected a number"),
        ({"folds": 1}, "folds: expected a number above 1"),
        ({"folds": 2.5}, "folds: expected a whole number"),
        ({"n_subsamples": 0}, "n_subsamples: expected a number above 1"),
        ({"mix": 0}, "mix: expected a number above 0"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_wrong_argument_is_told(arguments, message):
    given = {"outcome": "overall", "drivers": TRUE} | arguments
    with pytest.raises(ValueError, match=message):
        drivers.screen(answers().assign(text="a"), **given)


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True, None, np.nan, pd.NA], ids=repr)
def test_a_seed_that_is_none_is_refused(seed):
    draw = np.random.default_rng(0)
    df = pd.DataFrame(draw.integers(1, 6, (60, 3)), columns=["speed", "price", "overall"])
    with pytest.raises(ValueError, match="seed: expected a whole number"):
        drivers.screen(df, "overall", ["speed", "price"], seed=seed)
