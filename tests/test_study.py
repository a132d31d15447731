"""The study file: what is read, and how each fault is told."""

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
    "unknown key": ("reader: table\n    channel: 电话", "reader: table\n    chanel: 电话", ["chanel", "不认识的键", "是不是想写 channel？"]),
    "unknown key at the top": ("owner: 质量控制组", "ownr: 质量控制组", ["第 3 行 ownr", "是不是想写 owner？"]),
    "key twice": ("owner: 质量控制组", "title: 再来一次", ["第 3 行", "键“title”重复（第一次在第 2 行）"]),
    "number for text": ("owner: 质量控制组", "owner: 12", ["第 3 行 owner：应为文字", "现在是 12"]),
    "text for number": ("high: 5", "high: 五", ["scales.five.high：应为整数", "'五'"]),
    "decimal for integer": ("cutoff: 4", "cutoff: 4.5", ["应为整数"]),
    "key missing": ("title: 门店满意度调查\n", "", ["title：缺少必填的键"]),
    "kind unknown": ("kind: nps", "kind: np", ["不在可选的值之内", "'nps'"]),
    "quarter": ("kind: nps, scale: ten", "kind: nps, scale: ten, since: 2026-3", ["季度应写成 2026Q3 的样子"]),
    "quarters reversed": ("kind: nps, scale: ten", "kind: nps, scale: ten, since: 2026Q3, until: 2026Q1", ["since 2026Q3 晚于 until 2026Q1"]),
    "label off the scale": ("非常满意: 5", "非常满意: 6", ["“非常满意”的分数 6 不在 1–5 之内"]),
    "cutoff off the scale": ("cutoff: 4", "cutoff: 9", ["cutoff 9 不在 1–5 之内"]),
    "scale upside down": ("{low: 0, high: 10}", "{low: 10, high: 0}", ["low 应小于 high"]),
    "scale unknown": ("kind: rating, dimension: 店员, scale: five", "kind: rating, dimension: 店员, scale: six", ["题目 staff 的 scale “six”没有定义", "five、ten"]),
    "nps off 0–10": ("{low: 0, high: 10}", "{low: 1, high: 10}", ["题目 recommend 是 nps，量表必须是 0–10"]),
    "rating without scale": ("kind: rating, dimension: 店员, scale: five", "kind: rating, dimension: 店员", ["要写 scale"]),
    "multi without options": ("kind: multi, options: [东店, 西店, 其他]", "kind: multi", ["要写 options"]),
    "id twice": ("id: staff", "id: overall", ["题目 id “overall”重复"]),
    "id reserved": ("id: staff", "id: channel", ["系统保留的列名"]),
    "id not plain": ("id: staff", "id: 店员", ["只用小写英文字母"]),
    "overall unknown": ("overall: overall", "overall: total", ["report.overall “total”不是评分题"]),
    "group unknown": ("groups: [region]", "groups: [city]", ["report.groups “city”"]),
    "lacks unknown": ("lacks: [topic, places]", "lacks: [topic, place]", ["lacks “place”不是题目的 id"]),
    "glob with a folder": ('glob: "电话*"', 'glob: "../电话*"', ["只写文件名的样式"]),
    "pattern broken": ("text: 到店目的", "text: 到店目的, pattern: '('", ["不是合法的正则表达式"]),
    "reference": ("owner: 质量控制组", "owner: *x", ["引用", "请把内容写全"]),
    "tag": ("owner: 质量控制组", "owner: !!python/name:os.system ''", ["类型标记"]),
    "broken": ("groups: [region]", "groups: [region", ["不是合法的 YAML"]),
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
        shop_with("owner: 质量控制组\npopulation: {", "owner: 1\npopulation: {size: 3, ")
    lines = str(error.value).splitlines()
    assert ["第 3 行 owner" in lines[0], "第 4 行 population.size" in lines[1]] == [True, True]


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
    "part", [studies.Study, studies.Scale, studies.Source, studies.Question, studies.Cleaning]
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
