"""Files of templates: what is read, what is refused, and that any template that a file can say is read."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.detect.errors import TemplateError
from wayseal.detect.explain import Template, TemplateKind, load_templates, ranks
from wayseal.detect.explain._templates import MOST, TIMED, built_in, parse_templates
from wayseal.model.kinds import Action, ActorKind

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000


def one(**keys: str) -> str:
    rows = {"name": '"x"', "by": '"custody"'} | keys
    return "[[template]]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items() if v)


REFUSED = {
    "not TOML": ("[[template]\n", '1: not TOML here; text stands in quotes, as in name = "night-desk"'),
    "other tables": ("[other]\na = 1\n", "1: other: not known here; one of template"),
    "no list": ("template = 1\n", "1: template: is written as [[template]]"),
    "a list of words": ('template = ["x"]\n', "1: template: is written as [[template]]"),
    "no name": (one(name=""), "1: template.name: this key is needed"),
    "capitals": (one(name='"Night"'), "2: template.name: needs lower case, such as night-desk"),
    "a number for a name": (one() + one(name="7"), "5: template.name: needs lower case, such as night-desk"),
    "a key that nobody knows": (one(role='["clerk"]'), "4: template.role: not known here; did you mean roles?"),
    "twice": (one() + one(), "5: template.name: this template stands twice"),
    "no by": (one(by=""), "1: template.by: says what it looks for: one of custody, ticket"),
    "a by that nobody knows": (one(by='"magic"'), "3: template.by: is one of custody, ticket"),
    "a list for by": (one(by="[1]"), "3: template.by: is one of custody, ticket"),
    "strength": (one(strength='"firm"'), "4: template.strength: is strong or weak"),
    "strength as a list": (one(strength="[]"), "4: template.strength: is strong or weak"),
    "strength of a mandate": (
        one(by='"mandate"', rights='["a"]', strength='"strong"'),
        "5: template.strength: left out with mandate",
    ),
    "a mandate without rights": (one(by='"mandate"'), "1: template.rights: needed with mandate"),
    "a length without unit": (one(before='"2"'), "4: template.before: needs a length such as 90m, 12h or 10d"),
    "a length as a number": (one(after="2"), "4: template.after: needs a length such as 90m, 12h or 10d"),
    "a length below nothing": (one(after='"-2d"'), "4: template.after: needs a length such as 90m, 12h or 10d"),
    "one word for a list": (one(roles='"clerk"'), "4: template.roles: needs a list"),
    "an empty word": (one(rights='[""]'), "4: template.rights: needs a text that isn't empty"),
    "numbers for words": (one(roles="[1]"), "4: template.roles: needs a text in quotes"),
    "a kind that nobody knows": (
        one(kinds='["robot"]'),
        "4: template.kinds: is one of person, service, partner, device",
    ),
    "an action that nobody knows": (one(actions='["look"]'), "4: template.actions: is one of view, search, export"),
    "enabled": (one(enabled='"no"'), "4: template.enabled: is true or false"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_understood_is_refused_with_line_and_key(name: str, tmp_path: Path) -> None:
    text, said = REFUSED[name]
    path = tmp_path / "t.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        load_templates(path)
    assert str(caught.value).startswith(f"{path}:{said}")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("by", ["responsibility", "channel", "customer", "mandate"])
@pytest.mark.parametrize("key", ["before", "after"])
def test_a_length_that_would_do_nothing_is_refused(by: str, key: str) -> None:
    rights = '["waybill.all"]' if by == "mandate" else ""
    with pytest.raises(TemplateError, match=f"line [45]: template.{key}: left out with {by}"):
        parse_templates(one(by=f'"{by}"', rights=rights, **{key: '"2d"'}), None)


def test_files_that_are_no_text_and_files_with_too_much(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="the file isn't UTF-8"):
        load_templates(path)
    path.write_text("".join(one(name=f'"t-{n}"') for n in range(MOST)), encoding="utf-8")
    with pytest.raises(TemplateError, match=f"more than {MOST} templates"):
        load_templates(path)
    with pytest.raises(OSError, match=r"none\.toml"):
        load_templates(tmp_path / "none.toml")


def test_a_file_adds_replaces_and_takes_out(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(
        one(name='"ticket"', by='"ticket"', after='"9d"')
        + one(name='"handover"', by="", enabled="false")
        + one(name='"custody"', enabled="false")
        + one(name='"late"', by='"responsibility"', strength='"strong"')
        + one(name='"boss"', by='"mandate"', rights='["root"]'),
        encoding="utf-8",
    )
    found = {t.name: t for t in load_templates(path)}
    assert list(found) == ["mandate", "boss", "channel", "customer", "late", "ticket", "responsibility"]
    assert found["ticket"].after == 9 * DAY
    assert ranks(load_templates(path)) == (2, 5, 6)


def test_the_built_in_ones() -> None:
    assert load_templates(None) == built_in()
    assert [t.name for t in built_in()] == [
        "mandate", "custody", "channel", "customer", "handover", "ticket", "responsibility",
    ]  # fmt: skip
    assert ranks(built_in()) == (1, 5, 6)
    assert all(t.by == t.name for t in built_in())


def words() -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=3)


@st.composite
def written(draw: st.DrawFn) -> Template:
    """Any template that a file can say."""
    by = draw(st.sampled_from(TemplateKind))
    lengths = st.builds(lambda n, unit: n * unit, st.integers(0, 9999), st.sampled_from((MINUTE, HOUR, DAY)))
    made = Template(name=draw(st.from_regex("[a-z][a-z0-9_-]{0,39}", fullmatch=True)), by=by, strong=True)
    if by is not TemplateKind.MANDATE:
        made = replace(made, strong=draw(st.booleans()))
    if by in TIMED:
        made = replace(made, before=draw(lengths), after=draw(lengths))
    rights = draw(words().filter(bool)) if by is TemplateKind.MANDATE else draw(words())
    return replace(
        made,
        roles=draw(words()),
        kinds=draw(st.frozensets(st.sampled_from(ActorKind), max_size=3)),
        actions=draw(st.frozensets(st.sampled_from(Action), max_size=3)),
        rights=rights,
        enabled=draw(st.booleans()),
    )


def as_toml(template: Template) -> str:
    """A block that says a template."""
    keys = {"name": quoted(template.name), "by": quoted(template.by), "enabled": str(template.enabled).lower()}
    if template.by is not TemplateKind.MANDATE:
        keys["strength"] = quoted("strong" if template.strong else "weak")
    if template.by in TIMED:
        keys |= {"before": quoted(length(template.before)), "after": quoted(length(template.after))}
    for key in ("roles", "kinds", "actions", "rights"):
        if values := getattr(template, key):
            keys[key] = f"[{', '.join(map(quoted, values))}]"
    return one(**keys)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(char):08X}" for char in text) + '"'


def length(us: int) -> str:
    return next(f"{us // unit}{letter}" for letter, unit in (("d", DAY), ("h", HOUR), ("m", MINUTE)) if us % unit == 0)


@given(template=written())
def test_what_a_file_says_is_read(template: Template) -> None:
    assert parse_templates(as_toml(template), None) == (template,)
