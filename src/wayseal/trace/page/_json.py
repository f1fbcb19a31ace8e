"""JSON for programs, with everything that can't be seen as an escape."""

import json
from collections.abc import Mapping

from wayseal.trace.report._json import escaped


def as_json(document: Mapping[str, object]) -> str:
    r"""A document as JSON (UTF-8, no NaN, one line end at the end); characters that can't be seen as \u escapes."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return "\n".join(escaped(line) for line in text.split("\n")) + "\n"
