"""What option numbers mean where the study file does not say, taken from the export by wording."""

from __future__ import annotations

import re
from collections.abc import Sequence

from csatlib.clean.answers import Books
from csatlib.exports import Fields, RawTable, code_book
from csatlib.study import Study

__all__ = ["books_of", "survey_of"]

_SURVEY = re.compile(r"([0-9]+)_")


def survey_of(table: RawTable) -> str:
    """Give the survey's number, with which 问卷星 begins the name of its files; empty if none."""
    found = _SURVEY.match(table.file.rsplit("/", 1)[-1])
    return found[1] if found else ""


def books_of(table: RawTable, fields: Fields, tables: Sequence[RawTable], study: Study) -> Books:
    """Give ``{question: {number: wording}}`` for choices without options in the study.

    Empty unless the file holds option numbers and exactly one of ``tables`` holds the wordings of
    the same survey.
    """
    unknown = [
        q.id for q in study.questions
        if q.kind in ("single", "attention") and not q.options and q.id in fields.answers
    ]  # fmt: skip
    if table.form != "code" or not unknown:
        return {}
    texts = [t for t in tables if t.reader == "wjx" and t.form == "text"]
    partners = [t for t in texts if survey_of(t) == survey_of(table)]
    partners = partners or (texts if len(texts) == 1 else [])
    if len(partners) != 1:
        return {}
    book = code_book(partners[0], table)
    by_header = dict(iter(book.groupby("header")))
    return {
        item: dict(zip(part["code"].astype("str"), part["wording"], strict=True))
        for item in unknown
        if (part := by_header.get(fields.answers[item])) is not None
    }
