"""Single faults to plant in a copy of the honest blind-box fixture, each with the findings it must lead to.

What is expected was worked out from the fixture's rows and with the reference, never with audit. `expect` names every
FAIL that a fault causes (the screens of the honest case aside) and the INCONCLUSIVE findings that matter.
Most faults strike activity A0055: begun by U00053, won at box 16; both its referrer and team leader are U00003.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Record = dict[str, str]
Change = Callable[[list[Record]], list[Record]]
Plant = Callable[[Path], None]

USERS, ACTIVITIES, OPENINGS, PAYMENTS = "users.csv", "activities.csv", "openings.csv", "payments.csv"
FORMS = {USERS: ("gb18030", "\r\n"), OPENINGS: ("gb18030", "\r\n"), ACTIVITIES: ("utf-8-sig", "\n"),
         PAYMENTS: ("utf-8", "\n")}  # fmt: skip
IDS = {USERS: "用户编号", OPENINGS: "开盒编号", ACTIVITIES: "活动编号", PAYMENTS: "流水号"}


@dataclass(frozen=True)
class Fault:
    """A fault by name. unreadable: no audit can be made of it (exit status 2); then nothing is expected."""

    name: str
    plant: Plant
    expect: tuple[dict[str, Any], ...] = ()
    unreadable: bool = False


def found(check: str, subject: str, verdict: str = "FAIL", **amount: str) -> dict[str, Any]:
    """One expected finding; amount by asset, in units."""
    finding: dict[str, Any] = {"check": check, "verdict": verdict, "subject": subject}
    return {**finding, "amount": amount} if amount else finding


def unsure(clause: str, *checks: str) -> tuple[dict[str, Any], ...]:
    """The findings on a clause that cannot be judged any more."""
    return tuple(found(check, clause, "INCONCLUSIVE") for check in checks or ("payout_missing", "payout_unexpected"))


# Ways to plant


def change(file: str, edit: Change) -> Plant:
    """Rewrite the records of a file, in the encoding and with the line ends that it has."""

    def plant(folder: Path) -> None:
        encoding, end = FORMS[file]
        text = (folder / file).read_bytes().decode(encoding)
        reader = csv.DictReader(io.StringIO(text, newline=""))
        records = edit(list(reader))
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, reader.fieldnames or (), lineterminator=end)
        writer.writeheader()
        writer.writerows(records)
        (folder / file).write_bytes(out.getvalue().encode(encoding))

    return plant


def set_cell(file: str, key: str, column: str, value: str | Callable[[str], str]) -> Plant:
    """Change one cell of the record with an id."""

    def edit(records: list[Record]) -> list[Record]:
        (one,) = [record for record in records if record[IDS[file]] == key]
        one[column] = value(one[column]) if callable(value) else value
        return records

    return change(file, edit)


def delete(file: str, key: str) -> Plant:
    """Delete the record with an id."""
    return change(file, lambda records: [one for one in records if one[IDS[file]] != key])


def repeat(file: str, key: str, new: str | None = None) -> Plant:
    """Add the record with an id once more, under a new id or the same."""

    def edit(records: list[Record]) -> list[Record]:
        (one,) = [record for record in records if record[IDS[file]] == key]
        return [*records, {**one, IDS[file]: new or key}]

    return change(file, edit)


def append(file: str, *rows: str) -> Plant:
    """Add records, written as CSV lines."""

    def edit(records: list[Record]) -> list[Record]:
        return [*records, *(dict(zip(records[0], row.split(","), strict=True)) for row in rows)]

    return change(file, edit)


def swap(file: str, first: str, second: str, column: str) -> Plant:
    """Exchange one column of two records."""

    def edit(records: list[Record]) -> list[Record]:
        one, other = ({record[IDS[file]]: record for record in records}[key] for key in (first, second))
        one[column], other[column] = other[column], one[column]
        return records

    return change(file, edit)


def replace(file: str, old: str, new: str | bytes) -> Plant:
    """Exchange bytes that stand once in a file."""

    def plant(folder: Path) -> None:
        encoding = FORMS.get(file, ("utf-8", ""))[0].removesuffix("-sig")
        before, data = old.encode(encoding), (folder / file).read_bytes()
        assert data.count(before) == 1, old
        (folder / file).write_bytes(data.replace(before, new.encode(encoding) if isinstance(new, str) else new))

    return plant


def both(*plants: Plant) -> Plant:
    """Several changes that make one fault."""

    def plant(folder: Path) -> None:
        for one in plants:
            one(folder)

    return plant


def later(text: str) -> str:
    """Two days after a moment: a day past the deadline, whatever the hour."""
    return str(datetime.fromisoformat(text) + timedelta(days=2))


# Awards: for every clause one payment, in every way that it can go wrong

AWARDS = {  # clause: (payment, asset, amount, one step)
    "initiator-per-opening": ("P002245", "CNY", "4.50", "0.01"),
    "referrer-per-opening": ("P002244", "CNY", "0.50", "0.01"),
    "referrer-per-activity": ("P002229", "CNY", "4.00", "0.01"),
    "team-leader-per-activity": ("P002230", "CNY", "6.00", "0.01"),
    "consolation": ("P002234", "coupon", "99", "1"),
    "prize": ("P002264", "coupon", "198", "1"),
    "seed-user": ("P000001", "coupon", "100", "1"),
}
STRANGER = "U00240"  # is owed none of these
NEW = "P900001"


def award_faults(clause: str, key: str, asset: str, amount: str, step: str) -> tuple[Fault, ...]:
    """Not paid, paid twice, paid to somebody else, a step short, two days late."""
    whole, again = {asset: amount}, f"P9{key[2:]}"

    def short(text: str) -> str:
        return str(Decimal(text) - Decimal(step))

    return (
        Fault(f"{clause}-not-paid", delete(PAYMENTS, key), (found("payout_missing", clause, **whole),)),
        Fault(f"{clause}-paid-twice", repeat(PAYMENTS, key, again), (found("payout_unexpected", clause, **whole),)),
        Fault(f"{clause}-misdirected", set_cell(PAYMENTS, key, "收款人", STRANGER),
              (found("payout_wrong", clause, **whole),)),
        Fault(f"{clause}-a-step-short", set_cell(PAYMENTS, key, "数额", short),
              (found("payout_wrong", clause, **{asset: step}),)),
        Fault(f"{clause}-late", set_cell(PAYMENTS, key, "付款时间", later), (found("payout_late", clause, **whole),)),
    )  # fmt: skip


def together(faults: tuple[Fault, ...]) -> Fault:
    """One way to go wrong, in a payment of every clause at once."""
    way = faults[0].name.removeprefix(f"{next(iter(AWARDS))}-")
    return Fault(f"every-clause-{way}", both(*(one.plant for one in faults)), tuple(wanted for one in faults for wanted in one.expect))


ONE_BY_ONE = tuple(award_faults(clause, *award) for clause, award in AWARDS.items())
AT_ONCE = tuple(together(way) for way in zip(*ONE_BY_ONE, strict=True))
PAYOUTS = (
    Fault("paid-in-another-asset", set_cell(PAYMENTS, "P002234", "资产", "人民币"),
          (found("payout_wrong", "consolation", coupon="99"),)),
    Fault("references-swapped", swap(PAYMENTS, "P002234", "P002236", "关联编号"),
          (found("payout_wrong", "consolation", coupon="198"),)),
    Fault("paid-for-an-unknown-event", append(PAYMENTS, f"{NEW},2022-04-10 12:00:00,U00053,人民币,4.50,开盒返利,K999999"),
          (found("payout_unexpected", "initiator-per-opening", CNY="4.50"),)),
    Fault("paid-for-an-undeclared-reason", append(PAYMENTS, f"{NEW},2022-04-10 12:00:00,U00053,人民币,88.00,车马费,A0055"),
          (found("payout_unexpected", "车马费", CNY="88.00"),)),
    Fault("consolation-to-the-winner", append(PAYMENTS, f"{NEW},2022-04-10 05:00:00,U00176,盲盒券,99,未中补偿,K000686"),
          (found("payout_unexpected", "consolation", coupon="99"),)),
    Fault("entry-paid-6", set_cell(OPENINGS, "K000675", "支付金额", "6.00"), (found("stake_differs", "entry"),)),
)  # fmt: skip

# Records: deleted, repeated, illegible

AMOUNT, PAYEE = "payments.csv:数额", "payments.csv:收款人"
REFUSED_PAYMENT = unsure("initiator-per-opening", "payout_missing")
RECORDS = (
    # its three payments stay behind: where an opening is known to be lost they prove nothing
    Fault("opening-deleted", delete(OPENINGS, "K000675"),
          (found("sequence_gaps", "entry.position"), *unsure("initiator-per-opening", "payout_unexpected"),
           *unsure("referrer-per-opening", "payout_unexpected"), *unsure("consolation", "payout_unexpected"))),
    # nothing shows that the last opening of A0055 is lost: its three payments are for nothing
    Fault("winning-opening-deleted", delete(OPENINGS, "K000686"),
          (found("payout_unexpected", "initiator-per-opening", CNY="4.50"),
           found("payout_unexpected", "referrer-per-opening", CNY="0.50"),
           found("payout_unexpected", "prize", coupon="198"))),
    # who began it is lost with it: neither its start nor the initiator's part of its openings can be judged
    Fault("activity-deleted", delete(ACTIVITIES, "A0055"),
          (found("links_broken", "entry.activity_id"), *unsure("initiator-per-opening"),
           *unsure("referrer-per-activity", "payout_unexpected"),
           *unsure("team-leader-per-activity", "payout_unexpected"))),
    # U00099 opened two boxes, began nothing and recruited nobody
    Fault("user-deleted", delete(USERS, "U00099"),
          (found("links_broken", "entry.participant_id"), found("links_broken", "payment.payee_id"),
           *unsure("referrer-per-opening"), *unsure("seed-user", "payout_unexpected"))),
    # U00016 recruited U00023 and U00143: of somebody without a record it is not known that they may be paid
    Fault("recruiter-deleted", delete(USERS, "U00016"),
          (found("links_broken", "entry.participant_id"), found("links_broken", "payment.payee_id"),
           found("payout_unexpected", "referrer-per-opening", CNY="5.50"),
           *unsure("seed-user", "payout_unexpected"))),
    # here a record stands, though unreadable, and may be the recruiter's
    Fault("recruiter-without-a-last-column",
          replace(USERS, "U00016,U00012,U00001,2022-03-01 11:56:52", "U00016,U00012,U00001"),
          (found("cells_refused", "users.csv"), found("links_broken", "entry.participant_id"),
           found("links_broken", "payment.payee_id"), *unsure("referrer-per-opening"),
           *unsure("seed-user", "payout_unexpected"))),
    Fault("opening-without-its-last-column",
          replace(OPENINGS, "U00209,2022-04-10 02:11:33,5.00,未中,\r\n", "U00209,2022-04-10 02:11:33,5.00,未中\r\n"),
          (found("cells_refused", "openings.csv"), found("sequence_gaps", "entry.position"),
           *unsure("consolation", "payout_unexpected"))),
    Fault("payment-repeated", repeat(PAYMENTS, "P002245"), (found("ids_repeated", "payment.payment_id"),)),
    Fault("opening-repeated", repeat(OPENINGS, "K000675"),
          (found("ids_repeated", "entry.entry_id"), found("ids_repeated", "outcome.entry_id"))),
    Fault("activity-repeated", repeat(ACTIVITIES, "A0055"), (found("ids_repeated", "activity.activity_id"),)),
    Fault("user-repeated", repeat(USERS, "U00053"), (found("ids_repeated", "participant.participant_id"),)),
    Fault("letter-in-an-amount", set_cell(PAYMENTS, "P002245", "数额", "4.5O"),
          (found("cells_refused", AMOUNT), *REFUSED_PAYMENT)),
    Fault("three-decimals", set_cell(PAYMENTS, "P002245", "数额", "4.505"),
          (found("cells_refused", AMOUNT), *REFUSED_PAYMENT)),
    Fault("thousands-mark", set_cell(PAYMENTS, "P002245", "数额", "4,500.00"),
          (found("cells_refused", AMOUNT), *REFUSED_PAYMENT)),
    Fault("id-in-scientific-notation", set_cell(PAYMENTS, "P002245", "收款人", "1.2E+17"),
          (found("cells_refused", PAYEE), *REFUSED_PAYMENT)),
    Fault("space-after-an-id", set_cell(PAYMENTS, "P002245", "收款人", "U00053 "),
          (found("cells_refused", PAYEE), *REFUSED_PAYMENT)),
    Fault("payee-empty", set_cell(PAYMENTS, "P002245", "收款人", ""),
          (found("values_missing", "payment.payee_id"), *REFUSED_PAYMENT)),
    Fault("record-without-its-last-column",
          replace(PAYMENTS, "P002245,2022-04-10 03:04:43,U00053,人民币,4.50,开盒返利,K000675\n",
                  "P002245,2022-04-10 03:04:43,U00053,人民币,4.50,开盒返利\n"),
          (found("cells_refused", "payments.csv"), *REFUSED_PAYMENT)),
    Fault("time-without-an-hour", set_cell(OPENINGS, "K000675", "开盒时间", "2022-04-10"),
          (found("cells_refused", "openings.csv:开盒时间"),)),
    Fault("unknown-outcome", set_cell(OPENINGS, "K000675", "结果", "未知"),
          (found("cells_refused", "openings.csv:结果"), *unsure("consolation"), *unsure("prize"))),
    Fault("outcome-empty", set_cell(OPENINGS, "K000675", "结果", ""),
          (found("values_missing", "outcome.outcome"), *unsure("consolation"), *unsure("prize"))),
    Fault("choice-empty", set_cell(OPENINGS, "K000686", "奖品选择", ""), unsure("prize")),
    Fault("activity-started-after-its-openings", set_cell(ACTIVITIES, "A0055", "发起时间", later),
          (found("records_out_of_order", "activity.started_at"),)),
    Fault("opener-joined-after-opening", set_cell(USERS, "U00239", "注册时间", "2022-05-31 12:00:00"),
          (found("records_out_of_order", "participant.joined_at"),)),
    Fault("amount-below-zero", set_cell(PAYMENTS, "P002245", "数额", "-4.50"),
          (found("values_out_of_range", "payment.amount"),
           found("payout_wrong", "initiator-per-opening", CNY="9.00"))),
    Fault("broken-byte", replace(USERS, "U00053,U00003", b"U00053\xff,U00003"), unreadable=True),
    Fault("open-quotation-mark", replace(PAYMENTS, "P002245,2022-04-10 03:04:43,U00053", 'P002245,2022-04-10 03:04:43,"U00053'),
          unreadable=True),
    # the platform states its count apart; the last payment of all is missing from the export
    Fault("control-total", both(
        replace("case.yaml", "timezone: Asia/Shanghai", "timezone: Asia/Shanghai\ncontrol: {payment: {rows: 4726}}"),
        delete(PAYMENTS, "P004726")),
        (found("control_totals_differ", "payment.rows"), found("payout_missing", "consolation", coupon="99"))),
)  # fmt: skip

# Draws: openings that cannot be, with everything that is owed for them paid on time

AFTER = "K001513"


def opening(activity: str, box: int, opener: str, at: str, outcome: str, paid: dict[str, tuple[str, str]]) -> Plant:
    """Add an opening with its payments: reason → (payee, asset and amount)."""
    rows = [f"P90000{n},{at},{payee},{what},{reason},{AFTER}" for n, (reason, (payee, what)) in enumerate(paid.items())]
    return both(append(OPENINGS, f"{AFTER},{activity},{box},{opener},{at},5.00,{outcome}"), append(PAYMENTS, *rows))


PAID = {"开盒返利": ("U00053", "人民币,4.50"), "推荐返利": ("U00095", "人民币,0.50")}
LOSS, WIN = {"未中补偿": ("U00104", "盲盒券,99")}, {"中奖": ("U00104", "盲盒券,198")}
OTHERS = {
    "开盒返利": ("U00146", "人民币,4.50"),
    "推荐返利": ("U00019", "人民币,0.50"),
    "未中补偿": ("U00034", "盲盒券,99"),
}
DRAWS = (
    Fault("opening-after-the-win", opening("A0055", 17, "U00104", "2022-04-10 04:40:00", "未中,", {**PAID, **LOSS}),
          (found("impossible_outcome", "opening after the win"), found("records_out_of_order", "activity.ended_at"))),
    Fault("win-after-the-win", opening("A0055", 17, "U00104", "2022-04-10 04:40:00", "中奖,盲盒券", {**PAID, **WIN}),
          (found("impossible_outcome", "win after the win"), found("records_out_of_order", "activity.ended_at"))),
    Fault("box-25", opening("A0060", 25, "U00034", "2022-04-13 09:50:00", "未中,", OTHERS),
          (found("impossible_outcome", "box that does not exist"),)),
    Fault("box-opened-twice", opening("A0060", 2, "U00034", "2022-04-13 09:50:00", "未中,", OTHERS),
          (found("impossible_outcome", "box opened twice"),)),
    Fault("out-of-order", swap(OPENINGS, "K000673", "K000674", "开盒时间"),
          (found("impossible_outcome", "opened out of order"),)),
)  # fmt: skip

# Declarations

CLAIMS = (
    Fault("claim-of-1.5", replace("rules.yaml", '["-25.50", "78.00"]', '["1.50", "78.00"]'),
          (found("claim_contradicts_rules", "initiator-net"),)),
)  # fmt: skip

FAULTS = (*AT_ONCE, *PAYOUTS, *RECORDS, *DRAWS, *CLAIMS)
ALONE = tuple(fault for award in ONE_BY_ONE for fault in award)
