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
from csatlib import (
    actions,
    charts,
    clean,
    drivers,
    estimates,
    evaluation,
    exports,
    fieldwork,
    privacy,
    report,
    sampling,
    scales,
    schema,
    store,
    study,
    text,
    themes,
    weights,
)

PURE_ROOMS = ("scales", "clean", "privacy", "sampling", "fieldwork", "weights", "estimates")
PURE_ROOMS += ("drivers", "text", "themes", "actions", "evaluation", "charts", "report")
#: It is there to change the session's settings.
IMPURE = {"charts.use_style"}
LINE, QUARTER, TODAY = "ops_company", "2026Q3", "2026-10-20"


def called(*args, **kwargs):
    return args, kwargs


CASES = {
    "scales.bartlett": lambda w: called(w.ratings),
    "scales.construct_validity": lambda w: called(w.ratings, dimensions=w.dimensions),
    "scales.cronbach_alpha": lambda w: called(w.ratings, interval="bootstrap", seed=1),
    "scales.explore": lambda w: called(w.ratings, factors=1, seed=1),
    "scales.guttman_lambdas": lambda w: called(w.ratings),
    "scales.intraclass_correlation": lambda w: called(w.ratings),
    "scales.is_satisfied": lambda w: called(w.scores, cutoff=4),
    "scales.item_statistics": lambda w: called(w.ratings, missing="pairwise"),
    "scales.kmo": lambda w: called(w.ratings),
    "scales.mcdonald_omega": lambda w: called(w.ratings),
    "scales.nps_band": lambda w: called(w.recommend),
    "scales.number_of_factors": lambda w: called(w.ratings, seed=1),
    "scales.ordinal_alpha": lambda w: called(w.ratings, seed=1, n_boot=100),
    "scales.plain": lambda w: called(" ５ 分 "),
    "scales.polychoric": lambda w: called(w.ratings),
    "scales.soundness": lambda w: called(w.ratings, dimensions=w.dimensions, seed=1),
    "scales.to_score": lambda w: called(w.wordings, w.study.scale("overall")),
    "clean.attach": lambda w: called(w.kept, w.raw, w.study),
    "clean.fieldwork_tables": lambda w: called(w.cleaned, w.raw, w.study),
    "clean.indicator_rows": lambda w: called(w.raw, objects={"team": ["网络组"]}),
    "clean.training_records": lambda w: called(w.raw),
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
    "clean.set_aside": lambda w: called(w.cleaned),
    "clean.table_of": lambda w: called(w.raw, "customers"),
    "clean.twin_differences": lambda w: called(w.raw, w.study, quarter=QUARTER),
    "privacy.audit": lambda w: called(w.groups, min_base=5, previous=w.means),
    "privacy.find": lambda w: called(w.texts, known=w.known, roster=["张丽"], ids=["C00001"]),
    "privacy.follow": lambda w: called(w.units, privacy.suppress(w.groups, min_base=60)),
    "privacy.identities": lambda w: called(
        clean.personal(w.raw), w.kept, key=b"only for the tests"
    ),
    "privacy.measured_recall": lambda w: called(),
    "privacy.protect": lambda w: called(
        {"responses": w.kept, "ledger": w.cleaned.ledger}, key=b"only for the tests"
    ),
    "privacy.pseudonymise": lambda w: called(w.kept["customer_id"], key=b"only for the tests"),
    "privacy.redact": lambda w: called(w.texts, known=w.known, roster=["张丽"], ids=["C00001"]),
    "privacy.redact_columns": lambda w: called(
        w.lists["frame"], ["unit"], personal=w.personal, roster=["张丽"], ids=["C00001"]
    ),
    "privacy.redact_interviews": lambda w: called(
        w.spoken, personal=w.personal, key=b"only for the tests", roster=["张丽"], ids=["C00001"]
    ),
    "privacy.suppress": lambda w: called(w.groups, min_base=60, previous=w.means),
    "privacy.unlink": lambda w: called({"responses": w.kept, "comments": w.comments}),
    "sampling.allocate": lambda w: called(w.strata, 60, method="neyman", min_n=3),
    "sampling.composition": lambda w: called(w.frame, w.sample, by=["region"]),
    "sampling.detectable_change": lambda w: called(300, p=0.8),
    "sampling.draw": lambda w: called(w.frame, {"all": 20}, seed=0),
    "sampling.draw_plan": lambda w: called(w.frame, w.study.sampling, seed=0, salt="x"),
    "sampling.event_list": lambda w: called(w.tickets, as_of="2026-09-30"),
    "sampling.expected_precision": lambda w: called(w.strata.assign(n=3)),
    "sampling.interview_sample": lambda w: called(
        w.kept, satisfaction="overall", by=["channel"], n=9, seed=0, comments=w.comments
    ),
    "sampling.margin_of_error": lambda w: called(w.strata["sd"], population=500),
    "sampling.nps_sd": lambda w: called(0.5, 0.2),
    "sampling.plan_allocation": lambda w: called(w.frame, w.study.sampling),
    "sampling.plan_units": lambda w: called(w.frame, unit="unit"),
    "sampling.power_difference": lambda w: called(0.7, 0.8, n=200),
    "sampling.power_difference_mean": lambda w: called(0.5, n=50, sd=1),
    "sampling.quarterly_list": lambda w: called(w.frame, tiers=["核心客户"]),
    "sampling.required_n": lambda w: called(population=500),
    "sampling.required_n_difference": lambda w: called(0.7, 0.8),
    "sampling.required_n_difference_mean": lambda w: called(0.5, sd=1),
    "sampling.required_n_mean": lambda w: called(sd=1, margin=0.1),
    "sampling.required_n_nps": lambda w: called(variance=4000),
    "sampling.unlisted": lambda w: called(3),
    "sampling.silent_list": lambda w: called(w.frame, w.kept, tiers=["核心客户"]),
    "fieldwork.completion": lambda w: called(w.ledger, tiers=["核心客户"], by=["unit"]),
    "fieldwork.dispositions": lambda w: called(
        w.lists["frame"],
        w.lists["invitations"],
        w.kept,
        outcomes=w.outcomes,
        set_aside=w.lists["set_aside"],
        items=w.items,
        answer_status=w.cleaned.answer_status,
        as_of="2026-09-01",
    ),
    "fieldwork.funnel": lambda w: called(w.ledger, by=["tier"]),
    "fieldwork.interviewer_quality": lambda w: called(
        w.joined, w.items, by=["interviewer"], answer_status=w.cleaned.answer_status
    ),
    "fieldwork.largest_imbalance": lambda w: called(w.likeness),
    "fieldwork.late_differences": lambda w: called(
        w.closed, w.kept, w.items, days=30, key="customer_id"
    ),
    "fieldwork.lateness": lambda w: called(
        w.closed, w.kept, key="customer_id", invitations=w.lists["invitations"]
    ),
    "fieldwork.missing_customers": lambda w: called(w.ledger, tiers=["核心客户"]),
    "fieldwork.mode_effects": lambda w: called(
        w.joined, w.items, by=["interviewer", "channel"], adjust=["region", "tier"]
    ),
    "fieldwork.rates_of_counts": lambda w: called({"I": 5, "R": 3, "UO": 2, "NE": 1}),
    "fieldwork.representativeness": lambda w: called(
        w.lists["frame"], w.joined, variables=["region", "tier"], overall="overall"
    ),
    "fieldwork.response_rates": lambda w: called(w.ledger, by=["channel", "tier"]),
    "fieldwork.silent": lambda w: called(
        w.lists["frame"], {"2026Q2": w.ledger, "2026Q3": w.ledger}
    ),
    "fieldwork.timeliness": lambda w: called(
        w.closed, w.kept, by=["tier"], key="customer_id", as_of="2026-09-01"
    ),
    "weights.attach": lambda w: called(w.joined, w.weighted, w.weighting),
    "weights.calibrate": lambda w: called(w.answered, w.margins, method="raking"),
    "weights.design_of": lambda w: called(
        weights.attach(w.joined, w.weighted, w.weighting), w.weighting
    ),
    "weights.design_weights": lambda w: called(w.answered, frame=w.framed, strata=["region"]),
    "weights.diagnostics": lambda w: called(w.answered["one"]),
    "weights.equal_weights": lambda w: called(w.kept, population=9),
    "weights.margin_gaps": lambda w: called(w.answered, w.margins, weights="one"),
    "weights.margins_of": lambda w: called(w.framed, ["region", "tier"]),
    "weights.margins_of_quarter": lambda w: called(w.answered, w.framed, w.weighting),
    "weights.nonresponse": lambda w: called(w.framed, "responded", ["region"], separation="firth"),
    "weights.of_quarter": lambda w: called(w.kept, w.framed, w.ended, w.weighting),
    "weights.poststratify": lambda w: called(w.answered, {"region": w.margins["region"]}),
    "weights.rake": lambda w: called(w.answered, w.margins),
    "weights.trim": lambda w: called(w.answered["one"], upper=2.0),
    "estimates.change": lambda w: called(
        w.joined, w.earlier, w.items, by=["region"], id="response_id", where=w.condition
    ),
    "estimates.decompose": lambda w: called(
        w.joined, w.earlier, "overall", by=["region"], id="response_id"
    ),
    "estimates.bootstrap": lambda w: called(w.joined, estimates.Design(stratum="region"), n=3),
    "estimates.describe": lambda w: called(
        w.joined, w.items, answer_status=w.cleaned.answer_status, by=["region"], where=w.where
    ),
    "estimates.design_effect": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.distribution": lambda w: called(
        w.joined, w.items, levels=range(1, 6), by=["region"], where=w.where
    ),
    "estimates.gap": lambda w: called(w.joined, {w.items[0]: w.items[1]}, by=["region"]),
    "drivers.fit": lambda w: called(
        w.joined, w.items[0], w.items[1:3], kind="ordinal", errors="robust"
    ),
    "drivers.fit_summary": lambda w: called(w.joined, w.items[0], w.items[1:3], kind="linear"),
    "estimates.association": lambda w: called(
        w.joined, "region", "channel", where=w.where | (w.joined["overall"] > 3), min_base=1
    ),
    "estimates.compare": lambda w: called(
        w.joined, w.items, by=["region"], against="rest", where=w.where, n_permutations=99
    ),
    "estimates.effect_sizes": lambda w: called(
        w.joined, w.items, by=["region"], metrics=["cohen_d", "eta_squared"], where=w.where
    ),
    "estimates.mean": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.mode": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.nps": lambda w: called(w.joined, ["recommend"], by=["region"], where=w.where),
    "estimates.proportion_interval": lambda w: called([3, 4], 10, method="bayes"),
    "estimates.ratio": lambda w: called(w.joined, w.items[0], w.items[1], by=["region"]),
    "estimates.total": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.trend": lambda w: called(w.series),
    "estimates.quantile": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.variance": lambda w: called(w.joined, w.items, by=["region"], where=w.where),
    "estimates.share": lambda w: called(w.satisfied, w.items, by=["region"], where=w.where),
    "estimates.units": lambda w: called(
        w.satisfied, w.items[0], unit="region", target=0.85, small=10
    ),
    "drivers.importance": lambda w: called(
        w.joined, "overall", w.items[1:], n_boot=20, permutations=19, seed=1
    ),
    "drivers.key_problems": lambda w: called(
        w.matrix, w.means, pd.DataFrame({"item": w.items, "share": 0.1})
    ),
    "drivers.leave_one_out": lambda w: called(w.joined, "overall", w.items[1:], unit="region"),
    "drivers.priorities": lambda w: called(w.importances, w.means, seed=0),
    "drivers.causes": lambda w: called(
        w.kept, w.stays, dimension="quality", stages=["接收"], key="response_id"
    ),
    "drivers.stage_times": lambda w: called(
        w.closed.assign(opened_at=pd.Timestamp("2026-06-30")),
        {"接收": ("opened_at", "closed_at")},
        key="customer_id",
    ),
    "drivers.choose": lambda w: called(w.joined, "overall", w.items[1:3], repeats=1),
    "drivers.diagnose": lambda w: called(w.joined, "overall", w.items[1:3], kind="ordinal"),
    "drivers.screen": lambda w: called(w.joined, "overall", w.items[1:4]),
    "text.keyness": lambda w: called(w.tokens, by=["region"], lexicon=w.lexicon),
    "text.keywords": lambda w: called(w.tokens, by=["region"], top=5, lexicon=w.lexicon),
    "text.near_duplicates": lambda w: called(w.comments),
    "text.phrases": lambda w: called(w.tokens, lexicon=w.lexicon),
    "text.propose_terms": lambda w: called(w.tokens, lexicon=w.lexicon, rejected=["新版"]),
    "text.comment_polarity": lambda w: called(w.polarity),
    "text.polarity": lambda w: called(w.comments, lexicon=w.lexicon),
    "text.tokenise": lambda w: called(w.comments, lexicon=w.lexicon),
    "text.uninformative": lambda w: called(w.texts),
    "themes.agreement": lambda w: called(*w.coders, level="ordinal", n_boot=100, seed=1),
    "themes.marked": lambda w: called(w.labelled, themes=["wait", "menu"]),
    "themes.rule_agreement": lambda w: called(w.labelled[::2], w.labelled),
    "themes.sample_for_labelling": lambda w: called(w.comments, n=5, seed=1),
    "themes.check": lambda w: called(w.study.codeframe, lexicon=w.lexicon),
    "themes.code": lambda w: called(w.comments, w.study.codeframe, lexicon=w.lexicon),
    "themes.code_turns": lambda w: called(w.turns, w.study.codeframe, lexicon=w.lexicon),
    "themes.coverage": lambda w: called(w.coded, codeframe=w.study.codeframe),
    "themes.drift": lambda w: called(w.coded, w.coded, codeframe=w.study.codeframe),
    "themes.indicators": lambda w: called(w.kept, w.comments, w.coded, w.study.codeframe),
    "themes.match": lambda w: called(w.comments, {"wish": ["希望|建议"]}, lexicon=w.lexicon),
    "themes.saturation": lambda w: called(w.voiced, seed=1),
    "themes.saturation_point": lambda w: called(w.voiced, seed=1),
    "themes.spoken_notes": lambda w: called(w.turns),
    "themes.standing": lambda w: called(w.voiced, w.study.codeframe),
    "themes.suggestions": lambda w: called(w.coded, w.comments, lexicon=w.lexicon),
    "themes.joint_display": lambda w: called(
        w.means, w.matches, study=w.study, changes=w.changed, drivers=w.importances, quotes=w.quotes
    ),
    "themes.quote_counts": lambda w: called(w.matches, w.quotes, comments=w.comments),
    "themes.quote_ids": lambda w: called(w.texts, w.texts, w.texts),
    "themes.quotes": lambda w: called(
        w.matches, comments=w.comments, k=2, by=["item"], tokens=w.tokens
    ),
    "themes.released": lambda w: called(w.quotes, w.reviews),
    "themes.topic_coverage": lambda w: called(w.turns, w.study.codeframe.topics, lexicon=w.lexicon),
    "evaluation.alarms": lambda w: called(w.control),
    "evaluation.control_chart": lambda w: called(w.stream, kind="u"),
    "evaluation.process_state": lambda w: called(w.staged, w.stages, min_base=2),
    "evaluation.rework": lambda w: called(
        w.staged, same=["customer_id"], days=7, until=pd.Timestamp("2026-09-30")
    ),
    "evaluation.stream": lambda w: called(w.staged, time="closed_at", name="s"),
    "evaluation.training": lambda w: called(w.trained, tests={"theory": ("before", "after")}),
    "charts.control_lines": lambda w: called(w.control),
    "charts.stage_bars": lambda w: called(w.state),
    "report.alarm_sentences": lambda w: called(evaluation.alarms(w.control), w.control),
    "report.alarms_view": lambda w: called(evaluation.alarms(w.control)),
    "report.process_finding": lambda w: called(w.state),
    "report.process_view": lambda w: called(w.state),
    "report.rework_sentence": lambda w: called(w.returned, days=7),
    "report.training_sentences": lambda w: called(w.training.outcome),
    "report.training_view": lambda w: called(w.training.outcome),
    "actions.action_frames": lambda w: called(
        w.measures.iloc[0], w.waved, today="2026-09-30", rechecks=w.rechecks
    ),
    "actions.active_customers": lambda w: called(w.customer_lists, by=["region"]),
    "actions.as_known": lambda w: called(w.measures, quarter="2026Q3", today="2026-09-30"),
    "actions.cases": lambda w: called(w.measures, w.judged),
    "actions.churn": lambda w: called(w.active, affected=["C1"]),
    "actions.churn_risk": lambda w: called(
        w.active[["customer_id"]], w.waved, today="2026-09-30", tickets=w.served
    ),
    "actions.churn_risk_check": lambda w: called(w.risk, {"C1"}),
    "actions.orders_gained": lambda w: called(w.rechecks),
    "actions.parse_scope": lambda w: called("team=网络组；region=华东|华北"),
    "actions.recurrence": lambda w: called(
        w.served,
        "网络故障",
        started_on="2026-07-01",
        done_on="2026-07-15",
        today="2026-09-30",
        column="problem_type",
        unit="ticket_id",
        at="opened_at",
        per=1000,
    ),
    "actions.recurrences": lambda w: called(
        w.measures,
        w.waved.assign(
            comment_id=range(len(w.waved)), theme="wait", dimension="overall", polarity="negative"
        ),
        today="2026-09-30",
    ),
    "actions.repeats": lambda w: called(w.served, today="2026-09-30"),
    "actions.scope_mask": lambda w: called(w.waved, "team=网络组"),
    "actions.effects": lambda w: called(w.measures, w.waved, today="2026-09-30"),
    "actions.measure_waves": lambda w: called(w.measures, w.waved, today="2026-09-30"),
    "actions.wave_means": lambda w: called(w.frames, "overall", action_id="A1"),
    "actions.draft": lambda w: called(
        w.weak, w.study.playbook, quarter=QUARTER, line=LINE, coverage=w.coverage, today=TODAY
    ),
    "actions.followup_rates": lambda w: called(w.followed, today=TODAY, by=["channel"]),
    "actions.followup_states": lambda w: called(w.followed, today=TODAY),
    "actions.followup_summary": lambda w: called(w.followed, today=TODAY),
    "actions.followups": lambda w: called(
        w.comments,
        w.followed[:3],
        settings=w.study.followups,
        today=TODAY,
        coded=w.coded,
        responses=w.joined,
        score="overall",
    ),
    "actions.prioritise": lambda w: called(w.drafts, w.weak, playbook=w.study.playbook),
    "actions.problems": lambda w: called(w.drafts, owners=["客户服务部"], today=TODAY),
    "actions.progress": lambda w: called(w.drafts, w.steps, today=TODAY),
    "actions.progress_by_week": lambda w: called(w.drafts, w.steps, until=TODAY),
    "actions.followups_as_of": lambda w: called(w.followed, today=TODAY),
    "actions.week_list": lambda w: called(w.followed, today=TODAY, key_customers=["x"]),
    "charts.action_plan": lambda w: called(w.planned, w.standing_actions, today=TODAY),
    "charts.burn_down": lambda w: called(w.weeks),
    "charts.followup_bars": lambda w: called(w.followed_rates),
    "actions.detectable_effect": lambda w: called("paired", n=60, correlation=0.5),
    "actions.difference_in_differences": lambda w: called(
        w.waves, "score", treated="reached", after="later", errors="cluster", cluster="customer_id"
    ),
    "actions.effect": lambda w: called(
        w.waves[w.waves["later"] == 0], w.waves[w.waves["later"] == 1], item="score", cutoff=4
    ),
    "actions.mcnemar": lambda w: called(w.waves["reached"], w.waves["later"]),
    "actions.paired": lambda w: called(w.waves["score"], w.waves["score"][::-1]),
    "actions.return_to_mean": lambda w: called(w.waves["score"], w.waves["score"][::-1], [2, 3]),
    "actions.stuart_maxwell": lambda w: called(w.waves["score"], w.waves["score"][::-1]),
    "actions.unpaired": lambda w: called(w.waves["score"], w.waves["score"].head(9)),
    "actions.verdicts": lambda w: called(w.measures, w.effects, today="2026-12-01"),
    "charts.dimension_bars": lambda w: called(w.means, labels=w.labels, target=4.2),
    "charts.distribution_bars": lambda w: called(w.spread, labels=w.labels, levels=range(1, 6)),
    "charts.effect_forest": lambda w: called(w.judged, labels={"A1": "首次响应模板"}),
    "charts.font_path": lambda w: called(),
    "evaluation.against_targets": lambda w: called(w.measured),
    "evaluation.by_line": lambda w: called({"ops_company": w.measured}),
    "evaluation.check_system": lambda w: called(
        w.study.indicators, w.measured, quarter=QUARTER, history=w.measured
    ),
    "evaluation.decompose_targets": lambda w: called(w.study.indicators),
    "evaluation.indicator_values": lambda w: called(
        w.study.indicators, quarter=QUARTER, estimates=w.means, by=["region"]
    ),
    "evaluation.matrix": lambda w: called(w.measured, group_by=None, period=QUARTER),
    "evaluation.normalise": lambda w: called(w.grid, direction="higher", method="z"),
    "evaluation.rank_sum_ratio": lambda w: called(w.grid, direction="higher"),
    "evaluation.service_targets": lambda w: called(w.satisfied, {"overall": None}, team="region"),
    "evaluation.stability": lambda w: called(w.grid, direction="higher", se=w.grid * 0, seed=1),
    "evaluation.target_summary": lambda w: called(w.results),
    "evaluation.weighted_mean": lambda w: called(w.grid, direction="higher", points="min_max"),
    "charts.first_levels": lambda w: called(w.graded, labels={}),
    "charts.rank_intervals": lambda w: called(w.firm, labels={}),
    "charts.target_bullets": lambda w: called(w.results),
    "charts.funnel": lambda w: called(w.units, labels=w.labels),
    "charts.gap_dots": lambda w: called(w.gaps, labels=w.labels),
    "charts.group_bars": lambda w: called(w.groups, labels=w.labels),
    "charts.importance_dots": lambda w: called(w.importances, labels=w.labels),
    "charts.keyness_dots": lambda w: called(w.keyness),
    "charts.keyword_bars": lambda w: called(w.keywords),
    "charts.priority_matrix": lambda w: called(w.matrix, labels=w.labels),
    "charts.saturation_curve": lambda w: called(w.curve, reached_at=3),
    "charts.to_svg": lambda w: called(charts.dimension_bars(w.means, labels=w.labels)),
    "charts.theme_bars": lambda w: called(
        w.shares, codeframe=w.codeframe, coverage=w.coverage, top=3
    ),
    "charts.topic_heatmap": lambda w: called(w.topics, labels=w.study.codeframe.labels()),
    "charts.trend_lines": lambda w: called(w.means, labels=w.labels),
    "charts.unit_ranks": lambda w: called(w.units, labels=w.labels),
    "charts.wave_lines": lambda w: called(w.wave_means, labels=w.labels),
    "charts.word_cloud": lambda w: called(w.keywords, seed=1),
    "report.action_priorities_sentences": lambda w: called(w.ordered),
    "report.action_priorities_view": lambda w: called(w.ordered, w.study),
    "report.action_problems_sentence": lambda w: called(w.faults, w.planned),
    "report.action_problems_view": lambda w: called(w.faults),
    "report.action_progress_sentences": lambda w: called(w.standing_actions),
    "report.action_progress_view": lambda w: called(w.standing_actions, w.planned),
    "report.action_weeks_sentence": lambda w: called(w.weeks),
    "report.actions_view": lambda w: called(w.planned, w.study),
    "report.followup_rates_sentences": lambda w: called(w.followed_rates),
    "report.followup_rates_view": lambda w: called(w.followed_rates),
    "report.followup_summary_view": lambda w: called(
        actions.followup_summary(w.followed, today=TODAY), w.study
    ),
    "report.followups_view": lambda w: called(
        w.followed, actions.followup_states(w.followed, today=TODAY), w.study
    ),
    "report.week_counts_view": lambda w: called(w.week),
    "report.week_list_sentence": lambda w: called(w.week),
    "report.week_list_view": lambda w: called(w.week, w.study),
    "report.agreement_sentence": lambda w: called(w.agreed, w.study),
    "report.agreement_view": lambda w: called(w.agreed, w.study),
    "report.cases_view": lambda w: called(w.casebook, w.study),
    "report.churn_finding": lambda w: called(w.churn),
    "report.churn_risk_check_view": lambda w: called(w.risk_check),
    "report.churn_risk_finding": lambda w: called(w.risk, check=w.risk_check),
    "report.churn_view": lambda w: called(w.churn),
    "report.effects_view": lambda w: called(w.effects, w.study, actions=w.measures),
    "report.handbook": lambda w: called(w.casebook, w.study),
    "report.handbook_note": lambda w: called(w.casebook),
    "report.orders_sentence": lambda w: called(w.orders),
    "report.recurrence_finding": lambda w: called(w.recurring, labels={}),
    "report.recurrence_view": lambda w: called(w.recurring, labels={}),
    "report.repeats_view": lambda w: called(w.repeated),
    "report.rule_agreement_sentence": lambda w: called(w.recovered, w.study),
    "report.rule_agreement_view": lambda w: called(w.recovered, w.study),
    "report.break_note": lambda w: called(w.means, w.study, quarter=QUARTER),
    "report.changes_finding": lambda w: called(w.changed, w.study),
    "report.comparison_finding": lambda w: called(w.compared),
    "report.comparison_findings": lambda w: called(w.compared, w.study),
    "report.comparison_view": lambda w: called(w.compared, w.study),
    "report.cross_counts": lambda w: called(w.joined, "region", "channel"),
    "report.describe_view": lambda w: called(w.described, w.study),
    "report.mix_view": lambda w: called(w.changed, w.study),
    "report.trend_finding": lambda w: called(w.changed, w.study),
    "report.checks_sentence": lambda w: called(w.checks),
    "report.checks_view": lambda w: called(w.checks),
    "report.evaluation_sentence": lambda w: called(w.graded, {}),
    "report.evaluation_view": lambda w: called(w.graded, {}),
    "report.measured": lambda w: called(0.5, "比率"),
    "report.rank_sum_sentence": lambda w: called(w.ranked.fit, w.ranked.grades, {}),
    "report.rank_sum_view": lambda w: called(w.ranked.ratios, {}),
    "report.service_targets_sentences": lambda w: called(w.needs, w.labels),
    "report.service_targets_view": lambda w: called(w.needs, w.labels),
    "report.stability_sentence": lambda w: called(w.firm, {}),
    "report.stability_view": lambda w: called(w.firm, {}),
    "report.target_shares_view": lambda w: called(evaluation.decompose_targets(w.study.indicators)),
    "report.target_summary_view": lambda w: called(evaluation.target_summary(w.results)),
    "report.targets_finding": lambda w: called(w.results),
    "report.targets_sentence": lambda w: called(w.results),
    "report.targets_view": lambda w: called(w.results),
    "report.units_finding": lambda w: called(w.units, w.study),
    "report.units_view": lambda w: called(w.units, w.study),
    "report.diagnostics_findings": lambda w: called(w.diagnosed, w.study),
    "report.diagnostics_view": lambda w: called(w.diagnosed, w.study),
    "report.coefficients_view": lambda w: called(w.coefficients, w.study),
    "report.fit_finding": lambda w: called(w.coefficients, w.model, w.study),
    "report.stability_findings": lambda w: called(w.stability, w.study),
    "report.model_choice_finding": lambda w: called(w.choice),
    "report.model_choice_view": lambda w: called(w.choice),
    "report.screening_finding": lambda w: called(w.screened, w.study),
    "report.screening_view": lambda w: called(w.screened, w.study),
    "report.cards": lambda w: called(w.rows, w.study),
    "report.cite": lambda w: called("03_satisfaction", "t-means", words="表 1"),
    "report.comparable_history": lambda w: called(w.means, w.study, quarter=QUARTER),
    "report.drift_view": lambda w: called(w.drift, w.codeframe),
    "report.effect_view": lambda w: called(w.means, w.means, w.study),
    "report.figure": lambda w: called(
        charts.dimension_bars(w.means, labels=w.labels),
        w.study,
        name="x",
        caption="图 1",
        data=w.means,
    ),
    "report.folded": lambda w: called("数字", "n = 40"),
    "report.funnel_view": lambda w: called(fieldwork.funnel(w.ledger)),
    "report.gap_finding": lambda w: called(w.gaps),
    "report.gaps_sentences": lambda w: called(w.topics, w.study),
    "report.interview_script": lambda w: called(
        w.spoken.interviews, w.turns, interview_id=w.spoken.interviews["interview_id"][0]
    ),
    "report.interviewed_view": lambda w: called(w.spoken.interviews, ["mode"], w.study),
    "report.level_view": lambda w: called(
        w.voiced, dict.fromkeys(w.spoken.interviews["interview_id"], "满意")
    ),
    "report.notes_view": lambda w: called(w.noted),
    "report.refused_view": lambda w: called(w.spoken.refused),
    "report.saturation_sentence": lambda w: called(w.point),
    "report.standing_finding": lambda w: called(w.standing, w.study),
    "report.standing_view": lambda w: called(w.standing, w.study),
    "report.topics_finding": lambda w: called(w.topics, w.study),
    "report.topics_view": lambda w: called(w.topics, w.study),
    "report.group_finding": lambda w: called(w.groups),
    "report.headline": lambda w: called(w.means, w.study, quarter=QUARTER),
    "report.impact_finding": lambda w: called(w.impact, w.codeframe, w.study),
    "report.impact_view": lambda w: called(w.impact, w.codeframe, w.study),
    "report.imbalance_sentence": lambda w: called(fieldwork.largest_imbalance(w.likeness), w.study),
    "report.importance_finding": lambda w: called(w.importances, w.study),
    "report.importance_sentence": lambda w: called(w.importances, w.study),
    "report.importance_view": lambda w: called(w.importances, w.study),
    "report.joint_note": lambda w: called(alpha=0.05),
    "report.joint_sentences": lambda w: called(w.joint, w.study),
    "report.joint_view": lambda w: called(w.joint, w.study),
    "report.key_figures": lambda w: called(w.means, w.study),
    "report.key_problems_sentence": lambda w: called(
        drivers.key_problems(w.matrix, w.means), w.study
    ),
    "report.key_problems_view": lambda w: called(drivers.key_problems(w.matrix, w.means), w.study),
    "report.key_tiers": lambda w: called(w.study),
    "report.keyness_sentence": lambda w: called(w.keyness),
    "report.keyness_view": lambda w: called(w.keyness, w.study),
    "report.likeness_view": lambda w: called(w.likeness, w.study, min_base=30),
    "report.lowest": lambda w: called(w.means, overall="overall"),
    "report.merge_small": lambda w: called(w.joined, ["tier"], counted=w.joined, min_base=60),
    "report.modes_sentences": lambda w: called(w.modes, w.study),
    "report.modes_view": lambda w: called(
        w.modes, fieldwork.interviewer_quality(w.joined, w.items, by=["channel"]), w.study
    ),
    "report.number": lambda w: called(0.7812, "share"),
    "report.outcomes_view": lambda w: called(w.ledger, by="channel", min_base=5),
    "report.p_value": lambda w: called(0.04),
    "report.priorities_finding": lambda w: called(w.matrix, w.study),
    "report.priorities_sentences": lambda w: called(w.matrix, w.study),
    "report.priorities_view": lambda w: called(w.matrix, w.study),
    "report.provenance": lambda w: called(w.manifest),
    "report.quotes_sentence": lambda w: called(w.released),
    "report.quotes_view": lambda w: called(w.released, w.study),
    "report.rates_view": lambda w: called(fieldwork.response_rates(w.ledger), w.study),
    "report.reasons_view": lambda w: called(w.ledger, rules=clean.REASONS, min_base=5),
    "report.response_sentence": lambda w: called(
        fieldwork.funnel(w.ledger), fieldwork.response_rates(w.ledger), answers=9
    ),
    "report.say": lambda w: called("**一**。", w.piece, warning=True),
    "report.sensitivity_view": lambda w: called(
        clean.sensitivity(w.cleaned.flagged, w.study), w.study, reasons=clean.REASONS
    ),
    "report.sentence": lambda w: called(w.rows[0], labels=w.labels),
    "report.signed": lambda w: called(-0.1, "share"),
    "report.soundness_findings": lambda w: called(w.found, w.study),
    "report.soundness_view": lambda w: called(w.found, w.study),
    "report.stack": lambda w: called([w.piece, w.piece]),
    "report.stages_sentences": lambda w: called(w.slow, w.study),
    "report.stages_view": lambda w: called(w.slow, w.study),
    "report.subtitle": lambda w: called(w.study, QUARTER, as_of="2026-09-30"),
    "report.suggestions_view": lambda w: called(w.suggestions),
    "report.survey_record": lambda w: called(w.study, QUARTER, caption="表 1"),
    "report.table": lambda w: called(
        w.kept, w.study, name="x", caption="表 1", columns={"channel": "渠道", "overall": "得分"}
    ),
    "report.theme_changes_finding": lambda w: called(schema.empty("theme_changes"), w.study),
    "report.themes_finding": lambda w: called(w.coverage, w.codeframe, drift=w.drift),
    "report.themes_view": lambda w: called(w.coverage, w.codeframe, drift=w.drift),
    "report.verdict_sentence": lambda w: called(
        w.measures.iloc[0], w.judged.iloc[0], w.effects, w.study
    ),
    "report.verdict_sentences": lambda w: called(w.measures, w.judged, w.effects, w.study),
    "report.verdicts_finding": lambda w: called(w.judged),
    "report.verdicts_view": lambda w: called(w.measures, w.judged, w.study),
    "report.weighting_sentence": lambda w: called(w.rows[0], w.rows[0], w.study),
}


