"""Respondents stand for customers: base weights, nonresponse, margins, trimming."""

__all__: list[str] = []
