"""Personal data leaves before analysis begins, and no published table tells of a small group."""

from csatlib.privacy.redaction import REPLACEMENTS, find, redact
from csatlib.privacy.suppression import audit, suppress

__all__ = ["REPLACEMENTS", "audit", "find", "redact", "suppress"]
