"""The parts of a study: scales, sources, questions, targets, report settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from csatlib.schema import TABLES, Quarter, SchemaError, check_line
from csatlib.study.base import (
    Part,
    QuarterLabel,
    ScoreMap,
    TextMap,
    frozen,
    repeated,
    spelling,
)
from csatlib.study.closing import Actions, Followups, Playbook, Stage
from csatlib.study.codeframe import Codeframe, Words
from csatlib.study.conduct import Cleaning, Notice, Period, Population, Privacy
from csatlib.study.indicators import IndicatorSystem
from csatlib.study.methods import Fieldwork, Sampling, Weighting

__all__ = ["Outline", "Personal", "Question", "Report", "Scale", "Source", "Target"]

Kind = Literal["rating", "nps", "single", "multi", "ranking", "text", "attention"]
Role = Literal[
    "responses",
    "twin",
    "customers",
    "tickets",
    "invitations",
    "staff",
    "interviews",
    "indicators",
    "training",
]
Reader = Literal["wjx", "tencent", "forms", "zentao", "jira", "table", "transcript"]
Form = Literal["text", "code", "score"]
Personal = Literal[
    "name", "mobile", "email", "id_card", "bank_card", "wechat", "qq", "plate", "address", "other"
]

#: Columns of `responses` that the library fills itself; no question may bear their names.
FIXED_COLUMNS = tuple(TABLES["responses"].columns)


class Scale(Part):
    """An answer scale: whole scores from ``low`` to ``high``, their wordings, and the cutoff.

    A score of at least ``cutoff`` counts as satisfied; ``not_applicable`` lists wordings such as
    不适用 that are answers but not scores.
    """

    low: int
    high: int
    labels: ScoreMap = Field(default_factory=dict, validate_default=True)
    not_applicable: tuple[str, ...] = ()
    cutoff: int | None = None

    @field_validator("labels")
    @classmethod
    def _distinct(cls, value: Mapping[str, int]) -> Mapping[str, int]:
        for label in repeated(value):
            raise ValueError(f"选项文字“{label}”重复（全角半角和空格不算差别）；请只保留一个")
        return value

    @model_validator(mode="after")
    def _within(self) -> Scale:
        not_scores = {spelling(label) for label in self.not_applicable}
        for label in self.labels:
            if spelling(label) in not_scores:
                raise ValueError(
                    f"“{label}”既在 labels 里又在 not_applicable 里；请只保留在其中一处"
                )
        if not -1 <= self.low < self.high <= 100:
            # −2 and −3 are how 问卷星 writes an answer left blank and a question not shown.
            raise ValueError(
                f"low 应小于 high，low 不小于 −1，high 不大于 100，"
                f"现在是 {self.low} 和 {self.high}；请换一种计分"
            )
        for label, score in self.labels.items():
            if not self.low <= score <= self.high:
                raise ValueError(f"“{label}”的分数 {score} 不在 {self.low}–{self.high} 之内")
        if self.cutoff is not None and not self.low <= self.cutoff <= self.high:
            raise ValueError(f"cutoff {self.cutoff} 不在 {self.low}–{self.high} 之内")
        return self

    @property
    def levels(self) -> tuple[int, ...]:
        """Every score of the scale, lowest first."""
        return tuple(range(self.low, self.high + 1))

    @property
    def wordings(self) -> dict[str, str]:
        """What each level is called on the form; its number where the form shows no words."""
        words = {score: label for label, score in self.labels.items()}
        return {str(level): words.get(level, str(level)) for level in self.levels}


class Source(Part):
    """One kind of raw file: which files, what they are for, how they are read.

    ``mapping`` leads from a column of ours to the header in the file. In a file of responses
    each header must belong to the mapping, to a question or to ``ignore`` (shell patterns);
    ``lacks`` names questions that this source never asks. ``form`` says of a 问卷星 file whether
    it holds wordings, option numbers or scores, where neither its name nor its headers tell.
    ``personal`` leads from a kind of personal data to its header: such a column goes to the vault
    and nowhere else. ``device`` is the header of what tells devices apart, such as an IP address;
    ``header`` the number of the row that holds the headers, where titles stand above it.
    """

    role: Role
    glob: str
    reader: Reader
    folder: Literal["line", "all"] = "line"
    channel: str | None = None
    mapping: TextMap = Field(default_factory=dict, validate_default=True)
    personal: Annotated[dict[Personal, str], AfterValidator(frozen)] = Field(
        default_factory=dict, validate_default=True
    )
    device: str | None = None
    ignore: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    form: Form | None = None
    encoding: str | None = None
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    optional: bool = False

    @model_validator(mode="after")
    def _sensible(self) -> Source:
        if self.role == "responses" and self.channel is None:
            raise ValueError("role 为 responses 的来源要写 channel（例如 电话）")
        if (self.role == "interviews") != (self.reader == "transcript"):
            raise ValueError("访谈文稿的来源要同时写 role: interviews 和 reader: transcript")
        if self.role == "interviews" and (self.mapping or self.personal):
            raise ValueError("访谈文稿的抬头有固定的写法，来源里不写 mapping 和 personal")
        if "/" in self.glob or "\\" in self.glob or not self.glob.strip():
            raise ValueError(f"glob 只写文件名的样式，不带文件夹，现在是“{self.glob}”")
        return self


class Question(Part):
    """One question: how its column is recognised, in which quarters, and what its answers are.

    ``expect`` is the answer that passes an attention check; ``breaks`` lists the quarters from
    which on the answers cannot be compared with earlier ones (another scale, another direction).
    """

    id: str
    text: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    pattern: str | None = None
    occurrence: int = Field(default=1, ge=1)
    since: QuarterLabel | None = None
    until: QuarterLabel | None = None
    dimension: str | None = None
    scale: str | None = None
    options: tuple[str, ...] = ()
    reverse: bool = False
    cutoff: int | None = None
    expect: str | None = None
    breaks: tuple[QuarterLabel, ...] = ()
    expectation_of: str | None = None

    @field_validator("id")
    @classmethod
    def _plain_id(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            raise ValueError(f"题目 id 只用小写英文字母、数字和下划线，现在是“{value}”")
        if value in FIXED_COLUMNS:
            raise ValueError(f"题目 id “{value}”是系统保留的列名，请换一个")
        return value

    @field_validator("options")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for option in repeated(value):
            raise ValueError(f"选项“{option}”重复（全角半角和空格不算差别）；请只保留一个")
        return value

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"pattern 不是合法的正则表达式（{error}）") from None
        return value

    @model_validator(mode="after")
    def _sensible(self) -> Question:
        if (self.kind in ("rating", "nps")) != (self.scale is not None):
            raise ValueError("kind 为 rating 或 nps 的题目要写 scale，其他题目不写")
        if self.kind in ("multi", "ranking") and not self.options:
            raise ValueError(f"kind 为 {self.kind} 的题目要写 options（按问卷中的顺序）")
        if (self.kind == "attention") != (self.expect is not None):
            raise ValueError("kind 为 attention 的题目要写 expect（正确的答案），其他题目不写")
        if self.since and self.until and Quarter.parse(self.since) > Quarter.parse(self.until):
            raise ValueError(f"since {self.since} 晚于 until {self.until}")
        return self

    def asked_in(self, quarter: Quarter | str | None) -> bool:
        """Say whether the question belongs to a quarter's questionnaire (None: to any)."""
        if quarter is None:
            return True
        asked = Quarter.parse(quarter)
        return (self.since is None or Quarter.parse(self.since) <= asked) and (
            self.until is None or asked <= Quarter.parse(self.until)
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `responses` that hold the answers; a free answer has none."""
        if self.kind == "text":
            return ()
        if self.kind in ("multi", "ranking"):
            return tuple(f"{self.id}_{code}" for code in range(1, len(self.options) + 1))
        return (self.id,)


class Target(Part):
    """A figure that the company wants to reach, in the estimate's own unit."""

    item: str
    metric: Literal["mean", "share", "nps"]
    value: float = Field(allow_inf_nan=False)


class Report(Part):
    """What the report leads with: the overall item, the groups it compares, the smallest base.

    ``unit`` is the column of the customer units that are appraised, ``staff`` that of the teams or
    persons whose work is shown.
    """

    overall: str
    groups: tuple[str, ...] = ()
    unit: str | None = None
    staff: str | None = None
    min_base: int = Field(default=30, ge=1)

    @field_validator("groups")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for group in repeated(value):
            raise ValueError(f"分组“{group}”重复；请只保留一个")
        return value


class Outline(Part):
    """All parts of a study and what they answer; whether they fit each other is not yet known."""

    line: str
    title: str
    owner: str = ""
    goal: str = ""
    survey: Literal["event", "quarterly", "half_yearly", "long_term", "special"] = "quarterly"
    roles: TextMap = Field(default_factory=dict, validate_default=True)
    notice: Notice = Notice()
    periods: Annotated[dict[QuarterLabel, Period], AfterValidator(frozen)] = Field(
        default_factory=dict, validate_default=True
    )
    population: Population
    sampling: Sampling = Field(default_factory=Sampling)
    fieldwork: Fieldwork = Field(default_factory=Fieldwork)
    weighting: Weighting = Weighting()
    labels: TextMap = Field(default_factory=dict, validate_default=True)
    scales: Annotated[dict[str, Scale], AfterValidator(frozen)]
    sources: tuple[Source, ...]
    questions: tuple[Question, ...]
    targets: tuple[Target, ...] = ()
    report: Report
    cleaning: Cleaning = Cleaning()
    privacy: Privacy = Privacy()
    stages: tuple[Stage, ...] = ()
    actions: Actions = Actions()
    followups: Followups = Field(default_factory=Followups)
    words: Words = Field(default_factory=Words)
    terms: tuple[str, ...] = ()
    codeframe: Codeframe = Field(default_factory=Codeframe)
    playbook: Playbook = Playbook()
    indicators: IndicatorSystem = Field(default_factory=IndicatorSystem)

    @field_validator("line")
    @classmethod
    def _plain_line(cls, value: str) -> str:
        try:
            return check_line(value)
        except SchemaError:
            raise ValueError(
                f"line 只用小写英文字母、数字和下划线，以字母开头，现在是“{value}”"
            ) from None

    def items(self, kind: Kind | None = None, *, quarter: Quarter | str | None = None) -> list[str]:
        """List the ids of the questions of one kind (or all), in the questionnaire's order.

        ``quarter`` keeps only those asked in that quarter.
        """
        return [q.id for q in self.questions if kind in (None, q.kind) and q.asked_in(quarter)]

    def question(self, item: str) -> Question:
        """Give one question by its id; an unknown id raises `KeyError` and lists the known ones."""
        for question in self.questions:
            if question.id == item:
                return question
        raise KeyError(f"{self.line} has no question {item!r}: expected one of {self.items()}")

    def scale(self, item: str) -> Scale:
        """Give the scale of a rating or nps question."""
        return self.scales[self.question(item).scale or ""]

    def cutoff(self, item: str) -> int:
        """Give the lowest score of a question that counts as satisfied."""
        own = self.question(item).cutoff
        cutoff = self.scale(item).cutoff if own is None else own
        if cutoff is None:
            raise ValueError(
                f"{item}: neither the question nor its scale names a cutoff; "
                f"add 'cutoff' to the scale in the study file"
            )
        return cutoff

    def wordings(self, item: str) -> dict[str, str]:
        """Give the words for each level of a score, lowest first; those of a reversed item turn."""
        question, scale = self.question(item), self.scale(item)
        words = scale.wordings
        if not question.reverse:
            return words
        return dict(zip(words, reversed(words.values()), strict=True))

    def comparable(self, item: str) -> list[str]:
        """List the rating questions on the same scale as ``item``, itself among them.

        What people expected is not set beside what they experienced, nor the other way round.
        """
        asked = self.question(item)
        expected = asked.expectation_of is not None
        return [
            q.id
            for q in self.questions
            if q.kind == "rating"
            and q.scale == asked.scale
            and (q.expectation_of is not None) == expected
        ]

    def period(self, quarter: Quarter | str) -> Period:
        """Give the first and last day of a quarter's survey, as far as the study file says."""
        return self.periods.get(str(quarter), Period())

    def broken(self, item: str, quarter: Quarter | str) -> bool:
        """Say whether an item cannot be compared with the quarter before."""
        return str(quarter) in self.question(item).breaks

    def written_columns(self) -> list[str]:
        """List the columns of `responses` in which people wrote freely; ids are not among them."""
        mapped = {column for source in self.sources for column in source.mapping}
        open_kinds = ("single", "attention")
        free = {q.id for q in self.questions if q.kind in open_kinds and not q.options}
        return sorted(c for c in mapped | free if not c.endswith(("_id", "_at")) and c != "seconds")

    def label(self, column: str) -> str:
        """Give the Chinese words for a column: a dimension, question, option, group or theme."""
        if column in self.labels:
            return self.labels[column]
        for question in self.questions:
            if column == question.id:
                return question.dimension or question.text
            if column in question.columns:
                return question.options[question.columns.index(column)]
        themes = {f"theme_{theme.id}": theme.name for theme in self.codeframe.themes}
        return themes.get(column, column)

    def label_map(self) -> dict[str, str]:
        """Give the labels of every item, option and group column."""
        columns = [c for q in self.questions for c in (q.id, *q.columns)]
        return {column: self.label(column) for column in [*columns, *self.labels]}
