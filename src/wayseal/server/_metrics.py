"""What Prometheus sees: counts and times by route, purpose, outcome and rule, and nothing of who or what.

Labels come from closed sets (routes of the table, purposes of the policy, rules); what isn't in them counts as "other".
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_ASKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1024)
_MOST_VALUES = 200
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """The metrics of one service, in a registry of its own."""

    def __init__(self) -> None:
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
        self._log = Gauge("wayseal_log_entries", "Entries of the disclosure log.", registry=registry)
        self._waiting = Gauge("wayseal_asks_waiting", "Asks that wait to be committed.", registry=registry)
        self._running = Gauge("wayseal_requests_running", "Requests being answered.", registry=registry)
        self._trouble = Gauge("wayseal_keyring_trouble", "1: a newer keyring can't be used.", registry=registry)
        self._closed: dict[str, set[str]] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def disclosed(self, purpose: str, outcome: str, count: int) -> None:
        """Waybills that were shown or refused."""
        self._disclosures.labels(self._among("purpose", purpose), outcome).inc(count)

    def refused(self, rule: str) -> None:
        """One refusal, by the vault or the service."""
        self._refusals.labels(self._among("rule", rule)).inc()

    def sealed(self, count: int) -> None:
        """Waybills that were sealed."""
        self._sealed.inc(count)

    def revised(self) -> None:
        """A waybill that was changed."""
        self._revised.inc()

    def signed_in(self, outcome: str) -> None:
        """A token given (`ok`), or not."""
        self._signins.labels(outcome).inc()

    def group(self, asks: int) -> None:
        """A group that is about to be committed."""
        self._group.observe(asks)

    def database_failed(self) -> None:
        """The database failed once more."""
        self._database.inc()

    def measure(
        self, *, waiting: Callable[[], int], running: Callable[[], int], keyring_trouble: Callable[[], bool]
    ) -> None:
        """Where gauges get their values when they are read."""
        self._trouble.set_function(keyring_trouble)
        self._waiting.set_function(waiting)
        self._running.set_function(running)

    def text(self, *, log_entries: int) -> bytes:
        """The metrics in Prometheus' text form."""
        self._log.set(log_entries)
        return generate_latest(self.registry)

    def _among(self, name: str, value: str) -> str:
        """At most so many values a label, whatever is asked for."""
        known = self._closed.setdefault(name, set())
        if value not in known:
            if len(known) >= _MOST_VALUES:
                return "other"
            known.add(value)
        return value
