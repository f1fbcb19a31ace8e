"""Couriers by family, with scans of trucks and machines: ghosts, empties, borrowed numbers, and who asks too early."""

from wayseal_sim.parcels._families import FAMILIES, Shape, draw_shape
from wayseal_sim.parcels._planting import plant_ghosts
from wayseal_sim.parcels._world import Life, live, write_life

__all__ = ["FAMILIES", "Life", "Shape", "draw_shape", "live", "plant_ghosts", "write_life"]
