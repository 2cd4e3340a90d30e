"""README, runbook and program say the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipeline.cli import main
from pipeline.settings import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
RUNBOOK = (CHECKOUT / "docs" / "operating.md").read_text(encoding="utf-8")
# Set by the program itself for the processes that it starts.
INTERNAL = {"JAWABDEHI_CHECKOUT", "JAWABDEHI_HEAVY_POOL"}


def list_commands(group: click.Group, path: str = "jawabdehi") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from list_commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(list_commands(main)), ids=str)
def test_every_command_and_option_is_in_the_readme(path: str, command: click.Command) -> None:
    (line,) = [line for line in README.splitlines() if line.startswith(f"| `{path}")]
    for parameter in command.params:
        is_option = isinstance(parameter, click.Option)
        assert (parameter.opts[0] if is_option else parameter.human_readable_name.lower()) in line.lower()


@pytest.mark.parametrize("document", [README, RUNBOOK], ids=["README", "runbook"])
def test_every_command_in_a_document_exists(document: str) -> None:
    known = dict(list_commands(main))
    for written in re.findall(r"`(jawabdehi [^`]+)`", document):
        named = [path for path in known if f"{written} ".startswith(f"{path} ")]
        assert named, written
        options = {option for parameter in known[named[0]].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", written)) <= options, written


def test_the_runbook_says_what_to_do_about_every_sentence_of_the_digest() -> None:
    source = (CHECKOUT / "pipeline" / "digest.py").read_text(encoding="utf-8")
    sentences = re.findall(r'yield f?"(.+)"$', source, re.MULTILINE)
    assert len(sentences) > 8
    for sentence in sentences:
        # What stands between the values that are filled in.
        parts = [part.strip(" .:") for part in re.split(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", sentence)]
        (row,) = [line for line in RUNBOOK.splitlines() if all(part in line for part in parts)]
        assert row.startswith("|")


def test_every_variable_in_the_runbook_is_in_the_readme() -> None:
    assert set(re.findall(r"JAWABDEHI_[A-Z_]+", RUNBOOK)) <= set(re.findall(r"JAWABDEHI_[A-Z_]+", README))


def test_every_variable_of_the_code_is_in_the_readme_and_the_other_way_round() -> None:
    paths = [*Path(CHECKOUT / "pipeline").rglob("*.py"), *Path(CHECKOUT / "dags").rglob("*.py")]
    sources = [path.read_text(encoding="utf-8") for path in paths]
    used = {name for source in sources for name in re.findall(r"\"(JAWABDEHI_[A-Z_]+)\"", source)}
    # What begins so and goes on with a name that the operator chose.
    (open_ended,) = {
        name for source in sources for name in re.findall(r"f\"(JAWABDEHI_[A-Z_]+)\{", source)
    } - {"JAWABDEHI_"}
    used |= {
        f"JAWABDEHI_{name.upper()}"
        for name in ("hash_key", "vault_key", "fernet_key", "jwt_secret", "api_secret_key")
    }
    # What only several machines need stands with them.
    several = (CHECKOUT / "deploy" / "README.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(JAWABDEHI_[A-Z_]+)`", several, re.MULTILINE)
    written = {*re.findall(r"JAWABDEHI_[A-Z_]+", README), *explained}
    assert open_ended in written
    assert {name for name in written if not name.startswith(open_ended)} == used - INTERNAL


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z]+)$|`make ([a-z]+)`", README, re.MULTILINE)):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE)


def test_every_link_in_a_document_leads_to_a_file() -> None:
    for document, folder in ((README, CHECKOUT), (RUNBOOK, CHECKOUT / "docs")):
        for link in re.findall(r"\]\(([^)#]+)\)", document):
            assert (folder / link).exists()
