import DaymillColumns
import DaymillConnect
package import DaymillCore
package import DaymillPipeline
package import DaymillState

/// A file that has come and has not started its run yet.
package struct SettlingFile: Sendable, Hashable {
    package var path: String
    /// How long it has not changed.
    package var still: Duration
    /// How long that has to be.
    package var settle: Duration

    /// The files of a date that triggers of a pipeline take in and that no server has noted as they are, by path.
    ///
    /// - Parameter now: microseconds since 1970.
    /// - Throws: `.io`, `.limit`.
    package static func all(
        of pipeline: Pipeline, date: Day, in project: Project, _ state: StateDatabase, now: Int64
    ) throws -> [SettlingFile] {
        guard !pipeline.triggers.files.isEmpty else { return [] }
        let watched = try state.watchedPatterns()[pipeline.name] ?? []
        let known = try state.arrivals(of: pipeline.name)
        var found: [SettlingFile] = []
        for file in pipeline.triggers.files where watched.contains(file.path.text) {
            let trigger = FileTrigger(
                pipeline: pipeline.name, zone: pipeline.timezone, path: file.path, settle: file.settle)
            for here in try LocalFiles.list(file.path, for: file.path.hasDate ? date : nil, root: project.root) {
                let changed = max(here.stamp.modified, here.stamp.changed) / 1000
                guard trigger.date(of: here.path, arrived: min(now, here.stamp.changed / 1000)) == date,
                    known[here.path].map({ !$0.identity.isThat(of: here.stamp) }) ?? true
                else { continue }
                found.append(
                    SettlingFile(path: here.path, still: .microseconds(max(0, now - changed)), settle: file.settle))
            }
        }
        return found.sorted { $0.path < $1.path }
    }
}

extension FileIdentity {
    /// Whether a file is still this one; where inodes are not trusted they are not compared.
    fileprivate func isThat(of stamp: FileStamp) -> Bool {
        size == stamp.size && modified == stamp.modified && changed == stamp.changed
            && (inode == 0 || inode == stamp.inode)
    }
}
