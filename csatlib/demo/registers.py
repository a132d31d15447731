"""The fictional company's people fill in the registers of measures and of opinions."""

from __future__ import annotations

import os

from csatlib import actions, store
from csatlib.demo import measures
from csatlib.demo.following import filled_in
from csatlib.schema import Quarter, empty
from csatlib.store.entering import append, values_of
from csatlib.store.filled import read_book, told
from csatlib.store.loop_forms import ACTIONS
from csatlib.store.loop_tables import name_of, shown_names
from csatlib.store.workbook import load, packed, save

__all__ = ["follow", "undertake"]


def undertake(line: str, *, root: str | os.PathLike[str] | None = None, seed: int = 0) -> int:
    """Enter a line's measures, their progress and who was asked again; put their proof beside.

    Parameters
    ----------
    line : str
        A line of the fictional company, whose study is in the project.
    root : path, optional
        The project's folder, as for `store.project_root`.
    seed : int
        The seed given to `write`.

    Returns
    -------
    int
        How many measures were entered: 0 where the line has a register already, which stays as
        it is.

    Raises
    ------
    StoreError
        As `store.add_actions`.

    Examples
    --------
    >>> import tempfile, shutil
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     studies = Path(store.project_root(), "studies")
    ...     _ = shutil.copytree(studies / "ops_event", Path(root, "studies", "ops_event"))
    ...     undertake("ops_event", root=root), undertake("ops_event", root=root)
    (6, 0)
    """
    file = store.register_file("actions", line, root)
    if file.exists():
        return 0
    owners = store.study(line, root).actions.owners
    entered = store.add_actions(measures.measures(line, seed=seed), line, owners=owners, root=root)
    before, name = file.read_bytes(), name_of(file)
    book, names = load(before, name), shown_names(line, root)
    sheets, faults = read_book(book, ACTIONS, name, names)
    told(faults)
    asked_again = measures.rechecks(line, seed=seed)
    for table in (measures.steps(line), asked_again):
        sheet = sheets["rechecks" if table is asked_again else "action_steps"]
        append(sheet, values_of(table, sheet.form), names)
    save(packed(book, before, name), file, before, name)
    folder = file.parent / "proofs"
    folder.mkdir(exist_ok=True)
    for proof, words in measures.proofs(line).items():
        (folder / proof).write_text(words, encoding="utf-8", newline="\n")
    return entered.new


def follow(
    quarter: str, line: str, *, root: str | os.PathLike[str] | None = None, seed: int = 0
) -> int:
    """Enter a quarter's opinions in the register and write down how each was followed up.

    Parameters
    ----------
    quarter, line : str
        A processed quarter of the fictional company with the tables ``comments``, ``responses``
        and ``coded``.
    root : path, optional
        The project's folder, as for `store.project_root`.
    seed : int
        Another seed follows up otherwise, as completely and as fast.

    Returns
    -------
    int
        How many opinions were entered; those that the register has stay as they are.

    Raises
    ------
    StoreError
        As `store.read` and `store.add_followups`.

    Examples
    --------
    >>> import tempfile, shutil
    >>> from pathlib import Path
    >>> from csatlib.schema import empty
    >>> with tempfile.TemporaryDirectory() as root:
    ...     studies = Path(store.project_root(), "studies")
    ...     _ = shutil.copytree(studies / "ops_event", Path(root, "studies", "ops_event"))
    ...     for name in ("comments", "responses", "coded"):
    ...         _ = store.write(empty(name), name, "2026Q3", "ops_event", root)
    ...     follow("2026Q3", "ops_event", root=root)
    0
    """
    study = store.study(line, root)
    comments, responses, coded = (
        store.read(name, quarter, line, root) for name in ("comments", "responses", "coded")
    )
    opinions = actions.followups(
        comments,
        empty("followups"),
        settings=study.followups,
        today=Quarter.parse(quarter).last_day,
        coded=coded,
        responses=responses,
        score=study.report.overall,
    )
    return store.add_followups(filled_in(opinions, line, seed=seed), line, root=root).new
