"""Every published number with its base and its interval, in one table shape.

Each estimator takes a table with one row a respondent and returns the ``estimates`` table of
`csatlib.schema`, so that results concatenate and one function charts or prints them all. Rows come
item by item, within an item group by group, within a group level by level.

==============  ===================================================================================
column          meaning
==============  ===================================================================================
``quarter``     the quarter, from the column of that name: the group's where it is in ``by``, else
                the one value the whole column holds, else NA
``line``        the business line, found in the same way
``metric``      ``mean``, ``share``, ``nps``, ``total``, ``ratio``, ``distribution``, …
``item``        the name of the column that was estimated
``level``       the answer whose share this is (``distribution``), the most frequent answer
                (``mode``), the share not exceeded (``quantile``), else NA
``group_by``    the names in ``by``, joined with `` × ``; NA without ``by``
``group``       the group's values, joined likewise; NA without ``by``
``n``           valid answers in the domain (the group, inside ``where``); given even if 0
``n_eff``       the size of the simple random sample of equal precision: ``n`` over the design
                effect, Korn and Graubard's for ``share`` and ``distribution``
``df``          degrees of freedom of the interval: sampling units (clusters, or respondents) that
                hold a valid answer of the domain, less the strata they lie in
``estimate``    the estimate, on the scale that the estimator names
``se``          its standard error, on the same scale: linearised, or from replicate weights
``ci_low``      lower limit of the two-sided interval with confidence ``conf``
``ci_high``     upper limit
``suppressed``  true where ``n`` is below ``min_base``: only ``n`` is given then
``reason``      why a number is withheld, else NA: ``empty`` (no valid answer), ``small_base``
                (``n`` below ``min_base``), ``census`` (everyone was asked: ``se`` is 0 and there
                is no interval), ``single_answer`` and ``single_cluster`` (one answer or one
                sampling unit has an estimate and no error), ``no_variation`` (all answers are
                equal, so the sample says nothing about the error of a mean or of an NPS),
                ``fixed_by_design`` (strata or margins fix the estimate: ``se`` is 0),
                ``no_denominator`` (a ratio to 0); of comparisons also ``not_asked`` (one quarter
                has no such item), ``one_quarter`` (a group that one quarter has cannot differ) and
                ``few_quarters`` (too short a series)
                ``no_denominator`` (a ratio to 0), ``discrete`` and ``open_interval`` (the interval
                of a quantile has no width, or one end only, which is given), ``tie`` (several
                modes), ``no_interval`` (a mode or a design effect stands alone)
==============  ===================================================================================

Comparisons return the ``changes`` table: these columns and ``contrast`` (what is taken from what),
``statistic`` (t, or what the estimator names), ``p`` (two-sided) and ``p_adjusted`` (for all tests
of the call).

Without a `Design` the respondents are taken as a simple random sample, without finite population
correction. A domain never shortens the sample: rows outside it and rows without an answer count in
the variance, with a linearised value of 0. Hence a group by ``by`` and the same group by ``where``
agree in all numbers.
"""

from csatlib.estimates.bootstrap import bootstrap
from csatlib.estimates.change import change
from csatlib.estimates.decompose import decompose
from csatlib.estimates.design import Design
from csatlib.estimates.gap import gap
from csatlib.estimates.means import mean, nps, ratio, total
from csatlib.estimates.overview import describe
from csatlib.estimates.proportions import proportion_interval
from csatlib.estimates.quantiles import quantile
from csatlib.estimates.shares import distribution, share
from csatlib.estimates.spread import design_effect, mode, variance
from csatlib.estimates.trend import trend
from csatlib.estimates.units import units

__all__ = [
    "Design",
    "bootstrap",
    "change",
    "decompose",
    "describe",
    "design_effect",
    "distribution",
    "gap",
    "mean",
    "mode",
    "nps",
    "proportion_interval",
    "quantile",
    "ratio",
    "share",
    "total",
    "trend",
    "units",
    "variance",
]
