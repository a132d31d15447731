"""Generated quarters full of faults: whatever comes in, the books balance and can be replayed."""

from __future__ import annotations

import dataclasses
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from conftest import shop_study
from pandas.testing import assert_frame_equal
from raw_tables import raw_table

from csatlib import clean
from csatlib.clean import REASONS
from csatlib.study.conduct import Rule

pytestmark = pytest.mark.slow

STUDY = """\
line: shop
title: 门店满意度调查
population: {description: 到店客户}
periods: {2026Q3: {closes: 2026-09-30}}
scales:
  five:
    low: 1
    high: 5
    labels: {很差: 1, 差: 2, 一般: 3, 好: 4, 很好: 5}
    not_applicable: [不适用]
    cutoff: 4
sources:
  - {role: responses, glob: "a*", reader: table, channel: 线上}
questions:
  - {id: overall, text: 整体, kind: rating, scale: five}
  - {id: staff, text: 店员, kind: rating, scale: five}
  - {id: wait, text: 等候不长, kind: rating, scale: five, reverse: true}
  - {id: shops, text: 门店, kind: multi, options: [东店, 西店]}
  - {id: comment, text: 意见, kind: text}
report: {overall: overall}
cleaning:
  straight_line_items: 3
  min_seconds: 5
  burst: {count: 3, seconds: 60}
  contradictions: [{name: 一好一坏, when: {overall: [5], staff: [1]}}]
  exclude: RULES
"""
HEADER = ["编号", "时间", "时长", "IP", "整体", "店员", "等候不长", "门店", "意见"]
MAPPING = {"customer_id": "编号", "submitted_at": "时间", "seconds": "时长"}
SOUND = ["OK", "2026-07-15 12:00:00", "200", "", "4", "3", "4", "东店", "都还可以吧"]
SCORES = ["5", "4", "很好", "好", "一般", "5", "4", "3", "很好（5）", "1", "9", "0", "凑合", "不适用", "(空)", "(跳过)", "", " "]  # fmt: skip
#: Every so many quarters are cleaned anew, to keep the tests quick.
FILES, QUARTERS, AGAIN = 10, 30, 6


def cells(rng, i):
    """One questionnaire with whatever can be wrong with it."""
    day, minute = rng.integers(1, 29), rng.integers(60)
    time = f"2026-0{rng.choice([7, 8])}-{day:02d} 09:{minute:02d}:{rng.integers(60):02d}"
    odd_times = ["2026/7/3", "2026-10-02 08:00:00", "昨天", "", "2026-07-04 10:00:00"]
    return [
        str(rng.choice([f"c{i}", f"C{rng.integers(6)}", "", "直接访问", " c1 "])),
        time if rng.random() < 0.6 else str(rng.choice(odd_times)),
        str(rng.choice(["100秒", "2分", "90", "3", "1", "", "很久", "240"])),
        str(rng.choice(["192.0.2.1(北京)", "192.0.2.2", ""])),
        *(str(rng.choice(SCORES)) for _ in range(3)),
        str(rng.choice(["东店", "东店┋西店", "南店", "(空)", "", "(跳过)"])),
        str(rng.choice(["", "(空)", "很好", "等了半个小时才轮到", "请回电"])),
    ]


def a_file(rng, number):
    """Make one file: faulty rows, copies, blank and total rows, rows of another width."""
    rows = [cells(rng, 10 * number + i) for i in range(rng.integers(1, 5))]
    rows += [rows[0]] * int(rng.random() < 0.3)
    if rng.random() < 0.3:
        rows.append([*cells(rng, 99), "多出的一格"])
    if rng.random() < 0.3:
        rows += [[""] * len(HEADER), ["合计", *[""] * (len(HEADER) - 1)]]
    if rng.random() < 0.2:
        rows.append([""] * (len(HEADER) - 1) + ["x"])
    rows = [rows[i] for i in rng.permutation(len(rows))] + ([SOUND] if number == 0 else [])
    return raw_table(
        HEADER,
        rows,
        file=f"2026Q3/shop/{rng.integers(10**6):06d}_{number}.csv",
        channel=str(rng.choice(["线上", "电话"])),
        mapping=MAPPING,
        device="IP",
    )


