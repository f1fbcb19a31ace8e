"""What the tests cost: CPU minutes by folder and the dearest modules, printed at the end of each run, so that growth is
seen.

The time of a process and of those that it has waited for counts, fixtures included. What no test is charged with
(starting Python, collecting) stands in a row of its own.
"""

import os
import resource
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

MINUTES = 9
"""What `make test` may cost, in CPU minutes."""
DEAREST = 12
_PROPERTY = "wayseal.cpu"


def cpu_seconds() -> float:
    """CPU time of this process and of its finished children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used) + _forked()


def _forked() -> float:
    """CPU time of the process that forks others for tests, and of those of them that ended: it lives on."""
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)
    try:
        used = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:15]
    except OSError:
        return 0.0
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


class Budget:
    """A plugin of pytest: charges each phase of each test to the test's folder."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._last = 0.0
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._modules: defaultdict[str, float] = defaultdict(float)
        self._workers = 0.0

    def pytest_runtest_logstart(self) -> None:
        """A test begins."""
        self._last = cpu_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        """A phase of a test (set-up, call, teardown) ended: its cost goes with its report."""
        now = cpu_seconds()
        report = yield
        report.user_properties.append((_PROPERTY, now - self._last))  # type: ignore[attr-defined]
        self._last = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase's report arrived (from a worker, too)."""
        if hasattr(self._config, "workerinput"):
            return
        parts = report.nodeid.split("::")[0].split("/")
        folder = "/".join(parts[:2]) if len(parts) > 2 else parts[0]
        # The properties of earlier phases are repeated in later reports of the same test.
        costs = [float(str(value)) for name, value in report.user_properties if name == _PROPERTY]
        self._spent[folder] += costs[-1] if costs else 0.0
        self._modules[report.nodeid.split("::")[0]] += costs[-1] if costs else 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """A worker tells what it used in all."""
        if hasattr(self._config, "workerinput"):
            self._config.workeroutput["cpu"] = cpu_seconds()  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker ended."""
        self._workers += getattr(node, "workeroutput", {}).get("cpu", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the table."""
        charged = sum(self._spent.values())
        used = resource.getrusage(resource.RUSAGE_SELF)
        own = used.ru_utime + used.ru_stime
        total = self._workers + own if self._workers else cpu_seconds()
        if not charged:
            return
        terminalreporter.section("CPU minutes")
        for folder, seconds in sorted(self._spent.items(), key=lambda row: -row[1]):
            terminalreporter.write_line(f"{seconds / 60:7.2f}  {folder}")
        terminalreporter.write_line(f"{max(total - charged, 0) / 60:7.2f}  starting and collecting")
        terminalreporter.write_line(f"{total / 60:7.2f}  together; the budget of `make test` is {MINUTES}")
        dearest = sorted(self._modules.items(), key=lambda row: -row[1])[:DEAREST]
        told = ", ".join(f"{module.removeprefix('tests/')} {seconds:.0f}" for module, seconds in dearest)
        terminalreporter.write_line(f"the dearest modules, in seconds: {told}")
