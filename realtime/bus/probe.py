"""A look at a Redis: does what is published arrive?"""

import asyncio
import secrets
import time

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

LIMIT = 5.0


class ProbeError(Exception):
    """Nothing came back; the message says why."""


async def round_trip(url: str, instance: str) -> float:
    """Seconds from publishing a message to its arrival, on a channel of this installation that nobody listens to.
    Raises ProbeError."""
    try:
        client = Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), socket_connect_timeout=LIMIT)
    except ValueError as error:
        raise ProbeError(str(error)) from error
    try:
        async with asyncio.timeout(LIMIT):
            return await _publish_and_wait(client, f"batchboard:{instance}:check:{secrets.token_hex(8)}")
    except TimeoutError as error:
        raise ProbeError(f"no answer within {LIMIT:g} s") from error
    except (RedisError, OSError) as error:
        raise ProbeError(str(error) or type(error).__name__) from error
    finally:
        await client.aclose()


async def _publish_and_wait(client: Redis, channel: str) -> float:
    async with client.pubsub() as pubsub:
        await pubsub.subscribe(channel)
        begin = time.monotonic()
        while True:
            event = await pubsub.get_message(timeout=None)
            if event is not None and event["type"] == "subscribe":
                begin = time.monotonic()
                await client.publish(channel, b"check")
            elif event is not None and event["type"] == "message":
                return time.monotonic() - begin