def fitting(name, rows):
    """Make a table of a contract from some of its columns."""
    blank = schema.empty(name)
    return pd.DataFrame(rows).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def words_by_numbers(w):
    """Add what was found in the comments, and what reviewers said of the quotes."""
    found = w.comments[w.comments["text"].str.contains("慢")]
    w.codeframe = study.Codeframe(
        themes=(
            {"id": "slow", "name": "慢", "stage": "服务", "action": "响应", "patterns": ("慢",)},
        )
    )
    row = {"status": "coded", "theme": "slow", "dimension": w.items[1], "polarity": "negative"}
    starts = found["text"].str.find("慢")
    w.matches = fitting(
        "coded", found[["comment_id"]].assign(**row, start=starts, end=starts + 1)
    ).reset_index(drop=True)
    w.quotes = themes.quotes(w.matches.copy(), comments=w.comments.copy())
    w.reviews = fitting("quote_reviews", w.quotes[["quote_id", "digest"]].assign(verdict="passed"))
    w.released = themes.released(w.quotes.copy(), w.reviews.copy())
    w.joint = themes.joint_display(w.means.copy(), w.matches.copy(), study=w.study)
    counts = {"comments": 9, "base": 90, "share": 0.1, "ci_low": 0.05, "ci_high": 0.2}
    counts |= {"negative": 8, "neutral": 1, "positive": 0}
    w.coverage = fitting("coverage", [{"theme": "slow", **counts}])
    w.shares = w.means[:1].assign(item="theme_slow", metric="share", estimate=0.1)
    moved = {"previous": 3, "previous_base": 90, "current": 9, "current_base": 90}
    w.drift = fitting(
        "theme_drift", [{"theme": "slow", **moved, "difference": 0.06, "p_adjusted": 0.01}]
    )
    w.impact = w.coefficients.assign(term=["(Intercept)", "theme_slow", "theme_other"])
    group = {"cluster": 1, "size": 9, "terms": "发票", "example_id": "a:b:1:c", "cohesion": 0.5}
    w.suggestions = fitting("theme_suggestions", [group])


