"""Driver models in Chinese: which drivers stand, which checks failed, which model was chosen."""

from __future__ import annotations

from typing import Any

import pandas as pd

from csatlib.report.weighting import p_value
from csatlib.report.words import joined, number
from csatlib.study import Study

__all__ = [
    "KINDS",
    "diagnostics_findings",
    "diagnostics_view",
    "model_choice_finding",
    "model_choice_view",
    "screening_finding",
    "screening_view",
]

#: What each kind of model is called.
KINDS = {"linear": "线性回归", "logistic": "二元 Logistic 回归", "ordinal": "有序 Logistic 回归"}
#: Why a driver is left out; {} is another driver.
_REASONS = {
    "kept": "保留",
    "missing": "未回答过多",
    "near_constant": "答案几乎相同",
    "duplicate_of": "与{}的答案重复",
    "collinear_with": "与{}高度相关，分不开",
    "high_vif": "可由其余各项推出，分不开",
    "not_selected": "看不出与满意度有关联",
    "too_few_rows": "有效回答过少",
    "constant_outcome": "满意度答案完全相同",
}
_CHECKS = {
    "vif": "与其余各项的重叠（VIF）",
    "condition_number": "各项之间的重叠（条件数）",
    "rows_per_coefficient": "每项平均的答卷数",
    "r2": "解释的比例（R²）",
    "r2_adjusted": "解释的比例（校正 R²）",
    "separation": "完全分离",
    "heteroscedasticity": "误差大小是否一致（Breusch–Pagan）",
    "heteroscedasticity_white": "误差大小是否一致（White）",
    "reset": "关系是否为直线（RESET）",
    "linearity": "关系是否为直线",
    "proportional_odds": "各档的关联是否相同（比例优势）",
    "influence": "个别答卷的影响（Cook 距离）",
    "leverage": "个别答卷的杠杆值",
    "dfbetas": "个别答卷对系数的影响（DFBETAS）",
    "calibration_groups": "预测与实际是否相符（分组）",
    "calibration_slope": "预测与实际是否相符（斜率）",
    "calibration_intercept": "预测与实际是否相符（截距）",
    "auc": "区分满意与不满意的能力（AUC）",
    "model": "模型",
}
_VERDICTS = {"good": "通过", "watch": "留意", "bad": "不通过", "unknown": "无法检查"}
#: What a failed check means for whoever reads the results.
_MEANINGS = {
    "vif": "这几项几乎同升同降，各自与满意度的关联分不清，只宜合起来看",
    "condition_number": "各项之间重叠较多，单项的系数不稳，排名相近的不要分先后",
    "rows_per_coefficient": "相对于项数，答卷偏少，换一批答卷结果可能不同",
    "r2_adjusted": "这些项目合起来也只解释了满意度差别的一小部分，还有没问到的方面",
    "separation": "有的项目把满意与不满意完全分开，系数偏大，已改用 Firth 惩罚估计",
    "heteroscedasticity": "各类客户的误差大小不一，区间按稳健标准误计算，结论不受影响",
    "heteroscedasticity_white": "各类客户的误差大小不一，区间按稳健标准误计算，结论不受影响",
    "reset": "评分高低不同时，关联的强弱也不同，系数只是平均而言",
    "linearity": "评分高低不同时，这些项目与满意度的关联强弱不同，系数只是平均而言",
    "proportional_odds": "从不满意到一般、从一般到满意，关联的强弱不同，一个系数概括不了",
    "influence": "个别答卷左右了结果，应先核对这些答卷，再引用系数",
    "leverage": "个别答卷的评分组合很少见，应先核对这些答卷",
    "dfbetas": "个别答卷左右了这些项目的系数，应先核对这些答卷，再引用系数",
    "calibration_groups": "预测的满意率与实际有出入，不要直接引用预测值",
    "calibration_slope": "换一批答卷，预测会过高或过低，不要直接引用预测值",
    "calibration_intercept": "换一批答卷，预测会整体偏高或偏低，不要直接引用预测值",
    "auc": "这些项目区分不出谁满意、谁不满意，还有没问到的方面",
}
_UNKNOWN = {
    "collinear": "有项目可由其余各项推出",
    "too_few_rows": "答卷过少",
    "too_few_levels": "答案的档数过少",
    "two_levels": "满意度只有两档",
    "few_answers_at_a_level": "有的档次答卷过少",
    "separated": "完全分离",
    "no_convergence": "估计不收敛",
    "no_variation": "没有差别可检查",
    "few_clusters": "抽样单元过少",
    "no_cutoff": "没有满意的分界",
}
_WHY = {
    "best_score": "预测最准",
    "simpler_within_one_se": "准确程度与最好的相差不到一个标准误，且更简单",
    "simpler_within_tolerance": "准确程度与最好的相差无几，且更简单",
    "only_kind": "只有它可以估计",
    "worse_score": "预测较差",
    "not_simpler": "同样准，但更复杂",
    "assumption_failed": "前提不成立",
    "not_fitted": "无法估计",
}
_SCORES = {"rps": "RPS", "brier": "Brier 分"}


