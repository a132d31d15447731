"""Runs one notebook with papermill and says whether every cell really ran."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from csatlib.run.plan import Step
from csatlib.run.problems import INTERNAL, RunError, blame, without_personal_data

__all__ = ["execute", "kernel_environment"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CELL_SECONDS = 1800


def execute(step: Step, *, output: Path, failed: Path) -> None:
    """Run a notebook and write it, without time stamps, once every code cell has run.

    Parameters
    ----------
    step : Step
        The notebook and its parameters.
    output : path
        Where the executed notebook goes.
    failed : path
        Where it goes, as far as it came, if a cell fails.

    Raises
    ------
    RunError
        Naming the cell and the remedy; exit code 1 for bad data, 3 for a fault of the program.
    """
    import nbformat

    with tempfile.TemporaryDirectory(prefix="csat-") as folder:
        scratch = Path(folder) / step.notebook.name
        problem = _run_cells(step, scratch)
        node = tidy(nbformat.read(scratch, as_version=4)) if scratch.exists() else None
    if node is not None:
        problem = problem or _incomplete(step, node)
        target = failed if problem else output
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if problem else 0o777)
        nbformat.write(_quiet(node) if problem else node, target)
    if problem is not None:
        raise problem


def _run_cells(step: Step, scratch: Path) -> RunError | None:
    """Let papermill run the notebook, and say what it says was wrong."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    from csatlib.run.kernels import QuietKernel

    # The parameters are checked already; papermill overlooks those with "=" in their comment.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    # Sockets in a folder of our own instead of ports open to the whole machine; a short path, for
    # the name of a socket may have about a hundred characters.
    sockets = {"transport": "ipc", "connection_file": str(scratch.with_name("k.json"))}
    try:
        papermill.execute_notebook(
            _literal(step.notebook),
            _literal(scratch),
            parameters=dict(step.parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=120,
            execution_timeout=_CELL_SECONDS,
            # Not papermill's cwd: it moves the whole process, and lines run side by side.
            resources={"metadata": {"path": str(step.notebook.parent)}},
            kernel_manager_class=QuietKernel,
            config=Config({"KernelManager": sockets}),
        )
    except papermill.PapermillExecutionError as error:
        return _told(step, error)
    except CellTimeoutError:
        return RunError(f"{step.name}：有代码格超过 {_CELL_SECONDS} 秒未完成。", INTERNAL)
    except DeadKernelError:
        return RunError(f"{step.name}：内核中途退出（可能内存不足）。", INTERNAL)
    return None


def _quiet(node: Any) -> Any:
    """Redact what an error says: it may quote a cell of a raw file."""
    for cell in node.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output["evalue"] = without_personal_data(output["evalue"])
                output["traceback"] = [without_personal_data(t) for t in output["traceback"]]
    return node


def tidy(node: Any) -> Any:
    """Remove what differs from run to run: time stamps, paths, random ids."""
    node.metadata.pop("papermill", None)
    for cell in node.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    node.cells = [
        c for c in node.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])
    ]
    return node


@contextmanager
def kernel_environment(**variables: str) -> Iterator[None]:
    """Set variables that the kernels inherit, and put back what was there."""
    fixed = {
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # Warnings name the cell's file, which would otherwise carry the process id.
        "IPYKERNEL_CELL_NAME": "cell",
        **variables,
    }
    before = {name: os.environ.get(name) for name in fixed}
    os.environ.update(fixed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _literal(path: Path) -> str:
    """Write a path so that papermill, which takes it for a template, reads it as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _told(step: Step, error: Any) -> RunError:
    fault = blame(error.ename, _COLOUR.sub("", str(error.evalue)).strip())
    return RunError(f"{step.name} 第 {error.exec_count} 个代码格：{fault}", fault.code)


def _incomplete(step: Step, node: Any) -> RunError | None:
    """Find a code cell that did not run: a cell may have ended the kernel without an error."""
    code = [c for c in node.cells if c.cell_type == "code" and c.source.strip()]
    for number, cell in enumerate(code, start=1):
        if cell.execution_count is None:
            return RunError(f"{step.name}：第 {number} 个代码格没有执行，运行不完整。", INTERNAL)
        if any(output.output_type == "error" for output in cell.outputs):
            return RunError(f"{step.name}：第 {number} 个代码格以错误结束。", INTERNAL)
    return None
