"""Mining: what is missing is proposed, chance and leakers are not."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.explain.worlds import Row
from tests.detect.making import CHINA, DAY, HOUR, commit, quiet
from tests.ledger.helpers import at
from wayseal.detect.explain import Template, TemplateKind, load_templates
from wayseal.detect.explain._templates import parse_templates
from wayseal.detect.facts import build_context, update_facts
from wayseal.detect.reasons import MineResult, mine_templates, render_mine
from wayseal.detect.reasons._candidates import candidates
from wayseal.detect.reasons._measure import ACCOUNTS, LIFT, READS, Side, dominating, support
from wayseal.ledger import open_ledger
from wayseal.page.languages import LANGS

CITIES, EACH, PARCELS = 10, 2, 600
OUTLETS = [f"o-{n:02d}" for n in range(CITIES * EACH)]


def city(outlet: str) -> int:
    return int(outlet[2:]) // EACH


def world(seed: int = 1) -> dict[str, list[Row]]:
    """Twenty outlets in ten cities, two clerks each who read their parcels; ten agents with tickets, in pairs."""
    rng = np.random.default_rng(seed)
    tables: dict[str, list[Row]] = {name: [] for name in ("actors", "waybills", "scans", "tickets", "accesses")}
    tables["outlets"] = [{"outlet": o, "kind": "outlet", "city": f"c-{city(o)}", "region": "r"} for o in OUTLETS]
    tables["actors"] = [
        *({"actor": f"u-{o}-{k}", "kind": "person", "role": "clerk", "outlet": o} for o in OUTLETS for k in range(2)),
        *({"actor": f"a-{k}", "kind": "person", "role": "agent", "region": f"r-{k // 2}"} for k in range(10)),
    ]
    for n in range(PARCELS):
        origin, destination = (OUTLETS[k] for k in rng.choice(len(OUTLETS), 2, replace=False))
        when = int(rng.integers(0, 10 * DAY))
        waybill = f"YT{n}"
        tables["waybills"].append(
            {
                "waybill": waybill, "issued_at": at(when), "channel": "app", "origin_outlet": origin,
                "destination_outlet": destination,
            }
        )  # fmt: skip
        tables["scans"].append({"waybill": waybill, "at": at(when + HOUR), "kind": "pickup", "outlet": origin})
        tables["accesses"].append(read(when + HOUR, f"u-{origin}-{n % 2}", waybill))
        if n % 4 == 0:
            agent = f"a-{n // 4 % 10}"
            tables["tickets"].append(
                {"ticket": f"k-{n}", "waybill": waybill, "opened_at": at(when + 2 * HOUR), "actor": agent}
            )
            tables["accesses"].append(read(when + 3 * HOUR, agent, waybill))
    return tables


def read(when: int, actor: str, waybill: str) -> Row:
    return {"at": at(when), "actor": actor, "waybill": waybill, "action": "view"}


def issued(tables: dict[str, list[Row]]) -> list[tuple[str, int, str, str]]:
    """(waybill, minute of issue, origin, destination)."""
    start = at(0)
    return [
        (r["waybill"], int((r["issued_at"] - start).total_seconds() // 60), r["origin_outlet"], r["destination_outlet"])
        for r in tables["waybills"]
    ]


def leak(tables: dict[str, list[Row]], actor: str, n: int, seed: int = 2) -> None:
    """Parcels of all the courier, as a leaker pulls them."""
    rng = np.random.default_rng(seed)
    for k in rng.choice(PARCELS, n, replace=False):
        waybill, when, *_ = issued(tables)[int(k)]
        tables["accesses"].append(read(when + 5 * HOUR, actor, waybill))


def mined(folder: Path, tables: dict[str, list[Row]], without: str = "", limit: int = 10, **more: Any) -> MineResult:
    commit(folder, folder / "L", tables)
    templates = [t for t in load_templates(None) if t.name != without]
    with open_ledger(folder / "L") as snapshot:
        facts = update_facts(snapshot, None, templates, CHINA, quiet)
        ground = build_context(snapshot, templates, CHINA)
        return mine_templates(snapshot, facts, ground, templates, limit, **more)


def test_a_template_that_was_taken_out_is_proposed(tmp_path: Path) -> None:
    tables = world()
    leak(tables, "a-0", 150)
    found = mined(tmp_path, tables, without="ticket")
    best = found.proposals[0]
    assert (best.kind, best.roles) == ("ticket", ("agent",))
    assert best.template is not None
    assert best.template.name == "ticket-agent"
    assert (best.reads, best.accounts, best.left_out) == (150, 10, (0, 0))
    assert best.lift > 10
    assert best.largest == pytest.approx(0.1)
    assert 280 < found.looked == found.unexplained <= 300 - both(tables)
    assert found.left == found.looked - sum(p.reads for p in found.proposals)


def both(tables: dict[str, list[Row]]) -> int:
    """How many reads of a leaker are no first reads, as the account had read the parcel for its work."""
    pairs = [(r["actor"], r["waybill"]) for r in tables["accesses"]]
    return len(pairs) - len(set(pairs))


def test_helping_out_in_the_city_is_proposed_by_city(tmp_path: Path) -> None:
    tables = world()
    for waybill, when, origin, _ in issued(tables)[:200]:
        neighbour = next(o for o in OUTLETS if city(o) == city(origin) and o != origin)
        tables["accesses"].append(read(when + 4 * HOUR, f"u-{neighbour}-0", waybill))
    found = mined(tmp_path, tables)
    assert found.proposals[0].kind == "city"
    assert found.proposals[0].roles == ("clerk",)
    assert found.proposals[0].reads >= 150
    assert found.first_reads == PARCELS + PARCELS // 4 + 200


def test_work_that_is_handed_over_by_ticket_is_proposed(tmp_path: Path) -> None:
    tables = world()
    for one, (_, when, _, _) in zip(tables["tickets"], issued(tables)[::4], strict=True):
        tables["accesses"].append(read(when + 4 * HOUR, f"a-{int(one['actor'][2:]) ^ 1}", one["waybill"]))
    found = mined(tmp_path, tables, without="handover")
    assert [(p.kind, p.roles, p.reads) for p in found.proposals] == [("handover", ("agent",), 150)]


def test_work_that_is_handed_over_without_a_ticket_is_seen(tmp_path: Path) -> None:
    tables = world()
    shops = {one["waybill"]: f"shop-{int(one['actor'][2:]) // 2}" for one in tables["tickets"]}
    tables["waybills"] = [row | {"customer": shops.get(row["waybill"])} for row in tables["waybills"]]
    tables["assignments"] = [
        {"actor": f"a-{2 * k}", "scope": "customer", "value": f"shop-{k}", "from": at(-DAY)} for k in range(5)
    ]
    del tables["tickets"]
    tables["accesses"] = [r for r in tables["accesses"] if not r["actor"].startswith("a-")]
    for waybill, when, _, _ in issued(tables)[::4]:
        pair = int(shops[waybill][5:])
        tables["accesses"] += [read(when + (3 + k) * HOUR, f"a-{2 * pair + k}", waybill) for k in (0, 1)]
    found = mined(tmp_path, tables)
    assert [(p.kind, p.template, p.reads) for p in found.proposals] == [("colleague", None, 150)]
    assert "without a ticket" in render_mine(found, "text", "en", width=400)
    assert "没有工单" in render_mine(found, "text", "zh", width=400)


def test_scans_that_are_missing_are_seen_by_lane(tmp_path: Path) -> None:
    tables = world()
    hubs = [f"h-{n}" for n in range(CITIES)]
    for n, hub in enumerate(hubs):
        tables["outlets"].append({"outlet": hub, "kind": "hub", "city": f"hub-{n}", "region": "r"})
        tables["actors"] += [
            {"actor": f"s-{n}-{k}", "kind": "person", "role": "sorter", "outlet": hub} for k in range(2)
        ]
    for n, (waybill, when, origin, _) in enumerate(issued(tables)):
        if n % 3:
            scan = {"waybill": waybill, "at": at(when + 6 * HOUR), "kind": "arrive", "outlet": hubs[city(origin)]}
            tables["scans"].append(scan)
        tables["accesses"].append(read(when + 7 * HOUR, f"s-{city(origin)}-{n % 2}", waybill))
    found = mined(tmp_path, tables)
    assert [(p.kind, p.template, p.roles) for p in found.proposals] == [("lane", None, ("sorter",))]


def test_leakers_alone_give_no_proposal(tmp_path: Path) -> None:
    tables = world()
    for n in range(4):
        leak(tables, f"u-{OUTLETS[n]}-0", 150, seed=n)
    found = mined(tmp_path, tables)
    assert found.proposals == ()
    assert "No template" in render_mine(found, "text", "en")
    assert render_mine(found, "text", "zh").count("[[template]]") == 0


def test_an_account_that_dominates_does_not_count_and_is_named_apart(tmp_path: Path) -> None:
    tables = world()
    for waybill, when, origin, _ in issued(tables):
        if origin == "o-00":
            tables["accesses"].append(read(when + 4 * HOUR, "u-o-01-0", waybill))
    for waybill, when, origin, _ in issued(tables)[:40]:
        if origin != "o-00":
            neighbour = next(o for o in OUTLETS if city(o) == city(origin) and o != origin)
            tables["accesses"].append(read(when + 4 * HOUR, f"u-{neighbour}-1", waybill))
    found = mined(tmp_path, tables)
    best = found.proposals[0]
    assert best.left_out[0] == 1
    assert best.left_out[1] >= 20
    assert "isn't counted" in render_mine(found, "text", "en")


def test_an_empty_ledger_and_one_without_tables(tmp_path: Path) -> None:
    found = mined(tmp_path, {"accesses": [read(0, "u", "YT1"), read(1, "v", "YT1")]})
    assert (found.first_reads, found.unexplained, found.proposals) == (2, 0, ())
    alone: dict[str, list[Row]] = {
        "accesses": [read(0, "u", "YT1")],
        "scans": [{"waybill": "YT1", "at": at(0), "kind": "pickup", "outlet": "o"}],
    }
    found = mined(tmp_path / "alone", alone)
    assert (found.looked, found.chance, found.proposals) == (1, 0, ())


def test_the_report_has_templates_that_a_file_can_hold(tmp_path: Path) -> None:
    found = mined(tmp_path, world(), without="ticket", name=lambda a: f"p-{a}", limit=1)
    assert len(found.proposals) == 1
    for lang in LANGS:
        text = render_mine(found, "text", lang)
        assert "mine." not in text
        block = text[text.index("# ") :]
        assert parse_templates(block, None) == (found.proposals[0].template,)
    made = json.loads(render_mine(found, "json", "en"))
    assert parse_templates(made["proposals"][0]["toml"], None) == (found.proposals[0].template,)
    assert made["proposals"][0]["example"]["actor"].startswith("p-a-")
    bare = mined(tmp_path / "bare", world(), without="ticket", name=lambda _: "")
    assert json.loads(render_mine(bare, "json", "en"))["proposals"][0]["example"]["actor"] is None
    assert re.search(r"Example: YT\d+, read at", render_mine(bare, "text", "en"))


def test_what_is_tried_is_never_a_mandate_and_knows_each_kind() -> None:
    own = Template(name="night", by=TemplateKind.TICKET, strong=True, roles=frozenset(["clerk"]))
    tried = candidates([*load_templates(None), own])
    assert not any(t.template.by is TemplateKind.MANDATE for t in tried if t.template)
    kinds = {t.kind for t in candidates([])}
    assert kinds == {*TemplateKind, "colleague", "lane"} - {TemplateKind.MANDATE}
    wider = [t.template for t in tried if t.family == "night" and t.template]
    assert all(not t.roles for t in wider)
    assert max(t.after for t in wider) == 3 * own.after
    new = next(t.template for t in candidates(()) if t.template and t.kind == "ticket")
    assert (new.before, new.after) == (2 * 3_600_000_000, 5 * 86_400_000_000)


@given(counts=st.lists(st.integers(0, 1000), max_size=12))
def test_who_dominates(counts: list[int]) -> None:
    odd = dominating(np.array(counts, np.int64))
    assert len(set(odd.tolist())) == len(odd)
    rest = [n for k, n in enumerate(counts) if k not in set(odd.tolist()) and n]
    if len(rest) > 1:
        top, others = max(rest), sum(rest) - max(rest)
        assert top <= max(0.25 * sum(rest), 3 * others / (len(rest) - 1))
    if len(set(counts) - {0}) == 1:
        assert len(odd) == 0


@pytest.mark.parametrize(
    ("reads", "accounts", "by_chance", "proposed"),
    [
        (READS, ACCOUNTS + 1, 0, True),
        (READS - 1, ACCOUNTS + 1, 0, False),
        (READS * 3, ACCOUNTS - 1, 0, False),
        (READS * 5, ACCOUNTS, int(100 / LIFT), True),
        (READS * 5, ACCOUNTS, int(100 / LIFT) + 1, False),
    ],
)
def test_the_bounds_of_a_proposal(reads: int, accounts: int, by_chance: int, proposed: bool) -> None:
    """Of 100 suspects and as many chance reads."""
    n = 100
    hit, drawn = np.arange(n) < reads, np.arange(n) < by_chance
    actor = (np.arange(n) % accounts).astype(np.int32)
    side = Side(role=np.zeros(n, np.int32), actor=actor, open=np.ones(n, np.bool_))
    found = support(hit, drawn, side, side, 1)
    assert (found is not None) == proposed
    if found is not None:
        assert (found.reads, found.accounts) == (reads, accounts)
    nobody = Side(role=np.full(n, -1, np.int32), actor=actor, open=np.ones(n, np.bool_))
    assert support(hit, drawn, nobody, side, 1) is None
