import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillPipeline
import DaymillRunner
import DaymillState
import Foundation

/// `daymill logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what the steps of a run said.",
        discussion: """
            RUN is an id that 'daymill runs' lists, the first characters of one, or 'last'. With several attempts each line \
            begins with the step.
            """)

    @Argument(help: ArgumentHelp("The run's id, its first characters, or 'last'.", valueName: "run"))
    var id = "last"

    @Argument(help: "Only what this step said.")
    var step: String?

    @OptionGroup var projectOptions: ProjectOptions

    @Flag(name: [.short, .long], help: "Go on printing until the run has ended.")
    var follow = false

    func run() throws {
        let project = try projectOptions.project(for: nil)
        let history = try RunHistory.existing(projectOptions)
        let run = try history.only(id)
        var reader = LogReader(folder: project.logFolder(ofRun: run.id), step: step)
        while true {
            // Whether it has ended is asked first, so that what is said until then is printed.
            let isOpen =
                try history.run(run.id).map { $0.state == .queued || $0.state == .running && $0.process.isRunning }
                ?? false
            try reader.print(order: LogsCommand.order(try history.attempts(of: run.id)))
            guard follow, isOpen else { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        try reader.printRest()
        if let step, reader.isEmpty, try !history.attempts(of: run.id).contains(where: { $0.step == step }) {
            let steps = Array(Set(try history.attempts(of: run.id).map(\.step))).sorted()
            let hint = nearestWord(to: step, in: steps).map { "did you mean '\($0)'?" }
            throw DaymillError(
                .notFound, "run \(run.id) has no step '\(step)'",
                hint: hint ?? (steps.isEmpty ? "" : "its steps are \(steps.joined(separator: ", "))"))
        }
    }
}

extension LogsCommand {
    /// When attempts started, by step and number.
    fileprivate static func order(_ attempts: [AttemptRecord]) -> [String: Int64] {
        Dictionary(attempts.map { ("\($0.step) \($0.number)", $0.started) }, uniquingKeysWith: min)
    }
}

/// Reads the logs of a run as far as they go, again and again.
struct LogReader {
    private let folder: String
    private let step: String?
    private var readers: [String: BoundedLog.Reader] = [:]
    /// The start of a line whose end has not been seen.
    private var rest: [String: Data] = [:]
    private(set) var isEmpty = true

    init(folder: String, step: String?) {
        (self.folder, self.step) = (folder, step)
    }

    /// Prints what is new, attempts in the order in which they started.
    mutating func print(order: [String: Int64]) throws {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".log")
        }
        let times = Dictionary(uniqueKeysWithValues: names.map { ($0, order[LogReader.attempt($0)] ?? .max) })
        for name in names.sorted(by: { (times[$0] ?? 0, $0) < (times[$1] ?? 0, $1) }) {
            let label = String(name.dropLast(4))
            guard step == nil || label == step || label.hasPrefix("\(step ?? "").") else { continue }
            while let piece = readers[name, default: .init("\(folder)/\(name)")].next() {
                let before = rest.removeValue(forKey: name) ?? Data()
                switch piece {
                case .bytes(let bytes): try print(before + bytes, name, label)
                case .gap(let count):
                    let line = "\(before.isEmpty ? "" : "\n")[daymill: \(count) bytes were left out here]\n"
                    try print(before + Data(line.utf8), name, label)
                }
            }
        }
    }

    /// Prints last lines that have no end.
    mutating func printRest() throws {
        for (name, line) in rest.sorted(by: { $0.key < $1.key }) {
            isEmpty = false
            let head = step == nil ? "\(name.dropLast(4))  " : ""
            try Output.write(head + String(decoding: line, as: UTF8.self) + "\n")
        }
        rest = [:]
    }

    /// `step number` of `step.item.number.log`.
    private static func attempt(_ name: String) -> String {
        let parts = name.split(separator: ".")
        return parts.count < 3 ? name : "\(parts[0]) \(parts[parts.count - 2])"
    }

    private mutating func print(_ data: Data, _ name: String, _ label: String) throws {
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let last = lines.popLast(), !last.isEmpty {
            // A line that grows beyond all measure is printed as it comes.
            if last.count < 1 << 20 { rest[name] = Data(last) } else { lines.append(last) }
        }
        guard !lines.isEmpty else { return }
        isEmpty = false
        let head = step == nil ? "\(label)  " : ""
        try Output.write(lines.map { head + String(decoding: $0, as: UTF8.self) + "\n" }.joined())
    }
}
