"""MySQL dumps of four tools: what is data, what is not, and what is refused."""

from pathlib import Path

import pytest

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import mysql_dump
from koop_pipeline.program.reading import Reading

HOW = Reading(format="mysql_dump")
CREATE = "CREATE TABLE `t` (`a` int(11) NOT NULL, `b` varchar(10) DEFAULT 'x,(y', PRIMARY KEY (`a`), KEY `k` (`b`));\n"

Tables = dict[str, tuple[list[str], list[tuple[object, ...]]]]


def dump(folder: Path, text: str | bytes) -> Path:
    path = folder / "kop.sql"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def tables(path: Path, how: Reading = HOW) -> Tables:
    """Columns and rows per table; the count must agree each time."""
    found: Tables = {}
    for chunk in mysql_dump.read(path, how):
        found.setdefault(chunk.table, (chunk.columns, []))[1].extend(chunk.frame.rows())
    assert mysql_dump.count(path, how) == {name: len(rows) for name, (_, rows) in found.items()}
    return found


def rows(folder: Path, text: str | bytes) -> list[tuple[object, ...]]:
    return tables(dump(folder, text))["t"][1]


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("NULL", None),
        ("null", None),
        ("'NULL'", "NULL"),
        ("''", ""),
        ("'Ma\\'arif'", "Ma'arif"),
        ("'Ma''arif'", "Ma'arif"),
        ("'a\\\\nb'", "a\\nb"),
        ("'a\\nb\\t\\\\'", "a\nb\t\\"),
        ("'50\\% \\_x \\q'", "50\\% \\_x q"),
        ('"ia ""kata"" it\'s"', 'ia "kata" it\'s'),
        ("'),('", "),("),
        ("'; INSERT INTO t VALUES (9,9);'", "; INSERT INTO t VALUES (9,9);"),
        ("'-- no /* comment'", "-- no /* comment"),
        ("-1500.50", "-1500.50"),
        ("150000.00", "150000.00"),
        ("1e10", "1e10"),
        ("0xDEAD01", "dead01"),
        ("x'4A'", "4a"),
        ("b'101'", "101"),
        ("_binary 'AB'", "4142"),
        ("_utf8mb4'teks'", "teks"),
        ("true", "true"),
        ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
        ("current_timestamp()", "current_timestamp()"),
        ("'José 😀'", "José 😀"),
    ],
)
def test_values_are_faithful(tmp_path: Path, literal: str, text: str | None) -> None:
    assert rows(tmp_path, f"{CREATE}INSERT INTO `t` VALUES (1, {literal}) ,\n(2,{literal});\n") == [
        (1, "1", text),
        (2, "2", text),
    ]


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO `t` VALUES (1,'x'),(2,NULL);",
        "INSERT INTO t (a, b) VALUES\n(1, 'x'),\n(2, NULL);",
        "INSERT INTO `t` (`b`, `a`) VALUES ('x',1),(NULL,2);",
        "insert ignore into `koperasi`.`t` values (1,'x'); INSERT INTO `t` VALUES (2,NULL);",
        "REPLACE INTO `t` VALUES (1,'x');\nREPLACE INTO `t` VALUES (2,NULL);",
        "INSERT INTO `t` VALUES (1,'x');\n-- it's a comment\n/* and ; one */ INSERT INTO `t` (`a`) VALUES (2);",
        "INSERT INTO `t` VALUES (1,'x'),(2,NULL) ON DUPLICATE KEY UPDATE b = VALUES(b);",
        "LOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO `t` VALUES (1,'x'),(2,NULL);\n",
    ],
)
def test_every_form_of_insert_gives_the_same_rows(tmp_path: Path, insert: str) -> None:
    assert rows(tmp_path, CREATE + insert + "\n") == [(1, "1", "x"), (2, "2", None)]


def test_columns_come_from_create_table(tmp_path: Path) -> None:
    text = (
        "CREATE TABLE IF NOT EXISTS `2015_tran` (\n  `1st` int COMMENT 'it''s, (so)',\n  key_no decimal(10,2),\n"
        "  `key` enum('a)','b,') NOT NULL,\n  `g` int GENERATED ALWAYS AS (`1st` + 1) VIRTUAL,\n"
        "  CONSTRAINT `c` FOREIGN KEY (`1st`) REFERENCES `x` (`y`),\n  UNIQUE KEY `u` (`key`)\n) ENGINE=InnoDB;\n"
    )
    assert tables(dump(tmp_path, text)) == {"2015_tran": (["1st", "key_no", "key", "g"], [])}


