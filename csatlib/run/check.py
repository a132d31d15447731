"""Reads and validates a whole quarter without running a notebook; every finding has its remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from csatlib import clean, exports, store, themes
from csatlib.clean import Cleaned
from csatlib.exports import ExportError, RawTable
from csatlib.run.plan import lines_of
from csatlib.run.problems import without_personal_data
from csatlib.schema import Quarter
from csatlib.store import StoreError
from csatlib.study import Study, StudyError
from csatlib.text import Lexicon

__all__ = ["SEVERITIES", "check"]

#: How much a finding matters: the run would stop, someone should look, good to know.
SEVERITIES = ("must", "should", "note")

#: A finding before its line is known: severity, place, what was found, what to do.
Finding = tuple[str, str, str, str]

_COLUMNS = ["severity", "place", "finding", "remedy"]
#: How many rows a finding names before it only counts them.
_NAMED = 3


def check(
    quarter: Quarter | str,
    *,
    line: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Read and clean a quarter's raw files and list all that is wrong or odd with them.

    Nothing is written but the cache of parsed files.

    Parameters
    ----------
    quarter : Quarter or str
        The quarter whose files to check.
    line : str, optional
        One business line; every folder of ``studies/`` without it.
    root : path, optional
        The project; found as `store.project_root` does.

    Returns
    -------
    dict of str to DataFrame
        By business line, one row a finding, the gravest first: ``severity`` (``must``: a run would
        stop; ``should``: figures may mislead; ``note``), ``place`` (file, sheet, row or line),
        ``finding`` and ``remedy``, in Chinese. Empty where all is well.

    Raises
    ------
    RunError
        With exit code 2, for an unknown quarter or line.
    """
    project = store.project_root(root)
    found = {}
    for name in lines_of(quarter, line=line, root=project):
        findings = sorted(
            _of_line(str(quarter), name, project), key=lambda one: SEVERITIES.index(one[0])
        )
        found[name] = pd.DataFrame(findings, columns=_COLUMNS, dtype="str")
    return found


def _of_line(quarter: str, line: str, project: Path) -> Iterator[Finding]:
    """Go on from stage to stage as long as there is something to look at."""
    try:
        study = store.study(line, project)
    except StudyError as error:
        yield from (_told(message) for message in str(error).splitlines())
        return
    yield from _of_form(study, quarter)
    yield from _of_key(study)
    yield from _of_codeframe(study)
    try:
        files = store.raw(quarter, line, project)
    except StoreError as error:
        yield _told(str(error))
        return
    faults, raw = _read(files, study, project)
    yield from faults
    yield from _of_interviews(files, study)
    yield from _of_protection(line, project)
    for table in raw:
        yield from (("note", table.file, note, "请核对是否有意。") for note in table.notes)
        totals = table.non_data.loc[table.non_data["why"] == "total", "row_id"]
        if len(totals):
            told = f"{len(totals):,} 行是合计或平均，不算答卷"
            yield "note", _rows(table, totals), told, "若其实是答卷，请改掉这一行的第一格。"
    if faults:
        yield from _of_headers(raw, study, quarter)
        return
    yield from _of_answers(raw, study, quarter, project)
    yield from _of_drift(raw, study, quarter, project)


def _of_form(study: Study, quarter: str) -> Iterator[Finding]:
    place = f"studies/{study.line}/study.yml"
    for row in study.lint(quarter=quarter).itertuples():
        item = "" if pd.isna(row.item) else f" 题目 {row.item}"
        severity = "should" if row.severity == "must" else "note"
        yield severity, f"{place}{item}", row.finding, row.suggestion


def _of_codeframe(study: Study) -> Iterator[Finding]:
    """Prove the themes by their own examples; without themes nothing is loaded."""
    if not study.codeframe.themes:
        return
    for row in themes.check(study.codeframe, lexicon=Lexicon.of(study)).itertuples():
        remedy = "请修改这个主题的 patterns、unless 或例句；核对通过之前不能编码。"
        yield "must", f"studies/{study.line}/themes.yml", str(row.finding), remedy


def _of_key(study: Study) -> Iterator[Finding]:
    if study.privacy.mode == "anonymous":
        return
    if study.privacy.key == "public_test":
        yield (
            "should",
            f"studies/{study.line}/study.yml",
            "化名用的是公开的测试密钥，任何人都能还原编号",
            "若不是虚构的数据，请删去 privacy 里的 key，并执行 csat key new。",
        )
    try:
        store.pseudonym_key(study)
    except StoreError as error:
        yield _told(str(error))


def _of_protection(line: str, project: Path) -> Iterator[Finding]:
    """Name raw files that others can read."""
    loose = [file.relative_to(project) for file in store.loose_modes(project)]
    own = [file for file in loose if line in file.parts or "all" in file.parts]
    if own:
        yield (
            "note",
            f"{own[0]}",
            f"{len(own):,} 个含个人信息的文件，别的用户也能读到",
            "请执行 chmod -R go-rwx data。",
        )


def _read(
    files: Sequence[Path], study: Study, project: Path
) -> tuple[list[Finding], list[RawTable]]:
    """Read every file for itself, so that one that is bad does not hide the next."""
    faults: list[Finding] = []
    tables = []
    cache = store.cache(project)
    for file in exports.claimed(files, study):
        try:
            tables.append(exports.read(file, study, cache=cache))
        except ExportError as error:
            faults.append(_told(str(error)))
    try:
        if faults:
            exports.require_sources(files, study)
        else:
            exports.read_all(files, study, cache=cache)
    except ExportError as error:
        faults.append(_told(str(error)))
    return faults, tables


