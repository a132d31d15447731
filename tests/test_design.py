"""Means, totals, ratios and shares under designs of every kind are those of R's survey package.

The R expression beside each value, and what its names stand for, are in ``survey_designs.json``.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from survey_designs import reference, survey

from csatlib import estimates, schema
from csatlib.estimates import Design

RESULTS = {name: entry["value"] for name, entry in reference("survey_designs").items()}
METHODS = {"beta": "beta", "xlogit": "logit", "asin": "arcsine", "likelihood": "likelihood"}
STRATIFIED = ("S", "Sw", "Z", "CG", "Jn")


def cases(prefix: str) -> pytest.MarkDecorator:
    names = [name for name in RESULTS if name.startswith(prefix)]
    return pytest.mark.parametrize("name", names, ids=lambda name: name.removeprefix(prefix))


def only_row(table: pd.DataFrame) -> pd.Series:
    assert len(schema.check(table, "estimates")) == 1
    return table.iloc[0]


def assert_is(row: pd.Series, value: dict, *, rel: float = 1e-10) -> None:
    found = [row["estimate"], row["se"], row["ci_low"], row["ci_high"]]
    assert found == pytest.approx([value["estimate"], value["se"], *value["ci"]], rel=rel)
    assert row["df"] == value["df"]


def under(name: str) -> tuple[pd.DataFrame, dict]:
    df, design = survey(name)
    return df, {"design": design, "min_base": 1}


# ---- every design ------------------------------------------------------------------------------


@cases("design/")
def test_a_design_is_r_s(name):
    _, letter, what = name.split("/")
    df, options = under(letter)
    counts = ("mobility", "ell") if letter in STRATIFIED else ("enroll", "api.stu")
    found = {
        "api00": partial(estimates.mean, df, "api00"),
        "part": partial(estimates.mean, df, "part"),
        "nps": partial(estimates.mean, df, "promoters"),
        "high": partial(estimates.mean, df, "api00", where=df["stype"] == "H"),
        "domain_part": partial(estimates.mean, df, "part", where=df["improving"]),
        "enroll": partial(estimates.total, df, counts[0]),
        "ratio": partial(estimates.ratio, df, counts[1], counts[0]),
        "beta": partial(estimates.share, df, "satisfied", where=df["improving"], method="beta"),
    }[what](**options)
    assert_is(only_row(found), RESULTS[name])


@pytest.mark.parametrize("letter", [*STRATIFIED, "C", "RK", "CL", "J1", "G", "B"])
def test_nps_is_the_mean_of_its_three_bands_under_any_design(letter):
    df, options = under(letter)
    bands = df["score"].map({1: 3, 2: 6, 3: 7, 4: 8, 5: 9})
    nps = only_row(estimates.nps(df.assign(bands=bands), "bands", **options))
    mean = only_row(estimates.mean(df, "promoters", **options))
    assert nps[["n", "df"]].tolist() == mean[["n", "df"]].tolist()
    assert nps[["estimate", "se"]].tolist() == pytest.approx(mean[["estimate", "se"]].tolist())


@cases("lonely/")
def test_a_lonely_stratum_is_counted_as_r_counts_it(name):
    _, option, what = name.split("/")
    df, _ = survey("S")
    lonely = {"certainty": "certainty", "adjust": "centre"}[option]
    where = df["stype"] == "H" if what == "domain" else None
    item = "api00" if what == "domain" else what
    design = Design("pw", "lone", lonely=lonely)
    assert_is(only_row(estimates.mean(df, item, where=where, design=design)), RESULTS[name])


def test_a_lonely_stratum_is_refused_as_r_does_by_default():
    df, design = survey("L")
    with pytest.raises(ValueError, match=r"stratum: expected two or more rows .* found one in 'L'"):
        estimates.mean(df, "api00", design=design)


@cases("share/")
def test_an_interval_of_a_share_is_r_s(name):
    _, letter, method = name.split("/")
    df, options = under(letter)
    if method == "mean":
        found = estimates.mean(df, "satisfied", **options)
    else:
        found = estimates.share(df, "satisfied", method=METHODS[method], **options)
    row, value = only_row(found), RESULTS[name]
    if method != "likelihood":
        assert_is(row, value)
        return
    # R fits the share by iteration and interpolates the profile between ten points.
    assert row["estimate"] == pytest.approx(value["estimate"], rel=1e-6)
    assert row["se"] == pytest.approx(value["se"], rel=1e-10)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(value["ci"], rel=1e-4)


def test_the_likelihood_interval_ends_where_r_s_deviance_reaches_its_bound():
    df, options = under("C")
    row = only_row(estimates.share(df, "satisfied", method="likelihood", **options))
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(RESULTS["profile/C"], rel=1e-7)


@pytest.mark.parametrize("yes", [0, 1], ids=["none", "all"])
def test_the_likelihood_interval_of_a_unanimous_answer_is_korn_and_graubard_s(yes):
    df = pd.DataFrame({"satisfied": [bool(yes)] * 40})
    profile = estimates.share(df, "satisfied", method="likelihood")
    pd.testing.assert_frame_equal(profile, estimates.share(df, "satisfied"))


# ---- the published example: apistrat -----------------------------------------------------------


def values(row: pd.Series, *names: str) -> list[float]:
    return [row[name] for name in names]


def normal(row: pd.Series) -> list[float]:
    """Give the limits that R's confint has by default, with infinite degrees of freedom."""
    half = stats.norm.ppf(0.975) * row["se"]
    return [row["estimate"] - half, row["estimate"] + half]


