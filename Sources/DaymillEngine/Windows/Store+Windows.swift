package import DaymillColumns
import DaymillCore

extension Store {
    /// Lets `body` write a segment under a temporary name; it is there once it has been committed.
    ///
    /// - Throws: what `body` throws; `.io`.
    package func writeSegment(
        _ id: ContentID, _ body: (String) throws -> (footer: SegmentFooter, bytes: Int, file: FileDoor)
    ) throws -> PendingSegment {
        let final = path(ofSegment: id)
        try FileDoor.makeDirectory(FileDoor.parent(of: final), isDurable: false)
        let temporary = TemporaryFile(for: final)
        let written = try body(temporary.path)
        return PendingSegment(
            footer: written.footer, bytes: written.bytes, file: written.file, temporary: temporary)
    }

    /// A temporary file for what a sweep makes; it goes with the last reference.
    ///
    /// - Throws: `.io`.
    package func sweepFile() throws -> TemporaryFile {
        try FileDoor.makeDirectory("\(folder)/tmp")
        return TemporaryFile(for: "\(folder)/tmp/sweep.seg")
    }
}

extension PendingSegment {
    /// Waits until its bytes are on the disk; it still has no name.
    package func sync() throws { try file.sync() }
}
