"""Run the calibration: ``python -m calibration`` with ``tests`` on the path; see ``--help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from calibration.suite import CELLS, choose, report, run_all


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the cells asked for; 1 where one breaks its promise."""
    parser = argparse.ArgumentParser(prog="calibration", description=__doc__)
    parser.add_argument("--only", default="", help="cells whose words hold this text")
    parser.add_argument("--samples", type=int, help="at most this many samples a cell")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="name the cells and stop")
    asked = parser.parse_args(arguments)
    cells = choose(CELLS, asked.only)
    if asked.list:
        print("\n".join(cell.key for cell in cells))
        return 0
    return report(run_all(cells, samples=asked.samples, processes=asked.processes))


if __name__ == "__main__":
    sys.exit(main())