def _of_interviews(files: Sequence[Path], study: Study) -> Iterator[Finding]:
    """Read every transcript for itself, and all together where each can be read."""
    faults: list[Finding] = []
    for file in files:
        try:
            left_out = exports.transcripts([file], study).refused
        except ExportError as error:
            faults.append(_told(str(error)))
            continue
        for row in left_out.itertuples():
            finding, _, remedy = exports.REFUSALS[row.reason].partition("；")
            yield "note", row.file, f"不计入：{finding}", f"{remedy or '无须改动'}。"
    try:
        if not faults:
            exports.transcripts(files, study)
    except ExportError as error:
        faults.append(_told(str(error)))
    yield from faults


def _of_headers(raw: Sequence[RawTable], study: Study, quarter: str) -> Iterator[Finding]:
    """Look at the headers of the files that can be read, where another cannot."""
    for table in raw:
        try:
            if table.role in ("responses", "twin"):
                exports.match(table, study, quarter=quarter)
            else:
                exports.mapped(table)
        except ExportError as error:
            yield _told(str(error))


def _of_answers(
    raw: Sequence[RawTable], study: Study, quarter: str, project: Path
) -> Iterator[Finding]:
    try:
        cleaned = clean.responses(raw, study, quarter=quarter)
        clean.intake(raw, cleaned)
        responses = clean.attach(cleaned.kept, raw, study)
        clean.personal(raw)
        clean.all_ids(raw)
        differences = clean.twin_differences(raw, study, quarter=quarter)
    except ExportError as error:
        yield _told(str(error))
        return
    try:
        store.refuse_forgotten(responses, study.line, project)
    except StoreError as error:
        yield _told(str(error))
    yield from _of_rows(raw, cleaned)
    yield from _of_cells(raw, study, cleaned)
    if len(differences):
        yield (
            "should",
            f"{quarter}/{study.line}",
            f"两种导出有 {len(differences):,} 处答案不一致",
            "请核对量表和选项的顺序，或同时重新导出两份。",
        )


def _of_rows(raw: Sequence[RawTable], cleaned: Cleaned) -> Iterator[Finding]:
    """Name the rows set aside, by file and reason."""
    aside = cleaned.quarantined.assign(digest=cleaned.quarantined["row_id"].str.split(":").str[0])
    for table in raw:
        own = aside[aside["digest"] == table.digest[:12]]
        for reason, rows in own.groupby("reason", sort=False)["row_id"]:
            yield (
                "note",
                _rows(table, rows),
                f"{len(rows):,} 份剔除：{reason}",
                "逐行见数据清洗页；规则在 cleaning 一节。",
            )


def _of_cells(raw: Sequence[RawTable], study: Study, cleaned: Cleaned) -> Iterator[Finding]:
    """Name the answers that nobody could read, by file and question."""
    unread = cleaned.ledger[cleaned.ledger["rule"] == "unreadable"]
    unread = unread.assign(digest=unread["row_id"].str.split(":").str[0])
    for table in raw:
        own = unread[unread["digest"] == table.digest[:12]]
        for column, rows in own.groupby("column", sort=False)["row_id"]:
            yield (
                "should",
                _rows(table, rows),
                f"“{study.label(str(column))}”有 {len(rows):,} 个答案无法识别，按缺失处理",
                "请核对这些单元格，或在量表、选项里补上写法。",
            )


def _of_drift(
    raw: Sequence[RawTable], study: Study, quarter: str, project: Path
) -> Iterator[Finding]:
    files = store.earlier_raw(quarter, study.line, project)
    if not files:
        return
    before = next(f for f in files if f.parent.name == study.line).parent.parent.name
    try:
        earlier = exports.read_all(files, study, cache=store.cache(project))
        drift = exports.diff(earlier, raw, study=study)
    except ExportError as error:
        yield _told(str(error))
        return
    between = f"{before} → {quarter}"
    try:
        exports.settle(drift, study, quarter=quarter, previous=before)
    except ExportError as error:
        for line in re.findall(r"^[0-9]+\. (.*)$", str(error), re.MULTILINE):
            finding, _, remedy = line.partition("。请")
            yield "must", between, finding, f"请{remedy}" if remedy else "请核对问卷后写明。"
        return
    for row in drift.itertuples():
        yield "note", between, row.detail, "无须改动，走势页会照此说明。"


def _rows(table: RawTable, rows: pd.Series) -> str:
    numbers = "、".join(row.rsplit(":", 1)[1] for row in rows.head(_NAMED))
    more = " 等" if len(rows) > _NAMED else ""
    sheet = f" 工作表“{table.sheet}”" if table.sheet else ""
    return f"{table.file}{sheet} 第 {numbers} 行{more}"


def _told(message: str) -> Finding:
    """Part an error's message, ``place：fault；remedy。``, into its three pieces."""
    safe = without_personal_data(message)
    place, colon, rest = safe.partition("：")
    if not colon:
        place, rest = "", safe
    finding, semicolon, remedy = rest.partition("；")
    return "must", place, finding if semicolon else rest, remedy or "请照上面所说改正后再检查。"
