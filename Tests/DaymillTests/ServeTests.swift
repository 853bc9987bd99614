import Foundation
import Testing

/// A server starts what others ask for, answers questions, and is one for a project.
@Suite struct ServeTests {
    private static let pipelines = [
        "pipelines/a.yaml": """
        triggers: { http: { token: "${TRIGGER_TOKEN}" } }
        params: { region: eu }
        sources: { logs: { files: "in/{date}.csv", columns: { who: text, n: integer } } }
        steps:
          s: { window: this day, rollup: "SELECT who, sum(n) AS t FROM logs GROUP BY who", to: "out/{date}.csv" }
          t: { shell: "echo $DAYMILL_PARAM_REGION >> said" }
        """,
        "pipelines/b.yaml": """
        triggers: { output: a.s }
        steps: { x: { shell: "echo b after a on $DAYMILL_DATE >> said" } }
        """,
        "in/2026-11-20.csv": "a,1\n",
    ]

    private func project() throws -> Scratch {
        let scratch = try Scratch()
        for (name, text) in Self.pipelines { try scratch.write(name, text) }
        return scratch
    }

    /// A server that has said something; what it says goes to `serve.log`.
    private func served(_ scratch: Scratch, _ line: String, until word: String) throws -> Program.Running {
        let server = try Program.start(["-c", "exec \(line) 2> serve.log"], in: scratch.path, program: "/bin/sh")
        try wait(scratch, "grep -q '\(word)' serve.log")
        return server
    }

    private func wait(_ scratch: Scratch, _ condition: String) throws {
        for _ in 0..<3000 {
            if try Program.shell(condition, in: scratch.path).status == 0 { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        let log = try Program.shell("cat serve.log said", in: scratch.path)
        Issue.record("this did not happen: \(condition)\n\(log.output)")
    }

    /// Whoever looks for a server has its lock for a moment, together with others, and is no server.
    @Test func whoeverOnlyLooksIsNoServer() throws {
        let scratch = try project()
        try scratch.write(".daymill/serve.lock", "")
        let path = "\(scratch.path)/.daymill/serve.lock"
        let looker = try #require(FileHandle(forReadingAtPath: path))
        #expect(flock(looker.fileDescriptor, LOCK_SH | LOCK_NB) == 0)
        let server = try Program.start(["serve"], in: scratch.path)
        defer { server.kill() }
        // Until it has the file open, and has had time to try, or has given up.
        try wait(scratch, "ls -l /proc/\(server.number)/fd | grep -q serve.lock || ! kill -0 \(server.number)")
        try looker.close()
        try wait(scratch, "grep -q \(server.number) .daymill/serve.lock")
        let second = try Program.run(["serve"], in: scratch.path)
        #expect(second.status == 2 && second.complaints.contains("served already (process \(server.number))"))
        server.terminate()
        #expect(server.end().status == 0)
    }

    @Test func runsStartByHTTPAndByOutputs() throws {
        let scratch = try project()
        let server = try served(
            scratch, "env TRIGGER_TOKEN=s3cret daymill serve --port 0", until: "serving 2 pipelines")
        defer { server.kill() }
        let address = try Program.shell("sed -n 's/^answering on //p' serve.log", in: scratch.path).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        func curl(_ words: String) throws -> String {
            try Program.shell("curl -s -m 20 \(words)", in: scratch.path).output
        }
        #expect(try curl("\(address)/healthz") == "ok\n" && curl("\(address)/readyz") == "ready\n")
        let body = "-d '{\"date\":\"2026-11-20\",\"params\":{\"region\":\"us\"}}'"
        #expect(try curl("-o /dev/null -w '%{http_code}' -XPOST \(address)/trigger/a \(body)") == "401")
        #expect(
            try curl("-o /dev/null -w '%{http_code}' -XPOST -H 'X-Daymill-Token: no' \(address)/trigger/a") == "401")
        #expect(
            try curl("-o /dev/null -w '%{http_code}' -XPOST -H 'X-Daymill-Token: s3cret' \(address)/trigger/b") == "401"
        )
        let token = "-H 'Authorization: Bearer s3cret' -H 'Idempotency-Key: one'"
        let first = try curl("-XPOST \(token) \(body) \(address)/trigger/a")
        #expect(first.hasPrefix("{\"run\":\""))
        #expect(try curl("-XPOST \(token) \(body) \(address)/trigger/a") == first)
        #expect(
            try curl("-XPOST -H 'X-Daymill-Token: s3cret' -d '{\"params\":{\"regoin\":\"x\"}}' \(address)/trigger/a")
                .contains("did you mean 'region'?"))
        // The second pipeline starts because the first one has made an output.
        try wait(scratch, "grep -q 'b after a on 2026-11-20' said")
        try wait(scratch, "grep -q 'b: run .* succeeded' serve.log")
        #expect(try Program.shell("sort said", in: scratch.path).output == "b after a on 2026-11-20\nus\n")
        let metrics = try curl("\(address)/metrics")
        for line in [
            "daymill_pipelines 2", "daymill_runs_running 0",
            "daymill_runs_ended_total{pipeline=\"a\",state=\"succeeded\"} 1",
            "daymill_runs_ended_total{pipeline=\"b\",state=\"succeeded\"} 1",
        ] { #expect(metrics.contains("\(line)\n"), "\(metrics)") }
        server.terminate()
        #expect(server.end().status == 0)
        let said = try Program.shell("cat serve.log; cat .daymill/logs/*/*", in: scratch.path).output
        #expect(!said.contains("s3cret"))
    }

