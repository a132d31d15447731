"""What each platform writes: how it is told, and how its headers, marks and times are read."""

import csv
import re

import pandas as pd
import pytest
from conftest import SHOP, shop_study

from csatlib import clean, exports
from csatlib.clean.answers import read_answers
from csatlib.exports import ExportError
from csatlib.exports.headers import take_apart

WJX = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
WJX_ROW = ["1", "2026/7/6 9:05:03", "137秒", "微信", "C1", "114.222.0.0(江苏-南京)"]
TENCENT = ["编号", "开始答题时间", "结束答题时间", "答题时长", "地理位置国家和地区", "地理位置省", "地理位置市", "用户类型", "用户标识", "昵称", "自定义字段"]  # fmt: skip
TENCENT_ROW = ["1", "02-Feb-2026 20:26:00", "02-Feb-2026 20:26:58", "58", "中国", "上海", "", "", "u1", "小王", ""]  # fmt: skip
FORMS = ["提交者（自动）", "提交时间（自动）"]
ZENTAO = ["Bug编号", "所属产品", "所属模块", "Bug标题", "严重程度", "优先级", "Bug类型", "Bug状态", "由谁创建", "创建日期", "指派给", "解决方案", "解决日期", "由谁关闭", "关闭日期"]  # fmt: skip
JIRA = ["Summary", "Issue key", "Issue id", "Issue Type", "Status", "Priority", "Assignee", "Reporter", "Created", "Updated", "Resolved", "Labels", "Labels", "Comment", "Comment", "Sprint", "Sprint"]  # fmt: skip
JIRA_PIPELINE = ["id", "key", "project_key", "issue_type", "summary", "status", "status_category", "priority_name", "resolution", "created_date", "resolution_date", "updated_date"]  # fmt: skip

SOURCES = """\
sources:
  - {role: responses, glob: "*_按*", reader: wjx, channel: 线上, optional: true}
  - {role: responses, glob: "tencent*", reader: tencent, channel: 腾讯, optional: true}
  - {role: responses, glob: "forms*", reader: forms, channel: 微信, optional: true, mapping: {customer_id: 客户编号}}
  - {role: responses, glob: "sheet*", reader: table, channel: 纸质, optional: true, personal: {name: 姓名}, device: 电脑}
  - {role: tickets, glob: "zentao*", reader: zentao, optional: true, mapping: {problem_level: 优先级}}
  - {role: tickets, glob: "jira*", reader: jira, optional: true}
  - {role: tickets, glob: "bugs*", reader: table, optional: true, mapping: {ticket_id: Bug编号}}
"""  # fmt: skip
QUESTIONS = """\
questions:
  - {id: overall, text: 整体满意度, kind: rating, scale: five}
  - {id: topic, text: 到店目的, kind: single, options: [购买, 退换, "其他，请注明"]}
  - {id: places, text: 去过的门店, kind: multi, options: [东店, "西店，北店", 其他]}
  - {id: comment, text: 意见建议, kind: text}
"""
RANKED = "  - {id: order, text: 看重的方面, kind: ranking, options: [价格, 质量, 服务]}\n"
TRAP = '  - {id: trap, text: 此题请选一般, kind: attention, expect: 一般}\n'  # fmt: skip
HEAD, TAIL = SHOP[: SHOP.index("sources:")], "report: {overall: overall}\n"


@pytest.fixture
def study(tmp_path):
    """A study with a source of every platform."""
    return shop_study(tmp_path, HEAD + SOURCES + QUESTIONS + TAIL)


@pytest.fixture
def study_of(tmp_path):
    """Make the study with other questions."""
    return lambda questions: shop_study(tmp_path, HEAD + SOURCES + questions + TAIL)


@pytest.fixture
def write(raw_folder):
    """Write rows as a CSV file."""

    def make(name, *rows, encoding="utf-8-sig"):
        path = raw_folder / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    return make


def answered(path, study):
    raw = exports.read(path, study)
    return read_answers(raw, exports.match(raw, study, quarter="2026Q3"), study)


def missing_as_none(values):
    return [None if pd.isna(value) else value for value in values]


