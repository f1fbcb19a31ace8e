"""Clients that ask, note every answer that they get, and go on whatever happens to the service.

1. Each request says in its reason which it is, so that the log (the keyring opens reasons) tells how often it stands
   there.
2. A request with an idempotency key that got no answer is sent again until it gets one; one without isn't.
3. An answer is noted once it has arrived whole.
"""

import itertools
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.vault._world import COURIERS, Seeded, courier, parcels

BATCH = 20
_UNKNOWN = "YT9999999999999"
_DONE = (200, 201, 403, 409)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a client was told of one waybill. request: the service's id; keyed: had an idempotency key."""

    ask: str
    waybill: str
    disclosed: bool
    seq: int
    leaf: str | None
    request: str
    keyed: bool


@dataclass(slots=True)
class Books:
    """What clients were told. odd: answers that nobody should get."""

    told: list[Told] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    ask: str
    actor: str
    path: str
    body: dict[str, Any]
    keyed: bool
    waybills: tuple[str, ...]


class Load:
    """Threads that ask until `stop`."""

    def __init__(self, address: str, seeded: Seeded, threads: int, start: int, pause: float = 0) -> None:
        self.books = Books()
        self._address, self._seeded, self._start = address, seeded, start
        self._pause = pause
        self._lock = threading.Lock()
        self._stop, self._end = threading.Event(), threading.Event()
        self._tokens: dict[str, str] = {}
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ends whether answers came or not."""
        self._stop.set()
        self._end.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(60)

    def stop(self) -> Books:
        """Ends when each request with a key has its answer; what was told."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            if thread.is_alive():
                raise RuntimeError("a client waits for ever")
        return self.books

    def _run(self, n: int) -> None:
        made = _Requests(self._seeded, n, self._start)
        waiting: _Request | None = None
        with httpx.Client(base_url=self._address, timeout=40) as http:
            while not self._end.is_set() and (waiting is not None or not self._stop.is_set()):
                request = waiting or made.next()
                with self._lock:
                    self.books.again += waiting is not None
                if self._sent(http, request, made):
                    waiting = None
                    time.sleep(self._pause)
                    continue
                waiting = request if request.keyed else None
                time.sleep(0.1)

    def _sent(self, http: httpx.Client, request: _Request, made: "_Requests") -> bool:
        """Whether it got the answer that it asked for, or one that it has no business to repeat."""
        try:
            token = self._tokens.get(request.actor) or self._token(http, request.actor)
            if token is None:
                return False
            headers = {"Authorization": f"Bearer {token}"}
            if request.keyed:
                headers["Idempotency-Key"] = request.ask
            answer = http.post(request.path, json=request.body, headers=headers)
        except httpx.TransportError:
            with self._lock:
                self.books.unanswered += 1
            return False
        with self._lock:
            return self._noted(request, answer, made)

    def _token(self, http: httpx.Client, actor: str) -> str | None:
        shop = actor == "platform"
        client = ("shop", self._seeded.shop_secret) if shop else ("scanner-app", self._seeded.courier_secret)
        form = {"grant_type": "client_credentials", "actor": actor}
        answer = http.post("/oauth/token", data=form, auth=client)
        if answer.status_code != 200:
            with self._lock:
                self._judge(answer)
            return None
        self._tokens[actor] = str(answer.json()["access_token"])
        return self._tokens[actor]

    def _noted(self, request: _Request, answer: httpx.Response, made: "_Requests") -> bool:
        self._judge(answer)
        if answer.status_code == 401:
            self._tokens.pop(request.actor, None)
        if answer.status_code not in _DONE:
            return False
        body = answer.json()
        results = body.get("results") or [body]
        if [one["waybill"] for one in results] != list(request.waybills):
            self.books.odd.append(f"{request.path}: other waybills than were asked for")
        for one in results:
            self._note(request, one, answer.headers["x-request-id"], made)
        return True

    def _note(self, request: _Request, one: dict[str, Any], request_id: str, made: "_Requests") -> None:
        status = one["status"]
        if "parcel" in request.ask:
            # Its numbers are nobody else's: whatever else it is told than "sealed" is wrong.
            if status == "sealed":
                self.books.sealed.append(one["waybill"])
                made.sealed.append(one["waybill"])
            else:
                self.books.odd.append(f"sealing: {one.get('rule')}")
            return
        shown = status == "disclosed"
        if shown and not one["values"]:
            self.books.odd.append("a disclosure shows nothing")
        if not shown and one.get("rule") in {"damaged", "erased"}:
            self.books.odd.append(f"a refusal by rule {one['rule']}")
        self.books.told.append(
            Told(
                ask=request.ask,
                waybill=one["waybill"],
                disclosed=shown,
                seq=-1 if one["seq"] is None else int(one["seq"]),
                leaf=one.get("leaf"),
                request=request_id,
                keyed=request.keyed,
            )
        )

    def _judge(self, answer: httpx.Response) -> None:
        """Only 503 with Retry-After tells of trouble; 401 comes when a token is too old."""
        self.books.statuses[answer.status_code] += 1
        if answer.status_code not in {*_DONE, 401, 503}:
            self.books.odd.append(f"status {answer.status_code}: {answer.text[:200]}")
        if answer.status_code == 503 and not answer.headers.get("retry-after"):
            self.books.odd.append("503 without Retry-After")


