"""The weights: values from R, promises that hold for any sample, and every way to be refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import schema, study, weights
from csatlib.weights.cells import factor_of, find_cells
from csatlib.weights.logistic import propensities

FOLDER = Path(__file__).parent / "reference"
API = json.loads((FOLDER / "weights_api.json").read_text(encoding="utf-8"))
RANDOM = json.loads((FOLDER / "weights_random.json").read_text(encoding="utf-8"))


def api(name: str):
    return API["results"][name]["value"]


def drawn(name: str) -> np.ndarray:
    return np.array(RANDOM["results"][name]["value"])


CLUS = pd.DataFrame({k: API["inputs"][k] for k in ("stype", "sch_wide", "api99", "pw")})
SEED = pd.DataFrame({k: API["inputs"][k] for k in ("age", "reg", "Freq")})
STYPE = {"stype": {"E": 4421, "H": 755, "M": 1018}}
BOTH = STYPE | {"sch_wide": {"No": 1072, "Yes": 5122}}
GREG = STYPE | {"api99": 3914069}

_COLUMNS = ("region", "tier", "product", "spend", "base", "answered")
DF = pd.DataFrame({name: RANDOM["inputs"][name] for name in _COLUMNS}).astype({"answered": bool})
REGION = {"region": {"east": 3600, "north": 2800, "south": 2200, "west": 1400}}
TIER = {"tier": {"A": 2300, "B": 2900, "C": 4800}}
PRODUCT = {"product": {"p1": 2500, "p2": 3000, "p3": 2600, "p4": 1900}}
MARGINS = REGION | TIER | PRODUCT
JOINT = pd.Series(
    RANDOM["inputs"]["joint_total"],
    index=pd.MultiIndex.from_arrays(
        [RANDOM["inputs"]["joint_region"], RANDOM["inputs"]["joint_tier"]]
    ),
)


def close(found, expected, rel: float = 1e-9) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), expected, rtol=rel)


def reached(df: pd.DataFrame, w: pd.Series, margins: dict) -> float:
    """The largest relative gap over all levels."""
    gaps = []
    for column, totals in margins.items():
        columns = [column] if isinstance(column, str) else list(column)
        sums = w.groupby([df[c] for c in columns]).sum()
        gaps += [abs(sums[level] / total - 1) for level, total in totals.items() if total]
    return max(gaps)


# ---- values from R -------------------------------------------------------------------------------

RAKED = weights.rake(CLUS, BOTH, base="pw")
RAKED_3 = weights.rake(DF, MARGINS, base="base")
EDGES = {"lower": RAKED.quantile(0.05), "upper": RAKED.quantile(0.95)}

FROM_API = {
    "poststrat_w": lambda: weights.poststratify(CLUS, STYPE, base="pw"),
    "rake_w": lambda: RAKED,
    "calib_greg_w": lambda: weights.calibrate(CLUS, GREG, base="pw"),
    "calib_raking_w": lambda: weights.calibrate(CLUS, BOTH, base="pw", method="raking"),
    "calib_logit_.6_1.6_w": lambda: weights.calibrate(
        CLUS, GREG, base="pw", method="logit", bounds=(0.6, 1.6)
    ),
    "trim_5_95_w": lambda: weights.trim(RAKED, **EDGES, strict=False),
}
SPEND = REGION | TIER | {"spend": 410_000}
FROM_R = {
    "rake_3": lambda: RAKED_3,
    "rake_3_equal": lambda: weights.rake(DF, MARGINS),
    "rake_joint": lambda: weights.rake(
        DF,
        {("region", "tier"): JOINT, "product": pd.Series(PRODUCT["product"]) / 10_000},
        base="base",
    ),
    "poststratify_joint": lambda: weights.poststratify(
        DF, JOINT, by=["region", "tier"], base="base"
    ),
    "calibrate_linear": lambda: weights.calibrate(DF, SPEND, base="base"),
    "calibrate_raking": lambda: weights.calibrate(DF, SPEND, base="base", method="raking"),
    "calibrate_linear_bounded": lambda: weights.calibrate(
        DF, SPEND, base="base", bounds=(0.72, 2.3)
    ),
    "calibrate_raking_bounded": lambda: weights.calibrate(
        DF, SPEND, base="base", method="raking", bounds=(0.75, 2.5)
    ),
    "calibrate_logit": lambda: weights.calibrate(
        DF, SPEND, base="base", method="logit", bounds=(0.3, 2.5)
    ),
    "calibrate_numbers": lambda: weights.calibrate(DF, {"spend": 410_000}, base="base"),
    "trim_strict": lambda: weights.trim(RAKED_3, upper=70, lower=12),
    "trim_once": lambda: weights.trim(RAKED_3, upper=70, lower=12, strict=False),
    "trim_margins": lambda: weights.trim(RAKED_3, upper=85, lower=8, responses=DF, margins=MARGINS),
    "cells": lambda: weights.nonresponse(
        DF, "answered", ["region", "tier"], base="base", method="cells", min_respondents=1
    ),
}


@pytest.mark.parametrize("name", FROM_API)
def test_weights_of_the_school_sample_equal_those_of_r(name):
    close(FROM_API[name](), api(name), rel=1e-10)


@pytest.mark.parametrize("name", FROM_R)
def test_weights_of_a_random_sample_equal_those_of_r(name):
    close(FROM_R[name](), drawn(name))


@pytest.mark.parametrize("bounds", [(0.5, 1.5), (0.7, 1.5), (0.6, 1.5), (0.8, 1.2)])
def test_bounds_that_r_finds_too_narrow_are_refused(bounds):
    assert api("calib_boundedlinear_error") == "Calibration failed"
    with pytest.raises(
        weights.ConvergenceError, match=r"within the bounds .* largest gap .* stype="
    ):
        weights.calibrate(CLUS, GREG, base="pw", bounds=bounds)


@pytest.mark.parametrize(
    ("weighted", "name"), [(False, "propensity"), (True, "propensity_weighted")]
)
def test_propensities_equal_those_of_r(weighted, name):
    heavy = DF["base"].to_numpy() if weighted else None
    columns = ["region", "tier", "spend"]
    close(propensities(DF, DF["answered"].to_numpy(), columns, heavy, "refuse"), drawn(name))
    direct = weights.nonresponse(
        DF, "answered", columns, base="base", classes=None, weighted=weighted
    )
    close(direct, (DF["base"] / drawn(name))[DF["answered"]])


def table(name: str) -> np.ndarray:
    return np.array(api(f"ipf/{name}")["data"])


@pytest.mark.parametrize("name", ["ipf_loglin_fit", "zero_cell_fit"])
def test_a_table_is_fitted_as_by_loglin(name):
    margins = {"age": api("ipf/row_targets"), "reg": api("ipf/col_targets")}
    seed = SEED if name == "ipf_loglin_fit" else SEED.drop(index=0)
    fitted = seed.assign(weight=weights.rake(seed, margins, base="Freq"))
    found = fitted.pivot_table("weight", "age", "reg", aggfunc="sum", fill_value=0.0)
    close(found, table(name), rel=1e-9)


def test_kish_design_effect_of_persons():
    persons = SEED.loc[SEED.index.repeat(SEED["Freq"])].reset_index(drop=True)
    margins = {"age": api("ipf/row_targets"), "reg": api("ipf/col_targets")}
    told = weights.diagnostics(weights.rake(persons, margins))
    close(told["kish_deff"], api("ipf/kish_deff_person_level"), rel=1e-10)


def test_diagnostics_equal_those_of_r():
    told = weights.diagnostics(RAKED_3)
    close(told.loc[0, ["n", "kish_deff", "cv", "median", "top_share"]], drawn("diagnostics"))


# ---- margins ---------------------------------------------------------------------------------------


def test_margins_of_a_frame_count_its_customers():
    made = weights.margins_of(DF, ["region", ("region", "tier")])
    assert made["region"].to_dict() == DF["region"].value_counts().to_dict()
    expected = DF.groupby(["region", "tier"]).size()
    assert made["region", "tier"].to_dict() == expected.to_dict()


def test_customers_without_a_value_are_spread_like_the_others():
    frame = pd.DataFrame({"region": ["N", "N", "N", "S", None], "tier": list("AABBB")})
    made = weights.margins_of(frame, ["region", "tier"], missing="proportional")
    assert made["region"].to_dict() == {"N": 3.75, "S": 1.25}
    assert made["region"].sum() == made["tier"].sum() == 5


def test_a_frame_of_counts_is_added_up():
    frame = pd.DataFrame({"region": ["N", "S", "N"], "customers": [10, 20, 5]})
    assert weights.margins_of(frame, ["region"], weight="customers")["region"].to_dict() == {"N": 15.0, "S": 20.0}  # fmt: skip


@pytest.mark.parametrize(
    ("margins", "total", "expected"),
    [
        (MARGINS, None, 10_000),
        ({c: pd.Series(t) / 10_000 for c, t in MARGINS.items()}, None, DF["base"].sum()),
        ({c: pd.Series(t) / 10_000 for c, t in MARGINS.items()}, 777.0, 777.0),
        (REGION | {"tier": pd.Series(TIER["tier"]) / 10_000}, None, 10_000),
        (MARGINS, 10_000, 10_000),
    ],
    ids=["totals", "shares", "shares of a total", "shares beside totals", "totals and their sum"],
)
def test_what_the_weights_sum_to(margins, total, expected):
    assert weights.rake(DF, margins, base="base", total=total).sum() == pytest.approx(expected)


@pytest.mark.parametrize(
    "kind",
    ["str", "object", "category", "string[python]", "Int64", "int8", "float", "wide int", "bool"],
)
def test_a_column_may_have_any_type(kind):
    codes = pd.Series(np.arange(40) % (2 if kind == "bool" else 4), name="c")
    columns = {
        "str": codes.map(list("abcd").__getitem__).astype("str"),
        "object": codes.map(list("abcd").__getitem__).astype(object),
        "category": codes.map(list("abcd").__getitem__).astype(pd.CategoricalDtype(list("dxcba"))),
        "string[python]": codes.map(list("abcd").__getitem__).astype("string[python]"),
        "wide int": codes * 10**12,
        "bool": codes.astype(bool),
    }
    df = columns.get(kind, codes.astype(kind if kind not in columns else "int64")).to_frame()
    df["d"] = np.arange(40) // 5
    levels = df["c"].drop_duplicates().tolist()
    totals = {level: 10.0 * (place + 1) for place, level in enumerate(levels)}
    other = dict.fromkeys(range(8), sum(totals.values()) / 8)
    w = weights.rake(df, {"c": totals, "d": other}, tol=1e-12)
    assert reached(df.astype({"c": object}), w, {"c": totals, "d": other}) < 1e-10
    shares = weights.margin_gaps(df, {"c": totals, "d": other}, weights=w)
    assert shares["gap_after"].abs().max() < 1e-10


def test_more_possible_cells_than_memory_would_hold():
    luck = np.random.default_rng(5)
    df = pd.DataFrame({f"c{i}": luck.integers(0, 60, 400) for i in range(8)})
    margins = {c: 7.0 * df[c].value_counts() for c in df}
    cells = find_cells(df, list(df), "margins")
    assert cells.count == len(df.drop_duplicates())
    close(weights.rake(df, margins), 7.0)


# ---- promises --------------------------------------------------------------------------------------


@st.composite
def samples(draw):
    """A sample with base weights and margins that some positive weights are known to meet."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    rows = draw(st.integers(1, 40))
    luck = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    df = pd.DataFrame({f"c{i}": luck.integers(0, size, rows) for i, size in enumerate(sizes)})
    df["base"] = luck.uniform(0.5, 4, rows)
    truth = df["base"] * luck.uniform(10, 100, rows)
    margins = {c: truth.groupby(df[c]).sum() for c in df.columns.drop("base")}
    return df, margins


