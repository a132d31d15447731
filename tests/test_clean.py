"""From raw answers to responses: every row read is kept or quarantined, every change is told."""

import dataclasses

import pandas as pd
import pytest
from raw_tables import raw_table

from csatlib import clean, exports, schema, store
from csatlib import study as studies
from csatlib.exports import ExportError

META = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
HEADER = [*META, "1、您的整体满意度", "2、您对店员的满意度", "3、推荐意愿", "4、到店目的", "5、去过的门店", "6、意见建议"]  # fmt: skip
CODE_HEADER = [*HEADER[:10], "5、去过的门店(东店)", "5、(西店)", "5、(其他)", HEADER[11]]


def text_row(serial, answers, *, customer=None, seconds="120秒"):
    customer = f"C{serial}" if customer is None else customer
    return [str(serial), f"2026/7/6 9:00:{serial:02d}", seconds, "微信", customer, "", *answers]


GOOD = ["满意", "一般", "9", "购买", "东店┋西店", "店员很耐心"]


@pytest.fixture
def read(raw_folder, shop, write_xlsx):
    """Write rows as 问卷星 would and read them."""

    def make(*rows, header=HEADER, name="1_按文本_.xlsx", study=None):
        path = write_xlsx(raw_folder / name, [header, *rows])
        return exports.read(path, study or shop)

    return make


@pytest.fixture
def phone(raw_folder, shop):
    """Write telephone rows and read them."""

    def make(*rows):
        path = raw_folder / "电话.csv"
        header = "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return exports.read(path, shop)

    return make


def cleaned(raw, study):
    return clean.responses(raw, study, quarter="2026Q3")


def lost(outcome):
    """Column and rule of every filled cell that gave no value."""
    lines = outcome.ledger[outcome.ledger["new"].isna()]
    return lines[["column", "rule"]].to_numpy().tolist()


# ---- answers -------------------------------------------------------------------------------------


def test_a_good_row_becomes_one_response(read, shop):
    raw = read(text_row(1, GOOD))
    kept = cleaned(raw, shop).kept
    assert kept.iloc[0].dropna().to_dict() == {
        "response_id": raw.rows.index[0],
        "quarter": "2026Q3",
        "line": "shop",
        "channel": "线上",
        "customer_id": "C1",
        "submitted_at": pd.Timestamp("2026-07-06 09:00:01"),
        "seconds": 120,
        "overall": 4,
        "staff": 3,
        "recommend": 9,
        "topic": "购买",
        "places_1": True,
        "places_2": True,
        "places_3": False,
    }
    assert kept[["overall", "staff", "recommend"]].dtypes.tolist() == ["Int8"] * 3


@pytest.mark.parametrize(
    ("answer", "score", "status", "rule"),
    [
        ("满意", 4, "answered", "score"),
        ("4", 4, "answered", None),
        (" 4", 4, "answered", "score"),
        ("不适用", None, "not_applicable", "not_applicable"),
        ("(跳过)", None, "skipped", "skipped"),
        ("（跳过）", None, "skipped", "skipped"),
        ("-3", None, "skipped", "skipped"),
        ("(空)", None, "blank", "blank"),
        ("-2", None, "blank", "blank"),
        ("", None, "blank", None),
        ("还行吧", None, "invalid", "unreadable"),
    ],
)
def test_what_becomes_of_a_scored_answer(read, shop, answer, score, status, rule):
    raw = read(text_row(1, [GOOD[0], answer, *GOOD[2:]]))
    outcome = cleaned(raw, shop)
    scores = outcome.kept["staff"]
    assert scores.dropna().tolist() == ([] if score is None else [score])
    statuses = outcome.answer_status.set_index("item")["status"]
    assert statuses["staff"] == status
    lines = outcome.ledger[outcome.ledger["row_id"].isin(raw.rows.index)]
    told = lines.loc[lines["column"] == "staff", ["rule", "new"]].fillna("").to_numpy().tolist()
    assert told == ([] if rule is None else [[rule, "" if score is None else str(score)]])


@pytest.mark.parametrize(
    ("answer", "topic", "status"),
    [
        ("购买", "购买", "answered"),
        ("其他〖看看〗", "其他", "answered"),
        ("(跳过)", None, "skipped"),
        ("租赁", None, "invalid"),
    ],
)
def test_what_becomes_of_a_choice(read, shop, answer, topic, status):
    outcome = cleaned(read(text_row(1, [*GOOD[:3], answer, *GOOD[4:]])), shop)
    assert outcome.kept["topic"].dropna().tolist() == ([] if topic is None else [topic])
    assert outcome.answer_status.set_index("item")["status"]["topic"] == status


