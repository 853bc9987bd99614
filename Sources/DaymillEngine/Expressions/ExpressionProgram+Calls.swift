import DaymillColumns
import DaymillSQL

/// Functions and operators: choosing the kernel, once per batch.
extension ExpressionProgram {
    func call(_ node: ExpressionNode, _ function: ScalarFunction, _ mask: Int) throws -> Operand {
        switch function {
        case .and: return try junction(node, mask, decisive: false)
        case .or: return try junction(node, mask, decisive: true)
        case .coalesce: return try coalesce(node, mask)
        case .inList: return try inList(node, mask)
        case .greatest: return try extreme(node, mask, .greater)
        case .least: return try extreme(node, mask, .less)
        default: break
        }
        let values = try operands(node, mask)
        let out = node.result!
        if let failed = apply(function, node, values, flags(mask), out) {
            throw EvaluationFailure(row: failed, error: node.failure(values, at: failed))
        }
        return Operand(rows: out)
    }

    /// Fills `out`; returns the first active row that fails.
    private func apply(
        _ function: ScalarFunction, _ node: ExpressionNode, _ values: [Operand], _ active: Vector?, _ out: Vector
    ) -> Int? {
        switch function {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            CompareKernel.compare(Comparison(function), values[0], values[1], count: input.count, into: out)
            return nil
        case .distinctFrom, .notDistinctFrom, .not, .isNull, .isNotNull, .isTrue, .isFalse, .nullIf:
            conditions(function, node, values, out)
            return nil
        case .add, .subtract, .multiply, .divide, .modulo, .negate, .abs, .round, .roundTo, .floor, .ceiling, .power,
            .sqrt, .ln, .log10, .exp:
            return arithmetic(function, node, values, active, out)
        case .lower, .upper, .length, .octetLength, .substring, .left, .right, .splitPart, .concatenate, .concat,
            .replace, .trim, .trimLeft, .trimRight, .position, .startsWith, .like, .ilike:
            return text(function, node, values, active, out)
        case .addDays, .daysBetween, .addInterval, .addMonths, .timeBetween, .dateTrunc, .extract, .makeDate:
            return time(function, node, values, active, out)
        case .and, .or, .coalesce, .inList, .greatest, .least:
            preconditionFailure("\(function) chooses the rows of its operands")
        }
    }

    private func conditions(_ function: ScalarFunction, _ node: ExpressionNode, _ values: [Operand], _ out: Vector) {
        let n = input.count
        switch function {
        case .distinctFrom: CompareKernel.distinct(values[0], values[1], negated: false, count: n, into: out)
        case .notDistinctFrom: CompareKernel.distinct(values[0], values[1], negated: true, count: n, into: out)
        case .not: LogicKernel.not(values[0], count: n, into: out)
        case .isNull: NullKernel.isNull(values[0], negated: false, count: n, into: out)
        case .isNotNull: NullKernel.isNull(values[0], negated: true, count: n, into: out)
        case .isTrue: LogicKernel.isKnown(values[0], as: true, count: n, into: out)
        case .isFalse: LogicKernel.isKnown(values[0], as: false, count: n, into: out)
        default: ChoiceKernel.nullIf(values[0], values[1], count: n, scratch: node.scratch!, into: out)
        }
    }
}

extension Comparison {
    fileprivate init(_ function: ScalarFunction) {
        switch function {
        case .equal: self = .equal
        case .notEqual: self = .notEqual
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .greater: self = .greater
        default: self = .greaterOrEqual
        }
    }
}

/// Text.
extension ExpressionProgram {
    private func text(
        _ function: ScalarFunction, _ node: ExpressionNode, _ v: [Operand], _ active: Vector?, _ out: Vector
    ) -> Int? {
        let n = input.count
        switch function {
        case .lower: TextKernel.lower(v[0], count: n, active: active, arena: arena, into: out)
        case .upper: TextKernel.upper(v[0], count: n, active: active, arena: arena, into: out)
        case .length: TextKernel.length(v[0], count: n, into: out)
        case .octetLength: TextKernel.octetLength(v[0], count: n, into: out)
        case .left: TextKernel.left(v[0], v[1], count: n, active: active, into: out)
        case .right: TextKernel.right(v[0], v[1], count: n, active: active, into: out)
        case .concatenate: TextKernel.concatenate(v[0], v[1], count: n, active: active, arena: arena, into: out)
        case .concat: TextKernel.concat(v, count: n, active: active, arena: arena, into: out)
        case .replace: TextKernel.replace(v[0], v[1], v[2], count: n, active: active, arena: arena, into: out)
        case .trim, .trimLeft, .trimRight:
            let set = v.count > 1 ? v[1] : Operand(constant: blank)
            TextKernel.trim(
                v[0], set, start: function != .trimRight, end: function != .trimLeft, count: n, active: active,
                into: out)
        case .position: TextKernel.position(v[0], v[1], count: n, into: out)
        case .startsWith: TextKernel.startsWith(v[0], v[1], count: n, into: out)
        case .substring:
            return TextKernel.substring(
                v[0], from: v[1], length: v.count > 2 ? v[2] : nil, count: n, active: active, into: out)
        case .splitPart: return TextKernel.splitPart(v[0], v[1], v[2], count: n, active: active, into: out)
        default: return like(function, node, v, active, out)
        }
        return nil
    }

    private func like(
        _ function: ScalarFunction, _ node: ExpressionNode, _ v: [Operand], _ active: Vector?, _ out: Vector
    ) -> Int? {
        if case .pattern(let pattern) = node.preparation {
            TextKernel.like(v[0], pattern, count: input.count, active: active, into: out)
            return nil
        }
        return TextKernel.like(
            v[0], v[1], escape: v.count > 2 ? v[2] : nil, ignoresCase: function == .ilike, count: input.count,
            active: active, into: out)
    }
}

/// Dates and times.
extension ExpressionProgram {
    private func time(
        _ function: ScalarFunction, _ node: ExpressionNode, _ v: [Operand], _ active: Vector?, _ out: Vector
    ) -> Int? {
        let n = input.count
        switch function {
        case .addDays: return TimeKernel.addDays(v[0], v[1], count: n, active: active, into: out)
        case .addInterval: return TimeKernel.addInterval(v[0], v[1], count: n, active: active, into: out)
        case .addMonths: return TimeKernel.addMonths(v[0], v[1], count: n, active: active, into: out)
        case .makeDate: return TimeKernel.makeDate(v[0], v[1], v[2], count: n, active: active, into: out)
        case .daysBetween, .timeBetween: TimeKernel.difference(v[0], v[1], count: n, into: out)
        default: return units(function, node, v[1], active, out)
        }
        return nil
    }

    private func units(
        _ function: ScalarFunction, _ node: ExpressionNode, _ value: Operand, _ active: Vector?, _ out: Vector
    ) -> Int? {
        guard case .unit(let unit) = node.preparation else { preconditionFailure("a unit is a literal") }
        if function == .dateTrunc {
            return TimeKernel.truncate(value, to: unit, count: input.count, active: active, into: out)
        }
        let isDate = node.type(of: 1) == .date
        if unit.isReal {
            TimeKernel.extractReal(unit, value, isDate: isDate, count: input.count, into: out)
        } else {
            TimeKernel.extract(unit, value, isDate: isDate, count: input.count, into: out)
        }
        return nil
    }
}
