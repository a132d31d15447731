"""Agreement of coders and of rules with a person: values of R, what must not matter, reasons."""

from __future__ import annotations

import json
import warnings
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from csatlib import report, scales, schema, store, themes
from csatlib.report.words import REASONS
from csatlib.study import Codeframe, Theme

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "agreement.json").read_text(encoding="utf-8")
)
R = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
CODERS = [pd.Series(row, dtype="float") for row in REFERENCE["data"]["krippendorff"]]
LEVELS = ("nominal", "ordinal", "interval", "ratio")
METHODS = ("percent_agreement", "cohen_kappa", "fleiss_kappa", "gwet_ac1", "krippendorff_alpha")


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def of(table: pd.DataFrame, method: str) -> pd.Series:
    return table.set_index("method").loc[method]


def letters(text: str) -> pd.Series:
    return pd.Series([None if c == "." else c for c in text], dtype="str")


def noisy(n: int, *, seed: int = 0, coders: int = 2, scores: int = 5, same: float = 0.6):
    """Coders who score alike in a part of the units and at random in the others."""
    random = np.random.default_rng(seed)
    truth = random.integers(1, scores + 1, n)
    return [
        pd.Series(np.where(random.random(n) < same, truth, random.integers(1, scores + 1, n)))
        for _ in range(coders)
    ]


# ---- values of other software --------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_that_of_irr(level):
    row = of(themes.agreement(*CODERS, level=level), "krippendorff_alpha")
    assert row["estimate"] == pytest.approx(R[f"krippendorff/{level}"], rel=1e-10)
    assert (row["n"], row["coders"]) == (11, 4)


def test_alpha_of_two_coders_is_that_of_irr():
    binary = [pd.Series(list(map(int, row))) for row in ("0100000010", "1110010000")]
    found = of(themes.agreement(*binary), "krippendorff_alpha")["estimate"]
    assert found == pytest.approx(R["krippendorff/A_binary_two_coders"], rel=1e-10)
    named = letters("aabbdcccedda"), letters("babbbcccedddX"[:12])
    found = of(themes.agreement(*named), "krippendorff_alpha")["estimate"]
    assert found == pytest.approx(R["krippendorff/B_nominal_two_coders"], rel=1e-10)


@pytest.mark.parametrize(
    ("level", "weights"), [("nominal", None), ("ordinal", "linear"), ("interval", "quadratic")]
)
def test_cohens_kappa_and_its_interval_are_those_of_statsmodels(level, weights):
    a, b = noisy(200)
    known = cohens_kappa(pd.crosstab(a, b).to_numpy(), wt=weights)
    row = of(themes.agreement(a, b, level=level), "cohen_kappa")
    found = row[["estimate", "ci_low", "ci_high"]].astype(float).tolist()
    assert found == pytest.approx([known.kappa, known.kappa_low, known.kappa_upp], rel=1e-10)


def test_fleiss_kappa_is_that_of_statsmodels():
    coders = noisy(120, coders=4)
    counts = pd.concat(coders, axis=1).apply(lambda row: row.value_counts(), axis=1).fillna(0)
    found = of(themes.agreement(*coders), "fleiss_kappa")["estimate"]
    assert found == pytest.approx(fleiss_kappa(counts.to_numpy()), rel=1e-10)


def test_ac1_by_hand():
    """118 and 2 units agreed on, 5 not: p_o = 120/125, π = 120.5/125, p_e = 2π(1 − π)."""
    a, b = pd.Series([0] * 118 + [1] * 2 + [0] * 5), pd.Series([0] * 118 + [1] * 2 + [1] * 5)
    rare = (2 + 2.5) / 125
    chance = 2 * rare * (1 - rare)
    found = of(themes.agreement(a, b), "gwet_ac1")["estimate"]
    assert found == pytest.approx((0.96 - chance) / (1 - chance), rel=1e-12)


def test_intraclass_correlations_are_those_of_psych():
    ratings = pd.DataFrame(REFERENCE["data"]["shroutfleiss"], columns=list("abcd"))
    table = scales.intraclass_correlation(ratings)
    names = {
        "ICC": "estimate",
        "lower bound": "ci_low",
        "upper bound": "ci_high",
        "F": "f",
        "df1": "df1",
        "df2": "df2",
        "p": "p",
    }
    for theirs, ours in names.items():
        assert table[ours].tolist() == pytest.approx(R["icc"][theirs], rel=1e-10), ours
    assert table["coefficient"].str.upper().str.replace("K", "k").tolist() == R["icc"]["type"]
    schema.check(table, "intraclass")


