"""Schema drift: every kind of change and its near misses, what settles it, and no false alarm."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from raw_tables import grid_of

from csatlib import exports, schema, store
from csatlib import study as studies
from csatlib.exports import ExportError, RawTable, diff, settle
from csatlib.exports.table import build

QUARTERS = ("2026Q2", "2026Q3")
WORDS = ["非常不满意", "不满意", "一般", "满意", "非常满意"]
SHARES = [0.03, 0.07, 0.2, 0.4, 0.3]

# ---- files made in memory ------------------------------------------------------------------------


def raw_table(
    columns: dict[str, list[str]],
    *,
    quarter: str = QUARTERS[1],
    form: str = "text",
    channel: str | None = "电话",
    role: str = "responses",
    **more,
) -> RawTable:
    grid = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    rows, non_data, malformed = build(grid_of(grid), digest="d" * 64, file="电话.csv")
    plain = {"platform": "table", "encoding": "utf-8", "sheet": None, "mapping": {}, "ignore": ()}
    return RawTable(
        **plain | {"reader": "table", "digest": "d" * 64, "lacks": ()} | more,
        file=f"{quarter}/shop/电话.csv",
        form=form,
        channel=channel,
        role=role,
        rows=rows,
        non_data=non_data,
        malformed=malformed,
    )


def ratings(n: int, items: int, seed: int, levels: int = 5) -> list[np.ndarray]:
    """Answers 1 to ``levels`` of several items that go together (r near .5), high ones oftener."""
    rng = np.random.default_rng(seed)
    liking = rng.normal(size=n)
    cuts = np.quantile(rng.normal(size=20_000), np.cumsum(SHARES)[:-1])
    if levels != 5:
        cuts = np.linspace(-1.9, 1.2, levels - 1)
    each = [0.75 * liking + 0.66 * rng.normal(size=n) for _ in range(items)]
    return [np.digitize(latent, cuts) + 1 for latent in each]


def five(n: int, seed: int) -> list[str]:
    return [WORDS[v - 1] for v in ratings(n, 1, seed)[0]]


def form_of(*headers: str, n: int = 200, seed: int = 1, **answers: list[str]) -> RawTable:
    """A file of five-point items with the given headers; other answers by header."""
    columns = {h: five(n, seed * 100 + i) for i, h in enumerate(headers)}
    return raw_table(columns | answers)


def kinds(found: pd.DataFrame) -> list[str]:
    return found["change"].tolist()


BASE = [
    "1、您的整体满意度",
    "2、您对店员态度的满意度",
    "3、您对商品质量的满意度",
    "4、您对退换流程的满意度",
]


# ---- wordings and places -------------------------------------------------------------------------

WORDINGS = {
    "nothing": (BASE, BASE, []),
    "only numbers": (BASE, [h.replace("、", ". ") for h in BASE], []),
    "only numbers of another kind": (BASE, [f"Q{h[0]}.{h[2:]}" for h in BASE], []),
    "required mark": (BASE, [*BASE[:3], BASE[3] + "（必填）"], [("renamed", True)]),
    "punctuation": (BASE, [*BASE[:3], BASE[3] + "？"], [("renamed", True)]),
    "reworded": (BASE, [*BASE[:3], "4、您对退换货流程的满意度"], [("renamed", False)]),
    "reworded with more": (BASE, [*BASE[:3], "4、您对门店退换流程顺畅程度的满意度"], [("renamed", False)]),
    "negated": (BASE, [*BASE[:3], "4、您对退换流程的不满意度"], [("renamed", False)]),
    "another object": (
        [*BASE[:3], "4、您对客服态度的满意度"],
        [*BASE[:3], "4、您对工程师态度的满意度"],
        [("renamed", False)],
    ),
    "another time": (
        [*BASE[:3], "4、您近三个月的购物体验"],
        [*BASE[:3], "4、您本次的购物体验"],
        [("renamed", False)],
    ),
    "added at the end": (BASE, [*BASE, "5、您对停车便利的满意度"], [("added", True)]),
    "added inside, others renumbered": (
        BASE,
        [BASE[0], "2、您对停车便利的满意度", "3、您对店员态度的满意度", "4、您对商品质量的满意度", "5、您对退换流程的满意度"],
        [("added", True)],
    ),
    "dropped": (BASE, [BASE[0], "2、您对商品质量的满意度", "3、您对退换流程的满意度"], [("dropped", True)]),
    "replaced in its place": (
        BASE,
        [BASE[0], "2、您对停车便利的满意度", *BASE[2:]],
        [("added", False), ("dropped", False)],
    ),
    "one moved down": (BASE, [BASE[0], BASE[2], BASE[3], BASE[1]], [("moved", True)]),
    "one moved up": (BASE, [BASE[3], *BASE[:3]], [("moved", True)]),
    "split into halves": (
        [*BASE, "5、您对店员专业知识和收银速度的满意度"],
        [*BASE, "5、您对店员专业知识的满意度", "6、您对收银速度的满意度"],
        [("split", False)] * 2,
    ),
    "split by a stem": (
        [*BASE, "5、您对配送的满意度"],
        [*BASE, "5、您对配送速度的满意度", "6、您对配送包装的满意度"],
        [("split", False)] * 2,
    ),
    "split by a stem that holds a joining word": (
        [*BASE, "5、您对参与及时跟进的满意度"],
        [*BASE, "5、您对线上参与及时跟进的满意度", "6、您对线下参与及时跟进的满意度"],
        [("split", False)] * 2,
    ),
    "no split where 及 joins nothing": (
        [*BASE, "5、您对处理及时性的满意度"],
        [*BASE, "5、您对处理时效的满意度", "6、您对停车便利的满意度"],
        [("renamed", False), ("added", True)],
    ),
    "merged": (
        [*BASE, "5、您对店员专业知识的满意度", "6、您对收银速度的满意度"],
        [*BASE, "5、您对店员专业知识和收银速度的满意度"],
        [("merged", False)] * 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "now", "expected"), WORDINGS.values(), ids=WORDINGS)
def test_a_change_of_the_form_is_seen_and_nothing_else(before, now, expected):
    found = diff(form_of(*before), form_of(*now, seed=2), quarters=QUARTERS)
    assert list(zip(found["change"], found["certain"], strict=True)) == expected
    assert found["detail"].str.startswith("2026Q3/shop/电话.csv：").all()


@pytest.mark.parametrize(("before", "now", "expected"), WORDINGS.values(), ids=WORDINGS)
def test_the_two_directions_agree(before, now, expected):
    opposite = {"added": "dropped", "dropped": "added", "split": "merged", "merged": "split"}
    there = diff(form_of(*before), form_of(*now, seed=2))
    back = diff(form_of(*now, seed=2), form_of(*before))
    assert sorted(opposite.get(c, c) for c in kinds(there)) == sorted(kinds(back))
    if "moved" not in kinds(there):
        pairs = set(zip(there["previous"], there["current"], strict=True))
        assert pairs == set(zip(back["current"], back["previous"], strict=True))


def test_a_moved_question_is_told_alone_among_many():
    headers = [f"{i}、您对{c}项服务的满意度" for i, c in enumerate("甲乙丙丁戊己庚", start=1)]
    now = [headers[i] for i in (0, 4, 1, 2, 3, 5, 6)]
    found = diff(form_of(*headers), form_of(*now))
    assert found[["change", "current"]].to_numpy().tolist() == [
        ["moved", "5、您对戊项服务的满意度"]
    ]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("您对结果的满意度", "您对结果的不满意度"),
        ("您对结果是满意的", "您对结果是失望的"),
        ("您愿意推荐我们", "您不愿意推荐我们"),
        ("您等待的时间快吗", "您等待的时间慢吗"),
        ("您对客服人员态度的满意度", "您对工程师态度的满意度"),
        ("您近三个月的服务体验", "您本次的服务体验"),
        ("您对本季度服务的满意度", "您对上季度服务的满意度"),
    ],
)
def test_another_meaning_is_never_a_certain_rename(before, now):
    found = diff(form_of(*BASE, before), form_of(*BASE, now, seed=3))
    assert kinds(found) == ["renamed"]
    assert not found["certain"].any()
    assert "不能算同一题" in found["detail"].iloc[0]


def test_a_number_inside_a_question_is_no_question_number():
    found = diff(form_of(*BASE, "24小时响应的满意度"), form_of(*BASE, "48小时响应的满意度"))
    assert found[["change", "certain"]].to_numpy().tolist() == [["renamed", False]]


def test_questions_with_one_wording_are_told_apart_by_their_order():
    before = raw_table({"备注": ["a"], "整体": ["1"], "备注 ": ["b"]})
    now = raw_table({"备注": ["a"], "整体": ["1"], "备注 ": ["b"], " 备注": ["c"]})
    assert diff(before, before).empty
    assert diff(before, now)[["change", "current"]].to_numpy().tolist() == [["added", "备注#3"]]


# ---- options -------------------------------------------------------------------------------------


def choices(seed: int, n: int = 300, **shares: float) -> list[str]:
    rng = np.random.default_rng(seed)
    p = np.array([*shares.values()]) / sum(shares.values())
    return list(rng.choice([*shares], size=n, p=p))


OPTIONS = {
    "same": ({"购买": 5, "退换": 3, "其他": 1}, {"购买": 5, "退换": 3, "其他": 1}, None),
    "rare one not chosen": ({"购买": 5, "退换": 4, "其他": 0.02}, {"购买": 5, "退换": 4}, None),
    "added": ({"购买": 5, "退换": 3}, {"购买": 5, "退换": 3, "咨询": 2}, "新增选项“咨询”"),
    "dropped": ({"购买": 5, "退换": 3, "咨询": 2}, {"购买": 5, "退换": 3}, "不再有选项“咨询”"),
    "renamed": (
        {"购买": 5, "退换商品": 3},
        {"购买": 5, "退换货商品": 3},
        "“退换商品”可能改成了“退换货商品”",
    ),
}


@pytest.mark.parametrize(("before", "now", "told"), OPTIONS.values(), ids=OPTIONS)
def test_options_by_their_words(before, now, told):
    found = diff(
        form_of(*BASE, n=300, 到店目的=choices(1, **before)),
        form_of(*BASE, n=300, seed=2, 到店目的=choices(2, **now)),
    )
    assert kinds(found) == (["options"] if told else [])
    assert told is None or told in found["detail"].iloc[0]
    assert not found["certain"].any()


def multi(*options: str, seed: int = 1) -> dict[str, list[str]]:
    rng = np.random.default_rng(seed)
    first, *others = options
    names = [f"5、去过的门店({first})", *(f"5、({o})" for o in others)]
    return {name: [str(v) for v in rng.integers(0, 2, 200)] for name in names}


@pytest.mark.parametrize(
    ("now", "told", "certain"),
    [
        (["东店", "西店", "南店"], None, None),
        (["东店", "西店", "南店", "北店"], "新增选项“北店”。", True),
        (["东店", "西店"], "不再有选项“南店”。", True),
        (["东店", "南店", "西店"], "选项的顺序变为：东店、南店、西店。", True),
        (["西店", "东店", "南店"], "选项的顺序变为：西店、东店、南店。", True),
        (["东店", "西店", "南店分店"], "“南店”可能改成了“南店分店”。", False),
    ],
    ids=["same", "added", "dropped", "order", "first changed", "renamed"],
)
def test_options_with_a_column_each(now, told, certain):
    found = diff(form_of(*BASE, **multi("东店", "西店", "南店")), form_of(*BASE, **multi(*now)))
    assert kinds(found) == ([] if told is None else ["options"])
    if told:
        assert found["detail"].iloc[0].endswith(told)
        assert found["certain"].iloc[0] == certain
        assert yaml.safe_load(found["proposal"].iloc[0])["options"] == now


def coded(texts: dict[str, list[str]], books: dict[str, list[str]], **more) -> list[RawTable]:
    """Both exports of the same answers: wordings, and their numbers on the form."""
    number = {"序号": [str(i) for i in range(1, len(next(iter(texts.values()))) + 1)]}
    codes = {h: [str(books[h].index(a) + 1) for a in answers] for h, answers in texts.items()}
    return [
        raw_table(number | texts, ignore=("序号",), **more),
        raw_table(number | codes, form="code", role="twin", ignore=("序号",), **more),
    ]


@pytest.mark.parametrize(
    ("book", "change"),
    [
        (WORDS, None),
        (WORDS[::-1], "reversed"),
        ([WORDS[1], WORDS[0], *WORDS[2:]], "options"),
    ],
    ids=["same", "turned", "two exchanged"],
)
def test_the_order_of_a_scale_shows_in_the_numbers_of_its_options(book, change):
    header = "1、您的整体满意度"
    before = coded({header: five(200, 1)}, {header: WORDS})
    found = diff(before, coded({header: five(200, 2)}, {header: book}), quarters=QUARTERS)
    assert kinds(found) == ([change] if change else [])
    if change == "reversed":
        assert not found["certain"].any()
        assert found["proposal"].tolist() == ["breaks: [2026Q3]"]


def test_the_order_of_options_shows_in_their_numbers():
    header, options = "到店目的", ["购买", "退换", "其他"]
    answers = choices(1, 购买=5, 退换=3, 其他=2)
    found = diff(
        coded({header: answers}, {header: options}),
        coded({header: answers}, {header: options[::-1]}),
    )
    assert found[["change", "certain", "proposal"]].to_numpy().tolist() == [
        ["options", True, "options: [其他, 退换, 购买]"]
    ]


# ---- scales --------------------------------------------------------------------------------------


def numbers(n: int, seed: int, levels: int = 5, low: int = 1) -> list[str]:
    return [str(v - 1 + low) for v in ratings(n, 1, seed, levels)[0]]


SCALES = {
    "same": (numbers(200, 1), numbers(200, 2), False),
    "five to ten": (numbers(200, 1), numbers(200, 2, 10), True),
    "ten to five": (numbers(200, 1, 10), numbers(200, 2), True),
    "five to seven": (numbers(200, 1), numbers(200, 2, 7), True),
    "one to five, then nought to four": (numbers(200, 1), numbers(200, 2, low=0), True),
    "few answers, five to ten": (numbers(25, 1), numbers(25, 2, 10), True),
    "five to a hundred": (numbers(200, 1), [str(20 * int(v)) for v in numbers(200, 2)], True),
    "nobody chose one": (
        numbers(200, 1),
        [v for v in numbers(400, 2) if v != "1"][:200],
        False,
    ),
    "slips of the keyboard": (
        [*numbers(196, 1), "55", "6", "0", "44"],
        [*numbers(197, 2), "33", "0", "7"],
        False,
    ),
    "slips, then another scale": ([*numbers(198, 1), "55", "66"], numbers(200, 2, 10), True),
    "few answers, none low": (["4", "5", "5", "4", "3"] * 2, ["2", "5", "1", "4", "4"] * 2, False),
    "same words": (five(200, 1), five(200, 2), False),
    "seven words": (
        five(200, 1),
        [["比较满意", "比较不满意", *WORDS][i % 7] for i in range(200)],
        True,
    ),
    "other words": (
        five(200, 1),
        [["很差", "较差", "一般", "较好", "很好"][WORDS.index(a)] for a in five(200, 2)],
        True,
    ),
    "a word nobody chose": (five(200, 1), [a for a in five(400, 2) if a != WORDS[0]][:200], False),
    "words to numbers": (five(200, 1), numbers(200, 2), True),
    "numbers with their words": (
        numbers(200, 1),
        [f"{v}（{WORDS[int(v) - 1]}）" for v in numbers(200, 2)],
        False,
    ),
}


@pytest.mark.parametrize(("before", "now", "changed"), SCALES.values(), ids=SCALES)
def test_another_scale_is_seen_and_a_rare_answer_is_not(before, now, changed):
    header = "您的整体满意度"
    found = diff(raw_table({header: before}), raw_table({header: now}), quarters=QUARTERS)
    assert kinds(found) == (["rescaled"] if changed else [])
    assert not found["certain"].any()
    if changed:
        assert found["proposal"].tolist() == ["breaks: [2026Q3]"]


def items(n: int, seed: int, k: int = 4, turned: tuple[int, ...] = ()) -> RawTable:
    answers = ratings(n, k, seed)
    return raw_table(
        {
            f"第{i + 1}项": [str(6 - v if i in turned else v) for v in a]
            for i, a in enumerate(answers)
        }
    )


@pytest.mark.parametrize("turned", [(0,), (3,), (1, 2), ()], ids=str)
@pytest.mark.parametrize("n", [60, 400])
def test_a_turned_item_shows_in_its_correlations(turned, n):
    found = diff(items(n, 1, 5), items(n, 2, 5, turned), quarters=QUARTERS)
    assert found["current"].tolist() == [f"第{i + 1}项" for i in turned]
    assert set(kinds(found)) <= {"reversed"}
    assert not found["certain"].any()
    assert "超出抽样误差" in "".join(found["detail"]) or not turned


def test_below_thirty_answers_a_correlation_says_nothing():
    for n, expected in ((29, []), (30, ["reversed"])):
        cells = ["1", "2", "3", "4", "5"] * 6
        before = raw_table(dict.fromkeys(("整体", "态度", "质量"), cells[:n]))
        now = raw_table({"整体": cells[:n], "态度": cells[:n], "质量": cells[::-1][:n]})
        assert kinds(diff(before, now)) == expected


def test_where_all_items_turn_their_distributions_tell():
    found = diff(items(300, 1), items(300, 2, turned=(0, 1, 2, 3)))
    assert kinds(found) == ["reversed"] * 4
    assert "左右相反" in found["detail"].iloc[0]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("cell", ["{number}（{word}）", "{letter}.{word}", "{word}（{number}分）"])
def test_words_in_the_cell_tell_the_direction(turned, cell):
    order = WORDS[::-1] if turned else WORDS
    written = [
        [
            cell.format(number=w.index(a) + 1, letter="ABCDE"[w.index(a)], word=a)
            for a in five(50, s)
        ]
        for s, w in ((1, WORDS), (2, order))
    ]
    found = diff(raw_table({"整体": written[0]}), raw_table({"整体": written[1]}))
    assert kinds(found) == (["reversed"] if turned else [])


# ---- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other", [{"channel": "线上"}, {"form": "code"}, {"role": "twin"}, {"reader": "wjx"}], ids=str
)
def test_files_of_different_sources_are_not_compared(other):
    with pytest.raises(ExportError, match="没有同一来源的答卷可比"):
        diff(raw_table({"整体": ["1"]}), raw_table({"整体": ["1"]}, **other))


def test_several_files_find_their_partners():
    a, b = form_of(*BASE), replace(form_of("整体", "态度", "质量"), channel="线上")
    c = replace(form_of("整体", "态度", "质量", "停车便利", seed=2), channel="线上")
    found = diff([a, b], [c, form_of(*BASE, seed=2)])
    assert found[["change", "current"]].to_numpy().tolist() == [["added", "停车便利"]]


def test_no_file_is_no_comparison():
    with pytest.raises(ExportError, match="没有文件"):
        diff([], [])


def test_an_empty_file_shows_its_headers():
    assert kinds(diff(raw_table({"整体": [], "态度": []}), raw_table({"整体": []}))) == ["dropped"]


def test_ids_and_people_are_never_told():
    n = 60
    before = raw_table({"联系人": ["张三"] * n, "客户编号": ["C1"] * n, "整体": five(n, 1)})
    now = raw_table({"联系人": ["李四"] * n, "客户编号": ["C2"] * n, "整体": five(n, 2)})
    assert diff(before, now).empty


def test_nothing_is_changed_and_the_contract_holds():
    before, now = form_of(*BASE), form_of(*BASE[:3], "4、停车", seed=2)
    kept = before.rows.copy(), now.rows.copy()
    found = diff(before, now)
    schema.check(found, "drift")
    assert before.rows.equals(kept[0])
    assert now.rows.equals(kept[1])
    assert found.equals(diff(before, now))


# ---- with a study --------------------------------------------------------------------------------

STUDY = """\
line: shop
title: 门店
population: {{description: 客户}}
scales:
  five: {{low: 1, high: 5, cutoff: 4, labels: {{非常不满意: 1, 不满意: 2, 一般: 3, 满意: 4, 非常满意: 5}}}}
