"""How far experience falls short of expectation, customer by customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings, distinct
from csatlib.estimates.contrasts import Adjust, check_adjust, with_t_tests, with_tests
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.means import scores
from csatlib.estimates.moments import read_survey
from csatlib.estimates.shares import shares
from csatlib.estimates.table import to_table

__all__ = ["gap"]

Pairs = Mapping[str, str] | Sequence[tuple[str, str]]


def gap(
    df: pd.DataFrame,
    pairs: Pairs,
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    adjust: Adjust = "holm",
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the gap from expectation to experience over customers who gave both, and test it.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    pairs : mapping or sequence of pairs of str
        Expectation to experience: numeric columns on the same scale, ``{"expected_speed":
        "speed"}`` or ``[("expected_speed", "speed")]``.
    by, where, design, conf, min_base
        As for `mean`; the base is the customers who gave both answers.
    adjust : {"holm", "bonferroni", "bh", "none"}
        How p is adjusted for the number of pairs and groups of the call.

    Returns
    -------
    DataFrame
        The ``changes`` table: the columns of ``estimates`` (see `csatlib.estimates`) and
        ``contrast``, ``statistic``, ``p``, ``p_adjusted``. First the rows of metric ``gap``, the
        mean of experience less expectation on their scale, below 0 where experience falls short;
        then those of metric ``share_short``, the share of customers whose experience is below
        their expectation, which has an interval but no test. ``item`` is the experience's column,
        ``contrast`` reads ``experience − expectation``.

    Raises
    ------
    ValueError
        As `mean`; for pairs that are none, no pairs or repeated, and an item paired with itself.

    Notes
    -----
    The gap is the `mean` of the differences, so answers of the same customer are paired through the
    design; without one it is the paired t test. The share has Korn and Graubard's interval, as
    `share`.

    Source: Parasuraman, Zeithaml and Berry (1988), SERVQUAL: a multiple-item scale for measuring
    consumer perceptions of service quality, *Journal of Retailing* 64, 12–40; Brown, Churchill and
    Peter (1993), Improving the measurement of service quality, *Journal of Retailing* 69, 127–139,
    on what such differences do not say. R's ``t.test(experience, expectation, paired = TRUE)`` and
    ``svymean(~I(experience - expectation), design)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"expected": [5, 5, 4, 4, 5] * 10, "speed": [4, 5, 4, 3, 5] * 10})
    >>> table = estimates.gap(df, {"expected": "speed"})
    >>> table[["metric", "item", "contrast", "n", "estimate", "ci_low", "ci_high", "p"]].round(3)
            metric   item          contrast   n  estimate  ci_low  ci_high     p
    0          gap  speed  speed − expected  50      -0.4  -0.541   -0.259   0.0
    1  share_short  speed  speed − expected  50       0.4   0.263     0.55  <NA>
    """
    check_settings(conf, min_base)
    check_adjust(adjust)
    listed = _read_pairs(pairs)
    survey = read_survey(df, by, where, design)
    gaps, short = [], []
    for expectation, experience in listed:
        difference = answers.numbers(df, experience) - answers.numbers(df, expectation)
        gaps.append(scores(survey.mean(difference), conf))
        below = np.where(np.isnan(difference), np.nan, difference < 0)
        short.append(shares(survey.mean(below), conf))
    names = [experience for _, experience in listed]
    contrast = [
        f"{after} − {before}" for before, after in listed for _ in range(len(survey.domains))
    ]
    first = to_table("gap", names, [None], survey.domains, gaps, min_base=min_base)
    second = to_table("share_short", names, [None], survey.domains, short, min_base=min_base)
    nothing = np.full(len(second), np.nan)
    untested = with_tests(second, contrast, nothing, nothing, adjust=adjust)
    return pd.concat([with_t_tests(first, contrast, adjust=adjust), untested], ignore_index=True)


def _read_pairs(pairs: Pairs) -> list[tuple[str, str]]:
    listed = list(pairs.items()) if isinstance(pairs, Mapping) else distinct(pairs, "pairs")
    if not listed:
        raise ValueError(
            "pairs: expected expectation and experience, found none; write for example "
            "{'expected_speed': 'speed'}"
        )
    for pair in listed:
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(
                f"pairs: expected pairs of an expectation and an experience, found {pair!r}; write "
                "for example [('expected_speed', 'speed')]"
            )
        if pair[0] == pair[1]:
            raise ValueError(f"pairs: expected two different items, found {pair[0]!r} twice")
    return [(str(before), str(after)) for before, after in listed]
