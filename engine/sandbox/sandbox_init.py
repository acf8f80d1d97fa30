"""Process 1 of a sandbox: builds its file system, runs the stages of one job under limits, and reports how they ended.

`sandbox` starts it as a script, with `python -I -S -B`, in fresh Linux namespaces, or without them on a machine that
has none; it imports the standard library only. One line of JSON is read from stdin, the job; one is written to stdout:
`{"stages": [...]}` as `sandbox.StageResult`, up to the first stage that failed, or `{"fault": "..."}`. When stdin
closes, the caller is gone: it ends, and with it everything in its process namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAM_FOLDER = "/tmp/program"  # noqa: S108 - in a file system of the sandbox's own
DEVICES = ("null", "zero", "full", "random", "urandom")
LOOK_SECONDS = 0.05  # how often time and memory are checked
EXEC_FAILED = 127
MAX_OPEN_FILES = 1024
MAX_CAPABILITY = 63
BYTES_PER_FILE = 4096  # of a sandbox's disk, at least

# linux/mount.h, linux/prctl.h; mount_setattr(2) has the same number on every architecture.
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_MOVE, MS_REC = 2, 4, 8, 4096, 8192, 16384
MOUNT_ATTR_READ_ONLY, MOUNT_ATTR_NOSUID = 1, 2
AT_FDCWD, AT_RECURSIVE, SYS_MOUNT_SETATTR = -100, 0x8000, 442
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    request, response = os.dup(0), os.dup(1)
    try:
        folder = _build_root(job) if job["isolated"] else tempfile.mkdtemp(dir=job["root"])
        _write_files(folder, job)
        results = []
        for stage in job["stages"]:
            results.append(_run(stage, job, folder, request))
            if results[-1]["exit_code"] != 0:
                break
        report: dict[str, Any] = {"stages": results}
        if not job["isolated"]:
            shutil.rmtree(folder, ignore_errors=True)
    except (OSError, ValueError) as fault:
        report = {"fault": str(fault)}
    os.write(response, json.dumps(report).encode() + b"\n")


def _build_root(job: dict[str, Any]) -> str:
    """Build a file system of what the job may read, mounted read-only, and an empty /tmp of limited size. Returns its
    folder.

    The mounts belong to this namespace; nothing of them is visible outside.
    """
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise OSError("the sandbox has a network")
    root = job["root"]
    _mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=755")  # holds mount points
    for folder in ("dev", "proc", "tmp"):
        Path(root, folder).mkdir()
    # Before the readable folders, some of which may be in /tmp. Empty files take the kernel's memory as well.
    options = f"size={job['disk_bytes']},nr_inodes={job['disk_bytes'] // BYTES_PER_FILE},mode=1777"
    _mount("tmpfs", str(Path(root, "tmp")), "tmpfs", MS_NOSUID | MS_NODEV, options)
    for path in job["readable"]:
        place = Path(root + path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if Path(path).is_symlink():  # /bin is a link to usr/bin
            place.symlink_to(Path(path).readlink())
            continue
        place.mkdir(exist_ok=True)
        _mount(path, root + path, "", MS_BIND | MS_REC)
        _set_attributes(root + path, MOUNT_ATTR_READ_ONLY | MOUNT_ATTR_NOSUID, AT_RECURSIVE)
    for device in DEVICES:
        Path(root, "dev", device).touch()
        _mount(f"/dev/{device}", f"{root}/dev/{device}", "", MS_BIND)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path(root, "dev", name).symlink_to(f"/proc/self/{target}")
    with contextlib.suppress(OSError):  # a container may hide parts of /proc; most programs do not need it
        _mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _set_attributes(root, MOUNT_ATTR_READ_ONLY, 0)
    os.chdir(root)
    _mount(".", "/", "", MS_MOVE)
    os.chroot(".")
    Path(PROGRAM_FOLDER).mkdir()
    return PROGRAM_FOLDER


def _write_files(folder: str, job: dict[str, Any]) -> None:
    os.chdir(folder)
    for name, text in job["files"].items():
        Path(name).write_text(text, encoding="utf-8", errors="replace")
    for name, source in job["linked"].items():
        for here, _, names in os.walk(source):
            place = Path(name, Path(here).relative_to(source))
            place.mkdir()
            for each in names:
                (place / each).symlink_to(Path(here, each))
    if job["uid"] is not None:
        for here, _, names in os.walk(folder):
            for path in (here, *(f"{here}/{name}" for name in names)):
                os.chown(path, job["uid"], job["uid"], follow_symlinks=False)


def _run(stage: dict[str, Any], job: dict[str, Any], folder: str, request: int) -> dict[str, Any]:
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            _exec_program(stage, job, folder, writing)
        except BaseException as fault:  # noqa: BLE001 - the child must not continue as its parent
            os.write(2, f"{stage['argv'][0]} cannot be started: {fault}\n".encode())
        os._exit(EXEC_FAILED)
    os.close(writing)
    output, stopped, status, cpu_seconds = bytearray(), "", None, 0.0
    sources, pause, looked = [request, reading], LOOK_SECONDS, 0.0
    while status is None:
        ready = select.select(sources, [], [], pause)[0]
        if request in ready:
            _kill_remaining(job, child)
            if not job["isolated"]:  # otherwise it goes with the namespace
                shutil.rmtree(job["root"], ignore_errors=True)
            os._exit(1)
        if reading in ready:
            chunk = os.read(reading, 65536)
            output += chunk[: stage["output_bytes"] - len(output)]
            if not chunk:  # it will end in a moment, or continues without output
                sources, pause = [request], 0.002
            elif len(output) == stage["output_bytes"]:
                stopped = "output"
        ended, found, usage = os.wait4(child, os.WNOHANG)
        if ended:
            status, cpu_seconds = found, usage.ru_utime + usage.ru_stime
        elif (now := time.monotonic()) - looked > LOOK_SECONDS and not stopped:
            looked = now
            if now - began > stage["wall_seconds"]:
                stopped = "time"
            elif job["isolated"] and _memory_bytes() > stage["memory_bytes"]:
                stopped = "memory"
        if stopped and status is None:
            os.kill(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
            cpu_seconds = usage.ru_utime + usage.ru_stime
    _kill_remaining(job, child)
    os.set_blocking(reading, False)
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(reading, 65536):
            output += chunk[: stage["output_bytes"] - len(output)]
    os.close(reading)
    return {
        "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "stopped": stopped,
        "output": output.decode("utf-8", "replace"),
        "cpu_seconds": round(cpu_seconds, 3),
        "wall_seconds": round(time.monotonic() - began, 3),
    }


def _exec_program(stage: dict[str, Any], job: dict[str, Any], folder: str, writing: int) -> None:
    """Drop every privilege, then become the program. Runs in the child."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    os.chdir(stage["folder"] or folder)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and programs would inherit that
        signal.signal(number, signal.SIG_DFL)
    limits = {
        "CPU": (stage["cpu_seconds"], stage["cpu_seconds"] + 1),  # SIGXCPU, then SIGKILL if it is ignored
        "DATA": (stage["memory_bytes"],) * 2,
        "FSIZE": (job["disk_bytes"],) * 2,
        "NOFILE": (MAX_OPEN_FILES,) * 2,
        "NPROC": (stage["processes"],) * 2,
        "CORE": (0, 0),
    }
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), limit)
    if job["isolated"]:
        for capability in range(MAX_CAPABILITY + 1):  # numbers above the kernel's last are rejected, which does no harm
            _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if job["uid"] is not None:
        os.setgroups([])
        os.setgid(job["uid"])
        os.setuid(job["uid"])
    if sys.platform == "linux" and _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError("privileges cannot be given up")
    home = str(Path(PROGRAM_FOLDER).parent) if job["isolated"] else folder
    environment = {name: text.replace("{files}", folder) for name, text in job["environment"].items()}
    argv = [word.replace("{files}", folder) for word in stage["argv"]]
    os.execve(argv[0], argv, {"HOME": home, "TMPDIR": home, **environment})  # noqa: S606 - no shell is meant


def _kill_remaining(job: dict[str, Any], child: int) -> None:
    """Kill what a stage has left running: everything in the namespace, or its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if job["isolated"]:
            os.kill(-1, signal.SIGKILL)
        else:
            os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _memory_bytes() -> int:
    """Return what all processes of the namespace use together, without file pages; 0 without /proc."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != "1":
            with contextlib.suppress(OSError):
                lines = (entry / "status").read_text(encoding="utf-8").split("\n")
                total += sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem")))
    return total * 1024


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    if _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {kind or source} on {target}: {os.strerror(ctypes.get_errno())}")


def _set_attributes(target: str, attributes: int, flags: int) -> None:
    # struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    if _libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, target.encode(), flags, wanted, ctypes.sizeof(wanted)) != 0:
        raise OSError(ctypes.get_errno(), f"mount_setattr on {target}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
