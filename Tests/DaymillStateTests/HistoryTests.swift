import DaymillCore
import DaymillState
import Foundation
import Testing

/// What is forgotten, and what never is.
@Suite struct HistoryTests {
    private static let day: Int64 = 86_400_000_000, start: Int64 = 1_800_000_000_000_000
    private let folder: String

    init() throws {
        folder = "\(NSTemporaryDirectory())daymill-history-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func open(day: Int64) throws -> StateDatabase {
        try StateDatabase("\(folder)/state.db", clock: .fixed(atMicroseconds: Self.start + day * Self.day))
    }

    /// A run of a day, which has ended so.
    @discardableResult
    private func run(
        _ day: Int64, _ pipeline: String = "p", _ end: RunRecord.State? = .succeeded, cause: String = "hand",
        parent: String? = nil
    ) throws -> String {
        let state = try open(day: day)
        let run = try state.begin(
            pipeline, command: "run", dates: "2026-11-20", params: [:], cause: cause, parent: parent)
        if let end { try state.end(run.id, end, []) }
        return run.id
    }

    private func left(_ state: StateDatabase) throws -> [String] { try state.runs(limit: 100).map(\.id).sorted() }

    /// All are much older than anything is kept.
    @Test func whatIsNeededStays() throws {
        defer { remove() }
        try run(0)
        let success = try run(1)
        try run(2, "p", .failed)
        let last = try run(3, "p", .failed)
        let other = try run(0, "q")
        let parent = try run(1, "r", .failed)
        try run(2, "r")
        let rerun = try run(3, "r", nil, cause: "rerun of \(parent)", parent: parent)
        let success2 = try run(4, "r")
        let interrupted = try run(0, "s", .interrupted, cause: "schedule")
        try run(1, "s", .interrupted)
        let queued = try open(day: 2).queue("s", date: "2026-11-20", params: [:], cause: "queue").id
        let success3 = try run(3, "s")
        // Started by an output of a run that stays, and another by one that is gone.
        let started = try run(4, "t", .succeeded, cause: "output of p, run \(success)")
        try run(5, "t", .succeeded, cause: "output of p, run 20200101-000000-000")
        let success4 = try run(6, "t")
        let state = try open(day: 1000)
        try state.prune(keep: .seconds(86_400), runs: 1)
        let expected = [
            success, last, other, parent, rerun, success2, interrupted, queued, success3, started, success4,
        ]
        #expect(try left(state) == expected.sorted())
        let (all, old) = try state.forgettable()
        #expect(try all == left(state) && old.isEmpty)
        // Nothing is left to be forgotten, and nothing is.
        #expect(try state.prune(keep: .seconds(86_400), runs: 1).isEmpty)
    }

    @Test func whatIsForgottenTakesItsTimeWithIt() throws {
        defer { remove() }
        let old = try (0..<4).map { try run($0) }
        try run(9)
        for day in 0..<8 as Range<Int64> {
            let firing = FiringRecord(
                pipeline: "p", instant: day, date: "2026-11-20", verdict: "skipped", reason: "because")
            _ = try open(day: day).note([firing], decided: [:])
        }
        let state = try open(day: 10)
        #expect(try state.forgettable().old == old)
        try state.forget(Array(old.prefix(3)))
        #expect(try state.forgettable().old == [old[3]])
        #expect(try state.firings(of: "p", limit: 10).map(\.instant) == [7, 6, 5, 4, 3, 2])
        var times = 0
        while try state.forgetFirings(), times < 20 { times += 1 }
        #expect(try state.firings(of: "p", limit: 10).isEmpty && times < 10)
    }

    @Test func spaceIsGivenBackWhileOthersWrite() throws {
        defer { remove() }
        let state = try open(day: 0)
        let text = String(repeating: "x", count: 20_000)
        for number in 0..<400 as Range<Int64> {
            let run = try open(day: number).begin("p", command: "run", dates: text, params: [:])
            try state.end(run.id, .succeeded, [])
        }
        func size() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: "\(folder)/state.db")[.size] as? Int ?? 0
        }
        let before = try state.usedBytes()
        #expect(before > 7_000_000)
        try state.forget(try state.forgettable().old)
        #expect(try state.usedBytes() < before / 10)
        try state.giveBackSpace()
        // What is in the log beside the file goes into it when that is closed.
        state.close()
        #expect(try size() < before / 10)
        #expect(try open(day: 1000).runs(limit: 10).count == 1)
    }

    @Test func whatIsDoneNowAndThenIsDoneByOne() throws {
        defer { remove() }
        let hour = Duration.seconds(3600)
        #expect(try open(day: 1).isDue("a", every: hour) && !open(day: 1).isDue("a", every: hour))
        #expect(try open(day: 1).isDue("b", every: hour) && open(day: 2).isDue("a", every: hour))
        // The clock was set back.
        #expect(try open(day: 1).isDue("a", every: hour) && !open(day: 1).isDue("a", every: hour))
    }
}
