import DaymillColumns
package import DaymillConnect
package import DaymillCore
package import DaymillPipeline
package import DaymillSQL

/// An output, what it was made of and how: all that it takes to make it again by another way.
package struct VerifyRequest: Sendable {
    /// One file that the output was made of.
    package struct Input: Sendable {
        package var file: LocalFile
        /// The day that its path names; nil where rows carry their day, or have none.
        package var day: Day?
        /// Content id of what the output was made of.
        package var content: String

        package init(file: LocalFile, day: Day?, content: String) {
            self.file = file
            self.day = day
            self.content = content
        }

        /// As people know it.
        package var path: String { file.path }
        /// As stored.
        package var bytes: Int { file.stamp.size }
    }

    package var pipeline: String
    package var step: String
    /// ISO.
    package var date: String
    package var rollup: Rollup
    /// How the files are read, duplicates and event time included.
    package var source: Source
    /// The days covered; nil for everything.
    package var days: ClosedRange<Day>?
    package var inputs: [Input]
    /// Rows that the source's policy left out when the output was made.
    package var badRows: Int
    /// The published file, as people know it.
    package var output: String
    /// The same as the system knows it.
    package var outputPath: String
    /// Whether it starts with the names of its columns.
    package var hasHeader: Bool
    package var format: FileFormat

    package init(
        pipeline: String, step: String, date: String, rollup: Rollup, source: Source, days: ClosedRange<Day>?,
        inputs: [Input], badRows: Int, output: String, outputPath: String, hasHeader: Bool,
        format: FileFormat = .csv
    ) {
        self.pipeline = pipeline
        self.step = step
        self.date = date
        self.rollup = rollup
        self.source = source
        self.days = days
        self.inputs = inputs
        self.badRows = badRows
        self.output = output
        self.outputPath = outputPath
        self.hasHeader = hasHeader
        self.format = format
    }

    /// As stored.
    var bytes: Int { inputs.reduce(0) { $0 + $1.bytes } }
}

/// Which engine computes again.
package enum VerifyEngine: String, Sendable, CaseIterable {
    /// DuckDB where there is one and it reads and computes as Daymill does; the naive engine has the last word.
    case auto
    case duckdb
    case naive
}

/// How an output is verified; nothing here changes what is right.
package struct VerifyOptions: Sendable {
    package var engine: VerifyEngine
    /// DuckDB's program; nil when there is none.
    package var duckDB: String?
    package var threads: Int
    /// What DuckDB may use.
    package var memory: ByteCount
    /// After this DuckDB is ended.
    package var timeout: Duration
    /// Told what goes on.
    package var report: @Sendable (RunEvent) -> Void

    package init(
        engine: VerifyEngine = .auto, duckDB: String?, threads: Int = 1,
        memory: ByteCount = ByteCount(Limits.verifyMemoryBytes),
        timeout: Duration = .seconds(Limits.verifySeconds), report: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) {
        self.engine = engine
        self.duckDB = duckDB
        self.threads = threads
        self.memory = memory
        self.timeout = timeout
        self.report = report
    }
}