quickly = settings(max_examples=25, deadline=None)


@quickly
@given(samples())
def test_raked_weights_meet_every_margin(given_):
    df, margins = given_
    w = weights.rake(df, margins, base="base", max_iter=5000)
    assert (w > 0).all()
    assert reached(df, w, margins) < 1e-10


@quickly
@given(samples(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_of_levels_matters(given_, luck):
    df, margins = given_
    w = weights.rake(df, margins, base="base", max_iter=5000)
    rows, names = list(df.index), list(margins)
    luck.shuffle(rows)
    luck.shuffle(names)
    turned = {n: margins[n].iloc[::-1] for n in names}
    close(weights.rake(df.loc[rows], turned, base="base", max_iter=5000).loc[df.index], w, rel=1e-7)


@quickly
@given(samples(), st.floats(1e-3, 1e3))
def test_the_scale_of_the_base_weights_does_not_matter(given_, factor):
    df, margins = given_
    w = weights.rake(df, margins, base="base", max_iter=5000)
    close(weights.rake(df, margins, base=factor * df["base"], max_iter=5000), w)


@quickly
@given(samples())
def test_raking_twice_is_raking_once(given_):
    df, margins = given_
    w = weights.rake(df, margins, base="base", max_iter=5000)
    close(weights.rake(df, margins, base=w, max_iter=5000), w)


@quickly
@given(samples())
def test_one_margin_is_poststratified(given_):
    df, margins = given_
    one = {"c0": margins["c0"]}
    w = weights.poststratify(df, one, base="base")
    close(w, weights.rake(df, one, base="base"))
    close(w, df["base"] * df["c0"].map(margins["c0"] / df.groupby("c0")["base"].sum()))


@quickly
@given(samples())
def test_the_ratio_to_the_base_weight_is_constant_within_cells(given_):
    df, margins = given_
    ratio = weights.rake(df, margins, base="base", max_iter=5000) / df["base"]
    spread = ratio.groupby([df[c] for c in margins]).agg(lambda r: r.max() / r.min() - 1)
    assert spread.max() < 1e-12


@quickly
@given(samples())
def test_newton_and_proportional_fitting_find_the_same_weights(given_):
    df, margins = given_
    raked = weights.rake(df, margins, base="base", max_iter=5000, tol=1e-12)
    close(weights.calibrate(df, margins, base="base", method="raking", tol=1e-12), raked, rel=1e-7)


@quickly
@given(samples())
def test_trimming_keeps_margins_and_bounds(given_):
    df, margins = given_
    w = weights.rake(df, margins, base="base", max_iter=5000)
    upper, lower = 0.3 * w.mean() + 0.7 * w.max(), 0.5 * w.min()
    if upper <= w.mean() * 1.001:
        return
    try:
        kept = weights.trim(w, upper=upper, lower=lower, responses=df, margins=margins)
    except weights.ConvergenceError:
        return
    assert reached(df, kept, margins) < 1e-8
    assert kept.max() <= upper
    assert kept.min() >= lower
    untouched = weights.trim(w, upper=w.max() * 2, responses=df, margins=margins)
    close(untouched, w, rel=1e-7)


@quickly
@given(st.lists(st.floats(0.1, 100), min_size=2, max_size=50), st.floats(1.05, 5))
def test_strict_trimming_keeps_the_sum_and_the_bound(values, times):
    w = pd.Series(values)
    kept = weights.trim(w, upper=times * w.mean())
    assert kept.max() <= times * w.mean()
    assert kept.sum() == pytest.approx(w.sum(), rel=1e-9)
    close(weights.trim(kept, upper=times * w.mean()), kept)


@quickly
@given(samples())
def test_nonresponse_keeps_the_sum_of_the_weights(given_):
    df, margins = given_
    answered = pd.Series(np.arange(len(df)) % 3 != 1, index=df.index)
    columns = list(margins)
    for how in ({"method": "cells"}, {"separation": "firth", "classes": 3}):
        w = weights.nonresponse(df, answered, columns, base="base", min_respondents=2, **how)
        assert w.sum() == pytest.approx(df["base"].sum())
        assert list(w.index) == list(df.index[answered])
        assert (w >= df["base"][answered] * (1 - 1e-12)).all()


def test_raking_starts_from_the_base_weights():
    assert np.abs(weights.rake(DF, MARGINS) / RAKED_3 - 1).max() > 0.5


def test_without_base_weights_bounds_mean_the_mean_weight():
    w = weights.calibrate(DF, REGION, bounds=(0.3, 1.9))
    assert w.sum() == pytest.approx(10_000)
    assert w.between(0.3 * 10_000 / len(DF), 1.9 * 10_000 / len(DF)).all()


def test_a_number_of_customers_is_one_more_total():
    w = weights.calibrate(DF, {"spend": 410_000}, base="base", total=9_000)
    assert (w.sum(), w @ DF["spend"]) == pytest.approx((9_000, 410_000))


def test_levels_without_customers_and_respondents_are_no_matter():
    margins = {"region": REGION["region"] | {"centre": 0}}
    close(weights.rake(DF, margins), weights.rake(DF, REGION))


def test_weights_keep_the_index_of_the_responses():
    df = DF.set_axis([f"r{i}" for i in range(len(DF))])
    shuffled = df["base"].sample(frac=1, random_state=3)
    w = weights.rake(df, MARGINS, base=shuffled)
    assert list(w.index) == list(df.index)
    assert (w.name, w.dtype) == ("weight", np.float64)
    close(w, RAKED_3)


# ---- design weights --------------------------------------------------------------------------------

FRAME = pd.DataFrame(
    {
        "customer_id": [f"C{i:03d}" for i in range(100)],
        "region": ["N"] * 60 + ["S"] * 40,
        "tier": ["A", "B"] * 50,
    }
)
TAKEN = FRAME.iloc[[0, 1, 2, 3, 60, 61, 62, 63, 64]].assign(inclusion_probability=[1, 0.5, 0.1, 0.2] + [0.125] * 5)  # fmt: skip


def test_a_draw_gives_the_inverse_of_its_chances():
    w = weights.design_weights(TAKEN)
    assert w.tolist() == [1, 2, 10, 5] + [8] * 5
    assert w.name == "design_weight"


@pytest.mark.parametrize(
    ("strata", "expected"),
    [
        ((), [100 / 9] * 9),
        (["region"], [15.0] * 4 + [8.0] * 5),
        (["region", "tier"], [15.0] * 4 + [20 / 3, 10, 20 / 3, 10, 20 / 3]),
    ],
    ids=["none", "one", "two"],
)
def test_a_frame_gives_customers_over_sampled_customers(strata, expected):
    w = weights.design_weights(TAKEN, frame=FRAME, strata=strata)
    close(w, expected)
    assert w.sum() == pytest.approx(100)


def test_respondents_get_their_customers_weight():
    answers = pd.DataFrame({"customer_id": ["C060", "C001", "C060"]}, index=["x", "y", "z"])
    assert weights.design_weights(TAKEN, answers).to_dict() == {"x": 8.0, "y": 2.0, "z": 8.0}


# ---- nonresponse -----------------------------------------------------------------------------------


def asked(**answers: tuple[int, int]) -> pd.DataFrame:
    """Customers by cell, for example ``A1=(answered, asked)``."""
    rows = [
        {"letter": cell[0], "digit": cell[1], "answered": place < yes}
        for cell, (yes, count) in answers.items()
        for place in range(count)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (1, {"A1": 2, "A2": 10, "B1": 4, "B2": 20 / 15}),
        (2, {"A1": 20 / 6, "A2": 20 / 6, "B1": 4, "B2": 20 / 15}),
        (7, dict.fromkeys(["A1", "A2", "B1", "B2"], 60 / 26)),
        (99, dict.fromkeys(["A1", "A2", "B1", "B2"], 60 / 26)),
    ],
)
def test_small_cells_collapse_along_the_last_column_first(least, expected):
    sample = asked(A1=(5, 10), A2=(1, 10), B1=(5, 20), B2=(15, 20))
    w = weights.nonresponse(
        sample, "answered", ["letter", "digit"], method="cells", min_respondents=least
    )
    close(w, (sample["letter"] + sample["digit"])[w.index].map(expected))


def test_a_saturated_firth_fit_adds_half_an_answer_each_way():
    sample = asked(A1=(0, 10), B1=(5, 20))
    chances = propensities(sample, sample["answered"].to_numpy(), ["letter"], None, "firth")
    close(sorted(set(chances.round(9))), [0.5 / 11, 5.5 / 21], rel=1e-7)


def test_a_class_without_respondents_joins_the_next():
    sample = asked(A1=(0, 10), B1=(5, 20), C1=(30, 40))
    w = weights.nonresponse(
        sample, "answered", ["letter"], separation="firth", classes=10, min_respondents=3
    )
    assert w.groupby(sample["letter"]).first().round(9).to_dict() == {
        "B": 6.0,
        "C": round(4 / 3, 9),
    }


def test_everybody_answering_leaves_the_weights():
    sample = asked(A1=(3, 3)).assign(base=[1.0, 2.0, 3.0])
    assert weights.nonresponse(sample, "answered", ["letter"], base="base").tolist() == [1, 2, 3]


def test_equal_chances_give_one_class_and_one_factor():
    sample = asked(A1=(20, 40), B1=(25, 50))
    close(weights.nonresponse(sample, "answered", ["letter"]), 2.0)


# ---- diagnostics and gaps --------------------------------------------------------------------------


def test_diagnostics_of_equal_weights():
    told = schema.check(weights.diagnostics(pd.Series([3.0] * 41)), "weight_diagnostics").iloc[0]
    assert told[["n", "sum", "mean", "median", "min", "max"]].tolist() == [41, 123, 3, 3, 3, 3]
    assert told[["cv", "kish_deff", "n_eff", "max_to_median"]].tolist() == [0, 1, 41, 1]
    assert told["top_share"] == pytest.approx(3 / 41)
    assert pd.isna(told["trimmed"])
    assert (told["negative"], told["stage"]) == (0, "weight")


def test_diagnostics_of_stages_count_the_trimmed():
    stages = {"raked": RAKED_3, "trimmed": weights.trim(RAKED_3, upper=70, lower=12)}
    told = schema.check(weights.diagnostics(stages, upper=70, lower=12), "weight_diagnostics")
    assert told["stage"].tolist() == ["raked", "trimmed"]
    assert told["trimmed"].tolist() == [int(((w >= 70) | (w <= 12)).sum()) for w in stages.values()]
    assert told["kish_deff"].is_monotonic_decreasing


def test_diagnostics_of_nobody_are_unknown():
    told = schema.check(weights.diagnostics(pd.Series([], dtype=float)), "weight_diagnostics")
    assert told["n"].tolist() == [0]
    assert told.drop(columns=["stage", "n"]).isna().all(axis=None)


def test_gaps_close_with_raking():
    gaps = schema.check(
        weights.margin_gaps(DF, MARGINS, weights=RAKED_3, base="base"), "margin_gaps"
    )
    east = gaps[gaps["level"] == "east"].iloc[0]
    share = DF.loc[DF["region"] == "east", "base"].sum() / DF["base"].sum()
    assert east[["variable", "population"]].tolist() == ["region", 0.36]
    assert east["n"] == (DF["region"] == "east").sum()
    assert (east["before"], east["gap_before"]) == pytest.approx((share, share - 0.36))
    assert gaps["gap_after"].abs().max() < 1e-10
    assert gaps.groupby("variable")[["population", "before", "after"]].sum().sub(1).abs().max(axis=None) < 1e-9  # fmt: skip


def test_gaps_show_levels_of_one_side_and_missing_values():
    df = pd.DataFrame({"region": ["N", "N", "X", None]})
    gaps = weights.margin_gaps(df, {"region": {"N": 3, "S": 1}}, weights=pd.Series([1.0] * 4))
    assert gaps["level"].tolist() == ["N", "S", "X", "(missing)"]
    assert gaps["n"].tolist() == [2, 0, 1, 1]
    assert gaps["population"].tolist()[:3] == [0.75, 0.25, 0]
    assert gaps["before"].tolist()[:3] == pytest.approx([2 / 3, 0, 1 / 3])
    assert gaps.loc[3, ["population", "before", "gap_after"]].isna().all()


# ---- a whole quarter -------------------------------------------------------------------------------


def quarter(count: int = 400, seed: int = 4):
    """A frame, what became of everybody, and their answers; the north answers less."""
    luck = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{i:04d}" for i in range(count)],
            "region": luck.choice(["N", "S", "W"], count, p=[0.5, 0.3, 0.2]),
            "tier": luck.choice(["A", "B"], count),
        }
    ).astype("str")
    invited = np.arange(count) % 2 == 0
    answers = invited & (luck.random(count) < np.where(frame["region"] == "N", 0.3, 0.7))
    ended = np.where(answers, "complete", np.where(invited, "refusal", "not_invited"))
    dispositions = frame.assign(disposition=ended)
    responses = frame.loc[answers, ["customer_id"]].reset_index(drop=True)
    responses.insert(0, "response_id", [f"r{i}" for i in range(len(responses))])
    return responses, frame, dispositions


