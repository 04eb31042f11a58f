"""Tiny models of transformers with random weights, and inputs for them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import transformers as tf
from torch import Tensor, nn

N_TOKENS = 13
N_SOURCE = 11
VOCABULARY = 97


class Case(NamedTuple):
    """A tiny model, and what it is called with.

    Attributes:
        model: In eval mode, with the kernel that transformers chooses for it.
        tensors: One sequence.
    """

    model: nn.Module
    tensors: dict[str, Tensor]


def _ids(n: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(5, VOCABULARY, (1, n), generator=generator)


def _text() -> dict[str, Tensor]:
    return {"input_ids": _ids(N_TOKENS)}


def _pair() -> dict[str, Tensor]:
    return {"input_ids": _ids(N_SOURCE), "decoder_input_ids": _ids(N_TOKENS, 1)}


def _pixels(size: int) -> Tensor:
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(2))


_SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 42,
    "num_hidden_layers": 3,
    "num_attention_heads": 7,
    "intermediate_size": 53,
    "max_position_embeddings": 64,
}
_GQA = {
    **_SMALL,
    "hidden_size": 40,
    "num_attention_heads": 10,
    "num_key_value_heads": 5,
    "head_dim": 6,
}
_BART = {
    "vocab_size": VOCABULARY,
    "d_model": 42,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 7,
    "decoder_attention_heads": 3,
    "encoder_ffn_dim": 53,
    "decoder_ffn_dim": 53,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
    "forced_eos_token_id": None,
}


def _bert() -> Any:
    return tf.BertModel(tf.BertConfig(**_SMALL)), _text()


def _roberta() -> Any:
    return tf.RobertaModel(tf.RobertaConfig(**_SMALL)), _text()


def _distilbert() -> Any:
    config = tf.DistilBertConfig(
        vocab_size=VOCABULARY,
        dim=42,
        n_layers=3,
        n_heads=7,
        hidden_dim=53,
        max_position_embeddings=64,
    )
    return tf.DistilBertModel(config), _text()


def _gpt2() -> Any:
    config = tf.GPT2Config(vocab_size=VOCABULARY, n_embd=42, n_layer=3, n_head=7, n_positions=64)
    return tf.GPT2LMHeadModel(config), _text()


def _gpt_neox() -> Any:
    return tf.GPTNeoXForCausalLM(tf.GPTNeoXConfig(**{**_SMALL, "hidden_size": 56})), _text()


def _llama() -> Any:
    return tf.LlamaForCausalLM(tf.LlamaConfig(**_GQA)), _text()


def _qwen3() -> Any:
    return tf.Qwen3ForCausalLM(tf.Qwen3Config(**_GQA)), _text()


def _gemma2() -> Any:
    config = tf.Gemma2Config(
        **_GQA, sliding_window=5, attn_logit_softcapping=0.5, query_pre_attn_scalar=6
    )
    return tf.Gemma2ForCausalLM(config), _text()


def _gpt_oss() -> Any:
    # torch.nn.functional.grouped_mm wants rows of 16 bytes' multiples.
    sizes = {**_GQA, "intermediate_size": 52}
    config = tf.GptOssConfig(
        **sizes,
        sliding_window=5,
        num_local_experts=3,
        num_experts_per_tok=2,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
    )
    return tf.GptOssForCausalLM(config), _text()


def _mistral() -> Any:
    return tf.MistralForCausalLM(tf.MistralConfig(**_GQA, sliding_window=5)), _text()


def _t5() -> Any:
    config = tf.T5Config(
        vocab_size=VOCABULARY,
        d_model=42,
        d_kv=6,
        d_ff=53,
        num_layers=3,
        num_decoder_layers=2,
        num_heads=7,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=12,
        decoder_start_token_id=0,
    )
    return tf.T5ForConditionalGeneration(config), _pair()


def _marian() -> Any:
    return tf.MarianMTModel(tf.MarianConfig(**_BART)), _pair()


def _bart() -> Any:
    return tf.BartForConditionalGeneration(tf.BartConfig(**_BART)), _pair()


def _vit() -> Any:
    config = tf.ViTConfig(
        hidden_size=42,
        num_hidden_layers=3,
        num_attention_heads=7,
        intermediate_size=53,
        image_size=20,
        patch_size=4,
    )
    return tf.ViTModel(config), {"pixel_values": _pixels(20)}


def _clip() -> Any:
    vision = {
        "hidden_size": 42,
        "num_hidden_layers": 2,
        "num_attention_heads": 7,
        "intermediate_size": 53,
        "image_size": 20,
        "patch_size": 4,
    }
    text = {**_SMALL, "num_attention_heads": 3, "eos_token_id": 2, "bos_token_id": 1}
    config = tf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=11)
    return tf.CLIPModel(config), {**_text(), "pixel_values": _pixels(20)}


def _whisper() -> Any:
    options = {
        k: v
        for k, v in _BART.items()
        if k not in {"max_position_embeddings", "forced_eos_token_id"}
    }
    config = tf.WhisperConfig(
        **options,
        num_mel_bins=5,
        max_source_positions=17,
        max_target_positions=64,
        bos_token_id=1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    features = torch.rand(1, 5, 34, generator=torch.Generator().manual_seed(3))
    model = tf.WhisperForConditionalGeneration(config)
    return model, {"input_features": features, "decoder_input_ids": _ids(N_TOKENS, 1)}


def _bloom() -> Any:
    config = tf.BloomConfig(vocab_size=VOCABULARY, hidden_size=42, n_layer=3, n_head=7)
    return tf.BloomForCausalLM(config), _text()


def _deberta() -> Any:
    config = tf.DebertaV2Config(
        **_SMALL,
        relative_attention=True,
        pos_att_type=["c2p", "p2c"],
        type_vocab_size=0,
    )
    return tf.DebertaV2Model(config), _text()


MAKERS: dict[str, Callable[[], Any]] = {
    "BERT": _bert,
    "RoBERTa": _roberta,
    "DistilBERT": _distilbert,
    "GPT-2": _gpt2,
    "GPT-NeoX": _gpt_neox,
    "Llama": _llama,
    "Qwen3": _qwen3,
    "Gemma 2": _gemma2,
    "gpt-oss": _gpt_oss,
    "Mistral": _mistral,
    "T5": _t5,
    "Marian": _marian,
    "BART": _bart,
    "ViT": _vit,
    "CLIP": _clip,
    "Whisper": _whisper,
    "BLOOM": _bloom,
    "DeBERTa": _deberta,
}
BY_FALLBACK = frozenset({"BLOOM", "DeBERTa"})


def case(name: str) -> Case:
    """Make a tiny model, the same each time.

    Its weights are wide enough that rows are far from even; with wider ones the kernels of
    transformers themselves, sdpa and eager, drift apart by 1e-5 from layer to layer.
    """
    torch.manual_seed(0)
    model, tensors = MAKERS[name]()
    with torch.no_grad():
        for path, parameter in model.named_parameters():
            if parameter.ndim > 1 or "sinks" in path:
                parameter.normal_(0.0, 0.15)
    return Case(model.eval(), tensors)


def eager_weights(tiny: Case) -> dict[str, list[Tensor]]:
    """Ask transformers itself for the weights of every layer: the reference."""
    before = tiny.model.config._attn_implementation  # type: ignore[union-attr]
    tiny.model.set_attn_implementation("eager")  # type: ignore[operator]
    with torch.no_grad():
        outputs = tiny.model(**tiny.tensors, output_attentions=True)
    tiny.model.set_attn_implementation(before)  # type: ignore[operator]
    if "encoder_attentions" in outputs:
        found = {
            "encoder": outputs.encoder_attentions,
            "decoder": outputs.decoder_attentions,
            "cross": outputs.cross_attentions,
        }
    elif "vision_model_output" in outputs:
        found = {
            "text": outputs.text_model_output.attentions,
            "vision": outputs.vision_model_output.attentions,
        }
    else:
        found = {"self": outputs.attentions}
    return {kind: [layer[0] for layer in layers] for kind, layers in found.items()}
