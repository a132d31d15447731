"""What a reader reads: figures in words, exhibits laid out and escaped, sources that can be traced."""

import base64

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import sample_report as sample
from bs4 import BeautifulSoup

from csatlib import charts, drivers, estimates, report, schema, store
from csatlib.report import words
from csatlib.schema import SchemaError

SMALL = {"n": 12, "suppressed": True, "reason": "small_base"}
HARM = '<script>alert("1")</script> & <img src=x onerror=alert(1)>'


def estimate(metric, value, low, high, **others):
    """Give one row of an estimates table."""
    figures = {"metric": metric, "estimate": value, "ci_low": low, "ci_high": high}
    return {"item": "overall", **figures, **others}


def table_of(*rows):
    return sample.estimates([{"n": 40, **row} for row in rows])


def row_of(**row):
    return table_of(row).iloc[0]


def parsed(piece):
    return BeautifulSoup(piece.html, "html.parser")


def grid(piece):
    """Read the one table of a piece: its headings and its rows."""
    lines = [[c.get_text() for c in tr.find_all(["th", "td"])] for tr in parsed(piece).select("tr")]
    return lines[0], lines[1:]


@pytest.fixture
def study(shop_with):
    targets = (
        "{item: overall, metric: mean, value: 4.2}, {item: overall, metric: share, value: 0.8}"
    )
    targets += ", {item: recommend, metric: nps, value: -5.0}"
    return shop_with("report: {overall", f"targets: [{targets}]\nreport: {{overall")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# ---- one figure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (4.018, "mean", "4.02"),
        (4, "mean", "4.00"),
        (-0.126, "mean", "−0.13"),
        (-0.004, "mean", "0.00"),
        (0.7816, "share", "78.2%"),
        (0.0, "share", "0.0%"),
        (1.0, "share", "100.0%"),
        (0.0604, "distribution", "6.0%"),
        (31.32, "nps", "+31.3"),
        (-7.5, "nps", "−7.5"),
        (0.0, "nps", "0.0"),
        (-0.04, "nps", "0.0"),
        (0.04, "nps", "0.0"),
        (0.06, "nps", "+0.1"),
        (100.0, "nps", "+100.0"),
        (float("nan"), "mean", "—"),
        (pd.NA, "nps", "—"),
        (None, "share", "—"),
    ],
)
def test_a_figure_is_rounded_as_its_metric_is_read(value, metric, text):
    assert report.number(value, metric) == text


def test_an_unknown_metric_is_refused():
    with pytest.raises(
        ValueError, match=r"expected one of the metrics \['mean', .*\], found 'Share'"
    ):
        report.number(0.5, "Share")


@pytest.mark.parametrize(
    ("metric", "low", "high", "text"),
    [
        ("mean", 3.951, 4.091, "3.95–4.09"),
        ("mean", -0.10, 0.25, "−0.10 至 0.25"),
        ("share", 0.734, 0.791, "73.4%–79.1%"),
        ("nps", -8.5, 3.0, "−8.5 至 +3.0"),
        ("nps", 26.71, 35.94, "+26.7 至 +35.9"),
        ("mean", pd.NA, pd.NA, "—"),
    ],
    ids=["mean", "negative mean", "share", "nps across 0", "positive nps", "missing"],
)
def test_an_interval_is_written_so_that_no_minus_meets_its_dash(metric, low, high, text):
    assert words.interval(row_of(**estimate(metric, 1.0, low, high))) == text


@pytest.mark.parametrize(
    ("item", "metric", "text"),
    [
        ("整体满意度", "mean", "整体满意度平均分"),
        ("整体满意度", "share", "整体满意率"),
        ("服务态度", "share", "服务态度满意率"),
        ("满意度", "share", "满意率"),
        ("服务态度", "distribution", "服务态度占比"),
        ("推荐意愿", "nps", "净推荐值（NPS）"),
        ("手机 App", "mean", "手机 App 平均分"),
        ("手机 App 满意度", "share", "手机 App 满意率"),
    ],
)
def test_a_figure_is_named_by_its_item_and_its_metric(item, metric, text):
    assert words.named(item, metric) == text


# ---- one sentence --------------------------------------------------------------------------------

SENTENCES = {
    "mean": (
        estimate("mean", 4.018, 3.951, 4.091, n=812),
        "整体满意度平均分为 4.02 分（95% 置信区间 3.95–4.09，n = 812）",
    ),
    "share": (
        estimate("share", 0.764, 0.734, 0.791, n=1024),
        "整体满意率为 76.4%（95% 置信区间 73.4%–79.1%，n = 1,024）",
    ),
    "nps": (
        estimate("nps", -2.75, -8.5, 3.0, item="recommend"),
        "净推荐值（NPS）为 −2.8（95% 置信区间 −8.5 至 +3.0，n = 40）",
    ),
    "distribution": (
        estimate("distribution", 0.231, 0.2, 0.265, level="5"),
        "整体满意度选“5”的占比为 23.1%（95% 置信区间 20.0%–26.5%，n = 40）",
    ),
    "group": (
        estimate("mean", 4.018, 3.951, 4.091, group_by="region", group="华东"),
        "华东的整体满意度平均分为 4.02 分（95% 置信区间 3.95–4.09，n = 40）",
    ),
    "group in Latin letters": (
        estimate("mean", 4.018, 3.951, 4.091, group_by="tier", group="VIP"),
        "VIP 的整体满意度平均分为 4.02 分（95% 置信区间 3.95–4.09，n = 40）",
    ),
    "group answer": (
        estimate("distribution", 0.231, 0.2, 0.265, level="满意", group="华东"),
        "华东的整体满意度选“满意”的占比为 23.1%（95% 置信区间 20.0%–26.5%，n = 40）",
    ),
    "suppressed": ({**SMALL}, "整体满意度平均分不公布：样本不足（n = 12）"),
    "suppressed group": (
        {**SMALL, "group_by": "region", "group": "华东"},
        "华东的整体满意度平均分不公布：样本不足（n = 12）",
    ),
    "empty": (
        {"n": 0, "suppressed": True, "reason": "empty"},
        "整体满意度平均分不公布：无有效回答（n = 0）",
    ),
    "no variation": (
        {"estimate": 5.0, "reason": "no_variation"},
        "整体满意度平均分为 5.00 分（答案完全相同，不估计误差，n = 40）",
    ),
    "single answer": (
        {"estimate": 3.0, "reason": "single_answer", "n": 1},
        "整体满意度平均分为 3.00 分（仅一份有效回答，不估计误差，n = 1）",
    ),
}


@pytest.mark.parametrize(("row", "said"), SENTENCES.values(), ids=SENTENCES)
def test_a_row_is_said_as_one_sentence(row, said):
    assert report.sentence(row_of(**row), labels={"overall": "整体满意度"}) == said


