"""SQLite files and databases by URL."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import database, sqlite_file
from koop_pipeline.program.reading import Reading

HOW = Reading(format="sqlite")
SCRIPT = """
create table pinjaman (id integer primary key autoincrement, jumlah real, ket text, foto blob);
insert into pinjaman (jumlah, ket, foto) values (500000.0, 'a''b', x'00FF');
insert into pinjaman (jumlah, ket, foto) values (74999.99999999907, null, null), (3, '', 7);
create table [kosong "x"] (a, b);
create table kode (k text primary key, n int) without rowid;
insert into kode values ('b', 1), ('a', 2);
create view v as select * from pinjaman;
create index i on pinjaman (jumlah, ket, foto, id);
"""


def make(folder: Path, script: str = SCRIPT) -> Path:
    path = folder / "kop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def read(path: Path) -> dict[str, tuple[list[str], list[tuple[object, ...]]]]:
    return {chunk.table: (chunk.columns, chunk.frame.rows()) for chunk in sqlite_file.read(path, HOW)}


def test_tables_are_read_as_text(tmp_path: Path) -> None:
    path = make(tmp_path)
    assert read(path) == {
        "pinjaman": (
            ["id", "jumlah", "ket", "foto"],
            [(1, "1", "500000", "a'b", "00ff"), (2, "2", "74999.99999999907", None, None), (3, "3", "3", "", "7")],
        ),
        'kosong "x"': (["a", "b"], []),
        "kode": (["k", "n"], [(1, "a", "2"), (2, "b", "1")]),
    }
    assert sqlite_file.count(path, HOW) == {"pinjaman": 3, 'kosong "x"': 0, "kode": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["kop.sqlite"]


def test_the_count_walks_trees_of_many_pages(tmp_path: Path) -> None:
    path = make(
        tmp_path,
        "create table t (a); create table w (a primary key) without rowid;"
        "with n(i) as (select 1 union all select i + 1 from n where i < 20000) insert into t select i || hex(i) from n;"
        "insert into w select a from t;",
    )
    assert sqlite_file.count(path, HOW) == {"t": 20_000, "w": 20_000}
    assert {name: len(rows) for name, (_, rows) in read(path).items()} == {"t": 20_000, "w": 20_000}


@pytest.mark.parametrize("keep", [50, 3000, 9000])
def test_a_cut_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = make(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    for function in (read, lambda file: sqlite_file.count(file, HOW)):
        with pytest.raises(DeliveryError, match=r"kop.sqlite is cut"):
            function(path)


def test_damaged_empty_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path)
    content = bytearray(path.read_bytes())
    content[4096:4200] = b"\xff" * 104
    path.write_bytes(content)
    with pytest.raises(DeliveryError, match=r"kop.sqlite is damaged"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(DeliveryError, match=r"kop.sqlite is empty"):
        read(path)
    path.write_bytes(os.urandom(8192))
    with pytest.raises(DeliveryError, match=r"is not an SQLite database: it is encrypted"):
        read(path)
    with pytest.raises(DeliveryError, match=r"none.sqlite cannot be read"):
        read(tmp_path / "none.sqlite")


def test_changes_in_a_journal_beside_the_file_are_not_lost_silently(tmp_path: Path) -> None:
    path = make(tmp_path)
    (tmp_path / "kop.sqlite-wal").write_bytes(b"changes")
    with pytest.raises(DeliveryError, match=r"kop.sqlite-wal beside it holds changes"):
        read(path)


def test_text_that_is_not_utf8_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = make(tmp_path, "create table t (a); insert into t values (cast(x'526168E9' as text));")
    with pytest.raises(DeliveryError, match=r"not valid UTF-8") as error:
        read(path)
    assert "Rah" not in str(error.value)


def test_an_sqlite_url_is_read_in_key_order_and_never_written(tmp_path: Path) -> None:
    path = make(tmp_path)
    url = f"sqlite:///{path}"
    found = {chunk.table: chunk.frame.rows() for chunk in database.read(url, HOW)}
    assert found["kode"] == [(1, "a", "2"), (2, "b", "1")]
    assert found["pinjaman"][:1] == [(1, "1", "500000", "a'b", "00ff")]
    assert database.count(url, HOW) == {"kode": 2, 'kosong "x"': 0, "pinjaman": 3}
    assert [entry.name for entry in tmp_path.iterdir()] == ["kop.sqlite"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://kop:rahasia@127.0.0.1:1/x", "cannot be read"),
        ("postgresql://kop:rahasia@127.0.0.1:1/x", "cannot be read"),
        ("oracle://kop:rahasia@127.0.0.1/x", "cannot be used; write it as mysql://"),
        ("rahasia", "cannot be used; write it as mysql://"),
        ("sqlite:///nowhere/rahasi.db", "rahasi.db is not there"),
    ],
)
def test_a_database_out_of_reach_is_named_without_its_password(url: str, message: str) -> None:
    for function in (lambda: list(database.read(url, HOW)), lambda: database.count(url, HOW)):
        with pytest.raises(DeliveryError, match=message) as error:
            function()
        assert "rahasia" not in str(error.value)


def test_mariadb_values_are_read_as_the_server_writes_them() -> None:
    url = os.environ.get("KOOP_TEST_MARIADB_URL")
    if not url:
        reason = "KOOP_TEST_MARIADB_URL is not set (a MariaDB server where a database may be made)"
        assert os.environ.get("KOOP_TEST_REQUIRE") != "all", reason
        pytest.skip(reason)
    server = sa.create_engine(
        sa.make_url(url).set(drivername="mysql+pymysql", database=None), isolation_level="AUTOCOMMIT"
    )
    name = f"koop_test_{os.getpid()}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"create database {name} character set utf8mb4")
        try:
            connection.exec_driver_sql(
                f"create table {name}.`2015 %%s` (id int primary key, m decimal(18,2), f double, d date, dt datetime, "
                "b blob, t time, s varchar(20))"
            )
            connection.exec_driver_sql(
                f"insert into {name}.`2015 %%s` values (2, 1250000.50, 74999.5, '2026-06-30', '2026-06-30 08:05:00', "
                "x'00FF', '26:30:00', 'André 😀'), (1, -1, 500000, null, null, null, null, '')"
            )
            address = sa.make_url(url).set(drivername="mariadb", database=name).render_as_string(hide_password=False)
            found = {chunk.table: chunk.frame.rows() for chunk in database.read(address, HOW)}
            counted = database.count(address, HOW)
        finally:
            connection.exec_driver_sql(f"drop database {name}")
    server.dispose()
    assert counted == {"2015 %s": 2}
    assert found == {
        "2015 %s": [
            (1, "1", "-1.00", "500000", None, None, None, None, ""),
            (2, "2", "1250000.50", "74999.5", "2026-06-30", "2026-06-30 08:05:00", "00ff", "26:30:00", "André 😀"),
        ]
    }
