"""The shape of a planted theme of the comments."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Theme"]


@dataclass(frozen=True)
class Theme:
    """A complaint that belongs to one dimension: where in the service (stage), what (action).

    ``share`` is the theme's part of its dimension's complaints.
    """

    id: str
    name: str
    stage: str
    action: str
    dimension: str
    share: float
    templates: tuple[str, ...]
