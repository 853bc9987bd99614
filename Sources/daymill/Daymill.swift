import ArgumentParser
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

            Exit codes: 0 done, 1 failed for another reason, 2 wrong command, 3 wrong pipeline file, \
            4 input missing, 5 bad data, 6 the system refused, 7 damaged store, 70 a bug in Daymill.
            """,
        version: daymillVersion,
        subcommands: [
            RunCommand.self, PlanCommand.self, CheckCommand.self, InitCommand.self, GenerateCommand.self,
            StoreCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            finish(error)
        }
    }

    /// Ends the program with the error's words and exit code.
    private static func finish(_ error: any Error) -> Never {
        if let known = KnownFailure(error) {
            FileHandle.standardError.write(Data((known.text + "\n").utf8))
            Foundation.exit(known.exitCode)
        }
        let code = exitCode(for: error).rawValue
        guard code != 0 && code != ExitCode.validationFailure.rawValue else {
            if code == 0 { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(2)
        }
        FileHandle.standardError.write(Data(("daymill: \(error)\n").utf8))
        Foundation.exit(1)
    }
}

/// An error of ours in words, with its exit code.
struct KnownFailure {
    var text: String
    var exitCode: Int32
    /// One per problem.
    var codes: [ErrorCode]

    init?(_ error: any Error) {
        switch error {
        case let error as DaymillError: self.init([error])
        case let errors as DaymillErrors: self.init(errors.all)
        default: return nil
        }
    }

    private init(_ errors: [DaymillError]) {
        text = errors.map { "error: \($0)" }.joined(separator: "\n")
        codes = errors.map(\.code)
        exitCode = errors.map { KnownFailure.exitCode($0.code) }.max() ?? 1
    }

    /// The table in docs/spec/cli.md.
    static func exitCode(_ code: ErrorCode) -> Int32 {
        switch code {
        case .usage, .notFound: 2
        case .pipelineInvalid, .sqlInvalid, .unsupported: 3
        case .inputMissing: 4
        case .badRow, .inputDamaged, .evaluation, .limit: 5
        case .io, .busy: 6
        case .storeDamaged: 7
        case .bug: 70
        }
    }
}
