"""The ledger of everyone we meant to ask: nobody lost, every rate by its formula, every refusal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import fieldwork, schema
from csatlib.fieldwork.welch import holm

FOLDER = Path(__file__).parent / "reference"
AAPOR, COMPARED = (
    json.loads((FOLDER / f"fieldwork_{name}.json").read_text("utf-8"))
    for name in ("aapor", "comparisons")
)
RATES = AAPOR["results"]["rates"]["value"]
COUNTS = AAPOR["inputs"]["counts"]["value"]
R = {name: entry["value"] for name, entry in COMPARED["results"].items()}
ANSWERS = pd.DataFrame({name: entry["value"] for name, entry in COMPARED["inputs"].items()})
OUTCOMES = {"拒访": "refusal", "空号": "ineligible", "无人接听": "non_contact", "出差": "other"}


def times(values):
    return pd.to_datetime(pd.Series(values, dtype="object"), format="ISO8601").astype(
        "datetime64[us]"
    )


def people(*ids, **columns):
    return pd.DataFrame({"customer_id": pd.Series(ids, dtype="str"), **columns})


def invited(*rows):
    """Rows of customer, channel, time, outcome."""
    columns = ["customer_id", "channel", "invited_at", "outcome"]
    df = pd.DataFrame([(*r, *[None] * (4 - len(r))) for r in rows], columns=columns)
    text = ["customer_id", "channel", "outcome"]
    return df.astype(dict.fromkeys(text, "str")).assign(invited_at=times(df["invited_at"]))


def answers(*rows, **columns):
    """Rows of response, customer, channel, time."""
    names = ["response_id", "customer_id", "channel", "submitted_at"]
    df = pd.DataFrame([(*r, *[None] * (4 - len(r))) for r in rows], columns=names)
    df = df.astype(dict.fromkeys(names[:3], "str"))
    return df.assign(submitted_at=times(df["submitted_at"]), **columns)


def aside(*rows):
    """Rows of row, rule, customer, time."""
    names = ["row_id", "rule", "customer_id", "submitted_at"]
    df = pd.DataFrame([(*r, *[None] * (4 - len(r))) for r in rows], columns=names)
    df = df.astype(dict.fromkeys(names[:3], "str")).assign(channel="电话")
    return df.assign(submitted_at=times(df["submitted_at"]))


def ends(ledger):
    """Disposition and reason by customer, None where there is no reason."""
    return {
        c: (d, None if pd.isna(r) else r)
        for c, d, r in zip(
            ledger["customer_id"], ledger["disposition"], ledger["reason"], strict=True
        )
    }


# ---- the ledger ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "replies", "left", "expected"),
    [
        ([("A", "电话")], [("r", "A")], [], ("complete", None)),
        ([("A", "电话")], [], [], ("non_contact", "silent")),
        ([("A", "电话", None, " ")], [], [], ("non_contact", "silent")),
        ([("A", "电话", None, "拒访")], [], [], ("refusal", "拒访")),
        ([("A", "电话", None, "空号")], [], [], ("ineligible", "空号")),
        ([("A", "电话", None, "出差")], [], [], ("other", "出差")),
        ([("A", "电话", None, "拒访")], [("r", "A")], [], ("complete", None)),
        ([("A", "电话")], [], [("x", "too_fast", "A")], ("other", "set_aside:too_fast")),
        ([("A", "电话")], [], [("x", "too_few", "A")], ("refusal", "set_aside:too_few")),
        ([("A", "电话")], [], [("x", "empty", "A")], ("refusal", "set_aside:empty")),
        ([("A", "电话")], [("r", "A")], [("x", "duplicate", "A")], ("complete", None)),
        ([("B", "电话")], [], [], ("not_invited", "not_sampled")),
        ([("B", "电话")], [("r", "A")], [], ("not_invited", "answered_without_invitation")),
        ([("B", "电话")], [], [("x", "too_fast", "A")], ("not_invited", "set_aside:too_fast")),
    ],
    ids=[
        "answered", "silent", "blank outcome", "refused", "closed number", "away",
        "refused first, then answered", "too fast", "broken off", "empty", "answered twice",
        "not drawn", "not invited, answered", "not invited, answered badly",
    ],
)  # fmt: skip
def test_each_end(given, replies, left, expected):
    ledger = fieldwork.dispositions(
        people("A", "B"),
        invited(*given),
        answers(*replies),
        set_aside=aside(*left),
        outcomes=OUTCOMES,
    )
    assert ends(ledger[ledger["member"]])["A"] == expected


@pytest.mark.parametrize(
    ("given", "replies", "expected"),
    [
        ([("Z", "电话")], [], ("ineligible", "outside_frame")),
        ([("Z", "电话")], [("r", "Z")], ("ineligible", "outside_frame")),
        ([("A", "电话")], [("r", "Z")], ("not_invited", "outside_frame")),
        ([("A", "电话")], [("r", None)], ("not_invited", "answered_without_id")),
        ([(None, "电话")], [("r", "B")], ("unknown", "invited_without_id")),
    ],
    ids=["invited", "invited and answered", "answered", "an answer without id", "an invitation without id"],
)  # fmt: skip
def test_who_stands_outside_the_frame_is_kept_below_it(given, replies, expected):
    ledger = fieldwork.dispositions(people("A", "B"), invited(*given), answers(*replies))
    below = ledger[~ledger["member"]]
    assert ledger["member"].tolist()[:2] == [True, True]
    assert list(ends(below).values()) == [expected]


def test_several_answers_of_one_person_the_earliest_valid_counts():
    ledger = fieldwork.dispositions(
        people("A"),
        invited(("A", "电话", "2026-07-01")),
        answers(("late", "A", "电话", "2026-07-05"), ("early", "A", "线上", "2026-07-03")),
        set_aside=aside(("x", "duplicate", "A", "2026-07-02")),
    )
    assert ledger["response_id"].tolist() == ["early", "late", "x"]
    assert ledger["disposition"].tolist() == ["complete", "not_invited", "not_invited"]
    assert ledger["reason"].tolist()[1:] == ["repeated", "set_aside:duplicate"]
    assert ledger["answered_channel"].tolist()[0] == "线上"


@pytest.mark.parametrize(
    ("reply", "channel", "day"),
    [
        (("r", "A", "线上", "2026-07-20"), "线上", 5),
        (("r", "A", "电话", "2026-07-20"), "电话", 10),
        (("r", "A", "电话", "2026-07-08"), "电话", 1),
        (("r", "A", "上门", "2026-07-20"), "电话", 10),
        (("r", "A", "线上", "2026-07-02"), "线上", 5),
    ],
    ids=["its channel", "the latest before", "none after the answer", "no such channel", "only one, after"],
)  # fmt: skip
def test_of_several_invitations_the_answered_one_counts(reply, channel, day):
    given = invited(
        ("A", "电话", "2026-07-01"), ("A", "线上", "2026-07-05"), ("A", "电话", "2026-07-10")
    )
    row = fieldwork.dispositions(people("A"), given, answers(reply)).iloc[0]
    assert (row["channel"], row["invited_at"].day, row["invitations"]) == (channel, day, 3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["拒访", None], ("refusal", "拒访", 1)),
        (["无人接听", "出差"], ("other", "出差", 2)),
        (["空号", "拒访"], ("refusal", "拒访", 2)),
        (["空号", "出差"], ("ineligible", "空号", 1)),
        ([None, None], ("non_contact", "silent", 2)),
        (["无人接听", "无人接听"], ("non_contact", "无人接听", 2)),
    ],
    ids=str,
)
def test_of_several_unanswered_invitations_the_most_final_counts(words, expected):
    given = invited(*(("A", "电话", f"2026-07-0{d}", w) for d, w in enumerate(words, start=1)))
    row = fieldwork.dispositions(people("A"), given, answers(), outcomes=OUTCOMES).iloc[0]
    assert (row["disposition"], row["reason"], row["invited_at"].day) == expected


def test_without_a_list_of_invitations_everyone_counts_as_invited():
    ledger = fieldwork.dispositions(
        people("A", "B"), schema.empty("invitations"), answers(("r", "A", "线上"))
    )
    assert ledger["disposition"].tolist() == ["complete", "non_contact"]
    assert ledger["channel"].isna().all()
    assert ledger["answered_channel"].tolist()[0] == "线上"


def test_without_a_frame_the_invited_are_the_members():
    ledger = fieldwork.dispositions(
        schema.empty("frame"),
        invited(("A", "电话"), ("B", "电话")),
        answers(("r", "B"), ("s", "C")),
    )
    assert ledger["member"].tolist() == [True, True, False]
    assert ledger["disposition"].tolist() == ["non_contact", "complete", "not_invited"]


def test_tickets_are_followed_by_their_own_number():
    frame = people("A", "A", ticket_id=["T1", "T2"], closed_at=times(["2026-07-01"] * 2))
    given = invited(("A", "电话"), ("A", "电话")).assign(ticket_id=["T1", "T2"])
    replies = answers(("r", None)).assign(ticket_id=["T2"])
    ledger = fieldwork.dispositions(frame, given, replies, key="ticket_id")
    assert ledger["disposition"].tolist() == ["non_contact", "complete"]
    assert ledger["customer_id"].tolist() == ["A", "A"]
    assert ledger["ticket_id"].tolist() == ["T1", "T2"]


def test_the_frames_columns_follow_the_ledgers_own_and_keep_their_order():
    frame = people("A", "B", tier=["x", "y"], region=["n", "s"])
    ledger = fieldwork.dispositions(frame, invited(("A", "电话"), ("Z", "电话")), answers())
    assert list(ledger)[:7] == list(schema.TABLES["dispositions"].columns)
    assert list(ledger)[-2:] == ["tier", "region"]
    assert ledger["tier"].tolist()[:2] == ["x", "y"]
    assert pd.isna(ledger["tier"][2])


@pytest.mark.parametrize(
    ("min_answered", "expected"),
    [
        (0.5, ["complete", "complete"]),
        (0.51, ["complete", "partial"]),
        (1.0, ["complete", "partial"]),
    ],
)
def test_few_answers_make_a_partial_questionnaire(min_answered, expected):
    replies = answers(("r", "A"), ("s", "B"), q1=[5, 4], q2=[4, None])
    ledger = fieldwork.dispositions(
        people("A", "B"), invited(("A", "电话"), ("B", "电话")), replies,
        items=["q1", "q2"], min_answered=min_answered,
    )  # fmt: skip
    assert ledger["disposition"].tolist() == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("not_applicable", "complete"),
        ("skipped", "complete"),
        ("blank", "partial"),
        ("invalid", "partial"),
    ],
)
def test_a_question_not_shown_or_not_applicable_is_not_left_open(status, expected):
    lines = pd.DataFrame(
        {"response_id": ["r", "r"], "item": ["q1", "q2"], "status": ["answered", status]}
    )
    ledger = fieldwork.dispositions(
        people("A"), invited(("A", "电话")), answers(("r", "A")), answer_status=lines
    )
    assert ledger["disposition"].tolist() == [expected]


def test_what_comes_after_the_day_is_left_out():
    ledger = fieldwork.dispositions(
        people("A", "B", "C"),
        invited(*((c, "电话", d) for c, d in zip("ABC", ["2026-07-01", "2026-07-01", "2026-07-09"], strict=True))),
        answers(("r", "A", "电话", "2026-07-05 23:59"), ("s", "B", "电话", "2026-07-06")),
        as_of="2026-07-05",
    )  # fmt: skip
    assert ledger["disposition"].tolist() == ["complete", "non_contact", "not_invited"]


def test_an_anonymous_study_has_a_ledger_of_counts():
    frame = people(None, None, None, None, None, tier=list("aabbb"))
    given = invited((None, "电话"), (None, "电话"), (None, "线上"))
    replies = answers(("r", None, "电话"))
    left = aside(("x", "too_fast", None), ("y", "duplicate", None)).assign(channel=["线上", "电话"])
    ledger = fieldwork.dispositions(frame, given, replies, set_aside=left)
    own = ledger[ledger["member"]]
    assert sorted(own["disposition"]) == [
        "complete",
        "not_invited",
        "not_invited",
        "other",
        "unknown",
    ]
    assert set(own["reason"]) == {"anonymous", "set_aside:too_fast"}
    assert own["tier"].isna().all()
    assert ledger["response_id"].dropna().tolist() == ["r", "x", "y"]
    rate = fieldwork.response_rates(ledger, by=["channel"]).set_index(["group", "rate"])
    assert rate.loc[("电话", "RR1"), "estimate"] == 0.5
    assert fieldwork.silent(frame, ledger).empty
    without_list = fieldwork.dispositions(frame, schema.empty("invitations"), replies)
    assert without_list["disposition"].value_counts().to_dict() == {"unknown": 4, "complete": 1}


IDS = st.sampled_from([None, *"ABCDEFG"])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from("ABCDEFG"), unique=True),
    st.lists(st.tuples(IDS, st.sampled_from(["电话", "线上"]), st.integers(1, 9), st.sampled_from([None, *OUTCOMES]))),
    st.lists(st.tuples(IDS, st.sampled_from(["电话", "线上"]), st.integers(1, 9))),
    st.lists(st.tuples(st.sampled_from(["too_fast", "duplicate", "empty"]), IDS, st.integers(1, 9))),
)  # fmt: skip
def test_nobody_is_lost_and_no_answer_is_counted_twice(frame, given, replies, left):
    invitations = invited(*((c, m, f"2026-07-0{d}", w) for c, m, d, w in given))
    responses = answers(*((f"r{i}", c, m, f"2026-07-0{d}") for i, (c, m, d) in enumerate(replies)))
    gone = aside(*((f"x{i}", r, c, f"2026-07-0{d}") for i, (r, c, d) in enumerate(left)))
    ledger = fieldwork.dispositions(
        people(*frame), invitations, responses, set_aside=gone, outcomes=OUTCOMES
    )
    ids = [*responses["response_id"], *gone["row_id"]]
    assert sorted(ledger["response_id"].dropna()) == sorted(ids)
    members = ledger[ledger["member"]]
    named = [d["customer_id"].dropna() for d in (invitations, responses, gone)]
    if frame:
        assert members["customer_id"].tolist() == frame
    if frame or any(map(len, named)) or not ids:
        assert ledger["invitations"].sum() == len(invitations)
        assert ledger["customer_id"].dropna().nunique() == len(set(frame).union(*named))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frame": people("A", "A")}, r"frame.customer_id: expected each once, found 1 rows.*key='ticket_id'"),
        ({"frame": people("A", reason=["x"])}, r"frame: .*found \['reason'\]; rename"),
        ({"frame": pd.DataFrame({"id": [1]})}, r"frame: expected names of columns, found \['customer_id'\]"),
        ({"invitations": invited(("A", "电话", None, "改期"))}, r"invitations.outcome: .*1 others in 1 rows.*'改期'.*fieldwork.outcomes"),
        ({"outcomes": {"拒访": "refused"}}, r"outcomes: expected meanings among .* found \['refused'\]"),
        ({"invitations": pd.DataFrame({"channel": ["x"]})}, "invitations: expected names of columns"),
        ({"responses": pd.DataFrame({"response_id": ["r"]})}, "responses: expected names of columns"),
        ({"responses": answers(("r", "A"), ("r", "A"))}, "responses.response_id: expected each once"),
        ({"set_aside": pd.DataFrame({"row_id": ["x"]})}, "set_aside: expected names of columns"),
        ({"items": "overall"}, r"items: expected a sequence, found the text 'overall'"),
        ({"items": ["speed"]}, r"items: expected names of columns, found \['speed'\]"),
        ({"min_answered": 0}, "min_answered: expected a share above 0"),
    ],
    ids=["repeated key", "taken name", "no key", "unknown outcome", "unknown meaning", "list without key",
         "answers without key", "repeated answer", "set aside without rule", "bare text", "no item", "share"],
)  # fmt: skip
def test_what_cannot_be_a_ledger_is_refused(arguments, message):
    given = {"frame": people("A"), "invitations": invited(), "responses": answers(), **arguments}
    with pytest.raises(ValueError, match=message) as told:
        fieldwork.dispositions(**given)
    assert "'A'" not in str(told.value)


# ---- the rates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
def test_the_rates_are_those_of_outcomerate(rate):
    found = fieldwork.rates_of_counts(COUNTS).set_index("rate")["estimate"]
    assert found[rate] == pytest.approx(RATES[rate], rel=1e-10)
    given = fieldwork.rates_of_counts(COUNTS, e=AAPOR["results"]["e_CASRO"]["value"]["ELR"])
    assert given.set_index("rate")["estimate"][rate] == pytest.approx(RATES[rate], rel=1e-10)


def test_e_is_the_proportional_allocation():
    row = fieldwork.rates_of_counts(COUNTS).set_index("rate").loc["e"]
    assert row["estimate"] == pytest.approx(AAPOR["results"]["e_CASRO"]["value"]["ELR"], rel=1e-10)
    assert (row["numerator"], row["denominator"]) == (2320, 2700)


def ledger_of(**counts):
    names = {"I": "complete", "P": "partial", "R": "refusal", "NC": "non_contact", "O": "other"}
    names |= {"U": "unknown", "NE": "ineligible", "X": "not_invited"}
    found = [names[code] for code, n in counts.items() for _ in range(n)]
    valid = [d in ("complete", "partial") for d in found]
    return pd.DataFrame(
        {
            "disposition": found,
            "member": True,
            "response_id": [f"r{i}" if v else None for i, v in enumerate(valid)],
        }
    )


def test_the_ledger_gives_the_rates_of_its_counts():
    counts = {"I": 7, "P": 2, "R": 3, "NC": 4, "O": 1, "NE": 3}
    found = fieldwork.response_rates(ledger_of(**counts, U=5, X=9))
    plain = fieldwork.rates_of_counts({**counts, "UO": 5})
    pd.testing.assert_frame_equal(found[list(plain)], plain)
    assert found["group_by"].isna().all()


def test_a_group_has_the_rates_of_its_own_rows():
    ledger = ledger_of(I=5, R=3, U=2, NE=1, X=1).assign(tier=list("aabbabababba"), unit="u")
    ledger.loc[0, "tier"] = None
    found = fieldwork.response_rates(ledger, by=["tier", "unit"])
    assert found["group_by"].unique().tolist() == ["tier × unit"]
    assert found["group"].unique().tolist() == ["a × u", "b × u"]
    for tier in "ab":
        own = fieldwork.response_rates(ledger[ledger["tier"] == tier])
        of = found[found["group"] == f"{tier} × u"]
        assert of["estimate"].tolist() == own["estimate"].tolist()


def test_a_given_e_weighs_the_unknown():
    found = fieldwork.response_rates(ledger_of(I=5, U=10), e=0.5).set_index("rate")
    assert found.loc["RR3", "denominator"] == 10
    assert found.loc["e", ["estimate", "reason"]].tolist() == [0.5, "given"]


@pytest.mark.parametrize(
    ("counts", "rate", "reason"),
    [
        ({}, "RR1", "no_cases"),
        ({"NC": 3}, "COOP1", "no_cases"),
        ({"U": 3}, "RR3", "eligibility_unknown"),
        ({"U": 3}, "RR5", "no_cases"),
        ({"U": 3}, "e", "no_cases"),
        ({"X": 3}, "RR1", "no_cases"),
    ],
    ids=str,
)
def test_a_rate_of_nothing_is_missing_and_says_why(counts, rate, reason):
    row = fieldwork.response_rates(ledger_of(**counts)).set_index("rate").loc[rate]
    assert pd.isna(row["estimate"])
    assert row["reason"] == reason


def test_no_groups_no_rows():
    ledger = ledger_of(I=2).assign(tier=None)
    assert fieldwork.response_rates(ledger, by=["tier"]).empty
    assert fieldwork.funnel(ledger, by=["tier"]).empty


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fieldwork.rates_of_counts({"J": 1}), r"counts: expected names .* found \['J'\]"),
        (lambda: fieldwork.rates_of_counts({"I": -1}), r"counts: .*0 or more, found others for \['I'\]"),
        (lambda: fieldwork.rates_of_counts({"I": float("nan")}), "0 or more"),
        (lambda: fieldwork.rates_of_counts({"I": 1}, e=1.1), "e: expected a share between 0 and 1"),
        (lambda: fieldwork.response_rates(pd.DataFrame({"disposition": ["done"]})), "expected one of"),
        (lambda: fieldwork.response_rates(pd.DataFrame({"disposition": [None]})), "missing ones"),
        (lambda: fieldwork.response_rates(ledger_of(I=1), by="tier"), r"write by=\['tier'\]"),
        (lambda: fieldwork.response_rates(ledger_of(I=1), by=["tier"]), r"by: expected names of columns"),
        (lambda: fieldwork.funnel(ledger_of(I=1).drop(columns="member")), "'member'"),
    ],
    ids=["name", "negative", "missing", "share", "unknown end", "no end", "text", "column", "no members"],
)  # fmt: skip
def test_counts_that_are_none_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_funnel_narrows():
    ledger = ledger_of(I=4, P=1, R=2, NC=3, O=1, U=1, NE=1, X=2)
    ledger.loc[7, "response_id"] = "set aside"  # a refusal that was a break-off
    ledger.loc[7, "disposition"] = "other"
    outside = ledger.iloc[[0]].assign(member=False)
    found = fieldwork.funnel(pd.concat([ledger, outside], ignore_index=True))
    assert found["stage"].tolist() == list(schema.STAGES)
    assert found["n"].tolist() == [15, 13, 9, 6, 5]
    assert found["share_of_previous"].tolist() == pytest.approx([1, 13 / 15, 9 / 13, 6 / 9, 5 / 6])
    assert found["share_of_frame"].tolist() == pytest.approx([n / 15 for n in (15, 13, 9, 6, 5)])


@pytest.mark.parametrize(
    ("end", "counts"),
    [("X", [1, 1, 1, 1, 0]), ("U", [1, 1, 1, 1, 0]), ("NE", [1, 1, 1, 1, 0])],
)
def test_who_answered_was_reached_whatever_the_list_says(end, counts):
    ledger = ledger_of(**{end: 1})
    if ledger["disposition"].iloc[0] == "not_invited":
        counts = [1, 0, 0, 0, 0]
    found = fieldwork.funnel(ledger.assign(response_id="r"))
    assert found["n"].tolist() == counts


# ---- in time -------------------------------------------------------------------------------------

WAITS = [0.5, 1.0, 1.5, 2.0, 2.25, 3.75, 8.0, -0.5]


def tickets_of(waits, **columns):
    """Tickets closed on 1 July; each is answered after so many days, never where None."""
    names = [f"T{i}" for i in range(len(waits))]
    frame = pd.DataFrame(
        {"ticket_id": names, "closed_at": times(["2026-07-01"] * len(waits)), **columns}
    )
    given = [
        (n, pd.Timestamp("2026-07-01") + pd.Timedelta(days=w))
        for n, w in zip(names, waits, strict=True)
        if w is not None
    ]
    replies = pd.DataFrame(given, columns=["ticket_id", "submitted_at"])
    return frame, replies.assign(submitted_at=times(replies["submitted_at"]))


def test_timeliness_counts_every_ticket_once():
    frame, replies = tickets_of([*WAITS, None, None])
    frame.loc[9, "closed_at"] = pd.NaT
    row = fieldwork.timeliness(frame, replies).set_index("event").loc["answered_at"]
    counts = ["tickets", "not_closed", "pending", "surveyed", "never", "before_closing", "in_time"]
    assert row[counts].tolist() == [10, 1, 0, 8, 1, 1, 5]
    assert row["share_of_surveyed"] == 5 / 8
    assert row["share_of_closed"] == pytest.approx(5 / 9)
    spread = ["median", "lower_quartile", "upper_quartile", "longest"]
    assert row[spread].tolist() == pytest.approx(R["quantile"], rel=1e-12)
    bands = ["up_to_1_day", "up_to_2_days", "up_to_3_days", "up_to_7_days", "over_7_days"]
    assert row[bands].tolist() == [3, 2, 1, 1, 1]


def test_invitation_and_answer_are_told_apart():
    frame, replies = tickets_of([3.0])
    sent = pd.DataFrame(
        {"ticket_id": ["T0", "T0"], "invited_at": times(["2026-07-05", "2026-07-02"])}
    )
    found = fieldwork.timeliness(frame, replies, invitations=sent).set_index("event")
    assert found["in_time"].to_dict() == {"invited_at": 1, "answered_at": 0}
    assert found["median"].to_dict() == {"invited_at": 1.0, "answered_at": 3.0}
    without = fieldwork.timeliness(frame, replies).set_index("event").loc["invited_at"]
    assert (without["surveyed"], without["never"]) == (0, 1)
    assert pd.isna(without["share_of_surveyed"])
    assert pd.isna(without["median"])


@pytest.mark.parametrize(
    ("at", "calendar", "in_time"),
    [("2026-07-03 10:00", False, 1), ("2026-07-03 10:01", False, 0), ("2026-07-03 23:59", True, 1), ("2026-07-04", True, 0)],
    ids=["to the minute", "a minute late", "the second day", "the third day"],
)  # fmt: skip
def test_two_days_are_48_hours_or_two_dates(at, calendar, in_time):
    frame = pd.DataFrame({"ticket_id": ["T"], "closed_at": times(["2026-07-01 10:00"])})
    replies = pd.DataFrame({"ticket_id": ["T"], "submitted_at": times([at])})
    found = fieldwork.timeliness(frame, replies, calendar=calendar).set_index("event")
    assert found.loc["answered_at", "in_time"] == in_time


@pytest.mark.parametrize(
    ("as_of", "pending", "never"),
    [("2026-07-01", 1, 0), ("2026-07-02", 0, 1), (None, 0, 1)],
    ids=str,
)
def test_a_ticket_just_closed_is_not_missed_yet(as_of, pending, never):
    frame, replies = tickets_of([None])
    row = fieldwork.timeliness(frame, replies, as_of=as_of).set_index("event").loc["answered_at"]
    assert (row["pending"], row["never"]) == (pending, never)


def test_timeliness_by_group_is_that_of_the_groups_tickets():
    frame, replies = tickets_of([1.0, 5.0, None, 1.0], team=["x", "x", "y", None])
    found = fieldwork.timeliness(frame, replies, by=["team"])
    assert found[["group", "event"]].to_numpy().tolist() == [
        [g, e] for g in "xy" for e in ("invited_at", "answered_at")
    ]
    for group, own in found.groupby("group"):
        alone = fieldwork.timeliness(frame[frame["team"] == group], replies)
        pd.testing.assert_frame_equal(own.iloc[:, 2:].reset_index(drop=True), alone.iloc[:, 2:])


def test_late_answers_are_compared_by_welch():
    scores = ANSWERS["y"].to_numpy()
    order = [*range(9, 24), *range(9)]  # those of a came late
    frame, replies = tickets_of([1.0] * 15 + [5.0] * 9)
    replies["score"] = scores[order]
    replies["alike"], replies["gone"] = 3, pd.array([None] * 24, dtype="Int8")
    found = fieldwork.late_differences(frame, replies, ["score", "alike", "gone"]).set_index("item")
    for name, value in R["welch"].items():
        assert found.loc["score", name] == pytest.approx(value, rel=1e-10), name
    assert found.loc["score", ["n_in_time", "n_late"]].tolist() == [15, 9]
    assert found["reason"].tolist()[1:] == ["no_variation", "empty"]
    assert found.loc["score", "p_adjusted"] == found.loc["score", "p"]


def test_an_answer_is_late_by_its_own_time_not_by_the_first_of_its_ticket():
    frame, _ = tickets_of([1.0, 1.0])
    replies = pd.DataFrame({"ticket_id": ["T0", "T0", "T1"], "submitted_at": times(["2026-07-02", "2026-07-09", "2026-07-09"]), "q": [5, 3, 1]})  # fmt: skip
    row = fieldwork.late_differences(frame, replies, ["q"]).iloc[0]
    assert row[["n_in_time", "n_late", "mean_late"]].tolist() == [1, 2, 2.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, r: fieldwork.timeliness(f.drop(columns="closed_at"), r), "'closed_at'"),
        (lambda f, r: fieldwork.timeliness(pd.concat([f, f]), r), "tickets.ticket_id: expected each once, found 1"),
        (lambda f, r: fieldwork.timeliness(f, r, days=-1), "days: expected a number of days"),
        (lambda f, r: fieldwork.timeliness(f, r.drop(columns="submitted_at")), "responses: .*'submitted_at'"),
        (lambda f, r: fieldwork.late_differences(f, r, ["q"]), "items: expected names of columns"),
        (lambda f, r: fieldwork.late_differences(f, r, [], conf=95), "conf: expected a number between 0 and 1"),
    ],
    ids=["no closing", "repeated ticket", "negative days", "no time", "no item", "percent"],
)  # fmt: skip
def test_times_that_cannot_be_compared_are_refused(call, message):
    with pytest.raises(ValueError, match=message) as told:
        call(*tickets_of([1.0]))
    assert "T0" not in str(told.value)


# ---- who is missing ------------------------------------------------------------------------------


def tiered():
    return ledger_of(I=2, P=1, R=1, NC=2, NE=1, X=1).assign(
        customer_id=list("abcdefgh"),
        tier=["core", "key", "core", "key", "core", "key", "core", None],
        unit=list("uuvvuuvv"),
    )


def test_completion_of_the_important_customers():
    found = fieldwork.completion(tiered(), tiers=["key", "core", "none"])
    columns = ["tier", "members", "ineligible", "invited", "completed", "missing"]
    assert found[columns].to_numpy().tolist() == [["key", 3, 0, 3, 1, 2], ["core", 4, 1, 4, 2, 1], ["none", 0, 0, 0, 0, 0]]  # fmt: skip
    assert found["rate"].tolist()[:2] == pytest.approx([1 / 3, 2 / 3])
    assert pd.isna(found["rate"][2])
    assert found["reason"].tolist()[2] == "no_members"


def test_completion_by_unit_adds_up():
    whole = fieldwork.completion(tiered(), tiers=["core", "key"])
    found = fieldwork.completion(tiered(), tiers=["core", "key"], by=["unit"])
    assert found["group"].tolist() == ["u", "u", "v", "v"]
    assert found["missing"].sum() == whole["missing"].sum()
    assert fieldwork.completion(tiered(), tiers=[]).empty


def test_those_missing_are_the_ones_completion_counts():
    gone = fieldwork.missing_customers(tiered(), tiers=["key", "core"])
    assert gone["customer_id"].tolist() == ["d", "f", "e"]
    outside = tiered().assign(member=False)
    assert fieldwork.missing_customers(outside, tiers=["key"]).empty


def quarter_of(**people_ends):
    return pd.DataFrame(
        {
            "customer_id": list(people_ends),
            "channel": "电话",
            "disposition": list(people_ends.values()),
            "invited_at": times(["2026-07-01"] * len(people_ends)),
        }
    )


def test_silence_is_counted_in_a_row():
    quarters = {
        "2026Q3": quarter_of(A="non_contact", B="non_contact", C="unknown", D="refusal", E="not_invited"),
        "2026Q2": quarter_of(A="non_contact", B="complete", C="not_invited", D="non_contact"),
        "2025Q4": quarter_of(A="refusal", B="non_contact", C="complete"),
    }  # fmt: skip
    found = fieldwork.silent(people(*"ABCDE", tier=list("xyxyx")), quarters)
    assert found[["customer_id", "quarters", "tier"]].to_numpy().tolist() == [
        ["A", 2, "x"],
        ["B", 1, "y"],
        ["C", 1, "x"],
    ]
    assert found["quarters"].is_monotonic_decreasing
    alone = fieldwork.silent(people(*"ABCDE"), quarters["2026Q3"])
    assert alone["quarters"].tolist() == [1, 1, 1]


def test_a_quarter_without_an_invitation_neither_counts_nor_ends_a_silence():
    quarters = {
        "2026Q3": quarter_of(A="non_contact"),
        "2026Q2": quarter_of(A="not_invited"),
        "2026Q1": quarter_of(B="non_contact"),
        "2025Q4": quarter_of(A="non_contact"),
        "2025Q3": quarter_of(A="complete"),
        "2025Q2": quarter_of(A="non_contact"),
    }
    assert fieldwork.silent(people("A", "B"), quarters)["quarters"].tolist() == [2]


def test_a_customer_with_one_answered_ticket_is_not_silent():
    ledger = pd.concat([quarter_of(A="non_contact", B="non_contact"), quarter_of(A="complete")])
    frame = people("A", "B", "B", ticket_id=["T1", "T2", "T3"], tier=["x", "y", "y"])
    found = fieldwork.silent(frame, ledger)
    assert found["customer_id"].tolist() == ["B"]
    assert list(found)[4:] == ["tier"]


def test_silence_needs_a_quarter():
    with pytest.raises(ValueError, match="expected the table of one quarter or more"):
        fieldwork.silent(people("A"), {})
    with pytest.raises(ValueError, match="expected a label like '2026Q3'"):
        fieldwork.silent(people("A"), {"Q3": quarter_of(A="refusal")})


# ---- ids, times and numbers as they come ---------------------------------------------------------


NUMBERED = {
    "text": pd.Series(["12", "13"], dtype="str"),
    "whole numbers": pd.Series([12, 13]),
    "nullable": pd.Series([12, 13], dtype="Int64"),
    "floats that a gap made": pd.Series([12.0, 13.0]),
    "objects": pd.Series([12, "13"], dtype="object"),
    "categories": pd.Series([12, 13]).astype("category"),
}
every_type = pytest.mark.parametrize("ids", NUMBERED.values(), ids=NUMBERED)
UNLIKE = {
    "letters": pd.Series(["C12", "C13"], dtype="str"),
    "leading zeros": pd.Series(["012", "013"], dtype="str"),
    "times": pd.Series(pd.to_datetime(["2026-07-01", "2026-07-02"])),
}
SENT = invited(("12", "电话", "2026-07-01"), ("13", "电话", "2026-07-01"))


def ticketed(ids):
    return pd.DataFrame({"ticket_id": ids, "closed_at": times(["2026-07-01"] * 2)})


@every_type
def test_ids_of_another_type_are_found_again(ids):
    frame = people("12", "13")
    reply = answers(("r", "12"))
    for tables in (
        (frame.assign(customer_id=ids), SENT, reply),
        (frame, SENT.assign(customer_id=ids), reply),
        (frame, SENT, answers(("r", None), ("s", None)).assign(customer_id=ids).iloc[:1]),
    ):
        ledger = fieldwork.dispositions(*tables)
        assert ends(ledger) == {"12": ("complete", None), "13": ("non_contact", "silent")}
    quiet = quarter_of(**{"12": "complete", "13": "non_contact"})
    for named, told in (
        (frame, quiet.assign(customer_id=ids)),
        (frame.assign(customer_id=ids), quiet),
    ):
        assert fieldwork.silent(named, told)["customer_id"].tolist() == ["13"]
    replied = pd.DataFrame({"ticket_id": ["12"], "submitted_at": times(["2026-07-02"]), "q": [5]})
    row = fieldwork.timeliness(ticketed(ids), replied).set_index("event").loc["answered_at"]
    assert row["in_time"] == 1
    assert fieldwork.late_differences(ticketed(ids), replied, ["q"])["n_in_time"].tolist() == [1]


@every_type
def test_lines_of_answers_are_found_by_ids_of_another_type(ids):
    lines = pd.DataFrame(
        {"response_id": ["12", "13"], "item": "q", "status": ["blank", "answered"]}
    )
    reply = answers(("12", "A"), ("13", "B"), q=[None, 5]).assign(response_id=ids, who="x")
    ledger = fieldwork.dispositions(people("A", "B"), SENT.iloc[:0], reply, answer_status=lines)
    assert ledger["disposition"].tolist() == ["partial", "complete"]
    found = fieldwork.interviewer_quality(reply, ["q"], by=["who"], answer_status=lines)
    assert found[["asked", "blank_share"]].to_numpy().tolist() == [[2, 0.5]]


@pytest.mark.parametrize("ids", UNLIKE.values(), ids=UNLIKE)
def test_ids_by_which_nobody_would_be_found_are_refused(ids):
    numbers = pd.Series([12, 13])
    frame, reply = people("A", "B").assign(customer_id=numbers), answers(("r", "12"), ("s", "13"))
    replied = pd.DataFrame({"ticket_id": ids, "submitted_at": times(["2026-07-02"] * 2), "q": 5})
    lines = pd.DataFrame({"response_id": ids, "item": "q", "status": "answered"})
    rows = reply.assign(response_id=numbers, q=5, who="x")
    calls = [
        lambda: fieldwork.dispositions(frame, SENT.assign(customer_id=ids), reply),
        lambda: fieldwork.dispositions(frame, SENT, reply.assign(customer_id=ids)),
        lambda: fieldwork.dispositions(frame, SENT, rows, answer_status=lines),
        lambda: fieldwork.silent(
            frame, quarter_of(A="unknown", B="unknown").assign(customer_id=ids)
        ),
        lambda: fieldwork.timeliness(ticketed(numbers), replied),
        lambda: fieldwork.late_differences(ticketed(numbers), replied, ["q"]),
        lambda: fieldwork.interviewer_quality(rows, ["q"], by=["who"], answer_status=lines),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"expected ids of one type, found .*\(dtype") as told:
            call()
        assert str(ids.dtype) in str(told.value)
        assert str(ids.iloc[0]) not in str(told.value)


def test_ids_whose_last_digits_are_lost_are_refused():
    ids = pd.Series([2.0**53, 2.0**53 + 2])
    with pytest.raises(ValueError, match=r"frame\.customer_id: .* read the column as text"):
        fieldwork.dispositions(people("A", "B").assign(customer_id=ids), SENT, answers())


@pytest.mark.parametrize(
    "frame",
    [people("A", "A"), people("A", "B", ticket_id=["T1", "T1"])],
    ids=["customer", "ticket"],
)
def test_silence_of_somebody_who_stands_twice_is_refused(frame):
    with pytest.raises(ValueError, match="expected each once, found 1 rows that repeat one"):
        fieldwork.silent(frame, quarter_of(A="non_contact"))


NO_TIMES = {
    "zone": (
        pd.to_datetime(["2026-07-02"] * 2).tz_localize("Asia/Shanghai"),
        "without a time zone",
    ),
    "texts with a zone": (["2026-07-02T10:00+08:00"] * 2, "without a time zone"),
    "objects with a zone": (
        pd.Series([pd.Timestamp("2026-07-02", tz="UTC")] * 2, dtype="object"),
        "without a time zone",
    ),
    "unreadable": (
        ["2026-07-02", "昨天"],
        "found 1 of 2 that cannot be read, the first at index 1",
    ),
    "no day": (["2026-07-02", "2026-13-40"], "found 1 of 2 that cannot be read"),
    "numbers": ([20260702, 20260702], "found numbers"),
}


@pytest.mark.parametrize(("wrong", "message"), NO_TIMES.values(), ids=NO_TIMES)
def test_times_that_are_none_are_refused(wrong, message):
    frame, reply = people("12", "13"), answers(("r", "12"), ("s", "13"))
    replied = pd.DataFrame({"ticket_id": ["12", "13"], "submitted_at": wrong, "q": 5})
    tickets = ticketed(["12", "13"])
    told = quarter_of(A="unknown", B="unknown").assign(invited_at=wrong)
    asked = replied.rename(columns={"submitted_at": "invited_at"})
    calls = [
        lambda: fieldwork.dispositions(frame, SENT.assign(invited_at=wrong), reply),
        lambda: fieldwork.dispositions(frame, SENT, reply.assign(submitted_at=wrong)),
        lambda: fieldwork.timeliness(tickets, replied),
        lambda: fieldwork.timeliness(tickets.assign(closed_at=wrong), replied.iloc[:0]),
        lambda: fieldwork.timeliness(tickets, replied.iloc[:0], invitations=asked),
        lambda: fieldwork.late_differences(tickets, replied, ["q"]),
        lambda: fieldwork.silent(people("A"), told),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=message):
            call()


def test_times_may_be_texts_or_dates():
    reply = answers(("r", "12")).assign(submitted_at=["2026-07-02 10:00"])
    for day in ("2026-07-01", pd.Timestamp("2026-07-01").date()):
        sent = SENT.assign(invited_at=pd.Series([day] * 2, dtype="object"))
        ledger = fieldwork.dispositions(people("12"), sent, reply, as_of="2026-07-02")
        assert ledger["invited_at"].tolist() == [pd.Timestamp("2026-07-01")] * 2
    with pytest.raises(ValueError, match="as_of: expected a day"):
        fieldwork.dispositions(people("12"), SENT, reply, as_of="七月")
    with pytest.raises(ValueError, match="as_of: expected a day"):
        fieldwork.timeliness(*tickets_of([1.0]), as_of="soon")


def test_late_answers_need_the_time_at_which_they_came():
    frame, replies = tickets_of([1.0])
    with pytest.raises(ValueError, match=r"responses: .*found \['submitted_at'\]"):
        fieldwork.late_differences(frame, replies.assign(q=5).drop(columns="submitted_at"), ["q"])
    with pytest.raises(ValueError, match=r"responses: .*found \['ticket_id'\]"):
        fieldwork.late_differences(frame, replies.assign(q=5).drop(columns="ticket_id"), ["q"])


NO_NUMBERS = {
    "text": (["5", "很好"], "expected numbers, found dtype"),
    "texts of numbers": (pd.Series(["5", "4"], dtype="object"), r"found dtype object \(string\)"),
    "categories": (pd.Categorical([5, 4]), "expected numbers, found dtype category"),
    "times": (pd.to_datetime(["2026-07-01"] * 2), "expected numbers, found dtype datetime"),
    "complex": ([1j, 1j], "expected numbers, found dtype complex"),
    "infinite": ([5.0, -np.inf], "found 1 infinite or larger, the first at index 1"),
    "beyond all scales": ([5.0, 1e200], "found 1 infinite or larger"),
}


@pytest.mark.parametrize(("wrong", "message"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_answers_that_are_no_numbers_are_refused(wrong, message):
    df = pd.DataFrame({"response_id": ["a", "b"], "who": ["x", "y"], "q": wrong, "r": [5, 4]})
    frame, replies = tickets_of([1.0, 5.0])
    calls = [
        lambda: fieldwork.mode_effects(df, ["q"], by=["who"]),
        lambda: fieldwork.interviewer_quality(df, ["q"], by=["who"]),
        lambda: fieldwork.interviewer_quality(
            df.rename(columns={"q": "seconds"}), ["r"], by=["who"]
        ),
        lambda: fieldwork.late_differences(frame, replies.assign(q=df["q"]), ["q"]),
        lambda: fieldwork.representativeness(df, df, variables=["who"], overall="q"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=message):
            call()


def test_an_infinite_case_mix_is_refused():
    df = pd.DataFrame({"who": ["x", "y"], "q": [5, 4], "age": [30, np.inf]})
    with pytest.raises(ValueError, match="adjust 'age': expected finite numbers"):
        fieldwork.mode_effects(df, ["q"], by=["who"], adjust=["age"])


# ---- who asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", R["welch"])
def test_an_interviewer_against_the_rest_is_welchs_test(name):
    found = fieldwork.mode_effects(ANSWERS, ["y"], by=["g"]).set_index("group")
    assert found.loc["a", name] == pytest.approx(R["welch"][name], rel=1e-10)


def test_the_analysis_of_variance_and_the_intraclass_correlation():
    row = fieldwork.mode_effects(ANSWERS, ["y"], by=["g"]).iloc[0]
    for name, value in R["anova"].items():
        assert row[name] == pytest.approx(value, rel=1e-10), name
    assert row["icc"] == pytest.approx(R["icc"], rel=1e-10)


def test_case_mix_is_held_equal_by_regression():
    found = fieldwork.mode_effects(ANSWERS, ["y"], by=["g"], adjust=["r", "w"]).set_index("group")
    for name, value in {**R["partial"], **R["hc3"]}.items():
        assert found.loc["a", name] == pytest.approx(value, rel=1e-10), name
    assert found["adjusted_for"].unique().tolist() == ["r × w"]
    plain = fieldwork.mode_effects(ANSWERS, ["y"], by=["g"]).set_index("group")
    assert found[["n", "mean", "rest_mean"]].equals(plain[["n", "mean", "rest_mean"]])


def test_holm_is_that_of_r():
    found = holm(np.array([np.nan if v is None else v for v in [0.01, 0.04, 0.03, None, 0.005]]))
    expected = [np.nan if v is None else v for v in R["holm"]]
    assert found.tolist() == pytest.approx(expected, nan_ok=True)
    table = fieldwork.mode_effects(ANSWERS, ["y"], by=["g"])
    assert table["p_adjusted"].tolist() == pytest.approx(holm(table["p"].to_numpy(float)).tolist())


def test_two_channels_are_one_test():
    df = ANSWERS.assign(channel=["电话", "线上"] * 12)
    found = fieldwork.mode_effects(df, ["y"], by=["channel"])
    assert found["difference"].sum() == pytest.approx(0)
    assert found["p_adjusted"].equals(found["p"])


def test_rows_nobody_asked_take_no_part_and_few_are_marked():
    df = ANSWERS.assign(g=ANSWERS["g"].where(ANSWERS["g"] != "c"))
    found = fieldwork.mode_effects(df, ["y"], by=["g"], min_base=9)
    assert found["group"].tolist() == ["a", "b"]
    assert found["rest_n"].tolist() == [8, 9]
    assert found["small"].tolist() == [False, True]


def test_an_adjustment_takes_out_a_difference_that_is_all_case_mix():
    mix = np.array(["x"] * 20 + ["y"] * 20)
    who = np.array((["a"] * 15 + ["b"] * 5) + (["a"] * 5 + ["b"] * 15))
    noise = np.tile([0.1, -0.1, 0.2, -0.2, 0.0], 8)
    df = pd.DataFrame({"q": np.where(mix == "x", 5.0, 1.0) + noise, "who": who, "mix": mix})
    raw = fieldwork.mode_effects(df, ["q"], by=["who"])["difference"][0]
    adjusted = fieldwork.mode_effects(df, ["q"], by=["who"], adjust=["mix"])["difference"][0]
    assert raw == pytest.approx(2.0)
    assert adjusted == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("df", "adjust", "reason"),
    [
        (pd.DataFrame({"q": [1, 2, 3], "who": ["a"] * 3}), [], "empty"),
        (pd.DataFrame({"q": [1, 2, 3], "who": ["a", "b", "b"]}), [], "single_answer"),
        (pd.DataFrame({"q": [3] * 4, "who": list("aabb")}), [], "no_variation"),
        (pd.DataFrame({"q": [3] * 8, "who": list("aabbaabb"), "m": list("xyxyxyxy")}), ["m"], "no_variation"),
        (pd.DataFrame({"q": range(8), "who": list("aaaabbbb"), "m": list("xxxxyyyy")}), ["m"], "confounded"),
        (pd.DataFrame({"q": [None, None], "who": ["a", "b"]}, dtype="object"), [], "empty"),
    ],
    ids=["one interviewer", "one answer", "all alike", "all alike, adjusted", "case mix tells", "no answers"],
)  # fmt: skip
def test_what_cannot_be_told_apart_says_why(df, adjust, reason):
    row = fieldwork.mode_effects(
        df.astype({"q": "Float64"}), ["q"], by=["who"], adjust=adjust
    ).iloc[0]
    assert row["reason"] == reason
    assert row[["se", "ci_low", "ci_high", "p", "p_adjusted"]].isna().all()


def test_nobody_asked_nothing_to_tell():
    empty = ANSWERS.iloc[:0].astype({"y": "Int8"})
    for adjust in ([], ["r"]):
        assert fieldwork.mode_effects(empty, ["y"], by=["g"], adjust=adjust).empty
    assert fieldwork.interviewer_quality(empty.assign(response_id=""), ["y"], by=["g"]).empty


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "g"}, r"write by=\['g'\]"),
        ({"by": ["who"]}, r"by: expected names of columns, found \['who'\]"),
        ({"by": ["g"], "adjust": ["g"]}, r"adjust: .*found \['g'\]"),
        ({"by": ["g"], "adjust": ["y"]}, r"adjust: .*found \['y'\]"),
        ({"by": ["g"], "conf": 1}, "conf: expected"),
    ],
    ids=["text", "column", "adjusted by itself", "adjusted by the item", "confidence"],
)
def test_comparisons_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fieldwork.mode_effects(ANSWERS, ["y"], **arguments)


def test_interviewers_ask_more_or_less_consistently():
    df = pd.DataFrame(
        {
            "response_id": list("abcd"),
            "who": ["x", "x", "y", None],
            "q1": pd.array([5, 4, None, 1], dtype="Int8"),
            "q2": pd.array([5, 3, 2, 1], dtype="Int8"),
            "seconds": pd.array([60, 100, None, 1], dtype="Int32"),
        }
    )
    lines = pd.DataFrame(
        {"response_id": list("aabbcc"), "item": ["q1", "q2"] * 3, "status": ["answered"] * 4 + ["skipped", "answered"]}
    )  # fmt: skip
    found = fieldwork.interviewer_quality(df, ["q1", "q2"], by=["who"], min_items=2, min_base=2)
    columns = ["group", "n", "asked", "blank_share", "straight_base", "straight_share"]
    assert found[columns].astype("object").to_numpy().tolist()[0] == ["x", 2, 4, 0.0, 2, 0.5]
    assert found["blank_share"].tolist() == [0.0, 0.5]
    assert found[["mean_seconds", "median_seconds"]].to_numpy().tolist()[0] == [80.0, 80.0]
    assert found["small"].tolist() == [False, True]
    assert pd.isna(found["straight_share"][1])
    assert pd.isna(found["mean_seconds"][1])
    known = fieldwork.interviewer_quality(
        df, ["q1", "q2"], by=["who"], answer_status=lines, min_items=2
    )
    assert known["asked"].tolist() == [4, 1]
    assert known["blank_share"].tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="min_items: expected 2 or more"):
        fieldwork.interviewer_quality(df, ["q1"], by=["who"], min_items=1)


# ---- like everyone -------------------------------------------------------------------------------

FRAME = pd.DataFrame({"v": list("a" * 200 + "b" * 150 + "c" * 250)})
REPLIED = pd.DataFrame({"v": list("a" * 40 + "b" * 60 + "c" * 100)})


@pytest.mark.parametrize(("finite", "name"), [(True, "chisq_two_by_l"), (False, "chisq_given")])
def test_the_chi_square_is_that_of_r(finite, name):
    row = fieldwork.representativeness(FRAME, REPLIED, variables=["v"], finite=finite).iloc[0]
    for column, value in R[name].items():
        assert row[column] == pytest.approx(value, rel=1e-10), column


def test_the_gaps_add_up_and_give_the_indices():
    found = fieldwork.representativeness(FRAME, REPLIED, variables=["v"]).set_index("level")
    assert found["gap"].sum() == pytest.approx(0)
    assert found["gap"].to_dict() == pytest.approx(
        {"a": -0.2 + 1 / 15, "b": 0.05, "c": 0.5 - 5 / 12}
    )
    assert found["dissimilarity"].unique() == pytest.approx([0.4 / 3])
    shares, sizes = np.array([0.2, 0.4, 0.4]), np.array([200, 150, 250]) / 600
    spread = np.sqrt((sizes * (shares - 1 / 3) ** 2).sum())
    assert found["r_indicator"].unique() == pytest.approx([1 - 2 * spread])
    assert found["response_share"].to_dict() == pytest.approx({"a": 0.2, "b": 0.4, "c": 0.4})


def test_the_effect_is_how_far_the_mean_lies_off():
    frame = pd.DataFrame({"v": list("a" * 50 + "b" * 50), "w": list("xy" * 50)})
    replied = pd.DataFrame({"v": list("a" * 15 + "b" * 5), "w": list("xy" * 10), "overall": [5] * 15 + [3] * 5})  # fmt: skip
    found = fieldwork.representativeness(frame, replied, variables=["w", "v"], overall="overall")
    first = found.iloc[0]
    righted = 0.5 * 5 + 0.5 * 3
    assert first["variable"] == "v"
    assert first["effect"] == pytest.approx(replied["overall"].mean() - righted)
    parts = fieldwork.largest_imbalance(found)
    assert (parts["variable"], parts["direction"], parts["gap"]) == ("v", "over", 0.25)
    assert (parts["n"], parts["population"]) == (15, 50)


def test_one_level_right_and_the_others_in_proportion_is_the_effect_of_three():
    rng = np.random.default_rng(1)
    scores = rng.integers(1, 6, len(REPLIED)).astype(float)
    found = fieldwork.representativeness(
        FRAME, REPLIED.assign(q=scores), variables=["v"], overall="q"
    ).set_index("level")
    at_a = (REPLIED["v"] == "a").to_numpy()
    righted = 200 / 600 * scores[at_a].mean() + 400 / 600 * scores[~at_a].mean()
    assert found.loc["a", "effect"] == pytest.approx(scores.mean() - righted)


def test_without_a_score_the_largest_gap_stands_first():
    found = fieldwork.representativeness(FRAME, REPLIED, variables=["v"])
    assert found["level"].tolist() == ["a", "c", "b"]
    assert found["effect"].isna().all()
    parts = fieldwork.largest_imbalance(found)
    assert (parts["direction"], parts["effect"]) == ("under", None)


def test_a_missing_value_is_a_level():
    frame = pd.DataFrame({"v": ["a", "a", None, None]})
    found = fieldwork.representativeness(frame, pd.DataFrame({"v": ["a", None]}), variables=["v"])
    assert sorted(found["level"]) == ["a", "missing"]
    assert found["gap"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("frame", "replied", "reason"),
    [
        ("aabb", "", "empty"),
        ("aaaa", "aa", "single_level"),
        ("aabb", "aaab", "not_part_of_frame"),
        ("aabb", "aabb", "census"),
    ],
    ids=["no respondents", "one level", "more than there are", "all"],
)
def test_without_a_test_it_says_why(frame, replied, reason):
    replied = pd.DataFrame({"v": pd.Series(list(replied), dtype="str")})
    found = fieldwork.representativeness(pd.DataFrame({"v": list(frame)}), replied, variables=["v"])
    assert found["reason"].unique().tolist() == [reason]
    assert found[["chi_square", "p", "p_adjusted"]].isna().all(axis=None)


def test_a_level_nobody_answered_at_has_no_mean():
    replied = pd.DataFrame({"v": ["a", "a"], "q": [4, 5]})
    found = fieldwork.representativeness(FRAME, replied, variables=["v"], overall="q")
    assert found.set_index("level")["reason"].to_dict()["b"] == "no_respondents"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fieldwork.representativeness(FRAME, pd.DataFrame({"v": ["z"]}), variables=["v"]), r"respondents.v: .*found \['z'\]"),
        (lambda: fieldwork.representativeness(FRAME.iloc[:0], REPLIED, variables=["v"]), "frame: .*found no rows"),
        (lambda: fieldwork.representativeness(FRAME, REPLIED, variables="v"), r"write variables=\['v'\]"),
        (lambda: fieldwork.representativeness(FRAME, REPLIED, variables=["v"], overall="q"), "respondents: .*'q'"),
        (lambda: fieldwork.largest_imbalance(schema.empty("representativeness")), "table: expected rows"),
    ],
    ids=["strange level", "no frame", "text", "no score", "no rows"],
)  # fmt: skip
def test_groups_that_cannot_be_compared_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_variables_no_rows():
    assert fieldwork.representativeness(FRAME, REPLIED, variables=[]).empty
