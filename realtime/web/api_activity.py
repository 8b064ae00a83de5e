"""`/api/v1`: who did what in an experiment."""

from typing import Annotated, Any

import msgspec

from realtime.domain.errors import Invalid
from realtime.protocol.activity import ActivityPage
from realtime.protocol.wire import Strict
from realtime.store import activity
from realtime.web.listing import Limit, page_of_experiment
from realtime.web.routing import Api

activity_api = Api("activity")

Seq = Annotated[int, msgspec.Meta(ge=0)]


class ActivityQuery(Strict, frozen=True, kw_only=True):
    """`before` a seq, or `since` one; without either the newest."""

    before: Seq | None = None
    since: Seq | None = None
    limit: Limit = 100


@activity_api.route("GET", "/experiments/<experiment>/activity", query=ActivityQuery, answer=ActivityPage)
async def list_activity(experiment: str, query: ActivityQuery) -> dict[str, Any]:
    """Who did what, newest first; with `since` what was done after it, oldest first."""
    before, since, more = query.before, query.since, query.limit + 1
    if since is None:
        return await page_of_experiment(
            experiment, query.limit, lambda conn: activity.before(conn, experiment, before, more), lambda deed: deed.seq
        )
    if before is not None:
        raise Invalid("expected either before or since", field="before")
    return await page_of_experiment(
        experiment, query.limit, lambda conn: activity.since(conn, experiment, since, more), lambda deed: deed.seq
    )
