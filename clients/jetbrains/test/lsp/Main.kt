package codegeex.test

fun main() {
    suite {
        jsonTests()
        supervisorTests()
        realServerTests()
    }
}
