"""Tables that were read carelessly: each refusal says what was expected, and empty ones pass."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import actions, evaluation, schema
from csatlib.study import IndicatorSystem

TODAY = "2026-10-20"
WORDS = "不知道"


def one(table, /, **given):
    """One row of a table, with words where a person wrote words."""
    blank = schema.empty(table).reindex([0])
    return blank.assign(**given)


def measure(**given):
    return one("actions", action_id="A1", line="shop", quarter="2026Q2", **given)


def opinion(**given):
    keys = {"followup_id": "F1", "comment_id": "c", "quarter": "2026Q2", "line": "shop"}
    return one("followups", **{**keys, "state": "new", **given})


def step(**given):
    return one("action_steps", action_id="A1", kind="progress", **given)


def indicator(**given):
    keys = {"indicator": "a", "name": "满意率", "first": "客户满意度", "period": "2026Q3"}
    return one("indicator_values", **{**keys, "direction": "higher", "source": "survey", **given})


STREAM = {"stream": "s", "time": [pd.Timestamp("2026-07-06")], "count": [3], "n": [9]}
SCORED = {"customer_id": ["C1"], "submitted_at": [pd.Timestamp("2026-09-01")], "overall": [WORDS]}
SYSTEM = IndicatorSystem.model_validate({"first": {"流程效率": 1.0}})
EFFECTS = schema.empty("effects")
REFUSED = {
    "due of an opinion": (
        lambda: actions.followup_states(opinion(due=WORDS), today=TODAY),
        "followup_states: due: expected dates",
    ),
    "days as numbers": (
        lambda: actions.followup_states(opinion(contact_due=46265), today=TODAY),
        "followup_states: contact_due: expected dates.*to_datetime",
    ),
    "score of an opinion": (
        lambda: actions.week_list(opinion(score=WORDS), today=TODAY),
        "week_list: score: expected numbers",
    ),
    "opinions of a day": (
        lambda: actions.followups_as_of(opinion(received_on=WORDS), today=TODAY),
        "followups_as_of: received_on: expected dates",
    ),
    "rates": (
        lambda: actions.followup_rates(opinion(received_on=WORDS), today=TODAY),
        "followup_rates: received_on: expected dates",
    ),
    "baseline in words": (
        lambda: actions.problems(measure(baseline=WORDS)),
        "problems: actions: baseline: expected numbers",
    ),
    "date in words": (
        lambda: actions.problems(measure(due=WORDS), today=TODAY),
        "problems: actions: due: expected dates",
    ),
    "progress of a measure": (
        lambda: actions.progress(measure(due=WORDS), step(), today=TODAY),
        "progress: actions: due: expected dates",
    ),
    "share of work": (
        lambda: actions.progress(measure(), step(done_share=WORDS), today=TODAY),
        "progress: steps: done_share: expected numbers",
    ),
    "weeks": (
        lambda: actions.progress_by_week(measure(), step(happened_on=WORDS), until=TODAY),
        "progress_by_week: steps: happened_on: expected dates",
    ),
    "verdict on a day": (
        lambda: actions.verdicts(measure(), EFFECTS, today="morgen"),
        "verdicts: today: expected a day",
    ),
    "verdict by words": (
        lambda: actions.verdicts(measure(done_on=WORDS), EFFECTS, today=TODAY),
        "verdicts: actions: done_on: expected dates",
    ),
    "goal in words": (
        lambda: actions.verdicts(measure(target=WORDS), EFFECTS, today=TODAY),
        "verdicts: actions: target: expected numbers",
    ),
    "orders in words": (
        lambda: actions.orders_gained(one("rechecks", orders=WORDS)),
        "rechecks: orders: expected numbers",
    ),
    "scores in words": (
        lambda: actions.churn_risk(pd.DataFrame(SCORED), pd.DataFrame(SCORED), today=TODAY),
        "responses.overall: expected scores.*to_score",
    ),
    "counts in words": (
        lambda: evaluation.control_chart(pd.DataFrame(STREAM | {"count": WORDS}), kind="p"),
        "streams: expected numbers in count",
    ),
    "values in words": (
        lambda: evaluation.against_targets(indicator(value=WORDS)),
        "values: expected numbers.*'value'",
    ),
    "matrix of words": (
        lambda: evaluation.matrix(indicator(value=WORDS), group_by=None, period="2026Q3"),
        "values: expected numbers.*'value'",
    ),
    "no period": (
        lambda: evaluation.check_system(
            SYSTEM, indicator().drop(columns="period"), quarter="2026Q3"
        ),
        r"values: expected the table indicator_values, found one without \['period'\]",
    ),
    "no first level": (
        lambda: evaluation.target_summary(schema.empty("target_results").drop(columns="first")),
        r"results: expected the table target_results, found one without \['first'\]",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_a_careless_table_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_opinions_have_no_rates_by_group():
    found = actions.followup_rates(schema.empty("followups"), today=TODAY, by=["group", "owner"])
    assert list(found) == list(schema.empty("followup_rates"))
    assert found["estimate"].isna().all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: actions.progress(measure().assign(due=None), step(), today=TODAY),
        lambda: actions.followup_states(opinion().assign(due=None), today=TODAY),
        lambda: actions.verdicts(measure(due="2026-08-01"), EFFECTS, today=TODAY),
    ],
    ids=["empty column of dates", "empty dates of opinions", "dates as text that are dates"],
)
def test_what_is_clear_passes(call):
    assert len(call()) == 1
