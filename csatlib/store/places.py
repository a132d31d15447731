"""Where the files of a project lie: studies, raw quarters, tables, reports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from csatlib.schema import Quarter, check_line
from csatlib.store.disk import private_folder
from csatlib.study import IndicatorSystem, Study, load_indicators
from csatlib.study import load as load_study

__all__ = [
    "ROOT_VARIABLE",
    "STAGE_VARIABLE",
    "StoreError",
    "cache",
    "earlier_raw",
    "indicators",
    "lines",
    "loose_modes",
    "project_root",
    "raw",
    "reports_folder",
    "study",
    "tables_folder",
]

#: notebooks that it starts see them before they are published, and nobody else does.
STAGE_VARIABLE = "CSAT_STAGE"
ROOT_VARIABLE = "CSAT_ROOT"


#: How many quarters to look back for the last one with files.
_LOOK_BACK = 8


class StoreError(ValueError):
    """A file of the project that is missing or damaged; the (Chinese) message gives the remedy."""


def project_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Find the project's folder.

    Parameters
    ----------
    root : path, optional
        Where it is. Without it the environment's ``CSAT_ROOT`` counts, and without that the
        nearest folder, from the current one upwards, that holds ``studies/``.

    Returns
    -------
    Path
        The folder that holds ``studies/``, ``data/`` and ``reports/``.

    Raises
    ------
    StoreError
        If there is no such folder.

    Examples
    --------
    >>> (project_root() / "studies").is_dir()
    True
    """
    stated = root or os.environ.get(ROOT_VARIABLE)
    if stated:
        folder = Path(stated).resolve()
        if not (folder / "studies").is_dir():
            raise StoreError(f"{folder}：这里没有 studies 文件夹，不是项目的根目录。")
        return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "studies").is_dir():
            return folder
    raise StoreError(
        f"{here}：这里和上级文件夹都没有 studies；请进入项目文件夹，或设置 {ROOT_VARIABLE}。"
    )


def study(line: str, root: str | os.PathLike[str] | None = None) -> Study:
    """Load the study file of a business line.

    Parameters
    ----------
    line : str
        The line, whose file is ``studies/<line>/study.yml``.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Study

    Raises
    ------
    SchemaError
        If ``line`` is no label of a line.
    StudyError
        If the file is missing or at fault; the Chinese message gives line and remedy.

    Examples
    --------
    >>> study("ops_company").title
    '公司满意度调查'
    """
    return load_study(project_root(root) / "studies" / check_line(line))


def indicators(line: str, root: str | os.PathLike[str] | None = None) -> IndicatorSystem:
    """Load a system of indicators by itself, such as the one by which all lines are compared.

    Parameters
    ----------
    line : str
        The line, or ``all``, whose file is ``studies/<line>/indicators.yml``.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    IndicatorSystem

    Raises
    ------
    SchemaError
        If ``line`` is no label of a line.
    StudyError
        If the file is missing or at fault; the Chinese message gives line and remedy.

    Examples
    --------
    >>> indicators("all").indicators[0].name
    '整体满意率'
    """
    return load_indicators(project_root(root) / "studies" / check_line(line))


