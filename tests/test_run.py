"""Runs of a quarter: what is published, what is not, and what is left after an accident."""

import functools
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
from nbformat import v4

from csatlib import run, store
from csatlib.run import publish
from csatlib.run.execute import kernel_environment
from csatlib.run.plan import declared, lines_of
from csatlib.run.problems import DATA, INTERNAL, USAGE, RunError

STUDY = """\
line: {line}
title: 门店满意度调查
population: {{description: 近三个月到店的客户}}
scales: {{five: {{low: 1, high: 5, cutoff: 4}}}}
sources: [{{role: responses, glob: "*.csv", reader: table, channel: 门店}}]
questions: [{{id: overall, text: 整体满意度, kind: rating, scale: five}}]
report: {{overall: overall}}
"""
PARAMETERS = """\
quarter: str = "2026Q3"  # 季度
line: str = "shop"  # 业务线
as_of: str = "2026-09-30"  # 数据截至日
seed: int = 0  # 随机种子
"""
COMMON = {"quarter": "2026Q3", "line": "shop", "as_of": "2026-09-30", "seed": 0}
CLEAN = """\
import pandas as pd
from csatlib import store

rows = pd.read_csv(store.raw(quarter, line)[0], dtype="str")
store.write(rows.assign(rule="fast", reason=f"种子 {seed}"), "quarantine", quarter, line)
print(len(rows), "行")"""
REPORT = """\
import warnings
from csatlib import store

rows = store.read("quarantine", quarter, line)
ledger = rows.assign(column="overall", new=rows["reason"])
store.write(ledger[["row_id", "column", "rule", "new"]], "ledger", quarter, line)
warnings.warn("注意")
print(len(rows), "行，截至", as_of)"""
QUICK = "print(quarter, line)"
FAILING = 'raise ValueError("坏了")'


def write_notebook(project, name, *cells, parameters=PARAMETERS, tagged=1):
    """Write a notebook of a title, parameters cells and code cells."""
    node = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python"}})
    node.cells.append(v4.new_markdown_cell(f"# {name}", id="title"))
    for number in range(tagged):
        tags = {"tags": ["parameters"]}
        node.cells.append(v4.new_code_cell(parameters, id=f"parameters-{number}", metadata=tags))
    for number, cell in enumerate(cells, start=1):
        node.cells.append(v4.new_code_cell(cell, id=f"cell-{number}"))
    path = project / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, path)
    return path


