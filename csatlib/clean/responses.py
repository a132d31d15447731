"""All raw responses of a quarter into kept and quarantined, with the books that balance them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from csatlib import schema
from csatlib.clean.answers import Answers, read_answers
from csatlib.clean.rules import REASONS, flag
from csatlib.exports import ExportError, RawTable, match
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["Cleaned", "intake", "responses"]


@dataclass(frozen=True, eq=False)
class Cleaned:
    """The outcome of cleaning: every row read is in ``kept`` or in ``quarantined``.

    Attributes
    ----------
    kept : DataFrame
        Table ``responses``: one row a questionnaire; ``response_id`` is the address of its row.
    quarantined : DataFrame
        Table ``quarantine``: one line for every excluded row and reason.
    ledger : DataFrame
        Table ``ledger``: one line for every cell of a kept row that was changed.
    answer_status : DataFrame
        Table ``answer_status``: what became of each question of a kept row.
    comments : DataFrame
        Table ``comments``: one row an open answer of a kept row, **not yet redacted**.
    """

    kept: pd.DataFrame
    quarantined: pd.DataFrame
    ledger: pd.DataFrame
    answer_status: pd.DataFrame
    comments: pd.DataFrame


def responses(
    raw: RawTable | Sequence[RawTable], study: Study, *, quarter: Quarter | str
) -> Cleaned:
    """Turn raw answers into scores and set aside what cannot be trusted, each with its reason.

    Parameters
    ----------
    raw : RawTable or sequence of RawTable
        The quarter's files; those whose role is not ``responses`` are passed over.
    study : Study
        Questions, scales and cleaning rules.
    quarter : Quarter or str
        The quarter of the folder in which the files lay.

    Returns
    -------
    Cleaned
        ``kept``, ``quarantined``, ``ledger``, ``answer_status`` and ``comments``.

    Raises
    ------
    ExportError
        If a column has no question or a question no column, if most answers to a question cannot
        be read, or if there are no responses or none is kept.

    Notes
    -----
    Rules (limits in the study file): ``exact_duplicate`` repeats an earlier row of its channel, in
    this file or another, in everything but its serial number; ``duplicate`` is a later row with
    the same key; ``out_of_range`` has a number outside its scale; ``too_fast`` took less than
    ``min_seconds`` or ``speed_share`` of its channel's median time; ``too_few`` answered less than
    ``min_answered`` of the scored questions shown to it. A cell that cannot be read is missing
    and has a line in the ledger.

    Examples
    --------
    Of 170 questionnaires 157 are kept; one that is set aside may break several rules.

    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> cleaned = responses(raw, study, quarter="2026Q3")
    >>> len(cleaned.kept), cleaned.quarantined["row_id"].nunique()
    (157, 13)
    >>> cleaned.quarantined["rule"].value_counts().head(3).to_dict()
    {'duplicate': 5, 'too_fast': 3, 'out_of_range': 3}
    """
    tables = [t for t in ([raw] if isinstance(raw, RawTable) else raw) if t.role == "responses"]
    if not tables:
        raise ExportError(f"{quarter}/{study.line}：没有答卷文件；请把导出文件放进该季度的文件夹。")
    scored = [*study.items("rating", quarter=quarter), *study.items("nps", quarter=quarter)]
    if study.report.overall not in scored:
        raise ExportError(
            f"{quarter}/{study.line}：这个季度不问整体满意度题 {study.report.overall}；"
            "请核对研究文件里它的 since 与 until。"
        )
    answers = [_read(table, study, quarter) for table in tables]
    rows = _together(tables, answers, study, quarter)
    flags = flag(
        rows,
        status=_stack([a.status for a in answers]).reindex(columns=scored),
        off_scale=_stack([a.off_scale for a in answers]).fillna(False).astype(bool),
        same_as_before=_same_as_before(tables, answers),
        rules=study.cleaning,
    ).reindex(columns=list(study.cleaning.exclude), fill_value=False)
    kept = rows.index[~flags.any(axis=1)]
    if not len(kept):
        told = "、".join(f"{REASONS[rule]} {n} 份" for rule, n in flags.sum().items() if n)
        raise ExportError(
            f"{quarter}/{study.line}：答卷全部被剔除（{told or REASONS['malformed']}）；"
            "请核对原始文件，或研究文件的 cleaning 一节。"
        )
    return Cleaned(
        kept=_responses_table(rows.loc[kept]),
        quarantined=_quarantine(flags, tables),
        ledger=_ledger(answers, kept),
        answer_status=_answer_status(_stack([a.status for a in answers]).loc[kept]),
        comments=_comments(_stack([a.texts for a in answers]).loc[kept]),
    )


def intake(raw: Sequence[RawTable], cleaned: Cleaned) -> pd.DataFrame:
    """Balance the books file by file: read = kept + quarantined, for files of responses.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files.
    cleaned : Cleaned
        What `responses` made of them.

    Returns
    -------
    DataFrame
        Table ``intake``, one row a file: ``file``, ``digest`` (SHA-256), ``role``, ``channel``,
        ``platform``, ``encoding``, ``read`` (data rows), ``non_data`` (header, blank and total
        rows), ``kept`` and ``quarantined`` (NA for files that hold no responses).

    Raises
    ------
    ValueError
        If a row of a file of responses is neither kept nor quarantined, or is both.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> books = intake(raw, responses(raw, study, quarter="2026Q3")).set_index("channel")
    >>> books.loc["上门", ["read", "kept", "quarantined", "non_data"]].to_dict()
    {'read': 37, 'kept': 33, 'quarantined': 4, 'non_data': 4}
    """
    kept = cleaned.kept["response_id"].str.rsplit(":", n=2).str[0].value_counts()
    aside = cleaned.quarantined["row_id"].drop_duplicates().str.rsplit(":", n=2).str[0]
    set_aside = aside.value_counts()
    lines = []
    for table in raw:
        own = table.role == "responses"
        counts = [int(c.get(table.digest[:12], 0)) if own else pd.NA for c in (kept, set_aside)]
        if own and table.read != sum(counts):
            raise ValueError(
                f"{table.file}: read {table.read} rows, but kept {counts[0]} and quarantined "
                f"{counts[1]}: a row was lost or counted twice"
            )
        origin = [table.file, table.digest, table.role, table.channel, table.platform]
        lines.append([*origin, table.encoding, table.read, len(table.non_data), *counts])
    return _typed(pd.DataFrame(lines, columns=list(schema.TABLES["intake"].columns)), "intake")


def _together(
    tables: Sequence[RawTable], answers: Sequence[Answers], study: Study, quarter: Quarter | str
) -> pd.DataFrame:
    """Put all files' rows under the same columns, in the order of files and rows."""
    parts = []
    for table, answer in zip(tables, answers, strict=True):
        origin = {"quarter": str(quarter), "line": study.line, "channel": table.channel}
        parts.append(answer.given.assign(**origin))
    rows = _stack(parts)
    fixed = schema.TABLES["responses"].columns
    for name, column in fixed.items():
        if name not in rows and name != "response_id":
            rows[name] = pd.Series(pd.NA, index=rows.index, dtype=column.dtype)
    asked = [q for q in study.questions if q.asked_in(quarter)]
    items = [c for q in asked for c in q.columns]
    further = [c for c in rows.columns if c not in fixed and c not in items]
    return rows.reindex(columns=[*(c for c in fixed if c in rows), *further, *items])