    /// A process that the server starts before it knows the run does nothing until it is told one, then does just that.
    @Test func aSpareProcessDoesTheRunItIsTold() throws {
        let scratch = try project()
        func shell(_ line: String) throws -> Program.Ending { try Program.shell(line, in: scratch.path) }
        let queued = try shell("daymill queue b 2026-11-20 | cut -d: -f1").output
        let id = queued.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try shell("daymill work --stand-by b --project . < /dev/null").status == 0)
        #expect(try shell("daymill show \(id)").output.contains("queued"))
        // Before it is told, the file changes: what counts is the file then.
        let change = "sed -i 's/echo b/echo changed/' pipelines/b.yaml"
        let done = try shell("(sleep 0.2; \(change); echo \(id)) | daymill work --stand-by b --project .")
        #expect(done.status == 0 && done.output.isEmpty && done.complaints.isEmpty)
        #expect(try shell("cat said").output == "changed after a on 2026-11-20\n")
        #expect(try shell("daymill show \(id)").output.contains("succeeded"))
        #expect(try shell("cat .daymill/logs/\(id)/run.log").output.contains("x succeeded"))
        // The same run again is nobody's.
        #expect(try shell("echo \(id) | daymill work --stand-by b --project .").status == 0)
        #expect(try shell("wc -l < said").output == "1\n")
    }

    @Test func oneServerIsEnoughForAProject() throws {
        let scratch = try project()
        let server = try served(scratch, "daymill serve", until: "serving 2 pipelines")
        defer { server.kill() }
        let second = try Program.run(["serve"], in: scratch.path)
        #expect(second.status == 2 && second.complaints.contains("is served already (process "))
        #expect(try Program.run(["serve", "--if-needed"], in: scratch.path).status == 0)
        // A file that has become wrong: what it was before goes on, and it is said.
        try scratch.write("pipelines/b.yaml", "stesp: {}\n")
        try wait(scratch, "grep -q 'b is wrong; what it was before goes on' serve.log")
        // One that is new is served.
        try scratch.write("pipelines/c.yaml", "steps: { x: { shell: 'echo c >> said' } }\n")
        #expect(try Program.run(["queue", "c", "2026-11-20"], in: scratch.path).status == 0)
        try wait(scratch, "grep -q '^c$' said")
        server.terminate()
        #expect(server.end().status == 0)
        let why = try Program.run(["why", "a"], in: scratch.path).output
        #expect(why.hasPrefix("a starts by HTTP, while something serves this project: nothing does now."), "\(why)")
    }

    @Test func aPortThatIsTakenIsTold() throws {
        let scratch = try project()
        let server = try served(scratch, "daymill serve --port 0", until: "serving 2 pipelines")
        defer { server.kill() }
        let port = try Program.shell("sed -n 's/^answering on .*://p' serve.log", in: scratch.path).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let other = try project()
        let second = try Program.run(["serve", "--port", port], in: other.path)
        #expect(second.status == 6 && second.complaints.contains("cannot listen on 127.0.0.1:\(port)"))
    }
}
