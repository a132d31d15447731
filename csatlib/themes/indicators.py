"""Themes as answers: one column a theme beside the scores of those who spoke of it."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from csatlib.study import Codeframe

__all__ = ["indicators"]

_POLARITIES = ("negative", "neutral", "positive")


def indicators(
    responses: pd.DataFrame,
    comments: pd.DataFrame,
    coded: pd.DataFrame,
    codeframe: Codeframe,
    *,
    polarity: Literal["negative", "neutral", "positive"] | None = None,
) -> pd.DataFrame:
    """Lay the themes beside the responses.

    Parameters
    ----------
    responses : DataFrame
        ``response_id`` and whatever else, one row a questionnaire.
    comments : DataFrame
        ``comment_id`` and the ``response_id`` that it belongs to.
    coded : DataFrame
        Table ``coded`` of these comments.
    codeframe : Codeframe
        Its themes become the columns, in its order.
    polarity : {"negative", "neutral", "positive"}, optional
        Only what was said so; without it whatever was said.

    Returns
    -------
    DataFrame
        A copy of ``responses`` with a column ``theme_<id>`` a theme, of dtype ``boolean``, ready
        for `csatlib.estimates.share`: True where a comment of the response was coded with it.

    Raises
    ------
    ValueError
        If a column is missing, a ``response_id`` or ``comment_id`` is given twice, a theme column
        is there already, or ``polarity`` is unknown.

    Notes
    -----
    The base is every response, also those who wrote nothing or nothing that says anything: they
    are False, for they were asked and did not name the theme. So a share estimates who would name
    it unprompted when asked, with the survey's weights and design. For the share among those who
    wrote, give ``where``, or use `coverage`. Rows of ``coded`` whose comment is not in
    ``comments``, and comments of no response of these, count nowhere.

    Examples
    --------
    >>> from csatlib.study import Theme
    >>> queue = Theme(id="queue", name="排队久", stage="接通", action="排队", patterns=("排队",))
    >>> responses = pd.DataFrame({"response_id": ["r1", "r2"], "overall": [2, 5]})
    >>> comments = pd.DataFrame({"comment_id": ["c1"], "response_id": ["r1"]})
    >>> coded = pd.DataFrame({"comment_id": ["c1"], "theme": ["queue"], "polarity": ["negative"]})
    >>> frame = Codeframe(themes=(queue,))
    >>> indicators(responses, comments, coded, frame)["theme_queue"].tolist()
    [True, False]
    """
    _require(responses, comments, coded, codeframe, polarity)
    said = coded[coded["theme"].notna()]
    if polarity is not None:
        said = said[said["polarity"] == polarity]
    owner = comments.set_index(comments["comment_id"].astype("str"))["response_id"].astype("str")
    said = said.assign(response_id=said["comment_id"].astype("str").map(owner))
    spoken = said.groupby("theme")["response_id"].agg(set)
    ids = responses["response_id"].astype("str")
    columns = {
        f"theme_{theme.id}": ids.isin(spoken.get(theme.id, set())).astype("boolean")
        for theme in codeframe.themes
    }
    return responses.assign(**columns)


def _require(
    responses: pd.DataFrame,
    comments: pd.DataFrame,
    coded: pd.DataFrame,
    codeframe: Codeframe,
    polarity: str | None,
) -> None:
    needs = {
        "responses": (responses, {"response_id"}),
        "comments": (comments, {"comment_id", "response_id"}),
        "coded": (coded, {"comment_id", "theme", "polarity"}),
    }
    for name, (table, columns) in needs.items():
        missing = sorted(columns - set(table.columns))
        if missing:
            raise ValueError(f"indicators: {name} lacks the columns {missing}")
    for table, column in ((responses, "response_id"), (comments, "comment_id")):
        repeated = int(table[column].duplicated().sum())
        if repeated:
            raise ValueError(f"indicators: expected each {column} once, found {repeated} repeated")
    taken = [t.id for t in codeframe.themes if f"theme_{t.id}" in responses]
    if taken:
        raise ValueError(f"indicators: responses already have columns for the themes {taken}")
    if polarity is not None and polarity not in _POLARITIES:
        raise ValueError(
            f"indicators: expected polarity to be one of {_POLARITIES}, found {polarity!r}"
        )
