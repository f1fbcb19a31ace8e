"""Every command of Wayseal, in the order of `--help`: the one table of what there is (`_loading` finds them).

Those to try it with are other distributions' (`commands`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of commands.

    sections: headings of its help, each with its commands; `ledger:verify` names the module in which it and those
    after it stand.
    """

    help: str
    sections: Mapping[str, str]

    @property
    def headings(self) -> dict[str, list[str]]:
        """The commands under each heading; none without commands."""
        found = {name: [word.rpartition(":")[2] for word in words.split()] for name, words in self.sections.items()}
        return {name: words for name, words in found.items() if words}

    @property
    def modules(self) -> dict[str, str]:
        """The module of each command, in the order of `--help`."""
        found, module = {}, ""
        for word in " ".join(self.sections.values()).split():
            before, _, name = word.rpartition(":")
            module = found[name] = before or module
        return found


ROOT = ""
"""The words of `wayseal` itself."""
GROUPS: Mapping[str, Group] = {
    ROOT: Group(
        help="Seal courier waybill data, see who reads it, name who sold it.\n\n"
        "In Chinese with `--lang zh`, `WAYSEAL_LANG=zh` or a Chinese locale. 中文：`wayseal --lang zh`",
        sections={
            "Try it": " ".join(f"{one.module}:{one.name}" for one in entry_points(group="wayseal.commands")),
            "See who reads": "ingest:ingest map show:show ledger:ledger",
            "Name who sold": "trace:trace scope extent canary:canary",
            "Watch for misuse": "detect:detect watch:watch mutes:mutes reads:explain case reads evidence case:verdict "
            "reads:partners rights parcels:parcels blocked:blocked hotline:hotline outlets:outlets training:training",
            "Watch the market": "market:market",
            "Seal waybill data": "vault:vault policy:policy numbers:numbers labels:labels aliases:aliases serve:serve",
        },
    ),
    "canary": Group(
        help="Plan waybills that only chosen accounts meet, and say what their coming out or staying away tells.",
        sections={"Commands": "canary:plan list hit"},
    ),
    "case": Group(
        help="See the cases that detection made, open them, hear the persons, and keep the record whole.",
        sections={
            "Look and hear": "case:list open hear",
            "Work on it": "case:state note merge unmerge",
            "Keep it": "case_upkeep:verify backup rebuild forget",
        },
    ),
    "blocked": Group(
        help="Block accounts, slow them down or ask them for a second factor, and lift it again.",
        sections={
            "Block and lift": "blocked:list add lift",
            "By themselves": "blocked:rule",
            "Gateways": "blocked:export token",
            "Keep it": "blocked:verify",
        },
    ),
    "blocked rule": Group(
        help="Say which notices put an account on the list by themselves; each rule takes two people.",
        sections={"Commands": "blocked:propose agree off"},
    ),
    "hotline": Group(
        help="Make the keys and tokens of the hotline, where anybody can report without a name, and check its log.",
        sections={"Commands": "hotline:key token verify account"},
    ),
    "hotline key": Group(
        help="Make the keys that open reports and names.",
        sections={"Commands": "hotline:new"},
    ),
    "outlets": Group(
        help="Hold outlets to what is expected of them, month by month.",
        sections={"Commands": "outlets:month"},
    ),
    "training": Group(
        help="See whose training ends, put courses in force, and bring until when rights are open to ledger and vault.",
        sections={"Commands": "training:due courses export apply"},
    ),
    "mutes": Group(
        help="Have nobody told of some notices of the watch, for a while and for a reason.",
        sections={"Commands": "mutes:list add end"},
    ),
    "partners": Group(
        help="Hold the interfaces of partners to their contracts.",
        sections={"Commands": "reads:check"},
    ),
    "evidence": Group(
        help="Hand a case over as a pack that a stranger can check, and check one.",
        sections={"Commands": "evidence:export verify stamp"},
    ),
    "ledger": Group(
        help="Sign a ledger, verify it, prove its reads, back it up, mend it, and purge what is old.",
        sections={
            "Sign and verify": "ledger:checkpoint verify key",
            "Prove a read": "ledger:prove proofs:verify-proof",
            "Keep it": "ledger_upkeep:backup restore doctor purge compact",
            "Grow": "ledger_shards:split merge",
        },
    ),
    "ledger key": Group(
        help="Make the keys that sign checkpoints.",
        sections={"Commands": "ledger:new"},
    ),
    "policy": Group(
        help="Show, check, test and explain the purposes and rules by which data is disclosed.",
        sections={"Commands": "policy:show check test explain"},
    ),
    "vault": Group(
        help="Seal waybill data, show what a purpose opens, and prove who saw what.",
        sections={
            "Set up": "vault:init upgrade status vault_access:policy key client actor",
            "Seal and show": "vault_seal:seal disclose find ask approve",
            "See and prove who saw what": "vault_log:log vault_verify:verify vault_log:checkpoint prove prove-growth "
            "proofs:verify-proof vault_log:project",
            "Erase": "vault_upkeep:erase retain erased",
            "Keep backups": "vault_upkeep:backup restore prune",
        },
    ),
    "vault policy": Group(
        help="Show the policy of a vault, or put another in force.",
        sections={"Commands": "vault_access:show activate"},
    ),
    "vault key": Group(
        help="List the keys of a vault, rotate them, and retire them.",
        sections={"Commands": "vault_keys:list rotate activate retire rewrap public"},
    ),
    "vault client": Group(
        help="Say which systems may call the service.",
        sections={"Commands": "vault_access:add list disable secret"},
    ),
    "vault actor": Group(
        help="Say which people and systems may ask, and block them.",
        sections={"Commands": "vault_access:put block unblock list"},
    ),
    "labels": Group(
        help="Print labels that tell nothing, make keys for delivery devices, and open what is sealed on a label.",
        sections={"Commands": "labels:print keys open"},
    ),
    "market": Group(
        help="Watch what is on sale, who sells it, and when it comes back.",
        sections={
            "Watch": "market_watch:add look watch queue import",
            "See": "market:offers sellers leaks report market_read:read market:learn",
            "Ask for removal": "market_upkeep:removals ask follow",
            "Keep it": "market_upkeep:verify purge",
        },
    ),
    "numbers": Group(
        help="Issue waybill numbers, follow each from issue to retirement, and find what breaks their order.",
        sections={
            "Set up and issue": "numbers:init issue restored",
            "Watch and check": "numbers:sweep watch verify show",
        },
    ),
    "aliases": Group(
        help="Keep the pool of virtual numbers, and find who passed one on.",
        sections={"Commands": "aliases:pool sweep leaks"},
    ),
    "serve": Group(
        help="Run a service until it is told to stop: a vault's, the staff's web console, the public's portal, "
        "public tracking, or the watch.",
        sections={"Commands": "vault:vault console:console portal:portal gate:gate watch:watch"},
    ),
}
EXTRAS: Mapping[str, str] = {
    "aliases": "vault",
    "labels": "vault",
    "market": "market",
    "market read": "",
    "numbers": "vault",
    "policy": "vault",
    "serve console": "console",
    "serve gate": "gate",
    "serve portal": "portal",
    "serve vault": "vault",
    "serve watch": "live",
    "training apply": "vault",
    "vault": "vault",
}
"""What the packages of commands come with, by the words of a group or a command."""
