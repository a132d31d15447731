"""One quarter from raw files to published pages, line by line."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import requires, version
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import Any

from csatlib import store
from csatlib.run import publish
from csatlib.run.execute import execute, kernel_environment
from csatlib.run.page import render
from csatlib.run.plan import WHOLE, Step, lines_of, plan
from csatlib.run.problems import DATA, INTERNAL, RunError, blame
from csatlib.schema import Quarter

__all__ = ["Outcome", "quarter"]

#: Told while a run goes on: the line, the notebook that begins (None once the line is published),
#: how many notebooks are done, how many there are.
Progress = Callable[[str, str | None, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one line: the published folder, or why nothing was published."""

    line: str
    reports: Path | None
    problem: str | None = None
    code: int = 0


def quarter(
    quarter: Quarter | str,
    *,
    line: str | None = None,
    root: str | os.PathLike[str] | None = None,
    only: Sequence[str] | None = None,
    jobs: int = 1,
    parameters: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Run the notebooks of a quarter and publish each line's tables, notebooks and pages.

    A line is published when every notebook of it is complete, or not at all; a line that fails
    does not stop the others. What concerns all lines (``notebooks/all/``) runs once every line of
    the quarter is published.

    Parameters
    ----------
    quarter, line, root, only, parameters
        As for `plan`.
    jobs : int
        How many lines run side by side.
    progress : callable, optional
        Called with the line, the notebook that begins, how many are done and how many there are;
        once more, with None for the notebook, when the line is published.

    Returns
    -------
    list of Outcome
        One a line: ``line``, ``reports`` (the published folder, None after a failure),
        ``problem`` (the Chinese message) and ``code`` (the exit code it calls for, 0 for none).

    Raises
    ------
    RunError
        If the call itself is wrong, or the quarter has no raw files at all; nothing was run.
    """
    at, project = str(quarter), store.project_root(root)
    steps = plan(quarter, line=line, root=project, only=only, parameters=parameters)
    full = Counter(step.line for step in plan(quarter, line=line, root=project))
    _refuse_unknown_folder(at, project)
    lines = {name: list(group) for name, group in groupby(steps, key=lambda step: step.line)}
    partial = frozenset(name for name, own in lines.items() if len(own) < full[name])
    whole = lines.pop(WHOLE, None)
    stage = str(publish.stage_root(project, at))
    run = _Run(at, project, partial, progress or (lambda *_: None), Event())
    with (
        kernel_environment(**{store.STAGE_VARIABLE: stage, store.ROOT_VARIABLE: str(project)}),
        ThreadPoolExecutor(max_workers=max(1, jobs)) as pool,
    ):
        try:
            outcomes = list(pool.map(run.line, lines.values()))
            return outcomes if whole is None else [*outcomes, run.whole(whole, outcomes)]
        finally:
            run.stopped.set()


@dataclass(frozen=True)
class _Run:
    """What the lines of one run share."""

    quarter: str
    project: Path
    partial: frozenset[str]
    progress: Progress
    stopped: Event

    def whole(self, steps: list[Step], outcomes: Sequence[Outcome]) -> Outcome:
        """Run what concerns all lines, once each of them is published."""
        failed = {outcome.line for outcome in outcomes if outcome.code}
        waiting = [
            name
            for name in lines_of(self.quarter, root=self.project)
            if name in failed or store.manifest(self.quarter, name, self.project).get("draft", True)
        ]
        if waiting:
            problem = (
                f"{self.quarter}/{WHOLE} 没有运行：{'、'.join(waiting)} 这个季度还没有发布；"
                "请先让每条业务线都运行成功。"
            )
            return Outcome(WHOLE, None, problem, DATA)
        return self.line(steps)

    def line(self, steps: list[Step]) -> Outcome:
        """Run one line and publish it; whatever goes wrong is told in the outcome."""
        line = steps[0].line
        try:
            with publish.staged(
                self.quarter, line, self.project, keep=line in self.partial
            ) as stage:
                return self._complete(stage, steps)
        except Exception as error:
            fault = _fault(error)
            problem = f"{self.quarter}/{line} 没有发布。{fault}"
            return Outcome(line, None, problem, fault.code)

    def _complete(self, stage: publish.Stage, steps: list[Step]) -> Outcome:
        shutil.rmtree(stage.failed, ignore_errors=True)
        try:
            if stage.line != WHOLE:
                store.study(stage.line, stage.project)
            _open_manifest(stage, steps, partial=stage.line in self.partial)
            for done, step in enumerate(steps):
                self._go_on()
                self.progress(stage.line, step.name, done, len(steps))
                name = step.notebook.name
                execute(step, output=stage.reports / name, failed=stage.failed / name)
            for step in steps:
                notebook = stage.reports / step.notebook.name
                render(notebook, notebook.with_suffix(".html"))
            self._go_on()
            stage.publish()
        except Exception as error:
            return _failed(stage, error)
        self.progress(stage.line, None, len(steps), len(steps))
        return Outcome(stage.line, stage.project / "reports" / stage.quarter / stage.line)

    def _go_on(self) -> None:
        if self.stopped.is_set():
            raise RunError("已中断。", INTERNAL)


def _refuse_unknown_folder(quarter: str, project: Path) -> None:
    folders = project / "data" / "raw"
    if not (folders / quarter).is_dir():
        known = "、".join(sorted(f.name for f in folders.glob("[0-9]*Q[1-4]"))) or "还没有"
        raise RunError(
            f"data/raw/{quarter}/：没有这个季度的文件夹（已有：{known}）；"
            f"请把导出文件原样放进 data/raw/{quarter}/<业务线>/。",
            DATA,
        )


def _fault(error: Exception) -> RunError:
    return error if isinstance(error, RunError) else blame(type(error).__name__, str(error))


def _failed(stage: publish.Stage, error: Exception) -> Outcome:
    fault = _fault(error)
    partly = sorted(stage.failed.glob("*.ipynb"))
    kept = f"\n部分执行的笔记本：{partly[0].relative_to(stage.project)}" if partly else ""
    message = f"{stage.quarter}/{stage.line} 没有发布。{fault}{kept}"
    # What a cell was at is in its notebook; only here is there nothing else that tells.
    details = "" if fault is error or fault.code == DATA else traceback.format_exc()
    stage.failed.mkdir(parents=True, exist_ok=True)
    (stage.failed / "message.txt").write_text(f"{message}\n{details}", encoding="utf-8")
    return Outcome(stage.line, None, message, fault.code)


def _open_manifest(stage: publish.Stage, steps: list[Step], *, partial: bool) -> None:
    """Write down what goes into the run before the first notebook reads it."""
    files = _inputs(stage)
    inputs = [
        {"file": str(file.relative_to(stage.project)), "sha256": store.digest(file)}
        for file in files
        if file.is_file()
    ]
    before = store.manifest(stage.quarter, stage.line, stage.project)
    if partial and (before.get("draft", True) or before.get("inputs") != inputs):
        raise RunError(
            "还没有完整发布过，或上次写出的表是草稿，或原始文件、研究文件已有改动，不能只重跑一部分；"
            "请去掉 --only 重新运行。",
            DATA,
        )
    content = {
        "quarter": stage.quarter,
        "line": stage.line,
        "draft": False,
        "inputs": inputs,
        "notebooks": {
            **before.get("notebooks", {}),
            **{
                step.name: {
                    "sha256": store.digest(step.notebook),
                    "parameters": dict(step.parameters),
                }
                for step in steps
            },
        },
        "tables": before.get("tables", {}),
        "versions": _versions(),
        "commit": _commit(stage.project),
    }
    store.write_manifest(content, stage.tables)


def _inputs(stage: publish.Stage) -> list[Path]:
    """List the files that a line's run reads; that of all lines reads what each has published."""
    beside = sorted((stage.project / "studies" / stage.line).glob("[!.]*"))
    if stage.line != WHOLE:
        return [*store.raw(stage.quarter, stage.line, stage.project), *beside]
    tables = [
        store.tables_folder(stage.quarter, name, stage.project) / "manifest.json"
        for name in lines_of(stage.quarter, root=stage.project)
    ]
    return [*tables, *beside]


def _versions() -> dict[str, str]:
    """Name the versions of Python, of this package and of everything it stands on."""
    stands_on = (re.match(r"[\w.-]+", line) for line in requires("csatlib") or ())
    programs = ["csatlib", *sorted(name[0] for name in stands_on if name)]
    return {"python": platform.python_version(), **{name: version(name) for name in programs}}


def _commit(project: Path) -> str | None:
    """Name the version of the project's files, where it is under version control."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        told = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()
