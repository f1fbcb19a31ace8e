"""What every process of the service opens: keyring, vault, and the place where it listens."""

import socket
from contextlib import ExitStack

from wayseal.database import open_database
from wayseal.database.migrations import check
from wayseal.model.errors import disk_says
from wayseal.server.errors import SettingsError
from wayseal.server.settings import Settings
from wayseal.vault import Vault
from wayseal.vault.keyring import ENVIRONMENT, Keyring, KeyringFile
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.tables import CHAINS

OpenKeyring = Keyring | KeyringFile


def open_keyring(settings: Settings) -> OpenKeyring:
    """The keyring of the settings: a file may be rotated while the service runs."""
    if settings.keyring_file is not None:
        return KeyringFile(settings.keyring_file)
    return Keyring.from_environment({ENVIRONMENT: settings.keyring_text})


def open_vault(settings: Settings, keyring: OpenKeyring) -> Vault:
    """The vault, if its tables are those of this version."""
    with ExitStack() as opened:
        main = opened.enter_context(open_database(settings.database))
        keys = opened.enter_context(open_database(settings.key_database))
        check(main, CHAINS["main"])
        check(keys, CHAINS["keys"])
        vault = Vault(
            main,
            keys,
            keyring,
            memory=LogMemory(settings.memory_file),
            utc_offset=settings.utc_offset,
            backups=settings.backups,
        )
        opened.pop_all()
        return vault


def bind_sockets(settings: Settings) -> list[socket.socket]:
    """A socket for each process that answers, all at the same port; SettingsError where it can't listen.

    The system gives each connection to one of them.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    several = settings.processes > 1
    places: list[socket.socket] = []
    with ExitStack() as opened:
        for _ in range(settings.processes):
            address = settings.host, places[0].getsockname()[1] if places else settings.port
            try:
                place = socket.create_server(address, family=family, backlog=2048, reuse_port=several)
            except OSError as error:
                raise SettingsError("host and port: can't listen there ({reason})", reason=disk_says(error)) from error
            places.append(opened.enter_context(place))
        opened.pop_all()
    return places
