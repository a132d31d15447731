import os
import subprocess
import sys
import warnings
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sample_report as sample
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.text import Text

from csatlib import charts, drivers, estimates, report, schema
from csatlib.charts import frames, style

#: Name: satisfied of answers. 丁 is small, 戊 suppressed, 己 far above and 庚 far below the rest.
UNITS = {
    "甲": (42, 50),
    "乙": (26, 30),
    "丙": (10, 12),
    "丁": (3, 4),
    "戊": (1, 2),
    "己": (99, 100),
    "庚": (30, 60),
}
UNIT_LABELS = {"庚": "庚分公司"}


def unit_table(answers=UNITS, **options):
    df = pd.DataFrame({"unit": np.repeat(list(answers), [n for _, n in answers.values()])})
    df["satisfied"] = np.concatenate([np.arange(n) < x for x, n in answers.values()])
    options = {"unit": "unit", "target": 0.85, "min_base": 3} | options
    return estimates.units(df, "satisfied", **options)


UNIT_TABLE = unit_table()


def keyness_table(rows):
    """Fill group, term, log-odds, its error and adjusted p up to the contract."""
    blank = schema.empty("keyness")
    table = pd.DataFrame(rows, columns=["group", "term", "log_odds", "se", "p_adjusted"])
    table = table.assign(z=table["log_odds"] / table["se"], group_by="tier", share=0.125)
    table = table.assign(ci_low=table["log_odds"] - 2 * table["se"], share_rest=0.03)
    table = table.assign(ci_high=table["log_odds"] + 2 * table["se"], comments=12, base=96)
    table = table.assign(comments_rest=6, base_rest=200, rank=1).reindex(columns=list(blank))
    return table.astype(blank.dtypes.to_dict()).pipe(schema.check, "keyness")


KEYNESS = keyness_table(
    [
        ("个人客户", "接通", 1.5, 0.3, 0.0001),
        ("个人客户", "占线", 0.6, 0.4, 0.2),
        ("个人客户", "账单", -0.9, 0.3, 0.03),
        ("企业客户", "驻场人员技能", 0.8, 0.5, 0.3),
        ("企业客户", "接通", -1.5, 0.3, 0.0001),
        ("企业客户", "发票", 0.01, 0.3, 0.99),
    ]
)


def driver_table(rows=sample.DRIVERS):
    """Fill rows of importance, its ends, rank and its ends up to the contract."""
    names = ["importance", "ci_low", "ci_high", "rank", "rank_low", "rank_high"]
    blank = schema.empty("drivers")
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("driver")
    table = table.reset_index().assign(method="lmg", kind="linear", n=400, r2=0.49, share=0.1)
    table = table.reindex(columns=list(blank))
    return table.astype(blank.dtypes.to_dict()).pipe(schema.check, "drivers")


def priority_table(importance=None, scores=sample.DIMENSIONS, **options):
    options = {"seed": 0, "sure": 0.95} | options
    return drivers.priorities(
        driver_table() if importance is None else importance, scores, **options
    )


