"""Which kind of model foretells the answers of unseen customers best, and is the simplest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from scipy import stats

from csatlib.drivers.arguments import check_seed
from csatlib.drivers.checks import Check
from csatlib.drivers.diagnosing import as_kind, decisive_checks
from csatlib.drivers.discrimination import area
from csatlib.drivers.folds import unit_folds
from csatlib.drivers.predicting import Predictor, train
from csatlib.drivers.reading import ModelData, read_model
from csatlib.estimates.arguments import distinct
from csatlib.estimates.design import Design

__all__ = ["choose"]

#: The kinds from the simplest to explain to the least simple.
_KINDS = ("linear", "logistic", "ordinal")
_SCORES = ("rps", "brier")
_ENOUGH = 3


@dataclass(frozen=True)
class _Fold:
    """What one fold says of one kind."""

    rps: float
    brier: float
    auc: float


def choose(
    df: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    *,
    design: Design | None = None,
    kinds: Sequence[str] = ("linear", "logistic", "ordinal"),
    cutoff: float = 4,
    score: str = "rps",
    check: bool = True,
    tolerance: float = 0.01,
    folds: int = 5,
    repeats: int = 10,
    conf: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Choose the kind of driver model by how well each foretells the answers of unseen rows.

    The three kinds foretell different things: a mean, a probability of being satisfied, a
    distribution. So that they can be compared, each is made to give the whole distribution of the
    answers over the levels: ``ordinal`` does so itself; ``linear`` gives its mean plus the
    residuals of the rows it was fitted to, each sum going to the nearest level; ``logistic`` gives
    the probability of ``cutoff`` or more, and splits either side as it was split among the rows it
    was fitted to. The yardstick is the ranked probability score of these distributions: it is
    proper (no model gains by claiming other odds than it believes), counts an answer foretold one
    level off as less wrong than one three levels off, and knows no infinite penalty. Where only
    "satisfied or not" matters ``score="brier"`` compares that alone.

    Among the kinds whose decisive assumption is not found ``bad`` (or among all, if none is left)
    the best score wins, unless a simpler kind is within one standard error of it (of the paired
    difference) or worse by less than ``tolerance``: then that one is chosen. ``linear`` is simpler
    than ``logistic``, ``logistic`` than ``ordinal``.

    Parameters
    ----------
    df : DataFrame
        One row a respondent; rows with the outcome, all drivers and a weight above 0 count.
    outcome : str
        Answers on a scale of whole numbers, such as 1 to 5.
    drivers : sequence of str
        Numeric or boolean columns.
    design : Design, optional
        Its weights enter fits and scores; its clusters stay together in the folds.
    kinds : sequence of str
        The kinds to compare.
    cutoff : float
        From this answer on a customer is satisfied.
    score : {"rps", "brier"}
        What decides.
    check : bool
        Whether a kind with a failed assumption may be passed over: that curves would add 0.02 or
        more to R² (``linear``, ``logistic``), or slopes that differ between thresholds by 0.5 or
        more per standard deviation (``ordinal``), each beyond chance, see `diagnose`.
    tolerance : float
        The share of the best score by which a simpler kind may be worse; 0 or more.
    folds, repeats : int
        Folds of the cross-validation, and how often it is repeated on other folds.
    conf : float
        Confidence of the interval of the difference, between 0 and 1.
    seed : int
        Where the random numbers of the folds start.

    Returns
    -------
    DataFrame
        Table ``model_choice``, one row a kind in the order of ``kinds``: ``kind``; ``n``;
        ``score``, the name of the yardstick; ``estimate``, its mean over the folds (lower is
        better), and ``se``; ``difference`` to the best score, its ``difference_se`` and interval
        ``ci_low``, ``ci_high`` (paired by fold; NA for the best itself); the mean ``rps``,
        ``brier`` and ``auc`` (that of ``cutoff`` or more; higher is better); ``folds`` that could
        be scored; ``chosen``, true once; ``why``: ``best_score``, ``simpler_within_one_se``,
        ``simpler_within_tolerance`` or ``only_kind``
        of the chosen, ``worse_score``, ``not_simpler`` (as good, but more complicated),
        ``assumption_failed`` or ``not_fitted`` of the others; ``reason``: the check that failed, or
        ``too_few_rows``, ``no_satisfied_or_unsatisfied``.

    Raises
    ------
    ValueError
        For columns or a design that do not fit, an outcome that is no scale or does not vary, fewer
        complete rows than coefficients, drivers that are constant or combinations of others (see
        `screen`), and unknown kinds or settings.

    Notes
    -----
    With F the foretold cumulative distribution over K levels and y the answer,
    :math:`RPS = \sum_{k<K} (F_k - 1[y \le k])^2 / (K - 1)`; Brier's score is the squared difference
    of the foretold and the seen satisfaction. Folds of one sample overlap in the rows they train
    on; the standard errors therefore have Nadeau and Bengio's factor,
    :math:`s^2 (1 / J + 1 / (k - 1))` for J scored folds, k a repetition, with J − 1 degrees of
    freedom.

    Source: Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation,
    *Journal of the American Statistical Association* 102, 359–378; Nadeau and Bengio (2003),
    Inference for the generalization error, *Machine Learning* 52, 239–281; the one-standard-error
    rule of Breiman and others (1984), *Classification and Regression Trees*, here on the paired
    difference.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from csatlib import drivers
    >>> draw = np.random.default_rng(0)
    >>> df = pd.DataFrame({"speed": draw.integers(1, 6, 300), "price": draw.integers(1, 6, 300)})
    >>> told = 0.5 * df["speed"] + 0.3 * df["price"] + 1 + draw.normal(size=300)
    >>> df["overall"] = told.round().clip(1, 5)
    >>> table = drivers.choose(df, "overall", ["speed", "price"], repeats=2)
    >>> table[["kind", "chosen", "why"]]
           kind  chosen          why
    0    linear   False  worse_score
    1  logistic   False  worse_score
    2   ordinal    True   best_score
    """
    named = _kinds(kinds)
    _check_settings(score, cutoff, folds, repeats, conf)
    check_seed(seed)
    if not isinstance(tolerance, Real) or not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance: expected a number of 0 or more, found {tolerance!r}")
    data = read_model(df, outcome, drivers, design, kind="ordinal")
    if not all(isinstance(level, int) for level in data.levels):
        raise ValueError(
            f"outcome: expected whole numbers in {outcome!r}, found categories without a mean; "
            "turn them into scores with scales.to_score"
        )
    found = _cross_validated(data, named, cutoff, folds, repeats, seed)
    failed = {kind: _failed(data, kind, cutoff) if check else None for kind in named}
    return _table(data, named, score, found, failed, (conf, folds, tolerance), cutoff)


