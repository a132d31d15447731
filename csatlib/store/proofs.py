"""Proof files of measures: which of them are there, and what they were when a run saw them."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from csatlib import schema
from csatlib.schema import check_line
from csatlib.store.disk import digest
from csatlib.store.places import StoreError, project_root
from csatlib.store.values import inside, parts

__all__ = ["proofs"]


def proofs(
    line: str, actions: pd.DataFrame, root: str | os.PathLike[str] | None = None
) -> pd.DataFrame:
    """List the proof files that measures name, and whether each is there.

    Parameters
    ----------
    line : str
        The business line, whose files lie in ``registers/<line>/proofs/``.
    actions : DataFrame
        Table ``actions`` or ``action_steps``: ``action_id``, and in ``proof`` names of files
        joined by ``、``.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    DataFrame
        Table ``proofs``, each file of a measure once: ``action_id``, ``file`` (its path in the
        folder), ``present``, ``sha256`` and ``bytes`` (missing where the file is).

    Raises
    ------
    StoreError
        If a name or a link leads out of the folder.

    Examples
    --------
    >>> import tempfile
    >>> named = pd.DataFrame({"action_id": ["A1"], "proof": ["合同.pdf"]})
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     proofs("shop", named, root)["present"].tolist()
    [False]
    """
    folder = project_root(root) / "registers" / check_line(line) / "proofs"
    named = actions[actions["proof"].notna()]
    wanted = {
        (str(action_id), file)
        for action_id, text in zip(named["action_id"], named["proof"], strict=True)
        for file in parts(str(text))
    }
    rows = [
        (action_id, file, *_state(folder, action_id, file)) for action_id, file in sorted(wanted)
    ]
    columns = schema.TABLES["proofs"].columns
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype({n: c.dtype for n, c in columns.items()}).pipe(schema.check, "proofs")


def _state(folder: Path, action_id: str, file: str) -> tuple[bool, str | None, int | None]:
    path = folder / file
    if not inside(file) or not path.resolve().is_relative_to(folder.resolve()):
        raise StoreError(
            f"{'/'.join(folder.parts[-3:])}：措施 {action_id} 的证明材料指到了这个文件夹外面；"
            "请把文件放进来，只写文件名。"
        )
    if not path.is_file():
        return False, None, None
    return True, digest(path), path.stat().st_size