sources:
  - {{role: responses, glob: "电话*", reader: table, channel: 电话}}
questions:
  - {{id: overall, text: 您的整体满意度, kind: rating, scale: five, dimension: 整体满意度}}
{questions}
report: {{overall: overall}}
"""
STAFF = "- {id: staff, text: 您对店员态度的满意度, kind: rating, dimension: 店员, scale: five%s}"


@pytest.fixture
def study_with(tmp_path):
    """Make a study of the item ``overall`` and the given questions."""

    def make(*questions: str):
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        listed = "\n".join(f"  {q}" for q in questions)
        (folder / "study.yml").write_text(STUDY.format(questions=listed), encoding="utf-8")
        return studies.load(folder)

    return make


def staff(now: str, **more) -> tuple[RawTable, RawTable]:
    return form_of("您的整体满意度", "您对店员态度的满意度"), form_of(
        "您的整体满意度", now, seed=2, **more
    )


def test_the_study_names_both_wordings_so_the_rename_is_certain(study_with):
    before, now = staff("您对店员服务态度的满意度")
    unsettled = study_with(STAFF % "")
    found = diff(before, now, study=unsettled, quarters=QUARTERS)
    row = found.iloc[0]
    assert (len(found), row["change"], row["item"], row["certain"]) == (
        1,
        "renamed",
        "staff",
        False,
    )
    assert row["proposal"] == "aliases: [您对店员服务态度的满意度]"
    with pytest.raises(ExportError, match="店员服务态度") as told:
        settle(found, unsettled, quarter="2026Q3")
    assert "2026Q3/shop/电话.csv" in str(told.value)
    assert row["proposal"] in str(told.value)
    settled = study_with(STAFF % f", {row['proposal']}")
    assert settle(found, settled, quarter="2026Q3")["certain"].all()
    assert diff(before, now, study=settled, quarters=QUARTERS)["certain"].tolist() == [True]


def test_the_proposal_keeps_the_aliases_that_are_there(study_with):
    found = diff(*staff("您对店员服务态度的满意度"), study=study_with(STAFF % ", aliases: [店员]"))
    assert found["proposal"].tolist() == ["aliases: [店员, 您对店员服务态度的满意度]"]


NEGATED = "您对店员态度的不满意度"


@pytest.mark.parametrize(
    ("questions", "settled"),
    [
        ([STAFF % ""], False),
        ([STAFF % f", aliases: [{NEGATED}]"], False),
        ([STAFF % f", aliases: [{NEGATED}], breaks: [2026Q2]"], False),
        ([STAFF % f", aliases: [{NEGATED}], breaks: [2026Q3]"], True),
        ([STAFF % ", until: 2026Q2", "{proposal}"], True),
    ],
    ids=["not named", "an alias", "an old break", "an alias and a break", "another question"],
)
def test_a_negation_needs_a_break_or_another_question(study_with, questions, settled):
    before, now = staff(NEGATED)
    found = diff(before, now, study=study_with(STAFF % ""), quarters=QUARTERS)
    assert found[["change", "certain"]].to_numpy().tolist() == [["renamed", False]]
    proposal = found["proposal"].iloc[0]
    assert yaml.safe_load(proposal)[0]["text"] == NEGATED
    study = study_with(*(q.replace("{proposal}", proposal) for q in questions))
    again = diff(before, now, study=study, quarters=QUARTERS)
    assert not again.loc[again["change"] == "renamed", "certain"].any()
    for drift in (found, again):
        if settled:
            assert settle(drift, study, quarter="2026Q3")["certain"].all()
        else:
            with pytest.raises(ExportError, match="处变化"):
                settle(drift, study, quarter="2026Q3")


@pytest.mark.parametrize(
    ("questions", "settled"),
    [
        ([STAFF % ""], False),
        ([STAFF % ", breaks: [2026Q2]"], False),
        ([STAFF % ", breaks: [2026Q3]"], True),
        ([STAFF % ", until: 2026Q2", (STAFF % ", since: 2026Q3").replace("staff", "staff_10")], True),
    ],
    ids=["silent", "an old break", "a break", "an end and a beginning"],
)  # fmt: skip
def test_another_scale_needs_a_break_or_another_question(study_with, questions, settled):
    header = "您对店员态度的满意度"
    before, now = (
        raw_table({"您的整体满意度": numbers(200, s), header: numbers(200, s + 1, k)})
        for s, k in ((1, 5), (3, 10))
    )
    study = study_with(*questions)
    found = diff(before, now, study=study, quarters=QUARTERS)
    assert found[["change", "certain"]].to_numpy().tolist() == [["rescaled", False]]
    if settled:
        assert settle(found, study, quarter="2026Q3")["certain"].all()
    else:
        with pytest.raises(ExportError, match=r"请在研究文件里加：breaks: \[.*2026Q3\]"):
            settle(found, study, quarter="2026Q3")


def test_a_split_needs_an_end_and_two_beginnings(study_with):
    whole = "您对店员态度和收银速度的满意度"
    parts = ["您对店员态度的满意度", "您对收银速度的满意度"]
    before = form_of("您的整体满意度", whole)
    now = form_of("您的整体满意度", *parts, seed=2)
    one = f"- {{id: both, text: {whole}, kind: rating, scale: five, dimension: 两项%s}}"
    found = diff(before, now, study=study_with(one % ""), quarters=QUARTERS)
    assert found[["change", "certain"]].to_numpy().tolist() == [["split", False]] * 2
    with pytest.raises(ExportError, match="2 处变化"):
        settle(found, study_with(one % ""), quarter="2026Q3")
    lines = [line[:-1] + ", dimension: 甲}" for line in found["proposal"]]
    endless = study_with(
        one % ", until: 2026Q2", *(q.replace(", since: 2026Q3", "") for q in lines)
    )
    with pytest.raises(ExportError, match="2 处变化"):
        settle(found, endless, quarter="2026Q3")
    study = study_with(one % ", until: 2026Q2", *lines)
    assert settle(found, study, quarter="2026Q3")["certain"].all()
    assert diff(before, now, study=study, quarters=QUARTERS)["certain"].all()


def test_a_new_option_needs_its_place_in_the_study(study_with):
    line = "- {id: aim, text: 到店目的, kind: single, dimension: 目的, options: [购买, 退换%s]}"
    before = form_of("您的整体满意度", n=300, 到店目的=choices(1, 购买=5, 退换=3))
    now = form_of("您的整体满意度", n=300, 到店目的=choices(2, 购买=5, 退换=3, 咨询=2))
    found = diff(before, now, study=study_with(line % ""), quarters=QUARTERS)
    assert found[["change", "item", "certain", "proposal"]].to_numpy().tolist() == [
        ["options", "aim", False, "options: [购买, 退换, 咨询]"]
    ]
    with pytest.raises(ExportError, match="选项变化"):
        settle(found, study_with(line % ""), quarter="2026Q3")
    study = study_with(line % ", 咨询")
    assert settle(found, study, quarter="2026Q3")["certain"].all()
    assert diff(before, now, study=study, quarters=QUARTERS)["certain"].all()


def test_words_and_numbers_of_one_scale_are_one_scale_to_the_study(study_with):
    before = raw_table({"您的整体满意度": five(200, 1)})
    now = raw_table({"您的整体满意度": numbers(200, 2)})
    assert kinds(diff(before, now)) == ["rescaled"]
    assert diff(before, now, study=study_with(), quarters=QUARTERS).empty


def test_a_proposal_is_yaml_even_of_an_awkward_wording():
    found = diff(form_of(*BASE, "收银: 快吗, [分店]"), form_of(*BASE, "收银: 快捷吗, [分店]"))
    assert yaml.safe_load(found["proposal"].iloc[0]) == {"aliases": ["收银:快吗,[分店]"]}


def test_quarters_are_read_from_the_folder_or_told():
    rows = {"整体": numbers(200, 1)}, {"整体": numbers(200, 2, 10)}
    a, b = (raw_table(r, quarter=q) for r, q in zip(rows, ("2025Q4", "2026Q1"), strict=True))
    assert diff(a, b)["proposal"].tolist() == ["breaks: [2026Q1]"]
    nowhere = replace(b, file="电话.csv")
    assert diff(a, nowhere)["proposal"].isna().all()


def test_settle_wants_the_drift_table(study_with):
    with pytest.raises(schema.SchemaError):
        settle(pd.DataFrame({"change": ["renamed"]}), study_with(), quarter="2026Q3")


def test_nothing_to_settle_is_settled(study_with):
    assert settle(schema.empty("drift"), study_with(), quarter="2026Q3").empty


# ---- the fictional company -----------------------------------------------------------------------

PLANTED = {
    ("hotline", "2026Q1", "2026Q2"): [("renamed", "process"), ("added", "follow_up"), ("added", "follow_up")],
    ("hotline", "2026Q2", "2026Q3"): [],
    ("ops_company", "2026Q1", "2026Q2"): [("renamed", "value")],
    ("ops_company", "2026Q2", "2026Q3"): [("added", "expected_response_speed"), ("added", "expected_value")] * 2,
    ("ops_event", "2026Q1", "2026Q2"): [],
    ("ops_event", "2026Q2", "2026Q3"): [],
}  # fmt: skip


@pytest.fixture(scope="module")
def company(repository):
    """Every quarter's files of the fictional company, read once."""
    held = {}

    def read(line: str, quarter: str):
        study = store.study(line, repository)
        if (line, quarter) not in held:
            files = store.raw(quarter, line, repository)
            held[line, quarter] = exports.read_all(files, study)
        return held[line, quarter], study

    return read


