"""Interview transcripts into tables: who was spoken with, what was said, and who is left out."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from csatlib import schema
from csatlib.exports.dialogue import Heading, Turn, heading, held_on, names_of, turns
from csatlib.exports.documents import Words, words_of
from csatlib.exports.reading import source_of, spoken
from csatlib.exports.refusal import ExportError
from csatlib.scales import plain
from csatlib.study import Study

__all__ = ["REFUSALS", "Transcripts", "transcripts"]

#: Why an interview is left out, and what a person can do about it.
REFUSALS = {
    "no_consent": "受访者不同意，正文一个字也没有读",
    "unclear_consent": "同意一栏不是“是”，正文一个字也没有读；若本人确已同意，请改为“是”",
    "recorded_without_consent": "不同意录音却录了音，正文一个字也没有读；请按规定删去录音和文稿",
}

_NUMBER = re.compile(r"(?=[^\d]*\d)[A-Za-z\d\u4e00-\u9fff][\w.-]{0,39}")


@dataclass(frozen=True, eq=False)
class Transcripts:
    """The interviews of a quarter, **not yet redacted**; every file is in one of two tables.

    Attributes
    ----------
    interviews : DataFrame
        Table ``interviews``, one row an interview that may be read, with its original ids.
    turns : DataFrame
        Table ``turns``: what was said, in order.
    refused : DataFrame
        Table ``refused_interviews``: the files left out, none of whose words were read, and why.
    names : Series of tuple of str, index ``interview_id``
        The names in each heading, which must leave the words of that interview.
    """

    interviews: pd.DataFrame
    turns: pd.DataFrame
    refused: pd.DataFrame
    names: pd.Series

    def without(self, interview_ids: Iterable[str]) -> Transcripts:
        """Leave some interviews out, such as those of people who asked to be forgotten."""
        gone = set(interview_ids)
        return Transcripts(
            *(
                table[~table["interview_id"].isin(gone)].reset_index(drop=True)
                for table in (self.interviews, self.turns)
            ),
            refused=self.refused,
            names=self.names[~self.names.index.isin(gone)],
        )


def transcripts(files: Iterable[str | os.PathLike[str]], study: Study) -> Transcripts:
    """Read a quarter's interview transcripts, one document a respondent.

    A transcript is plain text, a Word document or a subtitle file, told by its content. It begins
    with lines ``键：值`` (访谈编号, 客户编号, 访谈日期, 访谈员, 同意访谈 or 同意录音, 是否录音,
    地点/方式); then come the turns: ``访谈员：…``, ``客户：…``, ``[00:03:12] 客户：…`` or
    ``客户 00:03:12``, and lines that go on, or a table ``speaker | words``. What stands in 【】,
    and in （） if it tells of a voice or a gesture, is a note and no word of the turn.

    Parameters
    ----------
    files : iterable of path
        The quarter's files, such as `csatlib.store.raw` lists; those that no source of role
        ``interviews`` claims are passed over.
    study : Study
        Its sources say which files are transcripts.

    Returns
    -------
    Transcripts
        ``interviews``, ``turns``, ``refused`` and ``names``, in the order of the files' paths.

    Raises
    ------
    ExportError
        For a file that cannot be read right: empty, damaged, of another kind or encoding, without
        a line of consent or without turns; for a number that holds a name or is none, a speaker
        that nobody knows, a time before the one above it, an interview that lies there twice. The
        Chinese message gives file, line and remedy, and quotes nothing.

    Notes
    -----
    Nothing of a person who did not consent is read beyond the heading: the file is in ``refused``
    and the others are read. Without any line of consent nobody can know, so that is an error.

    Examples
    --------
    >>> from csatlib import store
    >>> study = store.study("ops_company")
    >>> found = transcripts(store.raw("2026Q3", "ops_company"), study)
    >>> len(found.interviews), len(found.refused)
    (11, 1)
    """
    read = [_read(file, study) for file in spoken(files, study)]
    _refuse_twice(read)
    kept = [one for one in read if one.reason is None]
    names = pd.Series(
        [names_of(one.heading) for one in kept],
        index=pd.Index([one.interview_id for one in kept], name="interview_id", dtype="str"),
        dtype="object",
        name="names",
    )
    return Transcripts(
        interviews=_table("interviews", [one.row() for one in kept]),
        turns=_table("turns", [row for one in kept for row in one.turn_rows()]),
        refused=_table("refused_interviews", [one.refusal() for one in read if one.reason]),
        names=names,
    )


@dataclass(frozen=True)
class _Read:
    """One file as read: its heading, and its turns unless they may not be read."""

    file: str
    digest: str
    quarter: str
    line: str
    words: Words
    heading: Heading
    reason: str | None
    told: tuple[Turn, ...]

    @property
    def interview_id(self) -> str:
        """The interview's own number, or the file's where it has none."""
        return plain(self.heading.given.get("interview_id", "")) or self.digest[:12]

    def row(self) -> dict[str, object]:
        given, agreed = self.heading.given, self.heading.consent
        both = agreed.get("recording") == "yes" and agreed.get("interview", "yes") == "yes"
        spoken = [turn for turn in self.told if turn.text]
        return {
            "interview_id": self.interview_id,
            "quarter": self.quarter,
            "line": self.line,
            "customer_id": plain(given.get("customer_id", "")).upper() or None,
            "held_on": held_on(given.get("held_on", "")),
            "interviewer": plain(given.get("interviewer", "")) or None,
            "mode": plain(given.get("mode", "")) or None,
            "consent": "recording" if both else "interview",
            "recorded": self.heading.recorded,
            "file": self.file,
            "digest": self.digest,
            "format": self.words.kind,
            "turns": len(spoken),
        }

    def turn_rows(self) -> list[dict[str, object]]:
        return [
            {
                "turn_id": f"{self.interview_id}:{number}",
                "interview_id": self.interview_id,
                "turn": number,
                "role": turn.role,
                "seconds": turn.seconds,
                "text": turn.text,
                "note": turn.note,
            }
            for number, turn in enumerate(self.told, start=1)
        ]

    def refusal(self) -> dict[str, object]:
        origin = {"file": self.file, "digest": self.digest, "quarter": self.quarter}
        return {**origin, "line": self.line, "reason": self.reason}


def _read(path: Path, study: Study) -> _Read:
    name = "/".join(path.parts[-3:])
    source = source_of(path, study)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExportError(f"{name}：读不了（{error.strerror}）；请检查权限。") from None
    words = words_of(data, file=name, encoding=source.encoding)
    found = heading(words, file=name)
    if not found.consent:
        raise ExportError(
            f"{name}：没有写受访者是否同意；请向本人核实后，在抬头里加一行“同意访谈：是”或“同意访谈：否”。"
        )
    _refuse_odd(found, name)
    reason = found.refusal
    if reason is None:
        _refuse_telling(found, name)
    told = () if reason else turns(words, found, file=name)
    place = path.parts
    quarter = place[-3] if len(place) > 2 else ""
    digest = hashlib.sha256(data).hexdigest()
    return _Read(name, digest, quarter, study.line, words, found, reason, told)


def _refuse_odd(found: Heading, file: str) -> None:
    given = found.given.get("held_on")
    if given and held_on(given) is None:
        raise ExportError(f"{file}：访谈日期读不懂；请写成“访谈日期：2026-08-12”的样子。")


def _refuse_telling(found: Heading, file: str) -> None:
    """Refuse a number that is a name or anything else: pages show it above each interview."""
    number = plain(found.given.get("interview_id", ""))
    names = (plain(name) for name in names_of(found))
    named = any(len(name) > 1 and not name.isdigit() and name in number for name in names)
    if number and (named or not _NUMBER.fullmatch(number)):
        raise ExportError(
            f"{file}：访谈编号会出现在网页上，只能是不含姓名的编号：字母、数字、汉字和 - _ .，"
            "至少一个数字，不超过 40 个字；请改写成“访谈编号：S-01”的样子。"
        )


def _refuse_twice(read: list[_Read]) -> None:
    """Refuse the same file or the same number twice: its words would count double."""
    first: dict[str, str] = {}
    for one in read:
        if one.digest in first:
            raise ExportError(f"{one.file} 与 {first[one.digest]} 内容完全相同；请删去其中一个。")
        first[one.digest] = one.file
    numbers: dict[str, str] = {}
    for one in (one for one in read if one.reason is None):
        if one.interview_id in numbers:
            raise ExportError(
                f"{one.file} 与 {numbers[one.interview_id]} 的访谈编号相同；"
                "一次访谈只放一个文件，不同的访谈请改用不同的编号。"
            )
        numbers[one.interview_id] = one.file


def _table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    if not rows:
        return schema.empty(name)
    contract = schema.TABLES[name].columns
    df = pd.DataFrame(rows, columns=list(contract))
    typed = df.astype({column: kept.dtype for column, kept in contract.items()})
    return schema.check(typed, name)
