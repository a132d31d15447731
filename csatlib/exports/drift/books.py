"""Which wording each option number stands for, learnt from two exports of the same answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from csatlib.exports.drift.forms import MISSING
from csatlib.exports.drift.turned import Book
from csatlib.exports.drift.wording import bare
from csatlib.exports.table import RawTable
from csatlib.scales import plain

__all__ = ["books_of"]

_ROW_NUMBER = "序号"


def books_of(tables: Sequence[RawTable]) -> dict[str, Book]:
    """Learn ``{bare words of the question: {number: wording}}`` from wordings and numbers."""
    found: dict[str, Book] = {}
    for code in (raw for raw in tables if raw.form == "code"):
        for text in (raw for raw in tables if raw.form == "text"):
            if (text.channel or code.channel) == code.channel and text.reader == code.reader:
                found |= _learnt(_by_row(code), _by_row(text))
    return found


def _by_row(raw: RawTable) -> pd.DataFrame:
    named = _ROW_NUMBER in raw.rows.columns and raw.rows[_ROW_NUMBER].is_unique
    return raw.rows.set_index(_ROW_NUMBER) if named else raw.rows.reset_index(drop=True)


def _learnt(codes: pd.DataFrame, texts: pd.DataFrame) -> dict[str, Book]:
    shared = codes.index.intersection(texts.index)
    if len(shared) < 0.9 * max(len(codes), len(texts), 1):
        return {}
    names = {bare(str(name)): name for name in texts.columns}
    found = {}
    for name in codes.columns:
        own = names.get(bare(str(name)))
        if own is not None:
            book = _book(codes.loc[shared, name], texts.loc[shared, own])
            if book:
                found[bare(str(name))] = book
    return found


def _book(codes: pd.Series, texts: pd.Series) -> Book:
    """Read the wording off each number; empty unless each number has one wording, nearly always."""
    pairs = Counter(zip(codes.map(plain), texts.map(plain), strict=True))
    known = {p: k for p, k in pairs.items() if p[0].isdecimal() and p[1] not in MISSING}
    total, book, agreed = sum(known.values()), {}, 0
    for code in {c for c, _ in known}:
        wording, count = max(
            ((w, k) for (c, w), k in known.items() if c == code), key=lambda e: (e[1], e[0])
        )
        book[int(code)] = wording
        agreed += count
    certain = total and agreed >= 0.95 * total and len(set(book.values())) == len(book)
    spoken = any(not wording.isdecimal() for wording in book.values())
    return dict(sorted(book.items())) if certain and spoken else {}
