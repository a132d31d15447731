"""Quarters, lines and table contracts."""

from datetime import date

import pandas as pd
import pytest

from csatlib import schema
from csatlib.schema import Quarter, SchemaError


@pytest.mark.parametrize(
    ("label", "previous", "following", "first", "last"),
    [
        ("2026Q1", "2025Q4", "2026Q2", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026Q3", "2026Q2", "2026Q4", date(2026, 7, 1), date(2026, 9, 30)),
        ("2024Q4", "2024Q3", "2025Q1", date(2024, 10, 1), date(2024, 12, 31)),
    ],
)
def test_a_quarter_knows_its_neighbours_and_days(label, previous, following, first, last):
    quarter = Quarter.parse(label)
    assert str(quarter) == label
    assert str(quarter.previous()) == previous
    assert str(quarter.next()) == following
    assert (quarter.first_day, quarter.last_day) == (first, last)


def test_quarters_are_ordered_in_time():
    labels = ["2026Q2", "2025Q4", "2026Q1"]
    assert sorted(labels, key=Quarter.parse) == ["2025Q4", "2026Q1", "2026Q2"]


@pytest.mark.parametrize(
    "label",
    ["2026Q5", "2026Q0", "2026q3", "26Q3", "２０２６Q3", "2026Q3 ", "../2026Q3", "", None, 20263],
)
def test_anything_else_is_no_quarter(label):
    with pytest.raises(SchemaError, match="expected a label like '2026Q3'"):
        Quarter.parse(label)


@pytest.mark.parametrize("label", ["hotline", "ops_event", "b2"])
def test_a_line_label_is_returned(label):
    assert schema.check_line(label) == label


@pytest.mark.parametrize("label", ["Hotline", "热线", "2b", "a/b", "a..b", "", None])
def test_anything_else_is_no_line(label):
    with pytest.raises(SchemaError, match="expected lower-case ASCII"):
        schema.check_line(label)


def ledger() -> pd.DataFrame:
    rows = {"row_id": ["a:1:2"], "column": ["overall"], "rule": ["unreadable"], "new": [None]}
    return pd.DataFrame(rows).astype("str")


def test_a_table_that_fits_is_returned_itself():
    table = ledger()
    assert schema.check(table, "ledger") is table
    assert table.pipe(schema.check, "ledger").equals(table)


@pytest.mark.parametrize("table", sorted(schema.TABLES))
def test_an_empty_table_fits_its_contract(table):
    assert len(schema.check(schema.empty(table), table)) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="rule"), r"missing \['rule'\]"),
        (lambda t: t.assign(more=1), r"unexpected \['more'\]"),
        (lambda t: t[["column", "row_id", "rule", "new"]], "in the order"),
        (lambda t: t.assign(row_id=1), "expected dtype str, found int64"),
        (lambda t: t.assign(rule=pd.Series([None], dtype="str")), "may not be missing"),
        (lambda t: pd.concat([t, t]), "must be unique, found 2 rows"),
    ],
    ids=["column missing", "column too many", "order", "dtype", "missing value", "key twice"],
)
def test_a_table_that_does_not_fit_is_refused(change, message):
    with pytest.raises(SchemaError, match=message):
        schema.check(change(ledger()), "ledger")


def test_a_value_outside_the_allowed_ones_is_refused():
    rows = pd.DataFrame({"response_id": ["a"], "item": ["overall"], "status": ["perhaps"]})
    with pytest.raises(SchemaError, match=r"expected one of .* found \['perhaps'\]"):
        schema.check(rows.astype("str"), "answer_status")


def test_open_tables_take_the_studys_own_columns():
    table = schema.empty("responses").assign(overall=pd.Series(dtype="Int8"))
    assert schema.check(table, "responses") is table


def test_an_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(SchemaError, match="unknown table 'answers': expected one of action_drafts"):
        schema.check(ledger(), "answers")