def _kinds(kinds: Sequence[str]) -> list[str]:
    named = [kinds] if isinstance(kinds, str) else distinct(kinds, "kinds")
    if not named or any(kind not in _KINDS for kind in named):
        raise ValueError(f"kinds: expected some of {', '.join(_KINDS)}, found {named!r}")
    return named


def _check_settings(score: str, cutoff: float, folds: int, repeats: int, conf: float) -> None:
    if score not in _SCORES:
        raise ValueError(f"score: expected one of {', '.join(_SCORES)}, found {score!r}")
    if not isinstance(cutoff, Real):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"cutoff: expected a number, found {cutoff!r}"
        )
    for name, value, least in (("folds", folds, 2), ("repeats", repeats, 1)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name}: expected a whole number of {least} or more, found {value!r}")
    if not isinstance(conf, Real) or not 0 < conf < 1:
        raise ValueError(f"conf: expected a number between 0 and 1, found {conf!r}; write 0.95")


# ---- cross-validation ----------------------------------------------------------------------------


def _cross_validated(
    data: ModelData, kinds: list[str], cutoff: float, folds: int, repeats: int, seed: int
) -> dict[str, list[_Fold]]:
    """Score every kind on the same folds; a fold that one kind cannot be fitted to is left out."""
    rng = np.random.default_rng(seed)
    unit = data.survey.structure.unit
    units = np.arange(data.n) if unit is None else unit[data.rows]
    scores = np.array(data.levels, dtype=float)[data.y]
    found: dict[str, list[_Fold]] = {kind: [] for kind in kinds}
    starts: dict[str, Predictor] = {}
    for _ in range(repeats):
        fold = unit_folds(units, scores, folds, rng)
        for one in range(folds):
            held = fold == one
            if not held.any() or held.all():
                continue
            for kind in kinds:
                told = _train(data, kind, ~held, cutoff, starts.get(kind))
                if told is not None:
                    starts.setdefault(kind, told)
                    found[kind].append(_scored(data, told, held, cutoff))
    return found


