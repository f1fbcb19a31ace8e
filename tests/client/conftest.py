from collections.abc import Iterator

import pytest

from tests.client.service import Flaky, Service, later, service
from wayseal.client import RetryPolicy, VaultClient
from wayseal.model.kinds import ActorKind, ScanKind
from wayseal.model.records import Actor, Scan


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Flaky]]:
    """One service for a file's tests, with its people and a parcel that courier-12's outlet holds."""
    with service(tmp_path_factory.mktemp("service")) as (running, flaky):
        from tests.client.service import ADMIN

        record = Actor(actor="system-1", kind=ActorKind.SERVICE, role="service", trained_until=later(running.now))
        running.vault.actors(ADMIN, [record], now=int(running.now.timestamp() * 1e6))
        with VaultClient(running.url, "all", running.secret) as admin:
            people = [("courier-12", "courier", "深圳南山"), ("courier-31", "courier", "成都武侯"),
                      ("agent-7", "customer_service", None), ("analyst-1", "analyst", None),
                      ("manager-2", "regional_manager", None)]  # fmt: skip
            admin.actors(
                Actor(actor=name, kind=ActorKind.PERSON, role=role, outlet=outlet, trained_until=later(running.now))
                for name, role, outlet in people
            )
            admin.scans(
                [Scan(waybill=f"YT{n}", at=running.now, kind=ScanKind.ARRIVE, outlet="深圳南山") for n in range(20)]
            )
        yield running, flaky


@pytest.fixture
def running(both: tuple[Service, Flaky]) -> Service:
    return both[0]


@pytest.fixture
def flaky(both: tuple[Service, Flaky]) -> Flaky:
    both[1].instead.clear()
    both[1].seen.clear()
    return both[1]


@pytest.fixture
def admin(running: Service) -> Iterator[VaultClient]:
    with VaultClient(running.url, "all", running.secret, retry_policy=RetryPolicy(pause=0.05)) as client:
        yield client


@pytest.fixture
def courier(running: Service) -> Iterator[VaultClient]:
    with VaultClient(
        running.url, "all", running.secret, actor="courier-12", retry_policy=RetryPolicy(pause=0.05)
    ) as client:
        yield client
