import DaymillCore

/// What becomes of a constant that is cast to a type while the SQL is read.
enum LiteralCast {
    case value(Value)
    /// There is no such value: `'2024-13-01'::date`, or an overflow.
    case impossible
    /// Left to the evaluator.
    case atRunTime

    init(_ value: Value, to type: SQLType) {
        switch (value, type) {
        case (.null, _): self = .value(.null)
        case (.text(let text), _): self.init(ValueText.value(text, as: type))
        case (.interval, _), (.double, .text): self = .atRunTime
        case (_, .text): self.init(ValueText.text(value).map(Value.text))
        case (.integer(let number), .integer): self = .value(.integer(number))
        case (.integer(let number), .decimal(let scale)): self.init(Self.rescaled(Int128(number), from: 0, to: scale))
        case (.integer(let number), .double): self = .value(.double(Double(number)))
        case (.decimal(let unscaled, let from), .decimal(let to)):
            self.init(Self.rescaled(unscaled, from: from, to: to))
        case (.decimal(let unscaled, let scale), .integer): self.init(Self.integer(unscaled, scale: scale))
        case (.decimal(let unscaled, let scale), .double):
            self.init(Double(ValueText.text(ofDecimal: unscaled, scale: scale)).map(Value.double))
        case (.double(let number), .double): self = .value(.double(number))
        case (.double(let number), .integer):
            self.init(Int64(exactly: number.rounded(.toNearestOrEven)).map(Value.integer))
        case (.date(let days), .timestamp):
            self = .value(.timestamp(Int64(days) * ValueText.microsecondsPerDay))
        case (.timestamp(let microseconds), .date):
            let days = ValueText.floorDivision(microseconds, ValueText.microsecondsPerDay).quotient
            self = .value(.date(Int32(days)))
        case (.boolean, .boolean), (.date, .date), (.timestamp, .timestamp): self = .value(value)
        default: self = .atRunTime
        }
    }

    private init(_ value: Value?) {
        self = value.map(LiteralCast.value) ?? .impossible
    }

    private static func rescaled(_ unscaled: Int128, from: Int, to: Int) -> Value? {
        ValueText.decimal(ValueText.text(ofDecimal: unscaled, scale: from).utf8, scale: to)
            .map { .decimal($0, scale: to) }
    }

    private static func integer(_ unscaled: Int128, scale: Int) -> Value? {
        ValueText.decimal(ValueText.text(ofDecimal: unscaled, scale: scale).utf8, scale: 0)
            .flatMap { Int64(exactly: $0) }.map(Value.integer)
    }
}

extension SQLType {
    /// The type that two types meet in without being asked to, as PostgreSQL: integer, decimal, double in that
    /// order, and date, timestamp; nil when there is none.
    func common(with other: SQLType) -> SQLType? {
        switch (self, other) {
        case _ where self == other: self
        case (.double, let type) where type.isNumeric, (let type, .double) where type.isNumeric: .double
        case (.decimal(let a), .decimal(let b)): .decimal(scale: max(a, b))
        case (.decimal(let scale), .integer), (.integer, .decimal(let scale)): .decimal(scale: scale)
        case (.date, .timestamp), (.timestamp, .date): .timestamp
        default: nil
        }
    }

    /// Whether a value of this type may be written where the other type is wanted.
    func widens(to type: SQLType) -> Bool { common(with: type) == type }
}
