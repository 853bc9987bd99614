import ArgumentParser
import DaymillColumns
import DaymillCore
import Foundation

/// `daymill`: the program.
@main
struct Daymill: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daymill",
        abstract: "Keeps every dated output true.",
        discussion: """
            A pipeline is a YAML file in pipelines/: where the logs are, one SQL query, where the result goes.

              daymill init my-logs          a first pipeline to change
              daymill run my-logs yesterday

            Exit codes: 0 done, 2 wrong command, 3 wrong pipeline file, \
            4 input missing, 5 bad data, 6 the system refused, 7 damaged store, 8 an output is wrong, \
            9 a step or a check failed, 70 a bug in Daymill, 130 ended by somebody.
            """,
        version: daymillVersion,
        subcommands: [
            RunCommand.self, PlanCommand.self, StatusCommand.self, RepairCommand.self, BackfillCommand.self,
            VerifyCommand.self, RunsCommand.self, ShowCommand.self, LogsCommand.self, CancelCommand.self,
            RerunCommand.self, WhyCommand.self, ServeCommand.self, PauseCommand.self, ResumeCommand.self,
            QueueCommand.self, WorkCommand.self,
            NoticesCommand.self, NotifyCommand.self, DoctorCommand.self, InstallCommand.self,
            SimulateCommand.self, CheckCommand.self,
            InitCommand.self, GenerateCommand.self,
            StoreCommand.self,
        ])

    static func main() {
        Heap.keepLargeBlocks()
        // Whoever started us may have let ends of children go by; ours are waited for.
        signal(SIGCHLD, SIG_DFL)
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            if try !QueuedRun.serve(words) { try carryOut(words) }
        } catch {
            do { try finish(error) } catch { Failure(error).end(json: false) }
        }
    }

    /// Does what the words of a command line say.
    static func carryOut(_ words: [String]) throws {
        try CommandWords.check(words)
        var command = try parseAsRoot(words)
        try command.run()
    }

    /// Ends the program with the error's words and exit code, or with the help that was asked for.
    private static func finish(_ error: any Error) throws {
        if !Failure.isOurs(error) && exitCode(for: error) == .success {
            try Output.line(fullMessage(for: error))
            Foundation.exit(0)
        }
        Failure(error).end(json: CommandLine.arguments.dropFirst().contains("--json"))
    }
}
