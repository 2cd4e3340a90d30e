"""How well screening finds what leads to a person, on a made-up corpus that knows nothing of its rules.

The corpus has sentences, wording, identifiers and ways of writing of its own; nothing in it comes from
`pipeline.screening` or `schemas/screening`. All of it is made up. Nothing here is a test.
"""
