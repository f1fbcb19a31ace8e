"""The clock of reports, as the environment says it."""

import pytest

from tests.tables import each
from wayseal.model.period import PeriodError, hours_of


@each("text", ["8", "+8", "-12", "14", "0"])
def test_whole_hours(text: str) -> None:
    assert hours_of(text) == int(text)


@each("text", ["", "5.5", "+08:00", "15", "-13", "８", "east"])
def test_what_is_no_clock_is_refused_by_the_setting_that_says_it(text: str) -> None:
    with pytest.raises(PeriodError, match="from -12 to 14") as caught:
        hours_of(text)
    assert caught.value.key == "WAYSEAL_UTC_OFFSET_HOURS"
