"""Finding personal data in the cells of a report.

`scan` goes through columns for the few texts that may hold something, `verdicts` decides about one text. Each kind of
number or address has a module: `numbers` (with `runs`), `lettered`, `case_numbers`, `addresses`, `spelled`. `folding`
makes texts alike first. The words that announce a number, in six languages, are data: `schemas/screening/cues.csv`.
Names of people are not found: in Indic text nothing finds them reliably, and nothing here promises it.
"""
