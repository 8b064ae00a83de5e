"""News of commits on the bus: what is said, and how it is read."""

import msgspec

from realtime.bus.base import Bus
from realtime.feed.frames import delta
from realtime.protocol.wire import encode
from realtime.store.changes import SITE, Commit, Entry, ScopeChange, experiment_of, experiment_scope

CHANGES = "changes:"
"""Prefix of the topics of experiments; the site's topic is SITE."""


def publish(bus: Bus, epoch: str, commit: Commit) -> None:
    """Put a commit's news on the bus: deltas, transitions, and hints for agents."""
    for change in commit.changes:
        message = encode(delta(epoch, change.start, change.end, change.entries))
        experiment = experiment_of(change.scope)
        bus.publish(SITE if experiment is None else CHANGES + experiment, message)
    for experiment, transition in commit.transitions:
        bus.publish(f"transitions:{experiment}", transition)
    for location in commit.work:
        bus.publish(f"work:{location}", b"{}")


def scope_of(topic: str) -> str:
    """The scope that a topic tells of."""
    return topic if topic == SITE else experiment_scope(topic.removeprefix(CHANGES))


class _DeltaNews(msgspec.Struct, frozen=True):
    """A delta as it comes from the bus: rows are kept encoded."""

    epoch: str
    to: int
    put: list[msgspec.Raw]
    drop: list[tuple[str, int]]
    from_: int = msgspec.field(name="from")


class _RowHead(msgspec.Struct, frozen=True):
    key: str
    seq: int


_news = msgspec.json.Decoder(_DeltaNews)
_head = msgspec.json.Decoder(_RowHead)


def read_news(message: bytes, scope: str) -> tuple[str, ScopeChange]:
    """(epoch, change) of a delta on the bus; raises msgspec.DecodeError or UnicodeDecodeError."""
    news = _news.decode(message)
    entries = [Entry(key=key, seq=seq, raw=None) for key, seq in news.drop]
    for raw in news.put:
        head = _head.decode(raw)
        entries.append(Entry(key=head.key, seq=head.seq, raw=bytes(raw)))
    entries.sort(key=lambda entry: entry.seq)
    return news.epoch, ScopeChange(scope=scope, start=news.from_, end=news.to, entries=tuple(entries))
