"""What the command says: typer's English help and complaints in Chinese."""

from __future__ import annotations

import re
from typing import Any

import typer

__all__ = ["Command", "Group", "UsageError", "usage"]

#: What typer says in English in a page of help.
_WORDS = {
    r"^Usage: ": "用法：",
    r"^Arguments:": "参数：",
    r"^Options:": "选项：",
    r"^Commands:": "命令：",
    r"\[OPTIONS\]": "[选项]",
    r"COMMAND \[ARGS\]\.\.\.": "命令 …",
    r"Show this message and exit\.": "显示帮助并退出。",
    r"\[required\]": "[必填]",
    r"\[default: ([^;\]]*)[^\]]*\]": r"[默认 \1]",
}


class _Chinese:
    """Gives a command its help in Chinese."""

    def get_help(self, ctx: typer.Context) -> str:
        text: str = super().get_help(ctx)  # type: ignore[misc]
        for english, chinese in _WORDS.items():
            text = re.sub(english, chinese, text, flags=re.MULTILINE)
        return text


class Command(_Chinese, typer.core.TyperCommand):
    """A command with Chinese help."""


class Group(_Chinese, typer.core.TyperGroup):
    """A group of commands with Chinese help, those of every quarter first."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands in the order of the help."""
        return sorted(super().list_commands(ctx), key=lambda name: name not in ("demo", "run"))


#: typer carries a copy of click, whose exceptions have no public name there.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

#: What typer says in English of a call, where the kind of the error alone does not tell.
_FAULTS = {
    r"unexpected extra argument\(s\) \((.*)\)": r"多出了参数 \1",
    r"Option '(.*?)' requires": r"选项 \1 后面要写一个值",
    r"Option '(.*?)' does not take": r"选项 \1 后面不能写值",
    r"Missing command": "没有写命令",
}


def usage(error: Any) -> str:
    """Say in Chinese what is wrong with a call."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.ctx.get_help())
    command = error.ctx.command_path if error.ctx else "csat"
    return f"用法不对：{_fault(error)}。请看 {command} --help。"


def _fault(error: Any) -> str:
    kind, message = type(error).__name__, str(error.message)
    if kind == "NoSuchOption":
        near = f"，是不是想写 {error.possibilities[0]}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if kind == "MissingParameter":
        return f"缺少 {error.param.name}（{error.param.help.rstrip('。')}）"
    if kind == "BadParameter":
        return f"{error.param.opts[-1]} 的值不对（{error.param.help.rstrip('。')}）"
    if found := re.search(r"No such command '(.*?)'", message):
        known = "、".join(error.ctx.command.list_commands(error.ctx))
        return f"没有命令 {found[1]}，可用的有 {known}"
    for english, chinese in _FAULTS.items():
        if found := re.search(english, message):
            return found.expand(chinese)
    return message.rstrip(".")
