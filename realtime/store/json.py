"""What each database has its own words for: looking into JSON, and looking for text whatever its case."""

from sqlalchemy import ColumnElement, Connection, TableValuedAlias, Text, cast, func


def json_text(column: ColumnElement[object]) -> ColumnElement[str]:
    """A JSON column as it is stored, to be decoded where nobody waits."""
    return cast(column, Text)


def holds_text(conn: Connection, column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    """Whether a column has this text in it; ASCII letters match in either case."""
    if conn.dialect.name != "sqlite":
        return column.icontains(wanted, autoescape=True)
    # Its LIKE takes no notice of the case of ASCII letters, and of no others; to have it lowered first costs the same
    # again.
    return column.contains(wanted, autoescape=True)


def members(column: ColumnElement[object]) -> TableValuedAlias:
    """The members of a JSON object, as a table of `key` and `value`."""
    return func.json_each(column).table_valued("key", "value", joins_implicitly=True)


def member_of_each(
    conn: Connection, column: ColumnElement[object], name: str
) -> tuple[TableValuedAlias, ColumnElement[str]]:
    """The elements of a JSON array of objects as a table, and a member of each as text."""
    if conn.dialect.name != "sqlite":
        elements = func.json_array_elements(column).table_valued("value", joins_implicitly=True)
        return elements, elements.c.value.op("->>")(name)
    elements = func.json_each(column).table_valued("key", "value", joins_implicitly=True)
    return elements, func.json_extract(elements.c.value, f"$.{name}")


def elements(conn: Connection, column: ColumnElement[object]) -> TableValuedAlias:
    """The elements of a JSON array of texts, as a table with `value`."""
    if conn.dialect.name != "sqlite":
        return func.json_array_elements_text(column).table_valued("value", joins_implicitly=True)
    return func.json_each(column).table_valued("key", "value", joins_implicitly=True)
