"""Two groups or two quarters: what a difference needs, and what a given number shows."""

from __future__ import annotations

import math

import pandas as pd

from csatlib.sampling.arguments import at_least, choice, positive, proportion
from csatlib.sampling.sizes import chain, quantile
from csatlib.sampling.two_samples import (
    Pair,
    answers,
    means,
    power_of_means,
    reached,
    shares,
    solved,
)

__all__ = [
    "detectable_change",
    "power_difference",
    "power_difference_mean",
    "required_n_difference",
    "required_n_difference_mean",
]

METHODS = ("pooled", "unpooled", "arcsine", "continuity")
MEAN_METHODS = ("t", "normal")


def required_n_difference(
    p1: float,
    p2: float,
    *,
    power: float = 0.8,
    conf: float = 0.95,
    method: str = "pooled",
    alternative: str = "two_sided",
    strict: bool = False,
    ratio: float = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
    population: float | None = None,
    deff: float = 1.0,
    response_rate: float = 1.0,
    correction: str = "cochran",
) -> pd.DataFrame:
    r"""Give the size of the first of two samples at which a difference of two shares is shown.

    Parameters
    ----------
    p1, p2 : float
        The two shares, between 0 and 1: of two groups, or of two quarters.
    power : float
        The chance to find the difference if it is there, between 0 and 1.
    conf : float
        One minus the chance to find one that is not there.
    method : str
        The test: ``pooled``, as R's power.prop.test; ``unpooled``; ``arcsine``, as pwr.2p.test
        (with ``strict``); ``continuity``, pooled with Fleiss' correction.
    alternative : str
        ``two_sided`` or ``one_sided``.
    strict : bool
        Whether the chance to find the difference the wrong way round counts as power.
    ratio : float
        The size of the second sample for one of the first.
    overlap : float
        The part of the first sample that is asked again in the second, such as a panel.
    correlation : float
        How the answers of those asked twice go together, −1 to 1.
    population, deff, response_rate, correction
        As for `required_n`; for two independent draws from one large body leave ``population`` out.

    Returns
    -------
    DataFrame
        The table of `required_n`: ``step, n, n_whole, formula``, for the first sample; the second
        has ``ratio`` times as many.

    Raises
    ------
    ValueError
        For shares that are equal, a number out of its range, an unknown method, or an overlap and
        correlation of 1, by which the two samples cannot differ by chance.

    Notes
    -----
    .. math:: n = \frac{(z_{\alpha} \sqrt{V_0} + z_{\beta} \sqrt{V_1})^2}{(p_1 - p_2)^2}, \quad
              V = \sigma_1^2 + (\sigma_2^2 - 2 g \rho \sigma_1 \sigma_2) / r

    with the overlap g and ratio r. Sources: Fleiss, Levin and Paik (2003), *Statistical Methods
    for Rates and Proportions*, 4.2; Valliant, Dever and Kreuter (2013), 4.4 (overlapping samples).

    Examples
    --------
    >>> required_n_difference(0.75, 0.80)["n_whole"].iloc[-1]
    np.int64(1094)
    >>> panel = required_n_difference(0.75, 0.80, overlap=0.5, correlation=0.6)
    >>> panel["n_whole"].iloc[-1]
    np.int64(766)
    """
    first, second = proportion(p1, "p1"), proportion(p2, "p2")
    if first == second:
        raise ValueError(f"p1, p2: expected two shares that differ, found {p1!r} twice")
    choice(method, "method", METHODS)
    pair = Pair(ratio, overlap, correlation)
    facts = shares(first, second, method, pair)
    z, wanted = quantile(conf, alternative), proportion(power, "power")
    n0 = facts.n(z, quantile(wanted, "one_sided"))
    if strict and alternative == "two_sided":
        n0 = solved(lambda n: facts.power(n, z, strict=True) - wanted, n0)
    if method == "continuity":
        n0 = n0 / 4 * (1 + math.sqrt(1 + 2 * (1 + 1 / ratio) / (n0 * facts.difference))) ** 2
    return chain(
        n0,
        f"first of two samples, {method}: (z √V0 + z_power √V1)² / difference²",
        population=population,
        deff=deff,
        response_rate=response_rate,
        correction=correction,
    )


