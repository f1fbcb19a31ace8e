"""Sources: what is looked at, as data, and what an answer or an export of one shows.

A source is a TOML file (`load_sources`, docs: market-sources.md). `parse` is a pure function of an answer's bytes
(`parse_apart` the same within bounds);
`read_export` reads files of any size message by message. Nothing here asks the network.
"""

from wayseal.market.sources._exports import (
    PICTURES,
    TEXTS,
    files_of,
    parse,
    parse_apart,
    picture_of,
    read_export,
    starts,
)
from wayseal.market.sources.source import Seen, Source, load_sources, parse_source

__all__ = [
    "PICTURES",
    "TEXTS",
    "Seen",
    "Source",
    "files_of",
    "load_sources",
    "parse",
    "parse_apart",
    "parse_source",
    "picture_of",
    "read_export",
    "starts",
]
