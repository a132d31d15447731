"""Whether it matters who asked, and by which channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.fieldwork.arguments import as_contract, check_conf, columns_of, distinct
from csatlib.fieldwork.welch import Difference, f_tail, holm, told, welch
from csatlib.sampling.reading import numbers_of, one_type, texts_of
from csatlib.schema import TABLES

__all__ = ["interviewer_quality", "mode_effects"]

#: Below this share of its variation a column is told by the others.
_TINY = 1e-10


def mode_effects(
    responses: pd.DataFrame,
    items: Sequence[str],
    *,
    by: Sequence[str],
    adjust: Sequence[str] = (),
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    """Compare what each interviewer, or each channel, brought in with what all others did.

    Parameters
    ----------
    responses : DataFrame
        One row a respondent.
    items : sequence of str
        Numeric (or boolean) columns; a missing value is a question without an answer.
    by : sequence of str
        Columns that say who or what asked, such as ``interviewer`` and ``channel``: each is looked
        at by itself, among the rows in which it is not missing.
    adjust : sequence of str
        Columns of the case mix, such as ``region`` and ``tier``, that are held equal by a
        regression: numbers enter as they are, everything else by its values, a missing one among
        them.
    conf : float
        Confidence of the intervals, between 0 and 1.
    min_base : int
        Fewer answers than this mark a row as ``small``.

    Returns
    -------
    DataFrame
        Table ``mode_effects``, one row an item, column and level: ``item``, ``group_by``,
        ``group``; ``n``, ``mean``, ``rest_n``, ``rest_mean`` as they came in; ``difference`` of
        the two (adjusted for ``adjust``), ``se``, ``df``, ``ci_low``, ``ci_high``, ``statistic``,
        ``p``, ``p_adjusted`` (Holm, over the levels of the column) and ``reason``: ``empty``,
        ``single_answer``, ``no_variation``, or ``confounded`` where the case mix tells the level.
        ``adjusted_for`` names the columns. The same in all rows of an item and column: ``f``,
        ``df_between``, ``df_within``, ``f_p`` (do the levels differ at all) and ``icc``. ``small``.

    Raises
    ------
    ValueError
        If a column is missing, or stands in two places; if an item holds text, or an item or a
        number of the case mix is infinite.

    Notes
    -----
    Without ``adjust`` the difference has Welch's standard error, with it that of the coefficient
    of the level in a least-squares regression (HC3). F is that of the analysis of variance, given
    the case mix. With MSB and MSW its mean squares, D the indicators of the levels and M what takes
    the case mix out, the intraclass correlation is (MSB − MSW)/(MSB + (m − 1)·MSW), where
    m = tr(D'MD)/df_between is the mean size of a level; it is below 0 where levels differ less than
    chance would have it. Of two levels the two rows are one test, which needs no adjustment. With
    many levels of 30 answers or fewer and skewed scores the true error of all tests together is
    larger than 1 − ``conf``: read ``f_p`` first. Cases are not dealt to interviewers by lot, and
    what ``adjust`` does not hold, such as time of day, is not taken out.

    Source: MacKinnon and White, J. Econometrics 29 (1985); Searle, Linear Models (1971), ch. 10.

    Examples
    --------
    >>> answers = pd.DataFrame({"interviewer": ["甲"] * 3 + ["乙"] * 3,
    ...                         "overall": [5, 5, 4, 3, 4, 3]})
    >>> found = mode_effects(answers, ["overall"], by=["interviewer"])
    >>> found[["group", "difference"]].round(2).values.tolist()
    [['乙', -1.33], ['甲', 1.33]]
    """
    check_conf(conf)
    listed = columns_of(responses, distinct(items, "items"), "items")
    columns = columns_of(responses, distinct(by, "by"), "by")
    mix = columns_of(responses, distinct(adjust, "adjust"), "adjust")
    both = sorted({*columns, *listed} & {*mix, *(set(columns) & set(listed))})
    if both:
        raise ValueError(f"adjust: expected columns that are neither items nor by, found {both}")
    lines = [
        line
        for item in listed
        for column in columns
        for line in _column_lines(responses, item, column, mix, conf)
    ]
    table = pd.DataFrame(lines, columns=[c for c in TABLES["mode_effects"].columns if c != "small"])
    table["small"] = (table["n"] < min_base).astype(bool)
    return as_contract(table, "mode_effects")


def _column_lines(
    responses: pd.DataFrame, item: str, column: str, mix: list[str], conf: float
) -> list[dict[str, object]]:
    """Compare every level of one column in one item."""
    scores = numbers_of(responses[item], f"items {item!r}")
    own = responses[column].notna().to_numpy()
    levels = sorted(map(str, responses.loc[own, column].unique()))
    there = own & ~np.isnan(scores)
    y, group = scores[there], responses.loc[there, column].astype("str").to_numpy()
    model = _Model.of(y, _dummies(group, levels), _case_mix(responses.loc[there, mix]))
    lines = []
    for place, level in enumerate(levels):
        one, rest = y[group == level], y[group != level]
        difference = _difference(one, rest, model, place, conf) if mix else None
        lines.append(
            {
                "item": item,
                "group_by": column,
                "group": level,
                "n": len(one),
                "mean": one.mean() if len(one) else np.nan,
                "rest_n": len(rest),
                "rest_mean": rest.mean() if len(rest) else np.nan,
                **(difference or welch(one, rest, conf=conf)),
                "adjusted_for": " × ".join(mix) or None,
                **model.variance(),
            }
        )
    p = np.array([line["p"] for line in lines], dtype=float)
    adjusted = holm(p) if len(levels) > 2 else p
    return [{**line, "p_adjusted": value} for line, value in zip(lines, adjusted, strict=True)]


def _dummies(group: np.ndarray, levels: list[str]) -> np.ndarray:
    return (group[:, None] == np.array(levels, dtype=object)[None, :]).astype(float)


def _case_mix(rows: pd.DataFrame) -> np.ndarray:
    """Give the columns of the case mix as numbers, a constant first."""
    parts = [np.ones((len(rows), 1))]
    for name in rows:
        values = rows[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            number = numbers_of(values, f"adjust {name!r}")
            gone = np.isnan(number)
            centre = number[~gone].mean() if (~gone).any() else 0.0
            parts += [np.where(gone, centre, number)[:, None], gone.astype(float)[:, None]]
        else:
            codes = pd.factorize(values, use_na_sentinel=False)[0]
            parts.append(np.eye(codes.max() + 1)[codes] if len(codes) else np.ones((0, 1)))
    return np.hstack(parts)


@dataclass(frozen=True, eq=False)
class _Model:
    """What is left of scores and levels when the case mix is taken out of both."""

    y: np.ndarray
    levels: np.ndarray
    leverage: np.ndarray
    rank: int

    @staticmethod
    def of(y: np.ndarray, levels: np.ndarray, mix: np.ndarray) -> _Model:
        basis = _basis(mix)
        left = [v - basis @ (basis.T @ v) for v in (y, levels)]
        return _Model(left[0], left[1], (basis**2).sum(axis=1), basis.shape[1])

    def variance(self) -> dict[str, float]:
        """Give F, its degrees of freedom and p, and the intraclass correlation."""
        basis = _basis(self.levels, scale=1.0)
        between, n = basis.shape[1], len(self.y)
        within = n - self.rank - between
        explained = float(((basis.T @ self.y) ** 2).sum()) if n else 0.0
        left = float((self.y**2).sum()) - explained
        none = dict.fromkeys(("f", "df_between", "df_within", "f_p", "icc"), np.nan)
        if between < 1 or within < 1:
            return none
        sizes = {"df_between": float(between), "df_within": float(within)}
        if left <= _TINY * max(float((self.y**2).sum()), _TINY):
            return {**none, **sizes}
        msb, msw = explained / between, left / within
        size = float((self.levels**2).sum()) / between
        icc = (msb - msw) / (msb + (size - 1) * msw)
        return {"f": msb / msw, **sizes, "f_p": f_tail(msb / msw, between, within), "icc": icc}


def _basis(columns: np.ndarray, *, scale: float = 0.0) -> np.ndarray:
    """Give orthonormal columns that span the same; ``scale`` is the least size that counts."""
    if not columns.size:
        return np.zeros((len(columns), 0))
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return left[:, sizes > 1e-9 * max(sizes[0], scale)]


def _difference(
    one: np.ndarray, rest: np.ndarray, model: _Model, place: int, conf: float
) -> Difference:
    """Give the adjusted difference of one level with its HC3 standard error."""
    nothing = welch(one, rest, conf=conf)
    if nothing["reason"] in ("empty", "single_answer"):
        return nothing
    level = model.levels[:, place]
    size = float((level**2).sum())
    missing = dict.fromkeys(
        ("difference", "se", "df", "ci_low", "ci_high", "statistic", "p"), np.nan
    )
    df = len(model.y) - model.rank - 1
    if size <= _TINY * len(one) or df < 1:
        return {**missing, "reason": "confounded"}
    difference = float(level @ model.y) / size
    error = model.y - difference * level
    free = 1 - model.leverage - level**2 / size
    # A row that the model fits whatever it says tells nothing of the error.
    ratio = np.divide(error, free, out=np.zeros_like(error), where=free > 1e-9)
    se = float(np.sqrt(((level * ratio) ** 2).sum())) / size
    if se <= _TINY:
        return {**missing, "difference": difference, "reason": "no_variation"}
    return told(difference, se, float(df), conf)


def interviewer_quality(
    responses: pd.DataFrame,
    items: Sequence[str],
    *,
    by: Sequence[str],
    answer_status: pd.DataFrame | None = None,
    min_items: int = 5,
    min_base: int = 30,
) -> pd.DataFrame:
    """Say how consistently each interviewer asks: blanks, answers all alike, length of the talk.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses`` with the columns of ``by``.
    items : sequence of str
        The rating questions, of one scale.
    by : sequence of str
        Columns that say who or what asked; each is looked at by itself.
    answer_status : DataFrame, optional
        Table ``answer_status``: it tells a question left blank from one that was not shown or did
        not apply. Without it every missing answer is a blank.
    min_items : int
        So many answers a questionnaire must have to be one of answers all alike.
    min_base : int
        Fewer questionnaires than this mark a row as ``small``.

    Returns
    -------
    DataFrame
        Table ``interviewer_quality``, one row a column and level: ``group_by``, ``group``, ``n``
        questionnaires, ``asked`` (questions shown), ``blank_share`` of these, ``straight_base``
        (questionnaires with at least ``min_items`` answers), ``straight_share`` of these,
        ``mean_seconds``, ``median_seconds`` and ``small``. A share or mean of nothing is NA.

    Raises
    ------
    ValueError
        If a column is missing, an item or ``seconds`` holds text or infinite numbers, or
        ``min_items`` is below 2.

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": ["a", "b"], "interviewer": ["甲", "甲"],
    ...                         "overall": [5, None], "speed": [5, 4], "seconds": [60, 90]})
    >>> row = interviewer_quality(answers, ["overall", "speed"], by=["interviewer"], min_items=2)
    >>> row[["blank_share", "straight_share", "mean_seconds"]].values.tolist()
    [[0.25, 1.0, 75.0]]
    """
    if min_items < 2:
        raise ValueError(f"min_items: expected 2 or more, found {min_items!r}")
    listed = columns_of(responses, distinct(items, "items"), "items")
    columns = columns_of(responses, distinct(by, "by"), "by")
    columns_of(responses, ["response_id"], "responses")
    rows = _told(responses, listed, answer_status, min_items)
    parts = [part for column in columns for part in _quality(rows, responses[column])]
    names = [c for c in TABLES["interviewer_quality"].columns if c != "small"]
    table = pd.DataFrame(parts, columns=names)
    table["small"] = (table["n"] < min_base).astype(bool)
    return as_contract(table, "interviewer_quality")


def _told(
    responses: pd.DataFrame, items: list[str], answer_status: pd.DataFrame | None, min_items: int
) -> pd.DataFrame:
    """Count for each questionnaire what was shown and left blank, and whether all is alike."""
    read = [numbers_of(responses[item], f"items {item!r}") for item in items]
    scores = np.column_stack(read) if read else np.zeros((len(responses), 0))
    answered = (~np.isnan(scores)).sum(axis=1)
    shown = np.full(len(responses), len(items))
    blank = len(items) - answered
    if answer_status is not None:
        lines = answer_status[answer_status["item"].isin(items)]
        lines = lines[lines["status"] != "skipped"]
        marks = pd.DataFrame({"shown": 1, "blank": (lines["status"] == "blank").astype("int64")})
        ids = {"responses": responses["response_id"], "answer_status": lines["response_id"]}
        one_type({f"{table}.response_id": column for table, column in ids.items()})
        counts = marks.groupby(texts_of(ids["answer_status"])).sum()
        counts = counts.reindex(texts_of(ids["responses"]))
        shown, blank = counts.fillna(0).to_numpy(dtype=np.int64).T
    high = np.where(np.isnan(scores), -np.inf, scores).max(axis=1, initial=-np.inf)
    low = np.where(np.isnan(scores), np.inf, scores).min(axis=1, initial=np.inf)
    enough = answered >= min_items
    seconds = responses.get("seconds", pd.Series(np.nan, index=responses.index))
    return pd.DataFrame(
        {
            "asked": shown,
            "blank": blank,
            "enough": enough,
            "straight": enough & (high == low),
            "seconds": numbers_of(seconds, "responses.seconds"),
        }
    )


def _quality(rows: pd.DataFrame, asker: pd.Series) -> Iterator[dict[str, object]]:
    for level, own in rows.groupby(asker.astype("str").to_numpy(), sort=True):
        asked, enough = int(own["asked"].sum()), int(own["enough"].sum())
        yield {
            "group_by": asker.name,
            "group": level,
            "n": len(own),
            "asked": asked,
            "blank_share": own["blank"].sum() / asked if asked else np.nan,
            "straight_base": enough,
            "straight_share": own["straight"].sum() / enough if enough else np.nan,
            "mean_seconds": own["seconds"].mean(),
            "median_seconds": own["seconds"].median(),
        }
