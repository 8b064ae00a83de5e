"""JSON schemas of our types, as both documents of the API carry them below `components`."""

from collections.abc import Iterable
from typing import Any

import msgspec

from realtime.protocol.rows import Row

REF = "#/components/schemas/{name}"


def components(kinds: Iterable[Any]) -> dict[str, Any]:
    """name -> schema (2020-12) of these types, of all that they consist of, and of a row of any kind (`Row`)."""
    wanted = [Row, *kinds]
    (row, *_), found = msgspec.json.schema_components(wanted, ref_template=REF)
    return found | {"Row": {"title": "Row", "description": "A visible object in its newest state.", **row}}


def schema_of(kind: Any) -> dict[str, Any]:
    """The schema of a type; what it consists of is named, see `components`."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=REF)
    return dict(schema)


def as_draft_07(schema: Any) -> Any:
    """The same schema in the dialect that AsyncAPI speaks: JSON Schema draft 07, without OpenAPI's discriminators."""
    if isinstance(schema, list):
        return [as_draft_07(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    spoken = {name: as_draft_07(part) for name, part in schema.items() if not _is_discriminator(name, part)}
    if "prefixItems" in spoken:
        spoken["additionalItems"] = spoken.pop("items", True)
        spoken["items"] = spoken.pop("prefixItems")
    return spoken


def _is_discriminator(name: str, part: Any) -> bool:
    return name == "discriminator" and isinstance(part, dict) and "propertyName" in part
