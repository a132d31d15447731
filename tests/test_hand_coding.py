"""The register of comments that people coded: what is read, and how a fault is told."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from csatlib import schema, store, themes
from csatlib.store import hand_coding
from csatlib.study import Codeframe, Theme

FRAME = Codeframe(
    themes=tuple(
        Theme(id=id_, name=name, stage="接通", action="排队", patterns=("等",))
        for id_, name in (("wait", "等待过长"), ("menu", "菜单难找"))
    )
)


@pytest.fixture
def project(tmp_path, repository, monkeypatch):
    """A project of one line whose codeframe has two themes."""
    shutil.copytree(repository / "studies" / "hotline", tmp_path / "studies" / "hotline")
    (tmp_path / "registers" / "hotline").mkdir(parents=True)
    known = store.study("hotline", tmp_path).model_copy(update={"codeframe": FRAME})
    monkeypatch.setattr(hand_coding, "study", lambda _line, _root: known)
    return tmp_path


def write(project, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (project / "registers" / "hotline" / "coding.csv").write_bytes(data)


def read(project) -> list[tuple]:
    table = store.hand_coded("hotline", project)
    schema.check(table, "hand_coded")
    return [tuple(None if pd.isna(v) else v for v in row) for row in table.to_numpy()]


def test_without_a_register_nobody_coded(project):
    table = store.hand_coded("hotline", project)
    assert table.empty
    schema.check(table, "hand_coded")


FILES = {
    "ids": ("comment_id,theme\na,wait\nb,\n", [("a", "wait", None), ("b", None, None)]),
    "names": ("comment_id,theme\na,等待过长\n", [("a", "wait", None)]),
    "several": (
        "comment_id,theme\na,wait、菜单难找\n",
        [("a", "wait", None), ("a", "menu", None)],
    ),
    "coders": (
        "coder,comment_id,theme\n甲,a,wait\n乙,a,\n",
        [("a", "wait", "甲"), ("a", None, "乙")],
    ),
    "mark and blank lines": (
        "\ufeffcomment_id, theme\r\n\r\n a , wait \r\n,,\r\n",
        [("a", "wait", None)],
    ),
    "GB18030": ("comment_id,theme\na,等待过长\n".encode("gb18030"), [("a", "wait", None)]),
    "short rows": ("comment_id,theme\na\n", [("a", None, None)]),
    "header only": ("comment_id,theme\n", []),
}


@pytest.mark.parametrize(("content", "rows"), FILES.values(), ids=list(FILES))
def test_a_register_is_read(project, content, rows):
    write(project, content)
    assert read(project) == rows


FAULTS = {
    "empty": ("", "第 1 行缺少列 comment_id、theme；表头应为"),
    "column missing": ("comment_id\na\n", "第 1 行缺少列 theme；"),
    "semicolons": ("comment_id;theme\na;wait\n", "用英文逗号隔开"),
    "text": ("comment_id,theme,text\na,wait,我姓王\n", "第 3 列）；这里只登记"),
    "column twice": ("comment_id,theme,theme\na,wait,menu\n", "两列同名；请删去一列"),
    "no comment": ("comment_id,theme\n,wait\n", "第 2 行没有 comment_id；请补上"),
    "unknown theme": (
        "comment_id,theme\na,wait\nb,wiat\n",
        "第 3 行 theme 写了“wiat”，不是编码表里的主题；请改成其中之一：wait、menu",
    ),
    "words as theme": (
        "comment_id,theme\na," + "我的电话是" * 5 + "\n",
        "第 2 行 theme 写了一段长文字",
    ),
    "comma between themes": (
        "comment_id,theme\na,wait,menu\n",
        "第 2 行有 3 格，表头只有 2 格；一条留言有几个主题时用“、”隔开",
    ),
    "twice": (
        "comment_id,theme\na,wait\na,等待过长\n",
        "第 3 行与第 2 行的留言、主题和编码人都相同",
    ),
    "twice in a row": ("comment_id,theme\na,wait、wait\n", "第 2 行与第 2 行"),
    "theme and none": ("comment_id,theme\na,\na,wait\n", "第 2 行说这条留言没有主题，第 3 行"),
    "coder missing": ("comment_id,theme,coder\na,wait,甲\nb,,\n", "第 3 行没有写 coder"),
    "quotation mark": ('comment_id,theme\n"a,wait\n', "引号没有配对"),
    "UTF-16": ("comment_id,theme\n".encode("utf-16"), "读不出文字；请在 Excel 里另存为"),
}


@pytest.mark.parametrize(("content", "message"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_with_its_row_and_remedy(project, content, message):
    write(project, content)
    with pytest.raises(store.StoreError) as told:
        store.hand_coded("hotline", project)
    assert message in str(told.value)
    assert str(told.value).startswith("registers/hotline/coding.csv：")
    assert str(told.value).endswith("。")
    assert "我姓王" not in str(told.value)
    assert "我的电话是" not in str(told.value)


def test_without_a_codeframe_that_is_what_is_told(project, repository, monkeypatch):
    bare = store.study("hotline", repository).model_copy(update={"codeframe": Codeframe()})
    monkeypatch.setattr(hand_coding, "study", lambda _line, _root: bare)
    write(project, "comment_id,theme\na,wait\n")
    with pytest.raises(store.StoreError, match="还没有主题；请先写"):
        store.hand_coded("hotline", project)


def test_an_unknown_line_is_told():
    with pytest.raises(schema.SchemaError):
        store.hand_coded("../hotline")


def test_what_is_read_can_be_held_against_rules(project):
    write(project, "comment_id,theme\na,wait\nb,\n")
    coded = pd.DataFrame({"comment_id": ["a", "b"], "theme": ["wait", "wait"]})
    table = themes.rule_agreement(coded, store.hand_coded("hotline", project))
    assert table.loc[0, ["true_positive", "false_positive"]].tolist() == [1, 1]
