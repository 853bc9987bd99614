import DaymillTestKit
import Foundation
import Testing

/// Runs, their steps and the server may be killed at any moment: no run is lost, none is done twice, and nothing is left at work.
///
/// `DAYMILL_KILLS=500 swift test --filter GraphKillTests` kills more often; `DAYMILL_KILL_SEED` chooses other moments. Where a kill
/// hits depends on the machine; what must hold does not.
@Suite(.serialized) struct GraphKillTests {
    private static func number(_ name: String, orElse usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? usual
    }

    private static let kills = Int(number("DAYMILL_KILLS", orElse: 12))
    private static let seed = number("DAYMILL_KILL_SEED", orElse: 1)

    /// Each step adds a line to a file, so that it can be seen how often it was carried out.
    private static let yaml = """
        sources:
          logs: { files: "in/{date}.csv", columns: { who: text, n: integer } }
        steps:
          first: { shell: "echo first >> done; sleep 0.01" }
          sums:
            window: this day
            rollup: SELECT who, sum(n) AS total FROM logs GROUP BY who
            to: out/{date}.csv
          left: { shell: "sleep 0.01; echo left >> done", needs: [first, sums] }
          right: { shell: "echo right >> done; (sleep 1000 &) ; sleep 0.01", needs: [first, sums] }
          last: { shell: "echo last >> done", needs: [left, right], when: sums.rows = 2 }
        """

    private func project() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write("pipelines/job.yaml", Self.yaml)
        try scratch.write("in/2026-11-20.csv", "a,1\nb,2\na,3\n")
        return scratch
    }

    private struct Report: Decodable {
        struct Attempt: Decodable {
            var step: String
            var number: Int
            var state: String
        }
        var id: String
        var state: String
        var attempts: [Attempt]?
    }
    private struct Runs: Decodable { var runs: [Report] }

    private func runs(_ scratch: Scratch) throws -> [Report] {
        let output = try Program.run(["runs", "--json"], in: scratch.path).output
        return try JSONDecoder().decode(Runs.self, from: Data(output.utf8)).runs
    }

    private func report(_ id: String, _ scratch: Scratch) throws -> Report {
        let output = try Program.run(["show", id, "--json"], in: scratch.path).output
        return try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    }

    /// Processes that steps of this project have left.
    private func leftovers(_ scratch: Scratch) throws -> String {
        try Program.shell(
            "for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = \"$(pwd -P)\" ] && tr '\\0' ' ' < $p/cmdline; done | grep '^sleep 1000'",
            in: scratch.path
        ).output
    }

    /// A run that was killed is told as interrupted; doing the rest of it gives what an undisturbed one gives, and carries out no
    /// step again that had succeeded.
    @Test func aKilledRunIsFinishedByARerun() throws {
        var random = SeededGenerator(seed: Self.seed)
        for kill in 0..<Self.kills {
            let scratch = try project()
            let moment = Double(random.below(1000)) / 1000 * 0.15
            let about: Comment = "seed \(Self.seed), kill \(kill) after \(moment) s"
            _ = try Program.run(["run", "job", "2026-11-20"], in: scratch.path, killed: moment)
            var succeeded: Set<String> = []
            if let run = try? runs(scratch).first {
                succeeded = Set(
                    try report(run.id, scratch).attempts?.filter { $0.state == "succeeded" }.map(\.step) ?? [])
                if run.state != "succeeded" {
                    #expect(run.state == "interrupted", about)
                    let again = try Program.run(["rerun", run.id, "--failed"], in: scratch.path)
                    #expect(again.status == 0, "\(again.complaints)")
                }
            } else {
                #expect(try Program.run(["run", "job", "2026-11-20"], in: scratch.path).status == 0, about)
            }
            #expect(try runs(scratch).first?.state == "succeeded", about)
            #expect(scratch.contents(of: "out")["2026-11-20.csv"] == Data("who,total\na,4\nb,2\n".utf8), about)
            let lines = try Program.shell("sort done | uniq -c", in: scratch.path).output
            for step in succeeded where step != "sums" {
                #expect(lines.contains("1 \(step)\n"), "\(step) was done again: \(lines), \(about)")
            }
            for step in ["first", "left", "right", "last"] { #expect(lines.contains(" \(step)\n"), about) }
            #expect(try leftovers(scratch) == "", about)
        }
    }

    /// A server that is killed, with runs and steps at work, and started again: each run that was queued ends once, with each
    /// step's success once, and nothing is left.
    @Test func aKilledServerAndItsRunsAreMadeUpFor() throws {
        var random = SeededGenerator(seed: Self.seed + 7)
        for kill in 0..<max(3, Self.kills / 3) {
            let scratch = try project()
            let about: Comment = "seed \(Self.seed), kill \(kill)"
            // A schedule's moments are minutes apart; runs are queued as a server queues them.
            #expect(try Program.run(["queue", "job", "2026-11-20"], in: scratch.path).status == 0)
            for _ in 0..<3 {
                let server = try Program.start(["serve"], in: scratch.path)
                Thread.sleep(forTimeInterval: Double(random.below(200)) / 1000)
                switch random.below(3) {
                case 0: server.kill()
                case 1: _ = try Program.shell("pkill -9 -f \"work .*$(pwd -P | tail -c 20)\" || true", in: scratch.path)
                default:
                    // The run and its server at once.
                    let runs = try? runs(scratch)
                    server.kill()
                    if let run = runs?.first, run.state == "running" {
                        _ = try Program.shell("pkill -9 -f 'work \(run.id)' || true", in: scratch.path)
                    }
                }
                server.kill()
                _ = server.end()
            }
            let server = try Program.start(["serve"], in: scratch.path)
            var states: [String] = []
            for _ in 0..<2000 {
                states = try runs(scratch).map(\.state)
                if states.allSatisfy({ ["succeeded", "failed", "cancelled"].contains($0) }) { break }
                Thread.sleep(forTimeInterval: 0.01)
            }
            server.terminate()
            #expect(server.end().status == 0, about)
            #expect(states.count == 1, about)
            if states == ["failed"] {
                // Three processes of it were killed, and that is said.
                let shown = try Program.run(["show", "last"], in: scratch.path).output
                #expect(shown.contains("its process died 3 times"), "\(shown)")
            } else {
                #expect(states == ["succeeded"], about)
                #expect(scratch.contents(of: "out")["2026-11-20.csv"] == Data("who,total\na,4\nb,2\n".utf8), about)
                let attempts = try report(try runs(scratch)[0].id, scratch).attempts ?? []
                for step in ["first", "sums", "left", "right", "last"] {
                    #expect(attempts.count { $0.step == step && $0.state == "succeeded" } == 1, "\(step), \(about)")
                }
            }
            #expect(try leftovers(scratch) == "", about)
        }
    }
}
