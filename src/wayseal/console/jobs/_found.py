"""What a job found, as it is kept beside it: a file, and its SHA-256 in what the job tells."""

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from wayseal.console.errors import JobError
from wayseal.store.durable import replace_file

T = TypeVar("T")


def keep_found(file: Path, found: Any) -> str:
    """Writes what was found down; its SHA-256. found: as JSON has it."""
    text = json.dumps(found, ensure_ascii=False).encode()
    replace_file(file, text)
    return hashlib.sha256(text).hexdigest()


def load_found(file: Path, sha256: str | None, form: TypeAdapter[T]) -> T:
    """What was found again. JobError: it isn't there any more, or isn't what was written."""
    try:
        content = file.read_bytes()
    except OSError:
        raise JobError("what this found isn't kept any more: look again") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise JobError("what this found isn't what was written: look again")
    try:
        return form.validate_json(content)
    except ValidationError:
        raise JobError("another version of Wayseal made this: look again") from None
