"""Everything that a project holds of one person: found, not yet removed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd

from csatlib import exports
from csatlib.exports import Transcripts
from csatlib.schema import TABLES
from csatlib.store.keys import pseudonym_key
from csatlib.store.places import project_root, study
from csatlib.store.rows import COMMENT_COLUMNS, Claimed, claimed, ids_of
from csatlib.store.tables import manifest, read
from csatlib.store.tombstones import normal
from csatlib.study import Study
from csatlib.study.parts import Personal

__all__ = ["Found", "Place", "find", "places", "studies_of"]

#: Kinds of the vault that are no ids: a name or a telephone number can belong to several people.
_NO_IDS = frozenset(get_args(Personal))
#: Tables of people who need not have answered.
_LISTS = frozenset(
    {"frame", "invitations", "set_aside", "sample", "dispositions", "silent", "rechecks"}
)
_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")

#: Roles of files in which no customer stands.
_OTHERS = ("staff", "indicators", "training")


@dataclass(frozen=True, order=True)
class Place:
    """A processed quarter and line."""

    quarter: str
    line: str

    def __str__(self) -> str:
        return f"{self.quarter}/{self.line}"

    def folder(self, project: Path) -> Path:
        """Give the folder of its published tables."""
        return project / "data" / "processed" / self.quarter / self.line


@dataclass(frozen=True, eq=False)
class Found:
    """Where a person is.

    ``names`` are the ids and pseudonyms, ``tickets`` lines and the numbers of the person's
    tickets there, ``ticket_names`` the same with what these are called in tables, ``row_ids`` the
    addresses of raw rows, ``raw`` the raw files with the rows in each, ``interviews`` the numbers
    of interviews with the person, ``notes`` what could not be looked into or removed, in Chinese.
    """

    names: frozenset[str]
    tickets: frozenset[tuple[str, str]]
    ticket_names: frozenset[tuple[str, str]]
    row_ids: frozenset[str]
    raw: tuple[tuple[Claimed, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    interviews: frozenset[str] = frozenset()

    def rows_of(self, df: pd.DataFrame, line: str) -> pd.Series:
        """Say which rows of a table of a line are the person's."""
        wanted = {
            "response_id": self.row_ids,
            "row_id": self.row_ids,
            "customer_id": self.names,
            "pseudonym": self.names,
        }
        found = pd.Series(False, index=df.index)
        for column, values in wanted.items():
            if column in df:
                found |= df[column].isin(values)
        if "ticket_id" in df:
            # Who was only invited, or has only a ticket, has no row of answers.
            found |= df["ticket_id"].isin({name for at, name in self.ticket_names if at == line})
        if "kind" in df and "value" in df:
            # By kind: a ticket may have the number of somebody else's customer id.
            numbers = {normal(number) for at, number in self.tickets if at == line}
            found |= (df["kind"] == "ticket_id") & df["value"].map(normal).isin(numbers)
        if "comment_id" in df:
            # Not by way of the table of comments, which may be without the person already.
            mine = self.row_ids | self.interviews
            found |= df["comment_id"].str.rpartition(":")[0].isin(mine)
        if "interview_id" in df:
            found |= df["interview_id"].isin(self.interviews)
        for column in COMMENT_COLUMNS:
            if column in df:
                # Not by way of the table of comments, which may be without the person already.
                found |= df[column].str.rpartition(":")[0].isin(self.row_ids)
        return found


