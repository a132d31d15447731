"""Bootstrap replicates: what they add up to, and the errors they lead to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from survey_designs import survey

from csatlib import estimates
from csatlib.estimates import Design

COUNT = 250
#: A standard error from R replicates has a relative error of about 1/√(2(R − 1)), more with heavy
#: tails; four times that is never seen.
NEAR = 4 / np.sqrt(2 * (COUNT - 1))


def replicated(df: pd.DataFrame, design: Design, **options) -> tuple[pd.DataFrame, Design]:
    drawn = estimates.bootstrap(df, design, n=COUNT, seed=7, **options)
    return pd.concat([df, drawn], axis=1), Design(design.weight, replicates=list(drawn.columns))


@pytest.fixture(scope="module")
def samples() -> dict[str, tuple[pd.DataFrame, Design, pd.DataFrame, Design]]:
    return {letter: (*survey(letter), *replicated(*survey(letter))) for letter in ("S", "Sw", "C")}


def se(row: pd.DataFrame) -> float:
    return row["se"].iloc[0]


# ---- the weights -------------------------------------------------------------------------------


def test_the_weights_are_rao_and_wu_s():
    df, design = survey("Cw")
    drawn = estimates.bootstrap(df, design, n=50, seed=1)
    factors = drawn.div(df["pw"], axis=0).groupby(df["dnum"]).agg(["min", "max"])
    low, high = factors.xs("min", axis=1, level=1), factors.xs("max", axis=1, level=1)
    np.testing.assert_allclose(low, high)
    times = low * 14 / 15
    np.testing.assert_allclose(times, times.round(), atol=1e-12)
    assert (times.round().sum() == 14).all()


def test_each_stratum_draws_from_itself():
    df, design = survey("Sw")
    drawn = estimates.bootstrap(df, design, n=20, seed=1)
    for level, rows in df.groupby("stype").groups.items():
        totals = drawn.loc[rows].sum()
        np.testing.assert_allclose(totals, df.loc[rows, "pw"].sum(), err_msg=level)


def test_a_finite_population_leaves_less_to_chance():
    df, design = survey("S")
    drawn = estimates.bootstrap(df, design, n=40, seed=1)
    plain = estimates.bootstrap(df, Design("pw", "stype"), n=40, seed=1)
    fraction = df["stype"].map(df.groupby("stype").size()) / df["fpc"]
    moved = drawn.sub(df["pw"], axis=0)
    expected = plain.sub(df["pw"], axis=0).mul(np.sqrt(1 - fraction), axis=0)
    np.testing.assert_allclose(moved, expected, atol=1e-9)
    assert (drawn > 0).all(axis=None)


def test_strata_taken_whole_keep_their_weights():
    df = pd.DataFrame({"stratum": ["all"] * 4 + ["some"] * 6, "customers": [4] * 4 + [60] * 6})
    drawn = estimates.bootstrap(df, Design(stratum="stratum", population="customers"), n=30)
    assert (drawn.iloc[:4] == 1).all(axis=None)
    assert drawn.iloc[4:].nunique(axis=1).min() > 1


def test_a_lonely_stratum_is_refused_or_certain():
    df, design = survey("L")
    with pytest.raises(ValueError, match="stratum: expected two or more rows"):
        estimates.bootstrap(df, design)
    drawn = estimates.bootstrap(df, Design("pw", "lone", lonely="certainty"), n=5)
    assert (drawn.iloc[0] == df["pw"].iloc[0]).all()
    with pytest.raises(ValueError, match="found 'centre', which resampling"):
        estimates.bootstrap(df, Design("pw", "lone", lonely="centre"))


def test_a_seed_decides_the_draws():
    df, design = survey("C")
    first, again = (estimates.bootstrap(df, design, n=5, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(estimates.bootstrap(df, design, n=5, seed=4))
    assert list(first.columns) == [f"replicate_000{i}" for i in range(1, 6)]
    assert first.index.equals(df.index)


def test_more_replicates_begin_with_longer_names_only_where_needed():
    df = pd.DataFrame({"weight": [1.0, 2.0]}, index=["b", "a"])
    drawn = estimates.bootstrap(df, Design("weight"), n=10_000)
    assert (drawn.columns[0], drawn.columns[-1]) == ("replicate_00001", "replicate_10000")


def test_no_rows_give_no_weights():
    drawn = estimates.bootstrap(
        pd.DataFrame({"weight": pd.Series(dtype=float)}), Design("weight"), n=3
    )
    assert drawn.shape == (0, 3)


# ---- the errors they lead to -------------------------------------------------------------------

STATISTICS = {
    "mean": lambda df, design: estimates.mean(df, "api00", design=design),
    "domain": lambda df, design: estimates.mean(df, "part", where=df["improving"], design=design),
    "total": lambda df, design: estimates.total(df, "api00", design=design),
    "ratio": lambda df, design: estimates.ratio(df, "api00", "api99", design=design),
    "share": lambda df, design: estimates.share(df, "satisfied", design=design),
    "nps": lambda df, design: estimates.nps(
        df.assign(bands=df["score"].map({1: 3, 2: 6, 3: 7, 4: 8, 5: 9})), "bands", design=design
    ),
}


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("letter", ["S", "C"])
def test_the_error_is_that_of_linearisation(samples, letter, statistic):
    df, design, both, bootstrapped = samples[letter]
    taylor, resampled = STATISTICS[statistic](df, design), STATISTICS[statistic](both, bootstrapped)
    assert resampled["estimate"].iloc[0] == pytest.approx(taylor["estimate"].iloc[0])
    # Fifteen clusters are few: a ratio's bootstrap also holds what linearisation leaves out.
    tolerance = NEAR if letter == "S" or statistic == "total" else NEAR + 0.08
    assert se(resampled) == pytest.approx(se(taylor), rel=tolerance)


def test_a_quantile_s_error_comes_from_its_replicates_too(samples):
    df, design, both, bootstrapped = samples["Sw"]
    woodruff, through_shares, direct = (
        estimates.quantile(table, "api00", design=of, interval=interval)["se"].to_numpy(dtype=float)
        for table, of, interval in (
            (df, design, "mean"),
            (both, bootstrapped, "mean"),
            (both, bootstrapped, "replicates"),
        )
    )
    np.testing.assert_allclose(through_shares, woodruff, rtol=0.25)
    np.testing.assert_allclose(direct, woodruff, rtol=0.35)


def test_calibration_is_done_again_in_each_replicate():
    df, _ = survey("Sw")
    totals = pd.Series({"No": 1072.0, "Yes": 5122.0})

    def poststratify(weight: pd.Series) -> pd.Series:
        groups = df["sch.wide"]
        return weight * groups.map(totals) / weight.groupby(groups).transform("sum")

    df = df.assign(calibrated=poststratify(df["pw"]))
    design = Design("calibrated", "stype", margins=["sch.wide"], base="pw")
    both, bootstrapped = replicated(df, design, calibrate=poststratify)
    sums = both.groupby("sch.wide")[list(bootstrapped.replicates)].sum()
    np.testing.assert_allclose(sums, np.tile(totals.to_numpy()[:, None], COUNT))
    taylor = estimates.mean(df, "api00", design=design)
    assert se(estimates.mean(both, "api00", design=bootstrapped)) == pytest.approx(
        se(taylor), rel=NEAR
    )
    # Without it the error is that of weights nobody had calibrated.
    forgetful = estimates.bootstrap(df, Design("calibrated", "stype"), n=COUNT, seed=7)
    blunt = pd.concat([df, forgetful], axis=1)
    plain = estimates.mean(blunt, "api00", design=bootstrapped)
    assert se(plain) > se(taylor) * 1.02


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "options", "message"),
    [
        (Design("pw"), {"n": 1}, "n: expected a whole number of replicates"),
        (Design("pw"), {"n": 2.5}, "n: expected a whole number of replicates"),
        (Design("pw"), {"seed": -1}, "seed: expected a whole number"),
        (Design("pw", replicates=["a", "b"]), {}, "design: expected one without replicates"),
        (Design("pw", margins=["stype"]), {}, "calibrate: expected a function that calibrates"),
        (Design("absent"), {}, "design.weight: expected the name of a column"),
        ({"weight": "pw"}, {}, "design: expected an estimates.Design"),
        (Design("pw"), {"calibrate": lambda w: w.to_numpy()}, "found ndarray in replicate 1"),
        (Design("pw"), {"calibrate": lambda w: w[1:]}, "on the index of the table, found Series"),
        (Design("pw"), {"calibrate": lambda w: -1 - w}, "no negative weight, found 200"),
        (Design("pw"), {"calibrate": lambda w: w * np.inf}, "a finite number in every row"),
    ],
    ids=["one replicate", "half a replicate", "seed", "replicates", "margins", "no column",
         "no design", "array", "fewer rows", "negative", "infinite"],
)  # fmt: skip
def test_what_makes_no_replicates_is_refused(design, options, message):
    with pytest.raises(ValueError, match=message):
        estimates.bootstrap(survey("S")[0], design, **options)