def _train(
    data: ModelData, kind: str, rows: np.ndarray, cutoff: float, start: Predictor | None
) -> Predictor | None:
    y = data.y[rows]
    if kind == "linear":
        y = np.array(data.levels, dtype=float)[y]
    elif kind == "logistic":
        y = (np.array(data.levels) >= cutoff)[y].astype(np.intp)
    weight = None if data.weight is None else data.weight[rows]
    levels = data.levels if kind == "ordinal" else (0, 1)
    return train(kind, data.x[rows], y, weight, levels, start)


def _scored(data: ModelData, told: Predictor, held: np.ndarray, cutoff: float) -> _Fold:
    """Score the foretold distribution of the rows held back."""
    levels = np.array(data.levels, dtype=float)
    below = _cumulative(data, told, held, cutoff)
    weight = data.weights()[held]
    share = weight / weight.sum()
    seen = data.y[held][:, None] <= np.arange(len(levels) - 1)
    rps = float(share @ ((below - seen) ** 2).mean(axis=1))
    first = int((levels < cutoff).sum())
    if first in (0, len(levels)):
        return _Fold(rps, float("nan"), float("nan"))
    positive = data.y[held] >= first
    probability = 1 - below[:, first - 1]
    brier = float(share @ (probability - positive) ** 2)
    return _Fold(rps, brier, area(probability, positive, weight))


def _cumulative(data: ModelData, told: Predictor, held: np.ndarray, cutoff: float) -> np.ndarray:
    """Give P(Y ≤ level) for all levels but the last, shape (rows held, levels − 1)."""
    levels, x = np.array(data.levels, dtype=float), data.x[held]
    if told.kind == "ordinal":
        return told.cumulative(x, data.levels)
    weight, y = data.weights()[~held], data.y[~held]
    if told.kind == "linear":
        residual = levels[y] - told.mean(data.x[~held])
        order = np.argsort(residual)
        share = np.concatenate([[0.0], np.cumsum(weight[order])]) / weight.sum()
        middles = (levels[1:] + levels[:-1]) / 2
        room = middles - told.mean(x)[:, None]
        return share[np.searchsorted(residual[order], room, side="right")]
    mass = np.bincount(y, weights=weight, minlength=len(levels))
    high = levels >= cutoff
    above = told.above(x, cutoff)[:, None]
    split = np.where(high, mass / max(mass[high].sum(), 1e-300), 0.0)
    other = np.where(high, 0.0, mass / max(mass[~high].sum(), 1e-300))
    return np.cumsum(above * split + (1 - above) * other, axis=1)[:, :-1]


# ---- the decision --------------------------------------------------------------------------------


def _failed(data: ModelData, kind: str, cutoff: float) -> str | None:
    """Name the decisive check that a kind fails, if any."""
    try:
        checks: list[Check] = decisive_checks(as_kind(data, kind, cutoff))
    except ValueError:
        return None
    bad = [check.check for check in checks if check.verdict == "bad"]
    return bad[0] if bad else None


def _corrected(values: np.ndarray, folds: int) -> float:
    """Give Nadeau and Bengio's standard error of a mean over folds."""
    if len(values) < _ENOUGH:
        return float("nan")
    return float(np.sqrt(values.var(ddof=1) * (1 / len(values) + 1 / (folds - 1))))