def find(customer: str, root: str | os.PathLike[str] | None = None) -> Found:
    """Find a person by an original id or a pseudonym, in raw files, vaults and tables."""
    project = project_root(root)
    studies = studies_of(project)
    files, notes = _raw_files(project, studies)
    spoken = list(_transcripts(project, studies))
    responses = [
        df for at in places(project) if (df := _table("responses", at, project)) is not None
    ]
    vaults = list(_vaults(project))
    keys = _keys(project, studies)
    names = _linked({customer.strip(), normal(customer)}, vaults)
    names |= _pseudonyms(names, keys.values())
    mine = {row for df in responses for row in df.loc[df["customer_id"].isin(names), "response_id"]}
    ids = [(file, ids_of(file, "customer_id")) for file in files]
    # A pseudonym without a vault still leads back to the raw row and the id that stands there.
    names |= {str(v) for _, given in ids for v in given[given.index.isin(mine)].dropna()}
    names |= _behind(names, [given for _, given in ids], keys.values())
    direct = {row for _, given in ids for row in given.index[given.isin(names)]}
    names |= {
        str(value)
        for df in responses
        for value in df.loc[df["response_id"].isin(direct), "customer_id"].dropna()
    }
    names = _linked(names | _pseudonyms(names, keys.values()), vaults)
    tickets = _tickets(files, mine | direct)
    row_ids = mine | direct | _through_tickets(files, tickets)
    interviews, told = _interviewed(spoken, names, project)
    notes += told
    rows: dict[Path, tuple[Claimed, tuple[str, ...]]] = {}
    for file in files:
        own = tuple(row for row in file.table.rows.index if row in row_ids)
        if own:
            rows.setdefault(file.path, (file, own))
    return Found(
        names=frozenset(names),
        tickets=frozenset(tickets),
        ticket_names=frozenset(tickets | _ticket_names(tickets, keys)),
        row_ids=frozenset(row_ids),
        raw=tuple(rows.values()),
        notes=tuple(notes),
        interviews=interviews,
    )


def places(project: Path) -> list[Place]:
    """List the processed quarters and lines."""
    folders = sorted((project / "data" / "processed").glob("*/*/manifest.json"))
    found = (Place(f.parent.parent.name, f.parent.name) for f in folders)
    return [place for place in found if _QUARTER.fullmatch(place.quarter)]


def studies_of(project: Path) -> tuple[Study, ...]:
    """Load every study of a project."""
    files = sorted((project / "studies").glob("*/study.yml"))
    return tuple(study(file.parent.name, project) for file in files)


def _table(name: str, at: Place, project: Path) -> pd.DataFrame | None:
    known = manifest(at.quarter, at.line, project).get("tables", {})
    return read(name, at.quarter, at.line, project) if name in known else None


def _vaults(project: Path) -> Iterator[pd.DataFrame]:
    """Give the ids and pseudonyms of every vault."""
    for at in places(project):
        for name in (name for name, table in TABLES.items() if table.secret):
            if (df := _table(name, at, project)) is not None:
                ids = df[~df["kind"].isin(_NO_IDS)]
                yield ids.assign(value=ids["value"].map(normal))


def _linked(names: set[str], vaults: list[pd.DataFrame]) -> set[str]:
    """Add the pseudonyms of the ids, and the ids behind the pseudonyms."""
    found = set(names)
    for ids in vaults:
        mine = ids["value"].isin(names) | ids["pseudonym"].isin(names)
        pseudonyms = set(ids.loc[mine, "pseudonym"])
        found |= pseudonyms | set(ids.loc[ids["pseudonym"].isin(pseudonyms), "value"])
    return found


def _keys(project: Path, studies: tuple[Study, ...]) -> dict[str, bytes]:
    """Give the key of each line that keeps lists of people, who need not have answered.

    The vault may have expired, and then only the key leads from an id to the rows of a list.
    """
    lines = {
        at.line
        for at in places(project)
        if _LISTS & set(manifest(at.quarter, at.line, project).get("tables", {}))
    }
    keys = {study.line: pseudonym_key(study) for study in studies if study.line in lines}
    return {line: key for line, key in keys.items() if key is not None}


def _pseudonyms(names: Iterable[str], keys: Iterable[bytes]) -> set[str]:
    """Make the pseudonyms of some ids under every key."""
    from csatlib.privacy import pseudonymise

    ids = pd.Series(sorted(names), dtype="str")
    return {name for key in keys for name in pseudonymise(ids, key=key).dropna()}


