"""The ledger is enough: with the raw files alone it gives back what cleaning made of them."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import shop_study
from pandas.testing import assert_frame_equal
from raw_tables import raw_table

from csatlib import clean, exports, privacy, schema, store
from csatlib.clean.ledger import is_header
from csatlib.clean.values import DTYPES, texts_of, values_of

HEADER = ["客户编号", "时间", "时长", "区域", "整体满意度", "店员", "推荐意愿", "到店目的", "去过的门店", "意见建议"]  # fmt: skip
MAPPING = {"customer_id": "客户编号", "submitted_at": "时间", "seconds": "时长", "region": "区域"}
ROWS = [
    ["c1", "2026/7/6 9:00", "2分", "华东", "满意", "4", "9", "购买", "东店┋西店", "好"],
    ["C2", "2026-07-06 09:00:01", "137", "", "5", "5", "9.0", "退换〖坏了〗", "东店", "请回电 13800001234"],
    ["直接访问", "昨天", "很久", " 华北", "凑合", "不适用", "(跳过)", "租赁", "南店", "(空)"],
    ["(空)", "46209.378506944444", " ", "华 东", "", "-2", "-3", "", "(空)", ""],
    ["007", "2026-07-07", "1,200", "华南", "5（非常满意）", "1", "11", "其他", "其他〖近〗", "慢"],
]  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """Clean the rows of the small study, all of them kept."""
    study = shop_study(tmp_path)
    study = study.model_copy(update={"cleaning": study.cleaning.model_copy(update={"exclude": ()})})
    raw = raw_table(HEADER, ROWS, mapping=MAPPING)
    return raw, clean.responses(raw, study, quarter="2026Q3"), study


def same(again, table):
    """Say whether a replay equals the columns of a table that came from the files."""
    rows = table.set_index("response_id").rename_axis("row_id")
    assert_frame_equal(again, rows[again.columns])
    brought = [c for c in rows if c in set(again.columns)]
    assert brought == [*again.columns]


@pytest.mark.parametrize("line", ["hotline", "ops_company", "ops_event"])
def test_a_quarter_of_the_fictional_company(repository, line):
    study = store.study(line, repository)
    raw = exports.read_all(store.raw("2026Q3", line, repository), study)
    cleaned = clean.responses(raw, study, quarter="2026Q3")
    same(clean.replay(raw, cleaned.ledger, quarantine=cleaned.quarantined), cleaned.kept)
    again = clean.replay(raw[::-1], cleaned.ledger)
    same(again, cleaned.flagged)
    missing = set(cleaned.kept.dropna(axis=1, how="all")) - set(again.columns)
    assert missing == {"response_id", "quarter", "line", "channel"}


def test_every_way_of_reading_a_cell(made):
    raw, cleaned, _ = made
    schema.check(cleaned.ledger, "ledger")
    same(clean.replay(raw, cleaned.ledger), cleaned.flagged)
    same(clean.replay(raw, cleaned.ledger, quarantine=cleaned.quarantined), cleaned.kept)


def lines_of(cleaned, raw, number):
    lines = cleaned.ledger[cleaned.ledger["row_id"] == raw.rows.index[number]]
    told = zip(lines["column"], lines["rule"], lines["new"].fillna("NA"), strict=True)
    return [" ".join(line) for line in told]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, ["customer_id id C1", "submitted_at time 2026-07-06 09:00:00", "seconds duration 120", "overall score 4", "places_1 option True", "places_2 option True", "places_3 option False"]),
        (1, ["recommend score 9", "topic choice 退换", "places_1 option True", "places_2 option False", "places_3 option False"]),
        (2, ["customer_id nobody NA", "submitted_at unreadable NA", "seconds unreadable NA", "region text 华北", "overall unreadable NA", "staff not_applicable NA", "recommend skipped NA", "topic unreadable NA", "places_1 unreadable NA", "places_2 unreadable NA", "places_3 unreadable NA"]),
        (3, ["customer_id blank NA", "submitted_at time 2026-07-06 09:05:03", "seconds blank NA", "staff blank NA", "recommend skipped NA", "places_1 blank NA", "places_2 blank NA", "places_3 blank NA"]),
        (4, ["submitted_at time 2026-07-07 00:00:00", "seconds duration 1200", "overall score 5", "recommend unreadable NA", "places_1 option False", "places_2 option False", "places_3 option True"]),
    ],
    ids=["conversions", "only what differs from the file", "nothing readable", "marks", "the rest"],
)  # fmt: skip
def test_one_line_for_each_changed_cell(made, number, expected):
    raw, cleaned, _ = made
    assert lines_of(cleaned, raw, number) == expected


def test_the_header_row_says_from_where_each_column_came(made):
    raw, cleaned, _ = made
    heads = cleaned.ledger[is_header(cleaned.ledger)]
    assert set(heads["row_id"]) == set(raw.non_data["row_id"])
    assert heads[["column", "rule", "new"]].to_numpy().tolist() == [
        ["customer_id", "id", "客户编号"],
        ["submitted_at", "time", "时间"],
        ["seconds", "duration", "时长"],
        ["region", "text", "区域"],
        ["overall", "score", "整体满意度"],
        ["staff", "score", "店员"],
        ["recommend", "score", "推荐意愿"],
        ["topic", "choice", "到店目的"],
        *[[f"places_{i}", "option", "去过的门店"] for i in (1, 2, 3)],
        ["comment", "comment", "意见建议"],
    ]


def test_the_ledger_also_tells_of_rows_set_aside(tmp_path):
    raw = raw_table(HEADER, [ROWS[0], [*ROWS[0][:2], "1秒", *ROWS[0][3:]]], mapping=MAPPING)
    cleaned = clean.responses(raw, shop_study(tmp_path), quarter="2026Q3")
    assert cleaned.quarantined["row_id"].unique().tolist() == [raw.rows.index[1]]
    assert "seconds duration 1" in lines_of(cleaned, raw, 1)


def test_two_files_with_other_columns(tmp_path):
    study = shop_study(tmp_path)
    first = raw_table(HEADER, ROWS[:2], mapping=MAPPING)
    fewer = [h for h in HEADER if h not in ("区域", "到店目的")]
    second = raw_table(
        fewer, [["C8", "2026-07-08 10:00", "99", "5", "4", "9", "东店", "好"]],
        file="2026Q3/store/b.csv", lacks=("topic",), mapping={k: v for k, v in MAPPING.items() if k != "region"},
    )  # fmt: skip
    cleaned = clean.responses([second, first], study, quarter="2026Q3")
    again = clean.replay([second, first], cleaned.ledger, quarantine=cleaned.quarantined)
    same(again, cleaned.kept)
    assert again["topic"].isna().tolist() == [False, False, True]
    assert cleaned.kept.equals(clean.responses([first, second], study, quarter="2026Q3").kept)


# ---- a ledger that was tampered with -------------------------------------------------------------


def outcome_of(raw, ledger):
    try:
        return clean.replay(raw, ledger)
    except ValueError as refused:
        return str(refused)


def test_each_line_counts(made):
    raw, cleaned, _ = made
    ledger, before = cleaned.ledger, clean.replay(raw, cleaned.ledger)
    for number in ledger.index[ledger["rule"] != "comment"]:
        after = outcome_of(raw, ledger.drop(index=number))
        assert isinstance(after, str) or not after.equals(before), ledger.loc[number].to_dict()


OTHER = {"score": "2", "option": {"True": "False", "False": "True"}, "time": "2026-07-01 00:00:00", "duration": "8", "id": "X9", "choice": "购买", "text": "海外"}  # fmt: skip


def test_each_new_value_counts(made):
    raw, cleaned, _ = made
    before = clean.replay(raw, cleaned.ledger)
    cells = cleaned.ledger[~is_header(cleaned.ledger)]
    for number, line in cells.iterrows():
        rules = cleaned.ledger[is_header(cleaned.ledger)].set_index("column")["rule"]
        other = OTHER[rules[line["column"]]]
        value = other.get(line["new"], "True") if isinstance(other, dict) else other
        ledger = cleaned.ledger.copy()
        ledger.loc[number, "new"] = value
        assert not clean.replay(raw, ledger).equals(before), line.to_dict()


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (lambda df: pd.concat([df, df.tail(1)]), "two lines for row"),
        (lambda df: df.assign(row_id=df["row_id"].str.replace(r":6$", ":99", regex=True)), "in none of the files"),
        (lambda df: df.assign(row_id="0" * 12 + ":1:" + df["row_id"].str.rsplit(":").str[-1]), "no file given has its headers there"),
        (lambda df: df.assign(new=df["new"].replace("整体满意度", "整体")), "no such header as the ledger names for column overall"),
        (lambda df: df.assign(new=df["new"].replace("2026-07-06 09:00:00", "7月6日")), "texts are no datetime"),
        (lambda df: df.assign(new=df["new"].replace("1200", "99999999999")), "no Int32|too large"),
        (lambda df: df.assign(new=df["new"].replace("120", "3000000000")), "too large for Int32"),
        (lambda df: df.assign(new=df["new"].replace("True", "yes")), "texts are no boolean"),
        (lambda df: df.assign(rule=df["rule"].mask(df["new"] == "时长", "strange")), "from which header"),
    ],
    ids=["a line twice", "a row that is not there", "another file", "another header", "no time",
         "no number", "too large", "neither true nor false", "a header that is read in no known way"],
)  # fmt: skip
def test_a_ledger_that_does_not_fit_is_refused(made, tamper, message):
    raw, cleaned, _ = made
    with pytest.raises(ValueError, match=message):
        clean.replay(raw, tamper(cleaned.ledger).reset_index(drop=True))


def test_a_file_that_is_missing_is_told(made):
    _, cleaned, _ = made
    other = raw_table(HEADER, ROWS[:1], mapping=MAPPING, file="2026Q3/store/b.csv")
    with pytest.raises(ValueError, match="give every file of responses"):
        clean.replay(other, cleaned.ledger)


@pytest.mark.parametrize("rule", DTYPES)
def test_values_written_and_read_again(rule):
    values = {
        "Int8": [1, None, -1],
        "Int32": [0, None, 90000],
        "boolean": [True, None, False],
        "str": ["甲", None, "True"],
        "datetime64[us]": ["2026-07-06", None, "2026-07-06 09:00:01.500000"],
    }[DTYPES[rule]]
    if rule == "time":
        values = pd.to_datetime(values, format="ISO8601")
    column = pd.Series(values, dtype=DTYPES[rule])
    texts = texts_of(column, rule)
    assert texts.dtype == "str"
    pd.testing.assert_series_equal(values_of(texts, rule), column)


# ---- after cleaning ------------------------------------------------------------------------------


def test_pseudonyms_take_the_place_of_ids(made):
    raw, cleaned, _ = made
    stored = cleaned.kept.assign(customer_id=("p-" + cleaned.kept["customer_id"]).astype("str"))
    ledger = clean.relabel(cleaned.ledger, cleaned.kept, stored, rule="pseudonymised")
    same(clean.replay(raw, ledger), stored)
    lines = ledger[(ledger["column"] == "customer_id") & ~is_header(ledger)]
    assert lines["rule"].value_counts().to_dict() == {"pseudonymised": 3, "nobody": 1, "blank": 1}
    assert not lines["new"].isin(cleaned.kept["customer_id"].dropna()).any()


def test_ids_of_rows_set_aside_are_withheld(made):
    raw, cleaned, _ = made
    kept = cleaned.kept.iloc[1:]
    stored = kept.assign(customer_id=("p-" + kept["customer_id"]).astype("str"))
    ledger = clean.relabel(cleaned.ledger, kept, stored, rule="pseudonymised")
    line = ledger[(ledger["row_id"] == raw.rows.index[0]) & (ledger["column"] == "customer_id")]
    assert line[["rule", "new"]].fillna("NA").to_numpy().tolist() == [["withheld", "NA"]]
    aside = pd.DataFrame({"row_id": raw.rows.index[:1]})
    same(clean.replay(raw, ledger, quarantine=aside), stored)


def test_a_text_that_was_redacted_has_its_line(made):
    raw, cleaned, _ = made
    stored = cleaned.kept.assign(region=cleaned.kept["region"].str.replace("华南", "[地址]"))
    ledger = clean.relabel(cleaned.ledger, cleaned.kept, stored, rule="redacted")
    assert ledger.tail(1)[["column", "rule", "new"]].to_numpy().tolist() == [["region", "redacted", "[地址]"]]  # fmt: skip
    assert len(ledger) == len(cleaned.ledger) + 1
    same(clean.replay(raw, ledger), stored)


def test_columns_that_no_file_of_answers_brought_have_no_lines(made):
    _, cleaned, _ = made
    before = cleaned.kept.assign(tier="A")
    ledger = clean.relabel(cleaned.ledger, before, before.assign(tier="B"), rule="redacted")
    assert_frame_equal(ledger, cleaned.ledger)


def test_relabelling_needs_the_same_rows(made):
    _, cleaned, _ = made
    with pytest.raises(ValueError, match="the same rows in the same order"):
        clean.relabel(cleaned.ledger, cleaned.kept, cleaned.kept.iloc[::-1], rule="redacted")


def test_redacted_comments_have_a_line_and_replay_passes_them_over(made):
    raw, cleaned, _ = made
    stored = cleaned.comments.assign(text=privacy.redact(cleaned.comments["text"]))
    lines = clean.ledger_of_texts(cleaned.comments, stored)
    assert lines.to_numpy().tolist() == [[raw.rows.index[1], "comment", "redacted", "请回电 [手机号]"]]  # fmt: skip
    ledger = pd.concat([cleaned.ledger, lines], ignore_index=True).pipe(schema.check, "ledger")
    same(clean.replay(raw, ledger), cleaned.flagged)


def test_a_refusal_shows_no_value(made):
    raw, cleaned, _ = made
    ledger = cleaned.ledger[~is_header(cleaned.ledger)].reset_index(drop=True)
    told = outcome_of(raw, ledger)
    assert isinstance(told, str)
    assert "C1" not in told


def test_a_comment_that_is_gone_has_a_line_without_words(made):
    _, cleaned, _ = made
    lines = clean.ledger_of_texts(cleaned.comments, cleaned.comments.iloc[1:])
    assert lines[["rule", "new"]].fillna("NA").to_numpy().tolist() == [["redacted", "NA"]]
    assert clean.ledger_of_texts(cleaned.comments, cleaned.comments).empty


def test_comments_from_elsewhere_are_refused(made):
    _, cleaned, _ = made
    with pytest.raises(ValueError, match="1 comments in `after` are not in `before`"):
        clean.ledger_of_texts(cleaned.comments.iloc[1:], cleaned.comments)
