import DaymillCore
import DaymillRunner
import Testing

/// Times moved between zones: what a run makes against the naive engine, which asks the system about each moment.
@Suite struct VerifyClockTests {
    @Test(arguments: [
        ("Europe/Moscow", "America/New_York", "csv"), ("UTC", "Europe/Berlin", "csv"),
        ("Australia/Lord_Howe", "Asia/Kolkata", "csv"), ("America/St_Johns", "Pacific/Apia", "csv"),
        ("Africa/Casablanca", "UTC", "jsonl"), ("America/New_York", "Europe/London", "jsonl"),
    ])
    func theNaiveEngineFindsTheSame(from: String, to: String, format: String) throws {
        let project = try TestProject(
            """
            timezone: \(to)
            sources:
              t:
                files: input/{date}.\(format)
                format: \(format)
                timezone: \(from)
                columns: { user: text, at: timestamptz, plain: timestamp }
                event_time: plain
                on_bad_row: skip
            steps:
              s:
                window: last 800 days
                rollup: SELECT at, plain, count(*) AS n FROM t GROUP BY at, plain
                to: output/{date}.csv
            """)
        var lines: [String] = []
        // Every half hour around the changes of most zones, in spring and in autumn.
        for start in ["2024-03-09", "2024-03-30", "2024-04-06", "2024-10-05", "2024-10-26", "2024-11-02"] {
            for half in 0..<120 {
                let day = Day(start)!.adding(days: half / 48)
                let hour = half / 2 % 24, minutes = half % 2 * 30
                let time = "\(day) \(hour < 10 ? "0" : "")\(hour):\(minutes < 10 ? "0" : "")\(minutes):00"
                let zone = ["", "Z", "+03", "-0330", "+05:45", " +10", "+3", "+1x"][half % 8]
                let line = "{\"user\": \"u\(half)\", \"at\": \"\(time)\(zone)\", \"plain\": \"\(time)\"}\n"
                lines.append(format == "csv" ? "u\(half),\(time)\(zone),\(time)\n" : line)
            }
        }
        try project.write("input/2024-11-05.\(format)", lines.joined())
        let outcome = try project.run("2025-01-01")[0]
        #expect(outcome.rowsRead > 500 && outcome.badRows > 100)
        let found = try project.verify("2025-01-01")[0]
        #expect(found.verdict == .equal, "\(found)")
        #expect(found.engine == "naive")
    }
}