RESPONSES, MEMBERS, ENDED = quarter()
PLAN = study.Weighting(nonresponse=("region",), margins=("region", "tier"), trim=3.0)


def with_frame(made: pd.DataFrame, responses=RESPONSES, frame=MEMBERS) -> pd.DataFrame:
    return made.merge(responses, on="response_id").merge(frame, on="customer_id", how="left")


@pytest.mark.parametrize(
    "plan",
    [
        study.Weighting(),
        study.Weighting(nonresponse=("region", "tier")),
        study.Weighting(margins=("region", "tier")),
        study.Weighting(trim=1.5),
        PLAN,
    ],
    ids=["nothing", "nonresponse", "margins", "trim", "all"],
)
def test_the_weights_of_a_quarter_stand_for_its_frame(plan):
    made = schema.check(weights.of_quarter(RESPONSES, MEMBERS, ENDED, plan), "weights")
    assert made["response_id"].tolist() == RESPONSES["response_id"].tolist()
    assert made["weight"].sum() == pytest.approx(400)
    assert set(made["design_weight"]) == {2.0}
    assert set(made["population"]) == {400.0}
    assert made["cluster"].tolist() == RESPONSES["customer_id"].tolist()
    joined = with_frame(made)
    for column in plan.margins:
        close(joined.groupby(column)["weight"].sum(), MEMBERS.groupby(column).size())
    if plan == study.Weighting():
        close(made["weight"], 400 / len(made))


