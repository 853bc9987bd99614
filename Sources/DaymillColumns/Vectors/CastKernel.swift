import Glibc

/// Conversions between types. Those that can fail return the first active row that does.
package enum CastKernel {
    /// Any type but text to text.
    package static func toText(
        _ a: Operand, as form: CSVTextForm, count n: Int, active: Vector?, arena: TextArena, into out: Vector
    ) {
        precondition(a.form == form.form && form != .text)
        guard NullKernel.merge([a], count: n, into: out) else { return }
        let cell = CSVCell(a.vector, form)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TextFormatting.bytesMax) { scratch in
            let place = scratch.baseAddress!
            _ = RowLoop.live(out, active) { i in
                let length = cell.format(a.isConstant ? 0 : i, place)
                out.setText(i, arena.copy(UnsafeBufferPointer(start: place, count: length)), length)
                return true
            }
        }
    }

    /// text -> integer
    package static func parseInteger(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        parse(a, n, active, out, out.int64s) { TextParsing.castInteger($0) }
    }

    /// text -> decimal
    package static func parseDecimal(_ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector) -> Int?
    {
        parse(a, n, active, out, out.int128s) { TextParsing.castDecimal($0, scale) }
    }

    /// text -> double
    package static func parseDouble(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        parse(a, n, active, out, out.doubles) { TextParsing.castDouble($0) }
    }

    /// text -> boolean
    package static func parseBoolean(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        parse(a, n, active, out, out.bools) { TextParsing.castBoolean($0).map { $0 ? 1 : 0 } }
    }

    /// text -> date
    package static func parseDate(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        parse(a, n, active, out, out.int64s) { TextParsing.castDate($0).map(Int64.init) }
    }

    /// text -> timestamp
    package static func parseTimestamp(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        parse(a, n, active, out, out.int64s) { TextParsing.castTimestamp($0) }
    }

    @inline(__always)
    private static func parse<T>(
        _ a: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ to: UnsafeMutablePointer<T>,
        _ read: (TextBytes) -> T?
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        return RowLoop.live(out, active) { i in
            guard let value = read(a.text(i)) else { return false }
            to[i] = value
            return true
        }
    }
}

/// Numbers.
extension CastKernel {
    /// integer -> decimal
    package static func integerToDecimal(
        _ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        let one = PowersOfTen.wide(scale)
        return convert(a, n, active, out, out.int128s) { (x: Int64) in
            let result = DecimalKernel.bounded(Int128(x).multipliedReportingOverflow(by: one))
            return (result.partialValue, !result.overflow)
        }
    }