# ---- which platform ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "platform"),
    [
        ([*WJX, "1、整体满意度"], "wjx"),
        (["序号", "提交答卷时间", "所用时间", "来源", "总分", "整体满意度"], "wjx"),
        ([*TENCENT, "1.整体满意度"], "tencent"),
        (["编号", "开始答题时间", "结束答题时间", "答题时长", "1.整体满意度"], "tencent"),
        ([*FORMS, "整体满意度（必填）"], "forms"),
        (["提交时间（自动）", "整体满意度（必填）"], "forms"),
        (ZENTAO, "zentao"),
        (JIRA, "jira"),
        (JIRA_PIPELINE, "jira"),
        (["工单号", "客户编号", "问题类型", "提交时间", "解决时间", "关闭时间"], "table"),
        (["序号", "姓名", "来源", "整体满意度"], "table"),
        (["编号", "优先级", "状态", "创建日期", "指派给"], "table"),
    ],
)
def test_a_platform_is_told_by_its_headers_and_why(write, header, platform):
    found = exports.sniff(write("x.csv", header, ["1"] * len(header)))
    assert found.platform == platform
    assert exports.PLATFORMS[platform].label in found.why


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_platform_is_told_in_every_encoding(write, encoding):
    path = write("x.csv", [*TENCENT, "1.整体满意度"], [*TENCENT_ROW, "A.满意"], encoding=encoding)
    assert exports.sniff(path).platform == "tencent"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("800_800_0.xlsx", "text"),
        ("800_800_1.xlsx", "score"),
        ("800_800_2.xlsx", "code"),
        ("800_800_3.xlsx", None),
    ],
)
def test_old_file_names_tell_the_form(raw_folder, write_xlsx, name, form):
    path = write_xlsx(raw_folder / name, [[*WJX, "1、整体满意度"], [*WJX_ROW, "5"]])
    assert exports.sniff(path).form == form


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        (["4. 去过的门店(东店)", "4 (西店)"], "code"),
        (["第4题(东店)", "第4题(西店)"], "code"),
        (["4、去过的门店(近一月)", "5、整体满意度(总体)"], None),
        (["9、(1)类别", "9、(2)评分"], None),
        (["4. 去过的门店(东店)", "4 (西店)", "总分"], None),
    ],
    ids=["new", "old", "brackets of two questions", "blanks", "with points"],
)
def test_one_column_an_option_tells_numbers(write, headers, form):
    path = write("x.csv", [*WJX, *headers], [*WJX_ROW, *("1" for _ in headers)])
    assert exports.sniff(path).form == form


@pytest.mark.parametrize(
    ("name", "header", "told"),
    [
        ("1_按文本_.csv", [*TENCENT, "1.整体满意度"], "把来源的 reader 改成 tencent"),
        ("tencent.csv", [*FORMS, "整体满意度"], "把来源的 reader 改成 forms"),
        ("forms.csv", ["整体满意度", "到店目的"], "把来源的 reader 改成 table"),
        ("sheet.csv", [*WJX, "1、整体满意度"], "把来源的 reader 改成 wjx"),
        ("zentao.csv", JIRA, "把来源的 reader 改成 jira"),
        ("jira.csv", ["工单号", "状态"], "把来源的 reader 改成 table"),
    ],
)
def test_a_source_that_contradicts_its_file_is_refused(write, study, name, header, told):
    with pytest.raises(ExportError, match=re.escape(told)):
        exports.read(write(name, header, ["1"] * len(header)), study)


def test_tickets_of_a_system_may_be_read_as_a_plain_table(write, study):
    raw = exports.read(write("bugs.csv", ZENTAO, ["7", *[""] * 14]), study)
    assert clean.table_of([raw], "tickets").to_dict("list") == {"ticket_id": ["7"]}


# ---- 腾讯问卷 ------------------------------------------------------------------------------------

TENCENT_HEADER = [*TENCENT, "1.整体满意度", "2.到店目的", "3.去过的门店:东店", "3.去过的门店:西店，北店", "3.去过的门店:其他", "4.意见建议", "IP", "UA", ""]  # fmt: skip


def test_a_tencent_file_is_read(write, study):
    rows = [
        ["D.满意", "C.其他，请注明", "东店", "", "其他", "慢<br />很慢", "1.2.3.4", "Mozilla", ""],
        ["满意", "A.购买", "", "B.西店，北店", "", "", "", "", ""],
        ["E.非常 满意", "购买", "", "", "", "-3", "", "", ""],
        ["F.很好", "D.买", "西店，北店", "", "", "好", "", "", ""],
    ]
    path = write("tencent.csv", TENCENT_HEADER, *([*TENCENT_ROW, *row] for row in rows))
    found = answered(path, study)
    assert found.given["submitted_at"].iloc[0] == pd.Timestamp("2026-02-02 20:26:58")
    assert found.given["seconds"].tolist() == [58] * 4
    assert missing_as_none(found.given["overall"]) == [4, 4, 5, None]
    assert missing_as_none(found.given["topic"]) == ["其他，请注明", "购买", "购买", None]
    assert [missing_as_none(row) for row in found.given.filter(like="places").to_numpy()] == [
        [True, False, True], [False, True, False], [None] * 3, [None] * 3,
    ]  # fmt: skip
    assert found.status["places"].tolist() == ["answered", "answered", "blank", "invalid"]
    assert missing_as_none(found.texts["comment"]) == ["慢\n很慢", None, "-3", "好"]
    assert set(found.given) == {"submitted_at", "seconds", "overall", "topic", "places_1", "places_2", "places_3"}  # fmt: skip


