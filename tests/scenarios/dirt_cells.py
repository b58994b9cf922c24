r"""The dirt of single cells: what stands in it, how the profile reads the column, and what it becomes.

A line is `(as delivered, setting of the column, table.column, canonical value, failed rule)`. No value and no rule: the
cell says nothing. A value with a rule: it is kept and reported. `test_dirt.py` sends every line through a real file and
the real steps. All numbers and names are invented.
"""

from typing import NamedTuple


class Cell(NamedTuple):
    """One dirty cell. `setting` is what stands beside `from:` in the profile; its own `from` wins."""

    text: str
    setting: str
    column: str
    becomes: str | None
    rule: str | None = None


COMMA, POINT = 'decimal: ","', 'decimal: "."'
DMY, MDY, YMD = "dates: dmy", "dates: mdy", "dates: ymd"
BALANCE, AMOUNT = "savings_accounts.balance", "savings_transactions.amount"
BORN, JOINED = "members.birth_date", "members.joined_on"
NIK, NPWP, PHONE, REGION = "members.nik", "members.npwp", "members.phone", "members.region_code"
NAME, OWNER = "members.full_name", "collaterals.owner_name"

NUMBERS = [
    Cell("1.250.000", COMMA, BALANCE, "1250000.00"),
    Cell("1.250.000", POINT, BALANCE, None, "SAV-MNY-01"),
    Cell("1.250.000,00", COMMA, BALANCE, "1250000.00"),
    Cell("1,250,000.00", POINT, BALANCE, "1250000.00"),
    Cell("1,250,000.00", COMMA, BALANCE, None, "SAV-MNY-01"),
    Cell("1.250", COMMA, BALANCE, "1250.00"),
    Cell("1.250", POINT, BALANCE, "1.25"),
    Cell("1.25", COMMA, BALANCE, None, "SAV-MNY-01"),
    Cell("Rp 50.000,-", COMMA, BALANCE, "50000.00"),
    Cell("Rp. 1.250.000,00", COMMA, BALANCE, "1250000.00"),
    Cell("(1.000)", COMMA, AMOUNT, "-1000.00"),
    Cell("1.000-", COMMA, AMOUNT, "-1000.00"),
    Cell("-", COMMA, BALANCE, "0.00"),
    Cell("nihil", COMMA, BALANCE, "0.00"),
    Cell("", COMMA, BALANCE, None),
    Cell("'50.000'", COMMA, BALANCE, "50000.00"),
    Cell("'50.000", COMMA, BALANCE, "50000.00"),
    Cell("74999.99999999907", POINT, BALANCE, "75000.00", "SAV-MNY-02"),
    Cell("74999.99999999907", COMMA, BALANCE, None, "SAV-MNY-01"),
    Cell("0.0033333", POINT, BALANCE, "0.00", "SAV-MNY-02"),
    Cell("0.0033333", COMMA, BALANCE, None, "SAV-MNY-01"),
    Cell("1.67772e+07", POINT, BALANCE, None, "SAV-MNY-01"),
    Cell("lima puluh ribu", COMMA, BALANCE, None, "SAV-MNY-01"),
    Cell("2,5 %", COMMA, "loans.source_rate", "2.500000"),
    Cell("12 bulan", COMMA, "loans.tenor", None, "LON-NUM-01"),
]
DATES = [
    Cell("17/12/2018", DMY, JOINED, "2018-12-17"),
    Cell("17/12/2018", MDY, JOINED, None, "MBR-DAT-01"),
    Cell("08/30/1995", MDY, BORN, "1995-08-30"),
    Cell("08/30/1995", DMY, BORN, None, "MBR-DAT-01"),
    Cell("2018-12-17", MDY, JOINED, "2018-12-17"),
    Cell("2018-12-17 00:00:00", DMY, JOINED, "2018-12-17"),
    Cell("17/12/2018", YMD, JOINED, None, "MBR-DAT-01"),
    Cell("0000-00-00", DMY, JOINED, None),
    Cell("00/00/0000", DMY, JOINED, None),
    Cell("0006-05-14", DMY, BORN, None, "MBR-DAT-03"),
    Cell("0064-05-14", DMY, BORN, None, "MBR-DAT-03"),
    Cell("14/05/0966", DMY, BORN, None, "MBR-DAT-03"),
    Cell("43451", f"{DMY}, serials: true", JOINED, "2018-12-17"),
    Cell("43451.0", f"{DMY}, serials: true", JOINED, "2018-12-17"),
    Cell("17/12/2018", f"{DMY}, serials: true", JOINED, "2018-12-17"),
    Cell("43451", DMY, JOINED, None, "MBR-DAT-01"),
    Cell("1 Januari 2001", DMY, BORN, "2001-01-01"),
    Cell("10 Nopember 1980", DMY, BORN, "1980-11-10"),
    Cell("1/7/80", DMY, BORN, "1980-07-01"),
    Cell("05-03-24", DMY, JOINED, "2024-03-05"),
    Cell("5 Agust'23", DMY, JOINED, "2023-08-05"),
    Cell("Agust'23", DMY, JOINED, None, "MBR-DAT-02"),
    Cell("Juli", DMY, JOINED, None, "MBR-DAT-02"),
    Cell("2018", DMY, JOINED, None, "MBR-DAT-02"),
    Cell("2018-00-00", DMY, JOINED, None, "MBR-DAT-02"),
    Cell("31/02/1980", DMY, BORN, None, "MBR-DAT-01"),
    Cell("Cirebon, 10 Mei 200", DMY, BORN, None, "MBR-DAT-01"),
    Cell("Cirebon, 10 Mei 1970", "from: \"split_part(isi, ', ', 2)\"", BORN, "1970-05-10"),
    Cell("Cirebon, 10 Mei 200", "from: \"split_part(isi, ', ', 2)\"", BORN, None, "MBR-DAT-01"),
    Cell("Cirebon, 10 Mei 200", "from: \"split_part(isi, ', ', 1)\"", "members.birth_place", "Cirebon"),
]
NAMES = [
    Cell("H. Yusuf Rahman", "", NAME, "H. Yusuf Rahman"),
    Cell("Hj.  SITI   AMINAH", "", NAME, "Hj. SITI AMINAH"),
    Cell("Drs. Markus Lasi, S.Kom", "", NAME, "Drs. Markus Lasi, S.Kom"),
    Cell("YOSEF NAHAK", "", NAME, "YOSEF NAHAK"),
    Cell(r"Ahmad Ma\'arif", "", NAME, "Ahmad Ma'arif"),
    Cell(r"Ahmad Ma\\'arif", "", NAME, "Ahmad Ma'arif"),
    Cell("MUHAMMAD ABDURRAHMAN", "", NAME, "MUHAMMAD ABDURRAHMAN"),
    Cell("AISJAH", "", NAME, "AISJAH"),
    Cell("\u00a0Siti\u200b Rahma ", "", NAME, "Siti Rahma"),
    Cell("12345", "", NAME, None, "MBR-NAM-01"),
    Cell("-", "", NAME, None, "MBR-NAM-01"),
    Cell("-", "", OWNER, None, "COL-NAM-01"),
]
IDENTIFIERS = [
    Cell("5301014107800001", "", NIK, "5301014107800001"),
    Cell("5301017101800001", "", NIK, "5301017101800001"),
    Cell("53.01.01.010780.0001", "", NIK, "5301010107800001"),
    Cell("5301010101040001", "", NIK, "5301010101040001"),
    Cell("5301010107800002'", "", NIK, "5301010107800002"),
    *(Cell(f"{province}01010107800001", "", NIK, f"{province}01010107800001") for province in (65, 92, 93, 95, 96)),
    Cell("5401010107800001", "", NIK, "5401010107800001", "MBR-NIK-04"),
    Cell("5301017207800001", "", NIK, None, "MBR-NIK-01"),
    Cell("5301018107800001", "", NIK, None, "MBR-NIK-01"),
    Cell("5301010113800001", "", NIK, None, "MBR-NIK-01"),
    Cell("530101010780001", "", NIK, None, "MBR-NIK-01"),
    Cell("53010101078000011", "", NIK, None, "MBR-NIK-01"),
    Cell("A-0012", "", NIK, None, "MBR-NIK-01"),
    Cell("3323", "", NIK, None, "MBR-NIK-02"),
    Cell("123456789", "", NIK, None, "MBR-NIK-02"),
    Cell("12345678910", "", NIK, None, "MBR-NIK-02"),
    Cell("1111111111111111", "", NIK, None, "MBR-NIK-02"),
    Cell("0", "", NIK, None),
    Cell("-", "", NIK, None),
    Cell("", "", NIK, None),
    Cell("3.3E+15", "", NIK, None, "MBR-NIK-03"),
    Cell("3,30101E+15", "", NIK, None, "MBR-NIK-03"),
    Cell("5301010107800000", "", NIK, None, "MBR-NIK-03"),
    Cell("01.312.166.0-091.000", "", NPWP, "0013121660091000"),
    Cell("13121660091000", "", NPWP, "0013121660091000"),
    Cell("013121660091000", "", NPWP, "0013121660091000"),
    Cell("01.312.166.0-091.001", "", NPWP, None, "MBR-NPW-02"),
    Cell("01.312.166.1-091.000", "", NPWP, None, "MBR-NPW-02"),
    Cell("0013121660091000000000", "", NPWP, "0013121660091000"),
    Cell("1.3E+13", "", NPWP, None, "MBR-NPW-01"),
    Cell("81234567890", "", PHONE, "+6281234567890"),
    Cell("0812-3456-7890", "", PHONE, "+6281234567890"),
    Cell("62 812 3456 7890", "", PHONE, "+6281234567890"),
    Cell("+62-0812-3456-7890", "", PHONE, "+6281234567890"),
    Cell("(0353) 886 039", "", PHONE, "+62353886039"),
    Cell("62 812", "", PHONE, None, "MBR-PHN-01"),
    Cell("+62-0812", "", PHONE, None, "MBR-PHN-01"),
    Cell("8123", "", PHONE, None, "MBR-PHN-01"),
    Cell("08", "", PHONE, None, "MBR-PHN-01"),
    Cell("-", "", PHONE, None),
    Cell("0", "", PHONE, None),
    Cell("5371", "", REGION, "53.71"),
    Cell("53.71.01", "", REGION, "53.71.01"),
    Cell("54.01.02", "", REGION, "54.01.02", "MBR-RGN-02"),
    Cell("53.71.1", "", REGION, None, "MBR-RGN-01"),
    Cell("1234 5678 9012 3", "", "cooperatives.nib", "1234567890123"),
    Cell("1.23457E+12", "", "cooperatives.nib", None, "COP-NIB-01"),
    Cell("123/BH/XIV/1990", "", "cooperatives.legal_entity_no", "123/BH/XIV/1990"),
    Cell("518.08/12/BH/XIV.10/VIII/2008", "", "cooperatives.legal_entity_no", "518.08/12/BH/XIV.10/VIII/2008"),
    Cell("AHU-0012345.AH.01.26.TAHUN 2021", "", "cooperatives.legal_entity_no", "AHU-0012345.AH.01.26.TAHUN 2021"),
    Cell("3323010000012", "", "cooperatives.cooperative_nik", "3323010000012"),
    Cell("12345", "", "cooperatives.cooperative_nik", None, "COP-CNK-01"),
]
CODES = [
    Cell("00.10.20.100", "", "accounts.account_code", "00.10.20.100"),
    Cell("1.10", "", "accounts.account_code", "1.10"),
    Cell("1-1001", "", "accounts.account_code", "1-1001"),
    Cell("W", "values: {L: male, P: female}", "members.gender", None, "MBR-ENM-01"),
    Cell("W", "values: {L: male, P: female}, otherwise: null", "members.gender", None),
]
CELLS = {"number": NUMBERS, "date": DATES, "name": NAMES, "identifier": IDENTIFIERS, "code": CODES}
