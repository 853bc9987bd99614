import DaymillCore
import Foundation
import Testing

@testable import daymill

/// The generator of logs to try things on.
@Suite final class UserActionsGeneratorTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "generate-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func generator(users: Int, events: Int, days: Int = 1, first: String = "2024-09-09") -> UserActionsGenerator
    {
        UserActionsGenerator(
            directory: folder, firstDay: Day(first)!, days: days, users: users, eventsPerDay: events)
    }

    private func rows(of day: String) throws -> [[Substring]] {
        let text = try String(contentsOfFile: "\(folder)/\(day).csv", encoding: .utf8)
        #expect(text.hasSuffix("\n"))
        return text.split(separator: "\n").map { $0.split(separator: ",") }
    }

    @Test func bytesAreTheSameEverywhere() throws {
        _ = try generator(users: 3, events: 4).run()
        #expect(
            try String(contentsOfFile: "\(folder)/2024-09-09.csv", encoding: .utf8) == """
                paul.dubois10@ya.ru,READ,2024-09-09 03:14:39
                diego.moreau4@mail.ru,UPDATE,2024-09-09 19:05:15
                anton.garcia14@ya.ru,UPDATE,2024-09-09 01:30:45
                paul.dubois10@ya.ru,UPDATE,2024-09-09 23:41:02

                """)
    }

    @Test(arguments: UserPopularity.allCases)
    func everyUserAppears(popularity: UserPopularity) throws {
        var generator = generator(users: 500, events: 600)
        generator.popularity = popularity
        _ = try generator.run()
        #expect(Set(try rows(of: "2024-09-09").map { $0[0] }).count == 500)
    }

    @Test func skewedUsersDifferMoreThanUniformOnes() throws {
        func busiest(_ popularity: UserPopularity) throws -> Int {
            var generator = generator(users: 100, events: 10_000)
            generator.popularity = popularity
            _ = try generator.run()
            return Dictionary(grouping: try rows(of: "2024-09-09")) { $0[0] }.values.map(\.count).max()!
        }
        #expect(try busiest(.skewed) > 5 * busiest(.uniform))
    }

    @Test func rowsLookLikeUserActions() throws {
        _ = try generator(users: 2000, events: 20_000).run()
        let rows = try rows(of: "2024-09-09")
        #expect(rows.count == 20_000)
        #expect(rows.allSatisfy { 12...30 ~= $0[0].utf8.count && $0[0].contains("@") })
        #expect(rows.allSatisfy { $0[2].wholeMatch(of: #/2024-09-09 ([01]\d|2[0-3]):[0-5]\d:[0-5]\d/#) != nil })
        #expect(Set(rows.map { $0[2].prefix(13) }).count == 24)
        let counts = Dictionary(grouping: rows) { $0[1] }.mapValues(\.count)
        #expect(Set(counts.keys) == ["CREATE", "READ", "UPDATE", "DELETE"])
        #expect(counts["READ"]! > rows.count / 2)
        #expect(counts["DELETE"]! < counts["CREATE"]!)
    }

    @Test func rowsAreInNoOrder() throws {
        _ = try generator(users: 100, events: 1000).run()
        let rows = try rows(of: "2024-09-09")
        let ascents = zip(rows, rows.dropFirst()).count { $0[2] < $1[2] }
        #expect(400...600 ~= ascents)
    }

    @Test func aDayIsTheSameInEverySeries() throws {
        _ = try generator(users: 50, events: 200, days: 3).run()
        let inSeries = try rows(of: "2024-09-11")
        _ = try generator(users: 50, events: 200, first: "2024-09-11").run()
        #expect(try rows(of: "2024-09-11") == inSeries)
        #expect(try rows(of: "2024-09-10") != inSeries)
    }

    @Test func quotesChangeNothingElse() throws {
        var generator = generator(users: 50, events: 200)
        _ = try generator.run()
        let plain = try rows(of: "2024-09-09")
        generator.isQuoted = true
        _ = try generator.run()
        #expect(try rows(of: "2024-09-09") == plain.map { row in row.map { "\"\($0)\"" } })
    }

    @Test func anotherSeedGivesOtherUsers() throws {
        var generator = generator(users: 50, events: 200)
        _ = try generator.run()
        let users = Set(try rows(of: "2024-09-09").map { $0[0] })
        generator.seed = 2
        _ = try generator.run()
        #expect(Set(try rows(of: "2024-09-09").map { $0[0] }).intersection(users).count < 10)
    }

    @Test func nothingButTheFilesIsLeft() throws {
        let written = try generator(users: 10, events: 20, days: 3).run()
        #expect(written.files == 3)
        #expect(written.rows == 60)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["2024-09-09.csv", "2024-09-10.csv", "2024-09-11.csv"])
    }

    @Test(arguments: [(0, 1, 1, "DAYS"), (1, 0, 1, "USERS"), (1, 1, 0, "EVENTS"), (1, 2_000_000_000, 1, "USERS")])
    func argumentsOutOfBoundsAreRefused(days: Int, users: Int, events: Int, name: String) {
        let error = #expect(throws: DaymillError.self) {
            try self.generator(users: users, events: events, days: days).run()
        }
        #expect(error?.code == .usage)
        #expect(error?.message.hasPrefix("\(name) is ") == true)
    }

    @Test(arguments: [1, 2, 3, 1000, 1024, 1025])
    func aPermutationHasEachNumberOnce(count: Int) {
        let permutation = IndexPermutation(count: count, seed: 7)
        #expect(Set((0..<count).map { permutation[$0] }) == Set(0..<count))
    }
}