def test_an_item_without_a_label_keeps_its_name():
    said = report.sentence(row_of(**estimate("mean", 4.0, 3.9, 4.1)))
    assert said.startswith("overall 平均分为 4.00 分")


@pytest.mark.parametrize(
    ("conf", "level"), [(0.9, "90%"), (0.95, "95%"), (0.995, "99.5%"), (0.999, "99.9%")]
)
def test_the_level_of_an_interval_is_not_rounded_away(conf, level):
    row = row_of(**estimate("mean", 4.0, 3.9, 4.1))
    assert f"（{level} 置信区间 3.90–4.10" in report.sentence(row, conf=conf)


def test_a_level_on_a_card_is_not_rounded_away(study):
    row = row_of(**estimate("mean", 4.0, 3.9, 4.1))
    assert "99.5% CI 3.90–4.10" in report.cards([row], study, conf=0.995).text


# ---- the sentences that lead a report ------------------------------------------------------------

LAST = {"quarter": "2026Q2"}
MEAN = estimate("mean", 4.05, 3.99, 4.11)
MEAN_SAID = "整体满意度平均分为 4.05 分（95% 置信区间 3.99–4.11，n = 40）"

LEADING = {
    "target not reached": ([MEAN], f"{MEAN_SAID}，未达到目标 4.20 分；无上期数据。"),
    "target reached": (
        [estimate("mean", 4.3, 4.2, 4.4)],
        "整体满意度平均分为 4.30 分（95% 置信区间 4.20–4.40，n = 40），达到目标 4.20 分；无上期数据。",
    ),
    "target just reached": (
        [estimate("share", 0.8, 0.75, 0.85)],
        "整体满意率为 80.0%（95% 置信区间 75.0%–85.0%，n = 40），达到目标 80.0%；无上期数据。",
    ),
    "target missed by less than is shown": (
        [estimate("mean", 4.197, 4.1, 4.3)],
        "整体满意度平均分为 4.20 分（95% 置信区间 4.10–4.30，n = 40），"
        "按未修约的数值未达到目标 4.20 分；无上期数据。",
    ),
    "negative target": (
        [estimate("nps", -4.0, -9.0, 1.0, item="recommend")],
        "净推荐值（NPS）为 −4.0（95% 置信区间 −9.0 至 +1.0，n = 40），达到目标 −5.0；无上期数据。",
    ),
    "last quarter": (
        [MEAN, estimate("mean", 4.117, 4.0, 4.2, **LAST)],
        f"{MEAN_SAID}，未达到目标 4.20 分；上期为 4.12 分。",
    ),
    "last quarter's share": (
        [estimate("share", 0.5, 0.4, 0.6), estimate("share", 0.625, 0.5, 0.7, **LAST)],
        "整体满意率为 50.0%（95% 置信区间 40.0%–60.0%，n = 40），未达到目标 80.0%；上期为 62.5%。",
    ),
    "last quarter suppressed": (
        [MEAN, {**SMALL, **LAST}],
        f"{MEAN_SAID}，未达到目标 4.20 分；上期不公布：样本不足。",
    ),
    "a group of last quarter is not last quarter": (
        [MEAN, estimate("mean", 4.0, 3.9, 4.1, group="华东", **LAST)],
        f"{MEAN_SAID}，未达到目标 4.20 分；无上期数据。",
    ),
    "the quarter before last is not last quarter": (
        [MEAN, estimate("mean", 4.0, 3.9, 4.1, quarter="2026Q1")],
        f"{MEAN_SAID}，未达到目标 4.20 分；无上期数据。",
    ),
    "suppressed": (
        [SMALL, estimate("mean", 4.0, 3.9, 4.1, **LAST)],
        "整体满意度平均分不公布：样本不足（n = 12）；上期为 4.00 分。",
    ),
    "no variation": (
        [{"estimate": 5.0, "reason": "no_variation"}],
        "整体满意度平均分为 5.00 分（答案完全相同，不估计误差，n = 40），"
        "达到目标 4.20 分；无上期数据。",
    ),
    "nothing": ([estimate("mean", 4.0, 3.9, 4.1, **LAST)], "本季度没有可报告的数字。"),
}


@pytest.mark.parametrize(("rows", "said"), LEADING.values(), ids=LEADING)
def test_a_report_leads_with_the_level_the_target_and_the_last_quarter(rows, said, study):
    assert report.headline(table_of(*rows), study, quarter="2026Q3").text == said


def test_without_a_target_none_is_mentioned(shop):
    assert report.headline(table_of(MEAN), shop, quarter="2026Q3").text == (
        f"{MEAN_SAID}；无上期数据。"
    )


def test_a_target_that_is_missed_stands_in_bold_and_one_that_is_reached_does_not(study):
    rows = table_of(MEAN, estimate("share", 0.9, 0.8, 0.95))
    bold = parsed(report.headline(rows, study, quarter="2026Q3")).find_all("strong")
    assert [b.get_text() for b in bold] == ["未达到"]


def test_the_lead_comes_in_its_order_whatever_the_order_of_the_rows(study):
    rows = [
        estimate("nps", 10.0, 5.0, 15.0, item="recommend"),
        estimate("mean", 3.9, 3.8, 4.0, item="staff"),
        estimate("share", 0.9, 0.8, 0.95),
        estimate("mean", 3.8, 3.7, 3.9, item="topic"),
        MEAN,
    ]
    said = report.headline(table_of(*rows), study, quarter="2026Q3")
    starts = ("整体满意度平均分", "整体满意率", "净推荐值（NPS）", "各维度中到店目的")
    assert [line.startswith(s) for line, s in zip(said.text.split("\n"), starts, strict=True)] == (
        [True] * 4
    )
    assert len(parsed(said).select("ul > li")) == 4


STAFF = estimate("mean", 3.5, 3.25, 3.75, item="staff")
TOPIC = estimate("mean", 3.9, 3.8, 4.0, item="topic")
WEAKEST = {
    "one": (
        [TOPIC, STAFF],
        "各维度中店员得分最低，平均分为 3.50 分（95% 置信区间 3.25–3.75，n = 40）。",
    ),
    "two tied": (
        [TOPIC, {**STAFF, "item": "comment"}, STAFF],
        "各维度中意见建议、店员得分并列最低，平均分均为 3.50 分。",
    ),
    "another is suppressed": (
        [TOPIC, STAFF, {"item": "comment", **SMALL}],
        "可公布的维度中店员得分最低，平均分为 3.50 分（95% 置信区间 3.25–3.75，n = 40）。",
    ),
    "no variation": (
        [TOPIC, {"item": "staff", "estimate": 3.0, "reason": "no_variation"}],
        "各维度中店员得分最低，平均分为 3.00 分（答案完全相同，不估计误差，n = 40）。",
    ),
    "only one published": ([STAFF, {"item": "topic", **SMALL}], None),
    "all suppressed": ([{"item": "staff", **SMALL}, {"item": "topic", **SMALL}], None),
    "a lower group does not count": (
        [TOPIC, STAFF, estimate("mean", 1.0, 0.9, 1.1, item="topic", group="华东")],
        "各维度中店员得分最低，平均分为 3.50 分（95% 置信区间 3.25–3.75，n = 40）。",
    ),
    "a lower share does not count": (
        [TOPIC, STAFF, estimate("share", 0.2, 0.1, 0.3, item="topic")],
        "各维度中店员得分最低，平均分为 3.50 分（95% 置信区间 3.25–3.75，n = 40）。",
    ),
    "last quarter's does not count": (
        [TOPIC, STAFF, estimate("mean", 1.0, 0.9, 1.1, item="topic", **LAST)],
        "各维度中店员得分最低，平均分为 3.50 分（95% 置信区间 3.25–3.75，n = 40）。",
    ),
}


