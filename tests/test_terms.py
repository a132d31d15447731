"""New words: proposed from the comments, decided by a person, kept in the line's register."""

import math
import shutil

import pandas as pd
import pytest

from csatlib import schema, store, text
from csatlib.cli import _run as csat
from csatlib.demo.phrases_ops import EVENT_THEMES
from csatlib.store import StoreError
from csatlib.text import Lexicon

QUARTER, LINE = "2026Q3", "hotline"


def tokens(*texts, lexicon=None):
    ids = [f"c{i:03}" for i in range(len(texts))]
    table = pd.DataFrame({"comment_id": ids, "text": list(texts)})
    return text.tokenise(table, lexicon=lexicon or Lexicon())


OTHERS = ("业务解答清楚，态度也很好", "流程简单，一个电话就办完了", "手续太繁琐，验证环节多")
SAID = ("首次响应太慢", "等首次响应等了半天", "希望缩短首次响应时间", *OTHERS)


def proposed(*texts, **options):
    return text.propose_terms(tokens(*texts), **{"lexicon": Lexicon()} | options)


# ---- what is proposed ---------------------------------------------------------------------------


def test_words_of_the_trade_are_found_in_comments_without_a_dictionary_of_it():
    rng_free = [
        template.format(wait=w, times="三次", engineer=e, system=s, when="上周")
        for theme in EVENT_THEMES
        for template in theme.templates
        for w, e, s in (("半天", "现场工程师", "考勤系统"), ("半小时", "运维人员", "财务系统"))
    ]
    found = proposed(*rng_free, top=40)["term"].tolist()
    assert {"首次响应", "现场工程师", "运维人员", "考勤系统", "财务系统"} <= set(found)


def test_the_numbers_of_a_proposal():
    found = proposed(*SAID)
    assert schema.check(found, "term_proposals") is found
    row = found.iloc[0]
    assert row[["term", "parts", "occurrences", "comments", "rank"]].tolist() == [
        "首次响应", "首次 响应", 3, 3, 1,
    ]  # fmt: skip
    told = tokens(*SAID)
    told = told[told["token"].str.contains(r"\w")]
    # Windows of two words: one less than the words of each clause.
    clauses = sum(1 + text.count("，") for text in SAID)
    windows = len(told) - clauses
    assert row["cohesion"] == pytest.approx(math.log2(3 * windows / (3 * 3)))
    # Left: a beginning, 等, 缩短; right: 太慢, 等, 时间.
    assert row["freedom"] == pytest.approx(math.log2(3))


@pytest.mark.parametrize(
    "lexicon", [Lexicon(terms=("首次响应",)), Lexicon(stop_words=frozenset({"首次"}))],
    ids=["a term already", "a stop word in it"],
)  # fmt: skip
def test_the_lexicon_keeps_a_word_out(lexicon):
    found = text.propose_terms(tokens(*SAID), lexicon=lexicon)
    assert "首次响应" not in set(found["term"])


def test_rejected_words_are_not_proposed_again():
    assert "首次响应" not in set(proposed(*SAID, rejected=["首次响应"])["term"])


def test_a_dictionary_word_that_was_split_is_no_new_word():
    rows = [(f"c{i}", p, w) for i in range(4) for p, w in enumerate(["人工", "智能"])]
    rows += [(f"d{i}", p, w) for i in range(9) for p, w in enumerate(["流程", "简化"])]
    table = pd.DataFrame(rows, columns=["comment_id", "position", "token"]).assign(pos="n")
    found = set(text.propose_terms(table, lexicon=Lexicon(), min_comments=1)["term"])
    assert "人工智能" not in found