def test_a_blank_of_several_is_named_in_full(write, study_of):
    study = study_of(QUESTIONS + '  - {id: city, text: "你来自于：_填空2", kind: text}\n')
    header = [*TENCENT_HEADER[:-3], "5.你来自于：_填空1", "5.你来自于：_填空2"]
    row = [*TENCENT_ROW, "A.满意", "A.购买", "", "", "", "", "江苏", "南京"]
    with pytest.raises(ExportError, match=r"不认识“5\.你来自于：_填空1”列"):
        answered(write("tencent.csv", header, row), study)
    header[-2] = "UA"
    assert answered(write("tencent.csv", header, row), study).texts["city"].tolist() == ["南京"]


# ---- 收集表 --------------------------------------------------------------------------------------

FORMS_HEADER = [*FORMS, "客户编号（必填）", "整体满意度（必填）", "到店目的（必填）", "去过的门店", "意见建议"]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "chosen"),
    [
        ("东店", [True, False, False]),
        ("东店,其他", [True, False, True]),
        ("东店，西店，北店", [True, True, False]),
        ("西店,北店", [False, True, False]),
        ("其他， 东店", [True, False, True]),
        ("西店", None),
        ("东店,南店", None),
        ("东店西店，北店", None),
        ("", None),
    ],
)
def test_choices_between_commas_are_read_option_by_option(write, study, cell, chosen):
    row = ["小王", "2026年3月19日 21:34", "C1", "满意", "购买", cell, ""]
    found = answered(write("forms.csv", FORMS_HEADER, row), study)
    assert missing_as_none(found.given.filter(like="places").iloc[0]) == (chosen or [None] * 3)
    assert found.status["places"].iloc[0] == (
        "answered" if chosen else "invalid" if cell else "blank"
    )


def test_a_cell_that_can_be_read_in_two_ways_is_not_read(write, study_of):
    study = study_of(QUESTIONS.replace('[东店, "西店，北店", 其他]', '[东店, 西店, "东店，西店"]'))
    row = ["小王", "2026年3月19日 21:34", "C1", "满意", "购买", "东店，西店", ""]
    found = answered(write("forms.csv", FORMS_HEADER, row), study)
    assert found.status["places"].tolist() == ["invalid"]


def test_a_collected_form_is_read_and_its_submitter_stays_behind(write, study):
    row = ["小王", "2026年3月19日 21:34", "C1", "满意", "购买", "东店", "好"]
    found = answered(write("forms.csv", FORMS_HEADER, row), study)
    assert found.given.iloc[0, :4].tolist() == [pd.Timestamp("2026-03-19 21:34"), "C1", 4, "购买"]
    assert not (found.given.astype("str") == "小王").any(axis=None)


# ---- 禅道, Jira ----------------------------------------------------------------------------------


def test_zentao_bugs_become_tickets_and_the_study_overrides(write, study):
    row = ["7", "商城(#1)", "/登录", "打不开", "2", "1", "代码错误", "已关闭", "张三", "2026-07-01 08:30:00", "李四", "已解决", "2026-07-02", "张三", "0000-00-00"]  # fmt: skip
    table = clean.table_of([exports.read(write("zentao.csv", ZENTAO, row), study)], "tickets")
    assert table.iloc[0].dropna().to_dict() == {
        "ticket_id": "7",
        "problem_type": "代码错误",
        "problem_level": "1",
        "opened_at": pd.Timestamp("2026-07-01 08:30"),
        "resolved_at": pd.Timestamp("2026-07-02"),
        "status": "已关闭",
    }
    assert table["closed_at"].isna().all()


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("30/Oct/26 5:00 PM", "2026-10-30 17:00"),
        ("30/Jul/18 23:33", "2018-07-30 23:33"),
        ("06/七月/26 9:05 上午", "2026-07-06 09:05"),
        ("06/7月/26 12:05 上午", "2026-07-06 00:05"),
        ("2026-10-30T17:00:00Z", "2026-10-31 01:00"),
        ("2026-10-30T17:00:00.000+0800", "2026-10-30 17:00"),
        ("6/21/2026 16:14", None),
        ("06/07/26 9:05 AM", None),
        ("30/Oct/26 15:00 AM", None),
    ],
)
def test_jira_times_are_read_where_they_are_certain(write, study, written, time):
    row = ["打不开", "IT-1", "1001", "Bug", "Done", "High", "a", "b", written, "", "", "x", "y", "c", "d", "", ""]  # fmt: skip
    table = clean.table_of([exports.read(write("jira.csv", JIRA, row), study)], "tickets")
    assert missing_as_none(table["opened_at"]) == [time and pd.Timestamp(time)]
    assert table[["ticket_id", "problem_type", "problem_level", "status"]].iloc[0].tolist() == ["IT-1", "Bug", "High", "Done"]  # fmt: skip