# ---- what must not matter ------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_the_order_of_rows_and_coders_changes_nothing(level):
    known = themes.agreement(*CODERS, level=level, seed=4)
    shuffled = [coder.sample(frac=1, random_state=place) for place, coder in enumerate(CODERS)]
    pd.testing.assert_frame_equal(themes.agreement(*shuffled, level=level, seed=4), known)
    for order in list(permutations(CODERS))[::7]:
        pd.testing.assert_frame_equal(themes.agreement(*order, level=level, seed=4), known)


def test_two_coders_may_change_places():
    a, b = noisy(60)
    pd.testing.assert_frame_equal(themes.agreement(a, b), themes.agreement(b, a))


@pytest.mark.parametrize(
    "recoded",
    [
        lambda c: c.map({1: "一", 2: "二", 3: "三", 4: "四", 5: "五"}),
        lambda c: c.astype("Int64"),
        lambda c: c.astype("category"),
        lambda c: c.astype(object),
    ],
    ids=["names", "nullable", "categories", "objects"],
)
def test_names_and_kinds_of_labels_change_no_nominal_estimate(recoded):
    known = themes.agreement(*CODERS)["estimate"]
    found = themes.agreement(*[recoded(coder) for coder in CODERS])["estimate"]
    pd.testing.assert_series_equal(found, known)


def test_alpha_keeps_to_its_level():
    """Ordinal: any rising change of scores; interval: any line; ratio: any unit of amounts."""
    turned = {
        "ordinal": lambda c: c**3,
        "interval": lambda c: 1e6 + 7 * c,
        "ratio": lambda c: 100 * c,
    }
    for level, turn in turned.items():
        known = of(themes.agreement(*CODERS, level=level), "krippendorff_alpha")["estimate"]
        found = themes.agreement(*[turn(coder) for coder in CODERS], level=level)
        assert of(found, "krippendorff_alpha")["estimate"] == pytest.approx(known, rel=1e-9), level


def test_with_two_values_every_level_is_nominal():
    a, b = noisy(80, scores=2)
    tables = [themes.agreement(a - 1, b - 1, level=level) for level in LEVELS]
    for table in tables[1:]:
        found, known = (t["estimate"].astype(float).tolist() for t in (table, tables[0]))
        assert found == pytest.approx(known, rel=1e-10)


def test_ordered_categories_are_ordered_as_they_say():
    words = pd.CategoricalDtype(["差", "中", "好"], ordered=True)
    a, b = (coder.map({1: "差", 2: "中", 3: "好"}) for coder in noisy(50, scores=3))
    by_number = themes.agreement(*noisy(50, scores=3), level="ordinal")["estimate"]
    by_word = themes.agreement(a.astype(words), b.astype(words), level="ordinal")["estimate"]
    pd.testing.assert_series_equal(by_word, by_number)


@pytest.mark.parametrize("level", LEVELS)
def test_units_that_one_coder_judged_alone_count_for_nothing(level):
    a, b = noisy(40)
    alone = pd.concat([a, pd.Series([2.5, 9.0], index=[100, 101])])
    known, found = (
        themes.agreement(first, b, level=level).set_index("method") for first in (a, alone)
    )
    for method in METHODS:
        for column in ("n", "estimate", "ci_low", "ci_high"):
            assert found.loc[method, column] == pytest.approx(known.loc[method, column]), method


def test_the_seed_moves_the_interval_alone():
    first, second = (themes.agreement(*CODERS, seed=seed) for seed in (1, 2))
    assert first["estimate"].equals(second["estimate"])
    assert not first["ci_low"].equals(second["ci_low"])
    pd.testing.assert_frame_equal(first, themes.agreement(*CODERS, seed=1))


def test_a_bootstrap_in_parts_is_the_whole(monkeypatch):
    from csatlib.themes import agreeing

    known = themes.agreement(*CODERS, level="ordinal")
    monkeypatch.setattr(agreeing, "_AT_ONCE", 500)
    pd.testing.assert_frame_equal(themes.agreement(*CODERS, level="ordinal"), known)


def test_a_wider_confidence_is_wider():
    narrow, wide = (themes.agreement(*noisy(60), conf=conf) for conf in (0.8, 0.99))
    assert (wide["ci_low"] < narrow["ci_low"]).all()
    assert (wide["ci_high"] > narrow["ci_high"]).all()


