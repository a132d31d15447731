"""Questionnaires changed in every way a form changes: each is read right or refused, never wrong."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd
import pytest
from conftest import shop_study

from csatlib import clean, exports
from csatlib.clean.answers import read_answers
from csatlib.exports import ExportError

pytestmark = pytest.mark.slow

PEOPLE = 12
LABELS = ("非常不满意", "不满意", "一般", "满意", "非常满意")
STORES = ("东店", "西店", "南店、北店", "其他")

STUDY = """\
line: shop
title: 门店满意度调查
population: {description: 到店的客户}
scales:
  five:
    low: 1
    high: 5
    labels: {非常不满意: 1, 不满意: 2, 一般: 3, 满意: 4, 非常满意: 5}
    cutoff: 4
  ten: {low: 0, high: 10}
sources:
  - {role: responses, glob: "*_按文本_*", reader: wjx, channel: 线上, optional: true}
  - {role: twin, glob: "*_按序号_*", reader: wjx, optional: true}
  - {role: responses, glob: "*_按分数_*", reader: wjx, channel: 线上, optional: true}
  - {role: twin, glob: "*_旧版_*", reader: wjx, form: code, optional: true, lacks: [hoped, weight_speed, weight_manner]}
  - {role: responses, glob: "tencent*", reader: tencent, channel: 腾讯, optional: true, lacks: [order]}
  - {role: responses, glob: "forms*", reader: forms, channel: 微信, optional: true, lacks: [order]}
  - {role: responses, glob: "table*", reader: table, channel: 电话, optional: true, mapping: {submitted_at: 回访时间}, lacks: [order]}
  - {role: responses, glob: "sheet*", reader: table, channel: 纸质, optional: true, mapping: {submitted_at: 回访时间}, lacks: [order, hoped]}
questions:
  - {id: overall, text: 您的满意度, kind: rating, scale: five}
  - {id: change, text: 您的满意度变化, kind: rating, scale: five}
  - {id: clerk, text: 您对店员的满意度, kind: rating, scale: five}
  - {id: manager, text: 您对店长的满意度, kind: rating, scale: five, reverse: true}
  - {id: content, text: 您对退换服务满意吗, kind: rating, scale: five}
  - {id: discontent, text: 您对退换服务不满意吗, kind: rating, scale: five}
  - {id: speed, text: 服务评价—响应速度, kind: rating, scale: five, pattern: '第7题\\(响应速度'}
  - {id: manner, text: 服务评价—服务态度, kind: rating, scale: five, pattern: '第7题\\(服务态度'}
  - {id: weight_speed, text: 重要程度—响应速度, kind: rating, scale: five}
  - {id: weight_manner, text: 重要程度—服务态度, kind: rating, scale: five}
  - {id: recommend, text: 您推荐我们的可能性, kind: nps, scale: ten}
  - {id: topic, text: 到店目的, kind: single, options: [购买, 退换, 维修, 其他]}
  - {id: places, text: 去过的门店, kind: multi, options: [东店, 西店, "南店、北店", 其他], pattern: '第11题\\('}
  - {id: hoped, text: 想去的门店, kind: multi, options: [东店, 西店, "南店、北店", 其他]}
  - {id: order, text: 看重的方面, kind: ranking, options: [价格, 质量, 服务], pattern: '第13题\\('}
  - {id: trap, text: 本题请选一般, kind: attention, expect: 一般, options: [满意, 一般, 不满意]}
  - {id: brand, text: (1)常买品牌, kind: text, aliases: ["常买的:_填空1"]}
  - {id: price, text: (2)常买价位, kind: text, aliases: ["常买的:_填空2"]}
  - {id: comment, text: 意见建议, kind: text}
report: {overall: overall}
"""  # fmt: skip


# ---- the form ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One question as the form shows it; ``item`` says whose answers its column really holds."""

    item: str
    kind: str
    text: str
    options: tuple[str, ...] = ()
    stem: str = ""
    number: int | None = 1
    stem_shown: bool = True
    mark: str = ""


