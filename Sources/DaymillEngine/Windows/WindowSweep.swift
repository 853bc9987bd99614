package import DaymillColumns
import DaymillCore

/// The groups of many windows out of one merge of their days.
package struct WindowSweep: Sendable {
    /// What was swept; the files are gone when this is.
    package struct Swept: Sendable {
        fileprivate let spools: [SegmentSpool]
        fileprivate let files: [TemporaryFile]

        /// Bytes of a window's groups.
        package func bytes(_ window: Int) -> Int { spools.reduce(0) { $0 + $1.bytes(window) } }

        /// What the groups of a window are merged from: parts of the hashes, each group in one of them.
        ///
        /// - Throws: `.io`.
        package func inputs(_ window: Int) throws -> [SegmentMerge.Input] {
            try spools.compactMap { try $0.reader(window).map { SegmentMerge.Input($0, days: nil) } }
        }
    }

    package let layouts: [StateLayout]
    private let openBytes: Int
    private let newFile: @Sendable () throws -> TemporaryFile

    /// - Parameters:
    ///   - layouts: of the sections of days.
    ///   - openBytes: of the blocks that are not full yet, one per window and thread.
    ///   - newFile: where a thread puts what it makes.
    package init(
        _ layouts: [StateLayout], openBytes: Int = 96 << 20, newFile: @escaping @Sendable () throws -> TemporaryFile
    ) {
        self.layouts = layouts
        self.openBytes = openBytes
        self.newFile = newFile
    }

    /// Sweeps the days of `inputs` over windows whose first and last days ascend.
    ///
    /// - Parameters:
    ///   - inputs: days, each with its day as its term.
    ///   - seen: pairs of days up to one that no window ends before: these pairs are not read again.
    ///   - part: only one of so many equal parts of the groups.
    /// - Throws: `.storeDamaged`, `.io`.
    package func run(
        _ inputs: [SegmentMerge.Input], windows: [ClosedRange<Int32>], seen: Seen? = nil, oneOf part: Int = 1,
        threads: Int
    ) throws -> Swept {
        let files = try (0..<max(1, threads)).map { _ in try newFile() }
        let blockBytes = openBytes / max(1, windows.count * files.count)
        let spools = try files.map {
            try SegmentSpool($0.path, segments: windows.count, layouts, blockBytes: blockBytes)
        }
        try SegmentSweep.run(
            inputs, layouts, sections: Array(layouts.indices), windows: windows, seen: seen.map { ($0.reader, $0.day) },
            oneOf: part, listBytes: 2 * openBytes / files.count, into: spools)
        return Swept(spools: spools, files: files)
    }

    /// When each pair was seen last, as of some day.
    package struct Seen: Sendable {
        /// That day; days up to it have been seen.
        package let day: Int32
        fileprivate let reader: SegmentReader
        fileprivate let file: TemporaryFile
    }

    /// What a later sweep has to know of the pairs of some days, so that it does not read these days again.
    ///
    /// - Parameters:
    ///   - earlier: what had been seen before.
    ///   - inputs: days, of which those after it up to `day` count.
    /// - Returns: nil when there are no pairs that are kept in this way.
    /// - Throws: `.storeDamaged`, `.io`.
    package func lastSeen(
        _ earlier: Seen?, _ inputs: [SegmentMerge.Input], upTo day: Int32, threads: Int
    ) throws -> Seen? {
        guard !LastSeen.sections(layouts).isEmpty else { return nil }
        let file = try newFile()
        let first = earlier?.day ?? .min
        let days = inputs.filter { input in input.term.day.map { $0 > first && $0 <= day } ?? false }
        _ = try LastSeen.write(earlier?.reader, days, layouts, to: file.path, threads: threads)
        return Seen(day: day, reader: try SegmentReader(file.path), file: file)
    }

    /// How many bytes each window will take, from a part of the groups: hashes spread them evenly.
    package func estimate(
        _ inputs: [SegmentMerge.Input], windows: [ClosedRange<Int32>], threads: Int, oneOf part: Int = 64
    ) throws -> [Int] {
        let sample = try run(inputs, windows: windows, oneOf: part, threads: 1)
        return windows.indices.map { sample.bytes($0) * part }
    }

    /// Cuts windows into batches of consecutive ones whose bytes together stay below a limit, one window at least.
    package static func batches(_ bytes: [Int], limit: Int) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var first = 0, sum = 0
        for i in bytes.indices {
            if i > first, sum + bytes[i] > limit {
                batches.append(first..<i)
                (first, sum) = (i, 0)
            }
            sum += bytes[i]
        }
        if first < bytes.count { batches.append(first..<bytes.count) }
        return batches
    }
}
