"""The command by which a person decides which proposed words belong to the line's vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csatlib.cli.base import QuarterArgument, RootOption, app
from csatlib.cli.tables import aligned
from csatlib.cli.words import Command

__all__ = ["terms"]

_HEADINGS = ("序", "词", "拆成", "出现次数", "提到它的留言")


@app.command(cls=Command, help="列出本季留言里发现的新词；由人决定哪些收进业务线的词表。")
def terms(
    quarter: QuarterArgument,
    line: Annotated[str, typer.Option("--line", metavar="LINE", help="业务线。")],
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="WORD", help="采纳这个词，可重复。")
    ] = None,
    reject: Annotated[
        list[str] | None,
        typer.Option("--reject", metavar="WORD", help="不采纳，以后不再建议，可重复。"),
    ] = None,
    root: RootOption = None,
) -> None:
    """Show the proposed words of a quarter, or enter what was decided of them."""
    from csatlib.run.problems import USAGE, RunError
    from csatlib.schema import Quarter, SchemaError, check_line

    try:
        label, name = str(Quarter.parse(quarter)), check_line(line)
    except SchemaError:
        raise RunError(
            f"季度“{quarter}”应写成 2026Q3 的样子，业务线“{line}”应是 studies 里的文件夹名。", USAGE
        ) from None
    if accept or reject:
        _decide(label, name, accept or [], reject or [], root)
    else:
        _show(label, name, root)


def _decide(
    quarter: str, line: str, accept: list[str], reject: list[str], root: Path | None
) -> None:
    from csatlib import store

    replaced = store.decide_terms(quarter, line, accept=accept, reject=reject, root=root)
    for words, verb in ((accept, "已采纳"), (reject, "不采纳")):
        if words:
            typer.echo(f"{verb}：{'、'.join(dict.fromkeys(words))}")
    for before in replaced:
        said = "采纳" if before.accepted else "不采纳"
        typer.echo(f"注意：“{before.word}”在 {before.quarter} 定为{said}，已按这次的决定改过。")
    typer.echo(
        f"写入 registers/{line}/terms.csv；下次运行 csat run {quarter} --line {line} 时生效。"
    )


def _show(quarter: str, line: str, root: Path | None) -> None:
    from csatlib import store

    proposed = store.read("term_proposals", quarter, line, root)
    known = {*store.study(line, root).terms}
    known |= {decision.word for decision in store.term_decisions(line, root)}
    fresh = proposed[~proposed["term"].isin(known)].sort_values("rank")
    if fresh.empty:
        typer.echo(f"{quarter}/{line}：没有待决定的新词。")
        return
    typer.echo(f"{quarter}/{line}：{len(fresh)} 个待决定的新词，越靠前越像一个词。")
    rows = [
        (place, row.term, str(row.parts).replace(" ", "/"), row.occurrences, f"{row.comments} 条")
        for place, row in enumerate(fresh.itertuples(), start=1)
    ]
    typer.echo(aligned(_HEADINGS, rows), nl=False)
    first = fresh["term"].iloc[0]
    typer.echo(f"采纳：csat terms {quarter} --line {line} --accept {first}；不采纳：--reject 词。")
