"""From the raw files and the ledger alone back to the responses: the proof that both suffice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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
    heads, cells = ledger[headers], ledger[~headers]
    _refuse_strange_headers(tables, heads)
    rows = pd.Index([row for t in tables for row in t.rows.index], dtype="str", name="row_id")
    cells = _placed(cells, rows)
    heads = heads[heads["rule"].isin(DTYPES)]
    _refuse_loose(cells, heads)
    lines = dict(list(cells.groupby("column", sort=False)))
    again = {
        str(column): _column_again(tables, own, lines.get(column, cells[:0]), rows)
        for column, own in heads.groupby("column", sort=False)
    }
    together = pd.DataFrame(again, index=rows)
    if quarantine is not None:
        together = together[~together.index.isin(quarantine["row_id"])]
    return together


def _refuse_strange_headers(tables: Sequence[RawTable], heads: pd.DataFrame) -> None:
    known = {row for table in tables for row in table.non_data["row_id"]}
    strange = heads.loc[~heads["row_id"].isin(known), "row_id"]
    if len(strange):
        raise ValueError(
            f"replay: {len(strange)} lines of the ledger, the first for row {strange.iloc[0]}, say "
            f"from which header a column came, but no file given has its headers there; give "
            f"every file of responses of the quarter, and the ledger made of them"
        )


def _placed(cells: pd.DataFrame, rows: pd.Index) -> pd.DataFrame:
    """Find the row of each line; refuse lines of no row, and cells with two lines."""
    place = rows.get_indexer(cells["row_id"])
    if (place < 0).any():
        raise ValueError(
            f"replay: {int((place < 0).sum())} lines of the ledger, the first for row "
            f"{cells['row_id'].iloc[int((place < 0).argmax())]}, are for rows that are in none of "
            f"the files given; give every file of responses of the quarter"
        )
    column = pd.factorize(cells["column"])[0].astype("int64")
    twice = pd.Series(column * len(rows) + place).duplicated().to_numpy()
    if twice.any():
        line = cells[twice].iloc[0]
        raise ValueError(f"replay: two lines for row {line['row_id']}, column {line['column']}")
    return cells.assign(place=place)


def _refuse_loose(cells: pd.DataFrame, heads: pd.DataFrame) -> None:
    """Refuse lines of a column that no header is told to have brought."""
    loose = cells[~cells["column"].isin(heads["column"]) & (cells["rule"] != _OF_COMMENTS)]
    if len(loose):
        raise ValueError(_no_header(loose.iloc[0]))


def _no_header(line: pd.Series) -> str:
    return (
        f"replay: the ledger has a line for row {line['row_id']}, column {line['column']}, but "
        f"none that says from which header of its file the column came"
    )


def _column_again(
    tables: Sequence[RawTable], heads: pd.DataFrame, lines: pd.DataFrame, rows: pd.Index
) -> pd.Series:
    """Give one column: the file's texts, the ledger's in their place, read by the rule."""
    texts, brought = np.full(len(rows), None, dtype=object), np.zeros(len(rows), dtype=bool)
    start = 0
    for table in tables:
        own = slice(start, start := start + len(table.rows))
        header = heads.loc[heads["row_id"].isin(table.non_data["row_id"]), "new"]
        if len(header):
            texts[own], brought[own] = _cells(table, header.iloc[0], heads["column"].iloc[0]), True
    loose = ~brought[lines["place"]]
    if loose.any():
        raise ValueError(_no_header(lines[loose].iloc[0]))
    texts[lines["place"]] = lines["new"].to_numpy(dtype=object)
    column = pd.Series(texts, index=rows, dtype="str")
    try:
        return values_of(column.mask(column == ""), heads["rule"].iloc[0])
    except ValueError as error:
        raise ValueError(f"replay: column {heads['column'].iloc[0]}: {error}") from None


def _cells(table: RawTable, header: str, column: str) -> np.ndarray:
    if header not in table.rows:
        raise ValueError(
            f"replay: {table.file} has no such header as the ledger names for column {column}; "
            f"give the files that the ledger was made of"
        )
    return table.rows[header].to_numpy(dtype=object)
