"""The command that looks before a run: one screen of findings, the gravest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from csatlib.cli.base import QuarterArgument, RootOption, app
from csatlib.cli.words import Command

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check"]

_WORDS = {"must": "必须改", "should": "应核对", "note": "说明"}
#: How many findings of a line fit on a screen.
_SHOWN = 12


@app.command(cls=Command, help="不运行笔记本，先检查一个季度的原始文件和研究文件。")
def check(
    quarter: QuarterArgument,
    line: Annotated[
        str | None, typer.Option("--line", metavar="LINE", help="只检查这条业务线；默认全部。")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="列出全部发现，不只是最要紧的。")] = False,
    root: RootOption = None,
) -> None:
    """Check a quarter and say what is to be mended."""
    from csatlib import run as runner

    grave = False
    for name, findings in runner.check(quarter, line=line, root=root).items():
        counts = findings["severity"].value_counts()
        grave |= "must" in counts
        told = "、".join(f"{_WORDS[s]} {counts[s]} 处" for s in _WORDS if s in counts)
        verdict = "还不能运行" if "must" in counts else "可以运行"
        typer.echo(f"{quarter}/{name}：{verdict}；{told or '没有发现问题'}。")
        _list(findings, every=every)
    if grave:
        raise typer.Exit(1)


def _list(findings: pd.DataFrame, *, every: bool) -> None:
    shown = len(findings) if every else max(_SHOWN, int((findings["severity"] == "must").sum()))
    for row in findings.head(shown).itertuples():
        finding = str(row.finding).rstrip("。；")
        place = f"{row.place}：" if row.place else ""
        typer.echo(f"  [{_WORDS[str(row.severity)]}] {place}{finding}。")
        typer.echo(f"      → {str(row.remedy).rstrip('。')}。")
    if len(findings) > shown:
        typer.echo(f"  另有 {len(findings) - shown} 处，用 --all 列出。")
