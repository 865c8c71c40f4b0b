"""Markdown: what people write becomes HTML that can do no harm, and in time."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calmboard.work.discussion.markdown import render

_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr"}
_TAGS = _BLOCKS | {"table", "thead", "tbody", "tr", "th", "td", "a", "strong", "em", "s", "code", "br"}
_ATTRIBUTES = {"a": {"href", "title", "rel"}, "ol": {"start"}}
_VECTORS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    '<a href="javascript:alert(1)" onclick=alert(1)>x</a>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](/sign-out)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    '![x" onerror="alert(1)](https://evil.example/pixel.png)',
    '[x](https://evil.example "title\\" onmouseover=\\"alert(1)")',
    '[x](https://evil.example/"onmouseover="alert(1))',
    "![<script>alert(1)</script>](https://evil.example/)",
    "```<script>\nalert(1)\n```",
    "`</code><script>alert(1)</script>`",
    "|<script>|\n|-|\n|<img onerror=alert(1)>|",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
_PIECES = [
    *_VECTORS,
    *"[](){}<>!*_~`|#&\\\"'\n\t =/:-\0\u202e",
    "https://a.example",
    "javascript:",
    "onload=",
    "<a href=",
    "&#x6a;",
]


class _Checker(HTMLParser):
    """Refuses every tag, attribute and address that is not on the list."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS
        assert {name for name, _ in attrs} <= _ATTRIBUTES.get(tag, set())
        if tag == "a" and "href" in dict(attrs):
            assert (dict(attrs)["href"] or "").lower().startswith(("http://", "https://", "mailto:"))
            assert dict(attrs)["rel"] == "nofollow noopener noreferrer"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def assert_harmless(html: str) -> None:
    checker = _Checker()
    checker.feed(html)
    checker.close()


@pytest.mark.parametrize("text", _VECTORS)
def test_no_known_attack_survives(text: str) -> None:
    assert_harmless(render(text))


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=8)), max_size=20).map("".join))
def test_no_text_becomes_harmful(text: str) -> None:
    assert_harmless(render(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** *soft* ~~gone~~ `code`", "<p><strong>bold</strong> <em>soft</em> <s>gone</s> <code>code</code></p>\n"),
        ("# Title", "<h1>Title</h1>\n"),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        ("a < b && <b>c</b>", "<p>a &lt; b &amp;&amp; &lt;b&gt;c&lt;/b&gt;</p>\n"),
        (
            "[docs](https://a.example/?a=1&b=2 'Read')",
            '<p><a href="https://a.example/?a=1&amp;b=2" title="Read" rel="nofollow noopener noreferrer">docs</a></p>\n',
        ),
        ("<me@a.example>", '<p><a href="mailto:me@a.example" rel="nofollow noopener noreferrer">me@a.example</a></p>\n'),
        ("[no](javascript:x)", "<p>[no](javascript:x)</p>\n"),
    ],
)
def test_what_people_write_reads_as_they_meant_it(text: str, html: str) -> None:
    assert render(text) == html


def test_a_table_is_a_table() -> None:
    assert "<td>2</td>" in render("|a|b|\n|:-|-|\n|1|2|")


@pytest.mark.parametrize(("alt", "words"), [("The moon", "The moon"), ("", "https://a.example/moon.png")])
def test_an_image_becomes_a_link_to_it(alt: str, words: str) -> None:
    link = '<a href="https://a.example/moon.png" rel="nofollow noopener noreferrer">'
    assert render(f"![{alt}](https://a.example/moon.png)") == f"<p>{link}{words}</a></p>\n"


def test_an_image_from_this_server_is_no_link_either() -> None:
    assert "<a" not in render("![x](/static/logo.png)")


@pytest.mark.parametrize(
    "piece",
    ["[", "![", "[a](", "*", "a**", "*_", "~~a", "`", "`a``", "> ", "- ", "  - x\n", "|", "x|x\n-|-\n", "<", "&", "\\", "[^"],
)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    started_at = time.perf_counter()
    assert_harmless(render(text))
    assert time.perf_counter() - started_at < 2


def test_a_text_of_marks_alone_is_shown_as_typed() -> None:
    assert render("[<" * 3000) == f"<p>{'[&lt;' * 3000}</p>"
