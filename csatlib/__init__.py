"""Quarterly customer-satisfaction research, from survey exports to a report that can be traced.

Importing the package loads none of its rooms: each (``csatlib.estimates``, ``csatlib.text``, …)
is imported when it is first named, so that a notebook pays only for what it uses.
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import Any

__version__ = _version("csatlib")

#: The rooms in import order: a room imports only rooms to its left.
ROOMS = (
    "schema",
    "study",
    "scales",
    "exports",
    "clean",
    "privacy",
    "sampling",
    "fieldwork",
    "weights",
    "estimates",
    "drivers",
    "text",
    "themes",
    "actions",
    "evaluation",
    "charts",
    "report",
    "store",
    "demo",
    "run",
    "cli",
)

__all__ = ["ROOMS", "__version__", *ROOMS]


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return import_module(f"csatlib.{name}")
    raise AttributeError(f"module 'csatlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
