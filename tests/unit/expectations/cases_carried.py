"""What steps before the gate found and wrote to `failures`: every rule that can come, by table, with its consequence.

b blocks, h holds the value, r holds the row, w warns. This is the agreement between those steps and the suites.
"""

from rule_world import Case, failure

PERSON = "MAP-EXPR-01=h MAP-LOST-01=b MAP-EXCL-02=w "
ROWS = "MAP-EXPR-01=r MAP-LOST-01=b MAP-EXCL-02=w "
MONEY = "MAP-EXPR-01=b MAP-LOST-01=b MAP-EXCL-02=w "

CARRIED = {
    "cooperatives": PERSON
    + "MAP-UNUSED-01=w COR-MATCH-01=b COR-WAIT-01=w COR-LATE-01=w EXT-COUNT-01=b EXT-UNREAD-01=w MAP-RAW-01=b"
    " COP-DAT-01=h COP-DAT-02=h COP-DAT-03=h COP-ENM-01=h COP-NPW-01=h COP-NPW-02=h"
    " COP-NIB-01=h COP-CNK-01=h COP-LGL-01=w COP-PHN-01=h"
    " COP-EML-01=h COP-RGN-01=h COP-RGN-02=w",
    "officers": ROWS + "OFF-DAT-01=h OFF-DAT-02=h OFF-DAT-03=h OFF-ENM-01=r OFF-NIK-01=h OFF-NIK-02=h OFF-NIK-03=h"
    " OFF-NIK-04=w OFF-PHN-01=h OFF-EML-01=h OFF-NAM-01=r",
    "members": PERSON + "MBR-DAT-01=h MBR-DAT-02=h MBR-DAT-03=h MBR-ENM-01=h MBR-NIK-01=h MBR-NIK-02=h MBR-NIK-03=h"
    " MBR-NIK-04=w MBR-NPW-01=h MBR-NPW-02=h MBR-PHN-01=h MBR-EML-01=h MBR-RGN-01=h MBR-RGN-02=w MBR-NAM-01=b"
    " MBR-DUP-01=w MBR-DUP-02=w",
    "products": MONEY + "PRD-NUM-01=b PRD-ENM-01=b",
    "savings_accounts": MONEY + "MAP-EXCL-01=b CUT-01=b CUT-03=w SAV-CLS-02=w SAV-HIS-01=w SAV-TRM-01=w SAV-TRM-02=w"
    " SAV-BLK-02=w SAV-MNY-01=b SAV-MNY-02=w SAV-NUM-01=b SAV-DAT-01=h SAV-DAT-02=h SAV-DAT-03=h SAV-ENM-01=b"
    " SAV-ACR-01=w"
    " CUT-05=b"
    " SAV-REF-04=h"
    " SAV-REF-05=b SAV-HIS-02=w",
    "savings_transactions": MONEY + "CUT-02=w TRX-BAL-01=w TRX-BCK-01=w TRX-MNY-01=b TRX-MNY-02=w TRX-DAT-01=b"
    " TRX-DAT-02=b TRX-DAT-03=b TRX-ENM-01=b",
    "loans": MONEY + "MAP-EXCL-01=b CUT-01=b LON-SCH-01=b LON-SCH-02=w LON-OUT-02=w LON-OUT-04=w LON-COL-02=w"
    " LON-COL-03=w LON-MNY-01=b LON-MNY-02=w LON-NUM-01=b LON-DAT-01=h LON-DAT-02=h LON-DAT-03=h LON-ENM-01=b"
    " LON-ACR-01=w CUT-02=w CUT-03=w LON-EXP-01=w LON-EXP-02=w LON-EXP-03=w LON-RTE-01=w LON-RTE-02=w LON-RTE-03=b"
    " CUT-05=b LON-CAP-02=w LON-RES-02=w LON-INT-01=w LON-INT-02=w LON-INT-03=w LON-INT-04=b LON-INT-05=w LON-WOF-01=w"
    " LON-DUE-03=w LON-OUT-05=w LON-RTE-04=w LON-PRN-01=w LON-RTE-06=b LON-RTE-05=w LON-INT-07=b LON-INT-06=w"
    " LON-ACR-02=w LON-ACR-03=b LON-OUT-06=w LON-INT-08=w LON-INT-09=w LON-INT-10=w LON-INT-11=w"
    " LON-RES-03=w LON-ACR-04=w",
    "loan_instalments": MONEY + "INS-MNY-01=b INS-MNY-02=w INS-NUM-01=b INS-DAT-01=b INS-DAT-02=b INS-DAT-03=b"
    " INS-ENM-01=b",
    "loan_repayments": MONEY
    + "CUT-02=w RPY-BCK-01=w RPY-REV-01=w RPY-PRT-02=b RPY-PRT-01=w RPY-MNY-01=b RPY-MNY-02=w RPY-NUM-01=b RPY-DAT-01=b"
    " RPY-DAT-02=b RPY-DAT-03=b RPY-ENM-01=b",
    "collaterals": ROWS + "COL-MNY-01=b COL-MNY-02=w COL-DAT-01=h COL-DAT-02=h COL-DAT-03=h COL-ENM-01=r COL-NAM-01=h",
    "accounts": MONEY
    + "CUT-01=b ACC-TIE-01=b ACC-TIE-02=b ACC-TIE-03=b ACC-TIE-04=b ACC-HDR-01=b ACC-SHU-02=b ACC-SUS-01=w ACC-NAT-01=w"
    " ACC-MNY-01=b ACC-MNY-02=w ACC-ENM-01=b ACC-BOL-01=b"
    " ACC-INT-01=b ACC-INT-02=b ACC-INT-03=w ACC-INT-04=w ACC-ALW-01=w ACC-ALW-02=w"
    " ACC-HDR-02=b"
    " ACC-SHU-01=w",
}


def carried() -> list[tuple[str, str, str]]:
    """Table, rule and consequence letter, one a line of the agreement."""
    pairs = [(table, *item.split("=")) for table, listed in CARRIED.items() for item in listed.split()]
    return [(table, rule, letter) for table, rule, letter in pairs]


CARRIED_CASES: list[Case] = [failure(table, rule, rule) for table, rule, _ in carried()]
