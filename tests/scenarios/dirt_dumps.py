r"""The dirt of dumps and databases: what in them is data, and numbers that a column type has damaged."""

import datetime as dt

from dirt_files import Delivery, sqlite, text, workbook

DUMP = "{format: mysql_dump}"
MEMBERS = "members: {from: anggota, columns: {member_no: no, full_name: nama}}"
SAVINGS = """
savings_accounts:
  from: tabungan
  columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
"""
TWO = [("1", "Siti"), ("2", "Budi")]
CREATE = "CREATE TABLE `anggota` (`no` int, `nama` varchar(20)) ENGINE=InnoDB DEFAULT CHARSET=utf8;\n"
VALUES = "INSERT INTO `anggota` VALUES (1,'Siti'),(2,'Budi');\n"

DUMPS = [
    Delivery(
        "a table per month: tran1115, tran1215",
        {
            "kop.sql": """
            CREATE TABLE `tran1115` (`rek` char(4), `2tgl` date, `jumlah` decimal(12,2));
            INSERT INTO `tran1115` VALUES ('R1','2015-11-02',10000.00);
            CREATE TABLE `tran1215` (`rek` char(4), `2tgl` date, `jumlah` decimal(12,2));
            INSERT INTO `tran1215` VALUES ('R1','2015-12-02',-5000.00);
            """
        },
        DUMP,
        """
        savings_transactions:
          from: tran*
          columns: {source_no: source_table, account_no: rek, posted_on: 2tgl, amount: jumlah}
        """,
        "savings_transactions",
        "source_no, posted_on, amount",
        [("tran1115", "2015-11-02", "10000.00"), ("tran1215", "2015-12-02", "-5000.00")],
    ),
    Delivery(
        "names that begin with a digit",
        {"kop.sql": "CREATE TABLE `2015_agt` (`1no` int, `2nama` text);\nINSERT INTO 2015_agt VALUES (1,'Siti');\n"},
        DUMP,
        "members: {from: 2015_agt, columns: {member_no: 1no, full_name: 2nama}}",
        "members",
        "member_no, full_name",
        TWO[:1],
    ),
    Delivery(
        "double-quoted values",
        {"kop.sql": CREATE + 'INSERT INTO `anggota` VALUES (1,"Siti"),(2,"Budi ""Bud"" O\'Neil");\n'},
        DUMP,
        MEMBERS,
        "members",
        "member_no, full_name",
        [("1", "Siti"), ("2", 'Budi "Bud" O\'Neil')],
    ),
    Delivery(
        r"Ma\'arif, as a dump writes it",
        {"kop.sql": CREATE + r"INSERT INTO `anggota` VALUES (1,'Ma\'arif'),(2,'Ma\\\'arif');" + "\n"},
        DUMP,
        MEMBERS,
        "members",
        "full_name",
        [("Ma'arif",), ("Ma'arif",)],
    ),
    Delivery(
        "INSERT statements inside a stored procedure are not data",
        {
            "kop.sql": CREATE
            + VALUES
            + text(
                """
                DELIMITER ;;
                CREATE PROCEDURE `contoh`() BEGIN
                  INSERT INTO `anggota` VALUES (9,'bukan data');
                END ;;
                DELIMITER ;
                """
            )
        },
        DUMP,
        MEMBERS,
        "members",
        "member_no, full_name",
        TWO,
    ),
    Delivery(
        "a view dumped as a table: with rows it is a table, which `ignore` names; its stand-in is none",
        {
            "kop.sql": CREATE
            + VALUES
            + text(
                """
                CREATE TABLE `v_saldo` (`no` int, `saldo` float);
                INSERT INTO `v_saldo` VALUES (1,0.5);
                /*!50001 CREATE TABLE `v_laba` (`no` int) */;
                /*!50001 CREATE VIEW `v_laba` AS select 1 AS `no` */;
                """
            )
        },
        DUMP,
        f"{MEMBERS}\nignore: {{v_*: views}}",
        "members",
        "member_no, full_name",
        TWO,
    ),
    Delivery(
        "a view dumped as a table that `ignore` does not name",
        {"kop.sql": CREATE + VALUES + "CREATE TABLE `v_nama` (`n` int);\nINSERT INTO `v_nama` VALUES (1);\n"},
        DUMP,
        MEMBERS,
        "members",
        "member_no, full_name",
        TWO,
        ["MAP-UNUSED-01: v_nama"],
    ),
    Delivery(
        "a latin1 table in a utf-8 file",
        {"kop.sql": CREATE.replace("utf8", "latin1") + "INSERT INTO `anggota` VALUES (1,'Désirée');\n"},
        DUMP,
        MEMBERS,
        "members",
        "full_name",
        [("Désirée",)],
    ),
    Delivery(
        "a latin1 byte in a utf-8 file",
        {"kop.sql": (CREATE + "INSERT INTO `anggota` VALUES (1,'Désirée');\n").encode("latin1")},
        DUMP,
        MEMBERS,
        halt="kop.sql, line 2: byte 0xe9 is not valid utf-8",
    ),
    Delivery(
        "a whole dump in latin1",
        {"kop.sql": (CREATE + "INSERT INTO `anggota` VALUES (1,'Désirée');\n").encode("latin1")},
        "{format: mysql_dump, encoding: latin1}",
        MEMBERS,
        "members",
        "full_name",
        [("Désirée",)],
    ),
    Delivery(
        "CRLF in a dump",
        {"kop.sql": (CREATE + VALUES).replace("\n", "\r\n").encode()},
        DUMP,
        MEMBERS,
        "members",
        "member_no, full_name",
        TWO,
    ),
    Delivery(
        "INSERTs without a column list: the columns are those of CREATE TABLE",
        {"kop.sql": CREATE + "INSERT INTO anggota VALUES (1,'Siti');\nINSERT INTO anggota VALUES (2,'Budi');\n"},
        DUMP,
        MEMBERS,
        "members",
        "member_no, full_name",
        TWO,
    ),
    Delivery(
        "INSERTs without a column list and without a CREATE TABLE",
        {"kop.sql": VALUES},
        DUMP,
        MEMBERS,
        halt="kop.sql, line 1: the columns of `anggota` are not known",
    ),
    Delivery(
        "'50.000' in a CHAR column, beside DECIMAL and FLOAT columns",
        {
            "kop.sql": """
            CREATE TABLE `tabungan` (`rek` char(4), `no` int, `saldo` char(12), `blokir` decimal(12,2), `bunga` float);
            INSERT INTO `tabungan` VALUES ('R1',1,'50.000',1250.50,2.25);
            """
        },
        DUMP,
        """
        savings_accounts:
          from: tabungan
          columns:
            account_no: rek
            member_no: no
            product_code: {value: S}
            balance: saldo
            blocked_amount: blokir
            annual_rate: bunga
        """,
        "savings_accounts",
        "balance, blocked_amount, annual_rate",
        [("50000.00", "1250.50", "2.250000")],
    ),
    Delivery(
        "a FLOAT column: 16,777,217 was dumped as 16777200, which no cell betrays, or as 1.67772e7, which is refused",
        {
            "kop.sql": """
            CREATE TABLE `tabungan` (`rek` char(4), `no` int, `saldo` float);
            INSERT INTO `tabungan` VALUES ('R1',1,16777200),('R2',1,1.67772e7);
            """
        },
        DUMP,
        SAVINGS,
        "savings_accounts",
        "account_no, balance",
        [("R1", "16777200.00"), ("R2", None)],
        ["SAV-MNY-01: 1.67772e7"],
    ),
    Delivery(
        "REAL columns: 74999.99999999907, and 0.0033333 as a balance",
        {
            "kop.db": sqlite(
                "CREATE TABLE tabungan (rek TEXT, no TEXT, saldo REAL);"
                "INSERT INTO tabungan VALUES ('R1', '1', 74999.99999999907), ('R2', '1', 0.0033333);"
            )
        },
        "{format: sqlite}",
        SAVINGS,
        "savings_accounts",
        "account_no, balance",
        [("R1", "75000.00"), ("R2", "0.00")],
        ["SAV-MNY-02: 0,0033333", "SAV-MNY-02: 74999,99999999907"],
    ),
    Delivery(
        "identifiers that a workbook stores as numbers, dates as days and as day numbers",
        {
            "buku.xlsx": workbook(
                {
                    "anggota": [
                        ["no", "nama", "ktp", "npwp", "lahir", "masuk"],
                        ["1", "Siti", 5301014107800001, 13121660091000, dt.date(1980, 7, 1), 43451],
                        ["2", "Budi", 5301010202750000, None, "2 Februari 1975", "17/12/2018"],
                    ]
                }
            )
        },
        "{format: xlsx}",
        """
        members:
          from: anggota
          columns:
            member_no: no
            full_name: nama
            nik: ktp
            npwp: npwp
            birth_date: lahir
            joined_on: {from: masuk, serials: true}
        """,
        "members",
        "nik, npwp, birth_date, joined_on",
        [
            ("5301014107800001", "0013121660091000", "1980-07-01", "2018-12-17"),
            (None, None, "1975-02-02", "2018-12-17"),
        ],
        ["MBR-NIK-03: 5301010202750000"],
    ),
]
