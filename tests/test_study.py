"""The study file: what is read, and how each fault is told."""

import re

import pytest
from pydantic import ValidationError

from csatlib import study as studies
from csatlib.study import StudyError, strict_yaml


def test_items_by_kind_and_quarter(shop_with):
    study = shop_with(
        "kind: nps, scale: ten", "kind: nps, scale: ten, since: 2026Q2, until: 2026Q3"
    )
    assert study.items() == ["overall", "staff", "recommend", "topic", "places", "comment"]
    assert study.items("rating") == ["overall", "staff"]
    asked = {q: study.items("nps", quarter=q) for q in ("2026Q1", "2026Q2", "2026Q3", "2026Q4")}
    assert asked == {"2026Q1": [], "2026Q2": ["recommend"], "2026Q3": ["recommend"], "2026Q4": []}


def test_questions_labels_and_cutoffs(shop):
    assert shop.question("topic").options == ("购买", "退换", "其他")
    assert shop.scale("overall").levels == (1, 2, 3, 4, 5)
    assert shop.cutoff("overall") == 4
    labels = {c: shop.label(c) for c in ("overall", "staff", "places_2", "region", "unheard_of")}
    assert labels == {
        "overall": "整体满意度",
        "staff": "店员",
        "places_2": "西店",
        "region": "区域",
        "unheard_of": "unheard_of",
    }
    with pytest.raises(KeyError, match="shop has no question 'price'"):
        shop.question("price")
    with pytest.raises(ValueError, match="add 'cutoff' to the scale"):
        shop.cutoff("recommend")


def test_words_of_levels_turn_with_a_reversed_item(shop_with):
    study = shop_with("dimension: 店员, scale: five", "dimension: 店员, scale: five, reverse: true")
    assert study.wordings("overall") == dict(
        zip("12345", ["非常不满意", "不满意", "一般", "满意", "非常满意"], strict=True)
    )
    assert study.wordings("staff") == dict(
        zip("12345", ["非常满意", "满意", "一般", "不满意", "非常不满意"], strict=True)
    )
    assert list(study.wordings("recommend").values()) == [str(i) for i in range(11)]


def test_items_on_one_scale_are_comparable(shop_with):
    other = "  seven: {low: 1, high: 7, cutoff: 5}\n  ten: {low: 0"
    study = shop_with("  ten: {low: 0", other)
    assert study.comparable("overall") == ["overall", "staff"]
    assert study.comparable("staff") == ["overall", "staff"]


def test_expectations_are_not_set_beside_experience(shop_with):
    expected = (
        "{id: hoped, text: 您预计的满意度, kind: rating, scale: five, expectation_of: overall}"
    )
    study = shop_with("questions:\n", f"questions:\n  - {expected}\n")
    assert study.items("rating") == ["hoped", "overall", "staff"]
    assert study.comparable("overall") == study.comparable("staff") == ["overall", "staff"]
    assert study.comparable("hoped") == ["hoped"]


def test_written_columns_are_those_without_fixed_answers(shop_with):
    study = shop_with(
        "到店目的, kind: single, options: [购买, 退换, 其他]", "到店目的, kind: single"
    )
    assert study.written_columns() == ["region", "topic"]


def test_a_questions_own_cutoff_comes_first(shop_with):
    study = shop_with("dimension: 店员, scale: five", "dimension: 店员, scale: five, cutoff: 5")
    assert (study.cutoff("overall"), study.cutoff("staff")) == (4, 5)


def test_a_study_cannot_be_changed(shop):
    with pytest.raises(ValidationError, match="frozen"):
        shop.title = "另一个"
    with pytest.raises(TypeError):
        shop.labels["region"] = "地区"
    with pytest.raises(TypeError):
        shop.scale("overall").labels["好"] = 4


def test_terms_lie_beside_the_study(tmp_path, shop):
    (tmp_path / "studies/shop/terms.txt").write_text("# 说明\n首次响应 5 n\n\n首次响应\n转人工\n")
    assert studies.load(tmp_path / "studies/shop/study.yml").terms == ("首次响应", "转人工")


