"""The database: tables, migrations and one repository module a concern.

Nothing here decides anything about a report; nothing here imports a step.
"""
