"""The values of a column as text and back: what the ledger writes and a replay reads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

__all__ = ["DTYPES", "texts_of", "values_of"]

#: The dtype of a column, by the rule that says how its cells were read.
DTYPES: Mapping[str, str] = {
    "score": "Int8",
    "choice": "str",
    "option": "boolean",
    "rank": "Int8",
    "time": "datetime64[us]",
    "duration": "Int32",
    "id": "str",
    "text": "str",
}
#: How the ledger writes values of a dtype that is not text.
_WRITTEN = {
    "Int8": r"-?[0-9]{1,3}",
    "Int32": r"-?[0-9]{1,10}",
    "boolean": "True|False",
    "datetime64[us]": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?",
}


def texts_of(values: pd.Series, rule: str) -> pd.Series:
    """Write values as text: whole numbers, ``True`` and ``False``, times to the second or finer."""
    if DTYPES[rule] == "datetime64[us]":
        instants = values.to_numpy("datetime64[us]")
        written = pd.Series(np.datetime_as_string(instants, unit="us"), values.index, dtype="str")
        written = written.str.replace("T", " ", n=1, regex=False).str.removesuffix(".000000")
        return written.mask(values.isna())
    return values.astype("str").mask(values.isna())


def values_of(texts: pd.Series, rule: str) -> pd.Series:
    """Read what `texts_of` wrote; `ValueError` for a text that it would not have written."""
    dtype = DTYPES[rule]
    if dtype == "str":
        return texts.astype("str")
    odd = texts.notna() & ~texts.str.fullmatch(_WRITTEN[dtype]).astype(bool)
    if odd.any():
        raise ValueError(f"{int(odd.sum())} texts are no {dtype}, first at {odd.idxmax()}")
    if dtype == "boolean":
        return texts.map({"True": True, "False": False}).astype(dtype)
    if dtype == "datetime64[us]":
        return pd.to_datetime(texts, format="ISO8601").astype(dtype)
    numbers = pd.to_numeric(texts).astype("Float64")
    limits = np.iinfo(np.int8 if dtype == "Int8" else np.int32)
    if not numbers.dropna().between(limits.min, limits.max).all():
        raise ValueError(f"a number is too large for {dtype}")
    return numbers.astype(dtype)
