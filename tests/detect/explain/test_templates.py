"""Files of templates: what is read and what is refused; who works where and answers for what, as arrays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.explain.worlds import KEYER, START, Row
from wayseal.detect.errors import TemplateError
from wayseal.detect.explain import Staff, Template, TemplateKind, build_staff, load_templates, ranks
from wayseal.detect.explain._posts import CITY, EVER, OUTLET, REGION
from wayseal.detect.explain._templates import MOST, TIMED, built_in, parse_templates
from wayseal.model.kinds import Action, ActorKind
from wayseal.store import arrow_schema

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


PLACES = [
    {"outlet": "o-1", "kind": "outlet", "city": "杭州", "region": "东"},
    {"outlet": "h-1", "kind": "hub", "city": "杭州", "region": "东"},
    {"outlet": "hq", "kind": "head_office", "city": "上海", "region": "东"},
]


def actor(name: str, **more: object) -> Row:
    return {"actor": name, "kind": "person", "role": "clerk", "outlet": None, "region": None, "rights": None} | more


def assignment(name: str, scope: str, value: str, since: int = 0, until: int | None = None) -> Row:
    end = None if until is None else START + until * DAY
    return {"actor": name, "scope": scope, "value": value, "from": START + since * DAY, "to": end}


def staff(actors: list[Row], assignments: list[Row], others: list[str] | None = None) -> Staff:
    tables = (pa.Table.from_pylist(r, schema=arrow_schema(n)) for r, n in (
        (actors, "actors"), (PLACES, "outlets"), (assignments, "assignments")))  # fmt: skip
    return build_staff(KEYER.of, KEYER.of(others or []), *tables)


def posts(made: Staff, name: str) -> set[tuple[int, ...]]:
    place = int(made.actors.places(KEYER.of([name]))[0])
    first, end, *_ = made.posts.of[place].tolist()
    return {tuple(row) for row in made.posts.rows[first:end].tolist()}


def team(made: Staff, name: str) -> int:
    return int(made.posts.of[int(made.actors.places(KEYER.of([name]))[0]), 2])


def at(made: Staff, name: str) -> int:
    return int(made.outlets.places(KEYER.of([name]))[0])


def test_an_outlet_of_actors_holds_at_any_time_and_swallows_the_same_assignment() -> None:
    made = staff(
        [actor("u", outlet="o-1")], [assignment("u", "outlet", "o-1", 1, 2), assignment("u", "outlet", "h-1", 1, 2)]
    )
    assert posts(made, "u") == {
        (OUTLET, at(made, "o-1"), -EVER, EVER),
        (OUTLET, at(made, "h-1"), START + DAY, START + 2 * DAY),
    }


def test_two_assignments_to_one_outlet_are_both_kept() -> None:
    made = staff([], [assignment("u", "outlet", "o-1", 1, 2), assignment("u", "outlet", "o-1", 5)], ["u"])
    assert {row[2:] for row in posts(made, "u")} == {(START + DAY, START + 2 * DAY), (START + 5 * DAY, EVER)}


def test_a_head_office_is_no_place_of_work_but_makes_colleagues() -> None:
    made = staff([actor("u", outlet="hq"), actor("v", outlet="hq")], [assignment("u", "outlet", "hq")])
    assert posts(made, "u") == set()
    assert team(made, "u") == team(made, "v") >= 0


def test_outlets_that_no_table_describes_are_places_without_a_city() -> None:
    made = staff([actor("u", outlet="o-x")], [assignment("u", "outlet", "o-y")])
    for name in ("o-x", "o-y"):
        assert at(made, name) >= 0
        assert made.posts.area[:, at(made, name)].tolist() == [at(made, name), -1, -1]
    assert made.posts.area[CITY, at(made, "o-1")] == made.posts.area[CITY, at(made, "h-1")] >= 0
    assert made.posts.area[:, -1].tolist() == [-1, -1, -1]


def test_an_account_has_a_home_where_its_only_post_is_an_outlet_for_ever() -> None:
    named = [actor("u", outlet="o-1"), actor("v", outlet="o-1"), actor("w"), actor("x")]
    made = staff(named, [assignment("v", "city", "上海"), assignment("w", "outlet", "o-1", 1, 2)])
    assert [int(made.posts.of[made.actors.places(KEYER.of([a]))[0], 3]) for a in "uvwx"] == [
        at(made, "o-1"),
        -1,
        -1,
        -1,
    ]


def test_cities_and_regions_of_assignments_have_the_codes_of_outlets() -> None:
    made = staff(
        [], [assignment("u", "city", "上海"), assignment("u", "region", "东"), assignment("u", "city", "火星")], ["u"]
    )
    found = {(kind, code) for kind, code, _, _ in posts(made, "u")}
    assert (CITY, int(made.posts.area[CITY, at(made, "hq")])) in found
    assert (REGION, int(made.posts.area[REGION, at(made, "hq")])) in found
    assert (CITY, len(set(made.posts.area[CITY, :-1].tolist()))) in found


def test_assignments_of_whom_nothing_names_are_left_out() -> None:
    made = staff([actor("u")], [assignment("ghost", "outlet", "o-1")])
    assert len(made.posts.rows) == 0
    assert len(made.actors) == 1


def test_teams_are_role_and_outlet_or_role_and_region() -> None:
    people = [
        actor("a", outlet="o-1", region="东"),
        actor("b", outlet="o-1", region="西"),
        actor("c", outlet="o-1", role="claims"),
        actor("d", region="东"),
        actor("e", region="东"),
        actor("f"),
    ]
    made = staff(people, [], ["g"])
    teams = [team(made, name) for name in "abcdefg"]
    assert teams[0] == teams[1]
    assert teams[3] == teams[4]
    assert len({teams[0], teams[2], teams[3]}) == 3
    assert teams[5:] == [-1, -1]


def test_channels_and_customers_are_those_that_somebody_answers_for() -> None:
    made = staff([], [assignment("u", "channel", "app"), assignment("u", "customer", "shop")], ["u"])
    assert made.channels.places(KEYER.of(["app", "web"])).tolist() == [0, -1]
    assert made.customers.places(np.asarray(KEYER.of(["shop", "app"]))).tolist() == [0, -1]
