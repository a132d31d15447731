"""Registers as tables: pseudonyms for customers, no personal data in sentences."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from csatlib import privacy, schema
from csatlib.privacy import REPLACEMENTS
from csatlib.schema import check_line
from csatlib.store import workbook
from csatlib.store.filled import Filled, read_book, told
from csatlib.store.forms import Names, Register
from csatlib.store.keys import pseudonym_key
from csatlib.store.loop_forms import REGISTERS
from csatlib.store.places import project_root, study
from csatlib.store.relations import related
from csatlib.store.tombstones import normal

__all__ = [
    "PSEUDONYM",
    "name_of",
    "personal_cells",
    "read_sheets",
    "register_file",
    "shown_names",
    "table_of",
]

#: What `privacy.pseudonymise` makes of an id.
PSEUDONYM = r"P[0-9A-HJKMNP-TV-Z]{16}"


def name_of(file: Path) -> str:
    """Name a register as people find it: from the folder of registers on."""
    return "/".join(file.parts[-3:])


def register_file(name: str, line: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Give the place of a line's register.

    Parameters
    ----------
    name : str
        ``actions``, ``followups`` or ``cases``.
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Path
        ``registers/<line>/<name>.xlsx``; it need not exist.

    Raises
    ------
    ValueError
        For another name.

    Examples
    --------
    >>> register_file("actions", "shop").relative_to(project_root()).as_posix()
    'registers/shop/actions.xlsx'
    """
    if name not in REGISTERS:
        raise ValueError(f"name: expected one of {', '.join(REGISTERS)}, found {name!r}")
    return project_root(root) / "registers" / check_line(line) / f"{name}.xlsx"


def personal_cells(line: str, root: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """Name the cells of a line's registers in which people typed personal data.

    Parameters
    ----------
    line, root
        As for `actions`.

    Returns
    -------
    tuple of str
        A Chinese sentence for each cell: file, sheet, cell and the kinds that were found, never
        the data. Tables that are read hold the kinds in its place.

    Raises
    ------
    StoreError
        As for `actions`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     personal_cells("shop", root)
    ()
    """
    found = []
    for register in REGISTERS.values():
        for sheet in read_sheets(register, line, root).values():
            names = [one.name for one in sheet.form.fields if one.free]
            cells = [(row, name) for row in sheet.rows for name in names if row.text(name)]
            texts = pd.Series([row.text(name) for row, name in cells], dtype="str")
            finds = privacy.find(texts)
            for number, kinds in finds.groupby("row")["kind"].unique().items():
                what = "".join(REPLACEMENTS[kind] for kind in sorted(kinds))
                place = sheet.place(*cells[int(str(number))])
                found.append(f"{place}：写有个人信息 {what}，读表时已隐去；请在登记表里也改掉。")
    return tuple(found)


def shown_names(line: str, root: str | os.PathLike[str] | None = None) -> Names:
    """Give the Chinese names that registers show for items and themes, by column and id."""
    one = study(line, root)
    items = {q.id: q.dimension for q in one.questions if q.dimension}
    often = list(items.values())
    return {
        # A name that several questions share would not lead back to one of them.
        "item": {id_: name for id_, name in items.items() if often.count(name) == 1},
        "theme": dict(one.codeframe.labels()),
        "themes": dict(one.codeframe.labels()),
    }


def read_sheets(
    register: Register,
    line: str,
    root: str | os.PathLike[str] | None = None,
    *,
    owners: Sequence[str] = (),
) -> dict[str, Filled]:
    """Read a register's sheets by table; none without a file. All faults are told at once."""
    file = register_file(register.name, line, root)
    if not file.exists():
        return {}
    name = name_of(file)
    book = workbook.load(file.read_bytes(), name)
    sheets, faults = read_book(book, register, name, shown_names(line, root))
    told([*faults, *related(register.name, sheets, owners)])
    return sheets


def table_of(
    register: Register,
    table: str,
    line: str,
    root: str | os.PathLike[str] | None,
    owners: Sequence[str] = (),
) -> pd.DataFrame:
    """Read one sheet of a register as the table that it gives."""
    sheets = read_sheets(register, line, root, owners=owners)
    if table not in sheets:
        return schema.empty(table)
    sheet = sheets[table]
    records = [{"line": line, **row.cells} for row in sheet.rows]
    df = pd.DataFrame(records, columns=list(schema.TABLES[table].columns))
    free = [one.name for one in sheet.form.fields if one.free]
    if "customer_id" in df:
        df = df.assign(customer_id=_customers(df["customer_id"], line, root))
        _refuse_repeated(df, sheet)
    typed = _typed(df, table)
    return typed.assign(**{name: privacy.redact(typed[name]) for name in free}).pipe(
        schema.check, table
    )


def _typed(df: pd.DataFrame, table: str) -> pd.DataFrame:
    columns = schema.TABLES[table].columns
    ready: dict[str, pd.Series] = {}
    for name, column in columns.items():
        values = df[name]
        if column.dtype.startswith("datetime64"):
            values = pd.to_datetime(values)
        ready[name] = values.astype(column.dtype)
    return pd.DataFrame(ready, columns=list(columns))


def _customers(ids: pd.Series, line: str, root: str | os.PathLike[str] | None) -> pd.Series:
    """Give customers the pseudonyms under which the other tables know them."""
    words = ids.astype("str")
    typed = words.notna() & ~words.str.fullmatch(PSEUDONYM).fillna(False).astype(bool)
    if not typed.any():
        return words
    plain = words[typed].map(normal)
    key = pseudonym_key(study(line, root))
    if key is None:
        numbers = {id_: f"R{n:05d}" for n, id_ in enumerate(dict.fromkeys(plain), start=1)}
        made = plain.map(numbers)
    else:
        made = privacy.pseudonymise(plain, key=key)
    return words.where(~typed, made.reindex(words.index)).astype("str")


def _refuse_repeated(df: pd.DataFrame, sheet: Filled) -> None:
    key = list(sheet.form.key)
    repeated = df.duplicated(key, keep="first")
    told(
        [
            f"{sheet.place(row, key[0])}：与上面一行说的是同一件事（编号和化名是同一个客户）；"
            "请只留一行。"
            for row, twice in zip(sheet.rows, repeated, strict=True)
            if twice
        ]
    )
