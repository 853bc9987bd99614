import DaymillTestKit
import Foundation
import Testing

/// Files start runs of a server: each as it is once, whatever becomes of servers meanwhile.
@Suite struct FileTriggerTests {
    private func project(_ file: String, settle: String = "0s", _ more: String = "") throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(
            "pipelines/p.yaml",
            """
            triggers: { file: "\(file)", settle: \(settle) }
            \(more)
            steps: { x: { shell: "echo $DAYMILL_DATE >> said" } }
            """)
        return scratch
    }

    /// A file that is there as a whole, at once.
    private func come(_ scratch: Scratch, _ name: String, _ text: String = "a\n") throws {
        let path = "\(scratch.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try scratch.write("tmp", text)
        try FileManager.default.moveItem(atPath: "\(scratch.path)/tmp", toPath: path)
    }

    private func serve(_ scratch: Scratch) throws -> Program.Running {
        try scratch.write("serve.log", "")
        let server = try Program.start(["-c", "exec daymill serve 2> serve.log"], in: scratch.path, program: "/bin/sh")
        try wait(scratch, "grep -q 'serving 1 pipeline' serve.log")
        return server
    }

    private func stop(_ server: Program.Running) {
        server.terminate()
        #expect(server.end().status == 0)
    }

    private func wait(_ scratch: Scratch, _ condition: String) throws {
        for _ in 0..<3000 {
            if try Program.shell(condition, in: scratch.path).status == 0 { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        let log = try Program.shell("cat serve.log said; daymill runs", in: scratch.path)
        Issue.record("this did not happen: \(condition)\n\(log.output)")
    }

    /// Dates of all runs that have succeeded, in order.
    private func dates(_ scratch: Scratch) throws -> [String] {
        try wait(scratch, "! daymill runs | grep -qE 'queued|running'")
        let said = try Program.shell("cat said", in: scratch.path).output
        return said.split(separator: "\n").map(String.init).sorted()
    }

    private func why(_ scratch: Scratch, _ words: String...) throws -> String {
        try Program.run(["why", "p"] + words, in: scratch.path).output
    }

    @Test func filesInFoldersThatAreNotThereYet() throws {
        let scratch = try project("incoming/{date:yyyy/MM/dd}/orders_*.csv", settle: "500ms")
        let server = try serve(scratch)
        defer { server.kill() }
        try come(scratch, "incoming/2026/11/20/orders_1.csv")
        try come(scratch, "incoming/2026/11/20/orders_2.csv")
        try come(scratch, "incoming/2026/11/20/other.csv")
        try wait(scratch, "grep -q 2026-11-20 said")
        // A folder of another month, moved into place as a whole.
        try scratch.write("elsewhere/01/orders_1.csv", "a\n")
        _ = try Program.shell("mv elsewhere incoming/2026/12", in: scratch.path)
        try wait(scratch, "grep -q 2026-12-01 said")
        // A folder that was removed and comes again.
        _ = try Program.shell("rm -r incoming", in: scratch.path)
        try come(scratch, "incoming/2026/11/22/orders_1.csv")
        try wait(scratch, "grep -q 2026-11-22 said")
        #expect(try dates(scratch) == ["2026-11-20", "2026-11-22", "2026-12-01"])
        let answer = try why(scratch, "2026-11-20")
        let cause = "was started by the file incoming/2026/11/20/orders_1.csv and 1 more"
        #expect(answer.contains(cause), "\(answer)")
        stop(server)
    }

    @Test func aFileThatIsAsItWasStartsNothing() throws {
        let scratch = try project("in/{date}.csv")
        try come(scratch, "in/2026-11-19.csv")
        var server = try serve(scratch)
        defer { server.kill() }
        // What was there first starts nothing until it changes; nor does what is opened and left as it is.
        _ = try Program.shell(": >> in/2026-11-19.csv", in: scratch.path)
        try come(scratch, "in/2026-11-20.csv")
        try wait(scratch, "grep -q 2026-11-20 said")
        stop(server)
        // What comes while nothing serves starts its run then, and only then.
        try come(scratch, "in/2026-11-21.csv")
        server = try serve(scratch)
        try wait(scratch, "grep -q 2026-11-21 said")
        stop(server)
        server = try serve(scratch)
        _ = try Program.shell("echo more >> in/2026-11-20.csv; mv in/2026-11-21.csv x; rm x", in: scratch.path)
        try wait(scratch, "test $(grep -c 2026-11-20 said) = 2")
        #expect(try dates(scratch) == ["2026-11-20", "2026-11-20", "2026-11-21"])
        stop(server)
    }

    /// Another pattern is another trigger: what it finds has not come, it is there.
    @Test func aPatternThatIsEditedStartsNothingByItself() throws {
        let scratch = try project("in/{date}.csv")
        try come(scratch, "other/2026-11-18.csv")
        let server = try serve(scratch)
        defer { server.kill() }
        try scratch.write(
            "pipelines/p.yaml",
            """
            triggers: [{ file: "in/{date}.csv", settle: 0s }, { file: "other/{date}.csv", settle: 0s }]
            steps: { x: { shell: "echo $DAYMILL_DATE >> said" } }
            """)
        // Until the server has read it this is a file of no pattern, and then it is known.
        try wait(scratch, "touch other/2026-11-19.csv; sleep 0.05; grep -q 2026-11-19 said")
        try come(scratch, "in/2026-11-20.csv")
        try wait(scratch, "grep -q 2026-11-20 said")
        #expect(try !dates(scratch).contains("2026-11-18"))
        stop(server)
    }

    @Test func aFileWithoutADateIsOfTheDayOnWhichItComes() throws {
        let scratch = try project("rates.csv", "timezone: Pacific/Kiritimati")
        let server = try serve(scratch)
        defer { server.kill() }
        let clock = "TZ=Pacific/Kiritimati date +%F"
        let before = try Program.shell(clock, in: scratch.path).output
        try come(scratch, "rates.csv")
        try wait(scratch, "grep -q 20 said")
        let after = try Program.shell(clock, in: scratch.path).output
        let said = try Program.shell("cat said", in: scratch.path).output
        #expect(said == before || said == after)
        stop(server)
    }

    @Test func aPauseLeavesFilesOut() throws {
        let scratch = try project("in/{date}.csv")
        let server = try serve(scratch)
        defer { server.kill() }
        #expect(try Program.run(["pause", "p", "--reason", "a holiday"], in: scratch.path).status == 0)
        #expect(try why(scratch).contains("paused (a holiday), so files start nothing"))
        try come(scratch, "in/2026-11-20.csv")
        try wait(scratch, "grep -q 'starts nothing: the pipeline was paused: a holiday' serve.log")
        let answer = try why(scratch, "2026-11-20")
        #expect(answer.contains("in/2026-11-20.csv came by"), "\(answer)")
        #expect(answer.contains("started nothing: the pipeline was paused: a holiday"), "\(answer)")
        #expect(try Program.run(["resume", "p"], in: scratch.path).status == 0)
        try come(scratch, "in/2026-11-21.csv")
        try wait(scratch, "grep -q 2026-11-21 said")
        #expect(try dates(scratch) == ["2026-11-21"])
        stop(server)
    }

    @Test func whyTellsOfFilesThatSettle() throws {
        let scratch = try project("in/{date}.csv", settle: "1h")
        let server = try serve(scratch)
        defer { server.kill() }
        #expect(try why(scratch) == "p starts when a file in/{date}.csv has held still for 1h.\n")
        #expect(try why(scratch, "2026-11-20").contains("nothing has started it"))
        try come(scratch, "in/2026-11-20.csv")
        let answer = try why(scratch, "2026-11-20")
        #expect(answer.hasPrefix("p has not run for 2026-11-20 yet. The file in/2026-11-20.csv changed "), "\(answer)")
        #expect(answer.contains("ago; a run starts when it has held still for 1h."), "\(answer)")
        stop(server)
        #expect(try why(scratch, "2026-11-20").contains("has come, and nothing serves this project"))
        let simulation = try Program.run(["simulate", "p"], in: scratch.path)
        #expect(simulation.complaints.contains("no clock starts it; it starts when a file in/{date}.csv has held"))
    }

    /// What lies below is watched from then on: the system tells only that the folder that was watched is over.
    @Test(.enabled(if: canMount, "the system lets nobody mount in a namespace of their own"))
    func aFolderThatIsUnmounted() throws {
        let scratch = try project("in/{date}.csv")
        try scratch.write("in/none", "")
        try scratch.write("serve.log", "")
        let unmount = "(until test -e go; do sleep 0.02; done; umount in && touch done) &"
        let server = try Program.start(
            ["-c", "exec unshare -Urm sh -c 'mount -t tmpfs none in; \(unmount) exec daymill serve 2> serve.log'"],
            in: scratch.path, program: "/bin/sh")
        defer { server.kill() }
        try wait(scratch, "grep -q 'serving 1 pipeline' serve.log")
        try scratch.write("go", "")
        try wait(scratch, "test -e done")
        try come(scratch, "in/2026-11-20.csv")
        try wait(scratch, "grep -q 2026-11-20 said")
        stop(server)
    }

    private static let canMount =
        (try? Program.shell("unshare -Urm mount -t tmpfs none /mnt", in: "/").status) == 0

    /// Servers that are killed at random lose no file, and start none twice.
    @Test func killedServersLoseNothingAndDoubleNothing() throws {
        let scratch = try project("in/{date}.csv")
        stop(try serve(scratch))
        var random = SeededGenerator(seed: 11), wanted: [String] = []
        for round in 0..<12 {
            let server = try Program.start(
                ["-c", "exec daymill serve 2>> serve.log"], in: scratch.path, program: "/bin/sh")
            for file in 0..<3 {
                let date = "2026-\(10 + round / 6)-\(10 + (round % 6) * 3 + file)"
                wanted.append(date)
                try come(scratch, "in/\(date).csv")
                Thread.sleep(forTimeInterval: Double(random.number(0...40)) / 1000)
            }
            server.kill()
            _ = server.end()
        }
        let server = try serve(scratch)
        defer { server.kill() }
        for date in wanted { try wait(scratch, "grep -q \(date) said") }
        _ = try dates(scratch)
        // A step may be carried out again by another process, so what is counted is runs.
        let runs = try Program.shell("daymill runs --limit 500 --json", in: scratch.path).output
        for date in wanted {
            #expect(runs.components(separatedBy: "\"dates\" : \"\(date)\"").count == 2, "\(date)")
        }
        stop(server)
    }
}
