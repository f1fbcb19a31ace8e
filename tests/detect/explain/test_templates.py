"""Files of templates: what is read, what is refused, and that what is printed is read again."""

import pytest

from wayseal.detect._errors import TemplateError
from wayseal.detect.explain._templates import parse_templates

HOUR, DAY = 3_600_000_000, 86_400_000_000


def one(**keys: str) -> str:
    rows = {"name": '"x"', "by": '"custody"'} | keys
    return "[[template]]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items() if v)


@pytest.mark.parametrize("by", ["responsibility", "channel", "customer", "mandate"])
@pytest.mark.parametrize("key", ["before", "after"])
def test_a_length_that_would_do_nothing_is_refused(by: str, key: str) -> None:
    rights = '["waybill.all"]' if by == "mandate" else ""
    with pytest.raises(TemplateError, match=f"template x: {key} must be left out with {by}"):
        parse_templates(one(by=f'"{by}"', rights=rights, **{key: '"2d"'}), None)
