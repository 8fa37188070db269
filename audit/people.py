"""Who is behind the accounts: accounts that share an identity, and the declared chance of every recorded entry.

Nothing is judged here: a shared device is a household as easily as a ring.
"""

from __future__ import annotations

from audit.engine import Step, literal
from audit.rules import Boxes, Group, Rules
from audit.scope import Scope

ASIDE = " \t\r\n\u3000\u00a0,.;:'\"!?()[]{}<>/\\|-_*#&+=~，。、；：（）－—·【】“”"  # what spelling may differ by
CLASS = "\\]^-["  # what a class of characters would take for its own
MARK = "\u241f"  # keeps two numbers of an address apart
WIDE = "".join(chr(code + 0xFEE0) for code in range(0x21, 0x7F))  # full-width forms of what ASCII has
NARROW = "".join(chr(code) for code in range(0x21, 0x7F)).lower()
TOO_COMMON = 200  # a value that more accounts share (a school, a company's address) tells nothing about who is who


def people_steps(rules: Rules, scope: Scope) -> list[Step]:
    """`identity_link`, `account_cluster`, `staff` and `entry_chance`, where the export holds what they need."""
    steps: list[Step] = []
    if scope.has("identity", "participant_id", "kind", "value"):
        steps += [_links(), _clusters(), _staff()]
    if scope.has("entry", "participant_id") and scope.has("outcome") and isinstance(rules.draw, Boxes | Group):
        steps.append(_chances(rules))
    return steps


def _links() -> Step:
    """What accounts share, exactly but for spelling. Edit distance is no measure here: Flat 501 and Flat 502 are neighbours."""
    wide = f"translate(lower(value), {literal(WIDE)}, {literal(NARROW)})"
    plain = f"CASE WHEN regexp_matches(value, '[{WIDE[0]}-{WIDE[-1]}]') THEN {wide} ELSE lower(value) END"
    gaps = f"[{''.join(chr(92) + one if one in CLASS else one for one in ASIDE)}]+"
    kept = plain
    for _ in range(2):  # a match ends where the next would begin, so one turn leaves every other gap
        kept = f"regexp_replace({kept}, {literal(f'([0-9]){gaps}([0-9])')}, '\\1{MARK}\\2', 'g')"
    return Step(
        "identity_link",
        "-- what two accounts or more share: letter case, width, spaces and punctuation aside; but 1-23 in an address is not 12-3\n"
        "WITH said AS (\n"
        "    SELECT DISTINCT kind, participant_id,\n"
        f"        regexp_replace(CASE WHEN kind = 'address' THEN {kept}\n"
        f"            ELSE {plain} END, {literal(gaps)}, '', 'g') AS link\n"
        "    FROM identity WHERE kind <> 'staff' AND value IS NOT NULL AND participant_id IS NOT NULL\n"
        "), shared AS (\n"
        "    SELECT kind, link, min(participant_id) AS first_id, count(*) AS accounts FROM said\n"
        f"    WHERE link <> '' GROUP BY kind, link HAVING count(*) BETWEEN 2 AND {TOO_COMMON}\n"
        ")\n"
        "SELECT s.kind, s.link, s.participant_id, h.first_id, h.accounts\n"
        "FROM said AS s JOIN shared AS h ON h.kind = s.kind AND h.link = s.link",
        "table",
    )


def _clusters() -> Step:
    """Accounts joined by any chain of shared values; a cluster bears the smallest of their ids.

    Whoever shares a value is linked to the first account of it; only accounts with several firsts join what is apart.
    """
    return Step(
        "account_cluster",
        "WITH RECURSIVE star AS (\n"
        "    SELECT participant_id, min(first_id) AS lowest, max(first_id) AS highest FROM identity_link GROUP BY participant_id\n"
        "), joined AS (\n"
        "    SELECT s.lowest AS a, l.first_id AS b FROM star AS s JOIN identity_link AS l ON l.participant_id = s.participant_id\n"
        "    WHERE s.lowest < s.highest AND l.first_id <> s.lowest\n"
        "), edge AS (\n"
        "    SELECT a, b FROM joined UNION SELECT b, a FROM joined\n"
        "), label(first_id, cluster) USING KEY (first_id) AS (\n"
        "    SELECT a, min(least(a, b)) FROM edge GROUP BY a\n"
        "    UNION\n"
        "    SELECT e.b, min(l.cluster)\n"
        "    FROM label AS l JOIN edge AS e ON e.a = l.first_id\n"
        "    JOIN recurring.label AS r ON r.first_id = e.b\n"
        "    WHERE l.cluster < r.cluster GROUP BY e.b\n"
        ")\nSELECT s.participant_id, coalesce(l.cluster, s.lowest) AS cluster,\n"
        "    count(*) OVER (PARTITION BY coalesce(l.cluster, s.lowest)) AS accounts\n"
        "FROM star AS s LEFT JOIN label AS l ON l.first_id = s.lowest",
        "table",
    )


def _staff() -> Step:
    """Accounts known to be the company's, and those linked to one."""
    return Step(
        "staff",
        "SELECT s.participant_id, s.participant_id AS of_staff, 'staff' AS how, s.source_file, s.record\n"
        "FROM identity AS s WHERE s.kind = 'staff' AND s.participant_id IS NOT NULL\n"
        "UNION ALL\n"
        "SELECT c.participant_id, min(s.participant_id), 'linked', min(s.source_file), min(s.record)\n"
        "FROM identity AS s\n"
        "JOIN account_cluster AS k ON k.participant_id = s.participant_id\n"
        "JOIN account_cluster AS c ON c.cluster = k.cluster AND c.participant_id <> s.participant_id\n"
        "WHERE s.kind = 'staff' AND c.participant_id NOT IN (\n"
        "    SELECT participant_id FROM identity WHERE kind = 'staff' AND participant_id IS NOT NULL)\n"
        "GROUP BY c.participant_id",
        "table",
    )


def _chances(rules: Rules) -> Step:
    """Each decided entry with the draw it was in: one of chance_den places, chance_num of which win.

    An opened box is a draw of its own, given what was opened before it; in a group the places exclude each other. Like with
    like: boxes of one number are alike where their declared chance is, which boosts and versions change.
    """
    if isinstance(rules.draw, Boxes):
        return Step(
            "entry_chance",
            "SELECT entry_id, activity_id, entry_id AS draw_key, participant_id, initiator_id, position, outcome = 'win' AS won,\n"
            "    chance_num, chance_den, concat_ws('/', position, chance_num, chance_den) AS stratum, source_file, record\n"
            "FROM draw_replayed WHERE outcome IS NOT NULL AND chance_num > 0",
        )
    return Step(
        "entry_chance",
        "SELECT o.entry_id, o.activity_id, o.activity_id AS draw_key, o.participant_id, o.initiator_id, o.position,\n"
        "    o.outcome = 'win' AS won, g.winners AS chance_num, g.places AS chance_den, o.activity_id AS stratum,\n"
        "    o.source_file, o.record\n"
        "FROM entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id\n"
        "WHERE g.is_full AND g.undecided = 0 AND g.winners > 0",
    )