def _table(
    data: ModelData,
    kinds: list[str],
    score: str,
    found: dict[str, list[_Fold]],
    failed: dict[str, str | None],
    settings: tuple[float, int, float],
    cutoff: float,
) -> pd.DataFrame:
    conf, folds, tolerance = settings
    most = max((len(rows) for rows in found.values()), default=0)
    values = {kind: np.array([getattr(fold, score) for fold in found[kind]]) for kind in kinds}
    # Differences are paired by fold, so that a kind which lacks some cannot be compared.
    fitted = [
        kind
        for kind in kinds
        if len(values[kind]) == most >= _ENOUGH and np.isfinite(values[kind]).all()
    ]
    means = {kind: float(values[kind].mean()) for kind in fitted}
    best = min(fitted, key=means.get, default=None)
    chosen, why = _chosen(values, means, fitted, failed, (folds, tolerance))
    rows = [
        {"kind": kind, "n": data.n, "score": score, "folds": len(found[kind])}
        | _numbers(kind, values, means, best, conf, folds)
        | _means_of(found[kind] if kind in fitted else [])
        | {"chosen": kind == chosen, "why": why.get(kind, "not_fitted")}
        | {"reason": _reason(data, kind, fitted, failed, cutoff)}
        for kind in kinds
    ]
    return _typed(rows)


def _reason(
    data: ModelData, kind: str, fitted: list[str], failed: dict[str, str | None], cutoff: float
) -> str | None:
    if kind in fitted:
        return failed[kind]
    sides = sum(level >= cutoff for level in data.levels)
    return "no_satisfied_or_unsatisfied" if sides in (0, len(data.levels)) else "too_few_rows"


def _chosen(
    values: dict[str, np.ndarray],
    means: dict[str, float],
    fitted: list[str],
    failed: dict[str, str | None],
    settings: tuple[int, float],
) -> tuple[str | None, dict[str, str]]:
    """Apply the rule; give the kind chosen and why, and why not the others."""
    sound = [kind for kind in fitted if not failed[kind]] or fitted
    if not sound:
        return None, {}
    best = min(sound, key=means.__getitem__)
    folds, tolerance = settings
    apart = {kind: means[kind] - means[best] for kind in sound}
    close = [k for k in sound if apart[k] <= _corrected(values[k] - values[best], folds)]
    near = [k for k in sound if k in close or apart[k] <= tolerance * means[best]]
    chosen = min([*near, best], key=_KINDS.index)
    why = dict.fromkeys(fitted, "worse_score")
    why |= dict.fromkeys([kind for kind in [*near, best] if kind != chosen], "not_simpler")
    why |= dict.fromkeys([kind for kind in fitted if kind not in sound], "assumption_failed")
    why[chosen] = "best_score"
    if chosen != best:
        why[chosen] = f"simpler_within_{'one_se' if chosen in close else 'tolerance'}"
    if len(fitted) == 1:
        why[chosen] = "only_kind"
    return chosen, why


def _numbers(
    kind: str,
    values: dict[str, np.ndarray],
    means: dict[str, float],
    best: str | None,
    conf: float,
    folds: int,
) -> dict[str, float]:
    nothing = dict.fromkeys(("estimate", "se", "difference", "difference_se", "ci_low", "ci_high"))
    if kind not in means or best is None:
        return nothing
    told = nothing | {"estimate": means[kind], "se": _corrected(values[kind], folds)}
    difference = means[kind] - means[best]
    if kind == best:
        return told | {"difference": 0.0}
    se = _corrected(values[kind] - values[best], folds)
    half = stats.t.ppf((1 + conf) / 2, len(values[kind]) - 1) * se
    return told | {
        "difference": difference,
        "difference_se": se,
        "ci_low": difference - half,
        "ci_high": difference + half,
    }


def _means_of(rows: list[_Fold]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in ("rps", "brier", "auc"):
        held = np.array([getattr(row, name) for row in rows])
        held = held[np.isfinite(held)] if len(held) else held
        found[name] = float(held.mean()) if len(held) else None
    return found


def _typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    order = ["kind", "n", "score", "estimate", "se", "difference", "difference_se", "ci_low"]
    order += ["ci_high", "rps", "brier", "auc", "folds", "chosen", "why", "reason"]
    dtypes = dict.fromkeys(order, "Float64")
    dtypes |= dict.fromkeys(("kind", "score", "why", "reason"), "str")
    dtypes |= {"n": "Int64", "folds": "Int64", "chosen": "bool"}
    columns = {name: [row[name] for row in rows] for name in order}
    return pd.DataFrame({k: pd.array(values, dtype=dtypes[k]) for k, values in columns.items()})
