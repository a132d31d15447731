"""Personal data leaves before analysis begins: found, replaced, pseudonymised, unlinked."""

from csatlib.privacy.measured import measured_recall
from csatlib.privacy.pseudonyms import pseudonymise, unlink
from csatlib.privacy.redaction import find, redact
from csatlib.privacy.spelling import REPLACEMENTS

__all__ = [
    "REPLACEMENTS",
    "find",
    "measured_recall",
    "pseudonymise",
    "redact",
    "unlink",
]