@pytest.mark.parametrize(("place", "planted"), PLANTED.items(), ids=map(" ".join, PLANTED))
def test_the_fictional_company_shows_what_was_planted_and_nothing_else(company, place, planted):
    line, before, now = place
    (earlier, study), (later, _) = company(line, before), company(line, now)
    found = diff(earlier, later, study=study)
    assert list(zip(found["change"], found["item"], strict=True)) == planted
    assert found["certain"].all()
    assert settle(found, study, quarter=now).equals(found)
    changed = {"renamed", "added", "dropped"} if planted else set()
    assert set(kinds(diff(earlier, later))) <= changed


@pytest.mark.parametrize("line", ["hotline", "ops_company", "ops_event"])
def test_a_quarter_does_not_differ_from_itself(company, line):
    files, study = company(line, "2026Q3")
    assert diff(files, files, study=study).empty
    assert diff(files, files).empty


# ---- chance, and mutations whose truth is known --------------------------------------------------

TOPICS = ["接通速度", "等待时间", "人员态度", "解决结果", "专业知识", "办理流程", "后续跟进", "收费透明", "环境整洁", "停车便利", "配送包装", "界面美观"]  # fmt: skip
AIMS = ["咨询", "报修", "投诉", "缴费", "其他", "续约"]


def questionnaire(rng: random.Random) -> dict[str, dict]:
    """A form: rating items (words or numbers), a choice with rare options, a free answer."""
    spoken = rng.random() < 0.5
    topics = rng.sample(TOPICS, rng.randint(4, 8))
    form = {f"您对{t}的满意度": {"kind": "words" if spoken else "numbers"} for t in topics}
    form["您的推荐意愿"] = {"kind": "numbers", "levels": 11}
    shares = [rng.choice([0.005, 0.02, 0.1, 0.3, 0.5]) for _ in AIMS[:5]]
    form["您的来访目的"] = {
        "kind": "choice",
        "options": dict(zip(AIMS, [*shares, 0.0], strict=True)),
    }
    form["您还有哪些建议"] = {"kind": "free"}
    return form


