"""Whether a questionnaire is sound: every check against its threshold, as one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from csatlib.scales.arguments import check_number, check_seed
from csatlib.scales.correlations import read_items
from csatlib.scales.dimensions import checked
from csatlib.scales.factorability import bartlett, kmo
from csatlib.scales.item_statistics import item_statistics
from csatlib.scales.reliability import cronbach_alpha, mcdonald_omega
from csatlib.scales.retention import number_of_factors
from csatlib.scales.thresholds import Threshold, chosen
from csatlib.scales.validity import Validity, construct_validity
from csatlib.schema import TABLES

__all__ = ["soundness"]


def soundness(
    items: pd.DataFrame,
    *,
    dimensions: Mapping[str, Sequence[str]],
    weights: pd.Series | None = None,
    low: float | None = None,
    high: float | None = None,
    robust: bool | None = None,
    thresholds: Mapping[str, tuple[float, float]] | None = None,
    seed: int,
) -> pd.DataFrame:
    """Hold a questionnaire's reliability, structure and validity against the usual thresholds.

    Parameters
    ----------
    items : DataFrame
        One row a respondent; the items that ``dimensions`` names are numeric columns, all
        pointing the same way. Each check counts the rows with an answer to all items that it
        uses: those of the dimension, or of the whole questionnaire.
    dimensions : mapping of str to sequence of str
        The items of each dimension; an item belongs to one. Dimensions of one item are allowed:
        what cannot be known of them is told so.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count.
    low, high : float, optional
        The ends of the answer scale, for floor and ceiling; without them the lowest and the
        highest answer to any item.
    robust : bool, optional
        As in `construct_validity`.
    thresholds : mapping of str to (good, acceptable), optional
        In place of the usual ones, by check.
    seed : int
        For the random eigenvalues of the number of factors.

    Returns
    -------
    DataFrame
        Table ``soundness``, one row a finding: ``check`` (below); ``dimension`` (missing: the
        whole questionnaire), ``other`` (the second dimension of ``htmt``), ``item``; ``n`` rows
        that count; ``value``; ``good`` and ``threshold``, from which on a value is good or
        acceptable; ``source`` of the thresholds; ``verdict`` (``good``, ``acceptable``, ``weak``,
        ``unknown``); ``reason`` why there is no value, or what to mind beside one.

        Checks: ``alpha`` and ``omega`` (of the questionnaire and each dimension), ``item_total``
        (correlation with the sum of the dimension's other items, or of the questionnaire's where
        the item is alone in its dimension), ``ceiling`` and ``floor`` (shares of answers at the
        ends), ``kmo``, ``kmo_item``, ``bartlett`` (p), ``factors`` (how many the answers hold;
        good where there are as many dimensions), ``cfi``, ``rmsea``, ``srmr``, ``loading``
        (standardised), ``cr``, ``ave``, ``fornell_larcker`` (root of AVE less the largest
        correlation with another dimension), ``htmt``.

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        For items, weights, dimensions or thresholds that cannot be read.

    Notes
    -----
    Thresholds are conventions, not tests: a value just below one is no proof of a bad question.
    The single values and their formulas: `cronbach_alpha`, `mcdonald_omega`, `item_statistics`,
    `kmo`, `bartlett`, `number_of_factors`, `construct_validity`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = rng.normal(size=(300, 2)).repeat(3, axis=1)
    >>> items = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = soundness(items, dimensions={"speed": list("abc"), "care": list("def")}, seed=0)
    >>> found.loc[found["check"] == "cr", ["dimension", "verdict"]].values.tolist()
    [['speed', 'good'], ['care', 'good']]
    """
    check_seed("soundness", seed)
    named = checked(items, dimensions, "soundness")
    for name, end in (("low", low), ("high", high)):
        check_number("soundness", name, end)
    bounds = chosen(thresholds)
    answers = items[[item for given in named.values() for item in given]]
    read_items(answers, weights, caller="soundness", at_least=1)
    ends = {"low": low, "high": high}
    found = [
        *_reliability(answers, named, weights),
        *_items(answers, named, weights, ends),
        *_structure(answers, named, weights, seed),
        *_validity(construct_validity(answers, dimensions=named, weights=weights, robust=robust)),
    ]
    order = list(bounds)
    found.sort(key=lambda finding: order.index(finding.check))
    return _table([finding.row(bounds[finding.check]) for finding in found])


@dataclass(frozen=True)
class _Finding:
    check: str
    n: int
    value: float
    reason: str | None
    dimension: str | None = None
    other: str | None = None
    item: str | None = None
    exact: int | None = None

    def row(self, threshold: Threshold) -> dict[str, object]:
        """Judge the value."""
        if self.exact is not None:
            threshold = replace(threshold, good=self.exact, acceptable=self.exact)
        verdict = threshold.verdict(self.value)
        if self.exact is not None and self.value > self.exact:
            verdict = "weak"
        return {
            "check": self.check,
            "dimension": self.dimension,
            "other": self.other,
            "item": self.item,
            "n": self.n,
            "value": self.value,
            "good": threshold.good,
            "threshold": threshold.acceptable,
            "source": threshold.source,
            "verdict": verdict,
            "reason": self.reason,
        }


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    contract = TABLES["soundness"].columns
    return pd.DataFrame(rows, columns=list(contract)).astype(
        {name: column.dtype for name, column in contract.items()}
    )


def _plain(value: object) -> float:
    return np.nan if pd.isna(value) else float(value)


def _code(value: object) -> str | None:
    return None if pd.isna(value) else str(value)


def _reliability(
    answers: pd.DataFrame, named: Mapping[str, list[str]], weights: pd.Series | None
) -> Iterator[_Finding]:
    groups: list[tuple[str | None, list[str]]] = [(None, [*answers])]
    groups += list(named.items()) if len(named) > 1 else []
    for dimension, given in groups:
        for check, least in (("alpha", 2), ("omega", 3)):
            if len(given) < least:
                code = "single_item" if len(given) == 1 else "two_items"
                n = int(_counted(answers[given], weights))
                yield _Finding(check, n, np.nan, code, dimension)
                continue
            if check == "alpha":
                row = cronbach_alpha(answers[given], weights=weights, interval="none").iloc[0]
            else:
                row = mcdonald_omega(answers[given], weights=weights, interval="none").iloc[0]
            value, reason = _plain(row["estimate"]), _code(row["reason"])
            if not np.isnan(value) and reason == "no_interval":
                reason = None
            yield _Finding(check, int(row["n"]), value, reason, dimension)


def _counted(answers: pd.DataFrame, weights: pd.Series | None) -> int:
    complete = answers.notna().all(axis=1)
    return int((complete if weights is None else complete & (weights > 0)).sum())


def _items(
    answers: pd.DataFrame,
    named: Mapping[str, list[str]],
    weights: pd.Series | None,
    ends: Mapping[str, float | None],
) -> Iterator[_Finding]:
    if answers.shape[1] < 2:
        only = answers.columns[0]
        for check in ("item_total", "ceiling", "floor"):
            n = _counted(answers, weights)
            yield _Finding(check, n, np.nan, "single_item", next(iter(named)), item=only)
        return
    whole = item_statistics(answers, weights=weights, missing="pairwise", **ends)
    whole = whole.set_index("item")
    together = item_statistics(answers, weights=weights).set_index("item")
    for dimension, given in named.items():
        within = together
        if len(given) > 1:
            within = item_statistics(answers[given], weights=weights).set_index("item")
        for item in given:
            row, value = within.loc[item], _plain(within.loc[item, "item_rest"])
            # Of two items none is left when one goes; the two still correlate.
            reason = _code(row["reason"]) if np.isnan(value) else None
            yield _Finding("item_total", int(row["n"]), value, reason, dimension, item=item)
            yield from _extremes(whole.loc[item], dimension, item)


def _extremes(row: pd.Series, dimension: str, item: str) -> Iterator[_Finding]:
    shares = {check: _plain(row[f"{check}_share"]) for check in ("ceiling", "floor")}
    reason = "empty" if np.isnan(shares["floor"]) else None
    if sum(shares.values()) > 1 + 1e-9:
        # Every answer to every item is the same, so that nothing tells where the scale ends.
        shares, reason = dict.fromkeys(shares, np.nan), "no_variation"
    for check, share in shares.items():
        yield _Finding(check, int(row["n"]), share, reason, dimension, item=item)


def _structure(
    answers: pd.DataFrame, named: Mapping[str, list[str]], weights: pd.Series | None, seed: int
) -> Iterator[_Finding]:
    n = _counted(answers, weights)
    if answers.shape[1] < 2:
        for check in ("kmo", "bartlett", "factors"):
            exact = len(named) if check == "factors" else None
            yield _Finding(check, n, np.nan, "single_item", exact=exact)
        return
    of_item = {item: name for name, given in named.items() for item in given}
    for row in kmo(answers, weights=weights).to_dict("records"):
        item = _code(row["item"])
        yield _Finding(
            "kmo" if item is None else "kmo_item",
            n,
            _plain(row["kmo"]),
            _code(row["reason"]),
            of_item.get(item),
            item=item,
        )
    test = bartlett(answers, weights=weights).iloc[0]
    yield _Finding("bartlett", n, _plain(test["p"]), _code(test["reason"]))
    if min(map(len, named.values())) < 3:
        # Parallel analysis cannot see a dimension that one or two items stand for.
        yield _Finding("factors", n, np.nan, "few_items", exact=len(named))
        return
    number = number_of_factors(answers, weights=weights, seed=seed)
    value = np.nan if number.recommended is None else float(number.recommended)
    yield _Finding("factors", n, value, number.reason, exact=len(named))


def _validity(found: Validity) -> Iterator[_Finding]:
    for row in found.fit.to_dict("records"):
        if row["measure"] in ("cfi", "rmsea", "srmr"):
            saturated = row["reason"] is None and found.fit["value"].iloc[1] == 0
            value = np.nan if saturated else _plain(row["value"])
            reason = "saturated" if saturated else _code(row["reason"]) or found.reason
            yield _Finding(str(row["measure"]), row["n"], value, reason)
    for row in found.loadings.to_dict("records"):
        reason = _code(row["reason"])
        value = np.nan if reason == "single_item" else _plain(row["loading"])
        yield _Finding("loading", row["n"], value, reason, row["dimension"], item=row["item"])
    for row in found.dimensions.to_dict("records"):
        reason = _code(row["reason"])
        for check in ("cr", "ave"):
            beside = None if reason == "one_dimension" else reason
            yield _Finding(check, row["n"], _plain(row[check]), beside, row["dimension"])
        margin = _plain(row["root_ave"]) - _plain(row["largest_correlation"])
        if len(found.dimensions) > 1:
            other = _code(row["nearest"])
            yield _Finding("fornell_larcker", row["n"], margin, reason, row["dimension"], other)
    for row in found.pairs.to_dict("records"):
        value, reason = _plain(row["htmt"]), _code(row["reason"])
        yield _Finding("htmt", row["n"], value, reason, row["dimension"], row["other"])
