package codegeex.lsp

/** What the user can do about a trouble; each is a button. */
enum class Remedy { INSTALL, CHOOSE, RESTART, LOG }

/** Something the user can act on. `key` and `arguments` name a sentence of the message bundle. */
class Trouble(val key: String, val arguments: List<String> = emptyList(), val remedies: List<Remedy> = emptyList()) :
    Exception("$key ${arguments.joinToString(" ")}".trim()) {
    override fun equals(other: Any?) = other is Trouble && other.key == key && other.arguments == arguments

    override fun hashCode() = key.hashCode() * 31 + arguments.hashCode()
}