def add_line(project, line, quarter="2026Q3", rows=3):
    """Write a line's study file, and its raw file for one quarter."""
    study = project / "studies" / line / "study.yml"
    study.parent.mkdir(parents=True, exist_ok=True)
    study.write_text(STUDY.format(line=line), encoding="utf-8")
    folder = project / "data" / "raw" / quarter / line
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["row_id", *(f"r{i}" for i in range(rows))]
    (folder / "answers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def outside_any_project(monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def project(tmp_path):
    """A project of one line whose notebooks only print."""
    add_line(tmp_path, "shop")
    write_notebook(tmp_path, "01_clean", QUICK)
    write_notebook(tmp_path, "09_report", QUICK)
    return tmp_path


@pytest.fixture(scope="module")
def first_published(tmp_path_factory):
    """A project whose one line writes two tables and is published; and its outcome."""
    root = tmp_path_factory.mktemp("published")
    add_line(root, "shop")
    write_notebook(root, "01_clean", CLEAN)
    write_notebook(root, "09_report", REPORT)
    return root, run.quarter("2026Q3", root=root)


@pytest.fixture
def published(first_published, tmp_path):
    """A copy of the published project, to be harmed."""
    return shutil.copytree(first_published[0], tmp_path / "project")


def contents(*folders):
    """Read every file below some folders."""
    return {
        str(f): f.read_bytes()
        for folder in folders
        for f in sorted(folder.rglob("*"))
        if f.is_file()
    }


def published_files(root, line="shop"):
    return contents(root / "data/processed/2026Q3" / line, root / "reports/2026Q3" / line)


def stage_files(root):
    """What a run leaves in its stages, but for the locks."""
    stages = (root / "data/processed/.stage", root / "reports/.stage")
    return [f for stage in stages for f in stage.rglob("*") if f.is_file() and f.suffix != ".lock"]


# the plan


def test_a_plan_goes_line_by_line_and_notebook_by_notebook(project):
    add_line(project, "zoo")
    (project / "studies/unfinished").mkdir()
    write_notebook(project, "draft", QUICK)
    steps = run.plan("2026Q3", root=project)
    assert [(s.line, s.name) for s in steps] == [
        (line, name) for line in ("shop", "zoo") for name in ("01_clean", "09_report")
    ]


def test_every_step_gets_its_line_and_the_quarters_last_day(project):
    step = run.plan("2024Q1", line="shop", root=project)[0]
    common = {"quarter": "2024Q1", "line": "shop", "as_of": "2024-03-31", "seed": 0}
    assert dict(step.parameters) == common


def test_a_further_parameter_goes_only_to_the_notebooks_that_declare_it(project):
    write_notebook(project, "09_report", QUICK, parameters=PARAMETERS + "top: int = 20\n")
    steps = run.plan("2026Q3", root=project, parameters={"top": 5, "seed": 7})
    assert [(s.parameters.get("top"), s.parameters["seed"]) for s in steps] == [(None, 7), (5, 7)]


@pytest.mark.parametrize(
    ("only", "names"),
    [
        pytest.param(["09"], ["09_report"], id="number"),
        pytest.param(["09_report"], ["09_report"], id="name"),
        pytest.param(["01"], ["01_clean", "09_report"], id="and every later one"),
        pytest.param(["09", "01"], ["01_clean", "09_report"], id="from the first of several"),
        pytest.param([], ["01_clean", "09_report"], id="none named"),
    ],
)
def test_only_begins_at_a_notebook_by_number_or_name(project, only, names):
    assert [s.name for s in run.plan("2026Q3", root=project, only=only)] == names


def test_the_parameters_cell_is_read_without_running_it(project):
    parameters = PARAMETERS + 'share = 0.5\nwords = ["a", "b"]\nnone: str = None\n'
    notebook = write_notebook(project, "05_x", parameters=parameters)
    assert declared(notebook) == {
        **COMMON,
        "share": 0.5,
        "words": ["a", "b"],
        "none": None,
    }


def test_a_parameter_survives_an_equals_sign_in_its_comment(project):
    notebook = write_notebook(project, "05_x", parameters=PARAMETERS + "top: int = 20  # n = 20\n")
    assert declared(notebook)["top"] == 20
    steps = run.plan("2026Q3", root=project, only=["05"], parameters={"top": 5})
    assert steps[0].parameters["top"] == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"tagged": 0}, "有且只有一个.*现在有 0 个", id="no parameters cell"),
        pytest.param({"tagged": 2}, "有且只有一个.*现在有 2 个", id="two parameters cells"),
        pytest.param(
            {"parameters": PARAMETERS.replace("as_of", "day")}, "缺少 as_of", id="one missing"
        ),
        pytest.param({"parameters": ""}, "缺少 quarter、line、as_of、seed", id="all missing"),
        *(
            pytest.param(
                {"parameters": PARAMETERS + statement}, "第 5 行不是“名称: 类型 = 常量”", id=name
            )
            for name, statement in {
                "call": "top = int(3)",
                "derived": "top = seed",
                "import": "import os",
                "declared without a value": "top: int",
                "two targets": "a = b = 1",
                "unpacked": "a, b = 1, 2",
                "unhashable key": "a = {[]: 1}",
            }.items()
        ),
        pytest.param({"parameters": PARAMETERS + "%time"}, "第 5 行不是 Python 语句", id="magic"),
    ],
)
def test_a_wrong_parameters_cell_is_refused(project, changes, message):
    write_notebook(project, "05_x", **changes)
    with pytest.raises(RunError, match=rf"05_x\.ipynb：.*{message}") as told:
        run.plan("2026Q3", root=project)
    assert told.value.code == USAGE


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json"])
def test_a_file_that_is_no_notebook_is_refused(project, text):
    (project / "notebooks/05_x.ipynb").write_text(text)
    with pytest.raises(RunError, match=r"05_x\.ipynb：不是完好的笔记本文件"):
        run.plan("2026Q3", root=project)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param({"quarter": "2026Q5"}, "季度“2026Q5”不对；应写成 2026Q3", id="quarter"),
        pytest.param({"quarter": "../2026Q3"}, "季度.*不对", id="quarter that is a path"),
        pytest.param({"line": "zoo"}, "没有业务线“zoo”.*已有：shop", id="line"),
        pytest.param({"line": "../shop"}, "业务线“../shop”不对.*已有：shop", id="line as a path"),
        pytest.param({"only": ["07"]}, "没有名为“07”的笔记本；有：01_clean、09", id="notebook"),
        pytest.param(
            {"parameters": {"sead": 1}},
            "没有笔记本认识参数“sead”；是不是想写 seed？",
            id="misspelt",
        ),
        pytest.param({"parameters": {"zzz": 1}}, "“zzz”；可用的有：as_of、line", id="unknown"),
        pytest.param({"parameters": {"line": "zoo"}}, "不能用 -p 再给", id="given by the command"),
        pytest.param(
            {"parameters": {"seed": "1"}}, "seed 的值 '1' 类型不对.*默认值是 0", id="text"
        ),
        pytest.param({"parameters": {"seed": True}}, "seed 的值 True 类型不对", id="bool for int"),
        pytest.param({"parameters": {"seed": 1.0}}, "seed 的值 1.0 类型不对", id="real for int"),
        pytest.param({"parameters": {"as_of": "2026-9-30"}}, "'2026-9-30' 不是日期", id="date"),
        pytest.param({"parameters": {"as_of": 20260930}}, "20260930 不是日期", id="number as date"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_runs(project, asked, message):
    before = contents(project)
    with pytest.raises(RunError, match=message) as told:
        run.quarter(**{"quarter": "2026Q3", **asked}, root=project)
    assert told.value.code == USAGE
    assert contents(project) == before


def test_a_whole_number_may_stand_for_a_real(project):
    write_notebook(project, "05_x", parameters=PARAMETERS + "share: float = 0.5\n")
    steps = run.plan("2026Q3", root=project, only=["05"], parameters={"share": 1})
    assert steps[0].parameters["share"] == 1


@pytest.mark.parametrize(
    ("missing", "message"),
    [("studies/shop/study.yml", "还没有研究文件"), ("notebooks", "没有笔记本（形如 01_clean")],
)
def test_a_project_without_studies_or_notebooks_is_told(project, missing, message):
    path = project / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(RunError, match=message):
        run.plan("2026Q3", root=project)


# before the first kernel


@pytest.fixture
def no_kernels(monkeypatch):
    """Let no notebook start."""

    def refuse(*args, **kwargs):
        pytest.fail("a kernel was started")

    monkeypatch.setattr(papermill, "execute_notebook", refuse)


def test_a_quarter_without_a_folder_is_refused_with_those_there_are(project, no_kernels):
    before = contents(project)
    with pytest.raises(
        RunError, match="data/raw/2031Q1/：没有这个季度的文件夹（已有：2026Q3）"
    ) as told:
        run.quarter("2031Q1", root=project)
    assert told.value.code == DATA
    assert contents(project) == before


def test_a_wrong_study_file_stops_the_line_before_a_kernel_starts(project, no_kernels):
    study = project / "studies/shop/study.yml"
    study.write_text(study.read_text(encoding="utf-8").replace("title", "titel"), encoding="utf-8")
    [outcome] = run.quarter("2026Q3", root=project)
    assert outcome.code == DATA
    assert outcome.problem.startswith(
        "2026Q3/shop 没有发布。studies/shop/study.yml 第 1 行 title："
    )
    assert "studies/shop/study.yml 第 2 行 titel：不认识的键；是不是想写 title？" in outcome.problem


# a published line


@pytest.mark.notebooks
def test_a_complete_line_is_published_with_tables_notebooks_and_pages(first_published):
    root, outcomes = first_published
    assert outcomes == [run.Outcome("shop", root / "reports/2026Q3/shop")]
    assert {Path(name).relative_to(root).as_posix() for name in published_files(root)} == {
        *(f"data/processed/2026Q3/shop/{f}" for f in ("quarantine.parquet", "ledger.parquet")),
        "data/processed/2026Q3/shop/manifest.json",
        *(f"reports/2026Q3/shop/01_clean.{kind}" for kind in ("ipynb", "html")),
        *(f"reports/2026Q3/shop/09_report.{kind}" for kind in ("ipynb", "html")),
    }
    assert list(store.read("ledger", "2026Q3", "shop", root)["row_id"]) == ["r0", "r1", "r2"]
    assert "3 行，截至 2026-09-30" in (root / "reports/2026Q3/shop/09_report.html").read_text(
        "utf-8"
    )
    assert not stage_files(root)
    assert not (root / "reports/.failed").exists()


@pytest.mark.notebooks
def test_the_manifest_says_what_went_in_and_what_came_out(first_published):
    root, _ = first_published
    noted = store.manifest("2026Q3", "shop", root)
    files = ["data/raw/2026Q3/shop/answers.csv", "studies/shop/study.yml"]
    assert noted["inputs"] == [{"file": f, "sha256": store.digest(root / f)} for f in files]
    assert noted["notebooks"] == {
        name: {
            "sha256": store.digest(root / f"notebooks/{name}.ipynb"),
            "parameters": COMMON,
        }
        for name in ("01_clean", "09_report")
    }
    tables = root / "data/processed/2026Q3/shop"
    assert noted["tables"] == {
        name: {"rows": 3, "columns": n, "sha256": store.digest(tables / f"{name}.parquet")}
        for name, n in (("ledger", 4), ("quarantine", 3))
    }
    assert noted["versions"]["pandas"] == pd.__version__
    assert noted["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert (noted["quarter"], noted["line"], noted["draft"]) == ("2026Q3", "shop", False)


@pytest.mark.notebooks
def test_a_run_repeated_elsewhere_after_accidents_gives_the_same_bytes(
    first_published, published, monkeypatch
):
    failed = published / "reports/.failed/2026Q3/shop"
    failed.mkdir(parents=True)
    (failed / "message.txt").write_text("of an earlier run")
    stage = publish.Stage("2026Q3", "shop", published)
    for folder in (stage.tables, stage.reports):
        folder.mkdir(parents=True)
        (folder / "stale.parquet").write_bytes(b"torn")
    shutil.rmtree(published / "reports/2026Q3")
    monkeypatch.setenv("CSAT_STAGE", "mine")
    before, told, folder = dict(os.environ), [], Path.cwd()
    run.quarter("2026Q3", root=published, progress=lambda *step: told.append(step))
    first, again = (
        {Path(name).relative_to(root): data for name, data in published_files(root).items()}
        for root in (first_published[0], published)
    )
    assert again == first
    assert "UserWarning: 注意" in first[Path("reports/2026Q3/shop/09_report.ipynb")].decode()
    assert not failed.exists()
    assert not stage_files(published)
    assert dict(os.environ) == before
    assert Path.cwd() == folder
    assert told == [("shop", "01_clean", 0, 2), ("shop", "09_report", 1, 2), ("shop", None, 2, 2)]


def test_kernels_get_their_variables_and_the_old_ones_come_back(monkeypatch):
    monkeypatch.setenv("CSAT_ROOT", "old")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    seen = {}
    with pytest.raises(TypeError), kernel_environment(CSAT_ROOT="new"):
        seen.update(os.environ, surplus=len(None))
    with kernel_environment(CSAT_ROOT="new"):
        seen.update(os.environ)
    assert (seen["CSAT_ROOT"], seen["PYTHONHASHSEED"]) == ("new", "0")
    assert os.environ["CSAT_ROOT"] == "old"
    assert "PYTHONHASHSEED" not in os.environ


@pytest.mark.notebooks
def test_only_keeps_the_other_notebooks_tables_and_pages(published):
    before = published_files(published)
    tables = published / "data/processed/2026Q3/shop"
    (tables / ".ledger.parquet.x1.tmp").write_bytes(b"torn")
    write_notebook(published, "09_report", "print('只有我')")
    [outcome] = run.quarter("2026Q3", root=published, only=["09"], parameters={"seed": 4})
    assert outcome.code == 0
    after = published_files(published)
    changed = {Path(name).name for name in after if after[name] != before[name]}
    assert changed == {"09_report.ipynb", "09_report.html", "manifest.json"}
    assert set(after) == set(before)
    noted = store.manifest("2026Q3", "shop", published)
    seeds = {name: entry["parameters"]["seed"] for name, entry in noted["notebooks"].items()}
    assert seeds == {"01_clean": 0, "09_report": 4}
    assert list(noted["tables"]) == ["ledger", "quarantine"]
    assert store.read("ledger", "2026Q3", "shop", published).shape == (3, 4)


@pytest.mark.parametrize("file", ["data/raw/2026Q3/shop/answers.csv", "studies/shop/study.yml"])
def test_only_refuses_to_mix_tables_of_other_inputs(published, no_kernels, file):
    with (published / file).open("a") as stream:
        stream.write("\n")
    before = published_files(published)
    [outcome] = run.quarter("2026Q3", root=published, only=["09"])
    assert outcome.code == DATA
    assert "请去掉 --only 重新运行" in outcome.problem
    assert published_files(published) == before


def test_only_refuses_where_nothing_is_published(project, no_kernels):
    [outcome] = run.quarter("2026Q3", root=project, only=["09"])
    assert outcome.code == DATA
    assert "还没有完整发布过" in outcome.problem
    assert not published_files(project)


def test_only_refuses_to_publish_tables_that_are_drafts(published, no_kernels):
    ledger = store.read("ledger", "2026Q3", "shop", published)
    store.write(ledger, "ledger", "2026Q3", "shop", published)
    [outcome] = run.quarter("2026Q3", root=published, only=["09"])
    assert outcome.code == DATA
    assert "草稿" in outcome.problem


@pytest.mark.notebooks
def test_a_project_in_an_odd_folder_runs_and_needs_no_short_home(tmp_path, monkeypatch):
    root = tmp_path / "{季度} 报告"
    add_line(root, "shop")
    write_notebook(root, "01_clean", "import os\nprint(os.getcwd())")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / ("long" * 30)))
    [outcome] = run.quarter("2026Q3", root=root)
    assert outcome.problem is None
    page = (root / "reports/2026Q3/shop/01_clean.html").read_text("utf-8")
    assert str(root / "notebooks") in page


