"""Every command of Wayseal, in the order of `--help`: the one table of what there is.

A command's file is found by its words (`_loading`); a test holds the lines against the docstrings.
"""

from collections.abc import Mapping

from wayseal.cli._loading import CommandEntry, Entry, GroupEntry

CANARY = GroupEntry(
    help="Plan waybills that only chosen accounts meet, and say what their coming out or staying away tells.",
    commands={
        "plan": CommandEntry(help="Plan canaries: numbers, rows that look real, and the accounts to show them to."),
        "list": CommandEntry(
            help="Every canary, who was to meet it, what became of it, and the probability of each account now."
        ),
        "hit": CommandEntry(
            help="Record that a canary turned up for sale, or that its time is over without, and say what that tells."
        ),
    },
)
CASE = GroupEntry(
    help="See the cases that detection made, open them, hear the persons, and keep the record whole.",
    commands={
        "list": CommandEntry(help="Every case, how it stands, and what was done with it."),
        "open": CommandEntry(help="Open a case: print the names of its accounts, and what the persons said."),
        "hear": CommandEntry(help="Record what the person concerned said."),
        "state": CommandEntry(
            help="Say how a case stands: taken up, waiting, closed as no case of its own, or open again."
        ),
        "note": CommandEntry(help="Write a note into a case."),
        "merge": CommandEntry(help="Put a case into another one, which then has its accounts and acts, too."),
        "unmerge": CommandEntry(help="Take a case out of the one that it went into."),
        "verify": CommandEntry(
            help="Look at every line of the casebook, and say which was changed, taken out, moved or put in."
        ),
        "backup": CommandEntry(help="Copy the casebook and its secret, also while others write."),
        "rebuild": CommandEntry(help="Make the casebook's tables anew from its lines."),
        "forget": CommandEntry(help="Forget cases that were closed before a day, with all that was recorded of them."),
    },
    headings={
        "Look and hear": ("list", "open", "hear"),
        "Work on it": ("state", "note", "merge", "unmerge"),
        "Keep it": ("verify", "backup", "rebuild", "forget"),
    },
)
PARTNERS = GroupEntry(
    help="Hold the interfaces of partners to their contracts.",
    commands={
        "check": CommandEntry(
            help="Check what partners read against their contracts, and against their own "
            "logs where the ledger has them."
        )
    },
)
EVIDENCE = GroupEntry(
    help="Hand a case over as a pack that a stranger can check, and check one.",
    commands={
        "export": CommandEntry(
            help="Write a case as a pack of evidence: reports, reads, proofs, acts, list and statement, sealed."
        ),
        "verify": CommandEntry(
            help="Check a pack of evidence, offline and without the ledger, and name each file, piece and line that "
            "differs."
        ),
        "stamp": CommandEntry(help="Have a pack's seal stamped by a time-stamping service (RFC 3161)."),
    },
)
LEDGER = GroupEntry(
    help="Sign a ledger, verify it, prove its reads, back it up, mend it, and purge what is old.",
    commands={
        "checkpoint": CommandEntry(help="Sign what the ledger is now: its id, the size of its tree, its root."),
        "verify": CommandEntry(
            help="Check every file, row, tile and checkpoint of a ledger, and name each that is not what it was."
        ),
        "prove": CommandEntry(
            help="Prove that one read stands in the ledger, to somebody who doesn't have it, "
            "and tell nothing of other reads."
        ),
        "verify-proof": CommandEntry(
            help="Check a proof of a read or of a purge with nothing but the public key of "
            "whoever keeps the checkpoints."
        ),
        "backup": CommandEntry(help="Copy a ledger, also while it is written to."),
        "restore": CommandEntry(help="Make a ledger of a backup, after a check of every file."),
        "doctor": CommandEntry(help="Say what is wrong with a ledger, what hangs on it, and what to do."),
        "purge": CommandEntry(
            help="Remove everything about waybills first seen before a day, so that what is "
            "left still verifies and is provable."
        ),
        "compact": CommandEntry(help="Merge a ledger's small files: one a kind and day."),
        "key": GroupEntry(
            help="Make the keys that sign checkpoints.",
            commands={"new": CommandEntry(help="Make a pair of keys for signing checkpoints.")},
        ),
    },
    headings={
        "Sign and verify": ("checkpoint", "verify", "key"),
        "Prove a read": ("prove", "verify-proof"),
        "Keep it": ("backup", "restore", "doctor", "purge", "compact"),
    },
)
POLICY = GroupEntry(
    help="Show, check, test and explain the purposes and rules by which data is disclosed.",
    extra="vault",
    commands={
        "show": CommandEntry(
            help="Show each purpose (who, what, in which form, opened by what, how long, how "
            "many) and the rules in their order."
        ),
        "check": CommandEntry(
            help="Check files of purposes and rules, held against each other or against the "
            "built-in ones; uses nothing."
        ),
        "test": CommandEntry(
            help="Run cases on a policy; ends with 3 if one doesn't get what it expects, and says what no case shows."
        ),
        "explain": CommandEntry(
            help="Say what the policy decides and why: every rule, whether it holds or "
            "refuses, and the values it looked at."
        ),
    },
)
VAULT_KEY = GroupEntry(
    help="List the keys of a vault, rotate them, and retire them.",
    commands={
        "list": CommandEntry(help="List the keys of the keyring by purpose and version, and what still needs them."),
        "rotate": CommandEntry(help="Add a key, which is written with from now on."),
        "activate": CommandEntry(help="Write with a key that could only be read with so far."),
        "retire": CommandEntry(help="Take a key out of the keyring for good."),
        "rewrap": CommandEntry(
            help="Wrap all data keys and mark all rows anew with the active keys, while the service runs."
        ),
        "public": CommandEntry(
            help="Print the public key that verifies checkpoints and proofs: hand it to whoever is to check them."
        ),
    },
)
VAULT_CLIENT = GroupEntry(
    help="Say which systems may call the service.",
    commands={
        "add": CommandEntry(help="Add a system that may call the service; its secret is printed once."),
        "list": CommandEntry(help="List the clients, and what each may do."),
        "disable": CommandEntry(help="End a client's rights at once."),
        "secret": CommandEntry(help="Give a client another secret, printed once; the old one ends at once."),
    },
)
VAULT_ACTOR = GroupEntry(
    help="Say which people and systems may ask, and block them.",
    commands={
        "put": CommandEntry(
            help="Put an actor into the directory, or a file of them; what was known of them is replaced."
        ),
        "block": CommandEntry(help="Put an actor on the blocked list: it is shown nothing any more."),
        "unblock": CommandEntry(help="Take an actor off the blocked list."),
        "list": CommandEntry(help="List the directory."),
    },
)
VAULT_POLICY = GroupEntry(
    help="Show the policy of a vault, or put another in force.",
    commands={
        "show": CommandEntry(help="Show the policy in force."),
        "activate": CommandEntry(help="Put files of a policy in force; what no file is given of stays."),
    },
)
VAULT = GroupEntry(
    help="Seal waybill data, show what a purpose opens, and prove who saw what.",
    extra="vault",
    commands={
        "init": CommandEntry(
            help="Make a vault: settings, keyring, two databases with their tables, the built-in policy."
        ),
        "upgrade": CommandEntry(help="Bring the tables of both databases to the version of this Wayseal."),
        "status": CommandEntry(
            help="Say how much is sealed, how long the log is, which keys and policy are in use, and what to see to."
        ),
        "seal": CommandEntry(help="Seal the parcels of a file."),
        "disclose": CommandEntry(help="Show what a purpose opens of waybills, once that stands in the log."),
        "find": CommandEntry(
            help="Find the waybills of a phone, which is read from standard input: arguments stay in histories."
        ),
        "ask": CommandEntry(
            help="Ask a second person to agree to bulk; prints the approval's id, which "
            "`disclose` takes once it is given."
        ),
        "approve": CommandEntry(help="Agree to bulk that another asked for."),
        "erase": CommandEntry(
            help="Erase what is sealed under numbers, and say when the last backup of its key is gone."
        ),
        "retain": CommandEntry(help="Erase everything whose time to be kept is over, and the bytes of erased keys."),
        "backup": CommandEntry(
            help="Copy one of the two databases while the service runs: main first, then "
            "keys, each to a place of its own."
        ),
        "restore": CommandEntry(help="Fill an empty database of a vault from a backup, without what was erased since."),
        "erased": CommandEntry(
            help="Write down which numbers were erased, and when: a restore needs it when both databases are lost."
        ),
        "prune": CommandEntry(help="Delete old backups."),
        "verify": CommandEntry(
            help="Check the log, hold every table to it, and open every sealed record in memory; name what was changed."
        ),
        "checkpoint": CommandEntry(help="Sign the log as it is now."),
        "prove": CommandEntry(
            help="Prove one entry of the log to somebody who doesn't have it, and tell nothing of other entries."
        ),
        "prove-growth": CommandEntry(
            help="Prove that the log of one checkpoint goes on from that of another: nothing "
            "that was in it is gone or changed."
        ),
        "verify-proof": CommandEntry(help="Check a proof with nothing but the vault's public key."),
        "log": CommandEntry(help="List who was shown what, when and for what."),
        "project": CommandEntry(
            help="Take what was disclosed since the last time into an analytics ledger, for `detect` and `trace`."
        ),
        "policy": VAULT_POLICY,
        "key": VAULT_KEY,
        "client": VAULT_CLIENT,
        "actor": VAULT_ACTOR,
    },
    headings={
        "Set up": ("init", "upgrade", "status", "policy", "key", "client", "actor"),
        "Seal and show": ("seal", "disclose", "find", "ask", "approve"),
        "See and prove who saw what": (
            "log",
            "verify",
            "checkpoint",
            "prove",
            "prove-growth",
            "verify-proof",
            "project",
        ),
        "Erase": ("erase", "retain", "erased"),
        "Keep backups": ("backup", "restore", "prune"),
    },
)
MARKET = GroupEntry(
    help="Watch what is on sale, who sells it, and when it comes back.",
    commands={
        "read": CommandEntry(
            help="Read texts, and print what each says as a line of JSON: its kind, why, and what stands in it."
        ),
        "add": CommandEntry(
            help="Take a source into the watch's folder, after a look at what is written of it.", extra="market"
        ),
        "look": CommandEntry(help="Look at a source once, now, and record what is seen.", extra="market"),
        "watch": CommandEntry(
            help="Watch the market: look at every source when it is due, and again at what went, until told to stop.",
            extra="market",
        ),
        "import": CommandEntry(
            help="Take in what was brought: exports of chats, screenshots, pictures of purchases and of the hotline.",
            extra="market",
        ),
        "learn": CommandEntry(
            help="Learn from what people kept and dismissed, and show what the reading would do otherwise.",
            extra="market",
        ),
        "queue": CommandEntry(
            help="The queue of looks: when each source is due, what its last look came to, and what holds it up.",
            extra="market",
        ),
        "offers": CommandEntry(help="Offers that were seen, newest first.", extra="market"),
        "sellers": CommandEntry(
            help="Sellers: shops and accounts that are taken for one, with what speaks for it.", extra="market"
        ),
        "leaks": CommandEntry(
            help="Write numbers of the courier's own that were on offer as leaks, ready for a trace.", extra="market"
        ),
        "removals": CommandEntry(
            help="Requests for removal, what is due first, with counts by site; or one of them; or its letter.",
            extra="market",
        ),
        "ask": CommandEntry(
            help="Record that a site is asked to remove a shop or an offer, and print the request's id for its letter.",
            extra="market",
        ),
        "follow": CommandEntry(
            help="Record what happened to a request for removal, and print what is due next.", extra="market"
        ),
        "report": CommandEntry(
            help="Report a week of the market: offers by kind, prices, routes, sellers who stand out, and what "
            "couldn't be seen.",
            extra="market",
        ),
        "verify": CommandEntry(
            help="Check every line of the record, every table made of them, and every capture.", extra="market"
        ),
        "purge": CommandEntry(
            help="Let go of captures and offers that were kept for as long as their sources say.", extra="market"
        ),
    },
    headings={
        "Watch": ("add", "look", "watch", "queue", "import"),
        "See": ("offers", "sellers", "leaks", "report", "read", "learn"),
        "Ask for removal": ("removals", "ask", "follow"),
        "Keep it": ("verify", "purge"),
    },
)
SERVE = GroupEntry(
    help="Run a service until it is told to stop: a vault's, or the staff's web console.",
    commands={
        "vault": CommandEntry(
            help="Run the HTTP service of a vault until it is told to stop (Ctrl-C, SIGTERM).", extra="vault"
        ),
        "console": CommandEntry(
            help="Run the staff's web console until it is told to stop (Ctrl-C, SIGTERM).", extra="console"
        ),
    },
)
SECTIONS: Mapping[str, Mapping[str, Entry]] = {
    "Try it": {
        "demo": CommandEntry(
            help="Simulate a courier with hidden leakers, trace what was bought, detect who "
            "pulls, show the truth beside both."
        ),
        "simulate": CommandEntry(
            help="Simulate a courier network, its access log and a market; the truth is kept outside the dataset."
        ),
    },
    "See who reads": {
        "ingest": CommandEntry(help="Take a log into the ledger."),
        "map": CommandEntry(
            help="Propose mapping files for what a file holds, whichever table of the contract it is; a person "
            "corrects them."
        ),
        "show": CommandEntry(
            help="Show what is in a ledger, from when to when, what is missing and how good the data is."
        ),
        "ledger": LEDGER,
    },
    "Name who sold": {
        "trace": CommandEntry(
            help="Say which account, interface or outlet the leaked numbers came from, how sure that is, and why."
        ),
        "scope": CommandEntry(
            help="Say which waybills a named source had, by day, route and field, and list "
            "those whose people must be told."
        ),
        "extent": CommandEntry(
            help="Say how many numbers leak a day, from purchases and reports that share some of them."
        ),
        "canary": CANARY,
    },
    "Watch for misuse": {
        "detect": CommandEntry(help="Find the accounts whose reads no work explains."),
        "explain": CommandEntry(help="Say why an account's reads of a waybill were work or were not."),
        "case": CASE,
        "reads": CommandEntry(
            help="List the reads of a case or of a waybill, one by one, and what work was near each."
        ),
        "evidence": EVIDENCE,
        "verdict": CommandEntry(help="Close a case: true, the reads were not work; or false."),
        "partners": PARTNERS,
        "rights": CommandEntry(
            help="Hold rights against use: unused rights, dormant accounts, shared logins, "
            "the smallest sets that would do."
        ),
    },
    "Watch the market": {
        "market": MARKET,
    },
    "Seal waybill data": {
        "vault": VAULT,
        "policy": POLICY,
        "serve": SERVE,
    },
}
"""Headings of `wayseal --help`, each with its commands."""
ROOT = GroupEntry(
    help="Seal courier waybill data, see who reads it, name who sold it.\n\n"
    "In Chinese with `--lang zh`, `WAYSEAL_LANG=zh` or a Chinese locale. 中文：`wayseal --lang zh`",
    commands={name: entry for commands in SECTIONS.values() for name, entry in commands.items()},
    headings={heading: tuple(commands) for heading, commands in SECTIONS.items()},
)
