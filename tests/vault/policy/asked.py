"""Questions to a policy, and policies with something changed."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from wayseal.custody import Relation, State
from wayseal.model.kinds import ActorKind
from wayseal.vault.fields import Field
from wayseal.vault.policy import Policy, PolicyRequest, default_texts
from wayseal.vault.policy.cases import request_of

PURPOSES, RULES = default_texts()


@cache
def default() -> Policy:
    return Policy.parse(PURPOSES, RULES, 1)


def asked(role: str = "courier", purpose: str = "deliver", **but: Any) -> PolicyRequest:
    """As in a case file; a parcel that is where it is delivered."""
    return request_of({"relation": ["holds", "destination"], "role": role, "purpose": purpose, **but})


flags = st.booleans()
relation_sets = st.frozensets(st.sampled_from(sorted(Relation)))
field_sets = st.none() | st.frozensets(st.sampled_from(sorted(Field)))
askings = st.builds(
    PolicyRequest,
    purpose=st.sampled_from([*default().purposes, "curiosity", "unknown", ""]),
    role=st.sampled_from([*default().roles, 'x"\n', ""]),
    kind=st.sampled_from(sorted(ActorKind)),
    client_may=flags,
    blocked=flags,
    valid=flags,
    trained=flags,
    relation=relation_sets,
    has_ticket=flags,
    known=flags,
    state=st.sampled_from(sorted(State)),
    hours_since_delivery=st.integers(0, 20_000),
    erased=flags,
    bulk=flags,
    approved=flags,
    fields=field_sets,
)
