"""From the raw files and the ledger alone back to the responses: the proof that both suffice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from csatlib.clean.ledger import is_header
from csatlib.clean.values import DTYPES, values_of
from csatlib.exports import RawTable

__all__ = ["replay"]

#: A changed cell of an open answer: it stands in `comments`, not in `responses`.
_OF_COMMENTS = "redacted"


def replay(
    raw: RawTable | Sequence[RawTable],
    ledger: pd.DataFrame,
    *,
    quarantine: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Repeat, without the study file, what cleaning made of every cell.

    Parameters
    ----------
    raw : RawTable or sequence of RawTable
        The quarter's files; those whose role is not ``responses`` are passed over.
    ledger : DataFrame
        Table ``ledger``.
    quarantine : DataFrame, optional
        Table ``quarantine``; its rows are left out.

    Returns
    -------
    DataFrame
        Index ``row_id``; the columns of `responses` that came from the files, in their order and
        with their dtypes. The same values as ``Cleaned.flagged``, with ``quarantine`` those of
        ``Cleaned.kept``.

    Raises
    ------
    ValueError
        If the ledger does not belong to these files: a line of a row that is in none of them, a
        column without the line of its header, two lines for one cell, or a text that is no value
        of its column. The message names the row, never what stands in it.

    Notes
    -----
    The ledger's lines for a file's header row say from which column each of ours came and how it
    was read. A cell then has the text of its line or, without a line, that of the file.

    Examples
    --------
    >>> from csatlib import clean, exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> cleaned = clean.responses(raw, study, quarter="2026Q3")
    >>> again = replay(raw, cleaned.ledger, quarantine=cleaned.quarantined)
    >>> again.equals(cleaned.kept.set_index("response_id")[again.columns].rename_axis("row_id"))
    True
    """
    given = [raw] if isinstance(raw, RawTable) else raw
    tables = sorted((t for t in given if t.role == "responses"), key=lambda t: (t.file, t.digest))
    headers = is_header(ledger)
    heads, cells = ledger[headers & ledger["rule"].isin(DTYPES)], ledger[~headers]
    _refuse_strangers(tables, ledger, cells)
    parts = [_file_again(table, heads, cells) for table in tables]
    columns = list(dict.fromkeys(heads["column"]))
    together = pd.concat(
        [part.reindex(columns=columns) for part in parts] or [pd.DataFrame(columns=columns)]
    )
    rules = heads.drop_duplicates("column").set_index("column")["rule"]
    together = pd.DataFrame(
        {c: _values(together[c], str(rules[c])) for c in columns}, index=together.index
    ).rename_axis("row_id")
    if quarantine is not None:
        together = together[~together.index.isin(quarantine["row_id"])]
    return together


def _refuse_strangers(
    tables: Sequence[RawTable], ledger: pd.DataFrame, cells: pd.DataFrame
) -> None:
    """Refuse lines that speak of no row of the files, and cells with two lines."""
    known = {row for t in tables for row in (*t.rows.index, *t.non_data["row_id"])}
    strange = ~ledger["row_id"].isin(known)
    if strange.any():
        raise ValueError(
            f"replay: {int(strange.sum())} lines of the ledger, the first for row "
            f"{ledger.loc[strange, 'row_id'].iloc[0]}, are for rows that are in none of the files "
            f"given; give every file of responses of the quarter"
        )
    twice = cells.duplicated(["row_id", "column"])
    if twice.any():
        line = cells[twice].iloc[0]
        raise ValueError(f"replay: two lines for row {line['row_id']}, column {line['column']}")


def _file_again(table: RawTable, heads: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Give the texts of one file's columns, the ledger's in place of the file's."""
    rows = table.rows.index
    own_heads = heads[heads["row_id"].isin(table.non_data["row_id"])]
    own = cells[cells["row_id"].isin(rows)]
    loose = ~own["column"].isin(own_heads["column"]) & (own["rule"] != _OF_COMMENTS)
    if loose.any():
        line = own[loose].iloc[0]
        raise ValueError(
            f"replay: the ledger has a line for row {line['row_id']}, column {line['column']}, but "
            f"none that says from which header of {table.file} the column came"
        )
    return pd.DataFrame(dict(_columns_again(table, own_heads, own)), index=rows)


def _columns_again(
    table: RawTable, heads: pd.DataFrame, cells: pd.DataFrame
) -> Iterator[tuple[str, pd.Series]]:
    lines = dict(list(cells.groupby("column", sort=False)))
    for column, header in zip(heads["column"], heads["new"], strict=True):
        if header not in table.rows:
            raise ValueError(
                f"replay: {table.file} has no header {header!r}, from which the ledger takes "
                f"{column}"
            )
        texts = table.rows[header].to_numpy(dtype=object).copy()
        if column in lines:
            place = table.rows.index.get_indexer(lines[column]["row_id"])
            texts[place] = lines[column]["new"].to_numpy(dtype=object)
        yield column, pd.Series(texts, index=table.rows.index, dtype="str").replace({"": None})


def _values(texts: pd.Series, rule: str) -> pd.Series:
    try:
        return values_of(texts.astype("str"), rule)
    except ValueError as error:
        raise ValueError(f"replay: column {texts.name}: {error}") from None