@pytest.mark.parametrize(
    ("answer", "chosen", "status"),
    [
        ("东店", [True, False, False], "answered"),
        ("东店┋其他〖菜场┋旁〗", [True, False, True], "answered"),
        ("(空)", [None] * 3, "blank"),
        ("(跳过)", [None] * 3, "skipped"),
        ("南店", [None] * 3, "invalid"),
    ],
)
def test_what_becomes_of_several_choices(read, shop, answer, chosen, status):
    outcome = cleaned(read(text_row(1, [*GOOD[:4], answer, GOOD[5]])), shop)
    row = outcome.kept[["places_1", "places_2", "places_3"]].iloc[0]
    assert [None if pd.isna(v) else bool(v) for v in row] == chosen
    assert outcome.answer_status.set_index("item")["status"]["places"] == status


def test_option_numbers_give_the_same_responses_as_wordings(read, shop):
    rows = [
        ("满意", "4"), ("非常不满意", "1"), ("不适用", "6"), ("(空)", "-2"), ("(跳过)", "-3"),
    ]  # fmt: skip
    text = read(
        *(
            text_row(i, [w, "一般", "9", "退换", "东店┋其他〖近〗", "慢"])
            for i, (w, _) in enumerate(rows)
        )
    )
    code = read(
        *(text_row(i, [c, "3", "9", "2", "1", "0", "1", "慢"]) for i, (_, c) in enumerate(rows)),
        header=CODE_HEADER,
        name="1_按序号_.xlsx",
    )
    assert clean.twin_differences([text, code], shop, quarter="2026Q3").empty
    assert cleaned([text, code], shop).kept["overall"].dropna().tolist() == [4, 1]


def test_a_twin_that_differs_is_told_cell_by_cell(read, shop):
    text = read(text_row(1, GOOD), text_row(2, GOOD))
    code = read(
        text_row(1, ["5", "3", "9", "1", "1", "1", "0", "x"]),
        text_row(3, ["4", "3", "9", "1", "1", "1", "0", "x"]),
        header=CODE_HEADER,
        name="1_按序号_.xlsx",
    )
    differences = clean.twin_differences([text, code], shop, quarter="2026Q3")
    told = differences.assign(text=differences["row_id"].isin(text.rows.index))
    assert sorted(
        map(tuple, told[["serial", "column", "text"]].fillna("").to_numpy().tolist())
    ) == [
        ("1", "overall", True),
        ("2", "", True),
        ("3", "", False),
    ]


def test_a_reversed_item_is_turned_round(read, shop_with):
    study = shop_with("dimension: 店员, scale: five", "dimension: 店员, scale: five, reverse: true")
    kept = cleaned(read(text_row(1, ["满意", "非常满意", *GOOD[2:]]), study=study), study).kept
    assert kept[["overall", "staff"]].iloc[0].tolist() == [4, 1]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("137秒", 137),
        ("137", 137),
        ("2分17秒", 137),
        ("3分", 180),
        ("1,896", 1896),
        ("--", None),
        ("", None),
    ],
)
def test_durations(phone, shop, text, seconds):
    kept = cleaned(phone(f'C1,2026-07-06,"{text}",5,4,9,好'), shop).kept
    assert kept["seconds"].dropna().tolist() == ([] if seconds is None else [seconds])


@pytest.mark.parametrize(
    "text",
    [
        "2026/7/6 9:05:03",
        "2026-07-06 09:05:03",
        "2026年7月6日 9:05:03",
        "2026-07-06T09:05:03",
        "46209.378506944444",
        "06-Jul-2026 09:05:03",
        "6 July 2026 9:05:03 AM",
        "2026年7月6日 上午9:05:03",
        "2026-07-06T09:05:03+08:00",
        "2026-07-06T09:05:03.000+0800",
        "2026-07-06T01:05:03Z",
        "2026-07-05T20:05:03-0500",
    ],
)
def test_times(phone, shop, text):
    assert cleaned(phone(f"C1,{text},99,5,4,9,好"), shop).kept["submitted_at"].tolist() == [
        pd.Timestamp("2026-07-06 09:05:03")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "10:05",
        "7月6日",
        "26/7/6",
        "03/07/2026",
        "2026",
        "now",
        "2026-13-40",
        "06/Jul/26 9:05 AM",
        "6-Xyz-2026 9:05:03",
        "2026-07-06 13:05 AM",
    ],
)
def test_a_time_that_is_not_certain_is_missing_and_told(phone, shop, text):
    outcome = cleaned(phone(f"C1,{text},99,5,4,9,好"), shop)
    assert outcome.kept["submitted_at"].isna().all()
    assert lost(outcome) == [["submitted_at", "unreadable"]]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("C1", " c1", 1),
        ("7", "7.0", 1),
        ("直接访问", "直接访问", 2),
        ("(空)", "(空)", 2),
        ("无", "无", 2),
        ("C1", "C10", 2),
    ],
)
def test_which_ids_are_the_same_customer(read, shop, first, second, kept):
    rows = [text_row(1, GOOD, customer=first), text_row(2, GOOD, customer=second)]
    assert len(cleaned(read(*rows), shop).kept) == kept