def test_tables_are_compared_theme_by_theme():
    rows = {"comment_id": list("abcdef")}
    first = pd.DataFrame({**rows, "theme": ["wait", "wait", "menu", None, "menu", None]})
    second = pd.DataFrame({**rows, "theme": ["wait", None, "menu", None, "menu", "wait"]})
    a, b = (themes.marked(table, themes=["wait", "menu"]) for table in (first, second))
    table = themes.agreement(a, b[["menu", "wait"]])
    assert table["theme"].unique().tolist() == ["wait", "menu"]
    alone = themes.agreement(a["wait"], b["wait"])
    both = table[table["theme"] == "wait"].drop(columns="theme")
    pd.testing.assert_frame_equal(both, alone.drop(columns="theme"))


# ---- reasons -------------------------------------------------------------------------------------

AT_ONE = dict.fromkeys(METHODS[1:], "no_disagreement")
CASES = {
    "nothing judged": ((letters(".."), letters("..")), dict.fromkeys(METHODS, "empty")),
    "no rows": ((letters(""), letters("")), dict.fromkeys(METHODS, "empty")),
    "no overlap": ((letters("ab.."), letters("..ab")), dict.fromkeys(METHODS, "no_overlap")),
    "indexes of two kinds": (
        (pd.Series(["a", "b"], index=["1", "2"]), pd.Series(["a", "b"], index=[1, 2])),
        dict.fromkeys(METHODS, "no_overlap"),
    ),
    "one unit": ((letters("a"), letters("a")), dict.fromkeys(METHODS[1:], "single_unit")),
    "one category": (
        (letters("aaaaaa"), letters("aaaaaa")),
        dict.fromkeys(METHODS[1:], "one_category"),
    ),
    "all alike": ((letters("aabbab"), letters("aabbab")), AT_ONE),
    "few units": (
        (letters("aab"), letters("abb")),
        dict.fromkeys(METHODS[1:], "few_units"),
    ),
    "one coder says one thing": (
        (letters("aaaaaaaa"), letters("aaaabbbb")),
        {"cohen_kappa": "constant_coder"},
    ),
    "a rare label": (
        (letters("a" * 29 + "b"), letters("a" * 30)),
        dict.fromkeys(METHODS[2:], "rare_label") | {"cohen_kappa": "constant_coder"},
    ),
    "three coders": ((letters("abab"),) * 3, {"cohen_kappa": "not_two_coders"}),
    "three coders, no unit of all": (
        (letters("abaaab.."), letters("ab..abba"), letters("..bbba..")[:4]),
        {"cohen_kappa": "not_two_coders", "fleiss_kappa": "no_overlap"},
    ),
}


@pytest.mark.parametrize(("coders", "reasons"), CASES.values(), ids=list(CASES))
@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_what_cannot_be_had_has_a_reason(coders, reasons, level):
    if level == "ordinal":
        coders = [coder.map({"a": 0, "b": 1}).astype("Int64") for coder in coders]
    table = themes.agreement(*coders, level=level).set_index("method")
    for method, reason in reasons.items():
        assert table.loc[method, "reason"] == reason, method
    missing = table[["estimate", "ci_low", "ci_high"]].isna().any(axis=1)
    assert missing.equals(table["reason"].notna())
    assert set(table["reason"].dropna()) <= set(REASONS)
    known = table[["estimate", "ci_low", "ci_high"]].dropna().astype(float)
    assert np.isfinite(known.to_numpy()).all()
    assert (known["ci_low"] < known["ci_high"]).all()


HARD = {
    "units of two names": lambda c: c.set_axis(pd.MultiIndex.from_product([["a"], range(len(c))])),
    "large": lambda c: c * 3e307,
    "small": lambda c: c * 1e-307,
    "truth values": lambda c: c.eq(2),
    "nullable truth values": lambda c: c.eq(2).astype("boolean"),
    "unused categories": lambda c: c.astype(pd.CategoricalDtype([0, 1, 2, 3, 9])),
    "units of two kinds": lambda c: c.set_axis(["a", *range(len(c) - 1)]),
    "whole numbers beyond floats": lambda c: c.astype(object) * 10**30,
}


