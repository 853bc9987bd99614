/// Sources of other kinds: JSON Lines, params, hours and zones, long windows.
extension HistoryPipelines {
    /// JSON Lines in, with paths into objects, and out.
    static let json = Shape(
        name: "json", naming: .manyOfDay,
        texts: texts(
            source: """
                files: json/{date}-*.csv
                format: jsonl
                columns:
                  k: { type: text, path: user.k }
                  n: { type: integer, path: "v[0]" }
                  x: double
                  t: timestamp
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [
                    lines(
                        "all", "last 3 days", "SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("some", "this day", "SELECT k, avg(n) AS a", "GROUP BY k"),
                ],
                [
                    lines(
                        "all", "last 3 days", "SELECT k, count( * ) AS c, sum(x) AS x,count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("some", "this day", "SELECT  k, avg(n) AS a", "GROUP BY  k"),
                ],
                [
                    step(
                        "all", "last 3 days", "SELECT k, count(*) AS c, sum(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    lines("some", "this day", "SELECT k, avg(n) AS a", "GROUP BY k"),
                ],
                [
                    lines("all", "last 2 days", "SELECT k, min_by(n, x) AS m, count(x) AS c", "GROUP BY k"),
                    step("some", "this day", "SELECT k, avg(n) AS a", "WHERE x < 1 GROUP BY k"),
                ],
            ]), isJSON: true)

    /// The path of an output says who asked for it, in the file or on the command line.
    static let named = Shape(
        name: "named", naming: .manyOfDay,
        texts: texts(
            head: "params: { who: ab }\n",
            source: """
                files: named/{date}-*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [named("last 2 days", "SELECT k, count(*) AS c, max(n) AS n", "GROUP BY k")],
                [named("last 2 days", "SELECT k, count(*) AS c, max(n)  AS n", "GROUP BY k")],
                [named("last 2 days", "SELECT k, count(*) AS c, max(n) AS n", "GROUP BY k")],
                [named("last 2 days", "SELECT k, count(*) AS c, max(n) AS n", "GROUP BY k")],
            ]), given: [2: ["who": "cd"], 3: ["who": "ab-2"]])

    /// Files by the hour of UTC, days of a zone that set its clocks back at the end of one of them, 29 February.
    static let hours = Shape(
        name: "hours", naming: .hours,
        texts: texts(
            head: "timezone: Asia/Almaty\n",
            source: """
                files: hours/{date:yyyy-MM-dd-HH}.csv
                timezone: UTC
                columns: { k: text, n: integer, x: double, t: timestamp }
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [step("all", "last 2 days", "SELECT k, count(*) AS c, sum(n) AS n", "GROUP BY k")],
                [step("all", "last 2 days", "SELECT k, count(*) AS c, sum(n) AS n", "GROUP BY  k")],
                [step("all", "this day", "SELECT k, count(*) AS c, sum(n) AS n", "GROUP BY k")],
                [step("all", "last 2 days", "SELECT n, count(*) AS c, max(t) AS t", "GROUP BY n")],
            ]))

    /// Rows that say the time by another zone's clock.
    static let zones = Shape(
        name: "zones", naming: .free,
        texts: texts(
            head: "timezone: Asia/Almaty\n",
            source: """
                files: zones/*.csv
                timezone: UTC
                columns: { k: text, n: integer, x: double, t: timestamptz }
                event_time: t
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [step("all", "last 2 days", "SELECT k, count(*) AS c, max(t) AS t", "GROUP BY k")],
                [step("all", "last 2 days", "SELECT k, count(*) AS c, max(t)  AS t", "GROUP BY k")],
                [
                    step(
                        "all", "last 2 days", "SELECT k, count(*) AS c, max(t) AS t",
                        "GROUP BY k ORDER BY t, c LIMIT 2")
                ],
                [step("all", "this day", "SELECT k, count(*) AS c, min(t) AS t", "GROUP BY k")],
            ]))

    /// Windows long enough for spans of eight days, of which one holds the second and third day that histories know; of one
    /// step the days can be subtracted, of the other not.
    static let long = Shape(
        name: "long", naming: .manyOfDay,
        texts: texts(
            source: """
                files: long/{date}-*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                missing: empty
                on_bad_row: skip
                """,
            steps: [
                [
                    step(
                        "sums", "last 16 days", "SELECT k, sum(n) AS n, avg(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("tops", "last 14 days", "SELECT k, max(n) AS n, min(t) AS t", "GROUP BY k"),
                ],
                [
                    step(
                        "sums", "last 16 days", "SELECT k, sum(n) AS n,avg(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("tops", "last 14 days", "SELECT k, max(n) AS n,min(t) AS t", "GROUP BY k"),
                ],
                [
                    step(
                        "sums", "last 9 days", "SELECT k, sum(n) AS n, avg(x) AS x, count(DISTINCT n) AS d",
                        "GROUP BY k"),
                    step("tops", "month to date", "SELECT k, max(n) AS n, min(t) AS t", "GROUP BY k"),
                ],
                [
                    step("sums", "last 16 days", "SELECT n, sum(x) AS x", "GROUP BY n"),
                    step("tops", "last 14 days", "SELECT k, max_by(x, n) AS x", "GROUP BY k"),
                ],
            ]), stride: 4)

    /// Each row to the file of its own day, whichever date's folder brought it.
    static let split = Shape(
        name: "split", naming: .manyOfDay,
        texts: texts(
            source: """
                files: split/{date}-*.csv
                columns: { k: text, n: integer, x: double, t: timestamp }
                event_time: t
                on_bad_row: skip
                """,
            steps: [
                [rows("this day", "SELECT DISTINCT k, n, t", "")],
                [rows("this day", "SELECT  DISTINCT k, n, t", "")],
                [rows("last 2 days", "SELECT DISTINCT k, n, t", "ORDER BY t, k DESC, n")],
                [rows("this day", "SELECT DISTINCT k, x", "WHERE n > 1")],
            ]))

    private static func rows(_ window: String, _ select: String, _ rest: String) -> String {
        step("each", window, select, rest) + "\n    split: day"
    }

    private static func lines(_ name: String, _ window: String, _ select: String, _ rest: String) -> String {
        step(name, window, select, rest).replacing(".csv", with: ".jsonl")
    }

    private static func named(_ window: String, _ select: String, _ rest: String) -> String {
        step("all", window, select, rest).replacing("{date}.csv", with: "{date}_{who}.csv")
    }
}
