"""One quarter from raw files to published pages, line by line."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from csatlib import store
from csatlib.run import publish
from csatlib.run.execute import execute, kernel_environment
from csatlib.run.page import render
from csatlib.run.plan import Step, plan
from csatlib.run.problems import RunError
from csatlib.schema import Quarter

__all__ = ["Outcome", "quarter"]

#: Told while a run goes on: line, notebook, its number, how many there are.
Progress = Callable[[str, str, int, int], None]

_PROGRAMS = ("csatlib", "pandas", "numpy", "scipy", "jieba", "papermill", "nbconvert")


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
    does not stop the others.

    Parameters
    ----------
    quarter, line, root, only, parameters
        As for `plan`.
    jobs : int
        How many lines run side by side.
    progress : callable, optional
        Called with line, notebook, its number and their count before each notebook.

    Returns
    -------
    list of Outcome
        One a line: ``line``, ``reports`` (the published folder, None after a failure),
        ``problem`` (the Chinese message) and ``code`` (the exit code it calls for, 0 for none).

    Raises
    ------
    RunError
        If the call itself is wrong; nothing was run.
    """
    project = store.project_root(root)
    steps = plan(quarter, line=line, root=project, only=only, parameters=parameters)
    lines = [list(group) for _, group in groupby(steps, key=lambda step: step.line)]

    def run(steps: list[Step]) -> Outcome:
        return _run_line(str(quarter), steps, project, progress, keep=only is not None)

    stage = str(publish.stage_root(project))
    with (
        kernel_environment(**{store.STAGE_VARIABLE: stage, store.ROOT_VARIABLE: str(project)}),
        ThreadPoolExecutor(max_workers=max(1, jobs)) as pool,
    ):
        return list(pool.map(run, lines))


def _run_line(
    quarter: str, steps: list[Step], project: Path, progress: Progress | None, *, keep: bool
) -> Outcome:
    line = steps[0].line
    try:
        with publish.staged(quarter, line, project, keep=keep) as stage:
            shutil.rmtree(stage.failed, ignore_errors=True)
            _open_manifest(stage, steps)
            for number, step in enumerate(steps, start=1):
                if progress is not None:
                    progress(line, step.name, number, len(steps))
                name = step.notebook.name
                execute(step, output=stage.reports / name, failed=stage.failed / name)
            for step in steps:
                notebook = stage.reports / step.notebook.name
                render(notebook, notebook.with_suffix(".html"))
            stage.publish()
    except (RunError, store.StoreError) as error:
        return _failed(publish.Stage(quarter, line, project), error)
    return Outcome(line, project / "reports" / quarter / line)


def _failed(stage: publish.Stage, error: Exception) -> Outcome:
    code = error.code if isinstance(error, RunError) else 1
    partly = sorted(stage.failed.glob("*.ipynb"))
    kept = f"\n部分执行的笔记本：{partly[0].relative_to(stage.project)}" if partly else ""
    message = f"{stage.quarter}/{stage.line} 没有发布。{error}{kept}"
    stage.failed.mkdir(parents=True, exist_ok=True)
    (stage.failed / "message.txt").write_text(message + "\n", encoding="utf-8")
    return Outcome(stage.line, None, message, code)


def _open_manifest(stage: publish.Stage, steps: list[Step]) -> None:
    """Write down what goes into the run before the first notebook reads it."""
    inputs = [
        *store.raw(stage.quarter, stage.line, stage.project),
        *sorted((stage.project / "studies" / stage.line).iterdir()),
    ]
    before = store.manifest(stage.quarter, stage.line, stage.project)
    content = {
        "quarter": stage.quarter,
        "line": stage.line,
        "draft": False,
        "inputs": [
            {"file": str(file.relative_to(stage.project)), "sha256": store.digest(file)}
            for file in inputs
        ],
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
        "versions": {
            "python": platform.python_version(),
            **{program: version(program) for program in _PROGRAMS},
        },
        "commit": _commit(stage.project),
    }
    store.write_manifest(content, stage.tables)


def _commit(project: Path) -> str | None:
    """Name the version of the project's files, where it is under version control."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        told = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()
