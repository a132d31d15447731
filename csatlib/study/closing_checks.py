"""The rules that join measures and follow-ups to the questions, themes and columns of a study."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from csatlib.study.base import Fault
from csatlib.study.parts import Outline

__all__ = ["closing_faults"]


def closing_faults(study: Outline) -> Iterator[Fault]:
    """Find measures against what the study does not have, and owners that nobody is led to."""
    themes, items = [theme.id for theme in study.codeframe.themes], study.items()
    owners = study.actions.owners
    for place, measure in enumerate(study.playbook.measures):
        at = ("playbook", "measures", place)
        for kind, used, known in (
            ("themes", measure.themes, themes),
            ("items", measure.items, items),
        ):
            words = {"themes": "themes.yml 里没有主题", "items": "没有题目"}[kind]
            for number, name in enumerate(used):
                if name not in known:
                    yield (*at, kind, number), f"{words}“{name}”{_guess(name, known)}"
        if not measure.themes and not measure.items:
            yield at, f"措施 {measure.id} 没有写针对什么；请写 themes 或 items"
        if measure.metric == "theme" and not measure.themes:
            yield (*at, "metric"), f"措施 {measure.id} 用 theme 衡量，请写 themes"
        if measure.change == 0:
            yield (*at, "change"), "0 表示没有改变；请写预期把指标改变多少"
        if owners and measure.owner is not None and measure.owner not in owners:
            yield (
                (*at, "owner"),
                f"“{measure.owner}”不在 study.yml 的 actions.owners 里"
                f"{_guess(measure.owner, owners)}",
            )
    yield from _followup_faults(study)


def _followup_faults(study: Outline) -> Iterator[Fault]:
    settings = study.followups
    if settings.owners and settings.by is None:
        yield ("followups", "owners"), "写了 owners，没有写 by；请在 by 里写按哪一列分派"
    brought = [column for source in study.sources for column in source.mapping]
    known = [*study.items("single"), *study.labels, *brought, "channel"]
    if settings.by is not None and settings.by not in known:
        yield (
            ("followups", "by"),
            f"“{settings.by}”既不是单选题的 id，也不是来源的 mapping 带入的列"
            f"{_guess(settings.by, known)}",
        )
    options = study.question(settings.by).options if settings.by in study.items("single") else ()
    for value in settings.owners if options else ():
        if value not in options:
            yield (
                ("followups", "owners", value),
                f"题目 {settings.by} 没有“{value}”这个选项{_guess(value, options)}",
            )
    if settings.contact_days > settings.days:
        yield (
            ("followups", "contact_days"),
            f"联系的期限 {settings.contact_days} 天长于办结的期限 {settings.days} 天；请核对",
        )


def _guess(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"（是不是想写 {near[0]}？）" if near else ""