def answered(form: dict[str, dict], n: int, seed: int) -> RawTable:
    rng = np.random.default_rng(seed)
    liking, columns = rng.normal(size=n), {}
    for i, (header, q) in enumerate(form.items(), start=1):
        levels = q.get("levels", 5)
        latent = 0.75 * liking + 0.66 * rng.normal(size=n)
        cuts = np.linspace(-1.8, 0.6, levels - 1)
        scores = np.digitize(latent, cuts) + (0 if levels == 11 else 1)
        if q.get("turned"):
            scores = levels + 1 - scores
        if q["kind"] == "words":
            words = q.get("words", WORDS)
            cells = [words[s - 1] for s in scores]
        elif q["kind"] == "numbers":
            cells = [str(s) for s in scores]
        elif q["kind"] == "choice":
            p = np.array([*q["options"].values()])
            cells = list(rng.choice([*q["options"]], size=n, p=p / p.sum()))
        else:
            cells = [f"第{v}条建议" for v in rng.integers(0, 10 * n, n)]
        blank = rng.random(n) < 0.03
        columns[f"{i}、{header}"] = ["" if b else c for b, c in zip(blank, cells, strict=True)]
    return raw_table(columns)


def rated(form: dict[str, dict]) -> list[str]:
    return [h for h in form if h.endswith("满意度")]


