"""Chats as people export them: Telegram Desktop's JSON with its photos, and a text log as a QQ client writes it.

Sellers on the site `chats` say what they offer a few times a day as long as their account is there; bystanders talk in
between. An export holds one day of one group. What is gone says nothing: an account just stops.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

from wayseal.model.errors import disk_says
from wayseal_sim._errors import SimulateError
from wayseal_sim.market._grammars import CHATTER, CITIES, COURIERS, SORTS
from wayseal_sim.market._labels import draw_label
from wayseal_sim.market._texts import Rng
from wayseal_sim.market._types import Face, MarketWorld
from wayseal_sim.types import DAY, HOUR, LOCAL, MINUTE, SECOND, stream

PURCHASES = "purchases"
"""The folder with pictures that somebody got who asked for samples."""
GROUPS = ("快递交流一群", "电商资源互助", "物流同行")
"""Groups; the last one is exported as text, the others as JSON."""
_STREAM = 308
_BYSTANDERS = 40
_SAMPLES_A_DAY = 5
_PARTS = re.compile(r"(https?://\S+|@[A-Za-z0-9_]{4,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message; face: what is offered, None for chatter."""

    at: int
    author: str
    name: str
    text: str
    face: Face | None


def messages(world: MarketWorld, group: int, day: int) -> tuple[ChatMessage, ...]:
    """What was said in a group on a day, in order of time."""
    rng = stream(world.seed, _STREAM, group, day)
    start = world.plan.begins + day * DAY
    out = [_said(rng, start) for _ in range(int(rng.integers(15, 45)))]
    for shop in world.shops:
        if shop.site != "chats" or crc32(shop.id.encode()) % len(GROUPS) != group:
            continue
        for offer in shop.offers:
            own = stream(world.seed, _STREAM, group, day, crc32(offer.key.encode()))
            for _ in range(int(own.integers(1, 4))):
                at = start + int(own.uniform(8, 23) * HOUR)
                if shop.open_at(at):
                    face = offer.face(at)
                    text = f"{face.title}\n{face.text}"
                    out.append(ChatMessage(at=at, author=shop.id, name=shop.name(at), text=text, face=face))
    return tuple(sorted(out, key=lambda m: (m.at, m.author)))


def write_exports(world: MarketWorld, folder: Path, days: range, *, pictures: bool = False) -> tuple[Path, ...]:
    """Writes what people would have exported: a file for each group and day.

    Args:
        world: The market.
        folder: Where to; made if need be. A group has a folder of its own in it.
        days: Which days, the first being 0.
        pictures: Photos are written, too, and samples that were sent to whoever asked, as pictures with a note.

    Returns:
        The files with messages.

    Raises:
        SimulateError: The folder can't be written, or what draws pictures isn't there.
    """
    files = []
    try:
        for day in days:
            for group, name in enumerate(GROUPS):
                said = messages(world, group, day)
                stem = datetime.fromtimestamp((world.plan.begins + day * DAY + LOCAL) // SECOND, UTC).date().isoformat()
                place = folder / f"group-{group + 1}"
                place.mkdir(parents=True, exist_ok=True)
                last = group == len(GROUPS) - 1
                file = place / f"{stem}{'.txt' if last else '.json'}"
                file.write_text(_log(name, said) if last else _telegram(name, said, group, day), "utf-8")
                files.append(file)
                for photo in _photos(said) if pictures and not last else ():
                    (place / "photos").mkdir(exist_ok=True)
                    (place / "photos" / photo).write_bytes(draw_label(world.pictures[photo]))
            if pictures:
                _write_samples(world, folder / PURCHASES, day)
    except OSError as error:
        raise SimulateError("{out} can't be written ({reason})", out=folder, reason=disk_says(error)) from error
    return tuple(files)


def _write_samples(world: MarketWorld, folder: Path, day: int) -> None:
    """Pictures with numbers that came up on a day, a few, each with a note of where it was."""
    folder.mkdir(parents=True, exist_ok=True)
    start = world.plan.begins + day * DAY
    names = {picture.number: name for name, picture in world.pictures.items() if picture.number}
    new = [s for s in world.shown if s.where == "picture" and start <= s.since < start + DAY and s.number in names]
    for shown in new[:_SAMPLES_A_DAY]:
        name, shop = names[shown.number], world.shops[shown.shop]
        (folder / name).write_bytes(draw_label(world.pictures[name]))
        note = f"样品 {shop.site} {shop.name(shown.since)}\n"
        (folder / name).with_suffix(".txt").write_text(note, "utf-8")


def _said(rng: Rng, start: int) -> ChatMessage:
    """One bystander's message."""
    who = int(rng.integers(_BYSTANDERS))
    words = str(rng.choice(CHATTER)).format(
        courier=rng.choice(COURIERS), city=rng.choice(CITIES), sort=rng.choice(SORTS)
    )
    at = start + int(rng.uniform(7, 24) * HOUR) - MINUTE
    return ChatMessage(at=at, author=f"user{7_000_000_000 + who * 7_919}", name=f"路人{who}", text=words, face=None)


def _photos(said: tuple[ChatMessage, ...]) -> Iterator[str]:
    return iter(sorted({name for message in said if message.face for name in message.face.pictures}))


def _telegram(name: str, said: tuple[ChatMessage, ...], group: int, day: int) -> str:
    rows: list[dict[str, object]] = [
        {"id": day * 10_000, "type": "service", "actor": name, "action": "pin_message", "text": "", "text_entities": []}
    ]
    for k, message in enumerate(said):
        parts = _entities(message.text)
        plain = len(parts) == 1 and parts[0]["type"] == "plain"
        row: dict[str, object] = {
            "id": day * 10_000 + k + 1,
            "type": "message",
            "date": datetime.fromtimestamp((message.at + LOCAL) // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "date_unixtime": str(message.at // SECOND),
            "from": message.name,
            "from_id": message.author,
            "text": message.text if plain else [p["text"] if p["type"] == "plain" else p for p in parts],
            "text_entities": parts,
        }
        if message.face and message.face.pictures:
            row["photo"] = f"photos/{message.face.pictures[0]}"
        rows.append(row)
    head = {"name": name, "type": "public_supergroup", "id": 1_600_000_000 + group}
    return json.dumps(head | {"messages": rows}, ensure_ascii=False, indent=1)


def _entities(text: str) -> list[dict[str, str]]:
    """The text in the parts that Telegram makes of it."""
    kinds = {"@": "mention", "h": "link"}
    return [
        {"type": kinds[part[0]] if k % 2 else "plain", "text": part}
        for k, part in enumerate(_PARTS.split(text))
        if part
    ]


def _log(name: str, said: tuple[ChatMessage, ...]) -> str:
    line = "=" * 64
    head = f"消息记录(此消息记录为文本格式)\n\n{line}\n消息分组:我的群组\n{line}\n消息对象:{name}\n{line}\n\n"
    rows = [
        f"{datetime.fromtimestamp((m.at + LOCAL) // SECOND, UTC):%Y-%m-%d %H:%M:%S} "
        f"{m.name}({m.author.removeprefix('user')})\n{m.text}\n\n"
        for m in said
    ]
    return head + "".join(rows)
