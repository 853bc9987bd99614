import DaymillColumns
import DaymillSQL

/// Conversions between types.
extension ExpressionProgram {
    func cast(_ node: ExpressionNode, to type: SQLType, _ mask: Int) throws -> Operand {
        let value = try evaluate(nodes[node.operands[0]], mask)
        let from = node.type(of: 0)
        if from == type { return own(value, node) }
        let out = node.result!
        if let failed = convert(value, from, type, flags(mask), out) {
            throw EvaluationFailure(row: failed, error: node.failure([value], at: failed))
        }
        return Operand(rows: out)
    }

    /// Fills `out`; returns the first active row that fails.
    private func convert(
        _ value: Operand, _ from: SQLType, _ to: SQLType, _ active: Vector?, _ out: Vector
    ) -> Int? {
        let n = input.count
        switch (from, to) {
        case (_, .text):
            CastKernel.toText(value, as: textForm(of: from), count: n, active: active, arena: arena, into: out)
        case (.text, _): return parse(value, to, active, out)
        case (_, .decimal(let scale)): return toDecimal(value, from, scale, active, out)
        case (.decimal(let scale), .integer):
            return CastKernel.decimalToInteger(value, scale: scale, count: n, active: active, into: out)
        case (.double, .integer): return CastKernel.doubleToInteger(value, count: n, active: active, into: out)
        case (.decimal(let scale), .double): CastKernel.decimalToDouble(value, scale: scale, count: n, into: out)
        case (.integer, .double): CastKernel.integerToDouble(value, count: n, into: out)
        case (.integer, .boolean): CastKernel.integerToBoolean(value, count: n, into: out)
        case (.boolean, .integer): CastKernel.booleanToInteger(value, count: n, into: out)
        case (.date, .timestamp): CastKernel.dateToTimestamp(value, count: n, into: out)
        case (.timestamp, .date): CastKernel.timestampToDate(value, count: n, into: out)
        default: preconditionFailure("no cast from \(from) to \(to): the resolver lets none pass")
        }
        return nil
    }

    private func parse(_ value: Operand, _ to: SQLType, _ active: Vector?, _ out: Vector) -> Int? {
        let n = input.count
        switch to {
        case .integer: return CastKernel.parseInteger(value, count: n, active: active, into: out)
        case .decimal(let scale):
            return CastKernel.parseDecimal(value, scale: scale, count: n, active: active, into: out)
        case .double: return CastKernel.parseDouble(value, count: n, active: active, into: out)
        case .boolean: return CastKernel.parseBoolean(value, count: n, active: active, into: out)
        case .date: return CastKernel.parseDate(value, count: n, active: active, into: out)
        case .timestamp: return CastKernel.parseTimestamp(value, count: n, active: active, into: out)
        case .text, .interval: preconditionFailure("no cast from text to \(to): the resolver lets none pass")
        }
    }

    private func toDecimal(
        _ value: Operand, _ from: SQLType, _ scale: Int, _ active: Vector?, _ out: Vector
    ) -> Int? {
        let n = input.count
        switch from {
        case .integer: return CastKernel.integerToDecimal(value, scale: scale, count: n, active: active, into: out)
        case .double: return CastKernel.doubleToDecimal(value, scale: scale, count: n, active: active, into: out)
        case .decimal(let old):
            return DecimalKernel.rescale(value, from: old, to: scale, count: n, active: active, into: out)
        default: preconditionFailure("no cast from \(from) to a decimal: the resolver lets none pass")
        }
    }
}
