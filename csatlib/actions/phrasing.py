"""How measures are written: figures with their units, and a target as one sentence."""

from __future__ import annotations

from csatlib.actions.rows import filled

__all__ = ["SHARES", "amount", "direction", "name_of", "told_target"]

#: Metrics that are shares from 0 to 1.
SHARES = ("share", "theme", "within", "rate")
#: Units of time: a shorter time is a better one, and it is 缩短, not 降低.
_TIMES = ("分钟", "小时", "天", "日", "工作日", "个工作日", "秒", "周")
_RISING = {"mean", "share", "nps", "within"}
#: Words of what should become less, and of what should become more; the first win.
_BAD = ("不满", "未解决", "未完成", "未达", "未按", "不及时", "不达标", "不合格")
_GROWING = ("满意", "达标率", "及时率", "解决率", "接通率", "完成率", "合格率", "覆盖率", "通过率")
_GROWING += (
    "按时",
    "准时",
    "评分",
    "得分",
    "平均分",
    "NPS",
    "净推荐",
    "响应率",
    "准确率",
    "知晓率",
)
_FALLING = ("时间", "时长", "耗时", "周期", "投诉", "复发", "重复", "超时", "逾期", "差评", "流失")
_FALLING += ("等待", "等候", "故障", "中断", "失误", "差错", "错误", "返工", "放弃", "退单", "提及")
_FALLING += ("抱怨", "积压")
#: Bounds in the words of a measure. 增加 and 减少 are of what is done, not of what is measured.
_UPWARD, _DOWNWARD = ("≥", "不低于", "不少于"), ("≤", "不超过", "不多于")
_METRICS = {"mean": "平均分", "share": "满意率", "nps": "净推荐值（NPS）"}
_METRICS |= {"theme": "提及率", "within": "按时完成率", "rate": "比率"}


def amount(value: float, metric: object, unit: object) -> str:
    """Write a figure with its unit: shares in per cent, scores with two decimals.

    Examples
    --------
    >>> amount(0.125, "theme", "占比"), amount(3.62, "mean", "分"), amount(120, "时长", "分钟")
    ('12.5%', '3.62 分', '120 分钟')
    """
    kind, told = filled(metric), filled(unit)
    if kind in SHARES and abs(value) <= 1 and told not in ("%", "％", "个百分点"):
        return f"{100 * value:.1f}%".replace(".0%", "%")
    text = f"{value:.2f}" if kind == "mean" else f"{value:.4g}"
    if told in ("%", "％"):
        return f"{text}%"
    return text if kind == "nps" or not told else f"{text} {told}"


def direction(metric: object, unit: object, text: object = "") -> int:
    """Say whether more of a metric is better (1), less (−1), or nobody knows (0).

    The metrics of a playbook are known; else units of time and the words of the metric decide,
    and last the bounds (≤, 不低于) in the measure itself.
    """
    kind = filled(metric)
    if kind in _RISING:
        return 1
    if kind == "theme":
        return -1
    named = "" if kind == "rate" else kind
    for words, way in ((_BAD, -1), (_GROWING, 1), (_FALLING, -1)):
        if any(word in named for word in words):
            return way
    if filled(unit) in _TIMES:
        return -1
    up, down = (any(word in filled(text) for word in some) for some in (_UPWARD, _DOWNWARD))
    return int(up) - int(down)


def name_of(metric: object, item: str, theme: str) -> str:
    """Name what is measured: the item's words and the metric, or the metric in its own words."""
    kind = filled(metric)
    if kind == "theme" and theme:
        return f"“{theme}”的提及率"
    if kind not in _METRICS:
        return kind or item or "指标"
    return _METRICS[kind] if kind == "nps" else f"{item}{_METRICS[kind]}"


def told_target(
    name: str, baseline: float, target: float, metric: object, unit: object, way: int
) -> str:
    """Say a target as the guide does: from what it is to what it should be.

    Examples
    --------
    >>> told_target("首次响应时间", 120, 30, "时长", "分钟", -1)
    '首次响应时间从 120 分钟缩短至 30 分钟'
    """
    verb = "提高" if way > 0 or (way == 0 and target > baseline) else "降低"
    if verb == "降低" and filled(unit) in _TIMES:
        verb = "缩短"
    ends = [amount(value, metric, unit) for value in (baseline, target)]
    return f"{name}从 {ends[0]}{verb}至 {ends[1]}"
