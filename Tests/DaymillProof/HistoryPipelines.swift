import DaymillCore
package import DaymillPipeline
import Synchronization

/// The pipelines of histories: a few shapes of sources, each in several wordings.
package enum HistoryPipelines {
    /// A pipeline and the texts that its file may have; the first two mean the same.
    package struct Shape: Sendable {
        package var name: String
        /// The folder of its input files, and how they are named.
        var naming: Naming
        package var texts: [String]
    }

    /// How input files are named.
    enum Naming: Sendable {
        /// Several files a day.
        case manyOfDay
        /// One file a day.
        case oneOfDay
        /// Names that tell nothing: rows carry their day.
        case free
    }

    package static let shapes: [Shape] = [days, late, strict, pairs, latepairs]

    /// Files by day, bad rows left out.
    private static let days = Shape(
        name: "days", naming: .manyOfDay,
        texts: texts(
            source: """
                files: days/{date}-*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [
                    step(
                        "all", "last 3 days", "SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("thin", "last 2 days", "SELECT k, max(n) AS n, min(t) AS t", "WHERE n > 1 GROUP BY k"),
                ],
                [
                    step(
                        "all", "last 3 days", "SELECT  k, count( * ) AS c, sum(x) AS x , count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("thin", "last 2 days", "SELECT k, max(n) AS n, min(t) AS t", "WHERE  (n > 1)  GROUP BY k"),
                ],
                [
                    step(
                        "all", "last 3 days", "SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k HAVING count(*) > 1 ORDER BY c DESC LIMIT 2"),
                    step("thin", "this day", "SELECT k, max(n) AS n, min(t) AS t", "WHERE n > 1 GROUP BY k"),
                ],
                [
                    step(
                        "all", "last 2 days", "SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("thin", "last 2 days", "SELECT k, max(n) AS n, min(t) AS t", "WHERE n > 2 GROUP BY k"),
                ],
            ]))

    /// Rows carry their day, whatever file brings them.
    private static let late = Shape(
        name: "late", naming: .free,
        texts: texts(
            source: """
                files: late/*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                event_time: t
                missing: empty
                on_bad_row: quarantine
                """,
            steps: [
                [
                    step("all", "last 2 days", "SELECT k, count(*) AS c, max(x) AS x", "GROUP BY k"),
                    step("one", "this day", "SELECT count(*) AS c, sum(n) AS n", ""),
                ],
                [
                    step("all", "last 2 days", "SELECT k,count(*) AS c,max(x) AS x", "GROUP  BY k"),
                    step("one", "this day", "SELECT count(*) AS c, sum(n) AS n", ""),
                ],
                [
                    step("all", "last 3 days", "SELECT k, count(*) AS c, max(x) AS x", "GROUP BY k"),
                    step("one", "month to date", "SELECT count(*) AS c, sum(n) AS n", ""),
                ],
                [
                    step("all", "last 2 days", "SELECT k, count(*) AS c, max(x) AS x, avg(n) AS a", "GROUP BY k"),
                    step("one", "this day", "SELECT count(*) AS c, sum(n) AS n", "WHERE k <> 'a'"),
                ],
            ]))

    /// Every day must have its file, and every row must be good.
    private static let strict = Shape(
        name: "strict", naming: .oneOfDay,
        texts: texts(
            source: """
                files: strict/{date}.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                """,
            steps: [
                [step("all", "last 2 days", "SELECT k, n, count(*) AS c, avg(x) AS x", "GROUP BY k, n")],
                [step("all", "last 2 days", "SELECT k, n, count(*) AS c, avg(x) AS x", "GROUP BY k,   n")],
                [
                    step(
                        "all", "last 2 days", "SELECT k, n, count(*) AS c, avg(x) AS x",
                        "GROUP BY k, n ORDER BY c DESC, x")
                ],
                [step("all", "last 2 days", "SELECT k, count(*) AS c, avg(x) AS x", "GROUP BY k")],
            ]))

    /// Of rows of a day with the same key one counts.
    private static let pairs = Shape(
        name: "pairs", naming: .manyOfDay,
        texts: texts(
            source: """
                files: pairs/{date}-*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                distinct_on: [k, n]
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [step("all", "last 2 days", "SELECT k, count(*) AS c, sum(x) AS x", "GROUP BY k")],
                [step("all", "last 2 days", "SELECT k, count(*) AS c, sum( x ) AS x", "GROUP BY k")],
                [step("all", "this day", "SELECT k, count(*) AS c, sum(x) AS x", "GROUP BY k")],
                [step("all", "last 2 days", "SELECT k, count(*) AS c, max(t) AS t", "WHERE x > 0 GROUP BY k")],
            ]))

    /// The same of rows that carry their day.
    private static let latepairs = Shape(
        name: "latepairs", naming: .free,
        texts: texts(
            source: """
                files: latepairs/*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                event_time: t
                distinct_on: k
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [
                    step("all", "last 2 days", "SELECT n, count(*) AS c, sum(x) AS x", "GROUP BY n"),
                    step("each", "this day", "SELECT DISTINCT k, n", ""),
                ],
                [
                    step("all", "last 2 days", "SELECT n,count(*) AS c,sum(x) AS x", "GROUP BY n"),
                    step("each", "this day", "SELECT DISTINCT k ,n", ""),
                ],
                [
                    step("all", "last week", "SELECT n, count(*) AS c, sum(x) AS x", "GROUP BY n"),
                    step("each", "this month", "SELECT DISTINCT k, n", ""),
                ],
                [
                    step("all", "last 2 days", "SELECT count(DISTINCT n) AS c, min(k) AS k", ""),
                    step("each", "this day", "SELECT DISTINCT k, n", "WHERE x > 0"),
                ],
            ]))

    private static func step(_ name: String, _ window: String, _ select: String, _ rest: String) -> String {
        """
          \(name):
            window: \(window)
            rollup: "\(select) FROM rows \(rest)"
            to: out/PIPELINE-\(name)-{date}.csv
        """
    }

    private static func texts(source: String, steps: [[String]]) -> [String] {
        let indented = source.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        let folder = source.split(separator: "/")[0].split(separator: " ").last!
        return steps.map { steps in
            let body = steps.joined(separator: "\n").replacing("PIPELINE", with: folder)
            return "sources:\n  rows:\n\(indented)\nsteps:\n\(body)\n"
        }
    }

    // MARK: Checked once

    private static let parsed = Mutex<[String: Pipeline]>([:])

    /// The checked pipeline of a shape in one of its wordings.
    package static func pipeline(_ shape: Shape, _ text: Int) throws -> Pipeline {
        let key = "\(shape.name) \(text)"
        if let known = parsed.withLock({ $0[key] }) { return known }
        let pipeline = try Pipeline.parse(
            shape.texts[text], file: "pipelines/\(shape.name).yaml", project: Project(root: "."))
        parsed.withLock { $0[key] = pipeline }
        return pipeline
    }
}
