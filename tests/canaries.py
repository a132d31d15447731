"""Canaries: invented people put wherever a real export holds personal data, to be searched for.

`plant` rewrites the raw files of one quarter and line in a copy of the project. After a run no value
of the `Canaries` it gives may stand in any output: tables, notebooks, pages, logs.
"""

from __future__ import annotations

import csv
import html
import io
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from openpyxl import Workbook, load_workbook

from csatlib.demo.personal import bank_card, id_card

__all__ = ["SAID", "Canaries", "Canary", "Person", "plant"]

# Rare in names and in texts, and all in GBK, in which telephone sheets are kept.
_SURNAMES = (
    *"仉逄郄佘郗邰芮羿汲邴",
    "亓官",
    "澹台",
    "公冶",
    "闾丘",
    "濮阳",
    "钟离",
    "尉迟",
    "呼延",
)
_GIVEN = "珩昶晔翊翀骞璟甯瑗瓒砺祯稷筠纾翎芾茏蘧衍觐诩谌赟轸郜鄞钰闳霈鞅颢飏騄鸢麾黻鼐"
_STAFF = 20

#: The kinds that people write into comments; ``customer_id`` may be asked for as well.
SAID = ("mobile", "email", "id_card", "bank_card", "wechat", "qq", "plate", "address")

_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "name": ("我是{}，", "本人{}，", "我叫{}，", "这里是{}，"),
    "customer_id": ("客户编号{}",),
    "mobile": ("请打我手机{}", "手机号{}，随时可以联系", "回电请拨{}，谢谢"),
    "email": ("资料请发邮箱{}", "我的邮箱是 {} ，请发账单"),
    "id_card": ("身份证号{}，请核对实名信息", "登记的身份证是{}"),
    "bank_card": ("退款请打到银行卡{}", "银行卡号{}，退费还没有到账"),
    "wechat": ("可以加我微信{}", "微信号：{}，请注明来意"),
    "qq": ("我的QQ是{}", "QQ号：{}，上面可以找到我"),
    "plate": ("车牌号{}，停车费算错了", "我的车牌{}没有登记上"),
    "address": ("发票请寄到{}", "地址：{}，请派人上门"),
    "staff": ("{}的态度很好", "请表扬{}", "上次是{}接待的"),
}
_HEADERS = {
    "email": "电子邮箱",
    "id_card": "证件号码",
    "bank_card": "银行账号",
    "wechat": "微信号",
    "qq": "QQ",
    "plate": "车牌号",
    "address": "联系地址",
}
#: The end of the header of a question with several answers, in the export by text.
_SEVERAL = "(?:联系过我们|优先改进的方面)$"

Rows = list[list[object]]


@dataclass(frozen=True, order=True)
class Canary:
    """One literal to search for, and the kind of personal data it is."""

    kind: str
    value: str


@dataclass(frozen=True)
class Person:
    """One invented customer; ``ip`` is empty for those who did not answer online."""

    name: str
    customer_id: str
    mobile: str
    email: str
    id_card: str
    bank_card: str
    wechat: str
    qq: str
    plate: str
    address: str
    ip: str = ""

    @property
    def canaries(self) -> list[Canary]:
        """What to search for: of an address and an e-mail the part that tells the person.

        So a removal that leaves the telling part behind is seen as well.
        """
        values = dict(vars(self))
        values["email"] = self.email.partition("@")[0]
        values["address"] = self.address.partition("区")[2].partition("号")[0]
        return [Canary(kind, value) for kind, value in values.items() if value]


