"""What is killed between the steps of a change, in a process of its own."""

import os
import signal
from pathlib import Path
from typing import Any

from wayseal.database import open_database
from wayseal.model.fields import Field
from wayseal.vault import Caller, Vault
from wayseal.vault.keyring import Keyring


def revise_until(urls: tuple[str, str], ring: Path, number: str, step: str, now: int, address: str) -> None:
    """Changes an address; kills its process as a step begins."""
    databases = [open_database(url) for url in urls]
    for database in databases:
        write = database.write

        def killed(work: Any, *args: Any, _write: Any = write, **kwargs: Any) -> Any:
            if work.__name__ == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return _write(work, *args, **kwargs)

        database.write = killed  # type: ignore[method-assign]
    vault = Vault(databases[0], databases[1], Keyring.load(ring))
    caller = Caller(client="app", actor="agent", scopes=frozenset(), request="killed")
    vault.revise(caller, number, "change_address", "x", {Field.RECIPIENT_ADDRESS: address}, now=now, key="k")
