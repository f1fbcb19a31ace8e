"""The client against the real service: every call, every kind of refusal, and what it does when answers don't come."""

import traceback
from datetime import datetime
from pathlib import Path

import pytest

from tests.client.service import VALUES, Flaky, Relay, Service, later, parcel
from tests.effort import DEEP
from tests.server.running import authority, serving
from wayseal.client import Ask, ClientError, Disclosed, Parcel, Refused, RefusedError, RetryPolicy, VaultClient
from wayseal.client._transport import SignIn, Transport, http_client
from wayseal.client.errors import SignInError, UnreachableError, UntrustedError
from wayseal.merkle import Checkpoint
from wayseal.model.fields import Field
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Scan, Sealed, Ticket
from wayseal.proofs.entries import verify_entry
from wayseal.vault.keyring.keys import LogKey
from wayseal.vault.policy import default_texts

PERSONAL = tuple(VALUES.values())


def entries(running: Service) -> int:
    return Checkpoint.claimed(running.vault.checkpoint(now=1).encode()).size


def test_sealed_and_disclosed(admin: VaultClient, courier: VaultClient, running: Service) -> None:
    sealed = admin.seal(parcel("YT1", keep_until=later(running.now)))
    assert set(sealed.tokens) == set(VALUES)
    shown = courier.disclose("YT1", "deliver", "route 12")
    assert shown.values[Field.RECIPIENT_ADDRESS] == VALUES[Field.RECIPIENT_ADDRESS]
    assert shown.forms[Field.RECIPIENT_PHONE] == "masked"
    assert shown.until > running.now
    assert not [text for text in PERSONAL if text in repr((parcel(), sealed, shown))]
    fewer = courier.disclose("YT1", "deliver", "route 12", fields=["recipient_phone"])
    assert list(fewer.values) == ["recipient_phone"]


def test_many_at_once(admin: VaultClient, courier: VaultClient) -> None:
    first = admin.seal_many([parcel(f"YT{n}") for n in range(10, 13)])
    assert all(isinstance(one, Sealed) for one in first)
    again = admin.seal_many([parcel("YT10"), parcel("YT13")])
    assert [type(one) for one in again] == [Refused, Sealed]
    asks = [Ask(waybill=n, purpose="deliver", reason="route 12") for n in ("YT10", "YT99", "YT11")]
    shown, refused, more = courier.disclose_many(asks)
    assert isinstance(shown, Disclosed)
    assert isinstance(more, Disclosed)
    assert isinstance(refused, Refused)
    assert (refused.rule, refused.seq) == ("custody", shown.seq + 1)
    assert "route 12" not in repr(asks)


def test_tokens_stand_for_fields(admin: VaultClient, courier: VaultClient) -> None:
    tokens = admin.seal(parcel("YT14")).tokens
    asked = [tokens[Field.RECIPIENT_ADDRESS], tokens[Field.RECIPIENT_PHONE], "x" * 30 + ".ra"]
    address, phone, none = courier.disclose_tokens(asked, "deliver", "route 12")
    assert (address.value, address.form) == (VALUES[Field.RECIPIENT_ADDRESS], "full")
    assert (phone.form, phone.seq, phone.until) == ("masked", address.seq, address.until)
    assert (none.rule, none.value, none.seq) == ("token", None, None)
    assert VALUES[Field.RECIPIENT_ADDRESS] not in repr(address)


