"""How well the hotline's codeframe recovers a sample that was labelled without seeing it.

    python benchmarks/labelled.py            # prints the tables of docs/coding.md as Markdown

The sample is ``tests/labelled/comments.csv``; its README says how it was made.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from csatlib import report, store, text, themes
from csatlib.study import Study

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "tests" / "labelled" / "comments.csv"
LINE = "hotline"


def sample() -> pd.DataFrame:
    """Read the comments with both readings."""
    return pd.read_csv(SAMPLE, dtype="str", keep_default_na=False)


def reading(comments: pd.DataFrame, column: str = "themes") -> pd.DataFrame:
    """Give one row a theme of a comment, the theme missing where none was seen."""
    rows = comments[["comment_id", column]].rename(columns={column: "theme"})
    rows = rows.assign(theme=rows["theme"].str.split("、")).explode("theme")
    theme = rows["theme"].astype("str")
    return rows.assign(theme=theme.where(theme != "")).reset_index(drop=True)


def labelled_themes(comments: pd.DataFrame) -> list[str]:
    """List the themes of the sample, by name."""
    return sorted(reading(comments)["theme"].dropna().unique())


def recovered(study: Study) -> pd.DataFrame:
    """Code the sample by rule and hold it against the first reading: table ``rule_agreement``."""
    comments = sample()
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


def tables(study: Study) -> list[str]:
    """Write the tables of the page, each as Markdown: rules, then the two readings."""
    agreed = readings()
    agreed = agreed[agreed["method"].isin(["percent_agreement", "cohen_kappa"])]
    return [
        markdown(report.rule_agreement_view(recovered(study), study)),
        markdown(report.agreement_view(agreed, study)),
    ]


if __name__ == "__main__":
    hotline = store.study(LINE, REPOSITORY)
    rules, twice = tables(hotline)
    print(f"{rules}\n\n{report.rule_agreement_sentence(recovered(hotline), hotline)}\n\n{twice}")
