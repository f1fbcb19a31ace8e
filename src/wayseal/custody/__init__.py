"""Where a parcel was and whose work it was, when: the one definition for policy, detection and tracing."""

from wayseal.custody._relations import Relation, Standing, State, present, relations
from wayseal.custody._stays import stays, touches

__all__ = ["Relation", "Standing", "State", "present", "relations", "stays", "touches"]
