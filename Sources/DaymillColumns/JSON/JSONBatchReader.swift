import CKernels
package import DaymillCore

/// Turns lines of JSON into typed columns, a batch at a time. One per worker.
///
/// The kernel takes lines apart: it checks the structure of every line and points to the wanted values in place. Here
/// they become values, by the same rules as fields of CSV; escapes are decoded only in strings that hold some.
package final class JSONBatchReader: BatchReader {
    private let rules: CSVRules
    private let capacity: Int
    private let conversion: ColumnConversion
    private let plan: JSONPlan
    private let memory: RawMemory
    private let kinds: [Buffer<UInt8>]
    /// Where strings stand in the chunk that were decoded.
    private let origins: [Buffer<UInt32>]
    private let rowStarts: Buffer<UInt32>
    private let badLines: Buffer<UInt32>
    private var positions: Buffer<UInt32>
    private let arena = TextArena()
    private let nullWords: [[UInt8]]
    private var chunk = CSVChunk(dialect: .lines, bytes: 0)
    /// The next line, as an entry of the chunk's index, and where it begins.
    private var line = 0
    private var lineStart: UInt32 = 0

    package private(set) var columns: [Vector] = []
    package private(set) var count = 0
    package private(set) var bad: [BadRecord] = []

    /// - Parameter paths: for each column of the rules where its values stand.
    package init(_ rules: CSVRules, paths: [JSONPath], batchCapacity: Int = 2048) {
        precondition(paths.count == rules.columns.count && Limits.jsonDepthMax == Int(DM_JSON_DEPTH_MAX))
        self.rules = rules
        capacity = batchCapacity
        conversion = ColumnConversion(rules, batchCapacity: batchCapacity)
        plan = JSONPlan(paths)
        memory = RawMemory(capacity: dm_json_bytes())
        dm_json_begin(OpaquePointer(memory.base), plan.nodes.pointer, plan.count)
        kinds = rules.columns.map { _ in Buffer(capacity: batchCapacity) }
        origins = rules.columns.map { _ in Buffer(capacity: batchCapacity) }
        rowStarts = Buffer(capacity: batchCapacity)
        badLines = Buffer(capacity: batchCapacity)
        positions = Buffer(capacity: 0)
        nullWords = rules.nullWords.map { Array($0.utf8) }
    }

    package func begin(_ prologue: FilePrologue) {}

    package func begin(_ chunk: CSVChunk) {
        self.chunk = chunk
        line = 0
        lineStart = chunk.firstRecord
        let needed = max(chunk.buffer.capacity, JSONBatchReader.group) + 512
        if positions.capacity < needed { positions = Buffer(capacity: needed) }
    }

    /// The kernel indexes this many bytes together, or one longer line.
    private static let group = 16 << 10

    package func next() -> Bool {
        arena.reset()
        bad.removeAll(keepingCapacity: true)
        conversion.begin()
        count = 0
        takeLines()
        guard count > 0 || !bad.isEmpty else { return false }
        for i in kinds.indices { convert(i) }
        if !conversion.faults.isEmpty { noteBadRows() }
        (columns, count) = conversion.result(count: count)
        return true
    }

    package func offset(ofRow row: Int) -> Int { chunk.origin + Int(rowStarts[row]) }

    // MARK: Taking apart

    private func takeLines() {
        let targets = kinds.indices.map { i in
            dm_json_column_t(
                pointers: UnsafeMutableRawPointer(conversion.texts[i].pointers)
                    .assumingMemoryBound(to: UnsafePointer<UInt8>?.self),
                lengths: conversion.texts[i].lengths, kinds: kinds[i].pointer, next: plan.nextColumn[i])
        }
        var badCount = 0
        let first = line
        line += dm_json_rows(
            chunk.level.level, OpaquePointer(memory.base), chunk.buffer.base, chunk.index.pointer + first,
            chunk.indexCount - first, &lineStart, capacity, positions.pointer, targets, targets.count,
            rowStarts.pointer, &count, badLines.pointer, &badCount)
        for i in 0..<badCount { addBad(first + Int(badLines.pointer[i])) }
    }

    private func addBad(_ entry: Int) {
        let start = entry == 0 ? Int(chunk.firstRecord) : chunk.position(entry - 1) + 1
        let end = chunk.position(entry)
        let problem = chunk.buffer.withBytes(start..<end) { JSONProblem(in: UnsafeBufferPointer($0)) }
        bad.append(chunk.badRecord(problem.words, start, end, at: start + problem.offset))
    }

    // MARK: Converting

    private func convert(_ column: Int) {
        let text = conversion.texts[column], kinds = kinds[column].pointer
        text.count = count
        text.hasNulls = false
        var highest: UInt8 = 0
        for row in 0..<count { highest = max(highest, kinds[row]) }
        if highest > UInt8(DM_JSON_LITERAL) || !nullWords.isEmpty {
            for row in 0..<count { resolve(row, column, text, Int(kinds[row])) }
        } else if highest != UInt8(DM_JSON_STRING) {
            for row in 0..<count where kinds[row] == UInt8(DM_JSON_ESCAPED) { unescape(row, column, text) }
        }
        conversion.convert(column, high: chunk.high)
    }

    private func resolve(_ row: Int, _ column: Int, _ text: Vector, _ kind: Int) {
        switch kind {
        case Int(DM_JSON_STRING): setNullWord(row, text)
        case Int(DM_JSON_ESCAPED):
            unescape(row, column, text)
            setNullWord(row, text)
        case Int(DM_JSON_CONTAINER):
            if rules.columns[column].kind != .text { conversion.fault(row, column, "an object or array") }
        case Int(DM_JSON_ABSENT):
            setNull(row, text)
            if !rules.fillsMissingFields { conversion.fault(row, column, "no key in this line") }
        case Int(DM_JSON_NULL): setNull(row, text)
        default: break
        }
    }

    private func setNull(_ row: Int, _ text: Vector) {
        text.setText(row, UnsafePointer(Vector.nothing), 0)
        text.setNull(row, true)
    }

    private func setNullWord(_ row: Int, _ text: Vector) {
        let bytes = text.bytes(row)
        if nullWords.contains(where: { $0.count == bytes.count && $0.elementsEqual(bytes) }) { setNull(row, text) }
    }

    private func unescape(_ row: Int, _ column: Int, _ text: Vector) {
        let bytes = text.bytes(row)
        origins[column].pointer[row] = UInt32(bytes.baseAddress! - UnsafePointer(chunk.buffer.base))
        let copy = arena.allocate(bytes.count)
        let length = dm_json_unescape(bytes.baseAddress!, bytes.count, copy)
        guard length >= 0 else {
            return conversion.fault(
                row, column, length == -2 ? "half of a surrogate pair" : "an escape that JSON does not have")
        }
        text.setText(row, UnsafePointer(copy), length)
    }

    // MARK: Bad rows

    private func noteBadRows() {
        for (row, fault) in conversion.faults {
            let start = Int(rowStarts.pointer[row])
            let end = chunk.recordEnd(start)
            let at = place(row, fault.column, start, end)
            bad.append(chunk.badRecord(conversion.words(row, fault), start, end, at: at))
        }
        bad.sort { $0.offset < $1.offset }
    }

    /// Where a value stands in the chunk; where the row begins when it has none.
    private func place(_ row: Int, _ column: Int, _ start: Int, _ end: Int) -> Int {
        if kinds[column].pointer[row] == UInt8(DM_JSON_ESCAPED) { return Int(origins[column].pointer[row]) }
        let distance = conversion.texts[column].pointers[row] - UnsafePointer(chunk.buffer.base)
        return distance >= start && distance <= end ? distance : start
    }
}

extension CSVDialect {
    /// Nothing but lines: the index of a chunk holds their ends.
    package static let lines = CSVDialect(delimiter: 0x0a, quote: nil)
}
