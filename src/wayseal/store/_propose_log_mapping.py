"""A first mapping file for a raw log: recognised by its form, with the tables, paths and parameters that it speaks of.

Nothing of a record is written but names: of tables, columns, parameters and fixed parts of paths.
"""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wayseal.model.messages import N_, Translate
from wayseal.store._csv import record_texts, split_record
from wayseal.store._csv_records import RecordSplitter
from wayseal.store._guess import words_of
from wayseal.store._jsonl import find, read_line
from wayseal.store.formats import Format
from wayseal.store.logs import (
    READING,
    Request,
    named_columns,
    number_shaped,
    pairs_of,
    parted,
    request_of,
    target_of,
)

_BYTES = 1 << 20
_MOST = 12
_CSVLOG = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+,")
_PLAIN = re.compile(r"(?!.*\d{4})[A-Za-z_][\w.-]{0,39}", re.ASCII)
_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "origin_outlet": "originoutlet origin fromsite fromoutlet sendsite sendoutlet startsite",
        "destination_outlet": "destinationoutlet destination tosite tooutlet recsite dispatchsite endsite",
        "origin_city": "origincity fromcity sendcity",
        "destination_city": "destinationcity tocity reccity",
        "channel": "channel source orderchannel",
        "customer": "customer customercode custcode clientcode",
        "issued_at": "issuedat createdat createtime createdtime ordertime",
    }
)
_ACCOUNTS = frozenset(
    [
        "opid",
        "op",
        "opno",
        "operid",
        "operatorno",
        "empid",
        "staffno",
        "clerk",
        "clerkid",
        "userno",
        "usercode",
        "acct",
        "accountno",
    ]
)
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "title": N_("A mapping from a raw log ({form}) to the tables `accesses` and `queries`. Read it, correct it."),
        "tables": N_("Tables that hold waybills: left, the condition; right, the column of the database."),
        "none": N_("NOT FOUND, and needed: the table that holds waybills, and its column of waybill numbers"),
        "seen": N_("Other columns that stand in conditions"),
        "paths": N_("Paths that name a waybill; then searches, with the parameter of each condition."),
        "nopath": N_("NOT FOUND, and needed: a path with {waybill}"),
        "parameters": N_("Parameters seen"),
        "comment": N_("the account stands in a comment of the statement; else the database's user"),
        "zone": N_("Times end in the name of a zone. Say which offset it is."),
        "parameter": N_("the server knew no account: this parameter says whose request it was"),
        "address": N_("the log names no account: the address stands in for it"),
        "statuses": N_("Answers seen (2xx and 304 count as shown, unless `statuses` says otherwise)"),
        "resources": N_("Types of resources whose uid is a waybill number"),
        "noresource": N_("Types seen"),
    }
)


def propose_log(path: Path, translate: Translate) -> str | None:
    """The mapping file, if the sample is a raw log of a known form; else None. It may need a line before it loads."""
    text = _head(path)
    say = {code: translate(english) for code, english in _TEXTS.items()}
    for form, look in ((Format.PGAUDIT, _pgaudit), (Format.COMBINED, _combined), (Format.OCSF, _ocsf)):
        lines = look(text, say)
        if lines is not None:
            top = [f"# {say['title'].format(form=form)}", "wayseal = 1", f'format = "{form}"']
            return "\n".join([*top, *lines]) + "\n"
    return None


