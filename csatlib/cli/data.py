"""Commands for data that is there: ask it, back it up, lay it away, forget, and the key."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csatlib.cli.base import RootOption, app, day_of
from csatlib.cli.tables import aligned, as_csv, sql_problem
from csatlib.cli.words import Command, Group

if TYPE_CHECKING:
    from csatlib.store import Forgetting, Kept

__all__ = ["archive", "backup", "forget", "key_new", "key_path", "restore", "sql"]

RecipientOption = Annotated[
    list[str] | None,
    typer.Option(
        "--recipient", metavar="AGE", help="另外能打开它的收件公钥（age1 开头），可重复。"
    ),
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件。")]

keys = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="密钥：新建，或检查它能不能用。"
)


def _now() -> str:
    """Read the clock, once, at the edge."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


@app.command(cls=Command, help="用 SQL 查询各季度的表（只读）；不写 SQL 时列出有哪些表。")
def sql(
    query: Annotated[
        str | None, typer.Argument(metavar="SQL", help="一条 SELECT 语句，用引号括起来。")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="按 CSV 输出。")] = False,
    root: RootOption = None,
) -> None:
    """Ask the processed quarters."""
    import duckdb

    from csatlib import store
    from csatlib.run.problems import USAGE, RunError

    connection = store.connect(root)
    try:
        found = connection.execute(_selection(connection, query) if query else _VIEWS)
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    except duckdb.Error as error:
        known = [row[0] for row in connection.execute(_VIEWS).fetchall()]
        raise RunError(sql_problem(error, known), USAGE) from None
    typer.echo((as_csv if csv else aligned)(names, rows), nl=False)


_VIEWS = """
SELECT table_name AS 表, string_agg(column_name, ', ' ORDER BY column_index) AS 列
FROM duckdb_columns() WHERE database_name = 'memory' AND NOT internal
GROUP BY table_name ORDER BY table_name
"""


def _selection(connection: object, query: str) -> str:
    """Give the query back if it is one statement that only reads."""
    from csatlib.run.problems import USAGE, RunError

    statements = connection.extract_statements(query)  # type: ignore[attr-defined]
    kinds = [statement.type.name for statement in statements]
    if len(kinds) != 1 or kinds[0] not in ("SELECT", "EXPLAIN", "MULTI"):
        raise RunError("csat sql 只能查询：请写一条 SELECT 语句。", USAGE)
    return query


@app.command(cls=Command, help="把整个项目加密备份成一个文件，写完后读回核对。")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="要写出的备份文件。")],
    recipient: RecipientOption = None,
    root: RootOption = None,
) -> None:
    """Back the project up."""
    from csatlib import store

    kept = store.backup(file, root=root, made=_now(), recipients=recipient or ())
    typer.echo(f"已备份并核对：{_size(kept)}\n{kept.file}")
    _warn_loose(root)


@app.command(cls=Command, help="把备份恢复到一个空的文件夹里，全部恢复或什么也不写。")
def restore(
    file: FileArgument,
    root: Annotated[
        Path, typer.Option("--root", metavar="FOLDER", help="空的或还不存在的文件夹。")
    ],
) -> None:
    """Unpack a backup."""
    from csatlib import store

    typer.echo(f"已恢复并核对：{store.restore(file, root=root)}")


@app.command(cls=Command, help="把已发布的一个季度归档成一个文件，或核对一份归档。")
def archive(
    quarter: Annotated[
        str | None, typer.Argument(metavar="QUARTER", help="季度，例如 2026Q3。")
    ] = None,
    line: Annotated[
        str | None, typer.Argument(metavar="LINE", help="业务线，studies 里的文件夹名。")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="写到哪里；默认在项目的 archives 文件夹。"),
    ] = None,
    no_raw: Annotated[
        bool, typer.Option("--no-raw", help="不含原始问卷和身份库；这样的归档不加密。")
    ] = False,
    verify: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="只核对这份归档或备份。")
    ] = None,
    recipient: RecipientOption = None,
    root: RootOption = None,
) -> None:
    """Lay a quarter away, or verify what was laid away."""
    from csatlib import store
    from csatlib.run.problems import USAGE, RunError

    if verify is not None:
        if quarter or line or out or no_raw or recipient:
            raise RunError("--verify 只核对一个文件，不和别的参数一起用。", USAGE)
        kept = store.verify(verify)
        typer.echo(f"完好：{'、'.join(kept.holds)}，{_size(kept)}")
        return
    if quarter is None or line is None:
        raise RunError("请写季度和业务线，例如 csat archive 2026Q3 hotline。", USAGE)
    label = _checked(quarter, line)
    if no_raw and recipient:
        raise RunError("--no-raw 的归档不加密，不用写 --recipient。", USAGE)
    kept = store.archive(
        label,
        line,
        out=out,
        root=root,
        raw_files=not no_raw,
        made=_now(),
        recipients=recipient or (),
    )
    typer.echo(f"已归档并核对：{_size(kept)}\n{kept.file}")