# a line that fails


def data_error(name):
    return f'class {name}(ValueError): ...\nraise {name}("answers.csv 第 3 行：空的；请补上")'


@pytest.mark.notebooks
@pytest.mark.parametrize(
    ("cell", "code", "message"),
    [
        *(
            pytest.param(
                data_error(name),
                DATA,
                "09_report 第 4 个代码格：answers.csv 第 3 行：空的；请补上",
                id=name,
            )
            for name in ("ExportError", "StudyError")
        ),
        pytest.param(
            FAILING,
            INTERNAL,
            "09_report 第 4 个代码格：程序出错（ValueError: 坏了）。",
            id="error",
        ),
        pytest.param(
            "import sys\nsys.exit(0)", INTERNAL, "第 4 个代码格以错误结束", id="sys.exit(0)"
        ),
        pytest.param(
            "import sys\nsys.exit('停')",
            INTERNAL,
            "程序出错（SystemExit: 停）",
            id="sys.exit",
        ),
        pytest.param(
            "import os\nos.kill(os.getpid(), 9)", INTERNAL, "内核中途退出", id="killed kernel"
        ),
        pytest.param("import os\nos._exit(0)", INTERNAL, "内核中途退出", id="os._exit(0)"),
    ],
)
def test_a_failing_cell_publishes_nothing_and_keeps_what_tells_why(published, cell, code, message):
    before = published_files(published)
    write_notebook(published, "09_report", "print('到这里')", cell, "print('之后')")
    [outcome] = run.quarter("2026Q3", root=published, only=["09"])
    assert (outcome.code, outcome.reports) == (code, None)
    assert outcome.problem.startswith("2026Q3/shop 没有发布。09_report")
    assert message in outcome.problem
    assert "部分执行的笔记本：reports/.failed/2026Q3/shop/09_report.ipynb" in outcome.problem
    assert published_files(published) == before
    assert not stage_files(published)
    failed = published / "reports/.failed/2026Q3/shop"
    assert sorted(f.name for f in failed.iterdir()) == ["09_report.ipynb", "message.txt"]
    assert (failed / "message.txt").read_text("utf-8") == outcome.problem + "\n"
    ran = [c for c in nbformat.read(failed / "09_report.ipynb", 4).cells if c.get("outputs")]
    assert "到这里" in ran[0].outputs[0].text


