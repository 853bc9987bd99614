import DaymillSQL

/// Text, counted in Unicode scalars from 1.
extension NaiveFunctions {
    static func text(_ function: ScalarFunction, _ values: [Value]) throws -> Value? {
        guard case .text(let string) = values.first else { return nil }
        let scalars = Array(string.unicodeScalars)
        switch function {
        case .lower: return .text(string.lowercased())
        case .upper: return .text(string.uppercased())
        case .length: return .integer(Int64(scalars.count))
        case .octetLength: return .integer(Int64(string.utf8.count))
        case .substring: return .text(try substring(scalars, try values.dropFirst().map(integer)))
        case .left: return .text(left(scalars, try integer(values[1])))
        case .right: return .text(right(scalars, try integer(values[1])))
        case .splitPart: return .text(try splitPart(scalars, try word(values[1]), try integer(values[2])))
        case .concatenate: return .text(String(describing: string) + String(try word(values[1])))
        case .replace: return .text(replace(scalars, try word(values[1]), try word(values[2])))
        case .trim, .trimLeft, .trimRight:
            return .text(trim(function, scalars, values.count > 1 ? try word(values[1]) : [" "]))
        case .position: return .integer(Int64((find(try word(values[1]), in: scalars[...]) ?? -1) + 1))
        case .startsWith: return .boolean(scalars.starts(with: try word(values[1])))
        case .like, .ilike: return try like(function, string, values)
        default: return nil
        }
    }

    private static func integer(_ value: Value) throws -> Int64 {
        guard case .integer(let number) = value else { throw EvaluationFailure(.malformed, "\(value) is no integer") }
        return number
    }

    private static func word(_ value: Value) throws -> [UnicodeScalar] {
        guard case .text(let text) = value else { throw EvaluationFailure(.malformed, "\(value) is no text") }
        return Array(text.unicodeScalars)
    }

    /// Positions before the first character count too: `substring('abc', 0, 2)` is `a`.
    private static func substring(_ text: [UnicodeScalar], _ bounds: [Int64]) throws -> String {
        let from = Int128(bounds[0])
        let end = bounds.count > 1 ? from + Int128(bounds[1]) : Int128(Int64.max)
        if bounds.count > 1 { try refuse(bounds[1] < 0, "substring with a negative length") }
        return String(text.indices.filter { Int128($0) + 1 >= from && Int128($0) + 1 < end }.map { text[$0] })
    }

    private static func left(_ text: [UnicodeScalar], _ count: Int64) -> String {
        count >= 0 ? String(text.prefix(Int(count))) : String(text.dropLast(Int(clamping: count.magnitude)))
    }

    private static func right(_ text: [UnicodeScalar], _ count: Int64) -> String {
        count >= 0 ? String(text.suffix(Int(count))) : String(text.dropFirst(Int(clamping: count.magnitude)))
    }

    private static func splitPart(
        _ text: [UnicodeScalar], _ delimiter: [UnicodeScalar], _ part: Int64
    ) throws -> String {
        try refuse(part == 0, "split_part at position 0")
        let parts = split(text, delimiter)
        let index = part > 0 ? part - 1 : part + Int64(parts.count)
        return index >= 0 && index < parts.count ? String(parts[Int(index)]) : ""
    }

    /// Without a delimiter the text is one part.
    private static func split(_ text: [UnicodeScalar], _ delimiter: [UnicodeScalar]) -> [[UnicodeScalar]] {
        var parts: [[UnicodeScalar]] = []
        var rest = text[...]
        while !delimiter.isEmpty, let place = find(delimiter, in: rest) {
            parts.append(Array(rest[..<place]))
            rest = rest[(place + delimiter.count)...]
        }
        return parts + [Array(rest)]
    }

    private static func replace(_ text: [UnicodeScalar], _ from: [UnicodeScalar], _ to: [UnicodeScalar]) -> String {
        String(split(text, from).joined(separator: to).map { $0 })
    }

    /// The index of the first occurrence.
    private static func find(_ needle: [UnicodeScalar], in text: ArraySlice<UnicodeScalar>) -> Int? {
        guard needle.count <= text.count else { return nil }
        let last = text.endIndex - needle.count
        return (text.startIndex...last).first { text[$0...].starts(with: needle) }
    }

    private static func trim(_ function: ScalarFunction, _ text: [UnicodeScalar], _ set: [UnicodeScalar]) -> String {
        var rest = text[...]
        if function != .trimRight { rest = rest.drop(while: set.contains) }
        while function != .trimLeft, let last = rest.last, set.contains(last) { rest.removeLast() }
        return String(Array(rest))
    }
}

extension String {
    init(_ scalars: [UnicodeScalar]) {
        var view = UnicodeScalarView()
        view.append(contentsOf: scalars)
        self = String(view)
    }

    init(_ scalars: ArraySlice<UnicodeScalar>) {
        self.init(Array(scalars))
    }
}

/// LIKE and ILIKE.
extension NaiveFunctions {
    private enum PatternPart { case literal(UnicodeScalar), one, any }

    fileprivate static func like(_ function: ScalarFunction, _ text: String, _ values: [Value]) throws -> Value {
        guard case .text(let pattern) = values[1] else { throw malformed(function, values) }
        let escape = values.count > 2 ? try word(values[2]) : ["\\"]
        try refuse(escape.count > 1, "an escape of more than one character")
        let ignoresCase = function == .ilike
        let parts = try parse(pattern, escape: escape.first, ignoresCase: ignoresCase)
        let scalars = Array((ignoresCase ? text.lowercased() : text).unicodeScalars)
        return .boolean(matches(scalars[...], parts[...]))
    }

    /// A pattern that ends with the escape is refused, whatever the text.
    private static func parse(_ pattern: String, escape: UnicodeScalar?, ignoresCase: Bool) throws -> [PatternPart] {
        var parts: [PatternPart] = []
        var isEscaped = false
        for scalar in pattern.unicodeScalars {
            if !isEscaped && scalar == escape {
                isEscaped = true
            } else if !isEscaped && scalar == "%" {
                parts.append(.any)
            } else if !isEscaped && scalar == "_" {
                parts.append(.one)
            } else {
                let literal = ignoresCase ? scalar.properties.lowercaseMapping : String(Character(scalar))
                parts += literal.unicodeScalars.map(PatternPart.literal)
                isEscaped = false
            }
        }
        try refuse(isEscaped, "a pattern that ends with its escape")
        return parts
    }

    private static func matches(_ text: ArraySlice<UnicodeScalar>, _ parts: ArraySlice<PatternPart>) -> Bool {
        guard let part = parts.first else { return text.isEmpty }
        switch part {
        case .literal(let scalar): return text.first == scalar && matches(text.dropFirst(), parts.dropFirst())
        case .one: return !text.isEmpty && matches(text.dropFirst(), parts.dropFirst())
        case .any: return (text.startIndex...text.endIndex).contains { matches(text[$0...], parts.dropFirst()) }
        }
    }
}
