"""Which fields of a waybill a read showed: a usual set for each reason, every field for those who take more."""

import numpy as np
import pyarrow as pa

from wayseal_sim._reads import ReadReason
from wayseal_sim.types import Ints

STATUS, ROUTE, NAME, PHONE, PHONE_MASKED, ADDRESS, GOODS = (
    "status", "route", "name", "phone", "phone_masked", "address", "goods",
)  # fmt: skip
USUAL: dict[ReadReason, tuple[str, ...]] = {
    ReadReason.ORDER: (NAME, PHONE, ADDRESS, GOODS),
    ReadReason.PICKUP: (NAME, PHONE, ADDRESS),
    ReadReason.LABEL: (ROUTE, NAME, PHONE, ADDRESS),
    ReadReason.INTAKE: (STATUS, ROUTE),
    ReadReason.SORT: (ROUTE,),
    ReadReason.SORT_CHECK: (ROUTE,),
    ReadReason.ARRIVAL: (STATUS, ROUTE),
    ReadReason.DELIVERY: (NAME, PHONE, ADDRESS),
    ReadReason.SIGN: (STATUS, NAME),
    ReadReason.TRACK: (STATUS,),
    ReadReason.INQUIRY: (STATUS, NAME, PHONE_MASKED),
    ReadReason.CLAIM: (STATUS, NAME, PHONE, ADDRESS, GOODS),
    ReadReason.OVERSIGHT: (STATUS, ROUTE),
    ReadReason.MONITOR: (STATUS, ROUTE),
    ReadReason.BROWSE: (STATUS, NAME, PHONE_MASKED),
}
BEYOND = (STATUS, ROUTE, NAME, PHONE, ADDRESS, GOODS)
"""What those see who take more than their purpose needs; its code is the number of reasons."""

_SETS = (*(USUAL[reason] for reason in ReadReason), BEYOND)
_WORDS = list(dict.fromkeys(word for words in _SETS for word in words))
_SIZE = np.array([len(words) for words in _SETS], np.int64)
_START = np.cumsum(_SIZE) - _SIZE
_FLAT = np.array([_WORDS.index(word) for words in _SETS for word in words], np.int32)
BEYOND_CODE = len(ReadReason)
FIELD_LIST = pa.list_(pa.dictionary(pa.int32(), pa.string()))
"""The type of what `field_lists` gives."""


def field_lists(code: Ints) -> pa.ListArray:
    """The sets as lists of dictionary-coded words; code: a Reason or BEYOND_CODE."""
    size = _SIZE[code]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(size)])
    place = np.arange(offsets[-1]) + np.repeat(_START[code] - offsets[:-1], size)
    words = pa.DictionaryArray.from_arrays(pa.array(_FLAT[place]), pa.array(_WORDS, pa.string()))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), words)
