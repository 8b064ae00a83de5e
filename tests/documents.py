"""Messages held against the AsyncAPI document. Importing it skips a test module without jsonschema."""

import json
from typing import Any

import pytest

jsonschema = pytest.importorskip("jsonschema")


def resolved(document: dict[str, Any], reference: dict[str, str]) -> Any:
    """What a reference within the document points to."""
    found: Any = document
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def held_against(document: dict[str, Any], channel: str, text: str | bytes) -> dict[str, Any]:
    """The message; it fits the one message of the channel that its `type` names, and has no field beyond."""
    message: dict[str, Any] = json.loads(text)
    described = resolved(document, document["channels"][channel]["messages"][message["type"]])
    schema = {**described["payload"], "components": document["components"]}
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(message)
    assert set(message) <= set(resolved(document, described["payload"])["properties"])
    for row in [*message.get("rows", []), *message.get("put", [])]:
        name = f"{row['kind'].capitalize()}Row"
        assert set(row) == set(document["components"]["schemas"][name]["properties"])
    return message
