"""What is wrong with what happened: the checks, listed by hand in the order in which a report reads."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.finding import Check

ALL = (
    "declaration.claim_contradicts_rules",
    "declaration.bound_broken",
    "declaration.odds_not_declared",
    "declaration.amount_not_declared",
    "declaration.rounding_not_declared",
    "declaration.deadline_not_declared",
    "declaration.clause_never_fires",
    "declaration.text_admits_other_readings",
    "declaration.stakes_do_not_cover_awards",
    "declaration.prize_worth_more_than_funds",
    "declaration.entry_is_bought",
    "declaration.recruits_are_paid_by_head",
    "declaration.downline_sales_are_paid",
    "declaration.top_prize_over_cap",
    "declaration.prize_terms_not_disclosed",
    "declaration.minors_not_excluded",
    "records.cells_refused",
    "records.values_missing",
    "records.ids_repeated",
    "records.links_broken",
    "records.values_out_of_range",
    "records.sequence_gaps",
    "records.control_totals_differ",
    "records.tier_prize_not_recorded",
    "draws.impossible_outcome",
    "draws.randomness_not_honoured",
    "draws.guarantee_not_honoured",
    "draws.hidden_rule_at_work",
    "draws.early_boxes_never_win",
    "draws.boxes_favoured",
    "draws.win_odds_differ",
    "draws.odds_changed_unannounced",
    "draws.odds_depend_on_hour",
    "draws.odds_depend_on_money",
    "draws.odds_depend_on_stock",
    "draws.odds_depend_on_player",
    "draws.undeclared_guarantee",
    "draws.draws_depend_on_each_other",
    "draws.winners_concentrated",
    "draws.entries_deleted_by_outcome",
    "draws.join_order_favoured",
    "draws.numbers_favoured",
    "draws.tier_winners_differ",
    "payouts.payout_missing",
    "payouts.payout_wrong",
    "payouts.payout_unexpected",
    "payouts.payout_late",
    "payouts.split_differs",
    "payouts.release_above_fund",
    "payouts.stake_differs",
    "payouts.price_differs",
    "payouts.coupon_misspent",
    "payouts.deposit_misused",
    "payouts.tier_prize_wrong",
    "money.coupon_supply_grows",
    "money.award_held_by_nobody",
)


def every_check() -> tuple[Check, ...]:
    """The checks of ALL. They are imported here and not before, so that the command answers at once."""
    return tuple(getattr(import_module(f"checks.{place}"), place.rpartition(".")[2]) for place in ALL)
