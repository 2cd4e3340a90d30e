"""Reading the file formats of returns into one grid of text.

One module a format, each ending in a `Grid`; `headings` tells which column is which. What the values mean is
not decided here, and nothing here trusts what a file says of its own size.
"""
