"""The indicator file, the values of indicators, the principles, targets and needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib import charts, clean, evaluation, exports, report, schema, study
from csatlib.evaluation.waiting import _isotonic
from csatlib.study import IndicatorSystem, Stage, StudyError

REPOSITORY = Path(__file__).resolve().parents[1]
KNOWN = json.loads(
    (Path(__file__).parent / "reference" / "rank_sum.json").read_text(encoding="utf-8")
)
QUARTER = "2026Q3"
ONE = {"id": "a", "name": "甲", "first": "满意"}


def system(*indicators, **keys):
    keys = {"first": {"满意": 2.0, "效率": 1.0}} | keys
    return IndicatorSystem.model_validate({"indicators": indicators, **keys})


def fitted(table, *rows):
    blank = schema.empty(table)
    return pd.DataFrame(list(rows)).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


# ---- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["ops_event", "hotline", "ops_company"])
def test_each_line_has_the_five_first_levels_with_three_indicators_or_more(line):
    found = study.load(REPOSITORY / "studies" / line).indicators
    counts = pd.Series(found.firsts).value_counts()
    assert list(found.first) == ["客户满意度", "服务质量", "流程效率", "团队协作", "资源配置"]
    assert (counts >= 2).all()
    assert len(counts) == 5
    assert all(one.target is not None and one.owner and one.unit for one in found.indicators)
    assert sum(found.weights.values()) == pytest.approx(1)


def test_the_company_has_a_file_of_its_own():
    found = study.load_indicators(REPOSITORY / "studies" / "all")
    assert {one.first for one in found.indicators} == set(found.first)
    assert found == study.load_indicators(REPOSITORY / "studies" / "all" / "indicators.yml")


MINIMAL = """
line: shop
title: 门店
population: {description: 客户}
scales: {five: {low: 1, high: 5, cutoff: 4}, ten: {low: 0, high: 10}}
sources: [{role: responses, glob: "*.csv", reader: table, channel: 门店}]
questions:
  - {id: overall, text: 整体, kind: rating, scale: five}
  - {id: recommend, text: 推荐, kind: nps, scale: ten}
report: {overall: overall}
stages:
  - {name: 接收, since: opened_at, until: received_at}
