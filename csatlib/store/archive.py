"""One quarter of one line as a bundle that can be laid away and checked years later."""

from __future__ import annotations

import fnmatch
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from csatlib.schema import TABLES, Quarter, check_line
from csatlib.store.backup import described
from csatlib.store.bundle import Entry, entry_of, packed_up
from csatlib.store.disk import digest, private_folder
from csatlib.store.kept import Kept, record
from csatlib.store.places import StoreError, project_root, raw, study
from csatlib.store.register_people import names_customers
from csatlib.store.sealed import recipients_of, write_bundle
from csatlib.store.tables import manifest, read

__all__ = ["archive"]

_INDEX = "目录.txt"
#: Where in the bundle each part stands, and what the index says of it.
_RAW, _VAULT, _TABLES = "原始问卷", "身份库", "数据统计表"
_REGISTERS, _REPORTS, _STUDY = "改进措施清单与执行记录", "效果评估报告", "研究文件"
_PARTS = {
    _RAW: "导出的原始文件，本业务线的和各线共用的",
    _VAULT: "编号与化名的对应关系，加密，只有密钥能打开",
    _TABLES: "每张统计表和它的登记 manifest.json",
    _REGISTERS: "改进措施和它们的执行记录",
    _REPORTS: "执行过的笔记本和网页报告",
    _STUDY: "问卷字典、量表、清洗规则、领域词",
}


@dataclass(frozen=True)
class _Quarter:
    """The files of one published quarter and line."""

    project: Path
    quarter: str
    line: str

    @property
    def label(self) -> str:
        return f"{self.quarter}/{self.line}"

    @property
    def tables(self) -> Path:
        return self.project / "data" / "processed" / self.quarter / self.line

    @property
    def reports(self) -> Path:
        return self.project / "reports" / self.quarter / self.line


def archive(
    quarter: Quarter | str,
    line: str,
    *,
    out: str | os.PathLike[str] | None = None,
    root: str | os.PathLike[str] | None = None,
    raw_files: bool = True,
    made: str = "",
    recipients: Sequence[str] = (),
) -> Kept:
    """Lay a published quarter away as one file with a list of everything in it.

    Parameters
    ----------
    quarter, line
        The published quarter.
    out : path, optional
        The file to write; without it ``archives/<quarter>-<line>.tar.age`` of the project (``.tar``
        where it is not encrypted).
    root : path, optional
        The project's folder, as for `project_root`.
    raw_files : bool
        Whether raw files and the identity vault go in; such a bundle is encrypted, one without
        them is not, and neither proofs nor registers in which people typed numbers of customers
        are in it.
    made : str
        When, for the list of backups and archives.
    recipients : sequence of str
        Public keys (``age1…``) that shall open the file besides the own key.

    Returns
    -------
    Kept
        Its entry in ``data/backups.json``. The bundle holds 目录.txt, 原始问卷, 身份库,
        数据统计表, 改进措施清单与执行记录, 效果评估报告 and 研究文件, in an order and with stamps
        that do not change.

    Raises
    ------
    StoreError
        If the quarter is not published, is a draft, was changed since, or the file exists.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "studies").mkdir()
    ...     try:
    ...         archive("2026Q3", "shop", root=folder)
    ...     except StoreError as error:
    ...         print(error)
    2026Q3/shop：还没有发布，不能归档；请先执行 csat run 2026Q3 --line shop。
    """
    at = _Quarter(project_root(root), str(Quarter.parse(quarter)), check_line(line))
    _refuse_unpublished(at)
    keys = recipients_of(recipients) if raw_files else []
    files = dict(sorted(_files(at, raw_files=raw_files)))
    index = _index(at, files, raw_files=raw_files).encode()
    first = Entry(_INDEX, 0o600, len(index), sha256(index).hexdigest())
    entries = [first, *(entry_of(file, path) for path, file in files.items())]

    def opened(entry: Entry) -> IO[bytes]:
        return files[entry.path].open("rb") if entry.path in files else io.BytesIO(index)

    about = {"kind": "archive", "holds": _held(at, files)}
    target = Path(out).absolute() if out else _default(at, sealed=raw_files)
    write_bundle(target, packed_up(about, entries, opened), keys)
    kept = described(target, "archive", made, entries, about["holds"])
    record(kept, at.project)
    return kept


