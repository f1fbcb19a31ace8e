"""Disclosure: obligations 1 to 7 of `vault/_disclose.py`.

Looking phones up: rules of `_find`.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.tables import each
from tests.vault.revising import changed, parcel, put_back, record
from tests.vault.world import DAY, HOUR, OPERATOR, SECRETS, World, person
from wayseal.database import Connection, DatabaseError
from wayseal.model.fields import Field, Form
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Ask, Disclosed, Refused
from wayseal.model.times import time_at
from wayseal.vault import Vault
from wayseal.vault import tables as t
from wayseal.vault.errors import ReusedKeyError, VaultError
from wayseal.vault.keyring import LocalKeys, Wrapped
from wayseal.vault.log import EntryKind
from wayseal.vault.policy import default_texts
from wayseal.vault.requests import Caller
from wayseal.vault.sealing import open_reason


def test_a_courier_sees_what_delivery_needs(both: World) -> None:
    """Obligation 3: fields and forms of the purpose, and no others."""
    (number,) = both.seal()
    answer = both.shown("courier-1", number)
    assert answer.forms == {
        Field.RECIPIENT_NAME: Form.MASKED,
        Field.RECIPIENT_PHONE: Form.MASKED,
        Field.RECIPIENT_ADDRESS: Form.FULL,
    }
    assert answer.values[Field.RECIPIENT_ADDRESS] == SECRETS[Field.RECIPIENT_ADDRESS]
    assert answer.values[Field.RECIPIENT_PHONE] != SECRETS[Field.RECIPIENT_PHONE]
    assert answer.values[Field.RECIPIENT_PHONE].count("*") >= 6
    assert answer.until == time_at(both.now + 24 * HOUR)


def test_fewer_fields_may_be_asked_for_and_never_more(small: World) -> None:
    """Obligation 3."""
    (number,) = small.seal()
    caller = small.caller("courier-1")
    some = Ask(waybill=number, purpose="deliver", reason="x", fields=frozenset({Field.RECIPIENT_NAME}))
    (answer,) = small.vault.disclose(caller, [some], now=small.now)
    assert isinstance(answer, Disclosed)
    assert set(answer.values) == {Field.RECIPIENT_NAME}
    more = Ask(waybill=number, purpose="deliver", reason="x", fields=frozenset({Field.GOODS}))
    (answer,) = small.vault.disclose(caller, [more], now=small.now)
    assert isinstance(answer, Refused)
    assert answer.rule == "fields"


def test_every_question_leaves_one_entry(both: World) -> None:
    """Obligation 2."""
    numbers = both.seal(3)
    before = len(both.entries())
    answers = both.ask("courier-1", [*numbers, "YT9999999999999"])
    made = both.entries()[before:]
    assert [entry.kind for entry in made] == [EntryKind.DISCLOSED] * 3 + [EntryKind.REFUSED]
    assert [entry.waybill for entry in made] == [*numbers, "YT9999999999999"]
    assert [answer.seq for answer in answers] == list(range(before, before + 4))
    assert made[0].fields == answers[0].forms if isinstance(answers[0], Disclosed) else False
    reason = made[0].reason
    assert reason is not None
    assert open_reason(both.keyring, made[0].request.encode(), reason) == "今日派送"


class _Counting(LocalKeys):
    """The keyring's service, counting what it is asked to unwrap."""

    def __init__(self, world: World) -> None:
        super().__init__(world.keyring, world.vault.origin)
        self.unwrapped = 0

    def unwrap(self, items: Sequence[tuple[bytes, Wrapped]]) -> list[bytes]:
        self.unwrapped += len(items)
        return super().unwrap(items)


