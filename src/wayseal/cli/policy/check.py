"""`wayseal policy check`: whether files of purposes and rules can be used."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli._words.policy import POLICY_TEXTS
from wayseal.cli.policy._inputs import load_policy


def check(
    files: Annotated[
        list[Path], typer.Argument(help="A file of purposes (`.toml`), one of rules (`.cedar`), or one of each.")
    ],
    lang: LangOption = Lang.EN,
) -> None:
    """Check files of purposes and rules, held against each other or against the built-in ones; uses nothing.

    What can't be used ends with exit code 3, and file, line, and key or rule are named.

    \b
    wayseal policy check purposes.toml
    wayseal policy check purposes.toml rules.cedar --lang zh
    """
    found: dict[str, Path] = {}
    for path in files:
        if path.suffix not in (".toml", ".cedar") or path.suffix in found:
            raise WrongUsageError("give one file of purposes (.toml), one of rules (.cedar), or one of each")
        found[path.suffix] = path
    policy = load_policy(found.get(".toml"), found.get(".cedar"))
    text = POLICY_TEXTS[lang]["checked"]
    typer.echo(text.format(purposes=len(policy.purposes), rules=len(policy.rules), sha256=policy.sha256))