def test_a_default_column_gives_way_to_a_question_of_its_name(write, study_of):
    study = study_of(QUESTIONS.replace("id: topic", "id: status"))
    raw = exports.read(write("zentao.csv", ZENTAO, ["7", *[""] * 14]), study)
    assert set(raw.mapping) == {"ticket_id", "problem_type", "problem_level", "opened_at", "resolved_at", "closed_at"}  # fmt: skip


def test_the_jira_pipeline_has_its_own_names(write, study):
    row = ["1", "IT-1", "IT", "Bug", "打不开", "Done", "Done", "High", "Fixed", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z", ""]  # fmt: skip
    table = clean.table_of([exports.read(write("jira.csv", JIRA_PIPELINE, row), study)], "tickets")
    assert table["ticket_id"].tolist() == ["IT-1"]
    assert table["resolved_at"].tolist() == [pd.Timestamp("2026-07-02 08:00")]


# ---- 问卷星 headers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "number", "words"),
    [
        ("1、整体满意度", 1, "整体满意度"),
        ("120．整体满意度", 120, "整体满意度"),
        ("Q1：整体满意度（必填）", 1, "整体满意度"),
        ("*3. 整体 满意度", 3, "整体满意度"),
        ("第6题(运动)", 6, "(运动)"),
        ("4 (平板电脑)", 4, "(平板电脑)"),
        ("11(工作/学习任务的插入)", 11, "(工作/学习任务的插入)"),
        ("25、(其他（请补充）:)", 25, "(其他(请补充):)"),
        ("9、(1)类别", 9, "(1)类别"),
        ("2、5G网络满意度", 2, "5G网络满意度"),
        ("5G网络满意度", None, "5G网络满意度"),
        ("1.5小时内响应", None, "1.5小时内响应"),
        ("2026年满意度", None, "2026年满意度"),
    ],
)
def test_a_header_is_taken_apart(header, number, words):
    (found,) = take_apart([header])
    assert (found.number, found.words) == (number, words)


def test_the_stem_of_a_matrix_is_filled_down_to_its_rows_only():
    found = take_apart(["18、评价：—速度", "18、态度", "18、价格", "19、态度", "20、态度"])
    assert [sorted(h.full) for h in found] == [
        ["18、评价—速度", "评价—速度"],
        ["18、态度", "评价—态度"],
        ["18、价格", "评价—价格"],
        ["19、态度", "态度"],
        ["20、态度", "态度"],
    ]
    assert [sorted(h.short) for h in found] == [["速度"], ["态度"], ["价格"], [], []]


MATRIX = """\
questions:
  - {id: overall, text: 服务评价—速度, kind: rating, scale: five}
  - {id: manner, text: TEXT, kind: rating, scale: five}
"""


@pytest.mark.parametrize(
    ("text", "headers", "column"),
    [
        ("服务评价—态度", ["7、服务评价—速度", "7、态度"], 1),
        ("服务评价——态度", ["7、服务评价：—速度", "7、态度"], 1),
        ("态度", ["7、服务评价—速度", "7、态度"], 1),
        ("7、态度", ["7、服务评价—速度", "7、态度"], 1),
        ("服务评价—态度", ["7、服务评价—态度", "7、速度"], 0),
        ("态度", ["第7题(态度)", "7、服务评价—速度"], 0),
        ("服务评价—态度", ["7、服务评价—速度", "8、态度"], None),
        ("8、态度", ["7、服务评价—速度", "7、态度"], None),
    ],
)
def test_the_row_of_a_matrix(write, study_of, text, headers, column):
    study = study_of(MATRIX.replace("TEXT", text))
    path = write("1_按文本_.csv", [*WJX, *headers], [*WJX_ROW, "满意", "一般"])
    raw = exports.read(path, study)
    if column is None:
        with pytest.raises(ExportError, match="没有题目 manner"):
            exports.match(raw, study, quarter="2026Q3")
        return
    fields = exports.match(raw, study, quarter="2026Q3")
    assert fields.answers["manner"] == headers[column]