def test_an_address_is_changed(admin: VaultClient, courier: VaultClient, running: Service) -> None:
    tokens = admin.seal(parcel("YTA1")).tokens
    admin.scans([Scan(waybill="YTA1", at=running.now, kind=ScanKind.ARRIVE, outlet="深圳南山")])
    admin.tickets([Ticket(ticket="T-A1", waybill="YTA1", actor="agent-7", opened_at=running.now)])
    address = "广东省广州市天河区不存在街2号"
    with VaultClient(running.url, "all", running.secret, actor="agent-7") as agent:
        done = agent.revise("YTA1", "change_address", "caller moved", {"recipient_address": address}, key="k19")
        assert agent.revise("YTA1", "change_address", "caller moved", {"recipient_address": address}, key="k19") == done
        with pytest.raises(RefusedError) as caught:
            agent.revise("YTA1", "change_address", "caller moved", {"goods": "保密"})
    assert (done.revision, done.forms) == (2, {"recipient_address": "full"})
    assert done.tokens == {"recipient_address": tokens[Field.RECIPIENT_ADDRESS]}
    assert (caught.value.rule, caught.value.status) == ("revises", 403)
    assert courier.disclose("YTA1", "deliver", "route 12").values[Field.RECIPIENT_ADDRESS] == address
    assert address not in repr(done)


def test_refused_by_a_rule(running: Service, admin: VaultClient) -> None:
    admin.seal(parcel("YT15"))
    other = VaultClient(running.url, "all", running.secret, actor="courier-31")
    with other, pytest.raises(RefusedError) as caught:
        other.disclose("YT15", "deliver", "route 31")
    error = caught.value
    assert (error.rule, error.status, str(error)) == (
        "custody", 403, "custody: the waybill is not in the custody of your outlet",
    )  # fmt: skip
    assert error.zh
    assert error.seq is not None
    assert error.request
    with pytest.raises(RefusedError) as twice:
        admin.seal(parcel("YT15"))
    assert (twice.value.rule, twice.value.status) == ("exists", 409)


def test_what_is_not_valid_is_named_and_not_repeated(admin: VaultClient) -> None:
    with pytest.raises(RefusedError) as caught:
        admin.seal(Parcel(waybill="YT16", values={"shoe": "保密"}))  # type: ignore[dict-item]
    assert caught.value.status == 422
    assert caught.value.fields
    assert "保密" not in repr(caught.value.fields) + str(caught.value)
    with pytest.raises(ClientError, match="keep_until: a time needs its offset"):
        admin.seal(parcel("YT16", keep_until=datetime(2030, 1, 1)))  # noqa: DTZ001


def test_work_people_bulk_and_erasure(admin: VaultClient, courier: VaultClient, running: Service) -> None:
    admin.seal(parcel("YT17"))
    scan = Scan(waybill="YT17", at=later(running.now, 0), kind=ScanKind.OUT_FOR_DELIVERY, outlet="深圳南山")
    assert (admin.scans([scan]), admin.scans([scan])) == (1, 0)
    ticket = Ticket(ticket="T-1", waybill="YT17", actor="agent-7", opened_at=running.now)
    assert admin.tickets([ticket]) == 1
    with VaultClient(running.url, "all", running.secret, actor="agent-7") as agent:
        assert "YT17" in agent.find(VALUES[Field.RECIPIENT_PHONE], "after_sales", "caller")
        agent.disclose("YT17", "after_sales", "complaint 7")
    admin.block("courier-12")
    with pytest.raises((RefusedError, SignInError)):
        courier.disclose("YT17", "deliver", "route 12")
    admin.unblock("courier-12")
    asked = courier.ask_approval("deliver", 80)
    assert (asked.left, asked.approved_by) == (80, None)
    with pytest.raises(RefusedError):
        courier.approve(asked.approval)
    with VaultClient(running.url, "all", running.secret, actor="manager-2") as manager:
        assert manager.approve(asked.approval).approved_by == "manager-2"
    assert courier.disclose("YT17", "deliver", "route 12", approval=asked.approval).waybill == "YT17"
    gone = admin.erase("YT17")
    assert gone.gone_at > gone.erased_at > running.now
    with pytest.raises(RefusedError):
        courier.disclose("YT17", "deliver", "route 12")


def test_the_log_proves_what_was_shown(admin: VaultClient, courier: VaultClient, running: Service) -> None:
    admin.seal(parcel("YT18"))
    shown = courier.disclose("YT18", "deliver", "route 12")
    key = running.vault.keyring.key(LogKey).verifying("vault.example")
    point, _ = Checkpoint.open(admin.checkpoint().encode(), [key])
    assert point.size > shown.seq
    proven = verify_entry(admin.proof(shown.seq).encode(), [key])
    assert (proven.entry["waybill"], proven.entry["actor"]) == ("YT18", "courier-12")
    assert len(admin.tile(f"0/000.p/{point.size}")) == 32 * point.size
    assert admin.tile(f"0/000.p/{shown.seq + 1}")[-32:].hex() == shown.leaf


