"""The index on disk: tantivy's inverted lists of chunks, and each file's text and outline.

One process writes (tantivy's lock ensures that), any number read. A document is either a chunk (`path`, `start`, `end`,
its terms in the field of its family) or a file (`file`, its text, outline and the names it declares). A store that
cannot be read is no loss: the reader raises `StoreError`, and the writer builds it again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from engine.context.outline import outline_of_text
from engine.context.source import Chunk, Source, chunk_terms
from engine.context.syntax import FAMILY_IDS
from engine.context.words import inverse_frequency

if TYPE_CHECKING:  # imported when it is needed: a server's start does not wait for it
    import tantivy

CHUNKS = "chunks"  # the store's folder within its workspace's
FORMAT = 4  # of the documents; another one is another folder
EACH_CHUNK = "*"  # a term of every chunk, by which those of a family are counted
MAX_PLACES = 5_000  # chunks whose places are remembered
WRITER_BYTES = 32_000_000  # of memory, for what is not on disk yet


class StoreError(Exception):
    """The store cannot be read or written: damaged, cut off, of another format, or the disk is full."""


class StoreBusyError(StoreError):
    """Another process writes this store."""


class StoreUnavailableError(StoreError):
    """The store cannot be used now, though it is not damaged. The message is for users."""


# What systems and libraries say, in lower case, and what that means for a user.
_OBSTACLES = {
    "no space": "the disk is full",
    "disk is full": "the disk is full",
    "not enough space": "the disk is full",
    "quota": "the disk is full",
    "too many open files": "too many files are open",
    "read-only file system": "the disk is read-only",
    "permission denied": "permission is denied",
    "access is denied": "permission is denied",
    "operation not permitted": "permission is denied",
    "not a directory": "a file is in the place of its folder",
    "file exists": "a file is in the place of its folder",
    "unable to open database": "its files cannot be opened",
}


def obstacle_of(fault: BaseException) -> str:
    """Return what keeps a store from being used though it is not damaged, in words for users, or ""."""
    text = str(fault).lower()
    return next((meaning for words, meaning in _OBSTACLES.items() if words in text), "")


@cache
def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("path", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("place", stored=True, tokenizer_name="nothing", index_option="basic")
    builder.add_text_field("file", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("language", stored=True, tokenizer_name="nothing", index_option="basic")
    # A field of text, though it is not searched: tantivy reads fields of bytes ten times more slowly.
    builder.add_text_field("text", stored=True, tokenizer_name="nothing", index_option="basic")
    builder.add_text_field("outline", stored=True, tokenizer_name="nothing", index_option="basic")
    builder.add_unsigned_field("checksum", stored=True)
    for family in FAMILY_IDS:
        builder.add_text_field(f"terms_{family}", tokenizer_name="blanks", index_option="freq")
        builder.add_text_field(f"names_{family}", tokenizer_name="blanks", index_option="basic")
    return builder.build()


@contextmanager
def _guarded() -> Iterator[None]:
    """Turn whatever tantivy raises, its panics too, into `StoreError`."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, StoreError):
        raise
    except BaseException as fault:  # noqa: BLE001 - pyo3's PanicException is no Exception
        message = str(fault).partition("\n")[0]
        if "LockBusy" in message or "acquire" in message.lower():
            raise StoreBusyError(message) from None
        if obstacle := obstacle_of(fault):
            raise StoreUnavailableError(obstacle) from None
        raise StoreError(message) from None


def _open(folder: Path, *, create: bool) -> tantivy.Index:
    import tantivy

    with _guarded():
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(_schema(), path=str(folder)) if create else tantivy.Index.open(str(folder))
        blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("blanks", blanks)
        whole = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
        index.register_tokenizer("nothing", whole.filter(tantivy.Filter.remove_long(1)).build())
        return index


class Entry(NamedTuple):
    """A file ready to be stored, with all that takes time to derive, so that another process can do that."""

    path: str
    language: str
    family: str
    text: str
    outline: str
    names: str
    chunks: list[tuple[int, int, str]]


def entry_of(source: Source) -> Entry:
    """Return what is stored of a text."""
    return Entry(
        source.path,
        source.language,
        source.family.id,
        source.text,
        source.declarations.as_text(),
        " ".join(source.declared),
        chunk_terms(source.lines),
    )


