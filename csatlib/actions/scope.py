"""Whom a measure reaches: ``team=网络组；region=华东|华北`` as a mask over the responses."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from csatlib.actions.inputs import ActionError, folded, near, text_of, whose
from csatlib.sampling.reading import texts_of

__all__ = ["parse_scope", "scope_mask"]

_AND, _OR = re.compile("[;；]"), re.compile("[|｜]")
#: Columns of ids: what they hold is in no message.
_ID = re.compile(r"(^|_)id$")


def parse_scope(
    scope: str | None, *, action_id: str | None = None
) -> Mapping[str, tuple[str, ...]]:
    """Read whom a measure reaches from the register's text.

    Parameters
    ----------
    scope : str or None
        ``column=value|value；column=value``: between columns *and*, between values *or*; missing
        or empty: everybody. Full-width signs are read like the narrow ones.
    action_id : str, optional
        Named in errors.

    Returns
    -------
    mapping of str to tuple of str
        The values of each column, as written; empty for everybody.

    Raises
    ------
    ActionError
        For a part without ``=``, an empty name or value, or a column that stands twice.

    Examples
    --------
    >>> parse_scope("team=网络组；region=华东|华北")
    {'team': ('网络组',), 'region': ('华东', '华北')}
    """
    text = text_of(scope)
    if text is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, map(str.strip, _AND.split(text))):
        name, sign, values = part.replace("＝", "=").partition("=")
        column, listed = folded(name), tuple(map(str.strip, _OR.split(values)))
        if not sign or not column or not all(listed):
            raise ActionError(
                f"{whose(action_id)}scope 应写成 列=值，例如 team=网络组；region=华东|华北，"
                f"“{part}”缺列名、等号或值"
            )
        if column in found:
            raise ActionError(
                f"{whose(action_id)}scope 里“{column}”写了两次；同一列的几个值请用 | 隔开"
            )
        found[column] = listed
    return found


def scope_mask(
    responses: pd.DataFrame,
    scope: str | None,
    *,
    labels: Mapping[str, str] | None = None,
    action_id: str | None = None,
) -> pd.Series:
    """Mark the responses that a measure reaches.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses`` with the columns that the scope names.
    scope : str or None
        As for `parse_scope`.
    labels : mapping of str to str, optional
        Names of columns in Chinese, such as ``{"team": "处理班组"}``: a scope may use either.
    action_id : str, optional
        Named in errors.

    Returns
    -------
    Series of boolean
        True inside the scope and False outside, with the index of ``responses``; NA where a
        column is missing that would have decided, so that nobody unknown is compared.

    Raises
    ------
    ActionError
        As for `parse_scope`; for a column that the responses have not, or a value that none of
        them holds, with the nearest there are. Of columns of ids no value is shown. Without any
        response nothing is known of values, and none is refused.

    Examples
    --------
    >>> df = pd.DataFrame({"team": ["网络组", "桌面组", None]})
    >>> scope_mask(df, "team=网络组").tolist()
    [True, False, <NA>]
    """
    named = {folded(label): column for column, label in (labels or {}).items()}
    mask = pd.Series(True, index=responses.index, dtype="boolean")
    for written, values in parse_scope(scope, action_id=action_id).items():
        column = written if written in responses else named.get(written, written)
        if column not in responses:
            raise ActionError(
                f"{whose(action_id)}scope 的列“{written}”不在答卷里；"
                f"{near(written, [*map(str, responses.columns), *named])}"
            )
        mask &= _holds(responses[column], values, written, action_id)
    return mask.rename(None)


def _holds(
    column: pd.Series, values: tuple[str, ...], written: str, action_id: str | None
) -> pd.Series:
    column = texts_of(column)
    known = column.dropna().unique()
    spelled = {value: folded(value) for value in known}
    there = set(spelled.values())
    for value in values:
        if there and folded(value) not in there:
            secret = _ID.search(str(column.name)) is not None
            told = "有一个值" if secret else f"的值“{value}”"
            hint = "请核对编号" if secret else near(value, map(str, known))
            raise ActionError(
                f"{whose(action_id)}scope 里“{written}”{told}在答卷里没有出现；{hint}"
            )
    wanted = set(map(folded, values))
    inside = [value for value, spelling in spelled.items() if spelling in wanted]
    return column.isin(inside).astype("boolean").mask(column.isna())