def test_a_row_of_two_matrices_must_be_named_in_full(write, study_of):
    study = study_of(MATRIX.replace("TEXT", "态度"))
    headers = ["7、服务评价—速度", "7、态度", "8、重要程度—速度", "8、态度"]
    path = write("1_按文本_.csv", [*WJX, *headers], [*WJX_ROW, *["满意"] * 4])
    with pytest.raises(ExportError, match="例如 text: 服务评价—态度"):
        exports.match(exports.read(path, study), study, quarter="2026Q3")


def test_blanks_of_one_question_are_told_by_their_names(write, study_of):
    study = study_of(
        QUESTIONS.split("  - {id: topic")[0]
        + "  - {id: kind_of, text: 类别, kind: text}\n  - {id: mark, text: (2)评分, kind: text}\n"
    )
    header = [*WJX, "1、整体满意度", "9、(1)类别", "9、(2)评分"]
    found = answered(write("1_按文本_.csv", header, [*WJX_ROW, "满意", "甲", "9"]), study)
    assert found.texts.iloc[0].tolist() == ["甲", "9"]


# ---- ambiguity is refused with the line to add ---------------------------------------------------


@pytest.mark.parametrize(
    ("questions", "headers", "told"),
    [
        ("", ["1、整体满意度", "7、整体满意度"], '请在题目 overall 下加一行 pattern: "^1[、.]"'),
        ("", ["整体满意度", "整体满意度"], "若是另一题请写 occurrence: 2"),
        ("", ["1、整体的满意度"], '加一行 aliases: ["整体的满意度"]'),
        ("", ["1、整体不满意度"], "没有题目 overall"),
        (", occurrence: 2", ["1、整体满意度"], "要的是第 2 列"),
        ("", ["1、整体满意度", "2、环境"], "不认识“2、环境”列"),
        (", until: 2026Q2", ["1、整体满意度"], "它是题目 overall，若 2026Q3 也问"),
        (", pattern: '到店目的'", ["1、整体满意度", "2、到店目的"], "对上了 2 列"),
    ],
    ids=["two numbers", "twice", "one more character", "negated", "no second", "new", "not asked", "pattern of another"],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_the_line_to_add(
    write, study_of, questions, headers, told
):
    study = study_of(f"questions:\n  - {{id: overall, text: 整体满意度, kind: rating, scale: five{questions}}}\n")  # fmt: skip
    path = write("1_按文本_.csv", [*WJX, *headers], [*WJX_ROW, *["满意"] * len(headers)])
    with pytest.raises(ExportError) as error:
        exports.match(exports.read(path, study), study, quarter="2026Q3")
    assert told in str(error.value)


def test_a_pattern_settles_which_of_two_columns_it_is(write, study_of):
    study = study_of('questions:\n  - {id: overall, text: 整体满意度, kind: rating, scale: five, pattern: "^7[、.]"}\n')  # fmt: skip
    path = write(
        "1_按文本_.csv", [*WJX, "1、整体满意度", "7、整体满意度"], [*WJX_ROW, "一般", "满意"]
    )
    raw = exports.read(path, study)
    with pytest.raises(ExportError, match="不认识“1、整体满意度”列"):
        exports.match(raw, study, quarter="2026Q3")


CHOICES = """\
questions:
  - {id: overall, text: 整体满意度, kind: rating, scale: five}
  - {id: been, text: 去过的门店, kind: multi, options: [东店, 西店]}
  - {id: hoped, text: 去过的门店(计划), kind: multi, options: [东店, 西店]}
"""
SPREAD = ["5、去过的门店(东店)", "5、(西店)", "6、去过的门店(计划)(东店)", "6、(西店)"]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (SPREAD, None),
        ([h.replace("6、", "5、") for h in SPREAD], None),
        ([SPREAD[0], SPREAD[3], SPREAD[2], SPREAD[1]], "缺少选项“西店”的列"),
        ([*SPREAD[:2], "6、(东店)", "6、(西店)"], "若是请加一行 pattern"),
        ([*SPREAD[:2], "第6题(东店)", "第6题(西店)"], 'pattern: "^第?5[题、.( ]"'),
        ([SPREAD[0], "5、(南店)", *SPREAD[2:]], "按问卷顺序补进 options"),
        ([SPREAD[0], "5、(西店)", "5、(东店)", *SPREAD[2:]], "的选项“东店”有两列"),
    ],
    ids=["certain", "one number for both", "swapped", "no stem", "old form", "unknown option", "option twice"],
)  # fmt: skip
def test_options_that_two_questions_share(write, study_of, headers, told):
    study = study_of(CHOICES)
    row = [*WJX_ROW, "4", "1", "0", "0", "1", "1"][: 7 + len(headers)]
    path = write("1_按序号_.csv", [*WJX, "1、整体满意度", *headers], row)
    if told is None:
        found = answered(path, study).given
        picked = found[["been_1", "been_2", "hoped_1", "hoped_2"]].iloc[0].tolist()
        assert picked == [True, False, False, True]
        return
    with pytest.raises(ExportError) as error:
        answered(path, study)
    assert told in str(error.value)


