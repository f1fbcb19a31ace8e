"""A service's secret, in a file of its own.

1. The file is its owner's alone.
2. It is made where whoever starts says that nothing is there yet which needs it; one that was lost is never replaced.
"""

import secrets
from pathlib import Path

from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_
from wayseal.store.durable import sync_folder, write_file


def read_secret(path: Path, head: str, *, make: bool, error: type[WaysealError], size: int = 32) -> bytes:
    """The secret of a file, of `size` bytes.

    head: what its line begins with, kind and version; make: a file that isn't there is made; error: raised where it
    can't be used.
    """
    try:
        if make and not path.exists():
            write_file(path, f"{head}{secrets.token_hex(size)}\n".encode(), new=True)
            sync_folder(path.parent)
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
    except FileNotFoundError:
        raise error(
            N_("the key file is missing, and what is there needs it: bring it back from its backup"), file=path
        ) from None
    except (OSError, UnicodeDecodeError) as wrong:
        said = disk_says(wrong) if isinstance(wrong, OSError) else "-"
        raise error(N_("the key file can't be read ({reason})"), file=path, reason=said) from None
    if mode & 0o077:
        raise error(N_("the key file is open to others: chmod 600"), file=path)
    secret = text.removeprefix(head)
    try:
        if text.startswith(head) and len(secret) == 2 * size:
            return bytes.fromhex(secret)
    except ValueError:
        pass
    raise error(N_("this is no key file that begins with {head}"), file=path, head=head)