def lines(quarter: Quarter | str, root: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """List the business lines that have tables of a quarter.

    Parameters
    ----------
    quarter : Quarter or str
        The quarter.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    tuple of str
        Lines with a study file and a manifest of published tables, by name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     lines("2026Q3", root)
    ()
    """
    project = project_root(root)
    known = sorted(file.parent.name for file in (project / "studies").glob("*/study.yml"))
    tables = project / "data" / "processed" / str(Quarter.parse(quarter))
    return tuple(line for line in known if (tables / line / "manifest.json").is_file())


def raw(
    quarter: Quarter | str,
    line: str,
    root: str | os.PathLike[str] | None = None,
    *,
    shared: bool = False,
) -> tuple[Path, ...]:
    """List the raw files of a quarter and line, those shared by all lines among them.

    Hidden files and read-me files are left out.

    Parameters
    ----------
    quarter : Quarter or str
        The quarter, such as ``2026Q3``.
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.
    shared : bool
        Whether files shared by all lines are enough, as they are before anybody has answered.

    Returns
    -------
    tuple of Path
        Files of ``data/raw/<quarter>/<line>/`` and ``data/raw/<quarter>/all/``, by name.

    Raises
    ------
    StoreError
        If the line's folder does not exist or is empty (with ``shared`` the common one too), or
        holds a folder.

    Examples
    --------
    >>> [file.name for file in raw("2026Q3", "ops_company")][-2:]
    ['staff.csv', 'training.csv']
    """
    quarter_folder = project_root(root) / "data" / "raw" / str(Quarter.parse(quarter))
    own = _files(quarter_folder / check_line(line))
    common = _files(quarter_folder / "all")
    if not own and not (shared and common):
        raise StoreError(
            f"data/raw/{quarter}/{line}/：没有这个文件夹，或里面没有文件；"
            "请把该季度的导出文件原样放进去。"
        )
    return (*own, *common)


def earlier_raw(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> tuple[Path, ...]:
    """List the raw files of the last quarter that the line has before this one, as `raw` does.

    Surveys that skip quarters are compared across the gap.

    Parameters
    ----------
    quarter, line, root
        As for `raw`.

    Returns
    -------
    tuple of Path
        Empty where the line has no files of the eight quarters before.

    Raises
    ------
    StoreError
        If the line's folder of that quarter holds a folder.

    Examples
    --------
    >>> len(earlier_raw("2026Q3", "ops_company")), earlier_raw("2026Q1", "ops_company")
    (20, ())
    """
    before = Quarter.parse(quarter)
    for _ in range(_LOOK_BACK):
        before = before.previous()
        folder = project_root(root) / "data" / "raw" / str(before) / check_line(line)
        if _files(folder):
            return raw(before, line, root)
    return ()


def tables_folder(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> Path:
    """Give the folder of a quarter's tables: the staged one inside a run, else the published.

    Parameters
    ----------
    quarter, line, root
        As for `raw`.

    Returns
    -------
    Path
        It need not exist.

    Examples
    --------
    >>> tables_folder("2026Q3", "shop").relative_to(project_root()).as_posix()
    'data/processed/2026Q3/shop'
    """
    label, line = str(Quarter.parse(quarter)), check_line(line)
    stage = Path(os.environ.get(STAGE_VARIABLE, ""))
    if stage.name == label and (stage / line).is_dir():
        return stage / line
    return project_root(root) / "data" / "processed" / label / line


def reports_folder(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> Path:
    """Give the folder of a quarter's published notebooks and pages.

    Parameters
    ----------
    quarter, line, root
        As for `raw`.

    Returns
    -------
    Path
        It need not exist.

    Examples
    --------
    >>> reports_folder("2026Q3", "shop").relative_to(project_root()).as_posix()
    'reports/2026Q3/shop'
    """
    return project_root(root) / "reports" / str(Quarter.parse(quarter)) / check_line(line)


def cache(root: str | os.PathLike[str] | None = None) -> Path:
    """Give the folder of what was read from raw files and may be thrown away at any time.

    Parameters
    ----------
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Path
        ``data/cache``, made where it is missing, open to its owner only.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     folder = cache(root)
    ...     folder.name, oct(folder.stat().st_mode & 0o777)
    ('cache', '0o700')
    """
    return private_folder(project_root(root) / "data" / "cache")


def loose_modes(root: str | os.PathLike[str] | None = None) -> tuple[Path, ...]:
    """List files with personal data that other users of the machine can reach.

    Nothing is changed: raw files are as they came, and whoever laid them there decides.

    Parameters
    ----------
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    tuple of Path
        Files below ``data/raw``, ``data/processed`` and ``data/cache`` that group or others may
        read or write, unless a folder above them is closed; read-me files are left out.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     file = Path(root, "data", "raw", "2026Q3", "shop", "a.csv")
    ...     file.parent.mkdir(parents=True)
    ...     Path(root, "studies").mkdir()
    ...     file.touch(); file.chmod(0o644)
    ...     loose = [found.name for found in loose_modes(root)]
    ...     file.chmod(0o600)
    ...     loose, loose_modes(root)
    (['a.csv'], ())
    """
    data = project_root(root) / "data"
    return tuple(f for name in ("raw", "processed", "cache") for f in _loose(data / name))


def _loose(folder: Path) -> Iterator[Path]:
    if not folder.is_dir() or not folder.stat().st_mode & 0o011:
        return
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield from _loose(entry)
        elif entry.stat().st_mode & 0o066 and not entry.name.lower().startswith("readme"):
            yield entry


def _files(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    kept = [f for f in folder.iterdir() if not f.name.lower().startswith((".", "readme"))]
    below = sorted(f.name for f in kept if f.is_dir())
    if below:
        raise StoreError(
            f"data/raw/{folder.parent.name}/{folder.name}/{below[0]}/：原始文件不能放在下一级文件夹里，"
            "否则会被漏读；请移到上一级。"
        )
    return tuple(sorted(kept))
