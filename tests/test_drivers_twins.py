"""Weights that are all equal are no weights, and weights twice as large are the same weights.

What the tests of the single functions already hold to 1e-10 is not repeated: `fit`'s coefficients,
alpha, omega, KMO and the soundness of a questionnaire with equal weights.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from csatlib import drivers, scales
from csatlib.estimates import Design

NAMES = ["speed", "staff", "price"]
OUTCOMES = {"linear": "overall", "logistic": "satisfied", "ordinal": "overall"}
every_kind = pytest.mark.parametrize("kind", OUTCOMES)
NEAR = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(scope="module")
def df():
    """Scores of 1 to 5 that go together, with weights, strata and clusters."""
    luck = np.random.default_rng(11)
    latent = 0.6 * luck.normal(size=(360, 1)) + 0.8 * luck.normal(size=(360, 4))
    latent[:, 3] += latent[:, :3] @ [0.7, 0.4, 0.1]
    scores = np.clip(np.round(3.5 + latent), 1, 5).astype(int)
    made = pd.DataFrame(scores, columns=[*NAMES, "overall"])
    made["satisfied"] = made["overall"] >= 4
    made["weight"], made["equal"] = luck.uniform(0.4, 3, 360), 7.3
    made["double"], made["twice"] = 2 * made["weight"], 2 * made["equal"]
    made["stratum"] = np.repeat(["北", "南"], 180)
    made["branch"] = np.arange(360) // 9
    return made


def same(one, other):
    """Compare every number of two tables, and every word but the kind of standard error."""
    words = [c for c in one.columns.difference(["errors"]) if one[c].dtype == "str"]
    pd.testing.assert_frame_equal(one[words], other[words])
    numbers = one.select_dtypes("number").columns
    assert len(numbers) > 2
    for name in numbers:
        left, right = (t[name].to_numpy(float, na_value=np.nan) for t in (one, other))
        np.testing.assert_allclose(left, right, **NEAR, err_msg=name)


def designs(weight):
    return [Design(weight), Design(weight, stratum="stratum", cluster="branch")]


# ---- standard errors of another software ---------------------------------------------------------


def errors_of_statsmodels(df, kind, cov_type):
    """Give the slopes and their standard errors by the rows' own residuals (Huber and White)."""
    import statsmodels.api as sm
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    x, y = df[NAMES].astype(float), df[OUTCOMES[kind]].astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that no longer climb
        if kind == "linear":
            found = sm.OLS(y, sm.add_constant(x)).fit(cov_type=cov_type)
        elif kind == "logistic":
            model = sm.Logit(y, sm.add_constant(x))
            found = model.fit(cov_type=cov_type, tol=1e-15, maxiter=60, disp=0)
        else:
            model = OrderedModel(y, x, distr="logit")
            start = model.fit(method="bfgs", gtol=1e-9, maxiter=500, disp=0).params
            found = model.fit(start, method="newton", cov_type=cov_type, tol=1e-14, disp=0)
    return found.params[NAMES].to_numpy(), found.bse[NAMES].to_numpy()


def slopes(table, column):
    return table.set_index("term").loc[NAMES, column].to_numpy(float)


@pytest.mark.parametrize(
    ("kind", "near"),
    [
        ("linear", 1e-10),
        ("logistic", 1e-10),
        pytest.param("ordinal", 1e-5, marks=pytest.mark.slow),
    ],
)
def test_errors_with_equal_weights_are_the_sandwich_times_n_over_n_minus_1(df, kind, near):
    """Rows are a simple random sample with replacement; statsmodels differentiates ``ordinal``'s
    likelihood by differences, so that its digits end earlier."""
    estimate, se = errors_of_statsmodels(df, kind, "HC0")
    for settings in ({"design": Design("equal")}, {"errors": "robust"}):
        table = drivers.fit(df, OUTCOMES[kind], NAMES, kind=kind, **settings)
        np.testing.assert_allclose(slopes(table, "estimate"), estimate, rtol=near)
        np.testing.assert_allclose(slopes(table, "se"), se * np.sqrt(360 / 359), rtol=near)


@pytest.mark.parametrize("errors", ["hc1", "hc3"])
def test_errors_by_name_are_those_of_the_name(df, errors):
    estimate, se = errors_of_statsmodels(df, "linear", errors.upper())
    for design in (None, Design("equal")):
        table = drivers.fit(df, "overall", NAMES, design=design, errors=errors)
        np.testing.assert_allclose(slopes(table, "estimate"), estimate, rtol=1e-10)
        np.testing.assert_allclose(slopes(table, "se"), se, rtol=1e-10)


# ---- equal weights -------------------------------------------------------------------------------


@every_kind
def test_a_model_of_equal_weights_is_the_model_without(df, kind):
    without = drivers.fit_summary(df, OUTCOMES[kind], NAMES, kind=kind)
    same(drivers.fit_summary(df, OUTCOMES[kind], NAMES, kind=kind, design=Design("equal")), without)


@pytest.mark.parametrize(
    ("kind", "method"), [*((kind, "lmg") for kind in OUTCOMES), ("linear", "johnson")]
)
def test_importances_of_equal_weights_are_those_without(df, kind, method):
    given = {"kind": kind, "method": method, "n_boot": 40, "permutations": 19, "seed": 1}
    without = drivers.importance(df, OUTCOMES[kind], NAMES, **given)
    same(drivers.importance(df, OUTCOMES[kind], NAMES, design=Design("equal"), **given), without)


# ---- weights doubled -----------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("weight", [("weight", "double"), ("equal", "twice")], ids=["", "equal"])
@pytest.mark.parametrize("errors", ["design", "robust", "classical"])
def test_a_fit_does_not_see_doubled_weights(df, kind, weight, errors):
    for one, other in zip(*(designs(name) for name in weight), strict=True):
        given = {"kind": kind, "errors": errors}
        same(
            drivers.fit(df, OUTCOMES[kind], NAMES, design=one, **given),
            drivers.fit(df, OUTCOMES[kind], NAMES, design=other, **given),
        )
        same(
            drivers.fit_summary(df, OUTCOMES[kind], NAMES, kind=kind, design=one),
            drivers.fit_summary(df, OUTCOMES[kind], NAMES, kind=kind, design=other),
        )


@pytest.mark.parametrize(
    ("kind", "method"), [*((kind, "lmg") for kind in OUTCOMES), ("linear", "johnson")]
)
def test_importances_do_not_see_doubled_weights(df, kind, method):
    given = {"kind": kind, "method": method, "n_boot": 40, "permutations": 19, "seed": 1}
    for one, other in zip(designs("weight"), designs("double"), strict=True):
        same(
            drivers.importance(df, OUTCOMES[kind], NAMES, design=one, **given),
            drivers.importance(df, OUTCOMES[kind], NAMES, design=other, **given),
        )


SCALES = {
    "alpha": lambda x, w: scales.cronbach_alpha(x, interval="robust", weights=w),
    "omega": lambda x, w: scales.mcdonald_omega(x, weights=w),
    "omega, maximum likelihood": lambda x, w: scales.mcdonald_omega(x, method="ml", weights=w),
    "kmo": lambda x, w: scales.kmo(x, weights=w),
    "soundness": lambda x, w: scales.soundness(
        x, dimensions={"服务": list(x)}, weights=w, low=1, high=5, seed=1
    ),
}


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_a_scale_does_not_see_doubled_weights(df, scale):
    items = df[[*NAMES, "overall"]].astype(float)
    same(scale(items, df["weight"]), scale(items, df["double"]))
    same(scale(items, df["equal"]), scale(items, None))
