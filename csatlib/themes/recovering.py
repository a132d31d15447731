"""How well a rule coder recovers what a person saw in the same comments."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import pandas as pd

from csatlib.estimates import proportion_interval
from csatlib.themes.agreeing import cohen_row
from csatlib.themes.shaping import tabled

__all__ = ["marked", "rule_agreement", "sample_for_labelling"]


def rule_agreement(
    coded: pd.DataFrame,
    labelled: pd.DataFrame,
    *,
    themes: Sequence[str] | None = None,
    polarities: Sequence[str] | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    r"""Hold the themes that rules coded against those a person coded by hand.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded``. Comments without a theme have to be in it too, as `code` leaves them.
    labelled : DataFrame
        ``comment_id`` and ``theme``, one row a theme of a comment; a comment that was read and
        holds none has a row with ``theme`` missing. Comments that are not here were not read.
    themes : sequence of str, optional
        Which themes, in this order; without it all that either side holds, by name.
    polarities : sequence of str, optional
        Count only coded rows of these polarities, such as ``["negative"]`` where the person marked
        complaints only; without it all rows.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``rule_agreement``, one row a ``theme`` and a last one for all of them together
        (``theme`` NA, its units each comment with each theme): ``n``, the units both sides judged;
        ``labelled`` and ``coded``, how many hold the theme by hand and by rule;
        ``true_positive``, ``false_positive`` and ``false_negative``; ``precision`` (of what rules
        coded, what the person saw too), ``recall`` (of what the person saw, what rules coded) with
        ``_low`` and ``_high``; ``f1``; Cohen's ``kappa`` with its limits. ``reason`` says why
        precision or recall is missing: ``no_overlap`` (no comment on both sides), ``absent``
        (neither side holds the theme), ``never_coded`` (no precision), ``never_labelled`` (no
        recall); ``kappa_reason`` why kappa or its interval is, as in `agreement`.

    Raises
    ------
    ValueError
        For tables without their columns, a missing comment id, labels of several coders (a column
        ``coder``), themes named twice or none, a polarity without the column, or ``conf`` out of
        range.

    Notes
    -----
    A theme counts once a comment, however often it was found. With tp, fp, fn the counts:
    :math:`P = tp/(tp+fp)`, :math:`R = tp/(tp+fn)`, :math:`F_1 = 2tp/(2tp+fp+fn)`. Intervals of P
    and R are Wilson's, that of kappa as in `agreement`. The last row takes the themes of a comment
    as independent of each other; where errors come together in a comment its intervals are too
    narrow.

    Precision depends on how common a theme is: it holds for comments like those that were read.

    Source: van Rijsbergen (1979), *Information Retrieval*, chapter 7; Cohen (1960), *Educational
    and Psychological Measurement* 20, 37–46.

    Examples
    --------
    >>> import pandas as pd
    >>> coded = pd.DataFrame({"comment_id": list("abcd"), "theme": ["wait", "wait", "wait", None]})
    >>> hand = pd.DataFrame({"comment_id": list("abcd"), "theme": ["wait", "wait", None, "wait"]})
    >>> rule_agreement(coded, hand)[["theme", "n", "precision", "recall"]].round(2)
      theme  n  precision  recall
    0  wait  4       0.67    0.67
    1   NaN  4       0.67    0.67
    """
    if not isinstance(conf, Real) or not 0 < conf < 1:
        raise ValueError(
            f"conf: expected a number between 0 and 1, found {conf!r}; write 0.95 for 95 %"
        )
    by_rule = _pairs(coded, "coded", polarities)
    by_hand = _pairs(labelled, "labelled")
    names = _themes(themes, by_rule, by_hand)
    read = sorted(set(by_rule["comment_id"]) & set(by_hand["comment_id"]))
    rule, hand = _wide(by_rule, read, names), _wide(by_hand, read, names)
    rows = [_row(name, rule[:, place], hand[:, place], conf) for place, name in enumerate(names)]
    rows.append(_row(None, rule.ravel(), hand.ravel(), conf))
    return tabled(rows, "rule_agreement")


def _row(theme: str | None, rule: np.ndarray, hand: np.ndarray, conf: float) -> dict:
    """Count and judge one theme."""
    found, seen, both = int(rule.sum()), int(hand.sum()), int((rule & hand).sum())
    shares = proportion_interval([both, both], [found, seen], conf=conf)
    estimate, low, high = (shares[name] for name in ("estimate", "ci_low", "ci_high"))
    crossed = np.bincount(rule * 2 + hand, minlength=4).reshape(2, 2).astype(float)
    kappa = cohen_row(crossed, np.arange(2.0), level="nominal", conf=conf)
    return {
        "theme": theme,
        "n": len(rule),
        "labelled": seen,
        "coded": found,
        "true_positive": both,
        "false_positive": found - both,
        "false_negative": seen - both,
        "precision": estimate[0],
        "precision_low": low[0],
        "precision_high": high[0],
        "recall": estimate[1],
        "recall_low": low[1],
        "recall_high": high[1],
        "f1": 2 * both / (found + seen) if found + seen else np.nan,
        "kappa": kappa[0],
        "kappa_low": kappa[1],
        "kappa_high": kappa[2],
        "reason": _reason(len(rule), found, seen),
        "kappa_reason": kappa[3],
    }


def _reason(n: int, found: int, seen: int) -> str | None:
    if not n:
        return "no_overlap"
    if not found and not seen:
        return "absent"
    if not found:
        return "never_coded"
    return None if seen else "never_labelled"


def marked(labelled: pd.DataFrame, *, themes: Sequence[str] | None = None) -> pd.DataFrame:
    """Turn rows of comment and theme into one column a theme, as `agreement` takes coders.

    Parameters
    ----------
    labelled : DataFrame
        ``comment_id`` and ``theme``, one row a theme of a comment; ``theme`` is missing where the
        coder found none.
    themes : sequence of str, optional
        The columns, in this order; without it the themes that the table holds, by name. Name them
        where coders are compared, since one may have used a theme that another has not.

    Returns
    -------
    DataFrame
        One row a comment, its ``comment_id`` the index, in order; one column a theme, True where
        the coder saw it.

    Raises
    ------
    ValueError
        For a table without its columns, a missing comment id, rows of several coders (a column
        ``coder``), or themes named twice or none.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"comment_id": ["b", "a", "b"], "theme": ["wait", None, "menu"]})
    >>> marked(rows, themes=["wait", "menu"]).reset_index()
      comment_id   wait   menu
    0          a  False  False
    1          b   True   True
    """
    pairs = _pairs(labelled, "labelled")
    names = _themes(themes, pairs)
    read = sorted(set(pairs["comment_id"]))
    index = pd.Index(read, name="comment_id", dtype="str")
    return pd.DataFrame(_wide(pairs, read, names), index=index, columns=names)


def sample_for_labelling(comments: pd.DataFrame, *, n: int, seed: int) -> pd.DataFrame:
    """Draw comments for a person to code by hand, whatever the rules say of them.

    Parameters
    ----------
    comments : DataFrame
        Table ``comments``, already redacted.
    n : int
        How many; all there are where they are fewer.
    seed : int
        Where the random draws start: equal seeds draw equal comments, in whatever order of rows.

    Returns
    -------
    DataFrame
        ``comment_id`` and ``text``, in the order they were drawn in. Of comments with the same
        text the one of the lowest id stands for all.

    Raises
    ------
    ValueError
        For a table without its columns, ``n`` below 1 or a ``seed`` below 0.

    Notes
    -----
    Recall needs comments that rules passed over: never draw among the coded ones only. The sample
    is simple random among distinct texts, so a reply that is written often counts once.

    Examples
    --------
    >>> import pandas as pd
    >>> comments = pd.DataFrame({"comment_id": list("abcd"), "text": ["好", "等太久", "好", "无"]})
    >>> sample_for_labelling(comments, n=2, seed=1)["comment_id"].tolist()
    ['a', 'b']
    """
    for name, value, least in (("n", n, 1), ("seed", seed, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name}: expected a whole number from {least}, found {value!r}")
    _require(comments, ["comment_id", "text"], "comments")
    rows = comments[["comment_id", "text"]].astype("str").sort_values("comment_id")
    rows = rows.drop_duplicates("text")
    order = np.random.default_rng(seed).permutation(len(rows))[:n]
    return rows.iloc[order].reset_index(drop=True)


def _require(table: pd.DataFrame, columns: Sequence[str], argument: str) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(
            f"{argument}: expected the columns {', '.join(columns)}, found none named "
            f"{', '.join(missing)}; it has one row a comment and theme"
        )


def _pairs(
    table: pd.DataFrame, argument: str, polarities: Sequence[str] | None = None
) -> pd.DataFrame:
    """Take comment and theme as text, the theme missing where there is none that counts."""
    _require(table, ["comment_id", "theme"], argument)
    if table["comment_id"].isna().any():
        raise ValueError(
            f"{argument}: expected a comment_id in every row, found "
            f"{int(table['comment_id'].isna().sum())} without"
        )
    if "coder" in table.columns and (coders := table["coder"].nunique(dropna=False)) > 1:
        raise ValueError(
            f"{argument}: expected the labels of one coder, found {coders} coders; choose the rows "
            "of one, and compare coders with themes.agreement"
        )
    pairs = pd.DataFrame(
        {"comment_id": table["comment_id"].astype("str"), "theme": table["theme"].astype("str")}
    )
    if polarities is not None:
        _require(table, ["polarity"], argument)
        kept = (
            table["polarity"]
            .astype("str")
            .isin([polarities] if isinstance(polarities, str) else polarities)
        )
        pairs = pairs.assign(theme=pairs["theme"].where(kept))
    return pairs


def _themes(themes: Sequence[str] | None, *tables: pd.DataFrame) -> list[str]:
    if themes is None:
        return sorted({name for table in tables for name in table["theme"].dropna()})
    names = [themes] if isinstance(themes, str) else list(themes)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"themes: expected one or more, each once, found {names}")
    return names


def _wide(pairs: pd.DataFrame, comments: Sequence[str], themes: Sequence[str]) -> np.ndarray:
    """Say of each comment and theme whether they go together."""
    rows = pd.Index(comments, dtype="str").get_indexer(pairs["comment_id"])
    columns = pd.Index(themes, dtype="str").get_indexer(pairs["theme"])
    wide = np.zeros((len(comments), len(themes)), dtype=bool)
    known = (rows >= 0) & (columns >= 0)
    wide[rows[known], columns[known]] = True
    return wide
