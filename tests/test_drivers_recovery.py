"""What is planted about drivers is found again, by the intervals and by the intervals of ranks."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from csatlib import clean, demo, drivers, exports, fieldwork, store, weights
from csatlib.demo.answers import asked, draw, latent_means
from csatlib.demo.contact import late_chances
from csatlib.demo.design import BLANK_SHARE, LINES, NOT_APPLICABLE_SHARE, PROBLEM_TYPES
from csatlib.demo.form import FORMS
from csatlib.demo.wave import population
from csatlib.estimates import Design

QUARTER = "2026Q3"
SAMPLES = 500
every_line = pytest.mark.parametrize("line", LINES)


@pytest.fixture(scope="module")
def planted(truth):
    return {line: truth["drivers"][line]["observed"][QUARTER] for line in LINES}


def within(table, low, high, numbers):
    """Say by driver whether its number lies between two columns of a table."""
    truth = table["driver"].map(numbers)
    return (truth.between(table[low], table[high])).set_axis(table["driver"])


def places(told):
    return {driver: place for place, driver in enumerate(told["order"], start=1)}


# Many quarters --------------------------------------------------------------------------------


def simulated(line, rng):
    """Draw a quarter: as many different people as answered it, with the gaps of its form.

    They are drawn from everybody with equal chances, are asked late as often as the line's tickets
    are, and are led on by no interviewer; so the truth of the population is theirs.
    """
    persons, late_by_person, means = everyone(line)
    size = LINES[line].online + LINES[line].keyed
    who = rng.permutation(len(persons))[:size]
    late = rng.random(size) < late_by_person[who]
    own = {item: value[who + late * len(persons)] for item, value in means.items()}
    scores = draw(line, own, rng)[0]
    items = ["overall", *asked(LINES[line], QUARTER)]
    df = pd.DataFrame({item: scores[item].astype(float) for item in items})
    ratings = {q.id: q for q in FORMS[line].asked(QUARTER) if q.kind == "rating"}
    about = rng.choice(list(PROBLEM_TYPES), p=list(PROBLEM_TYPES.values()), size=size)
    left = np.where(rng.random(size) < BLANK_SHARE, rng.choice(list(ratings), size=size), "")
    for item in items:
        gap = (left == item) | (about == ratings[item].skipped_for)
        if ratings[item].not_applicable:
            gap |= rng.random(size) < NOT_APPLICABLE_SHARE
        df.loc[gap, item] = np.nan
    return df


@cache
def everyone(line):
    """List the population, its chances of being asked late, and the latent means without and so."""
    persons = population(line, QUARTER)[2]
    slow = [replace(person, late=True) for person in persons]
    means = latent_means(line, QUARTER, [*persons, *slow])
    return persons, late_chances(LINES[line], persons), means


@cache
def recovered(line):
    """Give by driver how often intervals and rank intervals hold what is planted."""
    told, rng = demo.truth()["drivers"][line]["observed"][QUARTER], np.random.default_rng(20263)
    covered, ranked = 0, 0
    for sample in range(SAMPLES):
        df = simulated(line, rng)
        table = drivers.importance(df, "overall", [*told["lmg"]], n_boot=200, seed=sample)
        covered += within(table, "ci_low", "ci_high", told["lmg"]).astype(int)
        ranked += within(table, "rank_low", "rank_high", places(told)).astype(int)
    return covered / SAMPLES, ranked / SAMPLES


@pytest.mark.slow
@every_line
def test_intervals_hold_the_planted_importances_in_at_least_92_of_100_quarters(line, planted):
    covered, _ = recovered(line)
    assert min(planted[line]["lmg"].values()) > 0
    assert list(covered.index) == asked(LINES[line], QUARTER)
    assert (covered >= 0.92).all(), covered.to_dict()
    # An interval that always holds the truth would be too wide to say anything.
    assert covered.mean() < 0.98


@pytest.mark.slow
@pytest.mark.parametrize("line", ["hotline", "ops_event", "ops_company"])
def test_rank_intervals_hold_the_planted_order_in_at_least_92_of_100_quarters(line, planted):
    _, ranked = recovered(line)
    assert sorted(ranked.index) == sorted(planted[line]["order"])
    assert (ranked >= 0.92).all(), ranked.to_dict()


# The quarter that is shipped ------------------------------------------------------------------


@pytest.fixture(scope="module", params=LINES)
def shipped(request, repository):
    """Clean and weight a line's quarter as the notebooks do."""
    line = request.param
    study = store.study(line, repository)
    raw = exports.read_all(store.raw(QUARTER, line, repository), study)
    cleaned = clean.responses(raw, study, quarter=QUARTER)
    kept = clean.attach(cleaned.kept, raw, study)
    lists = clean.fieldwork_tables(cleaned, raw, study)
    key = "ticket_id" if "ticket_id" in lists["frame"] else "customer_id"
    ended = fieldwork.dispositions(
        lists["frame"],
        lists["invitations"],
        kept,
        key=key,
        outcomes=study.fieldwork.outcomes,
        set_aside=lists["set_aside"],
        items=study.items("rating", quarter=QUARTER),
        answer_status=cleaned.answer_status,
    )
    weighted = weights.of_quarter(kept, lists["frame"], ended, study.weighting, key=key)
    return line, weights.attach(kept, weighted, study.weighting)


@pytest.mark.parametrize("design", [None, Design("weight")], ids=["as they come", "weighted"])
def test_the_shipped_quarter_has_the_planted_order_in_its_rank_intervals(shipped, planted, design):
    """No population is named: what is planted holds of the customers' ways, not of these 240."""
    line, responses = shipped
    told = planted[line]
    table = drivers.importance(responses, "overall", [*told["lmg"]], design=design, seed=0)
    assert table["reason"].isna().all()
    assert within(table, "rank_low", "rank_high", places(told)).all()
    # Not by saying nothing: some rank is told from some other.
    assert (table["rank_high"] - table["rank_low"]).min() <= len(table) / 2
