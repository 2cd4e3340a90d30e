"""The sheets of the data template, one module each, and what they share: looks, entries, checks."""
