/// An expression on its way to being typed.
struct Operand {
    var expression: Expression
    /// A quoted literal or NULL that takes the type its surroundings need; `expression` then holds its text.
    var isOpen = false
    /// The months of an interval literal; `expression` then holds the rest of it.
    var months: Int64 = 0
    /// Where it stands in the SQL text, in bytes.
    var offset: Int

    var type: SQLType { expression.type }

    /// The value of a literal.
    var value: Value? {
        if case .literal(let value, _) = expression { value } else { nil }
    }

    init(_ expression: Expression, at offset: Int) {
        self.expression = expression
        self.offset = offset
    }

    /// A quoted literal.
    init(open text: String, at offset: Int) {
        self.init(.literal(.text(text), .text), at: offset)
        isOpen = true
    }

    /// NULL.
    init(nullAt offset: Int) {
        self.init(.literal(.null, .text), at: offset)
        isOpen = true
    }

    /// An interval literal.
    init(_ parts: ValueText.IntervalParts, at offset: Int) {
        self.init(.literal(.interval(parts.microseconds), .interval), at: offset)
        months = parts.months
    }

    /// The parts of an interval literal.
    var intervalParts: ValueText.IntervalParts? {
        guard case .interval(let microseconds) = value else { return nil }
        return ValueText.IntervalParts(months: months, microseconds: microseconds)
    }
}
