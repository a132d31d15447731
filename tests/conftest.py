"""What several test files need: the repository, a small study, and raw files made on the spot."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from csatlib import study as studies
from csatlib.study import Study

REPOSITORY = Path(__file__).resolve().parents[1]

SHOP = """\
line: shop
title: 门店满意度调查
owner: 质量控制组
population: {description: 近三个月到店的客户}
labels: {region: 区域}
scales:
  five:
    low: 1
    high: 5
    labels: {非常不满意: 1, 不满意: 2, 一般: 3, 满意: 4, 非常满意: 5}
    not_applicable: [不适用]
    cutoff: 4
  ten: {low: 0, high: 10}
sources:
  - role: responses
    glob: "*_按文本_*"
    reader: wjx
    channel: 线上
    optional: true
    mapping: {customer_id: 来源详情}
  - role: twin
    glob: "*_按序号_*"
    reader: wjx
    optional: true
    mapping: {customer_id: 来源详情}
  - role: responses
    glob: "电话*"
    reader: table
    channel: 电话
    optional: true
    mapping: {customer_id: 客户编号, submitted_at: 回访时间, seconds: 时长}
    lacks: [topic, places]
  - role: customers
    folder: all
    glob: customers.csv
    reader: table
    optional: true
    mapping: {customer_id: 客户编号, region: 区域}
questions:
  - id: overall
    text: 您的整体满意度
    kind: rating
    dimension: 整体满意度
    scale: five
    aliases: [整体满意度]
  - {id: staff, text: 您对店员的满意度, kind: rating, dimension: 店员, scale: five, aliases: [店员]}
  - {id: recommend, text: 推荐意愿, kind: nps, scale: ten}
  - {id: topic, text: 到店目的, kind: single, options: [购买, 退换, 其他]}
  - {id: places, text: 去过的门店, kind: multi, options: [东店, 西店, 其他]}
  - {id: comment, text: 意见建议, kind: text}
report: {overall: overall, groups: [region]}
cleaning: {min_seconds: 10}
"""


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """What is planted in the fictional company; nobody may change it."""
    from csatlib import demo

    return demo.truth()


@pytest.fixture
def shop(tmp_path: Path) -> Study:
    """A small study with every kind of question."""
    return shop_study(tmp_path)


@pytest.fixture
def shop_with(tmp_path: Path) -> Callable[[str, str], Study]:
    """Make the small study with one text in its file replaced by another."""

    def make(old: str, new: str) -> Study:
        assert old in SHOP, f"the small study has no {old!r}"
        return shop_study(tmp_path, SHOP.replace(old, new))

    return make


def shop_study(folder: Path, text: str = SHOP) -> Study:
    path = folder / "studies" / "shop"
    path.mkdir(parents=True, exist_ok=True)
    (path / "study.yml").write_text(text, encoding="utf-8")
    return studies.load(path)


@pytest.fixture
def raw_folder(tmp_path: Path) -> Path:
    """The folder of one quarter of the small study."""
    folder = tmp_path / "data" / "raw" / "2026Q3" / "shop"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def write_xlsx() -> Callable[[Path, Sequence[Sequence[object]]], Path]:
    """Write rows of cells into the first sheet of a workbook."""

    def write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
        from openpyxl import Workbook

        book = Workbook()
        for row in rows:
            book.active.append(list(row))
        book.save(path)
        return path

    return write


@pytest.fixture
def write_xls() -> Callable[[Path, Sequence[Sequence[object]]], Path]:
    """Write rows of cells into the first sheet of an old workbook."""

    def write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
        import xlwt

        book = xlwt.Workbook(encoding="utf-8")
        sheet = book.add_sheet("Sheet1")
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
        book.save(str(path))
        return path

    return write


@pytest.fixture(scope="session")
def sample_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the fictional company's last two quarters of the hotline."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("notebooks", "studies"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    for quarter in ("2026Q2", "2026Q3"):
        for line in ("all", "hotline"):
            place = Path("data", "raw", quarter, line)
            shutil.copytree(REPOSITORY / place, root / place)
    return root
