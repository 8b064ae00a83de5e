"""What we give to a submit script in its environment."""

from realtime.domain.address import report_url
from realtime.service.rules import Rules
from realtime.store.jobs import StoredJob

ADDRESSES = ("BATCH_UPDATE_URL", "JID_UPDATE_COUNTERS", "ARP_UPDATE_COUNTERS")
"""Names of those that hold the secret address to report to."""


def given_environment(rules: Rules, stored: StoredJob) -> dict[str, str]:
    """Names and values, the addresses to report to first."""
    return {**dict.fromkeys(ADDRESSES, report_address(rules, stored)), **shown_environment(stored)}


def report_address(rules: Rules, stored: StoredJob) -> str:
    """Where the job's scripts post to: a secret."""
    return report_url(rules.public_url, rules.secret, stored.experiment, stored.job.id)


def shown_environment(stored: StoredJob) -> dict[str, str]:
    """What of it may be shown: all but the addresses."""
    return {
        "EXPERIMENT": stored.experiment,
        "RUN_NUM": str(stored.run),
        "BATCH_JOB_ID": stored.job.id,
        "ARP_JOB_ID": stored.job.id,
        "ARP_ROOT_JOB_ID": stored.job.id,
        "BATCH_HASH": stored.definition_name,
        "ARP_LOCATION": stored.location,
    }
