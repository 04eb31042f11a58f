"""Finds every text that the page can show: in its scripts, templates, data and the catalogue."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from jinja2.ext import babel_extract

from app.folders import page_folder
from app.models.offered import OFFERED
from attention_core import catalogue, zoo_cards

JS_KEYWORDS: dict[str, Any] = {"t": None, "tNodes": None}
JS_OPTIONS: dict[str, Any] = {"parse_template_string": True}


def all_messages() -> dict[str, str]:
    """Map each English text to the place that shows it."""
    found: dict[str, str] = {}
    for place, message in (
        *_scripts(),
        *_templates(),
        *_examples(),
        *_catalogue(),
        *_models(),
    ):
        found.setdefault(message, place)
    return found


def _scripts() -> Iterator[tuple[str, str]]:
    for path in sorted((page_folder("static") / "js").rglob("*.js")):
        if path.name != "docs.js":
            yield from _extracted(path, "javascript", keywords=JS_KEYWORDS, options=JS_OPTIONS)


def _templates() -> Iterator[tuple[str, str]]:
    for path in sorted(page_folder("templates").glob("*.html")):
        if path.name != "docs.html":
            yield from _extracted(path, babel_extract, keywords={"_": None})


def _extracted(
    path: Path, method: Any, *, keywords: dict[str, Any], options: dict[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    with path.open("rb") as file:
        for line, message, _, _ in extract(method, file, keywords=keywords, options=options):
            if isinstance(message, str):
                yield f"{path.name}:{line}", message


def _examples() -> Iterator[tuple[str, str]]:
    for name in ("examples.json", "comparisons.json"):
        path = page_folder("static") / "data" / name
        for example in json.loads(path.read_text("utf-8")):
            yield name, example["title"]
            yield name, example["says"]


def _models() -> Iterator[tuple[str, str]]:
    cards = [(card.name, card.title, card.summary) for card in zoo_cards()]
    offered = [(entry.name, entry.title, entry.summary) for entry in OFFERED]
    for name, title, summary in (*cards, *offered):
        yield f"model {name}", title
        yield f"model {name}", summary


def _catalogue() -> Iterator[tuple[str, str]]:
    whole = catalogue()
    for name, part in whole["parts"].items():
        yield from _named(f"catalogue {name}", part)
        for choice in part["choices"]:
            place = f"catalogue {name} {choice['kind']}"
            yield from _named(place, choice)
            yield from _parameters(place, choice["parameters"])
    yield from _parameters("catalogue spec", whole["spec"])
    for preset in whole["presets"]:
        yield from _named("catalogue presets", preset)


def _parameters(place: str, schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for schema_of_one in schema.get("properties", {}).values():
        for text in ("title", "description"):
            if text in schema_of_one:
                yield place, schema_of_one[text]
        for option in schema_of_one.get("enum", ()):
            yield place, option.replace("_", " ")
        for choice in (*schema_of_one.get("anyOf", ()), *schema_of_one.get("oneOf", ())):
            yield from _choice(place, choice)


def _choice(place: str, schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the texts of one object among several, told apart by a constant."""
    for choice in (*schema.get("oneOf", ()), schema):
        if "properties" in choice:
            yield place, choice["title"]
            if "description" in choice:
                yield place, choice["description"]
            told = {n: each for n, each in choice["properties"].items() if "const" not in each}
            yield from _parameters(place, {"properties": told})


def _named(place: str, texts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield place, texts["title"]
    yield place, texts["summary"]