@dataclass(frozen=True)
class Canaries:
    """Everything that was planted: the people, and members of staff whom comments name."""

    people: tuple[Person, ...]
    staff: tuple[str, ...]

    @cached_property
    def values(self) -> tuple[Canary, ...]:
        """Every planted value with its kind, each once."""
        staff = [Canary("staff", name) for name in self.staff]
        return (*(c for person in self.people for c in person.canaries), *staff)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_trie(c.value for c in self.values))

    def found(self, text: str) -> list[Canary]:
        """List the canaries in a text, also where JSON or HTML spells its characters out."""
        kinds = {c.value: c for c in self.values}
        spelt = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        texts = {text, spelt, html.unescape(text)}
        return sorted({kinds[m] for t in texts for m in self._pattern.findall(t)})


def _trie(values: Iterable[str]) -> str:
    """Write a pattern that finds any of many literals in one pass over a text."""
    groups: dict[str, list[str]] = {}
    for value in values:
        if value:
            groups.setdefault(value[0], []).append(value[1:])
    if not groups:
        return ""
    return "(?:" + "|".join(re.escape(first) + _trie(rest) for first, rest in groups.items()) + ")"


def plant(
    root: Path,
    *,
    quarter: str,
    line: str,
    count: int = 500,
    seed: int = 0,
    said: Sequence[str] = SAID,
) -> Canaries:
    """Turn ``count`` customers of a copied project into canaries, in all raw files of a quarter.

    Those who answered come first, a quarter of them by telephone where there are so many. All have
    their data in the columns of the customer list; those who answered also in the link's parameter
    (or the sheet's number), the IP address, comments, the words behind 其他, and now and then in a
    score typed by hand. Comments hold the name and two of the kinds in ``said``; every fourth also
    names a member of staff, who is added to the roster.
    """
    folder = root / "data" / "raw" / quarter
    files = _Files(folder / line)
    ids = _chosen(files, folder / "all" / "customers.csv", count)
    people, staff = _people(len(ids), seed), _names(_STAFF, random.Random(f"staff {seed}"))
    online = files.customers(files.text)
    known = {
        old: person if old in online else Person(**{**vars(person), "ip": ""})
        for old, person in zip(ids, people, strict=True)
    }
    words = _Words(staff, tuple(said))
    _edit(folder / "all" / "customers.csv", lambda rows: _in_customers(rows, known))
    _edit(folder / "all" / "staff.csv", lambda rows: _in_roster(rows, staff))
    owners = {key: known[old] for key, old in files.owners.items() if old in known}
    for path in (files.text, files.code, files.sheet):
        _edit(path, lambda rows: _in_answers(rows, owners, words, by_ticket=files.by_ticket))
    for name in ("invitations.csv", "tickets.csv"):
        if (folder / line / name).exists():
            _edit(folder / line / name, lambda rows: _in_list(rows, known))
    return Canaries(tuple(known.values()), tuple(staff))


# ---- whom ----------------------------------------------------------------------------------------


def _names(count: int, rng: random.Random) -> list[str]:
    """Draw names of three or four characters; none is a part of another."""
    pairs = [a + b for a in _GIVEN for b in _GIVEN if a != b]
    chosen = rng.sample(pairs, count)
    return [rng.choice(_SURNAMES) + given for given in chosen]


def _people(count: int, seed: int) -> list[Person]:
    rng = random.Random(f"people {seed}")
    # Staff draw from the same characters: whoever bears a name of theirs would hide behind it.
    taken = {name[-2:] for name in _names(_STAFF, random.Random(f"staff {seed}"))}
    names = [n for n in _names(count + _STAFF, rng) if n[-2:] not in taken][:count]
    numbers = rng.sample(range(1000, 10_000), count)
    plates, roads = rng.sample(range(1000), count), rng.sample(range(1000, 10_000), count)
    return [
        _person(name, i, number, plate, road, rng)
        for i, (name, number, plate, road) in enumerate(
            zip(names, numbers, plates, roads, strict=True)
        )
    ]


