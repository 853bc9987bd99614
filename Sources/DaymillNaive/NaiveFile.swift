package import DaymillCore
package import DaymillSQL

/// An input file that lives in memory.
package struct NaiveFile: Sendable, Hashable {
    package var name: String
    package var bytes: [UInt8]
    /// The day its path names; nil when the path names none.
    package var day: Day?

    package init(_ name: String, _ bytes: [UInt8], day: Day? = nil) {
        self.name = name
        self.bytes = bytes
        self.day = day
    }

    package init(_ name: String, _ text: String, day: Day? = nil) {
        self.init(name, Array(text.utf8), day: day)
    }
}

/// An input file that is read piece by piece.
package struct NaiveInput {
    /// For messages.
    package var name: String
    /// The day its path names; nil when the path names none.
    package var day: Day?
    /// Begins to read: each call of what it gives is the next piece, nil at the end.
    package var open: () throws -> () throws -> [UInt8]?

    package init(_ name: String, day: Day?, open: @escaping () throws -> () throws -> [UInt8]?) {
        self.name = name
        self.day = day
        self.open = open
    }

    package init(_ file: NaiveFile) {
        self.init(file.name, day: file.day) {
            var whole: [UInt8]? = file.bytes
            return {
                defer { whole = nil }
                return whole
            }
        }
    }
}

/// How the files of a source are written, and what its columns are.
package struct NaiveDialect: Sendable, Hashable {
    /// Whether the first record names the columns.
    package enum Header: String, Sendable, Hashable, CaseIterable {
        /// It does when it reads like the declared columns' names.
        case auto
        case yes
        case no
    }

    /// What becomes of a row that does not fit the columns.
    package enum BadRows: String, Sendable, Hashable, CaseIterable {
        case fail
        case skip
    }

    package var columns: [Column]
    package var delimiter: UInt8
    /// nil: no byte quotes.
    package var quote: UInt8?
    package var header: Header
    /// A field without quotes that is one of these, byte for byte, is NULL.
    package var nullWords: [String]
    /// The date or timestamp column that says a row's day; nil: the file's day does.
    package var eventTime: String?
    package var badRows: BadRows
    /// Records with more fields than expected lose the surplus; otherwise they are bad.
    package var ignoresExtraFields = false
    /// Records with fewer fields, and files without a column, have NULL there; otherwise that is an error.
    package var fillsMissingFields = false
    /// Of rows of a day that are equal in these columns one is kept. Empty: all are.
    package var distinctOn: [String] = []
    /// For JSON Lines where the values of each column stand; nil: the files are CSV.
    package var paths: [JSONPath]?
    /// By name: timestamps that are moved to another zone's clock.
    package var clocks: [String: NaiveClock] = [:]

    package init(
        columns: [Column], delimiter: UInt8 = UInt8(ascii: ","), quote: UInt8? = UInt8(ascii: "\""),
        header: Header = .auto, nullWords: [String] = [""], eventTime: String? = nil, badRows: BadRows = .fail
    ) {
        self.columns = columns
        self.delimiter = delimiter
        self.quote = quote
        self.header = header
        self.nullWords = nullWords
        self.eventTime = eventTime
        self.badRows = badRows
    }
}

/// A row that does not fit its source's columns.
package struct BadRow: Error, Hashable, CustomStringConvertible {
    package var file: String
    /// The first line of the record, from 1.
    package var line: Int
    /// The record's first byte in the file, from 0.
    package var offset: Int
    package var reason: String

    package var description: String { "\(file):\(line): \(reason) (byte \(offset))" }
}

/// A file that cannot be read at all, whatever the policy for bad rows.
package struct BadFile: Error, Hashable, CustomStringConvertible {
    package var file: String
    package var reason: String

    package var description: String { "\(file): \(reason)" }
}
