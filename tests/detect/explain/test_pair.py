"""Why a read was or was not work, the kernel against plain Python, and accounts made when somebody asks."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.explain.worlds import Drawn, by_kernel, by_rows, judged_worlds
from tests.detect.making import ASSIGNMENTS, CHINA, DAY, HOUR, OUTLETS, STAFF, Row, commit, quiet
from tests.effort import examples
from tests.ledger.helpers import at
from wayseal import store
from wayseal.detect import reasons
from wayseal.detect.errors import NoSuchPairError
from wayseal.detect.explain import MANY, OWN_TICKET, UNEXPLAINED, UNKNOWN, Template, TemplateKind, load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.reasons import MOST_READS, Account, PairResult, _world, explain_pair, render_pair
from wayseal.detect.reasons._judge import Outcome, classify, is_early, try_templates
from wayseal.detect.reasons._pair import ReadJudge
from wayseal.detect.reasons._world import Post, World, parcel_of, world_of
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.model.kinds import Scope
from wayseal.page.languages import LANGS
from wayseal.page.words import catalogue
from wayseal.store import arrow_schema
from wayseal_sim import preset, simulate

PACKAGE = "wayseal.detect.reasons"
ROUTE = {
    "waybill": "YT1", "issued_at": at(0), "channel": "c-1", "origin_outlet": "o-1", "destination_outlet": "o-2",
    "customer": "shop",
}  # fmt: skip


def read(when: int, actor: str, waybill: str = "YT1", action: str | None = "view") -> Row:
    return {"at": at(when), "actor": actor, "waybill": waybill, "action": action}


def ticket(name: str, actor: str, opened: int, closed: int | None = None, waybill: str = "YT1") -> Row:
    end = None if closed is None else at(closed)
    return {"ticket": name, "waybill": waybill, "opened_at": at(opened), "closed_at": end, "actor": actor}


TABLES: dict[str, Any] = {
    **STAFF,
    "waybills": [ROUTE],
    "scans": [{"waybill": "YT1", "at": at(HOUR), "kind": "pickup", "outlet": "o-1"}],
    "tickets": [ticket("k-1", "u-3", 2 * HOUR, 3 * HOUR), ticket("k-2", "u-4", HOUR, waybill="YT2")],
    "accesses": [
        read(2 * HOUR, "u-1"),
        read(HOUR // 2, "u-1"),
        read(13 * DAY, "u-3"),
        read(2 * HOUR, "u-4", action="print"),
        read(HOUR, "all"),
        read(HOUR, "u-1", "YT9"),
        read(HOUR, "stranger"),
        read(HOUR, "u-3", "YT2"),
    ],
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    commit(folder, folder / "L", TABLES)
    return folder / "L"


WITHOUT_CHANNEL = [template for template in load_templates(None) if template.name != "channel"]


def told(ledger: Path, actor: str, waybill: str = "YT1", templates: Sequence[Template] | None = None) -> PairResult:
    with open_ledger(ledger) as snapshot:
        return explain_pair(snapshot, actor, waybill, load_templates(None) if templates is None else templates)


def how(result: PairResult, nth: int = 0) -> dict[str, tuple[str, str]]:
    """What came of each template: (how, what)."""
    return {s.template.name: (s.how.value, s.what) for s in result.reads[nth].steps}


def test_each_read_is_judged_in_its_order_and_the_first_one_marked(ledger: Path) -> None:
    found = told(ledger, "u-1")
    assert [(r.first, r.verdict, r.action) for r in found.reads] == [
        (True, "strong", "view"),
        (False, "strong", "view"),
    ]
    assert how(found) == {"mandate": ("right", ""), "custody": ("fits", "scan")}
    assert found.account.posts[0].value == "o-1"
    assert found.missing == ()


def test_what_is_nearest_where_nothing_fits(ledger: Path) -> None:
    found = told(ledger, "u-3")
    assert found.reads[0].verdict == "strong"
    assert how(found)["custody"] == ("other", "route")
    assert found.reads[0].steps[-1].template.name == "channel"
    found = told(ledger, "u-3", templates=WITHOUT_CHANNEL)
    assert how(found)["ticket"] == ("late", "ticket")
    step = next(one for one in found.reads[0].steps if one.template.name == "ticket")
    assert (step.values["gap"], step.values["limit"]) == (13 * DAY * 60e6 - 3 * HOUR * 60e6, 5 * DAY * 60e6)


def test_verdicts(ledger: Path) -> None:
    assert told(ledger, "all").reads[0].verdict == "mandate"
    assert told(ledger, "u-4").reads[0].verdict == "weak"
    assert told(ledger, "stranger").reads[0].verdict == "unexplained"
    assert told(ledger, "u-1", "YT9").reads[0].verdict == "unknown"
    assert told(ledger, "stranger").account.role == ""


@pytest.mark.parametrize(
    ("actor", "waybill", "said"),
    [
        ("ghost", "YT1", "the ledger knows no such account"),
        ("", "YT1", "the ledger knows no such account"),
        ("u-1", "YT404", "the ledger knows no such waybill"),
        ("u-1", "", "the ledger knows no such waybill"),
        ("u-2", "YT1", "this account has no read of this waybill in the log"),
    ],
)
def test_what_cannot_be_found_is_said_without_naming_it(ledger: Path, actor: str, waybill: str, said: str) -> None:
    with pytest.raises(NoSuchPairError) as caught:
        told(ledger, actor, waybill)
    assert str(caught.value) == said
    assert caught.value.exit_code == 3


def test_accounts_are_called_what_may_be_shown(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        found = explain_pair(snapshot, "u-3", "YT2", load_templates(None), lambda a: f"<{a}>")
    text = render_pair(found, "text", "en") + render_pair(found, "json", "zh")
    assert "<u-3>" in text
    assert "<u-4>" in text
    assert not re.search(r"(?<!<)u-[34]", text)


def test_the_text_says_it_in_sentences(ledger: Path) -> None:
    text = render_pair(told(ledger, "u-3", templates=WITHOUT_CHANNEL), "text", "en", width=200)
    assert "o-1 is an end of the parcel's route, but the account works at o-3." in text
    assert (
        "Ticket k-1 is the account's own, closed 2026-03-01 11:00 12.9 d before the read; the template allows 5 d."
        in text
    )
    chinese = render_pair(told(ledger, "u-3", templates=WITHOUT_CHANNEL), "text", "zh", width=200)
    assert "工单 k-1 由账号本人处理，2026-03-01 11:00 关闭，早于访问 12.9" in chinese


def test_the_json_keeps_its_keys(ledger: Path) -> None:
    made = json.loads(render_pair(told(ledger, "u-3", templates=WITHOUT_CHANNEL), "json", "en"))
    step = next(one for one in made["reads"][0]["tried"] if one["template"] == "ticket")
    assert step["ground"]["closed"] == "2026-03-01T03:00:00Z"
    assert step["result"] == "late"
    assert step["limit"] == 5 * 86_400
    assert made["reads"][0]["template"] is None
    assert {tuple(s) for s in made["reads"][0]["tried"]} == {tuple(step)}


def pair(world: Drawn, ordered: Sequence[Template], actor: str, waybill: str) -> PairResult:
    """What would be said of all reads of a drawn world, without a ledger."""
    known = world_of(world.table("actors"), world.table("outlets"), world.table("assignments"))
    parcel = parcel_of(*(world.table(name, waybill) for name in ("waybills", "scans", "tickets")))
    judge = ReadJudge(account=known.account(actor), parcel=parcel, world=known, templates=ordered, name=str)
    reads = [r for r in world.reads if r["actor"] == actor and r["waybill"] == waybill]
    return PairResult(
        wayseal="0", ledger_digest="0" * 64, waybill=waybill, account=judge.account, parcel=parcel,
        reads=tuple(judge.read(r["at"], r["action"] or "", r["first"]) for r in reads), missing=("scans",),
    )  # fmt: skip


@examples(15)
@given(drawn=judged_worlds())
def test_everything_that_can_come_of_a_template_has_words(drawn: tuple[Drawn, tuple[Template, ...]]) -> None:
    world, ordered = drawn
    for actor, waybill in {(r["actor"], r["waybill"]) for r in world.reads}:
        found = pair(world, ordered, actor, waybill)
        for lang in LANGS:
            text = render_pair(found, "text", lang)
            assert "explain." not in text
            assert "–" not in text
            assert "‹U+" not in text
        assert ("further" in render_pair(found, "text", "en")) == (len(found.reads) > MOST_READS)
        json.loads(render_pair(found, "json", "en"))


GATES = ("role", "kind", "right", "action", "nothing", "common")
TIMED = ("scan", "route", "nearby", "nearend")
SAID = [
    *(f"{what}_{how}" for what in TIMED for how in ("fits", "early", "late", "post", "other", "nowhere")),
    *(f"ticket_{how}" for how in ("fits", "early", "late", "other")),
    *(f"colleague_{how}" for how in ("fits", "early", "late", "other", "own")),
    *(f"{what}_{how}" for what in ("channel", "customer", "area") for how in ("fits", "post", "other", "nowhere")),
    *(f"nothing_{by}" for by in ("custody", "ticket", "handover", "channel", "customer", "responsibility", "city")),
    *(f"gate_{gate}" for gate in GATES[:4]),
    "right_fits",
]


def test_there_is_a_text_for_all_of_it() -> None:
    assert {f"explain.{code}" for code in SAID} <= catalogue("en", PACKAGE).keys()
    assert {h.value for h in Outcome} == {"fits", "early", "late", "post", "other", *GATES}


def test_every_text_is_asked_for() -> None:
    folder = Path(reasons.__file__ or "").parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    made = re.compile(r"(headline|done|nothing|gate|open|over|kind|unsayable)_\w+")
    for code in catalogue("en", PACKAGE):
        key = code.partition(".")[2]
        assert (
            f'"{key}"' in source or f"'{key}'" in source or key in SAID or made.fullmatch(key) or f'"{code}"' in source
        )


@examples(100)
@given(drawn=judged_worlds())
def test_kernel_and_rows_name_the_same_template(drawn: tuple[Drawn, tuple[Template, ...]]) -> None:
    """All templates together, then each alone, so that none hides behind another."""
    world, ordered = drawn
    assert by_kernel(world, ordered) == by_rows(world, ordered)
    for template in ordered:
        assert by_kernel(world, (template,)) == by_rows(world, (template,)), template


def test_a_simulated_courier_read_by_read_through_the_ledger(tmp_path: Path) -> None:
    """What the facts keep as suspects is what plain Python finds no work behind; nothing else."""
    simulate(tmp_path / "w", preset("tiny", accesses=15_000, noise=0.1, insiders="steady"), seed=4)
    ingest(store.open_source(tmp_path / "w" / "dataset"), tmp_path / "L")
    templates = load_templates(None)
    with open_ledger(tmp_path / "L") as snapshot:
        keys = snapshot.control(80)
        suspects = update_facts(snapshot, None, templates, CHINA, quiet).suspects
        some = suspects.filter(pc.is_in(suspects["waybill"], pa.array(keys)))
        names = (snapshot.names(kind, some[kind].to_numpy()) for kind in ("waybill", "actor"))
        values = zip(some["why"].to_pylist(), some["early"].to_pylist(), strict=True)
        kept = dict(zip(zip(*names, strict=True), values, strict=True))
        found = unexplained(snapshot, keys, templates)
        assert found == kept
        assert len(kept) > 20
        assert len({why for why, _ in kept.values()}) > 1
        for (waybill, actor), (why, soon) in list(kept.items())[:10]:
            first = explain_pair(snapshot, actor, waybill, templates).reads[0]
            said = {"unexplained": UNEXPLAINED, "unknown": UNKNOWN}.get(first.verdict)
            assert (templates.index(first.steps[-1].template) if said is None else said, first.early) == (why, soon)


def unexplained(
    snapshot: Snapshot, keys: npt.NDArray[np.uint64], templates: Sequence[Template]
) -> dict[tuple[str, str], tuple[int, bool]]:
    """(why, early) of the first reads of some waybills that no mandate and nobody else's strong word explains."""
    known = world_of(snapshot.actors(), snapshot.outlets(), snapshot.assignments())
    reads = snapshot.reads(keys, ("waybill", "at", "actor", "action", "first"))
    actors = snapshot.names("actor", reads["actor"].to_numpy())
    tables = ("waybills", "scans", "tickets")
    parcels = {k: parcel_of(*(snapshot.table(n, np.array([k])) for n in tables)) for k in keys.tolist()}
    numbers = dict(zip(keys.tolist(), snapshot.names("waybill", keys), strict=True))
    columns = (reads[n].cast("int64") if n == "at" else reads[n] for n in ("waybill", "at", "action", "first"))
    rows = zip(*(c.to_pylist() for c in columns), actors, strict=True)
    out = {}
    for key, when, action, first, actor in rows:
        found = try_templates(when, action or "", known.account(actor), parcels[key], known, templates)
        said = classify(found, parcels[key])
        own = said == "strong" and found[-1].template.by is TemplateKind.TICKET
        if first and own:
            out[numbers[key], actor] = OWN_TICKET, False
        elif first and said in {"weak", "unexplained", "unknown"}:
            why = {"unexplained": UNEXPLAINED, "unknown": UNKNOWN}.get(said)
            why = templates.index(found[-1].template) if why is None else why
            out[numbers[key], actor] = why, why >= UNEXPLAINED and is_early(when, parcels[key])
    return out