def form() -> list[Asked]:
    listed = [
        Asked("overall", "rating", "您的满意度", LABELS),
        Asked("change", "rating", "您的满意度变化", LABELS),
        Asked("clerk", "rating", "您对店员的满意度", LABELS),
        Asked("manager", "rating", "您对店长的满意度", LABELS),
        Asked("content", "rating", "您对退换服务满意吗", LABELS),
        Asked("discontent", "rating", "您对退换服务不满意吗", LABELS),
        Asked("speed", "rating", "响应速度", LABELS, "服务评价"),
        Asked("manner", "rating", "服务态度", LABELS, "服务评价"),
        Asked("weight_speed", "rating", "响应速度", LABELS, "重要程度"),
        Asked("weight_manner", "rating", "服务态度", LABELS, "重要程度"),
        Asked("recommend", "nps", "您推荐我们的可能性"),
        Asked("topic", "single", "到店目的", ("购买", "退换", "维修", "其他")),
        Asked("places", "multi", "去过的门店", STORES),
        Asked("hoped", "multi", "想去的门店", STORES),
        Asked("order", "ranking", "看重的方面", ("价格", "质量", "服务")),
        Asked("trap", "attention", "本题请选一般", ("满意", "一般", "不满意")),
        Asked("brand", "blank", "常买品牌", (), "常买的"),
        Asked("price", "blank", "常买价位", (), "常买的"),
        Asked("comment", "text", "意见建议"),
    ]
    return renumbered(listed)


def renumbered(asked: list[Asked], start: int = 1) -> list[Asked]:
    """Number the questions as platforms do: rows of one stem that follow each other share one."""
    numbered: list[Asked] = []
    for question in asked:
        before = numbered[-1] if numbered else None
        same = before and question.stem and before.stem == question.stem
        number = before.number if before else start - 1
        numbered.append(replace(question, number=number if same else number + 1))
    return numbered


def answers(asked: list[Asked], rng: random.Random) -> dict[str, list[object]]:
    """Draw what everybody answers, question by question."""
    drawn: dict[str, list[object]] = {}
    for q in asked:
        drawn[q.item] = [_answer(q, person, rng) for person in range(PEOPLE)]
    return drawn


def _answer(q: Asked, person: int, rng: random.Random) -> object:
    if q.kind == "nps":
        return rng.randint(0, 10)
    if q.kind in ("text", "blank"):
        return f"{q.item}说{person}"
    if q.kind == "multi":
        return tuple(rng.sample(q.options, rng.randint(1, len(q.options))))
    if q.kind == "ranking":
        return tuple(rng.sample(q.options, rng.randint(2, len(q.options))))
    return rng.choice(q.options)


# ---- layouts: what each platform makes of a form and its answers ---------------------------------

Column = tuple[str, list[str]]
META = {
    "wjx": ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"],
    "tencent": ["编号", "开始答题时间", "结束答题时间", "答题时长", "地理位置省", "昵称", "IP"],
    "forms": ["提交者（自动）", "提交时间（自动）"],
    "table": ["回访时间"],
}
TIMES = {"wjx": "2026/7/6 9:05:03", "tencent": "06-Jul-2026 09:05:03", "forms": "2026年7月6日 9:05", "table": "2026-07-06 09:05"}  # fmt: skip


def meta(platform: str) -> list[Column]:
    cells = {
        name: [TIMES[platform] if "时间" in name and name != "所用时间" else "60"] * PEOPLE
        for name in META[platform]
    }
    for serial in ("序号", "编号"):
        if serial in cells:
            cells[serial] = [str(person + 1) for person in range(PEOPLE)]
    return list(cells.items())


def numbered(q: Asked, words: str, sign: str = "、") -> str:
    return f"{q.mark}{words}" if q.number is None else f"{q.mark}{q.number}{sign}{words}"


def wjx_header(q: Asked, before: Asked | None) -> str:
    if q.kind == "blank":
        place = 2 if before and before.stem == q.stem else 1
        return numbered(q, f"({place}){q.text}")
    if not q.stem:
        return numbered(q, q.text)
    first = before is None or before.stem != q.stem or before.number != q.number
    return numbered(q, f"{q.stem}—{q.text}" if first and q.stem_shown else q.text)