FAULTS = {
    "device mapped": (
        "mapping: {customer_id: 客户编号, region: 区域}",
        "mapping: {customer_id: 客户编号, region: 区域}\n    device: 区域",
        ("第 38 行", "device", "请从 mapping 里删去"),
    ),
    "personal column mapped": (
        "mapping: {customer_id: 客户编号, region: 区域}",
        "mapping: {customer_id: 客户编号, region: 区域}\n    personal: {name: 区域}",
        ("第 38 行", "personal", "请从 mapping 里删去"),
    ),
    "unknown key": ("reader: table\n    channel: 电话", "reader: table\n    chanel: 电话", ["chanel", "不认识的键", "是不是想写 channel？"]),
    "unknown key at the top": ("owner: 质量控制组", "ownr: 质量控制组", ["第 3 行 ownr", "是不是想写 owner？"]),
    "key twice": ("owner: 质量控制组", "title: 再来一次", ["第 3 行", "键“title”重复（第一次在第 2 行）"]),
    "number for text": ("owner: 质量控制组", "owner: 12", ["第 3 行 owner：应为文字", "现在是 12"]),
    "text for number": ("high: 5", "high: 五", ["scales.five.high：应为整数", "'五'"]),
    "decimal for integer": ("cutoff: 4", "cutoff: 4.5", ["应为整数"]),
    "key missing": ("title: 门店满意度调查\n", "", ["title：缺少必填的键"]),
    "kind unknown": ("kind: nps", "kind: np", ["不在可选的值之内", "可选的值：rating、nps、single、multi、ranking、text、attention。"]),
    "quarter": ("kind: nps, scale: ten", "kind: nps, scale: ten, since: 2026-3", ["季度应写成 2026Q3 的样子"]),
    "quarters reversed": ("kind: nps, scale: ten", "kind: nps, scale: ten, since: 2026Q3, until: 2026Q1", ["since 2026Q3 晚于 until 2026Q1"]),
    "label off the scale": ("非常满意: 5", "非常满意: 6", ["“非常满意”的分数 6 不在 1–5 之内"]),
    "cutoff off the scale": ("cutoff: 4", "cutoff: 9", ["cutoff 9 不在 1–5 之内"]),
    "scale upside down": ("{low: 0, high: 10}", "{low: 10, high: 0}", ["low 应小于 high"]),
    "scale unknown": ("kind: rating, dimension: 店员, scale: five", "kind: rating, dimension: 店员, scale: six", ["题目 staff 的 scale “six”没有定义", "five、ten"]),
    "nps off 0–10": ("{low: 0, high: 10}", "{low: 1, high: 10}", ["题目 recommend 是 nps，量表必须是 0–10"]),
    "rating without scale": ("kind: rating, dimension: 店员, scale: five", "kind: rating, dimension: 店员", ["要写 scale"]),
    "multi without options": ("kind: multi, options: [东店, 西店, 其他]", "kind: multi", ["要写 options"]),
    "id twice": ("id: staff", "id: overall", ["第 46 行 questions.2：题目 id “overall”重复"]),
    "id reserved": ("id: staff", "id: channel", ["系统保留的列名"]),
    "id not plain": ("id: staff", "id: 店员", ["只用小写英文字母"]),
    "overall unknown": ("overall: overall", "overall: total", ["第 51 行 report.overall：report.overall “total”不是评分题"]),
    "group unknown": ("groups: [region]", "groups: [city]", ["第 51 行 report.groups.1：report.groups “city”"]),
    "lacks unknown": ("lacks: [topic, places]", "lacks: [topic, place]", ["第 32 行 sources.3.lacks.2", "lacks “place”不是题目的 id（是不是想写 places？）"]),
    "glob with a folder": ('glob: "电话*"', 'glob: "../电话*"', ["只写文件名的样式"]),
    "pattern broken": ("text: 到店目的", "text: 到店目的, pattern: '('", ["不是合法的正则表达式"]),
    "reference": ("owner: 质量控制组", "owner: *x", ["引用", "请把内容写全"]),
    "tag": ("owner: 质量控制组", "owner: !!python/name:os.system ''", ["类型标记"]),
    "broken": ("groups: [region]", "groups: [region", ["不是合法的 YAML"]),
    "below the least": ("groups: [region]", "groups: [region], min_base: 0", ["report.min_base：应不小于 1，现在是 0"]),
    "above the most": ("min_seconds: 10", "min_answered: 1.5", ["cleaning.min_answered：应不大于 1，现在是 1.5"]),
    "not below the limit": ("min_seconds: 10", "speed_share: 1", ["cleaning.speed_share：应小于 1，现在是 1"]),
    "infinite": ("report:", "targets: [{item: overall, metric: mean, value: 1e999}]\nreport:", ["targets.1.value：应为有限的数字，现在是 inf"]),
    "rating without cutoff": ("scale: five, aliases: [店员]", "scale: ten, aliases: [店员]", ["第 46 行 questions.2：题目 staff 没有满意界限；请在量表或题目里写 cutoff"]),
    "column of an option twice": ("id: topic", "id: places_2", ["第 49 行 questions.5：题目 places 的列“places_2”和题目 places_2 的列同名", "请改其中一个 id"]),
    "label of a rating": ("labels: {region: 区域}", "labels: {region: 区域, overall: 总体}", ["第 5 行 labels.overall：labels 的“overall”是题目 overall 的列", "dimension"]),
    "label of an option": ("labels: {region: 区域}", "labels: {region: 区域, places_2: 西}", ["“places_2”是题目 places 的列"]),
    "group twice": ("groups: [region]", "groups: [region, region]", ["第 51 行 report.groups：分组“region”重复；请只保留一个"]),
    "option twice": ("options: [购买, 退换, 其他]", "options: [购买, 退换, ' 购买']", ["第 48 行 questions.4.options：选项“ 购买”重复"]),
    "options alike": ("options: [东店, 西店, 其他]", "options: [A 店, 'Ａ  店']", ["选项“Ａ  店”重复", "请只保留一个"]),
    "labels alike": ("满意: 4, 非常满意: 5}", "满意: 4, ' 满意': 5}", ["第 10 行 scales.five.labels：选项文字“ 满意”重复"]),
    "label not applicable": ("not_applicable: [不适用]", "not_applicable: [不适用, '一般 ']", ["“一般”既在 labels 里又在 not_applicable 里"]),
    "mapping key not plain": ("region: 区域}\nquestions", "区域: region}\nquestions", ["第 38 行 sources.4.mapping.区域：来源 customers.csv 的 mapping “区域”不能作列名"]),
    "mapping of our own column": ("region: 区域}\nquestions", "region: 区域, channel: 渠道}\nquestions", ["mapping “channel”是系统自己填写的列"]),
    "mapping of a comment": ("seconds: 时长}", "comment_id: 时长}", ["第 31 行 sources.3.mapping.comment_id", "请删去或换一个列名"]),
    "mapping of a question": ("region: 区域}\nquestions", "region: 区域, topic: 目的}\nquestions", ["mapping “topic”和题目的列同名"]),
    "mapping of an option": ("region: 区域}\nquestions", "region: 区域, places_1: 东}\nquestions", ["mapping “places_1”和题目的列同名"]),
    "seconds of customers": ("region: 区域}\nquestions", "region: 区域, seconds: 时长}\nquestions", ["mapping “seconds”只能用于 role 为 responses 或 twin"]),
    "share in per cent": ("report:", "targets:\n  - {item: overall, metric: share, value: 85}\nreport:", ["第 52 行 targets.1：满意率写成 0.85，不写 85", "现在是 85"]),
    "nps beyond 100": ("report:", "targets: [{item: recommend, metric: nps, value: -101}]\nreport:", ["nps 目标应在 −100–100 之内，现在是 -101"]),
    "mean off the scale": ("report:", "targets: [{item: overall, metric: mean, value: 5.1}]\nreport:", ["均值目标应在量表的 1–5 之内，现在是 5.1"]),
    "nps of a rating": ("report:", "targets: [{item: overall, metric: nps, value: 40}]\nreport:", ["metric nps 只用于 kind 为 nps 的题目，题目 overall 是 rating"]),
    "share of an nps": ("report:", "targets: [{item: recommend, metric: share, value: 0.4}]\nreport:", ["metric share 只用于 kind 为 rating 的题目，题目 recommend 是 nps"]),
    "mean of a text": ("report:", "targets: [{item: comment, metric: mean, value: 4}]\nreport:", ["metric mean 只用于 kind 为 rating 的题目"]),
    "target unknown": ("report:", "targets: [{item: overal, metric: mean, value: 4}]\nreport:", ["“overal”不是题目的 id（是不是想写 overall？）"]),
    "target twice": ("report:", "targets:\n  - {item: overall, metric: mean, value: 4}\n  - {item: overall, metric: mean, value: 4.2}\nreport:", ["第 53 行 targets.2：overall 的 mean 目标重复，请只保留一个"]),
    "duplicate key of the customer table": ("min_seconds: 10", "duplicate_key: [region]", ["duplicate_key “region”不是答卷来源的 mapping 带入的列"]),
    "scale with the marks of blanks": ("{low: 0, high: 10}", "{low: -3, high: 3}", ["low 不小于 −1", "现在是 -3 和 3"]),
    "duplicate key unknown": ("min_seconds: 10", "duplicate_key: [customer]", ["第 52 行 cleaning.duplicate_key.1：duplicate_key “customer”", "（是不是想写 customer_id？）；可用的列有：customer_id、"]),
    "alias of another question": ("aliases: [店员]", "aliases: [店员, 推荐 意愿]", ["第 47 行 questions.3：题目 recommend 的 text 或 aliases “推荐意愿”与题目 staff 的相同", "请改其中一个"]),
    "no responses": ("role: responses", "role: invitations", ["sources：sources 至少要有一个 role 为 responses 的来源"]),
    "line is another folder": ("line: shop", "line: store", ["第 1 行：line 是“store”，文件夹却叫“shop”"]),
    "terms inside": ("owner: 质量控制组", "terms: [甲]", ["terms.txt"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_told_with_file_line_and_remedy(shop_with, old, new, told):
    with pytest.raises(StudyError) as error:
        shop_with(old, new)
    for words in ("studies/shop/study.yml", "第", *told):
        assert words in str(error.value)


def test_all_faults_are_told_at_once_in_the_order_of_the_file(shop_with):
    with pytest.raises(StudyError) as error:
        shop_with("owner: 质量控制组\npopulation: {", "owner: 1\npopulation: {sizes: 3, ")
    lines = str(error.value).splitlines()
    assert ["第 3 行 owner" in lines[0], "第 4 行 population.sizes" in lines[1]] == [True, True]


def test_faults_between_parts_are_told_line_by_line_in_the_order_of_the_file(shop_with):
    with pytest.raises(StudyError) as error:
        shop_with("report: {overall: overall, groups: [region]}\ncleaning: {min_seconds: 10}", "report: {overall: total, groups: [city]}\ncleaning: {duplicate_key: [ticket_id]}\ntargets: [{item: price, metric: mean, value: 4}]")  # fmt: skip
    starts = [text.split("：")[0].split(" ", 1)[1] for text in str(error.value).splitlines()]
    assert starts == [
        "第 51 行 report.groups.1",
        "第 51 行 report.overall",
        "第 52 行 cleaning.duplicate_key.1",
        "第 53 行 targets.1",
    ]


def test_a_study_made_directly_is_checked_too(shop):
    parts = {name: getattr(shop, name) for name in studies.Study.model_fields}
    parts |= {
        "scales": dict(shop.scales),
        "labels": {"overall": "总体"},
        "roles": {},
        "periods": {},
    }
    with pytest.raises(ValidationError, match="labels 的“overall”是题目 overall 的列"):
        studies.Study(**parts)


def test_what_the_rules_allow(shop_with):
    labelled = shop_with("labels: {region: 区域}", "labels: {region: 区域, topic: 目的}")
    assert labelled.label("topic") == "目的"
    invited = shop_with(
        "questions:\n",
        "  - {role: invitations, glob: i.csv, reader: table, mapping: {channel: 渠道}}\nquestions:\n",
    )
    assert dict(invited.sources[-1].mapping) == {"channel": "渠道"}
    keyed = shop_with("min_seconds: 10", "duplicate_key: [customer_id, submitted_at]")
    assert keyed.cleaning.duplicate_key == ("customer_id", "submitted_at")
    aimed = shop_with(
        "report:",
        "targets: [{item: overall, metric: share, value: 1}, {item: overall, metric: mean, value: 5},"
        " {item: recommend, metric: nps, value: -100}]\nreport:",
    )
    assert [t.value for t in aimed.targets] == [1, 5, -100]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "没有这个研究文件"),
        ("线路".encode("gb18030"), "不是 UTF-8 编码"),
        (b"", "应为“键: 值”的形式"),
        (b"- a\n- b\n", "应为“键: 值”的形式"),
    ],
    ids=["missing", "GBK", "empty", "list"],
)
def test_a_file_that_is_no_study(tmp_path, content, told):
    file = tmp_path / "studies" / "shop" / "study.yml"
    file.parent.mkdir(parents=True)
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StudyError, match=told):
        studies.load(file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: true", {"a": True}),
        ("a: 2026-09-30", {"a": "2026-09-30"}),
        ("a: 007", {"a": 7}),
        ("a: '007'", {"a": "007"}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: 1.5", {"a": 1.5}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("1: x", {"1": "x"}),
        ("a: [1, [b]]", {"a": (1, ("b",))}),
    ],
)
def test_plain_values_are_what_they_look_like(text, value):
    assert strict_yaml.read(text, name="x")[0] == value


