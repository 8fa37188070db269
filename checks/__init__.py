"""What is wrong with what happened: the checks, listed by hand in the order in which a report reads."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.finding import Check
    from audit.rules import Rules

ALL = (
    "declaration.claim_contradicts_rules",
    "declaration.recruits_do_not_break_even",
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
    "declaration.terms_differ_by_group",
    "records.cells_refused",
    "records.values_missing",
    "records.ids_repeated",
    "records.links_broken",
    "records.values_out_of_range",
    "records.records_out_of_order",
    "records.own_referrer",
    "records.referrer_joined_later",
    "records.referrers_in_a_ring",
    "records.referrers_differ",
    "records.referrer_unknown",
    "records.sequence_gaps",
    "records.control_totals_differ",
    "records.tier_prize_not_recorded",
    "draws.impossible_outcome",
    "draws.draw_held_again",
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
    "draws.tickets_favoured",
    "draws.envelope_shares_differ",
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
    "money.entry_fees_paid_to_recruiters",
    "money.rewards_by_source",
    "money.outside_sales_share",
    "money.entry_bought_before_rewards",
    "money.rewards_for_recruiting",
    "money.rewards_reach_up_levels",
    "money.referral_tree_size",
    "money.payout_share_of_sales",
    "money.break_even_seldom_reached",
    "money.members_in_loss",
    "money.claim_differs_from_outcomes",
    "money.losers_gain",
    "money.prize_paid_over_cap",
    "money.promises_outstanding",
    "money.run_off",
    "people.staff_among_winners",
    "people.initiator_wins_own_activity",
    "people.wins_concentrated_in_clusters",
    "people.published_winner_never_entered",
    "people.messages_in_bursts",
    "people.posts_but_never_buys",
    "people.money_goes_in_circles",
    "fairness.outsiders_took_part",
    "fairness.win_rate_differs_by_group",
    "fairness.price_differs_by_group",
    "fairness.same_minute_prices_differ",
    "fairness.awards_unpaid_by_group",
    "fairness.payments_slower_by_group",
    "fairness.requests_refused_by_group",
    "fairness.refunds_overdue",
    "fairness.minors_among_buyers",
    "fairness.ranks_seldom_reached",
)


def every_check() -> tuple[Check, ...]:
    """The checks of ALL. They are imported here and not before, so that the command answers at once."""
    return tuple(getattr(import_module(f"checks.{place}"), place.rpartition(".")[2]) for place in ALL)


def sharing(rules: Rules) -> int:
    """How many checks share the error budget: those that bet on the declared draw, and that early entries win more, where published.

    Known from the rules alone, before any record is read.
    """
    kind = rules.draw.kind if rules.draw else ""
    return max(1, _claims_early(rules) + sum(kind in check.statistical.split() for check in every_check()))


def judged_once(rules: Rules) -> bool:
    """Whether some check judges the whole export once: its part of the budget is no bet that could be looked at again and again."""
    return _claims_early(rules) or (rules.draw is not None and rules.draw.kind == "numbers")


def _claims_early(rules: Rules) -> bool:
    boxes = rules.draw is not None and rules.draw.kind == "boxes"
    return not boxes and any(claim.quantity == "earlier-wins-more" for claim in rules.reported.values())
