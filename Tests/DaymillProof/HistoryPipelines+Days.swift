/// Sources of CSV by day or by event time.
extension HistoryPipelines {
    /// Files by day, bad rows left out.
    static let days = Shape(
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
    static let late = Shape(
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
    static let strict = Shape(
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
    static let pairs = Shape(
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
    static let latepairs = Shape(
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
}