def test_every_value_knows_its_line():
    _, lines = strict_yaml.read("a: 1\nb:\n  - c: 2\n    d: 3\n", name="x")
    assert lines == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 0, "c"): 3,
        ("b", 0, "d"): 4,
    }


# ---- the documentation of the study file ---------------------------------------------------------


def test_the_smallest_study_of_the_documentation_is_one(repository, tmp_path):
    page = (repository / "docs" / "study-file.md").read_text(encoding="utf-8")
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "study.yml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert studies.load(folder).items() == ["overall", "comment"]


@pytest.mark.parametrize(
    "part",
    [
        studies.Study,
        studies.Scale,
        studies.Source,
        studies.Question,
        studies.Cleaning,
        studies.Words,
        studies.Codeframe,
        studies.Theme,
        studies.Topic,
        studies.Stage,
        studies.Actions,
        studies.Followups,
        studies.Measure,
        studies.Playbook,
        studies.Indicator,
        studies.IndicatorSystem,
    ],
)
def test_every_key_is_documented(repository, part):
    page = (repository / "docs" / "study-file.md").read_text(encoding="utf-8")
    undocumented = [k for k in part.model_fields if f"`{k}`" not in page and k != "terms"]
    assert undocumented == []


@pytest.mark.parametrize("line", ["hotline", "ops_event", "ops_company"])
def test_the_shipped_studies_load(repository, line):
    study = studies.load(repository / "studies" / line)
    assert study.line == line
    assert len(study.terms) >= 10


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("sampling: {method: stratified, strata: [customer_id]}", "sampling.strata"),
        ("weighting: {margins: [customer_id]}", "weighting.margins"),
        ("weighting: {nonresponse: [customer_id]}", "weighting.nonresponse"),
    ],
    ids=["strata", "margins", "nonresponse"],
)
def test_an_id_forms_no_groups(repository, tmp_path, key, place):
    text = (repository / "studies" / "ops_company" / "study.yml").read_text(encoding="utf-8")
    name = key.split(":")[0]
    kept = re.sub(rf"(?m)^{name}:.*\n(?:^[ ]+.*\n)*", "", text)
    file = tmp_path / "ops_company" / "study.yml"
    file.parent.mkdir()
    file.write_text(kept + "\n" + key + "\n", encoding="utf-8")
    with pytest.raises(StudyError, match=f"{place} 的“customer_id”是编号"):
        studies.load(file)
