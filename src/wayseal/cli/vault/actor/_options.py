"""What commands about actors share."""

from typing import Annotated

import typer

WhoArgument = Annotated[str, typer.Argument(help="Id of the actor.", metavar="ACTOR")]
