import DaymillColumns
import DaymillEngine
import DaymillSQL
import DaymillTestKit

/// Runs an expression over a batch of plain values.
struct ExpressionBatch {
    var types: [SQLType]
    /// `rows[i][c]` is column `c` of row `i`.
    var rows: [[Value]]
    private let arena = TextArena()
    private let vectors: [Vector]

    init(_ types: [SQLType], _ rows: [[Value]]) {
        self.types = types
        self.rows = rows
        let arena = self.arena
        vectors = types.enumerated().map { column, type in
            ExpressionBatch.vector(type, rows.map { $0[column] }, in: arena)
        }
    }

    var input: EvaluationInput { EvaluationInput(columns: vectors, count: rows.count) }

    func values(of expression: Expression, active: Vector? = nil) throws -> [Value] {
        let program = ExpressionProgram([expression], batchCapacity: max(1, rows.count))
        program.begin(input)
        return try ExpressionBatch.values(program.evaluate(0, active: active), expression.type)
    }

    static func values(_ vector: Vector, _ type: SQLType) -> [Value] {
        (0..<vector.count).map { vector.value($0, type) }
    }

    static func vector(_ type: SQLType, _ values: [Value], in arena: TextArena) -> Vector {
        let vector = Vector(vectorForm(of: type), capacity: max(1, values.count))
        vector.count = values.count
        for (row, value) in values.enumerated() { vector.set(row, value, in: arena) }
        return vector
    }

    static func mask(_ flags: [Bool]) -> Vector { vector(.boolean, flags.map(Value.boolean), in: TextArena()) }
}

extension Expression {
    /// The same with the right types of functions whose type the tables of facts leave out.
    var typed: Expression {
        switch self {
        case .call(let function, let arguments, let type):
            .call(function, arguments.map(\.typed), Expression.resultType(function, arguments) ?? type)
        case .choose(let branches, let otherwise, let type):
            .choose(
                branches.map { Branch(condition: $0.condition.typed, value: $0.value.typed) },
                otherwise: otherwise.typed, type)
        case .cast(let inner, let type): .cast(inner.typed, type)
        default: self
        }
    }

    private static func resultType(_ function: ScalarFunction, _ arguments: [Expression]) -> SQLType? {
        switch function {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinctFrom, .notDistinctFrom, .and,
            .or, .not, .isNull, .isNotNull, .isTrue, .isFalse, .inList, .startsWith, .like, .ilike:
            .boolean
        case .extract: [.text("epoch"), .text("second")].contains(arguments[0]) ? .double : .integer
        default: nil
        }
    }

    /// Literals that must stay literals: units, and digits to round to.
    private static func isFixed(_ function: ScalarFunction, _ place: Int) -> Bool {
        ([.dateTrunc, .extract].contains(function) && place == 0) || (function == .roundTo && place == 1)
    }

    /// Takes literals out into columns: those whose number, in reading order, `chosen` picks.
    func lifted(_ columns: inout [(SQLType, Value)], _ number: inout Int, _ chosen: (Int) -> Bool) -> Expression {
        switch self {
        case .literal(let value, let type):
            number += 1
            guard chosen(number - 1) else { return self }
            columns.append((type, value))
            return .column(columns.count - 1, type)
        case .call(let function, let arguments, let type):
            var lifted: [Expression] = []
            for (place, argument) in arguments.enumerated() {
                let stays = Expression.isFixed(function, place)
                lifted.append(stays ? argument : argument.lifted(&columns, &number, chosen))
            }
            return .call(function, lifted, type)
        case .choose(let branches, let otherwise, let type):
            var lifted: [Branch] = []
            for branch in branches {
                lifted.append(
                    Branch(
                        condition: branch.condition.lifted(&columns, &number, chosen),
                        value: branch.value.lifted(&columns, &number, chosen)))
            }
            return .choose(lifted, otherwise: otherwise.lifted(&columns, &number, chosen), type)
        case .cast(let inner, let type): return .cast(inner.lifted(&columns, &number, chosen), type)
        default: return self
        }
    }

    /// The expression with all literals as they are, with all in columns, and with each alone in a column or alone not.
    var variants: [(expression: Expression, columns: [(SQLType, Value)])] {
        var columns: [(SQLType, Value)] = []
        var count = 0
        let allLifted = lifted(&columns, &count) { _ in true }
        var variants: [(Expression, [(SQLType, Value)])] = [(self, []), (allLifted, columns)]
        for place in 0..<count where count > 1 {
            for isAlone in [true, false] {
                var columns: [(SQLType, Value)] = []
                var number = 0
                variants.append((lifted(&columns, &number) { ($0 == place) == isAlone }, columns))
            }
        }
        return variants
    }
}
