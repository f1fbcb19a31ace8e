"""Texts to begin with: bulletins, and notices to the postal authority and to people, filled from a scope.

A notice has of a scope what was counted, and not whose source it is. What no ledger knows is left to be filled in.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Literal

from wayseal.cases.bulletins.acts import Both
from wayseal.cases.errors import CasebookUsageError
from wayseal.model.schema import CLOSED, TomlText
from wayseal.model.times import micros, stamp
from wayseal.page.languages import LANGS, Lang
from wayseal.page.words import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text to begin with. kind: a bulletin, to be published, or a notice, to be sent."""

    __pydantic_config__: ClassVar = CLOSED
    kind: Literal["bulletin", "notice"]
    title: Both
    text: Both


@dataclass(frozen=True, slots=True, kw_only=True)
class _Templates:
    __pydantic_config__: ClassVar = CLOSED
    template: tuple[Template, ...]


@cache
def load_templates(kind: str) -> tuple[Template, ...]:
    """Those of a kind that come along."""
    content = resources.files(__package__).joinpath("templates.toml").read_bytes()
    return tuple(one for one in TomlText(content, CasebookUsageError).read(_Templates).template if one.kind == kind)


def fill_notice(template: Template, scope: str | bytes, unit: str, contact: str, now: int) -> str:
    """A notice in both languages, as Markdown.

    Args:
        template: The notice.
        scope: What `wayseal scope --format json` wrote. CasebookUsageError: something else.
        unit: Who tells.
        contact: How they are reached.
        now: Today.
    """
    try:
        found = json.loads(scope)
        parts = [
            _fill(template, lang, _blanks(found, lang, unit, contact) | {"today": stamp(now)[:10]}) for lang in LANGS
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CasebookUsageError("this isn't what `wayseal scope --format json` writes", key="scope") from None
    return "\n\n---\n\n".join(parts) + "\n"


def _blanks(found: dict[str, Any], lang: Lang, unit: str, contact: str) -> dict[str, str]:
    def names(key: str) -> str:
        return Translator(lang, html=False).all_values(str(one["name"]) for one in found[key] if one["name"])

    return {
        "waybills": f"{found['waybills']:,d}",
        **{end: stamp(micros(found[end])) if found[end] is not None else "" for end in ("first", "last")},
        "days": "\n".join(f"- {one['day']}: {one['waybills']:,d}" for one in found["days"] if one["waybills"]),
        "channels": names("vias"),
        "kinds": names("fields"),
        "unit": unit,
        "contact": contact,
        "open": "",
    }


def _fill(template: Template, lang: Lang, blanks: dict[str, str]) -> str:
    """What isn't known is left open."""
    text = f"# {template.title.of(lang)}\n\n{template.text.of(lang)}"
    for name, value in blanks.items():
        text = text.replace(f"{{{name}}}", value or {"zh": "〔待填写〕", "en": "[to be filled in]"}[lang])
    return text
