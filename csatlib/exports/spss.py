"""A data file of SPSS as columns of text: wordings for codes, labels for headers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from csatlib.exports.guard import Limits, check_cells
from csatlib.exports.refusal import ExportError
from csatlib.exports.sheets import cell_text

__all__ = ["read_sav"]


def read_sav(path: str, *, file: str, limits: Limits) -> pa.Table:
    """Read a .sav or .zsav file; its first row is the headers.

    A value with a label becomes the label, any other is written out; missing values, those that
    the file declares missing included, are blank. A column without a label has its name.

    Raises
    ------
    ExportError
        If the file is damaged or `pyreadstat` is not installed.
    """
    try:
        import pyreadstat
    except ImportError:
        raise ExportError(
            f'{file}：读 SPSS 文件还缺一个库；请安装：pip install "csatlib[spss]"。'
        ) from None
    try:
        _, facts = pyreadstat.read_sav(path, metadataonly=True)
        check_cells(max(facts.number_rows or 0, 0), facts.number_columns, limits, file=file)
        values, facts = pyreadstat.read_sav(path, output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        raise ExportError(f"{file}：SPSS 文件读不出（{error}）；请用 SPSS 重新保存。") from None
    labels = facts.variable_value_labels
    columns = []
    for name in facts.column_names:
        header = facts.column_names_to_labels.get(name) or name
        wordings = labels.get(name, {})
        columns.append([header, *(_words(v, wordings) for v in values[name])])
    return pa.table(
        [pa.array(c, pa.large_string()) for c in columns],
        names=[str(i) for i in range(len(columns))],
    )


def _words(value: Any, wordings: Mapping[Any, str]) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if value in wordings:
        return str(wordings[value])
    if isinstance(value, str):
        return value.rstrip()
    return cell_text(value.item() if hasattr(value, "item") else value)
