"""The models that the service may open: which there are, and which are loaded."""

from app.models.places import PoolClosedError
from app.models.pool import ModelPool, ModelRow, State
from app.models.registry import Entry, Registry, RegistryError, Source
from app.models.start import open_pool, registry_of

__all__ = [
    "Entry",
    "ModelPool",
    "ModelRow",
    "PoolClosedError",
    "Registry",
    "RegistryError",
    "Source",
    "State",
    "open_pool",
    "registry_of",
]
