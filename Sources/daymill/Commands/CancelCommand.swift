import ArgumentParser
import DaymillCore
import DaymillState
import Foundation

/// `daymill cancel`.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a run before it is done.",
        discussion: """
            Its steps are asked to end, and killed when they do not within 10 s. What was published stays. RUN is an id that \
            'daymill runs' lists, the first characters of one, or 'last'.
            """)

    @Argument(help: ArgumentHelp("The run's id, its first characters, or 'last'.", valueName: "run"))
    var id: String

    @Option(help: "Why, for those who ask later.")
    var reason = "somebody cancelled it"

    @OptionGroup var projectOptions: ProjectOptions

    func run() throws {
        let project = try projectOptions.project(for: nil)
        let history = try RunHistory.existing(projectOptions)
        let run = try history.only(id)
        guard let wished = try history.wish(run.id, reason) else {
            throw DaymillError(
                .usage, "run \(run.id) has ended: it \(run.shown.rawValue)", hint: "there is nothing to cancel")
        }
        guard wished.state == .running else { return try Output.line("run \(run.id) is cancelled") }
        guard wished.process.isRunning else {
            RunJournal.sweep(try history.noteInterrupted(), project)
            return try Output.line("run \(run.id) was interrupted before; nothing of it is left at work")
        }
        kill(wished.process.number, SIGTERM)
        // It has 10 s for its steps, and a little to note that they have ended.
        for _ in 0..<300 {
            if let now = try history.run(run.id), now.state != .running || !now.process.isRunning {
                return try Output.line("run \(run.id) is \(now.shown.rawValue)")
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw DaymillError(
            .stepFailed, "run \(run.id) has been asked to end and has not", hint: "see 'daymill logs \(run.id)'")
    }
}
