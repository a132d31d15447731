"""Measures that follow low scores: what a useless one seems to do, and what a useful one does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.stats import norm

from calibration.cells import Cell, Drawn, Tally, covered
from calibration.populations import SCALES, Population
from csatlib import actions
from csatlib.estimates import Design

__all__ = ["CELLS", "expected", "lowest_item", "lowest_region", "reasked"]

CONTENT = SCALES[1]
#: The part of an opinion's variance that stays with a customer.
LASTING = 0.5
GOAL = 0.3
SHOCK = 0.3


@dataclass(frozen=True)
class Line:
    """Customers of one line, and quarters that move whole groups and pass."""

    shock: float = SHOCK
    scale: Population = CONTENT

    def answers(
        self, rng: np.random.Generator, lasting: np.ndarray, level: float | np.ndarray
    ) -> np.ndarray:
        """Turn lasting opinions into the scores of one quarter."""
        noise = np.sqrt(1 - LASTING) * rng.standard_normal(len(lasting))
        return self.scale.of_normal(np.sqrt(LASTING) * lasting + noise + level)


def wave(
    score: np.ndarray, ids: np.ndarray, frame: str, quarter: int, group: object = 0, **more: object
) -> pd.DataFrame:
    """Lay one wave out."""
    table = {"customer_id": ids, "score": score, "frame": frame, "quarter": quarter}
    return pd.DataFrame(table | {"group": group} | more)


def several(one: Callable[[np.random.Generator], pd.DataFrame], truth: float = 0.0):
    """Draw a study many times over."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        tables = [one(rng).assign(replicate=at) for at in range(replicates)]
        return Drawn(pd.concat(tables, ignore_index=True), truth)

    return make


# ---- studies -------------------------------------------------------------------------------------


