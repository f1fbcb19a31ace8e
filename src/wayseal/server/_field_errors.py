"""What is wrong with the fields of a request: pydantic's errors without what was sent, as codes and in words.

1. A place is a path through the schema. A name that the schema doesn't know was sent, so it is left out.
2. The words tell the cause in every language: whoever reads the answer need not know the library's codes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wayseal.model.messages import N_, Message

MOST = 20
"""Fields that are named."""
_MOST_TOLD = 3
"""Fields of which the words tell."""
_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
"""What the library says of a name that isn't known, in a body and in a record in it."""
_OBJECT, _WHOLE = N_("needs an object"), N_("needs a whole number")
_TEXTS: Mapping[str, str] = {
    "missing": N_("is missing"),
    "extra_forbidden": N_("is a name that isn't known here"),
    "string_type": N_("needs a text"),
    "string_unicode": N_("needs a text in Unicode"),
    "string_too_short": N_("needs {min_length} {min_length:character|characters} or more"),
    "string_too_long": N_("needs {max_length} {max_length:character|characters} or fewer"),
    "string_pattern_mismatch": N_("holds a character that can't stand there"),
    "too_short": N_("needs {min_length} {min_length:entry|entries} or more"),
    "too_long": N_("needs {max_length} {max_length:entry|entries} or fewer"),
    "list_type": N_("needs a list"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "greater_than": N_("needs to be above {gt}"),
    "greater_than_equal": N_("needs to be {ge} or more"),
    "less_than": N_("needs to be below {lt}"),
    "less_than_equal": N_("needs to be {le} or less"),
    "enum": N_("is one of {known}"),
    "literal_error": N_("is one of {known}"),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "value_error": N_("needs a time with an offset, from 1970 to 2199, such as 2026-03-02T08:00:00+08:00"),
}
"""What is said of a mistake, by the library's code for it. Of what it can't judge itself all are times."""
_OTHER = N_("can't be understood")
_TOLD = N_("Fields can't be as they are: {errors}.")
_ONE = N_("{field}: {problem}")


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Where, and which kind, as codes (rule 1)."""
    return [_coded(error) for error in errors[:MOST]]


def describe_errors(errors: Sequence[Mapping[str, Any]]) -> Message:
    """The same in words (rule 2), of the first few."""
    told = [
        Message(_ONE, {"field": coded["field"] or "body", "problem": _worded(coded["problem"], error.get("ctx") or {})})
        for error, coded in zip(errors, field_errors(errors[:_MOST_TOLD]), strict=False)
    ]
    return Message(_TOLD, {"errors": told})


def _coded(error: Mapping[str, Any]) -> dict[str, str]:
    kind = str(error["type"])
    place = list(error["loc"])
    if kind in _UNKNOWN and place:
        kind, place[-1] = _UNKNOWN[0], "?"
    return {"field": ".".join(str(part) for part in place), "problem": kind}


def _worded(kind: str, values: Mapping[str, Any]) -> Message:
    known = re.findall(r"'([^']*)'", str(values.get("expected", "")))
    return Message(_TEXTS.get(kind, _OTHER), {**values, "known": known})
