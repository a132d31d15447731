"""A project with measures, opinions and cases, and workbooks edited as people edit them."""

from __future__ import annotations

import openpyxl
import pandas as pd

from csatlib import schema, store

STUDY = """\
line: shop
title: 门店满意度调查
population: {description: 近三个月到店的客户}
scales: {five: {low: 1, high: 5, cutoff: 4}}
sources: [{role: responses, glob: "电话*", reader: table, channel: 电话, mapping: {customer_id: 客户编号}}]
questions:
  - {id: overall, text: 整体满意度, kind: rating, scale: five, dimension: 整体}
  - {id: response_speed, text: 响应速度满意吗, kind: rating, scale: five, dimension: 响应速度}
  - {id: comment, text: 意见建议, kind: text}
report: {overall: overall}
actions: {owners: [网络组, 客服部, 培训部]}
privacy: {key: public_test}
"""
OWNERS = ("网络组", "客服部", "培训部")
TITLES = {"actions": "改进措施", "action_steps": "进展", "rechecks": "二次回访"}


def table(name, *rows, **common):
    """Make a table of a contract from rows of what matters."""
    blank = schema.empty(name)
    df = pd.DataFrame([{**common, **row} for row in rows], columns=list(blank))
    dates = [c for c, dtype in blank.dtypes.items() if str(dtype).startswith("datetime")]
    df = df.assign(**{c: pd.to_datetime(df[c]) for c in dates})
    return df.astype(blank.dtypes.to_dict()).pipe(schema.check, name)


def drafts(*ids, **given):
    """Drafts of measures as a notebook writes them."""
    return table(
        "action_drafts",
        *({"action_id": one} for one in ids or ("M1", "M2")),
        **{
            "line": "shop",
            "quarter": "2026Q2",
            "item": "response_speed",
            "problem": "=响应慢",
            "evidence": "estimates:2026Q2:mean:response_speed:team=网络组",
            "scope": "team=网络组；region=华东|华北",
            "measure": "设 15 分钟响应时限",
            "owner": "网络组",
            "helpers": "客服部",
            "horizon": "quick_win",
            "metric": "mean",
            "unit": "分",
            "baseline": 3.62,
            "target": 4.0,
            "started_on": "2026-07-10",
            "due": "2026-08-31",
            "status": "planned",
        }
        | given,
    )


def opinions(*ids, **given):
    """Opinions to be followed up as a notebook writes them."""
    return table(
        "followups",
        *(
            {
                "followup_id": one,
                "comment_id": f"aaaaaaaaaaaa:s:{n + 2}:comment",
                "response_id": f"aaaaaaaaaaaa:s:{n + 2}",
                "customer_id": f"PEKKH9TEVC1B7G2W{n}",
                "text": f"第 {n} 位说排队太久",
            }
            for n, one in enumerate(ids or ("F1", "F2"))
        ),
        **{
            "quarter": "2026Q2",
            "line": "shop",
            "group": "网络组",
            "score": 2.0,
            "themes": "排队、价格",
            "polarity": "negative",
            "received_on": "2026-06-20",
            "contact_due": "2026-06-23",
            "due": "2026-07-04",
            "owner": "客服部",
            "supervisor": "QA专员",
            "state": "new",
        }
        | given,
    )


def cases(*ids, **given):
    return table(
        "cases",
        *({"case_id": one, "action_id": one.replace("K", "M")} for one in ids or ("K1", "K2")),
        **{
            "line": "shop",
            "quarter": "2026Q3",
            "scope": "team=网络组；region=华东|华北",
            "problem": "响应慢",
            "measure": "设 15 分钟响应时限",
            "verdict": "effective",
            "metric": "mean",
            "estimate": 0.31,
        }
        | given,
    )


def edited(project, name, change):
    """Open a register as a person does, change it and save it."""
    return edited_file(store.register_file(name, "shop", project), change)


def edited_file(file, change):
    book = openpyxl.load_workbook(file, rich_text=True)
    change(book)
    book.save(file)
    return file


def column(sheet, heading):
    return next(cell.column for cell in sheet[1] if cell.value == heading)


def write(sheet, row, **values):
    """Write into a row of a sheet, the columns by the beginnings of their headings."""
    headings = [str(cell.value) for cell in sheet[1]]
    for start, value in values.items():
        place = next(n for n, h in enumerate(headings, 1) if h == start or h.startswith(start))
        sheet.cell(row, place).value = value


def cell(sheet, row, start):
    headings = [str(c.value) for c in sheet[1]]
    return sheet.cell(row, next(n for n, h in enumerate(headings, 1) if h.startswith(start)))
