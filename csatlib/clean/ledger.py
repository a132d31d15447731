"""The ledger: how every column was read, and one line for every cell whose text changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.clean.answers import Answers
from csatlib.clean.values import DTYPES, texts_of
from csatlib.exports import PLATFORMS, Fields, RawTable
from csatlib.scales import plain
from csatlib.study import Study

__all__ = [
    "COMMENT",
    "Origin",
    "Reading",
    "is_header",
    "ledger_lines",
    "ledger_of_texts",
    "origins",
    "relabel",
]

#: The rule of a header whose column holds open answers; they are in `comments`.
COMMENT = "comment"
#: How the columns of a question are read, by its kind.
_RULES = {
    "rating": "score",
    "nps": "score",
    "single": "choice",
    "attention": "choice",
    "multi": "option",
    "ranking": "rank",
    "text": COMMENT,
}
_COLUMNS = list(schema.TABLES["ledger"].columns)


@dataclass(frozen=True, eq=False)
class Reading:
    """One file of answers, where it holds what, and what was read."""

    table: RawTable
    fields: Fields
    answers: Answers

    @property
    def header_row(self) -> str:
        """The address of the row that holds the file's headers."""
        marked = self.table.non_data.loc[self.table.non_data["why"] == "header", "row_id"]
        return str(marked.iloc[-1])


@dataclass(frozen=True)
class Origin:
    """From which header a column of ours came, how it was read, and for which question if any."""

    column: str
    rule: str
    header: str
    item: str | None = None


def origins(fields: Fields, study: Study) -> Iterator[Origin]:
    """Say of every column of ours where the file holds it."""
    for column, header in fields.columns.items():
        yield Origin(column, _column_rule(column), header)
    for question in study.questions:
        rule = _RULES[question.kind]
        if question.id in fields.options:
            headers = fields.options[question.id]
            for column, option in zip(question.columns, question.options, strict=True):
                yield Origin(column, rule, headers[option], question.id)
        elif question.id in fields.answers:
            for column in question.columns or (question.id,):
                yield Origin(column, rule, fields.answers[question.id], question.id)


def _column_rule(column: str) -> str:
    if column.endswith("_at"):
        return "time"
    if column.endswith("_id"):
        return "id"
    return "duration" if column == "seconds" else "text"


def ledger_lines(readings: Sequence[Reading], study: Study, columns: Sequence[str]) -> pd.DataFrame:
    """Write the ledger of all files: first their headers, then the changed cells row by row.

    ``columns`` is the order of the columns in `responses`.
    """
    top = {id(r): r.header_row for r in readings}
    found = [(r, origin) for r in readings for origin in origins(r.fields, study)]
    order = {name: i for i, name in enumerate([*columns, *study.items("text")])}
    heads = sorted(found, key=lambda pair: order[pair[1].column])
    header_lines = pd.DataFrame(
        [(top[id(r)], o.column, o.rule, o.header) for r, o in heads], columns=_COLUMNS
    )
    first = np.cumsum([0, *(len(r.table.rows) for r in readings)])
    parts = [
        (first[i] + row, np.full(len(row), order[origin.column]), rule, new)
        for i, reading in enumerate(readings)
        for origin in origins(reading.fields, study)
        if origin.rule != COMMENT
        for row, rule, new in [_changes(reading, origin)]
    ]
    row, column, rule, new = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    sequence = np.lexsort((column, row))
    ids = np.concatenate([r.table.rows.index.to_numpy(dtype=object) for r in readings])
    names = np.array([*order], dtype=object)
    cells = {"row_id": ids[row], "column": names[column], "rule": rule, "new": new}
    cell_lines = pd.DataFrame({name: values[sequence] for name, values in cells.items()})
    return pd.concat([header_lines, cell_lines], ignore_index=True).astype("str")


def _changes(reading: Reading, origin: Origin) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the cells of a column whose text in the result is not the raw text.

    Gives their rows in the file, the rule that changed each, and its new text.
    """
    cells = reading.table.rows[origin.header]
    values = reading.answers.given[origin.column].astype(DTYPES[origin.rule])
    new = texts_of(values, origin.rule).to_numpy(dtype=object)
    lost = values.isna().to_numpy()
    row = np.flatnonzero(cells.to_numpy(dtype=object) != np.where(lost, "", new))
    rule = np.full(len(row), origin.rule, dtype=object)
    if lost[row].any():
        rule[lost[row]] = _why_missing(reading, origin, cells.iloc[row[lost[row]]])
    return row, rule, new[row]


def _why_missing(reading: Reading, origin: Origin, cells: pd.Series) -> pd.Series:
    """Say why cells that are filled gave no value: a mark, or something that cannot be read."""
    if origin.item is not None:
        status = reading.answers.status.loc[cells.index, origin.item]
        return status.replace({"invalid": "unreadable", "answered": origin.rule})
    told = {row: rule for row, name, rule, _ in reading.answers.changes if name == origin.column}
    # What is neither blank nor unreadable names nobody: 直接访问, 无.
    platform = PLATFORMS[reading.table.reader]
    marks = {
        **dict.fromkeys(platform.skipped, "skipped"),
        **dict.fromkeys(platform.blank, "blank"),
    }
    why = [told.get(row) or marks.get(plain(cell), "nobody") for row, cell in cells.items()]
    return pd.Series(why, index=cells.index, dtype="str")


def ledger_of_texts(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Write a line for each comment whose words were replaced after cleaning.

    Parameters
    ----------
    before, after : DataFrame
        Table ``comments`` as `clean.responses` gave it, and as it is stored.

    Returns
    -------
    DataFrame
        Table ``ledger``: ``row_id``, ``column`` (the question), ``rule`` (``redacted``) and
        ``new`` (the words that stand there now; NA where the comment is no longer there).

    Raises
    ------
    ValueError
        If ``after`` holds a comment that ``before`` does not.

    Examples
    --------
    >>> before = pd.DataFrame({"comment_id": ["a:1:2:note"], "response_id": ["a:1:2"],
    ...                        "item": ["note"], "text": ["请回电 13800001234"]})
    >>> ledger_of_texts(before, before.assign(text=["请回电 [手机号]"])).values.tolist()
    [['a:1:2', 'note', 'redacted', '请回电 [手机号]']]
    """
    unknown = ~after["comment_id"].isin(before["comment_id"])
    if unknown.any():
        raise ValueError(
            f"ledger_of_texts: {int(unknown.sum())} comments in `after` are not in `before`; "
            f"give the table that clean.responses made"
        )
    now = before["comment_id"].map(after.set_index("comment_id")["text"])
    changed = now.isna() | (now != before["text"])
    lines = before[changed].rename(columns={"response_id": "row_id", "item": "column"})
    lines = lines.assign(rule="redacted", new=now[changed])[_COLUMNS].astype("str")
    return lines.reset_index(drop=True).pipe(schema.check, "ledger")


