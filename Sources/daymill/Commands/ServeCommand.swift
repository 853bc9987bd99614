import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillProcess
import DaymillRunner
import DaymillState
import DaymillWeb
import Foundation

/// `daymill serve`.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start pipelines when their schedules say, until it is stopped.",
        discussion: """
            Each run is a process of its own. Stopping this one leaves runs at work alone; the next one finds them. Pipeline \
            files are read anew when they change.
            """)

    @OptionGroup var projectOptions: ProjectOptions

    @Option(
        help: ArgumentHelp(
            "Runs of all pipelines at work at once (default: what daymill.yaml says, else 16).", valueName: "n"))
    var maxRuns: Int?

    @Option(help: ArgumentHelp("How to write what happens: text or json.", valueName: "format"))
    var log = ServeLog.Format.text

    @Option(
        help: ArgumentHelp(
            "Answer on this port of 127.0.0.1: /metrics, /healthz, /readyz, /status, POST /trigger/PIPELINE.",
            valueName: "n"))
    var port: Int?

    @Flag(help: "End at once, and quietly, when something serves this project already.")
    var ifNeeded = false

    func validate() throws {
        if let maxRuns, !(1...1000).contains(maxRuns) {
            throw ValidationError("--max-runs is 1 to 1000, not \(maxRuns)")
        }
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port is 0 to 65535, not \(port)") }
    }

    func run() throws {
        // Before any thread is started, so that none of them is ended by a signal.
        let signals = EndSignals(keepsHangups: true)
        let project = try projectOptions.project(for: nil)
        if ifNeeded, ServeLock.server(project) != nil { return }
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let lock = try ServeLock(project)
        defer { lock.release() }
        let state = try StateDatabase(RunJournal.path(project), clock: .system)
        let log = ServeLog(format: log)
        var setting = ServeLoop.Setting(
            project: project, state: state, clock: .system, program: try Self.program(),
            environment: ProcessInfo.processInfo.environment, say: { log.write($0) })
        setting.maxRuns = maxRuns ?? project.maxRuns
        let loop = ServeLoop(setting)
        let web = try port.map { try WebDesk(loop, project, state).server(port: $0) }
        defer { web?.stop() }
        if let web { Output.complain("answering on http://127.0.0.1:\(try web.start())\n") }
        try loop.run(signals)
    }

    /// This program's file, wherever it was started from.
    private static func program() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}

extension ServeLog.Format: ExpressibleByArgument {}

/// What keeps two servers from serving one project, and tells others which process serves it.
struct ServeLock {
    private let file: FileHandle
    private let path: String

    /// - Throws: `.usage` when another process serves the project.
    init(_ project: Project) throws {
        path = "\(project.storeFolder)/serve.lock"
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let file = FileHandle(forUpdatingAtPath: path) else {
            throw DaymillError(.io, "cannot write \(path)", hint: "see that the folder may be written")
        }
        guard ServeLock.lock(file.fileDescriptor) else {
            let other = ServeLock.server(project).map { " (process \($0))" } ?? ""
            throw DaymillError(
                .usage, "this project is served already\(other)",
                hint: "stop that one first; one server is enough for a project")
        }
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8))
        self.file = file
    }

    /// A server has the file for itself. Whoever only looks has it for a moment, and shares it: then it is tried again.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<2000 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return false }
            flock(descriptor, LOCK_UN)
            Thread.sleep(forTimeInterval: .random(in: 0.0005...0.002))
        }
        return false
    }

    func release() {
        try? file.truncate(atOffset: 0)
        try? file.close()
    }

    /// The process that serves a project; nil when none does.
    static func server(_ project: Project) -> Int32? {
        guard let file = FileHandle(forReadingAtPath: "\(project.storeFolder)/serve.lock") else { return nil }
        defer { try? file.close() }
        // Whoever can lock it sees that nobody serves.
        if flock(file.fileDescriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        let text = (try? file.readToEnd()).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Lets the server look at what has changed, if there is one.
    static func wake(_ project: Project) {
        if let server = server(project) { kill(server, SIGHUP) }
    }
}

/// `daymill pause`.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Let a schedule start nothing until 'daymill resume'.",
        discussion: "Starts that fall into the pause are left out for good, and noted so. Runs at work go on.")

    @Argument(help: "A name under pipelines/.")
    var pipeline: String

    @Option(help: "Why, for those who ask later.")
    var reason = "somebody paused it"

    @OptionGroup var projectOptions: ProjectOptions

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline)
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        try StateDatabase(RunJournal.path(project), clock: .system).pause(loaded.name, reason)
        ServeLock.wake(project)
        try Output.line("\(loaded.name) is paused")
    }
}

/// `daymill resume`.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused schedule start its pipeline again, from its next start on.")

    @Argument(help: "A name under pipelines/.")
    var pipeline: String

    @OptionGroup var projectOptions: ProjectOptions

    func run() throws {
        let (project, loaded) = try projectOptions.load(pipeline)
        let wasPaused = try RunHistory.open(projectOptions)?.resume(loaded.name) ?? false
        ServeLock.wake(project)
        try Output.line(wasPaused ? "\(loaded.name) starts again" : "\(loaded.name) was not paused")
    }
}
