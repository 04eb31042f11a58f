"""The page: a section for each part of the spec, an entry for each kind."""

from collections.abc import Iterator
from typing import Any

from attention_core import catalogue
from generator import words
from generator.examples import as_json, example
from generator.markdown import code, plain, table
from generator.pictures import PICTURES, SCORES, Picture, Pictures
from generator.refusals import refusals
from generator.schema import parameter_tables

_ORDER = ("score", "position", "mask", "normalizer", "heads", "embedding", "projection")
_PROSE = {
    "position": words.POSITIONS,
    "mask": words.MASKS,
    "normalizer": words.NORMALIZERS,
    "heads": words.HEADS,
    "embedding": words.BESIDE,
    "projection": words.BESIDE,
}
_FLAGS = {
    "row_stochastic": "rows sum to one",
    "signed": "signed",
    "shift_invariant": "shift-invariant",
}
_GALLERY_COLUMNS = 4

Choice = dict[str, Any]


def write_page(pictures: Pictures) -> str:
    """Write the whole page as Markdown."""
    listed = catalogue()
    parts = {name: listed["parts"][name] for name in (*_ORDER, *listed["parts"])}
    blocks = [words.OPENING, *_contents(parts)]
    for name, part in parts.items():
        blocks += _section(name, part, pictures)
    blocks += _spec(listed)
    blocks += [words.REFUSALS, "\n".join(refusals()), words.ALSO_REFUSED, words.CONVENTIONS]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _contents(parts: dict[str, Any]) -> Iterator[str]:
    lines = []
    for name, part in parts.items():
        kinds = " · ".join(f"[{each['title']}](#{_anchor(name, each)})" for each in part["choices"])
        lines.append(f"- [**{part['title']}**](#{name}): {kinds}")
    lines.append("- [Softcap and presets](#spec) · [What is refused](#what-is-refused) · ")
    lines[-1] += "[Where conventions differ](#where-conventions-differ)"
    yield "\n".join(lines)


def _section(name: str, part: dict[str, Any], pictures: Pictures) -> Iterator[str]:
    yield f'<a id="{name}"></a>\n\n## {part["title"]}'
    yield f"{part['summary']} `{name}` in JSON; {code(part['default'])} when left out."
    if name in _PROSE:
        yield _PROSE[name]
    if name == "normalizer":
        yield _picture(pictures[SCORES][0])
        yield _flag_table(name, part["choices"])
    if name in ("mask", "normalizer"):
        yield "All at a glance; each leads to its entry."
        yield _gallery(name, part["choices"], pictures)
    for choice in part["choices"]:
        yield from _entry(name, choice, pictures.get((name, choice["kind"]), ()))


def _entry(name: str, choice: Choice, drawn: tuple[Picture, ...]) -> Iterator[str]:
    yield f'<a id="{_anchor(name, choice)}"></a>\n\n### {choice["title"]}'
    yield _identity(choice)
    yield f"```text\n{choice['formula']}\n```"
    for picture in drawn:
        yield _picture(picture)
    if choice["flags"]:
        told = (f"{title}: {_yes(choice, flag)}" for flag, title in _told_flags(choice))
        yield "Flags — " + " · ".join(told) + "."
    yield from parameter_tables(choice["parameters"])
    yield f"```json\n{as_json(example(name, choice))}\n```"


def _identity(choice: Choice) -> str:
    ids = code(choice["kind"])
    if choice["aliases"]:
        ids += f" (also {', '.join(map(code, choice['aliases']))})"
    text = f"{ids} — {plain(choice['summary'])}"
    if choice["source"]:
        text += f" Source: [{choice['source']['title']}]({choice['source']['url']})."
    return text


def _picture(picture: Picture) -> str:
    alt = picture.alt.replace("[", "(").replace("]", ")")
    return f"![{plain(alt)}]({PICTURES}/{picture.file_name})\n\n*{picture.caption}*"


def _flag_table(name: str, choices: list[Choice]) -> str:
    rows = [
        (
            f"[{choice['title']}](#{_anchor(name, choice)})",
            code(choice["formula"]),
            *(_yes(choice, flag) for flag, _ in _told_flags(choice)),
        )
        for choice in choices
    ]
    return table(("normaliser", "weight", *_FLAGS.values()), rows)


def _gallery(name: str, choices: list[Choice], pictures: Pictures) -> str:
    """Show all pictures of a part at once, small, each leading to its entry."""
    cells = [_thumbnail(name, each, pictures[name, each["kind"]][0]) for each in choices]
    rows = [
        f"<tr>\n{''.join(cells[start : start + _GALLERY_COLUMNS])}</tr>\n"
        for start in range(0, len(cells), _GALLERY_COLUMNS)
    ]
    return f"<table>\n{''.join(rows)}</table>"


def _thumbnail(name: str, choice: Choice, picture: Picture) -> str:
    source = f"{PICTURES}/{picture.file_name}"
    return (
        f'<td align="center"><a href="#{_anchor(name, choice)}">{choice["title"]}<br>'
        f'<img src="{source}" alt="" width="190"></a></td>\n'
    )


def _spec(listed: dict[str, Any]) -> Iterator[str]:
    yield '<a id="spec"></a>\n\n## Softcap and presets'
    yield "What belongs to no part stands in the spec itself."
    yield from parameter_tables(listed["spec"])
    yield '```json\n{"softcap": 30.0}\n```'
    yield "A **preset** is a named spec; other parts, and parameters of the same part, go over it."
    rows = [
        (code(each["id"]), f"**{each['title']}.** {each['summary']}", code(as_json(each["spec"])))
        for each in listed["presets"]
    ]
    yield table(("preset", "meaning", "spec"), rows)
    yield '```json\n{"preset": "article"}\n```'


def _told_flags(choice: Choice) -> list[tuple[str, str]]:
    return [(flag, title) for flag, title in _FLAGS.items() if flag in choice["flags"]]


def _yes(choice: Choice, flag: str) -> str:
    return "yes" if choice["flags"][flag] else "no"


def _anchor(name: str, choice: Choice) -> str:
    return f"{name}-{choice['kind']}"