def watched(w):
    """Add a stream with an alarm, staged tickets and a training."""
    days = pd.date_range("2026-05-04", periods=10, freq="7D")
    counts = [4.0, 5, 3, 4, 6, 5, 4, 3, 5, 29]
    w.stream = pd.DataFrame({"stream": "s", "time": days, "count": counts, "n": 10.0})
    w.control = evaluation.control_chart(w.stream.copy(), kind="u")
    opened = pd.date_range("2026-07-01", periods=6, freq="2D")
    w.staged = pd.DataFrame({"ticket_id": range(6), "customer_id": "c", "opened_at": opened})
    w.staged["closed_at"] = opened + pd.Timedelta(hours=5)
    w.stages = [study.Stage(name="处理", since="opened_at", until="closed_at", limit=60)]
    w.state = evaluation.process_state(w.staged.copy(), w.stages, min_base=2)
    returned = {"same": ["customer_id"], "days": 7, "until": pd.Timestamp("2026-09-30")}
    w.returned = evaluation.rework(w.staged.copy(), **returned)
    after = [70, 80, 65, 90, 75, 60]
    w.trained = pd.DataFrame({"trainee": list("abcdef"), "course": "c", "lecturer": "l"})
    w.trained = w.trained.assign(method="m", before=60, after=after)
    w.training = evaluation.training(w.trained.copy(), tests={"theory": ("before", "after")})


