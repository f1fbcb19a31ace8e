"""The `wayseal` command: which command there is, and what an error looks like.

Exit codes (public interface): 0 done; 2 wrong usage; 3 bad input; 4 the ledger is busy; 5 the disk or
a file can't be read or written; 6 the ledger or the casebook is damaged or of another version; 7 it, or a proof, is
not what was signed or written; 8 the checkpoint is of another ledger; 9 none of the given keys signed it; 10 the
report isn't verified; 11 the doctor found something; 12 a purge would remove what is too young; 13 a rule of
the vault refused; 130 interrupted.
"""

import errno
import io
import os
import sys
from typing import Annotated, Any

import typer

from wayseal import __version__
from wayseal.cli import (
    _canary,
    _case,
    _demo,
    _detect,
    _explain,
    _extent,
    _ingest,
    _ledger,
    _map,
    _partners,
    _policy,
    _rights,
    _scope,
    _serve,
    _show,
    _simulate,
    _trace,
    _vault,
)
from wayseal.cli._options import Lang
from wayseal.cli._say_error import language, said
from wayseal.model import WaysealError

INTERRUPTED = 130
_WRONG_USAGE: Any = typer.BadParameter.__mro__[2]
"""The root of what Typer says of wrong usage; it has no public name."""
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM)

app = typer.Typer(
    name="wayseal",
    help="Name the source of leaked waybill numbers. 查出泄露运单号的来源。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="ingest")(_ingest.ingest)
app.command(name="map")(_map.propose)
app.command(name="show")(_show.show)
app.command(name="trace")(_trace.trace)
app.command(name="scope")(_scope.scope)
app.command(name="extent")(_extent.extent)
app.command(name="detect")(_detect.run)
app.command(name="explain")(_explain.explain)
app.command(name="rights")(_rights.rights)
app.command(name="simulate")(_simulate.simulate)
app.command(name="demo")(_demo.demo)
app.command(name="verdict")(_case.verdict)
app.command(name="serve")(_serve.serve)
app.add_typer(_ledger.app, name="ledger")
app.add_typer(_canary.app, name="canary")
app.add_typer(_case.app, name="case")
app.add_typer(_partners.app, name="partners")
app.add_typer(_policy.app, name="policy")
app.add_typer(_vault.app, name="vault")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"wayseal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Name the source of leaked waybill numbers (查出泄露运单号的来源)."""


def main() -> None:
    """Run the command line; what a person can act on is one line on standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a screen that lacks a character still shows the rest
    lang = language(sys.argv[1:], os.environ)
    try:
        sys.exit(_run(lang))
    except WaysealError as error:
        print(f"wayseal: {said(str(error), lang)}", file=sys.stderr)
        sys.exit(5 if _of_the_disk(error.__cause__) else error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"wayseal: {where}{said(error.strerror or str(error), lang)}", file=sys.stderr)
        sys.exit(5)


def _run(lang: Lang) -> int:
    """The command; what it is, is the exit code. Wrong usage is said in the language."""
    try:
        code = app(standalone_mode=False) or 0
    except _WRONG_USAGE as error:
        text = error.format_message()
        if (words := said(text, lang)) == text:
            error.show()
        else:
            if context := getattr(error, "ctx", None):
                print(said(context.get_usage(), lang), file=sys.stderr)
            print(f"错误：{words}", file=sys.stderr)
        return int(error.exit_code)
    if code == INTERRUPTED:
        print(f"wayseal: {said('interrupted; nothing that was finished is lost', lang)}", file=sys.stderr)
    return int(code)


def _of_the_disk(cause: BaseException | None) -> bool:
    """Whether an error was raised because the disk is full, broken or closed to us."""
    return isinstance(cause, OSError) and cause.errno in DISK