def test_nothing_is_decrypted_when_the_log_cannot_be_written(small: World) -> None:
    """Obligation 1: with a full disk nothing is shown, and nothing is even unwrapped."""
    (number,) = small.seal()
    service = _Counting(small)
    vault = Vault(small.main, small.keys, small.keyring, service=service)
    caller, asks = small.caller("courier-1"), [Ask(waybill=number, purpose="deliver", reason="x" * 200)]

    def fill(connection: Connection, most: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={most}")

    small.main.write(fill, 1)  # as many pages as there are, and none more
    before = len(small.entries())

    def until_full() -> None:
        for _ in range(500):
            vault.disclose(caller, asks, now=small.now)

    with pytest.raises(DatabaseError, match="full"):
        until_full()
    written = len(small.entries()) - before
    assert service.unwrapped == written
    small.main.write(fill, 1 << 30)
    (answer,) = vault.disclose(caller, asks, now=small.now)
    assert isinstance(answer, Disclosed)
    assert answer.seq == before + written


@pytest.mark.parametrize(
    ("actor", "purpose", "rule"),
    [
        ("courier-3", "deliver", "custody"),
        ("stranger", "deliver", "valid"),
        ("agent", "after_sales", "no_ticket"),
        ("agent", "deliver", "role"),
        ("courier-1", "gossip", "unknown_purpose"),
        ("courier-1", "audit", "role"),
        ("untrained", "deliver", "training"),
        ("late", "deliver", "expired"),
    ],
)
def test_refusals_name_their_rule(small: World, actor: str, purpose: str, rule: str) -> None:
    """Each refusal says which rule, and the log says the same."""
    (number,) = small.seal()
    small.put(
        person("untrained", "courier", "deliver-here", trained_until=small.now - 1),
        person("late", "courier", "deliver-here", valid_to=small.now),
    )
    (answer,) = small.ask(actor, [number], purpose)
    assert isinstance(answer, Refused)
    if rule == "valid":
        assert answer.rule in {"client", "expired"}
    else:
        assert answer.rule == rule
    assert answer.zh
    assert answer.en
    last = small.entries()[-1]
    assert (last.kind, last.rule, last.actor) == (EntryKind.REFUSED, answer.rule, actor)


def test_a_blocked_account_sees_nothing(both: World) -> None:
    (number,) = both.seal()
    both.shown("courier-1", number)
    both.vault.block(OPERATOR, "courier-1", now=both.now)
    assert both.rule("courier-1", number) == "blocked"
    both.vault.unblock(OPERATOR, "courier-1", now=both.now)
    both.shown("courier-1", number)
    assert [e.more["act"] for e in both.entries() if e.kind is EntryKind.ADMIN][-2:] == ["blocked", "unblocked"]


def test_a_client_may_act_for_its_roles_alone(small: World) -> None:
    (number,) = small.seal()
    for client in ("shop", "feed", "unknown"):
        asks = [Ask(waybill=number, purpose="deliver", reason="x")]
        (answer,) = small.vault.disclose(small.caller("courier-1", client), asks, now=small.now)
        assert isinstance(answer, Refused)
        assert answer.rule == "client"


def test_unknown_numbers_and_foreign_ones_look_alike(small: World) -> None:
    """Obligation 5: nobody finds numbers by trying."""
    (foreign,) = small.seal()
    known, unknown = small.ask("courier-3", [foreign]), small.ask("courier-3", ["YT8888888888888"])
    one, other = known[0], unknown[0]
    assert isinstance(one, Refused)
    assert isinstance(other, Refused)
    assert (one.rule, one.zh, one.en) == (other.rule, other.zh, other.en)
    inside = [entry.more.get("also", "") for entry in small.entries()[-2:]]
    assert inside[0] != inside[1]


def test_custody_moves_with_the_parcel(both: World) -> None:
    (number,) = both.seal()
    both.shown("courier-1", number)
    both.now += HOUR
    both.scan([number], "elsewhere")
    assert both.rule("courier-1", number) == "custody"
    both.now += HOUR
    both.scan([number], "deliver-here")
    both.scan([number], "deliver-here", ScanKind.DELIVERED)
    both.now += HOUR
    both.shown("courier-1", number)
    both.now += 30 * HOUR
    assert both.rule("courier-1", number) == "too_late"


def test_scans_may_come_before_the_parcel_is_sealed(small: World) -> None:
    number = f"YT{0:013d}"
    small.scan([number], "deliver-here")
    assert small.seal(at=None) == [number]
    small.shown("courier-1", number)


def test_a_stolen_login_runs_dry_and_work_opens_it_again(both: World) -> None:
    """Obligation 4: the budget of an outlet is about its own work."""
    numbers = both.seal(120)

    def pull(actor: str) -> int:
        groups = [numbers[start : start + 40] for start in range(0, len(numbers), 40)]
        return sum(isinstance(answer, Disclosed) for group in groups for answer in both.ask(actor, group))

    both.put(*(person(f"stolen-{n}", "courier", "deliver-here") for n in range(4)))
    shown = [pull(f"stolen-{n}") for n in range(4)]
    assert shown == [120, 120, 120, 40]  # base 40 and three for each parcel that arrived
    assert both.rule("courier-1", numbers[-1]) == "outlet_budget"
    both.seal(5)
    both.shown("courier-1", numbers[-1])
    both.now += 3 * DAY
    assert pull("courier-1") == 20  # the base of an account: what arrived days ago opens nothing
    assert both.rule("courier-1", numbers[-1]) == "budget"


def test_without_work_there_is_next_to_nothing(small: World) -> None:
    """Obligation 4."""
    (number,) = small.seal()
    small.put(person("wide", "customer_service"))
    assert small.rule("wide", number, "after_sales") == "no_ticket"
    small.ticket("t1", number, "wide")
    small.shown("wide", number, "after_sales")
    small.ticket("t1", number, "wide", closed_at=small.now)
    assert small.rule("wide", number, "after_sales") == "no_ticket"


def test_seeing_the_same_again_counts_once(both: World) -> None:
    """Obligation 4."""
    (number,) = both.seal()
    for _ in range(40):
        both.shown("courier-1", number)
    rows = both.main.read(lambda c: c.execute(sa.select(t.budgets)).all())
    assert {row.of: row.used for row in rows if row.purpose == "deliver"} == {
        "actor:courier-1": 1,
        "outlet:deliver-here": 1,
    }


def test_the_same_within_one_request_counts_once(small: World) -> None:
    """Obligation 4: an account's budget of 20 and two a parcel, and a parcel asked for fifty times at once."""
    (number,) = small.seal()
    assert small.rule_of(small.ask("courier-1", [number] * 50)) == set()


def test_a_key_gives_the_same_answer_and_an_entry_that_says_so(both: World) -> None:
    """Obligation 6."""
    numbers = both.seal(2)
    first = both.ask("courier-1", [*numbers, "YT7777777777777"], key="k1")
    count = len(both.entries())
    again = both.ask("courier-1", [*numbers, "YT7777777777777"], key="k1")
    assert again == first
    added = both.entries()[count:]
    assert [entry.more.get("replay") for entry in added] == [answer.seq for answer in first]
    assert [(e.kind, e.waybill, e.fields) for e in added] == [
        (e.kind, e.waybill, e.fields) for e in both.entries()[count - 3 : count]
    ]
    for other in ({"purpose": "contact"}, {"approval": "none"}):
        with pytest.raises(ReusedKeyError):
            both.ask("courier-1", [*numbers, "YT7777777777777"], key="k1", **other)
    with pytest.raises(ReusedKeyError):
        both.ask("courier-2", [*numbers, "YT7777777777777"], key="k1")
    both.vault.block(OPERATOR, "courier-1", now=both.now)
    refused = both.ask("courier-1", [*numbers, "YT7777777777777"], key="k1")
    assert all(isinstance(answer, Refused) for answer in refused)


def keyed(world: World, number: str) -> Disclosed:
    """A disclosure that is asked for under one and the same key."""
    (answer,) = world.ask("courier-1", [number], key="again")
    assert isinstance(answer, Disclosed)
    return answer


def told(world: World, answer: Disclosed) -> None:
    """The newest entry says what this answer shows, and under which policy."""
    newest = world.entries()[-1]
    assert (newest.kind, newest.waybill) == (EntryKind.DISCLOSED, answer.waybill)
    assert (dict(newest.fields), newest.policy) == (dict(answer.forms), world.vault.policy.version)


def test_a_replay_under_a_wider_policy_is_a_new_request(both: World) -> None:
    """Obligation 6: it used to show in full what the entry says was masked."""
    (number,) = both.seal()
    first = keyed(both, number)
    purposes, rules = default_texts()
    wider = purposes.replace('"masked"', '"full"')
    assert wider != purposes
    both.vault.activate_policy(OPERATOR, wider, rules, now=both.now)
    again = keyed(both, number)
    assert (again.forms != first.forms, again.seq > first.seq) == (True, True)
    told(both, again)
    assert keyed(both, number).seq == again.seq


def test_a_replay_after_a_change_of_the_record_is_a_new_request(both: World) -> None:
    """Obligation 6."""
    number = parcel(both)
    first = keyed(both, number)
    changed(both, number)
    again = keyed(both, number)
    assert again.seq > first.seq
    told(both, again)


def test_a_key_counts_for_a_day(both: World) -> None:
    """Obligation 6: with whatever request it came, and whether or not answers are cleaned away."""
    (number,) = both.seal()
    first = keyed(both, number)
    both.now += DAY - 1
    assert keyed(both, number).seq == first.seq
    both.now += 1
    again = keyed(both, number)
    assert again.seq > first.seq
    told(both, again)
    both.now += DAY
    assert isinstance(both.ask("courier-1", [number], "contact", key="again")[0], (Disclosed, Refused))


def test_a_record_that_was_put_back_is_not_shown_again(both: World) -> None:
    """Obligation 6: what is damaged for a new request is so for a replay."""
    number = parcel(both)
    keyed(both, number)
    before = record(both, number)
    changed(both, number)
    put_back(both, before)
    for key in ("again", "new"):
        (answer,) = both.ask("courier-1", [number], key=key)
        assert isinstance(answer, Refused)
        assert answer.rule == "damaged"


CURT = """
@id("open") @zh("开") @en("open") permit (principal, action, resource) when { context.hours < 1000 };
@id("ticket") @zh("有工单") @en("a ticket") forbid (principal, action, resource) when { context.ticket };
@id("over") @zh("溢") @en("over") forbid (principal, action, resource)
when { context.bulk && context.hours + 9223372036854775807 > 0 };
"""
"""Rules under which the refusals that no rule of a text says can be met."""


def replayed(world: World, actor: str, numbers: list[str], purpose: str = "deliver", **more: str) -> set[str]:
    """Rules that refuse a request, which comes twice under its key and gets the same words."""
    key = f"key-{world.requests}"
    first = world.ask(actor, numbers, purpose, key=key, **more)
    count = len(world.entries())
    assert world.ask(actor, numbers, purpose, key=key, **more) == first
    assert [entry.more["replay"] for entry in world.entries()[count:]] == [answer.seq for answer in first]
    refused = [answer for answer in first if isinstance(answer, Refused)]
    assert all(answer.zh.strip() and answer.en.strip() for answer in refused)
    return {answer.rule for answer in refused}


def test_a_refusal_comes_again_in_the_same_words(both: World) -> None:
    """Obligation 6: of each kind."""
    numbers = both.seal(120)
    assert replayed(both, "courier-3", numbers[:1]) == {"custody"}
    assert replayed(both, "courier-3", ["YT8888888888888"]) == {"custody"}
    assert replayed(both, "agent", numbers[:1], "after_sales") == {"no_ticket"}
    assert replayed(both, "courier-1", numbers[:1], "audit") == {"role"}
    assert replayed(both, "courier-1", numbers[:1], "no_such_purpose") == {"unknown_purpose"}
    assert replayed(both, "courier-1", numbers[:60]) == {"bulk"}
    assert replayed(both, "courier-1", numbers[:60], approval="none") == {"bulk"}
    both.put(person("late", "courier", "deliver-here", valid_to=both.now - 1))
    assert replayed(both, "late", numbers[:1]) == {"expired"}
    both.vault.erase(OPERATOR, numbers[:1], now=both.now)
    assert replayed(both, "courier-1", numbers[:1]) == {"erased"}
    both.now += 3 * DAY
    for start in (1, 11):
        both.ask("courier-1", numbers[start : start + 10])
    assert replayed(both, "courier-1", numbers[30:31]) == {"budget"}
    for start in (31, 41):
        both.ask("courier-2", numbers[start : start + 10])
    both.put(person("courier-4", "courier", "deliver-here"))
    assert replayed(both, "courier-4", numbers[60:61]) == {"outlet_budget"}


def test_refusals_that_no_text_says_come_again_in_the_same_words(small: World) -> None:
    """Obligation 6."""
    numbers = small.seal(60)
    small.vault.activate_policy(OPERATOR, default_texts()[0], CURT, now=small.now)
    assert replayed(small, "courier-1", ["YT8888888888888"]) == {"floor"}
    small.scan(numbers, "deliver-here", ScanKind.DELIVERED)
    assert replayed(small, "courier-1", numbers) == {"failed"}
    small.now += 2000 * HOUR
    assert replayed(small, "courier-1", numbers[:1]) == {"nothing_permits"}
    small.ticket("t1", numbers[1], "courier-1")
    first = small.ask("courier-1", [numbers[1]], key="gone")
    small.vault.activate_policy(OPERATOR, *default_texts(), now=small.now)
    again = small.ask("courier-1", [numbers[1]], key="gone")
    assert small.rule_of(first) == {"ticket"}
    # Under another policy it is a new request.
    assert small.rule_of(again) == {"too_late"}


def test_a_damaged_record_is_refused_alone(both: World) -> None:
    numbers = both.seal(3)

    def flip(connection: Connection) -> None:
        row = connection.execute(sa.select(t.waybills).where(t.waybills.c.waybill == numbers[1])).one()
        changed = bytearray(row.sealed)
        changed[8] ^= 1  # of the header, to which every field is bound
        connection.execute(
            sa.update(t.waybills).where(t.waybills.c.waybill == numbers[1]).values(sealed=bytes(changed))
        )

    both.main.write(flip)
    answers = both.ask("courier-1", numbers, "contact")
    assert [getattr(a, "rule", None) for a in answers] == [None, "damaged", None]


def test_two_vaults_on_one_database_write_one_log(both: World) -> None:
    """Whoever comes second goes on where the first ended."""
    numbers = both.seal(20)
    other = Vault(both.main, both.keys, both.keyring)
    seqs = []
    for place, number in enumerate(numbers):
        vault = other if place % 2 else both.vault
        asks = [Ask(waybill=number, purpose="deliver", reason="x")]
        (answer,) = vault.disclose(both.caller("courier-1"), asks, now=both.now)
        seqs.append(answer.seq)
    assert seqs == list(range(seqs[0] or 0, (seqs[0] or 0) + 20))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"waybill": ""}, "waybill"),
        ({"waybill": "X" * 65}, "waybill"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "p" * 41}, "purpose: no code of 1 to 40"),
        ({"purpose": "deliver\n"}, "purpose"),
    ],
)
def test_bad_questions_name_the_field(small: World, change: dict[str, str], field: str) -> None:
    asked = replace(Ask(waybill="YT0000000000001", purpose="deliver", reason="x"), **change)  # type: ignore[arg-type]
    with pytest.raises(VaultError, match=f"^{field}"):
        small.vault.disclose(small.caller("courier-1"), [asked], now=small.now)


