"""Commands that make quarters: ``demo`` writes invented ones, ``run`` publishes real ones."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from csatlib.cli.base import QuarterArgument, RootOption, app
from csatlib.cli.words import Command

__all__ = ["demo", "run"]


@app.command(cls=Command, help="写出虚构公司的原始数据（data/raw）。")
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
    """Write the raw files of the fictional company, and the measures of lines with a study."""
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
    known = [x for x in chosen_lines if (project / "studies" / x / "study.yml").is_file()]
    entered = sum(company.undertake(line, root=project, seed=seed) for line in known)
    if entered:
        typer.echo(f"已登记虚构公司的 {entered} 项改进措施：{project / 'registers'}")


def _chosen(what: str, asked: Sequence[str] | None, known: Sequence[str]) -> Sequence[str]:
    from csatlib.run.problems import USAGE, RunError

    for label in asked or ():
        if label not in known:
            raise RunError(f"虚构公司没有{what}“{label}”；有：{'、'.join(known)}。", USAGE)
    return asked or known


@app.command(cls=Command, help="运行一个季度的全部笔记本；一条业务线全部完成才发布。")
def run(
    quarter: QuarterArgument,
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
