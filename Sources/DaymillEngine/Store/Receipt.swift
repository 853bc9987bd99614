package import DaymillColumns

/// What an output was made of: the whole truth about it, beside the output itself.
package struct Receipt: Sendable, Codable, Equatable {
    /// One input file.
    package struct Input: Sendable, Codable, Equatable {
        package var path: String
        /// ISO; nil where rows carry their day.
        package var day: String?
        package var bytes: Int
        /// Content id.
        package var content: String
        package var segment: String
        package var rows: Int
        package var badRows: Int

        package init(
            path: String, day: String?, bytes: Int, content: String, segment: String, rows: Int, badRows: Int
        ) {
            self.path = path
            self.day = day
            self.bytes = bytes
            self.content = content
            self.segment = segment
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
    /// Identity of definition and inputs: the output is fresh while this is what it should be made from.
    package var madeFrom: String
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

    package init(
        pipeline: String, step: String, date: String, output: String, days: [String]?, definition: String,
        madeFrom: String, inputs: [Input], rows: Int, bytes: Int, content: String, stamp: FileStamp, made: Int64,
        daymill: String
    ) {
        version = 1
        self.pipeline = pipeline
        self.step = step
        self.date = date
        self.output = output
        self.days = days
        self.definition = definition
        self.madeFrom = madeFrom
        self.inputs = inputs
        self.rows = rows
        self.bytes = bytes
        self.content = content
        self.stamp = stamp
        self.made = made
        self.daymill = daymill
    }
}
