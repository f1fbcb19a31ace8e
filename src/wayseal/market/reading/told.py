"""A reading for programs: the public JSON of `wayseal market read`, and what the record keeps of an offer's text."""

from typing import Any

from wayseal.market.types import Handle, NumberCandidate, Reading


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading with the keys that docs/market-reading.md lists."""
    return {
        "kind": reading.kind,
        "probability": round(reading.probability, 4),
        "probabilities": {kind: round(value, 4) for kind, value in reading.probabilities},
        "numbers": [number_json(one) for one in reading.numbers],
        "handles": [handle_json(one) for one in reading.handles],
        "prices": [{"yuan": one.yuan, "unit": one.unit, "at": one.at} for one in reading.prices],
        "quantities": [
            {"count": one.count, "unit": one.unit, "daily": one.daily, "at": one.at} for one in reading.quantities
        ],
        "routes": [{"origin": one.origin, "destination": one.destination, "at": one.at} for one in reading.routes],
        "couriers": reading.couriers,
        "freshness": reading.freshness,
        "reasons": [{"text": one.text, "at": one.at, "weight": round(one.weight, 2)} for one in reading.reasons],
    }


def number_json(one: NumberCandidate) -> dict[str, Any]:
    """What may be a waybill number."""
    return {"number": one.number, "couriers": one.couriers, "probability": one.probability, "at": one.at}


def handle_json(one: Handle) -> dict[str, Any]:
    """An address."""
    return {"kind": one.kind, "value": one.value, "at": one.at}
