import DaymillColumns
import DaymillSQL

/// What decides which operands are evaluated for which rows.
extension ExpressionProgram {
    /// CASE: conditions for the rows that no earlier branch took, values for the rows of their branch.
    func choose(_ node: ExpressionNode, _ mask: Int) throws -> Operand {
        let out = node.result!
        out.count = input.count
        out.hasNulls = false
        if out.form == .text { NullKernel.clearTexts(out) }
        var rest = mask
        for pair in stride(from: 0, to: node.operands.count - 1, by: 2) {
            let condition = try evaluate(nodes[node.operands[pair]], rest)
            let taken = narrowed(rest) {
                LogicKernel.narrow($0, whereTrue: condition, count: input.count, into: $1)
            }
            let left = narrowed(rest) {
                LogicKernel.narrow($0, whereNot: true, condition, count: input.count, into: $1)
            }
            if taken.count > 0 {
                let value = try evaluate(nodes[node.operands[pair + 1]], taken.number)
                ChoiceKernel.copy(value, where: flags(taken.number)!, into: out)
            }
            rest = left.number
            if left.count == 0 { return Operand(rows: out) }
        }
        let otherwise = try evaluate(nodes[node.operands.last!], rest)
        if let flags = flags(rest) {
            ChoiceKernel.copy(otherwise, where: flags, into: out)
        } else {
            ChoiceKernel.copy(otherwise, count: input.count, into: out)
        }
        return Operand(rows: out)
    }

    /// AND, OR: later operands for the rows that earlier ones leave open.
    func junction(_ node: ExpressionNode, _ mask: Int, decisive: Bool) throws -> Operand {
        let out = node.result!
        var answer = try evaluate(nodes[node.operands[0]], mask)
        for number in node.operands.dropFirst() {
            let next = nodes[number]
            var open = mask
            if next.canFail {
                let left = narrowed(mask) {
                    LogicKernel.narrow($0, whereNot: decisive, answer, count: input.count, into: $1)
                }
                if left.count == 0 { continue }
                open = left.number
            }
            let value = try evaluate(next, open)
            if decisive {
                LogicKernel.or(answer, value, count: input.count, into: out)
            } else {
                LogicKernel.and(answer, value, count: input.count, into: out)
            }
            answer = Operand(rows: out)
        }
        return own(answer, node)
    }

    /// coalesce: later operands for the rows that are still NULL.
    func coalesce(_ node: ExpressionNode, _ mask: Int) throws -> Operand {
        let out = node.result!
        let first = try evaluate(nodes[node.operands[0]], mask)
        if !first.hasNulls { return own(first, node) }
        ChoiceKernel.copy(first, count: input.count, into: out)
        var rest = mask
        for number in node.operands.dropFirst() {
            let open = narrowed(rest) {
                LogicKernel.narrow($0, whereNull: Operand(rows: out), count: input.count, into: $1)
            }
            if open.count == 0 { break }
            rest = open.number
            ChoiceKernel.copy(try evaluate(nodes[number], rest), where: flags(rest)!, into: out)
        }
        return Operand(rows: out)
    }

    /// IN: constants all at once; else one after the other, for the rows not found yet.
    func inList(_ node: ExpressionNode, _ mask: Int) throws -> Operand {
        let out = node.result!
        let wanted = try evaluate(nodes[node.operands[0]], mask)
        switch node.preparation {
        case .texts(let set): set.contains(wanted.vector, count: input.count, into: out)
        case .integers(let set): set.contains(wanted.vector, count: input.count, into: out)
        default: try lookThrough(node, wanted, mask)
        }
        return Operand(rows: out)
    }

    private func lookThrough(_ node: ExpressionNode, _ wanted: Operand, _ mask: Int) throws {
        let out = node.result!
        let n = input.count
        let known = narrowed(mask) { LogicKernel.narrow($0, whereNull: wanted, negated: true, count: n, into: $1) }
        for (place, number) in node.operands.dropFirst().enumerated() {
            var open = known
            if place > 0, nodes[number].canFail {
                open = narrowed(known.number) {
                    LogicKernel.narrow($0, whereNot: true, Operand(rows: out), count: n, into: $1)
                }
                if open.count == 0 { continue }
            }
            let value = try evaluate(nodes[number], open.number)
            CompareKernel.compare(.equal, wanted, value, count: n, into: place == 0 ? out : node.scratch!)
            if place > 0 { LogicKernel.or(Operand(rows: out), Operand(rows: node.scratch!), count: n, into: out) }
        }
    }

    /// greatest, least: NULLs are passed over.
    func extreme(_ node: ExpressionNode, _ mask: Int, _ comparison: Comparison) throws -> Operand {
        let out = node.result!
        let values = try operands(node, mask)
        ChoiceKernel.copy(values[0], count: input.count, into: out)
        for value in values.dropFirst() {
            ChoiceKernel.better(comparison, value, scratch: node.scratch!, into: out)
        }
        return Operand(rows: out)
    }

    /// An operand as a node's own result. It is copied when its node may be evaluated again for other rows of this batch.
    func own(_ operand: Operand, _ node: ExpressionNode) -> Operand {
        let out = node.result!
        if operand.vector === out || operand.isConstant || !node.canFail { return operand }
        ChoiceKernel.copy(operand, count: input.count, into: out)
        return Operand(rows: out)
    }
}
