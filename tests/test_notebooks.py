"""The notebooks on the sample quarter: by plain papermill and in nbval, with their golden cells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csatlib import store

pytestmark = pytest.mark.notebooks


def nbval(root: Path, *notebooks: Path) -> subprocess.CompletedProcess:
    """Run notebooks under nbval as a person would, the project found through CSAT_ROOT."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [
        "--nbval",
        "--nbval-kernel-name",
        "python3",
        "--rootdir",
        str(root),
        "-c",
        os.devnull,
    ]
    return subprocess.run(
        [*command, *map(str, notebooks)],
        cwd=root / "notebooks",
        env={**os.environ, "CSAT_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def checked(sample_project) -> tuple[Path, subprocess.CompletedProcess]:
    """The sample project after nbval has run every notebook on it, in order."""
    folder = sample_project / "notebooks"
    notebooks = [*sorted(folder.glob("*.ipynb")), *sorted((folder / "all").glob("*.ipynb"))]
    return sample_project, nbval(sample_project, *notebooks)


def test_every_notebook_gives_its_golden_figures(checked):
    _, told = checked
    assert told.returncode == 0, told.stdout[-3000:]
    assert "failed" not in told.stdout


def test_a_write_outside_a_run_is_a_draft(checked):
    root, _ = checked
    manifest = json.loads((root / "data/processed/2026Q3/hotline/manifest.json").read_text())
    assert manifest["draft"] is True
    assert set(manifest["tables"]) >= {"responses", "estimates", "keywords", "headline"}


def test_weighted_means_shares_and_nps_equal_pandas(checked):
    root, _ = checked
    responses = store.read("responses", "2026Q3", "hotline", root)
    weights = store.read("weights", "2026Q3", "hotline", root)
    responses = responses.merge(weights[["response_id", "weight"]], on="response_id")
    estimates = store.read("estimates", "2026Q3", "hotline", root)
    whole = estimates[estimates["group"].isna()].set_index(["item", "metric"])["estimate"]

    def weighted(values):
        known = values.notna()
        own = responses.loc[values.index, "weight"][known].astype(float)
        return float((values[known].astype(float) * own).sum() / own.sum())

    recommend = responses["recommend"].dropna()
    assert whole["recommend", "nps"] == pytest.approx(
        100 * (weighted(recommend >= 9) - weighted(recommend <= 6))
    )
    items = ("overall", "connection", "attitude", "resolution", "expertise", "process", "follow_up")
    for item in items:
        scores = responses[item].dropna()
        assert whole[item, "mean"] == pytest.approx(weighted(scores), rel=1e-12)
        assert whole[item, "share"] == pytest.approx(weighted(scores >= 4), rel=1e-12)
    is_region = (estimates["metric"] == "mean") & (estimates["group_by"] == "region")
    regions = estimates[is_region & (estimates["item"] == "overall")]
    expected = {name: weighted(part["overall"]) for name, part in responses.groupby("region")}
    assert regions.set_index("group")["estimate"].to_dict() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["03_satisfaction"])
def test_a_changed_key_figure_fails(checked, name):
    root, _ = checked
    notebook = root / "notebooks" / f"{name}.ipynb"
    changed = notebook.with_name(f"changed_{name}.ipynb")
    text = notebook.read_text(encoding="utf-8")
    golden = next(c for c in json.loads(text)["cells"] if c["id"] == "key-figures")
    figure = "".join(golden["outputs"][0]["data"]["text/plain"]).split("n=")[1].split()[1]
    other = figure[:-1] + str((int(figure[-1]) + 1) % 10)
    changed.write_text(text.replace(figure, other), encoding="utf-8")
    told = nbval(root, changed)
    changed.unlink()
    assert told.returncode == 1, told.stdout[-2000:]
    assert f"{changed.name}::Cell" in told.stdout


def test_plain_papermill_runs_a_notebook_from_the_projects_root(checked, tmp_path):
    root, _ = checked
    place = tmp_path / "project"
    shutil.copytree(root, place)
    command = [
        sys.executable,
        "-m",
        "papermill",
        "notebooks/01_clean.ipynb",
        str(tmp_path / "out.ipynb"),
    ]
    environment = {k: v for k, v in os.environ.items() if k != "CSAT_ROOT"}
    told = subprocess.run(
        [*command, "-r", "quarter", "2026Q2", "-r", "as_of", "2026-06-30", "--no-progress-bar"],
        cwd=place, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    assert (place / "data/processed/2026Q2/hotline/responses.parquet").exists()