def test_the_text_of_a_question_may_look_like_an_option_of_another(write, study_of):
    study = study_of(CHOICES.replace("去过的门店(计划), kind: multi, options: [东店, 西店]", "去过的门店(原因), kind: text"))  # fmt: skip
    header = [*WJX, "1、整体满意度", "5、去过的门店", "6、去过的门店（原因）"]
    path = write("1_按文本_.csv", header, [*WJX_ROW, "满意", "东店┋西店", "近"])
    found = answered(path, study)
    assert found.texts["hoped"].tolist() == ["近"]
    assert found.given[["been_1", "been_2"]].iloc[0].tolist() == [True, True]


# ---- columns of the source -----------------------------------------------------------------------


def test_personal_columns_and_the_device_are_known_and_go_nowhere(write, study):
    header = ["姓名", "电脑", "整体满意度", "到店目的", "去过的门店", "意见建议"]
    found = answered(
        write("sheet.csv", header, ["张三", "pc-7", "满意", "购买", "东店", "好"]), study
    )
    assert not {"姓名", "电脑"} & set(found.given)
    assert not found.given.astype("str").isin(["张三", "pc-7"]).any(axis=None)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("personal: {name: 姓名}", "personal: {name: 整体满意度}", "被多处认领"),
        ("device: 电脑", "device: 电脑, mapping: {room: 意见建议}", "被多处认领"),
    ],
    ids=["a question", "mapped question"],
)
def test_a_column_belongs_to_one_place(tmp_path, write, old, new, told):
    study = shop_study(tmp_path, HEAD + SOURCES.replace(old, new) + QUESTIONS + TAIL)
    header = ["姓名", "电脑", "整体满意度", "到店目的", "去过的门店", "意见建议"]
    path = write("sheet.csv", header, ["张三", "pc-7", "满意", "购买", "东店", "好"])
    with pytest.raises(ExportError) as error:
        answered(path, study)
    assert told in str(error.value)
    assert "张三" not in str(error.value)


@pytest.mark.parametrize(("wanted", "value"), [("编号#1", "C1"), ("编号#2", "C2"), ("编号", None)])
def test_a_mapped_header_that_stands_twice_needs_its_place(tmp_path, write, wanted, value):
    sources = SOURCES.replace("device: 电脑", f'device: 电脑, ignore: ["编号*"], mapping: {{customer_id: "{wanted}"}}')  # fmt: skip
    study = shop_study(tmp_path, HEAD + sources + QUESTIONS + TAIL)
    header = ["编号", "编号", "姓名", "电脑", "整体满意度", "到店目的", "去过的门店", "意见建议"]
    path = write("sheet.csv", header, ["C1", "C2", "张三", "p", "满意", "购买", "东店", "好"])
    if value is None:
        with pytest.raises(ExportError, match="“编号#1”或“编号#2”"):
            answered(path, study)
    else:
        assert answered(path, study).given["customer_id"].tolist() == [value]


# ---- orders, attention, points -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "ranks", "status"),
    [
        ("价格→质量→服务", [1, 2, 3], "answered"),
        ("服务→ 价格", [2, None, 1], "answered"),
        ("质量", [None, 1, None], "answered"),
        ("价格→价格", [None] * 3, "invalid"),
        ("价格→环境", [None] * 3, "invalid"),
        ("价格┋质量", [None] * 3, "invalid"),
        ("(跳过)", [None] * 3, "skipped"),
        ("（空）", [None] * 3, "blank"),
    ],
)
def test_an_order_in_one_cell(write, study_of, cell, ranks, status):
    study = study_of(QUESTIONS.split("  - {id: topic")[0] + RANKED)
    header = [*WJX, "1、整体满意度", "2、看重的方面"]
    found = answered(write("1_按文本_.csv", header, [*WJX_ROW, "满意", cell]), study)
    assert missing_as_none(found.given[["order_1", "order_2", "order_3"]].iloc[0]) == ranks
    assert found.given["order_1"].dtype == "Int8"
    assert found.status["order"].tolist() == [status]


