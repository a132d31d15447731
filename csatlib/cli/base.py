"""The command itself, which every file of commands adds to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from csatlib import __version__
from csatlib.cli.words import Group

__all__ = ["QuarterArgument", "RootOption", "app", "day_of"]

app = typer.Typer(
    name="csat",
    cls=Group,
    help="客户满意度研究：从问卷导出文件到可追溯的季度报告。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

QuarterArgument = Annotated[str, typer.Argument(metavar="QUARTER", help="季度，例如 2026Q3。")]
RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root", metavar="FOLDER", help="项目文件夹；默认为最近的含有 studies 的上级文件夹。"
    ),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"csat {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本并退出。"),
    ] = False,
) -> None:
    del version


def day_of(label: str | None) -> date:
    """Read a day of a call; without one it is the machine's."""
    from csatlib.run.problems import USAGE, RunError

    if label is None:
        return date.today()
    try:
        return date.fromisoformat(label)
    except ValueError:
        raise RunError(f"日期“{label}”不对；应写成 2026-10-08 的样子。", USAGE) from None
