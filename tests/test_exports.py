"""Raw files: what each is found to be, every row with its address, every header with its question."""

import pytest

from csatlib import exports
from csatlib.exports import ExportError

META = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
HEADER = [*META, "1、您的整体满意度", "2、您对店员的满意度", "3、推荐意愿", "4、到店目的", "5、去过的门店", "6、意见建议"]  # fmt: skip
ROW = ["1", "2026/7/6 9:05:03", "137秒", "微信", "C1", "114.222.0.0(江苏-南京)", "满意", "一般", "9", "购买", "东店┋西店", "没有"]  # fmt: skip


@pytest.fixture
def text_file(raw_folder, write_xlsx):
    """Write a 问卷星 workbook by wording."""

    def write(*rows, header=HEADER, name="1_按文本_门店_2_2.xlsx"):
        return write_xlsx(raw_folder / name, [header, *rows])

    return write


@pytest.fixture
def phone_file(raw_folder):
    """Write a telephone CSV."""

    def write(content, name="电话.csv"):
        path = raw_folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


PHONE = "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议\n"
PHONE_ROW = "C7,2026-07-06 09:05,300,5,4,10,等了很久\n"


# ---- what a file is ------------------------------------------------------------------------------


def test_a_file_of_wordings_is_known_by_its_fixed_columns(text_file):
    found = exports.sniff(text_file(ROW))
    assert (found.kind, found.platform, found.form) == ("xlsx", "wjx", "text")
    assert "序号、提交答卷时间" in found.why


@pytest.mark.parametrize(
    ("name", "header", "row", "form"),
    [
        ("1_按序号_门店.xlsx", HEADER, [*ROW[:6], "4", "3", "9", "1", "1", "无"], "code"),
        ("改过名.xlsx", HEADER, ROW, "text"),
        ("改过名.xlsx", HEADER, [*ROW[:6], "4", "(跳过)", "9", "购买", "东店", "无"], "text"),
        ("改过名.xlsx", [*META, "第5题(东店)"], [*ROW[:6], "1"], "code"),
        ("改过名.xlsx", [*META, "3、推荐意愿"], [*ROW[:6], "9"], None),
        ("1_按分数_门店.xlsx", HEADER, ROW, "score"),
    ],
    ids=["by name", "by ┋", "by (跳过)", "by one column an option", "cannot tell", "by score"],
)
def test_wordings_or_option_numbers(text_file, name, header, row, form):
    assert exports.sniff(text_file(row, header=header, name=name)).form == form


def test_a_form_that_cannot_be_told_is_refused_with_the_remedy(text_file):
    path = text_file([*ROW[:6], "9"], header=[*META, "3、推荐意愿"], name="改过名.xlsx")
    with pytest.raises(ExportError, match="写 form: text、code 或 score"):
        exports.read(path)


def test_any_other_table_is_a_plain_table(phone_file):
    found = exports.sniff(phone_file(PHONE + PHONE_ROW))
    assert (found.kind, found.platform, found.form, found.encoding) == (
        "csv",
        "table",
        "text",
        "utf-8",
    )


# ---- encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_chinese_encodings_give_the_same_cells(phone_file, encoding, told):
    table = exports.read(phone_file((PHONE + PHONE_ROW * 3).encode(encoding)))
    assert table.encoding == told
    assert table.rows["意见建议"].tolist() == ["等了很久"] * 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("客戶編號,意見建議\n1,等候時間太長，請儘快改善服務\n".encode("big5"), "编码不能确定"),
        (b"a,b\n1,\xff\xfe\xfd\n", "无法按 gb18030 解读"),
        ("客户编号\n一\n".encode("utf-8-sig") + b"\xff", "无法按 utf-8-sig 解读"),
    ],
    ids=["Big5", "no text", "damaged UTF-8"],
)
def test_an_uncertain_encoding_is_refused_with_the_remedy(phone_file, content, told):
    with pytest.raises(ExportError) as error:
        exports.read(phone_file(content))
    assert told in str(error.value)
    assert "另存为 UTF-8" in str(error.value)


