"""The command itself, which every file of commands adds to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csatlib import __version__
from csatlib.cli.words import Group

__all__ = ["QuarterArgument", "RootOption", "app"]

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