DRIVER_TABLE, PRIORITY_TABLE = driver_table(), priority_table()
EXHIBITS = {
    "dimensions": lambda: charts.dimension_bars(
        sample.DIMENSIONS, labels=sample.LABELS, target=4.2
    ),
    "groups": lambda: charts.group_bars(sample.GROUPS, labels={}, reference=4.08),
    "distribution": lambda: charts.distribution_bars(
        sample.DISTRIBUTION, labels=sample.LABELS, levels=sample.LEVELS
    ),
    "trend": lambda: charts.trend_lines(sample.TREND, labels=sample.LABELS),
    "keywords": lambda: charts.keyword_bars(sample.KEYWORDS),
    "keyness": lambda: charts.keyness_dots(KEYNESS),
    "word cloud": lambda: charts.word_cloud(sample.KEYWORDS),
    "funnel": lambda: charts.funnel(UNIT_TABLE, labels=UNIT_LABELS),
    "unit ranks": lambda: charts.unit_ranks(UNIT_TABLE, labels=UNIT_LABELS),
    "importances": lambda: charts.importance_dots(DRIVER_TABLE, labels=sample.LABELS),
    "priorities": lambda: charts.priority_matrix(PRIORITY_TABLE, labels=sample.LABELS),
}
every_exhibit = pytest.mark.parametrize("name", EXHIBITS)
NOTHING = schema.empty("estimates")
SUPPRESSED = sample.estimates(
    [{"item": "speed", "n": 12, "suppressed": True, "reason": "small_base"}]
)
ESTIMATE_EXHIBITS = {
    "dimensions": lambda table: charts.dimension_bars(table, labels=sample.LABELS),
    "groups": lambda table: charts.group_bars(table, labels={}),
    "distribution": lambda table: charts.distribution_bars(
        table.assign(metric="distribution"), labels=sample.LABELS, levels=sample.LEVELS
    ),
    "trend": lambda table: charts.trend_lines(table, labels=sample.LABELS),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def row_names(ax):
    return [label.get_text().split("\n")[0] for label in ax.get_yticklabels()]


def dots(ax):
    """The points, without the reference line: (x, y) of each."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in ax.lines
        if line.get_marker() == "o" and len(line.get_xdata()) == 1
    ]


def intervals(ax, *, along=0):
    """The interval ends, by the place of their row or quarter."""
    found = {}
    for container in ax.containers:
        if isinstance(container, ErrorbarContainer):
            for segment in container.lines[2][0].get_segments():
                found[round(float(segment[0][1 - along]), 6)] = tuple(segment[:, along])
    return found


# fonts


@every_exhibit
def test_every_glyph_is_there(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = charts.to_svg(EXHIBITS[name]())
    assert "<text" not in svg  # outlines: nothing is left to the reader's fonts


def test_the_packaged_font_is_the_one_that_is_used():
    with mpl.rc_context():
        charts.use_style()
        assert Path(findfont(FontProperties())) == charts.font_path()
        assert mpl.rcParams["axes.unicode_minus"] is False


def test_importing_the_room_is_cheap_and_the_font_does_not_need_its_package():
    script = "import sys, csatlib.charts as c; print(*sys.modules)"
    imported, styled = _python(f"{script}; c.use_style(); print(*sys.modules)").splitlines()
    assert not {"matplotlib", "seaborn"} & set(imported.split())
    assert "seaborn" in styled.split()
    assert "zhplot" not in styled.split()


def test_an_exhibit_leaves_the_settings_of_the_session_alone():
    with mpl.rc_context({"font.family": ["serif"], "xtick.bottom": True}):
        before = dict(mpl.rcParams)
        charts.to_svg(EXHIBITS["dimensions"]())
        assert dict(mpl.rcParams) == before


def test_it_draws_on_a_machine_without_fonts(tmp_path):
    (tmp_path / "fonts.conf").write_text(
        '<?xml version="1.0"?><fontconfig></fontconfig>', encoding="utf-8"
    )
    script = """
import warnings; warnings.simplefilter("error")
from matplotlib import font_manager
font_manager.findSystemFonts = lambda *args, **kwargs: []
font_manager.fontManager.ttflist.clear()
import sample_report as sample
from csatlib import charts
from matplotlib import font_manager
print(len(charts.to_svg(charts.dimension_bars(sample.DIMENSIONS, labels=sample.LABELS))))
print(sorted({entry.name for entry in font_manager.fontManager.ttflist}))
"""
    # DejaVu lies inside matplotlib itself, and the list is emptied of that too.
    done = _python(
        script,
        MPLCONFIGDIR=str(tmp_path / "mpl"),
        FONTCONFIG_FILE=str(tmp_path / "fonts.conf"),
        HOME=str(tmp_path),
        XDG_CACHE_HOME=str(tmp_path),
    ).splitlines()
    assert int(done[0]) > 10_000
    assert done[1] == "['Noto Sans SC']"


# the same table, the same bytes


def test_another_process_writes_the_same_bytes():
    script = """
import hashlib
from test_charts import EXHIBITS, charts
for draw in EXHIBITS.values():
    print(hashlib.sha256(charts.to_svg(draw()).encode()).hexdigest())
"""
    here = [sha256(charts.to_svg(draw()).encode()).hexdigest() for draw in EXHIBITS.values()]
    assert _python(script, PYTHONHASHSEED="7").split() == here
    assert len(set(here)) == len(EXHIBITS)


def test_svg_closes_its_figure_and_has_no_date():
    svg = charts.to_svg(EXHIBITS["groups"]())
    assert plt.get_fignums() == []
    assert "dc:date" not in svg


# what is drawn is what the table says


@pytest.mark.parametrize("reverse", [False, True], ids=["sorted", "reversed"])
def test_dots_and_intervals_stand_at_the_numbers(reverse):
    table = sample.DIMENSIONS.iloc[::-1] if reverse else sample.DIMENSIONS
    ax = charts.dimension_bars(table, labels=sample.LABELS)
    drawn = table.loc[~table["suppressed"]].sort_values("estimate", ascending=False)
    assert row_names(ax) == [sample.LABELS[item] for item in [*drawn["item"], "ease"]]
    assert sorted(dots(ax), key=lambda dot: dot[1]) == list(
        zip(drawn["estimate"], range(len(drawn)), strict=True)
    )
    ends = intervals(ax)
    assert list(ends) == list(range(len(drawn)))
    assert np.allclose(list(ends.values()), drawn[["ci_low", "ci_high"]].to_numpy(dtype=float))
    assert [t for t in texts(ax) if "." in t] == ["4.36", "4.21", "4.05", "3.97", "3.82"]


def test_shares_are_bars_from_zero():
    table = sample.estimates(
        [
            {"metric": "share", "item": "speed", "estimate": 0.764, "ci_low": 0.7, "ci_high": 0.8},
            {"metric": "share", "item": "skill", "estimate": 0.842, "ci_low": 0.8, "ci_high": 0.9},
        ]
    )
    ax = charts.dimension_bars(table, labels=sample.LABELS)
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 0.842), (0, 0.764)]
    assert ax.get_xlim()[0] == 0
    assert texts(ax) == ["84.2%", "76.4%"]
    assert np.allclose(list(intervals(ax).values()), [(0.8, 0.9), (0.7, 0.8)])


def test_net_scores_are_told_with_their_sign():
    table = sample.estimates(
        [
            {"metric": "nps", "item": "speed", "estimate": -8.25},
            {"metric": "nps", "item": "skill", "estimate": 12.0},
        ]
    )
    ax = charts.dimension_bars(table, labels=sample.LABELS)
    assert texts(ax) == ["+12.0", "−8.2"]


@pytest.mark.parametrize("metric", ["mean", "share", "distribution", "nps"])
@pytest.mark.parametrize("value", [-12.34, -0.25, -0.0004, 0.0, 0.0004, 0.7812, 4.0186])
def test_numbers_are_written_as_in_the_words_of_the_report(value, metric):
    assert frames.shown(value, metric) == report.number(value, metric)


@pytest.mark.parametrize(
    ("value", "metric", "written"),
    [
        (-20.0, "nps", "−20"),
        (-0.0, "nps", "0"),
        (0.2, "nps", "0"),
        (20.0, "nps", "+20"),
        (-0.5, "mean", "−0.5"),
        (-0.0, "mean", "0.0"),
        (-1e-17, "mean", "0.0"),
        (0.25, "mean", "0.25"),
        (-0.05, "share", "−5%"),
        (-0.0, "share", "0%"),
    ],
)
def test_numbers_of_an_axis(value, metric, written):
    assert frames.tick(value, metric) == written


def test_only_the_lowest_item_has_the_accent():
    ax = charts.dimension_bars(sample.DIMENSIONS, labels=sample.LABELS)
    accented = [
        float(line.get_xdata()[0]) for line in ax.lines if to_hex(line.get_color()) == charts.ACCENT
    ]
    assert accented == [3.82]


def test_the_target_is_a_line_with_its_number():
    ax = charts.dimension_bars(sample.DIMENSIONS, labels=sample.LABELS, target=4.2)
    assert [line.get_xdata() for line in ax.lines if line.get_linestyle() == "--"] == [[4.2, 4.2]]
    assert "目标 4.20" in texts(ax)


def test_an_axis_of_means_is_never_so_narrow_that_chance_looks_large():
    table = sample.estimates(
        [
            {"item": "speed", "estimate": 4.01, "ci_low": 4.0, "ci_high": 4.02},
            {"item": "skill", "estimate": 4.02, "ci_low": 4.01, "ci_high": 4.03},
        ]
    )
    low, high = charts.dimension_bars(table, labels=sample.LABELS).get_xlim()
    assert high - low >= 0.5 - 1e-9


@pytest.mark.parametrize("metric", ["mean", "share"])
def test_a_suppressed_group_has_its_n_and_no_mark(metric):
    table = sample.GROUPS.assign(metric=metric)
    if metric == "share":
        numbers = ["estimate", "ci_low", "ci_high"]
        table[numbers] = table[numbers] / 5
    ax = charts.group_bars(table, labels={"华东": "华东区"})
    assert row_names(ax) == ["华东区", "华北", "华南", "东北"]
    assert ax.get_yticklabels()[0].get_text() == "华东区\nn=412"
    places = [y for _, y in dots(ax)] + [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
    assert sorted(round(place) for place in places) == [0, 1, 2]
    assert list(intervals(ax)) == [0, 1, 2]
    assert [(t.get_text(), t.get_position()[1]) for t in ax.texts][-1] == ("样本不足 (n=12)", 3)


def test_the_reference_is_a_line_with_its_number():
    ax = charts.group_bars(sample.GROUPS, labels={}, reference=4.08)
    assert "总体 4.08" in texts(ax)


def test_a_row_without_an_interval_has_a_mark_and_no_whisker():
    table = sample.estimates([{"item": "speed", "estimate": 5.0, "reason": "no_variation"}])
    ax = charts.dimension_bars(table, labels=sample.LABELS)
    assert dots(ax) == [(5.0, 0.0)]
    assert intervals(ax) == {}


def test_pieces_of_a_distribution_are_the_shares_in_order():
    ax = EXHIBITS["distribution"]()
    assert row_names(ax) == ["服务态度", "问题解决效果", "响应速度", "流程便捷程度"]
    table = sample.DISTRIBUTION
    for place, item in enumerate(["manner", "result", "speed"]):
        shares = table.loc[table["item"] == item, "estimate"].to_numpy(dtype=float)
        pieces = [p for p in ax.patches if round(p.get_y() + p.get_height() / 2) == place]
        assert np.allclose([p.get_width() for p in pieces], shares)
        assert np.allclose([p.get_x() for p in pieces], np.cumsum(shares) - shares)
    assert len(ax.patches) == 15
    assert "样本不足 (n=12)" in texts(ax)


def test_small_pieces_carry_no_number():
    assert not {"2%", "3%", "4%"} & set(texts(EXHIBITS["distribution"]()))
    assert "7%" in texts(EXHIBITS["distribution"]())


def test_the_key_names_the_levels_from_low_to_high():
    legend = EXHIBITS["distribution"]().figure.legends[0]
    assert [text.get_text() for text in legend.texts] == list(sample.LEVELS.values())


def test_trend_points_and_intervals_stand_at_the_numbers():
    ax = charts.trend_lines(sample.TREND, labels=sample.LABELS)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2026Q1", "2026Q2", "2026Q3"]
    lines = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert [list(line.get_ydata()) for line in lines] == [[4.02, 3.95, 3.82], [3.98, 4.01, 4.05]]
    ends = np.array(list(intervals(ax, along=1).values()))
    assert np.allclose(sorted(ends[:, 0]), sorted(sample.TREND["ci_low"].astype(float)))
    assert np.allclose(ends[:, 1] - ends[:, 0], 0.16)
    assert {"响应速度 3.82", "问题解决效果 4.05"} == set(texts(ax))


def test_a_quarter_without_data_is_a_gap_and_a_suppressed_one_a_cross():
    quarters = [("2025Q3", 4.0), ("2026Q1", 4.1), ("2026Q2", None)]
    table = sample.estimates(
        [
            {"quarter": q, "item": "speed", "estimate": e, "suppressed": e is None}
            for q, e in quarters
        ]
    )
    ax = charts.trend_lines(table, labels=sample.LABELS)
    line = ax.lines[0].get_ydata()
    assert line[0] == 4.0
    assert np.isnan(line[1])
    assert line[2] == 4.1
    assert np.isnan(line[3])
    cross = next(line for line in ax.lines if line.get_marker() == "x")
    assert list(cross.get_xdata()) == [3]
    assert [t.get_text() for t in ax.figure.legends[0].texts] == ["样本不足，不显示"]


def test_one_quarter_alone_is_points():
    table = sample.TREND.loc[sample.TREND["quarter"] == "2026Q3"]
    ax = charts.trend_lines(table, labels=sample.LABELS)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2026Q3"]
    low, high = ax.get_xlim()
    assert low < -0.3
    assert high > 0.3


# drivers


@pytest.mark.parametrize("reverse", [False, True], ids=["sorted", "reversed"])
def test_importances_and_their_intervals_stand_at_the_numbers(reverse):
    ax = charts.importance_dots(
        DRIVER_TABLE.iloc[::-1] if reverse else DRIVER_TABLE, labels=sample.LABELS
    )
    order = ["speed", "result", "skill", "manner", "follow", "ease"]
    assert row_names(ax) == [sample.LABELS[driver] for driver in order]
    rows = DRIVER_TABLE.set_index("driver").loc[order[:-1]]
    assert sorted(dots(ax), key=lambda dot: dot[1]) == list(
        zip(rows["importance"], range(5), strict=True)
    )
    ends = [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() != "o"]
    assert ends == list(zip(rows["ci_low"], rows["ci_high"], strict=True))
    assert texts(ax)[:2] == ["第 1 名（1–2）", "第 2 名（1–2）"]
    assert texts(ax)[-1] == "数据不足"
    assert ax.get_xlim()[0] == 0


def test_drivers_that_may_be_first_have_the_accent():
    ax = charts.importance_dots(DRIVER_TABLE, labels=sample.LABELS)
    accented = {
        float(line.get_ydata()[0]) for line in ax.lines if to_hex(line.get_color()) == charts.ACCENT
    }
    assert accented == {0, 1}


def test_without_ranks_the_importance_itself_is_told():
    table = DRIVER_TABLE.assign(rank=pd.NA, rank_low=pd.NA, rank_high=pd.NA)
    assert texts(charts.importance_dots(table, labels=sample.LABELS))[0] == "30.0%"


def test_the_matrix_has_its_points_cuts_and_quadrants():
    ax = charts.priority_matrix(PRIORITY_TABLE, labels=sample.LABELS)
    rows = PRIORITY_TABLE.dropna(subset="quadrant")
    assert sorted(dots(ax)) == sorted(zip(rows["performance"], rows["importance"], strict=True))
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed[0].get_xdata()[0] == rows["performance_cut"].iloc[0]
    assert dashed[1].get_ydata()[0] == rows["importance_cut"].iloc[0]
    assert {"优先改进", "继续保持", "次要改进", "无须加码"} <= set(texts(ax))
    assert "平均 4.08" in texts(ax)
    written = {text.replace("\n", "") for text in texts(ax)}
    assert {sample.LABELS[driver] for driver in rows["driver"]} <= written
    assert "1 个维度数据不足，未画出" in ax.get_xlabel()


def test_crosses_of_the_matrix_are_the_intervals():
    ax = charts.priority_matrix(PRIORITY_TABLE, labels=sample.LABELS)
    rows = PRIORITY_TABLE.dropna(subset="quadrant")
    plain = [line for line in ax.lines if line.get_linestyle() == "-" and line.get_marker() != "o"]
    across = {tuple(map(float, line.get_xdata())) for line in plain}
    up = {tuple(map(float, line.get_ydata())) for line in plain}
    ends = rows[["performance_low", "performance_high", "importance_low", "importance_high"]]
    for left, right, bottom, top in ends.to_numpy(dtype=float):
        assert (left, right) in across
        assert (bottom, top) in up


def test_a_hollow_dot_is_a_quadrant_that_is_not_certain():
    ax = charts.priority_matrix(PRIORITY_TABLE, labels=sample.LABELS)
    rows = PRIORITY_TABLE.dropna(subset="quadrant")
    assert 0 < rows["certain"].sum() < len(rows)
    hollow = {
        float(line.get_ydata()[0])
        for line in ax.lines
        if line.get_marker() == "o" and to_hex(line.get_markerfacecolor()) == "#ffffff"
    }
    assert hollow == set(rows.loc[~rows["certain"].astype(bool), "importance"])
    assert [t.get_text() for t in ax.figure.legends[0].texts] == ["象限较有把握", "象限没有把握"]
    sure = charts.priority_matrix(PRIORITY_TABLE.assign(certain=True), labels=sample.LABELS)
    assert not sure.figure.legends


@pytest.mark.parametrize("spread", [1.0, 0.2, 0.02], ids=["apart", "near", "crowded"])
def test_names_in_the_matrix_cover_no_name_no_dot_and_no_corner(spread):
    columns = ["performance", "performance_low", "performance_high"]
    columns += ["importance", "importance_low", "importance_high"]
    table = PRIORITY_TABLE.dropna(subset="quadrant").copy()
    # Far corners keep the axes wide while the points move together.
    for column in columns:
        middle = table[column.split("_")[0]].mean()
        moved = table[column] if column.endswith(("low", "high")) else None
        table[column] = moved if moved is not None else middle + spread * (table[column] - middle)
    ax = charts.priority_matrix(table, labels=sample.LABELS)
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text()]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])
    names = {style.wrap(sample.LABELS[driver], width=12) for driver in table["driver"]}
    for text in ax.texts:
        if text.get_text() in names:
            box = text.get_window_extent()
            for x, y in ax.transData.transform(dots(ax)):
                assert not (box.x0 < x < box.x1 and box.y0 < y < box.y1)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: charts.importance_dots(DRIVER_TABLE, labels={}), "no label for the item"),
        (
            lambda: charts.importance_dots(
                pd.concat([DRIVER_TABLE, DRIVER_TABLE.assign(method="johnson")]),
                labels=sample.LABELS,
            ),
            "one method",
        ),
        (lambda: charts.priority_matrix(PRIORITY_TABLE, labels={}), "no label for the item"),
        (
            lambda: charts.priority_matrix(
                pd.concat([PRIORITY_TABLE, PRIORITY_TABLE]), labels=sample.LABELS
            ),
            "one row for each driver",
        ),
    ],
    ids=["dots label", "dots methods", "matrix label", "matrix twice"],
)
def test_a_table_of_drivers_that_cannot_be_drawn_is_told(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


@pytest.mark.parametrize(
    ("draw", "table"),
    [(charts.importance_dots, "drivers"), (charts.priority_matrix, "priorities")],
    ids=["importances", "priorities"],
)
def test_drivers_without_data_say_so(draw, table):
    assert texts(draw(schema.empty(table), labels={})) == ["数据不足"]


def test_end_labels_do_not_overlap():
    items = list(sample.LABELS)
    table = sample.estimates(
        [{"item": item, "estimate": 4 + 0.001 * k} for k, item in enumerate(items)]
    )
    ax = charts.trend_lines(table, labels=sample.LABELS)
    ax.figure.canvas.draw()
    boxes = sorted((t.get_window_extent().y0, t.get_window_extent().y1) for t in ax.texts)
    assert all(upper[0] >= lower[1] for lower, upper in pairwise(boxes))


def test_keyword_bars_are_the_comments_of_the_leading_terms():
    ax = charts.keyword_bars(sample.KEYWORDS.iloc[::-1], top=3)
    assert row_names(ax) == ["响应慢", "重复报修", "流程复杂"]
    assert [bar.get_width() for bar in ax.patches] == [57, 41, 28]
    assert texts(ax)[0] == "57 条（14%）"


def test_intervals_of_mentions_are_whiskers_in_comments_of_the_base():
    known = sample.KEYWORDS.assign(
        ci_low=pd.array([0.1, None, 0.05, None, None], dtype="Float64"),
        ci_high=pd.array([0.2, 0.3, 0.11, None, None], dtype="Float64"),
    )
    ax = charts.keyword_bars(known)
    found = {place: pytest.approx(ends) for place, ends in intervals(ax).items()}
    assert found == {0: (42.0, 84.0), 2: (21.0, 46.2)}
    assert ax.get_xlim()[1] == pytest.approx(84)
    assert not intervals(charts.keyword_bars(known.assign(method="tfidf")))
    assert not intervals(charts.keyword_bars(sample.KEYWORDS))


# words


def test_words_of_each_group_stand_at_their_log_odds_with_intervals():
    ax = charts.keyness_dots(KEYNESS.sample(frac=1, random_state=3))
    assert row_names(ax) == ["接通", "占线", "账单", "驻场人员技能", "发票", "接通"]
    places = list(ax.get_yticks())
    assert dots(ax) == [
        (value, place)
        for value, place in zip([1.5, 0.6, -0.9, 0.8, 0.01, -1.5], places, strict=True)
    ]
    spans = [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() != "o"]
    for value, se in ((1.5, 0.3), (0.6, 0.4), (-0.9, 0.3), (0.8, 0.5)):
        assert any(span == pytest.approx((value - 2 * se, value + 2 * se)) for span in spans)
    assert [t for t in texts(ax) if "客户" in t] == ["个人客户", "企业客户"]
    assert texts(ax)[0] == "12.5% / 3.0%"


def test_only_words_told_from_chance_have_the_accent():
    ax = charts.keyness_dots(KEYNESS)
    colours = [to_hex(line.get_color()) for line in ax.lines if line.get_marker() == "o"]
    sure = [True, False, True, False, False, True]
    assert colours == [charts.ACCENT if each else style.MUTED for each in sure]


def test_the_strongest_words_of_both_sides_are_chosen():
    ax = charts.keyness_dots(KEYNESS, top=2)
    assert row_names(ax) == ["接通", "账单", "驻场人员技能", "接通"]


def test_of_two_groups_each_has_only_what_it_says_more_often():
    small = KEYNESS["group"] == "个人客户"
    whole = KEYNESS.assign(base=small.map({True: 96, False: 200}).astype("Int64"))
    whole = whole.assign(base_rest=(296 - whole["base"]).astype("Int64"))
    assert row_names(charts.keyness_dots(whole)) == ["接通", "占线", "驻场人员技能", "发票"]


def test_a_group_that_cannot_be_compared_has_no_panel():
    gone = KEYNESS.assign(z=KEYNESS["z"].where(KEYNESS["group"] == "个人客户"))
    assert [t for t in texts(charts.keyness_dots(gone)) if "客户" in t] == ["个人客户"]
    assert texts(charts.keyness_dots(gone.assign(z=pd.NA))) == ["数据不足"]


def test_words_in_the_cloud_are_the_larger_the_more_comments_mention_them():
    ax = charts.word_cloud(sample.KEYWORDS.iloc[::-1])
    size = {text.get_text(): text.get_fontsize() for text in ax.texts}
    assert list(size) == sample.KEYWORDS["term"].tolist()
    assert list(size.values()) == sorted(size.values(), reverse=True)
    assert min(size.values()) >= 10


def test_words_in_the_cloud_cover_no_other_and_leave_the_picture_nowhere():
    words = "响应 重复 流程 态度 密码 报修 工单 进度表 处理 回访 坐席 排队 电话 故障 修好 业务"
    many = sample.keywords({word: 90 - 4 * i for i, word in enumerate(words.split())})
    ax = charts.word_cloud(many)
    ax.figure.draw_without_rendering()
    boxes = [text.get_tightbbox() for text in ax.texts]
    assert len(boxes) == len(many)
    frame = ax.figure.bbox
    for box in boxes:
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1
    ink = [box.padded(-0.18 * box.height) for box in boxes]  # a line is higher than its ink
    assert not any(one.overlaps(other) for i, one in enumerate(ink) for other in ink[:i])


def test_another_seed_draws_another_cloud():
    one, other = (charts.to_svg(charts.word_cloud(sample.KEYWORDS, seed=s)) for s in (0, 1))
    assert one != other


def test_without_the_library_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordcloud", None)
    with pytest.raises(ImportError, match=r"csatlib\[cloud\]"):
        charts.word_cloud(sample.KEYWORDS)


# units


def by_unit(name):
    return UNIT_TABLE.set_index("group").loc[name]


def test_the_funnel_has_a_dot_a_unit_and_the_limits_of_the_table():
    ax = charts.funnel(UNIT_TABLE.iloc[::-1], labels=UNIT_LABELS)
    shown = UNIT_TABLE.loc[~UNIT_TABLE["suppressed"]].sort_values(["n", "group"])
    (points,) = ax.collections
    assert points.get_offsets().tolist() == shown[["n", "estimate"]].to_numpy().tolist()
    lines = [line for line in ax.lines if len(line.get_xdata()) == len(shown)]
    for line, name in zip(
        lines, ["funnel_low", "funnel_high", "alarm_low", "alarm_high"], strict=True
    ):
        assert line.get_xdata().tolist() == shown["n"].tolist()
        assert line.get_ydata().tolist() == shown[name].tolist()
    overall = next(line for line in ax.lines if len(line.get_xdata()) == 2)
    assert overall.get_ydata()[0] == UNIT_TABLE["overall"].iloc[0]


def test_units_outside_the_funnel_have_the_accent_and_their_name():
    ax = charts.funnel(UNIT_TABLE, labels=UNIT_LABELS)
    colours = [to_hex(colour) for colour in ax.collections[0].get_facecolors()]
    order = UNIT_TABLE.loc[~UNIT_TABLE["suppressed"]].sort_values(["n", "group"])["group"]
    outside = [unit for unit, c in zip(order, colours, strict=True) if c == charts.ACCENT]
    assert outside == ["庚", "己"]
    assert texts(ax) == ["庚分公司", "己"]
    assert texts(charts.funnel(UNIT_TABLE, labels={}, named=1)) == ["庚"]


def test_the_funnel_says_how_many_units_are_not_in_it():
    assert "1 个单位没有满意率" in charts.funnel(UNIT_TABLE, labels={}).get_xlabel()
    whole = UNIT_TABLE.loc[~UNIT_TABLE["suppressed"]]
    assert charts.funnel(whole, labels={}).get_xlabel() == "有效问卷数"


def test_names_beside_the_funnel_do_not_overlap():
    answers = {f"单位{i}": (40 - i % 2, 80) for i in range(8)} | {"大": (2000, 2100)}
    ax = charts.funnel(unit_table(answers), labels={})
    ax.figure.canvas.draw()
    # An annotation's own extent would include its line.
    extents = [Text.get_window_extent(text) for text in ax.texts]
    boxes = sorted((extent.y0, extent.y1) for extent in extents)
    assert len(boxes) == 8
    assert all(upper[0] >= lower[1] for lower, upper in pairwise(boxes))


def test_units_are_lined_up_by_their_shrunken_rate():
    ax = charts.unit_ranks(UNIT_TABLE, labels=UNIT_LABELS)
    shown = UNIT_TABLE.dropna(subset=["shrunken"]).sort_values("shrunken", ascending=False)
    names = [*shown["group"].replace("庚", "庚分公司"), "戊"]
    assert row_names(ax) == names
    assert [x for x, _ in dots(ax)] == shown["shrunken"].tolist()
    ends = [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() == "None"]
    limits = shown[["shrunken_low", "shrunken_high"]].itertuples(index=False, name=None)
    assert ends == [*limits, (0.85, 0.85), *ends[len(shown) + 1 :]]


def test_ranks_are_written_with_their_interval_and_small_units_have_none():
    found = texts(charts.unit_ranks(UNIT_TABLE, labels=UNIT_LABELS))
    best = by_unit("己")
    assert found[1 if "目标" in found[0] else 0] == (
        f"第 1 名（{best['rank_low']:.0f}–{best['rank_high']:.0f}）"
    )
    assert "样本少，不排名 (n=4)" in found
    assert "样本不足 (n=2)" in found
    assert "目标 85.0%" in found


def test_only_units_surely_below_the_target_have_the_accent():
    ax = charts.unit_ranks(UNIT_TABLE, labels={})
    coloured = [line for line in ax.lines if line.get_color() == charts.ACCENT]
    assert {tuple(line.get_xdata()) for line in coloured} == {
        (by_unit("庚")["shrunken_low"], by_unit("庚")["shrunken_high"]),
        (by_unit("庚")["shrunken"],),
    }


def test_without_a_target_there_is_no_line():
    ax = charts.unit_ranks(unit_table(target=None), labels={})
    assert not [text for text in texts(ax) if "目标" in text]
    assert charts.ACCENT not in [line.get_color() for line in ax.lines]


def test_many_units_are_a_shape_without_names():
    answers = {f"单位{i:02d}": (20 + i % 9, 30) for i in range(60)}
    ax = charts.unit_ranks(unit_table(answers), labels={})
    assert row_names(ax) == []
    assert texts(ax) == ["目标 85.0%"]


# nothing to show, and wrong tables


@pytest.mark.parametrize("name", ESTIMATE_EXHIBITS)
@pytest.mark.parametrize("table", [NOTHING, SUPPRESSED], ids=["empty", "suppressed"])
def test_without_an_estimate_it_says_so(name, table):
    ax = ESTIMATE_EXHIBITS[name](table)
    assert texts(ax) == ["数据不足"]
    assert charts.to_svg(ax)


@pytest.mark.parametrize("draw", [charts.funnel, charts.unit_ranks])
@pytest.mark.parametrize(
    "table", [schema.empty("units"), unit_table(min_base=500)], ids=["empty", "suppressed"]
)
def test_without_a_unit_it_says_so(draw, table):
    assert texts(draw(table, labels={})) == ["数据不足"]


@pytest.mark.parametrize("draw", [charts.keyword_bars, charts.word_cloud])
def test_without_keywords_it_says_so(draw):
    assert texts(draw(schema.empty("keywords"))) == ["数据不足"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: charts.dimension_bars(sample.DIMENSIONS, labels={}),
            "no label for the item 'manner'",
        ),
        (
            lambda: charts.dimension_bars(sample.TREND, labels=sample.LABELS),
            "expected one row for each item",
        ),
        (
            lambda: charts.dimension_bars(
                sample.DIMENSIONS.assign(metric=["mean"] * 5 + ["share"]), labels=sample.LABELS
            ),
            "expected one metric, found",
        ),
        (
            lambda: charts.group_bars(sample.DIMENSIONS, labels={}),
            "expected one item, found",
        ),
        (
            lambda: charts.distribution_bars(
                sample.DISTRIBUTION, labels=sample.LABELS, levels=["1", "2", "3", "4"]
            ),
            "the levels ['5'] of the table",
        ),
        (
            lambda: charts.distribution_bars(
                sample.DIMENSIONS, labels=sample.LABELS, levels=sample.LEVELS
            ),
            "expected the metric 'distribution', found ['mean']",
        ),
        (
            lambda: charts.trend_lines(sample.TREND.assign(quarter=None), labels=sample.LABELS),
            "expected one row for each item and quarter",
        ),
        (
            lambda: charts.trend_lines(
                sample.DIMENSIONS.assign(quarter=None), labels=sample.LABELS
            ),
            "expected a quarter in every row",
        ),
        (
            lambda: charts.funnel(sample.GROUPS, labels={}),
            "expected the units table, found one without",
        ),
        (
            lambda: charts.unit_ranks(pd.concat([UNIT_TABLE, UNIT_TABLE]), labels={}),
            "expected one row for each group",
        ),
        (
            lambda: charts.funnel(UNIT_TABLE.assign(item=list("aaabbbb")), labels={}),
            "expected one item, found ['a', 'b']",
        ),
        (
            lambda: charts.unit_ranks(
                UNIT_TABLE.assign(target=[0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]), labels={}
            ),
            "expected one target, found",
        ),
        (
            lambda: charts.keyword_bars(sample.KEYWORDS.assign(method=list("ababa"))),
            "expected one method, found ['a', 'b']",
        ),
        (
            lambda: charts.word_cloud(sample.KEYWORDS.assign(group=list("ababa"))),
            "expected one group, found ['a', 'b']",
        ),
        (
            lambda: charts.keyness_dots(KEYNESS.assign(group_by=list("ababab"))),
            "expected one group_by, found ['a', 'b']",
        ),
        (
            lambda: charts.keyness_dots(pd.concat([KEYNESS, KEYNESS])),
            "expected one row for each group and term",
        ),
        (lambda: charts.keyness_dots(KEYNESS, top=0), "top must be at least 1"),
    ],
)
def test_a_table_that_cannot_be_this_exhibit_is_refused(draw, message):
    with pytest.raises(ValueError) as refusal:
        draw()
    assert message in str(refusal.value)


def test_gaps_are_told_before_and_after_weighting():
    gaps = pd.DataFrame(
        {
            "variable": ["tier", "tier"],
            "level": ["A", "B"],
            "gap_before": [-0.144, 0.144],
            "gap_after": [0.0, -0.00001],
        }
    )
    axes = charts.gap_dots(gaps, labels={"tier": "等级"})
    assert [text.get_text() for text in axes.texts] == ["−14.4 → 0.0", "+14.4 → 0.0"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["等级：A", "等级：B"]
    before, after = (line.get_xdata() for line in axes.lines if line.get_marker() == "o")
    assert before == pytest.approx([-14.4, 14.4])
    assert after == pytest.approx([0, -0.001])


def test_tables_are_not_changed():
    before = sample.GROUPS.copy()
    charts.group_bars(sample.GROUPS, labels={})
    assert sample.GROUPS.equals(before)
    assert list(sample.GROUPS) == list(before)


def _python(script, **environment):
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