def wjx_text(asked, given) -> list[Column]:
    columns = meta("wjx")
    for before, q in zip([None, *asked], asked, strict=False):
        sign = {"multi": "┋", "ranking": "→"}.get(q.kind, "")
        cells = [sign.join(a) if isinstance(a, tuple) else str(a) for a in given[q.item]]
        cells = [c.replace("其他", "其他〖某人〗") for c in cells]
        columns.append((wjx_header(q, before), cells))
    return columns


def coded(q: Asked, answer: object) -> str:
    return str(q.options.index(answer) + 1) if q.options else str(answer)


def option_cells(q: Asked, option: str, given: list[tuple]) -> list[str]:
    if q.kind == "ranking":
        return [str(a.index(option) + 1) if option in a else "-2" for a in given]
    return [str(int(option in a)) for a in given]


def wjx_code(asked, given) -> list[Column]:
    columns = meta("wjx")
    for before, q in zip([None, *asked], asked, strict=False):
        if q.kind in ("multi", "ranking"):
            for place, option in enumerate(q.options):
                words = f"{q.text if place == 0 else ''}({option})"
                columns.append((numbered(q, words), option_cells(q, option, given[q.item])))
        else:
            columns.append((wjx_header(q, before), [coded(q, a) for a in given[q.item]]))
    return columns


def wjx_old(asked, given) -> list[Column]:
    columns = meta("wjx")
    for q in asked:
        if q.item in ("hoped", "weight_speed", "weight_manner"):
            continue
        if q.kind in ("multi", "ranking"):
            for option in q.options:
                columns.append(
                    (f"第{q.number}题({option})", option_cells(q, option, given[q.item]))
                )
        else:
            matrix = q.stem and q.kind != "blank"
            header = f"第{q.number}题({q.text})" if matrix else wjx_header(q, None)
            if q.item == "price":
                header = numbered(q, f"(2){q.text}")
            columns.append((header, [coded(q, a) for a in given[q.item]]))
    return columns


def wjx_score(asked, given) -> list[Column]:
    columns = wjx_text(asked, given)
    for place, q in enumerate(asked, start=len(META["wjx"])):
        if q.kind == "rating":
            points = [str(LABELS.index(a) + 1) if a in LABELS else "9" for a in given[q.item]]
            columns[place] = (columns[place][0], points)
    return columns


def lettered(q: Asked, option: object) -> str:
    return f"{chr(65 + q.options.index(option))}.{option}" if q.options else str(option)


def tencent(asked, given) -> list[Column]:
    columns = meta("tencent")
    for q in asked:
        part = {"brand": ":_填空1", "price": ":_填空2"}.get(q.item, f":{q.text}")
        stem = f"{q.stem}{part}" if q.stem_shown else q.text
        words = numbered(q, stem if q.stem else q.text, ".")
        if q.kind == "multi":
            for option in q.options:
                cells = [lettered(q, option) if option in a else "" for a in given[q.item]]
                columns.append((f"{words}:{option}", cells))
        elif q.kind != "ranking":
            columns.append((words, [lettered(q, a) for a in given[q.item]]))
    return [*columns, ("", [""] * PEOPLE)]


def one_cell(asked, given, platform, sign, required="") -> list[Column]:
    columns = meta(platform)
    for q in asked:
        words = f"{q.stem}—{q.text}" if q.stem and q.stem_shown else q.text
        if q.kind == "blank":
            words = f"({1 if q.item == 'brand' else 2}){q.text}"
        if q.kind != "ranking":
            cells = [sign.join(a) if isinstance(a, tuple) else str(a) for a in given[q.item]]
            columns.append((numbered(q, words) + required, cells))
    return columns


def sheet(asked, given) -> list[Column]:
    """Lay out a sheet of paper questionnaires: a column an option, headed by the option alone."""
    shown = [q for q in asked if q.item != "hoped"]
    columns: list[Column] = []
    for q in shown:
        if q.kind == "multi":
            columns += [
                (option, ["√" if option in a else "" for a in given[q.item]])
                for option in q.options
            ]
        else:
            columns += one_cell([replace(q, number=None)], given, "table", "、")[1:]
    return [*meta("table"), *columns]


