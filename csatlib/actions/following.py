"""Every opinion followed up: who answers it by when, what was done, and what is late."""

from __future__ import annotations

from datetime import date

import pandas as pd

from csatlib.actions.rows import as_day, require, tabled
from csatlib.sampling.reading import numbers_of, one_type, texts_of, times_of
from csatlib.schema import TABLES
from csatlib.study import Followups
from csatlib.text import uninformative

__all__ = ["followups", "followups_as_of"]

#: What people write in the register; everything else comes from the data.
_WRITTEN = ("corrective", "preventive", "explanation", "checked_by", "action_id", "note")
_OPEN = ("new", "contacted", "under_way")


def followups(
    comments: pd.DataFrame,
    log: pd.DataFrame,
    *,
    settings: Followups,
    today: date | str,
    coded: pd.DataFrame | None = None,
    polarity: pd.DataFrame | None = None,
    responses: pd.DataFrame | None = None,
    score: str | None = None,
) -> pd.DataFrame:
    """Give every opinion a row of follow-up, with what the register says of it.

    Parameters
    ----------
    comments : DataFrame
        Table ``comments``; replies that say nothing (`csatlib.text.uninformative`) need no
        follow-up.
    log : DataFrame
        Table ``followups`` as the register holds it, of this and earlier quarters.
    settings : Followups
        ``study.followups``: days, owners and supervisor.
    today : date or str
        What the register dates later has not happened yet.
    coded : DataFrame, optional
        Table ``coded``: the themes of each opinion.
    polarity : DataFrame, optional
        Table ``comment_polarity``; without it the polarities of the themes are taken together.
    responses : DataFrame, optional
        Table ``responses`` with the column ``settings.by``: quarter, line, customer, channel, day.
        Without it ``comments`` must hold those columns itself.
    score : str, optional
        The column of ``responses`` with the overall score.

    Returns
    -------
    DataFrame
        Table ``followups``: a row an opinion, in the order of ``comments``, then the rows of the
        register whose comment is not among them (earlier quarters). ``followup_id`` is the
        register's, else ``F-`` and the id of the comment; ``received_on`` the day of the answer,
        ``contact_due`` and ``due`` counted from it (the register's where that day is unknown);
        ``owner`` and ``supervisor`` the register's, else by group from ``settings``. ``state`` is
        the register's, brought in line with its dates as of ``today``: closed once ``closed_on``
        is there, back where that day lies ahead, ``contacted`` once ``contacted_on`` is there.

    Raises
    ------
    ValueError
        If a column is missing, a comment or an answer stands twice in a table that should hold it
        once, ids of comments or of answers are of two types in two tables, ``submitted_at`` holds
        what is no time or ``score`` what is no number, or it is not known when and in which quarter
        an opinion was given.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> told = pd.DataFrame({"comment_id": ["a", "b"], "response_id": ["1", "2"],
    ...     "item": "comment", "text": ["排队太久了", "无"]})
    >>> given = pd.DataFrame({"response_id": ["1", "2"], "quarter": "2026Q3", "line": "shop",
    ...     "submitted_at": pd.Timestamp("2026-08-01 10:00")})
    >>> made = followups(told, empty("followups"), settings=Followups(), today="2026-08-02",
    ...     responses=given)
    >>> made[["comment_id", "state"]].values.tolist(), str(made["contact_due"].iloc[0].date())
    ([['a', 'new']], '2026-08-04')
    """
    require(comments, ("comment_id", "response_id", "text"), "followups: comments")
    require(log, TABLES["followups"].columns, "followups: log", table="followups")
    day = as_day(today, "followups: today")
    if coded is not None:
        require(coded, ("comment_id", "theme"), "followups: coded")
    if polarity is not None:
        require(polarity, ("comment_id", "polarity"), "followups: polarity")
    comments, log, coded, polarity = _by_text(comments, log, coded, polarity)
    _once(comments, "comments")
    _once(log, "log")
    told = comments[~uninformative(comments["text"])]
    fresh = _given(told, responses, settings, score)
    fresh["themes"] = told["comment_id"].map(_themes(coded)).astype("str").to_numpy()
    fresh["polarity"] = told["comment_id"].map(_polarities(polarity, coded)).to_numpy()
    earlier = log[~log["comment_id"].isin(fresh["comment_id"])]
    kept = log.set_index("comment_id").reindex(fresh["comment_id"]).reset_index()
    joined = _joined(fresh.reset_index(drop=True), kept, settings)
    made = pd.concat([joined, _typed(earlier)], ignore_index=True)
    return tabled(_as_of(made, day).to_dict("records"), "followups")


