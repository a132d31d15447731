"""What each table between two stages looks like, and the quarter and line labels that name it."""

from csatlib.schema.checking import TABLES, check, empty
from csatlib.schema.columns import (
    CHANGES,
    CODINGS,
    DISPOSITIONS,
    POLARITIES,
    QUADRANTS,
    REVIEWS,
    ROLES,
    STAGES,
    STANDINGS,
    STATUSES,
    VERDICTS,
    Column,
    Table,
)
from csatlib.schema.labels import Quarter, SchemaError, check_line

__all__ = [
    "CHANGES",
    "CODINGS",
    "DISPOSITIONS",
    "POLARITIES",
    "QUADRANTS",
    "REVIEWS",
    "ROLES",
    "STAGES",
    "STANDINGS",
    "STATUSES",
    "TABLES",
    "VERDICTS",
    "Column",
    "Quarter",
    "SchemaError",
    "Table",
    "check",
    "check_line",
    "empty",
]
