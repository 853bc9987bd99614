import DaymillCore
import DaymillPipeline
import Testing

@Suite struct HistoryPolicyTests {
    @Test func whatIsNotSaidIsAsUsual() throws {
        let usual = HistoryPolicy()
        #expect(usual.keep == .seconds(400 * 86_400) && usual.runs == 20_000 && usual.size == .gib(2))
        #expect(try Project.parse("").history == usual)
        var other = usual
        other.runs = 50
        #expect(try Project.parse("history: { runs: 50 }").history == other)
        (other.keep, other.size) = (.seconds(90 * 86_400), .mib(500))
        #expect(try Project.parse("history: { keep: 90d, runs: 50, size: 500MiB }").history == other)
    }

    @Test(arguments: [
        (
            "history: 90d",
            "1:10: 'history' of the project takes a mapping, not a single value; "
                + "write { keep: 400d, runs: 20000, size: 2GiB }"
        ),
        ("history: { days: 3d }", "1:12: 'history' of the project has no key 'days'; did you mean 'keep'?"),
        ("history: { keep: 90 }", "1:18: the time '90' has no unit; write 90s for seconds, 90m for minutes"),
        ("history: { keep: 3h }", "1:18: '3h' is less than a day; write 1d or more"),
        (
            "history: { runs: 0 }",
            "1:18: 'runs' of 'history' of the project cannot be '0'; write a whole number of 10 to 10000000"
        ),
        ("history: { size: 1MiB }", "1:18: '1MiB' is too little; write 16MiB or more"),
    ])
    func whatIsWrongIsToldWithItsPlace(_ yaml: String, _ expected: String) {
        let errors = #expect(throws: DaymillErrors.self) { try Project.parse(yaml) }
        #expect(errors?.all.map(\.description) == ["daymill.yaml:\(expected)"])
    }
}
