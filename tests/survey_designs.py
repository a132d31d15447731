"""The samples and designs that values from R's survey package were made with, as `Design`s.

Single letters are the names the R expressions use, see ``helpers`` in ``survey_designs.json``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from csatlib.estimates import Design

REFERENCE = Path(__file__).parent / "reference"
BRR = [f"brr{i}" for i in range(1, 9)]
FAY = [f"fay{i}" for i in range(1, 9)]
BOOT = [f"boot{i}" for i in range(1, 17)]


def reference(name: str) -> dict:
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["results"]


@cache
def stratified() -> pd.DataFrame:
    """apistrat, with the jackknife's weights: one column for each school left out."""
    df = _ready(pd.read_csv(REFERENCE / "apistrat.csv"))
    size = df.groupby("stype")["pw"].transform("size")
    out = np.where(df["stype"].to_numpy()[:, None] == df["stype"].to_numpy(), 1, 0)
    weights = df["pw"].to_numpy()[:, None] * np.where(out, (size / (size - 1)).to_numpy(), 1)
    np.fill_diagonal(weights, 0)
    left = pd.DataFrame(weights, columns=[f"left{i}" for i in range(len(df))])
    return pd.concat([df, left], axis=1)


@cache
def clustered() -> pd.DataFrame:
    """apiclus1, with the replicate weights that R made and those of the jackknife."""
    df = _ready(pd.read_csv(REFERENCE / "apiclus1.csv"))
    multipliers = pd.read_csv(REFERENCE / "apiclus1_replicates.csv")
    found = df[["dnum"]].merge(multipliers, on="dnum", how="left").drop(columns="dnum")
    clusters = df["dnum"].unique()
    factor = len(clusters) / (len(clusters) - 1)
    left = {f"left{i}": factor * (df["dnum"] != cluster) for i, cluster in enumerate(clusters)}
    return pd.concat(
        [df, pd.concat([found, pd.DataFrame(left)], axis=1).mul(df["pw"], axis=0)], axis=1
    )


def _ready(df: pd.DataFrame) -> pd.DataFrame:
    high, low = df["score"] == 5, df["score"] <= 2
    return df.assign(
        satisfied=df["score"] >= 4,
        promoters=100.0 * high - 100.0 * low,
        improving=df["comp.imp"] == "Yes",
    )


def _fifteen() -> list[str]:
    return [f"left{i}" for i in range(15)]


def _two_hundred() -> dict[str, object]:
    size = stratified().groupby("stype")["pw"].transform("size")
    return {
        "replicates": [f"left{i}" for i in range(len(size))],
        "replicate_scales": list((size - 1) / size),
    }


def survey(name: str) -> tuple[pd.DataFrame, Design]:
    """Give the table and the design that an R expression calls by this name."""
    table = stratified if name in ("S", "Sw", "Z", "CG", "Jn", "L") else clustered
    df = table()
    if name in ("B", "Fy"):
        df = df[df["pair"].notna()]
    return df, _design(name)


def _design(name: str) -> Design:
    cluster = {"cluster": "dnum", "population": "fpc"}
    linear = {"base": "pw", "margins": ["stype", "api99"]}
    return {
        "S": lambda: Design("pw", "stype", population="fpc"),
        "Sw": lambda: Design("pw", "stype"),
        "L": lambda: Design("pw", "lone"),
        "Z": lambda: Design("zero", "stype"),
        "C": lambda: Design("pw", **cluster),
        "Cw": lambda: Design("pw", cluster="dnum"),
        "PS": lambda: Design("w_post", base="pw", margins=["stype"], **cluster),
        "RK": lambda: Design("w_rake", base="pw", margins=["stype", "sch.wide"], **cluster),
        "CL": lambda: Design("w_linear", **linear, **cluster),
        "CR": lambda: Design("w_exponential", **linear, **cluster),
        "CG": lambda: Design("w_linear", "stype", **linear),
        "J1": lambda: Design("pw", replicates=_fifteen(), replicate_method="jackknife"),
        "Jn": lambda: Design("pw", replicate_method="jackknife", **_two_hundred()),
        "B": lambda: Design("pw", replicates=BRR, replicate_method="brr"),
        "Fy": lambda: Design(
            "pw", replicates=FAY, replicate_method="brr", replicate_scales=[1 / 0.7**2] * 8
        ),
        "G": lambda: Design("pw", replicates=BOOT),
        "Gm": lambda: Design("pw", replicates=BOOT, replicate_centre="estimate"),
    }[name]()