def test_a_quarter_is_its_steps_in_turn():
    plan = study.Weighting(nonresponse=("region",), margins=("tier",))
    invited = ENDED[ENDED["disposition"] != "not_invited"]
    base = weights.nonresponse(
        invited, invited["disposition"] == "complete", ["region"], separation="firth",
        base=pd.Series(2.0, index=invited.index),
    )  # fmt: skip
    answered = MEMBERS.loc[base.index]
    expected = weights.rake(answered, weights.margins_of(MEMBERS, ["tier"]), base=base)
    close(weights.of_quarter(RESPONSES, MEMBERS, ENDED, plan)["weight"], expected)


def test_a_quarter_with_a_sample_takes_its_strata_and_chances():
    strata = MEMBERS["region"].where(MEMBERS["region"] == "N", "rest")
    drawn = ENDED["disposition"] != "not_invited"
    counts = strata[drawn].value_counts()
    chance = strata.map(counts / strata.value_counts())
    sample = MEMBERS.assign(stratum=strata, inclusion_probability=chance)[drawn]
    made = weights.of_quarter(RESPONSES, MEMBERS, ENDED, PLAN, sample=sample)
    joined = with_frame(made)
    close(joined["design_weight"], 1 / chance[drawn & (ENDED["disposition"] == "complete")])
    north = joined[joined["stratum"] == "N"]
    close(north["population"], (MEMBERS["region"] == "N").sum())
    assert set(joined["stratum"]) == {"N", "rest"}
    volunteer = weights.of_quarter(
        RESPONSES, MEMBERS, ENDED, PLAN, sample=sample[sample["customer_id"] != RESPONSES.loc[0, "customer_id"]]
    )  # fmt: skip
    assert volunteer["stratum"].tolist() == ["outside", *made["stratum"].tolist()[1:]]
    assert volunteer["weight"].sum() == pytest.approx(400)


