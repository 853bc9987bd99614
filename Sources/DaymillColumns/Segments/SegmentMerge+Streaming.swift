extension SegmentMerge {
    /// Merges spans as a stream and hands the groups to consumers, one per thread, batch by batch. Each consumer gets some
    /// ranges of hashes, each range from its beginning to its end, in no order.
    ///
    /// - Parameters:
    ///   - keepsDays: a group is a key of a day; otherwise the days of a key are folded together.
    ///   - make: makes the consumer of a thread.
    ///   - use: takes a batch, which lasts until it returns.
    ///   - end: called when a thread ends, however it does.
    /// - Returns: the consumers.
    /// - Throws: what `make` and `use` throw; `.storeDamaged`, `.io`.
    package static func stream<Consumer>(
        _ spans: [SegmentSpan], _ layout: StateLayout, keepsDays: Bool = false, threads: Int,
        make: @escaping @Sendable () throws -> Consumer,
        use: @escaping @Sendable (Consumer, MergedGroups) throws -> Void, end: @escaping @Sendable () -> Void = {}
    ) throws -> [Consumer] {
        let count = MergePiece.count(spans)
        let turns = PieceNumbers()
        let done = SendableStack<Consumer>()
        try Workers.run(threads) { _ in
            defer { end() }
            do {
                let consumer = try make()
                let batch = MergedGroups(layout)
                while let i = turns.next(below: count) {
                    let cursor = try SegmentMergeCursor(
                        spans, layout, hashes: SegmentMergeCursor.piece(i, of: count), keepsDays: keepsDays)
                    while try cursor.next(into: batch) { try use(consumer, batch) }
                }
                done.push(consumer)
            } catch {
                turns.stop()
                throw error
            }
        }
        var consumers: [Consumer] = []
        while let consumer = done.pop() { consumers.append(consumer) }
        return consumers
    }
}
