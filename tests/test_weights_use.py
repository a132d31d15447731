"""Weights beside the answers: complete, refused where they do not belong, and fit for a design."""

import numpy as np
import pandas as pd
import pytest

from csatlib import estimates, study, weights

FRAME = pd.DataFrame(
    {"customer_id": [f"c{n:03}" for n in range(240)], "tier": ["A"] * 60 + ["B"] * 180}
)
HEARD = [*range(42), *range(60, 175)]
ANSWERS = pd.DataFrame(
    {
        "response_id": [f"r{n}" for n in HEARD],
        "customer_id": FRAME["customer_id"].iloc[HEARD].array,
        "tier": FRAME["tier"].iloc[HEARD].array,
        "overall": [n % 3 > 0 for n in HEARD],
    }
)
ENDED = FRAME[["customer_id"]].assign(
    disposition=np.where(np.isin(np.arange(240), HEARD), "complete", "non_contact")
)
TIER = study.Weighting(margins=("tier",))


def weighted(answers=ANSWERS, frame=FRAME, ended=ENDED, weighting=TIER, **options):
    return weights.of_quarter(answers, frame, ended, weighting, **options)


def design(answers=ANSWERS, table=None, weighting=TIER):
    attached = weights.attach(answers, weighted(answers) if table is None else table, weighting)
    return attached, estimates.Design(**weights.design_of(attached, weighting))


def test_a_census_that_part_answered_has_the_error_of_a_poststratified_sample():
    attached, named = design()
    row = estimates.share(attached, "overall", design=named).iloc[0]
    parts = [g["overall"].astype(float) for _, g in ANSWERS.groupby("tier")]
    assert row["estimate"] == pytest.approx(0.25 * parts[0].mean() + 0.75 * parts[1].mean())
    # The residuals from the tiers, by the correction 1 - n/N of simple random sampling.
    each = ANSWERS["tier"].map({"A": 60 / 42, "B": 180 / 115}) / 240
    residual = ANSWERS["overall"] - ANSWERS.groupby("tier")["overall"].transform("mean")
    n, variance = len(ANSWERS), ((each * residual) ** 2).sum()
    assert row["se"] == pytest.approx(np.sqrt((1 - n / 240) * n / (n - 1) * variance))


def test_residuals_are_fitted_by_the_weights_that_were_raked():
    """R's calibrate fits them by the weights it was given, here those after nonresponse."""
    frame = FRAME.assign(age=pd.Series(np.arange(240) % 4, dtype="str"), size=list("pqr") * 80)
    answers = ANSWERS.join(frame[["age", "size"]].iloc[HEARD].reset_index(drop=True))
    answers = answers[~((answers["age"] == "1") & (np.arange(len(answers)) % 3 > 0))]
    ended = ENDED.assign(
        disposition=np.where(
            FRAME["customer_id"].isin(answers["customer_id"]), "complete", "non_contact"
        )
    )
    part = study.Weighting(margins=("tier", "size"), nonresponse=("age",))
    table = weighted(answers, frame, ended, part)
    assert table["design_weight"].nunique() == 1
    assert table["base_weight"].nunique() > 1
    assert table["base_weight"].sum() == pytest.approx(240)
    attached, named = design(answers, table, part)
    assert named.base == "base_weight"
    row = estimates.share(attached, "overall", design=named).iloc[0]
    x = pd.get_dummies(answers[["tier", "size"]]).drop(columns="size_p").to_numpy(dtype=float)
    y, base = answers["overall"].to_numpy(dtype=float), table["base_weight"].to_numpy(dtype=float)
    slope = np.linalg.lstsq(x * np.sqrt(base)[:, None], y * np.sqrt(base), rcond=None)[0]
    influence = table["weight"].to_numpy(dtype=float) / 240 * (y - x @ slope)
    n, variance = len(y), ((influence - influence.mean()) ** 2).sum()
    assert row["se"] == pytest.approx(np.sqrt((1 - n / 240) * n / (n - 1) * variance))


