/// A size in bytes that carries its unit when people read or write it: `512MiB`, `2GiB`, `10MB`.
public struct ByteCount: Hashable, Sendable, Comparable {
    public var bytes: Int

    public init(_ bytes: Int) {
        self.bytes = bytes
    }

    public static func kib(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    public static func mib(_ count: Int) -> ByteCount { ByteCount(count << 20) }
    public static func gib(_ count: Int) -> ByteCount { ByteCount(count << 30) }

    public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
}

extension ByteCount: CustomStringConvertible {
    /// For people, in three significant digits: `0 B`, `512 B`, `1.50 KiB`, `38.2 MiB`, `3.10 GiB`.
    public var description: String {
        var unit = 0
        var scaled = Double(bytes)
        while scaled.magnitude >= 999.5, unit < Self.binaryUnits.count - 1 {
            scaled /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(bytes) B" }
        return "\(significant(scaled)) \(Self.binaryUnits[unit])"
    }

    private static let binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
}

/// A number below 1000 in three significant digits, as people write it: `1.50`, `38.2`, `512`.
package func significant(_ number: Double) -> String {
    let decimals = number.magnitude < 9.995 ? 2 : number.magnitude < 99.95 ? 1 : 0
    let power = [1.0, 10, 100][decimals]
    let scaled = Int((number * power).rounded())
    guard decimals > 0 else { return String(scaled) }
    let sign = scaled < 0 ? "-" : ""
    let (whole, rest) = scaled.magnitude.quotientAndRemainder(dividingBy: UInt(power))
    return "\(sign)\(whole).\(zeroPadded(Int(rest), decimals))"
}

extension ByteCount {
    /// Reads a number and a unit, which must be there: `512MiB`, `1.5 GB`, `0B`. KiB, MiB, GiB and TiB are powers of
    /// 1024; kB, MB, GB and TB powers of 1000; upper and lower case are the same.
    ///
    /// - Throws: `TextProblem`.
    public static func parse(_ text: some StringProtocol) throws(TextProblem) -> ByteCount {
        guard let (number, unit) = numberAndUnit(text) else {
            throw TextProblem("'\(text)' is not a size", hint: "write a number and a unit, such as 512MiB or 2GiB")
        }
        if unit.isEmpty, number != 0 {
            throw TextProblem("the size '\(text)' has no unit", hint: "write \(text)MiB, \(text)GiB or \(text)B")
        }
        guard let factor = unitBytes[unit.lowercased()] else {
            let near = nearestWord(to: unit, in: ["KiB", "MiB", "GiB", "TiB"])
            let hint = near.map { "did you mean '\($0)'?" } ?? "units are B, KiB, MiB, GiB, TiB, kB, MB, GB, TB"
            throw TextProblem("'\(unit)' is not a unit of size", hint: hint, offset: text.count - unit.count)
        }
        let bytes = (number * factor).rounded()
        guard bytes < 0x1p62 else { throw TextProblem("the size '\(text)' is too large") }
        return ByteCount(Int(bytes))
    }

    /// Reads what a run may take of the machine's memory, which is at least `Limits.memoryBytesMin`.
    ///
    /// - Throws: `TextProblem`.
    public static func parseMemory(_ text: some StringProtocol) throws(TextProblem) -> ByteCount {
        let size = try parse(text)
        guard size.bytes >= Limits.memoryBytesMin else {
            throw TextProblem(
                "\(text) of memory is too little", hint: "a run needs at least \(Limits.memoryBytesMin >> 20)MiB")
        }
        return size
    }

    private static let unitBytes: [String: Double] = [
        "": 1, "b": 1, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
        "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
    ]
}

/// Splits `1.5 GiB` into 1.5 and `GiB`; nil when it does not start with digits.
func numberAndUnit(_ text: some StringProtocol) -> (number: Double, unit: String)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard digits.first != ".", digits.last != ".", let number = Double(String(digits)) else { return nil }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    return (number, String(unit))
}
