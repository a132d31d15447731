"""Construct validity: the confirmatory model, CR, AVE, Fornell and Larcker, HTMT."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib.scales import construct_validity
from csatlib.scales.confirmatory import Model, baseline_scaling, confirm, robust
from csatlib.scales.fit_measures import MEASURES

FOLDER = Path(__file__).parent / "reference"
REFERENCE = json.loads((FOLDER / "validity.json").read_text(encoding="utf-8"))["results"]
DIMENSIONS = {
    "visual": ["x1", "x2", "x3"],
    "textual": ["x4", "x5", "x6"],
    "speed": ["x7", "x8", "x9"],
}
TABLES = ("fit", "loadings", "dimensions", "pairs")


def reference(key):
    return np.array(REFERENCE[key]["value"])


@pytest.fixture(scope="module")
def items():
    return pd.read_csv(FOLDER / "cfa_hs.csv")


@pytest.fixture(scope="module")
def found(items):
    return construct_validity(items, dimensions=DIMENSIONS)


@pytest.fixture(scope="module")
def weights(items):
    return pd.Series(np.random.default_rng(5).uniform(0.3, 3, len(items)), items.index)


# ---- reference -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "key"),
    [
        *((name, name) for name in ("chisq", "df", "cfi", "tli", "rmsea", "srmr")),
        *((name, name) for name in ("logl", "aic", "bic")),
        ("p", "pvalue"),
    ],
)
def test_the_fit_equals_lavaan(found, measure, key):
    row = found.fit.set_index("measure").loc[measure]
    expected = REFERENCE["fit"]["value"][key]
    assert row["value"] == pytest.approx(expected, rel=1e-6)
    assert pd.isna(row["reason"])


def test_the_interval_of_rmsea_equals_lavaan(found):
    row = found.fit.set_index("measure").loc["rmsea"]
    expected = REFERENCE["fit"]["value"]
    assert row["ci_low"] == pytest.approx(expected["rmsea.ci.lower"], rel=1e-6)
    assert row["ci_high"] == pytest.approx(expected["rmsea.ci.upper"], rel=1e-6)


def test_loadings_and_correlations_equal_the_reference_with_their_errors(found):
    np.testing.assert_allclose(found.loadings["loading"], reference("loadings"), atol=1e-8)
    np.testing.assert_allclose(found.loadings["se"], reference("se")[:9], atol=1e-7)
    np.testing.assert_allclose(found.loadings["communality"], reference("loadings") ** 2)
    np.testing.assert_allclose(found.pairs["correlation"], reference("correlations"), atol=1e-8)
    np.testing.assert_allclose(found.pairs["se"], reference("se")[9:], atol=1e-7)
    assert found.loadings["n"].eq(301).all()


@pytest.mark.parametrize("table", ["loadings", "pairs"])
def test_intervals_are_normal_ones(found, table):
    rows = getattr(found, table)
    middle = (rows["ci_low"] + rows["ci_high"]) / 2
    np.testing.assert_allclose(middle, rows["loading" if table == "loadings" else "correlation"])
    np.testing.assert_allclose(rows["ci_high"] - rows["ci_low"], 2 * 1.959963985 * rows["se"])


def test_robust_errors_and_scaling_equal_the_reference(items):
    found = construct_validity(items, dimensions=DIMENSIONS, robust=True)
    fit = found.fit.set_index("measure")
    assert found.robust
    assert fit.loc["scaling", "value"] == pytest.approx(float(reference("scaling")), rel=1e-8)
    assert fit.loc["chisq", "value"] == pytest.approx(float(reference("scaled")), rel=1e-8)
    assert fit.loc["aic", "reason"] == "not_normal_theory"
    np.testing.assert_allclose(found.loadings["se"], reference("robust_se")[:9], atol=1e-7)
    np.testing.assert_allclose(found.pairs["se"], reference("robust_se")[9:], atol=1e-7)


def by_full_matrices(scores, weights, implied, slopes):
    """Give the sandwich and the scaling from the whole covariance matrix of the moments."""
    n, p = scores.shape
    low = np.tril_indices(p)
    double = np.zeros((p * p, len(low[0])))
    for place, (a, b) in enumerate(zip(*low, strict=True)):
        double[[a * p + b, b * p + a], place] = 1
    inverse = np.linalg.inv(implied)
    v = double.T @ np.kron(inverse, inverse) @ double / 2
    d = np.array([slope[low] for slope in slopes]).T
    moments = np.array([np.outer(row, row)[low] for row in scores])
    spread = (moments - weights @ moments / n) * weights[:, None]
    gamma = spread.T @ spread / n
    bread = np.linalg.inv(d.T @ v @ d)
    u = v - v @ d @ bread @ d.T @ v
    sandwich = bread @ d.T @ v @ gamma @ v @ d @ bread / n
    return sandwich, np.trace(u @ gamma) / (d.shape[0] - d.shape[1])


def test_weighted_errors_and_scalings_equal_those_of_full_matrices(items, weights):
    w = (weights / weights.mean()).to_numpy()
    centred = items.to_numpy() - w @ items.to_numpy() / 301
    scores = centred / np.sqrt(w @ centred**2 / 301)
    model = Model(np.repeat([0, 1, 2], 3))
    fitted = confirm((scores * w[:, None]).T @ scores / 301, model)
    covariance, scaling = robust(fitted, scores, w)
    slopes = model.slopes(fitted.parameters)
    expected = by_full_matrices(scores, w, fitted.implied, slopes)
    np.testing.assert_allclose(covariance, expected[0], atol=1e-10)
    assert scaling == pytest.approx(expected[1], rel=1e-8)
    variances = [np.diag(row) for row in np.eye(9)]
    _, baseline = by_full_matrices(scores, w, np.eye(9), variances)
    assert baseline_scaling(scores, w) == pytest.approx(baseline, rel=1e-8)


def test_scaled_cfi_uses_the_scaled_baseline(items):
    found = construct_validity(items, dimensions=DIMENSIONS, robust=True)
    fit = found.fit.set_index("measure")["value"]
    scores = ((items - items.mean()) / items.std(ddof=0)).to_numpy()
    scaling = baseline_scaling(scores, np.ones(301))
    base = -301 * np.linalg.slogdet(items.corr().to_numpy())[1] / scaling
    assert fit["cfi"] == pytest.approx(1 - (fit["chisq"] - 24) / (base - 36), rel=1e-10)
    expected = (base / 36 - fit["chisq"] / 24) / (base / 36 - 1)
    assert fit["tli"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("column", ["cr", "ave", "cr_raw", "ave_raw"])
def test_cr_and_ave_equal_the_reference(found, column):
    np.testing.assert_allclose(found.dimensions[column], reference(column), atol=1e-8)


@pytest.mark.parametrize("column", ["htmt", "htmt2"])
def test_htmt_equals_the_reference(found, column):
    np.testing.assert_allclose(found.pairs[column], reference(column), rtol=1e-10)


def test_fornell_and_larcker_compare_the_root_of_ave(found):
    rows = found.dimensions.set_index("dimension")
    np.testing.assert_allclose(rows["root_ave"], np.sqrt(rows["ave"]))
    assert rows["nearest"].to_dict() == {"visual": "speed", "textual": "visual", "speed": "visual"}
    assert rows.loc["textual", "largest_correlation"] == pytest.approx(0.458509, abs=1e-6)
    assert rows["fornell_larcker"].all()
    assert found.pairs["fornell_larcker"].all()


def test_dimensions_that_cannot_be_told_apart_are_seen(items):
    mixed = {"one": ["x1", "x4", "x7"], "two": ["x2", "x5", "x8"]}
    found = construct_validity(items, dimensions=mixed)
    assert not found.dimensions["fornell_larcker"].any()
    assert not found.pairs["fornell_larcker"].any()
    assert found.pairs["htmt"].iloc[0] > 0.9


def test_the_analytic_derivatives_are_those_of_the_model():
    model = Model(np.array([0, 0, 1, 2, 2, 2]))
    rng = np.random.default_rng(0)
    at = np.concatenate([rng.uniform(0.4, 0.9, 6), rng.uniform(0.3, 0.8, 5), [0.2, 0.3, 0.4]])
    assert model.size == 14
    for place, slope in enumerate(model.slopes(at)):
        step = np.zeros(14)
        step[place] = 1e-6
        numeric = (model.implied(at + step) - model.implied(at - step)) / 2e-6
        np.testing.assert_allclose(slope, numeric, atol=1e-8)


def test_a_model_that_holds_exactly_is_found_again():
    model = Model(np.repeat([0, 1], 3))
    at = np.array([0.9, 0.5, 0.7, 0.6, 0.8, 0.4, 0.19, 0.75, 0.51, 0.64, 0.36, 0.84, -0.35])
    fitted = confirm(model.implied(at), model)
    assert fitted.converged
    assert fitted.discrepancy == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(fitted.parameters, at, atol=1e-6)


# ---- invariants ----------------------------------------------------------------------------------


def numbers(found):
    """Every number of the four tables."""
    parts = [getattr(found, name).select_dtypes("number").to_numpy(float) for name in TABLES]
    return np.concatenate([part.ravel() for part in parts])


def same(first, second, **tolerance):
    tolerance = {"rtol": 1e-8, "atol": 1e-8} | tolerance
    np.testing.assert_allclose(numbers(first), numbers(second), **tolerance)


def test_equal_weights_are_no_weights(items, found):
    equal = construct_validity(
        items, dimensions=DIMENSIONS, weights=pd.Series(2.5, index=items.index)
    )
    assert not equal.robust
    same(equal, found, rtol=1e-10, atol=1e-10)


def test_robust_with_nearly_equal_weights_is_robust_without(items):
    nearly = pd.Series(1.0, index=items.index)
    nearly.iloc[0] += 1e-9
    first = construct_validity(items, dimensions=DIMENSIONS, weights=nearly)
    assert first.robust
    same(first, construct_validity(items, dimensions=DIMENSIONS, robust=True), rtol=1e-6, atol=1e-6)


def test_only_the_ratios_of_weights_matter(items, weights):
    first, second = (
        construct_validity(items, dimensions=DIMENSIONS, weights=scale * weights)
        for scale in (1, 1e6)
    )
    same(first, second)


def test_rows_of_weight_0_are_as_if_absent(items, weights):
    some = weights.where(weights.index % 4 > 0, 0.0)
    kept = some > 0
    first = construct_validity(items, dimensions=DIMENSIONS, weights=some)
    same(first, construct_validity(items[kept], dimensions=DIMENSIONS, weights=weights[kept]))


def test_a_repeated_row_and_a_double_weight_give_the_same_loadings(items):
    double = pd.Series(1.0, index=items.index)
    double.iloc[:50] = 2
    weighted = construct_validity(items, dimensions=DIMENSIONS, weights=double)
    rows = pd.concat([items, items.head(50)], ignore_index=True)
    repeated = construct_validity(rows, dimensions=DIMENSIONS)
    np.testing.assert_allclose(
        weighted.loadings["loading"], repeated.loadings["loading"], atol=1e-8
    )
    assert weighted.loadings["se"].mean() > repeated.loadings["se"].mean()


def test_rows_with_a_gap_in_a_named_item_do_not_count(items):
    gaps = items.astype(float)
    gaps.loc[::5, "x2"] = np.nan
    first = construct_validity(gaps, dimensions=DIMENSIONS)
    same(first, construct_validity(gaps.dropna(), dimensions=DIMENSIONS))
    other = items.assign(comment=np.nan)
    assert construct_validity(other, dimensions=DIMENSIONS).loadings["n"].eq(301).all()


def test_units_of_an_item_change_nothing_but_the_raw_measures(items, found):
    scaled = construct_validity(items.assign(x1=100 - 50 * items["x1"]), dimensions=DIMENSIONS)
    first = scaled.loadings.set_index("item")["loading"]
    second = found.loadings.set_index("item")["loading"]
    np.testing.assert_allclose(first.drop("x1"), second.drop("x1"), atol=1e-7)
    fit = scaled.fit.set_index("measure")["value"]
    assert first["x1"] == pytest.approx(-second["x1"], abs=1e-7)
    assert fit["chisq"] == pytest.approx(85.3055217697, abs=1e-6)
    np.testing.assert_allclose(scaled.pairs["htmt"], found.pairs["htmt"], rtol=1e-10)


def test_the_order_of_items_and_dimensions_changes_nothing(items, found):
    turned = {
        "speed": ["x9", "x7", "x8"],
        "visual": ["x2", "x3", "x1"],
        "textual": ["x6", "x5", "x4"],
    }
    other = construct_validity(items, dimensions=turned)
    first, second = (
        x.loadings.set_index("item")[["loading", "se"]].astype(float) for x in (found, other)
    )
    np.testing.assert_allclose(second.loc[first.index], first, atol=1e-7)
    np.testing.assert_allclose(other.fit["value"], found.fit["value"], rtol=1e-7)


# ---- dimensions of one and two items -------------------------------------------------------------


def test_a_single_item_takes_part_as_itself(items):
    dimensions = {**DIMENSIONS, "speed": ["x9"]}
    found = construct_validity(items, dimensions=dimensions)
    row = found.dimensions.set_index("dimension").loc["speed"]
    assert row["reason"] == "single_item"
    assert row[["cr", "ave", "cr_raw", "ave_raw", "fornell_larcker"]].isna().all()
    loading = found.loadings.set_index("item").loc["x9"]
    assert (loading["loading"], loading["reason"]) == (1.0, "single_item")
    assert pd.isna(loading["se"])
    pair = found.pairs.set_index(["dimension", "other"]).loc[("visual", "speed")]
    assert pair["reason"] == "single_item"
    assert pd.isna(pair["htmt"])
    assert 0 < pair["correlation"] < 1


def test_single_items_alone_only_correlate(items):
    found = construct_validity(items, dimensions={name: [name] for name in ("x1", "x4", "x7")})
    expected = items[["x1", "x4", "x7"]].corr().to_numpy()[np.triu_indices(3, 1)]
    np.testing.assert_allclose(found.pairs["correlation"], expected, atol=1e-8)
    np.testing.assert_allclose(found.pairs["se"], (1 - expected**2) / np.sqrt(301), atol=1e-8)
    fit = found.fit.set_index("measure")
    assert fit.loc["df", "value"] == 0
    assert fit.loc[["chisq", "p", "cfi", "tli", "rmsea"], "reason"].eq("saturated").all()


def test_two_items_rest_on_the_other_dimensions(items):
    found = construct_validity(items, dimensions={**DIMENSIONS, "speed": ["x8", "x9"]})
    rows = found.dimensions.set_index("dimension")
    assert rows["reason"].fillna("").to_dict() == {
        "visual": "",
        "textual": "",
        "speed": "two_items",
    }
    assert rows["cr"].notna().all()
    assert found.pairs["htmt"].notna().all()


def test_one_dimension_has_no_neighbour(items):
    found = construct_validity(items, dimensions={"visual": DIMENSIONS["visual"]})
    assert found.dimensions["reason"].tolist() == ["one_dimension"]
    assert found.dimensions["cr"].notna().all()
    assert found.pairs.empty
    r = items[DIMENSIONS["visual"]].corr().to_numpy()
    expected = np.sqrt([r[0, 1] * r[0, 2] / r[1, 2], r[0, 1] * r[1, 2] / r[0, 2]])
    np.testing.assert_allclose(found.loadings["loading"].iloc[:2], expected, atol=1e-7)


# ---- where nothing can be said -------------------------------------------------------------------


def degenerate(items):
    pairs = {"one": ["x1", "x2"], "two": ["x4", "x5"]}
    rng = np.random.default_rng(0)
    noise = pd.DataFrame(rng.normal(size=(301, 9)), columns=items.columns)
    return {
        "two items alone": (items, {"one": ["x1", "x2"]}, {"not_identified"}),
        "one item": (items, {"one": ["x1"]}, {"too_few_items"}),
        "constant item": (items.assign(x5=3.0), DIMENSIONS, {"no_variation"}),
        "all the same": (items * 0 + 5, DIMENSIONS, {"no_variation"}),
        "copied item": (items.assign(x5=items["x1"]), DIMENSIONS, {"copy"}),
        "sum of items": (items.assign(x5=items["x1"] + items["x2"]), DIMENSIONS, {"singular"}),
        "fewer rows than items": (items.head(9), DIMENSIONS, {"too_few_rows"}),
        "no rows": (items.head(0), DIMENSIONS, {"too_few_rows"}),
        "unrelated pairs": (noise, pairs, {"not_identified", "no_convergence", "heywood"}),
    }


CASES = list(
    degenerate(pd.DataFrame(0.0, index=range(301), columns=[f"x{i}" for i in range(1, 10)]))
)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_known_has_a_reason(items, case):
    given, dimensions, reasons = degenerate(items)[case]
    found = construct_validity(given, dimensions=dimensions)
    assert found.reason in reasons
    for name, column in zip(TABLES, ("value", "loading", "cr", "correlation"), strict=True):
        table = getattr(found, name)
        assert not (table[column].isna() & table["reason"].isna()).any(), name
    assert found.fit["measure"].tolist() == list(MEASURES)


def test_a_heywood_case_is_told():
    r = np.array([[1, 0.9, 0.8], [0.9, 1, 0.5], [0.8, 0.5, 1]])
    raw = np.random.default_rng(0).normal(size=(100, 3))
    white = np.linalg.qr(raw - raw.mean(axis=0))[0]
    items = pd.DataFrame(white @ np.linalg.cholesky(r).T, columns=list("abc"))
    found = construct_validity(items, dimensions={"one": list("abc")})
    assert found.reason == "heywood"
    assert found.loadings["reason"].tolist()[0] == "heywood"
    assert found.loadings["loading"].iloc[0] == pytest.approx(np.sqrt(0.9 * 0.8 / 0.5), abs=1e-6)
    assert found.dimensions["reason"].tolist() == ["heywood"]


@pytest.mark.parametrize(
    ("dimensions", "message"),
    [
        ({}, "not empty"),
        ([["x1"]], "mapping"),
        ({"one": "x1"}, "list of one or more items"),
        ({"one": []}, "list of one or more items"),
        ({"one": ["x1", "y"]}, "no columns of items"),
        ({"one": ["x1", "x2"], "two": ["x2", "x3"]}, "belong to two dimensions"),
    ],
    ids=["none", "no mapping", "text", "no items", "unknown item", "item twice"],
)
def test_dimensions_that_cannot_be_read_are_refused(items, dimensions, message):
    with pytest.raises(ValueError, match=message):
        construct_validity(items, dimensions=dimensions)


def test_normal_theory_with_weights_that_differ_is_refused(items, weights):
    with pytest.raises(ValueError, match="robust"):
        construct_validity(items, dimensions=DIMENSIONS, weights=weights, robust=False)


def test_a_confidence_out_of_range_is_refused(items):
    with pytest.raises(ValueError, match="conf"):
        construct_validity(items, dimensions=DIMENSIONS, conf=95)


def test_no_table_is_refused():
    with pytest.raises(TypeError, match="DataFrame"):
        construct_validity([[1, 2]], dimensions=DIMENSIONS)