def _by_text(*tables: pd.DataFrame | None) -> list[pd.DataFrame | None]:
    """Give the ids of comments as text in all tables, or say which are of another type."""
    names = ("comments", "log", "coded", "polarity")
    held = dict(zip(names, tables, strict=True))
    one_type(
        {
            f"followups: {name}.comment_id": table["comment_id"]
            for name, table in held.items()
            if table is not None
        }
    )
    return [
        None if table is None else table.assign(comment_id=texts_of(table["comment_id"]))
        for table in tables
    ]


def _once(table: pd.DataFrame, name: str) -> None:
    if table["comment_id"].duplicated().any():
        raise ValueError(
            f"followups: {name}: expected each comment_id once, found one twice; keep one row of it"
        )


def _given(
    told: pd.DataFrame, responses: pd.DataFrame | None, settings: Followups, score: str | None
) -> pd.DataFrame:
    """Say of each opinion who gave it where and when."""
    source, where = told, "followups: comments"
    if responses is not None:
        where = "followups: responses"
        require(responses, ("response_id", "quarter", "line", "submitted_at"), "followups")
        source = _answered(told, responses)
    require(source, ("quarter", "line", "submitted_at"), "followups: comments without responses")
    if source["quarter"].isna().any():
        raise ValueError(
            "followups: expected an answer in responses for each comment, found comments without "
            "one; pass the responses of every quarter whose comments are passed"
        )
    columns = {name: source[name] for name in ("comment_id", "response_id", "text")}
    columns |= {name: source[name] for name in ("quarter", "line")}
    given_at = times_of(source["submitted_at"], f"{where}.submitted_at")
    columns["received_on"] = given_at.dt.normalize()
    given = {"customer_id": "customer_id", "channel": "channel"}
    given |= {"group": settings.by or ""}
    for name, column in given.items():
        columns[name] = source.get(column, pd.NA)
    known = score in source
    columns["score"] = numbers_of(source[score], f"{where}.{score}") if known else pd.NA
    return pd.DataFrame(columns)


