"""Why a stored job failed."""

from realtime.domain.explain import explain
from realtime.domain.failure import Explanation, Failure
from realtime.store.explanation import LogEnd
from realtime.store.jobs import StoredJob


def explained(stored: StoredJob, end: LogEnd | None) -> Explanation:
    """From its facts and what is kept of its log."""
    failure = Failure(
        job=stored.job,
        status=stored.status,
        executable=stored.executable,
        parameters=stored.parameters,
        error_line=end.error_line if end else None,
    )
    return explain(failure)
