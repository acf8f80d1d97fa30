"""Programs of unknown worth: kept apart while they run, and checked by the compilers of this machine."""