NAMES = ("a", "ab", "b", "Z", "é", "运单", "\U0001f4e6")
OUTLET, REGION = st.sampled_from([None, "", "o-1", "o-2"]), st.sampled_from([None, "north"])
RIGHTS = st.sampled_from([None, [], ["x"], ["x", "y"]])
ROLE = st.sampled_from(["clerk", "agent"])
ACTORS = st.lists(st.tuples(st.sampled_from(NAMES), ROLE, OUTLET, REGION, RIGHTS), max_size=9)
TASK = st.tuples(st.sampled_from(NAMES), st.sampled_from(list(Scope)), st.sampled_from("pq"), st.integers(0, 9))
TASKS = st.lists(TASK, max_size=9)
Actor = tuple[str, str, str | None, str | None, list[str] | None]
Task = tuple[str, Scope, str, int]


def made(actors: Sequence[Actor], tasks: Sequence[Task]) -> World:
    names = ("actor", "role", "outlet", "region", "rights")
    rows = [{"kind": "person", **dict(zip(names, row, strict=True))} for row in actors]
    given_ = [
        {"actor": actor, "scope": scope.value, "value": value, "from": at(day * DAY), "to": None}
        for actor, scope, value, day in tasks
    ]
    return world_of(table("actors", rows), table("outlets", OUTLETS), table("assignments", given_))