class StoreWriter:
    """Puts and removes files, which readers see after `commit`. Raises `StoreBusyError` if another process writes."""

    def __init__(self, folder: Path) -> None:
        self._index = _open(folder, create=True)
        with _guarded():
            self._writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)

    def put(self, entry: Entry) -> None:
        """Put or replace a file."""
        import tantivy

        with _guarded():
            self.remove(entry.path)
            for start, end, terms in entry.chunks:
                chunk = tantivy.Document()
                chunk.add_text("path", entry.path)
                chunk.add_text("place", f"{start} {end} {entry.path}")
                chunk.add_text(f"terms_{entry.family}", f"{EACH_CHUNK} {terms}")
                self._writer.add_document(chunk)
            file = tantivy.Document()
            file.add_text("file", entry.path)
            file.add_text("language", entry.language)
            file.add_text("text", entry.text)
            file.add_text("outline", entry.outline)
            file.add_unsigned("checksum", zlib.crc32(entry.text.encode()))
            file.add_text(f"names_{entry.family}", entry.names)
            self._writer.add_document(file)

    def remove(self, path: str) -> None:
        with _guarded():
            self._writer.delete_documents_by_term("path", path)
            self._writer.delete_documents_by_term("file", path)

    def commit(self) -> None:
        with _guarded():
            self._writer.commit()

    def close(self) -> None:
        with _guarded():
            self._writer.wait_merging_threads()


class StoreReader:
    """The store as of the last `refresh`. All methods raise `StoreError`."""

    def __init__(self, folder: Path) -> None:
        self._index = _open(folder, create=False)
        self.refresh()

    def refresh(self) -> None:
        with _guarded():
            self._index.reload()
            self._searcher = self._index.searcher()
        # Caches by segment and document: the search after the next key finds nearly the same.
        self._places: dict[tuple[int, int], tuple[str, int, int]] = {}
        self._files: WeakValueDictionary[tuple[int, int], Source] = WeakValueDictionary()

    def search(self, family: str, weights: Mapping[str, float], limit: int) -> list[Chunk]:
        """Return the best chunks of a family, best first. The weights include the rarity of the terms."""
        field = f"terms_{family}"
        with _guarded():
            # tantivy multiplies by a term's rarity among the documents of all families.
            every = self._searcher.num_docs
            rarity = {term: inverse_frequency(self._searcher.doc_freq(field, term), every) for term in weights}
            query = _any_of(field, weights, {term: weight / rarity[term] for term, weight in weights.items()})
            chunks = []
            for score, address in self._searcher.search(query, limit, count=False).hits:
                chunks.append(Chunk(*self._place(address), score))
            return chunks

    def frequencies(self, family: str, terms: Iterable[str]) -> tuple[dict[str, int], int]:
        """Return in how many chunks of a family each term is, and the number of chunks of the family."""
        field, count = f"terms_{family}", self._searcher.doc_freq
        with _guarded():
            return {term: count(field, term) for term in terms}, count(field, EACH_CHUNK)

    def declaring(self, family: str, names: Iterable[str], limit: int) -> list[Source]:
        """Return files that declare any of `names`, those that declare the rarest first."""
        with _guarded():
            query = _any_of(f"names_{family}", names)
            hits = self._searcher.search(query, limit, count=False).hits
            return [self._file(address) for _, address in hits]

    def sources(self, paths: list[str]) -> list[Source]:
        """Return those of `paths` that are in the store, in no order."""
        if not paths:
            return []
        with _guarded():
            hits = self._searcher.search(_any_of("file", paths), len(paths), count=False).hits
            return [self._file(address) for _, address in hits]

    def _place(self, address: tantivy.DocAddress) -> tuple[str, int, int]:
        """Return a chunk's path, first line and end."""
        key = address.segment_ord, address.doc
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= MAX_PLACES:
                self._places.clear()
            start, end, path = str(self._searcher.doc(address).get_first("place")).split(" ", 2)
            place = self._places[key] = path, int(start), int(end)
        return place

    def _file(self, address: tantivy.DocAddress) -> Source:
        """Return a file's text: the same object for as long as one exists."""
        key = address.segment_ord, address.doc
        source = self._files.get(key)
        if source is None:
            source = self._files[key] = _source(self._searcher.doc(address))
        return source


def _any_of(field: str, terms: Iterable[str], weights: Mapping[str, float] | None = None) -> tantivy.Query:
    import tantivy

    clauses, schema = [], _schema()
    option = "basic" if weights is None else "freq"
    for term in terms:
        query = tantivy.Query.term_query(schema, field, term, option)
        boosted = query if weights is None else tantivy.Query.boost_query(query, weights[term])
        clauses.append((tantivy.Occur.Should, boosted))
    return tantivy.Query.boolean_query(clauses)


def _source(stored: tantivy.Document) -> Source:
    """Return the file in a document. Raises `StoreError` if its text is not what was written."""
    path, language, text, columns = (stored.get_first(name) or "" for name in ("file", "language", "text", "outline"))
    if zlib.crc32(text.encode()) != stored.get_first("checksum"):
        raise StoreError(f"the text of {path} is damaged")
    return Source(path, language, text, lambda: outline_of_text(columns))
