package import DaymillColumns
import DaymillCore
package import DaymillSQL

/// Expressions made ready to be evaluated batch by batch. One per worker thread: it owns the vectors of its results.
///
///     expressions ──▶ nodes, equal ones only once, operands before what uses them
///     begin(batch) ──▶ evaluate(0), evaluate(1), …: each node at most once per batch and mask
///
/// A mask says for which rows a node is wanted. It only narrows on the way down (CASE, coalesce, AND, OR), and a result is
/// used again only under masks within the one it was made for. Nodes that cannot fail are evaluated without a mask.
package final class ExpressionProgram {
    let nodes: [ExpressionNode]
    private let roots: [Int]
    private let constants = TextArena()
    /// What trim takes off when nothing else is said.
    let blank: Vector
    /// New texts of the batch.
    let arena = TextArena()
    private let batchCapacity: Int

    private(set) var input = EvaluationInput(count: 0)
    private var batch = 0
    private var masks: RowMasks
    /// Masks made from vectors that callers gave in this batch; the vectors are kept so that none takes another's place.
    private var callerMasks: [(vector: Vector, mask: Int)] = []

    /// - Parameter batchCapacity: the most rows a batch will have.
    package init(_ expressions: [Expression], batchCapacity: Int) {
        var builder = NodeBuilder(batchCapacity: batchCapacity, arena: constants)
        roots = expressions.map { builder.node(of: $0) }
        nodes = builder.nodes
        blank = Vector(constant: .text(" "), .text, in: constants)
        masks = RowMasks(capacity: batchCapacity)
        self.batchCapacity = batchCapacity
    }

    /// How many expressions it was made for.
    package var count: Int { roots.count }

    /// Starts a batch: forgets all results of the one before.
    package func begin(_ input: EvaluationInput) {
        precondition(input.count <= batchCapacity)
        self.input = input
        batch += 1
        arena.reset()
        masks.removeAll()
        callerMasks.removeAll(keepingCapacity: true)
    }

    /// The values of expression number `index` for all rows of the batch.
    ///
    /// The vector is the program's own (or the input's): valid until the next `begin`, or until the same expression is
    /// evaluated under another `active`. Texts may point into the input's texts.
    ///
    /// - Parameter active: booleans; rows that are not true need not be right and do not fail. The vector must keep its
    ///   contents until the next `begin`.
    /// - Throws: `EvaluationFailure` with the lowest row that fails.
    package func evaluate(_ index: Int, active: Vector? = nil) throws -> Vector {
        let root = nodes[roots[index]]
        do {
            let operand = try evaluate(root, maskNumber(of: active))
            return operand.isConstant ? spread(operand, of: root) : operand.vector
        } catch let failure as EvaluationFailure {
            throw lowest(failure, of: root, maskNumber(of: active))
        }
    }

    /// A constant in every row.
    private func spread(_ constant: Operand, of root: ExpressionNode) -> Vector {
        if let spread = constantRows[ObjectIdentifier(root)], spread.count == input.count { return spread }
        let rows = constantRows[ObjectIdentifier(root)] ?? Vector(constant.form, capacity: batchCapacity)
        ChoiceKernel.copy(constant, count: input.count, into: rows)
        constantRows[ObjectIdentifier(root)] = rows
        return rows
    }
    private var constantRows: [ObjectIdentifier: Vector] = [:]

    private func maskNumber(of active: Vector?) -> Int {
        guard let active else { return RowMasks.all }
        precondition(active.form == .bool && active.count == input.count)
        if let known = callerMasks.first(where: { $0.vector === active }) { return known.mask }
        let mask = narrowed(RowMasks.all) { _, out in
            LogicKernel.narrow(nil, whereTrue: Operand(rows: active), count: input.count, into: out)
        }
        callerMasks.append((active, mask.number))
        return mask.number
    }

    /// Operands are evaluated one after the other, so a later one may fail on an earlier row: asks again for the rows
    /// before, until none of them fails.
    private func lowest(_ failure: EvaluationFailure, of root: ExpressionNode, _ mask: Int) -> EvaluationFailure {
        let before = narrowed(mask) { limits, out in
            LogicKernel.narrow(limits, before: failure.row, count: input.count, into: out)
        }
        guard before.count > 0 else { return failure }
        do {
            _ = try evaluate(root, before.number)
            return failure
        } catch let earlier as EvaluationFailure {
            return lowest(earlier, of: root, mask)
        } catch {
            return failure
        }
    }
}

/// The walk.
extension ExpressionProgram {
    /// A node's values for the rows of a mask, computed or remembered.
    func evaluate(_ node: ExpressionNode, _ mask: Int) throws -> Operand {
        let mask = node.canFail ? mask : RowMasks.all
        if node.batch == batch, let operand = node.operand, masks.isWithin(mask, node.mask) { return operand }
        node.batch = -1
        let operand = try compute(node, mask)
        node.operand = operand
        node.mask = mask
        node.batch = batch
        return operand
    }

    private func compute(_ node: ExpressionNode, _ mask: Int) throws -> Operand {
        switch node.expression {
        case .literal: return Operand(constant: node.constant!)
        case .column(let index, _): return leaf(input.columns[index]!, node)
        case .key(let index, _): return leaf(input.keys[index], node)
        case .aggregate(let index, _): return leaf(input.aggregates[index], node)
        case .cast(_, let type): return try cast(node, to: type, mask)
        case .choose: return try choose(node, mask)
        case .call(let function, _, _): return try call(node, function, mask)
        }
    }

    private func leaf(_ vector: Vector, _ node: ExpressionNode) -> Operand {
        precondition(vector.form == vectorForm(of: node.expression.type) && vector.count == input.count)
        return Operand(rows: vector)
    }

    /// The operands' values, from left to right, for the same rows.
    func operands(_ node: ExpressionNode, _ mask: Int) throws -> [Operand] {
        try node.operands.map { try evaluate(nodes[$0], mask) }
    }

    /// The flags of a mask; nil for all rows.
    func flags(_ mask: Int) -> Vector? { masks.flags(mask) }

    /// A mask within another one; `fill` sets its flags and says how many there are.
    func narrowed(_ parent: Int, _ fill: (Vector?, Vector) -> Int) -> (number: Int, count: Int) {
        let number = masks.add(within: parent)
        return (number, fill(masks.flags(parent), masks.flags(number)!))
    }
}

/// Makes nodes out of expressions, one per different expression.
private struct NodeBuilder {
    var nodes: [ExpressionNode] = []
    private var numbers: [Key: Int] = [:]
    private let batchCapacity: Int
    private let arena: TextArena

    init(batchCapacity: Int, arena: TextArena) {
        self.batchCapacity = batchCapacity
        self.arena = arena
    }

    /// What makes expressions the same. Strings are equal too when they only look the same (`é` in one scalar or two),
    /// so the bytes of texts and the nodes of operands are compared beside them.
    private struct Key: Hashable {
        var expression: Expression
        var operands: [Int]
        var bytes: [UInt8]
    }

    mutating func node(of expression: Expression) -> Int {
        let operands = expression.parts.map { node(of: $0) }
        let key = Key(expression: expression, operands: operands, bytes: Array((expression.textLiteral ?? "").utf8))
        if let known = numbers[key] { return known }
        nodes.append(
            ExpressionNode(
                expression, operands: operands, below: operands.map { nodes[$0] }, batchCapacity: batchCapacity,
                arena: arena))
        numbers[key] = nodes.count - 1
        return nodes.count - 1
    }
}
