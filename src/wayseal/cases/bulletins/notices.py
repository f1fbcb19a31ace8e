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
    """A notice in both languages, as Markdown. CasebookUsageError: `scope` isn't what `wayseal scope` wrote as JSON."""
    parts, own = [], {"unit": unit, "contact": contact, "today": stamp(now)[:10], "open": ""}
    try:
        for lang in LANGS:
            text = f"# {template.title.of(lang)}\n\n{template.text.of(lang)}"
            for name, value in (_blanks(json.loads(scope), lang) | own).items():
                text = text.replace(f"{{{name}}}", value or ("〔待填写〕" if lang == "zh" else "[to be filled in]"))
            parts.append(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CasebookUsageError("this isn't what `wayseal scope --format json` writes", key="scope") from None
    return "\n\n---\n\n".join(parts) + "\n"


def _blanks(found: dict[str, Any], lang: Lang) -> dict[str, str]:
    named = {key: [str(one["name"]) for one in found[key] if one["name"]] for key in ("vias", "fields")}
    said = {key: Translator(lang, html=False).all_values(names) for key, names in named.items()}
    days = [f"- {one['day']}: {one['waybills']:,d}" for one in found["days"] if one["waybills"]]
    ends = {end: stamp(micros(found[end])) if found[end] is not None else "" for end in ("first", "last")}
    return {"waybills": f"{found['waybills']:,d}", "days": "\n".join(days), **ends, **said}
