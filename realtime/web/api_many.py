"""`/api/v1`: many jobs at once. What applying would do; kill, delete, cancel."""

from functools import partial

from realtime.protocol.api import Apply, SkippedRun
from realtime.protocol.many import ApplyPreview, ChosenJob, ManyDone, ManyJobs, SkippedJob
from realtime.service import many
from realtime.service.applying import choose
from realtime.store.tx import Tx
from realtime.web.context import house
from realtime.web.routing import Api

many_api = Api("many")


@many_api.route("POST", "/experiments/<experiment>/jobs/preview", body=Apply, answer=ApplyPreview)
async def preview_apply(experiment: str, body: Apply) -> ApplyPreview:
    """What applying a hash would do now: on which runs, and which are left out and why."""
    choice = await house().store.read(
        lambda conn: choose(conn, experiment, body.definition, body.runs, body.only, body.parameters)
    )
    return ApplyPreview(runs=choice.runs, skipped=[SkippedRun(run=run, reason=why) for run, why in choice.skipped])


@many_api.route("POST", "/experiments/<experiment>/jobs/kill", body=ManyJobs, answer=ManyDone)
async def kill_jobs(experiment: str, body: ManyJobs) -> ManyDone:
    """Kill the live ones of these jobs."""
    return await _all(experiment, "kill", body)


@many_api.route("POST", "/experiments/<experiment>/jobs/delete", body=ManyJobs, answer=ManyDone)
async def delete_jobs(experiment: str, body: ManyJobs) -> ManyDone:
    """Remove the ended ones of these jobs."""
    return await _all(experiment, "delete", body)


@many_api.route("POST", "/experiments/<experiment>/jobs/cancel", body=ManyJobs, answer=ManyDone)
async def cancel_jobs(experiment: str, body: ManyJobs) -> ManyDone:
    """Kill those of these jobs that LSF does not have yet (undo)."""
    return await _all(experiment, "cancel", body)


async def _all(experiment: str, action: many.Action, body: ManyJobs) -> ManyDone:
    """Some at a time, so that others get their turn in between; what was done before an error stays done."""
    here = house()
    wanted = many.Wanted(ids=body.jobs, runs=body.runs, definition=body.definition)
    ids = await here.store.read(lambda conn: many.find_wanted(conn, experiment, action, wanted))
    rules, user = here.rules, here.user

    def act(tx: Tx, portion: list[str]) -> many.Outcome:
        return many.act(tx, rules, experiment, action, portion, user)

    answer = ManyDone(jobs=[], skipped=[])
    for start in range(0, len(ids), many.PORTION):
        portion = ids[start : start + many.PORTION]
        if body.preview:
            outcome = await here.store.read(partial(many.look, experiment=experiment, action=action, ids=portion))
        else:
            outcome = await here.store.write(partial(act, portion=portion))
        answer.jobs.extend(
            ChosenJob(id=one.job.id, run=one.run, hash=one.definition_name, status=one.status.value)
            for one in outcome.done
        )
        answer.skipped.extend(
            SkippedJob(job=job, run=one.run if one else None, hash=one.definition_name if one else None, reason=why)
            for job, one, why in outcome.skipped
        )
    return answer
