"""Metrics of the watch for Prometheus, of what it said of itself last: no account, no waybill, no case."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wayseal.live.blocks import Blocks
from wayseal.model.errors import WaysealError
from wayseal.model.times import micros, now_us

Value = float | Mapping[str, float] | None
"""Of a metric; by its label, where it has one; None: there is none yet."""
_METRICS: Final[Mapping[str, tuple[str, str, str]]] = {
    "events": ("counter", "Events that ever arrived.", ""),
    "events_in_ledger": ("gauge", "Number of the last event that is in the ledger.", ""),
    "lag_events": ("gauge", "Events that arrived and aren't in the ledger yet.", ""),
    "events_per_second": ("gauge", "Events a second, of the last ten.", ""),
    "lag_seconds": ("gauge", "How far stream time lay behind the clock when events came last.", ""),
    "last_event_seconds": ("gauge", "Seconds since events came last.", ""),
    "source_away_seconds": ("gauge", "Seconds since the source doesn't answer; 0: it does.", ""),
    "limits_age_seconds": ("gauge", "How old the run of detection is of which the limits are.", ""),
    "notices": ("counter", "Notices, by kind.", "kind"),
    "notices_muted": ("counter", "Of these, those of which nobody was told.", ""),
    "notices_waiting": ("gauge", "Notices that a receiver has not had.", "receiver"),
    "events_rejected": ("counter", "Events that are no rows, by reason, since the start.", "reason"),
    "holes": ("gauge", "Stretches that are missing in counts of gateways, up to 100.", ""),
    "events_missing": ("gauge", "Events that are missing in them.", ""),
    "blocks": ("gauge", "Entries of the list of blocked accounts that count now.", ""),
    "running": ("gauge", "1: events are taken.", ""),
}
"""Kind, help and label of each, behind `PREFIX`."""
PREFIX: Final = "wayseal_watch_"
NAMES: Final = tuple(PREFIX + name for name in _METRICS)


class WatchMetrics(Collector):
    """The metrics.

    status: what the watch said of itself last; away: seconds since the source doesn't answer, None: it does.
    """

    def __init__(
        self, status: Callable[[], Mapping[str, Any]], away: Callable[[], float | None], blocks: Blocks
    ) -> None:
        self._status, self._away, self._blocks = status, away, blocks
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The metrics in Prometheus' text form."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The metrics that have a value."""
        values = self._values()
        for name, (kind, help_, label) in _METRICS.items():
            family = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(
                PREFIX + name, help_, labels=[label] if label else None
            )
            value = values.get(name)
            if isinstance(value, Mapping):
                for key, number in value.items():
                    family.add_metric([key], number)
            elif value is not None:
                family.add_metric([], value)
            yield family

    def _standing(self, now: int) -> float | None:
        try:
            return len(self._blocks.state().standing(now))
        except (WaysealError, OSError):
            return None

    def _values(self) -> Mapping[str, Value]:
        status, now = self._status(), now_us()
        values: dict[str, Value] = {
            "source_away_seconds": self._away() or 0.0,
            "blocks": self._standing(now),
            "running": int(bool(status.get("running"))),
        }
        if not status:
            return values
        return values | {
            "events": status["events"],
            "events_in_ledger": status["in_ledger"],
            "lag_events": status["events"] - status["in_ledger"],
            "events_per_second": status["rate"],
            "lag_seconds": status["lag_seconds"],
            "last_event_seconds": _since(status["last_event"], now),
            "limits_age_seconds": _since(status["limits_at"], now),
            "notices": status["kinds"],
            "notices_muted": status["muted"],
            "notices_waiting": status["waiting"],
            "events_rejected": status["rejected"],
            "holes": len(status["holes"]),
            "events_missing": sum(one["last"] - one["first"] + 1 for one in status["holes"]),
        }


def _since(at: str | None, now: int) -> float | None:
    return None if at is None else (now - micros(at)) / 1e6