def test_answers_from_outside_the_frame_change_no_composition():
    strangers = pd.DataFrame({"response_id": ["x1", "x2"], "customer_id": [None, "C9999"]})
    more = pd.concat([RESPONSES, strangers.astype("str")], ignore_index=True)
    made = weights.of_quarter(more, MEMBERS, ENDED, PLAN)
    alone = weights.of_quarter(RESPONSES, MEMBERS, ENDED, PLAN)
    assert made["weight"].sum() == pytest.approx(400)
    close(made["weight"].iloc[:-2] / alone["weight"], len(RESPONSES) / len(more))
    close(made["weight"].iloc[-2:], 400 / len(more))
    assert made["cluster"].tolist()[-2:] == ["x1", "x2"]


def test_two_answers_of_one_customer_share_its_weight():
    again = RESPONSES.iloc[[0]].assign(response_id="again")
    made = weights.of_quarter(
        pd.concat([RESPONSES, again], ignore_index=True), MEMBERS, ENDED, study.Weighting()
    )
    assert made["weight"].iloc[0] == made["weight"].iloc[-1] == made["weight"].iloc[1] / 2
    assert made["cluster"].iloc[0] == made["cluster"].iloc[-1]


@pytest.mark.parametrize("respondents_lack_it", [True, False])
def test_a_value_missing_in_the_frame_is_a_level_or_spread(respondents_lack_it):
    answered = MEMBERS["customer_id"].isin(RESPONSES["customer_id"])
    gone = MEMBERS.index[answered == respondents_lack_it][:9]
    frame = MEMBERS.assign(tier=MEMBERS["tier"].mask(MEMBERS.index.isin(gone)))
    made = weights.of_quarter(RESPONSES, frame, ENDED, PLAN)
    joined = with_frame(made, frame=frame)
    margins = weights.margins_of_quarter(joined, frame, PLAN)
    gaps = weights.margin_gaps(joined, margins, weights="weight")
    assert gaps["gap_after"].abs().max() < 1e-9
    tiers = gaps.loc[gaps["variable"] == "tier", "level"].tolist()
    assert sorted(tiers) == (["(missing)"] if respondents_lack_it else []) + ["A", "B"]


def test_the_ineligible_take_no_part_in_nonresponse():
    wrong = ENDED["disposition"].where(ENDED["disposition"] != "refusal", "ineligible")
    plan = study.Weighting(nonresponse=("region",))
    made = weights.of_quarter(RESPONSES, MEMBERS, ENDED.assign(disposition=wrong), plan)
    close(made["weight"], 400 / len(made))


# ---- refusals --------------------------------------------------------------------------------------

SMALL = pd.DataFrame(
    {"r": ["N", "N", "S", "S"], "t": ["A", "B", "A", "B"], "x": [1.0, 2.0, 3.0, 4.0], "ok": [True, False, True, False]}
)  # fmt: skip
R, T = {"r": {"N": 6, "S": 4}}, {"t": {"A": 5, "B": 5}}
SHARES = {"r": {"N": 0.6, "S": 0.4}}


