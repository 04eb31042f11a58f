"""Every text of the page exists in every language."""

import re

import pytest

from app.i18n import Language, choose_language, load_languages, read_messages
from tests.pages.messages import all_messages

LANGUAGES = load_languages()
_PLACEHOLDER = re.compile(r"\{\w+\}")


def test_every_text_of_the_page_is_translated_into_chinese() -> None:
    untranslated = {
        message: place
        for message, place in all_messages().items()
        if message not in read_messages("zh")
    }

    assert untranslated == {}


def test_no_translation_is_left_over() -> None:
    assert set(read_messages("zh")) - set(all_messages()) == set()


def test_a_translation_fills_in_the_same_names() -> None:
    for message, translation in read_messages("zh").items():
        assert set(_PLACEHOLDER.findall(message)) == set(_PLACEHOLDER.findall(translation)), message


@pytest.mark.parametrize(
    ("requested", "accept", "code"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "zh-Hant-TW", "zh"),
        (None, "en;q=0.5, zh;q=0.9", "zh"),
        (None, "fr, de;q=0.9", "en"),
        (None, "zh;q=0, en", "en"),
        (None, "zh;q=x", "en"),
        (None, ";;,,q=", "en"),
        ("zh", "en", "zh"),
        ("en", "zh", "en"),
        ("tlh", "zh", "zh"),
    ],
)
def test_the_language_asked_for_comes_before_the_one_accepted(
    requested: str | None, accept: str | None, code: str
) -> None:
    assert choose_language(requested, accept, LANGUAGES) == code


def test_a_text_without_a_translation_stays_english() -> None:
    language = Language("zh", "中文", {"Close": "关闭"})

    assert language.text("Close") == "关闭"
    assert language.text("Never written") == "Never written"
