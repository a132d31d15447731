"""A stable codeframe over comments and interviews: themes, quotes, agreement, words by numbers."""

from csatlib.themes.joining import joint_display
from csatlib.themes.quoting import quote_counts, quote_ids, quotes, released

__all__ = ["joint_display", "quote_counts", "quote_ids", "quotes", "released"]
