/// One column of a batch: up to `capacity` values of one form, each of which may be NULL.
///
///     form     values                          used for
///     bool     UInt8, 0 or 1                   boolean
///     int64    Int64                           integer, date (days), timestamp and interval (microseconds)
///     int128   Int128                          decimal (unscaled)
///     double   Double                          double (NaN canonical, never -0)
///     text     pointer and Int32 length        text: bytes owned elsewhere, 64 bytes past the end are readable
///
/// Values of NULL rows are unspecified but harmless (text: length 0 and a readable pointer).
package final class Vector {
    package enum Form: UInt8, Sendable {
        case bool, int64, int128, double, text

        var stride: Int {
            switch self {
            case .bool: 1
            case .int64, .double, .text: 8
            case .int128: 16
            }
        }
    }

    package let form: Form
    package let capacity: Int
    /// Rows in use, 0...capacity.
    package var count = 0 {
        didSet { precondition(count >= 0 && count <= capacity) }
    }
    /// False promises that no row is NULL, and that `nulls` may hold anything.
    package var hasNulls = false

    let storage: RawMemory
    /// 1 where the row is NULL; meaningful only when `hasNulls`.
    let nulls: UnsafeMutablePointer<UInt8>
    /// Text only.
    let lengths: UnsafeMutablePointer<Int32>
    private let sides: RawMemory

    package init(_ form: Form, capacity: Int) {
        self.form = form
        self.capacity = capacity
        storage = RawMemory(capacity: capacity * form.stride)
        sides = RawMemory(capacity: capacity * 5)
        lengths = sides.base.bindMemory(to: Int32.self, capacity: capacity)
        nulls = (sides.base + capacity * 4).bindMemory(to: UInt8.self, capacity: capacity)
        if form == .text { pointers.initialize(repeating: UnsafePointer(Vector.nothing), count: capacity) }
    }

    /// A readable place for texts without bytes.
    // Unchecked because nobody writes there.
    nonisolated(unsafe) static let nothing = RawMemory.map(4096).assumingMemoryBound(to: UInt8.self)

    var bools: UnsafeMutablePointer<UInt8> { storage.base.assumingMemoryBound(to: UInt8.self) }
    var int64s: UnsafeMutablePointer<Int64> { storage.base.assumingMemoryBound(to: Int64.self) }
    var int128s: UnsafeMutablePointer<Int128> { storage.base.assumingMemoryBound(to: Int128.self) }
    var doubles: UnsafeMutablePointer<Double> { storage.base.assumingMemoryBound(to: Double.self) }
    var pointers: UnsafeMutablePointer<UnsafePointer<UInt8>> {
        storage.base.assumingMemoryBound(to: UnsafePointer<UInt8>.self)
    }

    func bytes(_ row: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: pointers[row], count: Int(lengths[row]))
    }

    func setText(_ row: Int, _ pointer: UnsafePointer<UInt8>, _ length: Int) {
        pointers[row] = pointer
        lengths[row] = Int32(truncatingIfNeeded: length)
    }
}

/// Bounds-checked access to single rows: for control paths, publishing of few rows and tests.
extension Vector {
    package func isNull(_ row: Int) -> Bool {
        precondition(row >= 0 && row < count)
        return hasNulls && nulls[row] != 0
    }

    package func bool(_ row: Int) -> Bool {
        precondition(form == .bool && row >= 0 && row < count)
        return bools[row] != 0
    }

    package func int64(_ row: Int) -> Int64 {
        precondition(form == .int64 && row >= 0 && row < count)
        return int64s[row]
    }

    package func int128(_ row: Int) -> Int128 {
        precondition(form == .int128 && row >= 0 && row < count)
        return int128s[row]
    }

    package func double(_ row: Int) -> Double {
        precondition(form == .double && row >= 0 && row < count)
        return doubles[row]
    }

    package func bytes(of row: Int) -> [UInt8] {
        precondition(form == .text && row >= 0 && row < count)
        return Array(bytes(row))
    }

    package func text(_ row: Int) -> String {
        precondition(form == .text && row >= 0 && row < count)
        return String(decoding: bytes(row), as: UTF8.self)
    }

