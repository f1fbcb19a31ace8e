"""Virtual numbers over the small courier's vault, with the local provider and a database of numbers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.database.places import fresh
from tests.vault.world import DAY, World, person
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.fields import Field
from wayseal.numbers import breaches
from wayseal.numbers.breaches import KeptBreach
from wayseal.numbers.codes import KeySet, derive_keys, make_secret
from wayseal.numbers.tables import CHAIN as NUMBERS
from wayseal.vault.aliases import Aliases, LocalProvider
from wayseal.vault.aliases.desk import AliasShown
from wayseal.vault.aliases.pool import add_aliases
from wayseal.vault.aliases.tables import CHAIN

KEYS: KeySet = derive_keys(bytes(32))
PHONES = {"courier-1": "13600000001", "courier-2": "13600000002", "agent": "13600000003"}
SPAMMER, RECIPIENT = "17055550000", "13987654321"


@dataclass(slots=True)
class Desk:
    """Aliases in use; the clock is the world's."""

    world: World
    aliases: Aliases
    provider: LocalProvider
    numbers: Database

    def fill(self, count: int) -> list[str]:
        numbers = [f"1700000{n:04d}" for n in range(count)]
        self.aliases.database.write(add_aliases, numbers)
        return numbers

    def give(self, viewer: str, waybill: str) -> AliasShown:
        """As the route does: a disclosure, and what it opened goes to the provider."""
        recipient = self.world.shown(viewer, waybill, "contact").values[Field.RECIPIENT_PHONE]
        return self.aliases.bind(viewer, waybill, PHONES[viewer], recipient, now=self.world.now)

    def sweep(self, days: float = 0) -> int:
        self.world.now += round(days * DAY)
        return self.aliases.sweep(now=self.world.now)

    def code(self, waybill: str) -> str | None:
        secret = make_secret(KEYS.secret, waybill)
        shown = self.aliases.handover_code(self.world.caller("platform"), waybill, secret, now=self.world.now)
        return None if shown is None else shown.code

    def breaches(self) -> list[KeptBreach]:
        return list(self.numbers.read(breaches.after, 0))


@contextmanager
def desk(world: World, folder: Path, kind: str = "sqlite") -> Iterator[Desk]:
    """With nothing in the pool."""
    with ExitStack() as stack:
        urls = [stack.enter_context(fresh(kind, folder)) for _ in range(2)]
        database, numbers = (stack.enter_context(open_database(url)) for url in urls)
        upgrade(database, CHAIN)
        upgrade(numbers, NUMBERS)
        made = None

        def clock() -> int:
            return world.now

        provider = LocalProvider(database, lambda text: sha256(text).digest(), clock)
        aliases = stack.enter_context(Aliases(world.vault, database, provider, KEYS, numbers))
        world.put(person("manager", "regional_manager"))
        made = Desk(world, aliases, provider, numbers)
        yield made
