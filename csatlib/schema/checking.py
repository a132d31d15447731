"""Tables held against their contracts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.schema.acted import ACTED
from csatlib.schema.asked import ASKED
from csatlib.schema.collected import COLLECTED
from csatlib.schema.columns import Column, Table
from csatlib.schema.estimated import ESTIMATED
from csatlib.schema.judged import JUDGED
from csatlib.schema.labels import SchemaError
from csatlib.schema.modelled import MODELLED
from csatlib.schema.planned import PLANNED
from csatlib.schema.worded import WORDED

__all__ = ["TABLES", "check", "empty"]

#: Every table that `store` writes, by name.
TABLES: Mapping[str, Table] = {
    **COLLECTED,
    **ASKED,
    **ESTIMATED,
    **MODELLED,
    **WORDED,
    **ACTED,
    **PLANNED,
    **JUDGED,
}


def empty(table: str) -> pd.DataFrame:
    """Make a table of no rows that fits its contract.

    Parameters
    ----------
    table : str
        A name in `TABLES`.

    Returns
    -------
    DataFrame
        The fixed columns of the contract, each with its dtype.

    Raises
    ------
    SchemaError
        For an unknown table.

    Examples
    --------
    >>> list(empty("quarantine"))
    ['row_id', 'rule', 'reason']
    """
    columns = _contract(table).columns
    return pd.DataFrame({name: pd.Series(dtype=c.dtype) for name, c in columns.items()})


def check(df: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return ``df`` unchanged if it fits the contract of ``table``; made for ``.pipe``.

    Parameters
    ----------
    df : DataFrame
        The table to check; it is not changed.
    table : str
        A name in `TABLES`.

    Returns
    -------
    DataFrame
        ``df`` itself.

    Raises
    ------
    SchemaError
        For an unknown table, missing, unexpected or misplaced columns, another dtype, a missing
        value or a value that is not allowed, or a repeated key; the message names the column,
        what was expected and found, and the first rows at fault.

    Examples
    --------
    >>> empty("ledger").pipe(check, "ledger").shape
    (0, 4)
    """
    contract = _contract(table)
    _check_columns(df, table, contract)
    for name, column in contract.columns.items():
        _check_column(df[name], table, column)
    if contract.key:
        repeated = df.duplicated(list(contract.key), keep=False)
        if repeated.any():
            example = df.loc[repeated, list(contract.key)].iloc[0].to_dict()
            raise SchemaError(
                f"{table}: the key {contract.key} must be unique, found {int(repeated.sum())} rows "
                f"that repeat one, for example {example}"
            )
    return df


def _contract(table: str) -> Table:
    if table not in TABLES:
        raise SchemaError(f"unknown table {table!r}: expected one of {', '.join(sorted(TABLES))}")
    return TABLES[table]


def _check_columns(df: pd.DataFrame, table: str, contract: Table) -> None:
    expected, found = list(contract.columns), [str(c) for c in df.columns]
    missing = [c for c in expected if c not in found]
    extra = [c for c in found if c not in expected]
    if missing or (extra and not contract.open):
        raise SchemaError(
            f"{table}: expected the columns {expected}; missing {missing}, unexpected {extra}"
        )
    if found[: len(expected)] != expected:
        raise SchemaError(f"{table}: expected the columns in the order {expected}, found {found}")
    if len(set(found)) != len(found):
        raise SchemaError(f"{table}: a column name stands twice in {found}")


def _check_column(values: pd.Series, table: str, column: Column) -> None:
    where = f"{table}.{values.name}"
    if str(values.dtype) != column.dtype:
        raise SchemaError(f"{where}: expected dtype {column.dtype}, found {values.dtype}")
    if not column.nullable and values.isna().any():
        rows = list(values.index[values.isna()][:3])
        raise SchemaError(f"{where}: may not be missing, but is in rows {rows}")
    if column.allowed is not None:
        odd = sorted(set(values.dropna().unique()) - set(column.allowed))
        if odd:
            raise SchemaError(f"{where}: expected one of {column.allowed}, found {odd[:3]}")
