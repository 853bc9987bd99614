package import DaymillColumns
package import DaymillConnect
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline

/// What a step will do for a date, as a value: which files it reads and why, what it takes from the store, what it
/// publishes. Making it reads nothing but names, stamps and the store's records.
package struct StepPlan: Sendable {
    /// One input file.
    package struct File: Sendable {
        package var file: LocalFile
        package var day: Day?
        package var action: Action
        /// Content id, where it is known without reading.
        package var content: ContentID?
        /// What it held when it was read last.
        package var lastContent: ContentID?
        /// What has happened to it since it was last seen; nil: nothing.
        package var change: FileChange.Kind?

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

    package var definition: StepDefinition
    package var date: Day
    package var files: [File]
    /// Files that were inputs and are gone.
    package var deleted: [String] = []
    /// Files that a run waits for, since they have changed too recently for their source's `settle`.
    package var unsettled: [UnsettledFile] = []
    /// Whether the output is what it should be; nil when that cannot be told without reading.
    package var isFresh: Bool?

    package var pipeline: String { definition.pipeline }
    package var step: Step { definition.step }
    package var source: Source { definition.source }
    /// The days covered; nil for everything.
    package var days: ClosedRange<Day>? { definition.days(date) }
    /// As records know the output.
    package var outputName: String { definition.outputName(date) }
    /// For the system.
    package var output: String { definition.output(date) }

    /// Bytes that must be read from input files.
    package var bytesToRead: Int { files.reduce(0) { $0 + ($1.action == .reuse ? 0 : $1.file.stamp.size) } }
}

/// What happened to an input file since it was last seen.
package struct FileChange: Sendable, Codable, Hashable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case new
        /// Other content of the same size.
        case changed
        /// Larger than it was.
        case grown
        /// Smaller than it was.
        case truncated
        /// The same bytes again, under a new name or time: nothing to do.
        case redelivered = "delivered again"
        case deleted
    }

    package var path: String
    package var kind: Kind
    /// ISO; nil where its rows carry their day.
    package var day: String?

    package init(path: String, kind: Kind, day: String?) {
        self.path = path
        self.kind = kind
        self.day = day
    }
}

extension ScanFormat {
    /// How a source's files are read.
    package init(_ source: Source) {
        self.init(
            RecordFormat(source), packing: source.compression.rawValue, nullWords: source.nullWords,
            fillsMissingFields: source.missingColumns == .null, leavesOutBadRows: source.onBadRow != .fail,
            eventTime: source.eventTime, distinctOn: source.distinctOn)
        (clocks, movedColumns, zonedColumns) = (source.clocks, source.movedColumns, source.zonedColumns)
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