@pytest.mark.parametrize(("rows", "said"), WEAKEST.values(), ids=WEAKEST)
def test_a_report_names_the_weakest_dimension_where_there_is_one(rows, said, study):
    lines = report.headline(table_of(MEAN, *rows), study, quarter="2026Q3").text.split("\n")
    assert lines[1:] == ([said] if said else [])


def test_the_lowest_dimension_is_its_row_and_the_overall_item_does_not_count():
    rows = table_of(estimate("mean", 1.0, 0.9, 1.1), TOPIC, STAFF)
    found = report.lowest(rows, overall="overall")
    assert (found["item"], found["estimate"], found["ci_low"]) == ("staff", 3.5, 3.25)


def test_of_two_that_tie_the_first_is_the_lowest_also_where_index_labels_repeat():
    rows = table_of(TOPIC, {**STAFF, "item": "comment"}, STAFF).set_axis([0, 0, 0])
    assert report.lowest(rows, overall="overall")["item"] == "comment"


@pytest.mark.parametrize(
    "rows", [[], [MEAN], [MEAN, STAFF], [STAFF, {"item": "topic", **SMALL}]], ids=len
)
def test_there_is_no_lowest_of_fewer_than_two(rows):
    assert report.lowest(table_of(*rows), overall="overall") is None


def group(name, value, *, se=0.1, df=39.0):
    return {
        "item": "overall",
        "metric": "mean",
        "group": name,
        "estimate": value,
        "se": se,
        "df": df,
    }


# Two groups: √2 · q(.95; 2, 39) / 2 = t(.975; 39) = 2.0227, so errors of 0.1 part at 0.28605.
# Four groups: q(.95; 4, 39) = 3.7949 (printed tables have 3.79 at 40), so they part at 0.37949.
NONE_NAMED = "最低与最高两组的差别没有超出抽样误差"
FINDINGS = {
    "two just apart": ([group("华东", 4.2861), group("西南", 4.0)], "西南最低，与最高的华东相差超出抽样误差"),
    "two not quite": ([group("华东", 4.2860), group("西南", 4.0)], NONE_NAMED),
    "four just apart": (
        [group("甲", 4.0), group("乙", 4.1), group("丙", 4.2), group("丁", 4.380)],
        "甲最低，与最高的丁相差超出抽样误差",
    ),
    "four not quite": ([group("甲", 4.0), group("乙", 4.1), group("丙", 4.2), group("丁", 4.379)], NONE_NAMED),
    "errors and degrees of freedom differ": (
        [group("华东", 4.5, se=0.3, df=9.0), group("西南", 4.0, se=0.1)], NONE_NAMED,
    ),
    "Latin letters": ([group("VIP", 4.5), group("A", 4.0)], "A 最低，与最高的 VIP 相差超出抽样误差"),
    "another is suppressed": (
        [group("华东", 4.5), group("西南", 4.0), {**SMALL, "group": "东北"}],
        "西南最低，与最高的华东相差超出抽样误差",
    ),
    "one published": ([group("华东", 4.5), {**SMALL, "group": "东北"}], "可比较的分组不足两个"),
    "none": ([], "可比较的分组不足两个"),
    "one has no error": (
        [group("华东", 4.5), group("西南", 4.0), {"estimate": 5.0, "reason": "no_variation", "group": "华北"}],
        "部分分组没有误差估计，不作比较",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), FINDINGS.values(), ids=FINDINGS)
def test_a_group_is_called_lowest_only_beyond_the_range_that_chance_gives(rows, said):
    assert report.group_finding(table_of(*rows)) == said


@pytest.mark.parametrize("quarter", ["2026Q5", "今年", "2026"])
def test_a_headline_is_for_a_quarter(quarter, study):
    with pytest.raises(SchemaError, match="expected a label like '2026Q3'"):
        report.headline(table_of(MEAN), study, quarter=quarter)


def test_key_figures_are_unrounded_one_a_line_and_without_groups(study):
    rows = table_of(
        estimate("mean", 4.0499448, 3.98, 4.11, n=901),
        estimate("mean", 3.0, 2.9, 3.1, group="华东"),
        estimate("distribution", 0.2, 0.1, 0.3, level="5"),
        estimate("nps", -2.5, -8.5, 3.0, item="recommend"),
        {"item": "staff", "estimate": 5.0, "reason": "no_variation"},
        {"item": "topic", "estimate": 4.5, **SMALL},
    )
    assert report.key_figures(rows, study).text.split("\n") == [
        "整体满意度 mean n=901 4.049945 [3.980000, 4.110000]",
        "推荐意愿 nps n=40 -2.500000 [-8.500000, 3.000000]",
        "店员 mean n=40 5.000000 [答案完全相同，不估计误差]",
        "到店目的 mean n=12 [样本不足]",
    ]


def test_key_figures_print_a_dash_for_what_is_missing(study):
    nothing = {"estimate": float("nan"), "ci_low": float("nan"), "ci_high": float("nan")}
    rows = table_of(
        {**nothing, "reason": "empty", "suppressed": False}, {**nothing, "item": "staff"}
    )
    assert report.key_figures(rows, study).text.split("\n") == [
        "整体满意度 mean n=40 — [无有效回答]",
        "店员 mean n=40 — [—, —]",
    ]


# ---- exhibits ------------------------------------------------------------------------------------

FREE = pd.DataFrame(
    {
        "who": ["甲", None],
        "count": pd.array([12345, pd.NA], dtype="Int64"),
        "score": [-0.456, float("nan")],
        "yes": [True, False],
        "day": pd.to_datetime(["2026-07-01 09:30", None]),
        "other": ["不显示", "不显示"],
    }
)
HEADINGS = {"count": "份数", "who": "谁", "score": "分数", "yes": "是否", "day": "日期"}


