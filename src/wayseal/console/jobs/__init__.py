"""Work that outlasts a page: what was asked for, by whom, how far it is, and what came of it; run by other processes.

1. What a job writes is a commit of the room that it asks, whole or not at all; a job that broke off says so, can be
   started again, and nothing of it counts twice.
2. A job is taken by one worker: leaving the queue and being taken is one transaction. Whether a worker lives is told by
   a lock that the system lets go of when it dies, and by no clock.
3. Each act on a job (start, cancel, retry) is kept with who did it; a job's log, result and error name no person and no
   waybill.
4. The queue, its workers' loop, repeated tries and the hours of a schedule are Huey's, over the console's own database.
"""

from wayseal.console.jobs._jobs import Jobs, jobs_of
from wayseal.console.jobs._rows import METADATA, note_who_and_schedule
from wayseal.console.jobs.types import Job, JobContext, JobState

__all__ = ["METADATA", "Job", "JobContext", "JobState", "Jobs", "jobs_of", "note_who_and_schedule"]
