"""The page as the server sends it, before any script runs."""

import gzip
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import numpy as np
import pytest
from safetensors.numpy import save

from app.folders import page_folder
from app.pages import IMMUTABLE
from attention_core import catalogue

PAGES = ["/", "/captures/some-id"]
"""The explorer's page is the same for every capture, known or not."""


class Attributes(HTMLParser):
    """Collects every element of a page with its attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server) as client:
        yield client


def addresses(markup: str) -> set[str]:
    """List the files that the page loads."""
    loaded = set()
    for tag, attributes in Attributes(markup).elements:
        if tag == "script" or (tag == "link" and "href" in attributes):
            loaded.add(attributes.get("src") or attributes["href"] or "")
        loaded |= {value or "" for name, value in attributes.items() if name.startswith("data-m")}
    return {each for each in loaded if each and not each.startswith("/api/")}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_holds_no_inline_script_and_no_inline_style(
    client: httpx.Client, page: str
) -> None:
    for tag, attributes in Attributes(client.get(page).text).elements:
        assert tag != "style"
        assert "style" not in attributes
        assert tag != "script" or attributes.get("src")
        assert not any(name.startswith("on") for name in attributes)


@pytest.mark.parametrize("page", PAGES)
def test_everything_the_page_loads_is_there_and_may_be_kept(
    client: httpx.Client, page: str
) -> None:
    markup = client.get(page).text

    for address in addresses(markup):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == IMMUTABLE, address


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_a_module_imports_is_preloaded(client: httpx.Client, page: str) -> None:
    modules = [each for each in addresses(client.get(page).text) if each.endswith(".js")]
    imported = set()
    for module in modules:
        for path in re.findall(
            r'^(?:import|\} from).*?"(\.[^"]+)"', client.get(module).text, re.MULTILINE
        ):
            imported.add(str(httpx.URL(f"http://x{module}").join(path).path))

    assert imported <= set(modules)


def test_the_style_sheet_comes_whole_and_its_pictures_are_there(client: httpx.Client) -> None:
    address = next(each for each in addresses(client.get("/").text) if each.endswith("main.css"))
    sheet = client.get(address).text
    pictures = set(re.findall(r'url\("([^"]+)"\)', sheet))

    assert "@import" not in sheet
    assert "@layer components {" in sheet
    assert pictures
    for picture in pictures:
        assert (
            client.get(str(httpx.URL(f"http://x{address}").join(picture).path)).status_code == 200
        )


def test_an_unchanged_file_is_not_sent_again(client: httpx.Client) -> None:
    address = next(each for each in addresses(client.get("/").text) if each.endswith("plotly.css"))
    tag = client.get(address).headers["etag"]

    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_the_chart_bundle_is_sent_compressed_where_the_client_takes_it(
    client: httpx.Client,
) -> None:
    address = next(each for each in addresses(client.get("/").text) if "/plotly-" in each)
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        compressed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})

    assert "content-encoding" not in plain.headers
    assert gzip.decompress(compressed) == plain.content
    assert len(compressed) < len(plain.content) / 2


@pytest.mark.parametrize(
    ("address", "accept", "language", "word"),
    [
        ("/", "en", "en", "Mechanism"),
        ("/", "zh-CN,zh;q=0.9", "zh", "机制"),
        ("/?lang=zh", "en", "zh", "机制"),
        ("/?lang=en", "zh", "en", "Mechanism"),
        ("/?lang=%3Cscript%3E", "en", "en", "Mechanism"),
        ("/captures/some-id", "en", "en", "All heads"),
        ("/captures/some-id?lang=zh", "en", "zh", "所有头"),
        ("/captures/%22%3E%3Cscript%3E", "en", "en", "All heads"),
    ],
)
def test_the_page_comes_in_the_language_of_its_reader(
    client: httpx.Client, address: str, accept: str, language: str, word: str
) -> None:
    answer = client.get(address, headers={"Accept-Language": accept})

    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    assert f'<html lang="{language}"' in answer.text
    assert word in answer.text
    assert "<script>" not in answer.text


def test_a_page_loads_no_module_of_the_other_one(client: httpx.Client) -> None:
    home, explorer = (
        {each.rsplit("/js/", 1)[1] for each in addresses(client.get(page).text) if "/js/" in each}
        for page in PAGES
    )

    assert {"main.js", "views/models/dialog.js"} <= home - explorer
    assert {"explorer.js", "views/explorer/grid.js"} <= explorer - home
    assert "lib/dom.js" in home & explorer


@pytest.mark.parametrize(("n_tokens", "words"), [(4096, "whole"), (4097, "later")])
def test_a_page_asks_ahead_for_words_only_where_there_are_few(
    client: httpx.Client, n_tokens: int, words: str
) -> None:
    x = np.zeros((n_tokens, 1), np.float32)
    fields = {"source": "tensors", "format": "safetensors"}
    kind = {"Content-Type": "application/octet-stream"}
    body = save({"query": x, "key": x})
    answer = client.post("/api/v1/captures", params=fields, content=body, headers=kind)
    path = answer.headers["location"]
    while client.get(path, params={"tokens": "false"}).json()["state"] != "ready":
        time.sleep(0.05)
    elements = Attributes(client.get(path.removeprefix("/api/v1")).text).elements

    ahead = [each["href"] for tag, each in elements if tag == "link" and "href" in each]
    assert elements[0][1]["data-words"] == words
    assert (path in ahead) == (words == "whole")
    assert (f"{path}?tokens=false" in ahead) == (words == "later")
    assert f"{path}/grid?kind=self&cell=32" in ahead


def test_a_page_of_an_unknown_capture_asks_ahead_for_no_words(client: httpx.Client) -> None:
    elements = Attributes(client.get("/captures/some-id").text).elements

    assert elements[0][1]["data-words"] == ""


def test_no_mechanism_is_named_in_scripts_or_templates() -> None:
    parts = catalogue()["parts"].values()
    kinds = {choice["kind"] for part in parts for choice in part["choices"]}
    # Ids that are also plain words of the language, of CSS or of JSON Schema.
    kinds -= {"and", "or", "not", "none", "full", "custom", "given", "dot", "general", "random"}
    files = [
        *(page_folder("static") / "js").rglob("*.js"),
        *page_folder("templates").glob("*.html"),
    ]

    for path in files:
        words = set(re.findall(r"[\"'](\w+)[\"']", path.read_text("utf-8")))
        assert words & kinds == set(), path.name
