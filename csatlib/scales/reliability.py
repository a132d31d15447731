"""Whether the items of a scale agree well enough to be one number: alpha, omega, lambdas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from csatlib.scales import coefficients
from csatlib.scales.assessment import Coefficient, Factor, Latent, Omega, Pearson, Settings, tabled
from csatlib.scales.correlations import read_items

__all__ = ["cronbach_alpha", "guttman_lambdas", "mcdonald_omega", "ordinal_alpha"]


def cronbach_alpha(
    items: pd.DataFrame,
    *,
    conf: float = 0.95,
    weights: pd.Series | None = None,
    missing: str = "complete",
    interval: str = "auto",
    n_boot: int = 1000,
    seed: int | None = None,
) -> pd.DataFrame:
    r"""Estimate Cronbach's alpha of a scale, of the items as they are and standardised.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric column an item, all pointing the same way: reversed
        items are turned beforehand, none is turned here.
    conf : float
        Confidence of the interval, between 0 and 1.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count.
    missing : str
        ``complete``: rows with an answer to every item. ``pairwise``: each covariance over the
        rows that have both answers (the default of psych::alpha).
    interval : str
        ``feldt``: for normal items with equal variances and covariances; unweighted rows without
        gaps. ``robust``: for any distribution and any covariances, weighted or not. ``bootstrap``:
        bias-corrected and accelerated, rows drawn again. ``auto``: for alpha ``feldt`` where it
        may be used, else ``robust``. ``none``: no interval.
    n_boot : int
        Replicates of the bootstrap.
    seed : int, optional
        Of the bootstrap, which needs one.

    Returns
    -------
    DataFrame
        The ``reliability`` table, rows ``alpha`` and ``alpha_standardised``: ``coefficient``;
        ``method`` (what it is computed from); ``n`` rows that count (with ``pairwise`` those with
        any answer); ``n_eff`` Kish's effective number of them; ``items``, how many; ``estimate``;
        ``conf``, ``interval``, ``ci_low`` and ``ci_high``; ``reversed``, items that correlate
        negatively with the sum of the others; ``copied``, items that correlate at ±1 with another;
        ``constant``, items without variation; ``reason``: ``empty``, ``too_few_rows`` (under 3),
        ``no_variation`` (an item without variation, or the sum), ``singular``, or, where only the
        interval is missing, ``small_base`` (under 10 effective rows), ``perfect`` (a coefficient
        of 1), ``no_convergence`` (over a tenth of the replicates have no value) or ``no_interval``.

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        For items or weights that cannot be used, ``conf`` out of range, an unknown ``interval``,
        ``feldt`` on weighted rows or rows with gaps, and a bootstrap without a seed.

    Notes
    -----
    .. math:: \alpha = \frac{p}{p-1} \Bigl(1 - \frac{\sum_j s_{jj}}{\sum_{jk} s_{jk}}\Bigr)

    ``alpha_standardised`` is the same of the correlations :math:`s_{jk}/\sqrt{s_{jj}s_{kk}}`.
    Feldt, L. (1965), The approximate sampling distribution of Kuder–Richardson reliability
    coefficient twenty, Psychometrika 30. ``robust``: the delta method on the covariances without
    assuming a distribution, as in Maydeu-Olivares, A., Coffman, D. & Hartmann, W. (2007),
    Asymptotically distribution-free interval estimation of coefficient alpha, Psychological
    Methods 12, on the scale of :math:`\log(1-\alpha)`, with t of n_eff − 1 degrees of freedom.
    Feldt's interval is too narrow where answers are skewed and items unequal (it holds the truth
    in 92 of 100 samples of 400 five-point answers of which most are good, see the calibration
    page): choose ``robust`` there. Weighted rows are taken as drawn independently of each other;
    strata and clusters are not known here. ``alpha_standardised``, which Feldt's distribution is
    not meant for, has the ``robust`` interval under ``auto`` and ``feldt``.

    Examples
    --------
    >>> answers = pd.DataFrame({"speed": [5, 4, 2, 3, 1], "care": [4, 5, 2, 2, 1]})
    >>> cronbach_alpha(answers)[["coefficient", "n", "estimate"]].round(3)
              coefficient  n  estimate
    0               alpha  5     0.941
    1  alpha_standardised  5     0.941
    """
    settings = Settings("cronbach_alpha", conf, interval, n_boot, seed)
    answers = read_items(items, weights, missing=missing, caller="cronbach_alpha")
    plain = settings.checked(answers)
    general = settings.with_interval("robust") if plain.interval == "feldt" else plain
    return tabled(
        answers,
        Pearson(answers),
        [
            (Coefficient("alpha", "covariance", coefficients.alpha), plain),
            (
                Coefficient("alpha_standardised", "correlation", coefficients.alpha_standardised),
                general,
            ),
        ],
    )


def ordinal_alpha(
    items: pd.DataFrame,
    *,
    seed: int,
    conf: float = 0.95,
    weights: pd.Series | None = None,
    missing: str = "complete",
    interval: str = "bootstrap",
    n_boot: int = 1000,
) -> pd.DataFrame:
    """Estimate alpha of the normal variables behind ordered answers, from polychoric correlations.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric column an item with at most 20 different answers.
    seed : int
        Of the bootstrap.
    conf : float
        Confidence of the interval, between 0 and 1.
    weights : Series of numbers, optional
        On the index of ``items``; rows of weight 0 do not count.
    missing : str
        ``complete`` or ``pairwise``, see `polychoric`.
    interval : str
        ``bootstrap`` (bias-corrected, rows drawn again) or ``none``.
    n_boot : int
        Replicates of the bootstrap.

    Returns
    -------
    DataFrame
        The ``reliability`` table as `cronbach_alpha` gives it, one row ``alpha_ordinal``. Two
        more reasons beside an estimate: ``smoothed`` (the correlations were not positive definite
        and gave way to the nearest that are) and ``boundary`` (a correlation at ±.9999).

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        As `cronbach_alpha`, and for an item with over 20 different answers.

    Notes
    -----
    It tells of the variables behind the answers, not of the sum of the answers as given, and is
    larger than alpha. Zumbo, B., Gadermann, A. & Zeisser, C. (2007), Ordinal versions of
    coefficients alpha and theta for Likert rating scales, Journal of Modern Applied Statistical
    Methods 6.

    Examples
    --------
    >>> answers = pd.DataFrame({"speed": [3, 2, 1, 2, 1, 3], "care": [3, 3, 1, 1, 2, 2]})
    >>> ordinal_alpha(answers, seed=1, interval="none")["estimate"].round(2).tolist()
    [0.93]
    """
    settings = Settings("ordinal_alpha", conf, interval, n_boot, seed)
    settings.allow("bootstrap", "none")
    answers = read_items(items, weights, missing=missing, caller="ordinal_alpha")
    coefficient = Coefficient("alpha_ordinal", "polychoric", coefficients.alpha, analytic=False)
    return tabled(answers, Latent(answers), [(coefficient, settings)])


def mcdonald_omega(
    items: pd.DataFrame,
    *,
    conf: float = 0.95,
    method: str = "minres",
    correlation: str = "pearson",
    weights: pd.Series | None = None,
    missing: str = "complete",
    interval: str = "auto",
    n_boot: int = 1000,
    seed: int | None = None,
) -> pd.DataFrame:
    r"""Estimate McDonald's omega of a scale with one common factor.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric column an item, three or more, all pointing the same way.
    conf : float
        Confidence of the interval, between 0 and 1.
    method : str
        How the factor is extracted: ``minres`` (as psych::omega) or ``ml`` (maximum likelihood).
    correlation : str
        ``pearson``, or ``polychoric`` for the normal variables behind ordered answers.
    weights : Series of numbers, optional
        On the index of ``items``; rows of weight 0 do not count.
    missing : str
        ``complete`` or ``pairwise``.
    interval : str
        ``robust`` or ``bootstrap`` as in `cronbach_alpha`, or ``none``; polychoric correlations
        have ``bootstrap`` only. ``auto``: ``robust`` where there is one, else ``bootstrap``.
    n_boot : int
        Replicates of the bootstrap.
    seed : int, optional
        Of the bootstrap, which needs one.

    Returns
    -------
    DataFrame
        The ``reliability`` table as `cronbach_alpha` gives it, rows ``omega`` (common variance
        over the variance that the model gives the sum) and ``omega_total`` (unique variance
        against the observed variance of the sum). Further reasons: ``too_few_items`` (under 3),
        ``too_few_rows`` (no more than items), ``singular`` (an item is a copy of another, or
        follows from the others), ``no_convergence``; and beside an estimate without an interval
        ``heywood``, an item without a variance of its own, whose loading is held at the bound.

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        As `cronbach_alpha`, and for an unknown ``method`` or ``correlation``.

    Notes
    -----
    With standardised loadings :math:`\lambda` and correlations r,

    .. math:: \omega = \frac{(\sum \lambda)^2}{(\sum \lambda)^2 + \sum (1 - \lambda^2)}, \qquad
       \omega_{total} = 1 - \frac{\sum (1 - \lambda^2)}{\sum_{jk} r_{jk}} .

    psych::omega with one factor prints the second. Both speak of the sum of standardised items.
    McDonald, R. (1999), Test theory: a unified treatment. The ``robust`` interval follows the
    loadings' answer to each covariance (the implicit function theorem) with the delta method.

    Examples
    --------
    >>> answers = {"a": [1, 2, 3, 4, 5, 6], "b": [2, 1, 4, 3, 6, 5], "c": [1, 3, 2, 5, 4, 6]}
    >>> mcdonald_omega(pd.DataFrame(answers), interval="none")["estimate"].round(3).tolist()
    [0.9, 0.9]
    """
    settings = Settings("mcdonald_omega", conf, interval, n_boot, seed)
    for name, given, known in (
        ("method", method, ("minres", "ml")),
        ("correlation", correlation, ("pearson", "polychoric")),
    ):
        if given not in known:
            raise ValueError(
                f"mcdonald_omega: expected {name} to be one of {known}, found {given!r}"
            )
    latent = correlation == "polychoric"
    settings.allow("auto", "bootstrap", "none", *(() if latent else ("robust",)))
    answers = read_items(items, weights, missing=missing, caller="mcdonald_omega")
    if settings.interval == "auto":
        settings = settings.with_interval("bootstrap" if latent else "robust")
    source = Latent(answers) if latent else Pearson(answers)
    kinds = (("omega", _model_omega), ("omega_total", coefficients.omega_total))
    told = f"{method}, polychoric" if latent else method
    factor = Factor(method)
    return tabled(
        answers,
        source,
        [(Omega(name, told, factor, of, analytic=not latent), settings) for name, of in kinds],
    )


def guttman_lambdas(
    items: pd.DataFrame,
    *,
    conf: float = 0.95,
    weights: pd.Series | None = None,
    missing: str = "complete",
    interval: str = "robust",
    n_boot: int = 1000,
    seed: int | None = None,
) -> pd.DataFrame:
    r"""Estimate Guttman's lower bounds of reliability, and the split halves of a scale.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric column an item, all pointing the same way.
    conf : float
        Confidence of the interval, between 0 and 1.
    weights : Series of numbers, optional
        On the index of ``items``; rows of weight 0 do not count.
    missing : str
        ``complete`` or ``pairwise``.
    interval : str
        ``robust``, ``bootstrap`` or ``none``, see `cronbach_alpha`.
    n_boot : int
        Replicates of the bootstrap.
    seed : int, optional
        Of the bootstrap, which needs one.

    Returns
    -------
    DataFrame
        The ``reliability`` table as `cronbach_alpha` gives it, rows ``lambda1``, ``lambda2``,
        ``lambda3`` (alpha of standardised items), ``lambda6``, and over all splits into halves
        ``split_max`` (lambda 4), ``split_min`` and ``split_mean``, which have no interval
        (``reason`` ``no_interval``; ``too_many_items`` above 16 items).

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        As `cronbach_alpha`.

    Notes
    -----
    All of correlations, V their sum: λ1 = 1 − p/V, λ2 = λ1 + √(p/(p−1) · Σ r²)/V over the pairs,
    λ6 = 1 − Σ(1 − R²)/V with R² of each item on the others; a split gives 4 · (sum of the
    correlations between its halves)/V. Guttman, L. (1945), A basis for analyzing test-retest
    reliability, Psychometrika 10. All splits are looked at; psych::splitHalf looks at half of
    them where the number of items is odd, so its mean and extremes may differ.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 1, 4, 3], "c": [1, 3, 2, 4]})
    >>> table = guttman_lambdas(answers, interval="none").set_index("coefficient")
    >>> table["estimate"].round(3)[["lambda1", "lambda3", "split_mean"]].tolist()
    [0.483, 0.724, 0.644]
    """
    settings = Settings("guttman_lambdas", conf, interval, n_boot, seed)
    settings.allow("robust", "bootstrap", "none")
    answers = read_items(items, weights, missing=missing, caller="guttman_lambdas")
    bounds = [
        Coefficient("lambda1", "correlation", coefficients.lambda1),
        Coefficient("lambda2", "correlation", coefficients.lambda2),
        Coefficient("lambda3", "correlation", coefficients.alpha_standardised),
        Coefficient("lambda6", "correlation", coefficients.lambda6, regular=True),
        Coefficient("split_max", "split", partial(_split, np.max), summary=True),
        Coefficient("split_min", "split", partial(_split, np.min), summary=True),
        Coefficient("split_mean", "split", partial(_split, np.mean), summary=True),
    ]
    return tabled(answers, Pearson(answers), [(bound, settings) for bound in bounds])


def _split(which: Callable[[np.ndarray], float], covariance: np.ndarray) -> float:
    return float(which(coefficients.split_halves(covariance)))


def _model_omega(loadings: np.ndarray, _correlation: np.ndarray) -> np.ndarray:
    return coefficients.omega(loadings)