def _behind(names: set[str], given: list[pd.Series], keys: Iterable[bytes]) -> set[str]:
    """Find the ids of the raw files whose pseudonyms are among the names."""
    from csatlib.privacy import pseudonymise

    ids = pd.Series(sorted({str(v) for one in given for v in one.dropna()}), dtype="str")
    return {i for key in keys for i in ids[pseudonymise(ids, key=key).isin(names)]}


def _ticket_names(tickets: set[tuple[str, str]], keys: Mapping[str, bytes]) -> set[tuple[str, str]]:
    return {
        (line, name)
        for line, key in keys.items()
        for name in _pseudonyms({number for at, number in tickets if at == line}, [key])
    }


def _raw_files(project: Path, studies: tuple[Study, ...]) -> tuple[list[Claimed], list[str]]:
    files: list[Claimed] = []
    notes = []
    for path in _raw_paths(project):
        name = "/".join(path.parts[-3:])
        readings = list(claimed(path, studies))
        files += readings
        if not readings and not _is_transcript(path, studies):
            notes.append(f"{name}：没有研究文件认领它，没有检查")
        for file in readings:
            columns = {"customer_id", "ticket_id"} & set(file.table.mapping)
            if not columns and file.table.role not in _OTHERS:
                notes.append(f"{name}：来源没有写 customer_id，认不出谁是谁，没有检查")
            if len(file.table.malformed):
                notes.append(f"{name}：有 {len(file.table.malformed)} 行错位，没有检查")
    return files, list(dict.fromkeys(notes))


def _is_transcript(path: Path, studies: tuple[Study, ...]) -> bool:
    own = [s for s in studies if path.parent.name in (s.line, "all")]
    return any(
        source.role == "interviews" and path.match(source.glob) for s in own for source in s.sources
    )


def _transcripts(project: Path, studies: tuple[Study, ...]) -> Iterator[Transcripts]:
    """Read every interview transcript of a project."""
    for path in _raw_paths(project):
        for one in studies:
            if path.parent.name in (one.line, "all") and _is_transcript(path, (one,)):
                yield exports.transcripts([path], one)


def _interviewed(
    spoken: list[Transcripts], names: set[str], project: Path
) -> tuple[frozenset[str], list[str]]:
    """Find the person's interviews: their numbers, and the files that a person has to delete."""
    found: set[str] = set()
    notes = []
    for one in spoken:
        mine = one.interviews[one.interviews["customer_id"].isin(names)]
        found |= set(mine["interview_id"])
        notes += [f"{file}：是本人的访谈文稿，请人工删去这个文件" for file in mine["file"]]
        notes += [f"{file}：受访者没有同意，没有检查，请按规定删去" for file in one.refused["file"]]
    for at in places(project):
        if (df := _table("interviews", at, project)) is not None:
            found |= set(df.loc[df["customer_id"].isin(names), "interview_id"])
    return frozenset(found), notes


def _raw_paths(project: Path) -> Iterator[Path]:
    for path in sorted((project / "data" / "raw").glob("*/*/*")):
        hidden = path.name.lower().startswith((".", "readme"))
        if _QUARTER.fullmatch(path.parts[-3]) and path.is_file() and not hidden:
            yield path


def _tickets(files: list[Claimed], own: set[str]) -> set[tuple[str, str]]:
    """Give lines and numbers of the tickets that the person's rows name."""
    given = ((file.study.line, ids_of(file, "ticket_id")) for file in files)
    return {(line, n) for line, ids in given for n in ids[ids.index.isin(own)].dropna()}


def _through_tickets(files: list[Claimed], tickets: set[tuple[str, str]]) -> set[str]:
    """Give the rows of the person's tickets: an answer to an event may bear only their number."""
    found: set[str] = set()
    for file in files:
        numbers = {number for line, number in tickets if line == file.study.line}
        ids = ids_of(file, "ticket_id")
        found |= set(ids.index[ids.isin(numbers)])
    return found
