"""Settings of the questionnaire's measures that make no sense are refused by name."""

import numpy as np
import pandas as pd
import pytest

from csatlib import scales

ITEMS = pd.DataFrame(
    np.random.default_rng(0).integers(1, 6, size=(200, 4)), columns=list("abcd")
).astype("float64")
WHOLE = {"dimensions": {"all": list("abcd")}}


@pytest.mark.parametrize(
    ("function", "settings", "named"),
    [
        ("cronbach_alpha", {"conf": "x"}, "conf"),
        ("cronbach_alpha", {"conf": None}, "conf"),
        ("cronbach_alpha", {"conf": True}, "conf"),
        ("cronbach_alpha", {"conf": 95}, "conf"),
        ("cronbach_alpha", {"interval": "bootstrap", "seed": "now"}, "seed"),
        ("cronbach_alpha", {"interval": "bootstrap", "seed": 0, "n_boot": None}, "n_boot"),
        ("cronbach_alpha", {"interval": "bootstrap", "seed": 0, "n_boot": 99}, "n_boot"),
        ("mcdonald_omega", {"conf": float("nan")}, "conf"),
        ("number_of_factors", {"seed": -1}, "seed"),
        ("number_of_factors", {"seed": 0, "draws": 1e3}, "draws"),
        ("explore", {"seed": None}, "seed"),
        ("explore", {"seed": 0, "factors": 1.5}, "factors"),
        ("explore", {"seed": 0, "factors": 0}, "factors"),
        ("explore", {"seed": 0, "factors": 4}, "factors"),
        ("item_statistics", {"low": "1"}, "low"),
        ("item_statistics", {"high": float("inf")}, "high"),
        ("construct_validity", {**WHOLE, "conf": "0.95"}, "conf"),
        ("construct_validity", {"dimensions": {"all": 3}}, "dimensions|list"),
        ("soundness", {**WHOLE, "seed": 0.5}, "seed"),
        ("soundness", {**WHOLE, "seed": 0, "low": "1"}, "low"),
        ("soundness", {**WHOLE, "seed": 0, "thresholds": {"alpha": 0.8}}, "thresholds"),
        ("soundness", {**WHOLE, "seed": 0, "thresholds": {"alpha": (0.8, None)}}, "thresholds"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named(function, settings, named):
    with pytest.raises(ValueError, match=f"{function}: expected .*({named})"):
        getattr(scales, function)(ITEMS, **settings)