def table(name: str, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=arrow_schema(name))


def micros(day: int) -> int:
    return int(at(day * DAY).timestamp()) * 1_000_000


@examples(100)
@given(ACTORS, TASKS, st.integers(1, 3))
def test_an_account_is_its_last_row_with_all_of_its_tasks(actors: list[Actor], tasks: list[Task], kept: int) -> None:
    wanted: dict[str, Account] = {}
    posts: dict[str, list[Post]] = {}
    for actor, scope, value, day in tasks:
        posts.setdefault(actor, []).append(Post(scope=scope, value=value, since=micros(day)))
        wanted[actor] = Account(actor=actor, posts=tuple(posts[actor]))
    for actor, role, outlet, region, rights in actors:
        home = [Post(scope=Scope.OUTLET, value=outlet)] if outlet else []
        wanted[actor] = Account(
            actor=actor, role=role, kind="person", outlet=outlet or "", region=region or "",
            rights=frozenset(rights or ()), posts=(*home, *posts.get(actor, ())),
        )  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_world, "_KEPT", kept)
        world = made(actors, tasks)
        for _ in range(2):
            assert {name: world.account(name) for name in wanted} == wanted
    assert dict(world.accounts) == wanted
    assert len(world.accounts) == len(wanted)
    for name in {*NAMES, "", "aa", "zz"} - wanted.keys():
        assert world.account(name) == Account(actor=name)
        assert name not in world.accounts


@pytest.mark.parametrize(("holders", "common"), [(MANY // 4, {}), (MANY // 4 + 1, {"x": (MANY // 4 + 1) / MANY})])
def test_a_right_of_more_than_a_quarter_says_nothing(holders: int, common: dict[str, float]) -> None:
    rows = [
        (f"u-{n}", "clerk", None, None, ["x", "y"] if n == 0 else ["x"] if n < holders else None) for n in range(MANY)
    ]
    assert made(rows, []).common == common
    assert made(rows[:-1], []).common == {}


def test_tasks_hold_to_their_ends() -> None:
    world = world_of(table("actors", []), table("outlets", []), table("assignments", ASSIGNMENTS))
    (post,) = world.account("u-4").posts
    assert (post.since, post.until) == (micros(-1), micros(20))
