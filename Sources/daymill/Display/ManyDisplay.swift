import DaymillCore
import DaymillRunner
import Synchronization

/// Progress over many dates: while files are read that of reading, then a bar of dates.
final class ManyDisplay: Sendable {
    private let reading: ProgressDisplay
    private let isSilent: Bool
    private let state = Mutex((start: ContinuousClock.now, shown: ContinuousClock.now - .seconds(1)))

    init(isSilent: Bool) {
        self.isSilent = isSilent
        reading = ProgressDisplay(isSilent: isSilent)
    }

    /// What goes on inside a date; reading only, since the rest is over in a moment.
    func show(_ event: RunEvent) {
        if case .phase = event { return }
        reading.show(event)
    }

    func show(_ done: Int, _ all: Int) {
        guard !isSilent else { return }
        let line = state.withLock { state -> String? in
            let now = ContinuousClock.now
            let wait: Duration = Terminal.isTerminal ? .milliseconds(100) : .seconds(10)
            guard now - state.shown >= wait || (done == all && Terminal.isTerminal) else { return nil }
            state.shown = now
            let seconds = (now - state.start) / .seconds(1)
            let left = seconds / Double(done) * Double(all - done)
            return "\(Words.count(done)) of \(Words.count(all, "date")), \(Words.seconds(left)) left"
        }
        if let line { reading.show(dates: Double(done) / Double(all), line) }
    }

    func during<R>(_ body: () throws -> R) rethrows -> R { try reading.during(body) }
}

/// The end of a run over many dates.
enum ManyReport {
    /// - Throws: the failures, so that the program ends with their exit code.
    static func print(_ outcomes: [DateOutcome], verb: String, json: Bool, quiet: Bool) throws {
        var done: [StepOutcome] = []
        var failed: [DaymillError] = []
        var dates: Set<Day> = []
        for outcome in outcomes {
            switch outcome {
            case .done(let outcome): done.append(outcome)
            case .failed(let error, let date):
                failed.append(error)
                dates.insert(date)
            }
        }
        if json && failed.isEmpty {
            try Output.line(try RunReport.json(done))
        } else if !quiet && !json {
            try Output.write(text(done, dates: dates.count, problems: failed.count, verb))
        }
        // They are mostly alike: as many as a person reads.
        if !failed.isEmpty { throw DaymillErrors(Array(failed.prefix(5))) }
    }

    /// - Parameters:
    ///   - dates: that could not be made.
    ///   - problems: that these had; a date may have several.
    private static func text(_ done: [StepOutcome], dates: Int, problems: Int, _ verb: String) -> String {
        guard !done.isEmpty || dates > 0 else {
            return "nothing to do: every output that was made is what it should be\n"
        }
        var lines: [String] = []
        for step in names(done) {
            let outcomes = done.filter { "\($0.pipeline) \($0.step)" == step }
            lines.append("\(step): \(counts(outcomes, verb))")
            lines += details(outcomes)
        }
        if dates > 0 {
            let first = problems > 5 ? "; the first five of \(Words.count(problems, "problem")):" : ":"
            lines.append("\(Words.count(dates, "date")) could not be made\(first)")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func names(_ outcomes: [StepOutcome]) -> [String] {
        outcomes.map { "\($0.pipeline) \($0.step)" }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func counts(_ outcomes: [StepOutcome], _ verb: String) -> String {
        let made = outcomes.filter { $0.status == .made }
        let same = outcomes.count { $0.status == .unchanged }, fresh = outcomes.count { $0.status == .upToDate }
        var parts = ["\(Words.count(made.count, "output")) \(verb)"]
        if made.count == 1 { parts[0] += " (\(made[0].output))" }
        if made.count > 1 { parts[0] += " (\(made[0].output) to \(made[made.count - 1].output))" }
        if same > 0 { parts.append("\(Words.count(same)) came out the same") }
        if fresh > 0 { parts.append("\(Words.count(fresh)) up to date already") }
        return parts.joined(separator: ", ")
    }

    private static func details(_ outcomes: [StepOutcome]) -> [String] {
        var lines = RunReport.changes(outcomes.flatMap(\.changes))
        let files = outcomes.reduce(0) { $0 + $1.filesRead }, bytes = outcomes.reduce(0) { $0 + $1.bytesRead }
        let rows = outcomes.reduce(0) { $0 + $1.rowsRead }, badRows = outcomes.reduce(0) { $0 + $1.badRows }
        if files > 0 {
            lines.append(
                "  read       \(Words.count(files, "file")), \(ByteCount(bytes)), \(Words.count(rows, "row"))")
        }
        if badRows > 0 { lines.append("  left out   bad rows, see the outputs' receipts") }
        let written = outcomes.reduce(0) { $0 + ($1.status == .made ? $1.bytesWritten : 0) }
        if written > 0 { lines.append("  wrote      \(ByteCount(written))") }
        lines.append("  took       \(Words.seconds(outcomes.reduce(0) { $0 + $1.seconds }))")
        return lines
    }
}