@pytest.mark.notebooks
def test_what_earlier_notebooks_wrote_is_not_published_when_a_later_one_fails(project):
    write_notebook(project, "01_clean", CLEAN)
    write_notebook(project, "09_report", FAILING)
    [outcome] = run.quarter("2026Q3", root=project)
    assert "09_report 第 3 个代码格：程序出错（ValueError: 坏了）" in outcome.problem
    assert not published_files(project)
    assert not stage_files(project)
    assert not store.manifest("2026Q3", "shop", project)


@pytest.mark.notebooks
@pytest.mark.parametrize(
    ("last", "message"),
    [
        pytest.param("import sys\nsys.exit(0)", "以错误结束", id="sys.exit(0)"),
        pytest.param("import os\nos._exit(0)", "内核中途退出", id="os._exit(0)"),
    ],
)
def test_an_end_in_the_last_cell_is_not_success(project, last, message):
    write_notebook(project, "09_report", QUICK, last)
    [outcome] = run.quarter("2026Q3", root=project)
    assert outcome.code == INTERNAL
    assert message in outcome.problem
    assert not published_files(project)


@pytest.mark.notebooks
def test_a_cell_that_never_ends_is_stopped(project, monkeypatch):
    module = importlib.import_module("csatlib.run.execute")
    monkeypatch.setattr(module, "_CELL_SECONDS", 1)
    write_notebook(project, "01_clean", "import time\ntime.sleep(60)")
    begun = time.monotonic()
    [outcome] = run.quarter("2026Q3", root=project, only=["01"])
    assert time.monotonic() - begun < 30
    assert outcome.code == INTERNAL
    assert "01_clean：有代码格超过 1 秒未完成" in outcome.problem


