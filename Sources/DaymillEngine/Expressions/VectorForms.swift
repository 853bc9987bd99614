package import DaymillColumns
package import DaymillSQL

/// How values of a type lie in a vector.
package func vectorForm(of type: SQLType) -> Vector.Form {
    switch type {
    case .text: .text
    case .integer, .date, .timestamp, .interval: .int64
    case .decimal: .int128
    case .double: .double
    case .boolean: .bool
    }
}

/// How values of a type are written as text.
package func textForm(of type: SQLType) -> CSVTextForm {
    switch type {
    case .text: .text
    case .integer: .integer
    case .decimal(let scale): .decimal(scale: scale)
    case .double: .double
    case .boolean: .boolean
    case .date: .date
    case .timestamp: .timestamp
    case .interval: .interval
    }
}

extension Vector {
    /// One constant, which may be NULL.
    convenience init(constant value: Value, _ type: SQLType, in arena: TextArena) {
        self.init(vectorForm(of: type), capacity: 1)
        count = 1
        set(0, value, in: arena)
    }

    /// Constants of one form side by side; their texts stay where they are.
    convenience init(joining constants: [Vector]) {
        self.init(constants[0].form, capacity: constants.count)
        count = constants.count
        for (row, constant) in constants.enumerated() { copyRow(0, of: constant, to: row) }
    }

    /// For constants and tests, not for rows.
    package func set(_ row: Int, _ value: Value, in arena: TextArena) {
        setNull(row, value == .null)
        switch value {
        case .null: break
        case .text(let text): set(row, text: text.utf8, in: arena)
        case .integer(let number), .timestamp(let number), .interval(let number): set(row, int64: number)
        case .decimal(let unscaled, _): set(row, int128: unscaled)
        case .double(let number): set(row, double: number.isNaN ? .nan : number + 0)
        case .boolean(let truth): set(row, bool: truth)
        case .date(let days): set(row, int64: Int64(days))
        }
    }

    /// The value of a row; for messages and tests.
    package func value(_ row: Int, _ type: SQLType) -> Value {
        if isNull(row) { return .null }
        return switch type {
        case .text: .text(text(row))
        case .integer: .integer(int64(row))
        case .decimal(let scale): .decimal(int128(row), scale: scale)
        case .double: .double(double(row))
        case .boolean: .boolean(bool(row))
        case .date: .date(Int32(clamping: int64(row)))
        case .timestamp: .timestamp(int64(row))
        case .interval: .interval(int64(row))
        }
    }
}
