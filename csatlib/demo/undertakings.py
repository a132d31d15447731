"""The measures of the fictional company by line, in the order of their numbers."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.demo.undertaking import Undertaking
from csatlib.demo.undertakings_hotline import HOTLINE
from csatlib.demo.undertakings_ops import OPS_COMPANY, OPS_EVENT

__all__ = ["UNDERTAKINGS"]

UNDERTAKINGS: Mapping[str, tuple[Undertaking, ...]] = {
    "hotline": HOTLINE,
    "ops_event": OPS_EVENT,
    "ops_company": OPS_COMPANY,
}
