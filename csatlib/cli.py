"""The ``csat`` command: what it prints is Chinese, and its exit code says whose turn it is.

Exit codes: 0 done, 1 the data must be mended, 2 the call must be mended, 3 a fault of the program.
"""

from __future__ import annotations

import ast
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from csatlib import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="csat",
    help="客户满意度研究：从问卷导出文件到可追溯的季度报告。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RootOption = Annotated[
    Path | None, typer.Option("--root", help="项目文件夹；默认为最近的含有 studies 的上级文件夹。")
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


@app.command(help="写出虚构公司的原始数据（data/raw）。")
def demo(
    root: RootOption = None,
    quarters: Annotated[
        list[str] | None, typer.Option("--quarter", help="只写这个季度，可重复；默认全部。")
    ] = None,
    lines: Annotated[
        list[str] | None, typer.Option("--line", help="只写这条业务线，可重复；默认全部。")
    ] = None,
    seed: Annotated[int, typer.Option(help="随机种子。")] = 0,
) -> None:
    """Write the raw files of the fictional company."""
    from csatlib import demo as company
    from csatlib import store

    project = store.project_root(root)
    chosen: dict[str, Any] = {}
    if quarters:
        chosen["quarters"] = tuple(quarters)
    if lines:
        chosen["lines"] = tuple(lines)
    company.write(project, **chosen, seed=seed)
    typer.echo(f"已写出虚构公司的数据：{project / 'data' / 'raw'}")


@app.command(help="运行一个季度的全部笔记本；一条业务线全部完成才发布。")
def run(
    quarter: Annotated[str, typer.Argument(help="季度，例如 2026Q3。")],
    line: Annotated[str | None, typer.Option("--line", help="只运行这条业务线；默认全部。")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="只运行这个笔记本（如 03），可重复。")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="参数，写成 名称=值，可重复。")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="同时运行几条业务线。")] = 1,
    root: RootOption = None,
) -> None:
    """Run a quarter and publish every line that is complete."""
    from csatlib import run as runner

    with _progress() as told:
        outcomes = runner.quarter(
            quarter,
            line=line,
            root=root,
            only=only or None,
            jobs=jobs,
            parameters=dict(_parameter(text) for text in parameter or []),
            progress=told,
        )
    for outcome in outcomes:
        if outcome.problem is None:
            typer.echo(f"{quarter}/{outcome.line} 已发布：{outcome.reports}")
        else:
            typer.echo(outcome.problem, err=True)
    code = max(outcome.code for outcome in outcomes)
    if code:
        raise typer.Exit(code)


def _parameter(text: str) -> tuple[str, Any]:
    from csatlib.run.problems import USAGE, RunError

    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise RunError(f"参数“{text}”应写成 名称=值，例如 top=30。", USAGE)
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


class _progress:  # noqa: N801 (used like a function)
    """Show a bar on a terminal and plain lines in a log."""

    def __enter__(self) -> Any:
        self._bar: Any = None
        if not sys.stderr.isatty():
            return self._line
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()]
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._tasks: dict[str, Any] = {}
        self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _line(self, line: str, notebook: str, number: int, total: int) -> None:
        typer.echo(f"{line}：{notebook}（{number}/{total}）", err=True)

    def _step(self, line: str, notebook: str, number: int, total: int) -> None:
        if line not in self._tasks:
            self._tasks[line] = self._bar.add_task(line, total=total)
        words = f"{line}：{notebook}"
        self._bar.update(self._tasks[line], completed=number - 1, description=words)


def main() -> None:
    """Run ``csat`` and end the process with the exit code that fits."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """Run the command and turn whatever goes wrong into one message and an exit code."""
    from csatlib.exports import ExportError
    from csatlib.run.problems import DATA, INTERNAL, USAGE, RunError
    from csatlib.schema import SchemaError
    from csatlib.store import StoreError
    from csatlib.study import StudyError

    command = typer.main.get_command(app)
    try:
        return int(command.main(arguments, prog_name="csat", standalone_mode=False) or 0)
    except _UsageError as error:
        typer.echo(f"用法不对：{_usage(error)}。请看 csat --help。", err=True)
        return USAGE
    except RunError as error:
        typer.echo(str(error), err=True)
        return error.code
    except (StoreError, StudyError, ExportError, SchemaError) as error:
        typer.echo(str(error), err=True)
        return DATA
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("已中断；没有完成的业务线没有发布。", err=True)
        return INTERNAL
    except Exception:
        traceback.print_exc()
        typer.echo("程序内部出错（上面是英文的细节）；没有完成的业务线没有发布。", err=True)
        return INTERNAL


#: typer carries a copy of click, whose exceptions have no public name there.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def _usage(error: Any) -> str:
    """Say in Chinese what is wrong with a call."""
    kind = type(error).__name__
    parameter = getattr(getattr(error, "param", None), "name", None)
    if kind == "NoArgsIsHelpError":
        return f"没有写命令\n\n{error.ctx.get_help()}\n"
    if "No such command" in str(error):
        return f"没有命令 {error.ctx.args[0] if error.ctx.args else ''}，可用的有 demo 和 run"
    if kind == "NoSuchOption":
        near = f"，是不是想写 {error.possibilities[0]}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if kind == "MissingParameter":
        return f"缺少参数 {parameter}"
    if kind == "BadParameter" and parameter:
        return f"参数 {parameter} 的值不对（{error.message}）"
    return str(error.format_message()).rstrip(".")
