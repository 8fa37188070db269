"""Rings of referrers: people each of whom is said to have been recruited by the next."""

from __future__ import annotations

from collections.abc import Mapping

from audit.engine import Columns, Loop, Step
from audit.scope import Scope


def referral_steps(scope: Scope) -> list[Step | Loop]:
    """`referral_ring`: everybody in a ring, with a number for the ring; self-referral is none."""
    if not scope.has("participant", "participant_id", "referrer_id"):
        return []
    later = "NOT coalesce(r.joined_at < p.joined_at, false)"
    return [
        Step(
            "referral",
            "SELECT p.participant_id, r.participant_id AS referrer, p.joined_at, r.joined_at AS referrer_joined_at\n"
            "FROM participant_once AS p\nJOIN participant_once AS r ON r.participant_id = p.referrer_id\n"
            "WHERE r.participant_id <> p.participant_id",
        ),
        Step(
            "referral_node",
            "-- a ring has a referrer who did not join earlier: without one nobody need be numbered\n"
            "SELECT row_number() OVER (ORDER BY participant_id) - 1 AS node, participant_id\n"
            "FROM participant_once\n"
            "WHERE participant_id IS NOT NULL AND EXISTS (\n"
            "    SELECT 1 FROM participant_once AS p JOIN participant_once AS r ON r.participant_id = p.referrer_id\n"
            f"    WHERE r.participant_id <> p.participant_id AND {later}\n)",
            "table",
        ),
        Loop(
            "strongly connected components of the referrals",
            {
                "people": "SELECT count(*) AS people FROM referral_node",
                "edges": "SELECT n.node, m.node AS referrer\nFROM referral AS r\n"
                "JOIN referral_node AS n ON n.participant_id = r.participant_id\n"
                "JOIN referral_node AS m ON m.participant_id = r.referrer",
            },
            {"referral_component": {"node": "BIGINT", "ring": "BIGINT"}},
            _rings,
        ),
        Step(
            "referral_ring",
            "SELECT n.participant_id, min(n.participant_id) OVER (PARTITION BY c.ring) AS ring\n"
            "FROM referral_component AS c\nJOIN referral_node AS n ON n.node = c.node",
            "table",
        ),
    ]


def _rings(given: Mapping[str, Columns]) -> Mapping[str, Columns]:
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(given["people"]["people"][0])
    node, referrer = given["edges"]["node"], given["edges"]["referrer"]
    if not len(node):
        return {"referral_component": {"node": np.empty(0, np.int64), "ring": np.empty(0, np.int64)}}
    graph = coo_array((np.ones(len(node), np.int8), (node, referrer)), shape=(count, count))
    _, ring = connected_components(graph, directed=True, connection="strong")
    inside = np.flatnonzero(np.bincount(ring)[ring] > 1)
    return {"referral_component": {"node": inside, "ring": ring[inside]}}
