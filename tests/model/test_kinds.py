from enum import StrEnum

from tests.tables import each
from wayseal.model import SourceKind, VerdictKind, WaysealError
from wayseal.model.kinds import Action, ActorKind, FoundBy, OutletKind, ScanKind, Scope

# The contract's words are public: this list changes only with a migration.
CONTRACT: list[tuple[type[StrEnum], str]] = [
    (ActorKind, "person service partner device"),
    (OutletKind, "outlet hub head_office"),
    (ScanKind, "pickup arrive depart out_for_delivery delivered returned problem"),
    (Action, "view search export print api decrypt"),
    (Scope, "outlet city region customer channel"),
    (FoundBy, "purchase report seizure spam_call spam_sms fraud listing"),
    (SourceKind, "actor session device channel outlet region"),
    (VerdictKind, "named shortlist insufficient"),
]


@each(("kind", "words"), CONTRACT)
def test_the_words_of_the_contract(kind: type[StrEnum], words: str) -> None:
    assert list(kind) == words.split()


def test_errors_have_an_exit_code() -> None:
    assert WaysealError.exit_code == 1
