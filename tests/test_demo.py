"""The fictional company: its files, and that what `truth` tells is really in them.

The files are read here with openpyxl and csv alone, so that the reading owes nothing to the
package's own readers.
"""

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from openpyxl import load_workbook

from csatlib import demo, study
from csatlib.demo.answers import Person, chances, draw, latent_means
from csatlib.demo.comments import LINE_THEMES
from csatlib.demo.contact import answering_first, chances_to_answer
from csatlib.demo.design import LINES as LINES_OF
from csatlib.demo.form import FORMS
from csatlib.demo.phrases_common import SLOTS
from csatlib.demo.wave import population

REPOSITORY = Path(__file__).parents[1]
QUARTERS = ("2026Q1", "2026Q2", "2026Q3")
LINES = ("hotline", "ops_event", "ops_company")
CASES = [(line, quarter) for line in LINES for quarter in QUARTERS]
IDS = [f"{line}-{quarter}" for line, quarter in CASES]
SCORES = {"非常不满意": 1, "不满意": 2, "一般": 3, "满意": 4, "非常满意": 5}
KEYED = {
    "hotline": ("电话回访_*.csv", "gbk", "通话时长（秒）"),
    "ops_event": ("事件电话回访_*.csv", "utf-8-sig", "通话时长（秒）"),
    "ops_company": ("上门回访_*.xlsx", "", "访谈时长（秒）"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("company")
    return SimpleNamespace(root=root, raw=root / "data" / "raw", paths=demo.write(root))


def sheets(source):
    book = load_workbook(source, read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def rows_of(path, encoding):
    if path.suffix == ".xlsx":
        (rows,) = sheets(path).values()
        return [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    return [tuple(row) for row in csv.reader(io.StringIO(path.read_text(encoding), newline=""))]


def only(folder, pattern):
    (path,) = folder.glob(pattern)
    return path


@cache
def study_of(line):
    return study.load(REPOSITORY / "studies" / line)


def item_of(header, line, quarter):
    """Find the question of a header the way a reader would: by its words, past the number."""
    words = re.sub(r"^\d+、", "", header)
    for question in study_of(line).questions:
        if question.asked_in(quarter) and words in (question.text, *question.aliases):
            return question.id
    return None


def records(header, rows, line, quarter, *, seconds, key):
    """Name each row's answers by question id, and add its key and its seconds."""
    items = [item_of(h, line, quarter) for h in header]
    for row in rows:
        cells = {i: c.strip() for i, c in zip(items, row, strict=True) if i}
        found = dict(zip(header, row, strict=True))
        length = int(re.sub(r"[秒,]", "", found[seconds]))
        time = found.get("提交答卷时间") or found["回访时间"].replace("-", "/")
        pattern = "%Y/%m/%d %H:%M:%S" if time.count(":") == 2 else "%Y/%m/%d %H:%M"
        yield SimpleNamespace(
            row=row,
            key=found[key],
            seconds=length,
            cells=cells,
            submitted=datetime.strptime(time, pattern),
            device=found.get("来自IP"),
        )


@pytest.fixture(scope="module")
def read(written):
    """Read a line's quarter once: the platform's rows by text, the keyed rows, and what is none."""
    cache = {}

    def reading(line, quarter):
        if (line, quarter) not in cache:
            folder = written.raw / quarter / line
            header, *rows = rows_of(only(folder, "*_按文本_*.xlsx"), "")
            online = list(records(header, rows, line, quarter, seconds="所用时间", key="来源详情"))
            pattern, encoding, seconds = KEYED[line]
            header, *rows = rows_of(only(folder, pattern), encoding)
            blank = [row for row in rows if not any(row)]
            totals = [row for row in rows if row and row[0] == "合计"]
            answers = [row for row in rows if row not in blank and row not in totals]
            keyed = list(records(header, answers, line, quarter, seconds=seconds, key=header[0]))
            cache[line, quarter] = SimpleNamespace(
                online=online, keyed=keyed, blank=blank, totals=totals, valid=[]
            )
        return cache[line, quarter]

    return reading


def ratings(line, quarter):
    return study_of(line).items("rating", quarter=quarter)


def score(text):
    return SCORES.get(text) or (int(text) if text.isdigit() else None)


def valid(data, line, quarter):
    """Keep one row a key: in time, not hurried, no copy, mostly answered; found once."""
    if not data.valid:
        data.valid += soundest(data, line, quarter)
    return data.valid


def soundest(data, line, quarter):
    seen, kept = set(), []
    copies = {id(record) for record in near_duplicates(data)}
    for record in (*data.online, *data.keyed):
        if (
            record.key not in seen
            and record.seconds >= 20
            and not mostly_empty(record, line, quarter)
            and not late(record, line, quarter)
            and id(record) not in copies
        ):
            seen.add(record.key)
            kept.append(record)
    return kept


def late(record, line, quarter):
    return f"{record.submitted:%Y-%m-%d}" > study_of(line).period(quarter).closes


def near_duplicates(data):
    """Find the rows that repeat an earlier one's device and answers under another key."""
    first, found = {}, []
    for record in sorted(data.online, key=lambda r: r.submitted):
        key = first.setdefault((record.device, *record.cells.values()), record.key)
        if key != record.key:
            found.append(record)
    return found


def burst(data):
    """Find the rows of which ten or more were handed in within one minute."""
    rows = sorted({r.row: r for r in data.online}.values(), key=lambda r: r.submitted)
    found = set()
    for i, record in enumerate(rows):
        near = [r for r in rows[i:] if r.submitted - record.submitted <= timedelta(seconds=60)]
        found |= {r.row for r in near if len(near) >= 10}
    return found


def straight_low(record, line, quarter):
    """Say whether every rating shown got the same one of the two lowest scores, unhurriedly."""
    cells = [record.cells[item] for item in ratings(line, quarter)]
    given = {cell for cell in cells if cell != "(跳过)"}
    return record.seconds >= 20 and len(given) == 1 and score(given.pop()) in (1, 2)


def straight_liners(rows, line, quarter):
    """List the second answers that are straight and low; a customer may well mean a first one."""
    first = {}
    for record in rows:
        first[record.key] = min(record.submitted, first.get(record.key, record.submitted))
    again = [r for r in rows if r.submitted > first[r.key]]
    return [r for r in again if straight_low(r, line, quarter)]


def mostly_empty(record, line, quarter):
    cells = [record.cells[item] for item in ratings(line, quarter)]
    shown = [cell for cell in cells if cell != "(跳过)"]
    return sum(cell not in ("", "(空)") for cell in shown) < len(shown) / 2


def sample(kept, item, highest=5):
    lowest = 0 if highest == 10 else 1
    scores = [score(record.cells[item]) for record in kept]
    return np.array([s for s in scores if s is not None and lowest <= s <= highest])


def z(scores, expected):
    return (scores.mean() - expected) / (scores.std(ddof=1) / np.sqrt(len(scores)))


class TestFiles:
    def test_the_repository_ships_what_write_gives(self, written):
        shipped = REPOSITORY / "data" / "raw"
        names = {p.relative_to(shipped) for p in shipped.glob("*/*/*")}
        assert names == {p.relative_to(written.raw) for p in written.paths}
        for name in sorted(names):
            same = (shipped / name).read_bytes() == (written.raw / name).read_bytes()
            if name.suffix == ".xlsx":  # another zlib packs the same cells into other bytes
                same = same or sheets(shipped / name) == sheets(written.raw / name)
            assert same, name

    def test_they_are_small(self):
        sizes = [p.stat().st_size for p in (REPOSITORY / "data" / "raw").rglob("*")]
        assert sum(sizes) < 3_000_000

    def test_a_part_written_alone_equals_the_same_part_of_the_whole(self, written, tmp_path):
        paths = demo.write(tmp_path, quarters=["2026Q2"], lines=["ops_event"])
        assert len(paths) == 9
        for path in paths:
            assert path.read_bytes() == (written.root / path.relative_to(tmp_path)).read_bytes()

    def test_another_process_with_another_hash_seed_writes_the_same(self, written, tmp_path):
        code = (
            "import sys; from csatlib.demo import write; write(sys.argv[1], lines=['ops_company'])"
        )
        environment = {**os.environ, "PYTHONHASHSEED": "7"}
        subprocess.run([sys.executable, "-c", code, tmp_path], check=True, env=environment)
        for path in tmp_path.rglob("*.*"):
            assert path.read_bytes() == (written.root / path.relative_to(tmp_path)).read_bytes()

    def test_another_seed_is_another_company(self, written, tmp_path):
        for path in demo.write(tmp_path, quarters=["2026Q1"], lines=["ops_company"], seed=1):
            same = written.root / path.relative_to(tmp_path)
            assert path.read_bytes() != same.read_bytes(), path.name

    def test_writing_again_changes_nothing(self, tmp_path):
        first = demo.write(tmp_path, quarters=["2026Q1"], lines=["ops_company"])
        before = {path: path.read_bytes() for path in first}
        assert demo.write(tmp_path, quarters=["2026Q1"], lines=["ops_company"]) == first
        assert {path: path.read_bytes() for path in first} == before

    @pytest.mark.parametrize("name", ["customers.csv", "自己的.csv"], ids=["changed", "foreign"])
    def test_files_of_others_are_neither_replaced_nor_joined(self, tmp_path, name):
        mine = tmp_path / "data" / "raw" / "2026Q1" / "all" / name
        mine.parent.mkdir(parents=True)
        mine.write_text("客户编号\nC1\n", encoding="utf-8")
        with pytest.raises(demo.DemoError, match="move it away or choose another root"):
            demo.write(tmp_path, quarters=["2026Q1"], lines=["hotline"])
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == [mine]
        assert mine.read_text(encoding="utf-8") == "客户编号\nC1\n"

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"quarters": ["2025Q4"]}, "quarters: the demo has 2026Q1, 2026Q2, 2026Q3"),
            ({"lines": ["shop"]}, "lines: the demo has hotline, ops_event, ops_company"),
            ({"quarters": "2026Q1"}, "expected a sequence of labels"),
        ],
        ids=["quarter", "line", "text"],
    )
    def test_what_the_demo_lacks_is_refused(self, tmp_path, wrong, message):
        with pytest.raises(demo.DemoError, match=message):
            demo.write(tmp_path, **wrong)
        assert not list(tmp_path.iterdir())

    def test_workbooks_know_no_clock(self, written):
        for path in written.raw.rglob("*.xlsx"):
            properties = load_workbook(path, read_only=True).properties
            assert properties.created == properties.modified == datetime(2026, 1, 1)


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
class TestLayout:
    def test_the_study_knows_every_header(self, written, line, quarter):
        folder = written.raw / quarter / line
        header = rows_of(only(folder, "*_按文本_*.xlsx"), "")[0]
        assert header[:6] == ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP")
        asked = study_of(line).items(quarter=quarter)
        assert [item_of(h, line, quarter) for h in header[6:]] == asked
        multi = study_of(line).items("multi", quarter=quarter)
        pattern, encoding, _ = KEYED[line]
        keyed = rows_of(only(folder, pattern), encoding)[0]
        found = [item_of(h, line, quarter) for h in keyed[4:]]
        assert found == [i for i in asked if i not in multi]

    def test_the_study_knows_every_file(self, written, line, quarter):
        sources = study_of(line).sources
        globs = [s.glob for s in sources if s.folder == "line"]
        for path in (written.raw / quarter / line).iterdir():
            assert sum(path.match(glob) for glob in globs) == 1, path.name

    def test_text_and_number_exports_say_the_same(self, written, line, quarter):
        folder = written.raw / quarter / line
        (text_header, *text), (code_header, *code) = (
            rows_of(only(folder, f"*_{mode}_*.xlsx"), "") for mode in ("按文本", "按序号")
        )
        assert [row[:6] for row in text] == [row[:6] for row in code]
        questions = study_of(line)
        place = 6
        for column, header in enumerate(text_header[6:], 6):
            question = questions.question(item_of(header, line, quarter))
            width = len(question.options) if question.kind == "multi" else 1
            for i, option in enumerate(question.options if question.kind == "multi" else ()):
                number = header.split("、")[0]
                expected = f"{header}({option})" if i == 0 else f"{number}、({option})"
                assert code_header[place + i] == expected
            for by_text, by_code in zip(text, code, strict=True):
                assert by_code[place : place + width] == coded(by_text[column], question)
            place += width
        assert place == len(code_header)

    def test_the_file_name_counts_the_rows(self, written, line, quarter, truth):
        path = only(written.raw / quarter / line, "*_按文本_*.xlsx")
        rows = truth["sizes"][line][quarter]["rows_online"]
        title = FORMS[line].title
        assert re.fullmatch(rf"\d{{9}}_按文本_{title}_{rows}_{rows}\.xlsx", path.name)
        assert len(rows_of(path, "")) == 1 + rows

    def test_times_lie_in_the_quarter(self, written, line, quarter):
        rows = rows_of(only(written.raw / quarter / line, "*_按文本_*.xlsx"), "")[1:]
        for row in rows:
            moment = datetime.strptime(row[1], "%Y/%m/%d %H:%M:%S")
            assert f"{moment.year}Q{(moment.month + 2) // 3}" == quarter

    def test_everybody_was_invited_and_is_in_the_customer_list(self, written, read, line, quarter):
        folder = written.raw / quarter / line
        header, *invited = rows_of(folder / "invitations.csv", "utf-8-sig")
        customers = {r[0] for r in rows_of(folder.parent / "all" / "customers.csv", "utf-8-sig")}
        place = header.index("客户编号")
        assert {row[place] for row in invited} <= customers
        data = read(line, quarter)
        assert {r.key for r in (*data.online, *data.keyed)} <= {row[0] for row in invited}


