"""The texts that people read, and their catalogues: `make texts` brings the catalogues up to date.

1. A text is English and stands where it is used: in `N_(…)`, `Message(…)`, `_(…)`, `echo(…)`, `warn(…)` or
   `pgettext(…)` of the command line, as the first argument of an error of ours (every subclass of WaysealError), of a
   function that passes its `text` on to one, of `toml.error` (`TomlText`), or in `_("…")` of a page's template.
2. Catalogues know no line numbers, no dates and no guesses, and are sorted: they change where a text changes.
3. A translation fills the same blanks as the text; a plural blank ({rows:row|rows}) may be left out.
4. A translation holds none of the little words of English but in backticks: then a part of it was never translated.
"""

import ast
import re
import string
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TypeVar, cast

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "src/wayseal", ROOT / "sim/src/wayseal_sim")
LOCALE = SOURCES[0] / "locale"
LANGS = ("zh",)
MARKS = ("N_", "Message", "WrongUsageError")
SAID = ("_", "echo", "warn", "pgettext")
"""Functions of the command line, which are called by these names alone; one may choose between two texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A place where a text is used.

    Attributes:
        where: File and line.
        name: What it is given to.
        text: None where it is no text but a name or a call, told by `given`.
        given: The source of what stands there.
        values: Names of the blanks that are filled there; None where that is not seen.

    """

    where: str
    name: str
    text: str | None
    given: str
    values: frozenset[str] | None


_N = TypeVar("_N", bound=ast.AST)


class Module:
    """The nodes of a module by kind: to walk through its tree takes far longer than to read it."""

    def __init__(self, tree: ast.AST) -> None:
        self._nodes: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        inner = [tree]
        while inner:
            node = inner.pop()
            self._nodes[type(node)].append(node)
            for name in node._fields:
                child = getattr(node, name, None)
                if isinstance(child, list):
                    inner += [one for one in child if isinstance(one, ast.AST)]
                elif isinstance(child, ast.AST):
                    inner.append(child)

    def of(self, kind: type[_N]) -> list[_N]:
        """The nodes of a kind."""
        return cast("list[_N]", self._nodes.get(kind, []))


Modules = Mapping[Path, Module]


def parsed() -> Modules:
    """Every module of the product and of the simulator."""
    files = sorted(path for source in SOURCES for path in source.rglob("*.py"))
    return {path: Module(ast.parse(path.read_text("utf-8"))) for path in files}


def errors(modules: Modules) -> dict[str, ast.ClassDef | None]:
    """Every subclass of WaysealError by name, with its class where it makes its own text."""
    bases: dict[str, tuple[set[str], ast.ClassDef]] = {}
    for module in modules.values():
        for node in module.of(ast.ClassDef):
            bases[node.name] = ({called(base) for base in node.bases}, node)
    found: dict[str, ast.ClassDef | None] = {"WaysealError": None}
    more = True
    while more:
        new = {name: node for name, (above, node) in bases.items() if name not in found and above & found.keys()}
        more = bool(new)
        for name, node in new.items():
            own = any(isinstance(f, ast.FunctionDef) and f.name == "__init__" for f in node.body)
            found[name] = node if own else next(found[base] for base in bases[name][0] if base in found)
    return found


def passing_on(modules: Modules, known: Mapping[str, ast.ClassDef | None]) -> dict[tuple[Path, str], int]:
    """Functions that pass their `text` on to an error or a message, by folder and name, and the place of `text`."""
    found: dict[tuple[Path, str], int] = {}
    for path, module in modules.items():
        for function in module.of(ast.FunctionDef):
            names = [a.arg for a in function.args.args if a.arg != "self"]
            if "text" in names and not function.name.startswith("__") and _passes(function, known):
                found[path.parent, function.name] = names.index("text")
    return found


def _passes(function: ast.FunctionDef, known: Mapping[str, ast.ClassDef | None]) -> bool:
    calls = (n for n in ast.walk(function) if isinstance(n, ast.Call) and n.args)
    first = ((called(n.func), n.args[0]) for n in calls)
    return any((name in known or name == "Message") and getattr(given, "id", "") == "text" for name, given in first)


