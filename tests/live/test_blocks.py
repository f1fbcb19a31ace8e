"""Blocks: the record, rules that two people switched on, and the list that is swapped (`wayseal.live.blocks`)."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.running import files_limited
from tests.tables import each
from wayseal.journal.chain import Code, Head
from wayseal.live.blocks import Blocks, Rule, verify_blocks
from wayseal.live.errors import ActError, RecordError
from wayseal.live.types import Notice, NoticeKind, Reason, TippingRead
from wayseal.store.blocked import (
    SLOW_SECONDS,
    BlockedFile,
    BlockedList,
    Enforcer,
    Entry,
    Fails,
    Measure,
    read_blocked,
)
from wayseal.store.errors import StoreError

NOW = 1_772_438_400_000_000
SECOND, MINUTE = 1_000_000, 60_000_000
RULE = Rule(name="pulls", least=0.9, measure=Measure.STEP_UP, minutes=60)
READ = TippingRead(waybill="YT1", at=NOW, number=1)


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        self.now += 1
        return self.now


def notice(id_: str = "n1", kind: NoticeKind = NoticeKind.RAISED, **more: Any) -> Notice:
    told: dict[str, Any] = {"at": NOW, "actor": "u-1042", "probability": 0.97, "limits": "", "tipped_by": READ} | more
    reasons = told.pop("reasons", (Reason(detector="unexplained", value=90, usual=40),))
    return Notice(id=id_, kind=kind, day=0, reasons=reasons, **told)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def blocks(tmp_path: Path, clock: Time) -> Blocks:
    return Blocks(tmp_path / "live", clock=clock)


def added(blocks: Blocks, **more: Any) -> Entry:
    given = {"actor": "u-1", "measure": "block", "reason": "pulls", "case": "c-1", "until": NOW + MINUTE, "who": "Li"}
    return blocks.add(**{**given, **more})


def in_force(blocks: Blocks, rule: Rule = RULE) -> None:
    blocks.propose_rule(rule, who="Li, audit")
    blocks.agree_rule(rule.name, who="Wang, IT")


def listed(blocks: Blocks) -> list[str]:
    return [one.id for one in read_blocked(blocks.file).entries]


def test_an_entry_is_in_the_list_until_it_is_lifted(blocks: Blocks, tmp_path: Path) -> None:
    entry = added(blocks, actor="u-1042")
    now = read_blocked(blocks.file)
    assert (now.version, now.entries) == (1, (entry,))
    assert entry.id == "b-1"
    assert blocks.lift(["b-1"], who="Wang", why="work after all") == (entry,)
    assert blocks.lift(["b-1"], who="Wang", why="again") == ()
    now = read_blocked(blocks.file)
    assert (now.version, now.entries) == (2, ())
    assert [path.stat().st_mode & 0o777 for path in sorted((tmp_path / "live").iterdir())] == [0o640, 0o600]
    assert verify_blocks(tmp_path / "live").sound


def test_an_entry_ends_by_itself(blocks: Blocks, clock: Time) -> None:
    added(blocks)
    file = BlockedFile(blocks.file, fails=Fails.CLOSED)
    assert file.measure_for("u-1", NOW + MINUTE - 1)
    assert file.measure_for("u-1", NOW + MINUTE) is None
    clock.now = NOW + 2 * MINUTE
    assert blocks.state().standing(clock.now) == ()
    added(blocks, until=NOW + 9 * MINUTE)
    assert listed(blocks) == ["b-2"]


@each(
    ("field", "value"),
    [
        ("measure", "shoot"), ("until", NOW), ("until", NOW + 32 * 24 * 60 * MINUTE), ("reason", " "), ("case", ""),
        ("reason", "a\nb"), ("reason", "x" * 501), ("who", ""), ("actor", ""), ("actor", "a\udc80"),
    ],
)  # fmt: skip
def test_what_cant_be_an_entry(tmp_path: Path, field: str, value: object) -> None:
    blocks = Blocks(tmp_path / "none", clock=Time())
    with pytest.raises(ActError) as caught:
        added(blocks, **{field: value})
    assert caught.value.key == field
    assert not (tmp_path / "none/blocks.jsonl").exists()
    assert str(value).strip() not in str(caught.value) or not str(value).strip()


@each(
    ("field", "value"), [("least", 0.0), ("least", 1.5), ("minutes", 0), ("minutes", 50_000), ("most", 0), ("name", "")]
)
def test_what_cant_be_a_rule(tmp_path: Path, field: str, value: Any) -> None:
    with pytest.raises(ActError) as caught:
        Blocks(tmp_path, clock=Time()).propose_rule(replace(RULE, **{field: value}), who="Li")
    assert caught.value.key == field


def test_a_rule_takes_two_people(blocks: Blocks) -> None:
    blocks.propose_rule(RULE, who="Li, audit")
    assert blocks.act_on(notice()) is None
    for same in ("Li, audit", " li,  AUDIT "):
        with pytest.raises(ActError, match="another person"):
            blocks.agree_rule("pulls", who=same)
    blocks.agree_rule("pulls", who="Wang, IT")
    with pytest.raises(ActError, match="waits"):
        blocks.agree_rule("pulls", who="Zhao")
    with pytest.raises(ActError, match="switch it off first"):
        blocks.propose_rule(RULE, who="Zhao")
    entry = blocks.act_on(notice())
    assert entry is not None
    assert (entry.actor, entry.measure, entry.case) == ("u-1042", Measure.STEP_UP, "notice n1")
    assert blocks.switch_off_rule("pulls", who="Zhao", why="too many") == ("b-1",)
    assert blocks.act_on(notice("n2", actor="u-2")) is None
    assert listed(blocks) == ["b-1"]
    with pytest.raises(ActError, match="no such rule"):
        blocks.switch_off_rule("pulls", who="Zhao", why="again")


def test_told_twice_blocked_once(blocks: Blocks) -> None:
    in_force(blocks)
    first = blocks.act_on(notice(), case="c-7")
    assert blocks.act_on(notice()) == first
    assert Blocks(blocks.file.parent, clock=Time()).act_on(notice()) == first
    assert listed(blocks) == ["b-1"]
    assert first is not None
    assert first.case == "c-7"


def test_a_withdrawn_notice_lifts_at_once(blocks: Blocks) -> None:
    in_force(blocks)
    blocks.act_on(notice())
    added(blocks, actor="u-1042")
    assert blocks.act_on(notice("n1w", NoticeKind.WITHDRAWN, raised="n1")) is None
    assert listed(blocks) == ["b-2"], "what a person made stays"
    assert blocks.act_on(notice()) is None, "the outbox tells it again"
    assert blocks.act_on(notice("n1w", NoticeKind.WITHDRAWN, raised="n1")) is None
    assert listed(blocks) == ["b-2"]


def test_a_changed_notice_is_judged_anew(blocks: Blocks) -> None:
    in_force(blocks)
    assert blocks.act_on(notice(probability=0.5)) is None
    assert blocks.act_on(notice("n2", NoticeKind.CHANGED, raised="n1", probability=0.95))
    blocks.act_on(notice("n3", NoticeKind.CHANGED, raised="n1", probability=0.6))
    assert listed(blocks) == []
    assert blocks.act_on(notice("n4", NoticeKind.CHANGED, raised="n1", probability=0.99))
    blocks.lift(["b-2"], who="Wang", why="heard him")
    assert blocks.act_on(notice("n5", NoticeKind.CHANGED, raised="n1", probability=0.99)) is None
    assert listed(blocks) == []


@each(
    ("rule", "more", "fits"),
    [
        (RULE, {}, True),
        (RULE, {"probability": 0.89}, False),
        (replace(RULE, detectors=("night",)), {}, False),
        (replace(RULE, detectors=("night", "unexplained")), {}, True),
        (RULE, {"at": NOW - 60 * MINUTE}, False),
        (RULE, {"at": NOW - 59 * MINUTE}, True),
    ],
)
def test_which_notices_a_rule_fits(tmp_path: Path, rule: Rule, more: dict[str, Any], fits: bool) -> None:
    clock = Time()
    blocks = Blocks(tmp_path / f"{rule.detectors}{more}", clock=clock)
    in_force(blocks, rule)
    entry = blocks.act_on(notice(**more))
    assert (entry is not None) == fits
    if entry:
        assert entry.until == more.get("at", NOW) + 60 * MINUTE


def test_a_clock_that_is_ahead_blocks_nobody_longer(blocks: Blocks, clock: Time) -> None:
    in_force(blocks)
    entry = blocks.act_on(notice(at=NOW + 300 * MINUTE))
    assert entry is not None
    assert entry.until <= clock.now + 60 * MINUTE


def test_the_hardest_rule_counts_and_none_blocks_too_many(blocks: Blocks) -> None:
    in_force(blocks)
    in_force(blocks, replace(RULE, name="hard", measure=Measure.BLOCK, minutes=5, most=2))
    made = [blocks.act_on(notice(f"n{n}", actor=f"u-{n}")) for n in range(4)]
    assert [one and one.measure for one in made] == [Measure.BLOCK, Measure.BLOCK, None, None]


def test_gateways_say_what_they_enforce(blocks: Blocks) -> None:
    added(blocks)
    blocks.enforced("gw-1", 1, "closed", who="gw-1")
    lines = len((blocks.file.parent / "blocks.jsonl").read_text().splitlines())
    blocks.enforced("gw-1", 1, "closed", who="gw-1")
    assert len((blocks.file.parent / "blocks.jsonl").read_text().splitlines()) == lines
    blocks.enforced("gw-1", 1, Fails.OPEN, who="gw-1")
    assert blocks.state().gateways["gw-1"].fails is Fails.OPEN
    assert read_blocked(blocks.file).version == 1
    for version, fails, key in ((2, "open", "version"), (1, "ajar", "fails")):
        with pytest.raises(ActError) as caught:
            blocks.enforced("gw-1", version, fails, who="gw-1")
        assert caught.value.key == key


def test_a_list_behind_a_link_is_swapped_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "live/blocked.json").symlink_to(tmp_path / "shared/blocked.json")
    added(Blocks(tmp_path / "live", clock=Time()))
    assert (tmp_path / "live/blocked.json").is_symlink()
    assert read_blocked(tmp_path / "shared/blocked.json").version == 1


def test_what_a_crash_left_is_made_good(blocks: Blocks, tmp_path: Path) -> None:
    added(blocks)
    before = blocks.file.read_bytes()
    added(blocks)
    record = tmp_path / "live/blocks.jsonl"
    with record.open("ab") as file:
        file.write(b'{"at":"2026')
    blocks.file.write_bytes(before)
    again = Blocks(tmp_path / "live", clock=Time())
    again.sync()
    assert listed(again) == ["b-1", "b-2"]
    added(again)
    assert verify_blocks(tmp_path / "live").sound
    assert record.read_text().endswith("\n")
    added(blocks)
    assert listed(blocks) == ["b-1", "b-2", "b-3", "b-4"]


def test_a_full_disk_is_named_and_leaves_all_as_it_was(blocks: Blocks, tmp_path: Path) -> None:
    added(blocks)
    record = tmp_path / "live/blocks.jsonl"
    before = record.read_bytes()
    with files_limited(len(before) + 100), pytest.raises(OSError, match="too large") as caught:
        added(blocks, reason="r" * 400)
    assert (caught.value.filename, record.read_bytes(), listed(blocks)) == (str(record), before, ["b-1"])
    added(blocks)
    assert listed(blocks) == ["b-1", "b-2"]


def _changed(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("pulls", "pales"), *lines[2:]]


@each(
    ("tamper", "line", "code"),
    [
        (_changed, 2, Code.CHANGED),
        (lambda lines: [lines[0], *lines[2:]], 2, Code.MISSING),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3, Code.MISSING),
        (lambda lines: lines[1:], 1, Code.MISSING),
        (lambda lines: lines[:-1], 2, Code.TABLES),
    ],
)
def test_tampering_is_named(
    tmp_path_factory: pytest.TempPathFactory, tamper: Callable[[list[str]], list[str]], line: int, code: Code
) -> None:
    folder = tmp_path_factory.mktemp("live")
    blocks = Blocks(folder, clock=Time())
    added(blocks)
    added(blocks)
    head = verify_blocks(folder).head
    record = folder / "blocks.jsonl"
    record.write_text("".join(f"{one}\n" for one in tamper(record.read_text().splitlines())))
    found = verify_blocks(folder, head)
    assert not found.sound
    assert (found.faults[0].line, found.faults[0].code) == (line, code)
    assert tamper is _changed or found.goes_on is False
    with pytest.raises(RecordError) as caught:
        added(Blocks(folder, clock=Time()))
    assert "u-1" not in str(caught.value)


@pytest.mark.parametrize("left", [None, b"", b"\x00\xff", 1, 2])
def test_a_record_that_was_cut_lets_nobody_off(blocks: Blocks, tmp_path: Path, left: bytes | int | None) -> None:
    for _ in range(3):
        added(blocks)
    record, kept = tmp_path / "live/blocks.jsonl", blocks.file.read_bytes()
    lines = record.read_bytes().splitlines(keepends=True)
    record.unlink()
    if left is not None:
        record.write_bytes(b"".join(lines[:left]) if isinstance(left, int) else left)
    again = Blocks(tmp_path / "live", clock=Time())
    acts: list[Callable[[], object]] = [again.sync, again.state, lambda: added(again), lambda: again.act_on(notice())]
    for act in acts:
        with pytest.raises(RecordError) as caught:
            act()
        assert caught.value.file == record
    assert blocks.file.read_bytes() == kept
    if left is not None:
        assert not verify_blocks(tmp_path / "live").sound


def test_an_act_that_cant_be_is_named(blocks: Blocks, tmp_path: Path) -> None:
    from wayseal.journal.chain import chain_line, sum_of

    added(blocks)
    record = tmp_path / "live/blocks.jsonl"
    last = record.read_text().splitlines()[-1]
    act = {"at": "2026-03-02T08:00:00Z", "who": "x", "kind": "lifted", "entries": ["b-9"], "why": "y"}
    with record.open("a") as file:
        file.write(chain_line(act, sum_of(last)) + "\n")
    assert [(one.line, one.code) for one in verify_blocks(tmp_path / "live").faults] == [(3, Code.ACT)]


def test_a_head_is_gone_on_from(blocks: Blocks, tmp_path: Path) -> None:
    with pytest.raises(RecordError):
        verify_blocks(tmp_path / "live")
    added(blocks)
    head = verify_blocks(tmp_path / "live").head
    added(blocks)
    assert verify_blocks(tmp_path / "live", head).goes_on
    assert verify_blocks(tmp_path / "live", Head(lines=9, sum=head.sum)).goes_on is False


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def write(name: str) -> None:
        own = Blocks(tmp_path / "live", clock=Time())
        for _ in range(10):
            added(own, actor=name)

    threads = [threading.Thread(target=write, args=(f"u-{n}",)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(read_blocked(tmp_path / "live/blocked.json").entries) == 40
    assert verify_blocks(tmp_path / "live").sound


@given(st.lists(st.sampled_from(["raise", "again", "withdraw", "add", "lift", "wait"]), max_size=12))
def test_the_list_is_what_the_record_comes_to(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    folder, clock = tmp_path_factory.mktemp("live"), Time()
    blocks = Blocks(folder, clock=clock)
    in_force(blocks)
    version = 0
    for number, step in enumerate(steps):
        match step:
            case "raise":
                blocks.act_on(notice(f"n{number}", at=clock.now))
            case "again":
                blocks.act_on(notice("n0", at=NOW))
            case "withdraw":
                blocks.act_on(notice(f"w{number}", NoticeKind.WITHDRAWN, raised=f"n{number - 1}"))
            case "add":
                added(blocks, until=clock.now + MINUTE)
            case "lift" if blocks.state().added:
                blocks.lift(list(blocks.state().added), who="Li", why="all")
            case _:
                clock.now += 40 * MINUTE
        there = read_blocked(blocks.file)
        assert there.version >= version
        version = there.version
        standing = [one.entry for one in Blocks(folder, clock=clock).state().standing(clock.now)]
        assert [one for one in there.entries if clock.now < one.until] == standing
        assert len({one.case for one in standing if one.case.startswith("notice")}) == sum(
            one.case.startswith("notice") for one in standing
        )
    assert not steps or verify_blocks(folder).sound


def an(actor: str, measure: Measure, since: int = NOW, until: int = NOW + MINUTE) -> Entry:
    return Entry(id=f"b-{measure}", actor=actor, measure=measure, since=since, until=until, reason="r", case="c-1")


def written(path: Path, *entries: Entry) -> Path:
    from wayseal.store.durable import replace_file

    replace_file(path, BlockedList(version=1, at=NOW, entries=entries).to_bytes())
    return path


def test_the_hardest_entry_counts(tmp_path: Path) -> None:
    path = written(tmp_path / "b", *(an("u", one) for one in (Measure.SLOW_DOWN, Measure.BLOCK, Measure.STEP_UP)))
    found = BlockedFile(path, fails=Fails.CLOSED).measure_for("u", NOW)
    assert found is not None
    assert found.measure is Measure.BLOCK


@each(
    "text",
    [
        b"", b"{", b"[]", b"\xff", b'{"wayseal":2,"version":1,"at":"2026-03-02T08:00:00Z","entries":[]}',
        b'{"wayseal":1,"version":-1,"at":"2026-03-02T08:00:00Z","entries":[]}',
        b'{"wayseal":1,"version":1,"at":"2026-03-02T08:00:00","entries":[]}',
        b'{"wayseal":1,"version":1,"at":"2026-03-02T08:00:00Z","entries":[{"id":"b-1","actor":"secret"}]}',
        b'{"wayseal":1,"version":1,"at":"2026-03-02T08:00:00Z","entries":[],"more":1}', None,
    ],
)  # fmt: skip
def test_a_damaged_list_keeps_the_last_good_one(tmp_path_factory: pytest.TempPathFactory, text: bytes | None) -> None:
    path = written(tmp_path_factory.mktemp("b") / "b", an("u", Measure.BLOCK))
    closed, opened = (BlockedFile(path, fails=fails) for fails in (Fails.CLOSED, Fails.OPEN))
    assert closed.measure_for("u", NOW)
    path.unlink() if text is None else path.write_bytes(text)
    assert closed.measure_for("u", NOW)
    assert closed.trouble is not None
    assert "secret" not in str(closed.trouble)
    assert opened.measure_for("u", NOW) is None
    with pytest.raises(StoreError):
        BlockedFile(path, fails=Fails.CLOSED).measure_for("v", NOW)
    written(path)
    assert closed.measure_for("u", NOW) is None
    assert closed.trouble is None


def test_a_second_factor_and_slow_reads(tmp_path: Path) -> None:
    path = written(
        tmp_path / "b", an("up", Measure.STEP_UP, NOW), an("slow", Measure.SLOW_DOWN), an("no", Measure.BLOCK)
    )
    enforcer = Enforcer(BlockedFile(path, fails=Fails.CLOSED))
    assert enforcer.check("other", NOW) is None
    for verified, refused in ((None, True), (NOW - 1, True), (NOW, False)):
        assert (enforcer.check("up", NOW, verified=verified) is not None) == refused
    assert enforcer.check("no", NOW, verified=NOW)
    assert enforcer.check("slow", NOW) is None
    refusal = enforcer.check("slow", NOW + SECOND)
    assert refusal is not None
    assert refusal.wait == SLOW_SECONDS - 1
    assert enforcer.check("slow", NOW + SLOW_SECONDS * SECOND, reads=3) is None
    refusal = enforcer.check("slow", NOW + 2 * SLOW_SECONDS * SECOND)
    assert refusal is not None
    assert refusal.wait == 2 * SLOW_SECONDS


def test_a_clock_that_goes_back_slows_nobody_for_longer(tmp_path: Path) -> None:
    blocks = Blocks(tmp_path / "live", clock=Time())
    added(blocks, actor="slow", measure="slow_down", until=NOW + 24 * 60 * MINUTE)
    slow = Enforcer(BlockedFile(blocks.file, fails=Fails.CLOSED))
    assert slow.check("slow", NOW + 60 * MINUTE, reads=3) is None
    assert slow.check("slow", NOW + 60 * MINUTE + SECOND) is not None
    assert slow.check("slow", NOW) is None
    again = slow.check("slow", NOW + SECOND)
    assert again is not None
    assert again.wait <= SLOW_SECONDS


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = written(tmp_path / "b", an('账号 "7"', Measure.BLOCK))
    content = json.loads(path.read_bytes())
    assert content["wayseal"] == 1
    assert list(content["entries"][0]) == ["id", "actor", "measure", "since", "until", "reason", "case"]
    assert read_blocked(path).to_bytes() == path.read_bytes()
