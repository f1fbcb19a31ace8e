"""The gate on PostgreSQL, as an account that has what docs/how-to/tracking.md grants and no more."""

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.database.places import opened, postgresql
from tests.docs.pages import read
from tests.gate.world import make_parcels, open_world
from wayseal.database import DatabaseError

__all__ = ["postgresql"]


@pytest.mark.slow
@pytest.mark.once
def test_it_needs_no_more_than_the_page_grants(tmp_path: Path, postgresql: str) -> None:
    parcels, parts = make_parcels(tmp_path, url=postgresql), urlsplit(postgresql)
    role = f"gate_{parts.path[1:]}"[:40].lower().replace("-", "_")
    (grants,) = re.findall(r"```sql\n(.*?)```", read("docs/how-to/tracking.md"), re.DOTALL)
    with opened(postgresql, patience=10) as database:
        lines = [f"CREATE ROLE {role} LOGIN PASSWORD 'gate'", *grants.replace("wayseal_gate", role).split(";\n")[:-1]]
        database.write(lambda c: [c.exec_driver_sql(line) for line in lines])
    place = f"{role}:gate@{parts.netloc.rpartition('@')[2]}"
    theirs = urlunsplit(parts._replace(netloc=place))
    try:
        with open_world(tmp_path, parcels, numbers=theirs) as world:
            live, bound = parcels.live[0], parcels.bound[0]
            assert world.ask(live, parcels.secret(live)).status_code == 200
            assert world.ask(bound, "0000000000").status_code == 404
            world.pulse.beat()
            with opened(postgresql, patience=10) as database:
                seen = database.read(lambda c: c.exec_driver_sql("SELECT kind, number FROM breaches").fetchall())
            assert [tuple(one) for one in seen] == [("tracked_early", bound)]
            with pytest.raises(DatabaseError):
                world.gate.numbers._database.write(lambda c: c.exec_driver_sql("UPDATE numbers SET state = 'issued'"))
            with pytest.raises(DatabaseError):
                world.gate.numbers._database.read(lambda c: c.exec_driver_sql("SELECT * FROM batches"))
    finally:
        with opened(postgresql, patience=10) as database:
            database.write(lambda c: [c.exec_driver_sql(f"{one} {role}") for one in ("DROP OWNED BY", "DROP ROLE")])
