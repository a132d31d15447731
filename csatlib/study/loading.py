"""Turns a study folder into a `Study`, and every fault in it into one Chinese sentence."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from csatlib.study import strict_yaml
from csatlib.study.base import JoinError
from csatlib.study.closing import Actions, Followups, Measure, Playbook, Stage
from csatlib.study.codeframe import Codeframe, Theme, Topic, Words
from csatlib.study.conduct import Cleaning, Notice, Population, Privacy
from csatlib.study.indicators import Indicator, IndicatorSystem
from csatlib.study.model import Study
from csatlib.study.parts import Question, Report, Scale, Source, Target
from csatlib.study.strict_yaml import StudyError

__all__ = ["load", "load_indicators"]

#: The model behind each key, to propose the right spelling of a wrong one.
_PARTS: dict[str, type[BaseModel]] = {
    "population": Population,
    "scales": Scale,
    "sources": Source,
    "questions": Question,
    "targets": Target,
    "report": Report,
    "cleaning": Cleaning,
    "notice": Notice,
    "privacy": Privacy,
    "words": Words,
    "themes": Theme,
    "topics": Topic,
    "actions": Actions,
    "followups": Followups,
    "stages": Stage,
    "measures": Measure,
    "indicators": Indicator,
}
#: Keys of a study that files beside it hold.
_BESIDE = {
    "terms": "领域词请写在旁边的 terms.txt 里",
    "codeframe": "主题请写在旁边的 themes.yml 里",
    "playbook": "措施请写在旁边的 measures.yml 里",
    "indicators": "指标请写在旁边的 indicators.yml 里",
}

#: What files beside a study hold, under which key of it.
_FILES: dict[str, tuple[str, type[BaseModel]]] = {
    "codeframe": ("themes.yml", Codeframe),
    "playbook": ("measures.yml", Playbook),
    "indicators": ("indicators.yml", IndicatorSystem),
}

_WORDS = {
    "missing": "缺少必填的键；请补上",
    "string_type": "应为文字（含数字的文字请加引号）",
    "int_type": "应为整数",
    "float_type": "应为数字",
    "bool_type": "应为 true 或 false",
    "tuple_type": "应为列表，例如 [甲, 乙]",
    "dict_type": "应为“键: 值”的形式",
    "model_type": "应为“键: 值”的形式",
    "greater_than": "应大于 {gt:g}",
    "greater_than_equal": "应不小于 {ge:g}",
    "less_than": "应小于 {lt:g}",
    "less_than_equal": "应不大于 {le:g}",
    "finite_number": "应为有限的数字",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "至多只能有 {max_length} 项",
    "string_too_short": "至少要有 {min_length} 个字",
    "string_too_long": "至多只能有 {max_length} 个字",
    "string_pattern_mismatch": "应符合样式 {pattern}",
}
_OTHERWISE = "这个值不能用；请对照 docs/study-file.md 改写"


def load(path: str | os.PathLike[str]) -> Study:
    """Read a study folder, or its ``study.yml``, into a frozen, validated `Study`.

    ``terms.txt`` beside it, where there is one, holds one domain term a line (text behind the
    first space and lines that begin with ``#`` are passed over), ``themes.yml`` the codeframe.

    Parameters
    ----------
    path : path
        ``studies/<line>`` or ``studies/<line>/study.yml``.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        For a missing or unreadable file, broken YAML, unknown or repeated keys, wrong types and
        references that lead nowhere; the Chinese message gives file, line, fault and remedy.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp(), "shop"); folder.mkdir()
    >>> _ = (folder / "study.yml").write_text('''
    ... line: shop
    ... title: 门店满意度调查
    ... population: {description: 近三个月到店的客户}
    ... scales: {five: {low: 1, high: 5, cutoff: 4}}
    ... sources: [{role: responses, glob: "*.csv", reader: table, channel: 门店}]
    ... questions: [{id: overall, text: 整体满意度, kind: rating, scale: five}]
    ... report: {overall: overall}
    ... ''', encoding="utf-8")
    >>> load(folder).items(kind="rating")
    ['overall']
    """
    file = Path(path)
    if file.is_dir() or not file.suffix:
        file = file / "study.yml"
    name = _name(file)
    data, lines = _mapping(file)
    for key, remedy in _BESIDE.items():
        if key in data:
            raise StudyError(f"{name} 第 {lines[(key,)]} 行：{remedy}。")
    parts, places = _parts(file)
    terms = _terms(file.with_name("terms.txt"))
    try:
        study = Study.model_validate({**data, "terms": terms, **parts})
    except ValidationError as error:
        raise StudyError(_told(error, {"": (name, lines), **places})) from None
    if study.line != file.parent.name:
        raise StudyError(
            f"{name} 第 {lines[('line',)]} 行：line 是“{study.line}”，文件夹却叫"
            f"“{file.parent.name}”；请改成一致。"
        )
    return study


def load_indicators(path: str | os.PathLike[str]) -> IndicatorSystem:
    """Read an ``indicators.yml`` by itself, such as that of all lines together.

    A line's own file is read by `load`, which also holds it against the study.

    Parameters
    ----------
    path : path
        ``studies/all`` or ``studies/all/indicators.yml``.

    Returns
    -------
    IndicatorSystem

    Raises
    ------
    StudyError
        As `load`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp(), "indicators.yml")
    >>> _ = file.write_text('''
    ... first: {流程效率: 1}
    ... indicators: [{id: cost, name: 单件成本, first: 流程效率, unit: 元, direction: lower}]
    ... ''', encoding="utf-8")
    >>> load_indicators(file).indicators[0].name
    '单件成本'
    """
    file = Path(path)
    if file.is_dir() or not file.suffix:
        file = file / "indicators.yml"
    data, lines = _mapping(file)
    try:
        return IndicatorSystem.model_validate(data)
    except ValidationError as error:
        place = (_name(file), lines)
        raise StudyError(_told(error, {"": place}, model=IndicatorSystem)) from None


#: The name of a file and the line on which each of its values stands.
Place = tuple[str, dict[strict_yaml.Path, int]]


def _name(file: Path) -> str:
    return "/".join(file.parts[-3:])


def _mapping(file: Path) -> tuple[dict[str, Any], dict[strict_yaml.Path, int]]:
    data, lines = strict_yaml.read(_text(file, _name(file)), name=_name(file))
    if not isinstance(data, dict):
        raise StudyError(f"{_name(file)}：应为“键: 值”的形式；可参照 studies/ 里已有的研究文件。")
    return data, lines


def _parts(file: Path) -> tuple[dict[str, BaseModel], dict[str, Place]]:
    """Read the files beside a study, empty without one, and where each of their parts stands."""
    parts, places = dict[str, BaseModel](), dict[str, Place]()
    for key, (name, model) in _FILES.items():
        beside = file.with_name(name)
        if not beside.exists():
            continue
        data, lines = _mapping(beside)
        place = (_name(beside), lines)
        try:
            parts[key], places[key] = model.model_validate(data), place
        except ValidationError as error:
            raise StudyError(_told(error, {"": place}, model=model)) from None
    return parts, places


def _text(file: Path, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StudyError(f"{name}：没有这个研究文件；请检查业务线的名称，或新建它。") from None
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{name}：不是 UTF-8 编码（第 {error.start} 字节起）；请用编辑器另存为 UTF-8。"
        ) from None


def _terms(file: Path) -> tuple[str, ...]:
    if not file.exists():
        return ()
    lines = _text(file, "/".join(file.parts[-3:])).splitlines()
    words = (line.strip().split()[0] for line in lines if re.match(r"\s*[^\s#]", line))
    return tuple(dict.fromkeys(words))


def _told(
    error: ValidationError, places: dict[str, Place], *, model: type[BaseModel] = Study
) -> str:
    """Put every fault on a line of its own, in the order of the files."""
    faults = []
    for path, words in _faults(error, model):
        beside = path and str(path[0]) in places
        name, lines = places[str(path[0]) if beside else ""]
        inside = path[1:] if beside else path
        line = _line(inside, lines)
        where = ".".join(str(p + 1) if isinstance(p, int) else p for p in inside)
        faults.append((name, line, f"{name} 第 {line} 行 {where}：{words}。"))
    return "\n".join(text for *_, text in sorted(faults))


def _faults(
    error: ValidationError, model: type[BaseModel]
) -> Iterator[tuple[strict_yaml.Path, str]]:
    """Give each fault with the path of the part it concerns."""
    found = error.errors(include_url=False)
    inner = {fault["loc"][:-1] for fault in found}
    for fault in found:
        path = tuple(p for p in fault["loc"] if isinstance(p, str | int))
        cause = fault.get("ctx", {}).get("error")
        if isinstance(cause, JoinError):
            yield from (((*path, *place), words) for place, words in cause.faults)
        elif fault["type"] != "too_short" or fault["loc"] not in inner:
            # Items at fault are not counted, so a list of them counts as too short as well.
            yield path, _fault(fault, path, model)


def _line(path: strict_yaml.Path, lines: dict[strict_yaml.Path, int]) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _fault(fault: Any, path: strict_yaml.Path, root: type[BaseModel]) -> str:
    kind = fault["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path, root)
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    context = fault.get("ctx", {})
    if kind == "literal_error":
        allowed = "、".join(re.findall(r"'([^']*)'", context["expected"]))
        return f"“{fault['input']}”不在可选的值之内；可选的值：{allowed}"
    if kind == "missing":
        return _WORDS[kind]
    return _WORDS.get(kind, _OTHERWISE).format(**context) + f"，现在是 {fault['input']!r}"


def _unknown_key(path: strict_yaml.Path, root: type[BaseModel]) -> str:
    model: type[BaseModel] = _PARTS.get(str(path[0]), root) if len(path) > 1 else root
    known = [k for k in model.model_fields if model is not Study or k not in _BESIDE]
    near = difflib.get_close_matches(str(path[-1]), known, n=1)
    guess = f"；是不是想写 {near[0]}？" if near else "；"
    return f"不认识的键{guess}可用的键有：{'、'.join(known)}"
