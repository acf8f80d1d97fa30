"""Untrusted programs: isolated while they run, and checked by the compilers of this machine."""
