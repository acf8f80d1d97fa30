package codegeex.test

import codegeex.lsp.Json
import codegeex.lsp.JsonError

fun Suite.jsonTests() {
    test("JSON survives a round trip, lone surrogates included") {
        val value = mapOf("a" to listOf(1L, -2.5, true, null), "text" to "\u0000\"\\\n\ud83d é 汉 😀")
        assertEquals(value, Json.read(Json.write(value)))
        assertTrue(Json.write("\ud83d").all { it.code < 128 }, "a lone surrogate is escaped")
    }
    test("a text that is not JSON is refused, never half read") {
        for (text in listOf("", "{", "[1,]", "{\"a\":}", "nul", "\"\\u12", "\"", "1 2", "[".repeat(100_000), "{a:1}", "--")) {
            assertThrows<JsonError> { Json.read(text) }
        }
    }
}
