"""`wayseal evidence stamp`: a time stamp on a pack that was made before."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.evidence import read_sealed
from wayseal.cases.evidence.errors import EvidenceError
from wayseal.cases.evidence.stamps import have_stamped, read_wish, stamp_path
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._loading import require_extra
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.evidence import EVIDENCE_TEXTS
from wayseal.cli.evidence.verify import PackArgument
from wayseal.model.messages import filled
from wayseal.model.times import time_at
from wayseal.page import numbers
from wayseal.page.visible import visible
from wayseal.proofs.stamps import check_url

StampUrlOption = Annotated[
    str | None,
    typer.Option(
        envvar="WAYSEAL_STAMP_URL",
        help="Address of a time-stamping service (RFC 3161). The environment variable `WAYSEAL_STAMP_URL` sets it.",
        show_default="none",
    ),
]


def stamp(
    pack: PackArgument,
    stamp_url: StampUrlOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Have a pack's seal stamped by a time-stamping service (RFC 3161).

    The stamp lies beside the pack, in `PACK.tsr`; the pack isn't changed. Without `--stamp-url` the service is asked
    that `wayseal evidence export` couldn't reach. The service sees a hash and nothing else.

    \b
    wayseal evidence stamp case.zip
    wayseal evidence stamp case.zip --stamp-url https://tsa.example/tsr
    """
    need_stamps()
    url = read_wish(pack) if stamp_url is None else check_url(stamp_url)
    if url is None:
        raise WrongUsageError("no wish lies beside the pack: name the service", param_hint="--stamp-url")
    with pack.open("rb") as file:
        try:
            sealed = read_sealed(file)
        except EvidenceError as error:
            raise error.at(file=pack) from None
    typer.echo(put_stamp(pack, url, sealed, lang))


def need_stamps() -> None:
    """MissingExtraError where what speaks with a time-stamping service is not installed."""
    with require_extra("console"):
        importlib.import_module("rfc3161_client")


def put_stamp(pack: Path, url: str, sealed: bytes, lang: str) -> str:
    """Asks for a stamp, keeps it beside the pack, and says so. StampError: it can't be had."""
    said = have_stamped(pack, url, sealed)
    at = numbers.clock(time_at(said.at), seconds=True)
    return filled(EVIDENCE_TEXTS[lang]["stamped"], path=stamp_path(pack), at=at, by=visible(said.by))