def _stack(parts: Sequence[pd.DataFrame | pd.Series]) -> pd.DataFrame:
    return pd.concat(parts) if len(parts) > 1 else parts[0].copy()


def _read(table: RawTable, study: Study, quarter: Quarter | str) -> Answers:
    """Read one file; where most answers to a question make no sense the study file is wrong."""
    fields = match(table, study, quarter=quarter)
    answers = read_answers(table, fields, study)
    for item, status in answers.status.items():
        unread = status == "invalid"
        filled = int((unread | (status == "answered")).sum())
        if filled >= 20 and 2 * int(unread.sum()) > filled:
            header = fields.answers.get(str(item)) or next(iter(fields.options[str(item)].values()))
            cells = "、".join(table.rows.loc[unread, header].unique()[:3])
            raise ExportError(
                f"{table.file}：“{header}”列多半的答案无法识别（例如 {cells}）；"
                f"请核对研究文件里题目 {item} 的量表或选项。"
            )
    return answers


def _same_as_before(tables: Sequence[RawTable], answers: Sequence[Answers]) -> pd.Series:
    """Flag rows that repeat an earlier one, where something in the row tells people apart."""
    content = _stack(
        [t.rows.drop(columns="序号", errors="ignore").assign(channel=t.channel) for t in tables]
    )
    given = _stack([a.given for a in answers])
    telling = [c for c in given if c.endswith("_id") or c == "submitted_at"]
    return content.fillna("").duplicated() & given[telling].notna().any(axis=1)


def _responses_table(rows: pd.DataFrame) -> pd.DataFrame:
    table = rows.rename_axis("response_id").reset_index()
    return _typed(table, "responses").pipe(schema.check, "responses")


def _quarantine(flags: pd.DataFrame, tables: Sequence[RawTable]) -> pd.DataFrame:
    flagged = _long(flags, "row_id", "rule", "flagged").query("flagged").drop(columns="flagged")
    flagged["reason"] = flagged["rule"].map(REASONS)
    lines = pd.concat([flagged, *(t.malformed for t in tables)], ignore_index=True)
    return _typed(lines, "quarantine").pipe(schema.check, "quarantine")


def _ledger(answers: Sequence[Answers], kept: pd.Index) -> pd.DataFrame:
    changes = [change for a in answers for change in a.changes]
    ledger = pd.DataFrame(changes, columns=list(schema.TABLES["ledger"].columns))
    ledger = ledger[ledger["row_id"].isin(kept)].reset_index(drop=True)
    return _typed(ledger, "ledger").pipe(schema.check, "ledger")


def _long(wide: pd.DataFrame, rows: str, columns: str, value: str) -> pd.DataFrame:
    """Melt to one line a row and column, missing values left out, in the order of the rows."""
    long = wide.rename_axis(index=rows).reset_index().melt(rows, var_name=columns, value_name=value)
    position = long[rows].map(dict(zip(wide.index, range(len(wide)), strict=True)))
    return long.loc[position.sort_values(kind="stable").index].dropna(ignore_index=True)


def _answer_status(status: pd.DataFrame) -> pd.DataFrame:
    long = _long(status, "response_id", "item", "status")
    return _typed(long, "answer_status").pipe(schema.check, "answer_status")


def _comments(texts: pd.DataFrame) -> pd.DataFrame:
    comments = _long(texts, "response_id", "item", "text")
    comments.insert(0, "comment_id", comments["response_id"] + ":" + comments["item"])
    return _typed(comments, "comments").pipe(schema.check, "comments")


def _typed(df: pd.DataFrame, table: str) -> pd.DataFrame:
    return df.astype({n: c.dtype for n, c in schema.TABLES[table].columns.items()})
