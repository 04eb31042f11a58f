"""docs/mechanisms.md says what the catalogue says, and its examples and refusals are true."""

import ast
import json
import re
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import TypeAdapter

from attention_core import (
    AnyEmbedding,
    AnyProjection,
    AttentionError,
    AttentionSpec,
    attend_tokens,
    catalogue,
    combinations,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "mechanisms.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
REFUSED = re.findall(r"^- \*\*.*?\*\*, as in `({.*?})`: (.*)$", PAGE, re.MULTILINE)
KINDS = [
    (name, choice["kind"])
    for name, part in catalogue()["parts"].items()
    for choice in part["choices"]
]
BESIDE: dict[str, TypeAdapter[Any]] = {
    "embedding": TypeAdapter(AnyEmbedding),
    "projection": TypeAdapter(AnyProjection),
}
TOKENS = [f"token {index}" for index in range(24)]


def test_the_page_and_its_pictures_are_as_generated(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DOCS / "generate.py", tmp_path], check=True)

    written, kept = contents(tmp_path), contents(DOCS)

    different = sorted(
        name for name in written.keys() | kept.keys() if written.get(name) != kept.get(name)
    )
    assert not different, f"{different} are not as generated; run `python docs/generate.py`"


@pytest.mark.parametrize("example", EXAMPLES, ids=json.dumps)
def test_an_example_is_a_spec_that_computes(example: dict[str, Any]) -> None:
    parts = {name: example.pop(name) for name in BESIDE if name in example}
    for name, value in parts.items():
        BESIDE[name].validate_python(value)

    found = attend_tokens(TOKENS, spec=AttentionSpec.model_validate(example))

    assert found.weights().isfinite().all()


@pytest.mark.parametrize(("part", "kind"), KINDS)
def test_a_kind_has_its_entry_with_its_own_example(part: str, kind: str) -> None:
    entry = PAGE.split(f'<a id="{part}-{kind}"></a>')[1].split("<a id=")[0]

    example = json.loads(re.findall(r"```json\n(.*?)```", entry, re.DOTALL)[0])

    assert example[part] == kind or example[part]["kind"] == kind
    if part in ("mask", "normalizer"):
        assert f"/{part}-{kind}.svg)" in entry


def test_every_picture_named_is_a_small_file_and_every_file_is_named() -> None:
    named = {DOCS / path for path in re.findall(r"images/mechanisms/[\w-]+\.svg", PAGE)}

    assert named == set((DOCS / "images/mechanisms").glob("*.svg"))
    for path in named:
        assert path.stat().st_size < 20_000, path
        assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_every_link_within_the_page_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    there = {heading.lower().replace(" ", "-") for heading in headings}
    there |= set(re.findall(r'<a id="(.*?)">', PAGE))

    assert set(re.findall(r'[("]#([\w-]+)', PAGE)) <= there


@pytest.mark.parametrize(("spec", "message"), REFUSED)
def test_what_is_said_to_be_refused_is_refused_with_these_words(spec: str, message: str) -> None:
    with pytest.raises(AttentionError) as caught:
        attend_tokens(TOKENS, spec=AttentionSpec.model_validate_json(spec))

    assert str(caught.value) == message


def test_every_refusal_of_a_combination_is_told() -> None:
    source = Path(combinations.__file__)
    raises = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
    ]

    assert {line_of_refusal(spec, source) for spec, _ in REFUSED} == {
        each.lineno for each in raises
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Read the page and its pictures."""
    files = [folder / "mechanisms.md", *(folder / "images/mechanisms").glob("*.svg")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def line_of_refusal(spec: str, source: Path) -> int | None:
    """Tell which line of a file refuses a spec."""
    with pytest.raises(AttentionError) as caught:
        attend_tokens(TOKENS, spec=AttentionSpec.model_validate_json(spec))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert Path(last.filename) == source
    return last.lineno