def made_rows(count):
    """Make cells of every kind that is parsed its own way in a large file."""
    wordings = ("非常满意", "满意", "", "不满意", "good")
    return [
        (
            f"C{number:06d}",
            wordings[number % 5],
            "是" if number < count // 2 else f"第{number}次来",  # few wordings only at first
            str(number % 11),
            f"等了{number}分钟，𠮷家店",
            "ok" if number < count - 3 else "末尾",
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_large_file_is_read_as_a_small_one(phone_file, encoding):
    header = ["客户编号", "满意度", "其他", "分数", "意见建议", "备注"]
    rows = made_rows(20_000)
    text = "\n".join(map(",".join, [header, *rows]))
    table = exports.read(phone_file(text.encode(encoding)))
    assert table.rows.columns.tolist() == header
    assert list(table.rows.itertuples(index=False, name=None)) == rows
    digest = table.digest[:12]
    assert table.rows.index.tolist() == [f"{digest}:1:{i}" for i in range(2, 20_002)]
    assert table.non_data["row_id"].tolist() == [f"{digest}:1:1"]


@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("damage", [b"\xff", b"\x84", b"\x84\x31\xa4"], ids=["FF", "half", "cut"])
def test_one_damaged_cell_of_a_large_file_is_told_with_its_line(phone_file, column, damage):
    lines = ["客户编号,满意度,其他,分数,意见建议,备注", *map(",".join, made_rows(9000))]
    coded = [line.encode("gb18030") for line in lines]
    cells = coded[8000].split(b",")
    coded[8000] = b",".join([*cells[:column], cells[column] + damage, *cells[column + 1 :]])
    with pytest.raises(ExportError, match="第 8001 行起无法按 gb18030 解读"):
        exports.read(phone_file(b"\n".join(coded) + b"\n"))


def test_half_a_character_is_refused_whatever_the_stated_encoding(phone_file, shop_with):
    study = shop_with('glob: "电话*"', 'glob: "电话*"\n    encoding: utf-7')
    with pytest.raises(ExportError, match="第 2 行起无法按 utf-7 解读"):
        exports.read(phone_file(PHONE.encode("utf-7") + b"C7,+2AA-,3,5,4,9,x\n"), study)


def test_the_study_may_name_the_encoding(phone_file, shop_with):
    study = shop_with('glob: "电话*"', 'glob: "电话*"\n    encoding: big5')
    header = "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议\n"
    path = phone_file((header + "C7,2026-07-06,300,5,4,10,等候太長\n").replace("满", "滿").replace("户编号", "戶編號").replace("回访时间", "回訪時間").replace("时长", "時長").replace("员", "員").replace("荐意愿", "薦意願").replace("见建议", "見建議").encode("big5"))  # fmt: skip
    assert exports.read(path, study).rows.iloc[0, -1] == "等候太長"


# ---- files that are not what they seem -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("电话.xlsx", b"", "文件是空的"),
        ("电话.xlsx", b"PK\x03\x04 cut off", "可能没有传完或已损坏"),
        ("电话.xls", b"<html><table><tr><td>1</td></tr></table></html>", "其实是网页"),
        ("~$电话.xlsx", b"\x05owner", "锁文件"),
        ("电话.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 512 + "EncryptedPackage".encode("utf-16-le"), "有密码"),
        ("电话.csv", b"%PDF-1.7\x00\x00\x01", "不是 xlsx、xls 或 CSV"),
        ("电话.csv", b'a,b\n1,"2\n', "引号不成对"),
        ("电话.csv", b"\n\n  \n", "文件是空的"),
        ("电话.csv", PHONE.encode(), "只有表头，没有一行数据"),
    ],
    ids=["empty", "cut off", "HTML", "lock file", "password", "PDF", "quotes", "blank lines", "header only"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_what_it_is_and_what_to_do(phone_file, name, content, told):
    with pytest.raises(ExportError) as error:
        exports.read(phone_file(content, name))
    assert told in str(error.value)
    assert name in str(error.value)


def test_a_csv_with_the_name_of_a_workbook_is_read_for_what_it_is(phone_file):
    assert exports.read(phone_file(PHONE + PHONE_ROW, "电话.xlsx")).read == 1


def test_two_filled_sheets_need_a_choice(raw_folder, shop, shop_with):
    from openpyxl import Workbook

    book = Workbook()
    for number, sheet in enumerate([book.active, book.create_sheet("另一个")]):
        sheet.append(["客户编号", "回访时间", "时长", "整体满意度", "店员", "推荐意愿", "意见建议"])
        sheet.append([f"C{number}", "2026-07-06", 300, 5, 4, 10, "无"])
    book.create_sheet("空表")
    path = raw_folder / "电话.xlsx"
    book.save(path)
    with pytest.raises(ExportError, match=r"有 2 个工作表有内容（Sheet、另一个）"):
        exports.read(path, shop)
    chosen = shop_with('glob: "电话*"', 'glob: "电话*"\n    sheet: 另一个')
    table = exports.read(path, chosen)
    assert (table.sheet, table.rows["客户编号"].tolist()) == ("另一个", ["C1"])
    assert table.rows.index[0].endswith(":2:2")


# ---- rows and their addresses --------------------------------------------------------------------


def test_every_row_has_one_place(phone_file):
    lines = [
        "",
        PHONE.strip(),
        PHONE_ROW.strip(),
        ",,,,,,",
        "C8,x",
        "C9,x,1,5,4,9,好,多了",
        "合计,,,9,,,",
    ]
    table = exports.read(phone_file("\n".join(lines) + "\n"))
    numbers = {name: [i.split(":")[2] for i in ids] for name, ids in (
        ("data", table.rows.index),
        ("malformed", table.malformed["row_id"]),
        ("none", table.non_data["row_id"]),
    )}  # fmt: skip
    assert numbers == {"data": ["3"], "malformed": ["5", "6"], "none": ["1", "2", "4", "7"]}
    assert table.non_data["why"].tolist() == ["blank", "header", "blank", "total"]
    assert table.malformed["reason"].tolist()[1] == "这一行有 8 格，表头有 7 格，内容可能错位"
    assert table.read == 3
    assert table.place(table.rows.index[0], "时长") == "电话.csv 第 3 行“时长”列"


@pytest.mark.parametrize("words", ["合计", "合 计：", "总计(2份)", "平均分：", "汇总", "Total"])
def test_total_rows_are_no_data(phone_file, words):
    table = exports.read(phone_file(PHONE + PHONE_ROW + f"{words},,,4,4,9,\n"))
    assert (table.read, table.non_data["why"].tolist()) == (1, ["header", "total"])


def test_a_quotation_mark_left_open_is_told(phone_file):
    rows = [
        'C1,2026-07-06,99,5,4,9,"慢\n',
        "C2,2026-07-06,99,5,4,9,好\n",
        'C3,2026-07-06,99,5,4,9,快"\n',
    ]
    with pytest.raises(ExportError, match=r"第 4 行附近的引号不成对"):
        exports.read(phone_file(PHONE + "".join(rows)))


def test_a_comment_of_several_lines_is_one_cell(phone_file):
    table = exports.read(phone_file(PHONE + 'C1,2026-07-06,99,5,4,9,"慢,\n很慢"\n'))
    assert table.rows["意见建议"].tolist() == ["慢,\n很慢"]


def test_cells_are_text_as_they_stand(phone_file):
    table = exports.read(phone_file("编号,答,备注,备注\n007,NA,None,无\n"))
    assert table.rows.columns.tolist() == ["编号", "答", "备注", "备注#2"]
    assert table.rows.iloc[0].tolist() == ["007", "NA", "None", "无"]


@pytest.mark.parametrize("writer", ["write_xlsx", "write_xls"])
def test_workbook_cells_become_what_excel_shows(request, raw_folder, writer):
    suffix = writer.removeprefix("write_")
    path = raw_folder / f"电话.{suffix}"
    request.getfixturevalue(writer)(path, [["编号", "分", "率", "答 \n"], [7, 5.0, 0.25, "是"]])
    table = exports.read(path)
    assert table.rows.columns.tolist() == ["编号", "分", "率", "答"]
    assert table.rows.iloc[0].tolist() == ["7", "5", "0.25", "是"]


def test_the_same_file_has_the_same_addresses_and_another_has_others(phone_file):
    first = exports.read(phone_file(PHONE + PHONE_ROW)).rows.index
    again = exports.read(phone_file(PHONE + PHONE_ROW, "换个名.csv")).rows.index
    other = exports.read(phone_file(PHONE + PHONE_ROW.replace("C7", "C8"))).rows.index
    assert first.equals(again)
    assert set(first).isdisjoint(other)


# ---- sources -------------------------------------------------------------------------------------


def test_a_file_without_a_source_is_refused(phone_file, shop):
    with pytest.raises(ExportError, match=r"没有来源认领这个文件（已有的样式：.*电话"):
        exports.read_all([phone_file(PHONE + PHONE_ROW, "微信.csv")], shop)


def test_a_source_without_a_file_is_refused_unless_optional(raw_folder, shop_with):
    study = shop_with('glob: "电话*"\n    reader: table\n    channel: 电话\n    optional: true', 'glob: "电话*"\n    reader: table\n    channel: 电话')  # fmt: skip
    with pytest.raises(ExportError, match=r"shop/电话\*：没有找到这样的文件"):
        exports.read_all([], study)


def test_a_file_of_two_sources_is_refused(phone_file, shop):
    path = phone_file(PHONE + PHONE_ROW, "电话_按文本_.csv")
    with pytest.raises(ExportError, match="有多个来源认领这个文件"):
        exports.read_all([path], shop)


def test_the_same_file_twice_is_refused(phone_file, shop):
    paths = [phone_file(PHONE + PHONE_ROW), phone_file(PHONE + PHONE_ROW, "电话副本.csv")]
    with pytest.raises(ExportError, match="内容完全相同"):
        exports.read_all(paths, shop)


def test_files_of_other_lines_in_the_shared_folder_are_left(phone_file, shop, tmp_path):
    other = tmp_path / "data" / "raw" / "2026Q3" / "all" / "员工.csv"
    other.parent.mkdir()
    other.write_text("工号\n1\n")
    tables = exports.read_all([phone_file(PHONE + PHONE_ROW), other], shop)
    assert [t.file for t in tables] == ["2026Q3/shop/电话.csv"]


def test_a_plain_table_is_not_taken_for_wjx(phone_file, shop):
    with pytest.raises(ExportError, match="来源写的是问卷星"):
        exports.read(phone_file(PHONE + PHONE_ROW, "1_按文本_.csv"), shop)


# ---- headers and questions -----------------------------------------------------------------------


def test_wordings_find_their_columns(text_file, shop):
    fields = exports.match(exports.read(text_file(ROW), shop), shop, quarter="2026Q3")
    assert fields.answers["overall"] == "1、您的整体满意度"
    assert fields.answers["places"] == "5、去过的门店"
    assert fields.columns == {
        "submitted_at": "提交答卷时间",
        "seconds": "所用时间",
        "customer_id": "来源详情",
    }
    assert fields.options == {}


@pytest.mark.parametrize(
    "header",
    ["1、您的整体满意度", "1.您的整体满意度 ", "1．您的整体满意度", "Q1：您的整体满意度", "您的整体满意度", "1、您的整体满意度（必填）", "整体满意度", "12、整体\n满意度"],
)  # fmt: skip
def test_numbers_and_spelling_of_a_header_do_not_matter(text_file, shop, header):
    path = text_file(ROW, header=[*META, header, *HEADER[7:]])
    table = exports.read(path, shop)
    fields = exports.match(table, shop, quarter="2026Q3")
    assert table.rows.columns.get_loc(fields.answers["overall"]) == 6


@pytest.mark.parametrize(
    "headers",
    [
        ["5、去过的门店(东店)", "5、(西店)", "5、(其他)"],
        ["5. 去过的门店（东店）", "5 (西店)", "5(其他)"],
    ],
    ids=["new", "new, spelt otherwise"],
)
def test_one_column_an_option(text_file, shop, headers):
    header = [*HEADER[:10], *headers, HEADER[11]]
    row = [*ROW[:6], "4", "3", "9", "1", "1", "0", "0", "无"]
    table = exports.read(text_file(row, header=header, name="1_按序号_.xlsx"), shop)
    fields = exports.match(table, shop, quarter="2026Q3")
    assert [table.rows[h].iloc[0] for h in fields.options["places"].values()] == ["1", "0", "0"]
    assert list(fields.options["places"]) == ["东店", "西店", "其他"]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ([*HEADER, "7、喜欢的颜色"], ["研究文件不认识“7、喜欢的颜色”列", "加进 questions"]),
        (
            [*HEADER[:7], "2、您对店里员工的满意度", *HEADER[8:]],
            ["没有题目 staff", 'aliases: ["您对店里员工的满意度"]'],
        ),
        ([*HEADER[:9], *HEADER[10:]], ["没有题目 topic", "写 until"]),
        ([*HEADER, "整体满意度"], ["题目 overall 对上了 2 列"]),
        ([c for c in HEADER if c != "来源详情"], ["没有来源写的“来源详情”列"]),
        (
            [*HEADER[:10], "5、去过的门店(南店)", HEADER[11]],
            ["选项“南店”不在题目 places 的 options 里"],
        ),
        ([*HEADER[:10], "5、去过的门店(东店)", HEADER[11]], ["题目 places 缺少选项“西店”的列"]),
    ],
    ids=["unknown", "reworded", "missing", "twice", "mapping", "unknown option", "option missing"],
)
def test_a_header_and_question_that_do_not_meet_are_told_with_a_remedy(
    text_file, shop, header, told
):
    row = [*ROW[:6], *("1" for _ in header[6:])]
    path = text_file(row[: len(header)], header=header)
    with pytest.raises(ExportError) as error:
        exports.match(exports.read(path, shop), shop, quarter="2026Q3")
    for words in ("2026Q3/shop/1_按文本_门店_2_2.xlsx", *told):
        assert words in str(error.value)


def test_repeated_headers_are_told_apart_by_occurrence(phone_file, shop_with):
    study = shop_with("text: 意见建议, kind: text", "text: 意见建议, kind: text, occurrence: 2")
    path = phone_file(
        "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议,意见建议\nC7,,,5,4,9,甲,乙\n"
    )
    study = study.model_copy(update={"sources": tuple(s.model_copy(update={"ignore": ("意见建议",)}) for s in study.sources)})  # fmt: skip
    table = exports.read(path, study)
    assert exports.match(table, study, quarter="2026Q3").answers["comment"] == "意见建议#2"


def test_questions_of_other_quarters_have_no_column(text_file, shop_with):
    study = shop_with("kind: nps, scale: ten", "kind: nps, scale: ten, since: 2026Q4")
    path = text_file(ROW)
    with pytest.raises(ExportError, match="不认识“3、推荐意愿”列"):
        exports.match(exports.read(path, study), study, quarter="2026Q3")
    assert "recommend" in exports.match(exports.read(path, study), study, quarter="2026Q4").answers