def screening_view(screening: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show which candidate drivers can stand in a model, and why the others cannot.

    Parameters
    ----------
    screening : DataFrame
        Table ``screening``.
    study : Study
        Its labels stand in place of the columns' names.

    Returns
    -------
    DataFrame
        One row a candidate, in the table's order: 项目, n, 未回答, 最多的答案占, 最大相关 (and with
        which), VIF, 入选频率 (in half samples), 与满意度的相关, 校正后 p, 结论.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(screening_view(schema.empty("screening"), store.study("ops_company")))[:3]
    ['项目', 'n', '未回答']
    """
    rows = list(screening.itertuples())
    return pd.DataFrame(
        {
            "项目": [study.label(row.driver) for row in rows],
            "n": [f"{row.n:,}" for row in rows],
            "未回答": [number(row.missing_share, "share") for row in rows],
            "最多的答案占": [number(row.common_share, "share") for row in rows],
            "最大相关": [_related(row, study) for row in rows],
            "VIF": [_plain(row.vif, 1) for row in rows],
            "入选频率": [number(row.frequency, "share") for row in rows],
            "与满意度的相关": [_plain(row.association, 2) for row in rows],
            "校正后 p": [p_value(row.p_adjusted) for row in rows],
            "结论": [_told(row.reason, study) for row in rows],
        },
        index=screening.index,
    )


def screening_finding(screening: pd.DataFrame, study: Study) -> str:
    """Say how many candidates stay, and which leave for what reason.

    Parameters
    ----------
    screening : DataFrame
        Table ``screening``.
    study : Study
        Its labels stand in place of the columns' names.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import drivers, store
    >>> df = pd.DataFrame({"speed": [1, 2, 3, 4, 5] * 8, "again": [1, 2, 3, 4, 5] * 8})
    >>> df["overall"] = df["speed"] + [0, 1] * 20
    >>> table = drivers.screen(df, "overall", ["speed", "again"])
    >>> screening_finding(table, store.study("ops_company"))
    '2 个候选项目保留 1 个；未纳入：again（与 speed 的答案重复）。'
    """
    kept = int(screening["kept"].sum())
    said = f"{len(screening)} 个候选项目保留 {kept} 个"
    left = [
        f"{study.label(row.driver)}（{_told(row.reason, study)}）"
        for row in screening.itertuples()
        if not row.kept
    ]
    return f"{said}；未纳入：{'、'.join(left)}。" if left else f"{said}。"


def _related(row: Any, study: Study) -> str:
    if pd.isna(row.correlation):
        return "—"
    return f"{_plain(row.correlation, 2)}（{study.label(row.correlated_with)}）"


def _told(reason: str, study: Study) -> str:
    code, _, others = reason.partition(" ")
    words = _REASONS.get(code, reason)
    if "{}" not in words:
        return words
    before, after = words.split("{}")
    return joined(before, "、".join(study.label(name) for name in others.split(" + ")), after)


def _plain(value: float, digits: int) -> str:
    return "—" if pd.isna(value) else f"{value:z.{digits}f}".replace("-", "−")


# ---- checks --------------------------------------------------------------------------------------


def diagnostics_view(diagnostics: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show the checks of a driver model, the worst verdicts first.

    Parameters
    ----------
    diagnostics : DataFrame
        Table ``diagnostics``.
    study : Study
        Its labels stand in place of the columns' names.

    Returns
    -------
    DataFrame
        One row a check: 检查, 项目 (整个模型 where no driver is meant), 数值, 界限, 涉及答卷,
        校正后 p, 结论 (通过, 留意, 不通过, or why it cannot be made).

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(diagnostics_view(schema.empty("diagnostics"), store.study("ops_company")))[:3]
    ['检查', '项目', '数值']
    """
    rank = diagnostics["verdict"].map({"bad": 0, "watch": 1, "unknown": 2, "good": 3})
    ordered = diagnostics.loc[rank.sort_values(kind="stable").index]
    rows = list(ordered.itertuples())
    return pd.DataFrame(
        {
            "检查": [_CHECKS.get(row.check, row.check) for row in rows],
            "项目": ["整个模型" if pd.isna(r.driver) else study.label(r.driver) for r in rows],
            "数值": [_plain(row.value, 2) for row in rows],
            "界限": [_plain(row.threshold, 2) for row in rows],
            "涉及答卷": ["—" if pd.isna(row.rows) else f"{row.rows:,}" for row in rows],
            "校正后 p": [p_value(row.p_adjusted) for row in rows],
            "结论": [_verdict(row) for row in rows],
        },
        index=ordered.index,
    )