@pytest.mark.parametrize(
    ("cells", "ranks", "status"),
    [
        (["1", "2", "3"], [1, 2, 3], "answered"),
        (["2.0", "-2", "1"], [2, None, 1], "answered"),
        (["2", "", "1"], [2, None, 1], "answered"),
        (["1", "1", "2"], [None] * 3, "invalid"),
        (["1", "3", "-2"], [None] * 3, "invalid"),
        (["1", "2", "一"], [None] * 3, "invalid"),
        (["4", "1", "2"], [None] * 3, "invalid"),
        (["-3", "-3", "-3"], [None] * 3, "skipped"),
        (["-2", "-2", "-2"], [None] * 3, "blank"),
    ],
)
def test_an_order_in_one_column_an_option(write, study_of, cells, ranks, status):
    study = study_of(QUESTIONS.split("  - {id: topic")[0] + RANKED)
    # The columns stand in another order than the study file's options.
    header = [*WJX, "1、整体满意度", "2、看重的方面(服务)", "2、(价格)", "2、(质量)"]
    row = [*WJX_ROW, "4", cells[2], cells[0], cells[1]]
    found = answered(write("1_按序号_.csv", header, row), study)
    assert missing_as_none(found.given[["order_1", "order_2", "order_3"]].iloc[0]) == ranks
    assert found.status["order"].tolist() == [status]


@pytest.mark.parametrize(
    ("cell", "value", "status"),
    [("一般", "一般", "answered"), ("满意", "满意", "answered"), ("2", "2", "answered"), ("(空)", None, "blank")],
)  # fmt: skip
def test_an_attention_check_is_kept_as_it_was_answered(write, study_of, cell, value, status):
    study = study_of(QUESTIONS.split("  - {id: topic")[0] + TRAP)
    header = [*WJX, "1、整体满意度", "2、此题请选一般"]
    found = answered(write("1_按文本_.csv", header, [*WJX_ROW, "满意", cell]), study)
    assert missing_as_none(found.given["trap"]) == [value]
    assert found.status["trap"].tolist() == [status]


POINTS = [*WJX, "总分", "1、整体满意度", "2、到店目的", "3、去过的门店", "4、意见建议"]


def test_an_export_by_score_holds_points_of_the_scale(write, study):
    rows = [
        ["5", "购买", "东店┋其他〖近〗", "好"],
        ["-3", "(空)", "-2", "5"],
        ["7", "退换", "东店", ""],
    ]
    path = write("1_按分数_.csv", POINTS, *([*WJX_ROW, "9", *row] for row in rows))
    found = answered(path, study)
    assert missing_as_none(found.given["overall"]) == [5, None, None]
    assert found.status["overall"].tolist() == ["answered", "skipped", "invalid"]
    assert found.off_scale["overall"].tolist() == [False, False, True]
    assert missing_as_none(found.given["topic"]) == ["购买", None, "退换"]
    assert missing_as_none(found.texts["comment"]) == ["好", "5", None]


@pytest.mark.parametrize(
    ("row", "item"), [(["5", "2", "东店", ""], "topic"), (["5", "购买", "3", ""], "places")]
)
def test_points_do_not_tell_a_choice(write, study, row, item):
    path = write("1_按分数_.csv", POINTS, [*WJX_ROW, "9", *row])
    with pytest.raises(ExportError, match=rf"题目 {item} 的答案是分数.*请改用按文本导出"):
        answered(path, study)


@pytest.mark.parametrize("writer", ["write_xlsx", "write_xls"])
def test_tabs_and_line_breaks_in_a_workbook(request, raw_folder, study, writer):
    header = [*WJX, "1、整体\n满意度", "2、\t到店目的 ", "3、去过的门店", "4、意见建议"]
    row = [*WJX_ROW, " 满意\n", "退\t换", "东店 ┋ 西店，北店", "好"]
    path = raw_folder / f"1_按文本_.{writer.removeprefix('write_')}"
    request.getfixturevalue(writer)(path, [header, row])
    found = answered(path, study)
    assert found.given[["overall", "topic", "places_1", "places_2", "places_3"]].iloc[0].tolist() == [4, "退换", True, True, False]  # fmt: skip


# ---- the code book -------------------------------------------------------------------------------

OPEN = QUESTIONS.replace(', options: [购买, 退换, "其他，请注明"]', "")
OPEN_SOURCES = SOURCES.replace('glob: "*_按*"', 'glob: "*_按文本*"').replace(
    "sources:\n", 'sources:\n  - {role: twin, glob: "*_按序号*", reader: wjx}\n'
)
BOOK_HEADER = [*WJX, "1、整体满意度", "2、到店目的", "3、去过的门店", "4、意见建议"]
CODE_HEADER = [
    *BOOK_HEADER[:8],
    "3、去过的门店(东店)",
    "3、(西店，北店)",
    "3、(其他)",
    "4、意见建议",
]


