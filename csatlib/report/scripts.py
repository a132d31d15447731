"""One interview written out, as it is kept in the archive."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

__all__ = ["interview_script"]

_ROLES = {"interviewer": "访谈员", "respondent": "客户", "other": "旁人"}


def interview_script(interviews: pd.DataFrame, turns: pd.DataFrame, *, interview_id: str) -> str:
    """Write one interview as it is kept in the archive: heading, talk, and what was noted.

    Parameters
    ----------
    interviews, turns : DataFrame
        Tables ``interviews`` and ``turns``, already redacted.
    interview_id : str
        Which interview.

    Returns
    -------
    str
        Plain Chinese text, one line a turn, with the time where it is known and the notes in 【】.

    Raises
    ------
    ValueError
        If there is no such interview.

    Examples
    --------
    >>> interviews = pd.DataFrame({"interview_id": ["a"], "held_on": ["2026-08-12"],
    ...                            "interviewer": ["访谈员01"], "mode": ["电话"],
    ...                            "recorded": [True]})
    >>> turns = pd.DataFrame({"interview_id": ["a"], "turn": [1], "role": ["respondent"],
    ...                       "seconds": [192.0], "text": ["太慢了"], "note": ["叹气"]})
    >>> print(interview_script(interviews, turns, interview_id="a"))
    访谈编号：a
    访谈日期：2026-08-12
    访谈员：访谈员01
    方式：电话
    是否录音：是
    <BLANKLINE>
    [00:03:12] 客户：太慢了【叹气】
    """
    found = interviews[interviews["interview_id"] == interview_id]
    if found.empty:
        raise ValueError(f"interview_id: no interview {interview_id!r} among {len(interviews)}")
    row = found.iloc[0]
    recorded = "未记" if pd.isna(row["recorded"]) else "是" if row["recorded"] else "否"
    heading = {
        "访谈编号": interview_id,
        "访谈日期": row["held_on"],
        "访谈员": row["interviewer"],
        "方式": row["mode"],
        "是否录音": recorded,
    }
    lines = [f"{key}：{'未记' if pd.isna(value) else value}" for key, value in heading.items()]
    told = turns[turns["interview_id"] == interview_id].sort_values("turn")
    return "\n".join([*lines, "", *(_line(turn) for turn in told.to_dict("records"))])


def _line(turn: Mapping[str, object]) -> str:
    seconds, note = turn["seconds"], turn["note"]
    clock = ""
    if not pd.isna(seconds):
        whole = int(float(str(seconds)))
        clock = f"[{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}] "
    words = str(turn["text"]).replace("\n", " ")
    beside = "" if pd.isna(note) else f"【{note}】"
    return f"{clock}{_ROLES[str(turn['role'])]}：{words}{beside}"
