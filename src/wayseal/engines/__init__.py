"""Where tasks run: in processes on this machine, or on a cluster that Spark schedules.

1. An engine is given a function and tasks, and yields what becomes of each, once (`wayseal.model.tasks`). Functions,
   tasks and results travel; rows never do: tasks name the files in which these lie.
2. A worker that hasn't the driver's Python, libraries and source of Wayseal does nothing and says so: what it made
   might differ in a bit.
3. A task that is lost with its worker is run again, at most ATTEMPTS times; so is one whose disk refused, where another
   machine may have room. What is wrong with its input is wrong at every try, and ends the run at once.
"""

from wayseal.engines._engine import ATTEMPTS, Cost, Engine, EngineError, Retry
from wayseal.engines._processes import ProcessEngine
from wayseal.engines._spark import SparkEngine

__all__ = ["ATTEMPTS", "Cost", "Engine", "EngineError", "ProcessEngine", "Retry", "SparkEngine"]
