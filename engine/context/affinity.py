"""The affinity of another file to the edited one: by imports, by folder, by name, by its last edit."""

from __future__ import annotations

from engine.context.syntax import stem_parts
from engine.context.view import View

STEM, FOLDER, OUTER_FOLDER, PACKAGE_HEAD = 1.0, 0.6, 0.2, 0.6  # of an import statement that names it
SAME_FOLDER = 0.5
PACKAGE_HEADS = frozenset({"__init__", "index", "mod", "lib", "main"})  # files that represent their folder
IMPORT_WEIGHT, RECENT_WEIGHT = 0.15, 0.3


class Affinity:
    """The affinity of files to one view, cached for as long as the view is used."""

    def __init__(self, view: View) -> None:
        self._imports = view.imports
        self._folder = view.path.rpartition("/")[0]
        self._path = view.path
        self._recent = frozenset(file.path for file in view.recent_edits)
        self._known: dict[str, float] = {}

    def of(self, path: str) -> float:
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._measured(path)
        return known

    def factor(self, path: str) -> float:
        """Return the factor for the scores of this file's chunks."""
        if path == self._path:
            return 1.0
        return 1 + IMPORT_WEIGHT * self.of(path) + (RECENT_WEIGHT if path in self._recent else 0)

    def _measured(self, path: str) -> float:
        stem, folder, outer = stem_parts(path)
        best = 0.0
        for words in self._imports:
            score = (STEM if stem in words else 0) + (OUTER_FOLDER if outer and outer in words else 0)
            if folder and folder in words:
                score += FOLDER + (PACKAGE_HEAD if stem in PACKAGE_HEADS else 0)
            best = max(best, score)
        return best + (SAME_FOLDER if path.rpartition("/")[0] == self._folder else 0)
