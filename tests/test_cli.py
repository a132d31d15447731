"""The csat command: Chinese words, an exit code that says whose turn it is, and no half results."""

import os
import pty
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from csatlib import __version__, run, store
from csatlib.cli import _run as csat
from csatlib.cli import quarters
from csatlib.exports import ExportError
from csatlib.run.problems import INTERNAL, RunError

CSAT = (sys.executable, "-c", "from csatlib.cli import main; main()")
STUDY = """\
line: {line}
title: 门店满意度调查
population: {{description: 近三个月到店的客户}}
scales: {{five: {{low: 1, high: 5, cutoff: 4}}}}
sources:
  - role: responses
    glob: "答卷*.csv"
    reader: table
    channel: 门店
    mapping: {{customer_id: 客户编号, submitted_at: 提交时间}}
questions: [{{id: overall, text: 整体满意度, kind: rating, scale: five}}]
report: {{overall: overall}}
"""
HEADER = "客户编号,提交时间,整体满意度"
ROWS = "".join(f"\nC{i},2026-08-0{i} 10:00:00,{i % 5 + 1}" for i in range(1, 8))
PARAMETERS = """\
quarter: str = "2026Q3"
line: str = "shop"
as_of: str = "2026-09-30"
seed: int = 0
"""
NOISE = """\
import logging, os, sys, warnings

print("noise")
print("noise", file=sys.stderr)
os.write(2, b"noise")
os.system("echo noise; echo noise >&2")
warnings.warn("noise")
logging.getLogger().error("noise")"""
CLEAN = """\
from csatlib import clean, exports, store

study = store.study(line)
raw = exports.read_all(store.raw(quarter, line), study)
cleaned = clean.responses(raw, study, quarter=quarter)
store.write(cleaned.quarantined, "quarantine", quarter, line)"""


