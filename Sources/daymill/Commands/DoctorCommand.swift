import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillNotify
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// `daymill doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look whether all that a project relies on is as it should be.",
        discussion:
            "The clock, zones, disk, store, history, pipelines, channels. With --send each channel gets a message.")

    @OptionGroup var projectOptions: ProjectOptions

    @Flag(help: "Send a message over each channel.")
    var send = false

    func run() throws {
        let doctor = Doctor(project: try projectOptions.project(for: nil), sends: send)
        let wrong = try doctor.look()
        guard wrong == 0 else {
            throw DaymillError(.checkFailed, "\(Words.count(wrong, "thing")) not as it should be")
        }
    }
}

/// Looks at one thing after another, and says what it finds.
struct Doctor {
    let project: Project
    let sends: Bool
    private let environment = ProcessInfo.processInfo.environment

    init(project: Project, sends: Bool) { (self.project, self.sends) = (project, sends) }

    /// - Returns: how many things are wrong.
    func look() throws -> Int {
        var wrong = 0
        func tell(_ what: String, _ look: () throws -> String) throws {
            if try !isSound(what, look) { wrong += 1 }
        }
        try tell("version") { "daymill \(daymillVersion)" }
        try tell("clock", clock)
        try tell("zones", zones)
        try tell("store", store)
        try tell("disk", disk)
        try tell("history", history)
        try tell("server") {
            ServeLock.server(project).map { "process \($0) serves this project" } ?? "nothing serves this project"
        }
        try tell("duckdb", duckDB)
        for name in Pipeline.names(in: project.root) {
            try tell("pipeline \(name)") {
                let pipeline = try Pipeline.load(name, in: project)
                return pipeline.schedule.map { "starts \($0), \(pipeline.timezone)" } ?? "starts by hand"
            }
        }
        for channel in project.channels { try tell("channel \(channel.name)") { try look(at: channel.name) } }
        return wrong
    }

    private func isSound(_ what: String, _ look: () throws -> String) throws -> Bool {
        let label = what.padding(toLength: max(what.count, 20), withPad: " ", startingAt: 0)
        let found: String
        do { found = try look() } catch {
            let words = Failure(error).errors.map(\.description).joined(
                separator: "\n" + String(repeating: " ", count: 29))
            try Output.line("WRONG  \(label)  \(words)")
            return false
        }
        try Output.line("ok     \(label)  \(found)")
        return true
    }

    private func clock() throws -> String {
        let now = WallClock.system.nowMicroseconds
        // This program was not built before its own year.
        guard now > 1_767_225_600_000_000 else {
            throw DaymillError(
                .io, "the clock says \(Words.time(now)), which is long ago", hint: "set it, or start a time service")
        }
        let last =
            try FileDoor.stamp(of: RunJournal.path(project)) == nil
            ? nil : StateDatabase(RunJournal.path(project), clock: .system).runs(limit: 1).first
        if let last, last.started > now + 60_000_000 {
            throw DaymillError(
                .io, "the clock says \(Words.time(now)), and run \(last.id) has started later",
                hint: "see whether it was set back")
        }
        return Words.time(now)
    }

    private func zones() throws -> String {
        _ = try TimeZoneName.parse("Europe/London").rules()
        return "the rules of time zones are there; the project's is \(project.timezone)"
    }

    private func store() throws -> String {
        let store = Store(folder: project.storeFolder, clock: .system)
        try store.open()
        let path = "\(project.storeFolder)/doctor.tmp"
        defer { try? FileManager.default.removeItem(atPath: path) }
        do { try Data("written".utf8).write(to: URL(filePath: path)) } catch {
            throw DaymillError(.io, "\(project.storeFolder) cannot be written", hint: "see whom it belongs to")
        }
        return "\(project.storeFolder) can be written"
    }

    private func disk() throws -> String {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: project.storeFolder)
        let free = (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        guard free > 1 << 30 else {
            throw DaymillError(
                .io, "\(ByteCount(free)) are free where the store lies", hint: "make room: 1 GiB is little")
        }
        return "\(ByteCount(free)) free"
    }

    private func history() throws -> String {
        guard try FileDoor.stamp(of: RunJournal.path(project)) != nil else { return "nothing was run yet" }
        let state = try StateDatabase(RunJournal.path(project), clock: .system)
        if let problem = try state.damage() {
            throw DaymillError(
                .storeDamaged, "\(RunJournal.path(project)) is damaged: \(problem)",
                hint: "move it away: only the history of runs is in it")
        }
        return "\(RunJournal.path(project)) is sound"
    }

    private func duckDB() throws -> String {
        let paths = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/duckdb" }
        let found = environment["DAYMILL_DUCKDB"] ?? paths.first { FileManager.default.isExecutableFile(atPath: $0) }
        return found.map { "\($0), for 'verify'" } ?? "not there; 'verify' uses the naive engine"
    }

    private func look(at name: String) throws -> String {
        let channel = try Channels.channel(name, of: project, environment)
        guard sends else { return "its secrets are there; --send tries it" }
        let now = WallClock.system.nowMicroseconds
        let message = Message(
            id: "doctor/\(name)/\(now)", subject: "A message of daymill doctor",
            text: "If you read this, the channel '\(name)' works.", createdMicroseconds: now)
        switch Courier().deliver(message, over: channel) {
        case .delivered(let answer): return "delivered, \(answer)"
        case .refused(let text), .failed(let text, _): throw DaymillError(.stepFailed, "not delivered: \(text)")
        case .uncertain(let text): throw DaymillError(.stepFailed, "it may have arrived or not: \(text)")
        }
    }
}