def required_n_difference_mean(
    difference: float,
    *,
    sd: float,
    sd2: float | None = None,
    power: float = 0.8,
    conf: float = 0.95,
    method: str = "t",
    alternative: str = "two_sided",
    strict: bool = False,
    paired: bool = False,
    ratio: float = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
    population: float | None = None,
    deff: float = 1.0,
    response_rate: float = 1.0,
    correction: str = "cochran",
) -> pd.DataFrame:
    r"""Give the size of the first of two samples at which a difference of two means is shown.

    It serves scores and, with `nps_sd`, the NPS.

    Parameters
    ----------
    difference : float
        The difference to be found, in points; its sign does not matter.
    sd, sd2 : float
        The standard deviation in each sample, in the same points; the second is as the first
        unless given. With ``paired`` ``sd`` is that of the differences within persons.
    method : str
        ``t``, as R's power.t.test; ``normal``, without degrees of freedom.
    paired : bool
        Whether the same persons are asked twice and compared with themselves.
    power, conf, alternative, strict, ratio, overlap, correlation
        As for `required_n_difference`.
    population, deff, response_rate, correction
        As for `required_n`.

    Returns
    -------
    DataFrame
        The table of `required_n`: ``step, n, n_whole, formula``, for the first sample (with
        ``paired`` the number of pairs); the second has ``ratio`` times as many.

    Raises
    ------
    ValueError
        For a number out of its range, an unknown method, ``paired`` with two sizes, two deviations
        or an overlap, or an overlap and correlation of 1 with equal deviations.

    Notes
    -----
    The power is that of a non-central t with n₁ + n₂ − 2 degrees of freedom (pairs: n − 1; a part
    of the sample asked again: in between, in proportion). Source: R's power.t.test, and Valliant,
    Dever and Kreuter (2013), 4.4, for overlapping samples.

    Examples
    --------
    >>> required_n_difference_mean(0.2, sd=1)["n_whole"].iloc[-1]
    np.int64(394)
    """
    facts, pair = means(difference, sd, sd2, paired, Pair(ratio, overlap, correlation))
    choice(method, "method", MEAN_METHODS)
    z, wanted = quantile(conf, alternative), proportion(power, "power")
    n0 = facts.n(z, quantile(wanted, "one_sided"))
    if method == "t" or (strict and alternative == "two_sided"):
        told = power_of_means(facts, pair, method, conf, alternative, strict)
        n0 = solved(lambda n: told(n) - wanted, n0)
    return chain(
        n0,
        f"first of two samples, {method}: power of the difference solved for n",
        population=population,
        deff=deff,
        response_rate=response_rate,
        correction=correction,
    )


def power_difference(
    p1: float,
    p2: float,
    *,
    n: float,
    n2: float | None = None,
    conf: float = 0.95,
    method: str = "pooled",
    alternative: str = "two_sided",
    strict: bool = False,
    overlap: float = 0.0,
    correlation: float = 0.0,
    deff: float = 1.0,
) -> float:
    """Give the chance that two samples show a difference of two shares.

    Parameters
    ----------
    p1, p2 : float
        The two shares, between 0 and 1.
    n, n2 : float
        Answers in the first and the second sample; the second is as the first unless given.
    conf, method, alternative, strict, overlap, correlation
        As for `required_n_difference`, without ``continuity``.
    deff : float
        The design effect, 1 or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        As `required_n_difference`, but for equal shares.

    Examples
    --------
    >>> round(power_difference(0.7, 0.8, n=200), 4)
    0.6375
    """
    choice(method, "method", METHODS[:3])
    size = answers(n, "n")
    pair = Pair(answers(size if n2 is None else n2, "n2") / size, overlap, correlation)
    facts = shares(proportion(p1, "p1"), proportion(p2, "p2"), method, pair)
    z = quantile(conf, alternative)
    both = strict and alternative == "two_sided"
    return facts.power(size / at_least(deff, "deff", 1), z, strict=both)