@pytest.fixture
def twins(tmp_path, write):
    """Write both exports of one survey and read them; the study lists no purposes."""

    def make(words, codes):
        study = shop_study(tmp_path, HEAD + OPEN_SOURCES + OPEN + TAIL)
        text = [[str(i), *WJX_ROW[1:], "满意", w, "东店", f"好{i}"] for i, w in enumerate(words)]
        code = [
            [str(i), *WJX_ROW[1:], "4", c, "1", "0", "0", f"好{i}"] for i, c in enumerate(codes)
        ]
        paths = (write("8_按文本_.csv", BOOK_HEADER, *text), write("8_按序号_.csv", CODE_HEADER, *code))  # fmt: skip
        return study, [exports.read(path, study) for path in paths]

    return make


def test_the_code_book_pairs_numbers_and_wordings_in_the_order_of_the_form(twins):
    words = ["退换", "购买", "其他〖看看〗", "退换", "(空)", "(跳过)"]
    _, (text, code) = twins(words, ["2", "1.0", "4", "2", "-2", "-3"])
    book = exports.code_book(text, code)
    assert book.columns.tolist() == ["header", "code", "wording", "rows"]
    assert book.to_numpy().tolist() == [
        ["1、整体满意度", 4, "满意", 6],
        ["2、到店目的", 1, "购买", 1],
        ["2、到店目的", 2, "退换", 2],
        ["2、到店目的", 4, "其他", 1],
    ]


def test_a_number_with_two_wordings_is_refused(twins):
    _, (text, code) = twins(["退换", "购买"], ["2", "2"])
    with pytest.raises(ExportError, match=r"“2、到店目的”列的序号 2 对上了两种文字（购买、退换）"):
        exports.code_book(text, code)


def test_exports_of_other_questionnaires_have_no_code_book(twins):
    _, (text, code) = twins(["退换"], ["2"])
    shifted = code.rows.assign(序号="99")
    other = type(code)(**{**vars(code), "rows": shifted})
    with pytest.raises(ExportError, match="没有一份序号相同的答卷"):
        exports.code_book(text, other)
    bare = type(code)(**{**vars(code), "rows": code.rows.drop(columns="序号")})
    with pytest.raises(ExportError, match="没有“序号”列"):
        exports.code_book(text, bare)


def test_a_twin_tells_what_the_study_does_not_list(twins):
    study, raw = twins(["退换", "购买", "退换"], ["2", "1", "2"])
    assert clean.twin_differences(raw, study, quarter="2026Q3").empty
    fields = exports.match(raw[1], study, quarter="2026Q3")
    with pytest.raises(ExportError, match="需要知道选项的顺序"):
        read_answers(raw[1], fields, study)


# ---- the whole chain -----------------------------------------------------------------------------


def test_orders_and_checks_pass_through_cleaning(write, study_of):
    study = study_of(QUESTIONS.split("  - {id: topic")[0] + RANKED + TRAP)
    header = [*WJX, "1、整体满意度", "2、看重的方面", "3、此题请选一般"]
    rows = [["满意", "质量→价格", "一般"], ["一般", "(空)", "一般"], ["满意", "(空)", "满意"]]
    path = write("1_按文本_.csv", header, *([str(i), *WJX_ROW[1:], *r] for i, r in enumerate(rows)))
    cleaned = clean.responses(exports.read(path, study), study, quarter="2026Q3")
    assert missing_as_none(cleaned.kept["order_1"]) == [2, None]
    assert cleaned.kept["trap"].tolist() == ["一般", "一般"]
    assert cleaned.quarantined["rule"].tolist() == ["attention"]


@pytest.mark.parametrize(
    ("expect", "certain"), [("一般", False), ('"3"', True)], ids=["a wording", "a score"]
)
def test_a_check_by_number_is_certain_only_where_a_number_is_expected(
    write, study_of, expect, certain
):
    study = study_of(QUESTIONS.split("  - {id: topic")[0] + TRAP.replace("一般}", f"{expect}}}"))
    header = [*WJX, "1、整体满意度", "2、此题请选一般"]
    for name in ("1_按序号_.csv", "1_按分数_.csv"):
        path = write(name, header, [*WJX_ROW, "4", "3"])
        if certain:
            assert answered(path, study).given["trap"].tolist() == ["3"]
            continue
        with pytest.raises(ExportError, match="改用按文本导出"):
            answered(path, study)
