"""Personal data of the raw files, for the vault and for the exact redaction of known names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from csatlib.clean.answers import read_columns
from csatlib.exports import PLATFORMS, RawTable, mapped
from csatlib.scales import plain

__all__ = ["all_ids", "known_names", "personal", "roster"]

#: What stands in a column of names and is nobody's name: a place, an office, a role.
_NO_NAME = re.compile(
    r".*(?:公司|中心|部门?|办公室|处|科|站|店|银行|医院|学校|局|厂|组|人|员|经理|主管|总监|老板|客服|前台|财务|采购|行政|总机|值班)"
    r"|无|未知|暂无|不详|[-/—]+"
)
#: What stands between the names of several people in one cell.
_BETWEEN = re.compile(
    r"[、,;/|()\[\]:<>]+|[0-9+*#]+|(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff]{2,})"
)

_KEY = "customer_id"
_COLUMNS = ["row_id", "role", "key", "kind", "value"]


def personal(raw: Sequence[RawTable]) -> pd.DataFrame:
    """Collect every cell of the columns that the sources declare as personal.

    It feeds the encrypted vault and the redaction of names, and never becomes a stored table.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files, of all roles.

    Returns
    -------
    DataFrame of str
        One row a cell that is not blank: ``row_id``, ``role`` (of the file), ``key`` (the row's
        customer_id as `responses` spells it; NA where the file has none), ``kind`` (name, mobile,
        …) and ``value`` (the text as it is).

    Raises
    ------
    ExportError
        If a header that a source names is not in its file.

    Examples
    --------
    >>> rows = pd.DataFrame({"客户编号": ["c1", "C2"], "联系人": ["张三", ""]},
    ...                     index=pd.Index(["f:1:2", "f:1:3"], name="row_id"), dtype="str")
    >>> none = pd.DataFrame()
    >>> table = RawTable("customers.csv", "f", "customers", None, "table", "text", "table", None,
    ...                  None, {"customer_id": "客户编号"}, (), (), rows, none, none,
    ...                  personal={"name": "联系人"})
    >>> personal([table]).values.tolist()
    [['f:1:2', 'customers', 'C1', 'name', '张三']]
    """
    parts = [pd.DataFrame(columns=_COLUMNS)]
    for table in raw:
        key, platform = _keys(table), PLATFORMS[table.reader]
        for kind, header in mapped(replace(table, mapping=table.personal)).items():
            cells = table.rows[header]
            filled = cells[~cells.map(plain).isin(platform.blank | platform.skipped)]
            part = pd.DataFrame({"row_id": filled.index, "value": filled.to_numpy()})
            part["key"] = key.reindex(filled.index).to_numpy()
            parts.append(part.assign(role=table.role, kind=kind))
    return pd.concat(parts, ignore_index=True)[_COLUMNS].astype("str")


def _keys(table: RawTable) -> pd.Series:
    """Give the customer of each row in one spelling; NA where the file does not name any."""
    header = table.mapping.get(_KEY)
    if header is None:
        return pd.Series(pd.NA, index=table.rows.index, dtype="str")
    one = replace(table, mapping={_KEY: header})
    return read_columns(one, mapped(one))[0][_KEY]


def known_names(
    comments: pd.DataFrame, personal: pd.DataFrame, responses: pd.DataFrame
) -> pd.Series:
    """Say for each comment which people's names belong to its own questionnaire and customer.

    Parameters
    ----------
    comments : DataFrame
        Table ``comments``.
    personal : DataFrame
        What `personal` collected.
    responses : DataFrame
        Table ``responses`` with ``customer_id`` before it is replaced by a pseudonym.

    Returns
    -------
    Series of tuple of str, index of ``comments``
        The names, those of the own row first, each once; empty where none is known.

    Examples
    --------
    >>> comments = pd.DataFrame({"response_id": ["r1", "r2"]})
    >>> people = pd.DataFrame(
    ...     {"row_id": ["c1"], "key": ["C1"], "kind": ["name"], "value": ["张三"]}
    ... )
    >>> replies = pd.DataFrame({"response_id": ["r1", "r2"], "customer_id": ["C1", "C2"]})
    >>> known_names(comments, people, replies).tolist()
    [('张三',), ()]
    """
    names = _names(personal)
    by_row = names.groupby("row_id")["value"].agg(list).to_dict()
    by_customer = names.dropna(subset="key").groupby("key")["value"].agg(list).to_dict()
    customers = responses.set_index("response_id")[_KEY].dropna().to_dict()
    found = [
        tuple(dict.fromkeys([*by_row.get(row, ()), *by_customer.get(customers.get(row), ())]))
        for row in comments["response_id"]
    ]
    return pd.Series(found, index=comments.index, dtype="object", name="names")


def roster(personal: pd.DataFrame) -> tuple[str, ...]:
    """List the names to be removed from every comment, whoever wrote it.

    Parameters
    ----------
    personal : DataFrame
        What `personal` collected.

    Returns
    -------
    tuple of str
        All names of the staff; of everyone else's those of three characters and more that are no
        office or role, since shorter ones are often ordinary words. In alphabetical order.

    Examples
    --------
    >>> people = pd.DataFrame({"role": ["staff", "customers", "customers"], "kind": ["name"] * 3,
    ...                        "value": ["王芳", "高兴", "欧阳青禾"], "row_id": list("abc"),
    ...                        "key": [None] * 3})
    >>> roster(people)
    ('欧阳青禾', '王芳')
    """
    names = _names(personal)
    # 客服中心 in a column of names must not take these words out of everybody's comments.
    person = (names["value"].str.len() >= 3) & ~names["value"].str.fullmatch(_NO_NAME)
    certain = (names["role"] == "staff") | person
    return tuple(sorted(names.loc[certain, "value"].unique()))


def all_ids(raw: Sequence[RawTable]) -> tuple[str, ...]:
    """List every id of a person or ticket in the quarter's files, to be removed from comments.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files, of all roles.

    Returns
    -------
    tuple of str
        The values of the mapped columns that end in ``_id``, as `responses` spells them, in
        alphabetical order.

    Raises
    ------
    ExportError
        If a header that a source names is not in its file.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> all_ids(exports.read_all(store.raw("2026Q3", "ops_company"), study))[:2]
    ('C00001', 'C00002')
    """
    found: set[str] = set()
    for table in raw:
        ids = {c: header for c, header in table.mapping.items() if c.endswith("_id")}
        one = replace(table, mapping=ids)
        values, _ = read_columns(one, mapped(one))
        found.update(value for column in values for value in values[column].dropna())
    return tuple(sorted(found))


def _names(personal: pd.DataFrame) -> pd.DataFrame:
    """Give one row a name: a cell may hold those of several people."""
    names = personal[personal["kind"] == "name"]
    parts = names["value"].map(plain).map(_BETWEEN.split)
    names = names.assign(value=parts).explode("value")
    return names.assign(value=names["value"].str.strip()).query("value != ''")
