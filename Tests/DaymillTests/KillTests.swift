import DaymillTestKit
import Foundation
import Testing

/// The program may be killed at any moment, and the next run makes up for it.
///
/// `DAYMILL_KILLS=500 swift test --filter KillTests` kills more often than the usual 20 times;
/// `DAYMILL_KILL_SEED` chooses other moments. Where a kill hits depends on the machine; what must hold does not.
@Suite(.serialized) struct KillTests {
    private static func number(_ name: String, orElse usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? usual
    }

    private static let kills = Int(number("DAYMILL_KILLS", orElse: 20))
    private static let seed = number("DAYMILL_KILL_SEED", orElse: 1)

    private static let yaml = """
        sources:
          actions:
            files: input/{date}-*
            columns: { email: text, action: text, dt: timestamp }
            on_bad_row: quarantine
        steps:
          weekly:
            window: last 5 days
            rollup: |
              SELECT email, count(*) AS n, count(DISTINCT action) AS kinds, max(dt) AS last
              FROM actions GROUP BY email
            to: output/{date}.csv
          actions-per-day:
            window: last 5 days
            rollup: SELECT action, count(*) AS n, min(email) AS first FROM actions GROUP BY action
            to: output/actions/{date}.csv
        """

    /// Six days of three files, one of them packed, and the pipeline that reads them.
    private func project() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("pipelines/job.yaml", Self.yaml)
        for day in 9...14 {
            let date = "2024-09-\(day < 10 ? "0" : "")\(day)"
            for part in 0..<3 {
                let lines = (0..<300).map { row in
                    let user = (row * 31 + part * 7 + day) % 97
                    return
                        "user\(user)@example.org,\(["CREATE", "READ", "UPDATE"][row % 3]),\(date) 10:00:\(row % 50 + 10)\n"
                }
                try scratch.write("input/\(date)-\(part).csv", lines.joined() + (part == 1 ? "too,few\n" : ""))
            }
        }
        #expect(try Program.shell("gzip -n input/*-2.csv", in: scratch.path).status == 0)
        return scratch
    }

    /// What has to be there in the end: outputs and quarantine of a run that nobody disturbed.
    private struct Expected {
        var output: [String: Data]
        var quarantine: [String: Data]
        var seconds: Double
    }

    private func undisturbed(_ arguments: [String], after earlier: [[String]] = []) throws -> Expected {
        let scratch = try project()
        for arguments in earlier { #expect(try Program.run(arguments, in: scratch.path).status == 0) }
        let start = ContinuousClock.now
        let ending = try Program.run(arguments, in: scratch.path)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(ending.status == 0, "\(ending.complaints)")
        return Expected(
            output: scratch.contents(of: "output"), quarantine: scratch.contents(of: ".daymill/quarantine"),
            seconds: seconds)
    }

    /// Runs again undisturbed; everything must be as if nothing had happened.
    private func recover(_ scratch: Scratch, _ arguments: [String], _ expected: Expected, _ about: Comment) throws {
        let ending = try Program.run(arguments, in: scratch.path)
        #expect(ending.status == 0, "\(ending.complaints)")
        #expect(scratch.contents(of: "output") == expected.output, about)
        #expect(scratch.contents(of: ".daymill/quarantine") == expected.quarantine, about)
        #expect(scratch.files().filter { $0.hasSuffix(".tmp") } == [], about)
        guard !arguments.contains("--no-store") else { return }
        let check = try Program.run(["store", "check"], in: scratch.path)
        #expect(check.status == 0, "\(check.output)\(check.complaints)")
        let again = try Program.run(arguments, in: scratch.path)
        #expect(again.output.components(separatedBy: "nothing to do").count == 3, about)
    }

    @Test(arguments: [
        ["run", "job", "2024-09-14"], ["run", "job", "2024-09-14", "--threads", "1"],
        ["run", "job", "2024-09-14", "--no-store"],
    ])
    func aKilledRunIsMadeUpFor(_ arguments: [String]) throws {
        let expected = try undisturbed(arguments)
        var random = SeededGenerator(seed: Self.seed)
        // Options make fewer kills: the usual way matters most.
        for kill in 0..<(arguments.count == 3 ? Self.kills : Self.kills / 3) {
            let moment = Double(random.below(1000)) / 1000 * expected.seconds
            let scratch = try project()
            _ = try Program.run(arguments, in: scratch.path, killed: moment)
            for (name, data) in scratch.contents(of: "output") where !name.hasSuffix(".tmp") {
                #expect(data == expected.output[name], "half written: \(name), killed after \(moment) s")
            }
            try recover(scratch, arguments, expected, "seed \(Self.seed), kill \(kill) after \(moment) s")
        }
    }

    @Test func manyKillsInARowAreMadeUpFor() throws {
        let first = ["run", "job", "2024-09-14"], next = ["run", "job", "2024-09-15"]
        let expected = try undisturbed(next, after: [first])
        let scratch = try project()
        var random = SeededGenerator(seed: Self.seed + 1)
        for _ in 0..<Self.kills {
            let arguments = random.once(in: 3) ? first : next
            let moment = Double(random.below(1000)) / 1000 * expected.seconds * 2
            _ = try Program.run(arguments, in: scratch.path, killed: moment)
        }
        #expect(try Program.run(first, in: scratch.path).status == 0)
        try recover(scratch, next, expected, "seed \(Self.seed + 1)")
    }

    /// Several processes on one store: each ends well, and so does the store.
    @Test func runsAtTheSameTimeEndWell() throws {
        let dates = ["2024-09-14", "2024-09-15", "2024-09-14"]
        let expected = try undisturbed(["run", "job", "2024-09-15"], after: [["run", "job", "2024-09-14"]])
        for _ in 0..<max(3, Self.kills / 5) {
            let scratch = try project()
            let running = try dates.map { try Program.start(["run", "job", $0], in: scratch.path) }
            for process in running {
                let ending = process.end()
                #expect(ending.status == 0, "\(ending.complaints)")
            }
            try recover(scratch, ["run", "job", "2024-09-15"], expected, "three at once")
        }
    }
}
