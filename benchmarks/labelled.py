"""How well the hotline's codeframe recovers a sample that was labelled without seeing it.

    python benchmarks/labelled.py                   # the tables of docs/coding.md as Markdown
    python benchmarks/labelled.py --half held-out   # the table of one half only

The sample is ``tests/labelled/comments.csv``; its README says how it was made. Its comments are
split in two by a hash of their id. The patterns were widened by reading the ``development`` half;
of the ``held-out`` half only figures are ever printed.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pandas as pd

from csatlib import report, store, text, themes
from csatlib.study import Study

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "tests" / "labelled" / "comments.csv"
LINE = "hotline"
HALVES = ("development", "held-out")


def sample(half: str | None = None) -> pd.DataFrame:
    """Read the comments with both readings, all of them or those of one of the ``HALVES``."""
    comments = pd.read_csv(SAMPLE, dtype="str", keep_default_na=False)
    if half is None:
        return comments
    if half not in HALVES:
        raise ValueError(f"half must be one of {', '.join(HALVES)}, found {half!r}")
    return comments[comments["comment_id"].map(half_of) == half].reset_index(drop=True)


def half_of(comment_id: str) -> str:
    """Tell in which half a comment stands, by the SHA-256 of its id."""
    return HALVES[int(hashlib.sha256(comment_id.encode()).hexdigest(), 16) % 2]


def reading(comments: pd.DataFrame, column: str = "themes") -> pd.DataFrame:
    """Give one row a theme of a comment, the theme missing where none was seen."""
    rows = comments[["comment_id", column]].rename(columns={column: "theme"})
    rows = rows.assign(theme=rows["theme"].str.split("、")).explode("theme")
    theme = rows["theme"].astype("str")
    return rows.assign(theme=theme.where(theme != "")).reset_index(drop=True)


def labelled_themes(comments: pd.DataFrame) -> list[str]:
    """List the themes of the sample, by name."""
    return sorted(reading(comments)["theme"].dropna().unique())


def recovered(study: Study, half: str | None = None) -> pd.DataFrame:
    """Code the sample by rule and hold it against the first reading: table ``rule_agreement``."""
    comments = sample(half)
    coded = themes.code(
        comments[["comment_id", "text"]], study.codeframe, lexicon=text.Lexicon.of(study)
    )
    return themes.rule_agreement(coded, reading(comments), themes=labelled_themes(comments))


def readings() -> pd.DataFrame:
    """Hold the two readings of the one reader against each other: table ``agreement``."""
    comments = sample()
    names = labelled_themes(comments)
    first, second = (
        themes.marked(reading(comments, column), themes=names)
        for column in ("themes", "themes_second")
    )
    return themes.agreement(first, second)


def markdown(view: pd.DataFrame) -> str:
    """Write a view as a Markdown table."""
    rows = [view.columns, ["---"] * view.shape[1], *view.astype("str").to_numpy()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def tables(study: Study) -> dict[str, str]:
    """Write the tables of the page as Markdown: the rules on each half, then the two readings."""
    found = {half: markdown(report.rule_agreement_view(recovered(study, half), study))
             for half in reversed(HALVES)}  # fmt: skip
    agreed = readings()
    agreed = agreed[agreed["method"].isin(["percent_agreement", "cohen_kappa"])]
    return found | {"readings": markdown(report.agreement_view(agreed, study))}


def sentences(study: Study) -> dict[str, str]:
    """Sum up each half in one sentence."""
    return {half: report.rule_agreement_sentence(recovered(study, half), study)
            for half in reversed(HALVES)}  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Hold the hotline's codeframe against the sample.")
    parser.add_argument("--half", choices=HALVES, help="print the table of this half only")
    asked = parser.parse_args().half
    hotline = store.study(LINE, REPOSITORY)
    said = sentences(hotline)
    for name, table in tables(hotline).items():
        if asked in (None, name):
            print(f"{name}\n\n{table}\n\n{said.get(name, '')}\n")
