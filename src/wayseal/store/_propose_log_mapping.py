"""A first mapping file for a raw log: recognised by its form, with the tables, paths and parameters that it speaks of.

Nothing of a record is written but names: of tables, columns, parameters and fixed parts of paths.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wayseal.model.messages import N_, Message, Translate
from wayseal.store._csv import RecordSplitter, record_texts, split_record
from wayseal.store._guess import like_ip, spread
from wayseal.store._guess_times import Written, offset_of, time_format
from wayseal.store._headings import squeezed, synonyms, word_of, words_of
from wayseal.store._jsonl import find, names_of, read_line
from wayseal.store._open_source import open_source
from wayseal.store._sample import read_lines
from wayseal.store._seen_paths import CONDITIONS, MANY, PLAIN, SeenPath, conditions, seen_paths
from wayseal.store.logs import (
    READING,
    Request,
    asked_for,
    general_log_entries,
    named_columns,
    number_shaped,
    pairs_of,
    parted,
    request_of,
    target_of,
)
from wayseal.store.mapping import LOGS, Format
from wayseal.store.recognise import recognise

_MOST, _LINES, _NOT_TAKEN = 12, 20_000, 20
_ZONE = re.compile(r"\[[^\]]{1,30} ([+-][0-9]{4})\]")
_ACCOUNT = re.compile(r"[A-Za-z]{0,8}[._-]?[0-9]{3,8}")
_LITERAL = re.compile(r"'\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::[\d.]+)?)?'")
_BARE, _USUAL, _WHOLE = 0.05, 0.9, 0.99
UNSURE = N_("NOT SURE")
_TEXTS: Mapping[str, str] = {
    "title": N_("A mapping from a raw log ({form}) to the tables `accesses` and `queries`. Read it, correct it."),
    "tables": N_("Tables that hold waybills: left, the condition; right, the column of the database."),
    "none": N_("NOT FOUND, and needed: the table that holds waybills, and its column of waybill numbers"),
    "seen": N_("Other columns that stand in conditions"),
    "paths": N_("Paths that name a waybill; then searches, with the parameter of each condition."),
    "nopath": N_("NOT FOUND, and needed: a path with {waybill}"),
    "parameters": N_("Parameters seen"),
    "comment": N_("the account stands there; else it is the database's user"),
    "unwrap": N_("each line of the log stands in this field"),
    "naive": N_("Times of the log, or in its statements, carry no offset. Say which offset they mean."),
    "nofield": N_("NOT FOUND, and needed: the field that says it"),
    "zone": N_("Times end in the name of a zone. Say which offset it is."),
    "parameter": N_("the server knew no account: this parameter says whose request it was"),
    "address": N_("the log names no account: the address stands in for it"),
    "statuses": N_("Answers seen (2xx and 304 count as shown, unless `statuses` says otherwise)"),
    "resources": N_("Types of resources whose uid is a waybill number"),
    "noresource": N_("Types seen"),
    "first": N_("the account stands in one of them; requests that name none: {n}"),
    "offset": N_("The lines say so; times in parameters mean the same."),
    "lists": N_(
        "Lists and searches of waybills, by what they are called: what was shown isn't logged, so only the "
        "question is kept. Take out those that show none."
    ),
    "bare": N_("asked without a condition, too, which would count as a look at everything: take it in with care"),
    "rest": N_("Not taken: other paths, and how many requests of the sample"),
}
_DOUBTS: Mapping[str, str] = {
    "none": N_("where the waybills are: nothing of the log names one"),
    "zone": N_("which offset the name of a zone means"),
    "naive": N_("the times carry no offset, and nothing says which it is"),
    "shared": N_("`actor`: {values:,} values of `{field}` under {logins:,} {logins:login|logins} are taken for it"),
    "content": N_("`waybill`: only what it holds speaks for the parameter {parameter}"),
    "missing": N_("`{column}`: nothing was found for it"),
    "address": N_("`actor`: addresses stand in for accounts"),
    "nobody": N_("`actor`: {rows:,} requests of the sample name no account"),
    "ip": N_("`ip`: `{field}` ({values:,} addresses) goes before `remote_addr` ({few:,}); can callers write it?"),
    "wider": N_("{path}: nothing is drafted for {parameters}: such a search counts as wider than it was"),
    "issued": N_("{path}: what {parameters} bound is taken for the time of issue, without an offset in `offset`"),
    "tails": N_("{path}: {parameter} holds ends of numbers ({rows:,} of {all:,}); who asks so is not seen"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mapping file that a person reads and corrects.

    Attributes:
        text: The file, TOML.
        table: That it fills; of a raw log `accesses`, though it fills `queries`, too.
        doubts: What it isn't sure of, in the reader's language; empty: it loads, and nothing speaks against it.
    """

    text: str = field(repr=False)
    table: str = "accesses"
    doubts: tuple[str, ...] = ()


