"""`/api/v1`: a hash's versions, and hashes copied from another experiment."""

from typing import Any

from realtime.protocol.definitions import CopiedDefinition, CopiedDefinitions, CopyDefinitions, Version, VersionPage
from realtime.service.copying import Copy, copy_definitions, plan_copies
from realtime.service.definitions import known_definition
from realtime.store import Connection, definitions
from realtime.web.context import house
from realtime.web.listing import page_of_experiment
from realtime.web.routing import Api, Reply

definitions_api = Api("definitions")

MOST = 1_000_000
"""Versions of a hash: all are told."""


@definitions_api.route("GET", "/experiments/<experiment>/definitions/<int:id>/versions", answer=VersionPage)
async def list_versions(experiment: str, id: int) -> dict[str, Any]:
    """All versions of a hash, newest first."""

    def read(conn: Connection) -> list[Version]:
        known_definition(conn, experiment, id)
        fields = Version.__struct_fields__
        return [Version(**{name: row[name] for name in fields}) for row in definitions.versions(conn, id)]

    return await page_of_experiment(experiment, MOST, read, lambda version: version.version)


@definitions_api.route(
    "POST",
    "/experiments/<experiment>/definitions/copy",
    body=CopyDefinitions,
    answer=CopiedDefinitions,
    status=201,
    answers={200: "with preview: what would be made"},
)
async def copy_hashes(experiment: str, body: CopyDefinitions) -> CopiedDefinitions | Reply:
    """Copy hashes of another experiment, with parts of their paths and parameters replaced.

    One that cannot be made (its name is taken, its path is no path any more) is left out; the others are made.
    """
    here = house()
    replaced = [(one.find, one.with_) for one in body.replace]
    asked = experiment, body.from_, body.definitions, replaced
    if body.preview:
        return Reply(value=_told(await here.store.read(lambda conn: plan_copies(conn, *asked))), status=200)
    return _told(await here.store.write(lambda tx: copy_definitions(tx, *asked, here.user)))


def _told(copies: list[Copy]) -> CopiedDefinitions:
    fields = ("name", "executable", "parameters", "made", "problem")
    return CopiedDefinitions(
        items=[CopiedDefinition(id=copy.source, **{name: getattr(copy, name) for name in fields}) for copy in copies]
    )
