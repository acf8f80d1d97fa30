"""Torch models of the families, written independently of the loaders, that conversions are compared with."""
