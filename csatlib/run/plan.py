"""Which notebooks run for which lines, and whether each takes the parameters it will be given."""

from __future__ import annotations

import ast
import difflib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from csatlib import store
from csatlib.run.problems import USAGE, RunError
from csatlib.schema import Quarter, SchemaError, check_line

__all__ = ["COMMON", "WHOLE", "Step", "declared", "lines_of", "plan"]

#: Parameters that every notebook takes; it may declare two more.
COMMON = ("quarter", "line", "as_of", "seed")
#: The line that stands for all of them: it has no study, and notebooks in a folder of this name.
WHOLE = "all"


@dataclass(frozen=True)
class Step:
    """One notebook to run for one line, with the parameters it gets."""

    line: str
    notebook: Path
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The notebook's name without its ending."""
        return self.notebook.stem


def plan(
    quarter: Quarter | str,
    *,
    line: str | None = None,
    root: str | os.PathLike[str] | None = None,
    only: Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> list[Step]:
    """List what a run would do, line by line and notebook by notebook, without doing it.

    Parameters
    ----------
    quarter : Quarter or str
        The quarter to run.
    line : str, optional
        One business line, or ``all`` for what concerns all of them; without it every folder of
        ``studies/``, and after them ``all`` where ``notebooks/all/`` has notebooks.
    root : path, optional
        The project; found as `store.project_root` does.
    only : sequence of str, optional
        Names of notebooks, or their beginnings such as ``03``; the first of them and every later
        one run, since later ones read what it writes. Those of ``all`` come after all others.
    parameters : mapping, optional
        Values for parameters beyond `COMMON`, or for ``as_of`` and ``seed``; given to the
        notebooks that declare them.

    Returns
    -------
    list of Step

    Raises
    ------
    RunError
        With exit code 2, for an unknown quarter, line, notebook or parameter, or a notebook that
        does not declare the common parameters.
    """
    at, project = _quarter(quarter), store.project_root(root)
    lines = [] if line == WHOLE else _lines(project, line)
    wanted = [(name, _notebooks(project / "notebooks", only)) for name in lines]
    wanted += _of_the_whole(project, line, only)
    known = {notebook: declared(notebook) for _, notebooks in wanted for notebook in notebooks}
    given = {"as_of": at.last_day.isoformat(), "seed": 0, **(parameters or {})}
    _refuse_unknown(given, known)
    _refuse_unfit(given, known)
    steps = []
    for name, notebooks in wanted:
        values = {**given, "quarter": str(at), "line": name}
        for notebook in notebooks:
            taken = {p: values[p] for p in known[notebook] if p in values}
            steps.append(Step(name, notebook, taken))
    return steps


def _of_the_whole(
    project: Path, line: str | None, only: Sequence[str] | None
) -> list[tuple[str, list[Path]]]:
    """List the notebooks that run once, after every line."""
    folder = project / "notebooks" / WHOLE
    if line == WHOLE:
        return [(WHOLE, _notebooks(folder, only))]
    if line is None and any(folder.glob("[0-9][0-9]_*.ipynb")):
        return [(WHOLE, _notebooks(folder, None))]
    return []


def lines_of(
    quarter: Quarter | str,
    *,
    line: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> list[str]:
    """List the business lines of a call, once its quarter and line are known to be right.

    Raises
    ------
    RunError
        With exit code 2, for an unknown quarter or line.
    """
    _quarter(quarter)
    return _lines(store.project_root(root), line)


def declared(notebook: Path) -> dict[str, Any]:
    """Read the parameters cell of a notebook: names and defaults, in order.

    Raises
    ------
    RunError
        If there is not exactly one such cell, if it holds anything but plain assignments of
        literals, or if a common parameter is missing.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError):
        raise RunError(f"{notebook.name}：不是完好的笔记本文件。", USAGE) from None
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise RunError(
            f"{notebook.name}：应有且只有一个标签为 parameters 的代码格，现在有 {len(tagged)} 个。",
            USAGE,
        )
    try:
        statements = ast.parse("".join(tagged[0]["source"])).body
    except SyntaxError as error:
        raise RunError(
            f"{notebook.name}：参数格第 {error.lineno} 行不是 Python 语句。", USAGE
        ) from None
    values: dict[str, Any] = {}
    for statement in statements:
        name, value = _assignment(statement)
        if name is None:
            raise RunError(
                f"{notebook.name}：参数格第 {statement.lineno} 行不是“名称: 类型 = 常量”。", USAGE
            )
        values[name] = value
    missing = [p for p in COMMON if p not in values]
    if missing:
        raise RunError(
            f"{notebook.name}：参数格缺少 {'、'.join(missing)}；每个笔记本都要声明这四个参数。",
            USAGE,
        )
    return values


def _assignment(statement: ast.stmt) -> tuple[str | None, Any]:
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value = statement.target, statement.value
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
    else:
        return None, None
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError):
        return None, None
    return (target.id, literal) if isinstance(target, ast.Name) else (None, None)


def _quarter(quarter: Quarter | str) -> Quarter:
    try:
        return Quarter.parse(quarter)
    except SchemaError:
        raise RunError(f"季度“{quarter}”不对；应写成 2026Q3 的样子（Q1 到 Q4）。", USAGE) from None


def _lines(project: Path, line: str | None) -> list[str]:
    known = sorted(f.parent.name for f in (project / "studies").glob("*/study.yml"))
    if WHOLE in known:
        raise RunError(f"studies/{WHOLE}：{WHOLE} 代表全部业务线，不能用作业务线；请改名。", USAGE)
    if line == WHOLE:
        raise RunError(f"{WHOLE} 代表全部业务线，这里请写一条（有：{'、'.join(known)}）。", USAGE)
    if line is None:
        for name in known:
            _check_line(name, known)
        if not known:
            raise RunError("studies 文件夹里还没有研究文件；可参照 README 新建一个。", USAGE)
        return known
    _check_line(line, known)
    if line not in known:
        raise RunError(
            f"没有业务线“{line}”：studies/{line}/study.yml 不存在（已有：{'、'.join(known)}）。",
            USAGE,
        )
    return [line]


def _check_line(line: str, known: Sequence[str]) -> None:
    try:
        check_line(line)
    except SchemaError:
        raise RunError(
            f"业务线“{line}”不对；studies 里的文件夹只用小写英文字母、数字和下划线，以字母开头"
            f"（已有：{'、'.join(known)}）。",
            USAGE,
        ) from None


def _notebooks(folder: Path, only: Sequence[str] | None) -> list[Path]:
    found = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        place = "notebooks" if folder.name != WHOLE else f"notebooks/{WHOLE}"
        raise RunError(f"{place} 文件夹里没有笔记本（形如 01_clean.ipynb）。", USAGE)
    if not only:
        return found
    for wanted in only:
        if not any(f.stem.startswith(wanted) for f in found):
            names = "、".join(f.stem for f in found)
            raise RunError(f"没有名为“{wanted}”的笔记本；有：{names}。", USAGE)
    first = next(i for i, f in enumerate(found) if f.stem.startswith(tuple(only)))
    return found[first:]


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[Path, Mapping[str, Any]]) -> None:
    names = sorted({name for parameters in known.values() for name in parameters})
    for name in given:
        if name in ("quarter", "line"):
            raise RunError(f"参数 {name} 由命令本身给出，不能用 -p 再给。", USAGE)
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            guess = f"是不是想写 {near[0]}？" if near else ""
            raise RunError(
                f"没有笔记本认识参数“{name}”；{guess}可用的有：{'、'.join(names)}。", USAGE
            )


def _refuse_unfit(given: Mapping[str, Any], known: Mapping[Path, Mapping[str, Any]]) -> None:
    if not _is_day(given["as_of"]):
        raise RunError(
            f"参数 as_of 的值 {given['as_of']!r} 不是日期；应写成 2026-09-30 的样子。", USAGE
        )
    for notebook, parameters in known.items():
        for name, default in parameters.items():
            if name in given and not _fits(given[name], default):
                raise RunError(
                    f"参数 {name} 的值 {given[name]!r} 类型不对；{notebook.stem} 里的默认值是 "
                    f"{default!r}。",
                    USAGE,
                )


def _is_day(value: Any) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def _fits(value: Any, default: Any) -> bool:
    """Say whether a value may stand for a default: the same type, or a whole number for a real."""
    return type(value) is type(default) or (type(value) is int and type(default) is float)
