"""The client of a vault's service: one method for each thing that the service does."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wayseal.client._transport import RetryPolicy, SignIn, Transport, http_client, parse
from wayseal.model.records import (
    Actor,
    Approval,
    Ask,
    Disclosed,
    Erased,
    Parcel,
    PolicyShown,
    Refused,
    Revised,
    Scan,
    Sealed,
    Ticket,
    TokenShown,
)
from wayseal.model.runtime import Closing


class VaultClient(Closing):
    """Talks to a vault's service on behalf of one actor. Thread-safe; close it, or use it in a `with` statement.

    What is sealed and disclosed has an idempotency key, by default a new one for each call: when the connection breaks
    it is sent again, and done once.

    Raises:
        RefusedError: A rule refuses the request; of every method.
        SignInError: There is no token for this client and actor; of every method.
        UnreachableError: The service doesn't answer as long as is waited; of every method.
        ClientError: The answer can't be understood; of every method.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        actor: str | None = None,
        scopes: Sequence[str] = (),
        verify: Path | None = None,
        cert: tuple[Path, Path] | None = None,
        insecure: bool = False,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            base_url: Address of the service, such as https://vault.example.
            client_id: Who calls.
            client_secret: The secret that the service printed once.
            actor: On whose behalf; None: the client's own actor.
            scopes: Fewer scopes than the client has; none: all of them.
            verify: File of certificates that are trusted, in PEM; None: those of the system.
            cert: Files of the client's certificate and of its key, where it is bound to one.
            insecure: Allows http beyond this machine.
            retry_policy: How long is waited, and how often tried.

        Raises:
            ClientError: The address is none, or http beyond this machine.
        """
        waits = retry_policy or RetryPolicy()
        http = http_client(base_url, waits.timeout, verify, cert, insecure=insecure)
        sign = SignIn(client=client_id, secret=client_secret, actor=actor, scopes=tuple(scopes))
        self._transport = Transport(http, sign, waits)
        self._name = f"VaultClient({base_url!r}, {client_id!r}, actor={actor!r})"

    def __repr__(self) -> str:
        """Where and who, without the secret."""
        return self._name

    def close(self) -> None:
        """Lets go of connections. Nothing can be sent after it."""
        self._transport.close()

    def seal(self, parcel: Parcel, *, key: str | None = None) -> Sealed:
        """Seals a parcel.

        Args:
            parcel: What is sealed under its number.
            key: Idempotency key, 1 to 128 visible ASCII characters; None: a new one for this call.

        Returns:
            A token for each field.

        Raises:
            RefusedError: A rule refuses it; `exists` where the number is sealed already.
        """
        return parse(Sealed, self._post("/v1/waybills", parcel, key=key or _key()))

    def seal_many(self, parcels: Iterable[Parcel], *, key: str | None = None) -> list[Sealed | Refused]:
        """Seals up to 1,000 parcels.

        Args:
            parcels: What is sealed, each under a number of its own.
            key: Idempotency key, 1 to 128 visible ASCII characters; None: a new one for this call.

        Returns:
            An answer for each parcel, in their order.

        Raises:
            RefusedError: The request as a whole is refused; a single parcel's refusal is its answer.
        """
        told = self._post("/v1/waybills/batch", {"parcels": list(parcels)}, key=key or _key())
        return parse(list[Sealed | Refused], told, "results")

    def disclose(
        self,
        waybill: str,
        purpose: str,
        reason: str,
        *,
        fields: Sequence[str] | None = None,
        approval: str | None = None,
        key: str | None = None,
    ) -> Disclosed:
        """Shows what the purpose opens of a waybill.

        Args:
            waybill: Number of the waybill.
            purpose: A code of the policy, such as `deliver`.
            reason: Why, in at most 200 characters; sealed in the log.
            fields: Fewer fields than the purpose has, by names of FIELDS; None: all of them.
            approval: Id of an approval of bulk.
            key: Idempotency key, 1 to 128 visible ASCII characters; None: a new one for this call.

        Returns:
            What was shown, and where that stands in the log.

        Raises:
            RefusedError: A rule refuses it.
        """
        chosen = None if fields is None else list(fields)
        body = {"purpose": purpose, "reason": reason, "fields": chosen, "approval": approval}
        told = self._post(f"/v1/waybills/{quote(waybill, safe='')}/disclose", body, key=key or _key())
        return parse(Disclosed, told)

    def disclose_many(
        self, asks: Iterable[Ask], *, approval: str | None = None, key: str | None = None
    ) -> list[Disclosed | Refused]:
        """Shows up to 1,000 waybills.

        Args:
            asks: What is asked for, each with purpose and reason.
            approval: Id of an approval of bulk.
            key: Idempotency key, 1 to 128 visible ASCII characters; None: a new one for this call.

        Returns:
            An answer for each, in their order.

        Raises:
            RefusedError: The request as a whole is refused; a single waybill's refusal is its answer.
        """
        told = self._post("/v1/disclose", {"asks": list(asks), "approval": approval}, key=key or _key())
        return parse(list[Disclosed | Refused], told, "results")

    def disclose_tokens(
        self,
        tokens: Sequence[str],
        purpose: str,
        reason: str,
        *,
        approval: str | None = None,
        key: str | None = None,
    ) -> list[TokenShown]:
        """Shows what up to 1,000 tokens stand for.

        Args:
            tokens: Tokens that sealing gave.
            purpose: A code of the policy, such as `deliver`.
            reason: Why, in at most 200 characters; sealed in the log.
            approval: Id of an approval of bulk.
            key: Idempotency key, 1 to 128 visible ASCII characters; None: a new one for this call.

        Returns:
            An answer for each token, in their order.

        Raises:
            RefusedError: The request as a whole is refused; a single token's refusal is its answer.
        """
        body = {"tokens": list(tokens), "purpose": purpose, "reason": reason, "approval": approval}
        return parse(list[TokenShown], self._post("/v1/tokens/disclose", body, key=key or _key()), "results")

    def revise(
        self, waybill: str, purpose: str, reason: str, values: Mapping[str, str], *, key: str | None = None
    ) -> Revised:
        """Changes what is sealed under a number.

        Args:
            waybill: Number of the waybill.
            purpose: A code of the policy, such as `deliver`.
            reason: Why, in at most 200 characters; sealed in the log.
            values: The fields that change, by names of FIELDS; at least one.
            key: Idempotency key, 1 to 128 visible ASCII characters; None: a new one for this call.

        Returns:
            The new revision, tokens and forms of the fields that changed, and where that stands in the log.

        Raises:
            RefusedError: A rule refuses it.
        """
        body = {"purpose": purpose, "reason": reason, "values": dict(values)}
        told = self._transport.json("PATCH", f"/v1/waybills/{quote(waybill, safe='')}", body, key=key or _key())
        return parse(Revised, told)

    def find(self, phone: str, purpose: str, reason: str) -> list[str]:
        """Finds the waybills of a phone; few look-ups a day.

        Args:
            phone: As people write it.
            purpose: A code of the policy, such as `deliver`.
            reason: Why, in at most 200 characters; sealed in the log.

        Returns:
            Numbers of waybills, of sender or recipient.

        Raises:
            RefusedError: A rule refuses it, or the day's look-ups are spent.
        """
        told = self._post("/v1/find", {"phone": phone, "purpose": purpose, "reason": reason}, again=False)
        return parse(list[str], told, "waybills")

    def scans(self, scans: Iterable[Scan]) -> int:
        """Reports up to 1,000 scans.

        Args:
            scans: Where parcels were, when.

        Returns:
            How many were new.

        Raises:
            RefusedError: A rule refuses it.
        """
        return parse(int, self._post("/v1/scans", {"scans": list(scans)}), "taken")

    def tickets(self, tickets: Iterable[Ticket]) -> int:
        """Reports up to 1,000 tickets.

        Args:
            tickets: Who works on which waybill.

        Returns:
            How many were new.

        Raises:
            RefusedError: A rule refuses it.
        """
        return parse(int, self._post("/v1/tickets", {"tickets": list(tickets)}), "taken")

    def actors(self, actors: Iterable[Actor]) -> int:
        """Puts up to 1,000 actors into the directory, or replaces what is known of them.

        Args:
            actors: Who there is; whether they are blocked stays as it is.

        Returns:
            How many.

        Raises:
            RefusedError: A rule refuses it.
        """
        return parse(int, self._post("/v1/actors", {"actors": list(actors)}), "taken")

    def block(self, actor: str) -> None:
        """Puts an actor on the blocked list: it is shown nothing any more.

        Args:
            actor: Its id.

        Raises:
            RefusedError: A rule refuses it.
        """
        self._post(f"/v1/actors/{quote(actor, safe='')}/block")

    def unblock(self, actor: str) -> None:
        """Takes an actor off the blocked list.

        Args:
            actor: Its id.

        Raises:
            RefusedError: A rule refuses it.
        """
        self._post(f"/v1/actors/{quote(actor, safe='')}/unblock")

    def ask_approval(self, purpose: str, most: int) -> Approval:
        """Asks a second person to agree to bulk.

        Args:
            purpose: A code of the policy, such as `deliver`.
            most: How many waybills, 1 to 1,000,000.

        Returns:
            The approval, which nobody has given yet.

        Raises:
            RefusedError: A rule refuses it.
        """
        return parse(Approval, self._post("/v1/approvals", {"purpose": purpose, "most": most}, again=False))

    def approve(self, approval: str) -> Approval:
        """Agrees to bulk that another asked for.

        Args:
            approval: Its id.

        Returns:
            The approval as it is now.

        Raises:
            RefusedError: A rule refuses it; nobody agrees to what they asked for themselves.
        """
        return parse(Approval, self._post(f"/v1/approvals/{quote(approval, safe='')}/approve", again=False))

    def erase(self, waybill: str, why: str = "request") -> Erased:
        """Erases a waybill's key, so that nothing of it can be shown again.

        Args:
            waybill: Number of the waybill.
            why: A code that stands in the log: lower-case letters and underscores.

        Returns:
            When it was erased, and when the last backup that may hold the key is gone.

        Raises:
            RefusedError: A rule refuses it.
        """
        return parse(Erased, self._post(f"/v1/waybills/{quote(waybill, safe='')}/erase", {"why": why}))

    def policy(self) -> PolicyShown:
        """Reads the policy in force.

        Returns:
            Its version, its purposes (TOML) and its rules (Cedar).

        Raises:
            RefusedError: A rule refuses it.
        """
        return parse(PolicyShown, self._transport.json("GET", "/v1/policy"))

    def activate_policy(self, purposes: str, rules: str) -> int:
        """Puts another policy in force.

        Args:
            purposes: Purposes, as TOML.
            rules: Rules, as Cedar policies.

        Returns:
            Its version.

        Raises:
            RefusedError: The policy can't be used, or a rule refuses it.
        """
        told = self._post("/v1/policy", {"purposes": purposes, "rules": rules}, again=False)
        return parse(int, told, "version")

    def checkpoint(self) -> str:
        """Takes a signed checkpoint of the log: keep it where those can't write who run the vault.

        Returns:
            The note (C2SP signed-note).

        Raises:
            RefusedError: A rule refuses it.
        """
        return self._transport.send("GET", "/v1/log/checkpoint").text

    def tile(self, path: str) -> bytes:
        """Takes a tile of the log's tree.

        Args:
            path: Its path (C2SP tlog-tiles), such as 0/000.p/7.

        Returns:
            Hashes of 32 bytes each, one after the other.

        Raises:
            RefusedError: There is no such tile.
        """
        return self._transport.send("GET", f"/v1/log/tile/{quote(path)}").content

    def proof(self, seq: int) -> str:
        """Takes the proof that an entry stands in the log.

        Args:
            seq: Its place in the log, from 0.

        Returns:
            JSON, as `wayseal vault verify-proof` takes it.

        Raises:
            RefusedError: There is no such entry.
        """
        return self._transport.send("GET", f"/v1/log/entries/{seq}/proof").text

    def _post(self, path: str, body: Any = None, *, key: str | None = None, again: bool = True) -> Any:
        return self._transport.json("POST", path, body, key=key, again=again)


def _key() -> str:
    return secrets.token_urlsafe(18)