def test_an_id_that_excel_has_cut_is_nobodys(raw_folder, shop, write_xlsx):
    header = ["客户编号", "回访时间", "时长", "整体满意度", "店员", "推荐意愿", "意见建议"]
    ids = (440101199001011230, 440101199001011234)
    rows = [[i, f"2026-07-0{day}", 99, 5, 4, 9, "好"] for day, i in enumerate(ids, start=1)]
    raw = exports.read(write_xlsx(raw_folder / "电话.xlsx", [header, *rows]), shop)
    outcome = cleaned(raw, shop)
    assert outcome.kept["customer_id"].isna().tolist() == [True, True]
    assert lost(outcome) == [["customer_id", "unreadable"]] * 2


@pytest.mark.parametrize(
    ("cells", "chosen", "status"),
    [
        (["1", "0", "0"], [True, False, False], "answered"),
        (["1.0", "0.0", "98"], [True, False, True], "answered"),
        (["是", "否", "否"], [True, False, False], "answered"),
        (["东店", "", "其他〖近〗"], [True, False, True], "answered"),
        (["Y", "N", "n"], [True, False, False], "answered"),
        (["-1", "2", "-1"], [False, True, False], "answered"),
        (["-3", "-3", "-3"], [None] * 3, "skipped"),
        (["", "", ""], [None] * 3, "blank"),
        (["-3", "-2", "-2"], [None] * 3, "blank"),
        (["1", "也许", "0"], [None] * 3, "invalid"),
    ],
)
def test_one_column_an_option(read, shop, cells, chosen, status):
    raw = read(
        text_row(1, ["4", "3", "9", "1", *cells, "好"]), header=CODE_HEADER, name="1_按文本_.xlsx"
    )
    outcome = cleaned(raw, shop)
    row = outcome.kept[["places_1", "places_2", "places_3"]].iloc[0]
    assert [None if pd.isna(v) else bool(v) for v in row] == chosen
    assert outcome.answer_status.set_index("item")["status"]["places"] == status
    rules = {rule for column, rule in lost(outcome) if column.startswith("places")}
    told = {"answered": [], "invalid": ["unreadable"]}.get(status, [status])
    assert rules == set(told if any(cells) else [])


def test_labels_at_the_ends_of_a_scale_are_no_positions(read, shop_with):
    labels = "labels: {非常不满意: 1, 不满意: 2, 一般: 3, 满意: 4, 非常满意: 5}"
    study = shop_with(labels, "labels: {非常满意: 5, 非常不满意: 1}")
    codes = [text_row(i, [str(i), "3", "9", "1", "1", "0", "0", "好"]) for i in range(1, 6)]
    raw = read(*codes, header=CODE_HEADER, name="1_按序号_.xlsx", study=study)
    answers = clean.answers.read_answers(raw, exports.match(raw, study, quarter="2026Q3"), study)
    assert answers.given["overall"].tolist() == [1, 2, 3, 4, 5]


def test_labels_in_another_order_on_the_form(read, shop_with):
    labels = "labels: {非常不满意: 1, 不满意: 2, 一般: 3, 满意: 4, 非常满意: 5}"
    study = shop_with(labels, "labels: {非常满意: 5, 满意: 4, 一般: 3, 不满意: 2, 非常不满意: 1}")
    codes = [
        text_row(i, [c, "3", "9", "1", "1", "0", "0", "好"])
        for i, c in enumerate(["1", "2.0", "5"])
    ]
    raw = read(*codes, header=CODE_HEADER, name="1_按序号_.xlsx", study=study)
    answers = clean.answers.read_answers(raw, exports.match(raw, study, quarter="2026Q3"), study)
    assert answers.given["overall"].tolist() == [5, 4, 1]