def relabel(
    ledger: pd.DataFrame,
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    rule: str,
    columns: Sequence[str] = (),
) -> pd.DataFrame:
    """Bring the ledger up to date after values of `responses` were replaced, ids by pseudonyms.

    Parameters
    ----------
    ledger : DataFrame
        Table ``ledger``.
    before, after : DataFrame
        Table ``responses`` before and after the change: the same rows.
    rule : str
        What was done, such as ``pseudonymised``.
    columns : sequence of str
        Columns to which it was done even where no kept cell changed by it.

    Returns
    -------
    DataFrame
        Table ``ledger`` in which every cell that the files brought and that differs in ``after``
        has the line (``row_id``, ``column``, ``rule``, new value) and no other. In the changed
        columns and in ``columns``, lines of rows that ``after`` does not hold lose their value
        (``rule`` ``withheld``), so that what was replaced is not read off the rows set aside.

    Raises
    ------
    ValueError
        If the two tables do not hold the same rows.

    Examples
    --------
    >>> ledger = pd.DataFrame({"row_id": ["a:1:1", "a:1:2"], "column": ["customer_id"] * 2,
    ...                        "rule": ["id", "id"], "new": ["客户编号", "C7"]}, dtype="str")
    >>> before = pd.DataFrame({"response_id": ["a:1:2"], "customer_id": ["C7"]})
    >>> after = before.assign(customer_id="p-19")
    >>> relabel(ledger, before, after, rule="pseudonymised").values.tolist()
    [['a:1:1', 'customer_id', 'id', '客户编号'], ['a:1:2', 'customer_id', 'pseudonymised', 'p-19']]
    """
    if before["response_id"].tolist() != after["response_id"].tolist():
        raise ValueError("relabel: `before` and `after` must hold the same rows in the same order")
    result, rows = ledger, after["response_id"].reset_index(drop=True)
    for column in (c for c in after.columns if c in before and c != "response_id"):
        was, now = before[column].reset_index(drop=True), after[column].reset_index(drop=True)
        same = (was == now).fillna(False).astype(bool) | (was.isna() & now.isna())
        if column in columns or not same.all():
            result = _relabelled(result, rows, now, ~same.to_numpy(), rule)
    return result.pipe(schema.check, "ledger")


def _relabelled(
    ledger: pd.DataFrame, rows: pd.Series, now: pd.Series, changed: np.ndarray, rule: str
) -> pd.DataFrame:
    """Replace the lines of one column in the rows where its value changed."""
    column = str(now.name)
    cells = (ledger["column"] == column) & ~is_header(ledger)
    brought = set(_file(ledger.loc[(ledger["column"] == column) & ~cells, "row_id"]))
    gone = cells & ledger["row_id"].isin(rows[changed])
    absent = cells & ~ledger["row_id"].isin(rows) & ledger["new"].notna()
    kept = ledger.assign(
        rule=ledger["rule"].mask(absent, "withheld"), new=ledger["new"].mask(absent)
    )[~gone]
    new = pd.DataFrame({"row_id": rows[changed], "column": column, "rule": rule})
    new = new.assign(new=now[changed])[_file(new["row_id"]).isin(brought)]
    return pd.concat([kept, new], ignore_index=True).astype("str")


def is_header(ledger: pd.DataFrame) -> pd.Series:
    """Say which lines tell the header of a column: those of the topmost row of each file."""
    codes, rows = pd.factorize(ledger["row_id"])
    split = pd.Series(rows, dtype="str").str.rsplit(":", n=1)
    number = split.str[1].astype("int64").to_numpy()[codes]
    file = pd.factorize(split.str[0])[0][codes]
    lines = pd.DataFrame({"file": file, "column": pd.factorize(ledger["column"])[0], "at": number})
    topmost = lines.groupby(["file", "column"])["at"].transform("min")
    return pd.Series((lines["at"] == topmost).to_numpy(), index=ledger.index)


def _file(row_ids: pd.Series) -> pd.Series:
    return row_ids.str.rsplit(":", n=1).str[0]
