"""Opened models of random weights for texts of any length."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from attention_core.models import OpenedModel
from attention_core.models.preparing import Processors
from tests.models.tokenizers import byte_level


def opened_llama(n_layers: int = 2, dtype: torch.dtype = torch.float32) -> OpenedModel:
    """Make a tiny Llama that reads 16,384 bytes or merged ones: 10 heads, 5 of keys."""
    torch.manual_seed(0)
    tokenizer = byte_level()
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=40, num_hidden_layers=n_layers,
        num_attention_heads=10, num_key_value_heads=5, head_dim=6, intermediate_size=53,
        max_position_embeddings=2**14, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return OpenedModel(
        name="llama",
        source="object",
        model=LlamaForCausalLM(config).to(dtype).eval(),
        processors=Processors(accepts=frozenset({"text"}), tokenizer=tokenizer),
        max_tokens=2**14,
    )
