"""Series that broke: no figure from before a break stands beside one from after it."""

import pandas as pd
import pytest

from csatlib import estimates, report, schema


def broken_study(shop_with, breaks: str):
    return shop_with(
        "scale: five\n    aliases", f"scale: five\n    breaks: [{breaks}]\n    aliases"
    )


def past(*quarters: str | None, item: str = "overall") -> pd.DataFrame:
    return pd.DataFrame(
        {"quarter": pd.Series(quarters, dtype="str"), "item": item, "metric": "mean"}
    )


SERIES = ("2026Q1", "2026Q2", "2026Q3")


@pytest.mark.parametrize(
    ("breaks", "quarter", "kept"),
    [
        ("2026Q3", "2026Q3", ["2026Q3"]),
        ("2026Q2", "2026Q3", ["2026Q2", "2026Q3"]),
        ("2026Q1", "2026Q3", [*SERIES]),
        ("2026Q1, 2026Q3", "2026Q3", ["2026Q3"]),
        ("2026Q3", "2026Q2", [*SERIES]),
        ("2026Q2", "2026Q2", ["2026Q2", "2026Q3"]),
        ("2025Q1", "2026Q3", [*SERIES]),
    ],
    ids=["now", "one before", "first", "the last counts", "later", "now, later rows", "long ago"],
)
def test_no_figure_before_a_break_is_compared(shop_with, breaks, quarter, kept):
    study, history = broken_study(shop_with, breaks), past(*SERIES)
    found = report.comparable_history(history, study, quarter=quarter)
    assert found["quarter"].tolist() == kept
    assert list(found.columns) == list(history.columns)
    note = report.break_note(history, study, quarter=quarter, item="overall")
    cut = len(kept) < len(SERIES)
    start = breaks.split(", ")[-1]
    told = f"自 {start} 起量表有变化，此前的数字不可比，不再连线。"
    assert note == (told if cut else "")


def test_only_the_item_that_broke_is_cut(shop_with):
    study = broken_study(shop_with, "2026Q3")
    history = pd.concat(
        [past(*SERIES), past(*SERIES, item="staff"), past(None), past("2026Q1", item="?")]
    )
    found = report.comparable_history(history, study, quarter="2026Q3")
    assert found.groupby("item")["quarter"].size().to_dict() == {"?": 1, "overall": 2, "staff": 3}
    assert report.break_note(history, study, quarter="2026Q3", item="staff") == ""
    assert report.break_note(history, study, quarter="2026Q3") == (
        "自 2026Q3 起整体满意度的量表有变化，此前的数字不可比，不再连线。"
    )


def test_a_break_of_a_question_with_several_columns_cuts_each(shop_with):
    study = shop_with(
        "options: [东店, 西店, 其他]}", "options: [东店, 西店, 其他], breaks: [2026Q3]}"
    )
    assert report.comparable_history(past(*SERIES, item="places_2"), study, quarter="2026Q3")["quarter"].tolist() == ["2026Q3"]  # fmt: skip


def test_an_empty_history_stays_empty(shop):
    assert report.comparable_history(schema.empty("estimates"), shop, quarter="2026Q3").empty
    assert report.break_note(schema.empty("estimates"), shop, quarter="2026Q3") == ""


@pytest.mark.parametrize("breaks", ["2026Q3", "2026Q2"])
def test_the_headline_sets_no_figure_beside_one_of_another_scale(shop_with, breaks):
    df = pd.DataFrame({"quarter": "2026Q3", "overall": [5, 4, 4, 3] * 10})
    figures = [estimates.mean(df.assign(quarter=q), "overall") for q in ("2026Q2", "2026Q3")]
    words = str(
        report.headline(pd.concat(figures), broken_study(shop_with, breaks), quarter="2026Q3")
    )
    assert ("上期为" in words) == (breaks == "2026Q2")
    assert ("自 2026Q3 起量表有变化，与此前的数字不可比" in words) == (breaks == "2026Q3")
