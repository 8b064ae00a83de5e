"""How the agent and its batch system fare, as the manager is told with each request for work."""

from lsf_agent.following.follower import Follower
from lsf_agent.following.tracker import Tracker
from lsf_agent.outbox import Outbox
from lsf_agent.queues import Queues
from lsf_agent.scheduler import Scheduler
from realtime.protocol.agent import AgentState, CommandCount


def agent_state(
    scheduler: Scheduler,
    tracker: Tracker,
    follower: Follower,
    queues: Queues,
    outbox: Outbox,
    scripts: int,
    doubts: int,
) -> AgentState:
    """`scripts`: submit scripts under way; `doubts`: submissions of which LSF is asked whether it has them."""
    state = scheduler.state
    return AgentState(
        answered_at=state.answered_at,
        silent_since=state.silent_since,
        problem=state.problem[:500] if state.problem else None,
        format=state.format,
        followed=tracker.counts(),
        look_seconds=follower.look_seconds,
        commands={
            name: CommandCount(calls=count.calls, failures=count.failures, seconds=round(count.seconds, 3))
            for name, count in state.commands.items()
        },
        scripts=scripts,
        doubts=doubts,
        observations=len(outbox),
        queues=queues.known,
        queues_at=queues.at,
    )