def _default(at: _Quarter, *, sealed: bool) -> Path:
    folder = private_folder(at.project / "archives")
    return folder / f"{at.quarter}-{at.line}.tar{'.age' if sealed else ''}"


def _refuse_unpublished(at: _Quarter) -> None:
    known = manifest(at.quarter, at.line, at.project)
    again = f"csat run {at.quarter} --line {at.line}"
    if not known or not at.reports.is_dir():
        raise StoreError(f"{at.label}：还没有发布，不能归档；请先执行 {again}。")
    if known.get("draft", True):
        raise StoreError(f"{at.label}：现在的表是草稿，不能归档；请先执行 {again}。")
    for name, entry in known.get("tables", {}).items():
        if name in TABLES and "sha256" not in entry:
            read(name, at.quarter, at.line, at.project)
        elif entry.get("sha256") != digest(at.tables / f"{name}.parquet"):
            raise StoreError(
                f"{at.label}/{name}.parquet：与 manifest.json 的登记不符；请重新执行 {again}。"
            )
    _refuse_changed(at, known, again)


def _refuse_changed(at: _Quarter, known: Mapping[str, Any], again: str) -> None:
    for given in known.get("inputs", ()):
        file = at.project / given["file"]
        if not file.is_file() or digest(file) != given["sha256"]:
            raise StoreError(
                f"{given['file']}：发布之后有改动，归档就对不上报告了；请先执行 {again}。"
            )


def _files(at: _Quarter, *, raw_files: bool) -> Iterator[tuple[str, Path]]:
    """Give each file with its place in the bundle."""
    secret = {f"{name}.parquet" for name, table in TABLES.items() if table.secret}
    for path, file in _below(at.tables):
        if file.name not in secret:
            yield f"{_TABLES}/{path}", file
        elif raw_files:
            yield f"{_VAULT}/{path}", file
    if raw_files:
        shared = [s.glob for s in study(at.line, at.project).sources if s.folder == "all"]
        for file in raw(at.quarter, at.line, at.project):
            own = file.parent.name == at.line
            if own or any(fnmatch.fnmatchcase(file.name, glob) for glob in shared):
                yield f"{_RAW}/{file.parent.name}/{file.name}", file
    places = {
        _REGISTERS: at.project / "registers" / at.line,
        _REPORTS: at.reports,
        _STUDY: at.project / "studies" / at.line,
    }
    for part, folder in places.items():
        for path, file in _below(folder):
            if part != _REGISTERS or raw_files or not _is_personal(path, file):
                yield f"{part}/{path}", file


def _is_personal(path: str, file: Path) -> bool:
    """Say whether a file of the registers may not lie in a bundle that anybody can open."""
    return path.startswith("proofs/") or names_customers(file)


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*") if folder.is_dir() else ():
        path = file.relative_to(folder)
        # What Excel leaves beside a workbook that is open is no part of the quarter.
        if file.is_file() and not any(part.startswith((".", "~$")) for part in path.parts):
            yield path.as_posix(), file


def _held(at: _Quarter, files: Mapping[str, Path]) -> list[str]:
    shared = any(path.startswith(f"{_RAW}/all/") for path in files)
    return sorted([at.label, *([f"{at.quarter}/all"] if shared else [])])


def _index(at: _Quarter, files: Mapping[str, Path], *, raw_files: bool) -> str:
    title = study(at.line, at.project).title
    lines = [f"{at.quarter} {title}（{at.line}）归档", ""]
    for part, words in _PARTS.items():
        found = [path for path in files if path.split("/", 1)[0] == part]
        if not raw_files and part in (_RAW, _VAULT):
            lines += [f"{part}：不在这份归档里", ""]
            continue
        lines += [f"{part}：{words}（{len(found)} 个文件）", *(f"  {p}" for p in found), ""]
        if part == _REGISTERS and not raw_files:
            lines[-1:] = ["  证明材料和写有客户编号的登记表不在这份归档里", ""]
    lines += [
        "每个文件的大小和 SHA-256 摘要见 MANIFEST.json；核对请执行 csat archive --verify 文件。"
    ]
    return "\n".join(lines) + "\n"
