"""The register of words that people accepted into a line's vocabulary, or turned down."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csatlib.schema import Quarter, SchemaError, check_line
from csatlib.store.disk import atomic
from csatlib.store.places import StoreError, project_root, study

__all__ = ["TermDecision", "accepted_terms", "decide_terms", "term_decisions"]

_COLUMNS = ("word", "accepted", "quarter")
_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True)
class TermDecision:
    """What a person decided of a word.

    Attributes
    ----------
    word : str
        The word.
    accepted : bool
        Whether it is a term from now on; otherwise it is not proposed again.
    quarter : str
        In which quarter it was decided, such as ``2026Q3``.
    """

    word: str
    accepted: bool
    quarter: str


def term_decisions(
    line: str, root: str | os.PathLike[str] | None = None
) -> tuple[TermDecision, ...]:
    """Read which proposed words of a line were accepted and which turned down.

    Parameters
    ----------
    line : str
        The business line, whose register is ``registers/<line>/terms.csv``.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    tuple of TermDecision
        ``word``, ``accepted`` and ``quarter`` of each, by the word; empty where nothing was
        decided yet.

    Raises
    ------
    StoreError
        If the register is damaged; the Chinese message gives the row and the remedy.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     term_decisions("shop", root)
    ()
    """
    file = _register(line, root)
    if not file.exists():
        return ()
    where = f"registers/{line}/terms.csv"
    remedy = "请改正这一行，或从备份恢复这个文件"
    try:
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")), strict=True))
    except UnicodeDecodeError:
        raise StoreError(f"{where}：不是 UTF-8 编码；请另存为 UTF-8，或从备份恢复。") from None
    except csv.Error:
        raise StoreError(f"{where}：不是完整的 CSV 文件（引号没有配对）；请从备份恢复。") from None
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise StoreError(f"{where}：第 1 行应是 {','.join(_COLUMNS)}；{remedy}。")
    decisions: dict[str, TermDecision] = {}
    for number, row in enumerate(rows[1:], start=2):
        fault, decision = _read(row)
        if decision is not None and decision.word in decisions:
            fault = "这个词前面已经有了"
        if fault or decision is None:
            raise StoreError(f"{where}：第 {number} 行：{fault}；{remedy}。")
        decisions[decision.word] = decision
    return tuple(decisions[word] for word in sorted(decisions))


def accepted_terms(line: str, root: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """Read the words that people accepted into a line's vocabulary.

    Parameters
    ----------
    line, root
        As for `term_decisions`.

    Returns
    -------
    tuple of str
        In the order of their characters, for ``text.Lexicon.of(study, accepted=…)``; empty where
        there is no register.

    Raises
    ------
    StoreError
        If the register is damaged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     accepted_terms("shop", root)
    ()
    """
    return tuple(known.word for known in term_decisions(line, root) if known.accepted)


def decide_terms(
    quarter: Quarter | str,
    line: str,
    *,
    accept: Sequence[str] = (),
    reject: Sequence[str] = (),
    root: str | os.PathLike[str] | None = None,
) -> tuple[TermDecision, ...]:
    """Enter what a person decided of proposed words, all of it or nothing.

    A later decision of a word takes the place of the earlier one.

    Parameters
    ----------
    quarter : Quarter or str
        In which quarter it is decided.
    line, root
        As for `term_decisions`.
    accept, reject : sequence of str
        Words that are terms from now on, and words not to be proposed again.

    Returns
    -------
    tuple of TermDecision
        The earlier decisions that were replaced, by the word.

    Raises
    ------
    StoreError
        If a word has one character, a space or something that is no letter or digit, stands in
        ``terms.txt`` already, or is both accepted and rejected; or if the register is damaged.

    Examples
    --------
    >>> import shutil, tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     _ = shutil.copytree(project_root() / "studies", Path(root, "studies"))
    ...     _ = decide_terms("2026Q2", "hotline", accept=["微信小程序"], root=root)
    ...     replaced = decide_terms("2026Q3", "hotline", reject=["微信小程序"], root=root)
    ...     replaced[0].quarter, accepted_terms("hotline", root)
    ('2026Q2', ())
    """
    label = str(Quarter.parse(quarter))
    terms = set(study(line, root).terms)
    for word in (*accept, *reject):
        if fault := _unfit(word):
            raise StoreError(f"“{word}”：{fault}；什么也没有写。")
        if word in terms:
            raise StoreError(
                f"“{word}”：studies/{line}/terms.txt 里已经有这个词；要去掉它请直接改那个文件。"
                "什么也没有写。"
            )
    if both := sorted(set(accept) & set(reject)):
        raise StoreError(f"“{both[0]}”：不能既采纳又不采纳；什么也没有写。")
    known = {decision.word: decision for decision in term_decisions(line, root)}
    new = {
        word: TermDecision(word, is_accepted, label)
        for words, is_accepted in ((accept, True), (reject, False))
        for word in words
    }
    if new:
        _write({**known, **new}, line, root)
    return tuple(known[word] for word in sorted(new) if word in known)


def _register(line: str, root: str | os.PathLike[str] | None) -> Path:
    return project_root(root) / "registers" / check_line(line) / "terms.csv"


def _read(row: list[str]) -> tuple[str, TermDecision | None]:
    """Give a row's fault, or the decision that it holds."""
    if len(row) != len(_COLUMNS):
        return f"应有 {len(_COLUMNS)} 列，实际有 {len(row)} 列", None
    word, answer, quarter = row
    if fault := _unfit(word):
        return f"第 1 列 word {fault}", None
    if answer not in _ANSWERS:
        return "第 2 列 accepted 应是 yes 或 no", None
    try:
        label = str(Quarter.parse(quarter))
    except SchemaError:
        return "第 3 列 quarter 应写成 2026Q3 的样子", None
    return "", TermDecision(word, _ANSWERS[answer], label)


def _unfit(word: str) -> str:
    """Say why a word cannot be a term; empty where it can."""
    if any(letter.isspace() for letter in word):
        return "词里不能有空格"
    if not word.isalnum():
        return "词里只能有汉字、字母和数字"
    if len(word) < 2:
        return "一个词至少要有两个字"
    return ""


def _write(
    decisions: dict[str, TermDecision], line: str, root: str | os.PathLike[str] | None
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for word in sorted(decisions):
        known = decisions[word]
        writer.writerow([word, "yes" if known.accepted else "no", known.quarter])
    with atomic(_register(line, root)) as file:
        file.write(stream.getvalue().encode())