def measures_judged(w):
    """Make a measure, its waves and its verdict, and what is known afterwards."""

    def table(name, **row):
        blank = schema.empty(name)
        df = pd.DataFrame([row]).reindex(columns=list(blank))
        return df.astype(blank.dtypes.to_dict())

    day = pd.Timestamp
    both = ["2026Q2", "2026Q2", "2026Q3", "2026Q3"]
    w.waved = pd.DataFrame({"quarter": both, "customer_id": ["C1", "C2"] * 2})
    w.waved["submitted_at"] = pd.to_datetime(["2026-06-01"] * 2 + ["2026-09-01"] * 2)
    w.waved = w.waved.assign(team=["网络组", "桌面组"] * 2, overall=[2, 4, 4, 4])
    w.measures = table(
        "actions", action_id="A1", quarter="2026Q2", line="ops_event", item="overall",
        scope="team=网络组", measure="首次响应模板", started_on=day("2026-07-05"),
        done_on=day("2026-08-01"),
    )  # fmt: skip
    w.judged = table(
        "action_verdicts", action_id="A1", item="overall", metric="mean", verdict="effective",
        why="goal_reached", next_step="roll_out", method="did", n=9, estimate=0.4, ci_low=0.2,
        ci_high=0.6, goal=0.4, plain=0.5, plain_low=0.3, plain_high=0.7,
    )  # fmt: skip
    w.effects = table(
        "effects", action_id="A1", item="overall", metric="mean", method="did", before=3.6,
        after=4.1, estimate=0.4, ci_low=0.2, ci_high=0.6,
    )  # fmt: skip
    w.rechecks = table(
        "rechecks", action_id="A1", customer_id="C1", asked_on=day("2026-09-02"), score=4, orders=1
    )
    w.served = pd.DataFrame({"ticket_id": ["T1", "T2", "T3"], "customer_id": ["C1", "C1", "C2"]})
    w.served = w.served.assign(problem_type="网络故障")
    w.served["opened_at"] = pd.to_datetime(["2026-06-20", "2026-08-01", "2026-08-20"])
    w.customer_lists = {
        "2026Q2": pd.DataFrame({"customer_id": ["C1", "C2"], "region": ["华东", "华北"]}),
        "2026Q3": pd.DataFrame({"customer_id": ["C1"], "region": ["华东"]}),
    }
    w.active = actions.active_customers(w.customer_lists)
    w.churn = actions.churn(w.active.copy())
    w.risk = actions.churn_risk(w.active[["customer_id"]], w.waved.copy(), today="2026-09-30")
    w.risk_check = actions.churn_risk_check(w.risk.copy(), {"C1"})
    w.orders = actions.orders_gained(w.rechecks.copy())
    w.frames = actions.action_frames(w.measures.iloc[0].copy(), w.waved.copy(), today="2026-09-30")
    w.wave_means = actions.wave_means(w.frames, "overall", action_id="A1")
    w.casebook = actions.cases(w.measures.copy(), w.judged.copy())
    w.repeated = actions.repeats(w.served.copy(), today="2026-09-30")
    w.recurring = CASES["actions.recurrence"](w)
    w.recurring = actions.recurrence(*w.recurring[0], **w.recurring[1])


