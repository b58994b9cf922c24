"""The one cooperative of `promotable` as it delivers a second time, with books that tie again.

Put here what changes between two deliveries, worked out by hand. What a target then holds is asserted in the tests.
"""

import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from promotable import BATCH, ONLY, Place, run_of
from world import prepare

Change = tuple[str, str, str]
MOVED: list[Change] = [("anggota.csv", "Jl. Ahmad Yani No. 113, Miomaffo Timur", "Jl. Baru No. 1")]
"""Member T002 has moved."""
TRADED: list[Change] = [
    ("anggota.csv", "18-08-1959;Jl. Cak Doko No. 153, Ende", "18-08-1959;Jl. Ahmad Yani No. 113, Miomaffo Timur"),
    ("anggota.csv", "27/12/1998;Jl. Ahmad Yani No. 113, Miomaffo Timur", "27/12/1998;Jl. Cak Doko No. 153, Ende"),
]  # fmt: skip
"""The members T001 and T002 have traded their addresses."""
RETURNED: list[Change] = [
    ("agunan.csv", "AG-0002;PJ-0002;T011;SK;SK pegawai golongan 14;SK-048225;Emiliana Banunaek;sendiri;29.750.000;"
     "05/12/2025;surat kuasa;KEMBALI\r\n", "")
]  # fmt: skip
"""The collateral of a settled loan, Rp 29,750,000, is no longer in the list."""
PLEDGED: list[Change] = [
    ("agunan.csv", "AG-0001;", "AG-0099;PJ-0001;T010;EMAS;Cincin;E-1;Dominggus Sogen;sendiri;5.000.000;12/09/2025;"
     "surat kuasa;DITAHAN\r\nAG-0001;"),
]  # fmt: skip
"""One more collateral, Rp 5,000,000."""
BROKEN: list[Change] = [
    ("anggota.csv", "Regina Klau;5303016712980084;", "Regina Klau;530301671298008;"),
    ("agunan.csv", "AG-0001;PJ-0001;T010;", "AG-0001;PJ-OOO1;T010;"),
]  # fmt: skip
"""The NIK of a member that was good has lost a digit, and a collateral (Rp 12,500,000) names a loan that is not."""
LATER: list[Change] = [(f"../../batches/{BATCH}.yaml", "cutoff_on: 2026-06-30", "cutoff_on: 2026-07-31")]
"""The batch has another cut-off."""
FILLED: list[Change] = [("anggota.csv", "530301290198002;", "5303012901980021;")]
"""The NIK of T034 that was held has its sixteenth digit."""
SAVED: list[Change] = [
    ("anggota.csv", "T801;", "T086;Maria Baru;;P;;;Jl. Baru No. 2;;;30/06/2026;Anggota;Y;0\r\nT801;"),
    ("simpanan_pokok.csv", "PO-T085;", "PO-T086;T086;30/06/2026;500000\r\nPO-T085;"),
    ("tabungan.csv", "1.005.455,93;AKTIF", "1.105.455,93;AKTIF"),
    ("mutasi_2026.csv", "M003018;SU-T085;30/06/2026;B;0;7.484,76;1.005.455,93\r\n",
     "M003018;SU-T085;30/06/2026;B;0;7.484,76;1.005.455,93\r\n"
     "M003101;SU-T085;30/06/2026;S;0;100.000;1.105.455,93\r\n"
     "M003102;PO-T086;30/06/2026;S;0;500.000;500.000\r\n"),
    ("neraca.txt", "1.1;ASET LANCAR;1;I;D;485.155.036,90;", "1.1;ASET LANCAR;1;I;D;485.755.036,90;"),
    ("neraca.txt", "R;D;6.946.000;", "R;D;7.546.000;"),
    ("neraca.txt", "R;K;106.910.391,90;", "R;K;107.010.391,90;"),
    ("neraca.txt", "R;K;42.500.000;", "R;K;43.000.000;"),
    ("neraca.txt", "EKUITAS;;I;K;219752000;", "EKUITAS;;I;K;220252000;"),
]  # fmt: skip
"""A new member T086 pays 500,000 of principal savings, and T085 deposits 100,000; both go through cash."""
DECLARED = {
    '"members": 86, "savings": 463535391.90, "savings:POKOK": 42500000.00': (
        '"members": 87, "savings": 464135391.90, "savings:POKOK": 43000000.00'
    ),
    '"assets": 499822036.90': '"assets": 500422036.90',
}
"""What it then signs for."""


def books(place: Place) -> list[list[tuple[object, ...]]]:
    """What the books of loads and of their rows hold."""
    names = ("load_tables", "loaded_rows", "deltas", "delta_rows", "held", "amended")
    answers = place.ask_all([f"SELECT * FROM migration.{book}" for book in names])
    return [sorted(rows, key=repr) for rows in answers]


@dataclass
class Deliveries:
    """The programme after each delivery, brought to the gate once and copied for who asks; `method` is the batch's."""

    gated: Path
    method: str = "parallel"
    made: dict[str, Path] = field(default_factory=dict)

    def after(self, *changes: list[Change], method: str | None = None, removes: int = 10) -> Path:
        """A copy of the folder in which these changes were delivered."""
        name = repr(changes)
        if name not in self.made:
            root = self.gated.parent / f"delivery-{len(self.made)}"
            shutil.copytree(self.gated, root)
            if changes:
                _deliver(root, *changes)
            self.made[name] = root
        copy = self.gated.parent / f"copy-{uuid.uuid4().hex}"
        shutil.copytree(self.made[name], copy)
        path = copy / "batches" / f"{BATCH}.yaml"
        text = path.read_text()
        assert text.count("method: cutover") == 1
        path.write_text(text.replace("method: cutover", f"method: {method or self.method}\ndelta_removes: {removes}"))
        return copy


def _deliver(root: Path, *changes: list[Change]) -> None:
    """Change the delivered files, and bring the cooperative to the gate."""
    for name, before, after in [each for listed in changes for each in listed]:
        path = root / "legacy" / ONLY / name
        found = path.read_bytes()
        assert found.count(before.encode()) == 1, (name, before)
        path.write_bytes(found.replace(before.encode(), after.encode()))
    if SAVED in changes:
        path = root / "batches" / f"{BATCH}.yaml"
        text = path.read_text()
        for before, after in DECLARED.items():
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        path.write_text(text)
    prepare(run_of(root))
