"""The house rules: import order, light imports, one truth for dependencies, clean notebooks."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import csatlib

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = sorted((REPOSITORY / "csatlib").rglob("*.py"))
FOLDER = REPOSITORY / "notebooks"
NOTEBOOKS = [*sorted(FOLDER.glob("*.ipynb")), *sorted((FOLDER / "all").glob("*.ipynb"))]


def room_of(source: Path) -> str:
    return source.relative_to(REPOSITORY / "csatlib").parts[0].removesuffix(".py")


def imported(source: Path) -> set[str]:
    """Name every module of the package that a source imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in names if name.startswith("csatlib.")}


# ---- the rooms -----------------------------------------------------------------------------------


def test_every_room_is_in_the_import_order():
    assert {room_of(s) for s in SOURCES} - {"__init__"} == set(csatlib.ROOMS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: str(s.relative_to(REPOSITORY)))
def test_a_room_imports_only_rooms_to_its_left(source):
    room = room_of(source)
    if room == "__init__":
        return
    others = {name.split(".")[1] for name in imported(source)} - {room, "__version__"}
    allowed = set(csatlib.ROOMS[: csatlib.ROOMS.index(room)])
    assert others <= allowed, f"{source.name} imports {sorted(others - allowed)} from its right"


@pytest.mark.parametrize(
    "room", [r for r in csatlib.ROOMS if (REPOSITORY / "csatlib" / r).is_dir()]
)
def test_inside_a_room_files_import_one_way_only(room):
    folder = REPOSITORY / "csatlib" / room
    files = {s.stem: s for s in folder.glob("*.py") if s.stem != "__init__"}
    uses = {
        stem: {other for other in files if any(n.startswith(f"csatlib.{room}.{other}") for n in imported(source))} - {stem}
        for stem, source in files.items()
    }  # fmt: skip
    done: set[str] = set()
    while ready := {stem for stem in uses if stem not in done and uses[stem] <= done}:
        done |= ready
    assert done == set(uses), f"a circle among {sorted(set(uses) - done)}"


def test_importing_the_package_loads_no_heavy_library():
    code = "import csatlib, sys; print([m for m in ('pandas', 'numpy', 'jieba', 'matplotlib') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("room", "absent"),
    [
        ("estimates", ("jieba", "matplotlib", "papermill", "sklearn", "statsmodels", "seaborn")),
        ("text", ("jieba", "matplotlib", "papermill", "sklearn", "statsmodels", "seaborn")),
        ("charts", ("jieba", "papermill", "sklearn", "statsmodels", "seaborn")),
        ("report", ("jieba", "matplotlib", "papermill", "sklearn", "statsmodels", "seaborn")),
        ("cli", ("pandas", "jieba", "matplotlib", "papermill")),
    ],
)
def test_a_room_loads_only_what_it_uses(room, absent):
    code = f"import csatlib.{room}, sys; print([m for m in {absent!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_an_unknown_room_is_told():
    with pytest.raises(AttributeError, match="no attribute 'weather'"):
        _ = csatlib.weather