class _Said:
    """The lines of a mapping file as they come, and the doubts."""

    def __init__(self, translate: Translate) -> None:
        self.say = {code: translate(english) for code, english in _TEXTS.items()}
        self.doubts: dict[str, str] = {}
        self._translate = translate

    def doubt(self, code: str, **values: object) -> None:
        self.doubts[f"{code}{values.get('path', '')}"] = Message(_DOUBTS[code], values).fill(self._translate)


def propose_log(path: Path, translate: Translate) -> Draft | None:
    """The mapping file, if a file is a raw log of a known form; else None. It may need a line before it loads.

    StoreError: it is written in no way that is read.
    """
    found = recognise(path)
    if found.format is None:
        raise found.refusal(path)
    if found.format not in LOGS:
        return None
    said = _Said(translate)
    file = open_source(path, table="accesses").files[0]
    text = read_lines(replace(file, wrapped=found.unwrap or file.wrapped)).data.decode("utf-8", "replace")
    lines = _LOOKS[found.format](text, said)
    doubts = tuple(said.doubts.values())
    top = [f"# {said.say['title'].format(form=found.format)}", *(f"# {translate(UNSURE)}: {doubt}" for doubt in doubts)]
    top += ["wayseal = 1", f'format = "{found.format}"']
    if found.unwrap:
        top.append(f"unwrap = {json.dumps(found.unwrap, ensure_ascii=False)}  # {said.say['unwrap']}")
    return Draft(text="\n".join([*top, *lines]) + "\n", doubts=doubts)


def _pgaudit(text: str, said: _Said) -> list[str]:
    records = RecordSplitter(",").feed(text.encode(), valid=False, last=True)
    fields = [f for r in record_texts(records.data) if len(f := split_record(r, ",")) in range(23, 27)]
    audits = [(f, split_record(f[13].removeprefix("AUDIT: "), ",")) for f in fields if f[13].startswith("AUDIT: ")]
    reads = [(f, a[7]) for f, a in audits if len(a) > 7 and a[3] == "READ"]
    statements, logins = [statement for _, statement in reads], len({f[1] for f, _ in reads})
    zones = {z for f in fields if (z := f[0].rpartition(" ")[2]).isalpha()} - {"UTC", "GMT"}
    out = [f"# {said.say['zone']}", 'offset = "+08:00"'] if zones else []
    if zones:
        said.doubt("zone")
    account = _account_of(statements, logins, "user_name", said, application_name=[f[22] for f, _ in reads])
    return [*out, *account, *_tables(statements, said)]


def _account_of(statements: Iterable[str], logins: int, otherwise: str, said: _Said, **more: list[str]) -> list[str]:
    """The account: in a comment that names it, or a field of many values under few logins; else in `otherwise`.

    Names with fewer digits, or beside others, are those of programs and of their servers.
    """
    values, plain = {name: [*filter(None, held)] for name, held in more.items()}, tuple(more)
    for key, value in (pair for statement in statements for pair in pairs_of(statement).items()):
        values.setdefault(f"comment.{key}", []).append(value)
    ids = {name: [v for v in held if _ACCOUNT.fullmatch(v)] for name, held in values.items()}
    usual = {n: one for n, one in ids.items() if len(one) >= _USUAL * len(values[n])}
    shared = [n for n, one in usual.items() if max(MANY, 3 * logins) <= len(set(one)) <= len(one) / 2]
    known = words_of("actor") | words_of("accounts", "raw")
    named = [n for n in values if squeezed(n.partition(".")[2]) in known]
    comments = sorted([n for n in named or shared if n not in plain], key=lambda n: -len(values[n]))
    found = [*comments[:1], *(n for n in shared if n in plain)]
    for name in found:
        if name not in named:
            said.doubt("shared", logins=logins, values=len(set(ids[name])), field=name)
    listed = json.dumps([*found, otherwise])
    return ["", "[columns]", f"actor = {{ first_of = {listed} }}  # {said.say['comment']}"] if found else []


