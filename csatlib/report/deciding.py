"""Whether a measure worked, in one Chinese sentence: the verdict, why, and what is next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from csatlib.report.amounts import amount_of, between, change_of, count, moved, subject
from csatlib.report.words import joined
from csatlib.study import Study

__all__ = ["METHODS", "NEXT_STEPS", "OUTCOME_WORDS", "WHYS", "verdict_sentence"]

#: What each verdict is called.
OUTCOME_WORDS = {"effective": "有效", "short": "未达预期", "insufficient": "证据不足"}
#: How before and after were compared.
METHODS = {
    "plain": "前后直接比较",
    "paired": "同一客户前后配对",
    "signed_rank": "同一客户前后配对（符号秩检验）",
    "rank_sum": "前后秩和检验",
    "mcnemar": "同一客户前后是否满意（McNemar）",
    "stuart_maxwell": "同一客户前后各档（Stuart–Maxwell）",
    "did": "与未涉及的客户比较（双重差分）",
    "matched": "与条件相近的客户比较（匹配）",
    "prior": "与更早季度的平常水平比较",
    "return_to_mean": "没有措施时预期的回升（仅供参考）",
    "adjusted": "下结论所依据的比较",
}
#: Methods with others beside, by which other changes of the same time are taken out.
_COMPARED = ("did", "matched")
#: Why a verdict is what it is, in a few words for a table.
WHYS = {
    "goal_reached": "达到目标",
    "improved": "有改善，达到目标的一半以上",
    "below_goal": "有变化，未到目标",
    "not_carried_out": "措施没有真正落实",
    "no_change": "看不出变化",
    "worse": "结果变差",
    "new_problem": "带来了新的问题",
    "too_few": "可比的客户太少",
    "no_comparison": "没有可比的对照",
    "few_quarters": "季度太少，不知平常的起伏",
    "return_to_mean": "变化可能只是自然回升",
    "too_early": "还不到评价的时候",
}
NEXT_STEPS = {
    "roll_out": "建议推广",
    "iterate": "建议改进措施后再试",
    "carry_out": "请先落实措施并补上证明材料",
    "wait": "等有了新的评价再判断",
    "collect_more": "建议增加复访的客户",
    "add_comparison": "建议留出一组对照客户再比较",
    "negotiate": "建议与客户商定能做到的程度",
}


@dataclass(frozen=True)
class _Told:
    """A measure, its verdict, and the effect that the verdict rests on."""

    action: pd.Series
    verdict: pd.Series
    effect: pd.Series | None
    name: str
    conf: float

    @property
    def unit(self) -> object:
        """The unit of the measure's metric, where it has one."""
        return self.action.get("unit")

    def range(self, low: str = "ci_low", high: str = "ci_high") -> str:
        """Write the interval of the change, with its level."""
        found = between(self.verdict[low], self.verdict[high], self.verdict["metric"])
        return "" if found == "—" else f"（{100 * self.conf:g}% 区间 {found}）"

    def change(self) -> str:
        """Write the change by the verdict's method."""
        return change_of(self.verdict["estimate"], self.verdict["metric"], self.unit)

    def level(self, value: object) -> str:
        """Write a level in the metric's unit."""
        return amount_of(value, self.verdict["metric"], self.unit)

    def moved(self, value: float) -> str:
        """Say a change in words."""
        return moved(value, self.verdict["metric"], self.unit)

    def size(self, value: float) -> str:
        """Write how large a change is, without its direction."""
        return self.moved(abs(float(value))).removeprefix("提高 ")


def verdict_sentence(
    action: pd.Series,
    verdict: pd.Series,
    effects: pd.DataFrame,
    study: Study,
    *,
    conf: float = 0.95,
) -> str:
    """Say in one sentence whether a measure worked, why this is thought, and what is next.

    Parameters
    ----------
    action : Series
        One row of the table ``actions``.
    verdict : Series
        The row of the table ``action_verdicts`` of the same measure.
    effects : DataFrame
        Table ``effects``; the levels before and after come from it.
    study : Study
        Its labels name items and themes.
    conf : float
        The confidence at which the intervals were computed.

    Returns
    -------
    str
        The measure, the verdict (有效, 未达预期 or 证据不足), the figures that it rests on, and the
        next step. Without customers beside it is said that only the time is shared.

    Raises
    ------
    ValueError
        For a verdict, reason, method or next step that has no words.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> action = pd.Series({"action_id": "A1", "measure": "值班表公开", "item": "overall",
    ...                     "theme": None, "done_on": pd.NaT, "proof": None})
    >>> verdict = schema.empty("action_verdicts").reindex([0]).iloc[0]
    >>> verdict[["action_id", "verdict", "why", "next_step"]] = [
    ...     "A1", "insufficient", "too_early", "wait"]
    >>> study = store.study("hotline")
    >>> verdict_sentence(action, verdict, schema.empty("effects"), study)
    '值班表公开：证据不足。措施尚未完成；等有了新的评价再判断。'
    """
    _check_codes(verdict)
    item = verdict["item"] if pd.notna(verdict["item"]) else action.get("item")
    name = subject(item, action.get("theme"), study)
    told = _Told(action, verdict, _effect(verdict, effects), name, conf)
    measure = str(action["measure"]).strip().rstrip("。；;.") if pd.notna(action["measure"]) else ""
    head = f"{measure or '措施 ' + str(action['action_id'])}：{OUTCOME_WORDS[verdict['verdict']]}。"
    # Nobody is asked to carry out what was called off.
    nothing = pd.isna(verdict["next_step"]) or action.get("status") == "cancelled"
    step = "" if nothing else f"；{NEXT_STEPS[verdict['next_step']]}"
    return f"{head}{_BODIES[verdict['why']](told)}{step}。"


