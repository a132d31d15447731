"""Runs the notebooks on the sample quarter and keeps the outputs of their golden cells.

Run it after a change that is meant to change key figures, and read the difference before it is
committed: ``make golden``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nbformat

from csatlib import run, store
from csatlib.run.execute import execute, kernel_environment

REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> None:
    """Copy what golden cells show in a fresh run into the notebooks of the repository."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("notebooks", "studies"):
            shutil.copytree(REPOSITORY / name, root / name)
        for line in ("all", "hotline"):
            place = Path("data", "raw", "2026Q3", line)
            shutil.copytree(REPOSITORY / place, root / place)
        (outcome,) = run.quarter("2026Q3", line="hotline", root=root)
        if outcome.problem:
            raise SystemExit(outcome.problem)
        reports = store.reports_folder("2026Q3", "hotline", root)
        for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
            keep(notebook, reports / notebook.name)
        for notebook in sorted((REPOSITORY / "notebooks/all").glob("*.ipynb")):
            # A run waits for every line; the sample has one.
            executed = root / "executed" / notebook.name
            step = run.Step("all", root / "notebooks/all" / notebook.name, {})
            with kernel_environment(**{store.ROOT_VARIABLE: str(root)}):
                execute(step, output=executed, failed=executed)
            keep(notebook, executed)


def keep(notebook: Path, executed: Path) -> None:
    """Put the golden outputs of an executed notebook into the stored one."""
    stored = nbformat.read(notebook, as_version=4)
    outputs = {c.id: c.get("outputs") for c in nbformat.read(executed, as_version=4).cells}
    for number, cell in enumerate(c for c in stored.cells if c.cell_type == "code"):
        golden = "nbval-check-output" in cell.metadata.get("tags", [])
        cell.outputs = outputs[cell.id] if golden else []
        cell.execution_count = number + 1 if golden else None
        for output in cell.outputs:
            output["execution_count"] = cell.execution_count
    nbformat.write(stored, notebook)


if __name__ == "__main__":
    main()