def _answered(told: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Lay beside each comment the answer that it was given with."""
    ids = {"followups: comments.response_id": told["response_id"]}
    one_type(ids | {"responses.response_id": responses["response_id"]})
    extra = [c for c in responses if c not in told or c == "response_id"]
    # Numbers and their digits are the same id; a merge of the two would not even begin.
    answers = responses[extra].assign(response_id=texts_of(responses["response_id"]))
    if answers["response_id"].duplicated().any():
        raise ValueError(
            "followups: responses: expected each response_id once, found one twice; keep one row "
            "of it"
        )
    told = told.assign(response_id=texts_of(told["response_id"]))
    return told.merge(answers, on="response_id", how="left")


def _themes(coded: pd.DataFrame | None) -> dict[str, str]:
    """Join the themes of each comment, in the order in which they are spoken of."""
    if coded is None:
        return {}
    found = coded[coded["theme"].notna()]
    if "start" in found:
        found = found.sort_values(["comment_id", "start", "theme"], kind="stable")
    found = found.drop_duplicates(["comment_id", "theme"])
    return found.groupby("comment_id")["theme"].agg("、".join).to_dict()


def _polarities(polarity: pd.DataFrame | None, coded: pd.DataFrame | None) -> dict[str, str]:
    if polarity is not None:
        if polarity["comment_id"].duplicated().any():
            raise ValueError(
                "followups: polarity: expected the table comment_polarity with one row a comment, "
                "found several; pass text.comment_polarity(polarity)"
            )
        return dict(zip(polarity["comment_id"], polarity["polarity"], strict=True))
    if coded is None:
        return {}
    found = {}
    for comment, rows in coded.dropna(subset="polarity").groupby("comment_id"):
        sides = set(rows["polarity"]) - {"neutral"}
        found[str(comment)] = "mixed" if len(sides) > 1 else next(iter(sides), "neutral")
    return found


def _joined(fresh: pd.DataFrame, kept: pd.DataFrame, settings: Followups) -> pd.DataFrame:
    """Lay what the register says over what the data say."""
    made = fresh.copy()
    made["followup_id"] = kept["followup_id"].where(
        kept["followup_id"].notna(), "F-" + made["comment_id"]
    )
    for name in (*_WRITTEN, "contacted_on", "closed_on", "checked_on"):
        made[name] = kept[name]
    for name, days in (("contact_due", settings.contact_days), ("due", settings.days)):
        counted = made["received_on"] + pd.Timedelta(days=days)
        made[name] = counted.where(counted.notna(), kept[name])
    for name in ("themes", "polarity", "customer_id", "channel", "group", "score"):
        own = made[name].astype(kept[name].dtype)
        made[name] = own.where(own.notna(), kept[name])
    by_group = made["group"].map(dict(settings.owners)).astype("str")
    owner = by_group.where(by_group.notna(), settings.owner or None)
    made["owner"] = kept["owner"].where(kept["owner"].notna(), owner)
    made["supervisor"] = kept["supervisor"].where(
        kept["supervisor"].notna(), settings.supervisor or None
    )
    made["state"] = kept["state"].where(kept["state"].notna(), "new")
    return _typed(made)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    columns = TABLES["followups"].columns
    return rows[list(columns)].astype({name: column.dtype for name, column in columns.items()})


def followups_as_of(followups: pd.DataFrame, *, today: date | str) -> pd.DataFrame:
    """Show follow-ups as they stood on a day: what is dated later has not happened.

    Parameters
    ----------
    followups : DataFrame
        Table ``followups``, such as the register holds.
    today : date or str
        The day.

    Returns
    -------
    DataFrame
        Table ``followups`` in the same order. ``contacted_on``, ``closed_on``, ``checked_on`` (and
        with it ``checked_by``) are missing where they lie ahead; ``state`` is in line with the
        days that are left: closed once ``closed_on`` is there, back where that day lies ahead,
        ``contacted`` once ``contacted_on`` is there.

    Raises
    ------
    ValueError
        If a column is missing, or ``today`` is no day.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> one = empty("followups").reindex([0]).assign(followup_id="F-1", comment_id="a",
    ...     quarter="2026Q3", line="shop", state="new", closed_on=pd.Timestamp("2026-08-15"))
    >>> followups_as_of(one, today="2026-08-18")["state"].tolist()
    ['closed']
    """
    require(followups, TABLES["followups"].columns, "followups_as_of", table="followups")
    seen = _as_of(followups, as_day(today, "followups_as_of: today"))
    return tabled(seen.to_dict("records"), "followups")


def _as_of(made: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Show the register as of a day: what it dates later has not happened."""
    ahead = made["closed_on"].gt(today).fillna(value=False)
    seen = made.copy()
    for name in ("contacted_on", "closed_on", "checked_on"):
        seen[name] = seen[name].where(seen[name].le(today).fillna(value=False))
    seen["checked_by"] = seen["checked_by"].where(
        made["checked_on"].isna() | seen["checked_on"].notna()
    )
    contacted, closed = seen["contacted_on"].notna(), seen["closed_on"].notna()
    state = seen["state"].mask(closed & seen["state"].isin(_OPEN), "closed")
    state = state.mask(ahead, "new")
    called_off = made["contacted_on"].notna() & ~contacted & state.eq("contacted")
    state = state.mask(called_off, "new").mask(contacted & state.eq("new"), "contacted")
    return seen.assign(state=state)
