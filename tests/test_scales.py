"""What a score means, at every boundary."""

import pandas as pd
import pytest

from csatlib import scales
from csatlib.study import Scale

FIVE = Scale(
    low=1, high=5, labels={"非常满意": 5, "满意": 4, "一般": 3}, not_applicable=("不适用",)
)


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("非常满意", 5),
        (" 满意 ", 4),
        ("5", 5),
        ("５", 5),
        ("4.0", 4),
        ("3分", 3),
        ("3 分", 3),
        ("\u200b5\ufeff", 5),
        ("非常\u00ad满意", 5),
        ("5（非常满意）", 5),
        ("5 非常满意", 5),
        ("5分 非常满意", 5),
        ("非常满意（5分）", 5),
        ("非常满意 5分", 5),
        ("非常满意(5)", 5),
        ("4（非常满意）", None),
        ("5 满意", None),
        ("满意（5分）", None),
        ("满意 5分", None),
        ("-5 非常满意", None),
        ("55 非常满意", None),
        ("5 还行", None),
        ("5（非常满意", None),
        ("不适用（5分）", None),
        ("1", 1),
        ("0", None),
        ("6", None),
        ("55", None),
        ("-1", None),
        ("4.5", None),
        ("还行", None),
        ("不适用", None),
        ("", None),
        (None, None),
    ],
)
def test_an_answer_becomes_its_score_or_none(answer, score):
    scores = scales.to_score(pd.Series([answer], dtype="str", name="overall"), FIVE)
    assert scores.dtype == "Int8"
    assert scores.name == "overall"
    assert scores.isna().tolist() == [score is None]
    assert scores.dropna().tolist() == ([] if score is None else [score])


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("　５　分 ", "5 分"),
        ("\ufeff满\u200b意", "满意"),
        ("\u200e满意\u200f", "满意"),
        ("满\u00ad意", "满意"),
        ("满意 \u200b 度", "满意 度"),
        ("\u2060", ""),
    ],
    ids=["full width", "zero width", "direction", "soft hyphen", "between spaces", "nothing else"],
)
def test_one_spelling(written, spelling):
    assert scales.plain(written) == spelling


@pytest.mark.parametrize(
    ("score", "cutoff", "satisfied"),
    [(3, 4, False), (4, 4, True), (5, 4, True), (7, 8, False), (8, 8, True)],
)
def test_the_cutoff_itself_is_satisfied(score, cutoff, satisfied):
    scores = pd.Series([score], dtype="Int8")
    assert scales.is_satisfied(scores, cutoff=cutoff).tolist() == [satisfied]


def test_a_missing_score_is_neither_satisfied_nor_not():
    satisfied = scales.is_satisfied(pd.Series([5, None, 1], dtype="Int8"))
    assert satisfied.dtype == "boolean"
    assert satisfied.isna().tolist() == [False, True, False]
    assert satisfied.mean() == 0.5


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0, "detractor"),
        (6, "detractor"),
        (7, "passive"),
        (8, "passive"),
        (9, "promoter"),
        (10, "promoter"),
    ],
)
def test_nps_bands_at_their_edges(score, band):
    assert scales.nps_band(pd.Series([score])).tolist() == [band]


def test_nps_bands_keep_missing_and_order():
    bands = scales.nps_band(pd.Series([10, None, 0], dtype="Int8"))
    assert bands.isna().tolist() == [False, True, False]
    assert bands.cat.categories.tolist() == ["detractor", "passive", "promoter"]
    assert bands.cat.ordered


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (pd.Series([11]), "found 1 others, for example 11"),
        (pd.Series([-1, 5]), "for example -1"),
        (pd.Series([7.5]), "for example 7.5"),
        (pd.Series(["9"]), "convert it with scales.to_score"),
        (pd.Series([True]), "expected a column of numbers"),
    ],
    ids=["above", "below", "fraction", "text", "boolean"],
)
def test_nps_bands_refuse_what_is_no_answer(scores, message):
    with pytest.raises(ValueError, match=message):
        scales.nps_band(scores)


def test_satisfaction_refuses_text():
    with pytest.raises(ValueError, match="is_satisfied: expected a column of numbers"):
        scales.is_satisfied(pd.Series(["满意"]))
