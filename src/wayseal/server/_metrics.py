"""Metrics for Prometheus: counts and times by route, purpose, outcome and rule, and nothing of who or what.

1. Labels come from closed sets (routes of the table, purposes of the policy, rules); what isn't in them counts as
   "other".
2. Of several processes whoever is asked tells the sum: each keeps its numbers in a file of a folder that all share.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

T = TypeVar("T", Counter, Histogram)
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_ASKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1024)
_MOST_VALUES = 200
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client looks, as it is loaded, for the folder of rule 2."""
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


_SUM: dict[str, Any] = {"multiprocess_mode": "sum"}
_MOST: dict[str, Any] = {"multiprocess_mode": "max"}
_RECENT: dict[str, Any] = {"multiprocess_mode": "mostrecent"}


class Metrics:
    """The metrics of one service, in a registry of its own. folder: see rule 2."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._sampled: list[tuple[Gauge, Callable[[], float]]] = []
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "wayseal_requests", "Requests, by route and status.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "wayseal_request_seconds", "How long answers took.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._disclosures = Counter(
            "wayseal_disclosures",
            "Waybills asked for, by purpose and outcome.",
            ["purpose", "outcome"],
            registry=registry,
        )
        self._refusals = Counter("wayseal_refusals", "Refusals, by rule.", ["rule"], registry=registry)
        self._sealed = Counter("wayseal_sealed", "Waybills sealed.", registry=registry)
        self._revised = Counter("wayseal_revised", "Waybills changed.", registry=registry)
        self._signins = Counter("wayseal_signins", "Requests for tokens, by outcome.", ["outcome"], registry=registry)
        self._group = Histogram(
            "wayseal_group_asks", "Asks committed in one transaction.", buckets=_ASKS, registry=registry
        )
        self._database = Counter("wayseal_database_errors", "Times the database failed.", registry=registry)
        self._behind = Gauge(
            "wayseal_scans_behind_seconds",
            "How far the newest scan of a client's last report lies behind the vault's clock; below zero: ahead of it.",
            ["client"],
            **_RECENT,
            registry=registry,
        )
        self._signing = Counter("wayseal_signing_errors", "Times the log wasn't signed or cosigned.", registry=registry)
        self._log = Gauge("wayseal_log_entries", "Entries of the disclosure log.", **_MOST, registry=registry)
        self._witnessed = Gauge(
            "wayseal_witnessed_entries",
            "Entries of the disclosure log that a witness has cosigned.",
            **_MOST,
            registry=registry,
        )
        self._waiting = Gauge("wayseal_asks_waiting", "Asks that wait to be committed.", **_SUM, registry=registry)
        self._running = Gauge("wayseal_requests_running", "Requests being answered.", **_SUM, registry=registry)
        self._trouble = Gauge(
            "wayseal_keyring_trouble", "1: a newer keyring can't be used.", **_MOST, registry=registry
        )
        self._closed: dict[str, set[str]] = {}
        self._labelled: dict[tuple[object, ...], Any] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self._with(self._requests, method, route, status).inc()
        self._with(self._seconds, route).observe(seconds)
        if self._folder is not None:
            self._sample()

    def disclosed(self, purpose: str, outcome: str, count: int) -> None:
        """Waybills that were shown or refused."""
        self._with(self._disclosures, self._among("purpose", purpose), outcome).inc(count)

    def refused(self, rule: str) -> None:
        """One refusal, by the vault or the service."""
        self._with(self._refusals, self._among("rule", rule)).inc()

    def sealed(self, count: int) -> None:
        """Waybills that were sealed."""
        self._sealed.inc(count)

    def revised(self) -> None:
        """A waybill that was changed."""
        self._revised.inc()

    def signed_in(self, outcome: str) -> None:
        """A token given (`ok`), or not."""
        self._with(self._signins, outcome).inc()

    def group(self, asks: int) -> None:
        """A group that is about to be committed."""
        self._group.observe(asks)

    def database_failed(self) -> None:
        """The database failed once more."""
        self._database.inc()

    def scanned(self, client: str, behind: float) -> None:
        """A client reported scans, of which the newest lies so many seconds behind the vault's clock."""
        self._behind.labels(client).set(behind)

    def signing_failed(self) -> None:
        """The log wasn't signed or cosigned once more."""
        self._signing.inc()

    def witnessed(self, entries: int) -> None:
        """A witness has cosigned so many entries of the log."""
        self._witnessed.set(entries)

    def measure(
        self, *, waiting: Callable[[], int], running: Callable[[], int], keyring_trouble: Callable[[], bool]
    ) -> None:
        """Where gauges get their values: as they are read, and of several processes with each request, too."""
        self._sampled = [
            (self._waiting, waiting),
            (self._running, running),
            (self._trouble, lambda: float(keyring_trouble())),
        ]

    def text(self, *, log_entries: int) -> bytes:
        """The metrics in Prometheus' text form."""
        self._log.set(log_entries)
        self._sample()
        if self._folder is None:
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _sample(self) -> None:
        for gauge, value in self._sampled:
            gauge.set(value())

    def _with(self, metric: T, *labels: str | int) -> T:
        """A metric with labels, remembered: to look labels up takes longer than to count."""
        key = metric, *labels
        found: T | None = self._labelled.get(key)
        if found is None:
            found = self._labelled[key] = metric.labels(*labels)
        return found

    def _among(self, name: str, value: str) -> str:
        """At most so many values a label, whatever is asked for."""
        known = self._closed.setdefault(name, set())
        if value not in known:
            if len(known) >= _MOST_VALUES:
                return "other"
            known.add(value)
        return value
