"""`wayseal ledger key new`: a pair of keys."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._output import write_text
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.merkle import SigningKey
from wayseal.model.messages import filled

SEED_SIZE = 32
PRIVATE = 0o600


def new(
    out: Annotated[
        Path,
        typer.Option(
            help="Write the private key here, readable by you alone, and the public one beside it, with `.pub`."
        ),
    ],
    name: Annotated[str, typer.Option(help="The name under which it signs, without spaces and plus signs.")] = "keeper",
    lang: LangOption = Lang.EN,
) -> None:
    """Make a pair of keys for signing checkpoints.

    Whoever keeps checkpoints makes it, not who runs the ledger. A file that is there is never overwritten.

    \b
    wayseal ledger key new --out keeper.key
    """
    key = SigningKey(name=name, seed=os.urandom(SEED_SIZE))
    public = out.with_name(f"{out.name}.pub")
    _write_private(out, f"{key.to_text()}\n")
    write_text(public, f"{key.verify_key}\n")
    typer.echo(filled(LEDGER_TEXTS[lang]["key_made"], private=out, public=public, key=f"{name}+{key.verify_key.id}"))


def _write_private(path: Path, text: str) -> None:
    """A new file for its owner alone; one that is there is left as it is."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
