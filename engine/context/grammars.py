"""Tree-sitter's grammars and, for each, the query that names its declarations.

A capture's name is the declaration's kind; `@n` is its name. Grammars are imported when first needed.
"""

from __future__ import annotations

import importlib
from functools import cache

import tree_sitter

# (module, function that returns the grammar) by languageId; other languages have no outline.
_MODULES = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "javascriptreact": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "typescriptreact": ("tree_sitter_typescript", "language_tsx"),
    "java": ("tree_sitter_java", "language"),
    "go": ("tree_sitter_go", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
}

_SCRIPT = """
(function_declaration name: (identifier) @n) @function
(generator_function_declaration name: (identifier) @n) @function
(class_declaration name: (_) @n) @type
(method_definition name: (_) @n) @function
(program (lexical_declaration (variable_declarator name: (identifier) @n) @variable))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @n) @variable)))
(program (variable_declaration (variable_declarator name: (identifier) @n) @variable))
"""
_TYPED_SCRIPT = (
    _SCRIPT
    + """
(abstract_class_declaration name: (_) @n) @type
(interface_declaration name: (_) @n) @type
(type_alias_declaration name: (_) @n) @alias
(enum_declaration name: (_) @n) @type
(method_signature name: (_) @n) @function
(abstract_method_signature name: (_) @n) @function
(function_signature name: (_) @n) @function
(public_field_definition name: (_) @n) @field
(property_signature name: (_) @n) @field
(internal_module name: (_) @n) @module
"""
)
_C = """
(function_definition declarator: (function_declarator declarator: (identifier) @n)) @function
(function_definition
  declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @n))) @function
(declaration declarator: (function_declarator declarator: (identifier) @n)) @function
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @n))) @function
(struct_specifier name: (type_identifier) @n body: (_)) @type
(union_specifier name: (type_identifier) @n body: (_)) @type
(enum_specifier name: (type_identifier) @n body: (_)) @type
(type_definition declarator: (type_identifier) @n) @alias
(preproc_def name: (identifier) @n) @macro
(preproc_function_def name: (identifier) @n) @macro
(field_declaration declarator: (field_identifier) @n) @field
(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @n)) @field
(field_declaration declarator: (array_declarator declarator: (field_identifier) @n)) @field
(enumerator name: (identifier) @n) @field
"""
_CPP = (
    _C
    + """
(function_definition declarator: (function_declarator declarator: (field_identifier) @n)) @function
(function_definition
  declarator: (function_declarator declarator: (qualified_identifier name: (identifier) @n))) @function
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @n))) @function
(field_declaration declarator: (function_declarator declarator: (field_identifier) @n)) @function
(field_declaration declarator: (reference_declarator (function_declarator declarator: (field_identifier) @n))) @function
(field_declaration
  declarator: (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @n))) @function
(class_specifier name: (type_identifier) @n body: (_)) @type
(alias_declaration name: (type_identifier) @n) @alias
(namespace_definition name: (_) @n) @module
"""
)
_QUERIES = {
    "python": """
(function_definition name: (identifier) @n) @function
(class_definition name: (identifier) @n) @type
(module (expression_statement (assignment left: (identifier) @n) @variable))
(class_definition body: (block (expression_statement (assignment left: (identifier) @n) @field)))
""",
    "javascript": _SCRIPT + "(field_definition property: (_) @n) @field",
    "javascriptreact": _SCRIPT + "(field_definition property: (_) @n) @field",
    "typescript": _TYPED_SCRIPT,
    "typescriptreact": _TYPED_SCRIPT,
    "java": """
(class_declaration name: (identifier) @n) @type
(interface_declaration name: (identifier) @n) @type
(enum_declaration name: (identifier) @n) @type
(record_declaration name: (identifier) @n) @type
(annotation_type_declaration name: (identifier) @n) @type
(method_declaration name: (identifier) @n) @function
(constructor_declaration name: (identifier) @n) @function
(field_declaration declarator: (variable_declarator name: (identifier) @n)) @field
(enum_constant name: (identifier) @n) @field
""",
    "go": """
(function_declaration name: (identifier) @n) @function
(method_declaration name: (field_identifier) @n) @function
(type_spec name: (type_identifier) @n) @type
(type_alias name: (type_identifier) @n) @alias
(source_file (const_declaration (const_spec name: (identifier) @n) @variable))
(source_file (var_declaration (var_spec name: (identifier) @n) @variable))
(field_declaration name: (field_identifier) @n) @field
(method_elem name: (field_identifier) @n) @function
""",
    "c": _C,
    "cpp": _CPP,
    "rust": """
(function_item name: (identifier) @n) @function
(function_signature_item name: (identifier) @n) @function
(struct_item name: (type_identifier) @n) @type
(enum_item name: (type_identifier) @n) @type
(union_item name: (type_identifier) @n) @type
(trait_item name: (type_identifier) @n) @type
(impl_item type: (_) @n) @implementation
(mod_item name: (identifier) @n body: (_)) @module
(type_item name: (type_identifier) @n) @alias
(const_item name: (identifier) @n) @variable
(static_item name: (identifier) @n) @variable
(macro_definition name: (identifier) @n) @macro
(field_declaration name: (field_identifier) @n) @field
(enum_variant name: (identifier) @n) @field
""",
    "csharp": """
(class_declaration name: (identifier) @n) @type
(interface_declaration name: (identifier) @n) @type
(struct_declaration name: (identifier) @n) @type
(record_declaration name: (identifier) @n) @type
(enum_declaration name: (identifier) @n) @type
(method_declaration name: (identifier) @n) @function
(constructor_declaration name: (identifier) @n) @function
(delegate_declaration name: (identifier) @n) @function
(property_declaration name: (identifier) @n) @field
(field_declaration (variable_declaration (variable_declarator name: (identifier) @n))) @field
(enum_member_declaration name: (identifier) @n) @field
""",
}


@cache
def grammar_of(language: str) -> tuple[tree_sitter.Parser, tree_sitter.Query] | None:
    """Return the parser and the query for declarations of a languageId, or None without a grammar.

    The parser is shared and not thread-safe: one thread may use it at a time.
    """
    if language not in _MODULES:
        return None
    module, function = _MODULES[language]
    grammar = tree_sitter.Language(getattr(importlib.import_module(module), function)())
    return tree_sitter.Parser(grammar), tree_sitter.Query(grammar, _QUERIES[language])
