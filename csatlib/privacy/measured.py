"""How much of the personal data is found, as measured on invented comments."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

__all__ = ["measured_recall"]

_TYPES = {
    "kind": "str",
    "sample": "str",
    "items": "Int64",
    "found": "Int64",
    "recall": "Float64",
    "false_alarms": "Int64",
    "false_alarm_base": "Int64",
}


def measured_recall() -> pd.DataFrame:
    """Give how much personal data `find` found in invented comments, and how often it was wrong.

    Returns
    -------
    DataFrame
        One row a kind of personal data and a sample: ``kind`` as in `find`; ``sample``,
        ``formats`` (a datum in one of many written forms in a composed sentence), ``listed``
        (a name that ``known`` or ``roster`` holds) or ``unlisted`` (a name that no list holds, in
        sentences written before the patterns and not used to improve them); ``items``, data in
        the sample; ``found``, those of which every character was found; ``recall``, found ÷
        items; ``false_alarms``, comments without personal data in which the kind was found;
        ``false_alarm_base``, how many such comments were searched.

    Notes
    -----
    The sentences were written by those who wrote the patterns, so that the figures are the best
    case. A company's own comments are written in other ways: have a sample of redacted comments
    read by a person before any is published. The test ``tests/test_privacy_recall.py`` computes
    the figures again and fails if they differ from these.

    Examples
    --------
    >>> measured = measured_recall().set_index(["kind", "sample"])
    >>> float(measured.loc[("mobile", "formats"), "recall"]) > 0.99
    True
    """
    with (files("csatlib.privacy") / "recall.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=_TYPES)