def test_a_table_shows_the_named_columns_in_order_under_their_headings(shop):
    shown = report.table(FREE, shop, name="free", caption="表 1", columns=HEADINGS)
    header, rows = grid(shown)
    assert header == ["份数", "谁", "分数", "是否", "日期"]
    assert rows == [["12,345", "甲", "−0.46", "是", "2026-07-01 09:30:00"], ["—"] * 3 + ["否", "—"]]
    assert "12,345" in shown.text
    assert "不显示" not in shown.html + shown.text


def test_columns_of_figures_are_marked_from_heading_to_foot(shop):
    shown = parsed(report.table(FREE, shop, name="free", caption="表 1", columns=HEADINGS))
    marked = [
        ["num" in c.get("class", []) for c in tr.find_all(["th", "td"])] for tr in shown("tr")
    ]
    assert [row[:3] + row[4:] for row in marked] == [[True, False, True, False]] * 3


def test_an_exhibit_has_an_id_that_can_be_cited_a_caption_and_a_note(shop):
    shown = parsed(
        report.table(
            FREE, shop, name="free-2", caption="表 2 谁有几份", note="n = 2。", columns=HEADINGS
        )
    )
    assert shown.figure["id"] == "t-free-2"
    assert shown.figcaption.get_text() == "表 2 谁有几份"
    assert shown.select_one("p.note").get_text() == "注：n = 2。"


def test_without_a_note_there_is_none(shop):
    shown = report.table(FREE, shop, name="free", caption="表 1", columns=HEADINGS)
    assert "注：" not in shown.html


ESTIMATE_TABLES = {
    "one metric": (
        [estimate("mean", 4.05, 3.99, 4.11), STAFF],
        ["题目", "n", "估计值", "95% 置信区间"],
        [["整体满意度", "40", "4.05", "3.99–4.11"], ["店员", "40", "3.50", "3.25–3.75"]],
    ),
    "several metrics": (
        [
            estimate("share", 0.764, 0.734, 0.791),
            estimate("nps", -2.5, -8.5, 3.0, item="recommend"),
        ],
        ["题目", "指标", "n", "估计值", "95% 置信区间"],
        [
            ["整体满意度", "满意率", "40", "76.4%", "73.4%–79.1%"],
            ["推荐意愿", "净推荐值", "40", "−2.5", "−8.5 至 +3.0"],
        ],
    ),
    "groups of one item, and all together": (
        [
            {**MEAN, "group_by": "region", "group": "华东"},
            {**SMALL, "group_by": "region", "group": "东北", "estimate": 4.5},
            MEAN,
        ],
        ["分组", "n", "估计值", "95% 置信区间"],
        [
            ["华东", "40", "4.05", "3.99–4.11"],
            ["东北", "12", "样本不足", "—"],
            ["总体", "40", "4.05", "3.99–4.11"],
        ],
    ),
    "groups of several items": (
        [{**MEAN, "group": "华东"}, {**STAFF, "group": "华东"}],
        ["分组", "题目", "n", "估计值", "95% 置信区间"],
        [
            ["华东", "整体满意度", "40", "4.05", "3.99–4.11"],
            ["华东", "店员", "40", "3.50", "3.25–3.75"],
        ],
    ),
    "levels": (
        [
            estimate("distribution", 0.25, 0.13, 0.41, level="4"),
            {"metric": "distribution", "level": "5", **SMALL},
        ],
        ["题目", "选项", "n", "估计值", "95% 置信区间"],
        [
            ["整体满意度", "4", "40", "25.0%", "13.0%–41.0%"],
            ["整体满意度", "5", "12", "样本不足", "—"],
        ],
    ),
    "quarters, in the order given": (
        [MEAN, {**MEAN, **LAST, "n": 1234}],
        ["季度", "题目", "n", "估计值", "95% 置信区间"],
        [
            ["2026Q3", "整体满意度", "40", "4.05", "3.99–4.11"],
            ["2026Q2", "整体满意度", "1,234", "4.05", "3.99–4.11"],
        ],
    ),
    "why an interval or a figure is missing": (
        [
            {"estimate": 5.0, "reason": "no_variation"},
            {"item": "staff", "estimate": 3.0, "reason": "single_answer", "n": 1},
            {"item": "topic", "suppressed": True, "reason": "empty", "n": 0},
        ],
        ["题目", "n", "估计值", "95% 置信区间"],
        [
            ["整体满意度", "40", "5.00", "答案完全相同，不估计误差"],
            ["店员", "1", "3.00", "仅一份有效回答，不估计误差"],
            ["到店目的", "0", "无有效回答", "—"],
        ],
    ),
    "nothing": ([], ["题目", "n", "估计值", "95% 置信区间"], []),
}


@pytest.mark.parametrize(("rows", "header", "body"), ESTIMATE_TABLES.values(), ids=ESTIMATE_TABLES)
def test_estimates_are_laid_out_for_a_reader(rows, header, body, shop):
    shown = report.table(table_of(*rows), shop, name="estimates", caption="表 1")
    assert grid(shown) == (header, body)


def test_figures_in_an_estimates_table_are_marked_although_they_are_text(shop):
    shown = parsed(report.table(table_of(MEAN, STAFF), shop, name="means", caption="表 1"))
    assert [h.get_text() for h in shown.select("th.num")] == ["n", "估计值", "95% 置信区间"]


@pytest.mark.parametrize(
    "name", ["", "Overall", "2nd", "整体", "over all", 'x"onclick="', "a/b", "x\n"]
)
def test_an_exhibit_name_that_cannot_be_cited_is_refused(name, shop):
    with pytest.raises(ValueError, match="expected lower-case ASCII"):
        report.table(FREE, shop, name=name, caption="表 1", columns=HEADINGS)


def test_a_column_that_is_not_there_is_named(shop):
    with pytest.raises(ValueError, match=r"the columns \['weather'\] are not in \['who', 'count'"):
        report.table(FREE, shop, name="x", caption="表", columns={"who": "谁", "weather": "天气"})


def test_a_table_that_holds_no_estimates_needs_columns(shop):
    with pytest.raises(ValueError, match="expected an estimates table or columns=…"):
        report.table(FREE, shop, name="x", caption="表")


