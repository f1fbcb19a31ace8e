"""What stands in ```console blocks is run, page by page, in the order in which a reader would; output is compared.

A page shows the lines of an output that matter: each must be in the real output, in that order, but spaces, line breaks
and the values of decimal fractions don't count. A command fails where the page says that it ends with an error (a line
that starts "wayseal: ").
"""

import re
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, markdown, steps, twin
from tests.docs.walking import REAL, walked

PAGES = [str(p.relative_to(ROOT)) for p in markdown() if steps(str(p.relative_to(ROOT)))]
ENGLISH = [page for page in PAGES if not page.endswith(".zh.md")]


def squeezed(text: str) -> str:
    return re.sub(r"\d+\.\d+", "#.#", re.sub(r"[\s│─┃━╭╮╰╯]+", "", text))


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("english", ENGLISH)
def test_the_commands_of_a_page_and_its_twin_run_and_say_what_it_shows(
    english: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for page in (english, str(twin(ROOT / english).relative_to(ROOT))):
        folder = tmp_path / Path(page).name
        folder.mkdir()
        with subtests.test(page):
            check(page, folder)


def check(page: str, folder: Path) -> None:
    for step, (code, output) in walked(page, steps(page), folder):
        fails = any(line.startswith("wayseal: ") for line in step.shown)
        assert (code != 0) == fails, f"{step.command}\n{output}"
        assert "Traceback" not in output
        rest = squeezed(output)
        for line in (part for shown in step.shown for part in re.split("…|\\.\\.\\.$", shown)):
            wanted = squeezed(line)
            assert wanted in rest, f"{step.command}\n{line}\n--- is not (or not here) in\n{output}"
            rest = rest.split(wanted, 1)[1] if wanted else rest


def test_a_page_is_run_as_a_reader_would() -> None:
    commands = [step.command for step in steps(REAL)]
    assert len(commands) > 2
    assert all(command.startswith("wayseal ") for command in commands)


def same_but_for_the_language(english: str, chinese: str) -> bool:
    """Whether two commands differ in `--lang zh` and in texts in double quotes that are Chinese, at most."""
    pieces = zip_longest(english.split('"'), chinese.replace(" --lang zh", "", 1).split('"'))
    return all(
        ours == theirs or (place % 2 and theirs and re.search("[一-鿿]", theirs))
        for place, (ours, theirs) in enumerate(pieces)
    )


def test_both_languages_have_the_same_commands(subtests: pytest.Subtests) -> None:
    assert sorted(PAGES) == sorted([*ENGLISH, *(str(twin(ROOT / page).relative_to(ROOT)) for page in ENGLISH)])
    for page in ENGLISH:
        other = str(twin(ROOT / page).relative_to(ROOT))
        with subtests.test(msg=page):
            assert not any("--lang" in step.command for step in steps(page))
            for ours, theirs in zip_longest(steps(page), steps(other)):
                assert ours
                assert theirs
                assert same_but_for_the_language(ours.command, theirs.command), theirs.command


def test_make_targets_of_the_readme_exist() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert re.search(rf"^{target}:", made, re.MULTILINE)
        for page in ("README.md", "README.zh.md"):
            assert f"\nmake {target}" in (ROOT / page).read_text(encoding="utf-8")
