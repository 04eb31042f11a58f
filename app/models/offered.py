"""Well-known small models that are offered by default and fetched when they are first used.

Each carries its weights as ``model.safetensors`` and has a permissive licence. Translation models
of Helsinki-NLP and OpenAI's CLIP are left out: their main branches hold pickles only.
"""

from app.models.registry import Entry
from attention_core import ModelFacts

_TEXT, _IMAGE = frozenset({"text"}), frozenset({"image"})

OFFERED = (
    Entry(
        "minilm",
        "sentence-transformers/all-MiniLM-L6-v2",
        "hub",
        "MiniLM (sentences)",
        "A small BERT that places sentences of like meaning close together.",
        ("The animal didn't cross the street because it was too tired.",),
        ModelFacts(
            is_here=False,
            accepts=_TEXT,
            can_generate=False,
            n_layers=6,
            n_heads=12,
            max_tokens=512,
            n_bytes=90_900_000,
        ),
    ),
    Entry(
        "bert",
        "google-bert/bert-base-uncased",
        "hub",
        "BERT base",
        "The encoder of 2018 that most studies of attention heads look at.",
        (
            "The animal didn't cross the street because it was too tired.",
            "The keys to the cabinet are on the table.",
        ),
        ModelFacts(
            is_here=False,
            accepts=_TEXT,
            can_generate=False,
            n_layers=12,
            n_heads=12,
            max_tokens=512,
            n_bytes=440_000_000,
        ),
    ),
    Entry(
        "bert-chinese",
        "google-bert/bert-base-chinese",
        "hub",
        "BERT base, Chinese",
        "BERT for Chinese: one token is one character.",
        ("动物没有过马路，因为它太累了。", "我爱自然语言处理。"),
        ModelFacts(
            is_here=False,
            accepts=_TEXT,
            can_generate=False,
            n_layers=12,
            n_heads=12,
            max_tokens=512,
            n_bytes=412_000_000,
        ),
    ),
    Entry(
        "gpt2",
        "openai-community/gpt2",
        "hub",
        "GPT-2 small",
        "A decoder that writes on; each token looks back only.",
        ("When Mary and John went to the store, John gave a drink to",),
        ModelFacts(
            is_here=False,
            accepts=_TEXT,
            can_generate=True,
            n_layers=12,
            n_heads=12,
            max_tokens=1024,
            n_bytes=548_000_000,
        ),
    ),
    Entry(
        "smollm2",
        "HuggingFaceTB/SmolLM2-135M",
        "hub",
        "SmolLM2 135M",
        "A small decoder of the Llama kind: rotary positions, three query heads to a key head.",
        ("The capital of France is",),
        ModelFacts(
            is_here=False,
            accepts=_TEXT,
            can_generate=True,
            n_layers=30,
            n_heads=9,
            max_tokens=8192,
            n_bytes=269_000_000,
        ),
    ),
    Entry(
        "flan-t5",
        "google/flan-t5-small",
        "hub",
        "FLAN-T5 small",
        "An encoder–decoder that follows short instructions, with cross-attention.",
        ("Translate English to German: The house is wonderful.",),
        ModelFacts(
            is_here=False,
            accepts=_TEXT,
            can_generate=True,
            n_layers=8,
            n_heads=6,
            max_tokens=512,
            n_bytes=308_000_000,
        ),
    ),
    Entry(
        "vit",
        "google/vit-base-patch16-224",
        "hub",
        "ViT base",
        "An image in 14 × 14 patches and one class token, told apart into 1,000 classes.",
        facts=ModelFacts(
            is_here=False,
            accepts=_IMAGE,
            can_generate=False,
            n_layers=12,
            n_heads=12,
            max_tokens=None,
            n_bytes=346_000_000,
        ),
    ),
    Entry(
        "dinov2",
        "facebook/dinov2-small",
        "hub",
        "DINOv2 small",
        "A vision transformer that learnt from images alone; its heads tell things from ground.",
        facts=ModelFacts(
            is_here=False,
            accepts=_IMAGE,
            can_generate=False,
            n_layers=12,
            n_heads=6,
            max_tokens=None,
            n_bytes=88_200_000,
        ),
    ),
)
