"""lsprotocol, imported so that each of its classes is built when it is first used.

`lsprotocol.types` defines 554 attrs classes, and attrs writes and compiles methods for each of them: that was half of
the time to start. A session uses about 100. While the module is imported, `attrs.define` only notes the class. Its
first instance, or the first look at its `__attrs_attrs__` (by `attrs.fields`, cattrs, a subclass), builds it.

If lsprotocol has been imported before, its classes are built already, and all works the same. The classes differ in one
way: they have no `__slots__`, since attrs would have to replace the class to add them.
"""

from __future__ import annotations

import sys
from threading import RLock
from types import ModuleType
from typing import Any

import attrs

_building = RLock()


def import_lsprotocol() -> None:
    """Import lsprotocol's types and its converter. Does nothing if they have been imported already."""
    if "lsprotocol.types" in sys.modules:
        return
    define = attrs.define
    attrs.define = _define_later  # type: ignore[assignment]
    try:
        from lsprotocol import types
    finally:
        attrs.define = define
    from lsprotocol import converters

    if not any(_is_built(value) for value in vars(types).values()):
        # The converter need not resolve the forward references of all classes, which would build them.
        converters._hooks._resolved_forward_references = True  # type: ignore[attr-defined] # noqa: SLF001


def _is_built(value: object) -> bool:
    return isinstance(value, type) and isinstance(vars(value).get("__attrs_attrs__"), tuple)


class _Unbuilt:
    """The `__attrs_attrs__` of a class that attrs has not built yet."""

    def __init__(self, owner: type) -> None:
        self._owner: type | None = owner
        self._module: ModuleType = sys.modules[owner.__module__]

    def __get__(self, instance: object, owner: type) -> Any:
        self.build()
        return owner.__attrs_attrs__  # type: ignore[attr-defined] # attrs has put its own in place of this one

    def build(self) -> None:
        """Do what `attrs.define` does to the class, and what lsprotocol's converter does to its forward references."""
        with _building:
            owner, self._owner = self._owner, None
            if owner is not None:
                attrs.define(owner, slots=False, init=True)  # `init`, since the class has the __init__ from below
                attrs.resolve_types(owner, self._module.ALL_TYPES_MAP, {})


def _define_later(cls: type) -> type:
    unbuilt = _Unbuilt(cls)

    def build_and_init(self: Any, *args: Any, **kwargs: Any) -> None:
        unbuilt.build()
        cls.__init__(self, *args, **kwargs)  # type: ignore[misc] # the class's own, now that it is built

    cls.__attrs_attrs__ = unbuilt  # type: ignore[attr-defined]
    cls.__init__ = build_and_init  # type: ignore[misc]
    return cls