def coded(text, question):
    """Turn a cell of the export by text into those of the export by number."""
    width = len(question.options) if question.kind == "multi" else 1
    if text in ("(跳过)", "(空)"):
        return ("-3" if text == "(跳过)" else "-2",) * width
    if question.kind == "multi":
        ticked = {option.split("〖")[0] for option in text.split("┋")}
        assert ticked <= set(question.options)
        return tuple(str(int(option in ticked)) for option in question.options)
    if question.kind == "single":
        return (str(question.options.index(text) + 1),)
    if question.kind == "rating":
        return (str([*SCORES, "不适用"].index(text) + 1),)
    return (text,)


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
class TestPlanted:
    def test_faults(self, read, truth, line, quarter):
        data = read(line, quarter)
        rows = [[r.row for r in part] for part in (data.online, data.keyed)]
        distinct = {r.row: r for r in (*data.online, *data.keyed)}.values()
        typed = [
            (item, cell.strip())
            for r in {r.row: r for r in data.keyed}.values()
            for item, cell in r.cells.items()
            if item in ratings(line, quarter) and cell not in ("", "不适用")
        ]
        straight = straight_liners(distinct, line, quarter)
        machine = burst(data)
        found = {
            "duplicate_customers": len(distinct) - len({r.key for r in distinct}) - len(straight),
            "duplicate_rows": sum(len(part) - len(set(part)) for part in rows),
            "speeders": sum(r.seconds < 20 and r.row not in machine for r in distinct),
            "mostly_empty": sum(mostly_empty(r, line, quarter) for r in distinct),
            "out_of_range": sum(c.isdigit() and not 1 <= int(c) <= 5 for _, c in typed),
            "unreadable": sum(not c.isdigit() for _, c in typed),
            "blank_rows": len(data.blank),
            "total_rows": len(data.totals),
            "late": sum(late(r, line, quarter) for r in distinct),
            "straight_liners": len(straight),
            "near_duplicates": len(near_duplicates(data)),
            "burst": len(machine),
        }
        assert found == truth["faults"][line][quarter]

    def test_whoever_ticks_straight_down_answered_soundly_before(self, read, line, quarter):
        data = read(line, quarter)
        kept = {r.key: r for r in valid(data, line, quarter)}
        for record in straight_liners(data.online, line, quarter):
            assert kept[record.key].submitted < record.submitted

    def test_nobody_answers_before_being_asked(self, written, read, line, quarter):
        header, *rows = rows_of(written.raw / quarter / line / "invitations.csv", "utf-8-sig")
        place = header.index("邀请时间")
        asked = {row[0]: datetime.strptime(row[place], "%Y-%m-%d %H:%M") for row in rows}
        data = read(line, quarter)
        assert all(asked[r.key] <= r.submitted for r in (*data.online, *data.keyed))

    def test_the_study_says_when_the_survey_was_open(self, read, line, quarter):
        period, data = study_of(line).period(quarter), read(line, quarter)
        days = [f"{r.submitted:%Y-%m-%d}" for r in valid(data, line, quarter)]
        assert period.opens <= min(days)
        assert max(days) <= period.closes < f"{last_day(quarter):%Y-%m-%d}"

    def test_sizes(self, written, read, truth, line, quarter):
        data, sizes = read(line, quarter), truth["sizes"][line][quarter]
        assert len(data.online) == sizes["rows_online"]
        assert len(data.keyed) == sizes["rows_keyed"]
        assert len(valid(data, line, quarter)) == sizes["valid_online"] + sizes["valid_keyed"]
        invited = rows_of(written.raw / quarter / line / "invitations.csv", "utf-8-sig")[1:]
        channels = Counter(row[-2] for row in invited)
        assert channels["线上问卷"] == sizes["invited_online"]
        assert channels.total() == sizes["invited_online"] + sizes["invited_keyed"]

    def test_personal_data(self, written, read, truth, line, quarter):
        data = read(line, quarter)
        said = [(r.key, r.cells["comment"]) for r in (*data.online, *data.keyed)]
        comments = [
            re.sub(r"(?<=\d)[ -](?=\d)", "", unicodedata.normalize("NFKC", text))
            for _, text in said
        ]
        cards = {
            kind: [c for text in comments for c in re.findall(PERSONAL[kind], text)]
            for kind in ("id_card", "bank_card")
        }
        assert all(checked(card) for card in cards["id_card"])
        assert all(luhn(card) for card in cards["bank_card"])
        contact = members(written.raw / quarter, line, "contact")
        staff = [
            row[1] for row in rows_of(written.raw / quarter / "all" / "staff.csv", "utf-8-sig")
        ]
        found = {
            kind: sum(len(re.findall(pattern, text, re.ASCII)) for text in comments)
            for kind, pattern in PERSONAL.items()
        }
        found["name"] = sum(contact[key] in text for key, text in said)
        found["staff_name"] = sum(name in text for _, text in said for name in staff[1:])
        assert found == truth["personal_data"][line][quarter]

    def test_sample_means_scatter_around_what_is_expected(self, read, truth, line, quarter):
        kept = valid(read(line, quarter), line, quarter)
        told = truth["unweighted"][line][quarter]
        assert set(told["means"]) == {*ratings(line, quarter), *study_of(line).items("nps")}
        for item, expected in told["means"].items():
            scores = sample(kept, item, 10 if item == "recommend" else 5)
            assert abs(z(scores, expected)) < 4, item
            if item in told["satisfied"]:
                share = told["satisfied"][item]
                error = np.sqrt(share * (1 - share) / len(scores))
                assert abs((scores >= 4).mean() - share) < 4 * error, item
        if "recommend" in told["means"]:
            scores = sample(kept, "recommend", 10)
            band = 100.0 * ((scores >= 9).astype(int) - (scores <= 6))
            assert abs(z(band, told["nps"])) < 4

    def test_group_means_scatter_around_what_is_expected(self, written, read, truth, line, quarter):
        told = truth["unweighted"][line][quarter]["by_group"]
        kept = valid(read(line, quarter), line, quarter)
        for by in set(told) - {"unit"}:
            member = members(written.raw / quarter, line, by)
            for group, means in told[by].items():
                inside = [r for r in kept if member[r.key] == group]
                for item in ("overall", ratings(line, quarter)[1]):
                    scores = sample(inside, item)
                    if len(scores) >= 20:
                        assert abs(z(scores, means[item])) < 4, (by, group, item)

    def test_themes_are_voiced_as_often_as_told(self, read, truth, line, quarter):
        kept = valid(read(line, quarter), line, quarter)
        for theme in LINE_THEMES[line]:
            if quarter not in truth["themes"][line][theme.id]["share"]:
                continue
            share = truth["themes"][line][theme.id]["share"][quarter]
            pattern = re.compile("|".join(map(template_pattern, theme.templates)))
            voiced = sum(bool(pattern.search(r.cells["comment"])) for r in kept)
            error = np.sqrt(share * (1 - share) * len(kept))
            assert abs(voiced - share * len(kept)) < 4 * error, theme.id