@pytest.mark.parametrize(
    ("position", "item"), list(enumerate(["api00", "api99"])), ids=["api00", "api99"]
)
def test_mean_is_svymean(position, item):
    df, options = under("S")
    row, value = only_row(estimates.mean(df, item, **options)), RESULTS["B1/mean_api00_api99"]
    assert row["estimate"] == pytest.approx(value["estimate"][item], rel=1e-10)
    assert row["se"] == pytest.approx(value["se"][position], rel=1e-10)
    assert row["se"] ** 2 == pytest.approx(value["vcov"]["data"][position][position], rel=1e-10)
    assert normal(row) == pytest.approx(value["confint"]["data"][position], rel=1e-10)
    assert row["df"] == RESULTS["B1/degf"]


def test_the_interval_of_a_mean_has_the_degrees_of_freedom_of_the_design():
    df, options = under("S")
    row = only_row(estimates.mean(df, "api00", **options))
    expected = RESULTS["B1/confint_t_df"]["data"][0]
    assert values(row, "ci_low", "ci_high") == pytest.approx(expected, rel=1e-10)


def test_total_is_svytotal():
    df, options = under("S")
    row, value = only_row(estimates.total(df, "enroll", **options)), RESULTS["B1/total_enroll"]
    assert row["estimate"] == pytest.approx(value["estimate"]["enroll"], rel=1e-10)
    assert row["se"] == pytest.approx(value["se"], rel=1e-10)
    assert normal(row) == pytest.approx(value["confint"]["data"][0], rel=1e-10)


@pytest.mark.parametrize("level", ["E", "H", "M"])
@pytest.mark.parametrize("metric", ["total", "mean"])
def test_a_stratum_s_size_is_fixed_by_the_design(metric, level):
    df, options = under("S")
    df = df.assign(of_level=df["stype"] == level)
    row = only_row(getattr(estimates, metric)(df, "of_level", **options))
    value = RESULTS[f"B1/{metric}_stype"]
    assert row["estimate"] == pytest.approx(value["estimate"][f"stype{level}"], rel=1e-10)
    assert value["se"] == [0, 0, 0]
    assert (row["se"], row["reason"]) == (0, "fixed_by_design")
    assert row[["ci_low", "ci_high"]].isna().all()


def test_ratio_is_svyratio():
    df, options = under("S")
    row = only_row(estimates.ratio(df, "api.stu", "enroll", **options))
    value = RESULTS["B1/ratio_apistu_enroll"]
    assert row["estimate"] == pytest.approx(value["ratio"]["data"][0][0], rel=1e-10)
    assert row["se"] == pytest.approx(value["se"], rel=1e-10)
    assert normal(row) == pytest.approx(value["confint"]["data"][0], rel=1e-10)


@pytest.mark.parametrize(
    ("name", "method", "rel"),
    [
        ("beta", "korn_graubard", 1e-10),
        ("beta", "beta", 1e-10),
        ("xlogit", "logit", 1e-10),
        ("asin", "arcsine", 1e-10),
        ("logit", "logit", 1e-8),
        ("likelihood", "likelihood", 1e-5),
    ],
    ids=["default", "beta", "xlogit", "asin", "logit by iteration", "likelihood by iteration"],
)
def test_share_is_svyciprop(name, method, rel):
    df, options = under("S")
    df = df.assign(wide=df["sch.wide"] == "Yes")
    row = only_row(estimates.share(df, "wide", method=method, **options))
    value = RESULTS[f"B1/ciprop_schwide_{name}"]
    assert row["estimate"] == pytest.approx(value["estimate"], rel=max(rel, 1e-10))
    assert row["se"] ** 2 == pytest.approx(value["var"], rel=1e-10)
    assert values(row, "ci_low", "ci_high") == pytest.approx(value["ci"], rel=rel)


