"""All raw responses of a quarter into kept and quarantined, with the books that balance them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.clean.answers import read_answers
from csatlib.clean.books import books_of
from csatlib.clean.duplicates import exact_duplicate
from csatlib.clean.frame import known_ids
from csatlib.clean.ledger import COMMENT, Reading, ledger_lines, origins
from csatlib.clean.rules import FLAG, REASONS, Evidence, flag, sound_rows
from csatlib.clean.values import DTYPES
from csatlib.exports import PLATFORMS, ExportError, RawTable, mapped, match
from csatlib.scales import plain
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
        Table ``ledger``: from which header each column came, and one line for every cell, of kept
        and excluded rows, whose text in the result is not the raw text.
    answer_status : DataFrame
        Table ``answer_status``: what became of each question of a kept row.
    comments : DataFrame
        Table ``comments``: one row an open answer of a kept row, **not yet redacted**.
    flags : DataFrame
        Table ``flags``: one line for every row and rule that speaks against it, excluding or not.
    flagged : DataFrame
        Every row whose cells can be told apart: the columns of ``kept`` and one boolean column a
        rule, ``flag_`` and the rule's name.
    """

    kept: pd.DataFrame
    quarantined: pd.DataFrame
    ledger: pd.DataFrame
    answer_status: pd.DataFrame
    comments: pd.DataFrame
    flags: pd.DataFrame
    flagged: pd.DataFrame


def responses(
    raw: RawTable | Sequence[RawTable], study: Study, *, quarter: Quarter | str
) -> Cleaned:
    """Turn raw answers into scores and set aside what cannot be trusted, each with its reason.

    Parameters
    ----------
    raw : RawTable or sequence of RawTable
        The quarter's files, in any order. Those of role ``responses`` are cleaned; invitations,
        customers and tickets say who was meant to answer; others are passed over.
    study : Study
        Questions, scales and cleaning rules.
    quarter : Quarter or str
        The quarter of the folder in which the files lay.

    Returns
    -------
    Cleaned
        ``kept``, ``quarantined``, ``ledger``, ``answer_status``, ``comments``, ``flags`` and
        ``flagged``.

    Raises
    ------
    ExportError
        If a column has no question or a question no column, if most answers to a question cannot
        be read, or if there are no responses or none is kept.

    Notes
    -----
    Every rule flags; those that the study file lists under ``exclude`` set the row aside.

    - ``exact_duplicate``: repeats an earlier row of its channel, in this file or another, in
      everything but its serial number.
    - ``duplicate``: a row with the same key as the earliest row that no other excluding rule flags.
    - ``near_duplicate``: the same answers, comments included, as an earlier row of the same device
      or customer, where chance is no likely reason (see `duplicates.near_duplicate`).
    - ``out_of_range``: a number outside its scale.
    - ``contradictory``: answers that the study file declares to exclude each other.
    - ``attention``: a check answered otherwise than it asks, or left blank.
    - ``straight_line``: at least ``straight_line_items`` ratings of one scale, all answered alike;
      reversed items count as they were ticked.
    - ``too_fast``: less than ``speed_share`` of the channel's median time, than ``min_seconds``, or
      than ``seconds_per_item`` a question answered.
    - ``too_late``: submitted after the quarter's closing date.
    - ``outside_frame``: an id that is in no list of invitations, customers or tickets.
    - ``burst``: one of at least ``count`` rows of a channel within ``seconds``; rows that have a
      date and no time take no part.
    - ``too_few``: less than ``min_answered`` of the scored questions shown were answered.
    - ``empty``: nothing was said to any question.

    A cell that cannot be read is missing and has a line in the ledger. Cleaning the kept rows again
    removes none of them, but for two rules that compare a row with all others: without the rows set
    aside a channel's median time may be longer (``too_fast``), and answers may be found on one
    device only that others gave too (``near_duplicate``).

    Examples
    --------
    Of 175 questionnaires 157 are kept; one that is set aside may break several rules.

    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> cleaned = responses(raw, study, quarter="2026Q3")
    >>> len(cleaned.kept), cleaned.quarantined["row_id"].nunique()
    (157, 18)
    >>> cleaned.quarantined["rule"].value_counts().head(3).to_dict()
    {'duplicate': 7, 'too_fast': 3, 'near_duplicate': 3}
    """
    given = [raw] if isinstance(raw, RawTable) else raw
    tables = sorted((t for t in given if t.role == "responses"), key=lambda t: (t.file, t.digest))
    _refuse_unusable(tables, study, quarter)
    readings = [_read(table, given, study, quarter) for table in tables]
    rows = _together(readings, study, quarter)
    evidence = _evidence(readings, rows, given)
    flags = flag(evidence, study, quarter=quarter)
    kept = rows.index[sound_rows(flags, study.cleaning.exclude)]
    excluding = flags[[rule for rule in flags if rule in study.cleaning.exclude]]
    if not len(kept):
        told = "、".join(f"{REASONS[rule]} {n} 份" for rule, n in excluding.sum().items() if n)
        raise ExportError(
            f"{quarter}/{study.line}：答卷全部被剔除（{told or REASONS['malformed']}）；"
            "请核对原始文件，或研究文件的 cleaning 一节。"
        )
    return Cleaned(
        kept=_responses_table(rows.loc[kept]),
        quarantined=_quarantine(excluding, tables),
        ledger=ledger_lines(readings, study, rows.columns).pipe(schema.check, "ledger"),
        answer_status=_answer_status(evidence.status.loc[kept]),
        comments=_comments(evidence.texts.loc[kept]),
        flags=_flags_table(flags, study.cleaning.exclude, tables),
        flagged=_responses_table(rows.join(flags.add_prefix(FLAG))),
    )


