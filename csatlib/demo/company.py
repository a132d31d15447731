"""The customer list of the fictional company, the same people in every quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np

from csatlib.demo import names
from csatlib.demo.design import LINES, REGIONS, TYPES
from csatlib.schema import Quarter

__all__ = ["Customer", "customers", "filled", "shuffled", "streams", "table", "unit_shifts"]

_ORDINARY = 2760
_CONTACTS = 6
_BASE = 0


@dataclass(frozen=True)
class Customer:
    """One row of the customer list."""

    customer_id: str
    name: str
    customer_type: str
    tier: str
    region: str
    unit: str
    contact: str
    mobile: str


def streams(seed: int, key: tuple[int, ...], count: int) -> list[np.random.Generator]:
    """Give ``count`` independent generators that depend on the seed and the key alone."""
    root = np.random.SeedSequence(seed, spawn_key=key)
    return [np.random.default_rng(child) for child in root.spawn(count)]


def filled(shares: Mapping[str, float], total: int) -> list[str]:
    """List the labels so often that their counts fit the shares, by largest remainders."""
    exact = {label: share * total for label, share in shares.items()}
    counts = {label: int(value) for label, value in exact.items()}
    by_remainder = sorted(exact, key=lambda label: counts[label] - exact[label])
    for label in by_remainder[: total - sum(counts.values())]:
        counts[label] += 1
    return [label for label, count in counts.items() for _ in range(count)]


def shuffled(shares: Mapping[str, float], total: int, rng: np.random.Generator) -> list[str]:
    """List ``total`` labels in the given shares, in random order."""
    labels = filled(shares, total)
    return [labels[i] for i in rng.permutation(total)]


def _units() -> list[str]:
    return [f"{p}示例{t}" for t in names.UNIT_TRADES for p in names.UNIT_PREFIXES]


def _people(total: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    people = [
        names.SURNAMES[a] + names.GIVEN_NAMES[b]
        for a, b in zip(
            rng.integers(len(names.SURNAMES), size=total),
            rng.integers(len(names.GIVEN_NAMES), size=total),
            strict=True,
        )
    ]
    prefixes = ("138", "139", "186", "137", "150", "188")
    # The middle digits 0000 mark every number as invented.
    mobiles = [
        f"{prefixes[i % 6]}0000{n:04d}" for i, n in enumerate(rng.integers(10000, size=total))
    ]
    return people, mobiles


@lru_cache(maxsize=4)
def customers(seed: int = 0) -> tuple[Customer, ...]:
    """List every customer: some 40 large units with several contacts each, shops, individuals."""
    (rng,) = streams(seed, (_BASE,), 1)
    units = _units()
    large = len(units) * _CONTACTS
    total = large + _ORDINARY
    # A unit lies in one region, so regions are drawn for units first.
    unit_regions = shuffled(REGIONS, len(units), rng)
    regions = [r for r in unit_regions for _ in range(_CONTACTS)] + shuffled(
        REGIONS, _ORDINARY, rng
    )
    types = shuffled(TYPES, total, rng)
    people, mobiles = _people(total, rng)
    is_shop = rng.random(_ORDINARY) < 0.55
    rows = []
    for i in range(total):
        if i < large:
            unit = units[i // _CONTACTS]
            tier = "核心客户" if i // _CONTACTS % 4 == 0 else "重要客户"
            name = f"{unit}-{names.UNIT_DEPARTMENTS[i % _CONTACTS]}"
        else:
            k = i - large
            prefix = names.SHOP_PREFIXES[k % len(names.SHOP_PREFIXES)]
            trade = names.SHOP_TRADES[k // len(names.SHOP_PREFIXES) % len(names.SHOP_TRADES)]
            unit = f"示例{prefix}{trade}{k // 300 + 1}店" if is_shop[k] else ""
            tier, name = "普通", unit or people[i]
        rows.append((name, types[i], tier, regions[i], unit, people[i], mobiles[i]))
    # Numbers are given in random order, so that an id says nothing of tier or region.
    order = rng.permutation(total)
    return tuple(Customer(f"C{k + 1:05d}", *rows[i]) for k, i in enumerate(order))


@lru_cache(maxsize=16)
def unit_shifts(line: str, seed: int = 0) -> Mapping[str, float]:
    """Give each large unit's own shift of all latent means: the line's own, else a drawn one."""
    (rng,) = streams(seed, (_BASE, LINES[line].number), 1)
    values = LINES[line].unit_spread * rng.standard_normal(len(_units()))
    drawn = {unit: float(v) for unit, v in zip(_units(), values, strict=True)}
    return {**drawn, **LINES[line].units}


def table(quarter: str, seed: int = 0) -> list[list[str]]:
    """Lay out the customer list as it stands in one quarter, header first."""
    q = Quarter.parse(quarter)
    (rng,) = streams(seed, (_BASE, q.year, q.number), 1)
    people = customers(seed)
    days = (q.last_day - q.first_day).days + 1
    ages = rng.integers(days, size=len(people))
    header = [
        "客户编号", "客户名称", "客户类型", "客户等级", "区域",
        "客户单位", "联系人", "联系方式", "最近服务日期",
    ]  # fmt: skip
    served = [f"{q.last_day - timedelta(days=age):%Y-%m-%d}" for age in ages.tolist()]
    rows = [[*astuple(c), day] for c, day in zip(people, served, strict=True)]
    return [header, *rows]