def _check_codes(verdict: pd.Series) -> None:
    codes = {"verdict": OUTCOME_WORDS, "why": WHYS, "next_step": NEXT_STEPS, "method": METHODS}
    for column, known in codes.items():
        if pd.notna(verdict[column]) and verdict[column] not in known:
            raise ValueError(
                f"verdicts.{column}: expected one of {[*known]}, found {verdict[column]!r}"
            )


def _effect(verdict: pd.Series, effects: pd.DataFrame) -> pd.Series | None:
    """Find the effect of the verdict's method, else the plain comparison."""
    own = effects[(effects["action_id"] == verdict["action_id"]) & effects["level"].isna()]
    for column in ("item", "metric"):
        if pd.notna(verdict[column]):
            own = own[own[column] == verdict[column]]
    for method in (verdict["method"], "plain"):
        rows = own[own["method"] == method] if pd.notna(method) else own.iloc[:0]
        if len(rows):
            return rows.iloc[0]
    return None


def _levels(told: _Told) -> str:
    """Say from where to where: 响应速度从 3.62 分到 4.05 分."""
    effect = told.effect
    if effect is None or pd.isna(effect["before"]) or pd.isna(effect["after"]):
        return told.name
    first, last = told.level(effect["before"]), told.level(effect["after"])
    return joined(told.name, f"从 {joined(first, '到')} {last}".replace("%到", "% 到"))


def _compared(told: _Told) -> str:
    """Say the change by the verdict's method, and what was taken out; else the plain one."""
    method, effect = told.verdict["method"], told.effect
    if pd.isna(told.verdict["estimate"]):
        return _plain(told)
    change = f"{told.change()}{told.range()}"
    own = None if effect is None else effect["after"] - effect["before"]
    rest = None if own is None or pd.isna(own) else own - told.verdict["estimate"]
    known = rest is not None and pd.notna(rest)
    if method == "did":
        beside = f"同期其他客户{told.moved(rest)}，" if known else "与同期其他客户相比，"
        return f"，{beside}差 {change}"
    if method == "matched":
        return f"，与同期条件相近的其他客户相比，差 {change}"
    if method == "prior":
        return f"，与更早季度的平常水平相比{_others(told)}，变化 {change}"
    if method == "paired":
        return f"，同一批客户前后变化 {change}"
    return f"，变化 {change}"


def _beside(told: _Told) -> bool:
    """Whether others take part in what the verdict rests on."""
    if told.verdict["method"] != "prior" or told.effect is None:
        return told.verdict["method"] in _COMPARED
    others = told.effect["n_control"]
    return pd.notna(others) and int(others) > 0


def _others(told: _Told) -> str:
    return "（已扣除同期其他客户的变化）" if _beside(told) else ""


def _alone(told: _Told) -> str:
    """Warn that without customers beside, a change and a measure only share their time."""
    return "" if _beside(told) else "（没有对照客户，只能说与措施同时出现）"


def _attained(told: _Told) -> str:
    goal, estimate = told.verdict["goal"], told.verdict["estimate"]
    if pd.isna(goal) or pd.isna(estimate) or not goal:
        return ""
    share = 100 * float(estimate) / float(goal)
    return f"，达到目标的 {_percent(share)}" if share > 0 else ""


def _percent(share: float) -> str:
    """Round to whole per cent, but never up to a goal that was missed."""
    return f"{math.floor(share) if 99 < share < 100 else round(share)}%"


def _reached(told: _Told) -> str:
    return f"{_levels(told)}{_compared(told)}{_attained(told)}{_alone(told)}"


def _below_goal(told: _Told) -> str:
    goal = told.verdict["goal"]
    metric = told.verdict["metric"]
    missed = "" if pd.isna(goal) else f"，目标是 {change_of(goal, metric, told.unit)}"
    attained = _attained(told).replace("，达到", "，只达到")
    return f"{_levels(told)}{_compared(told)}{missed}{attained}{_alone(told)}"


def _no_change(told: _Told) -> str:
    seen, found = told.verdict["detectable"], f"{_levels(told)}{_compared(told)}"
    notes = [] if pd.isna(seen) else [joined(told.size(seen), "以上的变化一般看得出来")]
    if _beside(told):
        word = "看不出差别"
    else:
        word = "看不出变化"
        notes.append("没有对照客户，同期的其他变化没有扣除")
    return f"{found}，{word}" + (f"（{'；'.join(notes)}）" if notes else "")


