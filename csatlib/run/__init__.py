"""Executes the notebooks with papermill and publishes all or nothing."""

from csatlib.run.check import check
from csatlib.run.page import render
from csatlib.run.plan import Step, plan
from csatlib.run.problems import RunError
from csatlib.run.quarter import Outcome, quarter

__all__ = ["Outcome", "RunError", "Step", "check", "plan", "quarter", "render"]
