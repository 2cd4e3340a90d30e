"""Commands about the weights of linkage: learn new ones and see how they do, for a person to accept."""

from pathlib import Path

import click

from pipeline.cli_review import ready


@click.group()
def weights() -> None:
    """Learn new weights for linkage; nothing uses them before a person accepts them."""


@weights.command()
def propose() -> None:
    """Fit the weights anew to made-up worlds and to pairs that two reviewers settled."""
    from pipeline.jobs.weighing import propose_weights

    propose_weights(ready(), click.echo)


@weights.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the file of weights.",
)
def learn(out: Path) -> None:
    """Fit the weights anew to made-up worlds alone, as the first version was; takes a quarter of an hour."""
    from pipeline.jobs.weighing import learn_from_worlds

    learn_from_worlds(out, click.echo)
