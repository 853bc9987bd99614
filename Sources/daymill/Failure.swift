import ArgumentParser
import DaymillCore
import Foundation

/// Why a command failed: in words, as JSON, and as an exit code.
struct Failure {
    /// At least one.
    let errors: [DaymillError]
    /// For people: a line per problem; how the command is used where it is the command that is wrong.
    let text: String

    /// Of whatever was thrown; what is not ours and does not come from reading the command line is a bug.
    init(_ error: any Error) {
        switch error {
        case let error as DaymillError: self.init([error])
        case let errors as DaymillErrors: self.init(errors.all)
        case let ended as WorkEnded: self.init([ended.error])
        case _ where Daymill.exitCode(for: error) == .validationFailure: self.init(command: error)
        default: self.init([DaymillError(.bug, "\(error)")])
        }
    }

    private init(_ errors: [DaymillError]) {
        self.errors = errors
        text = errors.map { "error: \($0)" }.joined(separator: "\n")
    }

    /// Of the parser of the command line, which adds how the command is used.
    private init(command error: any Error) {
        errors = [DaymillError(.usage, Daymill.message(for: error))]
        let words = Daymill.fullMessage(for: error)
        text = words.hasPrefix("Error:") ? "e" + words.dropFirst() : words
    }

    static func isOurs(_ error: any Error) -> Bool {
        error is DaymillError || error is DaymillErrors || error is WorkEnded
    }

    /// The largest of the errors' codes.
    var exitCode: Int32 { errors.map { Failure.exitCode($0.code) }.max()! }

    /// Tells people, and machines that asked for it, and ends the program.
    func end(json: Bool) -> Never {
        Output.complain((text + "\n"))
        if json {
            do { try Output.line(try RunReport.json(errors)) } catch  where !text.contains("\(error)") {
                Output.complain("error: \(error)\n")
            } catch {}  // It has been said that standard output is of no use.
        }
        Foundation.exit(exitCode)
    }

    /// The table in docs/spec/cli.md.
    static func exitCode(_ code: ErrorCode) -> Int32 {
        switch code {
        case .usage, .notFound: 2
        case .pipelineInvalid, .sqlInvalid, .unsupported: 3
        case .inputMissing, .stale: 4
        case .badRow, .inputDamaged, .evaluation, .limit: 5
        case .io: 6
        case .storeDamaged: 7
        case .outputDiffers: 8
        case .stepFailed, .checkFailed: 9
        case .cancelled: 130
        case .bug: 70
        }
    }
}