@pytest.mark.parametrize("turn", HARD.values(), ids=list(HARD))
@pytest.mark.parametrize("level", LEVELS)
def test_hard_labels_and_units_have_figures(turn, level):
    coders = [turn(coder) for coder in noisy(60, scores=3)]
    table = themes.agreement(*coders, level=level)
    assert table["reason"].isna().all()
    plain = [coder.eq(2).astype(int) for coder in noisy(60, scores=3)]
    known = themes.agreement(
        *(plain if pd.api.types.is_bool_dtype(coders[0]) else noisy(60, scores=3)), level=level
    )
    for column in ("estimate", "ci_low", "ci_high"):
        assert table[column].tolist() == pytest.approx(known[column].tolist(), rel=1e-9)


def test_an_interval_that_leaves_its_figure_out_is_not_published():
    """Of labels that nobody gives twice drawn units do: every replicate is below the figure."""
    a, b = pd.Series(range(40)), pd.Series(range(100, 140))
    table = themes.agreement(a, b)
    for method in ("fleiss_kappa", "gwet_ac1"):
        row = of(table, method)
        assert row["estimate"] < 0
        assert (row["reason"], pd.isna(row["ci_low"])) == ("rare_label", True)


def test_percent_agreement_stays_where_kappa_has_none():
    row = of(themes.agreement(letters("aaaaaa"), letters("aaaaaa")), "percent_agreement")
    assert row["estimate"] == 1
    assert row["ci_low"] == pytest.approx(0.609666, abs=1e-6)
    assert pd.isna(row["reason"])