    /// integer -> double
    package static func integerToDouble(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.doubles) { (x: Int64) in Double(x) }
    }

    /// integer -> boolean: everything but 0 is true.
    package static func integerToBoolean(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.bools) { (x: Int64) in x == 0 ? 0 : 1 }
    }

    /// boolean -> integer: 0 or 1.
    package static func booleanToInteger(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.int64s) { (x: UInt8) in Int64(x) }
    }

    /// decimal -> integer: half away from zero.
    package static func decimalToInteger(
        _ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        let one = PowersOfTen.wide(scale)
        return convert(a, n, active, out, out.int64s) { (x: Int128) in
            let whole = scale == 0 ? x : DecimalKernel.divided(x, by: one)
            return (Int64(truncatingIfNeeded: whole), whole == Int128(Int64(truncatingIfNeeded: whole)))
        }
    }

    /// decimal -> double: the nearest one.
    package static func decimalToDouble(_ a: Operand, scale: Int, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.doubles) { (x: Int128) in nearestDouble(x, scale) }
    }

    /// double -> integer: half to even.
    package static func doubleToInteger(_ a: Operand, count n: Int, active: Vector?, into out: Vector) -> Int? {
        convert(a, n, active, out, out.int64s) { (x: Double) in
            let whole = x.rounded(.toNearestOrEven)
            let fits = whole >= -0x1p63 && whole < 0x1p63
            return (fits ? Int64(whole) : 0, fits)
        }
    }

    /// double -> decimal: as PostgreSQL, to 15 significant digits, then half away from zero to the scale.
    package static func doubleToDecimal(
        _ a: Operand, scale: Int, count n: Int, active: Vector?, into out: Vector
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        let (values, step) = (a.values(Double.self), a.step)
        return RowLoop.live(out, active) { i in
            guard let value = decimal(values[i &* step], scale) else { return false }
            out.int128s[i] = value
            return true
        }
    }

    /// `body` gives a value and whether it is one.
    @inline(__always)
    private static func convert<A, R>(
        _ a: Operand, _ n: Int, _ active: Vector?, _ out: Vector, _ to: UnsafeMutablePointer<R>,
        _ body: (A) -> (R, Bool)
    ) -> Int? {
        guard NullKernel.merge([a], count: n, into: out) else { return nil }
        var failed = false
        RowLoop.map(a, n, to) { (x: A) in
            let (value, fits) = body(x)
            failed = failed || !fits
            return value
        }
        guard failed else { return nil }
        return RowLoop.firstFailure(out, active) { !body(a.values(A.self)[a.place($0)]).1 }
    }

    /// Exact when both the digits and the power of ten fit a double: then one division rounds once. Else by way of text.
    @inline(__always)
    private static func nearestDouble(_ x: Int128, _ scale: Int) -> Double {
        if scale <= 22, x.magnitude <= 1 << 53 {
            return Double(Int64(truncatingIfNeeded: x)) / PowersOfTen.exact[scale]
        }
        return nearestDoubleOfDigits(x, scale)
    }

    private static func nearestDoubleOfDigits(_ x: Int128, _ scale: Int) -> Double {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TextFormatting.bytesMax) { text in
            let n = TextFormatting.decimal(x, scale, text.baseAddress!)
            text[n] = 0
            return text.withMemoryRebound(to: CChar.self) { strtod($0.baseAddress!, nil) }
        }
    }

    private static func decimal(_ x: Double, _ scale: Int) -> Int128? {
        guard x.isFinite else { return nil }
        if x.magnitude < 1e15, x == x.rounded(.towardZero) {
            let result = DecimalKernel.bounded(Int128(x).multipliedReportingOverflow(by: PowersOfTen.wide(scale)))
            return result.overflow ? nil : result.partialValue
        }
        let (digits, exponent) = fifteenDigits(x)
        let power = exponent - 14 + scale
        if power < -38 { return 0 }
        if power < 0 { return DecimalKernel.divided(digits, by: PowersOfTen.wide(-power)) }
        guard power <= 38 else { return nil }
        let result = DecimalKernel.bounded(digits.multipliedReportingOverflow(by: PowersOfTen.wide(power)))
        return result.overflow ? nil : result.partialValue
    }

    /// `d.dddddddddddddde±xx`: all digits as one number, and the exponent of the first.
    private static func fifteenDigits(_ x: Double) -> (digits: Int128, exponent: Int) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            let n = Int(withVaList([x]) { vsnprintf(text.baseAddress!, 64, "%.14e", $0) })
            let bytes = UnsafeRawBufferPointer(text)[..<n]
            let letter = bytes.firstIndex(of: 0x65) ?? n
            var digits: Int128 = 0
            for byte in bytes[..<letter] where byte &- 0x30 <= 9 { digits = digits * 10 + Int128(byte - 0x30) }
            let exponent = Int(String(decoding: bytes[(letter + 1)...], as: UTF8.self)) ?? 0
            return (x < 0 ? -digits : digits, exponent)
        }
    }
}

/// Times.
extension CastKernel {
    /// date -> timestamp: midnight.
    package static func dateToTimestamp(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.int64s) { (x: Int64) in x &* CalendarKernel.microsecondsPerDay }
    }

    /// timestamp -> date: the day it falls on.
    package static func timestampToDate(_ a: Operand, count n: Int, into out: Vector) {
        guard NullKernel.merge([a], count: n, into: out) else { return }
        RowLoop.map(a, n, out.int64s) { (x: Int64) in CalendarKernel.split(x).days }
    }
}