LAYOUTS: dict[str, tuple[str, Callable]] = {
    "wjx by text": ("1_按文本_门店.csv", wjx_text),
    "wjx by number": ("1_按序号_门店.csv", wjx_code),
    "wjx by number, old": ("1_旧版_门店.csv", wjx_old),
    "wjx by score": ("1_按分数_门店.csv", wjx_score),
    "tencent": ("tencent.csv", tencent),
    "forms": ("forms.csv", lambda a, g: one_cell(a, g, "forms", "，", "（必填）")),
    "table": ("table.csv", lambda a, g: one_cell(a, g, "table", "、")),
    "paper sheet": ("sheet.csv", sheet),
}

# ---- mutations of the form -----------------------------------------------------------------------


def one(asked, rng, change, only=lambda q: True):
    """Change one question that fits."""
    place = rng.choice([i for i, q in enumerate(asked) if only(q)])
    return [*asked[:place], change(asked[place]), *asked[place + 1 :]]


def other_character(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text))
    return text[:place] + rng.choice("店长员变化速态度甲乙") + text[place + 1 :]


def with_option(asked, rng, change):
    return one(
        asked,
        rng,
        lambda q: replace(q, options=tuple(change(list(q.options)))),
        lambda q: q.options,
    )


def shuffled(listed: list, rng: random.Random) -> list:
    return rng.sample(listed, len(listed))


def blocks(asked: list[Asked]) -> list[list[Asked]]:
    """Rows of one stem go together."""
    grouped: list[list[Asked]] = []
    for q in asked:
        if grouped and q.stem and grouped[-1][0].stem == q.stem:
            grouped[-1].append(q)
        else:
            grouped.append([q])
    return grouped


def reordered(asked, rng):
    return renumbered([q for block in shuffled(blocks(asked), rng) for q in block])


def rows_reversed(asked, rng):
    return [q for block in blocks(asked) for q in (block[::-1] if block[0].kind == "rating" else block)]  # fmt: skip


def retyped(asked, rng):
    numbers = {q.number: rng.randint(1, 120) for q in asked}
    return [replace(q, number=numbers[q.number]) for q in asked]


def duplicated(asked, rng):
    place = rng.randrange(len(asked))
    return [
        *asked,
        replace(asked[place], item="extra", number=asked[-1].number + rng.randint(0, 1)),
    ]


def removed(asked, rng):
    place = rng.randrange(len(asked))
    return [*asked[:place], *asked[place + 1 :]]


def merged(asked, rng):
    place = rng.randrange(len(asked) - 1)
    both = replace(asked[place], text=f"{asked[place].text}和{asked[place + 1].text}")
    return [*asked[:place], both, *asked[place + 2 :]]


def split(asked, rng):
    place = rng.randrange(len(asked))
    halves = [
        replace(asked[place], text=f"{asked[place].text}{part}", item=item)
        for part, item in (("（线上）", asked[place].item), ("（线下）", "extra"))
    ]
    return [*asked[:place], *halves, *asked[place + 1 :]]


def takes_anothers_text(asked, rng):
    text = rng.choice(asked).text
    return one(asked, rng, lambda q: replace(q, text=text))


def takes_anothers_option(asked, rng):
    option = rng.choice(("东店", "价格", "购买", "满意"))
    return one(asked, rng, lambda q: replace(q, text=f"{q.text}({option})"))


def added(asked, rng):
    new = Asked("extra", "rating", rng.choice(["您对环境的满意度", "满意度", "响应速度", "东店"]), LABELS)  # fmt: skip
    place = rng.randrange(len(asked) + 1)
    return renumbered([*asked[:place], new, *asked[place:]])


def spelt(change: Callable[[str], str]) -> Callable:
    return lambda asked, rng: [
        replace(q, text=change(q.text), stem=change(q.stem), mark=q.mark) for q in asked
    ]


FULL_WIDTH = str.maketrans("()、:", "（）、：")