@pytest.mark.notebooks
def test_a_line_without_raw_files_does_not_stop_the_next(project):
    add_line(project, "arena")
    shutil.rmtree(project / "data/raw/2026Q3/arena")
    first, second = run.quarter("2026Q3", root=project, only=["01"])
    assert (first.line, first.code) == ("arena", DATA)
    assert "data/raw/2026Q3/arena/：没有这个文件夹，或里面没有文件" in first.problem
    assert (second.line, second.code, second.problem) == ("shop", 0, None)
    assert published_files(project, "shop")
    assert not published_files(project, "arena")


@pytest.mark.parametrize("at", ["execute", "publish"])
def test_a_fault_of_the_program_in_one_line_does_not_stop_the_next(project, monkeypatch, at):
    add_line(project, "arena")
    module = importlib.import_module("csatlib.run.quarter")
    monkeypatch.setattr(module, "execute", lambda step, **places: fail(step.line))
    monkeypatch.setattr(module, "render", lambda notebook, html: html.write_text(""))

    def fail(line):
        if line == "arena":
            raise KeyError("unforeseen")

    if at == "publish":
        monkeypatch.setattr(module, "execute", lambda step, **places: None)
        swap = publish.Stage.publish
        monkeypatch.setattr(publish.Stage, "publish", lambda stage: (fail(stage.line), swap(stage)))
    first, second = run.quarter("2026Q3", root=project)
    assert (first.line, first.code) == ("arena", INTERNAL)
    assert "程序出错（KeyError: 'unforeseen'）" in first.problem
    assert "Traceback" not in first.problem
    message = (project / "reports/.failed/2026Q3/arena/message.txt").read_text("utf-8")
    assert message.startswith(first.problem)
    assert "Traceback" in message
    assert (second.line, second.code) == ("shop", 0)
    assert not published_files(project, "arena")