def test_a_figure_holds_the_picture_and_the_rows_that_were_drawn(shop):
    drawn = table_of(TOPIC, STAFF, {"item": "overall", **SMALL})
    ax = charts.dimension_bars(drawn, labels=shop.label_map())
    shown = report.figure(
        ax, shop, name="means", caption="图 1 店员得分最低", note="n = 40。", data=drawn
    )
    html = parsed(shown)
    kind, data = html.img["src"].split(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode().rstrip().endswith("</svg>")
    assert html.img["alt"] == html.figcaption.get_text() == "图 1 店员得分最低"
    assert html.figure["id"] == "f-means"
    assert html.select_one("p.note").get_text() == "注：n = 40。"
    assert html.select_one("details > summary").get_text() == "数据表"
    assert grid(shown)[1] == [
        ["到店目的", "40", "3.90", "3.80–4.00"],
        ["店员", "40", "3.50", "3.25–3.75"],
        ["整体满意度", "12", "样本不足", "—"],
    ]


def test_a_figure_closes_its_chart(shop):
    drawn = table_of(TOPIC, STAFF)
    ax = charts.dimension_bars(drawn, labels=shop.label_map())
    report.figure(ax, shop, name="means", caption="图 1", data=drawn)
    assert plt.get_fignums() == []


def test_a_figure_may_name_the_columns_beside_it(shop):
    ax = charts.keyword_bars(sample.KEYWORDS)
    shown = report.figure(
        ax, shop, name="words", caption="图 1", data=sample.KEYWORDS.head(2),
        columns={"term": "关键词", "comments": "提及条数"},
    )  # fmt: skip
    assert grid(shown) == (["关键词", "提及条数"], [["响应慢", "57"], ["重复报修", "41"]])


def test_cards_show_value_name_interval_and_base(shop):
    rows = table_of(
        estimate("mean", 4.05, 3.99, 4.11, n=1901),
        estimate("nps", -2.5, -8.5, 3.0, item="recommend"),
        {"item": "staff", "metric": "share", "estimate": 0.5, **SMALL},
        {"item": "staff", "estimate": 5.0, "reason": "no_variation"},
    )
    shown = report.cards([row for _, row in rows.iterrows()], shop)
    parts = ("value", "label", "note")
    assert [
        [card.select_one(f".card-{part}").get_text() for part in parts]
        for card in parsed(shown).select(".cards > .card")
    ] == [
        ["4.05", "整体满意度平均分", "95% CI 3.99–4.11 · n = 1,901"],
        ["−2.5", "净推荐值（NPS）", "95% CI −8.5 至 +3.0 · n = 40"],
        ["—", "店员满意率", "样本不足 · n = 12"],
        ["5.00", "店员平均分", "答案完全相同，不估计误差 · n = 40"],
    ]
    assert shown.text.split("\n")[2] == "店员满意率 —（样本不足 · n = 12）"


# ---- what others wrote is shown, never obeyed ----------------------------------------------------


def figure_with(rows, study):
    ax = charts.dimension_bars(table_of(MEAN), labels={"overall": "整体"})
    return report.figure(ax, study, name="x", caption=HARM, note=HARM, data=rows)


HARMFUL_ROWS = table_of({**MEAN, "group": HARM, "group_by": "region"}, {**MEAN, "level": HARM})
HARMFUL_MANIFEST = {
    "inputs": [{"file": HARM, "sha256": HARM}],
    "tables": {HARM: {"rows": 1, "sha256": HARM}},
    "versions": {HARM: HARM},
    "commit": HARM,
}
HARMFUL = {
    "table": lambda study: report.table(
        pd.DataFrame({"a": [HARM], "b": [HARM]}),
        study,
        name="x",
        caption=HARM,
        note=HARM,
        columns={"a": HARM, "b": "乙"},
    ),
    "estimates": lambda study: report.table(HARMFUL_ROWS, study, name="x", caption=HARM),
    "figure": lambda study: figure_with(HARMFUL_ROWS, study),
    "cards": lambda study: report.cards([row_of(**MEAN)], study),
    "headline": lambda study: report.headline(table_of(MEAN), study, quarter="2026Q3"),
    "key figures": lambda study: report.key_figures(table_of(MEAN), study),
    "say": lambda study: report.say(HARM),
    "say a list": lambda study: report.say(HARM, f"**{HARM}**", warning=True),
    "folded": lambda study: report.folded(HARM, HARM),
    "cite": lambda study: report.cite("03_satisfaction", words=HARM),
    "subtitle": lambda study: report.subtitle(study, "2026Q3", as_of=HARM),
    "provenance": lambda study: report.provenance(HARMFUL_MANIFEST),
}


@pytest.mark.parametrize("show", HARMFUL.values(), ids=HARMFUL)
def test_whatever_a_text_holds_it_is_shown_and_not_obeyed(show, shop):
    hostile = shop.model_copy(update={"labels": {"overall": HARM}, "title": HARM, "owner": HARM})
    shown = parsed(show(hostile))
    assert shown.find("script") is None
    assert all(img["src"].startswith("data:image/svg+xml") for img in shown("img"))
    assert not [name for tag in shown() for name in tag.attrs if name.startswith("on")]
    assert "<script>alert(" in shown.get_text()


# ---- paragraphs, folds, citations ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentences", "warning", "html", "text"),
    [
        (["共 **3** 份。"], False, "<p>共 <strong>3</strong> 份。</p>", "共 3 份。"),
        (["小心。"], True, '<p class="warn">小心。</p>', "小心。"),
        (["一。", "二。"], False, "<ul><li>一。</li><li>二。</li></ul>", "一。\n二。"),
        (["一。", "二。"], True, '<ul class="warn"><li>一。</li><li>二。</li></ul>', "一。\n二。"),
        (["2 * 3 * 4"], False, "<p>2 * 3 * 4</p>", "2 * 3 * 4"),
    ],
    ids=["one", "one that warns", "several", "several that warn", "asterisks"],
)
def test_sentences_become_a_paragraph_or_a_list(sentences, warning, html, text):
    said = report.say(*sentences, warning=warning)
    assert (said.html, said.text) == (html, text)


def test_a_citation_among_sentences_stays_a_link():
    said = report.say("甲。", report.cite("01_clean", "t-intake", words="表 1"))
    assert '<li><a class="cite" href="01_clean.html#t-intake">表 1</a></li>' in said.html
    assert said.text == "甲。\n[表 1](01_clean.html#t-intake)"


def test_a_citation_may_lead_to_a_whole_page():
    assert report.cite("03_satisfaction").html == (
        '<a class="cite" href="03_satisfaction.html">来源</a>'
    )


def test_pieces_are_stacked_in_order():
    stacked = report.stack(report.say(word) for word in "甲乙")
    assert (stacked.html, stacked.text) == ("<p>甲</p>\n<p>乙</p>", "甲\n乙")


def test_nothing_stacked_is_nothing():
    assert report.stack([]) == report.Html("", "")


def test_folded_lines_keep_their_layout():
    fold = parsed(report.folded("数字", "a  1\nbb 2"))
    assert fold.summary.get_text() == "数字"
    assert fold.details.pre.get_text() == "a  1\nbb 2"


def test_a_notebook_shows_a_piece_as_html_and_a_log_as_text():
    piece = report.say("**好**")
    assert (piece._repr_html_(), repr(piece)) == ("<p><strong>好</strong></p>", "好")