HARMLESS: dict[str, Callable] = {
    "untouched": lambda asked, rng: asked,
    "renumbered": lambda asked, rng: renumbered(asked, rng.randint(2, 150)),
    "reordered": reordered,
    "matrix rows reversed": rows_reversed,
    "full-width": spelt(lambda t: t.translate(FULL_WIDTH)),
    "line break in the header": spelt(lambda t: t[:2] + "\n" + t[2:] if t else t),
    "tab and spaces in the header": lambda asked, rng: [
        replace(q, text=f"{q.text[:3]}\t{q.text[3:]}  ") if place % 2 else q
        for place, q in enumerate(asked)
    ],
    "required": lambda asked, rng: [replace(q, mark="*") for q in asked],
}
CHANGING: dict[str, Callable] = {
    "numbers retyped": retyped,
    "all numbers alike": lambda asked, rng: [replace(q, number=1) for q in asked],
    "numbers dropped": lambda asked, rng: [replace(q, number=None) for q in asked],
    "one number dropped": lambda asked, rng: one(asked, rng, lambda q: replace(q, number=None)),
    "questions without their blocks": lambda asked, rng: renumbered(shuffled(asked, rng)),
    "columns shuffled": shuffled,
    "duplicated": duplicated,
    "removed": removed,
    "added": added,
    "one character": lambda asked, rng: one(
        asked, rng, lambda q: replace(q, text=other_character(q.text, rng))
    ),
    "last character lost": lambda asked, rng: one(asked, rng, lambda q: replace(q, text=q.text[:-1])),
    "synonym": lambda asked, rng: one(
        asked,
        rng,
        lambda q: replace(q, text=q.text.replace("满意度", "满意程度").replace("门店", "店铺")),
        lambda q: "满意度" in q.text or "门店" in q.text,
    ),
    "negated": lambda asked, rng: one(
        asked, rng, lambda q: replace(q, text=q.text.replace("满意", "不满意", 1)),
        lambda q: "满意" in q.text,
    ),
    "negation lost": lambda asked, rng: one(
        asked, rng, lambda q: replace(q, text=q.text.replace("不满意", "满意")),
        lambda q: "不满意" in q.text,
    ),
    "merged": merged,
    "split": split,
    "another's text": takes_anothers_text,
    "another's option": takes_anothers_option,
    "stems lost": lambda asked, rng: [replace(q, stem_shown=False) for q in asked],
    "one stem lost": lambda asked, rng: [
        replace(q, stem_shown=q.stem != "重要程度") for q in asked
    ],
    "stems alike": lambda asked, rng: [
        replace(q, stem="服务评价") if q.stem == "重要程度" else q for q in asked
    ],
    "option renamed": lambda asked, rng: with_option(
        asked, rng, lambda o: [*o[:1], f"{o[1]}类", *o[2:]]
    ),
    "option one character away": lambda asked, rng: with_option(
        asked, rng, lambda o: [*o[:-1], other_character(o[-1], rng)]
    ),
    "options reordered": lambda asked, rng: with_option(asked, rng, lambda o: [*o[1:], o[0]]),
    "option added": lambda asked, rng: with_option(asked, rng, lambda o: [o[0], "新选项", *o[1:]]),
    "option removed": lambda asked, rng: with_option(asked, rng, lambda o: o[1:]),
}  # fmt: skip
#: What a file of option numbers alone cannot show: only its twin by wording tells.
OF_OPTIONS = {m for m in CHANGING if m.startswith("option")}

# ---- reading what was written --------------------------------------------------------------------


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return shop_study(tmp_path_factory.mktemp("studies"), STUDY)


@pytest.fixture
def write(raw_folder):
    """Write the columns of a layout as a CSV file."""

    def make(layout: str, asked, given):
        name, lay_out = LAYOUTS[layout]
        columns = lay_out(asked, given)
        path = raw_folder / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([header for header, _ in columns])
            writer.writerows(zip(*(cells for _, cells in columns), strict=True))
        return path

    return make


def read(path, study):
    raw = exports.read(path, study)
    fields = exports.match(raw, study, quarter="2026Q3")
    return raw, read_answers(raw, fields, study)


