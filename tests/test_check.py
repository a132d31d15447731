"""A quarter is checked before it is run: all that is wrong is told at once, with place and remedy."""

import pytest
from conftest import SHOP, shop_study
from openpyxl import load_workbook

from csatlib import run
from csatlib.cli import _run
from csatlib.run import RunError

HEADER = "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议\n"
ROWS = "".join(
    f"C{n},2026-07-{n:02d} 09:05,{300 + n},{4 + n % 2},{3 + n % 3},{n % 11},很好的店员{n}\n"
    for n in range(1, 21)
)
KEY = "\nprivacy: {key: public_test}\n"
QUARTER = "2026Q3"


@pytest.fixture
def project(tmp_path):
    """The small study with a telephone file and the customers of its answers."""
    shop_study(tmp_path, SHOP + KEY)
    for quarter in ("2026Q2", QUARTER):
        write(
            tmp_path,
            "电话.csv",
            HEADER + ROWS.replace("2026-07", "2026-04" if quarter == "2026Q2" else "2026-07"),
            quarter=quarter,
        )
        write(
            tmp_path,
            "customers.csv",
            "客户编号,区域\n" + "".join(f"C{n},华东\n" for n in range(1, 21)),
            quarter=quarter,
            line="all",
        )
    return tmp_path


def write(root, name, text, *, quarter=QUARTER, line="shop", encoding="utf-8"):
    file = root / "data" / "raw" / quarter / line / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))
    return file


def study(root, old, new):
    file = root / "studies" / "shop" / "study.yml"
    assert old in SHOP + KEY
    file.write_text((SHOP + KEY).replace(old, new), encoding="utf-8")


def grave(root):
    """Give what must be mended: place and words."""
    found = run.check(QUARTER, line="shop", root=root)["shop"]
    rows = found[found["severity"] == "must"]
    return [f"{r.place}：{r.finding}；{r.remedy}" for r in rows.itertuples()]


def test_a_sound_quarter_may_run_and_the_command_says_so(project, capsys):
    assert grave(project) == []
    assert _run(["check", QUARTER, "--root", str(project)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("2026Q3/shop：可以运行；")
    assert "公开的测试密钥" in told


def test_every_bad_file_is_told_not_only_the_first(project, capsys):
    write(project, "电话1.csv", "客户编号\n", encoding="utf-8")
    write(project, "电话2.csv", HEADER + ROWS, encoding="utf-16-le")
    write(project, "别的.csv", HEADER)
    told = grave(project)
    assert len(told) == 3
    assert any("电话1.csv" in t and "只有表头" in t and "重新导出" in t for t in told)
    assert any("电话2.csv" in t and "编码" in t for t in told)
    assert any("别的.csv" in t and "没有来源认领" in t and "sources" in t for t in told)
    assert _run(["check", QUARTER, "--root", str(project), "--line", "shop"]) == 1
    assert "还不能运行；必须改 3 处" in capsys.readouterr().out


def test_a_source_whose_only_file_is_bad_is_not_called_missing(project):
    study(
        project,
        "glob: customers.csv\n    reader: table\n    optional: true",
        "glob: customers.csv\n    reader: table",
    )
    write(project, "customers.csv", "", line="all")
    (told,) = grave(project)
    assert "空的" in told
    (project / "data" / "raw" / QUARTER / "all" / "customers.csv").unlink()
    write(project, "电话.csv", "")
    told = "\n".join(grave(project))
    assert "没有找到这样的文件" in told
    assert "空的" in told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: nps", "kind: np", ("study.yml 第", "questions.3.kind")),
        ("text: 推荐意愿", "text: 不在表里的题", ("电话.csv", "没有题目 recommend", "until")),
        ("区域}", "大区}", ("customers.csv", "“大区”", "mapping")),
        ("public_test", "own", ("csat key new",)),
        ("min_seconds: 10", "contradictions: [{name: 矛盾, when: {overal: [5]}}]", ("overal", "是不是想写 overall")),
    ],
    ids=["study", "question", "customers", "key", "contradiction"],
)  # fmt: skip
def test_each_fault_is_told_with_its_remedy(project, old, new, words, monkeypatch):
    monkeypatch.setenv("CSAT_KEY_FILE", str(project / "nowhere"))
    study(project, old, new)
    told = "\n".join(grave(project))
    assert all(word in told for word in words), told


def test_an_uncertain_match_with_the_last_quarter_must_be_settled(project):
    header = HEADER.replace("店员", "店长")
    write(project, "电话.csv", header + ROWS)
    study(project, "aliases: [店员]", "aliases: [店员, 店长]")
    assert grave(project) == []
    study(project, "aliases: [店员]", "aliases: [店长]")
    told = "\n".join(grave(project))
    assert all(word in told for word in ("店员", "店长", "aliases")), told


def test_a_quarter_without_files_is_told_and_a_wrong_call_is_another_matter(project):
    assert "2026Q4/shop" in run.check("2026Q4", root=project)["shop"]["place"].iloc[0]
    with pytest.raises(RunError) as error:
        run.check("2026Q9", root=project)
    assert error.value.code == 2


def test_what_is_odd_but_no_fault_is_told_with_its_rows(project, write_xlsx):
    write(project, "电话.csv", HEADER + ROWS.replace(",5,", ",还行吧,", 1))
    file = write_xlsx(project / "data" / "raw" / QUARTER / "shop" / "电话2.xlsx", [HEADER.strip().split(","), ["C9", "2026-08-01 09:00", "12", "5", "4", "9", "好"]])  # fmt: skip
    book = load_workbook(file)
    book.active.row_dimensions[2].hidden = True
    book.save(file)
    found = run.check(QUARTER, root=project)["shop"]
    told = [f"{r.severity} {r.place} {r.finding}" for r in found.itertuples()]
    assert any("电话.csv 第 2 行" in t and "无法识别" in t for t in told), told
    assert any("电话2.xlsx" in t and "隐藏" in t for t in told), told
    assert any("剔除" in t and t.startswith("note") for t in told), told
    assert list(found["severity"]) == sorted(
        found["severity"], key=["must", "should", "note"].index
    )
