import DaymillCore
import Testing

@testable import daymill

/// What is said about commands that are wrong.
@Suite struct CommandWordsTests {
    @Test(arguments: [
        (["rn", "x"], "'daymill' has no command 'rn'; did you mean 'run'?"),
        (["frobnicate"], "'daymill' has no command 'frobnicate'; the commands are run, plan, status,"),
        (["store", "colect"], "'daymill store' has no command 'colect'; did you mean 'collect'?"),
        (["generate", "logs"], "'daymill generate' has no command 'logs'; the commands are user-actions"),
    ])
    func unknownCommandsAreExplained(words: [String], start: String) {
        let thrown = #expect(throws: DaymillError.self) { try CommandWords.check(words) }
        #expect(thrown?.code == .usage)
        #expect(thrown?.description.hasPrefix(start) == true)
    }

    @Test(arguments: [
        [], ["run", "rn"], ["store"], ["store", "-C", "x"], ["store", "collect", "x"], ["help", "rn"], ["--version"],
        ["generate", "user-actions", "x"],
    ])
    func knownCommandsPass(words: [String]) throws {
        try CommandWords.check(words)
    }

    @Test(arguments: [["run"], ["run", "p", "--nope"], ["store", "--json"], ["run", "p", "--threads", "0"]])
    func errorsOfTheParserLookLikeOurs(words: [String]) {
        let thrown = #expect(throws: (any Error).self) { try Daymill.carryOut(words) }
        guard let thrown else { return }
        let failure = Failure(thrown)
        #expect(failure.text.hasPrefix("error: "))
        #expect(failure.errors.map(\.code) == [.usage])
        #expect(failure.exitCode == 2)
    }

    @Test func theLargestExitCodeCounts() {
        let errors = [DaymillError(.storeDamaged, "a"), DaymillError(.usage, "b"), DaymillError(.io, "c")]
        #expect(Failure(DaymillErrors(errors)).exitCode == 7)
        #expect(Failure(CancellationError()).exitCode == 70)
    }
}
