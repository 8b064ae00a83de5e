"""Reading visible rows: by key, all since a position, or as a snapshot. One shape for page, API, socket and Redis."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Text, cast, func, literal, select, union_all

from realtime.protocol.rows import (
    Check,
    Counter,
    DefinitionRef,
    DefinitionRow,
    ExperimentRow,
    JobRow,
    LocationRow,
    Queue,
    Row,
    RunRow,
)
from realtime.protocol.wire import encode
from realtime.store import schema
from realtime.store.changes import SITE, Entry, experiment_of

Rows = Iterable[Any]
IN_LIMIT = 500
"""Keys looked up by one statement."""


def load_rows(conn: Connection, scope: str, keys: Iterable[str]) -> dict[str, Row]:
    """The rows with these keys that exist in the scope."""
    names: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        kind, _, name = key.partition("/")
        names[kind].append(name)
    loaded: dict[str, Row] = {}
    for kind, wanted in names.items():
        for part in range(0, len(wanted), IN_LIMIT):
            rows = _LOADERS[kind](conn, scope, wanted[part : part + IN_LIMIT])
            loaded.update((row.key, row) for row in rows)
    return loaded


def _experiments_by_key(conn: Connection, scope: str, names: Sequence[str]) -> list[ExperimentRow]:
    return experiments(conn, select(schema.experiment).where(schema.experiment.c.name.in_(names)))


def _runs_by_key(conn: Connection, scope: str, names: Sequence[str]) -> list[RunRow]:
    run = schema.run.c
    numbers = [int(name) for name in names]
    return runs(conn, select(schema.run).where(run.experiment == experiment_of(scope), run.number.in_(numbers)))


def _definitions_by_key(conn: Connection, scope: str, names: Sequence[str]) -> list[DefinitionRow]:
    ids = [int(name) for name in names]
    return definitions(conn, select(schema.definition).where(schema.definition.c.id.in_(ids)))


def _jobs_by_key(conn: Connection, scope: str, names: Sequence[str]) -> list[JobRow]:
    return jobs(conn, select(schema.job).where(schema.job.c.id.in_(names)))


def _locations_by_key(conn: Connection, scope: str, names: Sequence[str]) -> list[LocationRow]:
    return locations(conn, scope, select(schema.location).where(schema.location.c.name.in_(names)))


_LOADERS: dict[str, Callable[[Connection, str, Sequence[str]], Sequence[Row]]] = {
    "experiment": _experiments_by_key,
    "run": _runs_by_key,
    "definition": _definitions_by_key,
    "job": _jobs_by_key,
    "location": _locations_by_key,
}


def experiments(conn: Connection, chosen: Select[Any]) -> list[ExperimentRow]:
    """The experiments that a select of that table gives, with their counts."""
    found = conn.execute(chosen).mappings().all()
    names = [row["name"] for row in found]
    run, job = schema.run.c, schema.job.c
    taken = {
        name: (count, last)
        for name, count, last in conn.execute(
            select(run.experiment, func.count(), func.max(run.number))
            .where(run.experiment.in_(names))
            .group_by(run.experiment)
        )
    }
    live = {
        name: count
        for name, count in conn.execute(
            select(job.experiment, func.count()).where(job.live, job.experiment.in_(names)).group_by(job.experiment)
        )
    }
    return [
        ExperimentRow(
            key=f"experiment/{row['name']}",
            seq=row["seq"],
            name=row["name"],
            instrument=row["instrument"],
            description=row["description"],
            runs=taken.get(row["name"], (0, None))[0],
            last_run=taken.get(row["name"], (0, None))[1],
            jobs_live=live.get(row["name"], 0),
            last_activity_at=row["last_activity_at"],
            created_at=row["created_at"],
        )
        for row in found
    ]


def runs(conn: Connection, chosen: Select[Any]) -> list[RunRow]:
    """The runs that a select of that table gives, with their jobs counted."""
    found = conn.execute(chosen).mappings().all()
    counts: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    current: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    job = schema.job.c
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in found:
        numbers[row["experiment"]].append(row["number"])
    for experiment, wanted in numbers.items():
        counted = (
            select(job.run, job.status, job.live | ~job.superseded, func.count())
            .where(job.experiment == experiment, job.run.in_(wanted))
            .group_by(job.run, job.status, job.live | ~job.superseded)
        )
        for number, status, is_current, count in conn.execute(counted):
            at = experiment, number
            counts[at][status] = counts[at].get(status, 0) + count
            if is_current:
                current[at][status] = count
    return [
        RunRow(
            key=f"run/{row['number']}",
            seq=row["seq"],
            experiment=row["experiment"],
            number=row["number"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            params=row["params"],
            jobs=counts.get((row["experiment"], row["number"]), {}),
            current=current.get((row["experiment"], row["number"]), {}),
            comment=row["comment"],
            tags=row["tags"],
        )
        for row in found
    ]


def definitions(conn: Connection, chosen: Select[Any]) -> list[DefinitionRow]:
    """The definitions that a select of that table gives."""
    return [
        DefinitionRow(
            key=f"definition/{row['id']}",
            seq=row["seq"],
            id=row["id"],
            experiment=row["experiment"],
            name=row["name"],
            executable=row["executable"],
            parameters=row["parameters"],
            location=row["location"],
            created_by=row["created_by"],
            created_at=row["created_at"],
            archived_at=row["archived_at"],
            check=None
            if row["check_at"] is None
            else Check(ok=row["check_ok"], problem=row["check_problem"], at=row["check_at"]),
            version=row["version"],
            quiet_after=row["quiet_after"],
        )
        for row in conn.execute(chosen).mappings()
    ]


def jobs(conn: Connection, chosen: Select[Any]) -> list[JobRow]:
    """The jobs that a select of that table gives."""
    found = conn.execute(chosen).mappings().all()
    lsf_ids: dict[str, list[str]] = defaultdict(list)
    lsf_job = schema.lsf_job.c
    several = [row["id"] for row in found if row["lsf_id"] is not None]
    for part in range(0, len(several), IN_LIMIT):
        ids = (
            select(lsf_job.job, lsf_job.lsf_id)
            .where(lsf_job.job.in_(several[part : part + IN_LIMIT]))
            .order_by(lsf_job.job, lsf_job.position)
        )
        for job, lsf_id in conn.execute(ids):
            lsf_ids[job].append(lsf_id)
    return [
        JobRow(
            key=f"job/{row['id']}",
            definition=DefinitionRef(id=row["definition"], name=row["definition_name"]),
            lsf_ids=lsf_ids.get(row["id"], []),
            counters=msgspec.convert(row["counters"], list[Counter]),
            **{name: row[name] for name in _JOB_FIELDS},
        )
        for row in found
    ]


_JOB_FIELDS = tuple(
    name for name in JobRow.__struct_fields__ if name not in ("key", "definition", "lsf_ids", "counters")
)


def locations(conn: Connection, scope: str, chosen: Select[Any]) -> list[LocationRow]:
    """The locations that a select of that table gives, with their seq in `scope` (only those that the scope uses)."""
    found = conn.execute(chosen).mappings().all()
    seqs = {row["name"]: row["seq"] for row in found}
    if scope != SITE:
        use = schema.location_use.c
        seqs = {
            name: seq
            for name, seq in conn.execute(select(use.location, use.seq).where(use.experiment == experiment_of(scope)))
        }
    fields = [name for name in LocationRow.__struct_fields__ if name not in ("key", "seq", "queues")]
    return [
        LocationRow(
            key=f"location/{row['name']}",
            seq=seqs[row["name"]],
            queues=msgspec.convert(row["queues"], list[Queue] | None),
            **{name: row[name] for name in fields},
        )
        for row in found
        if row["name"] in seqs
    ]


def position(conn: Connection, scope: str) -> tuple[int, int] | None:
    """(seq, floor) of a scope, None when there is no such scope."""
    found = conn.execute(select(schema.scope.c.seq, schema.scope.c.floor).where(schema.scope.c.name == scope)).first()
    return None if found is None else (found.seq, found.floor)


def positions(conn: Connection, scopes: Sequence[str]) -> dict[str, int]:
    """The seq of each of these scopes that exists."""
    found: dict[str, int] = {}
    scope = schema.scope.c
    for part in range(0, len(scopes), IN_LIMIT):
        chosen = select(scope.name, scope.seq).where(scope.name.in_(scopes[part : part + IN_LIMIT]))
        found.update((name, seq) for name, seq in conn.execute(chosen))
    return found


def changed_since(conn: Connection, scope: str, since: int, limit: int) -> tuple[list[Entry], int]:
    """What changed after `since`, in order of seq, at most `limit` rows; and the position that this leads to."""
    keys = conn.execute(_keys_since(scope, since).limit(limit)).all()
    present = load_rows(conn, scope, (key for key, _, gone in keys if not gone))
    entries = [Entry(key=key, seq=seq, raw=None if gone else encode(present[key])) for key, seq, gone in keys]
    head = position(conn, scope)
    end = entries[-1].seq if len(keys) == limit else (head[0] if head else since)
    return entries, end


def served_since(conn: Connection, scope: str, since: int, limit: int) -> tuple[list[Entry], int] | None:
    """As `changed_since`; None for a position that cannot be served: below the floor, or ahead of the store."""
    head = position(conn, scope)
    if head is None or not head[1] <= since <= head[0]:
        return None
    return changed_since(conn, scope, since, limit)


def _keys_since(scope: str, since: int) -> Select[Any]:
    experiment = experiment_of(scope)
    tables: list[tuple[str, Any, Any, Any]] = (
        [
            ("experiment/", schema.experiment.c.name, schema.experiment.c.seq, None),
            ("location/", schema.location.c.name, schema.location.c.seq, None),
        ]
        if scope == SITE
        else [
            ("run/", schema.run.c.number, schema.run.c.seq, schema.run.c.experiment),
            ("definition/", schema.definition.c.id, schema.definition.c.seq, schema.definition.c.experiment),
            ("job/", schema.job.c.id, schema.job.c.seq, schema.job.c.experiment),
            (
                "location/",
                schema.location_use.c.location,
                schema.location_use.c.seq,
                schema.location_use.c.experiment,
            ),
        ]
    )
    parts = [
        select((literal(prefix) + cast(name, Text)).label("key"), seq.label("seq"), literal(0).label("gone"))
        .where(seq > since)
        .where(owner == experiment if owner is not None else literal(True))
        for prefix, name, seq, owner in tables
    ]
    grave = schema.tombstone.c
    parts.append(
        select(grave.key.label("key"), grave.seq.label("seq"), literal(1).label("gone")).where(
            grave.scope == scope, grave.seq > since
        )
    )
    every = union_all(*parts).subquery()
    return select(every.c.key, every.c.seq, every.c.gone).order_by(every.c.seq)


def snapshot(conn: Connection, scope: str, newest_runs: int) -> tuple[int, list[Entry]]:
    """The whole view of a scope at its present seq: of an experiment the newest runs with their jobs."""
    head = position(conn, scope)
    seq = head[0] if head else 0
    rows: list[Row] = []
    if scope == SITE:
        rows += experiments(conn, select(schema.experiment).order_by(schema.experiment.c.name))
        rows += locations(conn, scope, select(schema.location).order_by(schema.location.c.name))
    else:
        experiment = experiment_of(scope)
        run, job = schema.run.c, schema.job.c
        shown = runs(
            conn,
            select(schema.run).where(run.experiment == experiment).order_by(run.number.desc()).limit(newest_runs),
        )
        rows += locations(conn, scope, select(schema.location).order_by(schema.location.c.name))
        rows += definitions(
            conn,
            select(schema.definition)
            .where(schema.definition.c.experiment == experiment)
            .order_by(schema.definition.c.id),
        )
        rows += shown
        if shown:
            rows += jobs(
                conn,
                select(schema.job)
                .where(job.experiment == experiment, job.run >= shown[-1].number)
                .order_by(job.id.desc()),
            )
    return seq, [Entry(key=row.key, seq=row.seq, raw=encode(row)) for row in rows]
