"""The obvious way: pandas cleaning, Great Expectations on pandas, `to_sql`, as a competent engineer writes it in a day.

Run `python benchmarks/obvious.py FOLDER [--cooperatives N] [--target postgresql://...]`. FOLDER is one that
`koop generate --system csv` made. One cooperative after the other: read its files, clean dates, amounts, NIKs, phones
and words by vectorised pandas, check with Great Expectations, work out what the schedules still hold, and load what is
not blocked in one transaction. Money is whole sen in int64. It is written fairly: no loop over rows but that over loans
for the schedules; `to_sql` in its default form, seven times as fast here as `method="multi"`. It keeps no mirror of the
source, no lineage and no changes, reads nothing back, and knows one system only.
"""

import argparse
import json
import sys
import tempfile
import time
import warnings
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
import sqlalchemy as sa
from floor import target_at
from measure import machine, measure

CUTOFF = pd.Timestamp("2026-06-30")
_MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
MONTHS = _MONTHS.split()
PERIODS = {("MINGGUAN", "PER TAHUN"): 52, ("BULANAN", "PER TAHUN"): 12, ("BULANAN", "PER BULAN"): 1}
KINDS = {"SA": "opening", "S": "deposit", "T": "withdrawal", "B": "interest"}
PRODUCTS = {
    "POKOK": "principal", "WAJIB": "mandatory", "SUKARELA": "voluntary", "HARIRAYA": "holiday", "BERJANGKA": "term",
}  # fmt: skip
Frames = dict[str, pd.DataFrame]


def read(folder: Path, name: str, **options: Any) -> pd.DataFrame:
    """All files of one name as text."""
    parts = [
        pd.read_csv(path, sep=";", dtype=str, encoding="cp1252", keep_default_na=False, **options)
        for path in sorted(folder.glob(name))
    ]
    return pd.concat(parts, ignore_index=True)


def money(text: pd.Series) -> pd.Series:
    """Sen: `1.250.000`, `1.250.000,50`, `Rp 50.000,-`, `(1.000)`, `-`, `nihil`."""
    below = text.str.startswith("(")
    plain = text.str.strip("()").str.replace(r"^Rp ?|,-$", "", regex=True).str.replace(".", "", regex=False)
    whole = plain.str.partition(",")
    whole = whole.assign(cents=whole[2].str.ljust(2, "0"))
    digits = (whole[0] + whole["cents"]).where(~text.isin(["-", "nihil", ""]), "0")
    sen = pd.to_numeric(digits, errors="coerce").astype("Int64")
    return sen.where(~below, -sen)


def day(text: pd.Series) -> pd.Series:
    """`17/12/2018`, `17-12-2018`, `17 Desember 2018`, `17/12/18`, `00/00/0000`."""
    plain = text.str.replace("-", "/", regex=False)
    for number, month in enumerate(MONTHS, start=1):
        plain = plain.str.replace(f" {month} ", f"/{number:02d}/", regex=False)
    long = pd.to_datetime(plain, format="%d/%m/%Y", errors="coerce")
    short = pd.to_datetime(plain, format="%d/%m/%y", errors="coerce")
    short = short.where(short.dt.year <= 2030, short - pd.DateOffset(years=100))
    return long.fillna(short)


def phone(text: pd.Series) -> pd.Series:
    """`+628...`."""
    digits = text.str.replace(r"[^0-9]", "", regex=True).str.replace(r"^(?:62)?0?", "", regex=True)
    return ("+62" + digits).where(digits.str.fullmatch(r"8[1-9][0-9]{7,10}"))


def nik(text: pd.Series) -> pd.Series:
    """16 digits of the right form."""
    digits = text.str.strip("' ")
    form = r"[1-9]\d{5}(?:0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(?:0[1-9]|1[0-2])\d{2}(?!0000)\d{4}"
    return digits.where(digits.str.fullmatch(form))