def test_what_is_not_data_is_passed_over(tmp_path: Path) -> None:
    text = f"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8 */;
{CREATE}INSERT INTO `t` VALUES (1,'x');
# INSERT INTO `t` VALUES (7,'comment');
/*!50001 CREATE TABLE `v1` (`a` int) */;
/*!50001 CREATE VIEW `v1` AS select 1 AS `a` */;
CREATE TABLE `v2` (`a` int);
DROP TABLE IF EXISTS `v2`;
CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` VIEW `v2` AS select `a` from `t`;
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN
-- it's in a program
INSERT INTO `t` VALUES (8,'trigger');
END */;;
DELIMITER ;
delimiter $$
CREATE PROCEDURE `p` () BEGIN INSERT INTO `t` VALUES (9,'procedure'); END$$
delimiter ;
CREATE PROCEDURE q() BEGIN IF 1 THEN INSERT INTO `t` VALUES (3,'y'); END IF; INSERT INTO t VALUES (4,'z'); END;
INSERT INTO `t` VALUES (2,'y');
-- Dump completed on 2026-06-30
"""
    assert tables(dump(tmp_path, text)) == {"t": (["a", "b"], [(1, "1", "x"), (2, "2", "y")])}


def test_a_view_dumped_as_a_table_is_a_table(tmp_path: Path) -> None:
    text = "CREATE TABLE `v_saldo` (`no` int, `saldo` float);\nINSERT INTO `v_saldo` VALUES (1, 0.5);\n"
    assert tables(dump(tmp_path, text))["v_saldo"][1] == [(1, "1", "0.5")]


def test_tables_without_create_take_their_column_list(tmp_path: Path) -> None:
    found = tables(dump(tmp_path, "INSERT INTO `t` (`a`, `b c`) VALUES (1,2);\r\nINSERT INTO `t` (`b c`) VALUES (3);"))
    assert found == {"t": (["a", "b c"], [(1, "1", "2"), (2, None, "3")])}


def test_raw_bytes_may_stand_in_a_binary_literal_only(tmp_path: Path) -> None:
    good = CREATE.encode() + b"INSERT INTO `t` VALUES (1,_binary '\xff\\0\x01'),(2,'x');\n"
    assert rows(tmp_path, good) == [(1, "1", "ff0001"), (2, "2", "x")]
    bad = CREATE.encode() + b"INSERT INTO `t` VALUES (1,'x'),\n(2,'Andr\xe9');\n"
    with pytest.raises(DeliveryError, match=r"kop.sql, line 3: byte 0xe9 is not valid utf-8.*cp1252 or latin1"):
        rows(tmp_path, bad)
    latin1 = Reading(format="mysql_dump", encoding="latin1")
    assert tables(dump(tmp_path, bad), latin1)["t"][1][1] == (2, "2", "André")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CREATE + "INSERT INTO `t` VALUES (1,'x'),\n(2,'y", "line 3: a row of `t` is cut"),
        (CREATE + "INSERT INTO `t` VALUES (1,'x'),(2,'y')", "line 2: a row of `t` is cut"),
        (CREATE + "INSERT INTO `t` VALUES (1,'x'),\n(2);\n", "line 3: a row of `t` has 1 values instead of 2"),
        (CREATE + "INSERT INTO `t` VALUES (1,'x','y');\n", "line 2: a row of `t` has 3 values instead of 2"),
        (CREATE + "INSERT INTO `t` VALU", "line 2: an INSERT without VALUES, or cut"),
        (CREATE + "INSERT INTO `t` SELECT * FROM x;\n", "line 2: an INSERT without VALUES"),
        ("CREATE TABLE `t` (`a` int,", "line 1: the dump ends in the middle of a statement"),
        (CREATE + "/* open", "a comment is opened and the dump ends inside it"),
        (CREATE + "DELIMITER ;;\nCREATE x\n", "a DELIMITER block is never closed"),
        (CREATE + "INSERT INTO `t` (`a`,`z`) VALUES (1,2);\n", "`t` has no column `z`"),
        ("INSERT INTO `t` VALUES (1,2);\n", "the columns of `t` are not known"),
        (CREATE + "INSERT INTO `t` VALUES (1,2);\n" + CREATE, "line 3: table `t` is created again"),
        (CREATE + "INSERT INTO `t` VALUES (1,2);\nUPDATE `t` SET a = 2;\n", "line 3: a statement changes rows of `t`"),
        ("-- MySQL dump 10.13\n" + CREATE, "does not end with its closing line (-- Dump completed"),
        ("/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n" + CREATE, "so it is cut"),
        ("/*\n Navicat Premium\n*/\nSET FOREIGN_KEY_CHECKS = 0;\n" + CREATE, "so it is cut"),
        ("", "kop.sql is empty"),
        ("just a letter", "ends in the middle of a statement"),
        ("SET NAMES utf8;", "there is no table in it"),
    ],
)
def test_bad_dumps_are_refused_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DeliveryError) as error:
        tables(dump(tmp_path, text))
    assert message in str(error.value)
    assert str(error.value).startswith("kop.sql")


def test_statements_across_blocks_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [(n, str(n), f"O'{n}; -- (") for n in range(1, 41)]
    values = [f"({n}, 'O\\'{n}; -- (')" for n in range(1, 41)]
    text = CREATE + "".join(f"INSERT INTO `t` VALUES {value};\r\n" for value in values[:20])
    text += f"/* it's */\nINSERT INTO `t` VALUES {','.join(values[20:])};\n"
    for block in (1, 13, 100):
        monkeypatch.setattr("koop_pipeline.extract.text_file.BLOCK", block)
        monkeypatch.setattr("koop_pipeline.extract.mysql_count._BLOCK", block)
        assert rows(tmp_path, text) == expected


def test_many_inserts_of_one_row_become_one_chunk(tmp_path: Path) -> None:
    path = dump(tmp_path, CREATE + "".join(f"INSERT INTO `t` VALUES ({n},'x');\n" for n in range(1000)))
    assert [chunk.frame.height for chunk in mysql_dump.read(path, HOW)] == [1000]


def test_a_value_of_a_megabyte_is_read(tmp_path: Path) -> None:
    cell = "abc;'(" * 170_000
    escaped = cell.replace("'", "\\'")
    assert rows(tmp_path, f"{CREATE}INSERT INTO `t` VALUES (1,'{escaped}'),(2,'y');\n") == [
        (1, "1", cell),
        (2, "2", "y"),
    ]