def closing_the_loop(w):
    """Add measures, how they stand, and the follow-up of the opinions."""
    w.weak = drivers.key_problems(w.matrix.copy(), w.means.copy(), target=5.0)
    w.weak["key_problem"] = pd.array([True] * len(w.weak), dtype="boolean")
    w.drafts = actions.draft(
        w.weak.copy(), w.study.playbook, quarter=QUARTER, line=LINE, today=TODAY
    )
    started = pd.Series(pd.Timestamp("2026-10-01"), index=w.drafts.index)
    w.planned = w.drafts.assign(status="under_way", started_on=started.astype("datetime64[us]"))
    step = {"action_id": w.planned["action_id"].iloc[0], "kind": "milestone", "done_share": 0.5}
    w.steps = fitting("action_steps", [{**step, "happened_on": pd.Timestamp("2026-10-10")}])
    w.standing_actions = actions.progress(w.planned.copy(), w.steps.copy(), today=TODAY)
    w.weeks = actions.progress_by_week(w.planned.copy(), w.steps.copy(), until=TODAY)
    w.faults = actions.problems(w.planned.copy())
    w.ordered = actions.prioritise(w.planned.copy(), w.weak.copy())
    w.followed = actions.followups(
        w.comments.copy(),
        schema.empty("followups"),
        settings=w.study.followups,
        today=TODAY,
        coded=w.coded.copy(),
        responses=w.joined.copy(),
    )
    w.followed_rates = actions.followup_rates(w.followed.copy(), today=TODAY, by=["channel"])
    w.week = actions.week_list(w.followed.copy(), today=TODAY)