def _verdict(row: Any) -> str:
    words = _VERDICTS[row.verdict]
    return words if pd.isna(row.reason) else f"{words}：{_UNKNOWN.get(row.reason, row.reason)}"


def diagnostics_findings(diagnostics: pd.DataFrame, study: Study) -> list[str]:
    """Say what failed checks mean for the reader, one sentence a check, the worst first.

    Parameters
    ----------
    diagnostics : DataFrame
        Table ``diagnostics``.
    study : Study
        Its labels stand in place of the columns' names.

    Returns
    -------
    list of str
        One sentence a check that is ``bad`` or ``watch``, with the drivers it concerns; then which
        could not be made. A single sentence where there is nothing to tell, or nothing was checked.

    Examples
    --------
    >>> from csatlib import drivers, store
    >>> df = pd.DataFrame({"speed": [1, 2, 3, 4, 5] * 8, "again": [1, 2, 3, 4, 5] * 8})
    >>> df["overall"] = df["speed"] + [0, 1] * 20
    >>> table = drivers.diagnose(df, "overall", ["speed", "again"], kind="linear")
    >>> print(diagnostics_findings(table, store.study("ops_company"))[0])
    与其余各项的重叠（VIF）不通过（speed、again）：这几项几乎同升同降，各自与满意度的关联分不清，只宜合起来看。
    """
    if diagnostics.empty:
        return ["没有模型可以检查。"]
    told = []
    for verdict in ("bad", "watch"):
        for check, rows in _groups(diagnostics[diagnostics["verdict"] == verdict]):
            # A whole that fails for the sake of one part is told with it.
            names = [study.label(name) for name in rows["driver"].dropna()]
            who = f"（{'、'.join(names)}）" if names else ""
            word = "不通过" if verdict == "bad" else "需留意"
            told.append(joined(_CHECKS.get(check, check), f"{word}{who}：{_MEANINGS[check]}。"))
    unknown = [
        f"{_CHECKS.get(check, check)}（{_UNKNOWN.get(reason, reason)}）"
        for check, rows in _groups(diagnostics[diagnostics["verdict"] == "unknown"])
        for reason in rows["reason"].dropna().unique()
    ]
    if unknown:
        told.append(f"无法检查：{'、'.join(unknown)}。")
    return told or ["各项检查没有发现问题；系数说的是关联，不说明谁导致谁。"]