def clean(folder: Path) -> Frames:
    """The canonical tables of one cooperative."""
    raw = read(folder, "anggota.csv")
    raw = raw[(raw["flag"] != "1") & ~raw["nama"].str.startswith("TEST ")]
    members = pd.DataFrame({
        "member_no": raw["no_anggota"], "full_name": raw["nama"].str.replace("\\'", "'", regex=False).str.strip(),
        "nik": nik(raw["no_ktp"]), "gender": raw["jk"].map({"L": "male", "P": "female"}),
        "birth_place": raw["tempat_lahir"], "birth_date": day(raw["tgl_lahir"]), "address": raw["alamat"],
        "region_code": raw["kode_wilayah"], "phone": phone(raw["hp"]), "joined_on": day(raw["tgl_masuk"]),
        "membership": raw["jenis"].map({"Anggota": "member", "Calon": "candidate"}),
    })  # fmt: skip
    first = members["nik"].isna() | ~members.duplicated("nik")
    numbers = members[~first].merge(members[first], on="nik")[["member_no_x", "member_no_y"]]
    merged = dict(zip(numbers["member_no_x"], numbers["member_no_y"], strict=True))
    raw = read(folder, "simpanan.csv")
    accounts = pd.DataFrame({
        "account_no": raw["rekening"], "member_no": raw["no_anggota"].replace(merged), "product_code": raw["jenis"],
        "product_kind": raw["jenis"].map(PRODUCTS), "opened_on": day(raw["tgl_buka"]),
        "matures_on": day(raw["jatuh_tempo"]), "balance": money(raw["saldo"]),
    })  # fmt: skip
    raw = read(folder, "mutasi_*.csv")
    movements = pd.DataFrame({
        "entry_no": raw["no_bukti"], "account_no": raw["rekening"], "posted_on": day(raw["tgl"]),
        "kind": raw["kode"].map(KINDS), "amount": money(raw["kredit"]) - money(raw["debet"]),
        "balance_after": money(raw["saldo"]),
    })  # fmt: skip
    officers = read(folder, "pengurus.csv")
    officers = officers.assign(no_ktp=nik(officers["no_ktp"]), telepon=phone(officers["telepon"]))
    return {
        "officers": officers, "members": members[first], "savings_accounts": accounts,
        "savings_transactions": movements[~(movements["posted_on"] > CUTOFF)], **lending(folder), **ledger(folder),
    }  # fmt: skip


def lending(folder: Path) -> Frames:
    """Loans, repayments, collaterals."""
    raw = read(folder, "pinjaman.csv")
    rate = pd.to_numeric(raw["jasa"].str.replace(",", ".", regex=False))
    loans = pd.DataFrame({
        "loan_no": raw["no_pinjaman"], "member_no": raw["no_anggota"], "product_code": raw["produk"],
        "disbursed_on": day(raw["tgl_cair"]), "principal": money(raw["plafon"]), "rate": rate.astype(str),
        "basis": raw["satuan"], "method": raw["sistem"], "tenor": raw["lama"].astype(int), "frequency": raw["cara"],
        "first_due_on": day(raw["angsuran1"]), "outstanding": money(raw["sisa_pokok"]), "status": raw["status"],
    })  # fmt: skip
    raw = read(folder, "angsuran.csv")
    paid = pd.DataFrame({
        "entry_no": raw["no_kuitansi"], "loan_no": raw["no_pinjaman"], "paid_on": day(raw["tgl_bayar"]),
        "instalment_no": raw["ke"].astype(int), "principal": money(raw["pokok"]), "interest": money(raw["jasa"]),
        "total": money(raw["jumlah"]),
    })  # fmt: skip
    raw = read(folder, "agunan.csv")
    secured = raw.assign(taksiran=money(raw["taksiran"]), tgl_taksir=day(raw["tgl_taksir"]))
    return {"loans": loans, "loan_repayments": paid, "collaterals": secured}


def ledger(folder: Path) -> Frames:
    """The chart with debit and credit."""
    raw = read(folder, "neraca.txt", skiprows=3)
    net = money(raw["saldo"]).where(raw["kode"].str[0].isin(["1", "5"]), -money(raw["saldo"]))
    return {"accounts": raw.assign(debit=net.clip(lower=0), credit=(-net).clip(lower=0))}