"""


@pytest.mark.parametrize(
    ("indicator", "told"),
    [
        ("source: survey, item: overal, metric: share", "是不是想写 overall"),
        ("source: survey, item: overall, metric: nps", "只用于 kind 为 nps"),
        ("source: survey, item: overall, metric: mean, target: 6", "1–5 之内"),
        ("source: survey, item: overall, metric: share, target: 85", "写成 0.85"),
        ("source: survey, item: recommend, metric: nps, target: 140", "-100–100"),
        ("source: survey, item: overall", "metric 应为"),
        ("source: survey, metric: share", "要写 item"),
        ("source: stages, item: 接受, metric: mean", "已有的：接收"),
        ("source: stages, item: 接收, metric: within", "没有写 limit"),
        ("source: stages, metric: within", "要写 item"),
        ("source: followups", "要写 metric"),
        ("source: actions, metric: speed", "metric 应为"),
        ("first: 效能", "没有写在 first 里"),
        ("link: 后端", "没有写在 links 里"),
        ("team: 财务", "没有写在 teams 里"),
        ("weight: 0", "应大于 0"),
        ("target: 0.8, floor: 0.9", "floor 应小于 target"),
        ("target: 20, floor: 10, direction: lower", "floor 应大于 target"),
        ("id: b", "id “b”重复"),
        ("name: 乙", "name “乙”重复"),
        ("wieght: 2", "是不是想写 weight"),
        ("every: year", "可选的值"),
    ],
)
def test_faults_of_the_file_are_told_with_line_and_remedy(tmp_path, indicator, told):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "study.yml").write_text(MINIMAL, encoding="utf-8")
    keys = {"id": "a", "name": "甲", "first": "满意"}
    given = dict(part.split(": ") for part in indicator.split(", "))
    text = ", ".join(f"{key}: {value}" for key, value in (keys | given).items())
    (folder / "indicators.yml").write_text(
        "first: {满意: 1}\nlinks: {前端: 1}\nteams: {客服: 1}\nindicators:\n"
        f"  - {{id: b, name: 乙, first: 满意}}\n  - {{{text}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(StudyError, match=told) as error:
        study.load(folder)
    assert "indicators.yml 第 6 行" in str(error.value)


def test_a_file_that_is_not_there_or_has_no_first_level():
    with pytest.raises(StudyError, match="没有这个研究文件"):
        study.load_indicators(REPOSITORY / "studies" / "nobody")
    with pytest.raises(ValueError, match="缺少 first"):
        IndicatorSystem.model_validate({"indicators": (ONE,)})


def test_weights_of_some_indicators_stay_within_their_first_level():
    found = system(
        ONE,
        ONE | {"id": "b", "name": "乙", "weight": 3.0},
        {"id": "c", "name": "丙", "first": "效率"},
    )
    assert found.weights == pytest.approx({"a": 2 / 3 / 4, "b": 2 / 3 * 3 / 4, "c": 1 / 3})
    assert found.weights_of(["a", "c"]) == pytest.approx({"a": 2 / 3, "c": 1 / 3})
    assert found.weights_of(["a"]) == {"a": 1.0}


# ---- raw tables ----------------------------------------------------------------------------------

HOTLINE = study.load(REPOSITORY / "studies" / "hotline")


def raw(tmp_path, text, name="indicators.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return [exports.read(file, HOTLINE)]


def test_raw_figures_are_read_with_objects_periods_and_percentages(tmp_path):
    found = clean.indicator_rows(raw(tmp_path, (
        "指标,对象,期间,数值,样本量\n单件成本,,2026Q3,\"1,234.5\",\n单件成本,team=网络组,2026年第三季度,80,12\n"
        "投诉处理率,,2026年7月,95%,40\n投诉处理率,全部,2026-08,,\n等待,,2026/7/6,31,\n"
    )))  # fmt: skip
    assert found["period"].tolist() == ["2026Q3", "2026Q3", "2026-07", "2026-08", "2026-07-06"]
    assert found["value"].tolist()[:3] == [1234.5, 80.0, 0.95]
    assert pd.isna(found["value"][3])
    assert (found["group_by"][1], found["group"][1], found["n"][1]) == ("team", "网络组", 12)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("指标,期间\n成本,2026Q3\n", "没有“数值”列"),
        ("指标,期间,数值\n成本,2026Q5,1\n", "第 2 行“期间”列"),
        ("指标,期间,数值\n成本,2026-13,1\n", "看不懂这个期间"),
        ("指标,期间,数值\n成本,2026-02-30,1\n", "看不懂这个期间"),
        ("指标,期间,数值\n成本,2026Q3,约 8\n", "第 2 行“数值”列"),
        ("指标,期间,数值,样本量\n成本,2026Q3,1,1.5\n", "样本量应是"),
        ("指标,对象,期间,数值\n成本,网络组,2026Q3,1\n", "列名=值"),
        ("指标,期间,数值\n,2026Q3,1\n", "没有写指标的名称"),
        ("指标,期间,数值\n成本,2026Q3,1\n成本,2026年三季度,2\n", "第 3 行.*第 2 行"),
        ("指标,期间,数值\n成本,2026Q3,1,2\n", "格数与表头不符"),
    ],
)
def test_raw_figures_that_cannot_be_read_are_told_with_their_place(tmp_path, text, told):
    with pytest.raises(exports.ExportError, match=told):
        clean.indicator_rows(raw(tmp_path, text))


def test_rows_of_objects_of_other_lines_are_passed_over(tmp_path):
    text = "指标,对象,期间,数值\n成本,,2026Q3,1\n成本,team=甲,2026Q3,2\n成本,team=乙,2026Q3,3\n成本,region=北,2026Q3,4\n"
    found = clean.indicator_rows(raw(tmp_path, text), objects={"team": ("甲", "丁")})
    assert found["value"].tolist() == [1.0, 2.0, 4.0]
    assert found.index.tolist() == [0, 1, 2]


TRAINED = (
    "工号,课程,讲师,方式,日期,课程满意度,讲师评分,方式适配,理论前测,理论后测,实操前测,实操后测\n"
)


def trained(tmp_path, rows):
    (tmp_path / "all").mkdir()
    file = tmp_path / "all" / "training.csv"
    file.write_text(TRAINED + rows, encoding="utf-8")
    return clean.training_records([exports.read(file, HOTLINE)])


def test_training_records_have_days_and_figures(tmp_path):
    found = trained(tmp_path, "GH0001,礼仪,甲,线上,2026-07-16,4,5,3,60,72.5,50,\n")
    assert found[["course", "trainee_id", "theory_after"]].to_numpy().tolist() == [
        ["礼仪", "GH0001", 72.5]
    ]
    assert found["trained_on"][0] == pd.Timestamp("2026-07-16")
    assert pd.isna(found["practice_after"][0])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "GH0001,礼仪,甲,线上,2026-07-16,优,5,3,60,72,50,1\n",
            "course_rating 一列有 1 个格子不是数字",
        ),
        ("GH0001,礼仪,甲,线上,七月,4,5,3,60,72,50,1\n", "看不懂的日期"),
        ("GH0001,,甲,线上,2026-07-16,4,5,3,60,72,50,1\n", "没有写课程"),
    ],
    ids=["figure", "day", "course"],
)
def test_training_records_that_cannot_be_read_are_told(tmp_path, row, told):
    with pytest.raises(exports.ExportError, match=told):
        trained(tmp_path, row)


def test_a_whole_without_a_row_is_the_mean_of_its_groups():
    one = system({"id": "cost", "name": "成本", "first": "效率"})
    blank = schema.empty("indicator_rows")
    rows = pd.DataFrame(
        [
            ("成本", "team", g, "2026Q3", v, n)
            for g, v, n in (("甲", 10.0, 30), ("乙", 20.0, 10), ("丙", None, None))
        ],
        columns=list(blank),
    ).astype(blank.dtypes.to_dict())
    found = evaluation.indicator_values(one, quarter="2026Q3", table=rows, by=["team"])
    whole = found[found["group"].isna()].iloc[0]
    assert (whole["value"], whole["n"], whole["reason"]) == (12.5, 40, "no_error")
    stated = pd.concat([rows, rows.head(1).assign(group_by=None, group=None, value=11.0)])
    found = evaluation.indicator_values(
        one, quarter="2026Q3", table=stated.astype(blank.dtypes.to_dict())
    )
    assert found["value"].tolist() == [11.0]


# ---- values --------------------------------------------------------------------------------------

SYSTEM = system(
    ONE | {"source": "survey", "item": "overall", "metric": "share", "target": 0.8},
    {"id": "wait", "name": "响应", "first": "效率", "source": "stages", "item": "接收", "metric": "within", "target": 0.9},
    {"id": "time", "name": "耗时", "first": "效率", "source": "stages", "metric": "mean", "direction": "lower", "target": 60.0},
    {"id": "done", "name": "完成", "first": "效率", "source": "actions", "metric": "on_time"},
    {"id": "closed", "name": "办结", "first": "满意", "source": "followups", "metric": "closed"},
    {"id": "cost", "name": "成本", "first": "效率", "direction": "lower", "every": "month"},
)  # fmt: skip
STAGES = (
    Stage(name="接收", since="a", until="b", limit=15.0, link="前端"),
    Stage(name="解决", since="b", until="c", link="后端"),
)
TIMES = pd.DataFrame(
    {"接收": [10.0, 20, 30, np.nan], "解决": [30.0, 40, 50, 60], "team": ["x", "x", "y", "y"]}
)
ESTIMATES = fitted(
    "estimates",
    {"metric": "share", "item": "overall", "n": 100, "estimate": 0.75, "se": 0.04, "ci_low": 0.66, "ci_high": 0.83, "suppressed": False},
    {"metric": "share", "item": "overall", "group_by": "team", "group": "x", "n": 9, "suppressed": True, "reason": "small_base"},
    {"metric": "mean", "item": "overall", "n": 100, "estimate": 4.0, "suppressed": False},
)  # fmt: skip
ROWS = fitted(
    "indicator_rows",
    {"indicator": "成本", "period": "2026-07", "value": 10.0, "n": 1},
    {"indicator": "成本", "period": "2026-08", "value": 20.0, "n": 3},
    {"indicator": "成本", "period": "2026-06", "value": 99.0, "n": 3},
    {"indicator": "成夲", "period": "2026Q3", "value": 1.0},
)
PROGRESS = fitted(
    "action_progress",
    *(
        {
            "action_id": str(i),
            "state": s,
            "milestones": 2,
            "milestones_done": 1,
            "milestones_late": 0,
        }
        for i, s in enumerate(["done", "done", "done_late", "overdue", "on_track", "draft"])
    ),
)
RATES = pd.DataFrame({"group_by": [None], "group": [None], "metric": ["closed"], "n": [50], "count": [50], "estimate": [1.0], "ci_low": [0.93], "ci_high": [1.0], "reason": [None]})  # fmt: skip


def values(**changes):
    given = {"estimates": ESTIMATES, "stage_times": TIMES, "stages": STAGES, "progress": PROGRESS}
    given |= {"followup_rates": RATES, "table": ROWS, "by": ["team", "link"], "min_base": 1}
    return evaluation.indicator_values(SYSTEM, quarter=QUARTER, **(given | changes))


def whole(table):
    return table[table["group_by"].isna() & (table["period"] == QUARTER)].set_index("indicator")


def test_values_come_from_every_source():
    found = schema.check(values(), "indicator_values")
    line = whole(found)
    assert line["value"].round(6).to_dict() == {
        "a": 0.75, "wait": 0.333333, "time": 60.0, "done": 0.5, "closed": 1.0, "cost": 17.5
    }  # fmt: skip
    assert line.loc["done", ["n", "se", "reason"]].tolist() == [4, 0.0, "census"]
    assert line.loc["cost", "reason"] == "no_error"
    assert line.loc["time", "n"] == 3
    assert line.loc["closed", ["ci_low", "ci_high"]].tolist() == [0.93, 1.0]
    links = found[found["group_by"] == "link"].set_index("group")
    assert links["value"].to_dict() == {"前端": 20.0, "后端": 45.0}
    assert links["target"].isna().all()
    teams = found[(found["group_by"] == "team") & (found["group"] == "x")].set_index("indicator")
    assert teams.loc["a", "reason"] == "small_base"
    assert teams.loc["cost", "reason"] == "not_by_group"
    assert line["weight"].sum() == pytest.approx(1)
    months = found[(found["indicator"] == "cost") & found["value"].notna()]["period"]
    assert months.tolist() == [QUARTER, "2026-07", "2026-08"]


def test_values_that_are_not_there_say_why():
    line = whole(evaluation.indicator_values(SYSTEM, quarter=QUARTER))
    assert set(line["reason"]) == {"no_source"}
    empty = values(estimates=ESTIMATES.iloc[:0], table=ROWS.iloc[:0], progress=PROGRESS.iloc[:0])
    assert whole(empty)["reason"].fillna("").to_dict() | {"wait": "", "time": ""} == {
        "a": "not_found", "wait": "", "time": "", "done": "empty", "closed": "", "cost": "not_found"
    }  # fmt: skip
    with pytest.raises(ValueError, match="one row"):
        values(estimates=pd.concat([ESTIMATES, ESTIMATES]))
    with pytest.raises(ValueError, match="expected the columns"):
        values(table=ROWS[["indicator"]])


def test_a_matrix_has_groups_as_rows():
    found = evaluation.matrix(values(), group_by="team", period=QUARTER)
    assert found.index.tolist() == ["x", "y"]
    assert found.index.name == "team"
    assert list(found) == ["wait", "time"]
    assert found["time"].tolist() == [50.0, 80.0]
    one = evaluation.matrix(values(), group_by=None, period=QUARTER)
    assert one.index.tolist() == ["总体"]
    assert len(one.columns) == 6
    lines = evaluation.by_line({"hotline": values(), "shop": values()})
    assert evaluation.matrix(lines, group_by="line", period=QUARTER).index.tolist() == [
        "hotline",
        "shop",
    ]
    with pytest.raises(ValueError, match="one row an indicator"):
        evaluation.matrix(pd.concat([lines, lines]), group_by="line", period=QUARTER)
    with pytest.raises(ValueError, match="what"):
        evaluation.matrix(lines, group_by="line", period=QUARTER, what="target")


# ---- principles ----------------------------------------------------------------------------------


def check(found, principle):
    rows = found[found["principle"] == principle]
    return {i if pd.notna(i) else f: p for i, f, p in zip(rows["indicator"], rows["first"], rows["passed"], strict=True)}  # fmt: skip


def test_the_principles_find_what_is_not_built_well():
    history = pd.concat([values().assign(period=q) for q in ("2026Q1", "2026Q2")])
    found = evaluation.check_system(
        SYSTEM, values(estimates=None), quarter=QUARTER, history=history, table=ROWS,
        population={"stages": 30}, quarters=3,
    )  # fmt: skip
    schema.check(found, "indicator_checks")
    assert check(found, "complete") == {"满意": False, "效率": True}
    assert not check(found, "available")["a"]
    assert "成夲" in " ".join(found["finding"])
    assert not check(found, "current")["a"]
    assert check(found, "current")["time"]
    assert not check(found, "current")["cost"], "two months of three"
    assert check(found, "sustainable") == {"a": False} | dict.fromkeys(["wait", "time", "done", "closed"], True) | {"cost": True}  # fmt: skip
    assert not any(check(found, "quantifiable").values())
    assert not any(check(found, "operable").values())
    covered = found[(found["principle"] == "representative") & (found["indicator"] == "time")]
    assert covered["figure"].tolist()[0] == 0.1
    assert not covered["passed"].any()
    assert found.loc[~found["passed"].fillna(True), "remedy"].notna().all()


def test_two_indicators_that_say_the_same_are_told():
    twins = system(ONE, ONE | {"id": "b", "name": "乙"}, ONE | {"id": "c", "name": "丙"})
    rng = np.random.default_rng(0)
    rows = []
    for i in range(9):
        for name, value in (("a", i), ("b", -2 * i + 0.01 * rng.normal()), ("c", rng.normal())):
            rows.append({"indicator": name, "name": name, "first": "满意", "group_by": "team", "group": f"g{i}", "period": QUARTER, "value": float(value), "direction": "higher", "source": "table"})  # fmt: skip
    told = evaluation.check_system(twins, fitted("indicator_values", *rows), quarter=QUARTER)
    assert told["finding"].str.contains("几乎同进同退").sum() == 1
    assert told.loc[told["finding"].str.contains("同进同退"), "figure"].iloc[0] < -0.99
    few = evaluation.check_system(twins, fitted("indicator_values", *rows[:21]), quarter=QUARTER)
    assert not few["finding"].str.contains("几乎同进同退").any()
    with pytest.raises(ValueError, match="quarters"):
        evaluation.check_system(
            twins, fitted("indicator_values", *rows), quarter=QUARTER, quarters=1
        )


def test_indicators_that_hang_together_are_one_finding():
    names = ["甲", "乙", "丙", "丁", "戊"]
    five = system(*(ONE | {"id": i, "name": n} for i, n in zip("abcde", names, strict=True)))
    x = np.arange(10.0)
    # a goes with b and b with c, though a and c part; d goes with e alone.
    tilt = np.array([1.0, -1.0] * 5)
    columns = {"a": x - 0.9 * tilt, "b": x, "c": x + 0.9 * tilt, "d": tilt, "e": -tilt}
    rows = [
        {"indicator": i, "name": i, "first": "满意", "group_by": "team", "group": f"g{g}", "period": QUARTER, "value": float(value), "direction": "higher", "source": "table"}
        for i, column in columns.items()
        for g, value in enumerate(column)
    ]  # fmt: skip
    assert abs(np.corrcoef(columns["a"], columns["c"])[0, 1]) < 0.95
    told = evaluation.check_system(five, fitted("indicator_values", *rows), quarter=QUARTER)
    told = told[told["finding"].str.contains("同进同退")]
    assert told["indicator"].tolist() == ["b", "e"]
    assert told["figure"].tolist() == pytest.approx(
        [max(np.corrcoef(columns["b"], columns[i])[0, 1] for i in "ac"), -1]
    )
    first, second = told["finding"]
    assert first.startswith("“甲”“乙”“丙”几乎同进同退（其中 2 对的相关系数超过 ±0.95，最强的 0.9")
    assert second == "“丁”“戊”几乎同进同退（相关系数 −1.00），等于把一件事算了 2 次"


def test_measures_are_all_counted_so_few_are_enough():
    found = evaluation.check_system(SYSTEM, values(), quarter=QUARTER)
    row = found[(found["principle"] == "representative") & (found["indicator"] == "done")].iloc[0]
    assert row["passed"]
    assert row["finding"].endswith("统计了全部 4 项，没有抽样")
    none = values(progress=PROGRESS[:0])
    found = evaluation.check_system(SYSTEM, none, quarter=QUARTER)
    row = found[(found["principle"] == "representative") & (found["indicator"] == "done")].iloc[0]
    assert pd.isna(row["passed"])


@pytest.mark.parametrize(
    ("metric", "value", "n"),
    [("on_time", 2 / 4, 4), ("done", 3 / 5, 5), ("overdue", 1 / 5, 5), ("milestones", 0.5, 10)],
)
def test_drafts_count_in_no_figure_of_measures(metric, value, n):
    one = system(ONE | {"source": "actions", "metric": metric})
    progress = PROGRESS.assign(
        milestones_done=PROGRESS["milestones_done"].where(PROGRESS["state"] != "draft", 2)
    )
    row = evaluation.indicator_values(one, quarter=QUARTER, progress=progress).iloc[0]
    assert (row["value"], row["n"]) == (pytest.approx(value), n)


# ---- targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "status", "certain"),
    [
        ({"value": 0.85, "target": 0.8, "ci_low": 0.81, "ci_high": 0.9}, "met", True),
        ({"value": 0.85, "target": 0.8, "ci_low": 0.79, "ci_high": 0.9}, "met", False),
        ({"value": 0.8, "target": 0.8, "se": 0.0}, "met", True),
        ({"value": 0.1 + 0.2, "target": 0.3, "direction": "lower", "se": 0.0}, "met", True),
        ({"value": 0.78, "target": 0.8, "se": 0.02}, "near", False),
        ({"value": 0.76, "target": 0.8, "se": 0.001}, "near", True),
        ({"value": 0.7, "target": 0.8, "se": 0.02}, "missed", True),
        ({"value": 0.7, "target": 0.8}, "missed", False),
        ({"value": 50.0, "target": 30.0, "direction": "lower", "ci_low": 31.0, "ci_high": 70.0}, "missed", True),
        ({"value": 20.0, "target": 30.0, "direction": "lower", "ci_low": 15.0, "ci_high": 29.0}, "met", True),
        ({"value": 0.04, "target": 0.0, "direction": "lower"}, "near", False),
        ({"value": -42.0, "target": -40.0}, "near", False),
        ({"value": 0.7}, "unknown", False),
        ({"target": 0.7, "reason": "small_base"}, "unknown", False),
    ],
)  # fmt: skip
def test_a_value_against_its_target(row, status, certain):
    base = {"indicator": "a", "name": "甲", "first": "满意", "period": QUARTER, "direction": "higher", "source": "x"}  # fmt: skip
    found = evaluation.against_targets(fitted("indicator_values", base | row)).iloc[0]
    assert (found["status"], bool(found["certain"])) == (status, certain)
    if "target" not in row:
        assert found["reason"] == "no_target"


def test_targets_are_counted_by_part():
    results = evaluation.against_targets(values())
    first = evaluation.target_summary(results[results["period"] == QUARTER])
    assert first.set_index("part")[["met", "missed", "unknown"]].loc["效率"].tolist() == [1, 1, 2]
    teams = evaluation.target_summary(results, by="team_of_nobody")
    assert len(teams) == 0
    with pytest.raises(ValueError, match="target_results"):
        evaluation.target_summary(results.drop(columns="status"))


@pytest.mark.parametrize("by", ["link", "team"])
def test_parted_targets_add_up(by):
    whole_system = study.load(REPOSITORY / "studies" / "ops_event").indicators
    found = evaluation.decompose_targets(whole_system, by=by)
    np.testing.assert_allclose(found.groupby("indicator")["share"].sum().astype(float), 1)
    assert found["weight"].sum() == pytest.approx(1)
    time = found[found["indicator"] == "handling_time"]
    assert time["target"].sum() == pytest.approx(480)
    assert list(dict.fromkeys(found["part"])) == list(getattr(whole_system, f"{by}s"))
    bare = evaluation.decompose_targets(system(ONE), by=by)
    assert (bare["part"][0], bare["reason"][0]) == ("未分配", "no_parts")
    with pytest.raises(ValueError, match="by"):
        evaluation.decompose_targets(system(ONE), by="first")


# ---- needs ---------------------------------------------------------------------------------------


def waiting(n=600, seed=0):
    rng = np.random.default_rng(seed)
    wait = rng.integers(1, 61, n).astype(float)
    happy = rng.random(n) < np.where(wait <= 30, 0.95, 0.4)
    return pd.DataFrame(
        {"wait": wait, "speed": happy, "team": rng.choice(list("xyz"), n), "w": 2.0}
    )


def test_the_isotonic_fit_is_r_s():
    share = np.array([0.9, 0.95, 0.7, 0.8, 0.6, 0.65, 0.2, 0.3])
    known = KNOWN["isotonic"]["value"]
    from scipy.optimize import isotonic_regression

    np.testing.assert_allclose(isotonic_regression(share, increasing=False).x, known, rtol=1e-12)
    args = (np.arange(1.0, 9), share, np.ones(8), np.ones(8))
    assert _isotonic(*args, 0.74, 1) == 4.0
    assert _isotonic(*args, 0.74, 5) == -np.inf
    assert _isotonic(*args, 0.99, 1) == -np.inf
    assert _isotonic(*args, 0.1, 1) == np.inf


def test_a_planted_limit_is_found():
    df = waiting()
    row = evaluation.service_targets(df, {"speed": "wait"}, team="team", n_boot=200).iloc[0]
    assert 28 <= row["proposed"] <= 32
    assert row["ci_low"] <= row["proposed"] <= row["ci_high"]
    assert row["within"] == pytest.approx((df["wait"] <= row["proposed"]).mean())
    medians = df.groupby("team")["wait"].median()
    assert medians.min() - 1 <= row["attainable"] <= medians.max()
    scaled = evaluation.service_targets(df, {"speed": "wait"}, team="team", weight="w", n_boot=200)
    assert scaled.iloc[0]["proposed"] == row["proposed"]
    half = pd.concat([df, df.assign(speed=False, w=0.0)], ignore_index=True)
    assert evaluation.service_targets(half, {"speed": "wait"}, weight="w", n_boot=200).iloc[0]["proposed"] == row["proposed"]  # fmt: skip


@pytest.mark.parametrize(
    ("df", "reason"),
    [
        (waiting().assign(speed=True), "always"),
        (waiting().assign(speed=False), "never"),
        (waiting(20), "small_base"),
        (waiting().iloc[:0], "small_base"),
    ],
    ids=["always", "never", "few", "none"],
)
def test_where_no_limit_is_found_it_says_why(df, reason):
    found = evaluation.service_targets(schema_bool(df), {"speed": "wait"}, n_boot=100)
    schema.check(found, "service_targets")
    assert found["reason"].tolist() == [reason]
    assert found["proposed"].isna().all()


def schema_bool(df):
    return df.assign(speed=df["speed"].astype("boolean"))


def test_what_customers_care_about_most_comes_first():
    df = waiting().assign(kind=True)
    importance = pd.DataFrame({"driver": ["speed", "kind"], "share": [0.2, 0.8]})
    coverage = pd.DataFrame({"theme": ["slow", "rude"], "share": [0.3, 0.1]})
    gaps = pd.DataFrame({"item": ["speed", "kind"], "metric": "gap", "group_by": [None, None], "estimate": [0.2, -0.5]})  # fmt: skip
    found = evaluation.service_targets(
        df, {"speed": "wait", "kind": None}, importance=importance, coverage=coverage, gaps=gaps,
        themes={"slow": "speed", "rude": "kind"}, team="team", n_boot=100,
    )  # fmt: skip
    assert found["need"].tolist() == ["kind", "speed"]
    assert found["priority"].tolist() == pytest.approx([(1 + 1 / 3 + 1) / 3, (0.25 + 1 + 0) / 3])
    assert found["evidence"][0] == "drivers:kind、coverage:rude、changes:gap:kind"
    assert found["proposed"][0] == 1.0


@pytest.mark.parametrize(
    ("needs", "settings", "told"),
    [
        ({}, {}, "needs"),
        ({"speed": "nowhere"}, {}, "nowhere"),
        ({"wait": None}, {}, "satisfied"),
        ({"speed": "wait"}, {"goal": 1}, "goal"),
        ({"speed": "wait"}, {"n_boot": 10}, "n_boot"),
        ({"speed": "wait"}, {"method": "mean"}, "method"),
        ({"speed": "wait"}, {"weight": "bad"}, "weights"),
    ],
)
def test_needs_that_do_not_fit_are_refused(needs, settings, told):
    df = waiting(60).assign(bad=-1.0)
    with pytest.raises(ValueError, match=told):
        evaluation.service_targets(df, needs, **settings)


# ---- what a reader sees --------------------------------------------------------------------------


def test_sentences_name_what_is_certain_and_what_is_not():
    results = evaluation.against_targets(values())
    line = results[results["group_by"].isna() & (results["period"] == QUARTER)]
    told = report.targets_sentence(line)
    assert "3 个有数的指标中 1 个达到目标" in told
    assert "甲" in told
    assert "导致" not in told
    view = report.targets_view(line)
    assert view.loc[view["指标"] == "甲", "本期"].tolist() == ["75.0%"] or "0.75" in str(view)
    assert "nan" not in view.to_string().lower()


def test_charts_say_what_is_missing():
    results = evaluation.against_targets(values())
    line = results[results["group_by"].isna() & (results["period"] == QUARTER)]
    told = [text.get_text() for text in charts.target_bullets(line).texts]
    assert told.count("没有数或没有目标") == 3
    with pytest.raises(ValueError, match="filter"):
        charts.target_bullets(results)
    scores = fitted(
        "evaluation",
        *({"method": "weighted_mean", "group": "x", "part": p, "score": s} for p, s in (("a", 10.0), ("b", None), ("c", 90.0))),
    )  # fmt: skip
    axes = charts.first_levels(scores, labels={})
    assert "没有得分" in [text.get_text() for text in axes.texts]
    assert len(axes.figure.axes) == 1, "a radar with a hole is left out"
    assert len(charts.first_levels(scores.fillna({"score": 50.0}), labels={}).figure.axes) == 2
    with pytest.raises(ValueError, match="0 to 100"):
        charts.first_levels(scores.fillna({"score": 150.0}), labels={})
