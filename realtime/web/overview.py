"""The numbers behind the pictures of an experiment: counted by the database, worked out where nobody waits."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from realtime.domain.counter_by_run import by_run
from realtime.domain.levels import Steps, cumulated, ended_in, level, quantile, steps_of, trend
from realtime.protocol.overview import CounterByRun, CounterOfRun, HashTimes, History, Quantiles
from realtime.service.definitions import known_definition
from realtime.service.rules import known_experiment
from realtime.store import Connection, overview_counter, overview_history, overview_times, rows
from realtime.store.changes import experiment_scope
from realtime.store.overview_history import Past
from realtime.store.overview_times import TimesOfHash
from realtime.web.context import house

HOUR = 3600


async def read_history(experiment: str, hours: str, definition: int | None) -> History:
    """See History; raises NotFound."""
    now = datetime.now(UTC)

    def read(conn: Connection) -> tuple[int, Steps, Past]:
        seq = _known(conn, experiment, definition)
        steps = steps_of(_since(conn, experiment, hours, now), now.timestamp())
        return seq, steps, overview_history.find(conn, experiment, definition, steps)

    seq, steps, past = await house().store.read(read)
    return _history(seq, steps, past)


def _known(conn: Connection, experiment: str, definition: int | None) -> int:
    """Its seq."""
    known_experiment(conn, experiment)
    if definition is not None:
        known_definition(conn, experiment, definition)
    place = rows.position(conn, experiment_scope(experiment))
    return place[0] if place else 0


def _since(conn: Connection, experiment: str, hours: str, now: datetime) -> float:
    """So many hours ago, but no more than one before there was anything: from nothing on it can be seen to grow."""
    first = min(overview_history.begin(conn, experiment) or now, now).timestamp()
    return first if hours == "all" else max(first - HOUR, now.timestamp() - int(hours) * HOUR)


def _history(seq: int, steps: Steps, past: Past) -> History:
    ended = past.ended
    runs, processed = cumulated(steps, past.runs), cumulated(steps, past.processed)
    behind = [all_runs - done for all_runs, done in zip(runs, processed, strict=True)]
    begins = [datetime.fromtimestamp(at, UTC) for at in steps.begins]
    return History(
        epoch=house().store.epoch,
        seq=seq,
        from_=begins[0],
        to=datetime.fromtimestamp(steps.to, UTC),
        step=steps.step,
        at=begins,
        waiting=level(steps, [past.asked], [past.started, ended[True, False], ended[False, False]]),
        running=level(steps, [past.started], [ended[True, True], ended[False, True]]),
        done=ended_in(steps, [ended[True, True], ended[True, False]]),
        failed=ended_in(steps, [ended[False, True], ended[False, False]]),
        runs=runs,
        processed=processed,
        behind=behind[-1],
        trend=trend(steps, behind),
    )


async def read_times(experiment: str, definition: int | None) -> list[HashTimes]:
    """See HashTimes; raises NotFound."""

    def read(conn: Connection) -> list[TimesOfHash]:
        _known(conn, experiment, definition)
        return overview_times.find(conn, experiment, definition)

    found = await house().store.read(read)
    return await asyncio.to_thread(lambda: [_times(one) for one in found])


def _times(found: TimesOfHash) -> HashTimes:
    return HashTimes(id=found.id, name=found.name, wait=_quantiles(found.waits), run=_quantiles(found.lengths))


def _quantiles(joined: str) -> Quantiles | None:
    ordered = sorted(max(0.0, float(text)) for text in joined.split(",") if text)
    if not ordered:
        return None
    low5, q1, median, q3, high95 = (round(quantile(ordered, share), 1) for share in (0.05, 0.25, 0.5, 0.75, 0.95))
    return Quantiles(n=len(ordered), low5=low5, q1=q1, median=median, q3=q3, high95=high95)


async def read_counter(experiment: str, definition: int, counter: str | None) -> CounterByRun:
    """See CounterByRun; raises NotFound."""

    def read(conn: Connection) -> tuple[int, str, Sequence[overview_counter.Reported]]:
        seq = _known(conn, experiment, definition)
        name = known_definition(conn, experiment, definition)["name"]
        return seq, name, overview_counter.find(conn, experiment, definition)

    seq, name, reported = await house().store.read(read)
    found = await asyncio.to_thread(by_run, reported, counter)
    numbers = [point for point in found.points if point.value is not None]
    return CounterByRun(
        epoch=house().store.epoch,
        seq=seq,
        id=definition,
        name=name,
        counter=found.counter,
        percent=bool(numbers) and all(point.percent for point in numbers),
        counters=found.counters,
        items=[
            CounterOfRun(run=point.run, value=point.value, text=point.text, status=point.status, job=point.job)
            for point in found.points
        ],
    )
