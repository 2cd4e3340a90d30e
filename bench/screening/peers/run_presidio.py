"""Presidio's analyzer with its Indian recognizers switched on and generic ones that go by patterns; no NLP model.

This folder is no package: the program runs in an environment of its own, where nothing of ours is there. Named on the
command line: a JSON list of texts, and where the results go: for each text the entities found, with their scores, and
the seconds that two processes took once they were ready.
"""

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    InAadhaarRecognizer,
    InGstinRecognizer,
    InPanRecognizer,
    InPassportRecognizer,
    InVehicleRegistrationRecognizer,
    InVoterRecognizer,
    PhoneRecognizer,
    UrlRecognizer,
)

# The list of suffixes that comes with the package: none is fetched.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
PROCESSES = 2
CHUNK = 250


class NoModel(NlpEngine):
    """An engine that knows no language, so that patterns alone are measured."""

    def load(self) -> None:
        """Load nothing."""

    def is_loaded(self) -> bool:
        """Tell that there is nothing to load."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:  # noqa: ARG002 (named by the interface)
        """Return no words and no names."""
        return NlpArtifacts([], [], [], [], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, **_: object
    ) -> Iterable[tuple[str, NlpArtifacts]]:
        """Return the same for many."""
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:  # noqa: ARG002 (named by the interface)
        """Know no words."""
        return False

    def is_punct(self, word: str, language: str) -> bool:  # noqa: ARG002 (named by the interface)
        """Know no marks."""
        return False

    def get_supported_entities(self) -> list[str]:
        """Find no names."""
        return []

    def get_supported_languages(self) -> list[str]:
        """Say English, as the recognizers do."""
        return ["en"]


def make_analyzer() -> AnalyzerEngine:
    """Return an analyzer whose recognizers go by patterns, checksums and the plan of Indian phone numbers."""
    registry = RecognizerRegistry(
        recognizers=[
            CreditCardRecognizer(),
            EmailRecognizer(),
            InAadhaarRecognizer(),
            InGstinRecognizer(),
            InPanRecognizer(),
            InPassportRecognizer(),
            InVehicleRegistrationRecognizer(),
            InVoterRecognizer(),
            PhoneRecognizer(supported_regions=("IN",)),
            UrlRecognizer(),
        ]
    )
    return AnalyzerEngine(registry=registry, nlp_engine=NoModel(), supported_languages=["en"])


ANALYZER = make_analyzer()


def find(text: str) -> list[tuple[str, float]]:
    """Return the entities of one text and their scores."""
    return [(one.entity_type, one.score) for one in ANALYZER.analyze(text, language="en")]


def main() -> None:
    """Look through all texts."""
    texts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        pool.map(find, texts[: 2 * PROCESSES])
        start = time.perf_counter()
        found = pool.map(find, texts, CHUNK)
        seconds = time.perf_counter() - start
        pool.close()
        pool.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime}
    Path(sys.argv[2]).write_text(json.dumps({"found": found, **cost}), encoding="utf-8")


if __name__ == "__main__":
    main()
