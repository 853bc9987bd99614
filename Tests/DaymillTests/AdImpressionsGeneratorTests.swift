import DaymillCore
import Foundation
import Testing

@testable import daymill

/// The generator of ad impressions with duplicates.
@Suite final class AdImpressionsGeneratorTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "generate-\(UUID().uuidString)").path

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func generator(rows: Int, distinct: Int, files: Int = 4) -> AdImpressionsGenerator {
        AdImpressionsGenerator(
            directory: folder, day: Day("2024-09-15")!, rows: rows, distinct: distinct, files: files)
    }

    private func lines(_ file: Int) throws -> [Substring] {
        let text = try String(contentsOfFile: "\(folder)/2024/09/15/impressions-\(file).csv", encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines.first == "IMPRESSION_ID,IMPRESSION_DATETIME,CAMPAIGN_ID,COUNTRY,DEVICE")
        return Array(lines.dropFirst())
    }

    @Test func everyImpressionAppearsAndEqualIdsAreEqualRows() throws {
        let written = try generator(rows: 5000, distinct: 3100).run()
        #expect(written.files == 4)
        #expect(written.rows == 5000)
        let rows = try (1...4).flatMap(lines)
        #expect(rows.count == 5000)
        #expect(Set(rows).count == 3100)
        #expect(Set(rows.map { $0.split(separator: ",")[0] }).count == 3100)
    }

    @Test func filesShareTheRowsAndSomeImpressions() throws {
        _ = try generator(rows: 1001, distinct: 500).run()
        let files = try (1...4).map(lines)
        #expect(files.map(\.count) == [250, 250, 250, 251])
        #expect(!Set(files[0]).isDisjoint(with: files[3]))
        #expect(Set(files[0]).count < files[0].count)
    }

    @Test func rowsLookLikeImpressions() throws {
        _ = try generator(rows: 20_000, distinct: 20_000, files: 1).run()
        let rows = try lines(1).map { $0.split(separator: ",") }
        #expect(rows.count == 20_000)
        let id = #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#
        let time = #/2024-09-15 ([01]\d|2[0-3]):[0-5]\d:[0-5]\d/#
        #expect(rows.allSatisfy { $0.count == 5 && $0[0].wholeMatch(of: id) != nil })
        #expect(rows.allSatisfy { $0[1].wholeMatch(of: time) != nil })
        let campaigns = rows.map { Int($0[2])! }
        #expect(campaigns.allSatisfy { 1001...4000 ~= $0 })
        #expect(Set(campaigns).count > 2000)
        #expect(Set(rows.map { $0[1].prefix(13) }).count == 24)
    }

    @Test func bytesAreTheSameEachTime() throws {
        _ = try generator(rows: 300, distinct: 200).run()
        let first = try (1...4).map(lines)
        _ = try generator(rows: 300, distinct: 200).run()
        #expect(try (1...4).map(lines) == first)
        var other = generator(rows: 300, distinct: 200)
        other.seed = 2
        _ = try other.run()
        #expect(Set(try lines(1)).isDisjoint(with: first[0]))
    }

    @Test(arguments: [(0, 1, 1, "ROWS"), (10, 11, 1, "DISTINCT"), (10, 0, 1, "DISTINCT"), (10, 5, 11, "--files")])
    func argumentsOutOfBoundsAreRefused(rows: Int, distinct: Int, files: Int, name: String) {
        let error = #expect(throws: DaymillError.self) {
            try self.generator(rows: rows, distinct: distinct, files: files).run()
        }
        #expect(error?.code == .usage)
        #expect(error?.message.hasPrefix("\(name) is ") == true)
    }
}
