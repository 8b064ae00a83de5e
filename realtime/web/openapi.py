"""The OpenAPI 3.1 document, made from the routes' own types."""

import re
from typing import Any

from realtime import __version__
from realtime.protocol.errors import ErrorAnswer
from realtime.web.routing import PREFIX, Api, Route
from realtime.web.schemas import components, schema_of


def document(*apis: Api) -> dict[str, Any]:
    """The whole document."""
    routes = [route for api in apis for route in api.routes]
    kinds: list[Any] = [ErrorAnswer]
    for route in routes:
        kinds += [kind for kind in (route.body, route.query, route.answer) if kind is not None]
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", PREFIX + route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Batchboard",
            "version": __version__,
            "description": "Apply scripts to the runs of an experiment on an LSF farm, and watch the jobs.",
        },
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": components(kinds),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "batchboard"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    summary, _, description = (route.function.__doc__ or "").strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": route.function.__name__,
        "summary": summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route),
    }
    if description.strip():
        operation["description"] = re.sub(r"\n\s+", "\n", description.strip())
    if route.body is not None:
        operation["requestBody"] = {"required": not route.body_optional, "content": _json(route.body)}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if converter == "int:" else "string"},
        }
        for converter, name in re.findall(r"<(\w+:)?(\w+)>", route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = components([route.query])[route.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": kind}
        for name, kind in schema["properties"].items()
    ]


def _responses(route: Route) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "done"}
    if route.answer is not None:
        done["content"] = _json(route.answer)
    responses = {str(route.status): done}
    for status, meaning in sorted(route.answers.items()):
        responses[str(status)] = {"description": meaning}
        if status >= 400:
            responses[str(status)]["content"] = _json(ErrorAnswer)
        elif route.answer is not None or status == 200:
            responses[str(status)]["content"] = {"application/json": {}}
    responses["default"] = {"description": "refused", "content": _json(ErrorAnswer)}
    return responses


def _json(kind: type) -> dict[str, Any]:
    return {"application/json": {"schema": schema_of(kind)}}
