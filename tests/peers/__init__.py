"""Every mechanism against an independent implementation: torch, attn-gym, entmax and others."""
