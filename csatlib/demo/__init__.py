"""A seeded, obviously fictional company: its raw files, and the truths planted in them."""

from csatlib.demo.files import DemoError, write
from csatlib.demo.registers import follow, undertake
from csatlib.demo.reviews import review
from csatlib.demo.truths import truth
from csatlib.demo.voices import voiced

__all__ = [
    "DemoError",
    "follow",
    "review",
    "truth",
    "undertake",
    "voiced",
    "write",
]
