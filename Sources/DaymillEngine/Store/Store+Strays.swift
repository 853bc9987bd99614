import DaymillColumns

/// Segment files that the catalog does not know: of a process that died between naming and recording one, or of a
/// catalog that was lost.
extension Store {
    /// A file in the folder of segments.
    package struct Stray: Sendable {
        package var path: String
        package var bytes: Int
    }

    /// A younger file may be one that another process is about to record.
    private static let strayAge: Int64 = 3_600_000_000_000

    /// The unknown segment files that have been there for an hour.
    package func strays() throws -> [Stray] {
        refresh()
        return try strays(unknownTo: try knownSegments())
    }

    /// Deletes them; while it looks nobody can record one.
    ///
    /// - Returns: what was deleted.
    package func dropStrays() throws -> [Stray] {
        try locked {
            refresh()
            let found = try strays(unknownTo: try knownSegments())
            for stray in found { try FileDoor.remove(stray.path) }
            return found
        }
    }

    private func knownSegments() throws -> Set<ContentID> {
        var known: Set<ContentID> = []
        for state in try catalog.states() { known.formUnion(try catalog.segments(of: state).keys) }
        return known
    }

    private func strays(unknownTo known: Set<ContentID>) throws -> [Stray] {
        var found: [Stray] = []
        for shelf in try FileDoor.names(in: "\(folder)/segments").sorted() where shelf.count == 2 {
            for name in try FileDoor.names(in: "\(folder)/segments/\(shelf)").sorted() where name.hasSuffix(".seg") {
                let path = "\(folder)/segments/\(shelf)/\(name)"
                guard FileDoor.temporaryOwner(name) == nil,
                    ContentID(name.dropLast(4)).map({ !known.contains($0) }) ?? true,
                    let stamp = try FileDoor.stamp(of: path),
                    now * 1000 - max(stamp.modified, stamp.changed) > Store.strayAge
                else { continue }
                found.append(Stray(path: path, bytes: stamp.size))
            }
        }
        return found
    }
}
