"""Checks of a driver model: values from R, planted faults each check must see, silence on clean data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib import drivers, report, schema, store
from csatlib.drivers.discrimination import area
from csatlib.drivers.fitting import fit_model
from csatlib.drivers.nominal import fit_nominal
from csatlib.drivers.prediction_checks import hosmer_lemeshow
from csatlib.drivers.reading import read_model
from csatlib.drivers.residual_checks import row_pull
from csatlib.estimates import Design

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "drivers_checks.json").read_text(encoding="utf-8")
)
R = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
SWISS = pd.DataFrame(REFERENCE["inputs"]["swiss"])
NAMES = ["speed", "manner", "price"]
KINDS = ["linear", "logistic", "ordinal"]
every_kind = pytest.mark.parametrize("kind", KINDS)
NUMBERS = ["rows", "value", "ci_low", "ci_high", "statistic", "df", "p", "p_adjusted"]
DESIGN = Design(weight="weight", cluster="customer")


def answers(rows: int = 400, seed: int = 0, kind: str = "linear") -> pd.DataFrame:
    """Answers for which the model of ``kind`` is true."""
    draw = np.random.default_rng(seed)
    df = pd.DataFrame(draw.normal(size=(rows, 3)), columns=NAMES)
    told = df["speed"] + 0.5 * df["manner"]
    if kind == "linear":
        df["overall"] = told + draw.normal(size=rows)
    elif kind == "logistic":
        df["overall"] = told + draw.logistic(size=rows) > 0
    else:
        df["overall"] = np.digitize(told + draw.logistic(size=rows), [-2, -0.7, 0.7, 2]) + 1
    df["weight"] = draw.uniform(0.5, 2, rows)
    df["customer"] = np.arange(rows) % max(rows // 2, 1)
    return df


def checked(df: pd.DataFrame, kind: str = "linear", names: list[str] = NAMES, **settings):
    table = drivers.diagnose(df, "overall", names, kind=kind, **settings)
    return schema.check(table, "diagnostics")


def row(table: pd.DataFrame, check: str, driver: str | None = None) -> pd.Series:
    of = table["driver"].isna() if driver is None else table["driver"] == driver
    found = table[(table["check"] == check) & of]
    assert len(found) == 1
    return found.iloc[0]


# ---- values from R -------------------------------------------------------------------------------


def swiss() -> pd.DataFrame:
    table = drivers.diagnose(SWISS, "Fertility", list(SWISS)[1:], kind="linear")
    return schema.check(table, "diagnostics")


@pytest.mark.parametrize(
    ("check", "column", "key"),
    [
        ("heteroscedasticity", "statistic", "bp"),
        ("heteroscedasticity_white", "statistic", "white"),
        ("influence", "value", "cook"),
        ("leverage", "value", "hat"),
        ("r2_adjusted", "value", "r2_adjusted"),
        ("condition_number", "value", "condition"),
        ("reset", "statistic", "reset"),
    ],
)
def test_a_check_of_the_whole_model_equals_r(check, column, key):
    assert row(swiss(), check)[column] == pytest.approx(R[key], rel=1e-8)


@pytest.mark.parametrize(
    ("check", "column", "key"),
    [
        ("vif", "value", "vif"),
        ("dfbetas", "value", "dfbetas"),
        ("linearity", "statistic", "linearity"),
        ("linearity", "value", "linearity_gain"),
    ],
)
def test_a_check_of_each_driver_equals_r(check, column, key):
    table = swiss()
    found = table.loc[table["check"] == check, column].astype(float)
    np.testing.assert_allclose(found, R[key], rtol=1e-6)


def test_logistic_influence_groups_and_area_equal_r():
    df = SWISS.assign(high=SWISS["Fertility"] > SWISS["Fertility"].median())
    names = ["Agriculture", "Examination", "Infant.Mortality"]
    fitted = fit_model(read_model(df, "high", names, kind="logistic"))
    pull = row_pull(fitted)
    assert pull.cook.max() == pytest.approx(R["glm_cook"], rel=1e-5)
    assert pull.leverage.max() == pytest.approx(R["glm_hat"], rel=1e-5)
    high, one = df["high"].to_numpy(), np.ones(len(df))
    assert area(fitted.fitted, high, one) == pytest.approx(R["auc"], rel=1e-12)
    assert hosmer_lemeshow(fitted.fitted, high, one)[1] == pytest.approx(R["hl"], rel=1e-6)


@pytest.mark.parametrize("name", ["infl", "type", "cont"])
def test_slopes_of_their_own_at_each_threshold_equal_r(name):
    df = pd.DataFrame(REFERENCE["inputs"]["housing"])
    df = df.loc[df.index.repeat(df["Freq"])]
    codes = df["Sat"].map({"Low": 0, "Medium": 1, "High": 2}).to_numpy()
    columns = {
        key: np.column_stack([df[column] == level for level in levels]).astype(float)
        for key, column, levels in (
            ("infl", "Infl", ["Medium", "High"]),
            ("type", "Type", ["Apartment", "Atrium", "Terrace"]),
            ("cont", "Cont", ["High"]),
        )
    }
    others = np.column_stack([columns[key] for key in columns if key != name])
    one = np.ones(len(df))
    plain = fit_nominal(codes, np.hstack([others, columns[name]]), np.empty((len(df), 0)), one)
    free = fit_nominal(codes, others, columns[name], one)
    assert plain.converged
    assert free.converged
    found = 2 * (free.log_likelihood - plain.log_likelihood)
    assert found == pytest.approx(R[f"nominal_{name}_LRT"]["LR"], rel=1e-6)


def test_the_test_of_one_driver_is_that_likelihood_ratio():
    df = answers(kind="ordinal")
    data = read_model(df, "overall", NAMES, kind="ordinal")
    free = fit_nominal(data.y, data.x[:, 1:], data.x[:, :1], np.ones(len(df)))
    expected = 2 * (free.log_likelihood - fit_model(data).loglik)
    found = row(checked(df, "ordinal"), "proportional_odds", "speed")
    assert found["statistic"] == pytest.approx(expected, rel=1e-6)
    assert found["df"] == 3


# ---- planted faults ------------------------------------------------------------------------------


def heteroscedastic(df):
    draw = np.random.default_rng(501)
    spread = np.exp(0.5 * df["speed"])
    return df.assign(overall=df["speed"] + spread * draw.normal(size=len(df)))


def non_proportional(df):
    draw = np.random.default_rng(1)
    low = df["speed"] + draw.logistic(size=len(df)) > -1
    high = 3 * df["manner"] + draw.logistic(size=len(df)) > 0
    return df.assign(overall=1 + low + (low & high))


PLANTED = {
    "a near copy": (
        "linear",
        lambda d: d.assign(price=d["speed"] + 0.01 * d["price"]),
        [("vif", "price", "bad"), ("condition_number", None, "bad")],
    ),
    "unequal spread": (
        "linear",
        heteroscedastic,
        [("heteroscedasticity", None, "watch"), ("linearity", "speed", "good")],
    ),
    "a curve": (
        "linear",
        lambda d: d.assign(overall=d["overall"] + d["manner"] ** 2),
        [("linearity", "manner", "bad"), ("linearity", "speed", "good")],
    ),
    "a curve in log-odds": (
        "logistic",
        lambda d: d.assign(overall=d["overall"] & (d["manner"].abs() < 1)),
        [("linearity", "manner", "bad"), ("linearity", "price", "good")],
    ),
    "slopes that differ": (
        "ordinal",
        non_proportional,
        [("proportional_odds", "manner", "bad"), ("proportional_odds", None, "bad")],
    ),
    "an outlier": (
        "linear",
        lambda d: d.assign(
            price=d["price"].where(d.index > 0, 60.0), overall=d["overall"].where(d.index > 0, 40.0)
        ),
        [("influence", None, "bad"), ("leverage", None, "bad"), ("dfbetas", "price", "bad")],
    ),
    "noise": (
        "logistic",
        lambda d: d.assign(overall=np.random.default_rng(2).random(len(d)) < 0.5),
        [("auc", None, "bad"), ("r2_adjusted", None, "watch")],
    ),
    "foretold answers": (
        "logistic",
        lambda d: d.assign(overall=d["speed"] > 0),
        [("separation", None, "bad"), ("linearity", "speed", "unknown")],
    ),
    "few rows": ("logistic", lambda d: d[:40], [("rows_per_coefficient", None, "bad")]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("design", [None, DESIGN], ids=["simple", "design"])
@pytest.mark.parametrize(("kind", "plant", "expected"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_seen(kind, plant, expected, design):
    table = checked(plant(answers(kind=kind)), kind, design=design)
    for check, driver, verdict in expected:
        found = row(table, check, driver)
        assert found["verdict"] == verdict, check
        assert pd.isna(found["remedy"]) == (verdict in ("good", "unknown"))


@every_kind
def test_on_clean_data_the_tests_are_silent_at_about_their_rate(kind):
    loud = []
    for seed in range(20):
        table = checked(answers(250, seed + 100, kind), kind)
        tests = table[table["p_adjusted"].notna()]
        loud.append(tests.assign(loud=tests["verdict"] != "good").groupby("check")["loud"].any())
        sized = table[table["check"].isin(["vif", "influence", "leverage", "dfbetas"])]
        assert (sized["verdict"] == "good").all()
    assert (pd.DataFrame(loud).mean() <= 4 / 20).all()


def test_clusters_of_equal_rows_do_not_pass_for_more():
    df = answers(80)
    copied = pd.concat([df.assign(customer=range(80))] * 4, ignore_index=True)
    plain = checked(df.assign(customer=range(80)), design=Design(cluster="customer"))
    clustered = checked(copied, design=Design(cluster="customer"))
    alone = checked(copied)
    found = [row(t, "heteroscedasticity")["p"] for t in (plain, clustered, alone)]
    assert found[0] == pytest.approx(found[1], rel=1e-6)
    assert found[2] < found[1]


# ---- promises ------------------------------------------------------------------------------------


@every_kind
def test_a_seed_gives_the_same_table(kind):
    df = answers(kind=kind)
    pd.testing.assert_frame_equal(checked(df, kind, seed=1), checked(df, kind, seed=1))


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert one[["check", "verdict"]].equals(other[["check", "verdict"]])
    values = [table[NUMBERS].astype("float64").to_numpy() for table in (one, other)]
    np.testing.assert_allclose(*values, rtol=1e-6, atol=1e-9)


@every_kind
def test_the_scale_of_the_weights_says_nothing(kind):
    df = answers(kind=kind)
    scaled = df.assign(weight=1000 * df["weight"])
    same(*(checked(d, kind, design=DESIGN) for d in (df, scaled)))


@every_kind
def test_equal_weights_are_none(kind):
    df = answers(kind=kind).assign(one=3.0)
    same(checked(df, kind), checked(df, kind, design=Design(weight="one")))


# ---- little to go by -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@every_kind
@pytest.mark.parametrize("rows", [12, 40], ids=["12 rows", "40 rows"])
def test_few_rows_give_the_same_columns(kind, rows):
    for names in (["speed"], NAMES):
        table = checked(answers(rows, 3, kind), kind, names)
        unknown = table["verdict"] == "unknown"
        assert table.loc[unknown, "reason"].notna().all()
        assert table.loc[~unknown, "value"].notna().all()


@pytest.mark.filterwarnings("error")
def test_thirty_drivers_on_forty_rows():
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 30))).add_prefix("x")
    table = checked(wide.assign(overall=wide["x0"]), names=list(wide))
    assert row(table, "rows_per_coefficient")["verdict"] == "bad"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "plant",
    [lambda d: d["speed"], lambda d: d["speed"] + d["manner"], lambda d: d["speed"] * 0],
    ids=["a copy", "a sum", "a constant"],
)
@every_kind
def test_drivers_that_allow_no_model_are_told_in_the_table(kind, plant):
    table = checked(answers(kind=kind).assign(price=plant), kind)
    assert row(table, "model")["reason"] == "collinear"
    assert set(table["check"]) == {"vif", "condition_number", "model"}


@pytest.mark.filterwarnings("error")
def test_a_driver_of_two_answers_has_no_curve():
    df = answers().assign(price=lambda d: (d["price"] > 0) * 1.0)
    found = row(checked(df), "linearity", "price")
    assert found[["verdict", "reason"]].tolist() == ["unknown", "too_few_levels"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "cubic"}, "kind: expected linear, logistic or ordinal"),
        ({"alpha": 5}, "alpha: expected a number between 0 and 1"),
        ({"folds": 1}, "folds: expected a whole number of 2 or more"),
        ({"cutoff": "high"}, "cutoff: expected a number"),
        ({"outcome": "flat"}, "answers that differ in 'flat'"),
        ({"drivers": ["none"]}, "expected more rows with an answer"),
        ({"drivers": ["weather"]}, "'weather', which the table has not"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_wrong_argument_is_told(arguments, message):
    df = answers().assign(flat=3.0, none=np.nan)
    given = {"outcome": "overall", "drivers": NAMES, "kind": "linear"} | arguments
    with pytest.raises(ValueError, match=message):
        drivers.diagnose(df, given.pop("outcome"), given.pop("drivers"), **given)


# ---- in Chinese ----------------------------------------------------------------------------------


def test_the_report_says_what_a_failed_check_means():
    df = answers().assign(overall=lambda d: d["overall"] + d["manner"] ** 2)
    study = store.study("ops_company")
    told = report.diagnostics_findings(checked(df), study)
    assert any("关系是否为直线不通过（manner）" in sentence for sentence in told)
    view = report.diagnostics_view(checked(df), study)
    assert view["结论"].iloc[0] == "不通过"
    assert not view.isna().any(axis=None)


@every_kind
def test_every_check_and_reason_has_its_words(kind):
    study = store.study("ops_company")
    for df in (answers(kind=kind), answers(12, 3, kind)):
        view = report.diagnostics_view(checked(df, kind), study)
        words = view[["检查", "结论"]].to_numpy().ravel()
        assert not any("_" in word for word in words)


def test_clean_checks_claim_no_cause():
    table = checked(answers()).assign(verdict="good")
    assert report.diagnostics_findings(table, store.study("ops_company")) == [
        "各项检查没有发现问题；系数说的是关联，不说明谁导致谁。"
    ]


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True, None, np.nan, pd.NA], ids=repr)
def test_a_seed_that_is_none_is_refused(seed):
    draw = np.random.default_rng(0)
    df = pd.DataFrame(draw.integers(1, 6, (60, 3)), columns=["speed", "price", "overall"])
    with pytest.raises(ValueError, match="seed: expected a whole number"):
        drivers.diagnose(df, "overall", ["speed", "price"], kind="linear", seed=seed)


def test_where_nothing_was_checked_no_one_is_told_that_all_is_well():
    told = report.diagnostics_findings(schema.empty("diagnostics"), store.study("ops_company"))
    assert told == ["没有模型可以检查。"]


def test_drivers_of_odd_names_have_their_coefficients_told():
    draw = np.random.default_rng(0)
    names = ["a|b", "(x)", "intercept"]
    df = pd.DataFrame(draw.integers(1, 6, (60, 4)), columns=[*names, "overall"])
    table = drivers.fit(df, "overall", names)
    view = report.coefficients_view(table, store.study("ops_company"))
    assert set(view["维度"]) == set(names)
