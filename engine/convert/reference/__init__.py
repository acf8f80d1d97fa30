"""The families once more in torch, written apart from the loaders: what a conversion is compared with."""
