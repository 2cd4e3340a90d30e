"""Collecting: where returns come from, one module a source.

A source knows who sent a return from the channel it came by, never from what the return says of itself. It
hands over bytes as they are; what they mean is decided by the reading step.
"""
