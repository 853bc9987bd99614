package import DaymillColumns
package import DaymillConnect
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline
import DaymillSQL

/// What a step will do for a date, as a value: which files it reads and why, what it takes from the store, what it
/// publishes. Making it reads nothing but names, stamps and the store's records.
package struct StepPlan: Sendable {
    /// One input file.
    package struct File: Sendable {
        package var file: LocalFile
        package var day: Day?
        package var action: Action
        /// Content id, where it is known without reading.
        package var content: String?

        /// As people know it.
        package var path: String { file.path }
        /// As stored.
        package var bytes: Int { file.stamp.size }
    }

    /// What becomes of a file.
    package enum Action: Sendable, Hashable {
        /// Its partials are kept.
        case reuse
        /// It is read; why.
        case scan(Reason)
        /// It is hashed first: it may be a known file under a new name or time.
        case identify
    }

    /// Why a file has to be read.
    package enum Reason: String, Sendable {
        case new = "new"
        case changed = "changed"
        case definition = "the definition of the step is new or has changed"
        case noStore = "nothing is stored"
    }

    package var pipeline: String
    package var step: Step
    package var source: Source
    package var date: Day
    /// The days covered; nil for everything.
    package var days: ClosedRange<Day>?
    package var output: String
    package var files: [File]
    package var scan: ScanPlan
    /// Whether the output is what it would be made to be; nil when that takes a look into files.
    package var isFresh: Bool?

    /// The output as the receipt knows it: the same whatever folder the program was started in.
    var outputName: String { step.to.render(for: date) }

    /// Bytes that must be read from input files.
    package var bytesToRead: Int { files.reduce(0) { $0 + ($1.action == .reuse ? 0 : $1.file.stamp.size) } }

    /// Identity of what the step computes and how it is written, apart from its inputs.
    package var definition: ContentID {
        ContentID.of(
            [
                "daymill-output-1", scan.stateID.text, step.rollup.resultIdentity,
                step.format == .csv ? "header \(step.header)" : "\(step.format)",
                "days \(dayWords)",
                "bad rows \(source.onBadRow == .quarantine ? "kept aside" : "")",
            ]
            .joined(separator: "\n"))
    }

    private var dayWords: String { days.map { "\($0.lowerBound) \($0.upperBound)" } ?? "all" }

    /// Identity of an output made from these contents.
    package func madeFrom(_ contents: [(day: Day?, content: String)]) -> ContentID {
        let inputs = contents.map { "\($0.day?.description ?? "-") \($0.content)" }.sorted()
        return ContentID.of(([definition.text] + inputs).joined(separator: "\n"))
    }
}

extension ScanFormat {
    /// How a source's files are read.
    package init(_ source: Source) {
        self.init(
            RecordFormat(source), packing: source.compression.rawValue, nullWords: source.nullWords,
            fillsMissingFields: source.missingColumns == .null, leavesOutBadRows: source.onBadRow != .fail,
            eventTime: source.eventTime)
    }
}

extension RecordFormat {
    fileprivate init(_ source: Source) {
        switch source.format {
        case .csv:
            let header: CSVPrologue.Header =
                switch source.header {
                case .auto: .auto
                case .present: .yes
                case .absent: .no
                }
            let dialect = CSVDialect(delimiter: source.delimiter, quote: source.quote)
            self = .csv(dialect, header: header, ignoresExtraFields: source.extraColumns == .ignore)
        case .jsonl: self = .jsonl(paths: source.paths)
        }
    }
}
