"""Questions: what the contract asks for is taken out of a filled form, and of all the rest its names alone.

Servers lay forms out in groups, which are passed through here: a question is known by its own name, the last part of
its path. What an answer means is not decided here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.errors import JawabdehiError

_NOT_QUESTIONS = frozenset({"meta", "formhub"})
"""Parts of a form that hold what servers and devices say of it, `instanceName` among them."""


@dataclass(frozen=True)
class _Question:
    path: str
    value: object
    repeated: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class QuestionReader:
    """Reads forms of one `source` for the questions in `names`, which are those of the contract."""

    source: str
    names: frozenset[str]

    def read(self, form: Mapping[str, object]) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the answers to the contract's questions, and the sorted names of other questions that are answered.

        `form` may be nested or have paths `group/question` for keys. Blank answers are left out. Raises
        JawabdehiError where a form asks a question of the contract twice, in a repeat, or for something else than
        text, numbers or codes.
        """
        answers: dict[str, str] = {}
        others: set[str] = set()
        places: dict[str, str] = {}
        for question in _list_questions(form):
            name, text = question.name, _as_text(question.value)
            if name in self.names:
                self._check(question, places.setdefault(name, question.path), text)
                if text and not text.isspace():
                    answers[name] = text
            elif text is None or (text and not text.isspace()):
                others.add(name)
        return answers, tuple(sorted(others))

    def _check(self, question: _Question, first: str, text: str | None) -> None:
        if question.repeated:
            trouble = "in a repeat: ask it once, outside of it"
        elif question.path != first:
            trouble = "in two places: ask it in one"
        elif text is None:
            trouble = (
                "for something else than text, a number or codes: ask it as the form of the program does"
            )
        else:
            return
        raise JawabdehiError(f"The form of the source {self.source} asks {question.name} {trouble}.")


def _list_questions(
    form: Mapping[str, object], above: str = "", repeated: bool = False
) -> Iterator[_Question]:
    for key, value in form.items():
        path = f"{above}{key}"
        # OData notes such as `children@odata.navigationLink` are no answers.
        if path.partition("/")[0] in _NOT_QUESTIONS or "@" in key:
            continue
        if isinstance(value, Mapping) and not _is_place(value):
            yield from _list_questions(value, f"{path}/", repeated)
        elif isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            for item in value:
                yield from _list_questions(item, f"{path}/", repeated=True)
        elif not path.rpartition("/")[2].startswith("_"):
            yield _Question(path, value, repeated)


def _is_place(value: Mapping[str, object]) -> bool:
    """Tell whether a value is a point, line or area as GeoJSON, not a group of questions."""
    return isinstance(value.get("type"), str) and "coordinates" in value


def _as_text(value: object) -> str | None:
    """Write an answer as a CSV cell holds it: blank where there is none, None where it is no text at all."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "" if value is None else None
