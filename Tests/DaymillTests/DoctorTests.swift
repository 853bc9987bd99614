import DaymillCore
import DaymillPipeline
import DaymillTestKit
import Foundation
import Testing

@testable import daymill

/// What the doctor looks at, and what it says.
@Suite struct DoctorTests {
    // MARK: File systems

    static let mounts = MountTable(
        """
        22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
        30 22 0:26 / /tmp rw,nosuid - tmpfs tmpfs rw
        31 22 0:40 / /srv/a\\040b rw shared:9 master:2 - nfs4 host:/x rw
        32 22 0:41 / /srv rw - xfs /dev/sdb rw
        33 22 0:42 / /home rw - ext4 /dev/sdc rw
        34 33 0:43 / /home rw - fuse.sshfs me@host: rw
        nonsense
        """)

    @Test(arguments: [
        ("/var/x", "ext4"), ("/tmp", "tmpfs"), ("/tmp/x/y", "tmpfs"), ("/tmpx", "ext4"), ("/srv/a b/c", "nfs4"),
        ("/srv/a", "xfs"), ("/home/me", "fuse.sshfs"),
    ])
    func aPathLiesOnTheNearestMount(path: String, type: String) {
        #expect(Self.mounts.type(of: path) == type)
    }

    @Test(arguments: [
        ("ext4", false), ("xfs", false), ("btrfs", false), ("zfs", false), ("overlay", false), ("nfs4", true),
        ("cifs", true), ("fuse.sshfs", true), ("9p", true), ("tmpfs", true),
    ])
    func someFileSystemsAreDoubtful(type: String, isDoubtful: Bool) {
        #expect((MountTable.doubt(type) != nil) == isDoubtful)
    }

    @Test func withoutATableNothingIsKnown() {
        #expect(MountTable("").type(of: "/x") == nil)
    }

    @Test(arguments: [
        ("out/{date}.csv", "out"), ("out/{date:yyyy}/x.csv", "out"), ("all.csv", "."), ("/srv/x/{date}.csv", "/srv/x"),
        ("/{date}.csv", "/"), ("a/b{date}/c.csv", "a"),
    ])
    func anOutputsFolderIsThatBeforeItsDate(template: String, folder: String) {
        #expect(Doctor.folder(of: template) == folder)
    }

    @Test(arguments: [
        ("tzdata.zi", "# version 2025b\n# This", "2025b"), ("+VERSION", "2024a\n", "2024a"),
        ("tzdata.zi", "nothing", nil),
        ("other", "", nil),
    ])
    func zoneDataTellsItsVersion(file: String, text: String, version: String?) throws {
        let scratch = try Scratch()
        try scratch.write(file, text)
        #expect(ZoneData.version(["/nowhere", scratch.path]) == version)
    }

    @Test func aFindingIsALine() {
        #expect(DoctorFinding("clock", .ok, "right").line(width: 8) == "✓ clock     right")
        let wrong = DaymillError(.io, at: SourcePlace(file: "a", line: 2, column: 3), "it broke", hint: "mend it")
        #expect(DoctorFinding("a long name", wrong: wrong).line(width: 8) == "✗ a long name  a:2:3: it broke; mend it")
        #expect(DoctorFinding("x", .doubtful, "maybe", remedy: "see").line(width: 1) == "! x  maybe; see")
    }

    // MARK: The clock

    @Test(arguments: [(1_577_836_800, "long ago"), (1_790_000_000, nil)] as [(Int64, String?)])
    func aClockThatStandsInThePastIsWrong(second: Int64, words: String?) throws {
        let scratch = try Scratch()
        var doctor = Doctor(
            project: .init(root: scratch.path), environment: [:], clock: .fixed(atMicroseconds: second * 1_000_000))
        doctor.lookAtClock()
        let finding = try #require(doctor.findings.first)
        #expect((finding.state == .wrong) == (words != nil) && finding.found.contains(words ?? "2026"))
    }

    @Test func zonesThatAreYearsOldAreDoubtful() throws {
        var doctor = Doctor(
            project: .init(), environment: [:], clock: .fixed(atMicroseconds: 4_000_000_000_000_000))
        doctor.lookAtZones()
        let finding = try #require(doctor.findings.first)
        #expect(finding.state == (ZoneData.version() == nil ? .ok : .doubtful), "\(finding)")
    }

    // MARK: The program

    struct Report: Decodable {
        struct Finding: Decodable {
            var what: String
            var state: String
            var found: String
            var remedy: String
        }
        var findings: [Finding]
        var wrong: Int
        var doubtful: Int
    }

