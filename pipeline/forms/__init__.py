"""Forms: what collectives fill in and the tools they use for it, derived from the contract.

Each module makes one kind of file as bytes. How answers come back is in `pipeline/collect`; what is said of them, in
`pipeline/slip.py`.
"""