def base(*values) -> pd.Series:
    return pd.Series(values)


def rake(margins, df=SMALL, **kwargs):
    return lambda: weights.rake(df, margins, **kwargs)


DIAGONAL = SMALL.iloc[[0, 3]]
CORNER = SMALL.iloc[[0, 1, 2]]

MANY = pd.DataFrame({"id": [f"C0{n}" for n in range(13)], "ok": [False] + [True] * 12})
REFUSALS = {
    "no rows": (rake(R, SMALL.iloc[:0]), r"responses: expected at least one row"),
    "no margins": (rake({}), r"margins: expected a mapping .* at least one column"),
    "margins of a list": (rake([1]), r"margins: expected a mapping .* found 'list'"),
    "an unknown column": (rake({"q": {"N": 1}}), r"margins: expected the name of a column, found 'q'"),
    "a column twice": (rake(R, SMALL[["r", "r"]]), r"expected one column called 'r', found 2"),
    "margins that disagree": (rake(R | {"t": {"A": 5, "B": 6}}), r"'r' sums to 10 and 't' to 11"),
    "a total beside other totals": (rake(R, total=11), r"total: expected the 10 .* found 11"),
    "a total of 0": (rake(SHARES, total=0), r"total: expected a number above 0"),
    "shares that do not sum to 1": (rake({"r": {"N": 0.6, "S": 0.3}}), r"'r'.*shares that sum to 1, found 0\.9"),
    "a level of the sample only": (rake({"r": {"N": 6}}), r"'r'.*the sample has levels that the population lacks: 'S'"),
    "a level of the population only": (rake({"r": {"N": 6, "S": 4, "W": 2}}), r"'r'.*the population has levels that nobody in the sample has: 'W'"),
    "a level of the population with 0": (rake({"r": {"N": 6, "S": 0}}), r"'r'.*total in the population is 0: 'S'"),
    "a missing value in the sample": (rake(R, SMALL.assign(r=["N", None, "S", "S"])), r"'r' in every row of the sample, found 1 rows"),
    "a missing category in the sample": (rake(R, SMALL.assign(r=pd.Categorical(["N", None, "S", "S"]))), r"'r' in every row of the sample, found 1"),
    "a missing level in the margin": (rake({"r": {"N": 6, "S": 3, None: 1}}), r"every level of the population, found a missing one"),
    "a missing total": (rake({"r": {"N": 6, "S": np.nan}}), r"'r'.*found missing ones at 'S'"),
    "a negative total": (rake({"r": {"N": 6, "S": -1}}), r"'r'.*found negative ones at 'S'"),
    "an infinite total": (rake({"r": {"N": 6, "S": np.inf}}), r"'r'.*found infinite ones at 'S'"),
    "a total in words": (rake({"r": {"N": "many", "S": 1}}), r"'r'.*expected numbers as totals"),
    "totals of 0 only": (rake({"r": {"N": 0, "S": 0}}), r"'r'.*sum to 0"),
    "a level twice": (rake({"r": pd.Series([1, 2], index=["N", "N"])}), r"each level once, found 'N' twice"),
    "numbers without levels": (rake({"r": [6, 4]}), r"'r'.*expected a Series or a mapping"),
    "a margin of no levels": (rake({"r": {}}), r"'r'.*at least one level"),
    "joint levels of the wrong width": (rake({("r", "t"): {"N": 6}}), r"levels of 2 parts"),
    "a joint level missing": (rake({("r", "t"): {("N", "A"): 1, ("N", "B"): 1, ("S", "A"): 1}}), r"r × t.*population lacks: \('S', 'B'\)"),
    "a missing base weight": (rake(R, base=base(1, np.nan, 1, 1)), r"base: .* missing weights in 1 rows, for example at index \[1\]"),
    "a base weight of 0": (rake(R, base=base(1, 0, 1, 1)), r"base: .* zero weights in 1 rows"),
    "a negative base weight": (rake(R, base=base(1, -1, 1, 1)), r"base: .* negative weights in 1 rows"),
    "an infinite base weight": (rake(R, base=base(1, np.inf, 1, 1)), r"base: .* infinite weights"),
    "base weights of another table": (rake(R, base=base(1, 1)), r"base: expected the index of the table \(4 rows\), found another one \(2"),
    "base weights in words": (rake(R, base="t"), r"base: expected numbers, found dtype str"),
    "base weights in an array": (rake(R, base=np.ones(4)), r"base: expected a column's name or a Series"),
    "a tolerance of 0": (rake(R, tol=0), r"tol: expected a number above 0"),
    "rounds that are no number": (rake(R, max_iter=2.5), r"max_iter: expected a whole number"),
    "poststrata of two margins": (lambda: weights.poststratify(SMALL, R | T), r"expected one margin"),
    "poststrata by a text": (lambda: weights.poststratify(SMALL, R["r"], by="r"), r"by: expected a sequence"),
    "a text as columns": (lambda: weights.margins_of(SMALL, "r"), r"columns: expected a sequence"),
    "a frame with missing values": (lambda: weights.margins_of(SMALL.assign(r=["N", None, "S", "S"]), ["r"]), r"'r' in every row of the population"),
    "an unknown calibration": (lambda: weights.calibrate(SMALL, R, method="exp"), r"method: expected 'linear'"),
    "logit without bounds": (lambda: weights.calibrate(SMALL, R, method="logit"), r"bounds: expected two numbers"),
    "bounds beside 1": (lambda: weights.calibrate(SMALL, R, bounds=(1.1, 2)), r"below 1 and one above 1"),
    "a total of a text column": (lambda: weights.calibrate(SMALL, {"t": 5}), r"'t'.*a column of numbers"),
    "a missing number": (lambda: weights.calibrate(SMALL.assign(x=[1, np.nan, 2, 3]), {"x": 5}), r"'x'.*sample, found 1 rows"),
    "no totals": (lambda: weights.calibrate(SMALL, {}), r"totals: expected a mapping"),
    "an upper bound below the mean": (lambda: weights.trim(base(1, 2, 3), upper=1.5), r"around the mean weight 2, found 0 to 1\.5"),
    "bounds that cross": (lambda: weights.trim(base(1, 2), upper=2, lower=3), r"lower: expected a number below upper"),
    "margins without responses": (lambda: weights.trim(base(1, 2), upper=2, margins=R), r"responses: expected the table"),
    "responses of another index": (lambda: weights.trim(base(1, 2), upper=2, margins=R, responses=SMALL), r"responses: expected the index"),
    "trimming a negative weight": (lambda: weights.trim(base(1, -2), upper=2), r"weights: .* negative"),
    "a missing weight to describe": (lambda: weights.diagnostics(base(1, np.nan)), r"weights: expected a number in every row"),
    "text to describe": (lambda: weights.diagnostics(pd.Series(["1", "2"])), r"weights: expected numbers in 'weight', found dtype"),
    "truth to describe": (lambda: weights.diagnostics(pd.Series([True, False], dtype="boolean")), r"weights: expected numbers"),
    "bare numbers to describe": (lambda: weights.diagnostics({"design": [1.0, 2.0]}), r"weights: expected a Series of weights for each stage, found list for 'design'"),
    "weights too large to describe": (lambda: weights.diagnostics(base(1, 1e200)), r"1 missing, infinite or above 1e\+60"),
    "overflowing totals": (rake({"r": {"N": 1e308, "S": 1e308}}), r"'r'.*a number from 1e-60 to 1e\+60, found 1e\+308"),
    "vanishing totals": (rake({"r": {"N": 1e-300, "S": 1e-300}}), r"'r'.*a number from 1e-60 to 1e\+60, found 1e-300"),
    "an overflowing total": (rake(SHARES, total=1e308), r"total: .*found 1e\+308"),
    "a vanishing total": (rake(SHARES, total=1e-300), r"total: .*found 1e-300"),
    "overflowing poststrata": (lambda: weights.poststratify(SMALL, {"r": {"N": 1e308, "S": 1e308}}), r"found 1e\+308"),
    "overflowing base weights": (rake(R, base=base(1e308, 1e308, 1, 1)), r"base: .* found overflowing \(above 1e\+60\) weights in 2 rows"),
    "vanishing base weights": (rake(R, base=base(1e-300, 1, 1, 1)), r"base: .* found vanishing \(below 1e-60\) weights in 1 rows"),
    "an overflowing total to calibrate to": (lambda: weights.calibrate(SMALL, {"x": 1e308}), r"totals\['x'\]: .*found 1e\+308"),
    "an overflowing margin to calibrate to": (lambda: weights.calibrate(SMALL, {"r": {"N": 1e308, "S": 1}}), r"totals\['r'\]: .*found 1e\+308"),
    "an overflowing column to calibrate to": (lambda: weights.calibrate(SMALL.assign(x=1e200), {"x": 5}), r"totals\['x'\], a row of the sample: .*found 1e\+200"),
    "a number of customers below 0": (lambda: weights.calibrate(SMALL, {"x": 5}, total=-1), r"total: expected a number above 0"),
    "no number of customers": (lambda: weights.calibrate(SMALL, {"x": 5}, total=np.nan), r"total: expected a number above 0"),
    "a column of zeros": (lambda: weights.calibrate(SMALL.assign(x=0), {"x": 5}), r"totals\['x'\]: .*found 0 in all 4 rows of the sample"),
    "a column of zeros beside a margin": (lambda: weights.calibrate(SMALL.assign(x=0.0), R | {"x": 5}, method="raking"), r"found 0 in all 4 rows"),
    "many levels where nobody answered": (lambda: weights.nonresponse(MANY, "ok", ["id"]), r"'id' in the sample, found that nobody answered at 1 of its 13 levels"),
    "long levels where nobody answered": (lambda: weights.nonresponse(SMALL.assign(t=["C0" * 11, "B", "B", "B"]), "ok", ["t"]), r"found that \w+ answered at \d of its 2 levels"),
    "many levels of the sample only": (lambda: weights.rake(MANY, {"id": {"x": 1}}), r"population lacks: 13 of its 13 levels"),
    "many levels of the population only": (rake({"r": {"N": 1, "S": 1} | {f"C0{n}": 1 for n in range(12)}}), r"nobody in the sample has: 12 of its 14 levels"),
    "a frame whose ids are numbers": (lambda: weights.of_quarter(RESPONSES, MEMBERS.assign(customer_id=range(len(MEMBERS))), ENDED, PLAN), r"frame.customer_id, responses.customer_id: expected ids of one type"),
    "ids of respondents that are numbers": (lambda: weights.design_weights(TAKEN, TAKEN.assign(customer_id=range(9))), r"sample.customer_id, respondents.customer_id: expected ids of one type"),
    "gaps without weights": (lambda: weights.margin_gaps(SMALL, R, weights=None), r"weights: expected a column's name"),
    "a chance of 0": (lambda: weights.design_weights(TAKEN.assign(inclusion_probability=0)), r"inclusion_probability above 0 .* found 9 rows"),
    "a draw without chances": (lambda: weights.design_weights(FRAME), r"sample: expected the name of a column, found 'inclusion_probability'"),
    "strata without a frame": (lambda: weights.design_weights(TAKEN, strata=["region"]), r"frame: expected the table of all customers"),
    "a stratum of the frame only": (lambda: weights.design_weights(TAKEN.iloc[:4], frame=FRAME, strata=["region"]), r"population\) has strata from which nobody .* 'S'"),
    "a stratum of the sample only": (lambda: weights.design_weights(TAKEN, frame=FRAME.iloc[:60], strata=["region"]), r"sample has strata that the frame .* 'S'"),
    "more drawn than there are": (lambda: weights.design_weights(FRAME, frame=TAKEN, strata=["region"]), r"more customers than the frame .* 'N', 'S'"),
    "an id drawn twice": (lambda: weights.design_weights(pd.concat([TAKEN, TAKEN]), TAKEN), r"each 'customer_id' once, found 9 rows"),
    "a respondent who was not drawn": (lambda: weights.design_weights(TAKEN, FRAME), r"customers of the sample, found 91 rows of others"),
    "nobody responded": (lambda: weights.nonresponse(SMALL.assign(ok=False), "ok", ["r"]), r"at least one respondent"),
    "responded in words": (lambda: weights.nonresponse(SMALL, "t", ["r"]), r"responded: expected true or false"),
    "an unknown adjustment": (lambda: weights.nonresponse(SMALL, "ok", ["r"], method="tree"), r"method: expected 'model'"),
    "no columns to adjust by": (lambda: weights.nonresponse(SMALL, "ok", []), r"columns: expected at least 1"),
    "a level where nobody answered": (lambda: weights.nonresponse(SMALL, "ok", ["t"]), r"'t' in the sample, found that nobody answered at 'B'"),
    "a level where all answered": (lambda: weights.nonresponse(SMALL.assign(ok=[True, True, True, False]), "ok", ["r"]), r"'r' in the sample, found that all answered at 'N'"),
    "a missing value to adjust by": (lambda: weights.nonresponse(SMALL.assign(r=["N", None, "S", "S"]), "ok", ["r"]), r"'r' in every row of the sample"),
    "a quarter with strangers": (lambda: weights.of_quarter(RESPONSES.assign(customer_id="C9"), MEMBERS, ENDED, PLAN, outside="refuse"), r"only customers of the frame, found \d+ rows"),
    "a quarter of strangers": (lambda: weights.of_quarter(RESPONSES.assign(customer_id="C9"), MEMBERS, ENDED, PLAN), r"found none by 'customer_id'"),
    "a frame with an id twice": (lambda: weights.of_quarter(RESPONSES, pd.concat([MEMBERS, MEMBERS]), ENDED, PLAN), r"frame: expected each 'customer_id' once"),
    "a sample of another frame": (lambda: weights.of_quarter(RESPONSES, MEMBERS, ENDED, PLAN, sample=TAKEN.assign(stratum="all")), r"sample: expected only customers of the frame, found 9"),
    "a margin that the frame has not": (lambda: weights.of_quarter(RESPONSES, MEMBERS, ENDED, study.Weighting(margins=("size",))), r"margins: expected the name of a column, found 'size'"),
    "a level from which nobody answered": (lambda: weights.of_quarter(RESPONSES[:1], MEMBERS, ENDED, study.Weighting(margins=("region",))), r"'region'.*levels that nobody in the sample has"),
    "an unknown answer to strangers": (lambda: weights.of_quarter(RESPONSES, MEMBERS, ENDED, PLAN, outside="drop"), r"outside: expected"),
    "an unknown answer to separation": (lambda: weights.nonresponse(SMALL, "ok", ["r"], separation="drop"), r"separation: expected"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_mistake_is_named(name):
    call, message = REFUSALS[name]
    with pytest.raises(ValueError, match=message):
        call()


FAILURES = {
    "a zero that no weights can meet": (rake({"r": {"N": 6, "S": 4}, "t": {"A": 5, "B": 5}}, DIAGONAL), r"largest gap left .* at [rt]='.'; no weights at all can meet them"),
    "a zero that only a weight of 0 meets": (rake({"r": {"N": 6, "S": 4}, "t": {"A": 4, "B": 6}}, CORNER), r"weight of 0 where the sample has respondents \(r='N', t='A'\)"),
    "too few rounds": (rake(MARGINS, DF, base="base", max_iter=2), r"in 2 rounds; the largest gap left is .* allow more rounds"),
    "bounds that no margins allow": (lambda: weights.trim(RAKED, upper=45, responses=CLUS, margins=BOTH), r"margins; the largest gap left is .* at stype='H'"),
    "totals that contradict": (lambda: weights.calibrate(SMALL.assign(y=SMALL["x"]), {"x": 5, "y": 6}), r"no weights were found .* at '[xy]'"),
    "a number that separates": (lambda: weights.nonresponse(SMALL.assign(ok=SMALL["x"] > 2), "ok", ["x"]), r"separates respondents from nonrespondents"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_what_has_no_solution_is_told(name):
    call, message = FAILURES[name]
    with pytest.raises(weights.ConvergenceError, match=message):
        call()


def test_a_column_of_zeros_whose_total_is_0_is_no_matter():
    found = weights.calibrate(SMALL.assign(x=0), R | {"x": 0})
    pd.testing.assert_series_equal(found, weights.calibrate(SMALL, R))


def test_tiny_weights_are_described_like_others():
    tiny, plain = (weights.diagnostics(base(*values)) for values in ((1e-200, 3e-200), (1, 3)))
    same = ["n", "cv", "kish_deff", "n_eff", "top_share", "max_to_median", "negative"]
    pd.testing.assert_frame_equal(tiny[same], plain[same])


def test_few_short_levels_are_named():
    few = MANY.iloc[:12]
    with pytest.raises(ValueError, match="answered at 'C00'; pass"):
        weights.nonresponse(few, "ok", ["id"])


def test_ids_of_another_type_are_found_again():
    numbered = MEMBERS.assign(customer_id=range(len(MEMBERS)))
    ids = dict(zip(MEMBERS["customer_id"], numbered["customer_id"], strict=True))
    texts = [df.assign(customer_id=df["customer_id"].map(ids)) for df in (RESPONSES, ENDED)]
    texts = [df.assign(customer_id=df["customer_id"].astype("Int64").astype("str")) for df in texts]
    found = weights.of_quarter(texts[0], numbered, texts[1], PLAN)
    plain = weights.of_quarter(RESPONSES, MEMBERS, ENDED, PLAN)
    assert found["weight"].tolist() == plain["weight"].tolist()


def test_no_message_shows_an_id():
    for call, _ in REFUSALS.values():
        with pytest.raises(ValueError) as told:
            call()
        assert "C0" not in str(told.value)


def test_a_code_is_given_to_each_level_of_a_text():
    found = factor_of(pd.DataFrame({"a": ["x", "y", None, "x"]}, dtype="str"), "a", "a")
    assert (found.codes.tolist(), found.levels) == ([0, 1, -1, 0], ["x", "y"])


def test_tickets_of_one_customer_are_one_cluster():
    frame = pd.DataFrame({"ticket_id": [f"t{i}" for i in range(20)]})
    frame["customer_id"] = [f"c{i // 4}" for i in range(20)]
    responses = frame[["ticket_id"]].iloc[:12].assign(response_id=[f"r{i}" for i in range(12)])
    ended = frame.assign(disposition=["complete"] * 12 + ["refusal"] * 8)
    plan = study.Weighting()
    table = weights.of_quarter(responses, frame, ended, plan, key="ticket_id")
    assert table["cluster"].tolist() == [f"c{i // 4}" for i in range(12)]
    assert table["population"].tolist() == [5.0] * 12
    assert table["weight"].sum() == pytest.approx(20)
