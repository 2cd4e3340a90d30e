"""The page that collectives make case tokens with: one file that needs no internet.

What it computes is in `pipeline.tokens`, too; what it says is in `case_token_sentences`.
"""

import base64
import hashlib
import json

from pipeline.contract import load_contract
from pipeline.forms.case_token_sentences import SENTENCES
from pipeline.language import ENGLISH, Language, list_languages, load_language
from pipeline.templates import TEMPLATES, fill_template
from pipeline.tokens import HASHED, INVISIBLE, ITERATIONS, LEAST_SECRET, LENGTH, SALT, SIGN_OF, SPACE, ZEROS


def write_case_token_page() -> bytes:
    """Return the page as one HTML file that loads nothing, in all languages; the same bytes each time."""
    texts = {code: _say_all(load_language(code)) for code in list_languages()}
    style = (TEMPLATES / "case_token.css").read_text(encoding="utf-8")
    program = (TEMPLATES / "case_token.js").read_text(encoding="utf-8")
    script = f"const PAGE = {_encode(_describe(texts))};\n{program}"
    return fill_template(
        "case_token.html.j2",
        texts=texts,
        languages=[load_language(code) for code in texts],
        collectives=load_contract().code_lists["collectives"].codes.values(),
        style=style,
        script=script,
        style_hash=_hash_source(style),
        script_hash=_hash_source(script),
    )


def _say_all(language: Language) -> dict[str, str]:
    # What the page alone knows is left as it is: how many characters were typed.
    known = {"least": LEAST_SECRET, "length": LENGTH, "count": "{count}"}
    return {key: language.say_marked(sentence, **known) for key, sentence in SENTENCES.items()}


def _describe(texts: dict[str, dict[str, str]]) -> dict[str, object]:
    return {
        "iterations": ITERATIONS,
        "least": LEAST_SECRET,
        "salt": SALT,
        "hashed": HASHED,
        "signOf": SIGN_OF,
        "invisible": f"[{INVISIBLE}]",
        "space": f"[{SPACE}]+",
        "zeros": ZEROS,
        "unread": [code for code in texts if code != ENGLISH and not load_language(code).reviewed],
        "texts": texts,
    }


def _encode(description: dict[str, object]) -> str:
    # Within a script nothing may look like the end of it.
    return json.dumps(description, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash_source(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
