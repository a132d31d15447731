"""What is planted about drivers: the importances of the observed scores, and what follows."""

from dataclasses import replace
from functools import cache
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from csatlib.demo.answers import asked, draw, latent_means
from csatlib.demo.contact import late_chances
from csatlib.demo.design import LINES, QUARTERS
from csatlib.demo.expected import expected
from csatlib.demo.importances import (
    _covariance,
    latent_correlations,
    score_covariances,
    shapley,
)
from csatlib.demo.wave import population

_WAVES = [("hotline", "2026Q1"), ("hotline", "2026Q3"), ("ops_event", "2026Q3")]
_WAVES += [("ops_company", "2026Q3")]
every_wave = pytest.mark.parametrize(("line", "quarter"), _WAVES, ids=[" ".join(w) for w in _WAVES])


@pytest.fixture(scope="module")
def observed(truth):
    return {line: truth["drivers"][line]["observed"] for line in LINES}


def importances_of(scores):
    """LMG by its definition, R² from determinants: another way than the demo's own."""
    table = np.corrcoef(scores.T)
    known = {}

    def r2(chosen):
        chosen = tuple(sorted(chosen))
        if chosen not in known:
            inner = np.linalg.det(table[np.ix_(chosen, chosen)]) if chosen else 1.0
            known[chosen] = 1 - np.linalg.det(table[np.ix_((0, *chosen), (0, *chosen))]) / inner
        return known[chosen]

    drivers = range(1, len(table))
    shares = np.zeros(len(table) - 1)
    for order in permutations(drivers):
        for place, driver in enumerate(order):
            shares[driver - 1] += r2(order[: place + 1]) - r2(order[:place])
    return shares / factorial(len(shares))


@cache
def everyone(line, quarter):
    """List the population, and the latent means of all in time and then of all late."""
    persons = population(line, quarter, 0)[2]
    slow = [replace(person, late=True) for person in persons]
    return persons, latent_means(line, quarter, [*persons, *slow])


def drawn(line, quarter, rng, size):
    """Answers of ``size`` people drawn from a line's whole population, late tickets among them."""
    persons, means = everyone(line, quarter)
    who = rng.integers(len(persons), size=size)
    late = rng.random(size) < late_chances(LINES[line], persons)[who]
    whose = {item: value[who + late * len(persons)] for item, value in means.items()}
    scores = draw(line, whose, rng)[0]
    return np.column_stack([scores[i] for i in ("overall", *asked(LINES[line], quarter))])


@every_wave
def test_the_true_importances_are_those_of_a_very_large_sample(observed, line, quarter):
    rng = np.random.default_rng(20)
    batches = [drawn(line, quarter, rng, 10_000) for _ in range(24)]
    seen = importances_of(np.concatenate(batches))
    each = np.array([importances_of(batch) for batch in batches])
    error = each.std(axis=0, ddof=1) / np.sqrt(len(batches))
    told = observed[line][quarter]
    assert list(told["lmg"]) == asked(LINES[line], quarter)
    assert (np.abs(seen - list(told["lmg"].values())) < 4 * error).all()
    whole = each.sum(axis=1).std(ddof=1) / np.sqrt(len(batches))
    assert abs(seen.sum() - told["r2"]) < 4 * whole
    # The errors are small enough to tell the truth from the latent one and from its neighbours.
    assert error.max() < 0.002


@every_wave
def test_the_covariances_are_those_of_a_very_large_sample(line, quarter):
    items = ["overall", *asked(LINES[line], quarter)]
    told = score_covariances(line, quarter, expected(line, quarter, 0), items, 0)
    rng = np.random.default_rng(21)
    batches = np.array([np.cov(drawn(line, quarter, rng, 10_000).T) for _ in range(16)])
    error = batches.std(axis=0, ddof=1) / 4
    assert (np.abs(batches.mean(axis=0) - told) < 4.5 * error).all()
    assert told == pytest.approx(told.T, abs=0)


@pytest.mark.parametrize("correlation", [-0.8, -0.2, 0.35, 0.6, 0.75])
def test_the_covariance_of_cut_normals_is_that_of_their_distribution_function(correlation):
    first, second = np.array([[-2.1, -0.3, 0.9]]), np.array([[-1.4, 0.0, 2.5]])
    normal = multivariate_normal(cov=[[1, correlation], [correlation, 1]])
    single = multivariate_normal()
    told = sum(
        normal.cdf([x, y]) - single.cdf(x) * single.cdf(y) for x in first[0] for y in second[0]
    )
    assert _covariance(first, second, correlation) == pytest.approx([told], abs=1e-9)


def test_without_correlation_in_a_person_only_the_groups_remain():
    assert _covariance(np.ones((2, 3)), np.ones((2, 3)), 0.0) == pytest.approx([0, 0], abs=0)


def test_shares_of_uncorrelated_drivers_are_their_squared_correlations():
    table = np.array([[4.0, 1.0, -0.5], [1.0, 1.0, 0.0], [-0.5, 0.0, 1.0]])
    assert shapley(table) == pytest.approx([1 / 4, 0.25 / 4], abs=1e-15)


def test_copies_share_alike():
    """Two drivers that correlate by .5 and go with the outcome alike have half of R² each."""
    table = np.array([[1.0, 0.6, 0.6], [0.6, 1.0, 0.5], [0.6, 0.5, 1.0]])
    assert shapley(table) == pytest.approx([0.24, 0.24], abs=1e-15)


@pytest.mark.parametrize("line", LINES)
def test_the_latent_overall_score_goes_with_dimensions_as_the_weights_say(line):
    items = ["overall", *LINES[line].dimensions]
    table = latent_correlations(LINES[line], items)
    weights = [d.weight for d in LINES[line].dimensions.values()]
    assert np.linalg.solve(table[1:, 1:], table[1:, 0]) == pytest.approx(weights, abs=1e-12)
    assert (np.linalg.eigvalsh(table) > 0).all()


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("quarter", QUARTERS)
def test_shares_sum_to_r2_and_are_in_order(observed, line, quarter):
    told = observed[line][quarter]
    shares = told["lmg"]
    assert sum(shares.values()) == pytest.approx(told["r2"], abs=1e-12)
    assert [shares[item] for item in told["order"]] == sorted(shares.values(), reverse=True)
    assert set(told["quadrants"]) == set(shares)
    assert 0.4 < told["r2"] < 0.6


def test_a_dimension_without_weight_still_goes_with_the_overall_score(observed):
    """Importance is association: follow-up weighs nothing and correlates with what does."""
    assert LINES["hotline"].dimensions["follow_up"].weight == 0
    for quarter, told in observed["hotline"].items():
        assert ("follow_up" in told["lmg"]) == (quarter >= "2026Q2")
        if quarter >= "2026Q2":
            assert told["order"][-1] == "follow_up"
            assert 0.02 < told["lmg"]["follow_up"] < 0.04


def test_a_director_has_something_to_learn(observed):
    assert observed["hotline"]["2026Q3"]["order"][:2] == ["connection", "resolution"]
    assert observed["hotline"]["2026Q3"]["quadrants"] == {
        "connection": "improve",
        "resolution": "improve",
        "attitude": "surplus",
        "expertise": "surplus",
        "process": "surplus",
        "follow_up": "minor",
    }
    assert observed["ops_event"]["2026Q3"]["quadrants"] == {
        "response_speed": "improve",
        "resolution": "maintain",
        "attitude": "surplus",
        "communication": "improve",
    }
    assert set(observed["ops_company"]["2026Q3"]["quadrants"].values()) == {
        "improve",
        "maintain",
        "minor",
        "surplus",
    }
