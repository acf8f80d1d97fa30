#!/usr/bin/env bash
# What: git 2.39. A long-lived `git check-ignore --stdin` answers path by path, but goes on with the ignore files it
#       has open: a change of the root's .gitignore is never seen, one of a subfolder's only after a path elsewhere was
#       asked about. A new process sees both.
# Version: the git that is installed, 2.39.5 when this was written. Date: 2026-11.
# Why it matters to a completion daemon: one process for all files is a thousand times cheaper than one a file, and the
#       file that a user has just ignored goes on being quoted unless the process is started again.
set -euo pipefail
cd "$(mktemp -d)"
export HOME="$PWD"
git init -q work
mkdir work/sub
touch work/a.txt work/sub/c.txt
cat > probe.py <<'PY'
import subprocess
from pathlib import Path

print(subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.strip())
asked = subprocess.Popen(["git", "-C", "work", "check-ignore", "--stdin", "-v", "-n"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

def ignored(path):
    asked.stdin.write(path + "\n")
    asked.stdin.flush()
    return not asked.stdout.readline().startswith("::")

Path("work/.gitignore").write_text("nothing.txt\n")
Path("work/sub/.gitignore").write_text("c.txt\n")
first = ignored("a.txt")
Path("work/.gitignore").write_text("a.txt\n")
root = [ignored("a.txt"), ignored("sub/c.txt"), ignored("a.txt")]
Path("work/sub/.gitignore").write_text("")
sub = [ignored("sub/c.txt")]
new = subprocess.run(["git", "-C", "work", "check-ignore", "-q", "a.txt"]).returncode == 0
print("a.txt, before the root's .gitignore names it:", first)
print("a.txt, sub/c.txt, a.txt afterwards:", root)
print("sub/c.txt, its rule taken away, another path asked in between:", sub)
print("a.txt, a new process:", new)
assert root == [False, True, False], "the process sees a change of the root's .gitignore now"
assert new
PY
python3 probe.py
# Seen: a.txt is not ignored before nor after; the new process says that it is.
