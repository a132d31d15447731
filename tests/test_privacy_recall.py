"""How much invented personal data is found, and what is found where there is none.

Run as a script, this writes the figures anew; a test fails where they are stale.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pandas as pd
import personal_data
import pytest

from csatlib import privacy

KINDS = (
    "mobile", "landline", "id_card", "bank_card", "email", "wechat", "qq", "plate", "address", "ip",
)  # fmt: skip
FLOORS = {
    **dict.fromkeys(("mobile", "id_card", "bank_card", "email"), 0.995),
    **dict.fromkeys(("landline", "wechat", "qq", "plate", "address", "ip"), 0.95),
}


def covered(finds: pd.DataFrame) -> dict[int, set[int]]:
    """Give the positions that finds cover, text by text."""
    places: dict[int, set[int]] = {}
    for row, _, start, end in finds.itertuples(index=False):
        places.setdefault(row, set()).update(range(start, end))
    return places


def hidden(text: str, start: int, end: int, places: set[int]) -> bool:
    """Say whether every letter and digit of a datum is covered."""
    return all(i in places for i in range(start, end) if text[i].isalnum())


def measure() -> pd.DataFrame:
    """Compute the table that `privacy.measured_recall` gives."""
    items = list(personal_data.items())
    texts = pd.Series([item.text for item in items])
    roster = sorted({name for item in items for name in item.roster})
    # The roster would also hide the names of rows that know their own: one search for each.
    own = covered(privacy.find(texts, known=pd.Series([item.known for item in items])))
    all_ = covered(privacy.find(texts, roster=roster))
    found, made = Counter(), Counter()
    for row, item in enumerate(items):
        kind = "listed" if item.kind in ("known", "roster") else item.kind
        places = (all_ if item.kind == "roster" else own).get(row, set())
        made[kind] += 1
        found[kind] += hidden(item.text, item.start, item.end, places)
    held_out = personal_data.held_out_names()
    unlisted = covered(privacy.find(pd.Series([text for text, _ in held_out])))
    for row, (text, spans) in enumerate(held_out):
        made["unlisted"] += len(spans)
        found["unlisted"] += sum(hidden(text, *span, unlisted.get(row, set())) for span in spans)
    clean = pd.Series(personal_data.clean_comments())
    alarms = dict(privacy.find(clean).drop_duplicates(["row", "kind"])["kind"].value_counts())
    with_roster = privacy.find(clean, roster=roster).drop_duplicates(["row", "kind"])
    listed_alarms = int((with_roster["kind"] == "name").sum()) - int(alarms.get("name", 0))
    lines = [(kind, "formats", made[kind], found[kind], int(alarms.get(kind, 0))) for kind in KINDS]
    lines.append(("name", "listed", made["listed"], found["listed"], listed_alarms))
    lines.append(
        ("name", "unlisted", made["unlisted"], found["unlisted"], int(alarms.get("name", 0)))
    )
    table = pd.DataFrame(lines, columns=["kind", "sample", "items", "found", "false_alarms"])
    table.insert(4, "recall", (table["found"] / table["items"]).round(4))
    return table.assign(false_alarm_base=len(clean))


def written(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return measure()


def test_the_figures_in_the_package_are_those_of_today(measured):
    held = (files("csatlib.privacy") / "recall.csv").read_text(encoding="utf-8")
    assert held == written(measured), "stale: run python tests/test_privacy_recall.py"
    given = privacy.measured_recall()
    assert given.equals(pd.read_csv(io.StringIO(held), dtype=dict(given.dtypes)))


def test_there_are_enough_items_of_every_kind_and_no_two_runs_differ(measured):
    assert measured["items"].sum() >= 2000
    assert measured.set_index("kind").loc[list(KINDS), "items"].min() >= 200
    assert list(personal_data.items(5)) == list(personal_data.items(5))


@pytest.mark.parametrize("kind", KINDS)
def test_recall_of_what_has_a_shape(measured, kind):
    assert measured.set_index("kind").loc[kind, "recall"] >= FLOORS[kind]


def test_every_listed_name_is_found(measured):
    assert measured.set_index("sample").loc["listed", "recall"] == 1


def test_most_names_that_no_list_holds_are_found(measured):
    assert measured.set_index("sample").loc["unlisted", "recall"] >= 0.85


def test_false_alarms_are_rare():
    clean = pd.Series(personal_data.clean_comments())
    assert len(clean) >= 800
    flagged = privacy.redact(clean) != clean
    assert flagged.mean() <= 0.01, clean[flagged].tolist()


def test_what_is_found_is_replaced_and_not_found_again():
    items = [item for item in personal_data.items(40) if not item.known and not item.roster]
    redacted = privacy.redact(pd.Series([item.text for item in items]))
    assert privacy.find(redacted).empty
    for item, text in zip(items, redacted, strict=True):
        assert item.text[item.start : item.end] not in text


def test_a_file_of_stale_figures_would_be_seen(measured):
    changed = measured.assign(found=measured["found"] - 1)
    assert written(changed) != (files("csatlib.privacy") / "recall.csv").read_text(encoding="utf-8")


@pytest.mark.real
def test_real_comments_seldom_hold_personal_data():
    named = os.environ.get("CSAT_REAL_DATA")
    path = Path(named or ".", "comments", "waimai_10k.csv")
    if not named or not path.is_file():
        pytest.skip("CSAT_REAL_DATA names no folder with comments/waimai_10k.csv")
    reviews = pd.read_csv(path, dtype="str")["review"].dropna()
    finds = privacy.find(reviews)
    # Read by a person: three mobile numbers, and names, of which one in three is a word.
    assert finds["row"].nunique() / len(reviews) < 0.002
    assert set(finds["kind"]) <= {"mobile", "name"}
    assert (finds["kind"] == "mobile").sum() == 3


if __name__ == "__main__":
    target = Path(privacy.__file__).with_name("recall.csv")
    target.write_text(written(measure()), encoding="utf-8")
