"""Many indicators into one judgement, and watching it over time."""

__all__: list[str] = []
