"""Trains the models of the zoo: a module each, run as ``python -m attention_core.zoo.training.…``.

Each is deterministic: the same seed on the same machine gives the same weights, bit for bit. They
are written over the shipped ones, or into the folder that the command names after the module.
"""
