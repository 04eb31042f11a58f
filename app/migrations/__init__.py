"""The steps of the index from nothing to its newest form, run by alembic."""