def called(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def uses(modules: Modules | None = None) -> Iterator[Use]:
    """Every place where a text is used (rule 1)."""
    modules = modules or parsed()
    known = errors(modules)
    passed = passing_on(modules, known)
    for path, module in modules.items():
        for call in module.of(ast.Call):
            name = called(call.func)
            own = known.get(name)
            of_toml = name == "error" and ast.unparse(call.func).endswith("toml.error")
            if name in SAID and isinstance(call.func, ast.Name):
                yield from _said(path, call, name)
            elif of_toml or name in MARKS or (name in known and own is None):
                yield _use(path, call, name)
            elif (place := passed.get((path.parent, name))) is not None:
                yield _use(path, call, name, place)
        for node in module.of(ast.ClassDef):
            if known.get(node.name) is node:
                yield from _made(path, node)
    for template in sorted(SOURCES[0].rglob("*.j2")):
        yield from _of_template(template)


def _of_template(path: Path) -> Iterator[Use]:
    """Texts of a page's template; a name in a text's place is one that Python marked."""
    for call in Environment(autoescape=True).parse(path.read_text("utf-8")).find_all(nodes.Call):
        first = call.args[0] if call.args else None
        if not (isinstance(call.node, nodes.Name) and call.node.name == "_" and isinstance(first, nodes.Const)):
            continue
        given = {one.key: one.value for one in call.kwargs}
        context = given.pop("context", None)
        text = str(first.value) if context is None else f"{context.as_const()}{_APART}{first.value}"
        values = None if call.dyn_kwargs else frozenset(given) | ({"zone"} & blanks(text))
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        yield Use(where=where, name="_", text=text, given=repr(text), values=values)


def _made(path: Path, node: ast.ClassDef) -> Iterator[Use]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and called(call.func) == "__init__":
            yield _use(path, call, node.name)


def _said(path: Path, call: ast.Call, name: str) -> Iterator[Use]:
    *context, first = call.args[: 2 if name == "pgettext" else 1]
    for given in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
        if isinstance(given, ast.Constant):  # else it is a label, which is marked where it stands
            one = ast.Call(call.func, [*context, given], call.keywords, lineno=call.lineno)
            use = _use(path, one, name, len(context))
            before = "".join(f"{ast.literal_eval(part)}{_APART}" for part in context)
            chosen = isinstance(first, ast.IfExp)  # its two texts may have other blanks
            yield replace(use, text=f"{before}{use.text}", values=None if chosen else use.values)


_APART = "\x04"
"""What gettext puts between a context and a text."""
_PLACE = {"file", "line", "key", "param_hint"}


def _use(path: Path, node: ast.Call, name: str, place: int = 0) -> Use:
    first = node.args[place] if len(node.args) > place else None
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    values: frozenset[str] | None = frozenset()
    if name == "N_" and text is not None and (context := [k.value for k in node.keywords if k.arg == "context"]):
        text = ast.literal_eval(context[0]) + _APART + text
    if name == "N_":
        values = None
    elif name == "Message":
        more = node.args[1] if len(node.args) > 1 else None
        plain = isinstance(more, ast.Dict) and all(isinstance(k, ast.Constant) for k in more.keys)
        if isinstance(more, ast.Dict) and plain:
            values = frozenset(str(k.value) for k in more.keys if isinstance(k, ast.Constant))
        elif more is not None:
            values = None
    elif any(k.arg is None for k in node.keywords):
        values = None
    elif name in SAID:
        values = frozenset(str(k.arg) for k in node.keywords) | (blanks(text or "") & {"zone"})
    else:
        values = frozenset(str(k.arg) for k in node.keywords) - _PLACE
    return Use(
        where=f"{path.relative_to(ROOT)}:{node.lineno}",
        name=name,
        text=text,
        given="" if first is None else ast.unparse(first),
        values=values,
    )


def blanks(text: str) -> frozenset[str]:
    """The names of a text's blanks."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def may_miss(text: str) -> frozenset[str]:
    """The blanks that a translation may leave out: those that are nowhere more than one word or another (rule 3)."""
    parts = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None]
    return frozenset(name for name, _ in parts) - {name for name, spec in parts if "|" not in spec}


def texts() -> set[str]:
    """Every text of the source."""
    return {use.text for use in uses() if use.text}


_LITTLE = re.compile(r"(?<![\w-])(?:an?|and|are|by|for|in|is|no|not|of|or|the|to|with)(?![\w=-])")
_NO_WORDS = re.compile(r"`[^`]*`|\{[^}]*\}")


def faults(english: str, other: str) -> str | None:
    """What is wrong with a translation; None: nothing."""
    if not other:
        return "has no translation"
    if left := _LITTLE.search(_NO_WORDS.sub(" ", other)):
        return f"still says {left[0]!r}"
    try:
        wanted, has = blanks(english), blanks(other)
    except ValueError as error:
        return str(error)
    return None if wanted - may_miss(english) <= has <= wanted else f"has other blanks: {sorted(wanted ^ has)}"


def path_of(lang: str) -> Path:
    """A language's catalogue; the compiled one lies beside it, as .mo."""
    return LOCALE / lang / "LC_MESSAGES/wayseal.po"


def read(lang: str) -> dict[str, str]:
    """A language's catalogue: texts and their translations."""
    path = path_of(lang)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        found = [
            (f"{m.context}{_APART}{m.id}" if m.context else str(m.id), str(m.string)) for m in read_po(file) if m.id
        ]
        return dict(found)


class _Catalog(Catalog):
    """A catalogue whose header says nothing of dates and tools (rule 2)."""

    @property  # type: ignore[misc]
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Language", str(self.locale))]


def written(lang: str, entries: dict[str, str]) -> tuple[bytes, bytes]:
    """A catalogue as .po and as .mo (rule 2)."""
    catalog = _Catalog(locale=lang, fuzzy=False)
    for english in sorted(entries):
        context, apart, text = english.rpartition(_APART)
        catalog.add(text, entries[english], context=context if apart else None)
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=0, omit_header=True)
    write_mo(mo, catalog)
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {lang}\\n"\n\n'
    return head.encode() + po.getvalue(), mo.getvalue()


def main() -> int:
    """Brings every catalogue up to date; tells what lacks a translation."""
    wanted, lacking = texts(), 0
    for lang in LANGS:
        has = read(lang)
        entries = {english: has.get(english, "") for english in wanted}
        po, mo = written(lang, entries)
        path_of(lang).parent.mkdir(parents=True, exist_ok=True)
        path_of(lang).write_bytes(po)
        path_of(lang).with_suffix(".mo").write_bytes(mo)
        for english, other in sorted(entries.items()):
            if wrong := faults(english, other):
                lacking += 1
                print(f"{lang}: {english!r} {wrong}", file=sys.stderr)
        print(f"{lang}: {len(entries)} texts, {len(entries.keys() - has.keys())} new, {len(has.keys() - wanted)} gone")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
