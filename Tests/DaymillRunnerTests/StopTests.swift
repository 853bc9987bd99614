import DaymillCore
import DaymillRunner
import Foundation
import Synchronization
import Testing

/// Work that is ended at any of the moments at which it looks whether it is to end leaves nothing half-done.
@Suite struct StopTests {
    /// A time that passes only while somebody looks: work that may take n microseconds ends at its n-th look.
    private func looks(_ limit: Int64) -> WorkStop {
        let count = Mutex<Int64>(0)
        let clock = SteadyClock {
            count.withLock { count in
                count += 1
                return count
            }
        }
        return WorkStop(timeout: .microseconds(limit), clock: clock)
    }

    private static let plain = """
        sources:
          logs: { files: "in/{date}.csv", columns: { who: text, n: integer } }
        steps:
          sums:
            window: last 12 days
            rollup: SELECT who, sum(n) AS total, count(*) AS rows FROM logs GROUP BY who
            to: out/{date}.csv
        """

    /// Duplicates are removed, distinct values counted, and rows are in another order than keys.
    private static let folded = """
        sources:
          logs: { files: "in/{date}.csv", columns: { who: text, n: integer }, distinct_on: [who, n] }
        steps:
          sums:
            window: last 3 days
            rollup: SELECT who, count(DISTINCT n) AS total FROM logs GROUP BY who HAVING count(*) > 0 ORDER BY total, who
            to: out/{date}.csv
        """

    private func project(_ yaml: String) throws -> TestProject {
        let project = try TestProject(yaml)
        for day in 1...14 {
            let rows = (0..<40).map { "user\($0 * day % 31),\($0 % 7)\n" }.joined()
            try project.write("in/2026-11-\(day < 10 ? "0" : "")\(day).csv", rows)
        }
        return project
    }

    /// A thread that has done its work may hold a file for a moment yet.
    private func expectNoTemporaryFiles(_ project: TestProject) {
        for _ in 0..<5000 {
            if project.temporaryFiles.isEmpty { return }
            Thread.sleep(forTimeInterval: 0.001)
        }
        Issue.record("they are left: \(project.temporaryFiles)")
    }

    /// Small files, a large one that is read by all threads, groups that go to disk, and windows that roll.
    @Test(arguments: [
        (plain, Int.max, 8 << 20), (plain, Int.max, 1), (plain, 16, 8 << 20), (folded, Int.max, 8 << 20),
        (folded, 16, 1),
    ])
    func nothingIsHalfDone(_ yaml: String, _ groupsMax: Int, _ largeFileBytes: Int) throws {
        func run(_ project: TestProject, _ date: String) throws {
            try project.run(date, largeFileBytes: largeFileBytes, groupsMax: groupsMax)
        }
        let undisturbed = try project(yaml)
        for date in ["2026-11-13", "2026-11-14"] { try run(undisturbed, date) }
        let expected = undisturbed.contents(of: "out")
        let stopped = try project(yaml)
        for date in ["2026-11-13", "2026-11-14"] {
            var looks: Int64 = 1, isDone = false
            while !isDone {
                let stop = self.looks(looks)
                do {
                    try WorkStop.$current.withValue(stop) { try run(stopped, date) }
                    isDone = true
                } catch let ended as WorkEnded {
                    #expect(ended.reason == .tookLonger(than: .microseconds(looks)))
                }
                expectNoTemporaryFiles(stopped)
                for (name, text) in stopped.contents(of: "out") { #expect(text == expected[name], "\(name)") }
                // What was read stays read, so that each try needs fewer looks; this one begins anew.
                if !isDone, looks % 2 == 0 { try stopped.remove(".daymill") }
                looks += 1 + looks / 6
            }
            #expect(looks > 5, "it looked \(looks) times")
        }
        #expect(stopped.contents(of: "out") == expected)
        try stopped.checkOrder(steps: ["sums"], date: "2026-11-14")
    }

    /// Dates that are made in one go.
    @Test func manyDatesGoOnWhereTheyWereEnded() throws {
        let undisturbed = try project(Self.plain), stopped = try project(Self.plain)
        let dates = try (13...15).map { try Day.parse("2026-11-\($0)", today: Day(daysSinceEpoch: 0)) }
        try undisturbed.makeAll(dates)
        let expected = undisturbed.contents(of: "out")
        var looks: Int64 = 1, isDone = false
        while !isDone {
            do {
                try WorkStop.$current.withValue(self.looks(looks)) { try stopped.makeAll(dates) }
                isDone = true
            } catch is WorkEnded {}
            expectNoTemporaryFiles(stopped)
            for (name, text) in stopped.contents(of: "out") { #expect(text == expected[name], "\(name)") }
            looks += 1 + looks / 6
        }
        #expect(stopped.contents(of: "out") == expected && looks > 5)
    }

    /// Workers of several threads end too, whoever stops them and whenever.
    @Test func allThreadsEnd() throws {
        let project = try project(Self.plain)
        let stop = WorkStop()
        stop.stop("that will do")
        stop.stop("and again")
        #expect(throws: WorkEnded(.asked("that will do"))) {
            try WorkStop.$current.withValue(stop) { try project.run("2026-11-14", threads: 4) }
        }
        #expect(project.files(in: "out") == [])
        try project.run("2026-11-14", threads: 4)
        #expect(project.files(in: "out") == ["out/2026-11-14.csv"])
    }

    /// Waiting for files that are still being written ends at once.
    @Test func aPauseEnds() {
        let stop = WorkStop()
        stop.stop("enough")
        #expect(throws: WorkEnded(.asked("enough"))) {
            try WorkStop.$current.withValue(stop) { try WorkStop.pause(.seconds(3600)) }
        }
        #expect(throws: WorkEnded(.tookLonger(than: .milliseconds(1)))) {
            try WorkStop.$current.withValue(WorkStop(timeout: .milliseconds(1))) { try WorkStop.pause(.seconds(3600)) }
        }
    }
}
