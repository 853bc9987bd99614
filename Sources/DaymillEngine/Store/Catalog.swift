package import DaymillColumns
import Synchronization

/// What the store remembers: files seen, segments kept, outputs published.
///
///     catalog/files.log                 one line per input file
///     catalog/segments-STATE.log        the segments of one kind of partials
///     catalog/outputs-PIPELINE.STEP.log what a step has published
///
/// It only ever saves work: each fact in it can be found again from inputs, segments and outputs themselves.
package final class Catalog: Sendable {
    private let folder: String
    private let files: CatalogFile<FileRecord>
    private let parts = Mutex<Parts>(Parts())

    private struct Parts {
        var segments: [ContentID: CatalogFile<SegmentRecord>] = [:]
        var outputs: [String: CatalogFile<OutputRecord>] = [:]
    }

    init(folder: String) {
        self.folder = folder
        files = CatalogFile("\(folder)/files.log")
    }

    // MARK: Reading

    /// Every file that was ever seen and has not been forgotten.
    package func fileRecords() throws -> [PathBytes: FileRecord] { try files.records() }

    /// The segments of a kind of partials, by id.
    package func segments(of state: ContentID) throws -> [ContentID: SegmentRecord] {
        try segmentFile(state).records()
    }

    /// The outputs of a step.
    package func outputs(of pipeline: String, _ step: String) throws -> [OutputRecord.Key: OutputRecord] {
        try outputFile(pipeline, step).records()
    }

    /// The kinds of partials that any segment was ever noted for.
    package func states() throws -> [ContentID] {
        try logs("segments-").compactMap { ContentID($0) }.sorted(by: ContentID.precedes)
    }

    /// The pipelines and steps that ever published an output.
    package func publishers() throws -> [(pipeline: String, step: String)] {
        try logs("outputs-").sorted().compactMap { log in
            let names = log.split(separator: ".").map(String.init)
            return names.count == 2 ? (names[0], names[1]) : nil
        }
    }

    /// What the names of some files say between their beginning and their end, in no order.
    private func logs(_ prefix: String) throws -> [Substring] {
        try FileDoor.names(in: folder).compactMap { name in
            name.hasPrefix(prefix) && name.hasSuffix(".log") ? name.dropFirst(prefix.count).dropLast(4) : nil
        }
    }

    // MARK: Noting; the store's lock is held

    func note(_ records: [FileRecord], gone: [PathBytes] = []) throws { try files.append(records, gone: gone) }

    func note(_ records: [SegmentRecord], gone: [ContentID] = [], state: ContentID) throws {
        try segmentFile(state).append(records, gone: gone)
    }

    func note(_ records: [OutputRecord], gone: [OutputRecord.Key] = [], _ pipeline: String, _ step: String) throws {
        try outputFile(pipeline, step).append(records, gone: gone)
    }

    func compact() throws {
        try files.compact()
        for state in try states() { try segmentFile(state).compact() }
        for file in parts.withLock({ Array($0.outputs.values) }) { try file.compact() }
    }

    private func segmentFile(_ state: ContentID) -> CatalogFile<SegmentRecord> {
        parts.withLock { parts in
            if let file = parts.segments[state] { return file }
            let file = CatalogFile<SegmentRecord>("\(folder)/segments-\(state.text).log")
            parts.segments[state] = file
            return file
        }
    }

    private func outputFile(_ pipeline: String, _ step: String) -> CatalogFile<OutputRecord> {
        parts.withLock { parts in
            let name = "\(pipeline).\(step)"
            if let file = parts.outputs[name] { return file }
            let file = CatalogFile<OutputRecord>("\(folder)/outputs-\(name).log")
            parts.outputs[name] = file
            return file
        }
    }
}
