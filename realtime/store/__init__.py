"""The only truth: all SQL. One writer seam with group commit; readers beside it; every visible row has a seq."""

from sqlalchemy import Connection as Connection
