"""Benchmarks: what a person feels, as p50 and p90."""
