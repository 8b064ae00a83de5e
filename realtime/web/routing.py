"""Routes that know their shapes: one declaration serves decoding, encoding and the OpenAPI document."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_origin

import msgspec
from quart import Blueprint, Response, request

from realtime.domain.errors import Invalid, Malformed, WrongType
from realtime.protocol.wire import Strict, encode
from realtime.web.auth import check_login, check_place
from realtime.web.context import house

PREFIX = "/api/v1"
Endpoint = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One call of the API. `answers`: what further statuses mean."""

    method: str
    path: str
    """with Quart's converters: `/experiments/<experiment>/runs/<int:number>`"""
    body: type | None
    body_optional: bool
    query: type[Strict] | None
    answer: type | None
    status: int
    answers: dict[int, str]
    function: Endpoint


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer whose status is not the route's own."""

    value: Any
    status: int


class Api:
    """Some of the routes below /api/v1, all of which want a login."""

    def __init__(self, name: str) -> None:
        self.routes: list[Route] = []
        self.blueprint = Blueprint(name, __name__, url_prefix=PREFIX)

    def route(
        self,
        method: str,
        path: str,
        *,
        answer: type | None,
        body: type | None = None,
        body_optional: bool = False,
        query: type[Strict] | None = None,
        status: int = 200,
        answers: dict[int, str] | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Serve `method path` with the decorated function.

        It is called with the parts of the path by name, `body` and `query` decoded when declared, and returns a value
        of the type `answer` (encoded as JSON), a Reply, or None for an empty answer. An optional body that is left out
        has its default values.
        """

        def declare(function: Endpoint) -> Endpoint:
            route = Route(
                method=method,
                path=path,
                body=body,
                body_optional=body_optional,
                query=query,
                answer=answer,
                status=status,
                answers=answers or {},
                function=function,
            )
            self.routes.append(route)

            async def serve(**parts: Any) -> Response:
                check_place(request, house())
                check_login(request, house())
                if route.query is not None:
                    parts["query"] = read_query(route.query)
                if route.body is not None and route.body_optional and not await request.get_data():
                    parts["body"] = route.body()
                elif route.body is not None:
                    parts["body"] = await read_body(route.body)
                elif method != "GET":
                    await refuse_foreign_body()
                return as_response(await function(**parts), route.status)

            endpoint = f"{method.lower()}_{function.__name__}"
            self.blueprint.add_url_rule(path, endpoint, serve, methods=[method])
            return function

        return declare


def as_response(value: Any, status: int) -> Response:
    """The value as JSON; None as an empty answer."""
    if isinstance(value, Response):
        return value
    if isinstance(value, Reply):
        value, status = value.value, value.status
    if value is None:
        return Response(b"", status=status)
    return json_response(encode(value), status)


def json_response(body: bytes, status: int = 200) -> Response:
    """A JSON answer that nobody may keep."""
    return Response(body, status=status, content_type="application/json", headers={"Cache-Control": "no-store"})


def read_query(kind: type[Strict]) -> Any:
    """The query as `kind`, what is a list there from every mention; raises Invalid that names the parameter."""
    given: dict[str, Any] = dict(request.args)
    for field in msgspec.structs.fields(kind):
        if get_origin(field.type) is list and field.name in given:
            given[field.name] = request.args.getlist(field.name)
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error


async def read_body(kind: Any) -> Any:
    """The body as `kind`; raises WrongType, Malformed (not JSON) or Invalid (a field is wrong)."""
    if request.mimetype != "application/json":
        raise WrongType("expected a body with Content-Type: application/json")
    return decode_body(await request.get_data(cache=False), kind)


def decode_body(raw: Any, kind: Any) -> Any:
    """JSON as `kind`; raises Malformed or Invalid."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is not JSON: {error}") from error


async def refuse_foreign_body() -> None:
    """Where no body is wanted, an empty one or any JSON is accepted."""
    if request.mimetype != "application/json" and await request.get_data(cache=False):
        raise WrongType("expected no body, or one with Content-Type: application/json")


def _invalid(error: msgspec.ValidationError) -> Invalid:
    text = str(error)
    place = re.search(r"(.*?) - at `(?:key in )?\$\.?(.*?)`$", text)
    if place:
        return Invalid(place[1], field=place[2] or None)
    named = re.search(r"`([^`]+)`\s*$", text)
    return Invalid(text, field=named[1] if named else None)
