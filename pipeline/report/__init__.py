"""From shown figures to a published edition: pages, manifest, index, catalog, feed.

Belongs here: reading and writing `figures.csv`, saying in words what stands in it, and packing the result.
Does not belong here: counting, deciding what may be seen, the database. Nothing in this package can reach an
exact count, and a test holds that it imports no step that could.
"""