def test_the_mean_of_0_and_1_is_svyciprop_mean():
    df, options = under("S")
    row = only_row(estimates.mean(df.assign(wide=df["sch.wide"] == "Yes"), "wide", **options))
    value = RESULTS["B1/ciprop_schwide_mean"]
    assert row["estimate"] == pytest.approx(value["estimate"], rel=1e-10)
    assert row["se"] ** 2 == pytest.approx(value["var"], rel=1e-10)
    assert values(row, "ci_low", "ci_high") == pytest.approx(value["ci"], rel=1e-10)


def test_a_small_share_is_svyciprop():
    df, options = under("S")
    df = df.assign(none=df["ell"] == 0)
    row, value = only_row(estimates.share(df, "none", **options)), RESULTS["B1/ciprop_ell0_beta"]
    assert row["estimate"] == pytest.approx(value["estimate"], rel=1e-10)
    assert row["se"] ** 2 == pytest.approx(value["var"], rel=1e-10)
    assert values(row, "ci_low", "ci_high") == pytest.approx(value["ci"], rel=1e-10)
    # The same on the logit scale with infinite degrees of freedom, from our estimate and error.
    p, half = row["estimate"], stats.norm.ppf(0.975) * row["se"]
    logit = special.logit(p) + np.array([-1, 1]) * half / (p * (1 - p))
    infinite = RESULTS["B1/ciprop_ell0_logit_df_Inf"]["ci"]
    assert special.expit(logit) == pytest.approx(infinite, rel=1e-8)


@pytest.mark.parametrize(
    ("position", "level"), list(enumerate(["E", "H", "M"])), ids=["E", "H", "M"]
)
def test_groups_are_svyby(position, level):
    df, options = under("S")
    table = estimates.mean(df, "api00", by=["stype"], **options)
    row = only_row(table[table["group"] == level])
    value = {name: column[position] for name, column in RESULTS["B1/by_stype_mean"].items()}
    assert value["stype"] == level
    assert row["estimate"] == pytest.approx(value["api00"], rel=1e-10)
    assert row["se"] == pytest.approx(value["se"], rel=1e-10)
    assert normal(row) == pytest.approx([value["ci_l"], value["ci_u"]], rel=1e-10)
    assert row["se"] / row["estimate"] == pytest.approx(value["cv"], rel=1e-10)
    assert row["se"] ** 2 == pytest.approx(value["var"], rel=1e-10)


def test_a_domain_is_r_s_subset():
    df, options = under("S")
    row = only_row(estimates.mean(df, "api00", where=df["improving"], **options))
    value = RESULTS["B1/domain_compimpYes"]
    assert row["estimate"] == pytest.approx(value["estimate"]["api00"], rel=1e-10)
    assert row["se"] == pytest.approx(value["se"], rel=1e-10)
    assert normal(row) == pytest.approx(value["confint"]["data"][0], rel=1e-10)


# ---- leverage ------------------------------------------------------------------------------------


def test_residuals_over_the_root_of_one_less_their_leverage():
    luck = np.random.default_rng(4)
    df = pd.DataFrame(
        {"score": luck.integers(1, 6, 90), "region": luck.choice(["a", "b", "c"], 90)}
    )
    totals = pd.Series({"a": 50.0, "b": 30.0, "c": 20.0})
    count = df["region"].value_counts()
    df["weight"] = df["region"].map(totals / count)
    plan = Design(weight="weight", margins=["region"], leverage=True)
    found = estimates.mean(df, "score", design=plan)
    # Within a post-stratum of n rows the residual is that from its mean, and the leverage 1/n.
    share = df["weight"] / 100
    residual = df["score"] - df.groupby("region")["score"].transform("mean")
    influence = share * residual / np.sqrt(1 - 1 / df["region"].map(count))
    expected = np.sqrt(90 / 89 * ((influence - influence.mean()) ** 2).sum())
    assert found["se"][0] == pytest.approx(expected, rel=1e-12)
    plain = estimates.mean(df, "score", design=Design(weight="weight", margins=["region"]))
    assert found["se"][0] > plain["se"][0]
    assert found["estimate"][0] == plain["estimate"][0]


def test_a_row_that_alone_decides_its_fit_has_no_residual_to_stretch():
    df = pd.DataFrame({"score": [1, 2, 4, 5, 3, 2] * 6, "region": ["a", "b"] * 18})
    df.loc[0, "region"] = "alone"
    df["weight"] = 1.0
    plan = Design(weight="weight", margins=["region"], leverage=True)
    found = estimates.mean(df, "score", design=plan)
    assert np.isfinite(found["se"][0])


def test_leverage_is_about_margins():
    with pytest.raises(ValueError, match="leverage: expected margins"):
        Design(weight="weight", leverage=True)
