"""What a page waits for: the job that its address names."""

from wayseal.console.jobs.kinds import KINDS
from wayseal.console.jobs.types import Job
from wayseal.console.web._ask import Ask


def asked_job(ask: Ask) -> Job | None:
    """The job that the page was sent back with; None: none, or one that isn't for this role."""
    id_ = ask.query.get("job", "")
    job = ask.site.jobs.find(id_) if id_ else None
    if job is None or job.kind not in KINDS or ask.whose.person.role not in KINDS[job.kind].roles:
        return None
    return job
