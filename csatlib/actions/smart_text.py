"""The words of a measure, read critically: what is done, and how far."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Span", "has_number", "is_heading", "is_vague", "lacks_unit", "span_of"]


def _any_of(words: str) -> str:
    """Make a pattern of words, the longest first, so that none hides behind its own beginning."""
    return "|".join(sorted(words.split(), key=lambda word: (-len(word), word)))


_UNITS = _any_of(
    """个百分点 百分点 个工作日 工作日 分钟 小时 个月 个季度 % ％ 天 日 周 月 分 次 条 件 人
    名 台 家 场 元 万元 倍 成 轮 秒 单 项 套 个 位 题 页 期 份 min h"""
)
_NUMBER = rf"\d+(?:\.\d+)?\s*(?:{_UNITS})"
_LASTS = _any_of("分钟 小时 工作日 天 日 周 月 季度 倍 成 百分点 场 轮")
_SPOKEN = f"[一二两三四五六七八九十百半]+个?(?:{_LASTS})"
_AS_FAR = _any_of("≤ ≥ < > ＜ ＞ ≦ ≧ = 不超过 不低于 不少于 不多于 不高于 达到 至少 至多 控制在")
_MOVED = _any_of("提高 提升 降低 缩短 压缩 减少 增加 上升 下降 升 降")
_BOUND = rf"(?:{_AS_FAR}|(?:{_MOVED})[到至])\s*\d"
_MEASURABLE = re.compile(f"{_NUMBER}|{_SPOKEN}|百分之[一二三四五六七八九十百]+|{_BOUND}")
#: Numbers that set no goal: dates, round-the-clock service, names of things.
_NO_GOAL = re.compile(
    r"20\d\d\s*[-/.]\s*\d{1,2}(?:\s*[-/.]\s*\d{1,2})?|20\d\d\s*年|20\d\dQ[1-4]|Q[1-4]"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*[日号]|\d{1,2}\s*月(?:份|底|末|初|前)|\d{1,2}\s*号"
    r"|7\s*[×xX*]\s*24\s*(?:小时)?|24\s*小时(?:热线|值守|值班|在线|服务|不间断|待命)"
    r"|[A-Za-z]+\s?\d+(?:\.\d+)?|\d+(?:\.\d+)+\s*版|第[一二三四五六七八九十\d]+[期季项条]?"
)
_VAGUE = _any_of(
    """第一时间 进一步 不断 持续 切实 全面 大力 积极 努力 尽快 尽量 争取 力争 及时 适当 有效
    充分 认真 更加 提升 提高 加强 优化 改善 改进 完善 强化 加大 增强 推进 推动 促进 深化
    健全 规范 重视 关注 注重 做好 抓好 狠抓 落实 落细 到位 力度 夯实 打造 引导 督促 保障
    确保 研究 跟进 协调 加快 开展"""
)
_ABSTRACT = _any_of(
    """服务质量 服务水平 服务意识 服务态度 服务能力 服务效率 服务体验 服务流程 客户满意度
    满意度 满意率 响应速度 响应效率 处理效率 工作效率 专业能力 业务能力 业务水平 业务流程
    专业水平 客户体验 用户体验 内部管理 人员管理 团队建设 责任心 责任意识 沟通能力 员工培训
    人员培训 技术能力 问题解决能力 解决能力 管理水平 工作作风 执行力 质量 水平 意识 态度 能力
    效率 体验 流程 体系 机制 管理 工作 沟通 培训 作风 建设 服务 响应 速度 客户 员工 人员 团队
    问题 相关 整体 各项 我们 公司 部门 监督 考核 宣传 学习 教育 技能 专业 业务 内部 处理 解决
    反馈 投诉 回访 需求 期望 制度"""
)
_EMPTY = re.compile(f"{_VAGUE}|{_ABSTRACT}|[和与及的对了等并地，。、；：！\\s]|方面|情况|进行|以及")
_STARTS = re.compile(r"^\s*(?:[（(]?[一二三四五六七八九十\d]+[)）、.．]|[-•·*#]+)\s*")
_MATTER = _any_of("方面 问题 措施 计划 方案 建议 事项 情况 工作 目标 要求 如下")
_HEADING = re.compile(f"(?:关于)?.{{0,10}}(?:{_MATTER})[：:]?|.{{1,10}}[：:]")
_DOING = re.compile(
    _any_of(
        """解决 建 设 增 加 减 降 缩 提 升 改 优 完善 组织 安排 制定 修 上线 开通 配 抽 检查 回访
        培训 派 推 换 补 拨 签 发 写 核 审 做 用 把 将 由 每 抓 整理 清理 梳理 合并 取消 公布
        公开 通知 告知 联系 招 调 扩 强化 规范 落实 跟进 督促 保障 确保 重视 关注 健全 深化
        促进"""
    )
)
_COUNTED = _any_of("% ％ 分钟 小时 个工作日 工作日 天 日 秒 分 次 条 件")
_FROM_TO = re.compile(
    rf"(?:从|由)?\s*(?P<low>\d+(?:\.\d+)?)\s*(?P<one>{_COUNTED})?\s*"
    rf"(?:{_MOVED}|降|减|改善|改进)?\s*(?:至|到|为)\s*"
    rf"(?P<high>\d+(?:\.\d+)?)\s*(?P<two>{_COUNTED})"
)
_MINUTES = {"分钟": 1.0, "小时": 60.0}


@dataclass(frozen=True)
class Span:
    """A goal that a measure's words state: from what to what, in one unit, and of what."""

    name: str
    baseline: float
    target: float
    unit: str