# one run at a time

HOLDER = """
import sys, time
from pathlib import Path
from csatlib.run import publish
with publish.staged("2026Q3", "shop", Path(sys.argv[1]), keep=False) as stage:
    (stage.tables / "half.parquet").write_bytes(b"half")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.notebooks
def test_a_second_run_is_refused_until_the_first_is_gone_however_it_went(project):
    failed = project / "reports/.failed/2026Q3/shop"
    failed.mkdir(parents=True)
    (failed / "01_clean.ipynb").write_text("of the first run")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(project)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        [refused] = run.quarter("2026Q3", root=project)
        assert (refused.code, refused.reports) == (DATA, None)
        assert refused.problem == (
            "2026Q3/shop 没有发布。另一个 csat run 正在运行这条业务线；请等它结束。"
        )
        assert [f.name for f in stage_files(project)] == ["half.parquet"]
        assert [f.name for f in failed.iterdir()] == ["01_clean.ipynb"]
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    assert [f.name for f in stage_files(project)] == ["half.parquet"]
    assert run.quarter("2026Q3", root=project, only=["01"])[0].code == 0
    assert not stage_files(project)
    assert not any(name.endswith("half.parquet") for name in published_files(project))


def test_another_line_and_another_quarter_are_not_locked(project):
    with (
        publish.staged("2026Q3", "shop", project, keep=False),
        publish.staged("2026Q3", "zoo", project, keep=False),
        publish.staged("2026Q2", "shop", project, keep=False),
        pytest.raises(RunError, match="正在运行"),
        publish.staged("2026Q3", "shop", project, keep=False),
    ):
        pytest.fail("the lock was given twice")


# an accident while publishing


def lay(stage, words):
    (stage.tables / "quarantine.parquet").write_text(words)
    (stage.reports / "01_clean.html").write_text(words)


def publish_words(project, words):
    with publish.staged("2026Q3", "shop", project, keep=False) as stage:
        lay(stage, words)
        stage.publish()


def lying(project):
    return [(p.name, p.read_text()) for p in map(Path, published_files(project))]


class PowerCut(BaseException):
    """Nothing that a program may catch and mend."""


@pytest.mark.parametrize("earlier", [True, False], ids=["over an earlier one", "the first"])
@pytest.mark.parametrize("rename", range(1, 5))
def test_a_publication_cut_off_at_any_rename_is_completed_by_the_next_run(
    project, monkeypatch, rename, earlier
):
    if earlier:
        publish_words(project, "old")
    done, move = [], Path.rename

    def cut(path, target):
        done.append(path)
        if len(done) == rename:
            raise PowerCut
        return move(path, target)

    monkeypatch.setattr(Path, "rename", cut)
    with suppress(PowerCut):
        publish_words(project, "new")
    monkeypatch.undo()
    assert len(done) == (rename if earlier else min(rename, 2))
    with publish.staged("2026Q3", "shop", project, keep=True) as stage:
        assert lying(project) == [("quarantine.parquet", "new"), ("01_clean.html", "new")]
        assert (stage.tables / "quarantine.parquet").read_text() == "new"
    assert not stage_files(project)
    assert not list(project.rglob("*.old"))


def test_a_publication_cut_off_before_the_old_is_removed_leaves_no_copy_of_it(project, monkeypatch):
    publish_words(project, "old")
    remove = shutil.rmtree

    def cut(folder, **options):
        if Path(folder).name == ".shop.old" and Path(folder).exists():
            raise PowerCut
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", cut)
    with pytest.raises(PowerCut):
        publish_words(project, "new")
    monkeypatch.undo()
    assert list(project.rglob("*.old"))
    with publish.staged("2026Q3", "shop", project, keep=False):
        pass
    assert lying(project) == [("quarantine.parquet", "new"), ("01_clean.html", "new")]
    assert not list(project.rglob("*.old"))


@pytest.mark.notebooks
def test_a_journal_found_by_a_run_is_completed_even_if_that_run_fails(published):
    stage = publish.Stage("2026Q3", "shop", published)
    for folder in (stage.tables, stage.reports):
        folder.mkdir(parents=True)
    lay(stage, "new")
    (stage.tables.parent / ".shop.publish.json").write_text("[]")
    write_notebook(published, "01_clean", FAILING)
    assert run.quarter("2026Q3", root=published)[0].code == INTERNAL
    assert lying(published) == [("quarantine.parquet", "new"), ("01_clean.html", "new")]


# what concerns all lines


WHOLE = """
from csatlib import store
tables = [store.read("quarantine", quarter, name) for name in ("shop", "zoo")]
store.write(tables[0], "quarantine", quarter, line)
"""


@pytest.fixture
def two_lines(project):
    """A project of two lines, and a notebook for what they have in common."""
    add_line(project, "zoo")
    write_notebook(project, "01_clean", CLEAN)
    write_notebook(project, "all/08_evaluation", WHOLE)
    return project


def test_what_concerns_all_lines_is_planned_last(two_lines):
    steps = run.plan("2026Q3", root=two_lines)
    assert [(s.line, s.name) for s in steps][-2:] == [
        ("zoo", "09_report"),
        ("all", "08_evaluation"),
    ]
    assert {s.line for s in run.plan("2026Q3", line="shop", root=two_lines)} == {"shop"}
    assert [s.line for s in run.plan("2026Q3", line="all", root=two_lines)] == ["all"]
    assert [s.line for s in run.plan("2026Q3", only=["09"], root=two_lines)][-1] == "all"


def test_all_is_no_name_for_a_line(project):
    add_line(project, "all")
    with pytest.raises(run.RunError, match="代表全部业务线"):
        run.plan("2026Q3", root=project)


def test_all_is_no_line_where_one_is_asked_for(project):
    with pytest.raises(run.RunError, match="这里请写一条"):
        lines_of("2026Q3", line="all", root=project)


def test_all_without_notebooks_is_told(project):
    with pytest.raises(run.RunError, match="notebooks/all 文件夹里没有笔记本"):
        run.plan("2026Q3", line="all", root=project)


@pytest.mark.notebooks
def test_what_concerns_all_lines_runs_once_every_line_is_published(two_lines):
    (alone,) = run.quarter("2026Q3", line="all", root=two_lines)
    assert (alone.code, alone.reports) == (DATA, None)
    assert "shop、zoo 这个季度还没有发布" in alone.problem
    outcomes = run.quarter("2026Q3", root=two_lines)
    assert [(o.line, o.code) for o in outcomes] == [("shop", 0), ("zoo", 0), ("all", 0)]
    files = [entry["file"] for entry in store.manifest("2026Q3", "all", two_lines)["inputs"]]
    place = "data/processed/2026Q3"
    assert files == [f"{place}/shop/manifest.json", f"{place}/zoo/manifest.json"]
    before = published_files(two_lines, "all")
    assert run.quarter("2026Q3", line="all", root=two_lines)[0].code == 0
    assert published_files(two_lines, "all") == before


@pytest.mark.notebooks
def test_a_line_that_fails_keeps_what_concerns_all_from_running(two_lines):
    run.quarter("2026Q3", root=two_lines)
    before = published_files(two_lines, "all")
    write_notebook(two_lines, "09_report", FAILING)
    outcomes = run.quarter("2026Q3", root=two_lines)
    assert [o.line for o in outcomes if o.code] == ["shop", "zoo", "all"]
    assert "没有运行" in outcomes[-1].problem
    assert published_files(two_lines, "all") == before


# interruption, and plain papermill


@pytest.mark.notebooks
def test_an_interrupted_run_stops_soon_and_publishes_nothing(project):
    write_notebook(project, "01_clean", "import time\ntime.sleep(2)")
    csat = [sys.executable, "-c", "from csatlib.cli import main; main()"]
    command = [*csat, "run", "2026Q3", "--root", str(project)]
    # A shell that sends a job to the background lets it ignore interrupts, and so its children.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    try:
        assert process.stderr.readline() == "shop：01_clean（1/2）\n"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert told == "已中断；没有完成的业务线没有发布。\n"
    assert not published_files(project)
    assert not stage_files(project)


@pytest.mark.notebooks
@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_a_notebook_runs_by_plain_papermill_and_what_it_writes_is_a_draft(
    published, monkeypatch, folder
):
    shutil.rmtree(published / "data/processed")
    monkeypatch.chdir(published / folder)
    notebook = os.path.relpath(published / "notebooks/01_clean.ipynb")
    papermill.execute_notebook(notebook, "out.ipynb", progress_bar=False)
    noted = store.manifest("2026Q3", "shop", published)
    assert noted["draft"] is True
    assert list(noted["tables"]) == ["quarantine"]


# the real notebooks


@pytest.mark.notebooks
def test_the_sample_quarter_is_published_from_raw_files_to_report(sample_project, tmp_path):
    project = shutil.copytree(sample_project, tmp_path / "project")
    [outcome] = run.quarter("2026Q3", line="hotline", root=project)
    assert outcome.problem is None
    pages = [f.stem for f in (project / "notebooks").glob("*.ipynb")]
    names = {f.name for f in outcome.reports.iterdir()}
    assert names == {f"{page}.{kind}" for page in pages for kind in ("ipynb", "html")}
    noted = store.manifest("2026Q3", "hotline", project)
    assert {"responses", "estimates", "keywords", "headline"} <= set(noted["tables"])
    intake = store.read("intake", "2026Q3", "hotline", project)
    answers = intake[intake["role"] == "responses"]
    assert (answers["read"] == answers["kept"] + answers["quarantined"]).all()
    assert "草稿" not in (outcome.reports / "09_report.html").read_text("utf-8")
    manifest = project / "data/processed/2026Q3/hotline/manifest.json"
    assert str(project) not in json.dumps(json.loads(manifest.read_text("utf-8")))