def test_rows_repeated_in_another_file_of_the_channel_are_found(read, shop):
    rows = [["1", "2026/7/6 9:00:01", "99秒", "微信", "", "", *GOOD], ["2", "2026/7/6 9:00:02", "99秒", "微信", "", "", *GOOD]]  # fmt: skip
    later = [*rows, ["3", "2026/7/6 9:00:03", "99秒", "微信", "", "", *GOOD]]
    outcome = cleaned([read(*rows), read(*later, name="2_按文本_.xlsx")], shop)
    assert len(outcome.kept) == 3
    assert outcome.quarantined["rule"].tolist() == ["exact_duplicate"] * 2


def test_a_quarter_of_which_nothing_is_kept_is_refused(read, shop):
    with pytest.raises(ExportError, match="答卷全部被剔除（作答时间过短 1 份）"):
        cleaned(read(text_row(1, GOOD, seconds="1秒")), shop)


def test_a_question_whose_answers_make_no_sense_is_refused(read, shop):
    rows = [text_row(i, ["一级棒" if i > 9 else "满意", *GOOD[1:]]) for i in range(20)]
    assert cleaned(read(*rows), shop).kept["overall"].isna().sum() == 10
    rows = [text_row(i, ["一级棒" if i > 8 else "满意", *GOOD[1:]]) for i in range(20)]
    with pytest.raises(
        ExportError, match="“1、您的整体满意度”列多半的答案无法识别（例如第 11、12、13 行）"
    ):
        cleaned(read(*rows), shop)


def test_an_overall_item_that_is_not_asked_is_refused(read, shop_with):
    study = shop_with("aliases: [整体满意度]", "aliases: [整体满意度]\n    until: 2026Q2")
    with pytest.raises(ExportError, match="这个季度不问整体满意度题 overall"):
        cleaned(read(text_row(1, GOOD), study=study), study)


def test_no_twin_no_differences(read, shop):
    assert clean.twin_differences([read(text_row(1, GOOD))], shop, quarter="2026Q3").empty


def test_comments_are_the_answers_that_say_something(read, shop):
    outcome = cleaned(
        read(
            *(
                text_row(i, [*GOOD[:5], t])
                for i, t in enumerate(["太慢", "", "(空)", "(跳过)", "NA"])
            )
        ),
        shop,
    )
    assert outcome.comments["text"].tolist() == ["太慢", "NA"]
    assert outcome.comments["comment_id"].tolist() == [
        f"{r}:comment" for r in outcome.comments["response_id"]
    ]


# ---- exclusions ----------------------------------------------------------------------------------


OTHER = text_row(50, GOOD, customer="OTHER", seconds="")


def rules(outcome):
    return sorted(outcome.quarantined["rule"])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([text_row(1, GOOD), text_row(1, GOOD)], ["duplicate", "exact_duplicate"]),
        ([text_row(1, GOOD), text_row(2, GOOD, customer="C1")], ["duplicate"]),
        ([text_row(1, GOOD), text_row(2, GOOD)], []),
        ([text_row(1, GOOD, customer=""), text_row(2, GOOD, customer="")], []),
        ([text_row(1, ["6", *GOOD[1:]])], ["out_of_range"]),
        ([text_row(1, ["55", *GOOD[1:]])], ["out_of_range"]),
        ([text_row(1, ["0", *GOOD[1:]])], ["out_of_range"]),
        ([text_row(1, [*GOOD[:2], "11", *GOOD[3:]])], ["out_of_range"]),
        ([text_row(1, [*GOOD[:2], "0", *GOOD[3:]])], []),
        ([text_row(1, GOOD, seconds="9秒")], ["too_fast"]),
        ([text_row(1, GOOD, seconds="10秒")], []),
        ([text_row(1, GOOD, seconds="")], []),
        ([*(text_row(i, GOOD, seconds="100秒") for i in range(4)), text_row(5, GOOD, seconds="29秒")], ["too_fast"]),
        ([*(text_row(i, GOOD, seconds="100秒") for i in range(4)), text_row(5, GOOD, seconds="30秒")], []),
        ([text_row(1, ["(空)", "(空)", *GOOD[2:]])], ["too_few"]),
        ([text_row(1, ["(空)", *GOOD[1:]])], []),
        ([text_row(1, ["(空)", "(跳过)", *GOOD[2:]])], []),
        ([text_row(1, ["不适用", "(空)", *GOOD[2:]])], []),
    ],
    ids=[
        "the same row again", "the same customer again", "other customers", "customers unknown",
        "6 of 5", "55", "0 of 1–5", "11 of 10", "0 of 0–10", "below the floor", "at the floor",
        "time unknown", "below 30 % of the median", "at 30 %", "one of three answered",
        "two of three answered", "one of two shown answered", "not applicable counts as answered",
    ],
)  # fmt: skip
def test_each_rule_at_its_limit(read, shop, rows, expected):
    raw = read(*rows, OTHER)
    outcome = cleaned(raw, shop)
    assert rules(outcome) == expected
    assert len(outcome.kept) + outcome.quarantined["row_id"].nunique() == raw.read == len(rows) + 1


