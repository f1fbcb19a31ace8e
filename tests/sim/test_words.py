"""The words of the simulator are those of the rooms that read its tables."""

from wayseal.detect.rights import load_map
from wayseal.vault.policy import Policy, default_texts
from wayseal_sim._staff import Role
from wayseal_sim._tables import _RIGHTS


def test_rights_are_in_the_built_in_map() -> None:
    assert {name for row in _RIGHTS for name in row} <= load_map(None).keys()


def test_roles_are_those_of_the_default_policy() -> None:
    assert {role.name.lower() for role in Role} <= set(Policy.parse(*default_texts(), 1).roles)
