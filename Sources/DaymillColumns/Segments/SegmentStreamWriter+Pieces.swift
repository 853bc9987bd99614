extension SegmentStreamWriter {
    /// Lets workers encode pieces side by side and appends them in order.
    ///
    /// - Parameters:
    ///   - count: of pieces.
    ///   - partBytes: a piece that grows larger waits for its turn and is then handed over part by part.
    ///   - make: encodes piece `i`.
    /// - Throws: what `make` throws; `.io`.
    func appendPieces(
        _ count: Int, _ threads: Int, partBytes: Int, _ make: @escaping @Sendable (Int, PieceParts) throws -> Void
    ) throws {
        let turns = Turns(ahead: 2 * threads)
        let shared = SharedWriter(writer: self)
        let spare = SendableStack<EncodedGroups>()
        try Workers.eachThrowing(count, threads) { i in
            try turns.work(i) {
                let parts = PieceParts(i, shared.writer, turns, spare, partBytes)
                try make(i, parts)
                return { try parts.finish() }
            }
        }
    }
}

/// The parts of one piece, as a worker makes them.
final class PieceParts {
    /// Takes the records.
    private(set) var part: EncodedGroups
    private let number: Int
    private let writer: SegmentStreamWriter
    private let turns: Turns
    private let spare: SendableStack<EncodedGroups>
    private let partBytes: Int
    private var section = 0
    private var day: Int32 = 0

    fileprivate init(
        _ number: Int, _ writer: SegmentStreamWriter, _ turns: Turns, _ spare: SendableStack<EncodedGroups>,
        _ partBytes: Int
    ) {
        self.number = number
        self.writer = writer
        self.turns = turns
        self.spare = spare
        self.partBytes = partBytes
        part = spare.pop() ?? EncodedGroups(StateLayout([]), fullBytes: partBytes)
    }

    /// Says what the records to come are. Call once.
    func begin(_ layout: StateLayout, section: Int, day: Int32 = 0) {
        precondition(part.count == 0)
        if part.layout != layout { part = EncodedGroups(layout, fullBytes: partBytes) }
        (self.section, self.day) = (section, day)
    }

    func handOverIfFull() throws {
        guard part.isFull else { return }
        try turns.inTurn(number) { try hand() }
    }

    fileprivate func finish() throws {
        try hand()
        spare.push(part)
    }

    private func hand() throws {
        guard part.count > 0 else { return }
        try writer.append(part, section: section, day: day)
        part.removeAll()
    }
}

// Unchecked because parts come one at a time, in turn.
private struct SharedWriter: @unchecked Sendable {
    let writer: SegmentStreamWriter
}
