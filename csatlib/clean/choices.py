"""Choices and orders as files write them: one cell for all options, or one column an option."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from csatlib.exports import Platform
from csatlib.scales import plain

__all__ = [
    "ZERO_DECIMALS",
    "as_wording",
    "multi",
    "ranking",
    "single",
    "spread_multi",
    "spread_ranking",
    "status_of",
]

#: In a column of one option: chosen and not (98 and −1 are "other" and "no" in company exports).
CHOSEN = frozenset({"是", "y", "yes", "true", "√", "✓", "✔", "选中", "已选"})
NOT_CHOSEN = frozenset({"0", "-1", "否", "n", "no", "false", "×", "x", "未选", "未选中"})
ZERO_DECIMALS = re.compile(r"(?<=[0-9])\.0+$")

#: What a respondent wrote beside 其他 may identify people and is not part of the choice.
_FILLED_IN = re.compile(r"〖.*?〗")
_LETTER = re.compile(r"^[A-Z]{1,2}\s*[.、:]\s*(?=.)")
_ORDER = "→"


def status_of(cells: pd.Series, answered: pd.Series, platform: Platform) -> pd.Series:
    """Name each cell's status; a filled cell that gave no value is invalid."""
    words = {
        **dict.fromkeys(platform.blank, "blank"),
        **dict.fromkeys(platform.skipped, "skipped"),
    }
    return cells.map(lambda c: words.get(c, "invalid")).mask(answered, "answered").astype("str")


def as_wording(cells: pd.Series, wordings: Sequence[str], platform: Platform) -> pd.Series:
    """Bring cells that say one of the wordings in another spelling to the wording, plain.

    Spaces and line breaks inside, and the letter of an option where the platform writes letters,
    do not count; a cell that could be two wordings stays as it is.
    """
    known = [plain(word) for word in wordings]
    spelt: dict[str, set[str]] = {}
    for word in known:
        spelt.setdefault(word.replace(" ", ""), set()).add(word)

    def wording(cell: str) -> str:
        if cell in known:
            return cell
        tries = [cell, _LETTER.sub("", cell)] if platform.lettered else [cell]
        for text in tries:
            fits = spelt.get(text.replace(" ", ""), set())
            if len(fits) == 1:
                return next(iter(fits))
        return cell

    return cells.map({cell: wording(cell) for cell in cells.unique()})


def single(
    cells: pd.Series, options: Sequence[str], codes: Mapping[str, str] | None, platform: Platform
) -> tuple[pd.Series, pd.Series]:
    """Read one choice a cell: by number where ``codes`` leads from numbers to options."""
    named = cells.str.replace(_FILLED_IN, "", regex=True).str.strip()
    marks = platform.skipped | platform.blank
    if codes is not None:
        answer = named.str.replace(ZERO_DECIMALS, "", regex=True).map(dict(codes))
    elif options:
        spelt = as_wording(named, options, platform)
        answer = spelt.map({plain(option): option for option in options})
    else:
        answer = named.where(~cells.isin(marks))
    return answer.astype("str"), status_of(cells, answer.notna(), platform)


def multi(
    cells: pd.Series, options: Sequence[str], columns: Sequence[str], platform: Platform
) -> tuple[pd.DataFrame, pd.Series]:
    """Read several choices a cell into one boolean column an option."""
    lists = _distinct(cells, options, platform.separators, platform)
    chosen = {cell: {frozenset(found) for found in ways} for cell, ways in lists.items()}
    picked = cells.map({c: next(iter(ways)) for c, ways in chosen.items() if len(ways) == 1})
    readable = picked.notna()
    table = pd.DataFrame(
        {
            column: [isinstance(c, frozenset) and place in c for c in picked]
            for place, column in enumerate(columns)
        },
        index=cells.index,
    )
    return table.astype("boolean").where(readable), status_of(cells, readable, platform)


def ranking(
    cells: pd.Series, options: Sequence[str], columns: Sequence[str], platform: Platform
) -> tuple[pd.DataFrame, pd.Series]:
    """Read an order a cell (``甲→丙→乙``) into the rank of each option, NA where not ranked."""
    lists = _distinct(cells, options, _ORDER, platform)
    orders = {
        cell: next(iter(ways))
        for cell, ways in lists.items()
        if len(ways) == 1 and len(set(next(iter(ways)))) == len(next(iter(ways)))
    }
    table = pd.DataFrame(
        {
            column: cells.map({c: o.index(place) + 1 for c, o in orders.items() if place in o})
            for place, column in enumerate(columns)
        }
    ).astype("Int8")
    return table, status_of(cells, cells.isin(list(orders)), platform)


