"""Reads YAML strictly: no key twice, no hidden types, and every value knows its line."""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["StudyError", "read"]


class StudyError(ValueError):
    """A fault in a study file; the (Chinese) message gives file, line, fault and remedy."""


Path = tuple[str | int, ...]

_NULL = re.compile(r"~|null|")
_BOOL = re.compile(r"true|false")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_REAL = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+)")
#: What escapes such as "\\0" can give and no table or page can hold.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)


def read(text: str, *, name: str) -> tuple[Any, dict[Path, int]]:
    r"""Parse one YAML document into plain values and the line on which each value stands.

    Only ``true``/``false``, ``null``, integers and decimals are read as such; ``no``, ``on`` and
    dates stay text. Lists become tuples, keys are always text.

    Parameters
    ----------
    text : str
        The document.
    name : str
        The file's name, for messages.

    Returns
    -------
    tuple of (value, dict)
        The document's value, and for each path such as ``("questions", 3, "scale")`` its
        one-based line.

    Raises
    ------
    StudyError
        For broken YAML, a key given twice, anchors or tags.

    Examples
    --------
    >>> value, lines = read("a: no\nb: [1, x]", name="study.yml")
    >>> value, lines["b", 1]
    ({'a': 'no', 'b': (1, 'x')}, 2)
    """
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _fault(name, event.start_mark, "用了 * 引用", "请把内容写全")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"不是合法的 YAML（{error.problem}）"
        raise _fault(name, mark, what, "请检查缩进、冒号后的空格和引号") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise StudyError(
            f"{name} 第 {line} 行：有看不见的控制字符 U+{ord(text[error.position]):04X}；"
            "请删去它，重新输入这一行。"
        ) from None
    lines: dict[Path, int] = {}
    return (None if node is None else _value(node, (), lines, name)), lines


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if node.tag not in _PLAIN_TAGS:
        raise _fault(name, node.start_mark, f"用了类型标记 {node.tag}", "请删去以 ! 开头的标记")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_value(v, (*path, i), lines, name) for i, v in enumerate(node.value))
    if odd := _UNWRITABLE.search(node.value):
        what = f"转义出了不能用的字符 U+{ord(odd[0]):04X}"
        raise _fault(name, node.start_mark, what, "请改写成看得见的文字")
    return node.value if node.style else _plain(node.value)


def _mapping(
    node: yaml.MappingNode, path: Path, lines: dict[Path, int], name: str
) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _fault(name, key_node.start_mark, "键必须是文字", "请改用普通文字作键")
        key = key_node.value
        if key in mapping:
            first = lines[(*path, key)]
            what = f"键“{key}”重复（第一次在第 {first} 行）"
            raise _fault(name, key_node.start_mark, what, "请只保留一个")
        mapping[key] = _value(value_node, (*path, key), lines, name)
        lines[(*path, key)] = key_node.start_mark.line + 1
    return mapping


def _plain(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    return text


def _fault(name: str, mark: yaml.Mark | None, what: str, remedy: str) -> StudyError:
    where = name if mark is None else f"{name} 第 {mark.line + 1} 行"
    return StudyError(f"{where}：{what}；{remedy}。")
