"""The findings on a questionnaire: values, thresholds, verdicts, and their Chinese sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from csatlib import report, scales, schema, store

DIMENSIONS = {"响应": list("abc"), "态度": list("def"), "结果": list("ghi")}


@pytest.fixture(scope="module")
def study():
    return store.study("ops_company")


@pytest.fixture(scope="module")
def items():
    """Answers of 1 to 5; i hardly belongs to its dimension."""
    rng = np.random.default_rng(8)
    spread = np.full((3, 3), 0.4) + 0.6 * np.eye(3)
    common = rng.multivariate_normal(np.zeros(3), spread, size=600).repeat(3, axis=1)
    common[:, 8] *= 0.1
    scores = np.clip(np.round(3.4 + common + 0.7 * rng.normal(size=(600, 9))), 1, 5)
    return pd.DataFrame(scores, columns=list("abcdefghi"))


@pytest.fixture(scope="module")
def weights():
    return pd.Series(np.random.default_rng(5).uniform(0.3, 3, 600))


@pytest.fixture(scope="module")
def found(items):
    return scales.soundness(items, dimensions=DIMENSIONS, low=1, high=5, seed=1)


def value(found, check, *, dimension=None, item=None, column="value"):
    rows = found[found["check"] == check]
    if dimension is not None:
        rows = rows[rows["dimension"] == dimension]
    elif item is None:
        rows = rows[rows["dimension"].isna()]
    if item is not None:
        rows = rows[rows["item"] == item]
    assert len(rows) == 1
    return rows[column].iloc[0]


# ---- the table -----------------------------------------------------------------------------------


def test_the_findings_fit_their_contract(found):
    assert schema.check(found, "soundness") is found
    assert list(dict.fromkeys(found["check"])) == list(scales.THRESHOLDS)
    assert found["n"].eq(600).all()
    assert found["value"].notna().all()


def test_values_are_those_of_the_single_functions(items, found):
    part = items[DIMENSIONS["态度"]]
    alpha = scales.cronbach_alpha(part)["estimate"].iloc[0]
    assert value(found, "alpha", dimension="态度") == pytest.approx(alpha)
    omega = scales.mcdonald_omega(items)["estimate"].iloc[0]
    assert value(found, "omega") == pytest.approx(omega)
    rest = scales.item_statistics(part).set_index("item").loc["e", "item_rest"]
    assert value(found, "item_total", item="e") == pytest.approx(rest)
    assert value(found, "ceiling", item="e") == pytest.approx((items["e"] == 5).mean())
    assert value(found, "floor", item="e") == pytest.approx((items["e"] == 1).mean())
    adequacy = scales.kmo(items)["kmo"]
    assert value(found, "kmo") == pytest.approx(adequacy[0])
    assert value(found, "kmo_item", item="a") == pytest.approx(adequacy[1])
    assert value(found, "bartlett") == pytest.approx(scales.bartlett(items)["p"].iloc[0])
    assert value(found, "factors") == 3
    model = scales.construct_validity(items, dimensions=DIMENSIONS)
    fit = model.fit.set_index("measure")["value"]
    for measure in ("cfi", "rmsea", "srmr"):
        assert value(found, measure) == pytest.approx(fit[measure])
    loadings = model.loadings.set_index("item")["loading"]
    assert value(found, "loading", item="i") == pytest.approx(loadings["i"])
    row = model.dimensions.set_index("dimension").loc["结果"]
    assert value(found, "cr", dimension="结果") == pytest.approx(row["cr"])
    assert value(found, "ave", dimension="结果") == pytest.approx(row["ave"])
    margin = row["root_ave"] - row["largest_correlation"]
    assert value(found, "fornell_larcker", dimension="结果") == pytest.approx(margin)
    htmt = found[found["check"] == "htmt"]
    np.testing.assert_allclose(htmt["value"], model.pairs["htmt"])
    assert htmt["other"].tolist() == ["态度", "结果", "结果"]


def test_the_weak_item_is_found(found):
    assert value(found, "loading", item="i", column="verdict") == "weak"
    assert value(found, "item_total", item="i", column="verdict") == "weak"
    assert value(found, "loading", item="a", column="verdict") == "good"


@pytest.mark.parametrize(
    ("check", "number", "verdict"),
    [
        ("alpha", 0.8, "good"),
        ("alpha", 0.7999, "acceptable"),
        ("alpha", 0.7, "acceptable"),
        ("alpha", 0.6999, "weak"),
        ("ceiling", 0.15, "good"),
        ("ceiling", 0.1501, "acceptable"),
        ("ceiling", 0.5001, "weak"),
        ("bartlett", 0.0501, "weak"),
        ("bartlett", 0.05, "good"),
        ("htmt", 0.85, "good"),
        ("htmt", 0.9, "acceptable"),
        ("htmt", 0.9001, "weak"),
        ("fornell_larcker", -0.001, "weak"),
        ("fornell_larcker", 0.0, "good"),
        ("cr", np.nan, "unknown"),
        ("cr", None, "unknown"),
    ],
)
def test_a_value_at_a_threshold_still_meets_it(check, number, verdict):
    assert scales.THRESHOLDS[check].verdict(number) == verdict


@pytest.mark.parametrize("count", [2, 4], ids=["too few factors", "too many factors"])
def test_another_number_of_factors_than_dimensions_is_weak(items, count):
    groups = {2: ["abcd", "efghi"], 4: ["abc", "def", "ghi", "jkl"]}[count]
    rng = np.random.default_rng(0)
    more = items.assign(j=items["a"], k=items["b"], l=items["c"])
    more[list("jkl")] += rng.normal(scale=0.5, size=(600, 3))
    given = {f"d{number}": list(group) for number, group in enumerate(groups)}
    found = scales.soundness(more, dimensions=given, seed=1)
    assert value(found, "factors") == 3
    assert value(found, "factors", column="threshold") == count
    assert value(found, "factors", column="verdict") == "weak"


def test_a_studys_own_thresholds_take_the_place_of_the_usual_ones(items):
    found = scales.soundness(
        items, dimensions=DIMENSIONS, thresholds={"alpha": (0.99, 0.98)}, seed=1
    )
    rows = found[found["check"] == "alpha"]
    assert rows["verdict"].eq("weak").all()
    assert rows["source"].eq("given").all()
    assert rows["good"].eq(0.99).all()


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"beta": (1, 1)}, "found one of 'beta'"),
        ({"factors": (1, 1)}, "found one of 'factors'"),
        ({"alpha": (0.6, 0.7)}, "easier than"),
        ({"htmt": (0.9, 0.8)}, "easier than"),
    ],
    ids=["unknown", "not to be set", "the wrong way", "the wrong way for at most"],
)
def test_thresholds_that_make_no_sense_are_refused(items, thresholds, message):
    with pytest.raises(ValueError, match=message):
        scales.soundness(items, dimensions=DIMENSIONS, thresholds=thresholds, seed=1)


def test_weights_of_another_table_are_refused(items):
    with pytest.raises(ValueError, match="soundness: the weights have another index"):
        scales.soundness(items, dimensions=DIMENSIONS, weights=pd.Series([1.0]), seed=1)


# ---- invariants ----------------------------------------------------------------------------------


def values(found):
    return found["value"].to_numpy(float, na_value=np.nan)


def test_equal_weights_are_no_weights(items, found):
    equal = pd.Series(3.0, index=items.index)
    other = scales.soundness(items, dimensions=DIMENSIONS, weights=equal, low=1, high=5, seed=1)
    np.testing.assert_allclose(values(other), values(found), rtol=1e-10, atol=1e-12)


def test_only_the_ratios_of_weights_matter_and_rows_of_weight_0_do_not_count(items, weights):
    some = weights.where(weights.index % 4 > 0, 0.0)
    kept = some > 0
    first, second, third = (
        scales.soundness(rows, dimensions=DIMENSIONS, weights=w, low=1, high=5, seed=1)
        for rows, w in ((items, some), (items, 1e5 * some), (items[kept], some[kept]))
    )
    np.testing.assert_allclose(values(second), values(first), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(values(third), values(first), rtol=1e-8, atol=1e-10)
    assert first["n"].eq(int(kept.sum())).all()


# ---- where something cannot be known -------------------------------------------------------------

SINGLE = {name: [name] for name in "abcde"}


def degenerate(items):
    return {
        "one item a dimension": (items, SINGLE),
        "two and one": (items, {"x": ["a", "b"], "y": ["d"], "z": ["g"]}),
        "one dimension": (items, {"x": list("abcd")}),
        "one item": (items, {"x": ["a"]}),
        "constant item": (items.assign(a=3.0), DIMENSIONS),
        "copied item": (items.assign(a=items["d"]), DIMENSIONS),
        "reversed item": (items.assign(a=6 - items["a"]), DIMENSIONS),
        "all the same": (items * 0 + 5, DIMENSIONS),
        "fewer rows than items": (items.head(7), DIMENSIONS),
        "two rows": (items.head(2), DIMENSIONS),
        "no rows": (items.head(0), DIMENSIONS),
        "no answers": (items * np.nan, DIMENSIONS),
    }


CASES = list(degenerate(pd.DataFrame(columns=list("abcdefghi"), dtype=float)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CASES)
def test_every_missing_value_has_a_reason_and_a_sentence(items, study, case):
    given, dimensions = degenerate(items)[case]
    found = scales.soundness(given, dimensions=dimensions, seed=1)
    schema.check(found, "soundness")
    unknown = found["value"].isna()
    assert found.loc[unknown, "reason"].notna().all()
    assert (found["verdict"].eq("unknown") == unknown).all()
    told = "".join(report.soundness_findings(found, study))
    assert "nan" not in told.lower()
    assert not any(code in told for code in found["reason"].dropna().unique())
    if unknown.any():
        assert "无法判断" in told


def test_dimensions_of_one_item_still_have_a_reliability_of_the_whole(items):
    found = scales.soundness(items, dimensions=SINGLE, seed=1)
    assert value(found, "alpha", column="verdict") != "unknown"
    assert value(found, "alpha", dimension="a", column="reason") == "single_item"
    assert value(found, "factors", column="reason") == "few_items"
    rest = scales.item_statistics(items[list(SINGLE)]).set_index("item").loc["c", "item_rest"]
    assert value(found, "item_total", item="c") == pytest.approx(rest)


def test_all_the_same_answers_say_nothing_of_the_ends(items):
    found = scales.soundness(items * 0 + 5, dimensions=DIMENSIONS, seed=1)
    assert value(found, "ceiling", item="a", column="reason") == "no_variation"
    found = scales.soundness(items * 0 + 5, dimensions=DIMENSIONS, low=1, high=5, seed=1)
    assert value(found, "ceiling", item="a") == 1
    assert value(found, "floor", item="a") == 0


# ---- in Chinese ----------------------------------------------------------------------------------


def finding(**columns):
    row = {"check": "alpha", "n": 412, "value": 0.62, "good": 0.8, "threshold": 0.7}
    row |= {"source": "Nunnally & Bernstein 1994", "verdict": "weak", **columns}
    return pd.concat([schema.empty("soundness"), pd.DataFrame([row])], ignore_index=True)


def test_the_view_shows_every_finding(found, study):
    view = report.soundness_view(found, study)
    assert len(view) == len(found)
    first = view.iloc[0].to_dict()
    assert first["检查"] == "Cronbach α"
    assert (first["对象"], first["n"], first["参考值"]) == ("全卷", "600", "≥ 0.70")
    assert first["依据"] == "Nunnally & Bernstein 1994"
    assert set(view["判断"]) <= {"良好", "可接受", "偏弱", "无法判断"}
    pairs = view[view["检查"] == "HTMT"]
    assert pairs["对象"].iloc[0] == "响应 与 态度"
    assert not view.isna().any(axis=None)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({}, "全卷的 Cronbach α 为 0.62，低于 0.70（n = 412），题目之间不够一致。"),
        (
            {"check": "cr", "dimension": "态度", "value": 0.5, "threshold": 0.6},
            "“态度”的组合信度 CR 为 0.50，低于 0.60（n = 412），题目合起来不足以可靠地代表这个维度。",
        ),
        (
            {
                "check": "htmt",
                "dimension": "态度",
                "other": "响应",
                "value": 0.95,
                "threshold": 0.9,
            },
            "“态度”与“响应”的 HTMT 为 0.95，高于 0.90（n = 412），两个维度难以区分。",
        ),
        (
            {"check": "ceiling", "item": "overall", "value": 0.625, "threshold": 0.5},
            "“整体满意度”的最高分的占比为 62.5%，高于 50.0%（n = 412），已分不出满意和更满意的客户。",
        ),
        (
            {"check": "item_total", "item": "overall", "value": -0.2, "threshold": 0.3},
            "“整体满意度”的题目与其余题目的相关为 −0.20，低于 0.30（n = 412），"
            "方向与其他题目相反，可能是反向题没有反转。",
        ),
        (
            {"check": "factors", "value": 2, "good": 3, "threshold": 3},
            "答案显示有 2 个因子，问卷设了 3 个维度，两者不一致（n = 412）。",
        ),
        (
            {"check": "fornell_larcker", "dimension": "态度", "other": "响应", "value": -0.1},
            "“态度”与“响应”的相关大于它自己的 AVE 平方根（相差 −0.10，n = 412），两个维度难以区分。",
        ),
        (
            {"value": 0.6996},
            "全卷的 Cronbach α 为 0.6996，低于 0.70（n = 412），题目之间不够一致。",
        ),
    ],
    ids=["alpha", "cr", "htmt", "ceiling", "reversed", "factors", "fornell", "just below"],
)
def test_a_weakness_is_a_sentence(study, columns, sentence):
    assert report.soundness_findings(finding(**columns), study)[1:] == [sentence]


def test_what_is_not_known_is_told_once_a_reason(study):
    rows = [
        finding(check=check, dimension=name, value=np.nan, verdict="unknown", reason="single_item")
        for check in ("cr", "ave")
        for name in ("态度", "响应")
    ]
    told = report.soundness_findings(pd.concat(rows, ignore_index=True), study)
    assert told == [
        "共检查 4 项：无法判断 4 项。",
        "无法判断（维度只有一题）：组合信度 CR、平均提取方差 AVE；涉及态度、响应。",
    ]


def test_a_sound_questionnaire_has_no_weakness(study):
    told = report.soundness_findings(finding(value=0.91, verdict="good"), study)
    assert told == [
        "共检查 1 项：良好 1 项。",
        "全卷的 Cronbach α 为 0.91（n = 412），内部一致性良好。",
    ]


def test_no_findings_are_told(study):
    assert report.soundness_findings(schema.empty("soundness"), study) == ["没有可检查的题目。"]
