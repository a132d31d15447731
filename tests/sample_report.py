"""A report as the notebooks make it, small and whole, with a customer who means harm in it."""

import base64
from html import escape

import nbformat
import pandas as pd
from nbformat import v4

from csatlib import charts, schema

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=\"alert('坏')\">"
    '<a href="javascript:alert(1)">点我</a><svg onload=alert(1)></svg></style></table></main>'
    '<iframe src="https://example.com/"></iframe><b style="position:fixed">粗</b>'
)
LABELS = {
    "speed": "响应速度",
    "skill": "专业能力",
    "manner": "服务态度",
    "result": "问题解决效果",
    "follow": "售后跟进与回访",
    "ease": "流程便捷程度",
}
LEVELS = dict(zip("12345", ["非常不满意", "不满意", "一般", "满意", "非常满意"], strict=True))


def estimates(rows: list[dict]) -> pd.DataFrame:
    """Fill rows up to the estimates contract."""
    common = {
        "quarter": "2026Q3",
        "line": "itsm",
        "metric": "mean",
        "item": "overall",
        "n": 412,
        "suppressed": False,
    }
    blank = schema.empty("estimates")
    table = pd.DataFrame([common | row for row in rows], columns=list(blank.columns))
    return table.astype(blank.dtypes.to_dict()).pipe(schema.check, "estimates")


def keywords(terms: dict[str, int]) -> pd.DataFrame:
    """Fill terms and their comments up to the keywords contract."""
    blank = schema.empty("keywords")
    rows = [
        {"method": "mentions", "rank": rank, "term": term, "score": n, "comments": n, "base": 420}
        for rank, (term, n) in enumerate(terms.items(), start=1)
    ]
    table = pd.DataFrame(rows, columns=list(blank.columns))
    return table.astype(blank.dtypes.to_dict()).pipe(schema.check, "keywords")


MEANS = {"manner": 4.36, "skill": 4.21, "result": 4.05, "follow": 3.97, "speed": 3.82}
DIMENSIONS = estimates(
    [
        {"item": item, "estimate": m, "ci_low": m - 0.07, "ci_high": m + 0.07}
        for item, m in MEANS.items()
    ]
    + [{"item": "ease", "n": 12, "suppressed": True, "reason": "small_base"}]
)
#: Importance, its ends, rank and its ends.
DRIVERS = {
    "speed": (0.30, 0.24, 0.36, 1, 1, 2),
    "result": (0.21, 0.16, 0.27, 2, 1, 2),
    "skill": (0.11, 0.07, 0.16, 3, 3, 4),
    "manner": (0.06, 0.03, 0.10, 4, 3, 5),
    "follow": (0.05, 0.03, 0.08, 5, 4, 5),
    "ease": (None,) * 6,
}
GROUPS = estimates(
    [
        {"group_by": "region", "group": g, "n": n, "estimate": m, "ci_low": m - w, "ci_high": m + w}
        for g, n, m, w in [
            ("华东", 412, 4.12, 0.05),
            ("华北", 203, 4.02, 0.08),
            ("华南", 96, 3.71, 0.12),
        ]
    ]
    + [{"group_by": "region", "group": "东北", "n": 12, "suppressed": True}]
)
DISTRIBUTION = estimates(
    [
        {"metric": "distribution", "item": item, "level": level, "estimate": share}
        for item, shares in {
            "manner": [0.02, 0.03, 0.10, 0.29, 0.56],
            "result": [0.04, 0.07, 0.17, 0.34, 0.38],
            "speed": [0.07, 0.11, 0.20, 0.30, 0.32],
        }.items()
        for level, share in zip("12345", shares, strict=True)
    ]
    + [{"metric": "distribution", "item": "ease", "n": 12, "suppressed": True}]
)
TREND = estimates(
    [
        {"quarter": q, "item": i, "estimate": m, "ci_low": m - 0.08, "ci_high": m + 0.08}
        for i, values in {"speed": [4.02, 3.95, 3.82], "result": [3.98, 4.01, 4.05]}.items()
        for q, m in zip(["2026Q1", "2026Q2", "2026Q3"], values, strict=True)
    ]
)
KEYWORDS = keywords({"响应慢": 57, "重复报修": 41, "流程复杂": 28, "态度好": 22, "密码重置": 15})