@pytest.mark.parametrize(
    ("phrase", "word"),
    [
        ("服务态度冷淡", "态度冷淡"),
        ("处理很慢", "处理很慢"),
        ("没有意见", "没有意见"),
        ("打了三次", "打了三次"),
        ("我们公司", "我们公司"),
        ("响应，超时", "响应超时"),
    ],
    ids=["a sentence", "a degree", "a negated noun", "a number", "a pronoun", "across a comma"],
)
def test_what_is_no_word(phrase, word):
    assert word not in set(proposed(*[phrase] * 5, *SAID, min_comments=2)["term"])


def test_a_negated_quality_may_be_a_word():
    texts = ["费用不透明", "流程一直不透明", "不透明的报价", *SAID]
    assert "不透明" in set(proposed(*texts)["term"])


def test_the_order_of_rows_and_the_type_of_columns_change_nothing():
    table = tokens(*SAID)
    boxed = table.sample(frac=1, random_state=2)
    boxed = boxed.astype(dict.fromkeys(("comment_id", "token", "pos"), "category"))
    whole = text.propose_terms(table, lexicon=Lexicon())
    assert text.propose_terms(boxed, lexicon=Lexicon()).equals(whole)


@pytest.mark.parametrize("texts", [(), ("慢",), ("。。。",)], ids=["none", "a word", "no words"])
def test_where_there_is_nothing_nothing_is_proposed(texts):
    found = proposed(*texts)
    assert found.empty
    assert schema.check(found, "term_proposals") is found


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rejected": "首次响应"}, TypeError, "sequence of words"),
        ({"min_comments": 0}, ValueError, "min_comments"),
        ({"top": 0}, ValueError, "top must"),
        ({"drop": "pos"}, ValueError, r"lack the columns \['pos'\]"),
    ],
    ids=["bare string", "min_comments", "top", "column"],
)
def test_a_call_that_cannot_be_answered_is_told(options, error, message):
    table = tokens(*SAID).drop(columns=options.pop("drop", []))
    with pytest.raises(error, match=message):
        text.propose_terms(table, lexicon=Lexicon(), **options)


# ---- what is decided ----------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, repository, monkeypatch):
    """A project with the study of the hotline and the proposals of a quarter."""
    shutil.copytree(repository / "studies" / LINE, tmp_path / "studies" / LINE)
    monkeypatch.setenv(store.ROOT_VARIABLE, str(tmp_path))
    store.write(proposed(*SAID, *["微信小程序渠道"] * 3), "term_proposals", QUARTER, LINE)
    return tmp_path


def register(project):
    return project / "registers" / LINE / "terms.csv"


def decide(*options):
    return csat(["terms", QUARTER, "--line", LINE, *options])


def test_the_command_lists_what_is_proposed(project, capsys):
    assert decide() == 0
    told = capsys.readouterr().out
    assert "待决定的新词" in told
    assert "程序渠道" in told
    assert "3 条" in told
    assert "首次响应" not in told  # it stands in terms.txt
    assert not register(project).exists()


def test_decisions_are_written_and_read(project, capsys):
    assert decide("--accept", "小程序", "--accept", "微信渠道", "--reject", "办完") == 0
    assert "已采纳：小程序、微信渠道" in capsys.readouterr().out
    written = register(project).read_text(encoding="utf-8").splitlines()
    assert written[0] == "word,accepted,quarter"
    assert set(written[1:]) == {"小程序,yes,2026Q3", "微信渠道,yes,2026Q3", "办完,no,2026Q3"}
    assert store.accepted_terms(LINE) == ("小程序", "微信渠道")
    lexicon = Lexicon.of(store.study(LINE), accepted=store.accepted_terms(LINE))
    assert lexicon.terms[-2:] == ("小程序", "微信渠道")


@pytest.mark.parametrize("option", ["--accept", "--reject"])
def test_a_decided_word_is_listed_no_more(project, capsys, option):
    decide(option, "微信小程序")
    capsys.readouterr()
    decide()
    assert "微信小程序  " not in capsys.readouterr().out


