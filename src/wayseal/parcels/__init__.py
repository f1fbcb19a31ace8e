"""Parcels that never were, as seen in scans, reads and the numbers' life.

Obligations (code and tests cite the numbers):
1. A scan counts once. Neither the order of rows nor their repetition changes an answer; late rows count as any other.
2. A parcel is judged by places alone whose machines read at least nine tenths of what passed on that day, as counted on
   parcels that a machine read elsewhere. Where it met none, nothing is said of it but that. Missing columns are named.
3. What a class of a fact is worth is learnt from the parcels at hand: of honest ones from all, of ghosts from what was
   assumed of them and from those that every other cause points at. No fact is its own witness.
4. No cause alone makes a parcel likelier a ghost than not.
5. Of facts of one cause the one that says most counts; sums are discounted by as much as honest parcels' causes agree.
6. Groups of sender, outlet, operator and day are judged as a whole: honest, or with a share of ghosts or of empties.
   As alike as honest parcels of a group are, so little does a further one count.
7. What can't be found is said: a truck's true times with claimed machine reads, real parcels for another order, places
   without machines.
8. Reads before the first scan name their asker, but for the side that issued or holds the number. An account is listed
   where others of its kind hardly ever ask so often so early; an interface whose work it is has its like.
9. Findings are leads: probabilities with reasons, each with its fact.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.parcels._find import Options, find_parcels, with_names
    from wayseal.parcels._keep import keep_result, kept_path, read_kept
    from wayseal.parcels._report import ParcelsReport, render_parcels
    from wayseal.parcels._result import Asker, EarlyRead, GroupFinding, ParcelFinding, ParcelsResult, Reason

__all__ = [
    "Asker",
    "EarlyRead",
    "GroupFinding",
    "Options",
    "ParcelFinding",
    "ParcelsReport",
    "ParcelsResult",
    "Reason",
    "find_parcels",
    "keep_result",
    "kept_path",
    "read_kept",
    "render_parcels",
    "with_names",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "Asker": "_result",
        "EarlyRead": "_result",
        "GroupFinding": "_result",
        "Options": "_find",
        "ParcelFinding": "_result",
        "ParcelsReport": "_report",
        "ParcelsResult": "_result",
        "Reason": "_result",
        "find_parcels": "_find",
        "keep_result": "_keep",
        "kept_path": "_keep",
        "read_kept": "_keep",
        "render_parcels": "_report",
        "with_names": "_find",
    },
)
