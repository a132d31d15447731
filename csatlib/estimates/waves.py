"""Two quarters read for one comparison: the same domains, two designs, the units in both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import column_of, distinct
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Domains, find_domains
from csatlib.estimates.links import Link, both_sided, make_link, plain, same_type
from csatlib.estimates.moments import Survey, read_survey

__all__ = ["METRICS", "Condition", "Metric", "Overlap", "Waves", "pooled_df", "read_waves"]

Overlap = Literal["auto", "independent", "panel", "both"]
Metric = Literal["mean", "share", "nps"]
Condition = Callable[[pd.DataFrame], pd.Series] | None
_OVERLAPS = ("auto", "independent", "panel", "both")
#: The name of the column that carries the domains into a survey; no export has such a name.
_DOMAIN = "\0domain"


@dataclass(frozen=True)
class Kind:
    """What a metric reads from an item, and how far a difference of two can go."""

    read: Callable[[pd.DataFrame, str], np.ndarray]
    limit: float


METRICS = {
    "mean": Kind(answers.numbers, np.inf),
    "share": Kind(answers.booleans, 1.0),
    "nps": Kind(answers.recommendations, 200.0),
}


@dataclass(frozen=True)
class Waves:
    """Two quarters side by side, the previous one first.

    ``tables`` hold the rows that ``surveys`` describe; ``partners`` numbers each row's person where
    only people of both quarters count, else None; ``link`` is None where nothing is shared.
    """

    tables: tuple[pd.DataFrame, pd.DataFrame]
    surveys: tuple[Survey, Survey]
    domains: Domains
    link: Link | None
    partners: tuple[np.ndarray, np.ndarray] | None
    contrast: str

    def read(self, metric: str, item: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Read an item of both quarters; None where only one of them asked it."""
        asked = [int((table.columns == item).sum()) for table in self.tables]
        if sorted(asked) == [0, 1]:
            return None
        previous, current = (METRICS[metric].read(table, item) for table in self.tables)
        if self.partners is None:
            return previous, current
        return self._paired(previous, current)

    def _paired(self, *values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keep the answers of people who answered in the same domain of both quarters."""
        keys = []
        for person, survey, given in zip(self.partners, self.surveys, values, strict=True):
            counted = ~np.isnan(given) & (person >= 0) & (survey.domains.codes >= 0)
            key = person * max(len(self.domains), 1) + survey.domains.codes
            keys.append(np.where(counted, key, -1))
        found = np.intersect1d(*keys)
        return tuple(
            np.where(np.isin(key, found) & (key >= 0), given, np.nan)
            for key, given in zip(keys, values, strict=True)
        )


def read_waves(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    by: Sequence[str],
    where: Condition,
    identity: str | None,
    overlap: str,
    designs: tuple[Design | None, Design | None],
) -> Waves:
    """Read the two quarters; ``designs`` are those of the previous and the current one."""
    _check_overlap(overlap, identity, designs)
    quarters = _quarter(previous, "previous"), _quarter(current, "current")
    tables = previous, current
    partners = None
    if overlap == "panel":
        partners = _persons(tables, identity)
        if all(_is_simple(design) for design in designs):
            # Without strata and clusters the people in both are a sample of their own.
            kept = [person >= 0 for person in partners]
            tables = tuple(table[keep] for table, keep in zip(tables, kept, strict=True))
            partners = tuple(person[keep] for person, keep in zip(partners, kept, strict=True))
    domains, codes = _shared_domains(tables, by, where)
    surveys = tuple(
        read_survey(
            table.assign(**{_DOMAIN: pd.Categorical.from_codes(code, range(len(domains)))}),
            by=[_DOMAIN],
            design=design,
        )
        for table, code, design in zip(tables, codes, designs, strict=True)
    )
    known = None not in quarters and quarters[0] != quarters[1]
    return Waves(
        tables=tables,
        surveys=surveys,
        domains=domains,
        link=None if overlap == "independent" else _link(tables, surveys, identity),
        partners=partners,
        contrast=f"{quarters[1]} − {quarters[0]}" if known else "current − previous",
    )


def pooled_df(
    variances: tuple[np.ndarray, np.ndarray],
    df: tuple[np.ndarray, np.ndarray],
    units: tuple[np.ndarray, np.ndarray],
    shared: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the variance of a difference and its degrees of freedom by Satterthwaite's rule.

    ``shared`` holds the number of common units, what they bring to either variance, and the
    covariance. The difference is that of three parts, each with its own error: the units of the one
    quarter alone, of the other alone, and of both; each part has the degrees of freedom that its
    units are of all units of the quarter.
    """
    one, two = variances
    rates = [_over(d, u) for d, u in zip(df, units, strict=True)]
    if shared is None:
        parts = [(one, df[0]), (two, df[1])]
    else:
        common, in_one, in_two, covariance = shared
        parts = [
            (np.maximum(one - in_one, 0), (units[0] - common) * rates[0]),
            (np.maximum(two - in_two, 0), (units[1] - common) * rates[1]),
            (np.maximum(in_one + in_two - 2 * covariance, 0), common * np.minimum(*rates)),
        ]
    variance = sum(part for part, _ in parts)
    # Two equal variances less twice their covariance leave dust where all differences are equal.
    variance = np.where(variance <= 1e-13 * (one + two), 0.0, variance)
    uncertain = sum(_over(part**2, np.maximum(free, 1)) for part, free in parts)
    return variance, np.where(variance > 0, _over(variance**2, uncertain), np.minimum(*df))


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(np.shape(below)), where=below != 0)


