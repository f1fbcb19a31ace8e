"""Time stamps on a pack (`proofs.stamps`): where they lie, and wishes for them.

1. What is stamped is `tagmanifest-sha256.txt`, which stands for everything in the pack. The stamp lies beside the pack
   (`PACK.zip.tsr`), so that a pack is never changed once it was made.
2. A service that can't be reached stops nothing: the wish is kept beside the pack (`PACK.zip.stamp.json`), and is
   fulfilled later. A stamp then proves that later time, not that of the pack.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from wayseal.model.times import iso
from wayseal.proofs.errors import StampError
from wayseal.proofs.stamps import Stamped, ask_for_stamp, check_url, claimed_stamp
from wayseal.store.durable import replace_file


@dataclass(frozen=True, slots=True, kw_only=True)
class StampWish:
    """A stamp that is to be had. url: of the service; seal: of the pack; at: when it was wished (µs)."""

    url: str
    seal: str
    at: int


def stamp_path(pack: Path) -> Path:
    """Where a pack's stamp lies (rule 1)."""
    return pack.with_name(pack.name + ".tsr")


def wish_path(pack: Path) -> Path:
    """Where a wish for one lies (rule 2)."""
    return pack.with_name(pack.name + ".stamp.json")


def keep_wish(pack: Path, wish: StampWish) -> None:
    """Writes a wish down."""
    content = {"wayseal_stamp_wish": 1, "url": wish.url, "seal": wish.seal, "wished_at": iso(wish.at)}
    replace_file(wish_path(pack), (json.dumps(content, indent=1) + "\n").encode())


def read_wish(pack: Path) -> str | None:
    """The service of a wish that waits; None for none. StampError: the file is something else."""
    try:
        found = json.loads(wish_path(pack).read_text(encoding="utf-8"))
        url = found["url"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise StampError("this is no wish for a time stamp", file=wish_path(pack)) from None
    return check_url(url)


def have_stamped(pack: Path, url: str, sealed: bytes) -> Stamped:
    """Asks for a stamp and keeps it beside the pack (rule 1); a wish for one is fulfilled then.

    Args:
        pack: Where the pack lies.
        url: Of the service.
        sealed: Its `tagmanifest-sha256.txt`.

    Returns:
        What the stamp says, unchecked.

    Raises:
        StampError: As `ask_for_stamp`.
    """
    answer = ask_for_stamp(url, sealed)
    replace_file(stamp_path(pack), answer)
    wish_path(pack).unlink(missing_ok=True)
    return claimed_stamp(answer)
