"""One write transaction: use cases change rows through it and it numbers what they touched.

`touch` marks a visible row as changed; at the end (`finish`) each touched row takes its own seq in its scope, is read
back in its newest state and encoded for whoever listens.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from realtime.protocol.rows import Transition
from realtime.protocol.wire import encode
from realtime.store import schema
from realtime.store.changes import SITE, Commit, Entry, ScopeChange, experiment_of, experiment_scope
from realtime.store.rows import load_rows


class Tx:
    """A write transaction. `conn` is for the modules of this package alone."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self.conn = conn
        self.now = now
        self._touched: dict[tuple[str, str], None] = {}
        self._dropped: dict[tuple[str, str], None] = {}
        self._transitions: list[dict[str, Any]] = []
        self._deeds: list[dict[str, Any]] = []
        self._work: set[str] = set()
        self._active: set[str] = set()

    def touch(self, scope: str, key: str) -> None:
        """The row `key` of `scope` has changed."""
        self._touched[scope, key] = None

    def drop(self, scope: str, key: str) -> None:
        """The row `key` of `scope` is gone."""
        self._touched.pop((scope, key), None)
        self._dropped[scope, key] = None

    def record(self, *, experiment: str, **transition: Any) -> None:
        """A job's status has changed; fields as in the table `transition` without seq."""
        self._transitions.append({"experiment": experiment, **transition})

    def note(
        self,
        experiment: str,
        *,
        by: str,
        action: str,
        text: str,
        run: int | None = None,
        job: str | None = None,
        definition: int | None = None,
    ) -> None:
        """Somebody did something in this experiment: one entry of its activity. A row of it must change as well."""
        about = {"at": self.now, "by": by, "action": action, "text": text}
        self._deeds.append({"experiment": experiment, **about, "run": run, "job": job, "definition": definition})

    def work_for(self, location: str) -> None:
        """The agent of this location has something to do."""
        self._work.add(location)

    def active(self, experiment: str) -> None:
        """Something has happened in this experiment just now."""
        self._active.add(experiment)

    def finish(self) -> Commit:
        """Number and encode everything that changed. Called once, just before the commit."""
        for experiment in sorted(self._active):
            row = schema.experiment.c
            self.conn.execute(update(schema.experiment).where(row.name == experiment).values(last_activity_at=self.now))
            self.touch(SITE, f"experiment/{experiment}")
        transitions = []
        changes = []
        scopes = {scope for scope, _ in self._touched | self._dropped}
        scopes |= {experiment_scope(one["experiment"]) for one in (*self._transitions, *self._deeds)}
        for scope in sorted(scopes):
            recorded = [t for t in self._transitions if experiment_scope(t["experiment"]) == scope]
            touched = [key for where, key in self._touched if where == scope]
            dropped = [key for where, key in self._dropped if where == scope]
            done = [deed for deed in self._deeds if experiment_scope(deed["experiment"]) == scope]
            seq = start = self._take(scope, len(recorded) + len(done) + len(touched) + len(dropped))
            for transition in recorded:
                seq += 1
                transition["seq"] = seq
                transitions.append((transition["experiment"], encode(as_transition(transition))))
            if recorded:
                self.conn.execute(insert(schema.transition), recorded)
            for deed in done:
                seq += 1
                deed["seq"] = seq
            if done:
                self.conn.execute(insert(schema.activity), done)
            numbered = dict(zip(touched, range(seq + 1, seq + len(touched) + 1), strict=True))
            self._number(scope, numbered)
            rows = load_rows(self.conn, scope, touched)
            entries = [Entry(key=key, seq=numbered[key], raw=encode(rows[key])) for key in touched]
            seq += len(touched)
            gone = dict(zip(dropped, range(seq + 1, seq + len(dropped) + 1), strict=True))
            self._bury(scope, gone)
            entries += [Entry(key=key, seq=number, raw=None) for key, number in gone.items()]
            changes.append(ScopeChange(scope=scope, start=start, end=seq + len(gone), entries=tuple(entries)))
        return Commit(changes=tuple(changes), transitions=tuple(transitions), work=frozenset(self._work))

    def _take(self, scope: str, count: int) -> int:
        """Reserve `count` numbers; the position before them."""
        return int(self.conn.execute(_TAKE, {"of_scope": scope, "count": count}).scalar_one()) - count

    def _number(self, scope: str, numbered: dict[str, int]) -> None:
        experiment = experiment_of(scope)
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for key, seq in numbered.items():
            kind, _, name = key.partition("/")
            values = {"row": _key_value(kind, name), "new_seq": seq, "of_experiment": experiment}
            by_kind.setdefault(kind, []).append(values)
        for kind, changed in by_kind.items():
            self.conn.execute(_numbering(kind, at_site=scope == SITE), changed)

    def _bury(self, scope: str, gone: dict[str, int]) -> None:
        for key, seq in gone.items():
            values = {"scope": scope, "key": key, "seq": seq, "at": self.now}
            grave = upsert(schema.tombstone).values(values)
            self.conn.execute(grave.on_conflict_do_update(index_elements=["scope", "key"], set_=values))


def as_transition(recorded: Mapping[str, Any]) -> Transition:
    """A row of the table as it is told."""
    return Transition(**{("from_" if name == "from" else name): value for name, value in recorded.items()})


def _key_value(kind: str, name: str) -> str | int:
    return int(name) if kind in ("run", "definition") else name


_TABLES: dict[str, tuple[Table, str]] = {
    "experiment": (schema.experiment, "name"),
    "run": (schema.run, "number"),
    "definition": (schema.definition, "id"),
    "job": (schema.job, "id"),
    "location": (schema.location, "name"),
}


@cache
def _numbering(kind: str, *, at_site: bool) -> Update:
    """The statement that gives a row of that kind its seq, in the site or in an experiment."""
    if kind == "location" and not at_site:
        use = schema.location_use.c
        return (
            update(schema.location_use)
            .where(use.experiment == bindparam("of_experiment"), use.location == bindparam("row"))
            .values(seq=bindparam("new_seq"))
        )
    table, column = _TABLES[kind]
    statement = update(table).where(table.c[column] == bindparam("row")).values(seq=bindparam("new_seq"))
    return statement.where(table.c.experiment == bindparam("of_experiment")) if kind == "run" else statement


_TAKE = (
    update(schema.scope)
    .where(schema.scope.c.name == bindparam("of_scope"))
    .values(seq=schema.scope.c.seq + bindparam("count"))
    .returning(schema.scope.c.seq)
)


def new_scope(conn: Connection, scope: str) -> None:
    """Make the counter of a scope, unless it is there."""
    if conn.execute(select(schema.scope.c.seq).where(schema.scope.c.name == scope)).first() is None:
        conn.execute(insert(schema.scope).values(name=scope, seq=0))
