import DaymillColumns
import DaymillSQL

/// Arithmetic, by the form of the first operand.
extension ExpressionProgram {
    func arithmetic(
        _ function: ScalarFunction, _ node: ExpressionNode, _ values: [Operand], _ active: Vector?, _ out: Vector
    ) -> Int? {
        switch values[0].form {
        case .int64: integers(function, values, active, out)
        case .int128: decimals(function, node, values, active, out)
        default: doubles(function, values, active, out)
        }
    }

    private func integers(_ function: ScalarFunction, _ v: [Operand], _ active: Vector?, _ out: Vector) -> Int? {
        let n = input.count
        switch function {
        case .add: return IntegerKernel.add(v[0], v[1], count: n, active: active, into: out)
        case .subtract: return IntegerKernel.subtract(v[0], v[1], count: n, active: active, into: out)
        case .multiply: return IntegerKernel.multiply(v[0], v[1], count: n, active: active, into: out)
        case .divide: return IntegerKernel.divide(v[0], v[1], count: n, active: active, into: out)
        case .modulo: return IntegerKernel.modulo(v[0], v[1], count: n, active: active, into: out)
        case .negate: return IntegerKernel.negate(v[0], count: n, active: active, into: out)
        case .abs: return IntegerKernel.abs(v[0], count: n, active: active, into: out)
        default: preconditionFailure("\(function) of integers")
        }
    }

    private func decimals(
        _ function: ScalarFunction, _ node: ExpressionNode, _ v: [Operand], _ active: Vector?, _ out: Vector
    ) -> Int? {
        let n = input.count
        let scale = node.scale(of: 0)
        switch function {
        case .add: return DecimalKernel.add(v[0], v[1], count: n, active: active, into: out)
        case .subtract: return DecimalKernel.subtract(v[0], v[1], count: n, active: active, into: out)
        case .multiply:
            return DecimalKernel.multiply(
                v[0], v[1], scale: scale + node.scale(of: 1), wanted: node.resultScale, count: n, active: active,
                into: out)
        case .modulo: return DecimalKernel.modulo(v[0], v[1], count: n, active: active, into: out)
        case .negate: return DecimalKernel.negate(v[0], count: n, active: active, into: out)
        case .abs: return DecimalKernel.abs(v[0], count: n, active: active, into: out)
        case .round: return DecimalKernel.round(v[0], scale: scale, count: n, active: active, into: out)
        case .roundTo: return roundTo(node, v[0], scale, active, out)
        case .floor: return DecimalKernel.floor(v[0], scale: scale, count: n, active: active, into: out)
        case .ceiling: return DecimalKernel.ceiling(v[0], scale: scale, count: n, active: active, into: out)
        default: preconditionFailure("\(function) of decimals")
        }
    }

    private func roundTo(
        _ node: ExpressionNode, _ value: Operand, _ scale: Int, _ active: Vector?, _ out: Vector
    ) -> Int? {
        guard let digits = node.expression.parts[1].integerLiteral else {
            preconditionFailure("the digits of roundTo are a literal")
        }
        return DecimalKernel.round(
            value, scale: scale, digits: Int(digits), wanted: node.resultScale, count: input.count, active: active,
            into: out)
    }

    private func doubles(_ function: ScalarFunction, _ v: [Operand], _ active: Vector?, _ out: Vector) -> Int? {
        let n = input.count
        switch function {
        case .add: DoubleKernel.add(v[0], v[1], count: n, into: out)
        case .subtract: DoubleKernel.subtract(v[0], v[1], count: n, into: out)
        case .multiply: DoubleKernel.multiply(v[0], v[1], count: n, into: out)
        case .divide: return DoubleKernel.divide(v[0], v[1], count: n, active: active, into: out)
        case .negate: DoubleKernel.negate(v[0], count: n, into: out)
        case .abs: DoubleKernel.abs(v[0], count: n, into: out)
        case .round: DoubleKernel.round(v[0], count: n, into: out)
        case .floor: DoubleKernel.floor(v[0], count: n, into: out)
        case .ceiling: DoubleKernel.ceiling(v[0], count: n, into: out)
        case .exp: DoubleKernel.exp(v[0], count: n, into: out)
        case .power: return DoubleKernel.power(v[0], v[1], count: n, active: active, into: out)
        case .sqrt: return DoubleKernel.sqrt(v[0], count: n, active: active, into: out)
        case .ln: return DoubleKernel.ln(v[0], count: n, active: active, into: out)
        case .log10: return DoubleKernel.log10(v[0], count: n, active: active, into: out)
        default: preconditionFailure("\(function) of doubles")
        }
        return nil
    }
}

extension ExpressionNode {
    /// The type of an operand.
    func type(of operand: Int) -> SQLType { expression.parts[operand].type }

    /// The digits after the point of a decimal operand.
    func scale(of operand: Int) -> Int {
        if case .decimal(let scale) = type(of: operand) { scale } else { 0 }
    }

    var resultScale: Int {
        if case .decimal(let scale) = expression.type { scale } else { 0 }
    }
}
