"""Whether those who answered are like everyone we meant to ask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from csatlib.fieldwork.arguments import as_contract, columns_of, distinct
from csatlib.fieldwork.welch import holm
from csatlib.sampling.reading import numbers_of
from csatlib.schema import TABLES

__all__ = ["largest_imbalance", "representativeness"]

#: What a missing value is called: as a level it counts like any other.
_MISSING = "missing"


def representativeness(
    frame: pd.DataFrame,
    respondents: pd.DataFrame,
    *,
    variables: Sequence[str],
    overall: str | None = None,
    finite: bool = True,
) -> pd.DataFrame:
    """Compare respondents with the frame, the imbalance that matters most in the first row.

    Parameters
    ----------
    frame : DataFrame
        Everyone we meant to ask, one row each.
    respondents : DataFrame
        Those whose answers are valid, with the same columns; they are part of the frame.
    variables : sequence of str
        Columns of both whose levels are compared; a missing value is the level ``missing``.
    overall : str, optional
        The column of ``respondents`` with overall satisfaction, by which an imbalance is weighed.
    finite : bool
        Test respondents against those of the frame who did not answer, which is right where they
        are part of it; otherwise against the frame's shares as if these were fixed numbers
        (R's ``chisq.test(x, p=)``).

    Returns
    -------
    DataFrame
        Table ``representativeness``, one row a variable and level, by the size of ``effect``, then
        of ``gap``: ``variable``, ``level``; ``population`` and ``population_share`` in the frame;
        ``n`` and ``share`` of the respondents; ``gap``, share less population share (0.03 is three
        points); ``response_share``, n of population; ``mean_gap``, the mean of ``overall`` at this
        level less that of all others; ``effect``, gap × mean_gap. The same in all rows of a
        variable: ``dissimilarity``, half the sum of absolute gaps, ``r_indicator``,
        ``chi_square``, ``df``, ``p``, ``p_adjusted`` (Holm, over the variables). ``reason``:
        ``empty`` (no respondents), ``single_level``, ``not_part_of_frame`` (more respondents than
        members at a level), ``census`` (all answered), ``no_respondents``, ``no_scores``.

    Raises
    ------
    ValueError
        If the frame is empty, a column is missing, or respondents have levels that the frame has
        not.

    Notes
    -----
    ``effect`` is by how much the mean of ``overall`` lies off because this level alone has
    another share than in the frame: mean observed, less the mean with the level's share put right
    and the proportions among the others kept. The chi-square on the two by L table of respondents
    and others equals the one against fixed shares divided by 1 − n/N. The R-indicator is
    1 − 2·S, with S the standard deviation of the response shares over the frame's members (no
    correction for the size of the sample): 1 where all levels answered alike.

    Source: Schouten, Cobben and Bethlehem, Survey Methodology 35 (2009).

    Examples
    --------
    >>> frame = pd.DataFrame({"tier": ["A"] * 50 + ["B"] * 50})
    >>> answered = pd.DataFrame({"tier": ["A"] * 15 + ["B"] * 5, "overall": [5] * 15 + [3] * 5})
    >>> found = representativeness(frame, answered, variables=["tier"], overall="overall")
    >>> found[["level", "gap", "effect", "r_indicator"]].values.tolist()[0]
    ['A', 0.25, 0.5, 0.8]
    """
    listed = distinct(variables, "variables")
    columns_of(frame, listed, "frame")
    columns_of(respondents, [*listed, *([overall] if overall else [])], "respondents")
    if frame.empty:
        raise ValueError("frame: expected everyone we meant to ask, found no rows")
    scores = np.full(len(respondents), np.nan)
    if overall:
        scores = numbers_of(respondents[overall], f"overall {overall!r}")
    tables = [_variable(frame[v], respondents[v], scores, finite, bool(overall)) for v in listed]
    adjusted = holm(np.array([float(t["p"].iloc[0]) for t in tables]))
    tables = [t.assign(p_adjusted=p) for t, p in zip(tables, adjusted, strict=True)]
    names = list(TABLES["representativeness"].columns)
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)
    order = np.lexsort((-_size(whole["gap"]), -_size(whole["effect"])))
    return as_contract(whole.iloc[order], "representativeness")


def _size(values: pd.Series) -> np.ndarray:
    return np.nan_to_num(np.abs(values.to_numpy(dtype=float)), nan=-1.0)


def _levels(values: pd.Series) -> pd.Series:
    return values.astype("str").fillna(_MISSING)


def _variable(
    frame: pd.Series, respondents: pd.Series, scores: np.ndarray, finite: bool, scored: bool
) -> pd.DataFrame:
    """Compare the levels of one variable."""
    population = _levels(frame).value_counts().sort_index()
    own = _levels(respondents)
    strange = sorted(set(own) - set(population.index))
    if strange:
        raise ValueError(
            f"respondents.{frame.name}: expected levels of the frame "
            f"({list(population.index[:5])}), found {strange[:3]}; bring both to one spelling, or "
            f"take only respondents of the frame"
        )
    n = own.value_counts().reindex(population.index, fill_value=0).to_numpy()
    of = population.to_numpy()
    shares = n / n.sum() if n.sum() else np.full(len(n), np.nan)
    gap = shares - of / of.sum()
    mean_gap = _mean_gaps(own, scores, list(population.index))
    test = _test(n, of, finite)
    reason = np.full(len(n), test.pop("reason"), dtype=object)
    if scored:
        quiet = np.isnan(mean_gap) & (reason == None)  # noqa: E711 (elementwise)
        reason[quiet] = np.where(n[quiet] > 0, "no_scores", "no_respondents")
    return pd.DataFrame(
        {
            "variable": frame.name,
            "level": population.index,
            "population": of,
            "population_share": of / of.sum(),
            "n": n,
            "share": shares,
            "gap": gap,
            "response_share": n / of,
            "mean_gap": mean_gap,
            "effect": gap * mean_gap,
            **test,
            "reason": reason,
        }
    )


def _mean_gaps(own: pd.Series, scores: np.ndarray, levels: list[str]) -> np.ndarray:
    """Give the mean score of each level less that of all others."""
    there = ~np.isnan(scores)
    grouped = pd.Series(scores[there]).groupby(own.to_numpy()[there])
    total, count = (getattr(grouped, f)().reindex(levels).to_numpy() for f in ("sum", "count"))
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = (scores[there].sum() - total) / (there.sum() - count)
        return np.where(there.sum() > count, total / count - rest, np.nan)


def _test(n: np.ndarray, of: np.ndarray, finite: bool) -> dict[str, float | str | None]:
    """Give the variable's indices and its test, and why there is none."""
    answered, all_ = n.sum(), of.sum()
    none = dict.fromkeys(("dissimilarity", "r_indicator", "chi_square", "df", "p"), np.nan)
    if not answered:
        return {**none, "reason": "empty"}
    part = bool((n <= of).all())
    found = {"dissimilarity": float(np.abs(n / answered - of / all_).sum()) / 2}
    if part:
        spread = (of / all_ * (n / of - answered / all_) ** 2).sum()
        found["r_indicator"] = float(1 - 2 * np.sqrt(spread))
    reasons = [(len(n) < 2, "single_level"), (finite and not part, "not_part_of_frame")]
    reasons.append((finite and answered == all_, "census"))
    reason = next((name for holds, name in reasons if holds), None)
    if reason is None:
        expected = answered * of / all_
        chi = float(((n - expected) ** 2 / expected).sum())
        chi /= 1 - answered / all_ if finite else 1.0
        found |= {"chi_square": chi, "df": float(len(n) - 1)}
        found["p"] = float(special.chdtrc(len(n) - 1, chi))
    return {**none, **found, "reason": reason}


