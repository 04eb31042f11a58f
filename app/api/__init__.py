"""The routers of the HTTP API, one noun each."""

API_PREFIX = "/api/v1"