def put(form: dict[str, dict], at: int, **new: dict) -> dict[str, dict]:
    listed = list(form.items())
    return dict([*listed[:at], *new.items(), *listed[at:]])


def swap(form: dict[str, dict], old: str, *new: str) -> dict[str, dict]:
    return {
        h: q for own, q in form.items() for h, q in ([(n, q) for n in new] if own == old else [(own, q)])
    }  # fmt: skip


def mutate(form: dict[str, dict], kind: str, rng: random.Random):
    """Change a form in one way; give it with the headers that the change should name."""
    chosen = rng.choice(rated(form))
    topic = chosen[2:-4]
    if kind == "renamed":
        return swap(form, chosen, f"您对我们{topic}情况的满意度"), {chosen}
    if kind == "negated":
        return swap(form, chosen, f"您对{topic}的不满意度"), {chosen}
    if kind == "printed":
        return swap(form, chosen, chosen + "？（必填）"), {chosen}
    if kind == "moved":
        rest = {h: q for h, q in form.items() if h != chosen}
        places = [i for i in range(len(rest)) if abs(i - list(form).index(chosen)) > 1]
        return put(rest, rng.choice(places), **{chosen: form[chosen]}), {chosen}
    if kind == "added":
        new = f"您对{rng.choice([t for t in TOPICS if f'您对{t}的满意度' not in form])}的满意度"
        return put(form, rng.randint(0, len(form)), **{new: form[chosen]}), {new}
    if kind == "dropped":
        return {h: q for h, q in form.items() if h != chosen}, {chosen}
    if kind == "split":
        parts = [f"您对线上{topic}的满意度", f"您对线下{topic}的满意度"]
        return swap(form, chosen, *parts), {chosen}
    if kind == "rescaled":
        if form[chosen]["kind"] == "numbers":
            return form | {chosen: form[chosen] | {"levels": rng.choice([7, 10])}}, {chosen}
        words = ["很不满", "不太满意", "中立", "比较满意", "很满意"]
        return form | {chosen: form[chosen] | {"words": words}}, {chosen}
    if kind == "reversed":
        return form | {chosen: {"kind": "numbers", "turned": True}}, {chosen}
    aims = form["您的来访目的"]["options"] | {"续约": 0.6}
    return form | {"您的来访目的": {"kind": "choice", "options": aims}}, {"您的来访目的"}