    static func report(_ scratch: Scratch, _ variables: String = "") throws -> (Report, Program.Ending) {
        let ending = try Program.shell("\(variables) daymill doctor --json", in: scratch.path)
        return (try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8)), ending)
    }

    @Test func aProjectThatIsRightIsTold() throws {
        let scratch = try Scratch()
        try scratch.write("pipelines/a.yaml", "steps: { s: { shell: ':' } }\n")
        let (report, ending) = try Self.report(scratch)
        #expect(report.wrong == 0 && ending.status == 0, "\(ending.output)")
        let names = report.findings.map(\.what)
        for name in [
            "daymill", "kernel", "libcurl", "sqlite", "sql grammar", "duckdb", "clock", "zones", "open files",
            "history", "server", "store", "disk", "pipeline a",
        ] {
            #expect(names.contains(name), "\(name)")
        }
        let lines = try Program.shell("daymill doctor", in: scratch.path)
        #expect(lines.status == 0 && lines.output.contains("✓ pipeline a            starts by hand\n"))
    }

    @Test func whatIsWrongHasARemedyAndAnExitCode() throws {
        let scratch = try Scratch()
        try scratch.write(
            "daymill.yaml",
            """
            connections:
              a: { type: http, url: "${NO_SUCH_URL}" }
              b: { type: http, url: "http://no-such-host.invalid" }
            channels: { ops: { slack: { url: "file:no/such" } } }
            """)
        try scratch.write("pipelines/bad.yaml", "steps: { s: { shell: ':', tiemout: 1s } }\n")
        try scratch.write(
            "pipelines/hook.yaml", "triggers: { http: { token: '${NO_SUCH_TOKEN}' } }\nsteps: { s: { shell: ':' } }\n")
        let (report, ending) = try Self.report(scratch)
        #expect(ending.status == 9 && report.wrong == 5, "\(ending.output)")
        let lines = try Program.shell("daymill doctor", in: scratch.path)
        #expect(lines.status == 9 && lines.complaints.contains("5 things not as it should be"))
        let wrong = report.findings.filter { $0.state == "wrong" }
        #expect(wrong.map(\.what) == ["pipeline bad", "pipeline hook", "connection a", "connection b", "channel ops"])
        for finding in wrong { #expect(!finding.remedy.isEmpty || finding.found.contains("; "), "\(finding)") }
        #expect(wrong[1].found.contains("the variable NO_SUCH_TOKEN is not set"))
        #expect(wrong[2].found.contains("connection 'a': the variable NO_SUCH_URL is not set"))
        #expect(wrong[3].found.contains("no-such-host.invalid"))
    }
}

/// Connections that the doctor asks.
@Suite(.enabled(if: Peer.isThere, "`make test` sets up the Python that runs the server"))
struct DoctorConnectionTests {
    @Test(arguments: [
        ("200", "test: /up", "ok", "answered 200 in"), ("404", "", "ok", "'test' names a path"),
        ("404", "test: /up", "wrong", "answered 404"), ("401", "", "wrong", "answered 401"),
        ("503", "", "wrong", "answered 503"), ("drop", "", "wrong", "it may"), ("to:/other", "", "ok", "answered 200"),
    ])
    func anAnswerIsJudged(answer: String, keys: String, state: String, words: String) throws {
        let peer = try Peer("http_peer.py", ["--first", answer])
        defer { peer.end() }
        let scratch = try Scratch()
        try scratch.write(
            "daymill.yaml",
            "connections:\n  api:\n    type: http\n    url: \(peer.address)/v1\n    \(keys)\n    auth: { bearer: \"${API_TOKEN}\" }\n"
        )
        let (report, ending) = try DoctorTests.report(scratch, "API_TOKEN=hunter22")
        let finding = try #require(report.findings.first { $0.what == "connection api" })
        #expect(finding.state == state, "\(finding)")
        if answer != "drop" { #expect(finding.found.contains(words), "\(finding)") }
        #expect((ending.status == 0) == (state == "ok"))
        let call = try #require(try peer.records(Peer.Call.self).first)
        #expect(call.method == "GET" && call.path == (keys.isEmpty ? "/v1" : "/v1/up"))
        #expect(call.headers["Authorization"] == "Bearer hunter22" && !ending.output.contains("hunter22"))
    }

    @Test func certificatesAndRefusalsAreExplained() throws {
        let peer = try Peer("http_peer.py", hasTLS: true)
        defer { peer.end() }
        let gone = try Peer("tcp_peer.py", ["close"], records: false)
        gone.end()
        let scratch = try Scratch()
        try scratch.write(
            "daymill.yaml",
            """
            connections:
              good: { type: http, url: "\(peer.address)", certificates: \(peer.certificate) }
              bad: { type: http, url: "\(peer.address)" }
              gone: { type: http, url: "http://\(gone.address)" }
            """)
        let (report, _) = try DoctorTests.report(scratch)
        let found = Dictionary(uniqueKeysWithValues: report.findings.map { ($0.what, $0) })
        #expect(found["connection good"]?.state == "ok")
        #expect(found["connection bad"]?.found.contains("name that authority's file as certificates") == true)
        #expect(found["connection gone"]?.found.contains("see whether the server runs, its port is right") == true)
    }
}
