package import DaymillCore

/// What a scan takes out of each record, and what it does with records that do not fit.
package struct CSVRules: Sendable {
    /// A column that the scan needs.
    package struct Column: Sendable, Hashable {
        package var name: String
        package var kind: Kind
        /// A record without a value here is bad: it has no day to belong to.
        package var isRequired: Bool

        package init(name: String, kind: Kind, isRequired: Bool = false) {
            self.name = name
            self.kind = kind
            self.isRequired = isRequired
        }
    }

    /// How the text of a field becomes a value.
    package enum Kind: Sendable, Hashable {
        case text, integer, double, boolean, date, timestamp
        case decimal(scale: Int)
        /// A timestamp that is moved from one clock to another; whether its text may say the zone.
        case moment(ClockShift, saysZone: Bool)

        package var form: Vector.Form {
            switch self {
            case .text: .text
            case .integer, .date, .timestamp, .moment: .int64
            case .double: .double
            case .boolean: .bool
            case .decimal: .int128
            }
        }

        /// For messages.
        package var name: String {
            switch self {
            case .text: "text"
            case .integer: "integer"
            case .double: "double"
            case .boolean: "boolean"
            case .date: "date (like 2024-09-15)"
            case .timestamp, .moment(_, saysZone: false): "timestamp (like 2024-09-15 03:11:30)"
            case .moment(_, saysZone: true): "timestamp (like 2024-09-15 03:11:30+03:00)"
            case .decimal(let scale): "decimal with \(scale) digits after the point"
            }
        }
    }

    package var columns: [Column]
    /// Texts that mean NULL where they stand without quotes.
    package var nullWords: [String]
    /// Records with more fields than expected lose the surplus; otherwise they are bad.
    package var ignoresExtraFields: Bool
    /// Records with fewer fields have NULL for the rest; otherwise they are bad.
    package var fillsMissingFields: Bool

    package init(
        columns: [Column], nullWords: [String] = [""], ignoresExtraFields: Bool = false,
        fillsMissingFields: Bool = false
    ) {
        self.columns = columns
        self.nullWords = nullWords
        self.ignoresExtraFields = ignoresExtraFields
        self.fillsMissingFields = fillsMissingFields
    }
}
