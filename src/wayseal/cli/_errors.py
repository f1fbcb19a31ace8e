"""Errors in the reader's language, and what is said of wrong usage.

1. Errors are worded by the catalogues. What Typer says of wrong usage it says in English alone, so in other languages
   it is told by its type and by what it knows of the parameter, never by its words.
2. Wrong usage that Wayseal finds itself is a `WrongUsageError`, whose text is in the catalogues.
"""

from datetime import date
from pathlib import Path
from typing import Any, get_args

import typer

from wayseal.model.messages import Message


class WrongUsageError(typer.BadParameter):
    """An option or argument that can't be as it was given.

    Attributes:
        reason: What is wrong with it.

    """

    def __init__(self, text: str, *, param_hint: str | None = None, **values: object) -> None:
        """Takes what is wrong.

        Args:
            text: English, with named blanks.
            param_hint: The option or argument, where Typer doesn't know it.
            **values: What fills the blanks.

        """
        self.reason = Message(text, values)
        super().__init__(str(self.reason), param_hint=param_hint)


def parse_day(text: str) -> str:
    """A day that `--before` was given, as ISO 8601 has it; WrongUsageError where it is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise WrongUsageError("this is no day such as 2026-01-01", param_hint="--before") from None


USAGE_ERROR: Any = typer.BadParameter.__mro__[1]
"""What Typer raises of wrong usage; it has no public name."""


class NoSuchCommandError(USAGE_ERROR):  # type: ignore[misc]
    """A word that is no command.

    Attributes:
        word: The word.

    """

    def __init__(self, message: str, word: str, ctx: Any) -> None:
        """Takes what Typer says in English, and the word."""
        super().__init__(message, ctx)
        self.word = word


def usage_message(error: Any) -> Message:
    """Explain what is wrong with a command's call (rule 1)."""
    if isinstance(error, NoSuchCommandError):
        return Message("there is no command {name}", {"name": error.word})
    kind = type(error).__name__
    if kind == "NoSuchOption":
        name, near = error.option_name, sorted(error.possibilities or ())
        if near:
            return Message("there is no option {name}; there are {near}", {"name": name, "near": near})
        return Message("there is no option {name}", {"name": name})
    if kind == "BadOptionUsage":
        return Message("option {name} lacks its value, or takes none", {"name": error.option_name})
    if kind == "MissingParameter":
        return Message("{name} is missing", {"name": _name(error)})
    if isinstance(error, typer.BadParameter):
        reason = error.reason if isinstance(error, WrongUsageError) else _needed(error.param)
        name = _name(error)
        return Message("{name}: {reason}", {"name": name, "reason": reason}) if name else reason
    if hasattr(getattr(getattr(error, "ctx", None), "command", None), "commands"):
        return Message("a command is missing")
    return Message("there are more arguments than the command takes")


def _name(error: Any) -> str:
    """How a person writes the parameter that an error is about."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = (
            error.param.opts
            if error.param.param_type_name == "option"
            else [str(error.param.metavar or error.param.name).upper()]
        )
    return " / ".join([hint] if isinstance(hint, str) else hint or ())


def _needed(parameter: Any) -> Message:
    """Name what a parameter takes."""
    takes = getattr(parameter, "type_descriptor", None)
    if takes is None:
        return Message("has a wrong value")
    if takes.choices is not None:
        return Message("needs one of {known}", {"known": [str(getattr(c, "value", c)) for c in takes.choices]})
    info = takes.parameter_info
    if takes.is_path or Path in get_args(takes.annotation):
        if not info.dir_okay:
            return Message("needs a file that is there and can be used")
        if not info.file_okay:
            return Message("needs a folder that is there and can be used")
        return Message("needs a file or folder that is there and can be used")
    least, most = info.min, info.max
    if least is not None and most is not None:
        return Message("needs a number from {least} to {most}", {"least": least, "most": most})
    if least is not None:
        return Message("needs a number of {least} or more", {"least": least})
    if most is not None:
        return Message("needs a number of up to {most}", {"most": most})
    return Message("needs a whole number") if takes.annotation in (int, int | None) else Message("has a wrong value")
