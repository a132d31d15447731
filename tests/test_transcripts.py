"""Interview transcripts: every way to write one down, and every way to get it wrong."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import docx
import pandas as pd
import pytest

from csatlib import exports, privacy, schema, store
from csatlib.exports import ExportError
from csatlib.study import Source

HEAD = "访谈编号：S-01\n客户编号：c00012\n访谈日期：2026年8月12日\n访谈员：访谈员01\n同意访谈：是\n"
TALK = "访谈员：最近怎么样？\n客户：等了太久。\n"
KEY = b"0123456789abcdef"


@pytest.fixture
def interviewed(shop):
    source = Source(role="interviews", glob="访谈_*", reader="transcript", optional=True)
    return shop.model_copy(update={"sources": (*shop.sources, source)})


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "2026Q3" / "shop"
    place.mkdir(parents=True)
    return place


@pytest.fixture
def read(interviewed, folder):
    """Write files and read them: a text, or bytes, or several by name."""

    def reading(content, name="访谈_1.txt"):
        given = content if isinstance(content, dict) else {name: content}
        for file, data in given.items():
            data = data.encode() if isinstance(data, str) else data
            (folder / file).write_bytes(data)
        return exports.transcripts(folder.iterdir(), interviewed)

    return reading


def document(lines=(), *, rows=(), extra=None):
    doc = docx.Document()
    for line in lines:
        doc.add_paragraph(line)
    for row in rows:
        table = doc.tables[0] if doc.tables else doc.add_table(0, len(row))
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    if extra is not None:
        extra(doc)
    stream = io.BytesIO()
    doc.save(stream)
    return stream.getvalue()


def told(found):
    rows = found.turns[["role", "text"]].to_numpy().tolist()
    return [(role[0], text) for role, text in rows]


NO_NUMBERS = ["王小明", "王小明01", "S-01 王小明", "=1+1", "../../x1", "9" * 41]


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_number_that_pages_show_holds_no_name(read, number):
    given = HEAD.replace("S-01", number).replace("同意访谈", "受访者：王小明\n同意访谈")
    with pytest.raises(ExportError, match=r"访谈编号会出现在网页上.*请改写") as told:
        read(given + "\n" + TALK)
    assert number not in str(told.value)


@pytest.mark.parametrize("number", ["S-01", "RX-2026Q3-01", "访谈７", "2026.8.12_3"])
def test_a_number_may_be_written_in_many_ways(read, number):
    assert len(read(HEAD.replace("S-01", number) + TALK).interviews) == 1


# ---- the heading ---------------------------------------------------------------------------------


def test_the_heading_tells_who_when_and_how(read):
    row = read(HEAD + "同意录音：是\n是否录音: 是\n地点/方式：电话\n\n" + TALK).interviews.iloc[0]
    assert row["customer_id"] == "C00012"
    assert row["held_on"] == "2026-08-12"
    assert (row["quarter"], row["line"], row["mode"]) == ("2026Q3", "shop", "电话")
    assert (row["consent"], bool(row["recorded"]), row["turns"]) == ("recording", True, 2)


@pytest.mark.parametrize(
    "heading",
    [
        HEAD,
        HEAD.replace("：", ":"),
        HEAD.replace("：", " ： "),
        "门店访谈记录\n\n" + HEAD,
        HEAD + "问题类型：退换\n访谈时长：20 分钟\n",
        HEAD.replace("\n", "\r\n"),
        HEAD.replace("2026年8月12日", "2026/8/12 14:30"),
    ],
    ids=["full width", "half width", "spaces", "title", "further lines", "CRLF", "slashes"],
)
def test_a_heading_may_be_written_in_several_ways(read, heading):
    found = read(heading + "\n" + TALK)
    assert found.interviews["interview_id"].tolist() == ["S-01"]
    assert found.interviews["held_on"].tolist() == ["2026-08-12"]
    assert told(found) == [("i", "最近怎么样？"), ("r", "等了太久。")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_usual_encoding_is_read_alike(read, encoding):
    found = read((HEAD + TALK * 8).encode(encoding))
    assert told(found)[1] == ("r", "等了太久。")


def test_an_interview_without_a_number_takes_that_of_its_file(read):
    found = read(HEAD.replace("访谈编号：S-01\n", "") + TALK)
    assert found.interviews["interview_id"].tolist() == [found.interviews["digest"][0][:12]]


def test_the_names_of_the_heading_are_told_apart_from_first_words(read):
    found = read("同意访谈：是\n访谈员：李砚秋\n受访者：王一禾\n\n访谈员：您好！\n王一禾：慢。\n")
    assert found.names.iloc[0] == ("李砚秋", "王一禾")
    assert told(found) == [("i", "您好！"), ("r", "慢。")]
    first = read("同意访谈：是\n\n访谈员：您好\n客户：慢。\n")
    assert told(first)[0] == ("i", "您好")
    assert first.interviews["interviewer"].isna().all()


# ---- consent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        ("同意访谈：否", "no_consent"),
        ("同意访谈：不同意", "no_consent"),
        ("同意录音：否", "no_consent"),
        ("同意访谈：", "unclear_consent"),
        ("同意访谈：待补签", "unclear_consent"),
        ("同意访谈：是\n同意访谈：否", "unclear_consent"),
        ("同意访谈：是\n同意录音：否\n是否录音：是", "recorded_without_consent"),
        ("同意访谈：是\n同意录音：待补签", "unclear_consent"),
        ("同意访谈：是\n同意录音：待补签\n是否录音：是", "unclear_consent"),
        ("同意访谈：否\n同意录音：是", "no_consent"),
    ],
)
def test_who_did_not_consent_is_set_aside_and_the_others_are_read(read, consent, reason):
    secret = f"访谈编号：S-02\n{consent}\n\n访谈员：好\n客户：不许读的话\n陌生人：也不许读\n"
    found = read({"访谈_1.txt": HEAD + TALK, "访谈_2.txt": secret})
    assert found.refused[["file", "reason"]].to_numpy().tolist() == [
        ["2026Q3/shop/访谈_2.txt", reason]
    ]
    assert found.interviews["interview_id"].tolist() == ["S-01"]
    assert not found.turns.map(lambda cell: "不许读" in str(cell)).any(axis=None)


@pytest.mark.parametrize(
    ("lines", "consent"),
    [
        ("同意访谈：是\n同意录音：是\n是否录音：是", "recording"),
        ("同意访谈：是\n同意录音：否\n是否录音：否", "interview"),
        ("同意访谈：是\n同意录音：否", "interview"),
        ("同意访谈：同意", "interview"),
        ("同意录音：是", "recording"),
    ],
)
def test_what_somebody_agreed_to_is_kept(read, lines, consent):
    found = read(f"{lines}\n\n{TALK}")
    assert found.interviews["consent"].tolist() == [consent]


def test_a_file_that_says_nothing_of_consent_is_for_a_person_to_mend(read):
    with pytest.raises(ExportError, match=r"没有写受访者是否同意.*同意访谈：是"):
        read(HEAD.replace("同意访谈：是\n", "") + TALK)


def test_consent_below_the_talk_is_no_heading(read):
    with pytest.raises(ExportError, match=r"第 8 行是抬头的一项.*请移到第一句话之前"):
        read(HEAD + TALK + "同意录音：是\n")


# ---- turns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "turns"),
    [
        ("问：好吗？\n答：好。", [("i", "好吗？"), ("r", "好。")]),
        ("[00:03:12] 客户：慢。", [("r", "慢。")]),
        ("【00:03:12】客户：慢。", [("r", "慢。")]),
        ("客户 00:03:12\n慢。", [("r", "慢。")]),
        ("客户（03:12）：慢。", [("r", "慢。")]),
        ("客户1：慢。\n客户2：快。", [("r", "慢。"), ("r", "快。")]),
        ("客户：慢。\n而且贵。", [("r", "慢。\n而且贵。")]),
        ("客户：我说两点：第一，慢；第二，贵。", [("r", "我说两点：第一，慢；第二，贵。")]),
        ("客户：是这样。\n他跟我说：等着。", [("r", "是这样。\n他跟我说：等着。")]),
        ("客户：有几样。\n  服务员：他不在。", [("r", "有几样。\n服务员：他不在。")]),
        ("客户：有。\n我们 10:30 到的。", [("r", "有。\n我们 10:30 到的。")]),
        ("客户：下午3:00 到的。", [("r", "下午3:00 到的。")]),
        ("客户：好。\n记录员：客户看表。", [("r", "好。"), ("o", "客户看表。")]),
    ],
)
def test_turns_are_told_apart_however_they_are_written(read, lines, turns):
    assert told(read(HEAD + "\n" + lines + "\n")) == turns


def test_times_are_seconds(read):
    found = read(HEAD + "\n[03:12] 访谈员：好吗？\n客户 00:03:20.5：好。\n[1:02:03] 客户：慢。\n")
    assert found.turns["seconds"].tolist() == [192.0, 200.5, 3723.0]


def test_a_label_of_the_heading_stands_for_a_speaker(read):
    found = read(HEAD + "说话人1：访谈员\n说话人2：客户\n\n说话人1：好吗？\n说话人2：慢。\n")
    assert told(found) == [("i", "好吗？"), ("r", "慢。")]


@pytest.mark.parametrize(
    ("said", "text", "note"),
    [
        ("（笑）还行。", "还行。", "笑"),
        ("还行(停顿)吧。【语气激动】", "还行吧。", "语气激动；停顿"),
        ("我们单位（制造）买得多。", "我们单位（制造）买得多。", None),
        ("【翻看记录】", "", "翻看记录"),
        ("好。", "好。", None),
    ],
    ids=["laugh", "several", "words in brackets", "nothing said", "none"],
)
def test_what_is_noted_beside_the_words_is_no_word(read, said, text, note):
    turn = read(HEAD + f"\n客户：{said}\n客户：慢。\n").turns.iloc[0]
    assert turn["text"] == text
    assert (None if pd.isna(turn["note"]) else turn["note"]) == note


def test_remarks_after_the_talk_are_notes(read):
    last = read(HEAD + "\n" + TALK + "备注：客户赶时间。\n").turns.iloc[-1]
    assert (last["role"], last["text"], last["note"]) == ("other", "", "客户赶时间。")


def test_cues_are_joined_to_turns(read):
    cues = (
        f"{HEAD}\n1\n00:00:01,500 --> 00:00:03,000\n访谈员：您好，今天想聊\n\n"
        "2\n00:00:03,000 --> 00:00:05,000\n聊服务\n\n"
        "3\n00:00:06,000 --> 00:00:08,000\n<i>客户：慢，</i>\n\n"
        "4\n00:00:08,000 --> 00:00:09,000\n客户：真的慢（叹气）\n"
    )
    found = read(cues, "访谈_1.srt")
    assert told(found) == [("i", "您好，今天想聊聊服务"), ("r", "慢，真的慢")]
    assert found.turns["seconds"].tolist() == [1.5, 6.0]
    assert found.interviews["format"].tolist() == ["srt"]


def test_documents_are_read_by_paragraph_and_by_table(read):
    heading = HEAD.strip().split("\n")
    spoken = document([*heading, "", "访谈员：好吗？", "客户：慢。", "还贵。"])
    rows = [("访谈员", "好吗？"), ("客户", "慢。"), ("", "还贵。")]
    timed = [("00:01", "访谈员", "好吗？"), ("00:05", "客户", "慢。\n还贵。")]
    expected = [("i", "好吗？"), ("r", "慢。\n还贵。")]
    assert told(read(spoken)) == expected
    assert told(read(document(heading, rows=rows))) == expected
    found = read(document(heading, rows=timed))
    assert told(found) == expected
    assert found.turns["seconds"].tolist() == [1.0, 5.0]
    as_table = [(*line.split("："),) for line in heading]
    assert told(read(document(rows=[*as_table, *rows]))) == expected


# ---- refusals ------------------------------------------------------------------------------------


def insertion(doc):
    """Leave a word in a tracked insertion, which a reader of paragraphs passes over."""
    from docx.oxml import OxmlElement

    paragraph = doc.paragraphs[-1]._p
    mark, run, text = (OxmlElement(tag) for tag in ("w:ins", "w:r", "w:t"))
    text.text = "修订里的话"
    run.append(text)
    mark.append(run)
    paragraph.append(mark)


def bombed():
    stream = io.BytesIO(document(["客户：慢。"]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/media/a.bin", bytes(80_000_000))
    return stream.getvalue()


def entities():
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document(["客户：慢。"]))) as source,
        zipfile.ZipFile(stream, "w") as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                data = b'<!DOCTYPE a [<!ENTITY b "c">]>' + data
            target.writestr(name, data)
    return stream.getvalue()


WHOLE = document([*HEAD.strip().split("\n"), "客户：慢。"])
WRONG = {
    "empty": (b"", "文件是空的"),
    "blank": (b"\xef\xbb\xbf \r\n", "文件是空的"),
    "only a heading": (HEAD, "没有一句客户的话"),
    "only the interviewer": (HEAD + "\n访谈员：好吗？\n", "没有一句客户的话"),
    "unknown speaker": (HEAD + "\n" + TALK + "\n小红：慢。\n", "第 10 行的说话人不认识"),
    "unknown speaker first": (HEAD + "\n小红：慢。\n", "第 7 行既不是认识的抬头"),
    "unknown speaker with a time": (HEAD + "\n客户：慢。\n小红 00:03:12\n", "第 8 行的说话人"),
    "back in time": (HEAD + "\n[00:09] 客户：慢。\n[00:03] 客户：快。\n", "第 8 行的时间比上一句早"),
    "day": (HEAD.replace("2026年8月12日", "上周三") + TALK, "访谈日期读不懂"),
    "web page": ("<html><body>客户：慢</body></html>", "其实是网页"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "其实是图片"),
    "old Word": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "旧式或加密的 Word"),
    "cut off": (WHOLE[: len(WHOLE) // 2], "Word 文档打不开"),
    "no document": (b"PK\x03\x04" + bytes(60), "Word 文档打不开"),
    "bomb": (bombed(), "解开后有"),
    "entities": (entities(), "不是 Word 写的样子"),
    "tracked change": (document([*HEAD.strip().split("\n"), "客户：慢。"], extra=insertion), "接受全部修订"),
    "four columns": (document(HEAD.strip().split("\n"), rows=[("1", "客户", "慢。", "x")]), "有 4 列"),
    "Big5": (("同意訪談：是\n\n客戶：等候太久，服務很慢。\n" * 9).encode("big5"), "编码|解读"),
    "bytes of zero": ((HEAD + TALK).encode() + b"\x00", "值为零的字节"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_right_is_refused_with_place_and_remedy(read, content, message):
    with pytest.raises(ExportError, match=message) as error:
        read(content)
    words = str(error.value)
    assert words.startswith("2026Q3/shop/访谈_1.txt：")
    assert "；" in words
    assert "请" in words
    assert "小红" not in words, "a speaker may be somebody's name"


@pytest.mark.parametrize(
    ("second", "message"),
    [(HEAD + TALK, "内容完全相同"), (HEAD + TALK + "客户：贵。\n", "访谈编号相同")],
    ids=["same file", "same number"],
)
def test_an_interview_counts_once(read, second, message):
    with pytest.raises(ExportError, match=message):
        read({"访谈_1.txt": HEAD + TALK, "访谈_2.txt": second})


def test_no_interviews_give_empty_tables(interviewed):
    found = exports.transcripts([], interviewed)
    for name, table in {"interviews": found.interviews, "turns": found.turns}.items():
        assert table.dtypes.to_dict() == schema.empty(name).dtypes.to_dict()
    assert len(found.refused) == 0


def test_the_order_of_the_files_changes_nothing(read, interviewed, folder):
    read({"访谈_1.txt": HEAD + TALK, "访谈_2.txt": HEAD.replace("S-01", "S-02") + TALK})
    files = sorted(folder.iterdir())
    there, back = (exports.transcripts(f, interviewed).turns for f in (files, files[::-1]))
    assert there.equals(back)


# ---- beside the tables ---------------------------------------------------------------------------


def test_transcripts_are_no_tables_and_tables_no_transcripts(read, interviewed, folder):
    read(HEAD + TALK)
    (folder / "电话.csv").write_text(
        "客户编号,整体满意度,店员,推荐意愿,意见建议,回访时间,时长\nC1,满意,满意,9,,2026/8/1 9:00,60\n"
    )
    assert [t.file for t in exports.read_all(folder.iterdir(), interviewed)] == [
        "2026Q3/shop/电话.csv"
    ]
    with pytest.raises(ExportError, match="这是访谈文稿"):
        exports.read(folder / "访谈_1.txt", interviewed)
    assert len(exports.transcripts(folder.iterdir(), interviewed).interviews) == 1


def test_a_missing_transcript_is_missed_unless_optional(interviewed):
    *others, source = interviewed.sources
    needed = source.model_copy(update={"optional": False})
    study = interviewed.model_copy(update={"sources": (*others, needed)})
    with pytest.raises(ExportError, match=r"访谈_.*没有找到"):
        exports.require_sources([], study)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reader": "table"},
        {"role": "tickets"},
        {"mapping": {"customer_id": "客户编号"}},
        {"personal": {"name": "受访者"}},
    ],
    ids=["reader", "role", "mapping", "personal"],
)
def test_a_source_of_transcripts_says_so_and_no_more(wrong):
    right = {"role": "interviews", "glob": "访谈_*", "reader": "transcript"}
    with pytest.raises(ValueError, match="访谈文稿"):
        Source(**{**right, **wrong})


# ---- the people leave ----------------------------------------------------------------------------


def test_names_and_numbers_leave_the_words(read):
    words = (
        HEAD.replace("访谈员01", "欧阳砚秋") + "受访者：王一禾\n\n欧阳砚秋：您好，王一禾！\n"
        "王一禾：我的手机号是13800001234，祝岫接待的。（王一禾叹气）\n"
    )
    personal = pd.DataFrame(
        {"row_id": ["a"], "role": ["customers"], "key": ["C00012"], "kind": ["name"], "value": ["钱云帆"]},
        dtype="str",
    )  # fmt: skip
    found = read(words.replace("祝岫接待", "祝岫和钱云帆接待"))
    bare = privacy.redact_interviews(found, personal=personal, key=KEY, roster=["祝岫"])
    assert bare.turns["text"].tolist() == [
        "您好，[姓名]！",
        "我的手机号是[手机号]，[姓名]和[姓名]接待的。",
    ]
    assert bare.turns["note"].tolist()[1] == "[姓名]叹气"
    row = bare.interviews.iloc[0]
    assert row["interviewer"] == "[姓名]"
    assert row["customer_id"] == privacy.pseudonymise(pd.Series(["C00012"]), key=KEY)[0]
    assert len(bare.names) == 0


def test_an_anonymous_study_keeps_no_link(read):
    personal = pd.DataFrame(columns=["row_id", "role", "key", "kind", "value"], dtype="str")
    bare = privacy.redact_interviews(read(HEAD + TALK), personal=personal, key=None)
    assert bare.interviews[["customer_id", "interviewer"]].isna().all(axis=None)


def test_an_interview_can_be_left_out(read):
    found = read({"访谈_1.txt": HEAD + TALK, "访谈_2.txt": HEAD.replace("S-01", "S-02") + TALK})
    left = found.without(["S-01"])
    assert set(left.interviews["interview_id"]) == set(left.turns["interview_id"]) == {"S-02"}
    assert list(left.names.index) == ["S-02"]
    assert len(found.interviews) == 2


def test_whoever_is_forgotten_is_found_in_interviews(tmp_path, repository):
    import shutil

    from csatlib.store.person import find

    for part in ("studies/ops_company", "data/raw/2026Q3/ops_company", "data/raw/2026Q3/all"):
        shutil.copytree(repository / part, tmp_path / part)
    study = store.study("ops_company", tmp_path)
    files = store.raw("2026Q3", "ops_company", tmp_path)
    first = exports.transcripts(files, study).interviews.iloc[0]
    found = find(first["customer_id"].lower(), tmp_path)
    assert found.interviews == {first["interview_id"]}
    assert any(first["file"] in note and "请人工删去" in note for note in found.notes)
    assert not any("没有研究文件认领" in note for note in found.notes)
    turns = pd.DataFrame({"interview_id": [first["interview_id"], "x"], "turn": [1, 2]})
    assert found.rows_of(turns, "ops_company").tolist() == [True, False]
    coded = pd.DataFrame({"comment_id": [f"{first['interview_id']}:2", "x:2"]})
    assert found.rows_of(coded, "ops_company").tolist() == [True, False]


def test_a_check_names_what_is_left_out_and_what_is_wrong(tmp_path, repository):
    import shutil

    from csatlib.run.check import check

    for part in ("studies/ops_company", "data/raw/2026Q3/ops_company", "data/raw/2026Q3/all"):
        shutil.copytree(repository / part, tmp_path / part)
    (tmp_path / "data/raw/2026Q3/ops_company/访谈_99.txt").write_text("客户：慢。\n")
    found = check("2026Q3", line="ops_company", root=tmp_path)["ops_company"]
    spoken = found[found["place"].str.contains("访谈_")]
    assert spoken["severity"].tolist() == ["must", "note"]
    assert "没有写受访者是否同意" in spoken["finding"].iloc[0]
    assert "受访者不同意" in spoken["finding"].iloc[1]


def test_the_error_of_a_file_that_is_gone_names_it(interviewed, folder):
    with pytest.raises(ExportError, match=r"访谈_1\.txt：读不了"):
        exports.transcripts([folder / "访谈_1.txt"], interviewed)


def test_the_bytes_of_a_result_do_not_depend_on_the_call(read):
    one, two = read(HEAD + TALK), read(HEAD + TALK)
    assert one.turns.equals(two.turns)
    assert replace(one, names=one.names).interviews.equals(two.interviews)
