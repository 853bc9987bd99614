import Foundation
import Synchronization

/// Flips bits of everything that a store holds, one at a time: whatever comes out of the runs after it is right.
package enum FlippedBits {
    private static let yaml = """
        sources:
          rows:
            files: input/{date}-*.csv
            columns: { k: text, n: integer, x: double }
            on_bad_row: skip
          late:
            files: late/*.csv
            columns: { k: text, n: integer, t: timestamp }
            event_time: t
          pairs:
            files: input/{date}-*.csv
            columns: { k: text, n: integer, x: double }
            distinct_on: k
            on_bad_row: skip
        steps:
          all:
            window: last 2 days
            rollup: SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d FROM rows GROUP BY k
            to: output/{date}-all.csv
          some:
            window: last 2 days
            rollup: SELECT k, max(n) AS n FROM late GROUP BY k
            to: output/{date}-some.csv
          once:
            window: last 2 days
            rollup: SELECT count(*) AS c, sum(x) AS x FROM pairs
            to: output/{date}-once.csv
        """
    private static let first = "2024-02-29", next = "2024-03-01"

    package struct Report: Sendable {
        package var bits = 0
        package var files = 0
        package var failures: [String] = []
    }

    /// A project in which the first date has been made, and the second has not.
    private static func made() throws -> ProofProject {
        let project = try ProofProject(yaml)
        for (day, rows) in [
            ("02-27", "a,1,0.1\nb,2,\n"), ("02-28", "a,1,1e300\n\"c,d\",3,2\nbad\n"), ("02-29", "b,9,4\n"),
        ] {
            project.put("input/2024-\(day)-1.csv", rows)
            project.put("input/2024-\(day)-2.csv", rows + "a,7,3\n")
            project.put("late/\(day).csv", "x,\(day.suffix(1)),2024-\(day) 10:00:00\ny,3,2024-02-28 11:00:00\n")
        }
        try project.run(first)
        return project
    }

    /// Flips one bit of every `stride`-th byte: which one follows from the byte's place.
    ///
    /// - Parameter all: every bit of these bytes.
    package static func run(stride: Int, all: Bool = false, threads: Int) throws -> Report {
        let start = try made()
        let whole = start.fork()
        try whole.run(next)
        let expected = whole.outputs
        let places = start.disk.paths(below: ".daymill").flatMap { path in
            Swift.stride(from: 0, to: start.disk.bytes(path)!.count, by: stride).flatMap { offset in
                (all ? Array(0..<8) : [(offset / stride) % 8]).map { (path, offset, $0) }
            }
        }
        let report = Mutex(Report(bits: places.count, files: start.disk.paths(below: ".daymill").count))
        let shared = SharedStart(start)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for i in Swift.stride(from: thread, to: places.count, by: threads) {
                let (path, offset, bit) = places[i]
                guard let failure = failure(shared.project, path, offset, bit, expected) else { continue }
                report.withLock { $0.failures.append("bit \(bit) of byte \(offset) of \(path): \(failure)") }
            }
        }
        return report.withLock { $0 }
    }

    private static func failure(
        _ start: ProofProject, _ path: String, _ offset: Int, _ bit: Int, _ expected: [String: String]
    ) -> String? {
        let project = start.fork()
        var bytes = project.disk.bytes(path)!
        bytes[offset] ^= 1 << UInt8(bit)
        project.disk.overwrite(path, bytes)
        do {
            try project.run(next)
            if project.outputs != expected { return "the next date comes out wrong: \(project.outputs)" }
            try project.run(first)
            if project.outputs != expected { return "the same date comes out wrong: \(project.outputs)" }
        } catch { return "\(error)" }
        return nil
    }
}

// Unchecked because threads only copy it.
private final class SharedStart: @unchecked Sendable {
    let project: ProofProject
    init(_ project: ProofProject) { self.project = project }
}
