#!/usr/bin/env bash
# What: hatchling 1.27.0. In an editable install the packages are read from the checkout by a path file, but what `force-include`
#       names is copied into site-packages: a later change of that file is not seen, and `__file__` lies elsewhere than the rest.
# Version: hatchling 1.27.0, pip as installed. Date: 2026-11.
# Why it matters to a completion daemon: one that puts its packages under one name by rewriting paths tests an old copy of the
#       file that starts its processes, without a word.
set -euo pipefail
cd "$(mktemp -d)"
mkdir -p source/pkg
touch source/pkg/__init__.py
echo "VALUE = 1" > source/extra.py
cat > source/pyproject.toml <<'TOML'
[build-system]
requires = ["hatchling==1.27.0"]
build-backend = "hatchling.build"
[project]
name = "forced-demo"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["pkg"]
[tool.hatch.build.targets.wheel.force-include]
"extra.py" = "forced_extra.py"
TOML
python3 -m venv environment
environment/bin/python -m pip install -q --disable-pip-version-check -e source 2>/dev/null
echo "VALUE = 2" > source/extra.py
echo "VALUE = 2" > source/pkg/__init__.py
cat > probe.py <<'PY'
import forced_extra
import pkg

print("pkg:         ", pkg.VALUE, pkg.__file__)
print("forced_extra:", forced_extra.VALUE, forced_extra.__file__)
assert pkg.VALUE == 2
assert forced_extra.VALUE == 1, "a forced file is read from the checkout now"
assert "site-packages" in forced_extra.__file__
PY
environment/bin/python probe.py
# Seen: pkg 2, in the source folder; forced_extra 1, in site-packages.
