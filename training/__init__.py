"""The recipe of the embedded model, step by step: `training/run.sh` runs all of them. Not part of the package."""