def expected(question, answer) -> dict[str, object]:
    """Give what the columns of a question should hold for an answer."""
    if question.kind == "rating":
        score = LABELS.index(answer) + 1 if answer in LABELS else None
        return {question.id: 6 - score if score and question.reverse else score}
    if question.kind == "multi":
        chosen = {o for o in answer if o in question.options}
        return {c: o in chosen for c, o in zip(question.columns, question.options, strict=True)}
    if question.kind == "ranking":
        ranks = {option: rank for rank, option in enumerate(answer, start=1)}
        return {c: ranks.get(o) for c, o in zip(question.columns, question.options, strict=True)}
    return {question.id: answer}


def compare(found, study, given) -> Counter:
    """Count the cells that were read right, not read, and read wrong."""
    outcome: Counter = Counter()
    for question in study.questions:
        table = found.texts if question.kind == "text" else found.given
        if question.id not in found.status or question.id not in given:
            continue
        cells = {c: table[c].tolist() for c in question.columns or (question.id,)}
        for person in range(PEOPLE):
            for column, value in expected(question, given[question.id][person]).items():
                cell = cells[column][person]
                if pd.isna(cell):
                    outcome["right" if value is None else "not read"] += 1
                else:
                    outcome["right" if cell == value else f"wrong {column}"] += 1
    return outcome


def judge(layout, mutation, asked, given, write, study) -> Counter:
    """Say what became of a file; where option numbers hide a change its twin must tell it."""
    refusal = ""
    try:
        raw, found = read(write(layout, asked, given), study)
    except ExportError as error:
        refusal = str(error)
    if refusal:
        assert re.search("[一-鿿]；?", refusal)
        return Counter({"refused": 1})
    outcome = compare(found, study, given)
    wrong = [key for key in outcome if key.startswith("wrong")]
    if wrong and raw.form == "code" and mutation in OF_OPTIONS:
        try:
            twin = exports.read(write("wjx by text", asked, given), study)
            told = len(clean.twin_differences([twin, raw], study, quarter="2026Q3"))
        except ExportError:
            told = 1
        if told:
            return Counter({"told by the twin": 1})
    return outcome


# ---- the cases -----------------------------------------------------------------------------------

CASES = [(layout, mutation) for layout in LAYOUTS for mutation in (*HARMLESS, *CHANGING)]
#: The old layout names choices by their number alone, and the study file's patterns hold numbers.
BY_NUMBER = {"renumbered", "reordered"}


#: How many forms of each layout are changed in several ways at once.
SEVERAL = 8


def test_there_are_hundreds_of_cases():
    assert len(CASES) == len(LAYOUTS) * (len(HARMLESS) + len(CHANGING))
    assert len(CASES) >= 200
    assert len(CASES) + len(LAYOUTS) * SEVERAL >= 280


@pytest.mark.parametrize(("layout", "mutation"), CASES, ids=str)
def test_a_changed_form_is_read_right_or_refused(layout, mutation, write, study):
    rng = random.Random(f"{layout} {mutation}")
    asked = {**HARMLESS, **CHANGING}[mutation](form(), rng)
    outcome = judge(layout, mutation, asked, answers(asked, rng), write, study)
    assert not [key for key in outcome if key.startswith("wrong")], outcome
    if mutation in HARMLESS and not (layout == "wjx by number, old" and mutation in BY_NUMBER):
        assert set(outcome) == {"right"}, outcome


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(SEVERAL))
def test_a_form_changed_in_several_ways_is_read_right_or_refused(layout, seed, write, study):
    rng = random.Random(f"{layout} {seed}")
    # A change of options comes last, for it alone may leave a file that only its twin betrays.
    names = [*rng.sample([*HARMLESS, *CHANGING], 2), rng.choice(sorted(OF_OPTIONS))]
    asked = form()
    for name in names:
        asked = {**HARMLESS, **CHANGING}[name](asked, rng)
    outcome = judge(layout, names[-1], asked, answers(asked, rng), write, study)
    assert not [key for key in outcome if key.startswith("wrong")], (names, outcome)
