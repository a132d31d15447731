"""Company tables beside the answers: customers and tickets joined on, twin exports compared."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib import schema
from csatlib.clean.answers import read_answers, read_columns
from csatlib.clean.books import books_of, survey_of
from csatlib.exports import ExportError, RawTable, mapped, match
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["attach", "known_ids", "sampling_frame", "table_of", "twin_differences"]

#: Tickets lead to customers, so they are joined first.
_KEYS = {"tickets": "ticket_id", "customers": "customer_id"}
#: Files that list whom the survey was meant for.
_LISTS = ("invitations", "customers", "tickets")


def table_of(raw: Sequence[RawTable], role: str) -> pd.DataFrame:
    """Give a company table with the columns that the mapping names, and no other.

    Names, telephone numbers and whatever else the study file does not map stay behind.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files.
    role : str
        ``customers``, ``tickets`` or ``invitations``.

    Returns
    -------
    DataFrame
        One column a mapped column: text, or a time where the name ends in ``_at``; NA for blanks.
        Empty where no file has the role.

    Raises
    ------
    ExportError
        If a customer or a ticket stands in two rows that differ.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> table_of(raw, "customers").iloc[0].to_dict()["region"]
    '华北'
    """
    tables = [t for t in raw if t.role == role]
    if not tables:
        return pd.DataFrame()
    rows = pd.concat([read_columns(t, mapped(t))[0] for t in tables])
    key = _KEYS.get(role)
    if key is None:
        return rows.reset_index(drop=True)
    if key not in rows:
        raise ExportError(f"{tables[0].file}：来源的 mapping 没有写 {key}；请补上它对应的表头。")
    rows = rows[rows[key].notna()].drop_duplicates()
    repeated = rows[rows.duplicated(key, keep=False)]
    if len(repeated):
        alike = repeated.index[repeated[key] == repeated[key].iloc[0]]
        raise ExportError(
            f"{_places(tables, alike)}：这几行的 {key} 相同而其他内容不同；请只保留一行。"
        )
    return rows.reset_index(drop=True)


def known_ids(raw: Sequence[RawTable]) -> dict[str, frozenset[str]]:
    """Give, for each id column, the ids in the invitations, customers and tickets of the quarter.

    A column that none of these files has is left out: nothing is known of its ids.
    """
    known: dict[str, frozenset[str]] = {}
    for table in (t for t in raw if t.role in _LISTS):
        ids = {column: header for column, header in mapped(table).items() if column.endswith("_id")}
        for column, values in read_columns(table, ids)[0].items():
            name = str(column)
            known[name] = known.get(name, frozenset()) | frozenset(values.dropna())
    return known


def sampling_frame(raw: Sequence[RawTable], study: Study) -> pd.DataFrame:
    """List everyone the survey is meant for, with what the company knows of them.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files, those of customers and tickets among them.
    study : Study
        Says whether tickets or customers are asked about (``survey``), and of which tiers.

    Returns
    -------
    DataFrame
        An event survey: one row a ticket, with the mapped columns of the ticket and its customer.
        Any other: one row a customer. Only rows of ``population.tiers``, where tiers are known and
        named. Empty where no file lists customers or tickets.

    Raises
    ------
    ExportError
        If a customer or a ticket stands in two rows that differ.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> sampling_frame(raw, study)["tier"].value_counts().to_dict()
    {'重要客户': 180, '核心客户': 60}
    """
    customers, tickets = table_of(raw, "customers"), table_of(raw, "tickets")
    frame = customers
    if study.survey == "event" and not tickets.empty:
        known = "customer_id" in tickets and not customers.empty
        frame = tickets.merge(customers, on="customer_id", how="left") if known else tickets
    tiers = study.population.tiers
    if tiers and "tier" in frame:
        frame = frame[frame["tier"].isin(tiers)]
    return frame.reset_index(drop=True)


def _places(tables: Sequence[RawTable], rows: pd.Index) -> str:
    """Say where rows stand, by file and row number: ids themselves are not shown."""
    told = []
    for table in tables:
        own = [str(row).rsplit(":", 1)[1] for row in rows if row in table.rows.index]
        if own:
            told.append(f"{table.file} 第 {'、'.join(own)} 行")
    return "，".join(told)


def attach(responses: pd.DataFrame, raw: Sequence[RawTable], study: Study) -> pd.DataFrame:
    """Join what the company knows of the ticket and the customer to each questionnaire.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses``.
    raw : sequence of RawTable
        The quarter's files, those of customers and tickets among them.
    study : Study
        Names the groups that the report needs.

    Returns
    -------
    DataFrame
        ``responses``, same rows and order, with the mapped columns of tickets and customers; a
        column that is there already is only filled where it is missing.

    Raises
    ------
    ExportError
        If a group of the report is in neither the answers nor a company table.

    Examples
    --------
    >>> from csatlib import clean, exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> kept = clean.responses(raw, study, quarter="2026Q3").kept
    >>> attach(kept, raw, study)["region"].value_counts().to_dict()
    {'华东': 58, '华北': 39, '华南': 36, '西南': 24}
    """
    joined = responses.copy()
    for role, key in _KEYS.items():
        table = table_of(raw, role)
        if table.empty or key not in joined or joined[key].isna().all():
            continue
        if not joined[key].isin(table[key]).any():
            raise ExportError(
                f"{study.line}：没有一份答卷的 {key} 能在 {role} 的文件里找到；"
                "请核对两边 mapping 写的是不是同一种编号。"
            )
        found = joined[[key]].merge(table, on=key, how="left", validate="m:1")
        for column in table.columns.drop(key):
            values = found[column].set_axis(joined.index)
            joined[column] = joined[column].fillna(values) if column in joined else values
    missing = [group for group in study.report.groups if group not in joined]
    if missing:
        raise ExportError(
            f"{study.line}：report.groups 要用“{missing[0]}”，但答卷和客户表里都没有；"
            "请在来源的 mapping 里写明它对应的表头。"
        )
    return schema.check(joined, "responses")


def twin_differences(
    raw: Sequence[RawTable], study: Study, *, quarter: Quarter | str
) -> pd.DataFrame:
    """Compare the two exports of the same questionnaires, by wording and by option number.

    Parameters
    ----------
    raw : sequence of RawTable
        Files of role ``responses`` and ``twin``; both have 问卷星's serial number.
    study : Study
        Scales and options that give both the same meaning.
    quarter : Quarter or str
        The quarter of the questionnaire.

    Returns
    -------
    DataFrame
        One row a difference: ``serial``, ``row_id`` (in the first export, NA where the twin has
        no partner there), ``twin_row_id`` (likewise), ``column`` (NA where a whole questionnaire
        has no partner). Empty where the two agree.

    Examples
    --------
    Two exports of one questionnaire agree in every answer.

    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> len(twin_differences(raw, study, quarter="2026Q3"))
    0
    """
    sides = [[t for t in raw if t.role == role] for role in ("responses", "twin")]
    if not sides[1]:
        return pd.DataFrame(columns=_DIFFERENCE, dtype="str")
    for twin in sides[1]:
        if "序号" not in twin.rows:
            raise ExportError(f"{twin.file}：没有“序号”列，无法与另一种导出逐份核对；请重新导出。")
    both = [table for tables in sides for table in tables]
    first, second = (_by_serial(tables, both, study, quarter) for tables in sides)
    pairs = first.merge(second, on=_SERIAL, how="outer", suffixes=("", "_twin"))
    alone = pairs["row_id"].isna() | pairs["row_id_twin"].isna()
    found = [pairs[alone].assign(column=pd.NA)]
    for column in second.columns.drop([*_SERIAL, "row_id"]):
        one, other = pairs[column], pairs[f"{column}_twin"]
        same = (one == other).fillna(False).astype(bool) | (one.isna() & other.isna())
        found.append(pairs[~same & ~alone].assign(column=column))
    lines = pd.concat(found).rename(columns={"row_id_twin": "twin_row_id"})
    return lines[_DIFFERENCE].astype("str").reset_index(drop=True)


#: What finds a questionnaire in both exports: the survey's number, its serial, which of equal ones.
_SERIAL = ["survey", "serial", "repeat"]
_DIFFERENCE = ["serial", "row_id", "twin_row_id", "column"]


def _by_serial(
    tables: Sequence[RawTable], both: Sequence[RawTable], study: Study, quarter: Quarter | str
) -> pd.DataFrame:
    """Give the answers of each 问卷星 file by survey and serial number."""
    # Free answers are the same cells; a check is answered in words here, by position there.
    compared = [q for q in study.questions if q.kind not in ("text", "attention")]
    questions = [q for q in compared if q.asked_in(quarter)]
    columns = [column for question in questions for column in question.columns]
    numbered = [table for table in tables if "序号" in table.rows]
    parts = [pd.DataFrame(columns=["row_id", *columns, *_SERIAL], dtype="object")]
    for table in numbered:
        fields = match(table, study, quarter=quarter)
        books = books_of(table, fields, both, study)
        given = read_answers(table, fields, study, books=books).given
        part = given.reindex(columns=columns).rename_axis("row_id").reset_index()
        part["survey"] = survey_of(table) if len(numbered) > 1 else ""
        part["serial"] = table.rows["序号"].str.replace(r"\.0+$", "", regex=True).to_numpy()
        parts.append(part.assign(repeat=part.groupby("serial").cumcount()))
    return pd.concat(parts[1:] or parts, ignore_index=True)
