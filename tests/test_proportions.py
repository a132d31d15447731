"""Intervals of counts: R's values, the printed ones, what holds for any counts, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from csatlib import estimates
from csatlib.estimates.proportions import METHODS

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "proportions.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
OURS = {"agresti-coull": "agresti_coull", "asymptotic": "wald", "prop.test": "wilson_continuity"}
PRINTED = {"wilson_cc": "wilson_continuity", "clopper_pearson": "exact", "midp": "mid_p"}
#: R finds the limits of these two by a search with a tolerance.
SEARCHED = {"lrt": 1e-4, "bayes": 1e-7}
COLUMNS = ["successes", "n", "estimate", "ci_low", "ci_high", "method", "reason"]

every_method = pytest.mark.parametrize("method", METHODS)


def limits(x, n, **options):
    table = estimates.proportion_interval(x, n, **options)
    return table[["ci_low", "ci_high"]].to_numpy(dtype=float, na_value=np.nan)


def cases():
    for name, by_method in RESULTS.items():
        if name.startswith("binom/"):
            x, n = map(int, name.split("/")[1:])
            for method, value in by_method.items():
                yield pytest.param(x, n, method, value, id=f"{method}-{x}-of-{n}")


# Values from other software ------------------------------------------------------------------


@pytest.mark.parametrize(("x", "n", "method", "value"), list(cases()))
def test_limits_are_those_of_r(x, n, method, value):
    found = limits(x, n, method=OURS.get(method, method))[0]
    if method == "asymptotic" and x in (0, n):
        assert value[0] == value[1]  # R's interval has no width there: ours is none
        assert np.isnan(found).all()
        return
    absolute = SEARCHED.get(method, 1e-15)
    assert found == pytest.approx(value, rel=1e-10, abs=absolute)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("mid_p/81/263", "mid_p"),
        ("jeffreys/5/50", "jeffreys"),
        ("prop.test/10/20", "wilson_continuity"),
    ],
)
def test_further_methods_are_those_of_r(name, method):
    x, n = map(int, name.split("/")[1:])
    assert limits(x, n, method=method)[0] == pytest.approx(RESULTS[name], rel=1e-10)


@pytest.mark.parametrize("name", [name for name in RESULTS if name.startswith("PUBLISHED")])
def test_limits_are_the_printed_ones(name):
    x, n = map(int, name.split("/")[1:])
    for method, value in RESULTS[name].items():
        assert np.round(limits(x, n, method=PRINTED.get(method, method))[0], 4).tolist() == value


def test_nps_of_counts_is_r_with_n_minus_1():
    recommend = REFERENCE["inputs"]["recommend"]["value"]
    row = estimates.nps(pd.DataFrame({"recommend": recommend}), "recommend").iloc[0]
    assert row["estimate"] == pytest.approx(100 * RESULTS["nps/nps"], rel=1e-10)
    assert row["se"] == pytest.approx(100 * RESULTS["nps/by_hand_se_n_minus_1"], rel=1e-10)
    t_limits = 100 * np.array(RESULTS["nps/t_ci_on_minus100plus"])
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(t_limits, rel=1e-10)
    # R's NPS package divides by n.
    assert row["se"] * np.sqrt(0.99) == pytest.approx(100 * RESULTS["nps/nps.se"], rel=1e-10)


# Definitions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("conf", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("x", "n"), [(1, 20), (5, 50), (19, 20), (81, 263)])
def test_likelihood_ratio_limits_lie_where_the_likelihood_has_fallen_enough(x, n, conf):
    ends = limits(x, n, method="lrt", conf=conf)[0]
    fall = stats.binom.logpmf(x, n, x / n) - stats.binom.logpmf(x, n, ends)
    assert 2 * fall == pytest.approx(stats.chi2(1).ppf(conf), rel=1e-9)


@pytest.mark.parametrize(("x", "n"), [(1, 20), (5, 50), (19, 20), (81, 263)])
def test_the_bayes_interval_is_the_shortest_of_its_probability(x, n):
    posterior = stats.beta(x + 0.5, n - x + 0.5)
    low, high = limits(x, n, method="bayes")[0]
    assert posterior.cdf(high) - posterior.cdf(low) == pytest.approx(0.95, rel=1e-10)
    assert posterior.pdf(low) == pytest.approx(posterior.pdf(high), rel=1e-6)


@pytest.mark.parametrize(("x", "n"), [(1, 20), (5, 50), (19, 20), (81, 263)])
def test_mid_p_counts_half_of_the_observed(x, n):
    low, high = limits(x, n, method="mid_p")[0]
    half = stats.binom.pmf(x, n, [low, high]) / 2
    assert stats.binom.sf(x, n, low) + half[0] == pytest.approx(0.025, rel=1e-9)
    assert stats.binom.cdf(x - 1, n, high) + half[1] == pytest.approx(0.025, rel=1e-9)


# Promises for any counts ---------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*METHODS]),
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
def test_an_interval_has_a_width_holds_the_share_and_mirrors(method, counts, conf):
    x, n = counts
    low, high = limits(x, n, method=method, conf=conf)[0]
    if method == "wald" and x in (0, n):
        assert np.isnan([low, high]).all()
        return
    assert low < high
    if method not in ("jeffreys", "agresti_coull", "wald"):
        assert 0 <= low <= x / n <= high <= 1
    if method != "cloglog":  # its scale is not symmetric
        assert limits(n - x, n, method=method, conf=conf)[0] == pytest.approx(
            [1 - high, 1 - low], rel=1e-9, abs=1e-9
        )


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("wald", "agresti_coull")])
@pytest.mark.parametrize(("x", "n"), [(0, 1), (1, 1), (0, 20), (20, 20)])
def test_at_the_ends_the_interval_is_one_sided_and_never_empty(method, x, n):
    low, high = limits(x, n, method=method)[0]
    assert high - low > 0.05
    if method != "jeffreys":
        assert (low == 0) if x == 0 else (high == 1)


@every_method
def test_no_answers_no_interval(method):
    row = estimates.proportion_interval(0, 0, method=method).iloc[0]
    assert row["reason"] == "empty"
    assert row[["estimate", "ci_low", "ci_high"]].isna().all()


def test_wald_says_why_it_has_no_interval():
    table = estimates.proportion_interval([0, 5, 10], 10, method="wald")
    assert table["reason"].fillna("").tolist() == ["no_variation", "", "no_variation"]
    assert table["estimate"].tolist() == [0, 0.5, 1]
    assert table["ci_low"].isna().tolist() == [True, False, True]


@every_method
def test_rows_are_alike_alone_or_together(method):
    x, n = [0, 3, 20, 7, 0], [20, 9, 20, 14, 0]
    together = estimates.proportion_interval(x, n, method=method)
    alone = [estimates.proportion_interval(a, b, method=method) for a, b in zip(x, n, strict=True)]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))
    assert list(together.columns) == COLUMNS
    assert together["method"].eq(method).all()


def test_counts_may_be_series_and_one_n_serves_all():
    x = pd.Series([3, 4], index=["a", "b"], dtype="Int64")
    table = estimates.proportion_interval(x, 10)
    assert table[["successes", "n"]].to_numpy().tolist() == [[3, 10], [4, 10]]
    assert table["method"].tolist() == ["wilson", "wilson"]
    assert estimates.proportion_interval([], 10).empty


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"successes": 5, "n": 4}, "at most n, found 5 of 4 in position 0"),
        ({"successes": [1, 5], "n": [2, 4]}, "position 1"),
        ({"successes": 0.8, "n": 10}, "successes: expected whole numbers.*counts, not shares"),
        ({"successes": -1, "n": 10}, "successes: expected whole numbers, 0 or more"),
        ({"successes": 1, "n": np.nan}, "n: expected whole numbers"),
        ({"successes": 1, "n": np.inf}, "n: expected whole numbers"),
        ({"successes": "many", "n": 10}, "successes: expected whole numbers"),
        ({"successes": [1, pd.NA], "n": 10}, "successes: expected whole numbers"),
        ({"successes": [[1, 2]], "n": 10}, "one list of counts"),
        ({"successes": [1, 2], "n": [3, 4, 5]}, "as many numbers as successes"),
        ({"successes": 1, "n": 10, "method": "clopper"}, "method: expected one of wilson"),
        ({"successes": 1, "n": 10, "conf": 95}, "write 0.95 for 95 %"),
        ({"successes": 1, "n": 10, "conf": 1}, "conf: expected a number between 0 and 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_share_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        estimates.proportion_interval(**arguments)
