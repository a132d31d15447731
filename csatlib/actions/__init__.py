"""Owned, dated, measurable measures, the follow-up of opinions, and whether measures worked."""

__all__: list[str] = []
