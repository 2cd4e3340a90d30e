"""How well reports are linked, beside named peers on the same made-up months. Nothing here is a test."""