A = pd.Series([1, 2, 1])
WRONG = {
    "level": (lambda: themes.agreement(A, A, level="rank"), "level: expected one of"),
    "confidence": (lambda: themes.agreement(A, A, conf=95), "write 0.95"),
    "few replicates": (lambda: themes.agreement(A, A, n_boot=10), "n_boot"),
    "seed": (lambda: themes.agreement(A, A, seed=-1), "seed"),
    "list": (lambda: themes.agreement([1], A), "expected for every coder a Series"),
    "series beside table": (lambda: themes.agreement(A, A.to_frame("x")), "DataFrame, Series"),
    "other columns": (
        lambda: themes.agreement(A.to_frame("x"), A.to_frame("y")),
        "the same columns of every coder",
    ),
    "unit twice": (
        lambda: themes.agreement(A, pd.Series([1, 2], index=[0, 0])),
        "found 1 repeated and 0 missing",
    ),
    "unit missing": (
        lambda: themes.agreement(A, pd.Series([1, 2], index=[0, np.nan])),
        "found 0 repeated and 1 missing",
    ),
    "text beside numbers": (
        lambda: themes.agreement(A, A.astype(str)),
        "2 texts beside 2 numbers",
    ),
    "lists": (lambda: themes.agreement(pd.Series([["a"]]), A), "found list in 1 units"),
    "dates": (
        lambda: themes.agreement(pd.Series(pd.to_datetime(["2026-01-01"])), A),
        "found Timestamp in 1 units",
    ),
    "ordinal texts": (
        lambda: themes.agreement(letters("ab"), letters("ab"), level="ordinal"),
        "turn them into scores",
    ),
    "other categories": (
        lambda: themes.agreement(
            letters("ab").astype(pd.CategoricalDtype(["a", "b"], ordered=True)),
            letters("ab").astype(pd.CategoricalDtype(["b", "a"], ordered=True)),
            level="ordinal",
        ),
        "the same ordered categories",
    ),
    "infinite": (lambda: themes.agreement(A, pd.Series([np.inf, 1.0])), "infinite"),
    "too large": (lambda: themes.agreement(A, pd.Series([10**400, 1])), "too large"),
    "columns named alike": (
        lambda: themes.agreement(*[pd.DataFrame({1: [1], "1": [1]})] * 2),
        "different names",
    ),
    "units of two depths": (
        lambda: themes.agreement(A, pd.Series([1], index=pd.MultiIndex.from_tuples([("a", 1)]))),
        "indexes of 1 and 2 levels",
    ),
    "unit missing in part": (
        lambda: themes.agreement(
            *[pd.Series([1], index=pd.MultiIndex.from_tuples([("a", None)]))] * 2
        ),
        "0 repeated and 1 missing",
    ),
    "below zero": (lambda: themes.agreement(A, -A, level="ratio"), "from 0 upwards"),
    "measurements": (
        lambda: themes.agreement(pd.Series(np.arange(2000) / 7), A, level="interval"),
        "2,000 different ones",
    ),
    "rating in words": (
        lambda: scales.intraclass_correlation(pd.DataFrame({"a": ["x"], "b": [1]})),
        "expected numeric columns, found others: a",
    ),
    "infinite rating": (
        lambda: scales.intraclass_correlation(pd.DataFrame({"a": [np.inf, 1], "b": [1, 2]})),
        "infinite",
    ),
    "confidence of ratings": (
        lambda: scales.intraclass_correlation(pd.DataFrame({"a": [1, 2]}), conf=1),
        "conf",
    ),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


RATINGS = {
    "one rater": ({"a": [1, 2, 3]}, "one_rater"),
    "no rater": ({}, "one_rater"),
    "no rows": ({"a": [], "b": []}, "empty"),
    "one row": ({"a": [1, 2], "b": [2, np.nan]}, "single_unit"),
    "all the same": ({"a": [3, 3, 3], "b": [3, 3, 3]}, "no_variation"),
    "all alike": ({"a": [1, 2, 3], "b": [1, 2, 3]}, "no_disagreement"),
}


@pytest.mark.parametrize(("columns", "reason"), RATINGS.values(), ids=list(RATINGS))
def test_intraclass_correlations_have_reasons(columns, reason):
    table = scales.intraclass_correlation(pd.DataFrame(columns, dtype=float))
    assert set(table["reason"]) == {reason}
    assert table["ci_low"].isna().all()
    assert reason in REASONS


@pytest.mark.parametrize(
    "columns",
    [
        {"a": [1, 1, 1], "b": [5, 5, 5]},
        {"a": [1, 2], "b": [2, 1]},
        {"a": [1, 2, 3], "b": [3, 2, 1]},
        {"a": [1, 2, 3], "b": [11, 12, 13]},
        {"a": [1e9, 1e9 + 1, 1e9 + 2], "b": [1e9, 1e9 + 2, 1e9 + 1]},
    ],
    ids=["raters only", "turned", "opposed", "shifted", "large"],
)
def test_hard_ratings_have_a_figure_or_a_reason(columns):
    table = scales.intraclass_correlation(pd.DataFrame(columns))
    known = table.dropna(subset=["estimate", "ci_low", "ci_high"])
    assert known["reason"].isna().all()
    assert (known["ci_low"] < known["ci_high"]).all()
    assert table.drop(known.index)["reason"].notna().all()
    numbers = table[["estimate", "ci_low", "ci_high", "f", "p"]].astype("float").to_numpy()
    assert not np.isinf(numbers).any()


# ---- rules beside a person -----------------------------------------------------------------------

FRAME = Codeframe(
    themes=tuple(
        Theme(id=id_, name=name, stage="接通", action="排队", patterns=("等",))
        for id_, name in (("wait", "等待过长"), ("menu", "菜单难找"))
    )
)


@pytest.fixture(scope="module")
def study(repository):
    return store.study("ops_company", repository).model_copy(update={"codeframe": FRAME})


def pairs(**found: str | None) -> pd.DataFrame:
    """Write down the themes of each comment: ``a="wait menu"``."""
    rows = [(c, t) for c, names in found.items() for t in ((names or "").split() or [None])]
    return pd.DataFrame(rows, columns=["comment_id", "theme"]).astype("str")


RULE = pairs(a="wait", b="wait menu", c="wait", d=None, e=None, f="menu", g="wait")
HAND = pairs(a="wait", b="wait", c=None, d="wait", e=None, f="menu", h="wait")


def test_counts_precision_and_recall_by_hand():
    table = themes.rule_agreement(RULE, HAND, themes=["wait", "menu"])
    wait, menu, both = (row for _, row in table.iterrows())
    counts = ["n", "labelled", "coded", "true_positive", "false_positive", "false_negative"]
    assert wait[counts].tolist() == [6, 3, 3, 2, 1, 1]
    assert menu[counts].tolist() == [6, 1, 2, 1, 1, 0]
    assert both[counts].tolist() == [12, 4, 5, 3, 2, 1]
    assert wait[["precision", "recall", "f1"]].tolist() == pytest.approx([2 / 3] * 3)
    assert menu[["precision", "recall", "f1"]].tolist() == pytest.approx([1 / 2, 1, 2 / 3])
    # Wilson for 1 of 2; the kappa of wait: p_o = 4/6, p_e = 1/2.
    assert menu[["precision_low", "precision_high"]].tolist() == pytest.approx(
        [0.094531, 0.905469], abs=1e-6
    )
    assert wait["kappa"] == pytest.approx(1 / 3)
    assert table["theme"].isna().tolist() == [False, False, True]


def test_kappa_is_that_of_agreement():
    names = ["wait", "menu"]
    read = ["a", "b", "c", "d", "e", "f"]
    rule, hand = (themes.marked(t, themes=names).reindex(read) for t in (RULE, HAND))
    known = themes.agreement(rule, hand).query("method == 'cohen_kappa'")
    found = themes.rule_agreement(RULE, HAND, themes=names).head(2)
    assert found["kappa"].tolist() == pytest.approx(known["estimate"].tolist())
    assert found["kappa_low"].tolist() == pytest.approx(known["ci_low"].tolist())


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.sample(frac=1, random_state=3),
        lambda t: pd.concat([t, t]),
        lambda t: t.astype("category"),
        lambda t: t.assign(span="x"),
        lambda t: t.set_axis(range(5, 5 + len(t))),
    ],
    ids=["order", "twice", "categories", "columns", "index"],
)
def test_order_repeats_and_kinds_change_nothing(change):
    known = themes.rule_agreement(RULE, HAND)
    pd.testing.assert_frame_equal(themes.rule_agreement(change(RULE), change(HAND)), known)