def test_the_earliest_sound_answer_of_a_customer_is_kept(read, phone, shop):
    online = read(
        text_row(3, GOOD, customer="C1"),
        text_row(2, GOOD, customer="C1", seconds="1秒"),
    )
    called = phone("C1,2026-07-05 08:00,200,6,4,9,好", "C1,2026-07-07 08:00,200,5,4,9,好")
    outcome = cleaned([online, called], shop)
    assert outcome.kept["response_id"].tolist() == [online.rows.index[0]]
    assert len(outcome.quarantined["row_id"].unique()) == 3


def test_rows_alike_are_no_duplicates_where_nothing_tells_people_apart(read, shop):
    anonymous = ["", "", "", "", ""]
    raw = read(["1", *anonymous, *GOOD], ["2", *anonymous, *GOOD])
    assert len(cleaned(raw, shop).kept) == 2


def test_a_study_may_keep_what_a_rule_flags(read, shop_with):
    study = shop_with("min_seconds: 10", "min_seconds: 10, exclude: [too_few]")
    outcome = cleaned(read(text_row(1, ["6", *GOOD[1:]], seconds="1秒"), study=study), study)
    assert rules(outcome) == []
    assert outcome.kept["overall"].isna().all()
    assert lost(outcome) == [["overall", "unreadable"]]
    assert outcome.flags["rule"].tolist() == ["out_of_range", "too_fast"]
    assert not outcome.flags["excluded"].any()


def test_malformed_rows_are_quarantined_and_the_books_balance(phone, shop):
    raw = phone("C1,2026-07-06,99,5,4,9,好", "C2,2026-07-06,99,5,4,9,好,又", "合计,,,5,,,")
    outcome = cleaned(raw, shop)
    books = clean.intake([raw], outcome)
    assert rules(outcome) == ["malformed"]
    assert books[["read", "non_data", "kept", "quarantined"]].iloc[0].tolist() == [2, 2, 1, 1]


def test_books_that_do_not_balance_are_refused(phone, shop):
    raw = phone("C1,2026-07-06,99,5,4,9,好", "C2,2026-07-06,99,5,4,9,好")
    outcome = cleaned(raw, shop)
    short = dataclasses.replace(outcome, kept=outcome.kept.iloc[:1])
    with pytest.raises(ValueError, match="read 2 rows, but kept 1 and quarantined 0"):
        clean.intake([raw], short)


def test_channels_lie_one_below_the_other(read, phone, shop):
    outcome = cleaned([read(text_row(1, GOOD)), phone("C7,2026-07-06,99,5,4,9,好")], shop)
    assert outcome.kept["channel"].tolist() == ["线上", "电话"]
    assert outcome.kept["topic"].isna().tolist() == [False, True]
    assert set(outcome.answer_status["item"]) == {"overall", "staff", "recommend", "topic", "places", "comment"}  # fmt: skip


def test_no_responses_are_told(shop):
    with pytest.raises(ExportError, match="没有答卷文件"):
        clean.responses([], shop, quarter="2026Q3")


def test_nothing_is_changed_by_cleaning(read, shop):
    raw = read(text_row(1, GOOD), text_row(2, ["还行", *GOOD[1:]]))
    before = raw.rows.copy()
    first, second = cleaned(raw, shop), cleaned(raw, shop)
    pd.testing.assert_frame_equal(raw.rows, before)
    pd.testing.assert_frame_equal(first.kept, second.kept)


# ---- company tables ------------------------------------------------------------------------------


@pytest.fixture
def customers(raw_folder, shop):
    """Write a shared customer table and read it."""

    def make(text):
        path = raw_folder.parent / "all" / "customers.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return exports.read(path, shop)

    return make


