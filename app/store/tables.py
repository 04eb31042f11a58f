"""The tables of the index, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

CAPTURES = Table(
    "captures",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    # How often it was begun; one that ends its process each time is not begun for ever.
    Column("n_runs", Integer, nullable=False),
    # What was posted, as JSON, so that a restart can make the capture without its client.
    Column("source", Text, nullable=False),
    # What every listing shows of a ready capture, as JSON; none before.
    Column("facts", Text),
    # Tokens and specs, as JSON: megabytes where sequences are long, so no listing reads them.
    Column("details", Text),
    Column("n_bytes", BigInteger, nullable=False),
    Column("sha256", String(64)),
    # The problem that a failed capture ended with, as JSON.
    Column("problem", Text),
)

Index("captures_by_state", CAPTURES.c.state, CAPTURES.c.created_us)
Index("captures_by_place", CAPTURES.c.is_pinned, CAPTURES.c.created_us, CAPTURES.c.id)
