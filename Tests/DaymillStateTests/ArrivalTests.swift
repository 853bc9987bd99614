import DaymillCore
import DaymillState
import Foundation
import Testing

/// Files that start runs are noted with their runs, and each as it is but once.
@Suite struct ArrivalTests {
    private static let day: Int64 = 86_400_000_000
    private let folder: String

    init() throws {
        folder = "\(NSTemporaryDirectory())daymill-arrivals-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func open(now: Int64 = 1_800_000_000_000_000) throws -> StateDatabase {
        try StateDatabase("\(folder)/state.db", clock: .fixed(atMicroseconds: now))
    }

    private static func file(_ size: Int) -> FileIdentity {
        FileIdentity(size: size, modified: 1, changed: 2, inode: .max)
    }

    @Test func aFileAndItsRunAreNotedTogetherAndOnce() throws {
        defer { remove() }
        let state = try open()
        let files = ["a": Self.file(1), "b": Self.file(2)]
        let run = try state.note(arrived: files, of: "p", date: "2026-11-20", cause: "file a and 1 more")
        #expect(run?.state == .queued && run?.cause == "file a and 1 more" && run?.dates == "2026-11-20")
        #expect(try state.openRuns().map(\.id) == [run?.id])
        // Somebody who has not seen that it was noted, as after a crash.
        #expect(try open().note(arrived: files, of: "p", date: "2026-11-20", cause: "file a and 1 more") == nil)
        #expect(try state.openRuns().count == 1)
        let known = try state.arrivals(of: "p")
        #expect(known.mapValues(\.identity) == files && known["a"]?.run == run?.id && known["b"]?.verdict == .ran)
        #expect(try state.arrivals(of: "p", paths: ["b", "c"]).keys.sorted() == ["b"])
        #expect(try state.arrivals(of: "p", date: "2026-11-20").map(\.path) == ["a", "b"])
        #expect(try state.arrivals(of: "q").isEmpty)
        // One of them has changed.
        let changed = ["a": Self.file(1), "b": Self.file(3)]
        let second = try state.note(arrived: changed, of: "p", date: "2026-11-20", cause: "file b")
        #expect(try state.arrivals(of: "p")["a"]?.run == run?.id && state.arrivals(of: "p")["b"]?.run == second?.id)
        #expect(try second != nil && state.openRuns().count == 2)
    }

    @Test func whatIsLeftOutIsNotedWithItsReason() throws {
        defer { remove() }
        let state = try open()
        let skipped = try state.note(
            arrived: ["a": Self.file(1)], of: "p", date: "2026-11-20", cause: "file a", skipped: "it was paused")
        #expect(try skipped == nil && state.openRuns().isEmpty)
        let left = try #require(try state.arrivals(of: "p", date: "2026-11-20").first)
        #expect(left.verdict == .skipped && left.reason == "it was paused" && left.run == nil)
        #expect(try state.note(arrived: ["a": Self.file(1)], of: "p", date: "2026-11-20", cause: "file a") == nil)
    }

    @Test func whatWasThereFirstStartsNothingUntilItChanges() throws {
        defer { remove() }
        let state = try open()
        func known(_ path: String, _ size: Int) -> ArrivalRecord {
            ArrivalRecord(path: path, identity: Self.file(size), date: "2026-11-20", verdict: .known, noted: 1)
        }
        try state.watch("p", ["in/*"], known: [known("in/a", 1)])
        #expect(try state.watchedPatterns() == ["p": ["in/*"]])
        #expect(try state.note(arrived: ["in/a": Self.file(1)], of: "p", date: "2026-11-20", cause: "x") == nil)
        #expect(try state.arrivals(of: "p", date: "2026-11-20").isEmpty)
        // Another pattern takes in a file that has changed since it was known: that is still to be seen.
        try state.watch("p", ["in/*", "*/a"], known: [known("in/a", 2), known("out/a", 3)])
        #expect(try state.arrivals(of: "p").mapValues(\.identity.size) == ["in/a": 1, "out/a": 3])
        #expect(try state.note(arrived: ["in/a": Self.file(2)], of: "p", date: "2026-11-20", cause: "x") != nil)
        try state.watch("p", ["*/a"], known: [])
        #expect(try state.watchedPatterns() == ["p": ["*/a"]])
        try state.watch("p", [], known: [])
        #expect(try state.watchedPatterns().isEmpty && state.arrivals(of: "p").isEmpty)
    }

    /// A disk that is not mounted for a while has lost no file; one that is gone for a month is forgotten.
    @Test func whatIsGoneIsKeptForAMonth() throws {
        defer { remove() }
        let now: Int64 = 1_800_000_000_000_000, files = ["a": Self.file(1), "b": Self.file(2)]
        _ = try open(now: now).note(arrived: files, of: "p", date: "2026-11-20", cause: "x")
        try open(now: now).note(there: ["a"], of: "p")
        try open(now: now + 29 * Self.day).note(there: ["a"], of: "p")
        #expect(try open().arrivals(of: "p").count == 2)
        try open(now: now + 29 * Self.day).note(there: ["a", "b"], of: "p")
        try open(now: now + 40 * Self.day).note(there: ["a"], of: "p")
        #expect(try open().arrivals(of: "p").count == 2)
        try open(now: now + 71 * Self.day).note(there: ["a"], of: "p")
        #expect(try open().arrivals(of: "p").keys.sorted() == ["a"])
    }
}