@app.command(cls=Command, help="从原始文件、缓存、身份库和各表里删去一个人，或删去过期的原始文件。")
def forget(
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help="客户编号，或化名。")
    ] = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="改为删去超过保存期限的原始文件和身份库。")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DAY", help="按哪天算，例如 2026-10-08；默认今天。"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="真的删去；不写时只列出会删去什么。")] = False,
    root: RootOption = None,
) -> None:
    """Remove a person, or what has been kept too long."""
    from csatlib.run.problems import USAGE, RunError

    if (customer is None) != expired or (as_of is not None and not expired):
        raise RunError(
            "请写一个客户编号（csat forget CUSTOMER），或写 --expired [--as-of DAY]。", USAGE
        )
    if customer is None:
        _forget_expired(day_of(as_of), root, yes=yes)
    else:
        _forget_person(customer, root, yes=yes)


def _forget_person(customer: str, root: Path | None, *, yes: bool) -> None:
    from csatlib import store
    from csatlib.run.problems import DATA, RunError

    told = (store.forget if yes else store.forgetting)(customer, root=root)
    for note in told.notes:
        typer.echo(f"注意：{note}。", err=True)
    if not told.removals:
        raise RunError("没有找到这个人的任何数据；请核对编号的写法。", DATA)
    typer.echo("已删去：" if yes else "会删去（还没有动任何文件）：")
    rows = [(removal.file, removal.rows) for removal in told.removals]
    typer.echo(aligned(["文件", "行数"], rows), nl=False)
    _remind(told, yes=yes)


def _remind(told: Forgetting, *, yes: bool) -> None:
    lists = {
        "下列备份和归档里还有这个人，请另行处理：": told.backups,
        "下列报告里的数字仍算上了这个人；要更新请重新运行这些季度：": told.reports,
    }
    for words, paths in lists.items():
        if paths:
            typer.echo("\n".join([words, *(f"  {path}" for path in paths)]))
    if not yes:
        typer.echo("确定要删去，请加 --yes 再执行一次；删去后不能恢复。")


def _forget_expired(as_of: date, root: Path | None, *, yes: bool) -> None:
    from csatlib import store

    project = store.project_root(root)
    found = (store.expire if yes else store.expired)(as_of=as_of, root=project)
    if not found:
        typer.echo(f"到 {as_of}，没有超过保存期限的文件。")
        return
    typer.echo("已删去：" if yes else "已超过保存期限（还没有动任何文件）：")
    rows = [
        (str(file.relative_to(project)), str(gone.kept_until))
        for gone in found
        for file in gone.files
    ]
    typer.echo(aligned(["文件", "保存到"], rows), nl=False)
    if not yes:
        typer.echo("确定要删去，请加 --yes 再执行一次；删去后不能恢复。")


@keys.command("new", cls=Command, help="新建密钥；已有密钥时不会覆盖。")
def key_new() -> None:
    """Make the key."""
    from csatlib import store

    file = store.new_key()
    typer.echo(
        f"已新建密钥：{file}\n"
        "请现在就另存一份，放在别处：丢了它，身份库和备份谁也打不开；泄露了它，谁都能打开。"
    )


@keys.command("path", cls=Command, help="显示密钥在哪里，并检查它能不能用。")
def key_path() -> None:
    """Say where the key lies, and whether it will do."""
    from csatlib import store

    typer.echo(f"{store.check_key()}\n密钥可用。")


app.add_typer(keys, name="key")


def _checked(quarter: str, line: str) -> str:
    from csatlib.run.problems import USAGE, RunError
    from csatlib.schema import Quarter, SchemaError, check_line

    try:
        check_line(line)
        return str(Quarter.parse(quarter))
    except SchemaError:
        raise RunError(
            f"季度“{quarter}”应写成 2026Q3 的样子，业务线“{line}”应是 studies 里的文件夹名。", USAGE
        ) from None


def _size(kept: Kept) -> str:
    return f"{kept.files} 个文件，{kept.size / 1_000_000:.1f} MB"


def _warn_loose(root: Path | None) -> None:
    from csatlib import store

    if loose := store.loose_modes(root):
        typer.echo(
            f"注意：有 {len(loose)} 个含个人信息的文件，别的用户也能读到（例如 {loose[0]}）；"
            "请执行 chmod -R go-rwx data。",
            err=True,
        )
