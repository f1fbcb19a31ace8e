"""Work on what strangers sent, in a child process: what it does to memory and time, it does to the child.

1. A process has one child, started when it is first needed, and anew in the place of one that ended. It has `MEMORY`
   of address space and, for each piece of work, `SECONDS` of processor time; with more it ends, and the work with it.
2. What goes there is ours, and is pickled. What comes back is JSON, read by the type that the function says it gives:
   a child that was taken over gives wrong values, and nothing else: with a longer answer than `_MOST`, or without one
   in time, it is ended.
3. A child has no file of its parent's open, and says nothing on standard error: it could be personal.
"""

import atexit
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import IO, Any, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter

P = ParamSpec("P")
T = TypeVar("T")
MEMORY, SECONDS = 1 << 30, 10
_WAIT = 12
"""So many times its processor's the clock's seconds may be: machines are busy."""
_HEAD, _MOST = 8, 256 << 20
_CODE = "from wayseal.market.apart import serve; serve()"
_children: dict[int, subprocess.Popen[bytes]] = {}
"""By the process whose child it is: one that was forked has none yet."""
_locks: dict[int, threading.Lock] = {}
"""By the process: what another thread held when it was forked is held by nobody there."""


class ApartError(Exception):
    """The work failed, or took more than it may."""


def apart(function: Callable[P, T], *values: P.args, **named: P.kwargs) -> T:
    """Calls a function in the child (rules 1 to 3).

    Args:
        function: One of a module, with the type of what it gives; knows nothing but its arguments.
        *values: Its arguments.
        **named: The same, by name.

    Returns:
        What it gives.

    Raises:
        ApartError: It raised something, or took more than it may.
    """
    with _locks.setdefault(os.getpid(), threading.Lock()):
        child = _child()
        late = threading.Timer(_WAIT * SECONDS + 1, child.kill)
        late.start()
        try:
            _send(child.stdin, pickle.dumps((MEMORY, SECONDS, function, values, named)))
            return _adapter(function).validate_json(_receive(child.stdout))  # type: ignore[no-any-return]
        except (EOFError, BrokenPipeError, ValueError):
            _end()
            raise ApartError from None
        except BaseException:  # an answer that nobody waited for would be taken for the next one
            _end()
            raise
        finally:
            late.cancel()


def _child() -> subprocess.Popen[bytes]:
    child = _children.get(os.getpid())
    if child is None or child.poll() is not None:
        _end()
        path = os.pathsep.join(part for part in sys.path if part)
        child = _children[os.getpid()] = subprocess.Popen(  # noqa: S603 (our own command)
            [sys.executable, "-P", "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    return child


@atexit.register
def _end() -> None:
    child = _children.pop(os.getpid(), None)
    if child is not None:
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]
        child.wait()


def serve() -> None:
    """The child: works until nobody asks any more (rule 1)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(EOFError):
        while True:
            memory, seconds, function, values, named = pickle.loads(_receive(sys.stdin.buffer))  # noqa: S301 (ours)
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.alarm(_WAIT * seconds)
            _send(answers, _adapter(function).dump_json(function(*values, **named)))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)


@cache
def _adapter(function: Callable[..., Any]) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(function)["return"])


def _send(pipe: IO[bytes] | None, content: bytes) -> None:
    if pipe is not None:
        pipe.write(len(content).to_bytes(_HEAD, "big") + content)
        pipe.flush()


def _receive(pipe: IO[bytes] | None) -> bytes:
    """Receive a message. EOFError: it ended before, or is longer than any."""
    head = b"" if pipe is None else pipe.read(_HEAD)
    size = int.from_bytes(head, "big")
    content = b"" if pipe is None or size > _MOST else pipe.read(size)
    if len(head) < _HEAD or len(content) < size:
        raise EOFError
    return content