def test_a_later_decision_takes_the_place_of_the_earlier_and_says_so(project, capsys):
    decide("--accept", "小程序")
    capsys.readouterr()
    assert csat(["terms", "2026Q4", "--line", LINE, "--reject", "小程序"]) == 0
    assert "“小程序”在 2026Q3 定为采纳" in capsys.readouterr().out
    (known,) = store.term_decisions(LINE)
    assert (known.word, known.accepted, known.quarter) == ("小程序", False, "2026Q4")
    assert store.accepted_terms(LINE) == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--accept", "慢"], "至少要有两个字"),
        (["--accept", "小 程序"], "不能有空格"),
        (["--accept", ""], "只能有汉字、字母和数字"),
        (["--accept", "=小程序"], "只能有汉字、字母和数字"),
        (["--accept", "小程序", "--reject", "首次响应"], "terms.txt 里已经有这个词"),
        (["--accept", "小程序", "--reject", "小程序"], "不能既采纳又不采纳"),
    ],
    ids=["one character", "a space", "nothing", "a formula", "a term already", "both"],
)
def test_a_word_that_cannot_be_decided_leaves_the_register_as_it_was(
    project, capsys, options, words
):
    decide("--accept", "微信渠道")
    before = register(project).read_bytes()
    assert decide(*options) == 1
    assert words in capsys.readouterr().err
    assert register(project).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["2026Q5", "--line", LINE], 2, "应写成 2026Q3"),
        (["2026Q3", "--line", "../x"], 2, "文件夹名"),
        (["2026Q3"], 2, "line"),
        (["2026Q2", "--line", LINE], 1, "term_proposals"),
        (["2026Q3", "--line", "nowhere", "--accept", "小程序"], 1, "nowhere"),
    ],
    ids=["quarter", "line", "no line", "no table", "no study"],
)
def test_a_wrong_call_is_told(project, capsys, arguments, code, words):
    assert csat(["terms", *arguments]) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("词,采纳,季度\n", "第 1 行应是 word,accepted,quarter"),
        ("", "第 1 行应是"),
        ("word,accepted,quarter\n小程序,yes\n", "第 2 行：应有 3 列，实际有 2 列"),
        ("word,accepted,quarter\n小程序,yes,2026Q3\n渠道,是,2026Q3\n", "第 3 行：第 2 列 accepted"),
        ("word,accepted,quarter\n小程序,yes,3季度\n", "第 2 行：第 3 列 quarter"),
        ("word,accepted,quarter\n慢,yes,2026Q3\n", "第 2 行：第 1 列 word"),
        ("word,accepted,quarter\n小程序,yes,2026Q3\n小程序,no,2026Q3\n", "第 3 行：这个词前面已经有了"),
        ('word,accepted,quarter\n"小程序,yes,2026Q3\n', "引号"),
        ("word,accepted,quarter\n小程序,yes,2026Q3\n".encode("gb18030"), "UTF-8"),
    ],
    ids=["header", "empty", "short", "answer", "quarter", "word", "twice", "quotes", "encoding"],
)  # fmt: skip
def test_a_damaged_register_is_refused_with_row_and_remedy(project, content, words):
    register(project).parent.mkdir(parents=True)
    data = content if isinstance(content, bytes) else content.encode()
    register(project).write_bytes(data)
    with pytest.raises(StoreError, match=words) as told:
        store.accepted_terms(LINE)
    assert "请" in str(told.value)
    with pytest.raises(StoreError):
        store.decide_terms(QUARTER, LINE, accept=["微信渠道"])
    assert register(project).read_bytes() == data


def test_a_register_that_a_spreadsheet_saved_is_read(project):
    register(project).parent.mkdir(parents=True)
    register(project).write_bytes("\ufeffword,accepted,quarter\r\n小程序,yes,2026Q3\r\n".encode())
    assert store.accepted_terms(LINE) == ("小程序",)


def test_no_register_is_no_words(project):
    assert store.accepted_terms(LINE) == ()
    assert store.term_decisions(LINE) == ()
