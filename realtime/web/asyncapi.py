"""The AsyncAPI 3.0 document: the websockets and the channels on Redis, made from the types of their messages."""

import re
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlsplit

import msgspec

from realtime import __version__
from realtime.protocol.live import (
    HEARTBEAT,
    MESSAGE_LIMIT,
    PROTOCOL,
    Close,
    Delta,
    FeedMessage,
    FeedQuery,
    LogMessage,
    LogQuery,
)
from realtime.protocol.rows import Transition
from realtime.web import incoming
from realtime.web.routing import PREFIX
from realtime.web.schemas import as_draft_07, components, schema_of
from realtime.web.sockets import PING_EVERY

REFUSALS = {
    401: "not logged in",
    403: "a browser's page from elsewhere (Origin), or a Host that is not ours",
    404: "there is no such experiment or job",
    422: "the query is wrong",
    503: "too many websockets are open, or the store does not answer: try again after Retry-After seconds",
}
"""Before the upgrade, as an HTTP answer in the one error shape."""

ABOUT = f"""What changes, to everybody who looks (`{PROTOCOL}`). Text messages, one JSON object each, tell them apart by
`type`. News flow from the server to the client; commands travel by HTTP (see openapi.json).

A client holds a position, (`epoch`, `seq`), stored once a message is applied. `hello` comes first. Without `since` a
snapshot follows; its parts belong together, and the position is taken over with the last one. With a `since` that can
be served, what is newer follows at once; with one that cannot (another epoch, too old, ahead of the store) a snapshot
whose first part has `"reset": true`: forget everything. The `from` of a delta equals the client's `seq`, otherwise it
resumes with `since`. A row replaces an older one of the same `key`, never a newer one; a drop carries its seq too. A
slow client sees fewer intermediate states, never a wrong or older one. A client that has heard nothing for 40 s
connects again. It comes back after a random time that grows from 0.5 to 30 s, or in the range (ms) that `bye` names.

Messages are of at most {MESSAGE_LIMIT // 1024} KiB, unless a single row is larger. Clients have nothing to say; what
they say is limited to {incoming.MESSAGE_LIMIT // 1024} KiB a message and {incoming.MESSAGES_A_SECOND} messages a
second. The server pings every {PING_EVERY:g} s; after {HEARTBEAT:g} s without other traffic it says a heartbeat.

Lists by HTTP carry `epoch` and `seq`, too: a page whose position is older than the client's is asked for again.
`GET {PREFIX}/experiments/{{experiment}}/changes` answers the same delta by HTTP."""

Kind = type[msgspec.Struct]


@dataclass(frozen=True, kw_only=True)
class _Channel:
    """`query`: of a websocket's address; None for a channel on Redis."""

    name: str
    address: str
    about: str
    messages: tuple[Kind, ...]
    query: Kind | None = None


def document(public_url: str, instance: str) -> dict[str, Any]:
    """The whole document of the installation that is reached at `public_url`."""
    channels = [*_websockets(), *_on_redis(instance)]
    kinds = list(dict.fromkeys(kind for channel in channels for kind in channel.messages))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Batchboard, live", "version": __version__, "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {"manager": _manager(public_url), "redis": _redis()},
        "channels": {channel.name: _channel(channel) for channel in channels},
        "operations": {f"send_{channel.name}": _operation(channel) for channel in channels},
        "components": {
            "messages": {_name(kind): _message(kind) for kind in kinds},
            "schemas": as_draft_07(components(kinds)),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "httpApiKey", "in": "cookie", "name": "batchboard"},
            },
        },
    }


def _websockets() -> list[_Channel]:
    return [
        _Channel(
            name="site",
            address=f"{PREFIX}/live",
            about="The experiments with their live counts, and all locations.",
            messages=get_args(FeedMessage),
            query=FeedQuery,
        ),
        _Channel(
            name="experiment",
            address=f"{PREFIX}/experiments/{{experiment}}/live",
            about="An experiment's runs, definitions and jobs, and the locations that they use.",
            messages=get_args(FeedMessage),
            query=FeedQuery,
        ),
        _Channel(
            name="job_log",
            address=f"{PREFIX}/jobs/{{id}}/log/live",
            about="A job's log as it grows, after what came before, until the job has ended and all is read.",
            messages=get_args(LogMessage),
            query=LogQuery,
        ),
    ]


def _on_redis(instance: str) -> list[_Channel]:
    return [
        _Channel(
            name="redis_site",
            address=f"batchboard:{instance}:site",
            about="What every commit changed in the list of experiments and the locations.",
            messages=(Delta,),
        ),
        _Channel(
            name="redis_changes",
            address=f"batchboard:{instance}:changes:{{experiment}}",
            about="What every commit changed in an experiment. Redis may lose messages; positions do not.",
            messages=(Delta,),
        ),
        _Channel(
            name="redis_transitions",
            address=f"batchboard:{instance}:transitions:{{experiment}}",
            about="Every status transition. Redis may lose messages; `GET .../transitions` has them all.",
            messages=(Transition,),
        ),
    ]


def _manager(public_url: str) -> dict[str, Any]:
    where = urlsplit(public_url)
    server: dict[str, Any] = {
        "host": where.netloc,
        "protocol": "wss" if where.scheme == "https" else "ws",
        "description": "The batch manager. Browsers log in by its cookie, programs by its token.",
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("token", "cookie")],
    }
    return server | ({"pathname": where.path} if where.path.strip("/") else {})


def _redis() -> dict[str, Any]:
    return {
        "host": "{redis}",
        "protocol": "redis",
        "description": "The Redis that the manager is set to (BATCHBOARD_REDIS_URL), for tools that live there.",
        "variables": {"redis": {"default": "localhost:6379", "description": "host and port"}},
    }


def _channel(channel: _Channel) -> dict[str, Any]:
    on_redis = channel.query is None
    described: dict[str, Any] = {
        "address": channel.address,
        "description": channel.about,
        "servers": [{"$ref": "#/servers/redis" if on_redis else "#/servers/manager"}],
        "messages": {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in channel.messages},
    }
    names = re.findall(r"{(\w+)}", channel.address)
    if names:
        meaning = {"experiment": "name of the experiment", "id": "id of the job"}
        described["parameters"] = {name: {"description": meaning[name]} for name in names}
    if channel.query is not None:
        query = as_draft_07(components([channel.query])[channel.query.__name__])
        described["bindings"] = {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}}
        described["x-close-codes"] = {str(close.value): close.meaning for close in Close}
        described["x-refusals"] = {str(status): meaning for status, meaning in REFUSALS.items()}
    return described


def _operation(channel: _Channel) -> dict[str, Any]:
    here = f"#/channels/{channel.name}"
    return {
        "action": "send",
        "summary": channel.about,
        "channel": {"$ref": here},
        "messages": [{"$ref": f"{here}/messages/{_name(kind)}"} for kind in channel.messages],
    }


def _message(kind: Kind) -> dict[str, Any]:
    return {
        "name": _name(kind),
        "title": kind.__name__,
        "summary": (kind.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "payload": schema_of(kind),
    }


def _name(kind: Kind) -> str:
    """Its `type` on the wire, where it has one."""
    return str(kind.__struct_config__.tag or kind.__name__.lower())
