"""The machinery of the calibration counts rightly, and cannot be fooled by a wrong method."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from calibration import measures
from calibration.calibrated_weights import PEOPLE, sample
from calibration.cells import Cell, Drawn, Result, Tally, covered, in_pieces, rejected, run
from calibration.designed_samples import clusters, strata
from calibration.populations import NPS, SCALES, fixed, numbered, without_replacement, yes
from calibration.simple_samples import DESIGN, scores, share_short
from calibration.suite import CELLS, choose, promise, report, row, run_all

from csatlib import estimates

PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"


def coin(rng: np.random.Generator, replicates: int) -> Drawn:
    return Drawn(numbered(replicates, 1).assign(hit=rng.random(replicates) < 0.9))


def heads(drawn: Drawn) -> Tally:
    return Tally(len(drawn.df), len(drawn.df), int(drawn.df["hit"].sum()))


COIN = Cell("toss", "head", "a coin", 1, coin, heads, 85, 95, replicates=1_000, batch=300)


# ---- counting ------------------------------------------------------------------------------------


def test_an_interval_hits_where_it_holds_the_truth_and_none_is_no_miss():
    table = pd.DataFrame({"ci_low": [1.0, 2.0, 1.5, None], "ci_high": [2.0, 3.0, 1.5, None]})
    table = table.convert_dtypes()
    assert covered(table, 1.5) == Tally(samples=4, published=3, hits=2, flat=1)


def test_the_limits_belong_to_the_interval():
    table = pd.DataFrame({"ci_low": [1.0], "ci_high": [2.0]})
    assert [covered(table, truth).hits for truth in (0.999, 1.0, 2.0, 2.001)] == [0, 1, 1, 0]


def test_each_sample_may_have_a_truth_of_its_own():
    table = pd.DataFrame({"ci_low": [0.0, 0.0], "ci_high": [1.0, 1.0]})
    assert covered(table, np.array([0.5, 1.5])).hits == 1


def test_a_sample_without_a_test_claims_nothing():
    assert rejected([0.05, 0.051, None, 0.001]) == Tally(samples=4, published=4, hits=2)


def test_pieces_give_what_the_whole_gives():
    drawn = scores(SCALES[1], 30, SCALES[1].mean)(np.random.default_rng(1), 23)

    def mean(df):
        return estimates.mean(df, "score", by=["replicate"], design=DESIGN, min_base=1)

    numbers = ["n", "df", "estimate", "se", "ci_low", "ci_high"]
    whole = mean(drawn.df).sort_values("group", key=lambda group: group.astype(int))
    pieces = in_pieces(drawn.df, 5, mean)
    assert pieces["group"].astype(int).tolist() == list(range(23))
    pd.testing.assert_frame_equal(pieces[numbers], whole[numbers].reset_index(drop=True))


# ---- running -------------------------------------------------------------------------------------


def test_a_cell_gives_the_same_counts_in_every_run():
    assert run(COIN).tally == run(COIN).tally
    assert run(COIN).tally.samples == 1_000


def test_batches_and_cells_draw_different_samples():
    one = run(replace(COIN, batch=500, replicates=1_000)).tally.hits
    assert one != 2 * run(replace(COIN, batch=500, replicates=500)).tally.hits
    assert run(COIN).tally.hits != run(replace(COIN, name="tail")).tally.hits


def test_two_processes_count_what_one_counts():
    cells = choose(CELLS, "nps, balanced | simple random sample | 30")
    assert len(cells) == 1
    apart = [result.tally for result in run_all(cells, samples=50)]
    assert apart == [result.tally for result in run_all(cells, samples=50, processes=1)]


# ---- verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "flat", "low", "high", "control", "verdict"),
    [
        (940, 0, 94, 95.8, False, "holds"),
        (939, 0, 94, 95.8, False, "BROKEN"),
        (959, 0, 94, 95.8, False, "BROKEN"),
        (990, 0, 93, None, False, "holds"),
        (990, 1, 93, None, False, "BROKEN"),
        (59, 0, None, 5.9, False, "holds"),
        (60, 0, None, 5.9, False, "BROKEN"),
        (900, 0, None, None, False, "stated"),
        (900, 1, None, None, False, "BROKEN"),
        (780, 0, 93, None, True, "caught"),
        (950, 0, 93, None, True, "MISSED"),
    ],
    ids=[
        "at the lower bound", "below", "above", "one-sided", "an interval without width",
        "at the upper bound", "too often", "no promise", "no promise, no width",
        "a wrong method is caught", "a wrong method passes",
    ],
)  # fmt: skip
def test_the_verdict_goes_by_the_band_as_given(hits, flat, low, high, control, verdict):
    cell = replace(COIN, low=low, high=high, control=control)
    result = Result(cell, Tally(1_000, 1_000, hits, flat), 0.0)
    assert result.verdict == verdict
    assert result.failed is (verdict in ("BROKEN", "MISSED"))


def test_the_suite_fails_on_one_broken_promise_and_on_one_wrong_method_that_passes(capsys):
    good = Result(COIN, Tally(100, 100, 90), 0.0)
    assert report([good]) == 0
    assert report([good, replace(good, tally=Tally(100, 100, 50))]) == 1
    assert report([replace(good, cell=replace(COIN, control=True))]) == 1
    assert "BROKEN: toss | head | a coin | 1: 50.00 %, 85–95 %" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", ["Wald interval", "z in place of t", "Welch and Holm", "clusters ignored"]
)
def test_a_wrong_method_is_caught(words):
    (cell,) = choose(CELLS, words)
    assert cell.control
    assert (
        run(cell, 100 if cell.family == "negative controls" and cell.n == 600 else 1_000).verdict
        == "caught"
    )


@pytest.mark.parametrize(
    "words",
    [
        "mean and NPS | mean, mixed | simple random sample | 100",
        "calibrated weights | mean | raked to 2 margins, unequal base weights | 400",
        "share, census: a fact",
    ],
)
def test_a_right_method_comes_near_its_promise(words):
    (cell,) = choose(CELLS, words)
    result = run(cell, 200)
    assert result.tally.published == 200
    assert result.percent > 90


# ---- the list ------------------------------------------------------------------------------------


def test_no_two_cells_are_alike():
    assert len({cell.key for cell in CELLS}) == len(CELLS)


def test_there_are_ninety_promises_of_ten_thousand_samples_and_seven_wrong_methods():
    promised = [c for c in CELLS if not (c.control or (c.low is None and c.high is None))]
    assert sum(cell.replicates >= 10_000 for cell in promised) >= 90
    studies = [cell for cell in CELLS if cell in measures.CELLS]
    assert all(cell.replicates >= 2_000 for cell in CELLS if cell not in studies)
    # A study of a measure is hundreds of answers in several quarters, estimated one by one.
    assert all(cell.replicates >= 400 for cell in studies)
    assert sum(cell.control for cell in CELLS) == 7


def test_the_page_shows_every_cell_with_its_promise():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    shown = {tuple(re.split(r" *\| *", line)[1:7]) for line in rows}
    for cell in CELLS:
        told = row(Result(cell, Tally(cell.replicates, 1, 1), 0.0))
        assert tuple(re.split(r" *\| *", told)[1:7]) in shown, (cell.key, promise(cell))


# ---- populations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("population", [*SCALES, *NPS, yes(0.95)], ids=lambda p: p.name)
def test_a_population_has_the_parameters_it_states(population):
    assert sum(population.chances) == pytest.approx(1)
    everyone = fixed(population, 100_000)
    assert everyone.mean() == pytest.approx(population.mean, abs=1e-4)
    assert everyone.var() == pytest.approx(population.variance, abs=1e-3)
    nps = 100 * ((everyone >= 9).mean() - (everyone <= 6).mean())
    assert len(population.answers) < 11 or nps == pytest.approx(population.nps, abs=0.01)


def test_clusters_keep_the_population_and_hang_together():
    drawn = clusters(SCALES[2], 10, 10, 0.3)(np.random.default_rng(0), 2_000)
    assert drawn.df["score"].mean() == pytest.approx(SCALES[2].mean, abs=0.02)
    between = drawn.df.groupby("cluster")["score"].mean().var()
    assert between > 2 * SCALES[2].variance / 10


def test_weighted_strata_stand_for_all_customers():
    make = strata((SCALES[1], SCALES[3]), (20, 20), (0.9, 0.1))
    drawn = make(np.random.default_rng(0), 4_000)
    found = np.average(drawn.df["score"], weights=drawn.df["weight"])
    assert found == pytest.approx(drawn.truth, abs=0.01)
    assert drawn.df.groupby("stratum")["replicate"].nunique().eq(1).all()


@pytest.mark.parametrize("unequal", [False, True], ids=["equal base", "unequal base"])
def test_base_weights_stand_for_the_customers_whose_mean_is_stated(unequal):
    make = sample(300, unequal=unequal, truth=PEOPLE.mean)
    drawn = make(np.random.default_rng(0), 1_000)
    for item, truth in (("score", PEOPLE.mean), ("satisfied", PEOPLE.satisfied)):
        found = np.average(drawn.df[item], weights=drawn.df["base"])
        assert found == pytest.approx(truth, abs=0.01)


def test_the_share_that_falls_short_is_that_of_the_model():
    rng = np.random.default_rng(0)
    one = rng.standard_normal(400_000)
    two = 0.5 * one + np.sqrt(0.75) * rng.standard_normal(len(one))
    found = (SCALES[2].of_normal(two) < SCALES[1].of_normal(one)).mean()
    assert found == pytest.approx(share_short(SCALES[1], SCALES[2], 0.5), abs=0.003)


def test_nobody_is_drawn_twice_from_a_finite_population():
    drawn = without_replacement(np.random.default_rng(0), np.arange(40), 30, 50).reshape(50, 30)
    assert all(len(set(people)) == 30 for people in drawn)
