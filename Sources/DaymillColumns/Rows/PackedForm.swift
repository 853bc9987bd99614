import CKernels

/// How the columns of rows lie in a fixed number of bytes: those that have to be equal first, then the rest.
///
///     offset   4 bytes   whole numbers that are near to each other: how many units above a base
///     word     8 bytes   other numbers up to 64 bits, and doubles
///     uuid    16 bytes   texts such as 0f9a1c55-6b1d-4a3e-9c07-5d2e8f10ab34, in lower case
///     text     8n bytes  texts that are shorter than that: zeros behind them, the length last
///
/// A value that fits has one form, and another value another one, so that equal bytes are equal values; and bytes order as
/// values do. In columns of the rest all ones are NULL, which comes last; among those that have to be equal NULL does not
/// fit. The form is chosen by some rows and does not matter to any result: what does not fit is kept elsewhere.
package struct PackedForm: Sendable {
    let fields: [dm_packed_field_t]
    /// How many columns have to be equal, and the bytes of those.
    let keys: Int
    let keyBytes: Int
    let rowBytes: Int

    /// Rows longer than this are not packed.
    static let rowBytesMax = 96
    /// The same for texts that are no identifiers.
    private static let textBytesMax = 40

    /// The form for rows like some.
    ///
    /// - Parameter keys: how many columns, from the first on, have to be equal.
    /// - Returns: nil where rows are too long.
    package init?(like columns: [Vector], keys: Int, count: Int) {
        precondition(keys > 0 && keys <= columns.count)
        var fields: [dm_packed_field_t] = []
        var offset: UInt32 = 0
        for (i, column) in columns.enumerated() {
            guard var field = PackedForm.field(like: column, count, isKey: i < keys) else { return nil }
            field.offset = offset
            offset += field.width
            fields.append(field)
        }
        guard offset <= PackedForm.rowBytesMax else { return nil }
        self.fields = fields
        self.keys = keys
        keyBytes = fields[..<keys].reduce(0) { $0 + Int($1.width) }
        rowBytes = Int(offset)
    }

    private static func field(like column: Vector, _ count: Int, isKey: Bool) -> dm_packed_field_t? {
        switch column.form {
        case .double: field(DM_PACKED_WORD, column, width: 8)
        case .text: text(like: column, count)
        default: whole(like: column, count, isKey: isKey)
        }
    }

    private static func field(
        _ kind: some BinaryInteger, _ column: Vector, width: Int, base: Int64 = 0, unit: Int64 = 1
    ) -> dm_packed_field_t {
        dm_packed_field_t(
            kind: Int32(kind), form: column.form.keyForm, offset: 0, width: UInt32(width), base: base, unit: unit)
    }

    private static func text(like column: Vector, _ count: Int) -> dm_packed_field_t? {
        let present = (0..<count).filter { !column.hasNulls || column.nulls[$0] == 0 }
        let uuid = field(DM_PACKED_UUID, column, width: 16)
        if count > 0, fitting(column, uuid, count) * 2 > present.count { return uuid }
        let longest = present.map { Int(column.lengths[$0]) }.max() ?? 0
        let width = (longest + 1).rounded(upTo: 8)
        return width <= textBytesMax ? field(DM_PACKED_TEXT, column, width: width) : nil
    }

    /// How many of some values a form holds.
    private static func fitting(_ column: Vector, _ field: dm_packed_field_t, _ count: Int) -> Int {
        let rows = Buffer<UInt8>(capacity: count * Int(field.width) + 8)
        let misfits = Buffer<UInt8>(capacity: count)
        var field = field, values = column.keyColumn
        dm_pack_column(
            KernelLevel().level, &field, &values, count, rows.pointer, Int(field.width), 0, misfits.pointer, 1)
        return (0..<count).count { misfits.pointer[$0] == 0 }
    }

    /// Whole numbers: as offsets where those that are there leave much room on both sides.
    private static func whole(like column: Vector, _ count: Int, isKey: Bool) -> dm_packed_field_t {
        let word = field(DM_PACKED_WORD, column, width: 8)
        let present = numbers(column, count)
        guard let least = present.min(), let greatest = present.max() else { return word }
        let unit = isKey ? commonUnit(present, least) : 1
        let (distance, isFar) = greatest.subtractingReportingOverflow(least)
        let units = distance / unit
        guard !isFar, units < 1 << 30 else { return word }
        let (base, isBelow) = least.subtractingReportingOverflow((1 << 31 - units / 2) * unit)
        return isBelow ? word : field(DM_PACKED_OFFSET, column, width: 4, base: base, unit: unit)
    }

    /// Whether numbers are times of whole seconds or milliseconds. A time that is not does not fit.
    private static func commonUnit(_ numbers: [Int64], _ least: Int64) -> Int64 {
        guard least > 10_000_000_000 else { return 1 }
        return [1_000_000, 1000].first { unit in numbers.allSatisfy { $0 % unit == 0 } } ?? 1
    }

    private static func numbers(_ column: Vector, _ count: Int) -> [Int64] {
        (0..<count).filter { !column.hasNulls || column.nulls[$0] == 0 }.compactMap {
            switch column.form {
            case .bool: Int64(column.bools[$0])
            case .int64: column.int64s[$0]
            default: Int64(exactly: column.int128s[$0])
            }
        }
    }
}

/// Whole batches.
extension PackedForm {
    /// Packs rows. `misfits[row]` says what does not fit: bit 0 something that has to be equal, bit 1 something else.
    func pack(
        _ columns: [Vector], count: Int, into rows: Buffer<UInt8>, misfits: Buffer<UInt8>,
        level: KernelLevel = KernelLevel()
    ) {
        precondition(columns.count == fields.count && misfits.capacity >= count)
        precondition(rows.capacity >= count * rowBytes + 8)
        misfits.pointer.update(repeating: 0, count: count)
        for (i, column) in columns.enumerated() {
            precondition(column.form.keyForm == fields[i].form && column.count >= count)
            var field = fields[i], values = column.keyColumn
            let isKey = i < keys
            dm_pack_column(
                level.level, &field, &values, count, rows.pointer, rowBytes, isKey ? 0 : 1, misfits.pointer,
                isKey ? 1 : 2)
        }
    }

    /// Takes rows apart.
    ///
    /// - Parameters:
    ///   - columns: one vector for each column; nil for a column that nobody wants. Short texts lie where the rows do.
    ///   - arena: where identifiers go.
    func unpack(_ rows: UnsafePointer<UInt8>, count: Int, into columns: [Vector?], arena: TextArena) {
        precondition(columns.count == fields.count)
        for (i, column) in columns.enumerated() {
            guard let column else { continue }
            precondition(column.form.keyForm == fields[i].form && count <= column.capacity)
            column.count = count
            var field = fields[i]
            var target = dm_key_target_t(
                form: field.form, values: column.storage.base, lengths: column.lengths, nulls: column.nulls,
                has_nulls: 0)
            let texts = field.kind == DM_PACKED_UUID ? arena.allocate(40 * count) : nil
            dm_unpack_column(&field, rows, count, rowBytes, i < keys ? 0 : 1, &target, texts)
            column.hasNulls = target.has_nulls != 0
        }
    }
}
