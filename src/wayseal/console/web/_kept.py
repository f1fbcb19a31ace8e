"""What was typed into a form whose session ended meanwhile: it goes to the browser, sealed, and comes back after.

1. It opens for the person alone whose session it was, for a day.
2. What proves somebody (passwords, codes) isn't kept.
"""

import base64
import json
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass

from wayseal.console.access import AccessKeys

FIELD = "kept"
_DAY = 86_400_000_000
_NEVER = {FIELD, "csrf", "password", "again", "proof", "code", "setup_code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A form that wasn't done: where it was sent to, and its fields."""

    path: str
    fields: Mapping[str, str]


def keepable(form: Mapping[str, str]) -> Mapping[str, str]:
    """What of a form may be shown again (rule 2)."""
    return {name: value for name, value in form.items() if name not in _NEVER}


def keep(keys: AccessKeys, person: str, path: str, form: Mapping[str, str], now: int) -> str:
    """Seals a form for a person."""
    content = json.dumps({"path": path, "fields": keepable(form), "at": now}, ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(keys.seal("kept", content, person)).decode()


def open_kept(keys: AccessKeys, person: str, text: str | None, now: int) -> Kept | None:
    """The form that was kept; None: there is none for this person (rule 1)."""
    if not text:
        return None
    try:
        sealed = base64.urlsafe_b64decode(text.encode("ascii"))
    except (Error, UnicodeEncodeError, ValueError):
        return None
    content = keys.open("kept", sealed, person)
    if content is None:
        return None
    found = json.loads(content)
    return Kept(path=found["path"], fields=found["fields"]) if now - found["at"] < _DAY else None