def exhibit(name: str, caption: str, axes: object, alt: str, note: str, table: str) -> str:
    """Make a chart with its folded table."""
    source = base64.b64encode(charts.to_svg(axes).encode()).decode()
    return (
        f'<figure class="exhibit" id="{name}"><figcaption>{caption}</figcaption>'
        f'<img alt="{alt}" src="data:image/svg+xml;base64,{source}">'
        f'<p class="note">{note}</p>'
        f'<details class="data"><summary>数据表</summary>{table}</details></figure>'
    )


def _html(source: str, html: str) -> nbformat.NotebookNode:
    output = v4.new_output("display_data", data={"text/html": html, "text/plain": "<IPython HTML>"})
    return v4.new_code_cell(source, execution_count=1, outputs=[output])


def _cards() -> str:
    cards = [
        ("4.12", "整体满意度均值", "95% CI 4.05–4.19 · n=812"),
        ("82.5%", "满意率", "95% CI 79.9%–85.1% · n=812"),
        ("+12.0", "净推荐值", "95% CI +7.1–+16.9 · n=812"),
        ("31.4%", "回收率", "AAPOR RR1 · 812 / 2,586"),
    ]
    return (
        '<div class="cards">'
        + "".join(
            f'<div class="card"><div class="card-value">{value}</div>'
            f'<div class="card-label">{label}</div><div class="card-note">{note}</div></div>'
            for value, label, note in cards
        )
        + "</div>"
    )


def _table() -> str:
    head = ["维度", "n", "均值", "95% 置信区间", "较上季", "满意率", "校正后 p"]
    rows = [
        ["服务态度", "812", "4.36", "4.29–4.43", "+0.02", "87.2%", "0.61"],
        ["专业能力", "806", "4.21", "4.14–4.28", "+0.05", "84.2%", "0.22"],
        ["问题解决效果", "810", "4.05", "3.98–4.12", "+0.04", "81.0%", "0.34"],
        ["响应速度", "811", "3.82", "3.75–3.89", "−0.13", "76.4%", "<0.001"],
        ["流程便捷程度", "12", "—", "—", "—", "—", "—"],
    ]
    body = "".join(
        f"<tr><th>{row[0]}</th>{''.join(f'<td>{escape(c)}</td>' for c in row[1:])}</tr>"
        for row in rows
    )
    return (
        '<table class="data"><thead><tr>'
        + "".join(f"<th>{name}</th>" for name in head)
        + f"</tr></thead><tbody>{body}</tbody></table>"
    )


def _comments() -> str:
    comments = [
        ("华东", 2, "报修之后等了两天才有人联系，打电话一直占线，重复报修了三次才有人处理。"),
        ("华北", 5, "工程师态度很好，当场解决，谢谢😀"),
        ("华南", 1, HOSTILE),
        ("华南", 3, "https://it.example.com/" + "very-long-address-without-any-break/" * 4),
    ]
    return pd.DataFrame(comments, columns=["区域", "评分", "评论（已脱敏）"]).to_html(index=False)


