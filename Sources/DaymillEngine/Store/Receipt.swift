package import DaymillColumns

/// What an output was made of, in every detail: for people, for explanations of staleness, and for verification. That an
/// output is fresh is decided by its `OutputRecord`.
package struct Receipt: Sendable, Codable, Equatable {
    /// One input file.
    package struct Input: Sendable, Codable, Equatable {
        package var path: String
        /// ISO; nil where rows carry their day.
        package var day: String?
        package var bytes: Int
        /// Content id.
        package var content: String
        package var rows: Int
        package var badRows: Int

        package init(
            path: String, day: String?, bytes: Int, content: String, rows: Int, badRows: Int
        ) {
            self.path = path
            self.day = day
            self.bytes = bytes
            self.content = content
            self.rows = rows
            self.badRows = badRows
        }
    }

    package var version: Int
    package var pipeline: String
    package var step: String
    /// ISO.
    package var date: String
    package var output: String
    /// First and last day covered, ISO; nil for everything.
    package var days: [String]?
    /// Identity of the result's definition: SQL, format of the output, window.
    package var definition: String
    /// Identity of definition and contents of files.
    package var inputsID: String
    /// Identity of definition and the days' groups.
    package var groupsID: String
    package var inputs: [Input]
    package var rows: Int
    package var bytes: Int
    /// Content id of the output.
    package var content: String
    /// The output's stamp when it was published.
    package var stamp: FileStamp
    /// Microseconds since 1970.
    package var made: Int64
    package var daymill: String
    /// What the run re-checked of earlier work: the segment, what of it, and the verdict, with spaces between.
    package var audited: [String] = []
    /// Id of the kind of partials of files that it was made of; nil in receipts of before.
    package var state: String?

    package init(
        pipeline: String, step: String, date: String, output: String, days: [String]?, definition: String,
        inputsID: String, groupsID: String, inputs: [Input], rows: Int, bytes: Int, content: String,
        stamp: FileStamp, made: Int64, daymill: String
    ) {
        version = 2
        self.pipeline = pipeline
        self.step = step
        self.date = date
        self.output = output
        self.days = days
        self.definition = definition
        self.inputsID = inputsID
        self.groupsID = groupsID
        self.inputs = inputs
        self.rows = rows
        self.bytes = bytes
        self.content = content
        self.stamp = stamp
        self.made = made
        self.daymill = daymill
    }
}
