"""The built container image, run as a user would; not part of ``make test``."""