def notebook() -> nbformat.NotebookNode:
    """Build the executed notebook of the report."""
    table = _table()
    note = "注：n = 812，加权；误差线为 95% 置信区间；样本少于 30 的分组不显示。"
    markdown, code = v4.new_markdown_cell, v4.new_code_cell
    cells = [
        markdown(
            "# 2026 年三季度 IT 服务满意度报告\n\n"
            "本季客户对 IT 服务满意吗？哪一个环节最需要改进？\n\n"
            "调查期 2026 年 7 月 1 日至 9 月 30 日，有效问卷 812 份。"
        ),
        code('quarter: str = "2026Q3"\nline: str = "itsm"', metadata={"tags": ["parameters"]}),
        code('quarter = "2026Q3"', metadata={"tags": ["injected-parameters"]}),
        _html(
            "report.subtitle(study, quarter)",
            '<p class="subtitle">IT 服务满意度调查 · 2026 年第三季度 · 质量控制组</p>',
        ),
        markdown("## 结论先行：响应速度是唯一下降的维度"),
        _html("report.headline(overall)", _cards()),
        code(
            "report.summary(estimates)",
            outputs=[
                v4.new_output(
                    "display_data",
                    data={
                        "text/markdown": "整体满意度为 **4.12**（95% CI 4.05–4.19），与上季持平；"
                        '响应速度由 3.95 降至 <a class="cite" href="#t-dimensions">3.82</a>，'
                        "**下降显著**（校正后 p < 0.001）。\n\n"
                        "- **继续保持**：服务态度最高（4.36）。\n"
                        "- **优先改进**：响应速度，尤其是**“首次响应”**环节。\n"
                    },
                )
            ],
        ),
        markdown("## 各维度表现\n\n哪个维度最低？下图按均值从高到低排列，\n最低的一项以深色标出。"),
        _html(
            "charts.dimension_bars(dimensions, labels=labels, target=4.2)",
            exhibit(
                "f-dimensions",
                "图 1 响应速度最低，且低于目标",
                charts.dimension_bars(DIMENSIONS, labels=LABELS, target=4.2),
                "各维度均值从高到低：服务态度 4.36，专业能力 4.21，响应速度 3.82",
                note,
                table,
            ),
        ),
        markdown("### 数字明细"),
        _html(
            "report.table(dimensions, study)",
            '<figure class="exhibit" id="t-dimensions"><figcaption>表 1 各维度均值</figcaption>'
            f'{table}<p class="note">注：p 经 Holm 法校正；“—”为样本不足。</p></figure>',
        ),
        _html(
            "charts.distribution_bars(distribution, labels=labels, levels=levels)",
            exhibit(
                "f-distribution",
                "图 2 近两成客户对响应速度不满意",
                charts.distribution_bars(DISTRIBUTION, labels=LABELS, levels=LEVELS),
                "三个维度的评分分布",
                note,
                table,
            ),
        ),
        markdown("## 分组与趋势\n\n### 区域之间"),
        _html(
            "charts.group_bars(regions, labels={}, reference=4.08)",
            exhibit(
                "f-groups",
                "图 3 华南低于总体",
                charts.group_bars(GROUPS, labels={}, reference=4.08),
                "三个区域的均值",
                note,
                table,
            ),
        ),
        markdown("### 三个季度"),
        _html(
            "charts.trend_lines(history, labels=labels)",
            exhibit(
                "f-trend",
                "图 4 响应速度连续两季下降",
                charts.trend_lines(TREND, labels=LABELS),
                "两个维度三个季度的均值",
                note,
                table,
            ),
        ),
        markdown("## 客户原声\n\n单价从$5涨到$8，客户有话说：\n\n> 报修之后等了两天才有人联系。"),
        _html(
            "charts.keyword_bars(keywords)",
            exhibit(
                "f-keywords",
                "图 5 “响应慢”提及最多",
                charts.keyword_bars(KEYWORDS),
                "五个关键词的评论数",
                "注：一条评论只计一次。",
                table,
            ),
        ),
        _html("report.table(comments, study)", _comments()),
        _html("display(raw)", f"<p>{HOSTILE}</p><style>body{{display:none}}</style>"),
        code(
            "display(Markdown(comment))",
            outputs=[v4.new_output("display_data", data={"text/markdown": HOSTILE})],
        ),
        markdown(
            "## 口径与局限\n\n满意率为评 4–5 分者的占比（`cutoff=4`）；详见"
            "[数据质量](02_data_quality.html)与[方法](https://example.com/method)。"
        ),
        _html("report.warning()", '<p class="warn">东北区域样本不足（n=12），结果不显示。</p>'),
        code(
            "manifest = store.manifest(quarter)\nprint(manifest)",
            outputs=[
                v4.new_output("stream", name="stdout", text="已保存 12 张表\n"),
                v4.new_output("stream", name="stderr", text="WARNING 内部日志\n"),
            ],
        ),
        code("charts.use_style()", metadata={"tags": ["hide"]}),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"c{number:02d}"
    metadata = {
        "papermill": {"end_time": "2026-10-08T08:00:00", "output_path": "/secret/out.ipynb"}
    }
    return v4.new_notebook(cells=cells, metadata=metadata)