def test_only_the_polarities_asked_for_are_coded():
    rule = RULE.assign(polarity=["negative", "positive", "negative", *["negative"] * 5])
    table = themes.rule_agreement(rule, HAND, polarities=["negative"]).set_index("theme")
    assert table.loc["wait", ["coded", "true_positive", "n"]].tolist() == [2, 1, 6]
    pd.testing.assert_frame_equal(
        themes.rule_agreement(rule, HAND, polarities="negative").set_index("theme"), table
    )


RECOVERIES = {
    "no comment on both sides": (pairs(x="wait"), pairs(y="wait"), "no_overlap", "no_overlap"),
    "neither side": (pairs(x=None, y=None), pairs(x=None, y=None), "absent", "one_category"),
    "rules silent": (pairs(x=None, y=None), pairs(x="wait", y=None), "never_coded", None),
    "person silent": (pairs(x="wait", y=None), pairs(x=None, y=None), "never_labelled", None),
    "one comment": (pairs(x="wait"), pairs(x="wait"), None, "single_unit"),
    "all found": (pairs(x="wait", y=None), pairs(x="wait", y=None), None, "no_disagreement"),
}


@pytest.mark.parametrize(
    ("rule", "hand", "reason", "kappa_reason"), RECOVERIES.values(), ids=list(RECOVERIES)
)
def test_a_missing_precision_or_recall_has_a_reason(rule, hand, reason, kappa_reason, study):
    table = themes.rule_agreement(rule, hand, themes=["wait"])
    row = table.iloc[0]
    assert (row["reason"] if pd.notna(row["reason"]) else None) == reason
    assert row["precision"] is pd.NA or reason in (None, "never_labelled")
    assert row["recall"] is pd.NA or reason in (None, "never_coded")
    if kappa_reason:
        assert row["kappa_reason"] == kappa_reason
    if pd.isna(row["kappa_low"]):
        assert pd.notna(row["kappa_reason"])
    assert {*table["reason"].dropna(), *table["kappa_reason"].dropna()} <= set(REASONS)
    assert "nan" not in report.rule_agreement_view(table, study).to_string().lower()
    assert report.rule_agreement_sentence(table, study).endswith("。")


def test_nothing_at_all_is_one_row():
    table = themes.rule_agreement(schema.empty("coded"), schema.empty("hand_coded"))
    assert table["reason"].tolist() == ["no_overlap"]
    assert themes.marked(schema.empty("hand_coded")).shape == (0, 0)