class _Requests:
    """What one client asks for: single disclosures, batches, sealing, all with and without keys."""

    def __init__(self, seeded: Seeded, n: int, start: int) -> None:
        self._seeded, self._n, self._start = seeded, n, start
        self._random = random.Random(1000 * start + n)
        self._count = itertools.count()
        self._all = sorted(number for some in seeded.numbers.values() for number in some)
        self.sealed: list[str] = []

    def next(self) -> _Request:
        """Another request."""
        what, keyed = self._random.random(), self._random.random() < 0.4
        name = f"{self._start}-{self._n}-{next(self._count)}"
        if what < 0.6:
            return self._single(name, keyed)
        if what < 0.85:
            return self._batch(name, keyed)
        return self._sealing(f"{name}-parcel", keyed)

    def _single(self, name: str, keyed: bool) -> _Request:
        actor, outlet = courier(self._random.randrange(8) * 25 % COURIERS + self._n % 25)
        number = self._random.choice(self._seeded.numbers[outlet])
        if self._random.random() < 0.1:
            number = self._random.choice([*self._all[:50], _UNKNOWN])
        body = {"purpose": "deliver", "reason": name}
        path = f"/v1/waybills/{number}/disclose"
        return _Request(ask=name, actor=actor, path=path, body=body, keyed=keyed, waybills=(number,))

    def _batch(self, name: str, keyed: bool) -> _Request:
        numbers = [*self._random.sample(self._all, BATCH), *self.sealed[-5:]]
        asks = [{"waybill": number, "purpose": "own_shipment", "reason": name} for number in numbers]
        return _Request(
            ask=name,
            actor="platform",
            path="/v1/disclose",
            body={"asks": asks},
            keyed=keyed,
            waybills=tuple(numbers),
        )

    def _sealing(self, name: str, keyed: bool) -> _Request:
        size = self._random.randint(1, 8)
        numbers = tuple(f"YS{name.removesuffix('-parcel').replace('-', 'X')}X{k}" for k in range(size))
        made = [
            {"waybill": number, "values": {f.value: text for f, text in parcel.values.items()}}
            for number, parcel in zip(numbers, _PARCELS, strict=False)
        ]
        return _Request(
            ask=name,
            actor="platform",
            path="/v1/waybills/batch" if size > 1 else "/v1/waybills",
            body={"parcels": made} if size > 1 else made[0],
            keyed=keyed,
            waybills=numbers,
        )


_PARCELS = parcels(8)


def disclosed_all(address: str, seeded: Seeded, numbers: list[str]) -> int:
    """How many of the numbers the platform that sealed them is shown."""
    shown = 0
    form = {"grant_type": "client_credentials", "actor": "platform"}
    with httpx.Client(base_url=address, timeout=60) as http:
        answer = http.post("/oauth/token", data=form, auth=("shop", seeded.shop_secret)).raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        for start in range(0, len(numbers), 100):
            some = numbers[start : start + 100]
            body = {"asks": [{"waybill": n, "purpose": "own_shipment", "reason": f"final-{start}"} for n in some]}
            results = http.post("/v1/disclose", content=json.dumps(body), headers={**headers, **_JSON}).json()
            shown += sum(one["status"] == "disclosed" for one in results["results"])
    return shown


_JSON = {"Content-Type": "application/json"}