def _person(name: str, i: int, number: int, plate: int, road: int, rng: random.Random) -> Person:
    def letters(n: int) -> str:
        return "".join(rng.choices("bcdfghjkmnpqrstvwxz", k=n))

    born = f"{rng.randint(1950, 2004)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    street = "".join(rng.sample(_GIVEN, 2))
    return Person(
        name=name,
        customer_id=f"KZ{number}Q{i:03d}",
        mobile=f"{('199', '177', '166')[i % 3]}0000{number}",
        email=f"{letters(5)}{number}@example.com",
        # No county bears the code 110198, no issuer the prefix 620000; 宁 has no letter Y.
        id_card=id_card(f"110198{born}{i % 1000:03d}"),
        bank_card=bank_card(f"6200009{number}{rng.randrange(10**7):07d}"),
        wechat=f"{letters(6)}_{number}",
        qq=f"9{number}{rng.randrange(10**5):05d}",
        plate=f"宁Y00{plate:03d}",
        address=f"示例市云岫区{street}路{road}号{1 + i % 9}栋{1 + i % 6}02室",
        ip=f"198.{18 + i % 2}.{100 + i // 150}.{100 + i % 150}",
    )


def _chosen(files: _Files, customers: Path, count: int) -> list[str]:
    """Choose the customers: of the telephone sheet, of the platform, then of the list."""
    by_hand = list(files.customers(files.sheet))
    online = [c for c in files.customers(files.text) if c not in by_hand]
    rows = _read(customers)
    place = rows[0].index("客户编号")
    listed = [str(row[place]) for row in rows[1:]]
    ordered = [*by_hand[: count // 4], *online, *by_hand, *listed]
    chosen = list(dict.fromkeys(ordered))[:count]
    if len(chosen) < count:
        raise ValueError(f"the list has {len(chosen)} customers, {count} canaries were asked for")
    return chosen


class _Files:
    """The files of one line and quarter, and which customer stands behind each key in them."""

    def __init__(self, folder: Path) -> None:
        self.text, self.code, self.sheet = (
            _only(folder, pattern) for pattern in ("*_按文本_*", "*_按序号_*", "*回访_*")
        )
        tickets = folder / "tickets.csv"
        self.by_ticket = tickets.exists()
        self._ticket: dict[str, str] = {}
        if self.by_ticket:
            header, *rows = _read(tickets)
            ticket, customer = header.index("工单号"), header.index("客户编号")
            self._ticket = {str(row[ticket]): str(row[customer]) for row in rows}
        self.owners = {
            key: self._ticket.get(key, key)
            for path in (self.text, self.sheet)
            for key in _keys(_read(path))
        }

    def customers(self, path: Path) -> dict[str, None]:
        """List the customers who answer in a file, in its order."""
        return dict.fromkeys(self.owners[key] for key in _keys(_read(path)))


def _keys(rows: Rows) -> list[str]:
    place = _key_place(rows[0])
    body = [row for row in rows[1:] if any(row) and str(row[0]) != "合计"]
    return [str(row[place]) for row in body]


def _key_place(header: Sequence[object]) -> int:
    return header.index("来源详情") if "来源详情" in header else 0


def _only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


# ---- where ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Words:
    """What canaries say: the same words for the same questionnaire in every export of it."""

    staff: Sequence[str]
    said: tuple[str, ...]

    def comment(self, person: Person, before: str, number: int) -> str:
        """Word a comment with the name and two further data; ``number`` varies them."""
        kinds = [self.said[(number + step) % len(self.said)] for step in (0, 1)]
        parts = [_sentence(kind, number, getattr(person, kind)) for kind in kinds]
        if number % 4 == 0:
            parts.append(_sentence("staff", number, self.staff[number // 4 % len(self.staff)]))
        told = _sentence("name", number, person.name) + "，".join(parts)
        return told if before in ("", "(空)", "(跳过)") else f"{before.rstrip('。！')}。{told}"

    def other(self, person: Person, number: int) -> str:
        """Word what stands behind 其他."""
        kind = self.said[number // 10 % len(self.said)]
        return _sentence("name", number, person.name) + _sentence(
            kind, number, getattr(person, kind)
        )


def _sentence(kind: str, number: int, value: str) -> str:
    templates = _SENTENCES[kind]
    return templates[number % len(templates)].format(value)


def _in_answers(
    rows: Rows, owners: Mapping[str, Person], words: _Words, *, by_ticket: bool
) -> Rows:
    """Put the canaries into one file of answers, by text, by number or typed by hand."""
    header, *body = rows
    numbers = {key: n for n, key in enumerate(owners)}
    key, comment = _key_place(header), _place(header, r"意见或建议|意见建议")
    for row in body:
        person = owners.get(str(row[key])) if any(row) else None
        if person is None:
            continue
        number = numbers[str(row[key])]
        row[comment] = words.comment(person, str(row[comment] or ""), number)
        if "来自IP" in header:
            ip = header.index("来自IP")
            row[ip] = person.ip + re.sub(r"^[0-9.]+", "", str(row[ip]))
            if number % 10 == 0:
                _tick_other(row, header, words.other(person, number))
        elif number % 40 == 0:
            # Whoever types by hand may put a name where a score belongs.
            row[comment - 3] = f"{person.name}没有说"
        if not by_ticket:
            row[key] = person.customer_id
    return rows


def _tick_other(row: list[object], header: Sequence[object], told: str) -> None:
    """Tick 其他 and fill in its blank; the export by number only has the tick."""
    for place, words in enumerate(header):
        if re.search(r"\(其他\)$", str(words)) and str(row[place]) in ("0", "1"):
            row[place] = 1
    for place, cell in enumerate(row):
        if re.search(_SEVERAL, str(header[place])) and str(cell) not in (
            "(空)",
            "(跳过)",
            "0",
            "1",
        ):
            kept = [part for part in str(cell).split("┋") if not part.startswith("其他")]
            row[place] = "┋".join([*kept, f"其他〖{told}〗"])


def _in_customers(rows: Rows, known: Mapping[str, Person]) -> Rows:
    header, *body = rows
    ids, name, contact, mobile = (
        header.index(h) for h in ("客户编号", "客户名称", "联系人", "联系方式")
    )
    for row in body:
        person = known.get(str(row[ids]))
        if person is not None:
            if row[name] == row[contact]:
                row[name] = person.name
            row[ids], row[contact], row[mobile] = person.customer_id, person.name, person.mobile
        row += [getattr(person, kind, "") for kind in _HEADERS]
    return [[*header, *_HEADERS.values()], *body]


def _in_roster(rows: Rows, staff: Sequence[str]) -> Rows:
    return [*rows, *([f"GH9{n:03d}", name, "热线一组"] for n, name in enumerate(staff))]


def _in_list(rows: Rows, known: Mapping[str, Person]) -> Rows:
    place = rows[0].index("客户编号")
    for row in rows[1:]:
        if str(row[place]) in known:
            row[place] = known[str(row[place])].customer_id
    return rows


def _place(header: Sequence[object], pattern: str) -> int:
    (place,) = (i for i, cell in enumerate(header) if re.search(pattern, str(cell)))
    return place


# ---- files ---------------------------------------------------------------------------------------


def _edit(path: Path, change: Callable[[Rows], Rows]) -> None:
    rows = change(_read(path))
    if path.suffix == ".xlsx":
        book = Workbook()
        book.active.title = "Sheet1"
        for row in rows:
            book.active.append(row)
        book.save(path)
        return
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(_encoding(path)))


def _read(path: Path) -> Rows:
    if path.suffix == ".xlsx":
        (sheet,) = load_workbook(path, read_only=True)
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    text = path.read_bytes().decode(_encoding(path))
    return [list(row) for row in csv.reader(io.StringIO(text, newline=""))]


def _encoding(path: Path) -> str:
    return "utf-8-sig" if path.read_bytes()[:3] == b"\xef\xbb\xbf" else "gbk"
