import ArgumentParser
import DaymillCore
import Foundation

/// `daymill doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look whether all that a project relies on is as it should be.",
        discussion: """
            Versions, clock, zones, disks, history, pipelines, connections, channels: a line for each, ✓ where it is, ! where \
            it may not last, ✗ where it is not, and what to do. Connections are asked; with --send each channel gets a message.
            """)

    @OptionGroup var projectOptions: ProjectOptions

    @Flag(help: "Send a message over each channel.")
    var send = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        var doctor = Doctor(
            project: try projectOptions.project(for: nil), environment: ProcessInfo.processInfo.environment,
            clock: .system)
        if !json { doctor.tell = { try Output.line($0.line(width: 20)) } }
        try doctor.lookAtAll(sends: send)
        let wrong = doctor.findings.count { $0.state == .wrong }
        if json {
            let doubtful = doctor.findings.count { $0.state == .doubtful }
            try Output.line(try Output.json(Report(findings: doctor.findings, wrong: wrong, doubtful: doubtful)))
        }
        guard wrong > 0 else { return }
        // One object is enough.
        if json { Foundation.exit(Failure.exitCode(.checkFailed)) }
        throw DaymillError(.checkFailed, "\(Words.count(wrong, "thing")) not as it should be")
    }

    private struct Report: Encodable {
        var findings: [DoctorFinding]
        var wrong: Int
        var doubtful: Int
    }
}