def schedules(loans: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    """The instalments that are not paid, one loan after the other, in Decimal."""
    done = paid.groupby("loan_no").size().to_dict()
    lines = []
    for loan in loans[loans["status"] == "AKTIF"].itertuples():
        rate = Decimal(loan.rate) / 100 / PERIODS[loan.frequency, loan.basis]
        whole = balance = Decimal(int(loan.principal)) / 100
        level = whole * rate / (1 - (1 + rate) ** -loan.tenor)
        for number in range(1, loan.tenor + 1):
            interest = rate * (whole if loan.method == "TETAP" else balance)
            share = level - interest if loan.method == "ANUITAS" else whole / loan.tenor
            part = balance if number == loan.tenor else share.quantize(Decimal(1), ROUND_HALF_UP)
            balance -= part
            if number > done.get(loan.loan_no, 0):
                weekly = loan.frequency == "MINGGUAN"
                step = pd.DateOffset(weeks=number) if weekly else pd.DateOffset(months=number)
                due = loan.disbursed_on + step
                state = "overdue" if due < CUTOFF else "due"
                fee = interest.quantize(Decimal(1), ROUND_HALF_UP)
                lines.append((loan.loan_no, number, due, int(part * 100), int(fee * 100), int(balance * 100), state))
    names = ["loan_no", "instalment_no", "due_on", "principal", "interest", "balance_after", "state"]
    return pd.DataFrame(lines, columns=names)


def expectations(name: str, tables: Frames) -> list[Any]:
    """The checks of one table."""
    e, there = gx.expectations, gx.expectations.ExpectColumnValuesToNotBeNull
    members = sorted(tables["members"]["member_no"])
    accounts, loans = sorted(tables["savings_accounts"]["account_no"]), sorted(tables["loans"]["loan_no"])
    either = "either_value_is_missing"
    return {
        "members": [
            e.ExpectColumnValuesToBeUnique(column="member_no"),
            *(there(column=each) for each in ("member_no", "full_name", "gender", "membership")),
            *(there(column=each, mostly=0.9) for each in ("nik", "phone", "birth_date")),
            e.ExpectColumnValuesToBeUnique(column="nik"),
            e.ExpectColumnValuesToMatchRegex(column="region_code", regex=r"^\d\d\.\d\d\.\d\d$"),
            e.ExpectColumnValuesToBeBetween(column="joined_on", max_value=CUTOFF),
            e.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="joined_on", column_B="birth_date", ignore_row_if=either
            ),
        ],
        "savings_accounts": [
            e.ExpectColumnValuesToBeUnique(column="account_no"),
            *(there(column=each) for each in ("member_no", "product_kind", "balance", "opened_on")),
            e.ExpectColumnValuesToBeInSet(column="member_no", value_set=members),
            e.ExpectColumnValuesToBeBetween(column="balance", min_value=0),
        ],
        "savings_transactions": [
            e.ExpectColumnValuesToBeUnique(column="entry_no"),
            *(there(column=each) for each in ("posted_on", "kind", "amount")),
            e.ExpectColumnValuesToBeInSet(column="account_no", value_set=accounts),
            e.ExpectColumnValuesToBeBetween(column="balance_after", min_value=0),
        ],
        "loans": [
            e.ExpectColumnValuesToBeUnique(column="loan_no"),
            *(there(column=each) for each in ("principal", "outstanding", "disbursed_on")),
            e.ExpectColumnValuesToBeInSet(column="member_no", value_set=members),
            e.ExpectColumnPairValuesAToBeGreaterThanB(column_A="principal", column_B="outstanding", or_equal=True),
        ],
        "loan_repayments": [
            e.ExpectColumnValuesToBeUnique(column="entry_no"),
            e.ExpectColumnValuesToBeInSet(column="loan_no", value_set=loans),
            there(column="paid_on"),
            e.ExpectColumnValuesToBeBetween(column="total", min_value=0),
        ],
        "collaterals": [e.ExpectColumnValuesToBeInSet(column="no_pinjaman", value_set=loans)],
        "accounts": [e.ExpectColumnValuesToBeUnique(column="kode"), there(column="debit")],
    }.get(name, [])


