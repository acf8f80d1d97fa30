"""The languages: their names and plain syntax; nothing is tuned to one of them.

Names and tags are those CodeGeeX and CodeGeeX2 were trained with, as `LANGUAGE_TAG` of their published code lists them.
Most tags are the language's own comment, `# language: Python`; a tag that was trained otherwise is given as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

BRACES = ("{", "(", "[")
COLON = (":", "(", "[", "{")
MARKUP = (">",)
BEGIN = ("begin", "then", "do", "(")
EQUALS = ("=", "->", "where", "of", "do")


@dataclass(frozen=True)
class Language:
    """A language."""

    id: str  # the LSP languageId
    name: str  # as CodeGeeX models know it
    line_comment: str  # opens a comment
    suffixes: tuple[str, ...]
    block_openers: tuple[str, ...] = BRACES
    comment_end: str = ""  # closes a comment, in languages without comments that end with the line
    trained_tag: str = ""  # the language tag of CodeGeeX and CodeGeeX2, if it is not a comment of the usual form
    files: tuple[str, ...] = ()  # whole names

    def comment(self, text: str) -> str:
        """Return one line as a comment."""
        return f"{self.line_comment} {text} {self.comment_end}".rstrip()

    @property
    def tag(self) -> str:
        """The tag, such as `# language: Python`; "" for a text of no language."""
        return self.trained_tag or (self.comment(f"language: {self.name}") if self.name else "")


LANGUAGES: tuple[Language, ...] = (
    Language("python", "Python", "#", (".py", ".pyi", ".pyw"), COLON),
    Language("javascript", "JavaScript", "//", (".js", ".mjs", ".cjs")),
    Language("javascriptreact", "JavaScript", "//", (".jsx",)),
    Language("typescript", "TypeScript", "//", (".ts", ".mts", ".cts")),
    Language("typescriptreact", "TypeScript", "//", (".tsx",)),
    Language("java", "Java", "//", (".java",)),
    Language("go", "Go", "//", (".go",)),
    Language("c", "C", "//", (".c", ".h")),
    Language("cpp", "C++", "//", (".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx")),
    Language("rust", "Rust", "//", (".rs",)),
    Language("csharp", "C#", "//", (".cs",)),
    Language("kotlin", "Kotlin", "//", (".kt", ".kts")),
    Language("swift", "Swift", "//", (".swift",), trained_tag="// language: swift"),
    Language("scala", "Scala", "//", (".scala", ".sc")),
    Language("php", "PHP", "//", (".php",)),
    Language("ruby", "Ruby", "#", (".rb", ".rake"), ("do", "then", *BRACES), files=("Rakefile", "Gemfile")),
    Language("lua", "Lua", "--", (".lua",), ("then", "do", "function", "{", "("), trained_tag="// language: Lua"),
    Language("shellscript", "Shell", "#", (".sh", ".bash", ".zsh"), ("then", "do", "{", "(")),
    Language("perl", "Perl", "#", (".pl", ".pm")),
    Language("r", "R", "#", (".r", ".R")),
    Language("julia", "Julia", "#", (".jl",), ("do", "begin", "(", "[")),
    Language("dart", "Dart", "//", (".dart",)),
    Language("haskell", "Haskell", "--", (".hs",), ("where", "do", "of", "=")),
    Language("elixir", "Elixir", "#", (".ex", ".exs"), ("do", "->")),
    Language("sql", "SQL", "--", (".sql",)),
    Language("html", "HTML", "<!--", (".html", ".htm"), MARKUP, "-->", "<!--language: HTML-->"),
    Language("css", "CSS", "/*", (".css",), BRACES, "*/"),
    Language("scss", "SCSS", "//", (".scss",)),
    Language("vue", "Vue", "//", (".vue",), trained_tag="<!--language: Vue-->"),
    Language("json", "JSON", "//", (".json",)),
    Language("yaml", "YAML", "#", (".yml", ".yaml"), (":",)),
    Language("toml", "TOML", "#", (".toml",)),
    Language("markdown", "Markdown", "<!--", (".md",), BRACES, "-->", "<!--language: Markdown-->"),
    Language("dockerfile", "Dockerfile", "#", (".dockerfile",), files=("Dockerfile", "Containerfile")),
    Language("makefile", "Makefile", "#", (".mk",), (":",), files=("Makefile", "makefile", "GNUmakefile")),
    Language("abap", "Abap", "*", (".abap",)),
    Language("actionscript", "ActionScript", "//", (".as",)),
    Language("ada", "Ada", "--", (".adb", ".ads"), ("is", *BEGIN)),
    Language("agda", "Agda", "--", (".agda",), EQUALS),
    Language("alloy", "Alloy", "//", (".als",), trained_tag="/* language: Alloy */"),
    Language("antlr", "ANTLR", "//", (".g4",), (":", *BRACES)),
    Language("applescript", "AppleScript", "--", (".applescript",), ("then",)),
    Language("asm", "Assembly", ";", (".asm", ".s", ".S"), (":",)),
    Language("astro", "Astro", "//", (".astro",)),
    Language("augeas", "Augeas", "(*", (".aug",), BRACES, "*)", "// language: Augeas"),
    Language("awk", "AWK", "#", (".awk",), trained_tag="// language: AWK"),
    Language("basic", "Basic", "'", (".bas",), ("Then", "THEN")),
    Language("bat", "Batch", "REM", (".bat", ".cmd")),
    Language("bibtex", "BibTeX", "%", (".bib",)),
    Language("bluespec", "Bluespec", "//", (".bsv",), BEGIN),
    Language("clojure", "Clojure", ";", (".clj", ".cljs", ".cljc", ".edn")),
    Language("cmake", "CMake", "#", (".cmake",), files=("CMakeLists.txt",)),
    Language("cobol", "Cobol", "*>", (".cob", ".cbl", ".cpy"), trained_tag="// language: Cobol"),
    Language("coffeescript", "CoffeeScript", "#", (".coffee",), ("->", "=>", *BRACES)),
    Language("commonlisp", "Common Lisp", ";", (".lisp", ".cl", ".lsp")),
    Language("coq", "Coq", "(*", (".coq",), (":=",), "*)"),
    Language("crystal", "Crystal", "#", (".cr",), ("do", "then", *BRACES)),
    Language("cuda-cpp", "Cuda", "//", (".cu", ".cuh")),
    Language("d", "D", "//", (".d",)),
    Language("delphi", "Delphi", "//", (".dpr", ".dpk"), BEGIN, trained_tag="{language: Delphi}"),
    Language("elm", "Elm", "--", (".elm",), EQUALS),
    Language("emacs-lisp", "Emacs Lisp", ";", (".el",)),
    Language("erlang", "Erlang", "%", (".erl", ".hrl"), ("->", "of", "begin", *BRACES)),
    Language("excel", "Excel", "'", (), ("Then",)),
    Language("fortran", "Fortran", "!", (".f90", ".f95", ".f", ".for"), ("then", "do"), "", "!language: Fortran"),
    Language("fsharp", "F#", "//", (".fs", ".fsi", ".fsx"), ("=", "->", *BRACES)),
    Language("gdscript", "GDScript", "#", (".gd",), COLON),
    Language("glsl", "GLSL", "//", (".glsl", ".vert", ".frag", ".comp")),
    Language("graphql", "GraphQL", "#", (".graphql", ".gql")),
    Language("groovy", "Groovy", "//", (".groovy", ".gradle")),
    Language("haxe", "Haxe", "//", (".hx",)),
    Language("hlsl", "HLSL", "//", (".hlsl", ".fx")),
    Language("idris", "Idris", "--", (".idr",), EQUALS),
    Language("ini", "INI", ";", (".ini", ".cfg")),
    Language("isabelle", "Isabelle", "(*", (".thy",), ("proof", "begin"), "*)", "(*language: Isabelle*)"),
    Language("jsp", "Java Server Pages", "<%--", (".jsp",), MARKUP, "--%>", "// language: Java Server Pages"),
    Language("jsonc", "JSON", "//", (".jsonc",)),
    Language("latex", "TeX", "%", (".tex", ".sty")),
    Language("lean", "Lean", "--", (".lean",), (":=", "by", "do", "where")),
    Language("less", "Less", "//", (".less",)),
    Language("lisp", "Lisp", ";", ()),
    Language("literate-agda", "Literate Agda", "--", (".lagda",), EQUALS),
    Language("literate-coffeescript", "Literate CoffeeScript", "#", (".litcoffee",), ("->", "=>", *BRACES)),
    Language("literate-haskell", "Literate Haskell", "--", (".lhs",), EQUALS, "", "> language: Literate Haskell"),
    Language("maple", "Maple", "#", (".mpl",), ("then", "do")),
    Language("mathematica", "Mathematica", "(*", (".wl", ".wls"), (":=", *BRACES), "*)", "// language: Mathematica"),
    Language("matlab", "Matlab", "%", (".matlab", ".mlx")),
    Language("nim", "Nim", "#", (".nim",), (*COLON, "=")),
    Language("nix", "Nix", "#", (".nix",), (*BRACES, "let", "in", "=")),
    Language("objective-c", "Objective-C", "//", (".m",)),
    Language("objective-cpp", "Objective-C++", "//", (".mm",)),
    Language("ocaml", "OCaml", "(*", (".ml", ".mli"), (*EQUALS, "with", "begin"), "*)", "(*language: OCaml*)"),
    Language("pascal", "Pascal", "//", (".pas", ".pp", ".inc"), BEGIN),
    Language("plaintex", "TeX", "%", ()),
    Language("powershell", "PowerShell", "#", (".ps1", ".psm1", ".psd1")),
    Language("prolog", "Prolog", "%", (".pro", ".prolog"), (":-",)),
    Language("proto3", "Protocol Buffer", "//", (".proto",)),
    Language("pug", "Pug", "//", (".pug",)),
    Language("racket", "Racket", ";", (".rkt",)),
    Language("razor", "Razor", "//", (".cshtml", ".razor")),
    Language("restructuredtext", "reStructuredText", "..", (".rst",), ("::",)),
    Language("rmd", "RMarkdown", "<!--", (".Rmd", ".rmd"), BRACES, "-->", "# language: RMarkdown"),
    Language("sas", "SAS", "/*", (".sas",), ("do;",), "*/", "* language: SAS"),
    Language("sass", "Sass", "//", (".sass",)),
    Language("scheme", "Scheme", ";", (".scm", ".ss")),
    Language("smalltalk", "Smalltalk", '"', (".st",), ("[", "("), '"', "'' language: Smalltalk"),
    Language("solidity", "Solidity", "//", (".sol",)),
    Language("sparql", "SPARQL", "#", (".rq", ".sparql")),
    Language("sml", "Standard ML", "(*", (".sml", ".sig"), (*EQUALS, "=>"), "*)", "(*language:Standard ML*)"),
    Language("stan", "Stan", "//", (".stan",)),
    Language("stata", "Stata", "//", (".do", ".ado"), trained_tag="* language: Stata"),
    Language("svelte", "Svelte", "//", (".svelte",)),
    Language("systemverilog", "SystemVerilog", "//", (".sv", ".svh"), BEGIN),
    Language("tcl", "Tcl", "#", (".tcl",)),
    Language("tcsh", "TCSH", "#", (".csh", ".tcsh"), ("then",)),
    Language("terraform", "HCL", "#", (".tf", ".tfvars", ".hcl")),
    Language("tex", "TeX", "%", (".ltx",)),
    Language("thrift", "Thrift", "//", (".thrift",), trained_tag="/* language: Thrift */"),
    Language("vb", "Visual Basic", "'", (".vb", ".vbs", ".vba"), ("Then",)),
    Language("verilog", "Verilog", "//", (".v", ".vh"), BEGIN),
    Language("vhdl", "VHDL", "--", (".vhd", ".vhdl"), ("is", "generate", *BEGIN)),
    Language("vim", "Vim script", '"', (".vim",)),
    Language("xml", "XML", "<!--", (".xml", ".xsd", ".svg"), MARKUP, "-->"),
    Language("xsl", "XSLT", "<!--", (".xsl", ".xslt"), MARKUP, "-->", "<!--language: XSLT-->"),
    Language("zig", "Zig", "//", (".zig",)),
)

# Other names that editors and users have. Vim's file types are among them: Neovim sends these as languageIds.
_ALIASES = {
    "assembly": "asm", "bash": "shellscript", "cs": "csharp", "cuda": "cuda-cpp", "docker": "dockerfile",
    "elisp": "emacs-lisp", "fortran-modern": "fortran", "fortranfreeform": "fortran", "golang": "go",
    "jade": "pug", "js": "javascript", "lean4": "lean", "make": "makefile", "nasm": "asm", "objc": "objective-c",
    "objcpp": "objective-cpp", "objectivec": "objective-c", "objectpascal": "delphi", "proto": "proto3",
    "protobuf": "proto3", "ps1": "powershell", "py": "python", "rs": "rust", "rst": "restructuredtext",
    "sh": "shellscript", "shell": "shellscript", "ts": "typescript", "vba": "vb", "wolfram": "mathematica",
    "yml": "yaml", "zsh": "shellscript",
}  # fmt: skip
_BY_ID = {language.name.lower(): language for language in reversed(LANGUAGES)}
_BY_ID |= {language.id: language for language in LANGUAGES}
_BY_ID |= {alias: _BY_ID[language_id] for alias, language_id in _ALIASES.items()}
_BY_FILE = {name: language for language in LANGUAGES for name in (*language.suffixes, *language.files)}
# languageIds without meaning: LSP4IJ sends "textmate" for languages that its IDE has no plugin for.
_MEANINGLESS = {"", "plaintext", "textmate", "text", "unknown"}


def language_of(language_id: str, path: str = "") -> Language:
    """Return the language of a document, by languageId or name. An unknown one is served too, with plain syntax."""
    wanted = language_id.lower()
    if wanted in _BY_ID:
        return _BY_ID[wanted]
    file = PurePosixPath(path)
    by_path = _BY_FILE.get(file.name) or _BY_FILE.get(file.suffix) or _BY_FILE.get(file.suffix.lower())
    if wanted in _MEANINGLESS:
        return by_path or Language("plaintext", "", "#", ())
    return by_path or Language(wanted, language_id, "//", ())
