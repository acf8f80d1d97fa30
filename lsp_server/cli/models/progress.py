"""Progress at a terminal: one bar a stage, on stderr, so that stdout holds only the result."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Bars:
    """An `engine.convert.convert.Report`. Use as a context manager; the bars stay when it ends."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._stage: TaskID | None = None

    def __enter__(self) -> Bars:  # noqa: PYI034 - typing.Self needs Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stage is None:
            return  # nothing was started, and stopping would print an empty line
        if fault is None:
            self._finish()
        self._progress.stop()

    def stage(self, name: str, total: int) -> None:
        self._finish()
        self._progress.start()
        self._stage = self._progress.add_task(name, total=total or None)

    def advance(self, count: int) -> None:
        if self._stage is not None:
            self._progress.advance(self._stage, count)

    def _finish(self) -> None:
        """Complete the current stage: a stage is done when the next one begins."""
        if self._stage is not None:
            task = self._progress.tasks[self._stage]
            total = task.total or 1
            self._progress.update(self._stage, total=total, completed=total)
