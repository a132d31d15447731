"""A stable codeframe over comments and interviews."""

__all__: list[str] = []
