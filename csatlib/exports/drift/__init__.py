"""What changed between the forms of two quarters, and whether the study file has settled it."""

from csatlib.exports.drift.comparing import diff
from csatlib.exports.drift.settling import settle

__all__ = ["diff", "settle"]
