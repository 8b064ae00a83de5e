"""What `/metrics` says, in the Prometheus text format. Nothing secret, no names of experiments or users."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from realtime.protocol.agent import AgentState
from realtime.protocol.processes import ProcessReport
from realtime.protocol.rows import LocationRow
from realtime.protocol.wire import UtcTime

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric and its samples: (labels, value)."""

    name: str
    kind: str
    about: str
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)


def of_store(live: Iterable[tuple[str, int]] | None) -> Iterator[Metric]:
    """`live`: status -> number of live jobs; None when the store does not answer."""
    up = Metric(name="batchboard_store_up", kind="gauge", about="Whether the store answers.")
    up.samples.append(({}, live is not None))
    yield up
    yield Metric(
        name="batchboard_jobs_live",
        kind="gauge",
        about="Live jobs by status.",
        samples=[({"status": status}, count) for status, count in live or ()],
    )


_OF_A_PROCESS = (
    ("websockets", "batchboard_websockets", "gauge", "Open websockets."),
    ("websockets_refused", "batchboard_websockets_refused_total", "counter", "Websockets refused for want of room."),
    ("subscribers", "batchboard_subscribers", "gauge", "Websockets that follow an experiment or the list of them."),
    ("scopes", "batchboard_feed_scopes", "gauge", "Experiments (and the list of them) whose news are kept."),
    ("passes", "batchboard_feed_passes_total", "counter", "Rounds in which news were sent to the subscribers."),
    ("frames", "batchboard_feed_frames_total", "counter", "Messages sent to subscribers."),
    ("rows", "batchboard_feed_row_changes_total", "counter", "Row changes sent to subscribers."),
    ("fell_behind", "batchboard_feed_fell_behind_total", "counter", "Times that a subscriber could not take news."),
    ("gaps", "batchboard_feed_gaps_total", "counter", "Times that news were missing and read from the store."),
    ("store_reads", "batchboard_feed_store_reads_total", "counter", "Reads of the store for subscribers."),
    ("bus_connected", "batchboard_bus_connected", "gauge", "Whether news travel between processes."),
    ("bus_gaps", "batchboard_bus_gaps_total", "counter", "Times that news of other processes may have been lost."),
    ("bus_dropped", "batchboard_bus_dropped_total", "counter", "News that other processes had to read from the store."),
    ("bus_waiting", "batchboard_bus_waiting_bytes", "gauge", "News that wait to be sent to other processes."),
)
"""(field of a report, name, kind, about)"""


def of_processes(reports: Sequence[ProcessReport]) -> Iterator[Metric]:
    """Of all server processes that were heard of lately."""
    started = Metric(
        name="batchboard_process_started_timestamp_seconds",
        kind="gauge",
        about="When the process was started, in seconds since 1970.",
    )
    ended = Metric(
        name="batchboard_websockets_ended_total",
        kind="counter",
        about="Websockets that have ended, by close code; 1001 and 1006: the client left, with and without a word.",
    )
    for report in reports:
        which = {"process": report.name}
        started.samples.append((which, report.started_at.timestamp()))
        ended.samples.extend((which | {"code": str(code)}, n) for code, n in sorted(report.websockets_ended.items()))
    yield from (started, ended)
    for field_name, name, kind, about in _OF_A_PROCESS:
        samples = [({"process": report.name}, float(getattr(report, field_name))) for report in reports]
        yield Metric(name=name, kind=kind, about=about, samples=[*samples])


def of_locations(rows: Iterable[LocationRow], states: Mapping[str, AgentState], now: UtcTime) -> Iterator[Metric]:
    """Of the agents; `states`: what the agent of a location said last."""
    places = list(rows)
    connected = Metric(
        name="batchboard_agent_connected", kind="gauge", about="Whether the agent of a location is heard of."
    )
    answered = Metric(
        name="batchboard_scheduler_answered_timestamp_seconds",
        kind="gauge",
        about="When the batch system was last heard to answer, in seconds since 1970.",
    )
    silent = Metric(
        name="batchboard_scheduler_silent_seconds",
        kind="gauge",
        about="For how long the batch system has not answered; 0: it answers.",
    )
    for row in places:
        where = {"location": row.name}
        state = states.get(row.name)
        connected.samples.append((where, row.agent_connected))
        said = [row.scheduler_answered_at, state.answered_at if state else None]
        known = [at.timestamp() for at in said if at is not None]
        if known:
            answered.samples.append((where, max(known)))
        since = row.scheduler_silent_since
        silent.samples.append((where, max(0.0, (now - since).total_seconds()) if since else 0))
    yield from (connected, answered, silent)
    yield from _of_states(states)


def _of_states(states: Mapping[str, AgentState]) -> Iterator[Metric]:
    followed = Metric(name="batchboard_agent_lsf_jobs", kind="gauge", about="Jobs of the batch system followed.")
    look = Metric(
        name="batchboard_agent_look_seconds", kind="gauge", about="Duration of the last look at the batch system."
    )
    calls = Metric(
        name="batchboard_agent_commands_total", kind="counter", about="Commands of the batch system called, by name."
    )
    failures = Metric(
        name="batchboard_agent_command_failures_total", kind="counter", about="Those of them without an answer."
    )
    seconds = Metric(name="batchboard_agent_command_seconds_total", kind="counter", about="Time that they took.")
    scripts = Metric(name="batchboard_agent_scripts", kind="gauge", about="Submit scripts under way.")
    doubts = Metric(
        name="batchboard_agent_doubts",
        kind="gauge",
        about="Submissions of which it is being found out whether the batch system has them.",
    )
    waiting = Metric(
        name="batchboard_agent_observations_waiting", kind="gauge", about="Observations not acknowledged yet."
    )
    for name, state in states.items():
        where = {"location": name}
        followed.samples.extend((where | {"status": status}, count) for status, count in state.followed.items())
        if state.look_seconds is not None:
            look.samples.append((where, state.look_seconds))
        for command, count in state.commands.items():
            labels = where | {"command": command}
            calls.samples.append((labels, count.calls))
            failures.samples.append((labels, count.failures))
            seconds.samples.append((labels, count.seconds))
        scripts.samples.append((where, state.scripts))
        doubts.samples.append((where, state.doubts))
        waiting.samples.append((where, state.observations))
    yield from (followed, look, calls, failures, seconds, scripts, doubts, waiting)


def exposition(metrics: Iterable[Metric]) -> str:
    """The text; metrics without a sample are left out."""
    lines = []
    for metric in metrics:
        if metric.samples:
            lines += [f"# HELP {metric.name} {metric.about}", f"# TYPE {metric.name} {metric.kind}"]
            lines += [f"{metric.name}{_labels(labels)} {float(value):.15g}" for labels, value in metric.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
