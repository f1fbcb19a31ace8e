"""The kernel against the same rules in plain Python: each names the same template for every read."""

from hypothesis import given, settings

from tests.detect.explain.worlds import Drawn, by_kernel, by_rows, judged_worlds
from wayseal.detect.explain import Template


@settings(max_examples=80)
@given(drawn=judged_worlds())
def test_kernel_and_rows_name_the_same_template(drawn: tuple[Drawn, tuple[Template, ...]]) -> None:
    """All templates together, then each alone, so that none hides behind another."""
    world, ordered = drawn
    assert by_kernel(world, ordered) == by_rows(world, ordered)
    for template in ordered:
        assert by_kernel(world, (template,)) == by_rows(world, (template,)), template
