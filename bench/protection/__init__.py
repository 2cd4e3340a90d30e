"""The bench of disclosure control: 24 made-up months, an attacker of its own, and replayed withdrawals.

The attacker shares no code with `pipeline.protect`: it reads the published files and the public plan, as anybody
can. Only the judge and the generator know what is true.
"""