#: What nobody else has: each pattern fits the demo's own form of a datum and no other text in it.
PERSONAL = {
    "mobile": r"(?<!\d)1[3-9]\d0000\d{4}(?!\d)",
    "email": r"[\w.-]+@example\.com",
    "id_card": r"(?<!\d)110199\d{11}[\dX](?!\d)",
    "wechat": r"(?<!\w)(?:shifan_wx_|wx-shifan)\d{4}(?!\d)",
    "qq": r"(?<!\d)[89]000000\d{3}(?!\d)",
    "plate": r"宁X·?00\d{3}(?!\d)",
    "address": r"示例市云岫区\S{2,4}9\d{3}号\d+栋201室",
    "landline": r"(?<!\d)0268000\d{4}(?!\d)",
    "bank_card": r"(?<!\d)62000000000000\d{5}(?!\d)",
}


def luhn(card):
    """Say whether a card number passes the Luhn check, by the sum over all its places."""
    digits = [int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(card))]
    return sum(sum(divmod(digit, 10)) for digit in digits) % 10 == 0


def last_day(quarter):
    year, number = int(quarter[:4]), int(quarter[-1])
    return datetime(year + number // 4, 3 * number % 12 + 1, 1) - timedelta(days=1)


def checked(card):
    """Say whether an ID-card number passes ISO 7064 mod 11-2, by the sum over all 18 places."""
    digits = [10 if digit == "X" else int(digit) for digit in card]
    return sum(d * pow(2, 17 - i, 11) for i, d in enumerate(digits)) % 11 == 1


@cache
def members(folder, line, by):
    """Give each key's group: from the customer list, for tickets by way of the ticket."""
    columns = {
        "region": "区域",
        "customer_type": "客户类型",
        "tier": "客户等级",
        "contact": "联系人",
        "unit": "客户单位",
    }
    of_tickets = {"problem_level": "问题级别", "problem_type": "问题类型", "team": "处理班组"}
    header, *rows = rows_of(folder / "all" / "customers.csv", "utf-8-sig")
    tables = {"customers": (header, rows)}
    if line == "ops_event":
        header, *rows = rows_of(folder / line / "tickets.csv", "utf-8-sig")
        tables["tickets"] = (header, rows)
        if by in of_tickets:
            return {row[0]: row[header.index(of_tickets[by])] for row in rows}
    header, rows = tables["customers"]
    group = {row[0]: row[header.index(columns[by])] for row in rows}
    if "tickets" in tables:
        header, rows = tables["tickets"]
        return {row[0]: group[row[header.index("客户编号")]] for row in rows}
    return group


def template_pattern(template):
    pattern = re.escape(template)
    for slot, words in SLOTS.items():
        pattern = pattern.replace(re.escape(f"{{{slot}}}"), f"(?:{'|'.join(words)})")
    return pattern


def table(path):
    """Read a company table into one dictionary a row."""
    header, *rows = rows_of(path, "utf-8-sig")
    return [dict(zip(header, row, strict=True)) for row in rows]


def overalls(kept, item="overall"):
    """Give each key's score of an item, where it is one."""
    scores = {r.key: score(r.cells[item]) for r in kept}
    return {key: value for key, value in scores.items() if value in SCORES.values()}


@pytest.mark.parametrize("quarter", QUARTERS)
class TestWhoAnswers:
    def test_those_invited_answer_as_readily_as_told(self, written, read, truth, quarter):
        told = truth["response"]["hotline"][quarter]["by_group"]
        invited = table(written.raw / quarter / "hotline" / "invitations.csv")
        heard = {r.key for r in valid(read("hotline", quarter), "hotline", quarter)}
        for by, chances_by_group in told.items():
            member = members(written.raw / quarter, "hotline", by)
            for group, chance in chances_by_group.items():
                inside = [
                    row["客户编号"] in heard for row in invited if member[row["客户编号"]] == group
                ]
                error = np.sqrt(chance * (1 - chance) / len(inside))
                assert abs(np.mean(inside) - chance) < 4 * error, (by, group)
        assert told["customer_type"]["新客户"] < 0.3 < 0.7 < told["customer_type"]["VIP"]

    def test_the_content_answer_more_and_the_list_repairs_it(self, written, read, truth, quarter):
        share = truth["satisfied"]["hotline"][quarter]["overall"]
        seen, repaired = (
            truth[kind]["hotline"][quarter]["satisfied"]["overall"]
            for kind in ("unweighted", "weighted")
        )
        assert seen - share > 0.025
        assert abs(repaired - share) < 0.004
        region, kind = (
            members(written.raw / quarter, "hotline", by) for by in ("region", "customer_type")
        )
        cell = {key: (region[key], kind[key]) for key in region}
        answered = overalls(valid(read("hotline", quarter), "hotline", quarter))
        everyone, heard = Counter(cell.values()), Counter(cell[key] for key in answered)
        weight = np.array([everyone[cell[key]] / heard[cell[key]] for key in answered])
        content = np.array([value >= 4 for value in answered.values()])
        weighted = np.average(content, weights=weight)
        error = np.sqrt(share * (1 - share) * (weight**2).sum()) / weight.sum()
        assert abs(weighted - share) < 3 * error
        assert content.mean() - weighted > 0.015

    @pytest.mark.parametrize("line", LINES)
    def test_invitations_end_as_told(self, written, read, truth, line, quarter):
        told, data = truth["fieldwork"][line][quarter], read(line, quarter)
        rows = table(written.raw / quarter / line / "invitations.csv")
        key = next(iter(rows[0]))
        answered = {r.key for r in (*data.online, *data.keyed)}
        sound = {r.key for r in valid(data, line, quarter)}
        meanings = study_of(line).fieldwork.outcomes
        found = {part: {"online": Counter(), "keyed": Counter()} for part in told}
        for row in rows:
            channel = "online" if row["渠道"] == "线上问卷" else "keyed"
            assert not (row["结果"] and row[key] in answered)
            assert not row["结果"] or row["结果"] in meanings
            state = (
                "complete"
                if row[key] in sound
                else "set_aside"
                if row[key] in answered
                else "silent"
            )
            state = "noted" if row["结果"] else state
            found["invited"][channel][""] += 1
            found[state][channel][row["结果"]] += 1
        for part, by_channel in told.items():
            for channel, count in by_channel.items():
                counted = found[part][channel]
                assert (dict(counted) if part == "noted" else counted[""]) == count, (part, channel)
        assert {meanings[w] for c in told["noted"].values() for w in c} >= {"refusal", "non_contact", "ineligible", "unknown"}  # fmt: skip

    def test_late_tickets_score_lower(self, written, read, truth, quarter):
        told = truth["staff"]["ops_event"]
        tickets = {
            r["工单号"]: r for r in table(written.raw / quarter / "ops_event" / "tickets.csv")
        }
        waits, teams = {}, {}
        for row in table(written.raw / quarter / "ops_event" / "invitations.csv"):
            closed, asked = (
                datetime.strptime(moment, "%Y-%m-%d %H:%M")
                for moment in (tickets[row["工单号"]]["关闭时间"], row["邀请时间"])
            )
            waits[row["工单号"]] = asked - closed > timedelta(days=2)
            teams.setdefault(tickets[row["工单号"]]["处理班组"], []).append(row["工单号"])
        assert 0.08 < np.mean(list(waits.values())) < 0.16
        for team, chance in told["late"].items():
            seen = np.mean([waits[key] for key in teams[team]])
            assert abs(seen - chance) < 4 * np.sqrt(chance * (1 - chance) / len(teams[team])), team
        kept = valid(read("ops_event", quarter), "ops_event", quarter)
        for item in told["late_shifts"]:
            by_time = {True: [], False: []}
            for key, value in overalls(kept, item).items():
                by_time[waits[key]].append(value)
            assert np.mean(by_time[True]) < np.mean(by_time[False]) - 0.15, item

    def test_some_units_answer_whole(self, written, read, truth, quarter):
        unit = members(written.raw / quarter, "ops_company", "unit")
        kept = valid(read("ops_company", quarter), "ops_company", quarter)
        heard = Counter(unit[record.key] for record in kept)
        told = truth["units"]["ops_company"]
        assert told["complete"]
        assert all(heard[name] == 6 for name in told["complete"])
        assert sum(count < 6 for count in heard.values()) > 20


class TestStandingOut:
    def pooled(self, written, read, line, by, quarters=QUARTERS):
        """List (group, overall score) of the valid answers of several quarters."""
        return [
            (members(written.raw / q, line, by)[key], value)
            for q in quarters
            for key, value in overalls(valid(read(line, q), line, q)).items()
        ]

    @pytest.mark.parametrize(
        ("line", "by"), [("ops_event", "team"), ("ops_company", "unit")], ids=["teams", "units"]
    )
    def test_the_best_and_the_worst_are_those_told(self, written, read, truth, line, by):
        shifts = truth["units"][line]["shifts"] or truth["staff"][line]["teams"]
        scores = {}
        for group, value in self.pooled(written, read, line, by):
            scores.setdefault(group, []).append(value)
        means = {group: np.mean(values) for group, values in scores.items()}
        assert min(means, key=means.get) == min(shifts, key=shifts.get)
        assert max(means, key=means.get) == max(shifts, key=shifts.get)

    def test_one_interviewer_leads_on_beyond_the_case_mix(self, written, read, truth):
        told = truth["staff"]["hotline"]["interviewers"]
        (leading,) = [who for who, shift in told.items() if shift > 0]
        apart, types, raw = {}, {}, {}
        for q in QUARTERS:
            member = members(written.raw / q, "hotline", "customer_type")
            kept = {id(r) for r in valid(read("hotline", q), "hotline", q)}
            for record in read("hotline", q).keyed:
                value = score(record.cells["overall"])
                if id(record) in kept and value in SCORES.values():
                    types.setdefault(member[record.key], []).append((record.row[3], value))
        for answers in types.values():
            centre = np.mean([value for _, value in answers])
            for who, value in answers:
                apart.setdefault(who, []).append(value - centre)
                raw.setdefault(who, []).append(value)
        means = {who: np.mean(values) for who, values in apart.items()}
        errors = {who: np.std(v, ddof=1) / np.sqrt(len(v)) for who, v in apart.items()}
        assert set(means) == set(told)
        assert max(means, key=means.get) == leading
        others = [who for who in means if who != leading]
        rest = np.mean([means[who] for who in others])
        assert means[leading] - rest > 4 * errors[leading]
        assert all(abs(means[who] - rest) < 3 * errors[who] for who in others)

    def test_expectations_lie_above_experience_as_told(self, read, truth):
        kept = valid(read("ops_company", "2026Q3"), "ops_company", "2026Q3")
        for item, told in truth["expectations"]["ops_company"].items():
            expected, lived = overalls(kept, item), overalls(kept, told["of"])
            gaps = np.array([expected[key] - lived[key] for key in expected if key in lived])
            assert abs(z(gaps, told["mean_gap"]["2026Q3"])) < 4, item
            assert study_of("ops_company").question(item).expectation_of == told["of"]
        gaps = {told["of"]: told["gap"] for told in truth["expectations"]["ops_company"].values()}
        assert gaps["response_speed"] > 0.5 > 0.1 > abs(gaps["value"])


class TestChange:
    @pytest.mark.parametrize(("line", "least"), [("hotline", 250), ("ops_company", 90)])
    def test_people_stay_themselves(self, read, truth, line, least):
        before, now = (overalls(valid(read(line, q), line, q)) for q in ("2026Q2", "2026Q3"))
        both = sorted(before.keys() & now.keys())
        assert len(both) > least
        seen = np.corrcoef([before[key] for key in both], [now[key] for key in both])[0, 1]
        assert 0.2 < seen < truth["panel"][line] + 0.2

    def test_a_change_of_all_is_told_and_seen_in_the_panel(self, read, truth):
        (told,) = [
            d
            for d in truth["decomposition"]
            if (d["line"], d["quarter"]) == ("ops_company", "2026Q3")
        ]
        before, now = (
            overalls(valid(read("ops_company", q), "ops_company", q)) for q in ("2026Q2", "2026Q3")
        )
        moved = np.array([now[key] - before[key] for key in before.keys() & now.keys()])
        assert told["change"] > 0.15
        assert abs(z(moved, told["change"])) < 4
        assert z(moved, 0) > 1.96

    def test_mix_and_rate_are_the_change(self, truth):
        assert len(truth["decomposition"]) == len(LINES) * (len(QUARTERS) - 1)
        for told in truth["decomposition"]:
            means = truth["means"][told["line"]]
            change = means[told["quarter"]]["overall"] - means[told["since"]]["overall"]
            assert told["change"] == pytest.approx(change, abs=1e-12)
            assert told["mix"] + told["rate"] == pytest.approx(change, abs=1e-12)

    def test_graver_kinds_of_tickets_lower_the_mean_and_nothing_else_does(self, written, truth):
        told = {(d["line"], d["quarter"]): d for d in truth["decomposition"]}
        event = told["ops_event", "2026Q3"]
        assert event["mix"] < -0.08
        assert event["rate"] > 0
        others = [d["mix"] for key, d in told.items() if key != ("ops_event", "2026Q3")]
        assert others == pytest.approx([0] * len(others), abs=1e-12)
        for quarter in ("2026Q2", "2026Q3"):
            rows = table(written.raw / quarter / "ops_event" / "tickets.csv")
            seen = Counter(row["问题类型"] for row in rows)
            assert {k: n / len(rows) for k, n in seen.items()} == pytest.approx(
                event["shares"][quarter]
            )


class TestChancesToAnswer:
    PEOPLE = tuple(population("hotline", "2026Q1", 0)[2])

    def test_the_formula_is_what_drawing_gives(self):
        line, rng = LINES_OF["hotline"], np.random.default_rng(1)
        told = chances_to_answer(line, self.PEOPLE, valid=line.online, invited=line.invited_online)
        heard, asked = np.zeros(len(self.PEOPLE)), np.zeros(len(self.PEOPLE))
        for _ in range(300):
            order = rng.permutation(len(self.PEOPLE))
            first = answering_first(line, self.PEOPLE, order, rng)
            assert sorted(first[:1400]) == sorted(order[:1400])
            assert (first[1820:] == order[1820:]).all()
            heard[first[: line.online]] += 1
            asked[order[: line.invited_online]] += 1
        groups = np.array([(p.region, p.customer_type) for p in self.PEOPLE])
        for group in np.unique(groups, axis=0):
            inside = (groups == group).all(axis=1)
            seen = heard[inside].sum() / asked[inside].sum()
            assert seen == pytest.approx(told[inside].mean(), abs=0.01), group

    def test_as_many_are_expected_as_answer(self):
        line = LINES_OF["hotline"]
        told = chances_to_answer(line, self.PEOPLE, valid=240, invited=420)
        assert told.mean() * 420 == pytest.approx(240)

    def test_where_all_are_alike_nobody_is_moved(self):
        line, rng = LINES_OF["ops_event"], np.random.default_rng(1)
        order = rng.permutation(760)
        people = population("ops_event", "2026Q1", 0)[2]
        assert answering_first(line, people, order, rng).tolist() == order.tolist()
        told = chances_to_answer(line, people, valid=340, invited=560)
        assert told == pytest.approx(np.full(760, 340 / 560))


class TestStaff:
    def test_the_roster_grows_and_nobody_leaves(self, written):
        rosters = [rows_of(written.raw / q / "all" / "staff.csv", "utf-8-sig") for q in QUARTERS]
        for before, now in pairwise(rosters):
            assert now[: len(before)] == before
            assert len(now) == len(before) + 2

    def test_no_member_bears_the_name_of_a_customer(self, written):
        staff = rows_of(written.raw / "2026Q3" / "all" / "staff.csv", "utf-8-sig")[1:]
        customers = rows_of(written.raw / "2026Q3" / "all" / "customers.csv", "utf-8-sig")
        place = customers[0].index("联系人")
        assert len({row[1] for row in staff}) == len(staff)
        assert not {row[1] for row in staff} & {row[place] for row in customers}

    @pytest.mark.parametrize("line", LINES)
    def test_every_line_knows_the_roster(self, line):
        (source,) = (s for s in study_of(line).sources if s.role == "staff")
        assert (source.folder, source.glob, dict(source.personal)) == (
            "all",
            "staff.csv",
            {"name": "姓名"},
        )


@pytest.mark.parametrize("line", LINES)
class TestStudies:
    def test_the_whole_contract_is_filled_in(self, line):
        told = study_of(line)
        assert told.goal
        assert told.survey == ("event" if line == "ops_event" else "quarterly")
        assert {"质量控制组", "服务改进组"} <= set(told.roles)
        assert all(told.notice.model_dump().values())
        assert list(told.periods) == list(QUARTERS)
        assert told.privacy.key == "public_test"

    def test_the_population_is_the_one_that_answers_stand_for(self, written, truth, line):
        told = study_of(line).population
        header, *rows = rows_of(written.raw / "2026Q3" / "all" / "customers.csv", "utf-8-sig")
        tiers = {row[header.index("客户等级")] for row in rows}
        assert set(told.tiers) == tiers - ({"普通"} if line == "ops_company" else set())
        assert {part["population"] for part in truth["sizes"][line].values()} == {told.size}

    def test_the_contacts_of_customers_are_known_as_personal(self, line):
        (source,) = (s for s in study_of(line).sources if s.role == "customers")
        assert dict(source.personal) == {"name": "联系人", "mobile": "联系方式"}


class TestTruth:
    def test_it_is_plain_data_and_the_same_every_time(self, truth):
        assert json.loads(json.dumps(truth)) == json.loads(json.dumps(demo.truth()))
        assert truth["company"].endswith("（虚构公司）")

    def test_the_planted_drop_is_told_and_seen(self, written, read, truth):
        (change,) = (c for c in truth["changes"] if not c["action_id"])
        assert (change["line"], change["group"], change["quarter"]) == ("hotline", "西南", "2026Q3")
        for item in ("connection", "overall"):
            now, before = (
                sample(
                    [r for r in valid(read("hotline", q), "hotline", q) if member[r.key] == "西南"],
                    item,
                )
                for q in ("2026Q3", "2026Q2")
                for member in [members(written.raw / q, "hotline", "region")]
            )
            error = np.sqrt(now.var(ddof=1) / len(now) + before.var(ddof=1) / len(before))
            seen = now.mean() - before.mean()
            assert abs(seen - change["change"][item]) < 4 * error
            assert seen < -2 * error, f"{item}: the drop cannot be told from chance"

    def test_other_regions_do_not_drop(self, truth):
        regions = truth["by_group"]["hotline"]
        for region, means in regions["2026Q3"]["region"].items():
            change = means["overall"] - regions["2026Q2"]["region"][region]["overall"]
            assert (change < 0) == (region == "西南")

    @pytest.mark.parametrize("line", LINES)
    def test_the_weights_and_chances_are_those_that_make_the_scores(self, truth, line):
        people = [Person("华东", "老客户", "重要客户", "", "三级", "应用故障", "数据组")] * 60_000
        means = latent_means(line, "2026Q3", people)
        scores, latents = draw(line, means, np.random.default_rng(5))
        weights = truth["drivers"][line]["weights"]
        design = np.column_stack([latents[item] for item in weights])
        fitted, residual, *_ = np.linalg.lstsq(design, latents["overall"], rcond=None)
        assert fitted == pytest.approx(list(weights.values()), abs=0.02)
        noise = residual[0] / len(people)
        assert noise == pytest.approx(truth["drivers"][line]["noise_variance"], abs=0.02)
        assert np.var(latents["overall"]) == pytest.approx(1, abs=0.03)
        for item, values in scores.items():
            chance = chances(item, means[item][:1])[0]
            lowest = 0 if item == "recommend" else 1
            seen = np.bincount(values - lowest, minlength=len(chance)) / len(people)
            assert seen == pytest.approx(chance, abs=0.01), item

    def test_slow_stages_go_with_low_scores(self, written, read, truth):
        header, *rows = rows_of(written.raw / "2026Q3" / "ops_event" / "tickets.csv", "utf-8-sig")
        tickets = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
        kept = valid(read("ops_event", "2026Q3"), "ops_event", "2026Q3")
        before = dict(
            zip(["接收", "分类", "诊断", "解决", "反馈", "关闭"], header[5:-1], strict=True)
        )
        for stage, told in truth["stages"].items():
            stays = []
            for record in kept:
                moments = (tickets[record.key][c] for c in (before[stage], f"{stage}时间"))
                start, end = (datetime.strptime(m, "%Y-%m-%d %H:%M") for m in moments)
                stays.append((end - start).total_seconds() / 60)
            assert np.median(stays) == pytest.approx(told["median_minutes"], rel=0.2)
            if told["dimension"]:
                pairs = [
                    (np.log(stay), score(record.cells[told["dimension"]]))
                    for stay, record in zip(stays, kept, strict=True)
                    if score(record.cells[told["dimension"]]) in SCORES.values()
                ]
                seen = np.corrcoef(np.array(pairs).T)[0, 1]
                assert seen == pytest.approx(told["correlation"], abs=0.15), stage

    def test_themes_are_varied(self):
        themes = [theme for line in LINES for theme in LINE_THEMES[line]]
        assert all(len(set(theme.templates)) >= 8 for theme in themes)
        assert len({(theme.stage, theme.action) for theme in themes}) >= 15
        for line in LINES:
            shares = Counter()
            for theme in LINE_THEMES[line]:
                shares[theme.dimension] += theme.share
            assert all(total == pytest.approx(1) for total in shares.values())
