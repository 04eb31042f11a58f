"""What writes docs/mechanisms.md: the catalogue of ``attention_core`` in words and pictures."""
