import DaymillColumns
import DaymillProof
import DaymillRunner
import DaymillTestKit
import Foundation
import Testing

/// Random histories of projects: after each operation whatever claims to be fresh is what would be computed from scratch.
///
/// Here a few hundred, so that every run of the tests has some. `make test` lets tens of thousands happen in a release
/// build, `make soak` as many as an hour takes; docs/PROOF.md says what is in them.
@Suite struct HistoryTests {
    private static func number(_ name: String, orElse usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    @Test func incrementalIsFullInEveryHistory() {
        let seed = UInt64(Self.number("DAYMILL_HISTORY_SEED", orElse: 1_000_000))
        let count = Self.number("DAYMILL_HISTORIES", orElse: 60)
        let report = HistoryCampaign.run(first: seed, count: count)
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.numbers.histories == count)
    }

    /// What went wrong once, in its shortest form.
    private static let past: [[HistoryOperation]] = [
        // A file without rows that must be there was deleted: no group changed, and status called the output fresh.
        [
            .write(.init(shape: 2, day: 3, number: 2), content: 2770, .renamed),
            .write(.init(shape: 2, day: 2, number: 0), content: 3901, .renamed), .run(shape: 2, date: 4, threads: 1),
            .delete(.init(shape: 2, day: 3, number: 1)),
        ],
        // A file changed in what no output has, and a run of another date read it: runs said that there was nothing to do,
        // and verify that the output had to be made again.
        [
            .write(.init(shape: 4, day: 0, number: 1), content: 2198, .renamed), .run(shape: 4, date: 3, threads: 1),
            .alter(.init(shape: 4, day: 0, number: 1), 8_819_539_047_760_059_533, keepsTime: true),
            .run(shape: 4, date: 2, threads: 1), .verify(shape: 4, date: 3),
        ],
        // The same of a file without rows that is gone.
        [
            .write(.init(shape: 0, day: 0, number: 0), content: 3636, .renamed), .run(shape: 0, date: 1, threads: 1),
            .delete(.init(shape: 0, day: 0, number: 0)), .verify(shape: 0, date: 1),
        ],
        // A file was moved: the output is of the same contents, and verify looked for the names.
        [
            .write(.init(shape: 8, day: 3, number: 1), content: 1270, .renamed), .verify(shape: 8, date: 5),
            .redeliver(
                .init(shape: 8, day: 3, number: 1), to: .init(shape: 8, day: 4, number: 2), keeps: false),
            .verify(shape: 8, date: 5),
        ],
        // A window kept for rolling forward held what a wrong segment had given, and outlived the audit that found it.
        [
            .write(.init(shape: 0, day: 2, number: 2), content: 3441, .renamed), .verify(shape: 0, date: 4),
            .merge(.rollForward), .run(shape: 0, date: 2, threads: 3), .forge(shape: 0, 1_161_068_075_901_152_052),
        ],
        // A window that rolled forward lost a day as a wrong segment had it. What stayed of the day was in outputs that have
        // none of its files, which the audit that found the segment took for right.
        [
            .write(.init(shape: 7, day: 0, number: 0), content: 1437, .renamed), .merge(.rollForward),
            .crash(.backfill(shape: 7, from: 3, to: 4), moment: 9_243_250_999_709_753_492, losesPower: true),
            .run(shape: 7, date: 2, threads: 1), .forge(shape: 7, 2_524_227_044_986_106_655),
        ],
        // Two runs met a damaged segment: one dropped it when the other had seen that it is there and was about to open it.
        [
            .write(.init(shape: 4, day: 3, number: 2), content: 2162, .renamed),
            .write(.init(shape: 4, day: 0, number: 2), content: 520, .renamed),
            .write(.init(shape: 4, day: 0, number: 0), content: 3762, .renamed),
            .write(.init(shape: 4, day: 4, number: 1), content: 736, .renamed), .run(shape: 4, date: 2, threads: 1),
            .wait(2001), .work(.run(shape: 4, date: 3)), .run(shape: 4, date: 1, threads: 1),
            .damage(7_530_967_801_069_648_909),
            .atOnce(
                .run(shape: 4, date: 5), .backfill(shape: 4, from: 4, to: 5), seed: 12_037_953_243_556_451_995),
        ],
        // The disk in memory gave two processes that made one lock file two of them.
        [.atOnce(.run(shape: 7, date: 3), .run(shape: 7, date: 5), seed: 6_141_473_604_854_609_060)],
        // An audit in the middle of a repair found a damaged segment, and outputs looked at before stayed stale.
        [
            .write(.init(shape: 0, day: 0, number: 1), content: 3130, .renamed),
            .write(.init(shape: 0, day: 2, number: 1), content: 3121, .renamed), .auditing,
            .run(shape: 0, date: 2, threads: 3), .wait(2001), .run(shape: 0, date: 5, threads: 1),
            .damage(17_625_610_169_813_812_028),
            .write(.init(shape: 0, day: 3, number: 2), content: 381, .inPlace), .wait(1999),
            .write(.init(shape: 0, day: 4, number: 2), content: 962, .packed), .wait(2001), .work(.repair(shape: 0)),
        ],
        // Two runs met a damaged segment, and each deleted what the other one had made anew, in turn.
        [
            .write(.init(shape: 0, day: 3, number: 1), content: 3892, .renamed),
            .write(.init(shape: 0, day: 2, number: 2), content: 2216, .renamed),
            .write(.init(shape: 0, day: 4, number: 2), content: 2357, .renamed), .run(shape: 0, date: 4, threads: 1),
            .verify(shape: 0, date: 5), .wait(4),
            .write(.init(shape: 0, day: 3, number: 0), content: 2994, .packed), .damage(13_659_570_482_687_713_366),
            .atOnce(.run(shape: 0, date: 4), .run(shape: 0, date: 4), seed: 12_480_905_576_199_344_177),
        ],
    ]