WRONG_TABLES = {
    "no theme": (lambda: themes.rule_agreement(RULE[["comment_id"]], HAND), "coded: expected"),
    "no comment": (lambda: themes.marked(HAND[["theme"]]), "labelled: expected the columns"),
    "comment missing": (
        lambda: themes.marked(HAND.assign(comment_id=None)),
        "expected a comment_id in every row",
    ),
    "two coders": (
        lambda: themes.rule_agreement(RULE, HAND.assign(coder=["甲", "乙"] * 3 + ["甲"])),
        "the labels of one coder, found 2",
    ),
    "theme twice": (lambda: themes.marked(HAND, themes=["wait", "wait"]), "each once"),
    "no themes": (lambda: themes.marked(HAND, themes=[]), "one or more"),
    "no polarity": (lambda: themes.rule_agreement(RULE, HAND, polarities=["x"]), "polarity"),
    "confidence": (lambda: themes.rule_agreement(RULE, HAND, conf=0), "conf"),
    "sample of none": (lambda: themes.sample_for_labelling(HAND, n=0, seed=1), "n: expected"),
    "sample without text": (lambda: themes.sample_for_labelling(HAND, n=1, seed=1), "text"),
    "sample without seed": (lambda: themes.sample_for_labelling(HAND, n=1, seed=None), "seed"),
}


@pytest.mark.parametrize(("call", "message"), WRONG_TABLES.values(), ids=list(WRONG_TABLES))
def test_tables_that_are_wrong_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_sample_is_of_distinct_texts_and_knows_no_order():
    rows = {"comment_id": [f"c{i:02d}" for i in range(30)], "text": list("一二三四五六" * 5)}
    comments = pd.DataFrame(rows)
    drawn = themes.sample_for_labelling(comments, n=4, seed=2)
    again = themes.sample_for_labelling(comments[::-1], n=4, seed=2)
    pd.testing.assert_frame_equal(drawn, again)
    assert drawn["text"].is_unique
    assert drawn["comment_id"].isin([f"c{i:02d}" for i in range(6)]).all()
    assert len(themes.sample_for_labelling(comments, n=100, seed=2)) == 6
    seeds = {tuple(themes.sample_for_labelling(comments, n=4, seed=s)["text"]) for s in range(9)}
    assert len(seeds) > 1


# ---- in Chinese ----------------------------------------------------------------------------------


def test_rules_are_told_with_their_weak_themes(study):
    table = themes.rule_agreement(RULE, HAND, themes=["wait", "menu"])
    assert report.rule_agreement_sentence(table, study) == (
        "规则编码与人工编码对照了 6 条留言：规则标出的主题中 60.0%（95% 置信区间 23.1%–88.2%）"
        "人工也标出，人工标出的主题中 75.0%（95% 置信区间 30.1%–95.4%）规则找到了。"
        "总体 kappa 为 0.47，不宜引用。各主题的 kappa 低于 0.667，应先修订规则再引用。"
    )
    view = report.rule_agreement_view(table, study)
    assert view["主题"].tolist() == ["等待过长", "菜单难找", "全部主题"]
    assert view.loc[1, "召回率"] == "100.0%（20.7%–100.0%）"


@pytest.mark.parametrize(
    ("found", "seen", "said"),
    [
        (range(40), range(100), "漏标多于错标，主题的占比偏低，宜看作下限。"),
        (range(100), range(40), "错标多于漏标，主题的占比偏高，宜看作上限。"),
    ],
    ids=["missed", "too many"],
)
def test_which_way_shares_err_is_told(found, seen, said, study):
    rule, hand = (
        pairs(**{f"c{i}": "wait" if i in who else None for i in range(200)})
        for who in (found, seen)
    )
    table = themes.rule_agreement(rule, hand, themes=["wait"])
    sentence = report.rule_agreement_sentence(table, study)
    assert said in sentence
    assert sentence.endswith("“等待过长”的 kappa 低于 0.667，应先修订规则再引用。")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("aabbab" * 5, "aabbab" * 5, "为 1.00，可以据此下结论"),
        ("aaaaaa", "aaaaaa", "无法计算：只用了一种标签，无从比较"),
        ("abababab", "babababa", "不宜引用"),
    ],
    ids=["alike", "one label", "opposed"],
)
def test_coders_are_told(first, second, said, study):
    table = themes.agreement(letters(first), letters(second))
    assert said in report.agreement_sentence(table, study)
    assert "主题" not in report.agreement_view(table, study)


def test_coders_of_themes_are_told(study):
    a, b = (themes.marked(t, themes=["wait", "menu"]).loc["a":"f"] for t in (RULE, HAND))
    table = themes.agreement(a, b)
    assert report.agreement_sentence(table, study).endswith(
        "“等待过长”、“菜单难找”低于 0.667，不宜引用，应先写清定义再编码。"
    )
    view = report.agreement_view(table, study)
    assert view["主题"].tolist() == ["等待过长"] * 5 + ["菜单难找"] * 5
    assert "nan" not in view.to_string().lower()
