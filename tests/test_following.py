"""What a publication hides stays hidden in the tables beside it."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import estimates, privacy, schema

UNITS = {"甲": 10, "乙": 10, "丙": 4, "丁": 9}


@pytest.fixture
def customers():
    unit = [name for name, n in UNITS.items() for _ in range(n)]
    return pd.DataFrame({"unit": unit, "ok": [i % 3 > 0 for i in range(len(unit))]})


@pytest.fixture
def published(customers):
    tables = [estimates.share(customers, "ok", by=by, min_base=1) for by in ([], ["unit"])]
    return privacy.suppress(pd.concat(tables, ignore_index=True), min_base=5)


def hidden_groups(published):
    return set(published.loc[published["n"].isna(), "group"])


def test_units_are_hidden_with_their_shares(customers, published):
    units = estimates.units(customers, "ok", unit="unit", target=0.8)
    followed = privacy.follow(units, published).pipe(schema.check, "units")
    gone = followed["group"].isin(hidden_groups(published))
    assert set(followed.loc[gone, "group"]) == hidden_groups(published) > {"丙"}
    assert followed.loc[gone, "suppressed"].all()
    assert set(followed.loc[gone, "reason"]) == {"confidential", "complementary"}
    numbers = ["n", "estimate", "shrunken", "p_below", "rank", "super_low", "funnel_low", "funnel"]
    assert followed.loc[gone, numbers].isna().all().all()
    pd.testing.assert_frame_equal(followed[~gone], units[~gone])


def test_comparisons_of_a_hidden_group_are_hidden(customers, published):
    found = estimates.compare(
        customers, "ok", by=["unit"], against="rest", metric="share", min_base=1, n_permutations=99
    )
    followed = privacy.follow(found, published).pipe(schema.check, "comparisons")
    gone = followed["group"].isin(hidden_groups(published))
    assert gone.any()
    assert followed.loc[gone, ["n", "estimate", "statistic", "p", "p_adjusted"]].isna().all().all()
    assert followed.loc[~gone, "n"].notna().all()


def test_another_item_of_the_group_stays(customers, published):
    other = customers.rename(columns={"ok": "fast"})
    units = estimates.units(other, "fast", unit="unit", target=0.8)
    pd.testing.assert_frame_equal(privacy.follow(units, published), units)


def test_tables_without_rows_stay_as_they_are(published):
    for name in ("units", "comparisons"):
        followed = privacy.follow(schema.empty(name), published)
        assert followed.pipe(schema.check, name).empty


def test_a_table_without_groups_is_refused(published):
    with pytest.raises(ValueError, match=r"table: expected the columns .* missing \['group_by'"):
        privacy.follow(pd.DataFrame({"item": ["ok"]}), published)
