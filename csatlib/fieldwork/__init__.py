"""What happened to everyone we meant to ask."""

__all__: list[str] = []