def has_number(text: str) -> bool:
    """Say whether a text states a number that can be held against something.

    Examples
    --------
    >>> has_number("首次响应从2小时缩短至30分钟"), has_number("2026 年底前 7×24 小时热线升级到 5G")
    (True, False)
    """
    return bool(_MEASURABLE.search(_NO_GOAL.sub("", text)))


def lacks_unit(text: str) -> bool:
    """Say whether a text bounds something by a number without saying of what unit."""
    goal = _NO_GOAL.sub("", text)
    if re.search("NPS|净推荐|评分|得分", goal):
        return False
    return bool(re.search(_BOUND, goal)) and not re.search(f"{_NUMBER}|{_SPOKEN}|百分之", goal)


def is_vague(text: str) -> bool:
    """Say whether a text promises without saying what is done: no more than wishes and nouns.

    Examples
    --------
    >>> is_vague("提升服务质量"), is_vague("在受理页面增加自动派单规则")
    (True, False)
    """
    bare = _STARTS.sub("", text)
    return bool(re.search(_VAGUE, bare)) and len(_NO_GOAL.sub("", _EMPTY.sub("", bare))) < 3


def is_heading(text: str) -> bool:
    """Say whether a text is a heading: a matter is named, nothing is done.

    Examples
    --------
    >>> is_heading("一、服务态度方面："), is_heading("每周抽查 20 条录音")
    (True, False)
    """
    bare = _STARTS.sub("", text).strip().rstrip("。.")
    # 改进措施 and 培训计划 are names of chapters; 尽快解决问题 is a wish.
    if not bare or has_number(bare) or re.search(_VAGUE, re.sub("改进|培训", "", bare)):
        return False
    if _HEADING.fullmatch(bare) and len(bare) <= 14:
        return True
    return len(bare) <= 8 and not _DOING.search(bare)


def span_of(text: str) -> Span | None:
    """Read "from … to …" out of a text, hours and minutes brought to minutes.

    Examples
    --------
    >>> span_of("首次响应时间从2小时缩短至30分钟")
    Span(name='首次响应时间', baseline=120.0, target=30.0, unit='分钟')
    """
    match = _FROM_TO.search(text)
    if match is None:
        return None
    low, high = float(match["low"]), float(match["high"])
    one, two = match["one"] or match["two"], match["two"]
    name = re.split(r"[，。；：、]", text[: match.start()])[-1].strip().removeprefix("将")
    if one == two:
        return Span(name, low, high, two)
    if one in _MINUTES and two in _MINUTES:
        return Span(name, low * _MINUTES[one], high * _MINUTES[two], "分钟")
    return None
