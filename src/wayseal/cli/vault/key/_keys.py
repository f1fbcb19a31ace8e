"""What commands about a vault's keys share."""

from typing import Annotated

import typer

from wayseal.cli._vault_session import Session
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.log.entries import admin

KeyPurposeArgument = Annotated[
    KeyPurpose, typer.Argument(help="What the [key](keys.md#keys-of-the-keyring) is for.", metavar="PURPOSE")
]


KeyVersionArgument = Annotated[int, typer.Argument(help="Version of the key.", min=1, metavar="VERSION")]


def log_key_act(session: Session, act: str, purpose: KeyPurpose, version: int) -> None:
    """What was done with keys stands in the log before it is done."""
    entry = admin(session.caller, session.now, session.vault.policy.version, act, purpose=str(purpose), version=version)
    session.vault.record_act(entry)
