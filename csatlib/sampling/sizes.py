"""How many answers a wanted precision needs: for a share, a mean, an NPS, step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from csatlib.sampling.arguments import (
    at_least,
    between,
    choice,
    population_size,
    positive,
    proportion,
)

__all__ = [
    "chain",
    "margin_of_error",
    "nps_sd",
    "quantile",
    "required_n",
    "required_n_mean",
    "required_n_nps",
    "whole_up",
]

CORRECTIONS = ("cochran", "plain")


def quantile(conf: float, alternative: str = "two_sided") -> float:
    """Give the standard normal quantile of a confidence."""
    from scipy.special import ndtri

    tails = {"two_sided": 2, "one_sided": 1}
    sides = tails[choice(alternative, "alternative", list(tails))]
    alpha = 1 - proportion(conf, "conf", remedy="write 0.95 for 95 %")
    return float(-ndtri(alpha / sides))


def whole_up(n: float) -> int:
    """Round a number of people up, but not for an error in its last digits."""
    return math.ceil(n * (1 - 1e-12))


def corrected(n: float, population: float, correction: str) -> float:
    """Apply the finite population correction to a sample size."""
    minus = {"cochran": 1, "plain": 0}[choice(correction, "correction", CORRECTIONS)]
    return n / (1 + (n - minus) / population)


def chain(
    n0: float,
    formula: str,
    *,
    population: float | None,
    deff: float,
    response_rate: float,
    correction: str,
) -> pd.DataFrame:
    """Lead from the answers of a simple random sample to the people to invite.

    The last step divides whole answers: nobody can give a part of one.
    """
    size, factor = population_size(population), at_least(deff, "deff", 1)
    if isinstance(response_rate, bool) or not 0 < response_rate <= 1:
        raise ValueError(
            f"response_rate: expected a number above 0 and up to 1, found {response_rate!r}; "
            f"write 0.6 for 60 %"
        )
    designed = n0 * factor
    answers = corrected(designed, size, correction)
    tail = "(n - 1) / N" if correction == "cochran" else "n / N"
    fpc = f"n / (1 + {tail})" if math.isfinite(size) else "unlimited population: unchanged"
    steps = [
        ("n0", n0, whole_up(n0), formula),
        ("design_effect", designed, whole_up(designed), "n × deff"),
        ("population", answers, whole_up(answers), fpc),
        (
            "response_rate",
            answers / response_rate,
            whole_up(whole_up(answers) / response_rate),
            "whole answers / response_rate",
        ),
    ]
    table = pd.DataFrame(steps, columns=["step", "n", "n_whole", "formula"])
    return table.astype({"step": "str", "n": "Float64", "n_whole": "Int64", "formula": "str"})


def required_n(
    *,
    p: float = 0.5,
    margin: float = 0.05,
    conf: float = 0.95,
    population: float | None = None,
    deff: float = 1.0,
    response_rate: float = 1.0,
    relative: bool = False,
    cv: float | None = None,
    standard_error: float | None = None,
    method: str = "wald",
    correction: str = "cochran",
) -> pd.DataFrame:
    r"""Give the sample size at which a share is known with the wanted precision, step by step.

    Parameters
    ----------
    p : float
        The share expected, between 0 and 1; 0.5 needs most.
    margin : float
        Half the width of the interval, as a share (0.05 for ±5 points).
    conf : float
        The confidence of the interval, between 0 and 1.
    population : float, optional
        How many people there are; without it the population is unlimited.
    deff : float
        The design effect, 1 or more: the variance against that of a simple random sample.
    response_rate : float
        The part of those invited that answers, above 0 and up to 1.
    relative : bool
        Whether ``margin`` is a part of ``p`` rather than of 1.
    cv, standard_error : float, optional
        The wanted coefficient of variation or standard error of the share; either takes the place
        of ``margin`` and ``conf``.
    method : str
        The interval: ``wald``; ``wilson``; ``log_odds``, a Wald interval of the logit.
    correction : str
        Of a finite population: ``cochran`` n / (1 + (n − 1) / N), ``plain`` n / (1 + n / N).

    Returns
    -------
    DataFrame
        Four rows in the order of the calculation: ``step`` (``n0`` a simple random sample of an
        unlimited population, ``design_effect``, ``population``, ``response_rate``), ``n`` exact,
        ``n_whole`` in whole people (in the last step the whole answers before are divided), and
        ``formula`` in words. The last ``n_whole`` are the people to invite, the third the answers.

    Raises
    ------
    ValueError
        For a number out of its range, an unknown method or correction, both ``cv`` and
        ``standard_error``, or either with a method other than ``wald``.

    Notes
    -----
    .. math:: n_0 = z^2 p (1 - p) / e^2, \quad n = \frac{n_0}{1 + (n_0 - 1) / N}

    The Wilson size makes half its interval ``margin`` wide; that of the log odds makes half of
    the interval's back-transformed width. Sources: Cochran (1977), *Sampling Techniques*, 4.4;
    Valliant, Dever and Kreuter (2013), *Practical Tools for Designing and Weighting Survey
    Samples*, 3.4. Checked against R's PracTools and samplingbook.

    Examples
    --------
    >>> steps = required_n(margin=0.05, population=2000, response_rate=0.6)
    >>> steps[["step", "n_whole"]].values.tolist()
    [['n0', 385], ['design_effect', 385], ['population', 323], ['response_rate', 539]]
    """
    proportion(p, "p")
    choice(method, "method", ("wald", "wilson", "log_odds"))
    variance = p * (1 - p)
    given = {"cv": cv, "standard_error": standard_error}
    stated = [name for name, value in given.items() if value is not None]
    if stated and (len(stated) > 1 or method != "wald"):
        raise ValueError(
            f"{' and '.join(stated)}: expected at most one of cv and standard_error, with method "
            f"'wald', found method {method!r}; drop the others"
        )
    if cv is not None:
        n0, words = variance / (p * positive(cv, "cv")) ** 2, "(1 - p) / (p × cv²)"
    elif standard_error is not None:
        n0 = variance / positive(standard_error, "standard_error") ** 2
        words = "p (1 - p) / standard_error²"
    else:
        z = quantile(conf)
        half = positive(margin, "margin") * (p if relative else 1)
        n0, words = _share_size(method, p, half, z)
    return chain(
        n0,
        words,
        population=population,
        deff=deff,
        response_rate=response_rate,
        correction=correction,
    )


def _share_size(method: str, p: float, half: float, z: float) -> tuple[float, str]:
    proportion(half, "margin", remedy="write 0.05 for 5 points")
    variance = p * (1 - p)
    if method == "wald":
        return z**2 * variance / half**2, "z² p (1 - p) / margin²"
    if half >= 0.5:
        raise ValueError(f"margin: expected less than 0.5 with method {method!r}, found {half:g}")
    if method == "wilson":
        root = math.sqrt(half**2 - variance * (4 * half**2 - variance))
        n = z**2 / (2 * half**2) * (variance - 2 * half**2 + root)
        return n, "half the Wilson interval is margin"
    odds = p / (1 - p)
    both = half * (1 + odds**2)
    root = math.sqrt(both**2 + odds**2 * (1 - 4 * half**2))
    factor = (both + root) / (odds * (1 - 2 * half))
    return z**2 / (variance * math.log(factor) ** 2), "half the log-odds interval is margin"


def required_n_mean(
    *,
    sd: float,
    margin: float,
    conf: float = 0.95,
    population: float | None = None,
    deff: float = 1.0,
    response_rate: float = 1.0,
    correction: str = "cochran",
) -> pd.DataFrame:
    r"""Give the sample size at which a mean is known with the wanted precision, step by step.

    Parameters
    ----------
    sd : float
        The standard deviation of the scores, in points of the scale; that of last quarter is best.
    margin : float
        Half the width of the interval, in the same points.
    conf, population, deff, response_rate, correction
        As for `required_n`.

    Returns
    -------
    DataFrame
        The table of `required_n`: ``step, n, n_whole, formula``.

    Raises
    ------
    ValueError
        For a number out of its range or an unknown correction.

    Notes
    -----
    .. math:: n_0 = z^2 s^2 / e^2

    For a mean Cochran writes the ``plain`` correction, with the variance whose divisor is N − 1.
    Source: Cochran (1977), *Sampling Techniques*, 4.6.

    Examples
    --------
    >>> required_n_mean(sd=0.9, margin=0.1)["n_whole"].tolist()
    [312, 312, 312, 312]
    """
    n0 = (quantile(conf) * positive(sd, "sd") / positive(margin, "margin")) ** 2
    return chain(
        n0,
        "z² sd² / margin²",
        population=population,
        deff=deff,
        response_rate=response_rate,
        correction=correction,
    )


def required_n_nps(
    *,
    promoters: float | None = None,
    detractors: float | None = None,
    variance: float | None = None,
    margin: float = 5.0,
    conf: float = 0.95,
    population: float | None = None,
    deff: float = 1.0,
    response_rate: float = 1.0,
    correction: str = "cochran",
) -> pd.DataFrame:
    r"""Give the sample size at which an NPS is known with the wanted precision, step by step.

    Parameters
    ----------
    promoters, detractors : float, optional
        The shares expected of 9–10 and of 0–6, from 0 to 1, together at most 1.
    variance : float, optional
        In their place the variance of the score, in squared points of the NPS: at most 10,000.
    margin : float
        Half the width of the interval, in points of the NPS (−100 to 100).
    conf, population, deff, response_rate, correction
        As for `required_n`.

    Returns
    -------
    DataFrame
        The table of `required_n`: ``step, n, n_whole, formula``.

    Raises
    ------
    ValueError
        Unless either both shares or the variance are given, or for a number out of its range.

    Notes
    -----
    .. math:: n_0 = z^2 \cdot 100^2 [P + D - (P - D)^2] / e^2

    Examples
    --------
    >>> required_n_nps(promoters=0.5, detractors=0.2, margin=5)["n_whole"].tolist()
    [938, 938, 938, 938]
    """
    shares = [share for share in (promoters, detractors) if share is not None]
    if (len(shares), variance is None) not in ((2, True), (0, False)):
        raise ValueError(
            "promoters, detractors, variance: expected both shares or the variance, found "
            f"promoters={promoters!r}, detractors={detractors!r}, variance={variance!r}"
        )
    if variance is not None:
        sd = math.sqrt(positive(between(variance, "variance", 0, 10_000), "variance"))
    else:
        sd = nps_sd(promoters, detractors)
    n0 = (quantile(conf) * positive(sd, "variance") / positive(margin, "margin")) ** 2
    return chain(
        n0,
        "z² 100² (P + D - (P - D)²) / margin²",
        population=population,
        deff=deff,
        response_rate=response_rate,
        correction=correction,
    )


def nps_sd(promoters: float | None, detractors: float | None) -> float:
    """Give the standard deviation of one customer's part in the NPS, for sizes and power.

    Parameters
    ----------
    promoters, detractors : float
        The shares of 9–10 and of 0–6, from 0 to 1, together at most 1.

    Returns
    -------
    float
        In points of the NPS, from 0 to 100.

    Raises
    ------
    ValueError
        For a share out of its range, or shares of more than 1 together.

    Notes
    -----
    Each promoter counts 100, each detractor −100, all others 0, so that the variance is
    100² [P + D − (P − D)²].

    Examples
    --------
    >>> round(nps_sd(0.5, 0.2), 2)
    78.1
    """
    high, low = between(promoters, "promoters", 0, 1), between(detractors, "detractors", 0, 1)
    if high + low > 1 + 1e-12:
        raise ValueError(
            f"promoters, detractors: expected at most 1 together, found {high + low:g}; "
            f"write shares, not counts"
        )
    return 100 * math.sqrt(max(0.0, high + low - (high - low) ** 2))


def margin_of_error(
    n: Sequence[float] | pd.Series,
    *,
    p: float = 0.5,
    conf: float = 0.95,
    population: Sequence[float] | pd.Series | float | None = None,
    deff: float = 1.0,
    correction: str = "cochran",
) -> pd.Series:
    r"""Give the precision that numbers of answers reach for a share.

    Parameters
    ----------
    n : sequence of float
        Numbers of answers; 0 or missing gives NA.
    p, conf, deff, correction
        As for `required_n`.
    population : float or sequence of float, optional
        How many people there are, for all or for each ``n``.

    Returns
    -------
    Series of Float64, index of ``n``
        Half the width of the interval, as a share; 0 where everybody answered.

    Raises
    ------
    ValueError
        For a number out of its range, or more answers than people.

    Notes
    -----
    The inverse of `required_n`: the margin at which that asks for ``n``,

    .. math:: e = z \sqrt{p (1 - p) \, \mathrm{deff} \, (1/n - 1/N) \cdot N / (N - 1)}

    where ``plain`` leaves the last factor out.

    Examples
    --------
    >>> margin_of_error([100, 400], population=1000).round(3).tolist()
    [0.093, 0.038]
    """
    answers = pd.Series(n, dtype="Float64") if not isinstance(n, pd.Series) else n.astype("Float64")
    people = _people(population, answers)
    if (answers < 0).any() or (answers > people + 1e-9).any():
        raise ValueError(
            "n: expected from 0 answers to as many as there are people, found others; count "
            "answers, not invitations"
        )
    choice(correction, "correction", CORRECTIONS)
    answers = answers.mask(answers == 0)
    stretch = people / (people - 1).clip(lower=1) if correction == "cochran" else 1.0
    finite = people < math.inf
    left = (1 / answers - 1 / people).clip(lower=0) * (
        stretch if isinstance(stretch, float) else stretch.where(finite, 1.0)
    )
    variance = proportion(p, "p") * (1 - p) * at_least(deff, "deff", 1) * left
    return (quantile(conf) * variance**0.5).rename("margin")


def _people(
    population: Sequence[float] | pd.Series | float | None, answers: pd.Series
) -> pd.Series:
    if population is None or isinstance(population, int | float):
        return pd.Series(population_size(population), index=answers.index, dtype="Float64")
    people = pd.Series(list(population), index=answers.index, dtype="Float64")
    if (people < 1).any():
        raise ValueError("population: expected 1 or more people in each, found fewer")
    return people
