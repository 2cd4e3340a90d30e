"""Finding personal data in the cells of a report.

`scan` works on whole columns and finds candidates, `shapes` decides about one text. The words that announce a
number, in six languages, are data: `schemas/screening/cues.csv`. Names of people are not found: in Indic text
nothing finds them reliably, and nothing here promises it.
"""