def _mysql(text: str, said: _Said) -> list[str]:
    entries = general_log_entries(text.encode())
    statements = [argument for command, argument in entries if command in {"Query", "Execute"}]
    logins = {argument.partition("@")[0] for command, argument in entries if command == "Connect"}
    zones = []
    if not re.search(r"^\d{4}-\d\d-\d\dT", text, re.MULTILINE) or any(map(_LITERAL.search, statements)):
        said.doubt("naive")
        zones = [f"# {said.say['naive']}", 'offset = "+08:00"']
    return [*zones, *_account_of(statements, len(logins), "user", said), *_tables(statements, said, "mysql")]


def _requests(text: str, said: _Said) -> list[str]:
    rows = [r for t in spread(text.split("\n"), _LINES) if isinstance(r := read_line(t), dict)]
    names = list(dict.fromkeys(n for row in rows for n in names_of(row)))
    values = {
        n: [v for r in rows if not isinstance(v := find(r, n), dict | list) and v not in {None, "", "-"}] for n in names
    }
    last = {n: squeezed(n.rpartition(".")[2]) for n in names if PLAIN.fullmatch(n)}
    filled = [n for n in last if values[n]]
    times = [n for n in filled if last[n] in words_of("at") | {"timeiso8601", "timelocal", "msec"}][:1]
    known = words_of("actor").union(*(words_of(name, "raw") for name in ("accounts", "remote", "signed")))
    # What is empty here may be filled on another day; it stands last.
    actors = sorted((n for n in last if last[n] in known), key=lambda n: -len(values[n]))
    actors = actors if actors and values[actors[0]] else []
    ids = [n for n in filled if last[n] in words_of("request") and len(set(values[n])) >= _WHOLE * len(rows)][:1]
    addresses = _caller(last, {n: [*map(str, values[n])] for n in filled}, said)
    out, usual = ["", "[columns]"], {"at": "time_iso8601", "actor": "remote_user"}
    for column, found in {"at": times, "actor": actors, "request": ids, "ip": addresses}.items():
        source = f"{{ first_of = {json.dumps(found)} }}" if found[1:] else json.dumps("".join(found))
        if column == "at" and found and last[found[0]] not in {"timelocal", "msec"}:
            written = time_format([str(v) for v in values[found[0]][:_LINES]]) or Written()
            if written.naive:
                said.doubt("naive")
            if written.formats != ("iso",):
                source = f"{{ column = {source}, formats = {json.dumps(written.formats)} }}"
        if found:
            out.append(f"{column} = {source}")
        elif column in usual and not values.get(usual[column]):
            said.doubt("missing", column=column)
            out.append(f'# {column} = "…"  # {said.say["nofield"]}')
    asked = [t for r in rows if (t := asked_for(r))]
    paths = _paths([target for _, target, _ in asked], said)[0]
    return [*out, *paths, *_statuses((status for *_, status in asked), said.say)]


def _caller(last: Mapping[str, str], values: Mapping[str, Sequence[str]], said: _Said) -> list[str]:
    """The field of addresses that tells callers apart, where the usual one is missing or holds those of proxies."""
    many = {n: len(set(held)) for n, held in values.items() if like_ip([v.partition(",")[0] for v in held]) > _USUAL}
    few, known = many.get("remote_addr", 0), words_of("ip")
    found = max(many, key=lambda name: (not few and last[name] in known, many[name]), default="")
    if not found or many[found] < MANY * few:
        return []
    if few or last[found] not in known:
        said.doubt("ip", few=few, field=found, values=many[found])
    return [found]


def _tables(statements: Iterable[str], said: _Said, dialect: str = "postgres") -> Iterator[str]:
    """The tables in which a column has the name of a waybill number."""
    say, seen, found = said.say, named_columns(statements, dialect), 0
    yield from ("", f"# {say['tables']}")
    for table, columns in sorted(seen.items()):
        numbers = [c for c in columns if squeezed(c) in words_of("waybill")]
        if not numbers or not PLAIN.fullmatch(table.replace(".", "_")) or not PLAIN.fullmatch(numbers[0]):
            continue
        found += 1
        yield f'[tables."{table}"]' if "." in table else f"[tables.{table}]"
        yield f'waybill = "{numbers[0]}"'
        others = [c for c in columns if c not in numbers and PLAIN.fullmatch(c)]
        known = conditions(others, CONDITIONS)
        for key, column in known.items():
            yield f'{key} = "{column}"'
        rest = [c for c in others if c not in known.values()]
        if rest:
            yield f"# {say['seen']}: {', '.join(rest[:_MOST])}"
    if not found:
        said.doubt("none")
        yield from (f"# {say['none']}", "# [tables.NAME]", '# waybill = "…"')


