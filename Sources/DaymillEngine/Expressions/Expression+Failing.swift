import DaymillColumns
import DaymillSQL

/// Which expressions can fail on a row. Saying yes too often costs speed; saying no too often would report a failure of a
/// row that nobody asked for.
extension Expression {
    /// Whether the expression can fail although its parts do not.
    var failsByItself: Bool {
        switch self {
        case .column, .key, .aggregate, .literal, .choose: false
        case .cast(let inner, let type): Expression.castFails(from: inner.type, to: type)
        case .call(let function, let arguments, let type): Expression.callFails(function, arguments, type)
        }
    }

    private static func castFails(from: SQLType, to: SQLType) -> Bool {
        switch (from, to) {
        case (.text, .text): false
        case (.text, _), (.decimal, .integer), (.double, .integer), (.double, .decimal): true
        // 19 digits of an integer and 19 more.
        case (.integer, .decimal(let scale)): scale > 19
        case (.decimal(let old), .decimal(let new)): new > old
        default: false
        }
    }

    private static func callFails(_ function: ScalarFunction, _ arguments: [Expression], _ type: SQLType) -> Bool {
        switch function {
        case .add, .subtract, .multiply, .negate, .abs: type != .double
        case .round, .floor, .ceiling, .roundTo: type != .double
        case .divide, .modulo, .power, .sqrt, .ln, .log10: true
        case .substring: arguments.count > 2 && (arguments[2].integerLiteral ?? -1) < 0
        case .splitPart: (arguments[2].integerLiteral ?? 0) == 0
        case .like, .ilike: patternFails(arguments)
        case .addDays, .addInterval, .addMonths, .makeDate: true
        case .dateTrunc: arguments[0].textLiteral == TimeUnit.decade.rawValue
        default: false
        }
    }

    private static func patternFails(_ arguments: [Expression]) -> Bool {
        guard let pattern = arguments[1].textLiteral,
            let escape = arguments.count > 2 ? arguments[2].textLiteral : "\\"
        else { return true }
        return LikePattern(pattern.utf8, escape: escape.utf8, ignoresCase: false) == nil
    }
}
