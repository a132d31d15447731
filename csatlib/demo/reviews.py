"""The fictional company's reviewer: reads the quotes and fills in the register."""

from __future__ import annotations

import os

from csatlib import store
from csatlib.schema import Quarter
from csatlib.store.quote_register import HEADINGS, TITLE
from csatlib.store.workbook import load, packed, put, save, sheet_of

__all__ = ["review"]

#: Nobody bears this name.
_REVIEWER = "示例审核员"


def review(quarter: str, line: str, *, root: str | os.PathLike[str] | None = None) -> int:
    """Enter a quarter's quotes in the register and review those that await it.

    Parameters
    ----------
    quarter, line : str
        A processed quarter of the fictional company with the table ``quotes``.
    root : path, optional
        The project's folder, as for `store.project_root`.

    Returns
    -------
    int
        How many quotes were reviewed: those of rank 1 and 2 are passed, others refused, on the
        quarter's last day.

    Raises
    ------
    StoreError
        As `store.add_quotes`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from csatlib import schema
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies", "shop").mkdir(parents=True)
    ...     text = Path(store.project_root(), "studies/hotline/study.yml").read_text("utf-8")
    ...     _ = Path(root, "studies/shop/study.yml").write_text(
    ...         text.replace("line: hotline", "line: shop"), "utf-8")
    ...     _ = store.write(schema.empty("quotes"), "quotes", "2026Q3", "shop", root)
    ...     review("2026Q3", "shop", root=root)
    0
    """
    quotes = store.read("quotes", quarter, line, root)
    labels = store.study(line, root).codeframe.labels()
    store.add_quotes(quotes, quarter, line, labels=labels, root=root)
    reviews = store.quote_reviews(line, root)
    awaiting = set(reviews.loc[reviews["verdict"].isna(), "quote_id"])
    ranks = dict(zip(quotes["quote_id"], quotes["rank"], strict=True))
    file = store.quote_register(line, root)
    if not awaiting & set(ranks):
        return 0
    before, name = file.read_bytes(), "/".join(file.parts[-3:])
    book = load(before, name)
    sheet = sheet_of(book, TITLE, HEADINGS, needed=(), file=name)
    done = 0
    for row in sheet.rows():
        rank = ranks.get(sheet.cell(row, "quote_id").value)
        if rank is not None and sheet.cell(row, "verdict").value is None:
            put(sheet.cell(row, "verdict"), "通过" if rank <= 2 else "不通过")
            put(sheet.cell(row, "reviewer"), _REVIEWER)
            put(sheet.cell(row, "reviewed_on"), Quarter.parse(quarter).last_day.isoformat())
            done += 1
    save(packed(book, before, name), file, before, name)
    return done
