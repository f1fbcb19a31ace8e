"""What lies where in a watch's folder (see `_place`), and a source as text."""

import json
from collections.abc import Mapping

SOURCES, CAPTURES, SITES, IMPORTS, LOCK = "sources", "captures", "sites", "imports", "watch.lock"


def source_text(said: Mapping[str, str]) -> str:
    """A source as TOML: a string of JSON is one of TOML as well."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items())