def _head(path: Path) -> str:
    """The first whole lines as text; "" for what is no file of lines."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = file.read(_BYTES)
    except (OSError, EOFError, zlib.error):
        return ""
    return data[: data.rfind(b"\n") + 1].decode("utf-8", "replace")


def _pgaudit(text: str, say: Mapping[str, str]) -> list[str] | None:
    if not _CSVLOG.match(text) and ',"AUDIT: ' not in text:
        return None
    records = RecordSplitter(",").feed(text.encode(), valid=False, last=True)
    fields = [f for r in record_texts(records.data) if len(f := split_record(r, ",")) in range(23, 27)]
    if not fields:
        return None
    audits = [split_record(f[13].removeprefix("AUDIT: "), ",") for f in fields if f[13].startswith("AUDIT: ")]
    statements = [a[7] for a in audits if len(a) > 7 and a[3] == "READ"]
    zones = {z for f in fields if (z := f[0].rpartition(" ")[2]).isalpha()} - {"UTC", "GMT"}
    out = [f"# {say['zone']}", 'offset = "+08:00"'] if zones else []
    keys = [k for s in statements for k in pairs_of(s) if k.lower() in {"user", "actor", "uid", "account", "operator"}]
    if keys:
        key = Counter(keys).most_common(1)[0][0]
        out += ["", "[columns]", f'actor = {{ first_of = ["comment.{key}", "user_name"] }}  # {say["comment"]}']
    return [*out, *_tables(statements, say)]


def _tables(statements: Iterable[str], say: Mapping[str, str]) -> Iterator[str]:
    """The tables in which a column has the name of a waybill number."""
    seen = named_columns(statements)
    found = 0
    yield ""
    yield f"# {say['tables']}"
    for table, columns in sorted(seen.items()):
        numbers = [c for c in columns if _squeezed(c) in words_of("waybill")]
        if not numbers or not _PLAIN.fullmatch(table.replace(".", "_")) or not _PLAIN.fullmatch(numbers[0]):
            continue
        found += 1
        yield f'[tables."{table}"]' if "." in table else f"[tables.{table}]"
        yield f'waybill = "{numbers[0]}"'
        others = [c for c in columns if c not in numbers and _PLAIN.fullmatch(c)]
        known: dict[str, str] = {}
        for column in others:
            for key, words in _COLUMNS.items():
                if _squeezed(column) in words.split():
                    known.setdefault(key, column)
        for key, column in known.items():
            yield f'{key} = "{column}"'
        rest = [c for c in others if c not in known.values()]
        if rest:
            yield f"# {say['seen']}: {', '.join(rest[:_MOST])}"
    if not found:
        yield f"# {say['none']}"
        yield "# [tables.NAME]"
        yield '# waybill = "…"'


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _combined(text: str, say: Mapping[str, str]) -> list[str] | None:
    lines = [line for line in text.split("\n")[:2000] if line.strip()]
    requests = [r for line in lines if (r := request_of(line)) is not None]
    if not lines or len(requests) * 2 < len(lines):
        return None
    account = None if any(r.user for r in requests) else _account(requests)
    paths = list(_paths([r.target for r in requests], say, ignored=account or ""))
    return [*_account_lines(account, say), *paths, *_statuses(requests, say)]


def _account(requests: Sequence[Request]) -> str:
    """The parameter that says whose request it was; "" if none does."""
    named = Counter(n for r in requests for n, v in parted(r.target)[1] or () if v and _PLAIN.fullmatch(n))
    known = [n for n in named if _squeezed(n) in _ACCOUNTS | words_of("actor")]
    return max(known, key=named.__getitem__, default="")


def _account_lines(account: str | None, say: Mapping[str, str]) -> list[str]:
    """Where the account stands, if the server knew none: in a parameter, else the address stands in for it."""
    if account is None:
        return []
    found = f'"query.{account}"  # {say["parameter"]}' if account else f'"client_ip"  # {say["address"]}'
    return ["", "[columns]", f"actor = {found}"]


def _statuses(requests: Sequence[Request], say: Mapping[str, str]) -> Iterator[str]:
    """What the answers were, for `statuses`."""
    counts = Counter(r.status for r in requests)
    yield f"# {say['statuses']}: {', '.join(f'{status} ({n})' for status, n in sorted(counts.items()))}"


def _paths(targets: Iterable[str], say: Mapping[str, str], ignored: str = "") -> Iterator[str]:
    """Paths and the parameters of searches. ignored: the parameter that names the account, which selects nothing."""
    ignore = [f'ignore = ["{ignored}"]'] if ignored else []
    templates: Counter[str] = Counter()
    parameters: Counter[str] = Counter()
    asking: dict[str, tuple[str, str]] = {}
    for target in targets:
        path, query = parted(target)
        pieces = path.split("/")
        shown = ["{waybill}" if number_shaped(p) else p for p in pieces]
        plain = all(p in {"", "{waybill}"} or _PLAIN.fullmatch(p) for p in shown)
        if plain and shown.count("{waybill}") == 1:
            templates["/".join(shown)] += 1
        for name, value in query or ():
            if _PLAIN.fullmatch(name):
                parameters[name] += 1
                if (
                    plain
                    and "{waybill}" not in shown
                    and (all(map(number_shaped, value.split(","))) or _squeezed(name) in words_of("waybill"))
                ):
                    asking.setdefault("/".join(shown), (name, "waybill"))
    yield ""
    yield f"# {say['paths']}"
    for shown_path, _ in templates.most_common(_MOST):
        yield from ("[[paths]]", f'path = "{shown_path}"', *ignore)
    for shown_path, (name, key) in list(asking.items())[:_MOST]:
        yield from ("[[paths]]", f'path = "{shown_path}"', f'query = {{ {key} = "{name}" }}', *ignore)
    if not templates and not asking:
        yield f"# {say['nopath']}"
    if parameters:
        yield f"# {say['parameters']}: {', '.join(n for n, _ in parameters.most_common(_MOST))}"


def _ocsf(text: str, say: Mapping[str, str]) -> list[str] | None:
    if not text.lstrip().startswith("{"):
        return None
    rows: list[dict[str, Any]] = [r for t in text.split("\n")[:2000] if isinstance(r := read_line(t), dict)]
    events = [r for r in rows if r.get("class_uid") in READING]
    if not events:
        return None
    items = [i for r in events for k in ("web_resources", "resources") for i in _items(r.get(k))]
    kinds = Counter(t for i in items if isinstance(t := i.get("type"), str) and _PLAIN.fullmatch(t))
    numbered = [t for t in kinds if any(i.get("type") == t and number_shaped(str(i.get("uid") or "")) for i in items)]
    out: list[str] = []
    if numbered:
        listed = ", ".join(f'"{t}"' for t in numbered)
        out = [f"resources = [{listed}]  # {say['resources']}"]
    elif kinds:
        out = [f"# {say['noresource']}: {', '.join(list(kinds)[:_MOST])}"]
    statements = [s for r in events if isinstance(s := find(r, "query_info.query_string"), str)]
    targets = [t for r in events if (t := target_of(r))]
    paths = list(_paths(targets, say)) if targets else []
    return [*out, *paths, *(_tables(statements, say) if statements else [])]


def _items(value: object) -> list[dict[str, Any]]:
    return [i for i in value if isinstance(i, dict)] if isinstance(value, list) else []
