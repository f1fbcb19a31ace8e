import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.model.predicate import CONDITIONS, Predicate, PredicateError, parse_predicate


def test_everything_that_a_predicate_can_say() -> None:
    text = """{"origin_city": ["杭州", "上海", "杭州"], "weight_g": 500, "waybill": "yt-1", "limit": 20,
               "issued_from": "2024-01-05", "issued_to": "2024-01-06T08:00:00+08:00"}"""
    assert parse_predicate(text) == Predicate(
        any_of={"origin_city": ("上海", "杭州"), "waybill": ("YT1",), "weight_g": ("500",)},
        issued_from=datetime(2024, 1, 5, tzinfo=UTC),
        issued_to=datetime(2024, 1, 6, tzinfo=UTC),
        limit=20,
    )


EVERYTHING = [
    ("{}", True),
    ('{"limit": 5}', True),
    ('{"limit": null, "issued_from": null}', True),
    ('{"channel": []}', False),
    ('{"issued_from": "2024-01-05"}', False),
    ('{"issued_to": "2024-01-05"}', False),
    ('{"unknown": true}', True),
]


@pytest.mark.parametrize(("text", "everything"), EVERYTHING)
def test_whether_every_waybill_fits(text: str, everything: bool) -> None:
    assert parse_predicate(text).everything is everything


# rule 3: what is wrong names its key, and no value
REFUSED = [
    ("", "JSON object"),
    ("[]", "JSON object"),
    ("[" * 100_000, "JSON object"),
    ('{"orgin_city": "secret"}', "unknown key"),
    ('{"channel": true}', "channel"),
    ('{"channel": null}', "channel"),
    ('{"channel": [1.5]}', "channel"),
    ('{"channel": {"not": "secret"}}', "channel"),
    ('{"issued_from": "secret"}', "issued_from"),
    ('{"issued_to": 5}', "issued_to"),
    ('{"issued_to": "0001-01-01T00:00:00+08:00"}', "issued_to"),
    ('{"limit": -1}', "limit"),
    ('{"limit": true}', "limit"),
    ('{"limit": "5"}', "limit"),
    ('{"unknown": "secret"}', "unknown"),
    ('{"unknown": 1}', "unknown"),
]


@each(("text", "message"), REFUSED)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(PredicateError, match=message) as caught:
        parse_predicate(text)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert caught.value.key in {None, message}


@pytest.mark.parametrize(
    ("text", "unknown"), [("{}", False), ('{"unknown": false}', False), ('{"unknown": true}', True)]
)
def test_what_is_known_may_be_an_upper_bound(text: str, unknown: bool) -> None:
    """Rule 4."""
    assert parse_predicate(text).unknown is unknown


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(
    st.dictionaries(
        st.sampled_from([*CONDITIONS, "issued_from", "issued_to", "limit", "unknown", "x"]), JSON, max_size=4
    )
)
def test_any_object_is_a_predicate_or_a_clear_error(conditions: dict[str, Any]) -> None:
    try:
        read = parse_predicate(json.dumps(conditions))
    except PredicateError:
        return
    assert set(read.any_of) <= set(conditions)
    assert all(values == tuple(sorted(set(values))) for values in read.any_of.values())