def _combined(text: str, said: _Said) -> list[str]:
    lines = spread([line for line in text.split("\n") if line.strip()], _LINES)
    requests = [r for line in lines if (r := request_of(line)) is not None]
    zones = {match[1] for line in lines if (match := _ZONE.search(line))}
    offset = [f"# {said.say['offset']}", f'offset = "{offset_of(zones.pop())}"'] if len(zones) == 1 else []
    account = _account(requests)
    paths, taken = _paths([r.target for r in requests], said, ignored=account)
    rows = [request for request, one in zip(requests, taken, strict=True) if one]
    actor = _actor(rows or requests, account, said)
    return [*offset, *actor, *paths, *_statuses((r.status for r in requests), said.say)]


def _account(requests: Sequence[Request]) -> str:
    """The parameter that says whose request it was where the server knew no account; "" if none does."""
    named = Counter(n for r in requests if not r.user for n, v in parted(r.target)[1] or () if v and PLAIN.fullmatch(n))
    known = words_of("accounts", "raw") | words_of("actor")
    return max((n for n in named if squeezed(n) in known), key=named.__getitem__, default="")


def _actor(requests: Sequence[Request], account: str, said: _Said) -> list[str]:
    """Where the account stands, if the server didn't know all: in a parameter, too; else the address stands in."""
    nobody = [dict(parted(r.target)[1] or ()) for r in requests if not r.user]
    left = sum(not query.get(account) for query in nobody)
    if left and (account or len(nobody) < len(requests)):
        said.doubt("nobody", rows=left)
    if not nobody or (len(nobody) < len(requests) and not account):
        return []
    found = f'"query.{account}"  # {said.say["parameter"]}'
    if len(nobody) < len(requests):
        found = f'{{ first_of = ["user", "query.{account}"] }}  # {said.say["first"].format(n=left)}'
    elif not account:
        said.doubt("address")
        found = f'"client_ip"  # {said.say["address"]}'
    return ["", "[columns]", f"actor = {found}"]


def _statuses(answers: Iterable[str], say: Mapping[str, str]) -> Iterator[str]:
    """Collect the answers that there were, for `statuses`."""
    if counts := Counter(filter(None, answers)):
        yield f"# {say['statuses']}: {', '.join(f'{status} ({n})' for status, n in sorted(counts.items()))}"


def _paths(targets: Sequence[str], said: _Said, ignored: str = "") -> tuple[list[str], list[bool]]:
    """Paths and the parameters of searches; which of the targets are taken.

    ignored: the parameter that names the account, which selects nothing.
    """
    each = seen_paths(targets)
    seen = sorted({id(one): one for one in each}.values(), key=lambda one: -one.requests)
    reads = [one for one in seen if one.path.count("{waybill}") == 1][:_MOST]
    asking = [one for one in seen if one not in reads and one.numbered and "{waybill}" not in one.path][:_MOST]
    lists = [one for one in seen if one not in reads and one not in asking and one.is_list][:_MOST]
    rest = [one for one in seen if one not in reads and one not in asking and one not in lists]
    skipped = [ignored] if ignored else []
    out = ["", f"# {said.say['paths']}"]
    for one in reads:
        out += _rule(one, {}, skipped)
    for one in asking:
        if not reads and squeezed(one.numbered) not in words_of("waybill"):
            said.doubt("content", parameter=one.numbered)
        out += _rule(one, {"waybill": one.numbered}, skipped)
    if not reads and not asking:
        said.doubt("none")
        out.append(f"# {said.say['nopath']}")
    out += [f"# {said.say['lists']}"] if lists else []
    for one in lists:
        out += _list(one, skipped, said)
    for one in seen:
        for name, rows, values in one.tails:
            said.doubt("tails", path=one.path, rows=rows, all=values, parameter=name)
    names = Counter(name for one in seen for name, held in one.names.items() for _ in held)
    if names:
        out.append(f"# {said.say['parameters']}: {', '.join(n for n, _ in names.most_common(_MOST))}")
    if rest:
        out.append(f"# {said.say['rest']}:")
        out += [f"#   {one.path} ({one.requests:,})" for one in rest[:_NOT_TAKEN]]
        out += [f"#   … ({sum(one.requests for one in rest[_NOT_TAKEN:]):,})"] if len(rest) > _NOT_TAKEN else []
    left = {id(one) for one in rest}
    return out, [id(one) not in left for one in each]


