"""Stages what a run writes and swaps it in whole: a quarter is never half of two runs."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from csatlib import store
from csatlib.run.problems import DATA, RunError

__all__ = ["Stage", "staged"]


@dataclass(frozen=True)
class Stage:
    """Where a run of one line writes, and where that will stand when it is complete."""

    quarter: str
    line: str
    project: Path

    @property
    def tables(self) -> Path:
        """The staged tables."""
        return stage_root(self.project, self.quarter) / self.line

    @property
    def reports(self) -> Path:
        """The staged notebooks and pages."""
        return self.project / "reports" / ".stage" / self.quarter / self.line

    @property
    def failed(self) -> Path:
        """Where partly executed notebooks and the message of a failed run are kept."""
        return self.project / "reports" / ".failed" / self.quarter / self.line

    def moves(self) -> list[tuple[Path, Path]]:
        """Pairs of a staged folder and the published one that it replaces."""
        place = Path(self.quarter, self.line)
        return [
            (self.tables, self.project / "data" / "processed" / place),
            (self.reports, self.project / "reports" / place),
        ]

    def publish(self) -> None:
        """Swap the staged folders in; after a crash half-way the next run completes it."""
        journal = self._journal
        moves = [[str(old), str(new)] for old, new in self.moves()]
        with store.atomic(journal) as stream:
            stream.write(json.dumps(moves).encode())
        self._finish()

    def recover(self) -> None:
        """Complete a publication that was cut off, and clear what an unfinished run left."""
        if self._journal.exists():
            self._finish()
        for staged_folder, _ in self.moves():
            shutil.rmtree(staged_folder, ignore_errors=True)

    @property
    def _journal(self) -> Path:
        return stage_root(self.project, self.quarter) / f".{self.line}.publish.json"

    def _finish(self) -> None:
        for staged_folder, published in self.moves():
            aside = published.with_name(f".{published.name}.old")
            if staged_folder.exists():
                shutil.rmtree(aside, ignore_errors=True)
                published.parent.mkdir(parents=True, exist_ok=True)
                if published.exists():
                    published.rename(aside)
                staged_folder.rename(published)
                store.flush_folder(published.parent)
            shutil.rmtree(aside, ignore_errors=True)
        self._journal.unlink()


def stage_root(project: Path, quarter: str) -> Path:
    """Give the folder in which runs of a quarter lay their tables first."""
    return project / "data" / "processed" / ".stage" / quarter


@contextmanager
def staged(quarter: str, line: str, project: Path, *, keep: bool) -> Iterator[Stage]:
    """Hold the line's lock and a clean stage; what is not published is gone afterwards.

    Parameters
    ----------
    keep : bool
        Begin with a copy of what is published, for a run of some notebooks only.

    Raises
    ------
    RunError
        If another run of the same quarter and line is under way.
    """
    stage = Stage(quarter, line, project)
    lock_file = stage_root(project, quarter) / f".{line}.lock"
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    # The kernel frees the lock when the process ends, however it ends.
    with lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError("另一个 csat run 正在运行这条业务线；请等它结束。", DATA) from None
        stage.recover()
        try:
            for staged_folder, published in stage.moves():
                if keep and published.exists():
                    temporaries = shutil.ignore_patterns(".*.tmp")
                    shutil.copytree(published, staged_folder, ignore=temporaries)
                staged_folder.mkdir(parents=True, exist_ok=True)
            yield stage
        finally:
            if not stage._journal.exists():
                for staged_folder, _ in stage.moves():
                    shutil.rmtree(staged_folder, ignore_errors=True)
