"""The codeframe: what themes.yml holds, how its faults are told, and the language of patterns."""

from pathlib import Path

import pytest

from csatlib import study as studies
from csatlib.study import Codeframe, StudyError
from csatlib.study.patterns import Gap, fold, parse

STUDY = """\
line: shop
title: 门店满意度调查
population: {description: 近三个月到店的客户}
scales: {five: {low: 1, high: 5, cutoff: 4}}
sources: [{role: responses, glob: "*.csv", reader: table, channel: 门店}]
questions: [{id: overall, text: 整体满意度, kind: rating, scale: five}]
report: {overall: overall}
"""
THEMES = """\
version: "2"
themes:
  - id: queue
    name: 排队久
    stage: 收银
    action: 排队
    dimension: overall
    patterns: [排队 ~ 久, 收银 慢]
    examples: [排队太久]
  - id: parking
    name: 停车难
    stage: 到店
    action: 停车
    polarity: negative
    standing: pain
    patterns: [停车 ~2 难]
topics:
  - id: wishes
    name: 期望
    questions: [您还希望什么？]
    patterns: [希望]
    required: false
"""
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def loaded(tmp_path):
    def load(themes=THEMES, study=STUDY):
        folder = tmp_path / "studies" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "study.yml").write_text(study, encoding="utf-8")
        if themes is not None:
            (folder / "themes.yml").write_text(themes, encoding="utf-8")
        return studies.load(folder)

    return load


def test_themes_lie_beside_the_study_file(loaded):
    frame = loaded().codeframe
    assert frame.version == "2"
    assert frame.labels() == {"queue": "排队久", "parking": "停车难", "wishes": "期望"}
    first, second = frame.themes
    assert (first.dimension, first.polarity, first.standing) == ("overall", None, None)
    assert (second.dimension, second.polarity, second.standing) == (None, "negative", "pain")
    assert not frame.topics[0].required


def test_without_the_file_there_are_no_themes(loaded):
    assert loaded(None).codeframe == Codeframe()


def test_the_digest_follows_every_word(loaded):
    digest = loaded().codeframe.digest
    assert digest == loaded().codeframe.digest
    assert digest != loaded(THEMES.replace("停车 ~2 难", "停车 ~3 难")).codeframe.digest