def _list(one: SeenPath, skipped: Sequence[str], said: _Said) -> Iterator[str]:
    """The rule of a list or a search, as a comment where a request would count as a look at everything."""
    left = {name: len(held) for name, held in one.names.items() if name not in {*one.asked.values(), *skipped}}
    pages = [name for name in left if squeezed(name) in words_of("pages", "raw")]
    ignored = [name for name in skipped if name in one.names] + (pages if one.asked else [])
    mark = "" if set(one.names) - set(ignored) and one.bare <= _BARE * one.requests else "# "
    if mark:
        yield f"# {said.say['bare']}:"
    bounds = [name for key, name in one.asked.items() if key.startswith("issued_")]
    wider = [f"{name} ({many:,})" for name, many in left.items() if many >= MANY and name not in pages]
    for code, told in (("issued", bounds), ("wider", wider)):
        if told and not mark:
            said.doubt(code, path=one.path, parameters=", ".join(told))
    for line in _rule(one, one.asked, ignored, "search"):
        yield mark + line


def _rule(one: SeenPath, asked: Mapping[str, str], ignored: Sequence[str], action: str = "") -> Iterator[str]:
    """action: unless the path's last piece says another."""
    parts = {"*": "[^/]+", "{waybill}": "(?P<waybill>[^/]+)"}
    regex = "/".join(parts.get(piece) or re.escape(piece) for piece in one.path.split("/"))
    yield from ("[[paths]]", f"regex = '{regex}'" if "*" in one.path else f'path = "{one.path}"')
    if asked:
        yield f"query = {{ {', '.join(f'{key} = {json.dumps(name)}' for key, name in asked.items())} }}"
    if one.formats and action:
        yield f"format = {json.dumps(one.formats)}"
    if ignored:
        yield f"ignore = {json.dumps(ignored)}"
    last = next((piece for piece in reversed(one.path.split("/")) if piece not in {"", "*", "{waybill}"}), "")
    if action := word_of(last, synonyms("action", "accesses")) or action:
        yield f'action = "{action}"'


def _ocsf(text: str, said: _Said) -> list[str]:
    rows: list[dict[str, Any]] = [r for t in spread(text.split("\n"), _LINES) if isinstance(r := read_line(t), dict)]
    events = [r for r in rows if r.get("class_uid") in READING]
    found = [v for r in events for k in ("web_resources", "resources") if isinstance(v := r.get(k), list)]
    items = [i for each in found for i in each if isinstance(i, dict)]
    kinds = Counter(t for i in items if isinstance(t := i.get("type"), str) and PLAIN.fullmatch(t))
    numbered = [t for t in kinds if any(i.get("type") == t and number_shaped(str(i.get("uid") or "")) for i in items)]
    say, out = said.say, list[str]()
    if numbered:
        out = [f"resources = {json.dumps(numbered)}  # {say['resources']}"]
    elif kinds:
        out = [f"# {say['noresource']}: {', '.join(list(kinds)[:_MOST])}"]
    statements = [s for r in events if isinstance(s := find(r, "query_info.query_string"), str)]
    targets = [t for r in events if (t := target_of(r))]
    paths = _paths(targets, said)[0] if targets else []
    tables = list(_tables(statements, said)) if statements else []
    if numbered or any(line.startswith(("[[paths]]", "[tables.")) for line in (*paths, *tables)):
        said.doubts.pop("none", None)
    return [*out, *paths, *tables]


_LOOKS: Mapping[Format, Callable[[str, _Said], list[str]]] = {
    Format.PGAUDIT: _pgaudit, Format.COMBINED: _combined, Format.OCSF: _ocsf, Format.MYSQL: _mysql,
    Format.REQUESTS: _requests,
}  # fmt: skip
