"""Personal data in comments: found, and replaced by the name of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from csatlib.privacy.addressed import addressed
from csatlib.privacy.addresses import addresses
from csatlib.privacy.ids import Ids
from csatlib.privacy.names import Names
from csatlib.privacy.shapes import shapes
from csatlib.privacy.spelling import MARKS, REPLACEMENTS, Find, spelled

__all__ = ["find", "redact"]

_NOBODY = Names(())


def find(
    texts: pd.Series,
    *,
    known: pd.Series | None = None,
    roster: Iterable[str] = (),
    ids: Iterable[str] = (),
) -> pd.DataFrame:
    """Find personal data in comments: identifiers by shape, names by list and by form of address.

    Full-width, circled and keycap digits, Chinese numerals, up to three spaces, hyphens, brackets,
    commas and the like between two digits, and unseen characters anywhere are seen through.

    Parameters
    ----------
    texts : Series of str
        Comments; missing ones hold nothing.
    known : Series of tuples of str, optional
        The names that belong to each row (its customer, its contact), with the index of ``texts``;
        a missing value or an empty tuple for none. They are looked for in their own row only.
    roster : iterable of str
        Names looked for in every row, such as those of the staff.
    ids : iterable of str
        Customer numbers and the like, looked for in every row as whole words in any case; those
        of fewer than four characters, and those without a digit, are not.

    Returns
    -------
    DataFrame
        One row a find, in the order of the text: ``row`` (label in the index of ``texts``),
        ``kind`` (``address``, ``bank_card``, ``email``, ``id``, ``id_card``, ``ip``, ``landline``,
        ``mobile``, ``name``, ``plate``, ``qq``, ``wechat``), ``start`` and ``end`` (character
        positions in the text as given, end not included). The data itself is not returned.

    Raises
    ------
    ValueError
        If ``known`` has another index than ``texts``.
    TypeError
        If ``known`` holds anything but tuples of str, or if ``roster`` is one str.

    Notes
    -----
    ``mobile``: 11 digits, 13… to 19…, with or without +86, 0086 or 86. ``landline``: area code and
    7 or 8 digits, or 7 or 8 digits after 电话, 座机 and the like; service numbers (10086, 12345,
    95…, 400…, 800…) are a company's and stay. ``id_card``: 18 characters with a possible birth
    date and the check digit of ISO 7064 MOD 11-2 (GB 11643-1999); 15 digits with a province and a
    birth date; after 身份证 also with a mistake in it. ``bank_card``: 13 to 19 digits with the
    check digit of ISO/IEC 7812 (Luhn), or 12 to 21 digits after 卡号, 账号, 银行卡. Digits that
    follow 单号, 编号, 工单, 订单 and the like are a business's own number. ``address`` needs a
    number: 上海浦东 and 中山路 stay.

    A name that no list holds is found only by its form of address (王先生, 小李, 我叫…): see
    `measured_recall` for how often. Names of one character are not looked for.

    Examples
    --------
    >>> find(pd.Series(["请回电１３８ 0000 1234"]))[["kind", "start", "end"]].values.tolist()
    [['mobile', 3, 16]]
    >>> find(pd.Series(["张 丽很耐心"]), roster=["张丽"])[["kind", "start", "end"]].values.tolist()
    [['name', 0, 3]]
    """
    finds = [
        (row, kind, start, end)
        for row, _, spans in _searched(texts, known, roster, ids)
        for kind, start, end in spans
    ]
    return pd.DataFrame(finds, columns=["row", "kind", "start", "end"])


def redact(
    texts: pd.Series,
    *,
    known: pd.Series | None = None,
    roster: Iterable[str] = (),
    ids: Iterable[str] = (),
) -> pd.Series:
    """Replace personal data in comments by the name of its kind.

    Parameters
    ----------
    texts : Series of str
        Comments; missing ones stay missing.
    known : Series of tuples of str, optional
        The names that belong to each row, with the index of ``texts``, as for `find`.
    roster : iterable of str
        Names looked for in every row, as for `find`.
    ids : iterable of str
        Ids looked for in every row, as for `find`.

    Returns
    -------
    Series of str, index and name of ``texts``
        The same words with ``[手机号]``, ``[姓名]`` and so on (`REPLACEMENTS`) where `find` found
        something; redacting twice changes nothing more.

    Raises
    ------
    ValueError, TypeError
        As for `find`.

    Examples
    --------
    >>> redact(pd.Series(["我的电话是13800001234，找王先生"])).tolist()
    ['我的电话是[手机号]，找[姓名]先生']
    """
    redacted = (_replaced(text, spans) for _, text, spans in _searched(texts, known, roster, ids))
    values = [next(redacted) if there else None for there in texts.notna()]
    return pd.Series(values, index=texts.index, name=texts.name, dtype="str")


def _replaced(text: str, spans: Iterable[Find]) -> str:
    for kind, start, end in reversed(list(spans)):
        text = text[:start] + REPLACEMENTS[kind] + text[end:]
    return text


def _searched(
    texts: pd.Series, known: pd.Series | None, roster: Iterable[str], ids: Iterable[str]
) -> Iterator[tuple[object, str, tuple[Find, ...]]]:
    """Yield each comment that is there with its label and its finds; equal ones searched once."""
    everywhere, numbers = Names(_checked(roster, "roster")), Ids(_checked(ids, "ids"))
    own = [_NOBODY] * len(texts) if known is None else _own_names(texts, known)
    done: dict[tuple[str, Names], tuple[Find, ...]] = {}
    rows = zip(texts.index, texts.tolist(), texts.notna().tolist(), own, strict=True)
    for row, text, there, names_of_row in rows:
        if not there:
            continue
        # A row's own names matter only where they stand: else the text is one like all others.
        names = names_of_row if names_of_row.stand_in(text) else _NOBODY
        if (text, names) not in done:
            done[text, names] = _spans(text, (names, everywhere), numbers)
        yield row, text, done[text, names]


def _own_names(texts: pd.Series, known: pd.Series) -> list[Names]:
    if not known.index.equals(texts.index):
        raise ValueError(
            f"known: expected the index of texts ({len(texts)} rows), found another one "
            f"({len(known)} rows); reindex it first"
        )
    made: dict[tuple[str, ...], Names] = {(): _NOBODY}
    own = []
    for value in known:
        names = _checked(() if pd.api.types.is_scalar(value) and pd.isna(value) else value, "known")
        if names not in made:
            made[names] = Names(names)
        own.append(made[names])
    return own


def _checked(names: Iterable[str], argument: str) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(
            f"{argument}: expected names in a tuple, found {type(names).__name__}; "
            f"write one name as (name,)"
        )
    given = tuple(names)
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"{argument}: expected each name as str, found {type(name).__name__}")
    return given


def _spans(text: str, lists: Iterable[Names], ids: Ids) -> tuple[Find, ...]:
    """Search until nothing more is found: what is put in place may show something new."""
    spelling = spelled(text)
    found: list[Find] = []
    while new := _once(spelling.plain, lists, ids):
        found += [spelling.original(find) for find in new]
        spelling = spelling.masked(new)
    return tuple(sorted(found, key=lambda find: find[1]))


def _once(plain: str, lists: Iterable[Names], ids: Ids) -> list[Find]:
    """Give the finds in order; of two that overlap the earlier kind stays, a name gives way."""
    taken: list[Find] = [("mark", *mark.span()) for mark in MARKS.finditer(plain)]
    marks = len(taken)
    for find in (*ids.finds(plain), *shapes(plain), *addresses(plain)):
        if _is_free(find, taken):
            taken.append(find)
    for names in lists:
        for start, end in names.spans(plain):
            taken += _left_over(start, end, taken)
    # 陈建国 is found before 陈建, wherever two ways of speaking give different ends.
    for find in sorted(addressed(plain), key=lambda find: find[1] - find[2]):
        if _is_free(find, taken):
            taken.append(find)
    return sorted(taken[marks:], key=lambda find: find[1])


def _is_free(find: Find, taken: Iterable[Find]) -> bool:
    _, start, end = find
    return all(end <= s or e <= start for _, s, e in taken)


def _left_over(start: int, end: int, taken: Iterable[Find]) -> list[Find]:
    """Give the pieces of a listed name that no other find covers."""
    free = [i for i in range(start, end) if all(not s <= i < e for _, s, e in taken)]
    pieces: list[Find] = []
    for i in free:
        if pieces and pieces[-1][2] == i:
            pieces[-1] = ("name", pieces[-1][1], i + 1)
        else:
            pieces.append(("name", i, i + 1))
    return pieces