def public_functions():
    for room in csatlib.ROOMS:
        module = getattr(csatlib, room)
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield pytest.param(value, id=f"{room}.{name}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_every_public_function_is_documented_with_an_example_that_runs(function):
    text = inspect.getdoc(function) or ""
    assert text.splitlines()[0].endswith("."), "the first line is one sentence"
    if function.__module__.startswith(("csatlib.run", "csatlib.cli")):
        return
    given = [p for p in inspect.signature(function).parameters.values() if p.kind != p.VAR_KEYWORD]
    assert not given or "Parameters\n---" in text
    assert "Returns\n---" in text
    assert "Examples\n---" in text
    assert ">>> " in text


# ---- dependencies --------------------------------------------------------------------------------


def requirements() -> dict[str, str]:
    """Every direct dependency, groups included: name and range."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    lines = list(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        lines += [line for line in group if isinstance(line, str)]
    return dict(re.fullmatch(r"([a-z0-9-]+)(.*)", line).groups() for line in lines)


CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "brotli": "brotli-python",
    "duckdb": "python-duckdb",
}


def test_environment_yml_equals_pyproject():
    entries = yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"]
    from_pip = next(e["pip"] for e in entries if isinstance(e, dict))
    assert "-e ." in from_pip
    lines = [e for e in entries if isinstance(e, str)] + [e for e in from_pip if e != "-e ."]
    found = dict(re.fullmatch(r"([a-z0-9-]+)(.*)", line).groups() for line in lines)
    assert found.pop("python") == ">=3.11"
    assert found.pop("pip") == ""
    assert found == {CONDA_NAMES.get(n, n): r for n, r in requirements().items()}


def test_the_lock_pins_every_dependency_with_hashes_and_no_address():
    lock = (REPOSITORY / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, flags=re.MULTILINE))
    assert set(requirements()) <= set(pins)
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|index-url|find-links", lock)


def test_the_nine_libraries_of_the_trade_are_there():
    nine = {"jupyterlab", "pandas", "numpy", "scikit-learn", "statsmodels", "seaborn", "jieba", "papermill", "nbval"}  # fmt: skip
    assert nine <= set(requirements())


# ---- notebooks -----------------------------------------------------------------------------------


def cells(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def source(cell: dict) -> str:
    return "".join(cell["source"])


@pytest.fixture(params=NOTEBOOKS, ids=lambda n: n.relative_to(FOLDER).as_posix())
def notebook(request) -> Path:
    return request.param


def test_there_are_notebooks():
    assert [n.relative_to(FOLDER).with_suffix("").as_posix() for n in NOTEBOOKS] == [
        "00_sampling_plan",
        "01_clean",
        "02_fieldwork_weights",
        "03_satisfaction",
        "04_drivers",
        "05_comments",
        "06_interviews",
        "07_actions",
        "08_evaluation",
        "09_report",
        "all/08_evaluation",
    ]


def test_a_notebook_has_its_seven_parts_in_order(notebook):
    found = cells(notebook)
    assert re.match(r"# \S+\n\n本(页|报告)回答：.+？|# \S+\n\n本报告回答：", source(found[0]))
    assert tags(found[1]) == ["parameters"]
    assert source(found[2]).startswith(("import", "from"))
    headings = [
        re.findall(r"^## (\S+)", source(c), re.MULTILINE)
        for c in found
        if c["cell_type"] == "markdown"
    ]
    order = [h for group in headings for h in group]
    assert order[0] == "结论先行"
    assert order[-2] == "口径与局限"
    assert order[-1] in ("保存与出处", "数据来源")
    assert len(order) >= 5
    assert "store.write(" in source(found[-1])


def test_a_code_cell_is_a_few_lines_and_defines_nothing(notebook):
    for cell in cells(notebook):
        if cell["cell_type"] == "code":
            code = source(cell)
            assert code.count("\n") < 20, code
            assert not re.search(r"^\s*(def|class) |^\s*[!%]", code, re.MULTILINE), code
            assert not re.search(r"open\(|Path\(|os\.", code), code


def test_parameters_are_plain(notebook):
    code = source(cells(notebook)[1])
    assert 4 <= len(code.splitlines()) <= 6
    for line in code.splitlines():
        assert re.fullmatch(
            r"[a-z_]+: (str|int|float|bool) = [\x20-\x3c\x3e-\x7e]+  # [^=]+", line
        ), line


def test_every_notebook_has_the_same_defaults():
    lines = {n: source(cells(n)[1]).splitlines()[:4] for n in NOTEBOOKS}
    assert len({(found[0], *found[2:]) for found in lines.values()}) == 1
    assert len({found[1] for n, found in lines.items() if n.parent == FOLDER}) == 1
    assert all('= "all"' in found[1] for n, found in lines.items() if n.parent != FOLDER)


def test_only_golden_cells_have_outputs_and_one_of_them_is_not_empty(notebook):
    golden = [c for c in cells(notebook) if "nbval-check-output" in tags(c)]
    others = [c for c in cells(notebook) if c["cell_type"] == "code" and c not in golden]
    assert all("keep_output" in tags(c) for c in golden)
    assert all(not c["outputs"] for c in others)
    texts = ["".join(o["data"]["text/plain"]) for c in golden for o in c["outputs"]]
    assert [t for t in texts if re.search(r"\d", t)], "no golden cell holds a figure"


def test_no_number_is_typed_into_prose(notebook):
    for cell in cells(notebook):
        if cell["cell_type"] == "markdown":
            text = re.sub(r"95%|TF-IDF|[0-9]{2}_|terms.txt", "", source(cell))
            assert not re.search(r"[0-9]", text), text


# ---- the project speaks of itself only -----------------------------------------------------------


def test_no_file_holds_a_path_of_a_machine_or_an_index_address():
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    own = Path(__file__).name
    for name in listed.stdout.splitlines():
        file = REPOSITORY / name
        if (
            file.suffix in {".png", ".xlsx", ".xls", ".csv"}
            or file.name == own
            or not file.is_file()
        ):
            continue
        text = file.read_text(encoding="utf-8")
        assert f"{REPOSITORY}/" not in text, name
        assert not re.search(
            r"--(extra-)?index-" + "url|--find-" + r"links|pypi\.org/simple", text
        ), name
