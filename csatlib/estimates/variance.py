"""One grouped pass from answers to each domain's mean and the variance of that mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.estimates.domains import Domains

__all__ = ["Moments", "linearised_mean"]


@dataclass(frozen=True)
class Moments:
    """Valid answers, their mean and its variance, one entry a domain."""

    n: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def linearised_mean(values: np.ndarray, domains: Domains) -> Moments:
    """Estimate each domain's mean and its variance by Taylor linearisation.

    With ȳ the mean of the n_d valid answers of a domain, a respondent's linearised value is
    u = (y − ȳ)/n_d inside the domain and 0 outside; they sum to 0, so that a simple random sample
    of n rows gives the variance n/(n − 1) · Σu².
    """
    answered = (domains.codes >= 0) & ~np.isnan(values)
    domain, y = domains.codes[answered], values[answered]

    def total(weights: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(domain, weights=weights, minlength=len(domains))

    n = total()
    mean = np.divide(total(y), n, out=np.full(len(domains), np.nan), where=n > 0)
    first = np.full(len(domains), np.nan)
    first[domain[::-1]] = y[::-1]
    varied = total(y != first[domain]) > 0
    # Rounding may leave the mean of equal fractions beside their value, and a variance of dust.
    mean = np.where(varied, mean, first)

    linearised = (y - mean[domain]) / n[domain]
    correction = domains.sample / max(domains.sample - 1, 1)
    return Moments(n, mean, correction * total(linearised**2))
