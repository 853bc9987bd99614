import DaymillCore
import DaymillState
import DaymillTestKit
import Foundation
import Testing

/// A project with a bit of everything, whose runs and servers meet faults.
final class FaultProject {
    let scratch: Scratch
    private let peer: Peer
    var path: String { scratch.path }

    /// Each shell adds a line to a file, so that it can be seen how often it was carried out; the first attempt at `flaky` kills
    /// itself, and the last step leaves something in the background.
    static let yaml = """
        schedule: { cron: "0 7 * * *" }
        notify: { on: [success, failure], to: hook }
        sources:
          logs: { files: "in/{date}-*.csv", columns: { who: text, n: integer } }
        steps:
          first: { shell: "echo first >> done" }
          sums:
            window: last 2 days
            rollup: SELECT who, sum(n) AS total FROM logs GROUP BY who
            to: out/{date}.csv
          sane: { check: [sums.rows > 0, { unique: who, of: sums }] }
          flaky:
            shell: "if [ -e tried ]; then echo flaky >> done; else : > tried; kill -9 $$; fi"
            retry: { times: 3, delay: 1ms }
          each: { needs: first, for_each: [x, y, z], shell: "echo each-$DAYMILL_ITEM >> done" }
          last:
            needs: [each, flaky, sane]
            when: sums.rows = 3
            shell: "cp out/$DAYMILL_DATE.csv final.csv; (sleep 1000 &); echo last >> done"
        """
    /// What each shell that succeeds adds.
    static let lines = ["first", "flaky", "each-x", "each-y", "each-z", "last"]

    /// - Parameter dates: for which there is input.
    init(_ peer: Peer, dates: [Day]) throws {
        scratch = try Scratch()
        self.peer = peer
        let name = URL(filePath: scratch.path).lastPathComponent
        try scratch.write("daymill.yaml", "channels: { hook: { webhook: { url: file:hook } } }\n")
        try scratch.write("hook", "\(peer.address)/\(name)\n")
        try scratch.write("pipelines/job.yaml", Self.yaml)
        for date in dates {
            try scratch.write("in/\(date)-0.csv", "a,1\nb,2\na,3\n")
            try scratch.write("in/\(date)-1.csv", "c,5\n")
        }
    }

    /// Another one that is as this one is.
    init(copyOf other: FaultProject) throws {
        scratch = try Scratch()
        peer = other.peer
        let copied = try Program.shell("cp -a '\(other.path)/.' .", in: scratch.path)
        try #require(copied.status == 0, "\(copied.complaints)")
        try scratch.write("hook", "\(peer.address)/\(URL(filePath: scratch.path).lastPathComponent)\n")
    }

    // MARK: What there is

    func state() throws -> StateDatabase { try StateDatabase("\(path)/.daymill/state.db", clock: .system) }

    /// How often shells were carried out to their ends.
    func done() -> [String: Int] {
        let text = FileManager.default.contents(atPath: "\(path)/done").map { String(decoding: $0, as: UTF8.self) }
        return (text ?? "").split(separator: "\n").reduce(into: [:]) { $0[String($1), default: 0] += 1 }
    }

    func outputs() -> [String: Data] {
        var found = scratch.contents(of: "out")
        found["final.csv"] = FileManager.default.contents(atPath: "\(path)/final.csv")
        return found
    }

    func said(_ name: String) -> String {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Keys of messages that have arrived, as often as they came.
    func arrived() throws -> [String: Int] {
        let mine = "/" + URL(filePath: path).lastPathComponent
        return try peer.records(Request.self).filter { $0.path == mine }.reduce(into: [:]) {
            $0[try $1.id, default: 0] += 1
        }
    }

    /// Forgets what has arrived, of all projects.
    func forgetArrivals() {
        for file in peer.files("json") { try? FileManager.default.removeItem(atPath: file) }
    }

    private struct Request: Decodable {
        var path: String
        var body: String
        var id: String {
            get throws {
                struct Message: Decodable { var id: String }
                return try JSONDecoder().decode(Message.self, from: Data(body.utf8)).id
            }
        }
    }

    /// Names of what succeeded, as shells name themselves.
    static func succeeded(_ attempts: [AttemptRecord]) -> [String] {
        attempts.filter { $0.state == .succeeded && $0.number > 0 }.map {
            $0.item.isEmpty ? $0.step : "\($0.step)-\($0.item)"
        }
    }

    /// Processes that steps have left.
    func leftovers() throws -> String {
        try Program.shell(
            "for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = \"$(pwd -P)\" ] && tr '\\0' ' ' < $p/cmdline; done | grep '^sleep 1000'",
            in: path
        ).output
    }

    // MARK: What must hold

    /// That all is as if nothing had happened: outputs, each step once where it had ended well before, messages, the file itself.
    ///
    /// - Parameter before: what was noted as done, and how often it was done then, when the dust of the fault had settled.
    func check(
        _ expected: [String: Data], before: (noted: [String], done: [String: Int]), ended: [RunRecord],
        _ about: Comment
    ) throws {
        #expect(outputs() == expected, about)
        let after = done()
        for line in Self.lines {
            #expect(after[line, default: 0] >= 1, "\(line) was not done; \(about)")
            if before.noted.contains(line) {
                #expect(after[line] == before.done[line], "\(line) was done again; \(about)")
            }
        }
        let state = try state()
        #expect(try state.damage() == nil, about)
        let notices = try state.notices(limit: 100), came = try arrived()
        for run in ended {
            // People are told once of each run's end, or nobody knows.
            let notice = notices.filter { $0.run == run.id }
            #expect(notice.count == 1 && [.sent, .uncertain].contains(notice.first?.state), "\(notice); \(about)")
        }
        for notice in notices {
            let count = came[notice.id, default: 0]
            #expect(notice.state == .sent ? count == 1 : count <= 1, "\(notice.id) came \(count) times; \(about)")
        }
        #expect(came.keys.allSatisfy { id in notices.contains { $0.id == id } }, about)
        state.close()
        #expect(try leftovers() == "", about)
        forgetArrivals()
    }
}
