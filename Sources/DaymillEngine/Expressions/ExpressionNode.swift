import DaymillColumns
import DaymillSQL

/// One expression of a program, shared by all that contain it, and its result for the current batch.
final class ExpressionNode {
    let expression: Expression
    /// Positions of the operands in the program, always before the node's own.
    let operands: [Int]
    /// Whether this or anything below can fail. What cannot is evaluated for all rows at once, whoever asks.
    let canFail: Bool
    /// What the kernel wants prepared once.
    let preparation: Preparation
    /// Where the result goes; nil for columns and constants, which lie elsewhere.
    let result: Vector?
    /// For kernels that need a boolean on the way.
    let scratch: Vector?
    /// The constant's one value, for literals.
    let constant: Vector?

    /// The result, and the rows it was made for: a mask's number, valid within the batch of number `batch`.
    var operand: Operand?
    var mask = 0
    var batch = -1

    enum Preparation {
        case nothing
        case texts(TextSet)
        case integers(IntegerSet)
        case pattern(LikePattern)
        case unit(TimeUnit)
    }

    init(_ expression: Expression, operands: [Int], below: [ExpressionNode], batchCapacity: Int, arena: TextArena) {
        self.expression = expression
        self.operands = operands
        canFail = below.contains(where: \.canFail) || expression.failsByItself
        preparation = ExpressionNode.prepare(expression, below, batchCapacity)
        if case .literal(let value, let type) = expression {
            constant = Vector(constant: value, type, in: arena)
        } else {
            constant = nil
        }
        result = expression.isLeaf ? nil : Vector(vectorForm(of: expression.type), capacity: batchCapacity)
        scratch = expression.needsScratch ? Vector(.bool, capacity: batchCapacity) : nil
    }

    private static func prepare(_ expression: Expression, _ below: [ExpressionNode], _ capacity: Int) -> Preparation {
        guard case .call(let function, let arguments, _) = expression else { return .nothing }
        switch function {
        case .inList: return prepareList(below, capacity)
        case .like, .ilike: return preparePattern(arguments, ignoresCase: function == .ilike)
        case .dateTrunc, .extract:
            guard let name = arguments[0].textLiteral, let unit = TimeUnit(name: name) else {
                preconditionFailure("\(function) of an unknown unit: the resolver lets none pass")
            }
            return .unit(unit)
        default: return .nothing
        }
    }

    private static func prepareList(_ below: [ExpressionNode], _ capacity: Int) -> Preparation {
        let constants = below.dropFirst().compactMap(\.constant)
        guard constants.count == below.count - 1, !constants.contains(where: { $0.isNull(0) }), !below[0].isConstant
        else { return .nothing }
        switch vectorForm(of: below[0].expression.type) {
        case .text: return .texts(TextSet(Vector(joining: constants), batchCapacity: capacity))
        case .int64: return .integers(IntegerSet(Vector(joining: constants)))
        default: return .nothing
        }
    }

    private static func preparePattern(_ arguments: [Expression], ignoresCase: Bool) -> Preparation {
        guard let pattern = arguments[1].textLiteral else { return .nothing }
        guard let escape = arguments.count > 2 ? arguments[2].textLiteral : "\\" else { return .nothing }
        let prepared = LikePattern(pattern.utf8, escape: escape.utf8, ignoresCase: ignoresCase)
        return prepared.map(Preparation.pattern) ?? .nothing
    }

    var isConstant: Bool { constant != nil }
}

extension Expression {
    /// Whether the value is found rather than computed.
    var isLeaf: Bool {
        switch self {
        case .column, .key, .aggregate, .literal: true
        case .call, .choose, .cast: false
        }
    }

    /// What must be known before this one, in the order of evaluation.
    var parts: [Expression] {
        switch self {
        case .column, .key, .aggregate, .literal: []
        case .call(_, let arguments, _): arguments
        case .choose(let branches, let otherwise, _): branches.flatMap { [$0.condition, $0.value] } + [otherwise]
        case .cast(let inner, _): [inner]
        }
    }

    var textLiteral: String? {
        if case .literal(.text(let text), _) = self { text } else { nil }
    }

    var integerLiteral: Int64? {
        if case .literal(.integer(let number), _) = self { number } else { nil }
    }

    fileprivate var needsScratch: Bool {
        guard case .call(let function, _, _) = self else { return false }
        return [.inList, .nullIf, .greatest, .least].contains(function)
    }
}
