"""The ``csat`` command: what it prints is Chinese, and its exit code says whose turn it is.

Exit codes: 0 done, 1 the data must be mended, 2 the call must be mended, 3 a fault of the program,
130 interrupted.
"""

from __future__ import annotations

import ast
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from csatlib import __version__

__all__ = ["app", "main"]

#: What typer says in English in a page of help.
_WORDS = {
    r"^Usage: ": "用法：",
    r"^Arguments:": "参数：",
    r"^Options:": "选项：",
    r"^Commands:": "命令：",
    r"\[OPTIONS\]": "[选项]",
    r"COMMAND \[ARGS\]\.\.\.": "命令 …",
    r"Show this message and exit\.": "显示帮助并退出。",
    r"\[required\]": "[必填]",
    r"\[default: ([^;\]]*)[^\]]*\]": r"[默认 \1]",
}


class _Chinese:
    """Gives a command its help in Chinese."""

    def get_help(self, ctx: typer.Context) -> str:
        text: str = super().get_help(ctx)  # type: ignore[misc]
        for english, chinese in _WORDS.items():
            text = re.sub(english, chinese, text, flags=re.MULTILINE)
        return text


class _Command(_Chinese, typer.core.TyperCommand):
    pass


class _Group(_Chinese, typer.core.TyperGroup):
    pass


#: What typer answers to Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="csat",
    cls=_Group,
    help="客户满意度研究：从问卷导出文件到可追溯的季度报告。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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


@app.command(cls=_Command, help="写出虚构公司的原始数据（data/raw）。")
def demo(
    root: RootOption = None,
    quarters: Annotated[
        list[str] | None,
        typer.Option("--quarter", metavar="QUARTER", help="只写这个季度，可重复；默认全部。"),
    ] = None,
    lines: Annotated[
        list[str] | None,
        typer.Option("--line", metavar="LINE", help="只写这条业务线，可重复；默认全部。"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="随机种子，整数。")] = 0,
) -> None:
    """Write the raw files of the fictional company."""
    from csatlib import demo as company
    from csatlib import store
    from csatlib.demo.design import LINES, QUARTERS
    from csatlib.run.problems import DATA, RunError

    project = store.project_root(root)
    chosen_quarters = _chosen("季度", quarters, QUARTERS)
    chosen_lines = _chosen("业务线", lines, tuple(LINES))
    try:
        company.write(project, quarters=chosen_quarters, lines=chosen_lines, seed=seed)
    except company.DemoError as error:
        place = str(error).partition(": ")[0]
        raise RunError(
            f"{place}：这个文件不是虚构公司的，data/raw 里的文件不会被覆盖，什么也没有写；"
            "请把它移走，或用 --root 换一个项目。",
            DATA,
        ) from error
    typer.echo(f"已写出虚构公司的数据：{project / 'data' / 'raw'}")


def _chosen(what: str, asked: Sequence[str] | None, known: Sequence[str]) -> Sequence[str]:
    from csatlib.run.problems import USAGE, RunError

    for label in asked or ():
        if label not in known:
            raise RunError(f"虚构公司没有{what}“{label}”；有：{'、'.join(known)}。", USAGE)
    return asked or known


@app.command(cls=_Command, help="运行一个季度的全部笔记本；一条业务线全部完成才发布。")
def run(
    quarter: Annotated[str, typer.Argument(metavar="QUARTER", help="季度，例如 2026Q3。")],
    line: Annotated[
        str | None, typer.Option("--line", metavar="LINE", help="只运行这条业务线；默认全部。")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NOTEBOOK", help="从这个笔记本（如 03）起运行。"),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "-p", "--parameter", metavar="NAME=VALUE", help="笔记本的参数，写成 名称=值，可重复。"
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(min=1, max=16, metavar="N", help="同时运行几条业务线，1 到 16 的整数。"),
    ] = 1,
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

    def _line(self, line: str, notebook: str | None, done: int, total: int) -> None:
        if notebook is not None:
            typer.echo(f"{line}：{notebook}（{done + 1}/{total}）", err=True)

    def _step(self, line: str, notebook: str | None, done: int, total: int) -> None:
        if line not in self._tasks:
            self._tasks[line] = self._bar.add_task(line, total=total)
        words = f"{line}：{notebook or '已发布'}"
        self._bar.update(self._tasks[line], completed=done, description=words)


def main() -> None:
    """Run ``csat`` and end the process with the exit code that fits."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """Run the command and turn whatever goes wrong into one message and an exit code."""
    command = typer.main.get_command(app)
    try:
        code = int(command.main(arguments, prog_name="csat", standalone_mode=False) or 0)
    except _UsageError as error:
        return _tell(_usage(error), code=2)
    except Exception as error:
        return _explain(error)
    if code == _INTERRUPTED:
        typer.echo("已中断；没有完成的业务线没有发布。", err=True)
    return code


def _tell(message: str, *, code: int) -> int:
    typer.echo(message, err=True)
    return code


def _explain(error: Exception) -> int:
    from csatlib.run.problems import RunError, blame

    fault = error if isinstance(error, RunError) else blame(type(error).__name__, str(error))
    if fault is error or fault.code == 1:
        return _tell(str(fault), code=fault.code)
    traceback.print_exception(error)
    return _tell("程序内部出错（上面是英文的细节）；没有完成的业务线没有发布。", code=fault.code)


#: typer carries a copy of click, whose exceptions have no public name there.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


#: What typer says in English of a call, where the kind of the error alone does not tell.
_FAULTS = {
    r"No such command '(.*?)'": r"没有命令 \1，可用的有 demo 和 run",
    r"unexpected extra argument\(s\) \((.*)\)": r"多出了参数 \1",
    r"Option '(.*?)' requires": r"选项 \1 后面要写一个值",
    r"Option '(.*?)' does not take": r"选项 \1 后面不能写值",
    r"Missing command": "没有写命令",
}


def _usage(error: Any) -> str:
    """Say in Chinese what is wrong with a call."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.ctx.get_help())
    command = error.ctx.command_path if error.ctx else "csat"
    return f"用法不对：{_fault(error)}。请看 {command} --help。"


def _fault(error: Any) -> str:
    kind, message = type(error).__name__, str(error.message)
    if kind == "NoSuchOption":
        near = f"，是不是想写 {error.possibilities[0]}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if kind == "MissingParameter":
        return f"缺少 {error.param.name}（{error.param.help.rstrip('。')}）"
    if kind == "BadParameter":
        return f"{error.param.opts[-1]} 的值不对（{error.param.help.rstrip('。')}）"
    for english, chinese in _FAULTS.items():
        if found := re.search(english, message):
            return found.expand(chinese)
    return message.rstrip(".")