def test_only_mapped_columns_of_customers_come_along(read, customers, shop):
    frame = customers("客户编号,区域,联系人,电话\nC1,华东,张三,13800001234\nC2,,李四,1\n")
    assert clean.table_of([frame], "customers").columns.tolist() == ["customer_id", "region"]
    kept = cleaned(read(text_row(2, GOOD), text_row(1, GOOD), text_row(9, GOOD)), shop).kept
    joined = clean.attach(kept, [frame], shop)
    assert joined["region"].fillna("").tolist() == ["", "华东", ""]
    assert joined["response_id"].tolist() == kept["response_id"].tolist()
    assert "region" not in kept


def test_a_customer_in_two_rows_that_differ_is_refused(customers):
    frame = customers("客户编号,区域\nC1,华东\nC2,华北\nC1,华南\n")
    with pytest.raises(ExportError, match=r"customers.csv 第 2、4 行：.*customer_id 相同") as told:
        clean.table_of([frame], "customers")
    assert "C1" not in str(told.value), "an id is not shown"


def test_a_customer_twice_alike_counts_once(customers):
    frame = customers("客户编号,区域\nC1,华东\nC1,华东\n")
    assert len(clean.table_of([frame], "customers")) == 1


def test_a_group_that_is_nowhere_is_refused(read, shop):
    kept = cleaned(read(text_row(1, GOOD)), shop).kept
    with pytest.raises(ExportError, match=r"report.groups 要用“region”"):
        clean.attach(kept, [], shop)


# ---- lists of people -----------------------------------------------------------------------------


def listing(role, header, rows, **mapping):
    return raw_table(header, rows, file=f"2026Q3/shop/{role}.csv", role=role, mapping=mapping)


def test_lists_keep_ids_times_and_what_the_study_speaks_of(read, shop):
    made = read(text_row(1, GOOD), text_row(2, GOOD))
    header = ["客户编号", "区域", "备注", "等级", "注册"]
    people = listing(
        "customers", header, [["C1", "华东", "难缠", "普通", "2026-01-02"]],
        customer_id="客户编号", region="区域", remark="备注", tier="等级", joined_at="注册",
    )  # fmt: skip
    asked = listing(
        "invitations", ["客户编号", "结果", "说明"], [["C1", "拒访", "很忙"]],
        customer_id="客户编号", outcome="结果", remark="说明",
    )  # fmt: skip
    tables = clean.fieldwork_tables(cleaned(made, shop), [made, people, asked], shop)
    assert list(tables["frame"]) == ["customer_id", "region", "tier", "joined_at"]
    assert list(tables["invitations"]) == ["customer_id", "channel", "invited_at", "outcome"]
    assert tables["invitations"]["channel"].isna().all()


def test_without_lists_the_tables_have_no_rows(read, shop):
    made = read(text_row(1, GOOD))
    tables = clean.fieldwork_tables(cleaned(made, shop), [made], shop)
    assert {name: len(table) for name, table in tables.items()} == {"frame": 0, "invitations": 0, "set_aside": 0}  # fmt: skip
    for name, table in tables.items():
        schema.check(table, name)


def test_every_answer_set_aside_has_one_line_and_its_first_rule(read, shop):
    found = cleaned(read(text_row(1, GOOD), text_row(1, GOOD), text_row(2, GOOD)), shop)
    aside = clean.set_aside(found)
    assert sorted(aside["row_id"]) == sorted(found.quarantined["row_id"].unique())
    assert aside["rule"].tolist() == ["exact_duplicate"]
    first = found.flagged.set_index("response_id").loc[aside["row_id"][0]]
    assert aside[["customer_id", "channel"]].to_numpy().tolist() == [[first["customer_id"], first["channel"]]]  # fmt: skip


def test_a_malformed_row_has_no_ids(repository):
    study = studies.load(repository / "studies" / "ops_company")
    raw = exports.read_all(store.raw("2026Q3", "ops_company", repository), study)
    found = clean.responses(raw, study, quarter="2026Q3")
    line = pd.DataFrame({"row_id": ["a:1:9"], "rule": ["malformed"], "reason": ["x"]}, dtype="str")
    more = dataclasses.replace(found, quarantined=pd.concat([found.quarantined, line]))
    last = clean.set_aside(more).iloc[-1]
    assert last[["row_id", "rule"]].tolist() == ["a:1:9", "malformed"]
    assert last[["customer_id", "channel", "submitted_at"]].isna().all()