def test_without_nonresponse_the_design_weights_are_raked():
    table = weighted()
    assert table["base_weight"].tolist() == table["design_weight"].tolist()
    twice = weighted(pd.concat([ANSWERS, ANSWERS.assign(response_id=ANSWERS["response_id"] + "b")]))
    assert twice["base_weight"].tolist() == (twice["design_weight"] / 2).tolist()


def test_everyones_answer_leaves_no_error():
    answers = FRAME.assign(response_id=FRAME["customer_id"], overall=[True, False] * 120)
    ended = ENDED.assign(disposition="complete")
    attached, named = design(answers, weighted(answers, ended=ended))
    assert estimates.share(attached, "overall", design=named)["se"].iloc[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"customer_id": None}, id="of nobody"),
        pytest.param({"customer_id": "else"}, id="of somebody outside the frame"),
    ],
)
def test_an_answer_from_outside_the_frame_stops_no_estimate(change):
    outside = ANSWERS.iloc[[0]].assign(response_id="x", tier=None, **change)
    answers = pd.concat([ANSWERS, outside], ignore_index=True)
    attached, named = design(answers)
    assert attached["tier_margin"].iloc[-1] == "(missing)"
    assert pd.isna(attached["tier"].iloc[-1])
    found = estimates.share(attached, "overall", by=["tier"], design=named)
    assert found["n"].tolist() == [42, 115]
    assert found["se"].notna().all()


def test_a_missing_level_of_the_frame_stops_no_estimate():
    frame = FRAME.assign(tier=FRAME["tier"].where(FRAME.index % 20 > 0))
    answers = ANSWERS.assign(tier=frame["tier"].iloc[HEARD].array)
    attached, named = design(answers, weighted(answers, frame))
    assert estimates.share(attached, "overall", design=named)["se"].notna().all()


def test_a_stratum_of_one_answer_is_held_against_the_whole_sample():
    alone = FRAME["customer_id"].isin(["c000"])
    sample = FRAME.assign(stratum=np.where(alone, "one", "rest"))
    sample = sample.assign(inclusion_probability=0.5, design_weight=2.0)
    table = weighted(weighting=study.Weighting(), sample=sample)
    attached, named = design(table=table, weighting=study.Weighting())
    assert named.lonely == "centre"
    assert (named.margins, named.base) == ((), None)
    assert estimates.share(attached, "overall", design=named)["se"].notna().all()


def test_equal_weights_give_the_unweighted_figures_and_meet_no_margins():
    answers = ANSWERS.drop(columns="tier")
    attached, named = design(answers, weights.equal_weights(answers, population=240))
    assert attached["weight"].sum() == pytest.approx(240)
    assert (named.margins, named.population, named.stratum) == ((), None, None)
    ours, plain = (estimates.share(attached, "overall", design=d) for d in (named, None))
    pd.testing.assert_frame_equal(ours, plain)


def test_rows_keep_their_order_and_index():
    answers = ANSWERS.sample(frac=1, random_state=1)
    attached = weights.attach(answers, weighted(), TIER)
    assert attached.index.equals(answers.index)
    own = weighted().set_index("response_id")["weight"]
    assert attached["weight"].tolist() == own[answers["response_id"]].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            lambda: weights.attach(ANSWERS, weighted().head(3), TIER), "for 154 of 157", id="short"
        ),
        pytest.param(
            lambda: weights.attach(ANSWERS.assign(weight=1), weighted(), TIER),
            "no column ['weight']",
            id="column taken",
        ),
        pytest.param(
            lambda: weights.attach(ANSWERS.drop(columns="tier"), weighted(), TIER),
            "margins",
            id="margin unknown",
        ),
        pytest.param(lambda: weights.design_of(ANSWERS, TIER), "attached", id="not attached"),
        pytest.param(lambda: weights.equal_weights(ANSWERS, population=0), "above 0", id="nobody"),
        pytest.param(lambda: weights.equal_weights(ANSWERS.head(0)), "responses", id="no rows"),
    ],
)
def test_what_does_not_belong_together_is_refused(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert message in str(refusal.value)