def _worse(told: _Told) -> str:
    # Beside others one may fall behind and still rise.
    words = {"did": "变化不如其他客户", "matched": "变化不如其他客户", "prior": "比平常更差"}
    word = words.get(told.verdict["method"], "比措施之前更差")
    return f"{_levels(told)}{_compared(told)}，{word}{_alone(told)}"


def _new_problem(told: _Told) -> str:
    note = told.action.get("note")
    what = "" if note is None or pd.isna(note) else f"（{str(note).strip().rstrip('。')}）"
    return f"{_levels(told)}{_compared(told)}，但同时出现了新的问题{what}"


def _not_carried_out(told: _Told) -> str:
    due = told.action.get("due")
    if told.action.get("status") == "cancelled":
        missing = "已取消"
    elif pd.isna(told.action.get("done_on")):
        late = due is not None and pd.notna(due)
        missing = f"应于 {due:%Y-%m-%d} 完成，到期没有完成" if late else "没有完成日期"
    else:
        proof = told.action.get("proof")
        missing = "无证明材料" if proof is None or pd.isna(proof) else "核查未见落实"
    return f"措施没有真正落实（{missing}）"


def _too_few(told: _Told) -> str:
    n, seen, goal = (told.verdict[name] for name in ("n", "detectable", "goal"))
    needed = told.verdict.get("needed")
    # Those asked before may be fewer than those asked after.
    early = None if told.effect is None else told.effect["n_before"]
    n = n if pd.isna(n) or pd.isna(early) else min(n, early)
    if pd.isna(n) or not int(n):
        return "没有一位客户可以前后比较"
    text = f"只有 {count(n)} 位客户可以前后比较"
    if pd.isna(seen):
        return text
    text += joined(f"，至少要变化 {told.size(seen)}", "才看得出来")
    if pd.notna(goal) and goal and needed is not None and pd.notna(needed):
        wanted = joined(f"；要看出 {told.size(goal)}", "的变化")
        text += f"{wanted}约需 {_rounded_up(int(needed)):,} 位"
    return text


def _rounded_up(n: float) -> int:
    """Round a number of customers up to two digits: it is an estimate."""
    step = 10 ** max(0, math.floor(math.log10(n)) - 1)
    nearest = round(n / step) * step
    # 121 is about 120; 155 is not about 150.
    return nearest if nearest >= 0.98 * n else math.ceil(n / step) * step


def _no_comparison(told: _Told) -> str:
    return f"{_levels(told)}{_plain(told)}，没有可比的对照，分不清是措施还是同期的其他变化"


def _few_quarters(told: _Told) -> str:
    return f"{_levels(told)}{_plain(told)}，往期的季度太少，不知道没有措施时各季度自己会变动多少"


def _plain(told: _Told) -> str:
    """Say the change that nothing was taken out of, where there is one."""
    plain = told.verdict["plain"]
    if pd.isna(plain):
        return ""
    return f"，前后直接比较{told.moved(plain)}{told.range('plain_low', 'plain_high')}"


def _return_to_mean(told: _Told) -> str:
    plain, estimate = told.verdict["plain"], told.verdict["estimate"]
    method = told.verdict["method"]
    if pd.isna(plain):
        return f"{told.name}的变化多半是自然回升：这些客户正是因为打分低才被选中"
    text = f"措施前后看似{told.moved(plain)}"
    if method == "did":
        return f"{text}{_compared(told)}，不能排除是偶然"
    group = method == "prior"
    text += f"，但{'措施正是在低分之后采取的' if group else '这些客户正是因为打分低才被选中'}"
    if pd.isna(estimate):
        return f"{text}，没有措施也会回升，回升多少无从得知"
    natural = told.moved(float(plain) - float(estimate))
    if natural != "没有变化":
        natural = natural.replace("提高", "回升约").replace("降低", "降低约")
        text += f"，没有措施也会{natural}"
    return f"{text}；扣除后 {told.change()}{told.range()}"


def _too_early(told: _Told) -> str:
    done, due = told.action.get("done_on"), told.action.get("due")
    if done is not None and pd.notna(done):
        return "措施已完成，还没有足够的新评价"
    planned = "" if due is None or pd.isna(due) else f"（计划 {pd.Timestamp(due).date()} 完成）"
    return f"措施尚未完成{planned}"


_BODIES: Mapping[str, Callable[[_Told], str]] = {
    "goal_reached": _reached,
    "improved": _reached,
    "below_goal": _below_goal,
    "not_carried_out": _not_carried_out,
    "no_change": _no_change,
    "worse": _worse,
    "new_problem": _new_problem,
    "too_few": _too_few,
    "no_comparison": _no_comparison,
    "few_quarters": _few_quarters,
    "return_to_mean": _return_to_mean,
    "too_early": _too_early,
}
