/// What came out of verifying an output, for people and machines.
package struct Verification: Sendable, Codable, Equatable {
    package enum Verdict: String, Sendable, Codable {
        case equal
        case differs
    }

    /// One input file, as it was read.
    package struct Input: Sendable, Codable, Equatable {
        package var path: String
        /// ISO; nil where the path names no day.
        package var day: String?
        /// As stored.
        package var bytes: Int
        /// Content id of what was read.
        package var content: String
    }

    /// How a column was compared.
    package struct Column: Sendable, Codable, Equatable {
        package enum Comparison: String, Sendable, Codable {
            /// Byte for byte.
            case exact
            /// Doubles that the other engine rounds on the way: equal to a billionth.
            case close
        }

        package var name: String
        package var type: String
        package var comparison: Comparison
    }

    package var pipeline: String
    package var step: String
    /// ISO.
    package var date: String
    package var output: String
    package var verdict: Verdict
    /// `naive`, or `duckdb` with its version.
    package var engine: String
    /// Why it was this engine; nil where it was asked for or the first choice.
    package var reason: String?
    /// Rows of the output that were compared.
    package var rows: Int
    /// Bytes of the output that were compared.
    package var bytes: Int
    package var inputs: [Input]
    package var columns: [Column]
    /// The first ones.
    package var differences: [OutputDifference]
    /// Whether there may be more of them.
    package var isCut: Bool
    package var seconds: Double
}

/// One place where an output is not what its inputs give.
package struct OutputDifference: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable {
        /// A column has another value.
        case value
        /// A row of the inputs' result is not there.
        case missingRow = "missing-row"
        /// A row is there that the inputs do not give.
        case surplusRow = "surplus-row"
        /// The same values are written in another way.
        case writing
        /// The names of the columns.
        case header
    }

    package var kind: Kind
    /// The row in the output, from 1, the header not counted; 0 is the header. A missing row should stand before it.
    package var row: Int
    /// The row's group: the columns that it is grouped by, with their values.
    package var key: String?
    package var column: String?
    /// As the inputs give it; nil for NULL and where there is nothing.
    package var expected: String?
    /// As it stands in the output; nil for NULL and where there is nothing.
    package var found: String?
}

extension OutputDifference: CustomStringConvertible {
    /// One sentence without a full stop.
    package var description: String {
        let place = "row \(row)\(key.map { " (\($0))" } ?? "")"
        switch kind {
        case .value:
            return "\(place): \(column ?? "") is \(found ?? "NULL"), and its inputs give \(expected ?? "NULL")"
        case .missingRow: return "before row \(row) there should be a row \(expected ?? "")"
        case .surplusRow: return "\(place): its inputs give no such row: \(found ?? "")"
        case .writing: return "\(place): it is written \(found ?? ""), and should be \(expected ?? "")"
        case .header: return "the header is \(found ?? "not there"), and should be \(expected ?? "not there")"
        }
    }
}
