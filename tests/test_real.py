"""The whole chain on real files, where the folder that CSAT_REAL_DATA names is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from csatlib import clean, exports, run, store

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder of real files."""
    named = os.environ.get("CSAT_REAL_DATA")
    if not named or not {"telecom_voice", "wjx"} <= {f.name for f in Path(named).glob("*")}:
        pytest.skip("CSAT_REAL_DATA names no folder with the real files telecom_voice and wjx")
    return Path(named)


@pytest.fixture(scope="module")
def project(data, tmp_path_factory) -> Path:
    """A project whose studies are the real ones."""
    root = tmp_path_factory.mktemp("real")
    shutil.copytree(REPOSITORY / "notebooks", root / "notebooks")
    shutil.copytree(REPOSITORY / "tests" / "real" / "studies", root / "studies")
    files = {
        "telecom": [next((data / "telecom_voice").glob("附件1*.xlsx"))],
        "phone": sorted((data / "wjx").glob("*.xls")),
    }
    for line, sources in files.items():
        folder = root / "data" / "raw" / "2026Q3" / line
        folder.mkdir(parents=True)
        for file in sources:
            shutil.copy(file, folder / file.name)
    return root


@pytest.fixture(scope="module")
def telecom(project) -> Path:
    """The project after a whole run of the telecom study, with a key of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(store.KEY_VARIABLE, str(project / "key" / "key"))
        store.new_key()
        (outcome,) = run.quarter("2026Q3", line="telecom", root=project)
    assert outcome.problem is None, outcome.problem
    return project


@pytest.fixture(scope="module")
def answers(data) -> pd.DataFrame:
    """The telecom answers as pandas alone reads them."""
    return pd.read_excel(next((data / "telecom_voice").glob("附件1*.xlsx")), engine="calamine")


HEADERS = {
    "overall": "语音通话整体满意度",
    "coverage": "网络覆盖与信号强度",
    "clarity": "语音通话清晰度",
    "stability": "语音通话稳定性",
}


def test_every_telecom_row_is_accounted_for(telecom):
    intake = store.read("intake", "2026Q3", "telecom", telecom).iloc[0]
    assert intake["read"] == 5433
    assert intake["read"] == intake["kept"] + intake["quarantined"]


@pytest.mark.parametrize("item", HEADERS)
def test_telecom_means_and_shares_equal_pandas(telecom, answers, item):
    estimates = store.read("estimates", "2026Q3", "telecom", telecom)
    overall = estimates[estimates["group"].isna() & (estimates["item"] == item)]
    found = overall.set_index("metric")["estimate"]
    scores = answers[HEADERS[item]]
    assert found["mean"] == pytest.approx(scores.mean(), rel=1e-12)
    assert found["share"] == pytest.approx((scores >= 8).mean(), rel=1e-12)


def test_telecom_groups_equal_pandas(telecom, answers):
    estimates = store.read("estimates", "2026Q3", "telecom", telecom)
    rows = estimates[
        (estimates["metric"] == "mean")
        & (estimates["item"] == "overall")
        & (estimates["group_by"] == "network")
    ].set_index("group")
    expected = answers.groupby("4\\5G用户")["语音通话整体满意度"].agg(["mean", "size"])
    assert rows["n"].to_dict() == expected["size"].to_dict()
    shown = rows.loc[~rows["suppressed"], "estimate"]
    assert len(shown) >= 2
    for group, mean in shown.items():
        assert mean == pytest.approx(expected.loc[group, "mean"], rel=1e-12)


def test_telecom_choices_and_comments_equal_pandas(telecom, answers):
    responses = store.read("responses", "2026Q3", "telecom", telecom)
    comments = store.read("comments", "2026Q3", "telecom", telecom)
    assert responses["place_1"].sum() == (answers["居民小区"] == 1).sum()
    assert responses["place_8"].sum() == (answers["其他，请注明"] == 98).sum()
    assert responses["problem_7"].sum() == (answers["其他，请注明.1"] == 98).sum()
    assert (comments["item"] == "place_comment").sum() == answers["用户描述"].notna().sum()
    assert (comments["item"] == "problem_comment").sum() == answers["用户描述.1"].notna().sum()


def test_the_telecom_report_is_published(telecom):
    page = (store.reports_folder("2026Q3", "telecom", telecom) / "09_report.html").read_text()
    assert "语音业务用户满意度调查" in page
    assert "5,433" in page


@pytest.fixture(scope="module")
def wjx(project):
    """The two exports of one 问卷星 survey."""
    study = store.study("phone", project)
    return study, exports.read_all(store.raw("2026Q3", "phone", project), study)


def test_both_exports_of_one_survey_yield_the_same_responses(wjx):
    study, raw = wjx
    assert [(t.role, t.form, t.read) for t in raw] == [
        ("responses", "text", 800),
        ("twin", "code", 800),
    ]
    assert clean.twin_differences(raw, study, quarter="2026Q3").empty


def test_both_exports_equal_pandas(wjx, data):
    study, raw = wjx
    cleaned = clean.responses(raw, study, quarter="2026Q3")
    codes = pd.read_excel(next((data / "wjx").glob("*_codes.xls")), engine="calamine")
    assert len(cleaned.kept) + cleaned.quarantined["row_id"].nunique() == 800
    assert cleaned.kept["spending"].astype(int).tolist() == codes["7、爱好投入占收入比重 "].tolist()
    chosen = cleaned.kept[list(study.question("hobby").columns)].sum().tolist()
    assert chosen == codes.filter(like="第6题").sum().tolist()
    sexes = dict(enumerate(study.question("sex").options, start=1))
    assert cleaned.kept["sex"].tolist() == codes["3、性别 "].map(sexes).tolist()
