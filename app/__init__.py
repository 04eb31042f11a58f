"""The service: HTTP in, calls of ``attention_core``, JSON and pages out."""
