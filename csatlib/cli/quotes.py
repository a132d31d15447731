"""The command that lays quotes before a person: nothing is published that nobody has read."""

from __future__ import annotations

from typing import Annotated

import typer

from csatlib.cli.base import QuarterArgument, RootOption, app
from csatlib.cli.words import Command

__all__ = ["quotes"]


@app.command(cls=Command, help="把本季度的候选原话写进复核登记表，并列出审核到了哪一步。")
def quotes(
    quarter: QuarterArgument,
    line: Annotated[str, typer.Option("--line", metavar="LINE", help="业务线。")],
    root: RootOption = None,
) -> None:
    """Enter the quarter's quotes in the register and say how they stand."""
    from csatlib import store
    from csatlib.run.plan import lines_of

    (name,) = lines_of(quarter, line=line, root=root)
    labels = store.study(name, root).codeframe.labels()
    table = store.read("quotes", quarter, name, root)
    tally = store.add_quotes(table, quarter, name, labels=labels, root=root)
    typer.echo(
        f"{quarter}/{name}：候选原话 {len(table):,} 条，新加入 {tally.new:,} 条；"
        f"待审核 {tally.awaiting:,} 条，通过 {tally.passed:,} 条，不通过 {tally.refused:,} 条。"
    )
    file = store.quote_register(name, root)
    if file.exists():
        typer.echo(str(file))
    if tally.awaiting:
        typer.echo(
            "请在表里填写结论、审核人和审核日期，保存后重新运行这个季度；没有通过的原话不会公布。"
        )
