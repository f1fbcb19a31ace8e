"""Names of files in a zip that is brought in: one with control characters is refused, as it would reach headers."""

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.tables import each
from wayseal.console.errors import JobError
from wayseal.console.jobs.imports import lay_out
from wayseal.console.jobs.logs import plain_name
from wayseal.market.crawling.imports import ImportForm


@each("name", ["a\r\nWARC-Type: response.json", "a\nb.json", "photos\x1b[2J/1.png", "a\u2028b.json", "a\x85b.json"])
def test_a_zip_with_control_characters_in_a_name_is_refused(name: str) -> None:
    with TemporaryDirectory() as place:
        file = Path(place) / "a.zip"
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr(name, b"{}")
        with pytest.raises(JobError, match="control characters"):
            lay_out(ImportForm.TELEGRAM, [("a.zip", file)], Path(place) / "in", 1 << 20, lambda *_: None)
    assert "\n" not in plain_name(name)
    assert plain_name("面\u3000单.json") == "面\u3000单.json"
