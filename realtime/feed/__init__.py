"""The feed: every subscriber reaches the newest state of every row of its scope."""

from realtime.feed.feed import Feed, FeedStats
from realtime.feed.frames import FRAME_LIMIT, DeltaFrame, delta, deltas, snapshot_parts
from realtime.feed.log import Log
from realtime.feed.news import publish, read_news
from realtime.feed.wire import SLOW_AFTER, Frame, Gone, Slow, Wire

__all__ = [
    "FRAME_LIMIT",
    "SLOW_AFTER",
    "DeltaFrame",
    "Feed",
    "FeedStats",
    "Frame",
    "Gone",
    "Log",
    "Slow",
    "Wire",
    "delta",
    "deltas",
    "publish",
    "read_news",
    "snapshot_parts",
]