KINDS = ["renamed", "negated", "printed", "moved", "added", "dropped", "split", "rescaled", "reversed", "options"]  # fmt: skip
SEEDS = 12


@pytest.mark.parametrize("kind", KINDS)
def test_known_changes_are_found_and_the_grave_ones_never_called_certain(kind):
    change = {"negated": "renamed", "printed": "renamed"}.get(kind, kind)
    hits = 0
    for seed in range(SEEDS):
        rng = random.Random(f"{kind} {seed}")
        form = questionnaire(rng)
        if kind == "reversed":
            form = {
                h: q | ({"kind": "numbers"} if h in rated(form) else {}) for h, q in form.items()
            }
        changed, headers = mutate(form, kind, rng)
        n = rng.choice([150, 400])
        found = diff(answered(form, n, 2 * seed), answered(changed, n, 2 * seed + 1))
        titles = found["previous"].fillna(found["current"]).str.replace(r"^\d+、", "", regex=True)
        hits += kinds(found) == [change] * (2 if kind == "split" else 1) and set(titles) == headers
        grave = found["change"].isin(["rescaled", "reversed"]) | (kind == "negated")
        assert not found.loc[grave, "certain"].any()
        assert found["certain"].all() or kind not in ("printed", "moved")
    assert hits >= 0.95 * SEEDS


def test_other_respondents_to_the_same_form_raise_no_alarm():
    alarms = []
    for seed in range(200):
        rng = random.Random(seed)
        form, sizes = questionnaire(rng), [rng.choice([12, 30, 60, 150, 400]) for _ in range(2)]
        before, now = (answered(form, n, 2 * seed + i) for i, n in enumerate(sizes))
        alarms += [(seed, sizes, *row) for row in diff(before, now).to_numpy().tolist()]
    assert alarms == []


@pytest.mark.parametrize(
    ("k", "n", "marked", "total"), [(1, 5, 1, 10), (7, 20, 9, 50), (30, 400, 40, 900), (0, 3, 2, 9)]
)
def test_the_tail_of_the_exact_test_is_that_of_scipy(k, n, marked, total):
    from scipy.stats import hypergeom

    from csatlib.exports.drift.answers import _upper_tail

    expected = hypergeom.sf(k - 1, total, marked, n)
    assert _upper_tail(k, n, marked, total) == pytest.approx(expected, rel=1e-9)
