"""Every public function of the pure rooms leaves its arguments as they were and answers alike."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from operator import attrgetter
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes

import csatlib
from csatlib import charts, clean, estimates, exports, report, scales, store, text

PURE_ROOMS = ("scales", "clean", "privacy", "sampling", "fieldwork", "weights", "estimates")
PURE_ROOMS += ("text", "charts", "report")
#: It is there to change the session's settings.
IMPURE = {"charts.use_style"}
LINE, QUARTER = "ops_company", "2026Q3"


def called(*args, **kwargs):
    return args, kwargs


CASES = {
    "scales.is_satisfied": lambda w: called(w.scores, cutoff=4),
    "scales.nps_band": lambda w: called(w.recommend),
    "scales.plain": lambda w: called(" ５ 分 "),
    "scales.to_score": lambda w: called(w.wordings, w.study.scale("overall")),
    "clean.attach": lambda w: called(w.kept, w.raw, w.study),
    "clean.intake": lambda w: called(w.raw, w.cleaned),
    "clean.all_ids": lambda w: called(w.raw),
    "clean.known_names": lambda w: called(w.comments, w.personal, w.kept),
    "clean.ledger_of_texts": lambda w: called(w.comments, w.redacted),
    "clean.personal": lambda w: called(w.raw),
    "clean.relabel": lambda w: called(w.cleaned.ledger, w.kept, w.renamed, rule="pseudonymised"),
    "clean.replay": lambda w: called(w.raw, w.cleaned.ledger, quarantine=w.cleaned.quarantined),
    "clean.responses": lambda w: called(w.raw, w.study, quarter=QUARTER),
    "clean.roster": lambda w: called(w.personal),
    "clean.sampling_frame": lambda w: called(w.raw, w.study),
    "clean.sensitivity": lambda w: called(w.cleaned.flagged, w.study),
    "clean.table_of": lambda w: called(w.raw, "customers"),
    "clean.twin_differences": lambda w: called(w.raw, w.study, quarter=QUARTER),
    "privacy.audit": lambda w: called(w.groups, min_base=5, previous=w.means),
    "privacy.find": lambda w: called(w.texts, known=w.known, roster=["张丽"], ids=["C00001"]),
    "privacy.identities": lambda w: called(
        clean.personal(w.raw), w.kept, key=b"only for the tests"
    ),
    "privacy.measured_recall": lambda w: called(),
    "privacy.protect": lambda w: called(
        {"responses": w.kept, "ledger": w.cleaned.ledger}, key=b"only for the tests"
    ),
    "privacy.pseudonymise": lambda w: called(w.kept["customer_id"], key=b"only for the tests"),
    "privacy.redact": lambda w: called(w.texts, known=w.known, roster=["张丽"], ids=["C00001"]),
    "privacy.suppress": lambda w: called(w.groups, min_base=60, previous=w.means),
    "privacy.unlink": lambda w: called({"responses": w.kept, "comments": w.comments}),
    "estimates.association": lambda w: called(
        w.joined, "region", "channel", where=w.where | (w.joined["overall"] > 3), min_base=1
    ),
    "estimates.compare": lambda w: called(
        w.joined, w.items, by=["region"], against="rest", where=w.where, n_permutations=99
    ),
    "estimates.distribution": lambda w: called(
        w.joined, w.items, levels=range(1, 6), by=["region"], where=w.where
    ),
    "estimates.effect_sizes": lambda w: called(
        w.joined, w.items, by=["region"], metrics=["cohen_d", "eta_squared"], where=w.where
    ),
    "estimates.mean": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.nps": lambda w: called(w.joined, ["recommend"], by=["region"], where=w.where),
    "estimates.ratio": lambda w: called(w.joined, w.items[0], w.items[1], by=["region"]),
    "estimates.total": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.share": lambda w: called(w.satisfied, w.items, by=["region"], where=w.where),
    "text.keywords": lambda w: called(w.tokens, by=["region"], top=5, lexicon=w.lexicon),
    "text.tokenise": lambda w: called(w.comments, lexicon=w.lexicon),
    "text.uninformative": lambda w: called(w.texts),
    "charts.dimension_bars": lambda w: called(w.means, labels=w.labels, target=4.2),
    "charts.distribution_bars": lambda w: called(w.spread, labels=w.labels, levels=range(1, 6)),
    "charts.font_path": lambda w: called(),
    "charts.group_bars": lambda w: called(w.groups, labels=w.labels),
    "charts.keyword_bars": lambda w: called(w.keywords),
    "charts.to_svg": lambda w: called(charts.dimension_bars(w.means, labels=w.labels)),
    "charts.trend_lines": lambda w: called(w.means, labels=w.labels),
    "report.break_note": lambda w: called(w.means, w.study, quarter=QUARTER),
    "report.cards": lambda w: called(w.rows, w.study),
    "report.cite": lambda w: called("03_satisfaction", "t-means", words="表 1"),
    "report.comparable_history": lambda w: called(w.means, w.study, quarter=QUARTER),
    "report.figure": lambda w: called(
        charts.dimension_bars(w.means, labels=w.labels),
        w.study,
        name="x",
        caption="图 1",
        data=w.means,
    ),
    "report.folded": lambda w: called("数字", "n = 40"),
    "report.group_finding": lambda w: called(w.groups),
    "report.headline": lambda w: called(w.means, w.study, quarter=QUARTER),
    "report.key_figures": lambda w: called(w.means, w.study),
    "report.lowest": lambda w: called(w.means, overall="overall"),
    "report.number": lambda w: called(0.7812, "share"),
    "report.provenance": lambda w: called(w.manifest),
    "report.say": lambda w: called("**一**。", w.piece, warning=True),
    "report.sensitivity_view": lambda w: called(
        clean.sensitivity(w.cleaned.flagged, w.study), w.study, reasons=clean.REASONS
    ),
    "report.sentence": lambda w: called(w.rows[0], labels=w.labels),
    "report.stack": lambda w: called([w.piece, w.piece]),
    "report.subtitle": lambda w: called(w.study, QUARTER, as_of="2026-09-30"),
    "report.survey_record": lambda w: called(w.study, QUARTER, caption="表 1"),
    "report.table": lambda w: called(
        w.kept, w.study, name="x", caption="表 1", columns={"channel": "渠道", "overall": "得分"}
    ),
}


@pytest.fixture(scope="module")
def world(repository):
    """One quarter of the fictional company, as each room hands it to the next."""

    def raw():
        return exports.read_all(store.raw(QUARTER, LINE, repository), w.study)

    # What a test is given no function has seen before: each gets a copy here.
    w = SimpleNamespace(study=store.study(LINE, repository))
    w.raw = raw()
    w.cleaned = clean.responses(raw(), w.study, quarter=QUARTER)
    w.kept, w.comments = w.cleaned.kept, w.cleaned.comments
    w.personal = clean.personal(raw())
    w.redacted = w.comments.assign(text=w.comments["text"].str.replace("好", "[好]"))
    w.renamed = w.kept.assign(customer_id="p-" + w.kept["customer_id"])
    answers = next(table for table in w.raw if table.role == "responses")
    w.wordings = answers.rows[exports.match(answers, w.study, quarter=QUARTER).answers["overall"]]
    w.scores, w.recommend, w.texts = w.kept["overall"], w.kept["recommend"], w.comments["text"]
    w.known = pd.Series([("张伟", "王芳")] * len(w.texts), index=w.texts.index)
    w.joined = clean.attach(w.kept.copy(), raw(), w.study)
    w.items, w.labels = w.study.items("rating"), w.study.label_map()
    w.satisfied = w.joined.assign(**{i: scales.is_satisfied(w.joined[i].copy()) for i in w.items})
    w.where = w.joined["channel"] == "线上问卷"
    w.means = estimates.mean(w.joined.copy(), w.items)
    w.rows = [row for _, row in w.means.iterrows()]
    w.groups = estimates.mean(w.joined.copy(), "overall", by=["region"])
    w.spread = estimates.distribution(w.joined.copy(), w.items, levels=range(1, 6))
    w.lexicon = text.Lexicon(terms=w.study.terms)
    regions = w.comments.merge(w.joined[["response_id", "region"]], on="response_id")
    w.tokens = text.tokenise(w.comments.copy(), lexicon=w.lexicon).merge(
        regions[["comment_id", "region"]], on="comment_id"
    )
    w.keywords = text.keywords(w.tokens.copy(), method="mentions", lexicon=w.lexicon)
    w.piece = report.say("一句话。")
    w.manifest = {"inputs": [{"file": "a.csv", "sha256": "0" * 64}], "tables": {}}
    yield w
    plt.close("all")


def picture(value):
    """Write down all that a value holds, so that two of them can be compared."""
    if isinstance(value, Axes):
        return charts.to_svg(value)
    if isinstance(value, pd.Series):
        return "series", repr(value.name), picture(value.to_frame("values"))
    if isinstance(value, pd.DataFrame):
        return (
            [repr(name) for name in value.columns],
            [str(dtype) for dtype in value.dtypes],
            repr(value.index.names) + repr(value.index.dtype) + repr(list(value.index)),
            [repr(value.iloc[:, i].tolist()) for i in range(value.shape[1])],
            repr(value.attrs),
        )
    if is_dataclass(value):
        return [(field.name, picture(getattr(value, field.name))) for field in fields(value)]
    if isinstance(value, dict):
        return [(key, picture(held)) for key, held in value.items()]
    if isinstance(value, list | tuple):
        return [picture(held) for held in value]
    return repr(value)


def held(args, kwargs):
    """Write down what the arguments hold; a chart is spent when it is shown, so none is kept."""
    return [picture(value) for value in (*args, *kwargs.values()) if not isinstance(value, Axes)]


def test_every_public_function_of_the_pure_rooms_is_held_to_it():
    public = {
        f"{room}.{name}"
        for room in PURE_ROOMS
        for name in getattr(csatlib, room).__all__
        if inspect.isfunction(getattr(getattr(csatlib, room), name))
    }
    assert set(CASES) == public - IMPURE


@pytest.mark.parametrize("name", CASES)
def test_a_function_leaves_its_arguments_alone_and_answers_alike(name, world):
    function = attrgetter(name)(csatlib)
    calls = [CASES[name](world) for _ in range(2)]
    before = [held(*call) for call in calls]
    first, second = (picture(function(*args, **kwargs)) for args, kwargs in calls)
    assert [held(*call) for call in calls] == before, f"{name} changed an argument"
    assert first == second, f"{name} gave two results for equal arguments"


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df.assign(n=[1, 3]),
        lambda df: df.assign(n=[1.0, 2.0]),
        lambda df: df.assign(n=[1, None]),
        lambda df: df.rename(columns={"n": "m"}),
        lambda df: df.set_axis([0, 2]),
        lambda df: df.rename_axis("row"),
        lambda df: df[::-1],
        lambda df: df.assign(m=0),
    ],
    ids=["value", "dtype", "missing", "name", "index", "index name", "order", "column"],
)
def test_a_change_to_a_frame_would_be_seen(change):
    df = pd.DataFrame({"n": [1, 2]})
    assert picture(df.copy()) == picture(df)
    assert picture(change(df)) != picture(df)