def test_a_request_has_a_most(small: World) -> None:
    ask = Ask(waybill="YT0000000000001", purpose="deliver", reason="x")
    for asks in ([], [ask] * 1001):
        with pytest.raises(VaultError, match="1 to 1000"):
            small.vault.disclose(small.caller("courier-1"), asks, now=small.now)


def test_nobody_is_shown_in_a_repr() -> None:
    caller = Caller(client="c", actor="a", scopes=frozenset(), request="r")
    shown = Disclosed(waybill="W", seq=1, leaf="", values=SECRETS, forms={}, until=time_at(0))
    for thing in (caller, shown, Ask(waybill="W", purpose="p", reason=SECRETS[Field.GOODS])):
        assert not any(secret in repr(thing) for secret in SECRETS.values())


MOBILES = tuple(f"1390000000{n}" for n in range(8))


def look_up(world: World, phone: str, purpose: str = "after_sales") -> list[str] | Refused:
    return world.vault.find(world.caller("agent"), phone, purpose, "caller", now=world.now)


def rule(answer: list[str] | Refused) -> str | None:
    return answer.rule if isinstance(answer, Refused) else None


def test_a_look_up_costs_as_many_as_it_asks_for(both: World) -> None:
    """Rule 2: three mobiles in one text are three look-ups."""
    asked = [rule(look_up(both, " ".join(MOBILES[:3]))) for _ in range(7)]
    assert asked == [None] * 6 + ["quota"]
    assert both.entries()[-1].more == {"act": "find", "asked": 3, "found": 0}
    # What is left is enough for two, and what was refused cost nothing.
    assert [rule(look_up(both, phone)) for phone in (", ".join(MOBILES[:2]), MOBILES[0])] == [None, "quota"]
    both.now += DAY
    assert look_up(both, MOBILES[0]) == []


@each(
    ("phone", "price"),
    [
        ("13900000001", 1),
        ("+86 139-0000-0001 / 13900000001", 1),
        ("13900000001-12", 1),
        ("13900000001 13900000002", 2),
        ("0755-12345678 13900000001", 2),
        (" ".join(MOBILES), 8),
    ],
)
def test_one_number_however_often_and_however_it_is_written_costs_one(small: World, phone: str, price: int) -> None:
    look_up(small, phone)
    assert small.entries()[-1].more["asked"] == price
    small.now += DAY


def test_a_text_with_more_numbers_than_the_quota_is_refused(small: World) -> None:
    purposes, rules = default_texts()
    few = purposes.replace('code = "after_sales"', 'find = { quota = 2 }\ncode = "after_sales"')
    small.vault.activate_policy(small.caller("operator"), few, rules, now=small.now)
    assert rule(look_up(small, " ".join(MOBILES[:3]))) == "quota"
    assert look_up(small, " ".join(MOBILES[:2])) == []
