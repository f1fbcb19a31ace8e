"""What commands about clients share."""

from typing import Annotated

import typer

ClientArgument = Annotated[str, typer.Argument(help="Id of the client.", metavar="CLIENT")]
