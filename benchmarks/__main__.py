"""The runner: lists benchmarks, runs one, stores what came of it."""

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import fields

from benchmarks.registry import AREAS, Benchmark, Said, Table, UnsoundError, add_options, area_text, load, names
from benchmarks.results import as_json, measured, render_markdown, require_clean, store


def main(words: list[str] | None = None) -> int:
    """Run what the command line asks for and return the exit code."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="run NAME | figures")
    run = commands.add_parser("run", help="run one; NAME --help tells its options", add_help=False)
    run.add_argument("name", metavar="NAME", choices=names())
    figures = commands.add_parser("figures", help="print the tables of stored results")
    figures.add_argument("--lang", choices=("en", "zh"), default="en")
    given, rest = parser.parse_known_args(words)
    if given.command != "run":
        if rest:
            parser.error(f"unknown: {' '.join(rest)}")
        print("\n".join(_listed()) if given.command is None else render_markdown(given.lang), end="")
        return 0
    try:
        return _run(load(given.name), rest)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("benchmarks", "wayseal", "wayseal_sim"):
            raise
        needs = f"{given.name} needs {error.name}, which isn't installed: pip install -r requirements/bench.txt"
        print(needs, file=sys.stderr)
        return 2


def _listed() -> Iterator[str]:
    for area in AREAS:
        yield f"\n{area_text(area)}"
        for name in (name for name, its in names().items() if its == area):
            one = load(name)
            yield f"  {name:16} {_time(one.minutes):>8}  {one.summary}"
    yield "\npython -m benchmarks run NAME [--json] [--store] [options of its own: --help tells them]"
    yield "python -m benchmarks figures [--lang zh]: tables of stored results\n"


def _time(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.0f} h"


def _without_paths(words: list[str]) -> Iterator[str]:
    """The words as a result has them: its option's name stands for a path, which is this machine's own."""
    option = "PATH"
    for word in words:
        if word in ("--json", "--store"):
            continue
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            option = name.removeprefix("--").upper()
            yield f"{name}={option}" if equals and "/" in value else word
        else:
            yield option if "/" in word else word


def _run(one: Benchmark, words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks run {one.name}",
        description=one.text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, one.options)
    parser.add_argument("--json", action="store_true", help="print figures and tables as JSON, instead of Markdown")
    parser.add_argument("--store", action="store_true", help=f"write benchmarks/results/{one.name}.json")
    given = parser.parse_args(words)
    if given.store:
        require_clean()
    options = one.options(**{each.name: getattr(given, each.name) for each in fields(one.options)})
    said: list[Said] = []
    failed = ""
    try:
        for part in one.measure(options):
            said.append(part)
            if not given.json:
                print(part if isinstance(part, str) else "\n".join(part.lines()), end="\n\n", flush=True)
    except UnsoundError as error:
        failed = str(error)
        print(failed, file=sys.stderr)
    tables = [part for part in said if isinstance(part, Table)]
    result = measured(one, tables, shlex.join(["python", "-m", "benchmarks", "run", one.name, *_without_paths(words)]))
    if given.json:
        more = {
            "tables": [{"title": part.title, "head": part.head, "rows": part.rows} for part in tables],
            "remarks": [part for part in said if isinstance(part, str)],
        }
        print(json.dumps(as_json(result) | more, ensure_ascii=False, indent=1))
    if given.store and not failed:
        print(f"stored in {store(result)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
