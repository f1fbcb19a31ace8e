"""What one look at files brings."""

import json
from pathlib import Path

from benchmarks._market_room import Doors

from wayseal.market.looking._gather import gather_files
from wayseal.market.sources import load_sources

CHATS = """wayseal = 1
name = "chats"
kind = "chat"
every = "1d"
format = "json"
files = "said/*.jsonl"
[fields]
key = "key"
text = "text"
pictures = "photo"
"""


def test_pictures_of_an_export_lie_beside_it_or_are_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "said").mkdir()
    (tmp_path / "chats.toml").write_text(CHATS, "utf-8")
    photos = ("photos/a.jpg", "../../secret.jpg", str(tmp_path / "other.jpg"))
    rows = [json.dumps({"key": str(n), "text": "出单号", "photo": photo}) for n, photo in enumerate(photos)]
    (tmp_path / "said" / "1.jsonl").write_text("\n".join(rows), "utf-8")
    (source,) = load_sources(tmp_path)
    found = gather_files(source, Doors(), 1, frozenset()).found
    assert [one.pictures for one, _ in found] == [(str(tmp_path / "said" / "photos" / "a.jpg"),), (), ()]
