"""The `wayseal` command: which command there is, and what an error looks like.

Exit codes (public interface): 0 done; 2 wrong usage; 3 bad input; 4 the ledger is busy; 5 the disk or
a file can't be read or written; 6 the ledger or the casebook is damaged or of another version; 7 it, or a proof, is
not what was signed or written; 8 the checkpoint is of another ledger; 9 none of the given keys signed it; 10 the
report isn't verified; 11 the doctor found something; 12 a purge would remove what is too young; 13 a rule of
the vault refused; 16 a draft of a mapping is not sure; 17 none could be made; 130 interrupted; 141 whoever read the
output closed it (`| head -1`), as of a program that the
signal SIGPIPE ends.
"""

import contextlib
import errno
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from wayseal import __version__
from wayseal.cli._commands import GROUPS, ROOT
from wayseal.cli._errors import usage_message
from wayseal.cli._loading import Commands, LazyGroup
from wayseal.cli._options import Lang
from wayseal.cli._texts import language
from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import Message
from wayseal.model.period import hours_of
from wayseal.model.times import set_clock
from wayseal.page.languages import word

INTERRUPTED = 130
OUTPUT_CLOSED = 141
_STOPPED = Message("interrupted; nothing that was finished is lost")
_WRONG_USAGE: Any = typer.BadParameter.__mro__[2]
"""The root of what Typer says of wrong usage; it has no public name."""
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM)


class _Root(LazyGroup):
    """`wayseal` itself: the commands of the table, and any that a test adds."""

    def __init__(self, *, commands: Any = None, **settings: Any) -> None:
        TyperGroup.__init__(self, **settings)
        self.commands = Commands(())
        self.commands.update(commands or {})


app = typer.Typer(
    name="wayseal",
    cls=_Root,
    help=GROUPS[ROOT].help,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    """Take the options before every command."""


def main() -> None:
    """Run the command line; what a person can act on is one line on standard error."""
    _open_missing_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a screen that lacks a character still shows the rest
    lang = language(sys.argv[1:], os.environ)
    try:
        set_clock(hours_of(os.environ.get("WAYSEAL_UTC_OFFSET_HOURS", "8")))
        code = _run(lang)
        sys.stdout.flush()  # here it can be told that the screen is full; at exit it can't
        sys.exit(code)
    except WaysealError as error:
        print(f"wayseal: {word(error, lang)}", file=sys.stderr)
        sys.exit(5 if _of_the_disk(error.__cause__) else error.exit_code)
    except BrokenPipeError:
        _drop_output()
        sys.exit(OUTPUT_CLOSED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"wayseal: {where}{word(disk_says(error) if error.errno else str(error), lang)}", file=sys.stderr)
        _drop_output()
        sys.exit(5)


def _open_missing_streams() -> None:
    """Where a stream was closed before the start (`>&-`), what goes there goes nowhere, and no file takes its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (open to the end)


def _drop_output() -> None:
    """Have Python say nothing more at exit of output that can't be written."""
    with contextlib.suppress(OSError, ValueError):  # tests have streams without a file behind them
        screen = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen)


def _run(lang: Lang) -> int:
    """The command; what it is, is the exit code. Wrong usage is said in the language."""
    try:
        code = app(prog_name="wayseal", standalone_mode=False, default_map=_defaults((), lang)) or 0
    except SystemExit as stopped:
        if isinstance(stopped.__context__, BrokenPipeError):  # Typer makes it a failure like any other
            raise stopped.__context__ from None
        raise
    except _WRONG_USAGE as error:
        if lang == Lang.EN or type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            if context := getattr(error, "ctx", None):
                pieces = [context.command_path, *context.command.collect_usage_pieces(context)]
                print(word(Message("Usage: {usage}", {"usage": " ".join(pieces)}), lang), file=sys.stderr)
            print(word(Message("Error: {message}", {"message": usage_message(error)}), lang), file=sys.stderr)
        return int(error.exit_code)
    if code == INTERRUPTED:
        print(f"wayseal: {word(_STOPPED, lang)}", file=sys.stderr)
    return int(code)


def _defaults(words: tuple[str, ...], lang: Lang) -> dict[str, Any]:
    """Build the defaults of commands: the language in which the whole command line is answered."""
    group = GROUPS.get(" ".join(words))
    return {"lang": lang.value} if group is None else {n: _defaults((*words, n), lang) for n in group.modules}


def _of_the_disk(cause: BaseException | None) -> bool:
    """Check if an error was raised because the disk is full, broken or closed to us."""
    return isinstance(cause, OSError) and cause.errno in DISK
