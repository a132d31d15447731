"""What can go wrong in a run, and the exit code that says whose turn it is."""

from __future__ import annotations

__all__ = ["DATA", "INTERNAL", "USAGE", "RunError", "blame", "without_personal_data"]

#: Exit codes of ``csat``: mend the data, the call, or the program.
DATA, USAGE, INTERNAL = 1, 2, 3

#: Errors whose message tells a person what to mend in the data; of a kernel only names arrive.
_DATA_ERRORS = ("ActionError", "ExportError", "SchemaError", "StoreError", "StudyError")

#: What the disk refuses: a person can mend it without the program.
_DISK_ERRORS = ("OSError", *(kind.__name__ for kind in OSError.__subclasses__()))


class RunError(Exception):
    """A run that published nothing; the (Chinese) message says where and what to do."""

    def __init__(self, message: str, code: int = DATA) -> None:
        super().__init__(message)
        self.code = code


def blame(name: str, message: str) -> RunError:
    """Say of an error, by the name of its class, whether the data or the program is at fault."""
    if name in _DATA_ERRORS:
        return RunError(without_personal_data(message), DATA)
    if name in _DISK_ERRORS:
        return RunError(f"文件或文件夹读写不了（{message}）；请检查权限和磁盘空间。", DATA)
    return RunError(f"程序出错（{name}: {without_personal_data(message)}）。", INTERNAL)


def without_personal_data(message: str) -> str:
    """Redact a message: it may quote a cell, and it ends in a log that anybody reads."""
    import pandas as pd

    from csatlib import privacy

    return str(privacy.redact(pd.Series([message])).iloc[0])
