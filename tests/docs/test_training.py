"""The page of training names every key of a file of courses, every state and every limit, as the code has them."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.docs.pages import read
from wayseal.cases.training.courses import Course, Rules, load_rules

PAGES = ("docs/how-to/training.md", "docs/how-to/training.zh.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_key_of_a_file_of_courses(page: str) -> None:
    table = "".join(re.findall(r"^\| `.*$", read(page), re.MULTILINE))
    wanted = {one.name for kind in (Rules, Course) for one in fields(kind)} - {"course"}
    assert wanted <= set(re.findall(r"`(\w+)`", table))


@pytest.mark.parametrize("page", PAGES)
def test_the_file_is_one_that_is_taken_and_has_the_limits_that_come_along(page: str, tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", read(page), re.DOTALL)
    (tmp_path / "courses.toml").write_text(text, "utf-8")
    own, ours = load_rules(tmp_path / "courses.toml"), load_rules()
    limits = [one.name for one in fields(Rules) if one.name != "course"]
    assert [getattr(own, name) for name in limits] == [getattr(ours, name) for name in limits]
    assert own.course[0].title == ours.course[0].title
