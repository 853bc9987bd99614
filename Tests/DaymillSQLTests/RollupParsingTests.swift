import DaymillCore
import DaymillSQL
import Testing

struct RollupParsingTests {
    @Test func placesAreBytesOfTheText() throws {
        let errors = try #require(throws: DaymillErrors.self) {
            try parsed("select count(*) as \"ü\", emial from actions")
        }
        #expect(errors.all.map(\.place?.column) == [26])
    }

    @Test func syntaxErrorsArePlacedInBytesToo() throws {
        let errors = try #require(throws: DaymillErrors.self) { try parsed("select count(*) as \"ü\", from actions") }
        #expect(errors.all.map(\.place?.column) == [26])
    }

    @Test func problemsComeInReadingOrderAndOnce() throws {
        let errors = try #require(throws: DaymillErrors.self) {
            try parsed("select foo(email) as a, bar(email) as b from actions group by a, b, 1 order by 2, 1")
        }
        #expect(errors.all.map(\.place?.column) == [8, 25])
    }

    @Test(arguments: [
        "select \(String(repeating: "(", count: 3000))email\(String(repeating: ")", count: 3000)) from actions group by 1",
        "select count(*) from actions where \(String(repeating: "not ", count: 3000)) email = 'x'",
        "select count(*) from actions where email = \(Array(repeating: "'x'", count: 3000).joined(separator: " || "))",
        "select count(*) from actions where \(String(repeating: "lower(", count: 400))email\(String(repeating: ")", count: 400)) = 'x'",
    ])
    func deepNestingIsRefusedOrUnderstood(_ sql: String) throws {
        do {
            _ = try parsed(sql)
        } catch let errors as DaymillErrors {
            #expect(errors.all.count == 1)
        }
    }

    @Test func longListsAreNotDeep() throws {
        let list = (0..<5000).map { "'user\($0)'" }.joined(separator: ", ")
        let any = (0..<200).map { "email = 'user\($0)'" }.joined(separator: " or ")
        let rollup = try parsed("select count(*) from actions where email in (\(list)) or \(any)")
        #expect(!rollup.stateIdentity.isEmpty)
    }

    @Test func zeroByteIsRefused() throws {
        let errors = try #require(throws: DaymillErrors.self) { try parsed("select\0 count(*) from actions") }
        #expect(errors.all.map(\.place?.column) == [7])
    }

    @Test func namesInAnyScriptAreMatched() throws {
        let sources = ["действия": [Column("почта", .text), Column("Дата", .date)]]
        let rollup = try Rollup.parse(
            "select почта, max(Дата) as последняя from действия group by почта", sources: sources, place: noPlace)
        #expect(rollup.outputs.map(\.name) == ["почта", "последняя"])
    }

    /// Any text gives a rollup or errors, and never a trap. Mutations of good queries are seeded.
    @Test(arguments: 1...40)
    func brokenTextNeverTraps(_ seed: Int) {
        var state = UInt64(seed)
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "(", ")", "'", "\"", ",", "select", "from", "-5", "interval '1 month'", "null", "*", "||", "::date", "é",
            "in", "--", "/*", "count(", "order by",
        ]
        for base in IdentityTests.different {
            var words = base.split(separator: " ").map(String.init)
            for _ in 0...next(3) {
                switch next(3) {
                case 0: words.remove(at: next(words.count))
                case 1: words.insert(pieces[next(pieces.count)], at: next(words.count + 1))
                default: words.swapAt(next(words.count), next(words.count))
                }
                if words.isEmpty { words = ["x"] }
            }
            do {
                _ = try parsed(words.joined(separator: " ")).resultIdentity
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
    }
}
