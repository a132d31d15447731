"""From raw answers to trustworthy responses; every exclusion has a reason before it leaves."""

from csatlib.clean.frame import attach, table_of, twin_differences
from csatlib.clean.responses import Cleaned, intake, responses

__all__ = ["Cleaned", "attach", "intake", "responses", "table_of", "twin_differences"]