def power_difference_mean(
    difference: float,
    *,
    n: float,
    sd: float,
    n2: float | None = None,
    sd2: float | None = None,
    conf: float = 0.95,
    method: str = "t",
    alternative: str = "two_sided",
    strict: bool = False,
    paired: bool = False,
    overlap: float = 0.0,
    correlation: float = 0.0,
    deff: float = 1.0,
) -> float:
    """Give the chance that two samples show a difference of two means.

    Parameters
    ----------
    difference : float
        The difference, in points.
    n, n2 : float
        Answers in the first and the second sample; the second is as the first unless given.
    sd, sd2, method, paired
        As for `required_n_difference_mean`.
    conf, alternative, strict, overlap, correlation
        As for `required_n_difference`.
    deff : float
        The design effect, 1 or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        As `required_n_difference_mean`.

    Examples
    --------
    >>> round(power_difference_mean(1, n=20, sd=1), 4)
    0.869
    """
    choice(method, "method", MEAN_METHODS)
    size = answers(n, "n")
    pair = Pair(answers(size if n2 is None else n2, "n2") / size, overlap, correlation)
    facts, pair = means(difference, sd, sd2, paired, pair)
    told = power_of_means(facts, pair, method, conf, alternative, strict)
    return told(size / at_least(deff, "deff", 1))


def detectable_change(
    n: float,
    *,
    p: float | None = None,
    sd: float | None = None,
    previous_n: float | None = None,
    power: float = 0.8,
    conf: float = 0.95,
    method: str | None = None,
    alternative: str = "two_sided",
    overlap: float = 0.0,
    correlation: float = 0.0,
    deff: float = 1.0,
) -> pd.DataFrame:
    """Give the smallest change between two quarters that their numbers of answers show.

    Parameters
    ----------
    n, previous_n : float
        Answers in this quarter and in the one before; as many as in this one unless given.
    p : float, optional
        The share in the quarter before, for a change of a share.
    sd : float, optional
        The standard deviation of the scores, for a change of a mean (or, with `nps_sd`, the NPS).
    power, conf, alternative
        As for `required_n_difference`.
    method : str, optional
        ``pooled`` (default), ``unpooled`` or ``arcsine`` for a share; ``t`` (default) or
        ``normal`` for a mean.
    overlap, correlation : float
        The part of the quarter before that answers again, and how its two answers go together.
    deff : float
        The design effect of either quarter, 1 or more.

    Returns
    -------
    DataFrame
        Two rows, ``direction`` ``up`` and ``down``: ``n`` and ``previous_n``; ``baseline`` (the
        share, NA for a mean); ``change``, positive, in the unit of ``p`` or ``sd``, NA where even
        the largest possible change would not show; ``reason``, ``too_few`` there.

    Raises
    ------
    ValueError
        Unless one of ``p`` and ``sd`` is given, for a number out of its range, or for an overlap
        and correlation of 1, by which any change at all would show.

    Notes
    -----
    The change at which `power_difference` or `power_difference_mean` equals ``power``. No finite
    population correction is made: quarters are compared as if the customers could have been
    others.

    Examples
    --------
    >>> detectable_change(900, p=0.8)[["direction", "change"]].round(3).values.tolist()
    [['up', 0.05], ['down', 0.055]]
    """
    if (p is None) == (sd is None):
        raise ValueError(f"p, sd: expected one of the two, found p={p!r} and sd={sd!r}")
    before = answers(n if previous_n is None else previous_n, "previous_n")
    size, wanted = answers(n, "n"), proportion(power, "power")
    shared = {"n": before, "n2": size, "conf": conf, "alternative": alternative, "deff": deff}
    shared |= {"overlap": overlap, "correlation": correlation}
    if p is not None:
        base = proportion(p, "p")
        choice(method or "pooled", "method", METHODS[:3])

        def told(change: float) -> float:
            return power_difference(base, base + change, method=method or "pooled", **shared)

        changes = [reached(lambda c: told(c) - wanted, 1 - base)]
        changes += [reached(lambda c: told(-c) - wanted, base)]
    else:
        spread = positive(sd, "sd")

        def told(change: float) -> float:
            return power_difference_mean(change, sd=spread, method=method or "t", **shared)

        changes = [reached(lambda c: told(c) - wanted, math.inf, start=spread)] * 2
    table = pd.DataFrame({"direction": ["up", "down"], "n": size, "previous_n": before})
    table["baseline"] = pd.array([p, p], dtype="Float64")
    table["change"] = pd.array(changes, dtype="Float64")
    reasons = [None if change is not None else "too_few" for change in changes]
    table["reason"] = pd.Series(reasons, dtype="str")
    return table.astype({"direction": "str", "n": "Float64", "previous_n": "Float64"})