def add_line(root, line, files, study=STUDY):
    (root / "studies" / line).mkdir(parents=True)
    (root / "studies" / line / "study.yml").write_text(study.format(line=line), encoding="utf-8")
    folder = root / "data/raw/2026Q3" / line
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def add_notebook(root, *cells):
    node = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python"}})
    node.cells.append(v4.new_code_cell(PARAMETERS, id="p", metadata={"tags": ["parameters"]}))
    node.cells += [v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    (root / "notebooks").mkdir()
    nbformat.write(node, root / "notebooks/01_clean.ipynb")


@pytest.fixture(autouse=True)
def outside_any_project(monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one line, to stand in; nothing in these tests starts its notebook."""
    add_line(tmp_path, "shop", {"答卷.csv": (HEADER + ROWS).encode()})
    add_notebook(tmp_path, "print()")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(root):
    return sorted(str(f.relative_to(root)) for f in root.rglob("*") if f.is_file())


def english(text):
    """Give the words of a message that are neither Chinese nor names that the reader may type."""
    known = r"csat|demo|run|QUARTER|LINE|NOTEBOOK|NAME|VALUE|FOLDER|N|str|studies|data|raw|h|p|root"
    options = r"only|parameter|jobs|quarter|line|seed|help|version|out|no|verify|recipient|csv|expired|as|of|yes|all"
    names = r"check|sample|to|sql|SQL|SELECT|CSV|backup|restore|archive|archives|forget|key|new|path|FILE|AGE|age|DAY|CUSTOMER|terms|quotes|actions|followups|cases|owner|week|today|export|merge|accept|reject|WORD|registers|xlsx"
    words = re.findall(r"[A-Za-z_]+", re.sub(r"20\d\dQ\d", "", text))
    return [w for w in words if not re.fullmatch(f"{known}|{options}|{names}", w)]


# help, and a wrong call


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--help"], ["用法：csat [选项] 命令", "命令：", "运行一个季度"], id="csat"),
        pytest.param(["run", "--help"], ["参数：", "选项：", "[必填]", "[默认 1]"], id="run"),
        pytest.param(["check", "-h"], ["原始文件", "--all"], id="check"),
        pytest.param(["sample", "-h"], ["抽样计划", "不覆盖", "[必填]"], id="sample"),
        pytest.param(["sql", "-h"], ["只读", "SELECT"], id="sql"),
        pytest.param(["backup", "-h"], ["加密备份", "收件公钥"], id="backup"),
        pytest.param(["restore", "-h"], ["空的", "[必填]"], id="restore"),
        pytest.param(["archive", "-h"], ["归档", "不含原始问卷"], id="archive"),
        pytest.param(["forget", "-h"], ["删去一个人", "真的删去"], id="forget"),
        pytest.param(["terms", "-h"], ["新词", "--accept"], id="terms"),
        pytest.param(["quotes", "-h"], ["原话", "复核"], id="quotes"),
        pytest.param(["actions", "-h"], ["草案", "--merge", "逾期"], id="actions"),
        pytest.param(["followups", "-h"], ["本周", "--export", "不写时只看登记表"], id="followups"),
        pytest.param(["cases", "-h"], ["案例", "[必填]"], id="cases"),
        pytest.param(["key", "-h"], ["新建密钥", "密钥在哪里"], id="key"),
        pytest.param(["demo", "-h"], ["随机种子", "[默认 0]", "显示帮助并退出"], id="demo"),
    ],
)
def test_help_is_chinese(capsys, arguments, words):
    assert csat(arguments) == 0
    told = capsys.readouterr()
    assert not told.err
    assert english(told.out) == []
    for word in words:
        assert word in told.out


def test_without_a_command_the_help_is_shown_as_a_wrong_call(capsys):
    assert csat([]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err[:10]) == ("", "用法：csat [选")
    assert english(told.err) == []


def test_the_version_is_told_without_loading_a_room():
    code = "import sys; from csatlib.cli import _run; _run(['--version'])\n"
    code += "print([m for m in ('pandas', 'papermill', 'csatlib.store') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == f"csat {__version__}\n[]\n"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "rnu 2026Q3",
            "用法不对：没有命令 rnu，可用的有 demo、run、check、actions、followups、cases、sql、backup、restore、archive、forget、quotes、sample、terms、key。请看 csat --help。",
        ),
        ("run", "用法不对：缺少 quarter（季度，例如 2026Q3）。请看 csat run --help。"),
        ("run 2026Q3 --lnie x", "没有选项 --lnie，是不是想写 --line"),
        ("--zzz", "没有选项 --zzz。请看 csat --help"),
        ("run 2026Q3 2026Q2", "多出了参数 2026Q2"),
        ("run 2026Q3 --line", "选项 --line 后面要写一个值"),
        ("--version=3", "选项 --version 后面不能写值"),
        ("run 2026Q3 --jobs 0", "--jobs 的值不对（同时运行几条业务线，1 到 16 的整数）"),
        ("run 2026Q3 --jobs many", "--jobs 的值不对"),
        ("demo --seed x", "--seed 的值不对（随机种子，整数）"),
        ("run 2026Q5", "季度“2026Q5”不对；应写成 2026Q3 的样子"),
        ("run 2026Q3 --line Shop", "业务线“Shop”不对；studies 里的文件夹只用小写英文字母"),
        ("run 2026Q3 --line zoo", "没有业务线“zoo”：studies/zoo/study.yml 不存在（已有：shop）"),
        ("run 2026Q3 --only 07", "没有名为“07”的笔记本；有：01_clean"),
        ("run 2026Q3 -p seed", "参数“seed”应写成 名称=值"),
        ("run 2026Q3 -p 1x=3", "参数“1x=3”应写成 名称=值"),
        ("run 2026Q3 -p sead=3", "没有笔记本认识参数“sead”；是不是想写 seed？"),
        ("run 2026Q3 -p seed=many", "参数 seed 的值 'many' 类型不对"),
        ("run 2026Q3 -p as_of=tomorrow", "参数 as_of 的值 'tomorrow' 不是日期"),
        ("run 2026Q3 -p line=zoo", "参数 line 由命令本身给出"),
        ("demo --quarter 2030Q1", "虚构公司没有季度“2030Q1”；有：2026Q1、2026Q2、2026Q3"),
        ("demo --line zoo", "虚构公司没有业务线“zoo”；有：hotline"),
    ],
)
def test_a_wrong_call_is_told_in_chinese_and_does_nothing(project, capsys, call, message):
    before = files(project)
    assert csat(call.split()) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert files(project) == before


def test_a_wrong_call_ends_the_process_with_two(project):
    told = subprocess.run([*CSAT, "run", "2026Q5"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("季度“2026Q5”不对")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("top=30", "top", 30),
        ("share=0.5", "share", 0.5),
        ("as_of=2026-08-31", "as_of", "2026-08-31"),
        ("as_of=2026-10-31", "as_of", "2026-10-31"),
        ("words=['a', 'b']", "words", ["a", "b"]),
        ("region=华东", "region", "华东"),
        ("rule=a=b", "rule", "a=b"),
        ("text='30'", "text", "30"),
        ("empty=", "empty", ""),
    ],
)
def test_a_parameter_is_read_as_a_literal_or_as_text(text, name, value):
    assert quarters._parameter(text) == (name, value)


# what a run is told, and what it tells


def test_the_options_reach_the_run(project, capsys, monkeypatch):
    given = {}

    def quarter(label, **options):
        given.update(options, quarter=label)
        options["progress"]("shop", "01_clean", 0, 1)
        options["progress"]("shop", None, 1, 1)
        return [run.Outcome("shop", Path("reports/2026Q3/shop"))]

    monkeypatch.setattr(run, "quarter", quarter)
    call = "run 2026Q3 --line shop --only 01 --only 09 -p top=3 -p a=b --jobs 2 --root ."
    assert csat(call.split()) == 0
    del given["progress"]
    assert given == {
        "quarter": "2026Q3",
        "line": "shop",
        "root": Path(),
        "only": ["01", "09"],
        "jobs": 2,
        "parameters": {"top": 3, "a": "b"},
    }
    told = capsys.readouterr()
    assert told.out == "2026Q3/shop 已发布：reports/2026Q3/shop\n"
    assert told.err == "shop：01_clean（1/1）\n"


@pytest.mark.parametrize(
    ("codes", "expected"), [((0, 0), 0), ((0, 1), 1), ((3, 1), 3), ((1, 0), 1)]
)
def test_the_gravest_line_decides_the_exit_code(project, capsys, monkeypatch, codes, expected):
    outcomes = [
        run.Outcome(f"line{i}", None, f"line{i} 坏了", code)
        if code
        else run.Outcome(f"line{i}", Path("there"))
        for i, code in enumerate(codes)
    ]
    monkeypatch.setattr(run, "quarter", lambda *_, **__: outcomes)
    assert csat(["run", "2026Q3"]) == expected
    told = capsys.readouterr()
    for i, code in enumerate(codes):
        words = f"line{i} 坏了\n" if code else f"2026Q3/line{i} 已发布：there\n"
        assert words in (told.err if code else told.out)


@pytest.mark.parametrize(
    ("error", "code", "last"),
    [
        pytest.param(ExportError("a.csv：空的；请补上。"), 1, "a.csv：空的；请补上。", id="data"),
        pytest.param(RunError("停了。", INTERNAL), 3, "停了。", id="told by the run"),
        pytest.param(
            KeyError("unforeseen"),
            3,
            "程序内部出错（上面是英文的细节）；没有完成的业务线没有发布。",
            id="unforeseen",
        ),
        pytest.param(
            KeyboardInterrupt(), 130, "已中断；没有完成的业务线没有发布。", id="interrupted"
        ),
    ],
)
def test_an_error_ends_with_one_chinese_line_and_its_code(
    project, capsys, monkeypatch, error, code, last
):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(run, "quarter", fail)
    assert csat(["run", "2026Q3"]) == code
    told = capsys.readouterr().err
    assert told.splitlines()[-1] == last
    assert ("Traceback" in told) == isinstance(error, KeyError)


def test_a_folder_that_is_no_project_is_a_problem_of_the_data(tmp_path, capsys):
    assert csat(["run", "2026Q3", "--root", str(tmp_path)]) == 1
    assert "这里没有 studies 文件夹" in capsys.readouterr().err


def test_a_quarter_without_any_file_is_told_once(project, capsys):
    before = files(project)
    assert csat(["run", "2031Q1"]) == 1
    assert capsys.readouterr().err == (
        "data/raw/2031Q1/：没有这个季度的文件夹（已有：2026Q3）；"
        "请把导出文件原样放进 data/raw/2031Q1/<业务线>/。\n"
    )
    assert files(project) == before


def shown_on(reader):
    """Read what was written to a terminal whose other end is closed."""
    screen = b""
    with suppress(OSError):
        while part := os.read(reader, 4096):
            screen += part
    os.close(reader)
    return screen.decode()


@pytest.mark.parametrize("published", [True, False], ids=["published", "stopped half-way"])
def test_a_bar_on_a_terminal_ends_where_the_line_ended(monkeypatch, published):
    reader, writer = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with os.fdopen(writer, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with quarters._progress() as told:
            told("shop", "01_clean", 0, 2)
            told("shop", "09_report", 1, 2)
            if published:
                told("shop", None, 2, 2)
    screen = shown_on(reader)
    assert screen.endswith("\r\n\x1b[?25h")
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen).strip().splitlines()[-1]
    half = bool(re.search("[╸╺]", last))
    assert (last[:8], half) == ("shop：已发布" if published else "shop：09_", not published)


# the fictional company


def test_demo_writes_its_files_into_the_project(project, capsys):
    call = "demo --quarter 2026Q1 --line ops_company"
    assert csat(call.split()) == 0
    assert "已写出虚构公司的数据" in capsys.readouterr().out
    written = {str(f.parent) for f in (project / "data/raw").glob("*/*/*")}
    folders = ("2026Q1/all", "2026Q1/ops_company", "2026Q3/shop")
    assert written == {str(project / "data/raw" / folder) for folder in folders}
    before = files(project)
    assert csat(call.split()) == 0
    assert files(project) == before


def test_demo_does_not_mix_with_the_files_of_others(project, capsys):
    foreign = project / "data/raw/2026Q1/ops_company/答卷.csv"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("真实数据", encoding="utf-8")
    before = files(project)
    assert csat(["demo", "--quarter", "2026Q1", "--line", "ops_company"]) == 1
    told = capsys.readouterr().err
    assert f"{foreign}：这个文件不是虚构公司的" in told
    assert "请把它移走，或用 --root 换一个项目" in told
    assert english(told.replace(str(foreign), "")) == []
    assert files(project) == before
    assert foreign.read_text(encoding="utf-8") == "真实数据"


# raw files and study files that a person got wrong

UTF8 = (HEADER + ROWS).encode()
TRADITIONAL = "客戶編號,提交時間,整體滿意度\n" + "甲乙,2026-08-01,滿意\n" * 20
WRONG = {
    "no_folder": ({}, STUDY, r"data/raw/2026Q3/no_folder/：没有这个文件夹.*请把该季度的导出文件"),
    "no_file": (
        {"问卷.csv": UTF8},
        STUDY,
        r"no_file/答卷\*\.csv：没有找到这样的文件.*请把导出文件放进该季度的文件夹",
    ),
    "big5": (
        {"答卷.csv": TRADITIONAL.encode("big5")},
        STUDY,
        r"答卷\.csv：编码不能确定.*请另存为 UTF-8",
    ),
    "random": (
        {"答卷.csv": HEADER.encode() + b"\n\x81\x20\xff\xfe\x00\x9d" * 9},
        STUDY,
        r"答卷\.csv：.*请",
    ),
    "no_bytes": ({"答卷.csv": b""}, STUDY, r"答卷\.csv：.*请重新导出"),
    "no_rows": ({"答卷.csv": HEADER.encode()}, STUDY, r"答卷\.csv：只有表头，没有一行数据.*请核对"),
    "strange": (
        {
            "答卷.csv": UTF8.replace("满意度".encode(), "满意度,天气".encode(), 1).replace(
                b"\n", b",\n"
            )
        },
        STUDY,
        r"答卷\.csv：研究文件不认识“天气”列.*请加进 questions",
    ),
    "unasked": (
        {"答卷.csv": UTF8.replace("整体满意度".encode(), "总的感觉".encode())},
        STUDY,
        r"答卷\.csv：没有题目 overall“整体满意度”的列.*请写进",
    ),
    "misspelt": (
        {"答卷.csv": UTF8},
        STUDY.replace("title:", "titel:"),
        r"studies/misspelt/study\.yml 第 2 行 titel：不认识的键；是不是想写 title？",
    ),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """Run one quarter whose lines all have something wrong but one; it says nothing else."""
    root = tmp_path_factory.mktemp("wrong")
    for line, (content, study, _) in WRONG.items():
        add_line(root, line, content, study)
    shutil.rmtree(root / "data/raw/2026Q3/no_folder")
    add_line(root, "good", {"答卷.csv": UTF8})
    add_notebook(root, NOISE, CLEAN)
    command = [*CSAT, "run", "2026Q3", "--jobs", "2", "--root", str(root)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return root, told


@pytest.mark.notebooks
@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_file_is_told_with_place_and_remedy_and_publishes_nothing(wrong, line):
    root, told = wrong
    assert told.returncode == 1
    problem = (root / "reports/.failed/2026Q3" / line / "message.txt").read_text("utf-8")
    assert problem in told.stderr
    assert re.search(rf"^2026Q3/{line} 没有发布。", problem)
    assert re.search(WRONG[line][2], problem), problem
    assert "程序出错" not in problem
    assert not (root / "reports/2026Q3" / line).exists()
    assert not (root / "data/processed/2026Q3" / line).exists()


@pytest.mark.notebooks
def test_the_line_beside_them_is_published_and_kernels_stay_silent(wrong):
    root, told = wrong
    assert told.stdout == f"2026Q3/good 已发布：{root / 'reports/2026Q3/good'}\n"
    assert store.read("quarantine", "2026Q3", "good", root).empty
    assert "noise" not in told.stderr
    notebook = nbformat.read(root / "reports/2026Q3/good/01_clean.ipynb", 4)
    printed = [o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", [])]
    assert "".join(printed).count("noise") >= 4
    problems = "".join(
        (root / "reports/.failed/2026Q3" / line / "message.txt").read_text("utf-8")
        for line in sorted(WRONG)
    )
    began = {f"{line}：01_clean（1/1）" for line in (*WRONG, "good")}
    assert set(told.stderr.splitlines()) - set(problems.splitlines()) <= began


# the invitation list


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A project before anybody has answered: customers only, one with an id that is a formula."""
    study = (
        STUDY
        + """\
sampling: {{total: 5}}
"""
    )
    customers = "  - {{role: customers, folder: all, glob: customers.csv, reader: table, "
    customers += (
        "mapping: {{customer_id: 客户编号, region: 区域}}, personal: {{name: 姓名}}}}\nquestions"
    )
    add_line(tmp_path, "shop", {}, study.replace("questions", customers, 1))
    folder = tmp_path / "data/raw/2026Q3/all"
    folder.mkdir()
    rows = "".join(f"\nC{i:02d},东,张三{i}" for i in range(8)) + "\n=1+1,西,李四"
    (folder / "customers.csv").write_text("客户编号,区域,姓名" + rows, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_invitation_list_is_the_sample_with_ids_only(listed, capsys):
    from csatlib import clean, exports, sampling

    assert csat(["sample", "2026Q3", "--line", "shop", "--to", "list.csv"]) == 0
    told = capsys.readouterr()
    assert "从 9 位客户中抽取 5 位客户，随机种子 0" in told.out
    text = (listed / "list.csv").read_text(encoding="utf-8-sig")
    assert (listed / "list.csv").stat().st_mode & 0o777 == 0o600
    assert text.splitlines()[0] == "客户编号,层,入样概率,设计权数"
    assert "张三" not in text + told.out + told.err
    study = store.study("shop")
    raw = exports.read_all(store.raw("2026Q3", "shop", shared=True), study, roles=["customers"])
    frame = clean.sampling_frame(raw, study)
    drawn = sampling.draw_plan(frame, study.sampling, seed=0, salt="2026Q3/shop")
    ids = [row.split(",")[0].lstrip("'") for row in text.splitlines()[1:]]
    assert ids == drawn["customer_id"].tolist()


def test_an_invitation_list_is_never_overwritten(listed, capsys):
    (listed / "list.csv").write_text("mine", encoding="utf-8")
    assert csat(["sample", "2026Q3", "--line", "shop", "--to", "list.csv"]) == 2
    assert "不会覆盖" in capsys.readouterr().err
    assert (listed / "list.csv").read_text(encoding="utf-8") == "mine"


def test_no_cell_of_the_list_is_a_formula(listed):
    path = listed / "studies/shop/study.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("total: 5", "method: census"), encoding="utf-8"
    )
    assert csat(["sample", "2026Q3", "--line", "shop", "--to", "list.csv"]) == 0
    text = (listed / "list.csv").read_text(encoding="utf-8-sig")
    assert "\n'=1+1," in text
