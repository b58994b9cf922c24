"""The dirt between rows and tables: people listed twice, dates that disagree, references, dumps and branches."""

from dirt_files import Delivery

CSV = '{format: csv, delimiter: ";"}'
MEMBERS = """
members:
  from: anggota
  columns: {member_no: no, full_name: nama, nik: ktp, birth_date: lahir}
"""
SAVINGS = """
savings_accounts:
  from: tabungan
  columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
"""
BOTH = f"{MEMBERS}{SAVINGS}"

PEOPLE = [
    Delivery(
        "the same person three times after a void: one member, all savings follow",
        {
            "anggota.csv": """
            no;nama;ktp;lahir
            1;Siti Aminah;5301014107800001;01/07/1980
            2;SITI AMINAH;5301014107800001;01/07/1980
            3;Hj. Siti Aminah;5301014107800001;
            """,
            "tabungan.csv": "rek;no;saldo\nR1;1;10.000\nR2;2;20.000\nR3;3;30.000\n",
        },
        CSV,
        BOTH,
        "savings_accounts",
        "member_no, account_no, balance",
        [("1", "R1", "10000.00"), ("1", "R2", "20000.00"), ("1", "R3", "30000.00")],
        ["MBR-DUP-01: 2", "MBR-DUP-01: 3"],
    ),
    Delivery(
        "AISYAH and AISJAH with one NIK: the same person, merged",
        {
            "anggota.csv": """
            no;nama;ktp;lahir
            1;AISYAH;5301014107800001;
            2;Aisjah;5301014107800001;01/07/1980
            """
        },
        CSV,
        MEMBERS,
        "members",
        "member_no, full_name, birth_date",
        [("2", "Aisjah", "1980-07-01")],
        ["MBR-DUP-01: 1"],
    ),
    Delivery(
        "AISYAH and AISJAH born on one day, without a NIK: perhaps the same person, never merged alone",
        {"anggota.csv": "no;nama;ktp;lahir\n1;AISYAH LASI;;01/07/1980\n2;AISJAH LASI;;01/07/1980\n"},
        CSV,
        MEMBERS,
        "members",
        "member_no, full_name",
        [("1", "AISYAH LASI"), ("2", "AISJAH LASI")],
        ["MBR-DUP-02: 2"],
    ),
    Delivery(
        "one NIK under two names: not proof, not merged",
        {
            "anggota.csv": """
            no;nama;ktp;lahir
            1;Siti Aminah;5301014107800001;
            2;Dominggus Kore;5301014107800001;
            """
        },
        CSV,
        MEMBERS,
        "members",
        "member_no, nik",
        [("1", "5301014107800001"), ("2", "5301014107800001")],
        ["MBR-DUP-02: 2", "MBR-NIK-06: 5301014107800001", "MBR-NIK-06: 5301014107800001"],
    ),
    Delivery(
        "a name cut at 20 characters beside the whole one: perhaps the same person",
        {
            "anggota.csv": """
            no;nama;ktp;lahir
            1;MUHAMMAD ABDURRAHMAN;;01/07/1980
            2;MUHAMMAD ABDURRAHMAN WAHID;;01/07/1980
            """
        },
        CSV,
        MEMBERS,
        "members",
        "full_name",
        [("MUHAMMAD ABDURRAHMAN",), ("MUHAMMAD ABDURRAHMAN WAHID",)],
        ["MBR-DUP-02: 2"],
    ),
    Delivery(
        "a NIK that disagrees with the birth date, lawfully; one born in 2004 agrees",
        {
            "anggota.csv": """
            no;nama;ktp;lahir
            1;Siti Aminah;5301014107800001;02/07/1980
            2;Budi Kore;5301010101040001;01/01/2004
            """
        },
        CSV,
        MEMBERS,
        "members",
        "nik, birth_date",
        [("5301010101040001", "2004-01-01"), ("5301014107800001", "1980-07-02")],
        ["MBR-NIK-07: 5301014107800001"],
    ),
    Delivery(
        "a 16-digit NPWP that fails its check digit is kept: those given out since 2024 may",
        {"anggota.csv": "no;npwp\n1;0013121661091000\n2;0013121660091000\n"},
        CSV,
        "members: {from: anggota, columns: {member_no: no, npwp: npwp}}",
        "members",
        "member_no, npwp",
        [("1", "0013121661091000"), ("2", "0013121660091000")],
        ["MBR-NPW-04: 0013121661091000"],
    ),
    Delivery(
        "birth date = entry date",
        {"anggota.csv": "no;nama;lahir;masuk\n1;Siti;05/02/2015;05/02/2015\n2;Budi;01/07/1980;05/02/2015\n"},
        CSV,
        "members: {from: anggota, columns: {member_no: no, full_name: nama, birth_date: lahir, joined_on: masuk}}",
        "members",
        "birth_date, joined_on",
        [("1980-07-01", "2015-02-05"), ("2015-02-05", "2015-02-05")],
        ["MBR-BIR-01: 2015-02-05"],
    ),
    Delivery(
        "a leaving date although active",
        {"anggota.csv": "no;nama;keluar;st\n1;Siti;01/02/2020;A\n2;Budi;01/02/2020;K\n3;Wati;0000-00-00;A\n"},
        CSV,
        """
        members:
          from: anggota
          columns:
            {member_no: no, full_name: nama, left_on: keluar, status: {from: st, values: {A: active, K: left}}}
        """,
        "members",
        "left_on, status",
        [("2020-02-01", "active"), ("2020-02-01", "left"), (None, "active")],
        ["MBR-LEF-01: 2020-02-01"],
    ),
]
REFERENCES = [
    Delivery(
        "savings of members that are not there",
        {"anggota.csv": "no;nama;ktp;lahir\n1;Siti;;\n", "tabungan.csv": "rek;no;saldo\nR1;1;10\nR2;2;20\n"},
        CSV,
        BOTH,
        "savings_accounts",
        "account_no, member_no",
        [("R1", "1"), ("R2", "2")],
        ["SAV-REF-01: 2"],
    ),
    Delivery(
        "a key narrower in one table than in another",
        {"anggota.csv": "no;nama;ktp;lahir\n00012;Siti;;\n", "tabungan.csv": "rek;no;saldo\nR1;12;10\n"},
        CSV,
        BOTH,
        "savings_accounts",
        "account_no, member_no",
        [("R1", "12")],
        ["SAV-REF-01: 12"],
    ),
    Delivery(
        "a key narrower in one table than in another, widened by the profile",
        {"anggota.csv": "no;nama;ktp;lahir\n00012;Siti;;\n", "tabungan.csv": "rek;no;saldo\nR1;12;10\n"},
        CSV,
        BOTH.replace("rek, member_no: no", "rek, member_no: \"lpad(no, 5, '0')\""),
        "savings_accounts",
        "account_no, member_no",
        [("R1", "00012")],
    ),
    Delivery(
        "test rows among real ones",
        {"anggota.csv": "no;nama\n1;Siti\n2;TEST ANGGOTA\n3;Testimoni Lasi\n"},
        CSV,
        """
        members:
          from: anggota
          exclude: {test row: "nama like 'TEST%'"}
          columns: {member_no: no, full_name: nama}
        """,
        "members",
        "member_no",
        [("1",), ("3",)],
    ),
    Delivery(
        "a test row that holds money",
        {
            "anggota.csv": "no;nama;ktp;lahir\n1;Siti;;\n2;TEST ANGGOTA;;\n",
            "tabungan.csv": "rek;no;saldo\nR1;1;10\nR2;2;20\n",
        },
        CSV,
        BOTH.replace("from: anggota\n", "from: anggota\n  exclude: {test row: \"nama like 'TEST%'\"}\n"),
        "savings_accounts",
        "account_no",
        [("R1",), ("R2",)],
        ["MAP-EXCL-01: 2"],
    ),
    Delivery(
        "several dumps of one system at different dates: the newest row of a key wins",
        {
            "mei/tabungan.csv": "rek;no;saldo\nR1;1;1.000\nR2;2;2.000\n",
            "juni/tabungan.csv": "rek;no;saldo\nR1;1;1.500\n",
        },
        CSV,
        SAVINGS,
        "savings_accounts",
        "account_no, balance",
        [("R1", "1500.00"), ("R2", "2000.00")],
        source=[{"path": "mei", "as_of": "2026-05-31"}, {"path": "juni", "as_of": "2026-06-30"}],
    ),
    Delivery(
        "several branches with colliding keys: each key carries its branch",
        {
            "pusat/anggota.csv": "no;nama;ktp;lahir\n1;Siti;;\n",
            "pusat/tabungan.csv": "rek;no;saldo\nR1;1;1.000\n",
            "cabang/anggota.csv": "no;nama;ktp;lahir\n1;Budi;;\n",
            "cabang/tabungan.csv": "rek;no;saldo\nR1;1;2.000\n",
        },
        CSV,
        BOTH,
        "savings_accounts",
        "account_no, member_no, balance",
        [("CBG-R1", "CBG-1", "2000.00"), ("PST-R1", "PST-1", "1000.00")],
        source=[{"path": "pusat", "branch": "PST"}, {"path": "cabang", "branch": "CBG"}],
    ),
]
