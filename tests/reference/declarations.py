"""Declarations of the documents' mechanisms, for tests that need no export: retold, with the documents' own figures."""

from __future__ import annotations

PRESALE = """
campaign: pre-sale
effective: {from: 2022-01-01}
assets:
  CNY: {step: "0.01"}
activity: {started_by: initiator}
entry: {says: 100 yuan an order, stake: {CNY: "100"}, repeat: once}
draw: {says: at every 25 people one free order, kind: raffle, every: 25, winners: 1, among: not-yet-won}
due: 24h
awards:
  rebate:
    says: at every 200 people 5 yuan go back to each
    on: entry
    every: 200
    nth: 1-2000
    to: everyone-in-the-end
    pays: {CNY: "5"}
  free-order: {on: win, to: participant, pays: {CNY: "100"}}
costs:
  product: {on: entry, pays: {CNY: "30"}}
  express: {on: entry, pays: {CNY: "10"}}
"""

GACHA = """
campaign: gacha
effective: {from: 2022-01-01}
assets:
  CNY: {step: "0.01"}
  hero: {step: "1"}
  stardust: {step: "1"}
activity: {started_by: initiator}
entry: {stake: {CNY: "10"}}
draw:
  kind: chances
  prizes:
    five-star: {chance: "0.006", guarantee: 90}
    four-star: {chance: "0.051", guarantee: 10}
due: 24h
awards:
  hero: {on: win, when: {prize: [five-star]}, to: participant, pays: {hero: "1"}}
  stardust: {on: loss, to: participant, pays: {stardust: "15"}}
"""

GROUP_REBATE = """
campaign: group-rebate
effective: {from: 2022-01-01}
assets:
  CNY: {step: "0.01"}
  fund: {step: "0.01"}
  product: {step: "1"}
activity: {started_by: initiator}
entry: {stake: {CNY: "50"}}
draw: {kind: group, size: 5, winners: 2}
due: 24h
awards:
  refund: {on: loss, to: participant, pays: {CNY: "50"}}
  envelope: {on: loss, to: participant, pays: {CNY: "10"}}
  product: {on: win, to: participant, pays: {product: "1"}}
  fund: {on: win, to: participant, pays: {fund: "50"}}
  release: {on: entry, to: participant, pays: {CNY: {unlock: "5", from: fund}}}
"""

COMMUNITY = """
campaign: community
effective: {from: 2022-01-01}
assets:
  CNY: {step: "0.01"}
order:
  percent: {"1": "50", "2": "60", "3": "70"}
awards:
  first: {on: order, nth: 1, to: participant.referrer, pays: {CNY: {percent: "10", of: order, rounding: down}}, due: 24h}
versions:
  - from: 2022-01-05
    awards:
      first: {on: order, nth: 1, to: participant.referrer, pays: {CNY: {percent: "8", of: order, rounding: down}}, due: 24h}
"""

ENVELOPE_RAIN = """
campaign: rain
effective: {from: 2022-01-01}
assets:
  CNY: {step: "0.01"}
activity: {started_by: initiator}
entry: {stake: {CNY: "9"}}
draw: {kind: group, size: 3, winners: 1}
due: 24h
awards:
  envelope: {on: completion, to: entrants, pays: {CNY: {pot: "10", split: random, least: "0.10"}}}
"""
