import DaymillColumns
import DaymillCore
import DaymillSQL

/// The wording of what can go wrong with one row's values.
extension ExpressionNode {
    /// What happened to a row, said with the values of its operands.
    func failure(_ values: [Operand], at row: Int) -> DaymillError {
        let words = values.enumerated().map { place, value in
            ExpressionNode.words(value.vector.value(value.place(row), type(of: place)))
        }
        switch expression {
        case .cast(_, let type): return ExpressionNode.castFailure(words[0], from: self.type(of: 0), to: type)
        case .call(let function, _, _): return callFailure(function, values, row, words)
        default: preconditionFailure("\(expression) cannot fail")
        }
    }

    private static func castFailure(_ value: String, from: SQLType, to: SQLType) -> DaymillError {
        if from == .text {
            return DaymillError(.evaluation, "cannot read \(value) as \(to)", hint: textHint(to))
        }
        return DaymillError(
            .evaluation, "\(rangeWords(to)): \(value)",
            hint: to == .integer
                ? "cast to decimal or double instead" : "cast to a decimal with fewer digits, or to double")
    }

    private static func textHint(_ type: SQLType) -> String {
        let example =
            switch type {
            case .date: "write dates as 2024-09-15"
            case .timestamp: "write times as 2024-09-15 03:11:30"
            case .boolean: "write true or false"
            default: "write numbers with digits and a point only"
            }
        return "\(example), or leave other rows out with CASE WHEN or a filter; nullif(x, '') makes empty text NULL"
    }

    private func callFailure(
        _ function: ScalarFunction, _ values: [Operand], _ row: Int, _ words: [String]
    ) -> DaymillError {
        switch function {
        case .divide, .modulo:
            return isZero(values[1], row)
                ? DaymillError(.evaluation, "division by zero", hint: "divide by nullif(x, 0) to get NULL instead")
                : outOfRange("\(words[0]) \(function == .divide ? "/" : "%") \(words[1])")
        case .add, .addDays, .addInterval: return outOfRange("\(words[0]) + \(words[1])")
        case .subtract: return outOfRange("\(words[0]) - \(words[1])")
        case .multiply: return outOfRange("\(words[0]) * \(words[1])")
        case .negate: return outOfRange("-(\(words[0]))")
        case .addMonths: return outOfRange("\(words[0]) + \(words[1]) months")
        case .makeDate:
            return DaymillError(
                .evaluation, "no such day: year \(words[0]), month \(words[1]), day \(words[2])",
                hint: "years go from 1 to 9999")
        case .like, .ilike: return patternFailure(function, values, row, words)
        default: return domainFailure(function, words)
        }
    }

    /// Functions with holes in what they are defined for.
    private func domainFailure(_ function: ScalarFunction, _ words: [String]) -> DaymillError {
        switch function {
        case .sqrt:
            DaymillError(
                .evaluation, "no square root of a negative number: \(words[0])", hint: "use sqrt(greatest(x, 0))")
        case .ln, .log10:
            DaymillError(
                .evaluation, "no logarithm of a number that is not positive: \(words[0])", hint: "use nullif(x, 0)")
        case .power:
            DaymillError(
                .evaluation, "no such power: \(words[0]) ^ \(words[1])",
                hint: "zero has no negative power, and a negative number only whole ones")
        case .substring:
            DaymillError(
                .evaluation, "substring with a negative length: \(words[2])", hint: "use greatest(length, 0)")
        case .splitPart:
            DaymillError(.evaluation, "split_part has no part 0", hint: "parts count from 1, or from -1 at the end")
        default: outOfRange("\(function.rawValue)(\(words.joined(separator: ", ")))")
        }
    }

    private func patternFailure(
        _ function: ScalarFunction, _ values: [Operand], _ row: Int, _ words: [String]
    ) -> DaymillError {
        let name = function == .like ? "LIKE" : "ILIKE"
        let escape = values.count > 2 ? values[2].vector.text(values[2].place(row)) : "\\"
        if escape.unicodeScalars.count > 1 {
            return DaymillError(
                .evaluation, "the escape of \(name) is longer than one character: \(words[2])",
                hint: "escape with one character, or with '' for none")
        }
        return DaymillError(
            .evaluation, "the pattern of \(name) ends with its escape: \(words[1])",
            hint: "write the escape twice to mean the character itself")
    }

    private func outOfRange(_ what: String) -> DaymillError {
        let hint =
            switch expression.type {
            case .integer: "cast an operand to decimal or double"
            case .decimal: "cast an operand to double, or to a decimal with fewer digits"
            default: "years go from 1 to 9999"
            }
        return DaymillError(.evaluation, "\(ExpressionNode.rangeWords(expression.type)): \(what)", hint: hint)
    }

    private static func rangeWords(_ type: SQLType) -> String {
        switch type {
        case .integer: "integer out of range"
        case .decimal: "decimal with more than 38 digits"
        case .date: "date out of range"
        case .timestamp: "timestamp out of range"
        default: "\(type) out of range"
        }
    }

    private func isZero(_ operand: Operand, _ row: Int) -> Bool {
        switch operand.form {
        case .int64: operand.vector.int64(operand.place(row)) == 0
        case .int128: operand.vector.int128(operand.place(row)) == 0
        case .double: operand.vector.double(operand.place(row)) == 0
        case .bool, .text: false
        }
    }

    /// A value in a message: as in a file, text in quotes and shortened.
    private static func words(_ value: Value) -> String {
        var writer = ByteWriter(capacity: 64)
        switch value {
        case .null: return "NULL"
        case .text(let text): return text.count > 40 ? "'\(text.prefix(40))…'" : "'\(text)'"
        case .integer(let number): writer.appendInteger(number)
        case .decimal(let unscaled, let scale): writer.appendDecimal(unscaled, scale: scale)
        case .double(let number): writer.appendDouble(number)
        case .boolean(let truth): writer.appendBoolean(truth)
        case .date(let days): writer.appendDate(Int64(days))
        case .timestamp(let time): writer.appendTimestamp(time)
        case .interval(let length): writer.appendInterval(length)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