@pytest.fixture(scope="module", params=range(QUARTERS), ids=lambda seed: f"seed {seed}")
def quarter(request, tmp_path_factory):
    """One generated quarter: its files, its study, and what cleaning made of it."""
    return made(request.param, tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module", params=range(1, QUARTERS, AGAIN), ids=lambda seed: f"seed {seed}")
def some_quarter(request, tmp_path_factory):
    """One generated quarter in so many."""
    return made(request.param, tmp_path_factory.mktemp("study"))


def made(seed, folder):
    rng = np.random.default_rng(seed)
    rules = [*get_args(Rule)]
    excluding = [rules, [], *([r for r in rules if rng.random() < 0.6] for _ in range(3))]
    chosen = excluding[seed % len(excluding)]
    text = STUDY.replace("RULES", f"[{', '.join(chosen)}]")
    study = shop_study(folder, text)
    raw = [a_file(rng, number) for number in range(FILES)]
    invited = [["OK"], *([f"C{i}"] for i in range(4))]
    if rng.random() < 0.5:
        raw.append(raw_table(["编号"], invited, role="invitations", file="2026Q3/shop/i.csv", mapping={"customer_id": "编号"}))  # fmt: skip
    cleaned = clean.responses(raw, study, quarter="2026Q3")
    return raw, study, cleaned, rng


def rows_of(raw):
    """Every data row of the files of answers, malformed ones among them."""
    tables = [table for table in raw if table.role == "responses"]
    return [row for t in tables for row in (*t.rows.index, *t.malformed["row_id"])]


def test_a_row_is_kept_or_set_aside_for_a_reason_and_never_both(quarter):
    raw, study, cleaned, _ = quarter
    kept, aside = set(cleaned.kept["response_id"]), set(cleaned.quarantined["row_id"])
    assert kept | aside == set(rows_of(raw))
    assert not kept & aside
    assert len(cleaned.kept) + len(aside) == len(rows_of(raw))
    books = clean.intake(raw, cleaned)
    assert books["read"].sum() == len(rows_of(raw)) + sum(t.read for t in raw if t.role != "responses")  # fmt: skip
    by_rule = cleaned.quarantined[cleaned.quarantined["rule"] != "malformed"]
    assert by_rule["reason"].equals(by_rule["rule"].map(REASONS))
    assert set(cleaned.quarantined["rule"]) <= {*study.cleaning.exclude, "malformed"}


def test_the_flags_hold_all_reasons_and_more(quarter):
    _, study, cleaned, _ = quarter
    lines = ["row_id", "rule"]
    excluded = cleaned.flags[cleaned.flags["excluded"]]
    assert set(map(tuple, excluded[lines].to_numpy())) == set(
        map(tuple, cleaned.quarantined[lines].to_numpy())
    )
    wide = cleaned.flagged.set_index("response_id").filter(like="flag_")
    assert int(wide.to_numpy().sum()) + len(cleaned.flags.query("rule == 'malformed'")) == len(
        cleaned.flags
    )
    own = cleaned.flagged[~wide[[f"flag_{r}" for r in study.cleaning.exclude]].any(axis=1).array]
    assert own["response_id"].tolist() == cleaned.kept["response_id"].tolist()


def test_the_order_of_the_files_does_not_matter(some_quarter):
    raw, study, cleaned, rng = some_quarter
    shuffled = [raw[i] for i in rng.permutation(len(raw))]
    again = clean.responses(shuffled, study, quarter="2026Q3")
    for field in dataclasses.fields(cleaned):
        assert_frame_equal(getattr(again, field.name), getattr(cleaned, field.name))


def test_the_ledger_gives_the_responses_back(quarter):
    raw, _, cleaned, _ = quarter
    again = clean.replay(raw, cleaned.ledger, quarantine=cleaned.quarantined)
    kept = cleaned.kept.set_index("response_id").rename_axis("row_id")
    assert_frame_equal(again, kept[again.columns])
    assert set(kept.columns) - set(again.columns) == {"quarter", "line", "channel"}


def test_a_changed_cell_has_a_line_and_an_unchanged_one_has_none(quarter):
    raw, _, cleaned, _ = quarter
    tables = [table for table in raw if table.role == "responses"]
    texts = pd.concat([table.rows["门店"] for table in tables])
    told = cleaned.ledger.set_index("row_id")
    for column in ("shops_1", "shops_2"):
        lines = told.loc[told["column"] == column, "new"]
        filled = texts.index[texts != ""]
        assert set(filled) == set(lines.index) & set(texts.index)


def test_a_row_that_is_set_aside_alone_by_a_rule_comes_back_without_it(quarter):
    _, study, cleaned, _ = quarter
    open_books = study.model_copy(
        update={"privacy": study.privacy.model_copy(update={"min_base": 1})}
    )
    table = clean.sensitivity(cleaned.flagged, open_books)
    reasons = cleaned.quarantined.groupby("row_id")["rule"].agg(list)
    alone = reasons[reasons.str.len() == 1].str[0].value_counts()
    added = table[table["metric"] == "mean"].dropna(subset="rule").set_index("rule")["added"]
    for rule, count in added.items():
        assert alone.get(rule, 0) <= count <= (cleaned.quarantined["rule"] == rule).sum()
    assert (table["kept"] >= 1).all()


#: Both compare a row with all others, and these are fewer the second time.
RELATIVE = {"too_fast", "near_duplicate"}


def test_cleaning_what_was_kept_removes_nothing_more(some_quarter):
    raw, study, cleaned, _ = some_quarter
    kept = []
    for table in raw:
        rows = table.rows
        if table.role == "responses":
            rows = rows[rows.index.isin(cleaned.kept["response_id"])]
        if len(rows):
            kept.append(dataclasses.replace(table, rows=rows, malformed=table.malformed[:0]))
    again = clean.responses(kept, study, quarter="2026Q3")
    assert set(again.quarantined["rule"]) <= RELATIVE
    if not RELATIVE & set(study.cleaning.exclude):
        assert_frame_equal(again.kept, cleaned.kept)


def test_so_many_files_were_made():
    assert FILES * QUARTERS >= 300
