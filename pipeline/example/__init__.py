"""Made-up returns of the eleven collectives: every person, office, incident and number in them is invented.

Nothing here is about a real person, office or case. Here belong the invention of a small world, its telling by
the collectives in the forms, spellings and languages that returns really have, and the mistakes that people
really make. Words, weights and habits are the CSV files beside the modules. What is read, judged or counted
does not belong here. Nothing else of the program imports this package but its command and `pipeline.worlds`,
which is as made up.
"""

from pipeline.example.letters import write_letters
from pipeline.example.returns import write_example

__all__ = ["write_example", "write_letters"]
