"""How many customers to ask, where, and which ones."""

__all__: list[str] = []