def test_policies(admin: VaultClient) -> None:
    before = admin.policy()
    purposes, rules = default_texts()
    assert (before.purposes, before.rules) == (purposes, rules)
    assert admin.activate_policy(purposes, rules) == before.version + 1
    with pytest.raises(RefusedError):
        admin.activate_policy("roles = 1", rules)


def test_a_lost_answer_is_asked_for_again_and_done_once(running: Service, courier: VaultClient) -> None:
    relay = Relay(running.port)
    try:
        url = f"http://127.0.0.1:{relay.port}"
        with VaultClient(url, "all", running.secret, retry_policy=RetryPolicy(pause=0.01)) as admin:
            relay.lose = 2
            assert isinstance(admin.seal(parcel("YT19")), Sealed)
        with VaultClient(
            url, "all", running.secret, actor="courier-12", retry_policy=RetryPolicy(pause=0.01)
        ) as through:
            through.disclose("YT19", "deliver", "first")
            before = entries(running)
            relay.lose = 1
            shown = through.disclose("YT19", "deliver", "second")
            # It was shown twice, and the second entry says that it is the same once more.
            assert entries(running) == before + 2
            assert shown.seq == before
            relay.lose = 1
            with pytest.raises(UnreachableError):
                through.ask_approval("deliver", 70)
            relay.lose = 9
            with pytest.raises(UnreachableError) as caught:
                through.disclose("YT19", "deliver", "third")
            assert_nothing_personal(caught.value)
    finally:
        relay.close()


def assert_nothing_personal(error: BaseException) -> None:
    """Neither its text nor its chain nor what that holds tells what was sent."""
    assert error.__cause__ is None
    assert error.__context__ is None
    told = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    assert not [text for text in (*PERSONAL, "third") if text in told.replace('"third"', "")]


@pytest.mark.parametrize("status", [429, 503])
def test_busy_is_waited_for(admin: VaultClient, flaky: Flaky, status: int) -> None:
    flaky.instead = [(status, {"Retry-After": "0"}), (status, {})]
    admin.scans([Scan(waybill="YT1", at=later(datetime.fromisoformat("2026-01-01T00:00Z"), 0), kind=ScanKind.ARRIVE,
                      outlet="深圳南山")])  # fmt: skip
    paths = [path for path, _ in flaky.seen if path == "/v1/scans"]
    assert len(paths) == 3


def test_the_same_key_goes_with_every_attempt(admin: VaultClient, flaky: Flaky) -> None:
    flaky.instead = [(503, {"Retry-After": "0"}), (503, {"Retry-After": "0"})]
    admin.seal(parcel(f"YT{id(flaky)}"))
    keys = [headers["idempotency-key"] for path, headers in flaky.seen if path == "/v1/waybills"]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    admin.seal(parcel(f"YT{id(flaky)}9"), key="mine")
    assert flaky.seen[-1][1]["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("instead", "attempts"),
    [
        ([(503, {"Retry-After": "3600"})], 1),
        ([(503, {"Retry-After": "0"})] * 4, 4),
        ([(500, {})], 1),
    ],
)
def test_waiting_ends(
    admin: VaultClient, flaky: Flaky, instead: list[tuple[int, dict[str, str]]], attempts: int
) -> None:
    flaky.instead = list(instead)
    with pytest.raises(RefusedError) as caught:
        admin.policy()
    assert (caught.value.rule, caught.value.status) == ("busy", instead[0][0])
    assert len([path for path, _ in flaky.seen if path == "/v1/policy"]) == attempts


