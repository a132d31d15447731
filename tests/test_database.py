"""All quarters as one database: everything that may be seen is there, and nothing else happens."""

import duckdb
import pandas as pd
import pytest

from csatlib import schema, store
from csatlib.cli import _run as csat
from csatlib.store import StoreError


def quarantine(*rows):
    return pd.DataFrame(
        {c: [f"{c}{r}" for r in rows] for c in ("row_id", "rule", "reason")}
    ).astype("str")


def responses(quarter, n, **columns):
    df = pd.DataFrame(
        {
            "response_id": [f"{quarter}:{i}" for i in range(n)],
            "quarter": [quarter] * n,
            "line": ["shop"] * n,
            "channel": ["电话"] * n,
            "customer_id": [f"P{i}" for i in range(n)],
            "submitted_at": pd.Series([None] * n, dtype="datetime64[us]"),
            "seconds": pd.Series([30 + i for i in range(n)], dtype="Int32"),
        }
    )
    text = ["response_id", "quarter", "line", "channel", "customer_id"]
    return df.astype(dict.fromkeys(text, "str")).assign(**columns)


@pytest.fixture
def project(tmp_path, monkeypatch, shop_with):
    """Two quarters of one line and one of another, a secret table among them."""
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    shop_with("report:", "privacy: {key: public_test}\nreport:")
    (tmp_path / "outside.csv").write_text("a\n1\n")
    tables = [
        (quarantine(1, 2), "quarantine", "2026Q3", "shop"),
        (quarantine(3), "quarantine", "2026Q2", "shop"),
        (quarantine(4), "quarantine", "2026Q3", "zoo"),
        (responses("2026Q2", 2, overall=pd.Series([5, None], dtype="Int8")), "responses", "2026Q2"),
        (responses("2026Q3", 3, region="东"), "responses", "2026Q3"),
    ]
    identities = quarantine(9).set_axis(["pseudonym", "kind", "value"], axis=1)
    for df, name, quarter, *line in [*tables, (identities, "identities", "2026Q3")]:
        store.write(df, name, quarter, line[0] if line else "shop", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(project, query):
    return store.connect(project).execute(query).fetchall()


# what is there


def test_a_view_holds_every_quarter_and_line_and_says_which(project):
    rows = asked(project, "SELECT quarter, line, row_id FROM quarantine ORDER BY ALL")
    assert rows == [
        ("2026Q2", "shop", "row_id3"),
        ("2026Q3", "shop", "row_id1"),
        ("2026Q3", "shop", "row_id2"),
        ("2026Q3", "zoo", "row_id4"),
    ]


def test_columns_are_joined_by_name_and_missing_ones_are_null(project):
    rows = asked(project, "SELECT quarter, overall, region FROM responses ORDER BY ALL")
    assert rows[:2] == [("2026Q2", 5, None), ("2026Q2", None, None)]
    assert rows[2:] == [("2026Q3", None, "东")] * 3


def test_a_table_that_names_its_quarter_keeps_its_own_column(project):
    columns = [row[0] for row in asked(project, "DESCRIBE responses")]
    assert sorted(columns) == sorted([*schema.TABLES["responses"].columns, "overall", "region"])


def test_secret_tables_have_no_view_and_are_not_reachable(project):
    views = asked(
        project,
        "SELECT DISTINCT table_name FROM duckdb_columns() WHERE NOT internal AND database_name = 'memory'",
    )
    assert sorted(row[0] for row in views) == ["quarantine", "responses"]
    with pytest.raises(duckdb.CatalogException):
        asked(project, "SELECT * FROM identities")


def test_a_project_without_a_quarter_is_an_empty_database(tmp_path):
    (tmp_path / "studies").mkdir()
    assert asked(tmp_path, "SELECT 1") == [(1,)]


def test_what_a_run_has_staged_is_seen_inside_it_and_nowhere_else(project, monkeypatch):
    stage = project / "data/processed/.stage/2026Q4"
    (stage / "shop").mkdir(parents=True)
    monkeypatch.setenv(store.STAGE_VARIABLE, str(stage))
    store.write(quarantine(7), "quarantine", "2026Q4", "shop", project)
    query = "SELECT row_id FROM quarantine WHERE quarter = '2026Q4'"
    assert asked(project, query) == [("row_id7",)]
    monkeypatch.delenv(store.STAGE_VARIABLE)
    assert asked(project, query) == []


def test_folders_that_are_no_quarter_are_passed_over(project):
    for folder in ("notes/shop", "2026Q3/Old copy"):
        (project / "data/processed" / folder).mkdir(parents=True)
        (project / "data/processed" / folder / "quarantine.parquet").write_bytes(b"x")
    assert len(asked(project, "FROM quarantine")) == 4


@pytest.mark.parametrize("damage", ["flipped", "unlisted"])
def test_a_damaged_table_is_noticed_before_anything_is_asked(project, damage):
    file = project / "data/processed/2026Q2/shop/quarantine.parquet"
    if damage == "flipped":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    else:
        file.with_name("ledger.parquet").write_bytes(file.read_bytes())
    with pytest.raises(StoreError, match=r"2026Q2/shop/\w+\.parquet：.*损坏或被改动"):
        store.connect(project)


# what is not possible

FORBIDDEN = {
    "read a system file": "SELECT * FROM read_csv('/etc/passwd', sep=':')",
    "read it by name": "SELECT * FROM '/etc/passwd'",
    "read it as text": "SELECT * FROM read_text('/etc/passwd')",
    "read it as bytes": "SELECT * FROM read_blob('/etc/passwd')",
    "list files": "SELECT * FROM glob('/*')",
    "read a file of the project": "SELECT * FROM read_csv('outside.csv')",
    "read a table's own file": "SELECT * FROM read_parquet('{table}')",
    "read the vault": "SELECT * FROM read_parquet('{vault}')",
    "write a file": "COPY quarantine TO '{root}/x.csv'",
    "write a table": "COPY quarantine TO '{table}' (FORMAT parquet, USE_TMP_FILE false)",
    "write a database": "ATTACH '{root}/x.db'",
    "export": "EXPORT DATABASE '{root}/x'",
    "install": "INSTALL httpfs",
    "load": "LOAD '{root}/x'",
    "open again": "SET enable_external_access = true",
    "unlock": "SET lock_configuration = false",
    "allow a folder": "SET allowed_directories = ['/']",
    "log into a file": "SET log_query_path = '{root}/log'",
    "profile into a file": "SET profiling_output = '{root}/log'",
    "spill": "SET temp_directory = '{root}/spill'",
    "see a variable": "SELECT * FROM secret_frame",
    "fetch": "SELECT * FROM read_csv('https://example.com/a.csv')",
}


@pytest.mark.parametrize("query", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_query_reads_and_writes_nothing_else(project, query):
    secret_frame = quarantine(1)
    folder = project / "data/processed/2026Q3/shop"
    places = {
        "root": project,
        "table": folder / "quarantine.parquet",
        "vault": folder / "identities.parquet",
    }
    before = {f: f.read_bytes() for f in project.rglob("*") if f.is_file()}
    connection = store.connect(project)
    with pytest.raises(duckdb.Error):
        connection.execute(query.format(**places)).fetchall()
    assert {f: f.read_bytes() for f in project.rglob("*") if f.is_file()} == before
    assert len(secret_frame) == 1


# the command


def test_a_query_is_printed_as_an_aligned_table(project, capsys):
    query = "SELECT line AS 业务线, count(*) AS n, NULL AS 空 FROM quarantine GROUP BY 1 ORDER BY 1"
    assert csat(["sql", query]) == 0
    assert capsys.readouterr().out == "业务线  n  空\nshop    3\nzoo     1\n"


def test_a_query_is_printed_as_csv(project, capsys):
    query = "SELECT row_id, NULL AS b, 'a,\"b' AS c FROM quarantine WHERE line = 'zoo'"
    assert csat(["sql", "--csv", query]) == 0
    assert capsys.readouterr().out == 'row_id,b,c\nrow_id4,,"a,""b"\n'


def test_without_a_query_the_tables_and_their_columns_are_listed(project, capsys):
    assert csat(["sql"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == ["表", "quarantine", "responses"]
    assert told[1].endswith("row_id, rule, reason, quarter, line")
    assert "identities" not in "".join(told)


def test_nothing_to_show_is_the_names_alone(project, capsys):
    assert csat(["sql", "SELECT row_id FROM quarantine WHERE false"]) == 0
    assert capsys.readouterr().out == "row_id\n"


@pytest.mark.parametrize(
    "query",
    ["WITH a AS (SELECT 1 AS n) SELECT n FROM a", "FROM quarantine", "DESCRIBE quarantine",
     "SUMMARIZE responses", "EXPLAIN SELECT 1", "PIVOT quarantine ON line USING count(*) GROUP BY rule"],
)  # fmt: skip
def test_every_kind_of_question_may_be_asked(project, capsys, query):
    assert csat(["sql", query]) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC 1", "SQL 的语法不对（在“SELEC”附近）"),
        (
            "SELECT * FROM quarantin",
            "没有“quarantin”这张表；是不是想写 quarantine？可用的表有：quarantine、responses",
        ),
        ("SELECT zzz FROM quarantine", "没有“zzz”这一列"),
        ("SELECT zzz(1)", "没有“zzz”这个函数"),
        ("SELECT * FROM read_csv('/etc/passwd')", "SQL 里不能读写别的文件"),
        ("SELECT CAST(customer_id AS INT) FROM responses", "有值不能转换"),
        ("COPY quarantine TO 'x.csv'", "csat sql 只能查询"),
        ("DROP VIEW quarantine", "csat sql 只能查询"),
        ("CREATE TABLE t AS SELECT 1", "csat sql 只能查询"),
        ("SET threads = 1", "csat sql 只能查询"),
        ("SELECT 1; SELECT 2", "csat sql 只能查询：请写一条"),
        ("/* nothing */", "csat sql 只能查询"),
        ("SELECT sum(row_id) FROM quarantine", "SQL 运行不了"),
    ],
)
def test_a_wrong_query_is_told_in_chinese_without_a_value(project, capsys, query, message):
    before = sorted(project.rglob("*"))
    assert csat(["sql", query]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert "P0" not in told.err
    assert "Traceback" not in told.err
    assert sorted(project.rglob("*")) == before


def test_a_query_before_the_first_run_says_what_to_do(tmp_path, capsys):
    (tmp_path / "studies").mkdir()
    assert csat(["sql", "FROM responses", "--root", str(tmp_path)]) == 2
    assert "还没有（请先执行 csat run）" in capsys.readouterr().err
