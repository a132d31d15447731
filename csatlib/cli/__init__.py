"""The ``csat`` command: what it prints is Chinese, and its exit code says whose turn it is.

Exit codes: 0 done, 1 the data must be mended, 2 the call must be mended, 3 a fault of the program,
130 interrupted.
"""

from __future__ import annotations

import sys
import traceback

import typer

from csatlib.cli import checking, closing, data, quarters, quotes, sampling, terms
from csatlib.cli.base import app
from csatlib.cli.words import UsageError, usage

__all__ = ["app", "main"]

#: What typer answers to Ctrl-C.
_INTERRUPTED = 130

#: Each file adds its commands to the app when it is imported; help shows them in this order.
_COMMANDS = (quarters, checking, sampling, terms, quotes, closing, data)


def main() -> None:
    """Run ``csat`` and end the process with the exit code that fits."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """Run the command and turn whatever goes wrong into one message and an exit code."""
    command = typer.main.get_command(app)
    try:
        code = int(command.main(arguments, prog_name="csat", standalone_mode=False) or 0)
    except UsageError as error:
        return _tell(usage(error), code=2)
    except Exception as error:
        return _explain(error)
    if code == _INTERRUPTED:
        typer.echo("已中断；没有完成的业务线没有发布。", err=True)
    return code


def _tell(message: str, *, code: int) -> int:
    typer.echo(message, err=True)
    return code


def _explain(error: Exception) -> int:
    from csatlib.run.problems import RunError, blame

    fault = error if isinstance(error, RunError) else blame(type(error).__name__, str(error))
    if fault is error or fault.code == 1:
        return _tell(str(fault), code=fault.code)
    traceback.print_exception(error)
    return _tell("程序内部出错（上面是英文的细节）；没有完成的业务线没有发布。", code=fault.code)
