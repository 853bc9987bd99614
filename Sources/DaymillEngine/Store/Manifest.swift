package import DaymillColumns
import Foundation

/// What the store remembers, in one small file that is swapped as a whole.
///
/// It only ever saves work: each fact in it can be found again from the inputs and the segments themselves.
package struct Manifest: Sendable, Codable, Equatable {
    /// A file that has been seen, and what it held.
    package struct FileRecord: Sendable, Codable, Equatable {
        package var stamp: FileStamp
        /// Content id.
        package var content: String
        /// Microseconds since 1970.
        package var seen: Int64

        package init(stamp: FileStamp, content: String, seen: Int64) {
            self.stamp = stamp
            self.content = content
            self.seen = seen
        }
    }

    /// A stored segment.
    package struct SegmentRecord: Sendable, Codable, Equatable {
        package var bytes: Int
        package var groups: Int
        package var rows: Int
        package var badRows: Int
        /// Days inside, for sources with an event time.
        package var days: [Int32]
        /// The plan whose partials it holds.
        package var plan: String
        /// For people: the file, or the day that files were merged for.
        package var about: String
        /// For people: pipeline and step that made it first.
        package var madeFor: String
        /// Microseconds since 1970.
        package var made: Int64
        /// Ids of the segments it was merged from; empty for the segment of a file.
        package var parts: [String]
        /// Content id of the file it was made from; empty for merged ones.
        package var content: String

        package init(
            bytes: Int, groups: Int, rows: Int, badRows: Int, days: [Int32], plan: String, about: String,
            madeFor: String,
            made: Int64, parts: [String], content: String
        ) {
            self.bytes = bytes
            self.groups = groups
            self.rows = rows
            self.badRows = badRows
            self.days = days
            self.plan = plan
            self.about = about
            self.madeFor = madeFor
            self.made = made
            self.parts = parts
            self.content = content
        }
    }

    package var version = 1
    package var files: [String: FileRecord] = [:]
    package var segments: [String: SegmentRecord] = [:]

    package init() {}

    /// The content of a file that has not changed since it was recorded; nil when that cannot be told from its stamp.
    package func content(_ path: String, _ stamp: FileStamp) -> String? {
        guard let known = files[path], known.stamp == stamp, stamp.isSettled(at: known.seen * 1000) else { return nil }
        return known.content
    }

    /// Whether some file of this size is known, so that a new file may be an old one under another name.
    package func knows(size: Int) -> Bool { files.values.contains { $0.stamp.size == size } }
}
