"""Results on disk, sample by sample, so that an interrupted run can be resumed.

During a run, `FILE.part` has one JSON object a line: first the configuration, then the samples. When the run is done,
`FILE` holds everything, and the other file is deleted.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from engine.evaluate.humaneval_x.verdict import Verdict
from engine.types import EngineError

FORMAT = 1


@dataclass(frozen=True)
class Sample:
    """One solution and its result. `answer` is the model's whole text, `program` what was run."""

    language: str
    task_id: str
    sample: int
    verdict: str
    message: str
    answer: str
    program: str

    @property
    def key(self) -> tuple[str, str, int]:
        return self.language, self.task_id, self.sample

    @property
    def passed(self) -> bool:
        return self.verdict == Verdict.PASSED.value


class Journal:
    """The samples of one run. With `file` None they are kept in memory only. `add` is thread-safe.

    Raises `EngineError` if `file` holds another run, or cannot be written.
    """

    def __init__(self, file: Path | None, configuration: Mapping[str, Any]) -> None:
        self._file, self._configuration = file, json.loads(json.dumps(configuration))
        self._lock = threading.Lock()
        self._samples: dict[tuple[str, str, int], Sample] = {}
        self._lines: TextIO | None = None
        if file is not None:
            with _write_errors_named(file):
                self._open(file)

    @property
    def samples(self) -> tuple[Sample, ...]:
        with self._lock:
            return tuple(self._samples.values())

    def __contains__(self, key: tuple[str, str, int]) -> bool:
        return key in self._samples

    def add(self, sample: Sample) -> None:
        with self._lock, _write_errors_named(self._file):
            self._samples[sample.key] = sample
            if self._lines is not None:
                self._lines.write(json.dumps(asdict(sample), ensure_ascii=False) + "\n")
                self._lines.flush()

    def close(self, results: Mapping[str, Any] | None) -> None:
        """Close the file. With the results of a complete run, write the final file; otherwise the run can be
        resumed.
        """
        with self._lock, _write_errors_named(self._file):
            if self._lines is not None:
                self._lines.close()
                self._lines = None
            if self._file is None or results is None:
                return
            samples = [asdict(sample) for sample in self._samples.values()]
            whole = {"format": FORMAT, "configuration": self._configuration, **results, "samples": samples}
            unfinished = self._file.with_name(self._file.name + ".new")
            unfinished.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8", "replace")
            unfinished.replace(self._file)
            self._part.unlink(missing_ok=True)

    @property
    def _part(self) -> Path:
        assert self._file is not None  # noqa: S101 - the callers see to it
        return self._file.with_name(self._file.name + ".part")

    def _open(self, file: Path) -> None:
        rows = []
        for line in self._part.read_text(encoding="utf-8").split("\n") if self._part.exists() else []:
            with contextlib.suppress(ValueError):  # the line that was being written when the run ended
                rows.append(json.loads(line))
        try:
            if file.exists():
                whole = json.loads(file.read_text(encoding="utf-8"))
                self._take(whole["configuration"], whole["samples"], file)
            if rows:
                self._take(rows[0], rows[1:], self._part)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EngineError(f"{file} is not a file of this benchmark: choose another one with --out") from None
        self._lines = self._part.open("a", encoding="utf-8", errors="replace")
        if not rows:
            self._lines.write(json.dumps(self._configuration, ensure_ascii=False))
        self._lines.write("\n")  # and ends a line that is incomplete
        self._lines.flush()

    def _take(self, configuration: Mapping[str, Any], samples: Sequence[Mapping[str, Any]], file: Path) -> None:
        for name, value in self._configuration.items():
            if configuration.get(name) != value:
                raise EngineError(
                    f"{file} holds another run: {name} was {json.dumps(configuration.get(name))} and is now"
                    f" {json.dumps(value)}. Use the options of that run, or choose another file with --out"
                )
        for row in samples:
            sample = Sample(**row)
            self._samples[sample.key] = sample


@contextlib.contextmanager
def _write_errors_named(file: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise EngineError(f"{file} cannot be written: {fault.strerror or fault}") from fault