# ---- where a page comes from ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quarter", "words"), [("2026Q1", "第一季度"), ("2026Q2", "第二季度"), ("2026Q3", "第三季度"), ("2026Q4", "第四季度")]
)  # fmt: skip
def test_a_subtitle_names_study_quarter_owner_and_day(quarter, words, shop):
    shown = report.subtitle(shop, quarter, as_of="2026-12-31")
    assert shown.text == f"门店满意度调查 · 2026 年{words} · 质量控制组 · 数据截至 2026-12-31"
    assert parsed(shown).p["class"] == ["subtitle"]


def test_a_study_without_an_owner_leaves_no_gap(shop):
    shown = report.subtitle(shop.model_copy(update={"owner": ""}), "2026Q3", as_of="2026-09-30")
    assert shown.text == "门店满意度调查 · 2026 年第三季度 · 数据截至 2026-09-30"


RAW, TABLE = "0123456789abcdef" * 4, "fedcba9876543210" * 4
MANIFEST = {
    "draft": False,
    "inputs": [{"file": "data/raw/2026Q3/shop/答卷.xlsx", "sha256": RAW}],
    "tables": {"responses": {"rows": 1234, "columns": 9, "sha256": TABLE}},
    "versions": {"csatlib": "0.1.0", "pandas": "3.0.1"},
    "commit": "abcdef012345-dirty",
}


def test_a_page_shows_files_tables_digests_and_versions():
    shown = report.provenance(MANIFEST)
    assert [[c.get_text() for c in row.find_all(["th", "td"])] for row in parsed(shown)("tr")] == [
        ["原始文件与研究文件", "SHA-256（前 16 位）"],
        ["data/raw/2026Q3/shop/答卷.xlsx", "0123456789abcdef"],
        ["数据表", "行数", "SHA-256（前 16 位）"],
        ["responses", "1,234", "fedcba9876543210"],
    ]
    assert [c.get_text() for c in parsed(shown).select(".num")] == ["行数", "1,234"]
    last = shown.text.split("\n")[-1]
    assert last == "软件：csatlib 0.1.0，pandas 3.0.1；代码版本 abcdef012345-dirty。"
    assert "草稿" not in shown.html


@pytest.mark.parametrize("manifest", [{**MANIFEST, "draft": True}, {}], ids=["draft", "unknown"])
def test_what_no_run_made_is_called_a_draft(manifest):
    warning = parsed(report.provenance(manifest)).select_one("p.warn").get_text()
    assert warning == "草稿：这一页不是由 csat run 生成的，不能作为正式报告。"


@pytest.mark.parametrize(
    ("absent", "words"),
    [
        ("inputs", "原始文件"),
        ("tables", "数据表"),
        ("commit", "代码版本"),
        ("versions", "pandas"),
    ],
)
def test_what_is_not_known_is_not_mentioned(absent, words):
    known = {key: value for key, value in MANIFEST.items() if key != absent}
    assert words in report.provenance(MANIFEST).text + report.provenance(MANIFEST).html
    assert words not in report.provenance(known).text + report.provenance(known).html


def test_without_versions_and_commit_no_programs_are_named():
    known = {key: MANIFEST[key] for key in ("draft", "inputs", "tables")}
    assert "软件" not in report.provenance(known).text


# ---- fieldwork and weights -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param({"A": 9, "B": 6}, {"A": 9, "B": 6}, id="none small"),
        pytest.param(
            {"A": 9, "B": 6, "C": 2}, {"A": 9, "其他（合并）": 8}, id="one takes the next"
        ),
        pytest.param({"A": 9, "B": 3, "C": 2}, {"A": 9, "其他（合并）": 5}, id="two are enough"),
        pytest.param({"A": 9, "B": 4, "C": 4}, {"A": 9, "其他（合并）": 8}, id="all small ones"),
        pytest.param({"A": 3, "B": 1}, {"其他（合并）": 4}, id="all together"),
    ],
)
def test_small_levels_are_merged_until_they_are_enough(sizes, expected):
    df = pd.DataFrame({"tier": [level for level, n in sizes.items() for _ in range(n)]})
    merged = report.merge_small(df, ["tier"], counted=df, min_base=5)
    assert merged["tier"].value_counts().to_dict() == expected


def test_a_level_that_nobody_answered_from_is_told():
    df, answered = pd.DataFrame({"tier": ["A", "B"]}), pd.DataFrame({"tier": ["A"] * 5})
    assert report.merge_small(df, ["tier"], counted=answered, min_base=5)["tier"].tolist() == [
        "A",
        "B",
    ]


def ledger_of(**counts):
    ends = [end for end, n in counts.items() for _ in range(n)]
    return pd.DataFrame({"disposition": ends, "reason": None, "channel": "电话", "member": True})


def test_rare_reasons_are_counted_together():
    ledger = ledger_of(complete=10, refusal=7, non_contact=6, unknown=2)
    view = report.reasons_view(ledger, rules={}, min_base=5)
    assert view[["end", "n"]].to_numpy().tolist() == [["拒绝", 7], ["其他", 8]]
    assert view["n"].sum() == 15


def test_a_reason_of_cleaning_is_told_in_its_words():
    ledger = ledger_of(complete=1, other=5).assign(reason=[None] + ["set_aside:too_fast"] * 5)
    view = report.reasons_view(ledger, rules={"too_fast": "作答过快"}, min_base=5)
    assert view["reason"].tolist() == ["答卷剔除：作答过快"]


def test_without_rates_the_response_rate_is_not_told():
    from csatlib import fieldwork, schema

    funnel = fieldwork.funnel(ledger_of(complete=3, refusal=1).assign(response_id="r"))
    told = report.response_sentence(funnel, schema.empty("response_rates"), answers=3)
    assert "**无法计算**应答率" in told
    assert "其中 75.0%" in told


@pytest.mark.parametrize(
    ("p", "gap", "begins"),
    [
        pytest.param(0.001, -0.1, "对结果影响最大的偏差", id="beyond chance"),
        pytest.param(0.2, -0.1, "各项构成与名单的差别都没有超出偶然", id="chance"),
        pytest.param(None, -0.1, "各项构成与名单的差别都没有超出偶然", id="not tested"),
    ],
)
def test_an_imbalance_is_claimed_only_beyond_chance(study, p, gap, begins):
    parts = {"variable": "tier", "level": "A", "share": 0.5, "population_share": 0.6, "gap": gap}
    parts |= {"effect": None, "mean_gap": None, "p_adjusted": p}
    assert report.imbalance_sentence(parts, study).startswith(begins)


def test_shares_written_as_text_are_set_as_figures(study):
    df = pd.DataFrame({"a": ["甲", "乙"], "b": ["50.2%", "—"], "c": ["−1.5", "样本不足"]})
    df["d"] = ["< 0.001", "0.042"]
    piece = report.table(df, study, name="x", caption="表", columns={c: c for c in df})
    cells = parsed(piece).select("tbody tr")[0].find_all(["th", "td"])
    assert ["num" in (cell.get("class") or []) for cell in cells] == [False, True, True, True]


