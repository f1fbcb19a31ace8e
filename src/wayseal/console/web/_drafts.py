"""What was typed into a form whose session ended meanwhile: it goes to the browser, sealed, and comes back after.

1. It opens for the person alone whose session it was, for a day.
2. What proves somebody (passwords, codes) isn't kept. Files aren't: their names are, so that they can be chosen again.
3. Whatever a page takes fits into what the pages of the way in take: it is packed before it is sealed.
4. What wasn't sealed here is carried nowhere.
"""

import base64
import json
import zlib
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.console.access import AccessKeys
from wayseal.console.web._ask import Ask

FIELD = "kept"
_DAY = 86_400_000_000
_QUICK = 1
_NEVER = {FIELD, "csrf", "password", "again", "proof", "code", "setup_code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDraft:
    """A form that wasn't done.

    Attributes:
        path: Where it was sent to.
        fields: What was typed.
        files: Field and name of each file that came with it, which has to be chosen again.
        upload: Whether it is a form with files.
    """

    path: str
    fields: Mapping[str, str]
    files: tuple[tuple[str, str], ...] = ()
    upload: bool = False


def draft_of(ask: Ask) -> FormDraft:
    """Return what of a form may be shown again (rule 2)."""
    return FormDraft(
        path=ask.path,
        fields={name: value for name, value in ask.form.items() if name not in _NEVER},
        files=(*((file.form_field, file.name) for file in ask.files), *ask.unread),
        upload=ask.upload,
    )


def seal_draft(ask: Ask, person: str) -> str:
    """Seals a form for a person; one that carries another one already hands that one on."""
    if carried := carried_draft(ask):
        return carried
    kept = draft_of(ask)
    content = [kept.path, dict(kept.fields), kept.files, kept.upload, ask.access.now()]
    packed = zlib.compress(json.dumps(content, ensure_ascii=False).encode(), _QUICK)
    return f"{person}.{base64.urlsafe_b64encode(ask.access.keys.seal('kept', packed, person)).decode()}"


def carried_draft(ask: Ask) -> str:
    """The kept form that a form carries; "": none that was sealed here (rule 4)."""
    text = ask.field(FIELD)
    return text if _open(ask.access.keys, text) is not None else ""


def open_draft(keys: AccessKeys, person: str, text: str, now: int) -> FormDraft | None:
    """The form that was kept; None: there is none for this person (rule 1)."""
    found = _open(keys, text)
    if found is None or found[0] != person:
        return None
    path, fields, files, upload, at = json.loads(zlib.decompress(found[1]))
    if now - at >= _DAY:
        return None
    return FormDraft(path=path, fields=fields, files=tuple((field, name) for field, name in files), upload=upload)


def resend_page(ask: Ask, kept: FormDraft, *, status: int = 200, away: bool = False) -> Response:
    """The form once more, to be sent by one press. away: the database is."""
    return ask.page("resend", status=status, kept=kept, away=away)


def _open(keys: AccessKeys, text: str) -> tuple[str, bytes] | None:
    person, _, sealed = text.partition(".")
    try:
        content = keys.open("kept", base64.urlsafe_b64decode(sealed.encode("ascii")), person)
    except (Error, ValueError):
        return None
    return None if content is None else (person, content)