FAULTS = {
    "unknown key": ("    action: 停车", "    acton: 停车", ["第 13 行 themes.2.acton：不认识的键", "是不是想写 action？"]),
    "unknown key at the top": ("version: \"2\"", "versions: \"2\"", ["第 1 行 versions：不认识的键", "是不是想写 version？", "可用的键有：version、themes、topics"]),
    "missing key": ("    name: 停车难\n", "", ["第 10 行 themes.2.name：缺少必填的键"]),
    "no pattern": ("[停车 ~2 难]", "[]", ["第 16 行 themes.2.patterns：至少要有 1 项"]),
    "theme twice": ("id: parking", "id: queue", ["第 10 行 themes.2.id：id “queue”重复"]),
    "topic like a theme": ("id: wishes", "id: queue", ["第 18 行 topics.1.id：id “queue”重复"]),
    "id in capitals": ("id: parking", "id: Parking", ["themes.2.id：应符合样式"]),
    "unknown dimension": ("dimension: overall", "dimension: overal", ["themes.yml 第 7 行 themes.1.dimension：主题 queue 的 dimension “overal”不是题目的 id（是不是想写 overall？）"]),
    "unknown standing": ("standing: pain", "standing: pains", ["themes.2.standing：“pains”不在可选的值之内；可选的值：strength、pain、expectation、competitor"]),
    "bad pattern": ("停车 ~2 难", "停车 ~2", ["第 16 行 themes.2.patterns.1：模式“停车 ~2”以 ~ 结尾"]),
    "bad pattern of unless": ("    standing: pain", "    unless: [甲||乙]", ["themes.2.unless.1：模式“甲||乙”| 旁边缺一个词"]),
    "bad pattern of a topic": ("    patterns: [希望]", "    patterns: [<wish>]", ["topics.1.patterns.1：模式“<wish>”没有“<wish>”这一类词；可用的有 <negator>"]),
    "version as a number": ('"2"', "2", ["第 1 行 version：应为文字"]),
    "key twice": ("version: \"2\"", "version: \"2\"\nversion: \"3\"", ["键“version”重复"]),
    "a list": (THEMES, "- 甲\n", ["应为“键: 值”的形式"]),
    "broken": ("themes:\n", "themes: [\n", ["不是合法的 YAML"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_told_with_file_and_line(loaded, old, new, told):
    assert old in THEMES
    with pytest.raises(StudyError) as error:
        loaded(THEMES.replace(old, new, 1))
    for words in ("studies/shop/themes.yml", *told):
        assert words in str(error.value)


def test_faults_of_both_files_name_their_own(loaded):
    with pytest.raises(StudyError) as error:
        loaded(
            THEMES.replace(": overall", ": other"),
            STUDY.replace("overall: overall}", "overall: o}"),
        )
    first, second = str(error.value).splitlines()
    assert first.startswith("studies/shop/study.yml 第 7 行 report.overall")
    assert second.startswith("studies/shop/themes.yml 第 7 行 themes.1.dimension")


@pytest.mark.parametrize(
    ("key", "told"),
    [("codeframe: {}", "themes.yml"), ("terms: [甲]", "terms.txt")],
    ids=["codeframe", "terms"],
)
def test_what_lies_beside_is_refused_inside(loaded, key, told):
    with pytest.raises(StudyError, match=rf"第 8 行：.*请写在旁边的 {told} 里"):
        loaded(study=STUDY + key + "\n")


def test_words_of_the_study(loaded):
    study = loaded(study=STUDY + "words: {stop_words: [贵司], synonyms: {工单: [单子, 报单]}}\n")
    assert study.words.stop_words == ("贵司",)
    assert study.words.synonyms["工单"] == ("单子", "报单")
    with pytest.raises(StudyError, match=r"words\.stopwords：不认识的键；是不是想写 stop_words？"):
        loaded(study=STUDY + "words: {stopwords: [贵司]}\n")


# ---- patterns ------------------------------------------------------------------------------------


def test_a_pattern_is_read():
    pattern = parse("-系统 排队|等* ~5 -没有|不 <degree> *久 -的")
    assert [[(a.text, a.kind, a.open_start, a.open_end) for a in e] for e in pattern.elements] == [
        [("排队", "words", False, False), ("等", "words", False, True)],
        [("degree", "class", False, False)],
        [("久", "words", True, False)],
    ]
    assert [(g.words, [a.text for a in g.without]) for g in pattern.gaps] == [
        (5, ["没有", "不"]),
        (0, []),
    ]
    assert [a.text for a in (*pattern.before, *pattern.after)] == ["系统", "的"]


def test_a_bare_gap_is_three_words_wide():
    assert parse("甲 ~ 乙").gaps == (Gap(3),)


def test_full_width_and_capitals_are_folded():
    assert fold("ＡＰＰ　App！，") == "app app!,"
    assert parse("ＡＰＰ|App").elements == parse("app").elements


BAD = {
    "empty": ("  ", "模式是空的"),
    "gap first": ("~ 甲", "以 ~ 开头"),
    "gap last": ("甲 ~3", "以 ~ 结尾"),
    "two gaps": ("甲 ~ ~ 乙", "两个 ~ 连在一起"),
    "gap of nothing": ("甲 ~0 乙", "“~0”不是间隔"),
    "gap too wide": ("甲 ~10 乙", "“~10”不是间隔"),
    "gap without a space": ("甲 ~乙", "“~乙”不是间隔"),
    "gap in a word": ("甲~乙", "“甲~乙”中间有“~”"),
    "empty alternative": ("甲|", "缺一个词"),
    "only a star": ("*", "缺一个词"),
    "star inside": ("甲*乙", "中间有“*”"),
    "unknown class": ("<noun>", "没有“<noun>”这一类词"),
    "star at a class": ("<degree>*", "写了 *"),
    "open class": ("<degree", "中间有“<”"),
    "exclusion without a gap": ("甲 -乙 丙", "- 旁边没有 ~"),
    "two exclusions": ("甲 ~ -乙 -丙 丁", "两个 - 连在一起"),
    "only exclusions": ("-甲", "只有排除的词"),
    "empty exclusion": ("甲 ~ - 乙", "缺一个词"),
    "sentence end": ("甲。乙", "有“。”"),
}


@pytest.mark.parametrize(("source", "told"), BAD.values(), ids=BAD.keys())
def test_a_bad_pattern_is_refused_with_a_remedy(source, told):
    with pytest.raises(ValueError, match="；") as error:
        parse(source)
    assert told in str(error.value)


@pytest.mark.parametrize("line", ["hotline", "ops_event", "ops_company"])
def test_the_shipped_codeframes_are_whole(line):
    study = studies.load(REPOSITORY / "studies" / line)
    frame = study.codeframe
    assert frame.themes
    assert all(len(t.examples) >= 2 and len(t.counter_examples) >= 2 for t in frame.themes)
    of_trade = [t for t in frame.themes if t.standing is None]
    assert all(t.dimension and t.polarity and len(t.examples) >= 3 for t in of_trade)
    assert {t.standing for t in frame.themes} >= {"strength", "pain", "expectation", "competitor"}


@pytest.mark.parametrize("line", ["hotline", "ops_company"])
def test_the_interview_guides_have_their_six_topics(line):
    topics = studies.load(REPOSITORY / "studies" / line).codeframe.topics
    names = [
        "近期体验回顾",
        "关键触点评价",
        "亮点与不足",
        "期望与需求",
        "竞品对比（如适用）",
        "建议与畅想",
    ]
    assert [topic.name for topic in topics] == names
    assert [topic.required for topic in topics] == [True, True, True, True, False, True]


WORDS = {
    "both": ("{positive: [给力, 快], negative: [快]}", "negative.1：“快”在 positive 里也有"),
    "blank": ("{positive: ['  ']}", "positive.1：是空的"),
    "blank variant": ("{synonyms: {客服: ['']}}", "synonyms.客服.1：是空的"),
    "of two words": ("{synonyms: {客服: [坐席], 人工: [坐席]}}", "“坐席”已经算作“客服”"),
    "in a circle": ("{synonyms: {客服: [坐席], 坐席: [客服]}}", "“坐席”自己也是一个词"),
}


@pytest.mark.parametrize(("words", "message"), WORDS.values(), ids=WORDS)
def test_words_that_contradict_each_other_are_told(loaded, words, message):
    with pytest.raises(StudyError, match="请") as told:
        loaded(study=f"{STUDY}words: {words}\n")
    assert "shop/study.yml 第 8 行 words." in str(told.value)
    assert message in str(told.value)


def test_a_bad_pattern_is_one_fault(loaded):
    with pytest.raises(StudyError, match="“~999”不是间隔") as told:
        loaded(THEMES.replace("[希望]", "[排队 ~999 久]"))
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("written", ['"\\0"', '"\\ud800"', "排\x07队"])
def test_characters_that_nobody_sees_are_told_with_their_line(loaded, written):
    with pytest.raises(StudyError, match=r"themes.yml 第 21 行：.*字符 U\+.*请") as told:
        loaded(THEMES.replace("[希望]", f"[{written}]"))
    assert len(str(told.value).splitlines()) == 1
