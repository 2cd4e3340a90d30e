"""Keeping: keys in a safe apart, and encrypted backups of databases and files.

Processes, files and encryption only; what a backup must hold, and whether it came back whole, is decided in
`pipeline.jobs`.
"""