    @Test(arguments: past.indices)
    func whatWentWrongOnceIsRight(_ number: Int) {
        let failure = History.failure(Self.past[number], Answers())
        #expect(failure == nil, "\(failure?.what ?? "")")
    }

    @Test func aSeedGivesOneHistory() {
        func operations(_ seed: UInt64) -> [HistoryOperation] {
            var generator = HistoryGenerator(seed: seed)
            return generator.history()
        }
        for seed in 1...50 as ClosedRange<UInt64> { #expect(operations(seed) == operations(seed)) }
        #expect(operations(1) != operations(2))
    }

    /// The generator gets everywhere: no operation is forgotten.
    @Test func historiesHaveEveryOperation() {
        var seen: Set<String> = []
        for seed in 1...300 as ClosedRange<UInt64> {
            var generator = HistoryGenerator(seed: seed)
            for operation in generator.history() { seen.insert(String("\(operation)".prefix { $0 != "(" })) }
        }
        #expect(seen == Set(HistoryOperation.names), "\(seen.symmetricDifference(HistoryOperation.names))")
    }

    @Test func aFailingHistoryShrinksToWhatMatters() {
        var generator = HistoryGenerator(seed: 7)
        let middle: [HistoryOperation] = [.wait(3), .work(.collect), .wait(4), .work(.compact)]
        let operations = generator.history() + middle + generator.history()
        let smallest = HistoryShrinker.smallest(operations) { operations in
            guard let first = operations.firstIndex(of: .work(.collect)) else { return false }
            return operations[first...].contains(.work(.compact))
        }
        #expect(smallest == [.work(.collect), .work(.compact)])
    }
}

/// No flipped bit in the store comes through; `make histories` tries every byte.
@Suite struct FlippedBitTests {
    @Test func noFlippedBitHasConsequences() throws {
        let report = try FlippedBits.run(stride: 97, threads: 2)
        #expect(report.bits > 100 && report.files > 20, "\(report.bits) bits of \(report.files) files")
        #expect(report.failures == [])
    }
}

/// The disk in memory does what disks may do.
@Suite struct PowerLossRuleTests {
    private func disk() -> MemoryDisk { MemoryDisk(now: 1_700_000_000_000_000_000) }

    /// Writes and renames through the product's own door, leaving one step out.
    private func publish(_ disk: MemoryDisk, _ text: String, syncs: Bool = true) throws {
        let file = try FileDoor.create("\(disk.root)/.out.tmp")
        try file.write(Array(text.utf8))
        if syncs { try file.sync() }
        try FileDoor.move("\(disk.root)/.out.tmp", to: "\(disk.root)/out")
    }

    private func text(_ disk: MemoryDisk) -> String? { disk.bytes("out").map { String(decoding: $0, as: UTF8.self) } }

    @Test(arguments: DiskLoss.allCases)
    func whatWasSyncedStays(_ loss: DiskLoss) throws {
        let disk = disk()
        defer { disk.close() }
        try publish(disk, "new")
        var random = SeededGenerator(seed: 1)
        disk.losePower(data: loss, names: false, &random)
        #expect(text(disk) == "new")
    }

    @Test func whatWasNotSyncedMayBeAnything() throws {
        var found: Set<String> = []
        for seed in 1...60 as ClosedRange<UInt64> {
            let disk = disk()
            defer { disk.close() }
            try publish(disk, "new", syncs: false)
            var random = SeededGenerator(seed: seed)
            disk.losePower(data: nil, names: nil, &random)
            found.insert(text(disk) ?? "nothing")
        }
        #expect(found.isSuperset(of: ["new", "", "\0\0\0", "n", "ne"]))
    }

    @Test func aRenameThatWasNotSyncedMayBeUndone() throws {
        var found: Set<String> = []
        for seed in 1...20 as ClosedRange<UInt64> {
            let disk = disk()
            defer { disk.close() }
            try publish(disk, "old")
            // Create, write, sync, rename; it dies before the folder is synced.
            try disk.dying(atStep: 5) { try publish(disk, "new") }
            var random = SeededGenerator(seed: seed)
            disk.losePower(data: nil, names: nil, &random)
            found.insert(text(disk) ?? "nothing")
        }
        #expect(found == ["old", "new"])
    }

    @Test func aDeadProcessDoesNothing() throws {
        let disk = disk()
        defer { disk.close() }
        let died = try disk.dying(atStep: 2) {
            try? publish(disk, "new")
            try publish(disk, "again")
        }
        #expect(died && disk.bytes("out") == nil)
        try publish(disk, "later")
        #expect(text(disk) == "later")
    }
}
