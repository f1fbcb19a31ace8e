"""A template as it stands in a file: what is printed is read back as the same template."""

from collections.abc import Iterable

from wayseal.detect.explain import TIMED, Template, TemplateKind

_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000))
_MOST = 9999


def as_toml(template: Template) -> str:
    """A `[[template]]` table. Lengths that no file can say are written as the next longer one that it can."""
    lines = ["[[template]]", f'name = "{template.name}"', f'by = "{template.by}"']
    if template.by is not TemplateKind.MANDATE:
        lines.append(f'strength = "{"strong" if template.strong else "weak"}"')
    if template.by in TIMED:
        lines += [f'before = "{length(template.before)}"', f'after = "{length(template.after)}"']
    for key in ("roles", "kinds", "actions", "rights"):
        if values := getattr(template, key):
            lines.append(f"{key} = [{', '.join(_quoted(values))}]")
    lines += [] if template.enabled else ["enabled = false"]
    return "\n".join(lines) + "\n"


def length(us: int) -> str:
    """A length as a file says it: 90m, 12h, 10d."""
    for letter, unit in _UNITS:
        if us % unit == 0 and us // unit <= _MOST:
            return f"{us // unit}{letter}"
    letter, unit = next((pair for pair in reversed(_UNITS) if -(-us // pair[1]) <= _MOST), _UNITS[0])
    return f"{min(-(-us // unit), _MOST)}{letter}"


def readable(us: int) -> int:
    """The length (µs) that a file would give for this one."""
    text = length(us)
    return int(text[:-1]) * dict(_UNITS)[text[-1]]


def _quoted(values: Iterable[str]) -> list[str]:
    return ['"' + "".join(map(_escaped, str(value))) + '"' for value in sorted(values)]


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08X}"