def _distinct(
    cells: pd.Series, options: Sequence[str], separators: str, platform: Platform
) -> dict[str, set[tuple[int, ...]]]:
    """Part each distinct cell into options in every way there is, marks left out."""
    marks = platform.skipped | platform.blank
    return {
        cell: _parted(
            _FILLED_IN.sub("", cell).strip(), options, separators, lettered=platform.lettered
        )
        for cell in cells.unique()
        if cell not in marks
    }


def _parted(
    text: str, options: Sequence[str], separators: str, *, lettered: bool
) -> set[tuple[int, ...]]:
    """List every way to read a cell as options between separators, as places of the options.

    An option may hold a separator itself, so the cell is not split but read option by option; a
    cell with two readings is not certain.
    """
    letter = r"(?:[A-Z]{1,2}\s*[.、:]\s*)?" if lettered else ""
    words = [
        re.compile(letter + r"\s*".join(map(re.escape, plain(option).replace(" ", ""))))
        for option in options
    ]
    gap = re.compile(rf"\s*(?:[{re.escape(separators)}]\s*)+")
    start = gap.match(text)
    #: From a place in the text to the ways to come there.
    ways: dict[int, set[tuple[int, ...]]] = {start.end() if start else 0: {()}}
    complete: set[tuple[int, ...]] = set()
    while ways:
        place = min(ways)
        before = ways.pop(place)
        for number, word in enumerate(words):
            found = word.match(text, place)
            if found is None:
                continue
            after = {(*way, number) for way in before}
            between = gap.match(text, found.end())
            end = between.end() if between else found.end()
            if end == len(text):
                complete |= after
            elif between:
                ways.setdefault(end, set()).update(after)
    return complete


def spread_multi(
    cells: pd.DataFrame, columns: Sequence[str], platform: Platform
) -> tuple[pd.DataFrame, pd.Series]:
    """Read one column an option: a number above 0, a word for yes, or the option's own words."""
    bare = cells.apply(lambda c: c.str.replace(_FILLED_IN, "", regex=True).str.strip())
    answer = bare.apply(lambda c: c.str.replace(ZERO_DECIMALS, "", regex=True).str.casefold())
    skipped = answer.isin(platform.skipped).all(axis=1)
    empty = answer.isin(platform.blank | platform.skipped)
    chosen = answer.isin(CHOSEN) | answer.apply(lambda c: c.str.fullmatch(r"[1-9][0-9]{0,2}"))
    options = [str(option) for option in cells.columns]
    for option in options:
        spelt = as_wording(bare[option], options, platform)
        chosen[option] |= spelt == plain(option)
        if platform.ticked:
            others = {plain(other) for other in options} - {plain(option)}
            refused = empty[option] | answer[option].isin(NOT_CHOSEN) | spelt.isin(others)
            chosen[option] |= ~refused
    readable = (chosen | answer.isin(NOT_CHOSEN) | empty).all(axis=1)
    picked = chosen.set_axis(list(columns), axis=1)
    status = _status_of_several(cells, readable, empty.all(axis=1), skipped)
    return picked.astype("boolean").where(status == "answered"), status


def spread_ranking(
    cells: pd.DataFrame, columns: Sequence[str], platform: Platform
) -> tuple[pd.DataFrame, pd.Series]:
    """Read one column an option that holds its rank; ranks are 1, 2, … without a gap or a tie."""
    answer = cells.apply(lambda c: c.str.replace(ZERO_DECIMALS, "", regex=True))
    skipped = answer.isin(platform.skipped).all(axis=1)
    empty = answer.isin(platform.blank | platform.skipped | {"0"})
    numbers = answer.where(answer.apply(lambda c: c.str.fullmatch("[1-9][0-9]?")))
    ranks = numbers.astype("Float64").astype("Int8").set_axis(list(columns), axis=1)
    in_order = np.sort(ranks.to_numpy(dtype="float64", na_value=np.nan), axis=1)
    places = np.arange(1, len(columns) + 1)
    whole = ((in_order == places) | np.isnan(in_order)).all(axis=1)
    readable = (numbers.notna() | empty).all(axis=1) & whole
    status = _status_of_several(cells, readable, empty.all(axis=1), skipped)
    return ranks.where(status == "answered"), status


def _status_of_several(
    cells: pd.DataFrame, readable: pd.Series, blank: pd.Series, skipped: pd.Series
) -> pd.Series:
    status = pd.Series("answered", index=cells.index, dtype="str").mask(~readable, "invalid")
    return status.mask(blank, "blank").mask(skipped, "skipped")