def _refuse_unusable(tables: Sequence[RawTable], study: Study, quarter: Quarter | str) -> None:
    if not tables:
        raise ExportError(f"{quarter}/{study.line}：没有答卷文件；请把导出文件放进该季度的文件夹。")
    scored = [*study.items("rating", quarter=quarter), *study.items("nps", quarter=quarter)]
    if study.report.overall not in scored:
        raise ExportError(
            f"{quarter}/{study.line}：这个季度不问整体满意度题 {study.report.overall}；"
            "请核对研究文件里它的 since 与 until。"
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


def _read(
    table: RawTable, tables: Sequence[RawTable], study: Study, quarter: Quarter | str
) -> Reading:
    """Read one file; where most answers to a question make no sense the study file is wrong."""
    fields = match(table, study, quarter=quarter)
    answers = read_answers(table, fields, study, books=books_of(table, fields, tables, study))
    for item, status in answers.status.items():
        unread = status == "invalid"
        filled = int((unread | (status == "answered")).sum())
        if filled >= 20 and 2 * int(unread.sum()) > filled:
            header = fields.answers.get(str(item)) or next(iter(fields.options[str(item)].values()))
            rows = "、".join(row.rsplit(":", 1)[1] for row in unread.index[unread][:3])
            raise ExportError(
                f"{table.file}：“{header}”列多半的答案无法识别（例如第 {rows} 行）；"
                f"请核对研究文件里题目 {item} 的量表或选项。"
            )
    return Reading(table, fields, answers)


def _together(readings: Sequence[Reading], study: Study, quarter: Quarter | str) -> pd.DataFrame:
    """Put all files' rows under the same columns, in the order of files and rows."""
    fixed = schema.TABLES["responses"].columns
    dtypes = {name: c.dtype for name, c in fixed.items() if name != "response_id"}
    parts = []
    for reading in readings:
        origin = {"quarter": str(quarter), "line": study.line, "channel": reading.table.channel}
        parts.append(reading.answers.given.assign(**origin))
        found = (o for o in origins(reading.fields, study) if o.rule != COMMENT)
        dtypes |= {o.column: DTYPES[o.rule] for o in found}
    rows = _stack(parts)
    items = [c for q in study.questions if q.asked_in(quarter) for c in q.columns]
    further = [c for c in dtypes if c not in fixed and c not in items]
    asked = [c for c in items if c in dtypes]
    columns = [*(c for c in fixed if c in dtypes), *further, *asked]
    return rows.reindex(columns=columns).astype({c: dtypes[c] for c in columns})


def _evidence(readings: Sequence[Reading], rows: pd.DataFrame, raw: Sequence[RawTable]) -> Evidence:
    """Gather what the rules look at."""
    content = _stack(
        [
            r.table.rows.drop(columns=_serial(r.table)).assign(channel=r.table.channel)
            for r in readings
        ]
    )
    telling = [c for c in rows if c.endswith("_id") or c == "submitted_at"]
    off_scale = _stack([r.answers.off_scale for r in readings])
    return Evidence(
        rows=rows,
        status=_stack([r.answers.status for r in readings]),
        texts=_stack([r.answers.texts for r in readings]),
        off_scale=off_scale.fillna(False).astype(bool),
        repeated=exact_duplicate(content, rows[telling]),
        device=_stack([_device(r.table) for r in readings]),
        known=known_ids(raw),
    )


def _serial(table: RawTable) -> list[str]:
    """Give the column in which equal rows differ, where there is one."""
    serials = (PLATFORMS[table.reader].serial, "序号")
    return [header for header in dict.fromkeys(serials) if header in table.rows]


def _device(table: RawTable) -> pd.Series:
    """Give what tells devices apart, without the place in brackets that 问卷星 puts behind it."""
    if table.device is None:
        return pd.Series(pd.NA, index=table.rows.index, dtype="str")
    header = mapped(replace(table, mapping={"device": table.device}))["device"]
    platform = PLATFORMS[table.reader]
    marks = platform.blank | platform.skipped
    cells = table.rows[header].map(plain)
    address = cells.where(~cells.isin(marks)).str.replace(r"\(.*", "", regex=True)
    return address.str.strip().replace("", None).astype("str")


def _stack(parts: Sequence[pd.DataFrame | pd.Series]) -> pd.DataFrame:
    return pd.concat(parts) if len(parts) > 1 else parts[0].copy()


def _responses_table(rows: pd.DataFrame) -> pd.DataFrame:
    table = rows.rename_axis("response_id").reset_index()
    return _typed(table, "responses").pipe(schema.check, "responses")


def _quarantine(flags: pd.DataFrame, tables: Sequence[RawTable]) -> pd.DataFrame:
    flagged = _raised(flags)
    flagged["reason"] = flagged["rule"].map(REASONS)
    lines = pd.concat([flagged, *(t.malformed for t in tables)], ignore_index=True)
    return _typed(lines, "quarantine").pipe(schema.check, "quarantine")


def _flags_table(
    flags: pd.DataFrame, exclude: Sequence[str], tables: Sequence[RawTable]
) -> pd.DataFrame:
    raised = _raised(flags)
    raised["excluded"] = raised["rule"].isin(exclude)
    malformed = [t.malformed[["row_id", "rule"]].assign(excluded=True) for t in tables]
    lines = pd.concat([raised, *(m for m in malformed if len(m))], ignore_index=True)
    return _typed(lines, "flags").pipe(schema.check, "flags")


def _raised(flags: pd.DataFrame) -> pd.DataFrame:
    """List the rows and rules of all flags that are raised, in the order of the rows."""
    return _long(flags.astype("boolean").where(flags), "row_id", "rule", "raised")[
        ["row_id", "rule"]
    ]


def _long(wide: pd.DataFrame, rows: str, columns: str, value: str) -> pd.DataFrame:
    """Give one line a row and column, missing values left out, in the order of the rows."""
    row, column = np.nonzero(wide.notna().to_numpy())
    values = wide.to_numpy(dtype=object)[row, column]
    names = np.asarray(wide.columns, dtype=object)[column]
    return pd.DataFrame({rows: wide.index[row], columns: names, value: values})


def _answer_status(status: pd.DataFrame) -> pd.DataFrame:
    long = _long(status, "response_id", "item", "status")
    return _typed(long, "answer_status").pipe(schema.check, "answer_status")


def _comments(texts: pd.DataFrame) -> pd.DataFrame:
    comments = _long(texts, "response_id", "item", "text")
    comments.insert(0, "comment_id", comments["response_id"] + ":" + comments["item"])
    return _typed(comments, "comments").pipe(schema.check, "comments")


def _typed(df: pd.DataFrame, table: str) -> pd.DataFrame:
    return df.astype({n: c.dtype for n, c in schema.TABLES[table].columns.items()})
