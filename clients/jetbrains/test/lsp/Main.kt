package codegeex.test

fun main() {
    suite {
        jsonTests()
        offerTests()
        textTests()
        supervisorTests()
        answerTests()
        realServerTests()
        chatTests()
    }
}
