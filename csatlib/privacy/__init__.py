"""Personal data leaves before analysis begins, and no published table tells of a small group."""

from csatlib.privacy.following import follow
from csatlib.privacy.measured import measured_recall
from csatlib.privacy.pseudonyms import pseudonymise, unlink
from csatlib.privacy.redaction import find, redact
from csatlib.privacy.release import identities, protect, redact_columns
from csatlib.privacy.spelling import REPLACEMENTS
from csatlib.privacy.spoken import redact_interviews
from csatlib.privacy.suppression import audit, suppress

__all__ = [
    "REPLACEMENTS",
    "audit",
    "find",
    "follow",
    "identities",
    "measured_recall",
    "protect",
    "pseudonymise",
    "redact",
    "redact_columns",
    "redact_interviews",
    "suppress",
    "unlink",
]
