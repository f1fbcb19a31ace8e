"""The load of `console_load`: people of locust's, on the core that they were given; its figures go out as JSON.

It runs as a process of its own, since gevent changes how sockets and threads work.
"""

import json
import resource
import sys
import time
from typing import Any

import gevent
from locust import FastHttpUser, between, task
from locust.env import Environment


def swarm(address: str, tokens: list[str], cases: int, seconds: float, looks: list[str]) -> dict[str, Any]:
    """People look at cases, and each look is written as a note; now and then one looks at a list.

    Args:
        address: Of the console.
        tokens: Of people's sessions, one each.
        cases: How many cases there are.
        seconds: How long.
        looks: Paths of lists.

    Returns:
        Figures by kind of request: how many, how many failed, milliseconds at the median, p95 and p99.
    """
    waiting = list(tokens)

    class Analyst(FastHttpUser):  # type: ignore[misc]
        host = address
        wait_time = between(3, 7)
        connection_timeout = network_timeout = 30.0

        def on_start(self) -> None:
            token = waiting.pop()
            self._own = {"cookie": f"wayseal={token}", "sec-fetch-site": "same-origin"}
            self._at = int(token[:8], 16) % cases

        @task(4)
        def look(self) -> None:
            """At the next case; that it was seen is written."""
            self._at = (self._at + 37) % cases
            path = f"/cases/c-{self._at + 1}"
            self.client.get(path, headers=self._own, name="a case")
            form = {"note": f"seen {time.time_ns()}"}
            # A note leads back to its case, which was measured above.
            self.client.post(
                path + "/notes", data=form, headers=self._own, name="a look, written", allow_redirects=False
            )

        @task(1)
        def find(self) -> None:
            """A list."""
            self._at += 1
            path = looks[self._at % len(looks)]
            self.client.get(path, headers=self._own, name=f"list {path}")

    environment = Environment(user_classes=[Analyst])
    runner = environment.create_local_runner()
    runner.start(len(tokens), spawn_rate=20)
    gevent.sleep(len(tokens) / 20 + 5)
    before = environment.stats.total.num_requests
    environment.stats.reset_all()
    began, used = time.monotonic(), _cpu()
    gevent.sleep(seconds)
    took, spent = time.monotonic() - began, _cpu() - used
    rows = {
        name: {
            "requests": entry.num_requests,
            "failed": entry.num_failures,
            "p50": entry.get_response_time_percentile(0.5),
            "p95": entry.get_response_time_percentile(0.95),
            "p99": entry.get_response_time_percentile(0.99),
        }
        for (name, _), entry in {**environment.stats.entries, ("all", ""): environment.stats.total}.items()
    }
    errors = [str(error.to_dict()) for error in environment.stats.errors.values()][:5]
    runner.quit()
    whole = before + environment.stats.total.num_requests
    return {"rows": rows, "whole": whole, "seconds": took, "cpu": spent / took, "errors": errors}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    json.dump(swarm(**json.load(sys.stdin)), sys.stdout)