def largest_imbalance(table: pd.DataFrame) -> dict[str, object]:
    """Give the parts of the sentence that names the imbalance that matters most.

    Parameters
    ----------
    table : DataFrame
        Table ``representativeness``.

    Returns
    -------
    dict
        Of its first row: ``variable``, ``level``, ``share``, ``population_share``, ``gap``,
        ``direction`` (``over``, ``under`` or ``even``), ``effect`` and ``mean_gap`` (None where
        not known), ``p_adjusted`` (None where not tested), ``n`` and ``population``.

    Raises
    ------
    ValueError
        If the table is empty.

    Examples
    --------
    >>> frame = pd.DataFrame({"tier": ["A"] * 50 + ["B"] * 50})
    >>> answered = pd.DataFrame({"tier": ["A"] * 15 + ["B"] * 5})
    >>> parts = largest_imbalance(representativeness(frame, answered, variables=["tier"]))
    >>> parts["level"], parts["direction"], parts["effect"]
    ('A', 'over', None)
    """
    if table.empty:
        raise ValueError("table: expected rows of representativeness, found none; name variables")
    row = table.iloc[0]
    names = ("share", "population_share", "gap", "effect", "mean_gap", "p_adjusted")
    numbers = {c: None if pd.isna(row[c]) else float(row[c]) for c in names}
    gap = numbers["gap"] or 0.0
    direction = "over" if gap > 0 else "under" if gap < 0 else "even"
    told = {"variable": str(row["variable"]), "level": str(row["level"]), **numbers}
    counts = {"n": int(row["n"]), "population": int(row["population"])}
    return {**told, "direction": direction, **counts}
