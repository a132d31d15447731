"""Measures of a register against the answers: who is compared with whom, and who is not judged."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import actions, schema

NET, DESK = "网络组", "桌面组"
TODAY = "2026-09-30"
EARLY, BEFORE, AFTER = "2026-02-01", "2026-05-01", "2026-09-01"
ANSWERS = [
    ("2026Q1", EARLY, NET, {"C1": 4, "C2": 3, "C4": 1}),
    ("2026Q2", BEFORE, NET, {"C1": 2, "C2": 2, "C3": 3, "C4": 2, "C5": 2}),
    ("2026Q2", BEFORE, DESK, {"D1": 2, "D2": 3, "D3": 3}),
    ("2026Q3", AFTER, NET, {"C1": 1, "C4": 2, "C5": 3}),
    ("2026Q3", AFTER, DESK, {"D1": 4, "D2": 3, "D3": 4}),
]
RESPONSES = pd.DataFrame(
    [
        (quarter, pd.Timestamp(day), customer, team, score)
        for quarter, day, team, scores in ANSWERS
        for customer, score in scores.items()
    ],
    columns=["quarter", "submitted_at", "customer_id", "team", "speed"],
)
#: The owner asked three of the team's customers again: they had given 2, 2 and 3.
ASKED = {"C1": 4, "C2": 3, "C3": 5}


def register(*measures):
    blank = schema.empty("actions")
    shared = {"line": "ops", "quarter": "2026Q2", "item": "speed", "scope": f"team={NET}"}
    shared |= {"status": "done", "proof": "a.pdf", "baseline": 2.2, "target": 3.2}
    shared |= {"started_on": pd.Timestamp("2026-07-05"), "done_on": pd.Timestamp("2026-08-01")}
    rows = [{"action_id": f"A{i}", **shared, **given} for i, given in enumerate(measures, 1)]
    return pd.DataFrame(rows).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def rechecks(action_id="A1"):
    blank = schema.empty("rechecks")
    rows = pd.DataFrame({"customer_id": list(ASKED), "score": list(ASKED.values())})
    rows = rows.assign(action_id=action_id, asked_on=pd.Timestamp("2026-08-20"))
    return rows.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def by_method(found, action_id="A1"):
    return found[found["action_id"] == action_id].set_index("method")


def counts(means, action_id="A1"):
    own = means[means["action_id"] == action_id]
    return {(r["reached"], r["wave"]): (r["n"], r["estimate"]) for _, r in own.iterrows()}


# ---- whom the scope reaches ----------------------------------------------------------------------


def test_those_in_the_scope_are_compared_with_those_outside():
    found = by_method(actions.effects(register({}), RESPONSES, today=TODAY))
    plain, did = found.loc["plain"], found.loc["did"]
    assert plain[["n_before", "n_after"]].tolist() == [5, 3]
    # (2 + 2 + 3 + 2 + 2) / 5, (1 + 2 + 3) / 3
    assert plain[["before", "after"]].tolist() == pytest.approx([2.2, 2.0])
    assert plain["estimate"] == pytest.approx(-0.2)
    # The others rose from (2 + 3 + 3) / 3 to (4 + 3 + 4) / 3, by 1.
    assert did["n_control"] == 3
    assert did["estimate"] == pytest.approx(-1.2)
    assert found.loc["adjusted", "reason"] != "matched"


def test_a_measure_for_everybody_has_nobody_outside():
    found = by_method(actions.effects(register({"scope": None}), RESPONSES, today=TODAY))
    assert found.loc["plain", ["n_before", "n_after"]].tolist() == [8, 6]
    assert found.loc["did", "reason"] == "no_control"
    means = actions.measure_waves(register({"scope": None}), RESPONSES, today=TODAY)
    assert means["reached"].all()


def test_a_share_begins_at_the_cutoff_of_its_item():
    measures = register({"metric": "share"}, {"metric": "share", "item": "manner"})
    both = RESPONSES.assign(manner=RESPONSES["speed"])
    cutoffs = {"speed": 3, "manner": 2}
    found = actions.effects(measures, both, today=TODAY, cutoffs=cutoffs)
    assert found["metric"].unique().tolist() == ["share"]
    # From 3 on: one of five before, one of three after; from 2 on: all five, then two of three.
    speed, manner = (by_method(found, name).loc["plain"] for name in ("A1", "A2"))
    assert speed[["before", "after"]].tolist() == pytest.approx([1 / 5, 1 / 3])
    assert speed["estimate"] == pytest.approx(2 / 15)
    assert manner[["before", "after"]].tolist() == pytest.approx([1, 2 / 3])
    with pytest.raises(ValueError, match=r"cutoffs: .* 'manner' .* measure A2, found none; add"):
        actions.effects(measures, both, today=TODAY, cutoffs={"speed": 3})


# ---- whom the owner asked again ------------------------------------------------------------------


def test_customers_asked_again_are_compared_with_everybody_nobody_asked():
    found = actions.effects(register({}), RESPONSES, today=TODAY, rechecks=rechecks())
    found = by_method(found)
    plain, adjusted = found.loc["plain"], found.loc["adjusted"]
    # C1 answered the survey with 1 afterwards: what the owner heard counts, and C1 is no control.
    assert plain[["n_before", "n_after"]].tolist() == [3, 3]
    assert plain[["before", "after"]].tolist() == pytest.approx([7 / 3, 4])
    assert plain["estimate"] == pytest.approx(5 / 3)
    # Of those not asked C4, C5 and D1 began with 2 and ended with 2, 3 and 4, on average 3; D2 and
    # D3 began with 3 and ended with 3.5: ((4 − 3) + (3 − 3) + (5 − 3.5)) / 3.
    assert adjusted["reason"] == "matched"
    assert adjusted["n_control"] == 5
    assert adjusted["estimate"] == pytest.approx(2.5 / 3)
    # C1 and C2 alone have a history: (4 + 3) / 2 − 7 / 3.
    assert found.loc["return_to_mean", "estimate"] == pytest.approx(3.5 - 7 / 3)


def test_the_waves_are_of_the_customers_whom_the_effect_compares():
    asked = {"today": TODAY, "rechecks": rechecks()}
    measures = register({}, {})
    means = actions.measure_waves(measures, RESPONSES, **asked)
    assert counts(means) == {
        (True, "history"): (2, 3.5),
        (True, "before"): (3, pytest.approx(7 / 3)),
        (True, "after"): (3, 4),
        (False, "history"): (1, 1),
        (False, "before"): (5, pytest.approx(12 / 5)),
        (False, "after"): (5, pytest.approx(16 / 5)),
    }
    # Nobody was asked again for the second measure: all whom it reaches count.
    assert counts(means, "A2") == {
        (True, "history"): (3, pytest.approx(8 / 3)),
        (True, "before"): (5, pytest.approx(11 / 5)),
        (True, "after"): (3, 2),
        (False, "before"): (3, pytest.approx(8 / 3)),
        (False, "after"): (3, pytest.approx(11 / 3)),
    }
    found = actions.effects(measures, RESPONSES, **asked)
    for name in ("A1", "A2"):
        plain, waves = by_method(found, name).loc["plain"], counts(means, name)
        for wave in ("before", "after"):
            assert plain[f"n_{wave}"] == waves[True, wave][0]
            assert plain[wave] == pytest.approx(waves[True, wave][1])


def test_the_intervals_of_waves_have_the_confidence_asked_for():
    wide, narrow = (
        actions.measure_waves(register({}), RESPONSES, today=TODAY, conf=conf)
        for conf in (0.95, 0.5)
    )
    width = [(df["ci_high"] - df["ci_low"]).dropna() for df in (wide, narrow)]
    assert len(width[0]) == len(width[1]) > 0
    assert (width[1] < width[0]).all()


# ---- who is not judged ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"item": "temperature"},
        {"item": None},
        {"metric": "theme"},
        {"metric": "median"},
        {"done_on": pd.NaT},
        {"done_on": pd.Timestamp("2026-10-01")},
        {"started_on": pd.NaT, "done_on": pd.NaT},
    ],
    ids=["no such item", "no item", "theme", "no such metric", "not done", "done later", "to come"],
)
def test_what_the_answers_cannot_judge_has_no_row(given):
    measures = register(given, {})
    for function in (actions.effects, actions.measure_waves):
        found = function(measures, RESPONSES, today=TODAY, rechecks=rechecks())
        assert found["action_id"].unique().tolist() == ["A2"]
        none = function(measures.iloc[:1], RESPONSES, today=TODAY, rechecks=rechecks())
        assert none.empty
        assert list(none) == list(found)


def test_drafts_and_what_is_beyond_our_ability_get_no_verdict():
    states = ["draft", "done", "beyond", "cancelled", "planned"]
    measures = register(*({"status": state} for state in states))
    found = actions.effects(measures, RESPONSES, today=TODAY)
    told = actions.verdicts(measures, found, today=TODAY)
    assert told["action_id"].tolist() == ["A2", "A4", "A5"]
    assert actions.verdicts(measures.iloc[[0, 2]], found, today=TODAY).empty