def reasked(
    n: int = 400,
    *,
    controls: bool = True,
    quarters: int = 0,
    lift: float = 0.0,
    weighted: bool = False,
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Customers who scored 3 or less; half of them are called, all are asked again."""
    line = Line()

    def one(rng: np.random.Generator) -> pd.DataFrame:
        lasting, ids = rng.standard_normal(n), np.arange(n)
        shocks = 0.2 * rng.standard_normal(quarters + 2)
        first = line.answers(rng, lasting, shocks[-2])
        called = (first <= 3) & (rng.random(n) < 0.5)
        second = line.answers(rng, lasting, shocks[-1] + lift * called)
        tables = [
            wave(first[called], ids[called], "before", 90),
            wave(second[called], ids[called], "after", 91),
        ]
        if controls:
            tables += [
                wave(first[~called], ids[~called], "control before", 90),
                wave(second[~called], ids[~called], "control after", 91),
            ]
        for at in range(quarters):
            earlier = line.answers(rng, lasting, shocks[at])
            tables.append(wave(earlier[called], ids[called], "history", at))
        table = pd.concat(tables, ignore_index=True)
        if weighted:
            weights = 0.5 + 1.5 * rng.random(n) + (lasting > 0)
            table["weight"] = weights[table["customer_id"]]
        return table

    return one


def lowest_region(
    n: int = 80,
    *,
    controls: bool = True,
    quarters: int = 1,
    lift: float = 0.0,
    overlap: float = 0.4,
    regions: int = 8,
    choose: bool = True,
    weighted: bool = False,
    shock: float = SHOCK,
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """The region of the lowest mean of its quarter gets a measure; others may be compared."""
    line = Line(shock)

    def one(rng: np.random.Generator) -> pd.DataFrame:
        times = quarters + 2
        panel = round(overlap * n)
        usual = 0.2 * rng.standard_normal(regions)
        level = usual[:, None] + line.shock * rng.standard_normal((regions, times))
        stay = rng.standard_normal((regions, panel))
        tables, means = [], np.zeros(regions)
        fresh = rng.standard_normal((regions, times, n - panel))
        scores = np.empty((regions, times, n))
        lasting = np.concatenate(
            [np.broadcast_to(stay[:, None], (regions, times, panel)), fresh], axis=2
        )
        for region in range(regions):
            for at in range(times - 1):
                scores[region, at] = line.answers(rng, lasting[region, at], level[region, at])
            means[region] = scores[region, times - 2].mean()
        worst = int(means.argmin()) if choose else 0
        for region in range(regions):
            up = lift if region == worst else 0.0
            last = times - 1
            scores[region, last] = line.answers(
                rng, lasting[region, last], level[region, last] + up
            )
        for region in range(regions if controls else 1):
            here = region if controls else worst
            for at in range(times):
                name = "history" if at < quarters else ("before", "after")[at - quarters]
                frame = name if here == worst else f"control {name}"
                newer = 10_000 + 1_000 * at + np.arange(n - panel)
                ids = 100_000 * here + np.concatenate([np.arange(panel), newer])
                tables.append(wave(scores[here, at], ids, frame, at, here))
        table = pd.concat(tables, ignore_index=True)
        if weighted:
            table["weight"] = 0.5 + 1.5 * rng.random(len(table))
        return table

    return one


def lowest_item(
    n: int = 200, *, quarters: int = 4
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """The lowest of seven items of the whole line gets a measure: there is nobody else."""
    study = lowest_region(n, controls=False, quarters=quarters, regions=7)

    def one(rng: np.random.Generator) -> pd.DataFrame:
        return study(rng)

    return one


# ---- calling the library -------------------------------------------------------------------------


def frames(table: pd.DataFrame) -> dict[str, pd.DataFrame | None]:
    """Take a study apart into the arguments of the library."""
    parts = dict(tuple(table.groupby("frame", sort=False)))
    control = [
        part.assign(wave=name.removeprefix("control "))
        for name, part in parts.items()
        if name.startswith("control")
    ]
    return {
        "before": parts["before"],
        "after": parts["after"],
        "history": parts.get("history"),
        "control": pd.concat(control, ignore_index=True) if control else None,
    }


def each(drawn: Drawn, methods: list[str], **settings: object) -> pd.DataFrame:
    """Estimate every study."""
    found = [
        actions.effect(**frames(table), item="score", methods=methods, **settings).assign(
            action_id=str(at)
        )
        for at, table in drawn.df.groupby("replicate", sort=True)
    ]
    return pd.concat(found, ignore_index=True)


def called_effective(**settings: object) -> Callable[[Drawn], Tally]:
    """Count the useless measures that are called effective."""

    def measure(drawn: Drawn) -> Tally:
        effects = each(drawn, ["plain", "adjusted"], goal=GOAL, **settings)
        day = pd.Timestamp("2026-07-01")
        measures = pd.DataFrame({"action_id": effects["action_id"].unique(), "item": "score"})
        measures = measures.assign(baseline=3.0, target=3.0 + GOAL, due=day, done_on=day)
        measures = measures.assign(status="done", proof="x", metric="mean")
        told = actions.verdicts(measures, effects, today="2026-12-31")
        return Tally(len(told), len(told), int((told["verdict"] == "effective").sum()))

    return measure


def plainly_better(drawn: Drawn) -> Tally:
    """Count the useless measures whose plain change lies beyond 0."""
    low = each(drawn, ["plain"])["ci_low"].to_numpy(dtype=float, na_value=np.nan)
    return Tally(len(low), len(low), int((low > 0).sum()))


def covering(**settings: object) -> Callable[[Drawn], Tally]:
    """Count the intervals of the adjusted effect that hold the true one."""

    def measure(drawn: Drawn) -> Tally:
        return covered(each(drawn, ["adjusted"], **settings), drawn.truth)

    return measure


def expected(lift: float, spread: float, scale: Population = CONTENT) -> float:
    """Give the mean score of opinions that are moved by ``lift`` and spread by ``spread``."""
    cuts = norm.ppf(np.cumsum(scale.chances)[:-1])
    above = norm.sf((cuts - lift) / spread)
    return float(scale.answers[0] + above @ np.diff(scale.answers))


@lru_cache(maxsize=8)
def lifted(lift: float, shock: float = SHOCK) -> float:
    """Give the true effect on a region's mean, over usual levels and shocks."""
    spread = float(np.sqrt(1 + 0.2**2 + shock**2))
    return expected(lift, spread) - expected(0.0, spread)


@lru_cache(maxsize=8)
def lifted_low(lift: float, weighted: bool = False) -> float:
    """Give the true effect on customers chosen for a 3 or less, from two million of them."""
    rng, line = np.random.default_rng(11), Line()
    lasting = rng.standard_normal(2_000_000)
    shocks = 0.2 * rng.standard_normal((2, 2_000_000))
    first = line.answers(rng, lasting, shocks[0])
    low = first <= 3
    weight = np.where(weighted, 1.25 + (lasting > 0), 1.0)[low]
    # Over both shocks and what passes the next answer is the lasting opinion and normal noise.
    cuts = norm.ppf(np.cumsum(CONTENT.chances)[:-1])
    spread, base = np.sqrt(1 - LASTING + 0.2**2), np.sqrt(LASTING) * lasting[low]
    gain = sum(
        norm.sf((cut - base - lift) / spread) - norm.sf((cut - base) / spread) for cut in cuts
    )
    return float(np.average(gain, weights=weight))


# ---- what is to be detected ----------------------------------------------------------------------


def planned(design: str, **facts: float) -> tuple[float, dict[str, float]]:
    """Ask the library for the effect that a plan would show."""
    found = actions.detectable_effect(design, **facts).iloc[0]
    return float(found["detectable"]), facts


def shown(design: str, **facts: float) -> Cell:
    """Make a cell: the share of studies that show the effect the library calls detectable."""
    told = ", ".join(f"{name} {value:g}" for name, value in facts.items())

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        size, _ = planned(design, **facts)
        tables = [next(_plan(design, rng, size, facts)) for _ in range(replicates)]
        joined = [table.assign(replicate=at) for at, table in enumerate(tables)]
        return Drawn(pd.concat(joined, ignore_index=True), size)

    def measure(drawn: Drawn) -> Tally:
        wanted = {"unpaired": "plain"}.get(design, design)
        p = each(drawn, [wanted], metric="share" if design == "mcnemar" else "mean", cutoff=0.5,
                 chosen="group", by=["group"])  # fmt: skip
        p = p[p["level"].isna()]["p"].to_numpy(dtype=float, na_value=1.0)
        return Tally(len(p), len(p), int((p <= 0.05).sum()))

    n = int(facts["n"])
    return Cell("power of measures", design, told, n, make, measure, 77, 83, 600, 300)


def _plan(
    design: str, rng: np.random.Generator, size: float, facts: dict[str, float]
) -> Iterator[pd.DataFrame]:
    n, ids = int(facts["n"]), np.arange(int(facts["n"]))
    if design == "mcnemar":
        moved = rng.random(n) < facts["moving"]
        up = rng.random(n) < (1 + size / facts["moving"]) / 2
        first = np.where(moved, ~up, rng.random(n) < 0.7).astype(float)
        second = np.where(moved, up, first).astype(float)
        yield pd.concat([wave(first, ids, "before", 0), wave(second, ids, "after", 1)])
        return
    if design == "prior":
        groups, past = int(facts["groups"]), int(facts["history"])
        tables = []
        for group in range(groups + 1):
            for at in range(past + 2):
                name = "history" if at < past else ("before", "after")[at - past]
                level = facts["shock_sd"] * rng.standard_normal()
                level += size * (name == "after" and group == 0)
                frame = name if group == 0 else f"control {name}"
                score = level + rng.standard_normal(n)
                tables.append(wave(score, ids + 1000 * (10 * group + at), frame, at, group))
        yield pd.concat(tables, ignore_index=True)
        return
    rho = facts.get("correlation", 0.0)
    sides = ("", "control ") if design in ("did", "matched") else ("",)
    tables = []
    for shift, side in enumerate(sides):
        m = int(facts.get("n_control", n)) if side else n
        first = rng.standard_normal(int(facts.get("n_before", m)))
        if design == "matched":
            # Few distinct scores, so that everybody has somebody to be compared with.
            first = np.where(first > 0, 1.0, -1.0)
        start = first if design != "unpaired" else rng.standard_normal(m)
        second = rho * start + np.sqrt(1 - rho**2) * rng.standard_normal(m) + size * (not side)
        people = 10_000 * shift + np.arange(len(first))
        later = 10_000 * shift + np.arange(m) + (5_000 if design == "unpaired" else 0)
        tables += [
            wave(first, people, f"{side}before", 0, shift),
            wave(second, later, f"{side}after", 1, shift),
        ]
    yield pd.concat(tables, ignore_index=True)


# ---- the promises --------------------------------------------------------------------------------

_FALSE, _TRUE = "useless measures called effective", "coverage of the adjusted effect"
BY = {"by": ["group"]}
WEIGHT = {"design": Design(weight="weight")}


def useless(name: str, study: str, n: int, one, **settings: object) -> Cell:
    """Make a cell of measures that do nothing."""
    return Cell(_FALSE, name, study, n, several(one), called_effective(**settings), None, 5,
                400, 200)  # fmt: skip


def useful(name: str, study: str, n: int, one, truth: float, **settings: object) -> Cell:
    """Make a cell of measures that do something."""
    return Cell(_TRUE, name, study, n, several(one, truth), covering(**settings), 93, 97,
                400, 200)  # fmt: skip


def wrong(design: str, n: int, one) -> Cell:
    """Make a cell of the plain change, which is known to be wrong."""
    return Cell("negative controls", "plain change after a low score", design, n, several(one),
                plainly_better, None, 5, 400, 200, control=True)  # fmt: skip


CELLS: list[Cell] = [
    useless("matched", "re-asked for a score of 3 or less, others not called", 400, reasked()),
    useless("prior", "re-asked for a score of 3 or less, 3 quarters of history", 400,
            reasked(controls=False, quarters=3)),
    useless("none", "re-asked for a score of 3 or less, nothing to compare", 400,
            reasked(controls=False)),
    useless("prior", "lowest of 8 regions, 1 quarter of history, regions told apart", 80,
            lowest_region(), **BY),
    useless("prior", "lowest of 8 regions, 3 quarters of history, regions as one", 80,
            lowest_region(quarters=3)),
    useless("prior", "lowest of 8 regions, 4 quarters of history, nobody else", 80,
            lowest_region(quarters=4, controls=False)),
    useless("none", "lowest of 8 regions, others but no history", 80, lowest_region(quarters=0), **BY),
    useless("prior", "lowest of 7 items of the line, 4 quarters of history", 200, lowest_item()),
    useful("matched", "re-asked, true effect", 240, reasked(240, lift=0.4), lifted_low(0.4)),
    useful("matched", "re-asked, true effect, weights", 800,
           reasked(800, lift=0.4, weighted=True), lifted_low(0.4, True), **WEIGHT),
    useful("matched", "re-asked, true effect", 3200, reasked(3200, lift=0.4), lifted_low(0.4)),
    useful("prior", "region, 0 % answer again, true effect", 30,
           lowest_region(30, lift=0.4, overlap=0), lifted(0.4), **BY),
    useful("prior", "region, 40 % answer again, true effect, weights", 100,
           lowest_region(100, lift=0.4, weighted=True), lifted(0.4), **BY, **WEIGHT),
    useful("prior", "region, 80 % answer again, true effect", 400,
           lowest_region(400, lift=0.4, overlap=0.8), lifted(0.4), **BY),
    useful("prior", "region, 3 quarters, 80 % answer again, nobody else, no shocks", 100,
           lowest_region(100, lift=0.4, overlap=0.8, quarters=3, controls=False, shock=0.0),
           lifted(0.4, 0.0)),
    useful("did", "region by lot, 0 % answer again, no shocks, true effect", 100,
           lowest_region(100, lift=0.4, overlap=0, choose=False, shock=0.0), lifted(0.4, 0.0),
           chosen="lot"),
    useful("did", "region by lot, 80 % answer again, no shocks, true effect, weights", 100,
           lowest_region(100, lift=0.4, overlap=0.8, choose=False, shock=0.0, weighted=True),
           lifted(0.4, 0.0), chosen="lot", **WEIGHT),
    shown("unpaired", n=60, n_before=90),
    shown("paired", n=60, correlation=0.5),
    shown("did", n=60, n_control=120, correlation=0.5, overlap=1),
    shown("matched", n=60, n_control=120, correlation=0.5),
    shown("prior", n=60, groups=7, history=1, shock_sd=0.2),
    shown("mcnemar", n=120, moving=0.3),
    wrong("re-asked for a score of 3 or less", 400, reasked()),
    wrong("lowest of 8 regions", 80, lowest_region()),
    wrong("lowest of 7 items of the line", 200, lowest_item()),
]  # fmt: skip
