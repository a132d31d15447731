"""Survey-platform exports and company tables into text DataFrames, as they are, with provenance."""

from csatlib.exports.codebook import code_book
from csatlib.exports.columns import Fields, mapped, match
from csatlib.exports.drift import diff, settle
from csatlib.exports.platforms import PLATFORMS, Platform, Sniffed
from csatlib.exports.reading import (
    claimed,
    read,
    read_all,
    require_sources,
    sniff,
)
from csatlib.exports.table import RUINED, ExportError, RawTable
from csatlib.exports.transcripts import REFUSALS, Transcripts, transcripts

__all__ = [
    "PLATFORMS",
    "REFUSALS",
    "RUINED",
    "ExportError",
    "Fields",
    "Platform",
    "RawTable",
    "Sniffed",
    "Transcripts",
    "claimed",
    "code_book",
    "diff",
    "mapped",
    "match",
    "read",
    "read_all",
    "require_sources",
    "settle",
    "sniff",
    "transcripts",
]
