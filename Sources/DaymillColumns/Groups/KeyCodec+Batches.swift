import CKernels

/// Whole batches at a time, by kernels.
extension KeyCodec {
    /// Takes encoded keys apart.
    ///
    /// - Parameter columns: one vector for each form, or fewer for a prefix; nil for a column that nobody wants.
    func decode(
        _ keys: UnsafePointer<UnsafePointer<UInt8>>, count: Int, into columns: [Vector?], arena: TextArena
    ) {
        for column in columns {
            column?.count = count
            // While rows are taken apart every column keeps its NULLs row by row.
            column?.hasNulls = true
        }
        var targets = zip(forms, columns).map { form, column in
            dm_key_target_t(
                form: form.keyForm, values: column?.storage.base, lengths: column?.lengths, nulls: column?.nulls,
                has_nulls: 0)
        }
        UnsafeRawPointer(keys).withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: count) { pointers in
            var row = dm_decode_keys(pointers, 0, count, &targets, targets.count)
            while row < count {
                unescape(keys[row], row, into: columns, &targets, arena)
                row = dm_decode_keys(pointers, row + 1, count, &targets, targets.count)
            }
        }
        for (column, target) in zip(columns, targets) { column?.hasNulls = target.has_nulls != 0 }
    }

    /// A row some of whose texts hold zero bytes.
    private func unescape(
        _ key: UnsafePointer<UInt8>, _ row: Int, into columns: [Vector?], _ targets: inout [dm_key_target_t],
        _ arena: TextArena
    ) {
        var p = key
        for (i, column) in columns.enumerated() {
            if column != nil, p[0] == 2 { targets[i].has_nulls = 1 }
            if let column { KeyCodec.take(column, row, &p, arena) } else { p += KeyCodec.prefixLength(p, [forms[i]]) }
        }
    }

    /// Takes apart keys that lie in a vector of texts.
    package func decode(_ texts: Vector, count: Int, into columns: [Vector?], arena: TextArena) {
        precondition(texts.form == .text && count <= texts.count && columns.count <= forms.count)
        checkRoom(columns, count)
        decode(texts.pointers, texts.lengths, count: count, into: columns, arena: arena)
    }

    private func checkRoom(_ columns: [Vector?], _ count: Int) {
        for (form, column) in zip(forms, columns) {
            if let column { precondition(column.form == form && column.capacity >= count) }
        }
    }
}

/// Keys so short that a number of 128 bits holds them.
extension KeyCodec {
    /// Whether keys of these forms always fit into 16 bytes.
    package static func packs(_ forms: [Vector.Form]) -> Bool {
        !forms.contains(.text) && forms.reduce(0) { $0 + 1 + $1.stride } <= 16
    }

    /// Rows as numbers that order as the columns do.
    package func encode(_ columns: [Vector], count: Int, packed: Vector, scratch: KeyBatch) {
        precondition(KeyCodec.packs(forms) && packed.form == .int128 && count <= packed.capacity)
        encode(columns, count: count, into: scratch, hashing: false)
        packed.count = count
        packed.hasNulls = false
        UnsafeRawPointer(scratch.pointers).withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: count) {
            dm_pack_keys($0, scratch.lengths, count, packed.words)
        }
    }

    /// The reverse of `encode(_:count:packed:scratch:)`.
    package func decode(packed: Vector, into columns: [Vector?], scratch: KeyBatch, arena: TextArena) {
        let count = packed.count
        precondition(KeyCodec.packs(forms) && packed.form == .int128 && count <= scratch.capacity)
        checkRoom(columns, count)
        let bytes = arena.allocate(16 * count)
        UnsafeMutableRawPointer(scratch.pointers).withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: count) {
            dm_unpack_keys(packed.words, count, bytes, $0)
        }
        decode(scratch.pointers, count: count, into: columns, arena: arena)
    }
}

extension Vector {
    /// The column as a kernel reads it.
    var keyColumn: dm_key_column_t {
        dm_key_column_t(
            form: form.keyForm, values: storage.base, lengths: lengths, nulls: hasNulls ? UnsafePointer(nulls) : nil)
    }

    /// The words of 128-bit numbers, the lower one first.
    fileprivate var words: UnsafeMutablePointer<UInt64> { storage.base.assumingMemoryBound(to: UInt64.self) }
}

extension Vector.Form {
    var keyForm: Int32 {
        switch self {
        case .bool: Int32(DM_KEY_BOOL)
        case .int64: Int32(DM_KEY_INT64)
        case .int128: Int32(DM_KEY_INT128)
        case .double: Int32(DM_KEY_DOUBLE)
        case .text: Int32(DM_KEY_TEXT)
        }
    }
}