    /// Marks `row` NULL or not; keeps `hasNulls` true to its promise.
    package func setNull(_ row: Int, _ isNull: Bool) {
        precondition(row >= 0 && row < count)
        if isNull && !hasNulls {
            hasNulls = true
            nulls.update(repeating: 0, count: capacity)
        }
        if hasNulls { nulls[row] = isNull ? 1 : 0 }
    }

    package func set(_ row: Int, bool value: Bool) {
        precondition(form == .bool && row >= 0 && row < count)
        bools[row] = value ? 1 : 0
    }

    package func set(_ row: Int, int64 value: Int64) {
        precondition(form == .int64 && row >= 0 && row < count)
        int64s[row] = value
    }

    package func set(_ row: Int, int128 value: Int128) {
        precondition(form == .int128 && row >= 0 && row < count)
        int128s[row] = value
    }

    package func set(_ row: Int, double value: Double) {
        precondition(form == .double && row >= 0 && row < count)
        doubles[row] = value
    }

    package func set(_ row: Int, text value: some Sequence<UInt8>, in arena: TextArena) {
        precondition(form == .text && row >= 0 && row < count)
        let bytes = Array(value)
        let p = bytes.withUnsafeBufferPointer { arena.copy($0) }
        setText(row, p, bytes.count)
    }

    /// Copies the rows listed in `rows` from `other`, which has the same form, to 0..<rows.count. Text is not copied, only
    /// pointed to.
    package func gather(_ other: Vector, _ rows: RowList) {
        precondition(other.form == form && rows.count <= capacity && rows.last < other.capacity)
        count = rows.count
        hasNulls = other.hasNulls
        let n = rows.count
        let index = rows.indices
        switch form {
        case .bool: for i in 0..<n { bools[i] = other.bools[Int(index[i])] }
        case .int64: for i in 0..<n { int64s[i] = other.int64s[Int(index[i])] }
        case .double: for i in 0..<n { doubles[i] = other.doubles[Int(index[i])] }
        case .int128: for i in 0..<n { int128s[i] = other.int128s[Int(index[i])] }
        case .text:
            for i in 0..<n {
                pointers[i] = other.pointers[Int(index[i])]
                lengths[i] = other.lengths[Int(index[i])]
            }
        }
        if hasNulls { for i in 0..<n { nulls[i] = other.nulls[Int(index[i])] } }
    }
}

/// Ascending row numbers within a batch.
package final class RowList {
    let indices: UnsafeMutablePointer<UInt32>
    package private(set) var count = 0
    private let memory: RawMemory

    package init(capacity: Int) {
        memory = RawMemory(capacity: capacity * 4)
        indices = memory.base.bindMemory(to: UInt32.self, capacity: capacity)
    }

    var last: Int { count == 0 ? -1 : Int(indices[count - 1]) }

    /// The rows where a boolean vector is true (not false, not NULL).
    package func set(whereTrue flags: Vector) {
        precondition(flags.form == .bool)
        var n = 0
        for i in 0..<flags.count {
            indices[n] = UInt32(truncatingIfNeeded: i)
            n &+= Int(flags.bools[i] & (flags.hasNulls ? flags.nulls[i] ^ 1 : 1))
        }
        count = n
    }

    /// The rows for which `isWanted` says so.
    package func set(where isWanted: (Int) -> Bool, count rows: Int) {
        var n = 0
        for i in 0..<rows where isWanted(i) {
            indices[n] = UInt32(truncatingIfNeeded: i)
            n &+= 1
        }
        count = n
    }

    /// The rows where `mask` is true (nil: everywhere) and `value` is not NULL.
    package func set(whereTrue mask: Vector?, notNull value: Vector, count rows: Int) {
        var n = 0
        for i in 0..<rows {
            if let mask, mask.bools[i] == 0 || mask.hasNulls && mask.nulls[i] != 0 { continue }
            if value.hasNulls && value.nulls[i] != 0 { continue }
            indices[n] = UInt32(truncatingIfNeeded: i)
            n &+= 1
        }
        count = n
    }

    package func removeAll() { count = 0 }

    package func append(_ row: Int) {
        indices[count] = UInt32(row)
        count += 1
    }
}
