"""What goes with overall satisfaction: models, their checks, importances and priorities."""

__all__: list[str] = []
