"""Kernels that keep to themselves: what they print goes into the notebook and nowhere else."""

from __future__ import annotations

import subprocess
from typing import Any

from jupyter_client.manager import AsyncKernelManager

__all__ = ["QuietKernel"]


class QuietKernel(AsyncKernelManager):
    """A kernel without a terminal: C code and child processes write to it past the notebook."""

    async def start_kernel(self, **options: Any) -> None:
        """Start the kernel; the notebook still gets all that it prints."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super().start_kernel(**options, **quiet)