def _groups(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(str(check), part) for check, part in rows.groupby("check", sort=False)]


# ---- the choice ----------------------------------------------------------------------------------


def model_choice_view(choice: pd.DataFrame) -> pd.DataFrame:
    """Show how well each kind of model foretells answers it has not seen.

    Parameters
    ----------
    choice : DataFrame
        Table ``model_choice``.

    Returns
    -------
    DataFrame
        One row a kind: 模型, 预测误差 (the deciding score and its standard error), 与最好的差 (with
        its interval), AUC, 选用 (是 or empty), 原因.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(model_choice_view(schema.empty("model_choice")))
    ['模型', '预测误差', '与最好的差', 'AUC', '选用', '原因']
    """
    rows = list(choice.itertuples())
    return pd.DataFrame(
        {
            "模型": [KINDS[row.kind] for row in rows],
            "预测误差": [_with_error(row) for row in rows],
            "与最好的差": [_apart(row) for row in rows],
            "AUC": [_plain(row.auc, 2) for row in rows],
            "选用": ["是" if row.chosen else "" for row in rows],
            "原因": [_why_chosen(choice, row) if row.chosen else _why(row) for row in rows],
        },
        index=choice.index,
    )


def model_choice_finding(choice: pd.DataFrame) -> str:
    """Say which kind of model was chosen, why, and that it tells association only.

    Parameters
    ----------
    choice : DataFrame
        Table ``model_choice``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema
    >>> model_choice_finding(schema.empty("model_choice"))
    '没有一种模型可以估计，不做驱动因素分析。'
    """
    chosen = choice[choice["chosen"]]
    if chosen.empty:
        return "没有一种模型可以估计，不做驱动因素分析。"
    row = next(chosen.itertuples())
    score = _SCORES.get(row.score, row.score)
    said = f"选用{KINDS[row.kind]}：{_why_chosen(choice, row)}"
    if len(choice) > 1 and pd.notna(row.estimate):
        said += f"（交叉验证的预测误差（{score}）为 {row.estimate:.3f}，越小越准，n = {row.n:,}）"
    failed = [KINDS[r.kind] for r in choice.itertuples() if r.why == "assumption_failed"]
    if failed:
        said += f"；{'、'.join(failed)}的前提不成立，未选用"
    if pd.notna(row.reason):
        said += f"；它的前提也不全成立（{_CHECKS.get(row.reason, row.reason)}），系数只宜粗看"
    return f"{said}。模型说明的是各项评价与满意度的关联，不说明谁导致谁。"


def _with_error(row: Any) -> str:
    if pd.isna(row.estimate):
        return "—"
    return f"{row.estimate:.3f} ± {_plain(row.se, 3)}"


def _apart(row: Any) -> str:
    if pd.isna(row.difference):
        return "—"
    if pd.isna(row.ci_low):
        return "最好"
    between = f"{_plain(row.ci_low, 3)} 至 {_plain(row.ci_high, 3)}"
    return f"{_plain(row.difference, 3)}（{between}）"


def _why_chosen(choice: pd.DataFrame, row: Any) -> str:
    """Say why a kind was chosen; of those that remain, where one that was refused did better."""
    better = choice[(choice["why"] == "assumption_failed") & (choice["estimate"] < row.estimate)]
    return f"{'其余模型里' if len(better) else ''}{_WHY[row.why]}"


def _why(row: Any) -> str:
    words = _WHY.get(row.why, row.why)
    if pd.isna(row.reason):
        return words
    told = {"too_few_rows": "答卷过少", "no_satisfied_or_unsatisfied": "满意或不满意的一个也没有"}
    return f"{words}：{_CHECKS.get(row.reason, told.get(row.reason, row.reason))}"
