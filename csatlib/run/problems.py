"""What can go wrong in a run, and the exit code that says whose turn it is."""

from __future__ import annotations

__all__ = ["DATA", "INTERNAL", "USAGE", "RunError"]

#: Exit codes of ``csat``: mend the data, the call, or the program.
DATA, USAGE, INTERNAL = 1, 2, 3


class RunError(Exception):
    """A run that published nothing; the (Chinese) message says where and what to do."""

    def __init__(self, message: str, code: int = DATA) -> None:
        super().__init__(message)
        self.code = code