def judged(w):
    """Add indicators, their targets, and groups judged by several of them."""
    w.measured = evaluation.indicator_values(
        w.study.indicators, quarter=QUARTER, estimates=w.means.copy()
    )
    w.results = evaluation.against_targets(w.measured.copy())
    w.checks = evaluation.check_system(w.study.indicators, w.measured.copy(), quarter=QUARTER)
    w.grid = w.joined.groupby("region")[list(w.items[:4])].mean().astype("float64")
    w.ranked = evaluation.rank_sum_ratio(w.grid.copy(), direction="higher")
    w.firm = evaluation.stability(w.grid.copy(), direction="higher", points="none", n_draws=100)
    halves = {item: "甲" if place < 2 else "乙" for place, item in enumerate(w.grid)}
    w.graded = evaluation.weighted_mean(
        w.grid.iloc[:3].copy(), direction="higher", first=halves, points="min_max"
    )
    w.needs = evaluation.service_targets(w.satisfied.copy(), {"overall": None}, team="region")


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
    w.waves = pd.DataFrame(
        {"customer_id": [*range(20)] * 2, "score": [1, 2, 3, 4, 4, 5, 3, 2] * 5}
    ).assign(reached=[0, 1] * 20, later=[0] * 20 + [1] * 20)
    w.measures = pd.DataFrame(
        {"action_id": ["A1"], "baseline": 3.0, "target": 3.4, "due": "2026-08-01"}
    ).assign(done_on="2026-08-01", proof="a.pdf")
    later = w.waves["later"] == 1
    w.effects = actions.effect(w.waves[~later], w.waves[later], item="score").assign(action_id="A1")
    w.scores, w.recommend, w.texts = w.kept["overall"], w.kept["recommend"], w.comments["text"]
    w.known = pd.Series([("张伟", "王芳")] * len(w.texts), index=w.texts.index)
    w.joined = clean.attach(w.kept.copy(), raw(), w.study)
    w.items, w.labels = w.study.items("rating"), w.study.label_map()
    w.lists = clean.fieldwork_tables(w.cleaned, raw(), w.study)
    w.outcomes = w.study.fieldwork.outcomes
    w.ledger = fieldwork.dispositions(
        w.lists["frame"], w.lists["invitations"], w.kept.copy(), outcomes=w.outcomes
    )
    w.closed = w.lists["frame"].assign(closed_at=pd.Timestamp("2026-07-01"))
    w.likeness = fieldwork.representativeness(w.lists["frame"], w.joined, variables=["tier"])
    w.satisfied = w.joined.assign(**{i: scales.is_satisfied(w.joined[i].copy()) for i in w.items})
    w.ratings = w.joined[list(w.items)]
    w.dimensions = {"all": [*w.ratings][:3], "rest": [*w.ratings][3:]}
    w.found = scales.soundness(w.ratings.copy(), dimensions=w.dimensions, seed=1)
    w.where = w.joined["channel"] == "线上问卷"
    w.framed = clean.sampling_frame(raw(), w.study).assign(one=1.0)
    w.framed["responded"] = w.framed["customer_id"].isin(w.kept["customer_id"])
    w.answered = w.framed[w.framed["responded"]]
    ended = w.framed["responded"].map({True: "complete", False: "refusal"})
    w.ended = w.framed[["customer_id"]].assign(disposition=ended)
    w.weighting = study.Weighting(nonresponse=("region",), margins=("tier",), trim=4.0)
    w.margins = {c: w.framed[c].value_counts() for c in ("region", "tier")}
    w.weighted = weights.of_quarter(w.kept.copy(), w.framed, w.ended, w.weighting)
    w.gaps = weights.margin_gaps(w.answered, w.margins, weights="one")
    w.modes = fieldwork.mode_effects(w.joined.copy(), ["overall"], by=["channel"])
    w.means = estimates.mean(w.joined.copy(), w.items)
    parts = {"driver": w.items, "method": "lmg", "importance": 0.1, "share": 0.2, "ci_low": 0.05}
    parts |= {"ci_high": 0.15, "rank": 1.0, "rank_low": 1.0, "rank_high": 6.0, "n": 9, "r2": 0.5}
    w.importances = pd.DataFrame(parts)
    w.matrix = drivers.priorities(w.importances.copy(), w.means.copy(), seed=0)
    w.stays = w.kept[["response_id"]].assign(接收=[float(i % 9) for i in range(len(w.kept))])
    w.slow = drivers.causes(
        w.kept.copy(), w.stays.copy(), dimension="quality", stages=["接收"], key="response_id"
    )
    w.units = estimates.units(w.satisfied.copy(), "overall", unit="region", target=0.85)
    w.earlier = w.joined.iloc[: len(w.joined) // 2].assign(quarter="2026Q2")
    w.condition = lambda t: t["channel"] == "线上问卷"
    w.series = pd.concat([w.means.assign(quarter=q) for q in ("2026Q1", "2026Q2", "2026Q3")])
    w.compared = estimates.compare(w.joined.copy(), "overall", by=["tier"], against="rest")
    w.changed = estimates.change(w.joined.copy(), w.earlier, ["overall"])
    w.screened = drivers.screen(w.joined.copy(), "overall", w.items[1:4])
    w.coefficients = drivers.fit(w.joined.copy(), w.items[0], w.items[1:3])
    w.model = drivers.fit_summary(w.joined.copy(), w.items[0], w.items[1:3])
    w.stability = drivers.leave_one_out(w.joined.copy(), "overall", w.items[1:], unit="region")
    w.diagnosed = drivers.diagnose(w.joined.copy(), "overall", w.items[1:3], kind="linear")
    w.choice = drivers.choose(w.joined.copy(), "overall", w.items[1:3], repeats=1)
    w.described = estimates.describe(w.joined.copy(), w.items)
    w.rows = [row for _, row in w.means.iterrows()]
    w.groups = estimates.mean(w.joined.copy(), "overall", by=["region"])
    w.spread = estimates.distribution(w.joined.copy(), w.items, levels=range(1, 6))
    w.frame = clean.sampling_frame(raw(), w.study)
    w.sample = sampling.draw(w.frame.copy(), 20, seed=0)
    w.strata = pd.DataFrame({"stratum": ["a", "b"], "population": [100, 50], "sd": [1.0, 2.0]})
    days = pd.to_datetime(["2026-09-01", None])
    w.tickets = pd.DataFrame({"ticket_id": ["a", "b"], "customer_id": "c", "closed_at": days})
    w.lexicon = text.Lexicon(terms=w.study.terms)
    regions = w.comments.merge(w.joined[["response_id", "region"]], on="response_id")
    w.tokens = text.tokenise(w.comments.copy(), lexicon=w.lexicon).merge(
        regions[["comment_id", "region"]], on="comment_id"
    )
    w.coded = themes.code(w.comments.copy(), w.study.codeframe, lexicon=w.lexicon)
    w.polarity = text.polarity(w.comments.copy(), lexicon=w.lexicon)
    w.spoken = exports.transcripts(store.raw(QUARTER, LINE), w.study)
    w.turns = w.spoken.turns
    w.voiced = themes.code_turns(w.turns.copy(), w.study.codeframe, lexicon=w.lexicon)
    w.topics = themes.topic_coverage(w.turns.copy(), w.study.codeframe.topics, lexicon=w.lexicon)
    w.curve = themes.saturation(w.voiced.copy())
    w.point = themes.saturation_point(w.voiced.copy())
    w.standing = themes.standing(w.voiced.copy(), w.study.codeframe)
    w.noted = themes.spoken_notes(w.turns.copy())
    w.keywords = text.keywords(w.tokens.copy(), method="mentions", lexicon=w.lexicon)
    w.keyness = text.keyness(w.tokens.copy(), by=["region"], lexicon=w.lexicon)
    w.coders = [pd.Series([1, 2, 3, 3, None, 2]), pd.Series([1, 2, 3, 2, 1, 2], index=range(1, 7))]
    rows = [("a", "wait"), ("b", None), ("c", "menu"), ("c", "wait"), ("d", None)]
    w.labelled = pd.DataFrame(rows, columns=["comment_id", "theme"]).astype("str")
    w.agreed = themes.agreement(*(coder.copy() for coder in w.coders), n_boot=100)
    w.recovered = themes.rule_agreement(w.labelled[:4].copy(), w.labelled.copy())
    words_by_numbers(w)
    watched(w)
    measures_judged(w)
    closing_the_loop(w)
    judged(w)
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
