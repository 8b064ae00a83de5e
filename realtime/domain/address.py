"""The secret part of a job's report address: its id and a keyed digest of it, so that nothing secret is stored."""

import hashlib
import hmac
import re

PATH = "/jid/ws/replace_counters"


def report_token(secret: bytes, job_id: str) -> str:
    """56 hex digits; unguessable without `secret`."""
    return job_id + hmac.new(secret, b"report/" + job_id.encode(), hashlib.sha256).hexdigest()[:32]


def report_url(base: str, secret: bytes, experiment: str, job_id: str) -> str:
    """The address that a job's scripts post to."""
    return f"{base}{PATH}/{experiment}/{report_token(secret, job_id)}"


def job_of_token(secret: bytes, token: str) -> str | None:
    """The job that a token belongs to, or None; compared in constant time."""
    if not re.fullmatch(r"[0-9a-f]{56}", token):
        return None
    return token[:24] if hmac.compare_digest(report_token(secret, token[:24]), token) else None
