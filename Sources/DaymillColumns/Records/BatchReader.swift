/// Turns the records of chunks into typed columns, a batch at a time: what each format of input has one of. One per
/// worker.
package protocol BatchReader: AnyObject {
    /// The batch: one vector per column of the rules, `count` rows.
    var columns: [Vector] { get }
    var count: Int { get }
    /// Records that did not fit, in the order of the file; not part of the batch.
    var bad: [BadRecord] { get }

    /// Starts on a file, whose start has been looked at.
    func begin(_ prologue: FilePrologue)
    /// Starts on a chunk of it.
    func begin(_ chunk: CSVChunk)
    /// Makes the next batch; false when the chunk is finished.
    func next() -> Bool
    /// Where a record of the batch begins in the file; for messages.
    func offset(ofRow row: Int) -> Int
}

/// What the start of a file says about the rest of it.
package enum FilePrologue: Sendable {
    /// For the columns of the rules, in their order, the fields they stand in.
    case csv(fields: Int, fieldOfColumn: [Int?])
    /// Each line speaks for itself.
    case lines
}

/// A record that does not fit.
package struct BadRecord: Sendable {
    /// Where the record begins in the (decompressed) file.
    package var offset: Int
    /// Where the offending text begins.
    package var fieldOffset: Int
    /// What is wrong, as a sentence without a full stop.
    package var reason: String
    /// The record's bytes, cut at 64 KiB.
    package var bytes: [UInt8]
}

extension CSVChunk {
    /// The record between two positions, as one that does not fit because of what stands `at` a third.
    func badRecord(_ reason: String, _ start: Int, _ end: Int, at: Int) -> BadRecord {
        BadRecord(
            offset: origin + start, fieldOffset: origin + at, reason: reason,
            bytes: buffer.bytes(start..<min(end, start + 64 << 10)))
    }

    /// Where the record that begins at `start` ends.
    func recordEnd(_ start: Int) -> Int { lineEnd(atOrAfter: start).map(position) ?? start }

    /// What an entry of the index points to.
    func position(_ entry: Int) -> Int { Int(index.pointer[entry] & 0x7FFF_FFFF) }
}
