"""Words beside numbers: each rule of the joint display at its boundary."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csatlib import schema, store, themes
from csatlib.themes.joining import _is_frequent, _lean, _most

STUDY = store.study("hotline")
DIMENSIONS = ("connection", "attitude", "resolution", "expertise", "process", "follow_up")
Z = 1.959963984540054
TARGET = 4.0


def mean_rows(table="estimates", **rows):
    """Make rows of means: estimate, low and high of each item."""
    blank = schema.empty(table)
    df = pd.DataFrame(
        [
            {"item": item, "estimate": e, "ci_low": low, "ci_high": high}
            for item, (e, low, high) in rows.items()
        ],
        columns=["item", "estimate", "ci_low", "ci_high"],
    )
    df = df.assign(quarter="2026Q3", line="hotline", metric="mean", n=200, suppressed=False)
    if table == "changes":
        df = df.assign(contrast="2026Q3 − 2026Q2")
    return df.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def moved(**rows):
    table = mean_rows("changes", **{item: (e, None, None) for item, (e, _) in rows.items()})
    return table.assign(p_adjusted=pd.array([p for _, p in rows.values()], dtype="Float64"))


def code(**dimensions):
    """Make coded comments: so many of each polarity, by theme, for each dimension."""
    rows = []
    for dimension, counts in dimensions.items():
        for (theme, polarity), n in counts.items():
            for _ in range(n):
                rows.append((f"c{len(rows)}", "coded", theme, dimension, polarity, 0))
    return as_coded(rows)


def as_coded(rows):
    columns = ["comment_id", "status", "theme", "dimension", "polarity", "start"]
    blank = schema.empty("coded")
    df = pd.DataFrame(rows, columns=columns)
    return df.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


LEVELS = {
    "low": (3.5, 3.3, 3.7),
    "fallen": (4.0, 3.8, 4.2),
    "unclear": (4.0, 3.8, 4.2),
    "risen": (4.0, 3.8, 4.2),
    "high": (4.4, 4.2, 4.6),
}
CHANGES = {"fallen": (-0.3, 0.01), "risen": (0.3, 0.01)}
#: Other dimensions complain as much, so that complaints are frequent only where they are more.
OTHERS = {d: {(f"{d}_a", "negative"): 12, (f"{d}_b", "negative"): 12} for d in DIMENSIONS[1:]}


def one(numbers, words, others=OTHERS, **options):
    """Give the row of ``connection`` for a state of its numbers and words."""
    changes = moved(connection=CHANGES[numbers]) if numbers in CHANGES else None
    joint = themes.joint_display(
        mean_rows(connection=LEVELS[numbers]),
        code(connection=words, **others),
        study=STUDY,
        changes=changes,
        target=TARGET,
        **options,
    )
    row = joint.set_index("dimension").loc["connection"]
    assert row["numbers"] == numbers
    return row


SPREAD = {("a", "negative"): 12, ("b", "negative"): 12}
SINGLE = {("a", "negative"): 20, ("b", "negative"): 4}
PRAISE = {("a", "positive"): 12, ("b", "positive"): 12}
PRAISE_OF_ONE = {("a", "positive"): 20, ("b", "positive"): 4}
DIVIDED = {("a", "negative"): 6, ("b", "negative"): 6, ("a", "positive"): 6, ("b", "positive"): 6}
MANY = {("a", "negative"): 40, ("b", "negative"): 40}

CASES = [
    ("low", PRAISE, "weak_praised", "contradict"),
    ("low", SINGLE, "weak_one_theme", "explain"),
    ("low", SPREAD, "weak_blamed", "agree"),
    ("low", DIVIDED, "words_unclear", "insufficient"),
    ("fallen", PRAISE, "weak_praised", "contradict"),
    ("fallen", SINGLE, "weak_one_theme", "explain"),
    ("fallen", SPREAD, "weak_blamed", "agree"),
    ("fallen", DIVIDED, "words_unclear", "insufficient"),
    ("high", MANY, "strong_blamed", "contradict"),
    ("high", SPREAD, "strong_few_complaints", "agree"),
    ("high", PRAISE, "strong_praised", "agree"),
    ("high", PRAISE_OF_ONE, "strong_praised", "agree"),
    ("high", DIVIDED, "strong_few_complaints", "agree"),
    ("risen", MANY, "strong_blamed", "contradict"),
    ("risen", PRAISE_OF_ONE, "rise_one_theme", "explain"),
    ("risen", PRAISE, "strong_praised", "agree"),
    ("risen", SPREAD, "words_unclear", "insufficient"),
    ("unclear", SINGLE, "numbers_unclear", "insufficient"),
    ("unclear", PRAISE, "numbers_unclear", "insufficient"),
    ("low", {("a", "negative"): 9}, "few_comments", "insufficient"),
    ("low", {}, "few_comments", "insufficient"),
]


@pytest.mark.parametrize(
    ("numbers", "words", "rule", "verdict"),
    CASES,
    ids=[f"{numbers}-{rule}-{i}" for i, (numbers, _, rule, _) in enumerate(CASES)],
)
def test_each_state_of_numbers_and_words_has_its_rule(numbers, words, rule, verdict):
    row = one(numbers, words)
    assert (row["rule"], row["verdict"]) == (rule, verdict)


def test_the_table_fits_its_contract_in_the_order_of_the_questionnaire():
    estimates = mean_rows(**dict.fromkeys(reversed((*DIMENSIONS, "overall")), LEVELS["low"]))
    joint = themes.joint_display(estimates, code(), study=STUDY)
    schema.check(joint, "joint_display")
    assert joint["dimension"].tolist() == list(DIMENSIONS)


def test_every_rule_and_verdict_is_reached_and_documented():
    from csatlib.themes.joining import _VERDICTS

    reached = {rule for _, _, rule, _ in CASES} | {"no_estimate", "no_interval"}
    assert reached == set(_VERDICTS)
    assert set(_VERDICTS.values()) == set(schema.VERDICTS)
    for rule in _VERDICTS:
        assert f"``{rule}``" in themes.joint_display.__doc__


# ---- boundaries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ((3.9, 3.8, 3.9999), "low"),
        ((3.9, 3.8, 4.0), "unclear"),
        ((4.1, 3.9999, 4.2), "unclear"),
        ((4.1, 4.0, 4.2), "high"),
    ],
)
def test_the_whole_interval_decides(level, expected):
    joint = themes.joint_display(mean_rows(connection=level), code(), study=STUDY, target=4.0)
    assert joint["numbers"].tolist() == [expected]


@pytest.mark.parametrize(
    ("change", "level", "expected"),
    [
        ((-0.3, 0.0499), "unclear", "fallen"),
        ((-0.3, 0.05), "unclear", "unclear"),
        ((0.3, 0.0499), "unclear", "risen"),
        ((-0.3, 0.001), "high", "fallen"),
        ((0.3, 0.001), "high", "high"),
        ((0.3, 0.001), "low", "low"),
        ((None, None), "high", "high"),
    ],
)
def test_a_change_counts_by_its_adjusted_p(change, level, expected):
    joint = themes.joint_display(
        mean_rows(connection=LEVELS[level]),
        code(),
        study=STUDY,
        target=4.0,
        changes=moved(connection=change),
    )
    assert joint["numbers"].tolist() == [expected]


@pytest.mark.parametrize(
    ("more", "less", "expected"),
    [(3, 0, False), (4, 0, True), (5, 1, False), (7, 1, True), (0, 0, False), (58, 38, True), (57, 38, False)],
)  # fmt: skip
def test_most_is_beyond_chance(more, less, expected):
    assert _most(more, less, Z) is expected
    assert expected == (more - less > Z * math.sqrt(more + less))


@pytest.mark.parametrize(("n", "rule"), [(9, "few_comments"), (10, "weak_blamed")])
def test_so_many_comments_are_needed(n, rule):
    words = {("a", "negative"): n // 2, ("b", "negative"): n - n // 2}
    assert one("low", words)["rule"] == rule


@pytest.mark.parametrize(("lead", "rule"), [(19, "weak_blamed"), (20, "weak_one_theme")])
def test_a_theme_holds_the_complaints_beyond_chance(lead, rule):
    # 19 − 9 = 10 against 1.96 √28 = 10.37; 20 − 8 = 12.
    words = {("a", "negative"): lead, ("b", "negative"): 28 - lead}
    row = one("low", words)
    assert row["rule"] == rule
    assert (row["lead_theme"], row["lead_share"]) == ("a", lead / 28)


@pytest.mark.parametrize("own", range(10, 60, 5))
def test_complaints_are_frequent_beyond_their_even_share(own):
    row = one("high", {("a", "negative"): own // 2, ("b", "negative"): own - own // 2})
    total = own + 5 * 24
    frequent = own - total / 6 > Z * math.sqrt(total * 5 / 36)
    assert (row["rule"] == "strong_blamed") == frequent


def test_a_single_dimension_is_never_more_frequent_than_others():
    assert one("high", MANY, others={})["rule"] == "strong_few_complaints"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"estimate": None, "suppressed": True, "reason": "small_base"}, "no_estimate"),
        ({"ci_low": None, "ci_high": None, "reason": "no_variation"}, "no_interval"),
        ({"ci_low": None, "ci_high": None, "reason": "census"}, "weak_blamed"),
    ],
    ids=["suppressed", "no interval", "census"],
)
def test_what_numbers_cannot_say(change, rule):
    estimates = mean_rows(connection=LEVELS["low"]).assign(**change)
    estimates = estimates.astype(schema.empty("estimates").dtypes.to_dict())
    joint = themes.joint_display(estimates, code(connection=SPREAD), study=STUDY, target=4.0)
    assert joint["rule"].tolist() == [rule]


# ---- symmetric and monotone ----------------------------------------------------------------------

counts = st.integers(0, 300)


@given(counts, counts)
def test_blame_and_praise_are_judged_alike(negative, positive):
    other = {"negative": "positive", "positive": "negative", "divided": "divided"}
    assert _lean(positive, negative, Z) == other[_lean(negative, positive, Z)]


@given(counts, counts, st.integers(1, 50))
def test_more_blame_never_makes_words_kinder(negative, positive, more):
    order = ["positive", "divided", "negative"]
    before, after = _lean(negative, positive, Z), _lean(negative + more, positive, Z)
    assert order.index(after) >= order.index(before)


@given(counts, st.lists(counts, min_size=1, max_size=7), st.integers(1, 50))
def test_more_complaints_never_become_less_frequent(own, others, more):
    if _is_frequent(own, [own, *others], Z):
        assert _is_frequent(own + more, [own + more, *others], Z)


@pytest.mark.parametrize("negative", [0, 10, 20, 30, 40, 60, 100])
def test_more_complaints_of_a_strong_dimension_lead_from_agreement_to_contradiction(negative):
    order = ["agree", "contradict"]
    half = {("a", "negative"): negative // 2, ("b", "negative"): negative // 2}
    now = one("high", half | {("a", "positive"): 12})["verdict"]
    then = one("high", {k: n + 10 for k, n in half.items()} | {("a", "positive"): 12})["verdict"]
    assert order.index(then) >= order.index(now)


# ---- counts --------------------------------------------------------------------------------------


def test_a_comment_counts_once_and_may_blame_and_praise():
    rows = [
        ("c1", "coded", "a", "connection", "negative", 0),
        ("c1", "coded", "a", "connection", "negative", 9),
        ("c1", "coded", "b", "connection", "positive", 20),
        ("c2", "coded", "b", "connection", None, 0),
        ("c2", "coded", "z", "attitude", "negative", 0),
        ("c3", "coded", "b", None, "negative", 0),
        ("c4", "uncoded", None, None, None, None),
        ("c5", "uninformative", None, None, None, None),
    ]
    joint = themes.joint_display(mean_rows(), as_coded(rows), study=STUDY)
    row = joint.set_index("dimension").loc["connection"]
    assert row[["comments", "base", "negative", "positive"]].tolist() == [2, 4, 1, 1]
    assert (row["themes"], row["lead_theme"], row["lead_share"]) == ("b:2 a:1", "a", 1.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_order_and_copies_of_rows_change_nothing(seed):
    estimates = mean_rows(connection=LEVELS["low"], attitude=LEVELS["high"])
    coded = code(connection=SINGLE, **OTHERS)
    expected = themes.joint_display(estimates, coded, study=STUDY, target=4.0)
    mixed = pd.concat([coded, coded]).sample(frac=1, random_state=seed)
    found = themes.joint_display(estimates[::-1], mixed, study=STUDY, target=4.0)
    pd.testing.assert_frame_equal(found, expected)


def test_figures_are_those_of_the_tables():
    drivers = pd.DataFrame({"driver": ["attitude", "connection"], "rank": [1.0, 2.5]})
    joint = themes.joint_display(
        mean_rows(connection=(3.5, 3.3, 3.7)),
        code(connection=SPREAD),
        study=STUDY,
        changes=moved(connection=(-0.2, 0.3)),
        drivers=drivers,
        target={"connection": 3.9},
    )
    row = joint.iloc[0]
    assert row[["n", "estimate", "ci_low", "ci_high"]].tolist() == [200, 3.5, 3.3, 3.7]
    assert row[["change", "change_p", "importance_rank", "target"]].tolist() == [
        -0.2,
        0.3,
        2.5,
        3.9,
    ]


def test_without_a_target_the_average_of_published_means_stands_for_one():
    estimates = mean_rows(connection=(3.0, 2.9, 3.1), attitude=(5.0, 4.9, 5.1), overall=(1, 1, 1))
    joint = themes.joint_display(estimates, code(), study=STUDY)
    assert joint["target"].tolist() == [4.0, 4.0]
    assert joint["numbers"].tolist() == ["low", "high"]


def test_without_a_study_the_rated_dimensions_of_the_comments_are_shown():
    estimates = mean_rows(attitude=LEVELS["high"], overall=LEVELS["low"], connection=LEVELS["low"])
    coded = code(process=SPREAD, connection=SPREAD, attitude=PRAISE)
    grouped = mean_rows(process=LEVELS["low"]).assign(group_by="region", group="华东")
    joint = themes.joint_display(pd.concat([estimates, grouped]), coded)
    assert joint["dimension"].tolist() == ["connection", "attitude"]
    assert joint["target"].tolist() == pytest.approx([3.95, 3.95])
    assert joint["verdict"].tolist() == ["agree", "agree"]
    asked = themes.joint_display(estimates, coded, study=STUDY).set_index("dimension")
    pd.testing.assert_frame_equal(asked.loc[joint["dimension"]].reset_index(), joint)


def test_a_target_of_the_study_is_used():
    study = store.study("ops_company")
    wanted = {t.item: t.value for t in study.targets if t.metric == "mean"}
    item = next(i for i in study.comparable(study.report.overall) if i != study.report.overall)
    joint = themes.joint_display(mean_rows(**{item: (3.0, 2.9, 3.1)}), code(), study=study)
    assert joint["target"].tolist() == [wanted.get(item, 3.0)]


def test_only_reviewed_quotes_are_named():
    quotes = pd.DataFrame(
        {
            "quote_id": ["Qb1", "Qa2", "Qa1", "Qno", "Qelse"],
            "theme": ["b", "a", "a", "a", "z"],
            "rank": [1, 2, 1, 3, 1],
            "reviewed": [True, True, True, False, True],
        }
    )
    row = one("low", SINGLE, quotes=quotes)
    assert row["quote_ids"] == "Qa1 Qa2 Qb1"
    assert pd.isna(one("low", SINGLE, quotes=quotes.assign(reviewed=False))["quote_ids"])


# ---- wrong calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"alpha": 0.0}, "alpha between 0 and 1"),
        ({"alpha": 1.0}, "alpha between 0 and 1"),
        ({"min_comments": 0}, "min_comments of at least 1"),
        ({"drivers": pd.DataFrame({"driver": ["a", "a"], "rank": [1, 2]})}, "one row a driver"),
        ({"changes": pd.concat([moved(connection=(1, 1))] * 2)}, "one mean a dimension in changes"),
    ],
    ids=["alpha 0", "alpha 1", "min_comments", "drivers", "changes"],
)
def test_a_wrong_call_is_told(options, words):
    with pytest.raises(ValueError, match=words):
        themes.joint_display(mean_rows(connection=LEVELS["low"]), code(), study=STUDY, **options)


def test_two_quarters_are_refused():
    estimates = mean_rows(connection=LEVELS["low"])
    with pytest.raises(ValueError, match="one mean a dimension in estimates"):
        themes.joint_display(pd.concat([estimates] * 2), code(), study=STUDY)