def test_what_may_not_be_done_twice_is_not_sent_twice(admin: VaultClient, flaky: Flaky) -> None:
    flaky.instead = [(503, {"Retry-After": "0"})]
    with pytest.raises(RefusedError):
        admin.find("13900000001", "after_sales", "caller")
    assert len([path for path, _ in flaky.seen if path == "/v1/find"]) == 1


def test_a_token_is_renewed_once(admin: VaultClient, flaky: Flaky) -> None:
    admin.policy()
    flaky.instead = [(401, {})]
    admin.policy()
    assert [path for path, _ in flaky.seen].count("/oauth/token") == 2
    flaky.instead = [(401, {}), (401, {})]
    with pytest.raises(RefusedError) as caught:
        admin.policy()
    assert caught.value.status == 401


def test_a_token_is_renewed_before_it_ends(running: Service, flaky: Flaky) -> None:
    now = [0.0]
    http = http_client(running.url, 5, None, None, insecure=False)
    sign = SignIn(client="all", secret=running.secret, actor=None, scopes=("policy:read",))
    transport = Transport(http, sign, RetryPolicy(), clock=lambda: now[0])
    for at, tokens in ((0.0, 1), (10.0, 1), (1e6, 2)):
        now[0] = at
        transport.json("GET", "/v1/policy")
        assert [path for path, _ in flaky.seen].count("/oauth/token") == tokens
    with pytest.raises(RefusedError) as caught:
        transport.json("POST", "/v1/actors/x/block")
    assert caught.value.rule == "scope_missing"
    assert running.secret not in repr(sign)
    transport.close()


def test_wrong_secrets_and_strangers(running: Service) -> None:
    for client, secret, actor, code in (
        ("all", "wrong", None, "invalid_client"),
        ("all", running.secret, "nobody", "invalid_grant"),
    ):
        with VaultClient(running.url, client, secret, actor=actor) as stranger:
            with pytest.raises(SignInError, match=code) as caught:
                stranger.policy()
            assert caught.value.code == code
            assert secret not in repr(stranger) + str(caught.value)


def test_nobody_is_there() -> None:
    waits = RetryPolicy(tries=2, pause=0.01)
    with VaultClient("http://127.0.0.1:9", "all", "x", retry_policy=waits) as client, pytest.raises(UnreachableError):
        client.policy()


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://vault.example", "https is needed"), ("vault.example", "an address such as"), ("ftp://x", "an address")],
)
def test_addresses(url: str, said: str) -> None:
    with pytest.raises(ClientError, match=said):
        VaultClient(url, "all", "x")


def test_tls_files(tmp_path: Path) -> None:
    VaultClient("http://vault.example", "all", "x", insecure=True).close()
    with pytest.raises(OSError, match="No such file"):
        VaultClient("https://vault.example", "all", "x", cert=(tmp_path / "a", tmp_path / "b"))


def test_another_service_answers(flaky: Flaky) -> None:
    from tests.client.service import served

    async def other(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"<html>13900000001"})  # type: ignore[operator]

    with served(other) as port, VaultClient(f"http://127.0.0.1:{port}", "all", "x") as client:
        with pytest.raises(ClientError, match="isn't one that this client knows") as caught:
            client.policy()
        assert caught.value.__context__ is None


def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    """Mutual TLS with the service as it runs in operation."""
    ours = authority(tmp_path, "ours")
    server, server_key, _ = ours.sign("server")
    mine, my_key, digest = ours.sign("all")
    files = {"tls_certificate": str(server), "tls_key": str(server_key), "tls_client_ca": str(ours.file)}
    with serving(tmp_path, certificate_sha256=digest, anew=DEEP, **files) as process:
        url = f"https://localhost:{process.port}"
        with VaultClient(url, "all", process.secret, verify=ours.file, cert=(mine, my_key)) as client:
            assert client.policy().version == 1
        without = VaultClient(url, "all", process.secret, verify=ours.file)
        with without, pytest.raises(ClientError):
            without.policy()
        stranger = VaultClient(url, "all", process.secret)
        with stranger, pytest.raises(UntrustedError) as caught:
            stranger.policy()
        assert_nothing_personal(caught.value)
