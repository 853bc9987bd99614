package import DaymillColumns
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline
import DaymillSQL

/// What a step computes, apart from any date: the plan of its scans, and the ids under which parts of its work are known.
package struct StepDefinition: Sendable {
    package let project: Project
    /// The pipeline's name.
    package let pipeline: String
    package let step: Step
    package let source: Source
    /// How files are read for the store: rows of all days are kept.
    package let scan: ScanPlan
    /// What identifies the partials of files.
    package let fileState: ContentID
    /// What identifies the partials of days; that of files too, unless duplicates are removed in between.
    package let dayState: ContentID
    /// What the step computes and how it is written, apart from its inputs and its days.
    package let result: ContentID

    package init(_ step: Step, of pipeline: Pipeline, project: Project) {
        self.project = project
        self.pipeline = pipeline.name
        self.step = step
        source = pipeline.source(step.rollup.source)!
        scan = ScanPlan(step.rollup, ScanFormat(source))
        fileState = scan.stateID
        dayState = scan.distinct == nil ? fileState : scan.counting.stateID
        let written = step.format == .csv ? "header \(step.header)" : "format \(step.format)"
        result = ContentID.of(
            [
                "daymill-output-2", dayState.text, step.rollup.resultIdentity, written,
                "bad rows \(source.onBadRow == .quarantine ? "kept aside" : "")",
            ].joined(separator: "\n"))
    }

    // MARK: What a date means

    /// The days whose rows the output of a date holds; nil for everything.
    package func days(_ date: Day) -> ClosedRange<Day>? {
        step.split == .day ? date...date : step.window?.days(for: date)
    }

    /// The days of the windows of some dates, from the first to the last; nil for everything.
    func span(_ dates: [Day]) -> ClosedRange<Day>? {
        guard let window = step.window, let first = dates.first else { return nil }
        return dates.reduce(window.days(for: first)) { span, date in
            let days = window.days(for: date)
            return min(span.lowerBound, days.lowerBound)...max(span.upperBound, days.upperBound)
        }
    }

    /// Where a step is split by day: the dates of the files that a run for a date takes in.
    func arrivals(_ date: Day) -> ClosedRange<Day> { step.window?.days(for: date) ?? date...date }

    /// Where a step is split by day: the first date whose run takes in the files of a day.
    func firstArrival(_ day: Day) -> Day { step.window?.dates(coveringAnyOf: day...day).lowerBound ?? day }

    /// The output's path for the system.
    package func output(_ date: Day) -> String { project.path(outputName(date)) }

    /// The output as records know it: the same whatever folder the program was started in.
    package func outputName(_ date: Day) -> String { step.to.render(for: date) }

    package func key(_ date: Day) -> OutputRecord.Key {
        OutputRecord.Key(date: date.description, output: outputName(date))
    }

    /// Identity of what is computed for a date, apart from its inputs.
    package func definition(_ date: Day) -> ContentID {
        var words = [result.high, result.low]
        if let days = days(date) { words += [days.lowerBound.word, days.upperBound.word] }
        return ContentID.of(words: words)
    }

    // MARK: Names of segments

    /// The partials of a file's content.
    package func fileSegment(_ content: ContentID) -> ContentID {
        ContentID.of(words: [1, fileState.high, fileState.low, content.high, content.low])
    }

    /// The partials of a day (nil: where the files as wholes belong to no day).
    package func daySegment(_ day: Day?, _ parts: [ContentID]) -> ContentID {
        var words = [2, dayState.high, dayState.low, day?.word ?? UInt64.max]
        for part in parts.sorted(by: ContentID.precedes) { words += [part.high, part.low] }
        return ContentID.of(words: words)
    }

    /// For people: what segments were made for.
    var name: String { "\(pipeline)/\(step.name)" }
}

extension Day {
    /// As a word of an id.
    var word: UInt64 { UInt64(bitPattern: Int64(daysSinceEpoch)) }
}
