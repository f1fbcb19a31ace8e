"""Partner interfaces against their contracts, and both sides' call logs against each other."""

from wayseal.detect.errors import ContractError
from wayseal.detect.partners._check import check_partners
from wayseal.detect.partners._contract import Contract, load_contracts
from wayseal.detect.partners._report import render_partners
from wayseal.detect.partners._result import Kind, PartnersResult, breaches_of

__all__ = [
    "Contract",
    "ContractError",
    "Kind",
    "PartnersResult",
    "breaches_of",
    "check_partners",
    "load_contracts",
    "render_partners",
]
