"""The dirt of structure: files, sheets, headers, and cells whose meaning their table decides."""

import datetime as dt

from dirt_files import Delivery, workbook

CSV = '{format: csv, delimiter: ";"}'
MEMBERS = "members: {from: anggota, columns: {member_no: no, full_name: nama}}"
TWO = [("1", "Siti"), ("2", "Budi")]

SHEETS = [
    Delivery(
        "title rows above the header",
        {"anggota.csv": "KSP MEKAR\nDAFTAR ANGGOTA\n\nno;nama\n1;Siti\n2;Budi\n"},
        '{format: csv, delimiter: ";", header: 4}',
        MEMBERS,
        "members",
        "member_no, full_name",
        TWO,
    ),
    Delivery(
        "a header of three rows with merged cells",
        {
            "buku.xlsx": workbook(
                {
                    "Simpanan": [
                        ["DAFTAR SIMPANAN"],
                        ["No. Anggota", "SIMPANAN", None, None],
                        [None, "Pokok", None, "Wajib"],
                        [None, "Rekening", "Saldo", "Saldo"],
                        ["1", "P1", 100000, "Rp 25.000,-"],
                    ]
                },
                {"Simpanan": ["A2:A4", "B2:D2", "B3:C3"]},
            )
        },
        "{format: xlsx, sheets: {Simpanan: {header: [2, 4]}}}",
        """
        savings_accounts:
          - from: Simpanan
            columns:
              account_no: SIMPANAN Pokok Rekening
              member_no: No. Anggota
              product_code: {value: POKOK}
              balance: SIMPANAN Pokok Saldo
          - from: Simpanan
            columns:
              account_no: "'W' || \\"No. Anggota\\""
              member_no: No. Anggota
              product_code: {value: WAJIB}
              balance: SIMPANAN Wajib Saldo
        """,
        "savings_accounts",
        "account_no, member_no, product_code, balance",
        [("P1", "1", "POKOK", "100000.00"), ("W1", "1", "WAJIB", "25000.00")],
    ),
    Delivery(
        "one sheet per member, the number and the name above the table",
        {
            "kartu.xlsx": workbook(
                {
                    name: [["KARTU SIMPANAN"], ["Nama", name], ["No. Anggota", number], [], ["Tanggal", "Setor"], *rows]
                    for name, number, rows in (
                        ("Siti", "007", [[dt.date(2026, 1, 5), 50000], [dt.date(2026, 2, 5), 50000]]),
                        ("Budi", "008", [["5 Januari 2026", "Rp 20.000,-"]]),
                    )
                }
            )
        },
        '{format: xlsx, sheets: {"*": {header: 5, cells: {member_no: B3, nama: B2}}}}',
        """
        members:
          from: "*"
          sql: >-
            select list(row_id) as row_id, member_no, any_value(nama) as full_name from "*" group by member_no
        savings_transactions:
          from: "*"
          columns: {account_no: member_no, posted_on: Tanggal, amount: Setor}
        """,
        "savings_transactions",
        "account_no, posted_on, amount",
        [
            ("007", "2026-01-05", "50000.00"),
            ("007", "2026-02-05", "50000.00"),
            ("008", "2026-01-05", "20000.00"),
        ],
    ),
    Delivery(
        "subtotals between the rows, a footer and signatures below them",
        {
            "buku.xlsx": workbook(
                {
                    "Tabungan": [
                        ["rek", "no", "saldo"],
                        ["R1", "1", 10000],
                        ["Sub jumlah", None, 10000],
                        ["R2", "2", 5000],
                        ["JUMLAH SELURUHNYA", None, 15000],
                        [],
                        [None, "Mengetahui, Ketua"],
                    ]
                }
            )
        },
        '{format: xlsx, sheets: {Tabungan: {until: "JUMLAH*"}}}',
        """
        savings_accounts:
          from: Tabungan
          exclude: {subtotal row: "rek like 'Sub%'"}
          columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
        """,
        "savings_accounts",
        "account_no, balance",
        [("R1", "10000.00"), ("R2", "5000.00")],
        ["MAP-EXCL-02: 10000.00"],
    ),
    Delivery(
        "HTML saved as .xls",
        {"Laporan.xls": "<html><body><table><tr><td>no</td><td>nama</td></tr></table></body></html>"},
        '{format: xlsx, files: "*.xls"}',
        MEMBERS,
        halt="Laporan.xls should be an Excel workbook (.xlsx) but is a web page (HTML) under another name; open it and"
        " save it anew",
    ),
    Delivery(
        "header spelling variants from month to month",
        {
            "jan.csv": "No. Anggota;Setoran\n1;10.000\n",
            "feb.csv": "NO. ANGGOTA;SETORAN\n1;20.000\n",
            "mar.csv": "No Agt;Setoran\n1;30.000\n",
        },
        CSV,
        """
        savings_transactions:
          from: "*"
          columns: {account_no: 'coalesce("No. Anggota", "No Agt")', amount: Setoran, source_no: source_table}
        """,
        "savings_transactions",
        "source_no, account_no, amount",
        [("feb", "1", "20000.00"), ("jan", "1", "10000.00"), ("mar", "1", "30000.00")],
    ),
    Delivery(
        "a header that the profile does not know",
        {"anggota.csv": "No Anggota;nama\n1;Siti\n"},
        CSV,
        "members: {from: anggota, columns: {member_no: no_anggota, full_name: nama}}",
        halt="did you mean 'No Anggota'",
    ),
    Delivery(
        "soft-delete flags 0, 1 and 2",
        {"anggota.csv": "no;nama;flag\n1;Siti;1\n2;Budi;0\n3;Wati;2\n"},
        CSV,
        """
        members:
          from: anggota
          exclude: {soft-deleted: "flag = '2'"}
          columns: {member_no: no, full_name: nama, status: {from: flag, values: {"1": active, "0": inactive}}}
        """,
        "members",
        "member_no, status",
        [("1", "active"), ("2", "inactive")],
    ),
    Delivery(
        "a period in two columns",
        {"mutasi.csv": "rek;bulan;tahun;setor\nR1;7;2023;10.000\nR1;Agustus;2023;10.000\n"},
        CSV,
        """
        savings_transactions:
          from: mutasi
          columns:
            account_no: rek
            posted_on: case when bulan similar to '[0-9]+' then '1/' || bulan || '/' || tahun
              else '1 ' || bulan || ' ' || tahun end
            amount: setor
        """,
        "savings_transactions",
        "posted_on, amount",
        [("2023-07-01", "10000.00"), ("2023-08-01", "10000.00")],
    ),
    Delivery(
        "0000-00-00 as the day of payment: an instalment that is unpaid",
        {"jadwal.csv": "pj;ke;bayar;jumlah\nL1;1;05/02/2026;500.000\nL1;2;0000-00-00;500.000\n"},
        CSV,
        """
        loan_repayments:
          from: jadwal
          exclude: {unpaid: "bayar = '0000-00-00'"}
          columns: {loan_no: pj, instalment_no: ke, paid_on: bayar, total: jumlah}
        """,
        "loan_repayments",
        "instalment_no, paid_on, total",
        [("1", "2026-02-05", "500000.00")],
        ["MAP-EXCL-02: 500000.00"],
    ),
    Delivery(
        "JSON in a text column",
        {"anggota.csv": 'no;nama;lain\n1;Siti;"{""hp"": ""0812-3456-7890"", ""anak"": [1, 2]}"\n2;Budi;bukan json\n'},
        CSV,
        """
        members:
          from: anggota
          columns:
            member_no: no
            full_name: nama
            phone: case when json_valid(lain) then json_extract_string(lain, '$.hp') end
            extras: case when json_valid(lain) then lain end
        """,
        "members",
        "member_no, phone, extras",
        [("1", "+6281234567890", '{"hp": "0812-3456-7890", "anak": [1, 2]}'), ("2", None, None)],
    ),
    Delivery(
        "CRLF at the ends of lines",
        {"anggota.csv": b"no;nama\r\n1;Siti\r\n2;Budi\r\n"},
        CSV,
        MEMBERS,
        "members",
        "member_no, full_name",
        TWO,
    ),
    Delivery(
        "a file in the code page of Windows",
        {"anggota.csv": "no;nama\n1;Désirée Ma’arif\n".encode("cp1252")},
        '{format: csv, delimiter: ";", encoding: cp1252}',
        MEMBERS,
        "members",
        "full_name",
        [("Désirée Ma’arif",)],
    ),
    Delivery(
        "a file in the code page of Windows read as utf-8",
        {"anggota.csv": "no;nama\n1;Désirée\n".encode("cp1252")},
        CSV,
        MEMBERS,
        halt="anggota.csv, line 2 (byte 12): byte 0xe9 is not valid utf-8; set the right `encoding`",
    ),
]