def test_of_many_units_only_those_beyond_the_wider_funnel_are_named():
    # Sixty units that are alike: about three of them leave limits of 95 % by chance.
    rows = pd.DataFrame({"unit": [f"U{i:02d}" for i in range(60)]}).loc[
        lambda t: t.index.repeat(40)
    ]
    satisfied = [
        place % 40 < (20 if place < 40 else 27 if place < 80 else 34) for place in range(2400)
    ]
    table = estimates.units(rows.assign(ok=satisfied), "ok", unit="unit", target=None)
    assert table.loc[table["funnel"] == "below", "group"].tolist() == ["U00", "U01"]
    assert report.units_finding(table, store.study("ops_company")) == "U00 低于偶然的范围"


# ---- what goes with overall satisfaction ---------------------------------------------------------


@pytest.fixture
def company():
    return store.study("ops_company")


def drivers_of(*rows):
    """Fill (driver, importance, low, high, rank, rank low, rank high) up to the contract."""
    names = ["driver", "importance", "ci_low", "ci_high", "rank", "rank_low", "rank_high"]
    blank = schema.empty("drivers")
    table = pd.DataFrame(rows, columns=names).assign(method="lmg", n=1200, r2=0.4, share=0.25)
    table = table.assign(kind="linear")
    table = table.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())
    return schema.check(table, "drivers")


def company_scores(**scores):
    common = {"df": 99.0, "se": 0.05}
    table = table_of(*({"item": i, "metric": "mean", "estimate": m} for i, m in scores.items()))
    return table.assign(**common).astype({"df": "Float64", "se": "Float64"})


CLEAR = drivers_of(
    ("value", 0.1, 0.06, 0.14, 2, 2, 3),
    ("quality", 0.25, 0.2, 0.3, 1, 1, 1),
    ("communication", 0.05, 0.02, 0.08, 3, 2, 3),
)
UNCLEAR = CLEAR.assign(rank_low=[1.0, 1.0, 3.0], rank_high=[2.0, 2.0, 3.0])


def test_the_strongest_association_is_told_with_its_rank_and_as_association(company):
    told = report.importance_sentence(CLEAR, company)
    assert told == (
        "与整体满意度关联最强的是**产品质量**，与它相伴的占整体满意度差异的 25.0%（95% 置信区间 20.0%–30.0%，"
        "名次区间 1–1）。3 个维度合计 40.0%（n = 1,200）。"
        "这里说的是关联，不能由此断定改进它就会提高整体满意度。"
    )
    assert report.importance_finding(CLEAR, company) == "产品质量与整体满意度的关联最强"


def test_a_part_of_a_pseudo_r2_is_not_called_one_of_the_variance(company):
    told = report.importance_sentence(CLEAR.assign(kind="ordinal"), company)
    assert "**产品质量**，在模型的解释程度（伪 R²）里占 25.0%" in told
    assert "差异" not in told


def test_a_first_rank_that_is_not_sure_is_told_with_its_interval(company):
    unsure = CLEAR.assign(rank_high=[3.0, 2.0, 3.0])
    told = report.importance_finding(unsure, company)
    assert told == "产品质量与整体满意度的关联最强（名次区间 1–2）"


def coefficients_of(**p):
    blank = schema.empty("coefficients")
    rows = pd.DataFrame({"term": ["(Intercept)", *p], "p": [1e-9, *p.values()], "kind": "linear"})
    rows = rows.assign(outcome="overall", estimate=0.3, ci_low=0.1, ci_high=0.5, n=142)
    return rows.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def model_of(**changes):
    blank, row = schema.empty("models"), {"kind": "linear", "method": "ols", "n": 142, "r2": 0.6}
    row |= {"r2_kind": "r2", **changes}
    return pd.DataFrame([row]).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def test_coefficients_are_significant_by_the_adjusted_p_alone(company):
    table = coefficients_of(quality=0.001, value=0.03, communication=0.04)
    told = report.fit_finding(table, model_of(), company)
    assert told == (
        "线性回归（R² 为 0.60，n = 142）：其余维度相同时，产品质量仍与整体满意度显著相关"
    )
    assert report.coefficients_view(table, company)["校正后 p"].tolist() == [
        "0.003",
        "0.060",
        "0.060",
    ]
    none = report.fit_finding(coefficients_of(quality=0.2), model_of(method="firth"), company)
    assert "没有一个维度在其余维度相同时仍与整体满意度显著相关" in none
    assert "Firth" in none


def test_how_importances_hang_on_single_units_is_told_with_spaces(company):
    row = {"driver": "value", "unit": "customer_id", "units": 40, "share": 0.28, "rank": 1.0}
    table = pd.DataFrame([row]).assign(share_low=0.25, share_high=0.30, changed=0)
    told = report.stability_findings(table, company)
    assert "占已解释部分的比例在 25.0% 与 30.0% 之间。" in told[0]
    assert "去掉其中 3 个时" in report.stability_findings(table.assign(changed=3), company)[1]


def test_a_model_that_was_beaten_by_a_refused_one_is_not_called_the_best():
    blank = schema.empty("model_choice")
    rows = pd.DataFrame(
        {
            "kind": ["linear", "ordinal"],
            "n": 484,
            "score": "rps",
            "estimate": [0.082, 0.080],
            "se": 0.004,
            "chosen": [True, False],
            "why": ["best_score", "assumption_failed"],
        }
    )
    choice = rows.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())
    said = report.model_choice_finding(choice)
    assert said.startswith("选用线性回归：其余模型里预测最准（交叉验证的预测误差（RPS）为 0.082")
    assert report.model_choice_view(choice)["原因"].tolist() == ["其余模型里预测最准", "前提不成立"]


def test_of_two_that_may_be_first_neither_is_called_the_first(company):
    told = report.importance_finding(UNCLEAR, company)
    assert told == "产品质量、性价比都可能是与整体满意度关联最强的维度"
    assert "性价比也可能居首，先后没有把握。" in report.importance_sentence(UNCLEAR, company)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rank_low": pd.NA, "rank_high": pd.NA}, "在样本中最强，名次没有区间"),
        ({"importance": pd.NA}, "无法估计"),
    ],
    ids=["no rank intervals", "no importances"],
)
def test_what_is_not_known_of_importances_is_not_claimed(change, words, company):
    table = CLEAR.assign(**change)
    assert words in report.importance_finding(table, company)
    assert "最强的维度" not in report.importance_sentence(table, company)


