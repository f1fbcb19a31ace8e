"""Where events come from: a pipe, a file that grows, a stream of NATS, a topic of Kafka.

1. A source keeps no place: whoever reads says where to begin, and gets the place behind each batch.
2. What can't be gone on with is a gap, and named; never the first event that there is, in silence.
3. A broker that is away is said once, and tried again until it answers.
4. Lines are handed on as they come. Whether they are rows is looked at where they come into the ledger.
5. No address holds a secret (`wayseal.client.brokers`).
"""

from pathlib import Path
from urllib.parse import SplitResult, parse_qs

from wayseal.client.brokers import broker_address, name_in
from wayseal.live.errors import SourceError
from wayseal.live.sources._reading import Outage, Reading, Start
from wayseal.live.types import Source

__all__ = ["Outage", "Reading", "Start", "open_source_of"]


def open_source_of(url: str, reading: Reading | None = None) -> Source:
    """A source by its address; it is read once it is opened.

    Args:
        url: `jsonl:-` for standard input, `file:PATH`, `nats://HOST:PORT/STREAM` (`?subject=…` for some of its
            messages), or `kafka://HOST:PORT,…/TOPIC`.
        reading: How it is read; None: from its beginning, and on and on.

    Returns:
        The source.

    Raises:
        SourceError: That is no address, it holds a secret, or what reads it is not installed.
    """
    how = reading or Reading()
    scheme, _, rest = url.partition(":")
    if url == "jsonl:-":
        from wayseal.live.sources._files import PipeSource

        return PipeSource()
    if scheme == "file" and rest.removeprefix("//"):
        from wayseal.live.sources._files import FileSource

        return FileSource(Path(rest.removeprefix("//")), how)
    parts = broker_address(url, SourceError)
    if parts is not None and (name := name_in(parts)) and (asked := _asked(parts)) is not None:
        try:
            if scheme == "nats":
                from wayseal.live.sources._nats import NatsSource

                return NatsSource(parts.netloc, name, how, **asked)
            if scheme == "kafka" and not asked:
                from wayseal.live.sources._kafka import KafkaSource

                return KafkaSource(parts.netloc, name, how)
        except ModuleNotFoundError as error:
            raise SourceError(
                "{name} is not installed: pip install 'WHEEL[live]', or `make setup-live` in a checkout",
                name=error.name,
            ) from None
    raise SourceError(
        "an address is jsonl:-, file:PATH, nats://HOST:PORT/STREAM or kafka://HOST:PORT/TOPIC",
        key=scheme if scheme in {"jsonl", "file", "nats", "kafka"} else None,
    )


def _asked(parts: SplitResult) -> dict[str, str] | None:
    """What stands behind the question mark; None where it isn't known, or stands there twice."""
    found = parse_qs(parts.query, keep_blank_values=True)
    known = found.keys() <= {"subject"} and all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()} if known else None
