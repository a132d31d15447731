"""The smallest effect that a comparison would show, before or after it is made."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from csatlib.actions.arguments import between, one_of, table

__all__ = ["detectable_effect", "multiple_of_se"]

_DESIGNS = ("unpaired", "paired", "did", "matched", "prior", "mcnemar")
_COLUMNS = {
    "design": "str",
    "n": "Int64",
    "se": "Float64",
    "df": "Float64",
    "power": "Float64",
    "detectable": "Float64",
    "reason": "str",
}


def detectable_effect(
    design: str,
    *,
    n: int,
    n_before: int | None = None,
    n_control: int | None = None,
    sd: float = 1.0,
    correlation: float = 0.0,
    overlap: float = 0.0,
    moving: float | None = None,
    history: int = 1,
    groups: int = 0,
    shock_sd: float = 0.0,
    power: float = 0.8,
    conf: float = 0.95,
) -> pd.DataFrame:
    r"""Give the smallest true effect that a comparison of before and after shows with some chance.

    Parameters
    ----------
    design : {"unpaired", "paired", "did", "matched", "prior", "mcnemar"}
        Two waves; the same customers twice; two waves of those reached and of others; customers
        twice against others with the same score; a group against its own history (and other
        groups'); a yes-or-no answer of the same customers.
    n : int
        Answers after the measure (pairs, in ``paired``, ``matched`` and ``mcnemar``; answers a
        quarter, in ``prior``).
    n_before : int, optional
        Answers before; as many as after unless given (``unpaired``, ``did``).
    n_control : int, optional
        Answers of others, in each wave; as many as ``n`` unless given (``did``, ``matched``).
    sd : float
        Standard deviation of the scores, in their unit.
    correlation : float
        How a customer's two answers go together, −1 to 1.
    overlap : float
        The part of ``n`` that answered before as well, 0 to 1 (``unpaired``, ``did``).
    moving : float, optional
        The share of customers whose answer changes, needed by ``mcnemar`` alone.
    history, groups : int
        Quarters before the trigger, and other groups to compare with (``prior``).
    shock_sd : float
        Standard deviation of what moves a whole group in a quarter and passes (``prior``).
    power, conf : float
        The chance to show it, and one minus the chance to show what is not there (two-sided).

    Returns
    -------
    DataFrame
        One row: ``design``, ``n``, ``se`` and ``df`` of the comparison, ``power``, ``detectable``
        in the unit of ``sd`` (shares: from 0 to 1), and ``reason``: ``too_few`` where no effect at
        all would show, ``few_quarters`` where the quarters leave no degree of freedom.

    Raises
    ------
    ValueError
        For an unknown design, numbers out of their range, or ``mcnemar`` without ``moving``.

    Notes
    -----
    The effect is se times the noncentrality at which the t test with df has the power. Variances,
    in units of sd², with r the correlation: ``unpaired`` 1/n + 1/n_before − 2 r m/(n n_before), m
    in both; ``paired`` 2(1 − r)/n; ``did`` the sum of two of the first; ``matched``
    (1 − r²)(1/n + 1/n_control); ``prior`` (1/n + shock²)(1 + 1/H)(1 + 1/G) on H − 1 (without other
    groups) or GH − 1 degrees of freedom. ``mcnemar`` is the exact power of the mid-p test.

    Examples
    --------
    >>> from csatlib import actions
    >>> found = actions.detectable_effect("paired", n=60, sd=0.9, correlation=0.5)
    >>> found[["n", "df", "detectable"]].round(3)
        n    df  detectable
    0  60  59.0       0.331
    """
    one_of(design, "design", _DESIGNS)
    power, conf = between(power, "power"), between(conf, "conf")
    before, control = n if n_before is None else n_before, n if n_control is None else n_control
    _check(n, before, control, sd, correlation, overlap, history, groups, shock_sd)
    row = {"design": design, "n": n, "power": power}
    if design == "mcnemar":
        return table([row | _of_shares(n, moving, power, conf)], _COLUMNS)
    two = 1 / n + 1 / before - 2 * correlation * min(overlap * n, before) / (n * before)
    if design == "unpaired":
        variance, df = two, n + before - 2
    elif design == "paired":
        variance, df = 2 * (1 - correlation) / n, n - 1
    elif design == "did":
        both = min(overlap * control, control)
        variance = two + 2 / control - 2 * correlation * both / control**2
        df = n + before + 2 * control - 4
    elif design == "matched":
        variance, df = (1 - correlation**2) * (1 / n + 1 / control), n + control - 2
    else:
        others = 1 + 1 / groups if groups else 1.0
        variance = (1 / n + (shock_sd / sd) ** 2) * (1 + 1 / max(history, 1)) * others
        df = groups * history - 1 if groups else history - 1
    if df < 1 or variance <= 0:
        reason = "few_quarters" if design == "prior" else "too_few"
        return table([row | {"reason": reason}], _COLUMNS)
    se = sd * np.sqrt(variance)
    found = {"se": se, "df": df, "detectable": se * multiple_of_se(df, power, conf)}
    return table([row | found], _COLUMNS)


def _check(
    n: int,
    before: int,
    control: int,
    sd: float,
    correlation: float,
    overlap: float,
    history: int,
    groups: int,
    shock_sd: float,
) -> None:
    for name, value in (("n", n), ("n_before", before), ("n_control", control)):
        if not value >= 1:
            raise ValueError(f"{name}: expected 1 or more answers, found {value!r}")
    for name, value in (("history", history), ("groups", groups), ("shock_sd", shock_sd)):
        if not value >= 0:
            raise ValueError(f"{name}: expected 0 or more, found {value!r}")
    if not 0 < sd < np.inf:
        raise ValueError(f"sd: expected a number above 0, found {sd!r}")
    if not -1 <= correlation <= 1:
        raise ValueError(f"correlation: expected a number from -1 to 1, found {correlation!r}")
    if not 0 <= overlap <= 1:
        raise ValueError(f"overlap: expected a number from 0 to 1, found {overlap!r}")


@lru_cache(maxsize=4096)
def multiple_of_se(df: float, power: float, conf: float) -> float:
    """Find how many standard errors an effect must have that a t test shows with this power."""
    critical = stats.t.ppf((1 + conf) / 2, df)
    # Beyond a thousand degrees of freedom the noncentral t is the normal one to six digits.
    if df > 1000:
        return float(critical + stats.norm.ppf(power))

    def short(multiple: float) -> float:
        return stats.nct.sf(critical, df, multiple) - power

    high = critical + 2
    while short(high) < 0:
        high *= 1.5
    return float(optimize.brentq(short, 0, high, xtol=1e-9))


def _of_shares(n: int, moving: float | None, power: float, conf: float) -> dict[str, object]:
    """Solve the exact power of McNemar's mid-p test for the difference of the shares."""
    if moving is None or not 0 < moving <= 1:
        raise ValueError(
            f"moving: expected the share of customers whose answer changes, above 0 and up to 1, "
            f"found {moving!r}"
        )
    moved = np.arange(n + 1)
    chance = stats.binom.pmf(moved, n, moving)
    kept = moved[chance > 1e-12]
    least = np.array([_rejected_up_to(int(m), 1 - conf) for m in kept])

    def short(difference: float) -> float:
        up = (1 + difference / moving) / 2
        shown = stats.binom.cdf(least, kept, 1 - up) + stats.binom.cdf(least, kept, up)
        return float((chance[kept] * np.where(least >= 0, shown, 0)).sum()) - power

    se = np.sqrt(moving / n)
    if short(moving) < 0:
        return {"se": se, "reason": "too_few"}
    return {"se": se, "detectable": optimize.brentq(short, 0, moving, xtol=1e-10)}


def _rejected_up_to(moved: int, level: float) -> int:
    """Find the largest smaller count at which the mid-p test rejects, −1 where it never does."""
    less = np.arange(moved // 2 + 1)
    mid = 2 * stats.binom.cdf(less, moved, 0.5) - stats.binom.pmf(less, moved, 0.5)
    return int((mid <= level).sum()) - 1