def test_importances_are_laid_out_in_their_order(company):
    view = report.importance_view(CLEAR, company)
    assert view.to_numpy().tolist()[0] == ["产品质量", "25.0%", "20.0%–30.0%", "25.0%", "1", "1–1"]
    assert view["维度"].tolist() == ["产品质量", "性价比", "沟通便捷性"]
    bare = report.importance_view(CLEAR.assign(importance=pd.NA, ci_low=pd.NA), company)
    assert bare.iloc[0, 1:3].tolist() == ["—", "—"]
    told = CLEAR.assign(importance=pd.NA, reason="no_variation")
    assert report.importance_view(told, company)["重要性"].iloc[0].startswith("答案完全相同")


def matrix_of(**scores):
    return drivers.priorities(CLEAR, company_scores(**scores), cuts=(0.08, 4.0), seed=0)


def test_what_to_improve_first_is_told_with_its_chance(company):
    matrix = matrix_of(quality=3.5, value=3.98, communication=4.4)
    told = report.priorities_sentences(matrix, company)
    chance = matrix.set_index("driver").loc["value", "p_improve"]
    assert told == [
        "重要性以目标 8.0% 为界，平均分以目标 4.00 分为界。",
        f"**优先改进**：产品质量（概率 > 99%）、性价比（概率 {100 * chance:.0f}%，没有把握）。",
        "无须加码：沟通便捷性（概率 97%）。",
    ]
    finding = report.priorities_finding(matrix, company)
    assert finding == "优先改进产品质量，可能也要优先改进性价比"


@pytest.mark.parametrize(
    ("scores", "finding"),
    [
        ({"quality": 4.4, "value": 4.4, "communication": 3.0}, "没有既重要又薄弱的维度"),
        ({"quality": 4.4, "value": 3.98, "communication": 3.0}, "可能要优先改进性价比"),
        ({}, "数据不足，分不出优先改进的维度"),
    ],
    ids=["none", "uncertain", "no data"],
)
def test_the_caption_of_the_matrix_claims_what_it_may(scores, finding, company):
    assert report.priorities_finding(matrix_of(**scores), company) == finding


def test_a_driver_without_a_quadrant_is_told_with_the_reason(company):
    matrix = matrix_of(quality=3.5, value=3.9)
    assert report.priorities_sentences(matrix, company)[-1] == (
        "没有归入象限：沟通便捷性（没有评价）。"
    )
    view = report.priorities_view(matrix, company)
    assert view.iloc[-1].tolist() == ["沟通便捷性", "5.0%", "—", "—", "—", "—", "没有评价"]
    assert view.iloc[0].tolist() == ["产品质量", "25.0%", "3.50", "优先改进", "> 99%", "有", ""]


def test_averages_are_called_averages(company):
    scores = company_scores(quality=3.5, value=4.0, communication=4.4)
    matrix = drivers.priorities(CLEAR, scores.assign(group="华东"), cuts=("mean", "median"), seed=0)
    assert report.priorities_sentences(matrix, company)[0] == (
        "华东的重要性以各维度平均 13.3% 为界，平均分以各维度中位数 4.00 分为界。"
    )


@pytest.mark.parametrize("often", [True, False], ids=["with frequencies", "without"])
def test_key_problems_are_told_with_their_rule(often, company):
    matrix = matrix_of(quality=3.5, value=3.7, communication=4.4)
    frequency = pd.DataFrame(
        {"item": ["quality", "value", "communication"], "share": [0.2, 0.1, 0]}
    )
    problems = drivers.key_problems(
        matrix,
        company_scores(quality=3.5, value=3.7, communication=4.4),
        frequency if often else None,
        target=4.0,
        often=0.15,
    )
    told = report.key_problems_sentence(problems, company)
    view = report.key_problems_view(problems, company)
    if often:
        assert told == (
            "关键问题是**产品质量**（规则：重要性不低于 8.0%、平均分低于 4.00 分、"
            "出现频率不低于 15.0%，须同时满足）。"
        )
        first = ["1", "产品质量", "是（25.0%）", "是（3.50）", "是（20.0%）", "3 / 3", "是", ""]
    else:
        assert told == (
            "关键问题依次是**产品质量、性价比**（规则：重要性不低于 8.0%、平均分低于 4.00 分，"
            "须同时满足）。没有出现频率的数据，只看重要和薄弱两项。"
        )
        first = ["1", "产品质量", "是（25.0%）", "是（3.50）", "—", "2 / 2", "是", "没有出现频率"]
    assert view.iloc[0].tolist() == first
    none = report.key_problems_sentence(problems.assign(key_problem=False), company)
    assert none.startswith("没有关键问题（规则")


def stages_of(slope, n=120):
    minutes = [20 + slope * (5 - i % 5) + i % 7 for i in range(n)]
    scores = pd.DataFrame({"ticket_id": range(n), "quality": [1 + i % 5 for i in range(n)]})
    process = pd.DataFrame({"ticket_id": range(n), "分类": minutes})
    return drivers.causes(
        scores, process, dimension="quality", stages=["分类"], limits={"分类": 30}
    )


def test_a_slow_stage_goes_with_low_ratings_and_is_called_no_cause(company):
    table = stages_of(10)
    first, last = report.stages_sentences(table, company)
    assert first.startswith(
        "产品质量评分越低的工单，下列环节往往越久（校正后仍然显著）：分类（秩相关 −0.9"
    )
    assert "校正后 p < 0.001；时长中位数未满意的 63 分钟，满意的 36 分钟）。" in first
    assert last.startswith("以上是关联")
    view = report.stages_view(table, company)
    assert view[["维度", "环节", "n"]].iloc[0].tolist() == ["产品质量", "分类", "120"]
    assert view["未满意超时率"].tolist() == ["100.0%"]
    assert view["相差"].iloc[0].startswith("+27 分钟（+")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        pytest.param(lambda: stages_of(0), "没有发现时长越长、评分越低的环节", id="none"),
        pytest.param(lambda: stages_of(-10), "没有发现时长越长、评分越低的环节", id="other way"),
        pytest.param(lambda: stages_of(10, n=12), "数据不足，无法检验", id="few"),
    ],
)
def test_without_a_finding_none_is_claimed(table, words, company):
    (told,) = report.stages_sentences(table(), company)
    assert words in told


def test_what_is_missing_of_a_stage_has_its_reason(company):
    view = report.stages_view(stages_of(10, n=12), company)
    assert view["95% 置信区间"].tolist() == ["样本不足"]
    assert view["相差"].tolist() == ["样本不足"]
    assert view["秩相关"].tolist() == ["—"]


def test_nothing_about_drivers_says_that_one_thing_makes_another(company):
    matrix = matrix_of(quality=3.5, value=3.98, communication=4.4)
    told = [report.importance_sentence(CLEAR, company), report.importance_finding(CLEAR, company)]
    told += report.priorities_sentences(matrix, company)
    told += report.stages_sentences(stages_of(10), company)
    assert not any(word in text for text in told for word in ("导致", "影响", "驱动", "使得"))
