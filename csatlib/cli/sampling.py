"""The command that writes the invitation list: the sample that the plan's notebook shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csatlib.cli.base import QuarterArgument, RootOption, app
from csatlib.cli.tables import as_csv
from csatlib.cli.words import Command

if TYPE_CHECKING:
    import pandas as pd

    from csatlib.study import Study

__all__ = ["sample"]

_HEADINGS = {"ticket_id": "工单号", "customer_id": "客户编号", "stratum": "层"}
_HEADINGS |= {"inclusion_probability": "入样概率", "design_weight": "设计权数"}
#: What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@app.command(cls=Command, help="按研究文件的抽样计划抽取邀请名单，写成只有编号的 CSV。")
def sample(
    quarter: QuarterArgument,
    line: Annotated[str, typer.Option("--line", metavar="LINE", help="业务线。")],
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="要写出的 CSV 文件，已有时不覆盖。")
    ],
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="随机种子，与抽样计划笔记本相同，0 以上的整数。")
    ] = 0,
    root: RootOption = None,
) -> None:
    """Draw the sample of a quarter and write whom to invite."""
    from csatlib import store
    from csatlib.run.plan import lines_of
    from csatlib.run.problems import USAGE, RunError

    (name,) = lines_of(quarter, line=line, root=root)
    if to.exists():
        raise RunError(f"{to}：已有这个文件，不会覆盖；请换一个文件名。", USAGE)
    study = store.study(name, root)
    drawn, people = _drawn(quarter, study, seed, root)
    text = "\ufeff" + _list(drawn, study)
    with store.atomic(to.resolve(), mode=0o600) as stream:
        stream.write(text.encode())
    typer.echo(
        f"{quarter}/{name}：从 {people:,} {_unit(drawn)}中抽取 {len(drawn):,} {_unit(drawn)}，"
        f"随机种子 {seed}\n{to}"
    )
    typer.echo("名单里的编号能认出客户，只有本人可读；发送邀请之后请妥善保存或删除。", err=True)


def _drawn(quarter: str, study: Study, seed: int, root: Path | None) -> tuple[pd.DataFrame, int]:
    from csatlib import clean, exports, sampling, store

    files = store.raw(quarter, study.line, root, shared=True)
    raw = exports.read_all(files, study, cache=store.cache(root), roles=["customers", "tickets"])
    frame = store.refuse_forgotten(clean.sampling_frame(raw, study), study.line, root)
    salt = f"{quarter}/{study.line}"
    return sampling.draw_plan(frame, study.sampling, seed=seed, salt=salt), len(frame)


def _unit(drawn: pd.DataFrame) -> str:
    return "张工单" if "ticket_id" in drawn else "位客户"


def _list(drawn: pd.DataFrame, study: Study) -> str:
    """Write ids and how each was drawn, under the headings that the invitations' source reads."""
    own = {c: h for s in study.sources if s.role == "invitations" for c, h in s.mapping.items()}
    columns = [c for c in _HEADINGS if c in drawn and drawn[c].notna().any()]
    rows = [
        [_harmless(value) for value in row]
        for row in drawn[columns].itertuples(index=False, name=None)
    ]
    return as_csv([own.get(column, _HEADINGS[column]) for column in columns], rows)


def _harmless(value: object) -> object:
    """Set an apostrophe before text that a spreadsheet would run."""
    import pandas as pd

    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return None if pd.isna(value) else value  # type: ignore[call-overload]
