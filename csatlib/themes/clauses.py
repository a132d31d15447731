"""How the clause at a place speaks, where a theme does not say so itself."""

from __future__ import annotations

import re

import pandas as pd

from csatlib.text import Lexicon

__all__ = ["polarity"]

_CLAUSE = re.compile(r"[^，,。！？!?；;\n]+")


def polarity(comments: pd.DataFrame, lexicon: Lexicon) -> pd.DataFrame:
    """Judge clause by clause by counting judging words, each turned by a negator before it."""
    rows = []
    for comment, text in zip(comments["comment_id"], comments["text"], strict=True):
        for clause, found in enumerate(_CLAUSE.finditer(text)):
            score = _score(found[0], lexicon)
            word = "positive" if score > 0 else "negative" if score < 0 else "neutral"
            rows.append((comment, clause, found.start(), found.end(), word, float(score)))
    return pd.DataFrame(rows, columns=["comment_id", "clause", "start", "end", "polarity", "score"])


def _score(clause: str, lexicon: Lexicon) -> int:
    score = 0
    for words, sign in ((lexicon.positive, 1), (lexicon.negative, -1)):
        for word in sorted(words):
            at = clause.find(word)
            if at >= 0:
                turned = clause[:at].endswith(tuple(sorted(lexicon.negators)))
                score += -sign if turned else sign
    return score
