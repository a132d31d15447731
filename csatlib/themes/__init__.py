"""A stable codeframe over comments and interviews."""

from csatlib.themes.coding import ThemeError, check, code, match

__all__ = ["ThemeError", "check", "code", "match"]