def _check_overlap(
    overlap: str, identity: str | None, designs: tuple[Design | None, Design | None]
) -> None:
    if overlap not in _OVERLAPS:
        raise ValueError(f"overlap: expected one of {', '.join(_OVERLAPS)}, found {overlap!r}")
    clustered = all(design is not None and design.cluster is not None for design in designs)
    if identity is None and (overlap == "panel" or (overlap == "both" and not clustered)):
        raise ValueError(
            f"id: expected the column that tells people again for overlap={overlap!r}, found none; "
            "name it, for example id='customer_id'"
        )
    replicated = any(design is not None and design.replicates for design in designs)
    if replicated and (
        overlap in ("panel", "both") or (overlap == "auto" and identity is not None)
    ):
        raise ValueError(
            "design: expected strata and clusters where people are in both quarters, found "
            "replicate weights, which say nothing of the units; name the units, or compare with "
            "overlap='independent'"
        )


def _is_simple(design: Design | None) -> bool:
    return design is None or not (
        design.stratum or design.cluster or design.population or design.margins
    )


def _quarter(table: pd.DataFrame, name: str) -> str | None:
    found = table["quarter"].dropna().unique() if (table.columns == "quarter").sum() == 1 else []
    if len(found) > 1:
        raise ValueError(
            f"{name}: expected the rows of one quarter, found {len(found)}: "
            f"{', '.join(sorted(map(str, found))[:4])}; pass one table a quarter"
        )
    return str(found[0]) if len(found) else None


def _persons(
    tables: tuple[pd.DataFrame, pd.DataFrame], identity: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give each row the number of its person among those in both tables, else −1."""
    columns = [plain(column_of(table, identity, "id")) for table in tables]
    same_type(columns, identity)
    both = pd.Index(columns[0].dropna().unique()).intersection(columns[1].dropna().unique())
    return tuple(both.get_indexer(column) for column in columns)


def _shared_domains(
    tables: tuple[pd.DataFrame, pd.DataFrame], by: Sequence[str], where: Condition
) -> tuple[Domains, list[np.ndarray]]:
    """Sort the respondents of both quarters into the groups that either of them has."""
    names = distinct(by, "by")
    if "quarter" in names:
        raise ValueError(
            "by: expected groups inside a quarter, found 'quarter', which tells the two tables "
            "apart; leave it out"
        )
    if where is not None and not callable(where):
        raise ValueError(
            "where: expected a function from a table to a condition, because there are two tables, "
            f"found {type(where).__name__}; write for example lambda t: t['channel'] == 'phone'"
        )
    stacked = pd.DataFrame(
        {name: _stacked([column_of(table, name, "by") for table in tables]) for name in names},
        index=range(sum(map(len, tables))),
    )
    inside = None
    if where is not None:
        masks = [find_domains(table, (), where).codes >= 0 for table in tables]
        inside = pd.Series(np.concatenate(masks))
    domains = find_domains(stacked, names, inside)
    latest = find_domains(tables[1], (), None) if len(tables[1]) else None
    known = {name: getattr(latest, name)[:1] if latest else [None] for name in ("quarter", "line")}
    told = {"quarter": known["quarter"] * len(domains)}
    if "line" not in names:
        told["line"] = known["line"] * len(domains)
    return replace(domains, **told), np.split(domains.codes, [len(tables[0])])


def _stacked(columns: list[pd.Series]) -> pd.Series | pd.Categorical:
    """Put one column of both quarters end to end; categories stay in the current one's order."""
    if not any(isinstance(column.dtype, pd.CategoricalDtype) for column in columns):
        return pd.concat(columns, ignore_index=True)
    levels = []
    for column in reversed(columns):
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        listed = column.cat.categories if categorical else column.dropna().unique()
        levels.extend(level for level in listed if level not in levels)
    values = np.concatenate([column.to_numpy(dtype=object) for column in columns])
    return pd.Series(pd.Categorical(values, categories=levels))


def _link(
    tables: tuple[pd.DataFrame, pd.DataFrame],
    surveys: tuple[Survey, Survey],
    identity: str | None,
) -> Link | None:
    keys = both_sided(tables, tuple(survey.structure for survey in surveys), identity)
    return None if keys is None else make_link(*(s.partition for s in surveys), keys)
