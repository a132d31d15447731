"""What each table between two stages looks like, and the quarter and line labels that name it."""

from csatlib.schema.checking import TABLES, check, empty
from csatlib.schema.columns import (
    CHANGES,
    DISPOSITIONS,
    QUADRANTS,
    ROLES,
    STAGES,
    STATUSES,
    Column,
    Table,
)
from csatlib.schema.labels import Quarter, SchemaError, check_line

__all__ = [
    "CHANGES",
    "DISPOSITIONS",
    "QUADRANTS",
    "ROLES",
    "STAGES",
    "STATUSES",
    "TABLES",
    "Column",
    "Quarter",
    "SchemaError",
    "Table",
    "check",
    "check_line",
    "empty",
]