def broken(source: Any, cooperative: str, tables: Frames) -> list[str]:
    """Everything that fails: expectations, and the ties that no expectation of one table can say."""
    wrong = []
    for name, table in tables.items():
        wanted = expectations(name, tables)
        if wanted:
            asset = source.add_dataframe_asset(f"{cooperative}-{name}")
            batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
            result = batch.validate(gx.ExpectationSuite(name=f"{cooperative}-{name}", expectations=wanted))
            wrong += [f"{name}: {each.expectation_config.type}" for each in result.results if not each.success]
    books, savings, loans = tables["accounts"], tables["savings_accounts"], tables["loans"]
    detail = books[books["tingkat"] == "R"]
    held = savings.groupby("product_code")["balance"].sum()
    controls = {"SP": ["POKOK"], "SW": ["WAJIB"], "SS": ["SUKARELA", "HARIRAYA"], "SB": ["BERJANGKA"]}
    for book, products in controls.items():
        if (detail.loc[detail["buku"] == book, "credit"].sum()) != held.reindex(products).sum():
            wrong.append(f"control account {book}")
    if detail.loc[detail["buku"] == "PJ", "debit"].sum() != loans["outstanding"].sum():
        wrong.append("control account PJ")
    if detail["debit"].sum() != detail["credit"].sum():
        wrong.append("trial balance")
    moved = tables["savings_transactions"].groupby("account_no")["amount"].sum()
    if (savings.set_index("account_no")["balance"].sub(moved, fill_value=0) != 0).any():
        wrong.append("history")
    return wrong


def run(folder: Path, url: str, most: int | None) -> dict[str, float]:
    """All cooperatives of the system CSV; rows loaded, cooperatives, seconds."""
    warnings.simplefilter("ignore")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_pandas("pandas")
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    places = [path.parent for path in sorted(folder.glob("legacy/*/anggota.csv"))][:most]
    rows, loaded, started = 0, 0, time.perf_counter()
    with engine.begin() as connection:
        connection.exec_driver_sql("drop schema if exists obvious cascade; create schema obvious")
    for place in places:
        try:
            tables = clean(place)
        except (pd.errors.ParserError, ValueError):
            continue
        tables["loan_schedules"] = schedules(tables["loans"], tables["loan_repayments"])
        rows += sum(map(len, tables.values()))
        if broken(source, place.name, tables):
            continue
        loaded += 1
        with engine.begin() as connection:
            for name, table in tables.items():
                options: dict[str, Any] = {"if_exists": "append", "index": False, "chunksize": 10_000}
                table.assign(cooperative_id=place.name).to_sql(name, connection, schema="obvious", **options)
    seconds = time.perf_counter() - started
    return {"rows": rows, "cooperatives": len(places), "loaded": loaded, "seconds": seconds}


def main() -> int:
    """Measure this program as it works, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cooperatives", type=int)
    parser.add_argument("--target")
    parser.add_argument("--inner", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        with target_at(asked.target) as url:
            asked.inner.write_text(json.dumps(run(asked.folder, url, asked.cooperatives)))
        return 0
    print(machine())
    with tempfile.NamedTemporaryFile(suffix=".json") as said:
        measured = measure([sys.executable, *sys.argv, "--inner", said.name])
        if measured.code:
            return measured.code
        found = json.loads(Path(said.name).read_text())
    print(
        f"obvious: {found['cooperatives']:,} cooperatives ({found['loaded']} loaded), {found['rows']:,} rows in"
        f" {found['seconds']:,.1f} s, {found['rows'] / found['seconds']:,.0f} rows/s"
    )
    print(f"whole process tree, server and imports included: {measured}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
