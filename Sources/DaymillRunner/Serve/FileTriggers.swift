import DaymillColumns
import DaymillCore
import DaymillPipeline
import DaymillProcess
import DaymillState
import Foundation

/// Queues runs of pipelines whose trigger is a file that comes or changes.
///
/// The system tells what happens in the folders that files of a pattern may lie in; `ArrivalMachine` says when they have held still.
/// What the system tells nothing about, as on network file systems, is looked at once a minute, and all when something was mounted.
final class FileTriggers {
    /// What it asks the system; tests ask something else.
    struct System {
        /// Microseconds by a clock that nobody sets.
        var steady: () -> Int64
        /// Something that is another text when something was mounted or unmounted.
        var mounts: () -> String = {
            (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        }
        var folders = WatchedFolders.System()

        /// The machine's own.
        static func own() -> System {
            let start = ContinuousClock.now
            return System(steady: { (ContinuousClock.now - start).microseconds })
        }
    }
    private let setting: ServeLoop.Setting
    private let system: System
    private var machine = ArrivalMachine()
    private var triggers: [FileTrigger] = []
    /// Why a pipeline starts nothing now.
    private var pauses: [String: String] = [:]
    private var folders: WatchedFolders?
    /// Pipelines whose folders cannot all be watched, or read.
    private var unwatched: Set<String> = []
    /// What was said of pipelines, so that it is said once.
    private var said: [String: Set<String>] = [:]
    /// By the steady clock.
    private var nextSlowLook: Int64 = 0
    /// What was mounted when all was listed last.
    private var mounts = ""
    /// By the steady clock, when the first look was over; nil: it is not.
    private var firstLook: Int64?
    /// Something that was told has not been seen to, since it could not be noted.
    private var isBehind = false

    private typealias Seen = (identity: FileIdentity, date: Day, settle: Duration, isRemote: Bool)

    init(_ setting: ServeLoop.Setting, _ system: System = .own()) { (self.setting, self.system) = (setting, system) }

    /// Can be read when something has happened in a folder; -1 where none is watched.
    var descriptor: Int32 { folders?.descriptor ?? -1 }

    /// How many files have not held still for long enough, by pipeline.
    var settling: [String: Int] { machine.settling }

    private var now: ArrivalMachine.Moment {
        .init(wall: setting.clock.nowMicroseconds, steady: system.steady())
    }

    /// Microseconds since 1970 at which it has something to do; nil: when it is told of something.
    var nextWake: Int64? {
        let now = now
        let slow = triggers.isEmpty ? nil : now.wall + max(0, nextSlowLook - now.steady)
        return [machine.nextWake(now), slow].compactMap { $0 }.min()
    }

    // MARK: What is looked for

    /// The triggers of these pipelines, instead of those that there were.
    func load(_ pipelines: ServePipelines, pauses: [String: String]) throws {
        self.pauses = pauses
        let wanted = pipelines.sorted.flatMap { pipeline in
            pipeline.triggers.files.map {
                FileTrigger(pipeline: pipeline.name, zone: pipeline.timezone, path: $0.path, settle: $0.settle)
            }
        }
        let noted = try setting.state.watchedPatterns()
        let without = pipelines.sorted.filter { $0.triggers.files.isEmpty && noted[$0.name] != nil }
        for pipeline in without { try setting.state.watch(pipeline.name, [], known: []) }
        guard wanted != triggers || isBehind else { return }
        triggers = wanted
        machine.keep { pipeline, path in wanted.contains { $0.pipeline == pipeline && $0.path.matches(path) } }
        (unwatched, said) = ([], [:])
        folders = wanted.isEmpty ? nil : WatchedFolders(setting.project, system.folders)
        nextSlowLook = now.steady + Limits.slowLook.microseconds
        try lookAtAll()
        if firstLook == nil { firstLook = now.steady }
    }

    /// Forgets pipelines that are gone, and looks at all files, so that what is known does not grow for ever.
    func tidy(_ pipelines: ServePipelines) throws {
        for name in try setting.state.watchedPatterns().keys
        where pipelines[name] == nil && pipelines.problems[name] == nil {
            try setting.state.watch(name, [], known: [])
        }
        try lookAtAll()
    }

    // MARK: Looking

    private func lookAtAll() throws {
        isBehind = true
        mounts = system.mounts()
        for name in Set(triggers.map(\.pipeline)).sorted() { try lookAtAll(of: name) }
        isBehind = false
    }

    /// Looks at what nobody tells of: folders that are not watched, or not any more since something lies over them.
    private func lookSlowly() throws {
        nextSlowLook = now.steady + Limits.slowLook.microseconds
        if folders?.watchAgain() == true || system.mounts() != mounts { return try lookAtAll() }
        for name in unwatched.sorted() { try lookAtAll(of: name) }
    }

    /// Lists all files of a pipeline. Those of a pattern that nobody has looked for before start nothing. Where a folder cannot be
    /// listed nothing is noted.
    private func lookAtAll(of name: String) throws {
        unwatched.remove(name)
        let own = triggers.filter { $0.pipeline == name }
        let watched = try setting.state.watchedPatterns()[name] ?? []
        var all: [String: Seen] = [:], known: [ArrivalRecord] = []
        for trigger in own {
            guard let found = list(trigger, in: nil) else { return }
            if !watched.contains(trigger.path.text) {
                known += found.map { path, seen in
                    ArrivalRecord(
                        path: path, identity: seen.identity, date: seen.date.description, verdict: .known,
                        noted: now.wall)
                }
            }
            all.merge(found) { $0.settle >= $1.settle ? $0 : $1 }
        }
        if watched != Set(own.map(\.path.text)) {
            try setting.state.watch(name, own.map(\.path.text), known: known)
        }
        try setting.state.note(there: Set(all.keys), of: name)
        take(all, of: name, known: try setting.state.arrivals(of: name))
    }

    /// Files of a trigger; nil when a folder cannot be read.
    ///
    /// - Parameter folder: only those below it.
    private func list(_ trigger: FileTrigger, in folder: String?) -> [String: Seen]? {
        guard let folders else { return nil }
        var found: [String: Seen] = [:]
        do {
            try folders.walk(trigger.path, from: folder) { path, stamp, place in
                if place != .watched { unwatched.insert(trigger.pipeline) }
                if place == .unwatched {
                    let reason =
                        folders.isTold
                        ? "fs.inotify.max_user_watches, or one that we may not read" : "fs.inotify.max_user_instances"
                    lookSlowly(
                        trigger.pipeline,
                        "not all folders of files that start it can be watched (\(reason)): they are "
                            + "looked at once a minute")
                }
                if let path, let stamp { found[path] = seen(path, stamp, trigger, isRemote: place == .remote) }
            }
        } catch {
            lookSlowly(trigger.pipeline, "files that start it cannot be looked for: \(error)")
            return nil
        }
        guard found.count <= Limits.filesPerSourceMax else {
            lookSlowly(
                trigger.pipeline,
                "more than \(Limits.filesPerSourceMax) files match '\(trigger.path)': none of them starts anything")
            return nil
        }
        return found
    }

    private func seen(_ path: String, _ stamp: FileStamp, _ trigger: FileTrigger, isRemote: Bool) -> Seen? {
        let arrived = min(now.wall, stamp.changed / 1000)
        guard let date = trigger.date(of: path, arrived: arrived) else { return nil }
        let identity = FileIdentity(
            size: stamp.size, modified: stamp.modified, changed: stamp.changed, inode: isRemote ? 0 : stamp.inode)
        return (identity, date, trigger.settle, isRemote)
    }

    /// What a pipeline's folders do not tell is looked at once a minute, and it is said why.
    private func lookSlowly(_ pipeline: String, _ problem: String) {
        unwatched.insert(pipeline)
        guard said[pipeline, default: []].insert(problem).inserted else { return }
        setting.say(.remark(pipeline: pipeline, problem))
    }

    /// Files were seen: those that are known as they are start nothing.
    private func take(_ files: [String: Seen], of pipeline: String, known: [String: ArrivalRecord]) {
        let now = now
        for (path, file) in files {
            if known[path]?.identity == file.identity {
                machine.forget(path, of: pipeline)
            } else {
                // What lay there first may be as old as it says; what came later was changed while we looked.
                let believed = file.isRemote ? 0 : firstLook.map { now.steady - $0 } ?? .max
                machine.saw(
                    path, file.identity, of: pipeline, date: file.date, settle: file.settle, believed: believed, at: now
                )
            }
        }
    }

    // MARK: What happens

    /// Something has happened in a folder.
    func takeEvents() throws {
        guard let events = folders?.take() else { return }
        isBehind = true
        var seen: [String: [String: Seen]] = [:]
        for event in events {
            switch event {
            case .all: return try lookAtAll()
            case .gone(let path):
                for trigger in triggers where trigger.path.matches(path) { machine.forget(path, of: trigger.pipeline) }
            case .there(let path):
                for trigger in triggers where trigger.path.matches(path) || trigger.path.reachesInto(folder: path) {
                    // Of a folder that is new all that is in it by now.
                    let found = list(trigger, in: path) ?? [:]
                    seen[trigger.pipeline, default: [:]].merge(found) { $0.settle >= $1.settle ? $0 : $1 }
                }
            }
        }
        try take(seen)
        isBehind = false
    }

    private func take(_ seen: [String: [String: Seen]]) throws {
        for (pipeline, files) in seen where !files.isEmpty {
            take(files, of: pipeline, known: try setting.state.arrivals(of: pipeline, paths: Set(files.keys)))
        }
    }

    /// Looks at what should have held still by now, and queues the runs that start.
    func starts() throws -> [RunRecord] {
        guard !triggers.isEmpty else { return [] }
        if nextSlowLook <= now.steady { try lookSlowly() }
        var seen: [String: [String: Seen]] = [:]
        for (pipeline, path) in machine.looks(at: now) {
            for trigger in triggers where trigger.pipeline == pipeline && trigger.path.matches(path) {
                let found = list(trigger, in: path) ?? [:]
                if found[path] == nil { machine.forget(path, of: pipeline) }
                seen[pipeline, default: [:]].merge(found) { $0.settle >= $1.settle ? $0 : $1 }
            }
        }
        try take(seen)
        return try machine.batches(at: now).compactMap(queue)
    }

    private func queue(_ batch: ArrivalMachine.Batch) throws -> RunRecord? {
        let first = batch.files.keys.min() ?? ""
        let cause = "file \(first)" + (batch.files.count > 1 ? " and \(batch.files.count - 1) more" : "")
        let pause = pauses[batch.pipeline].map { "the pipeline was paused: \($0)" }
        let run = try setting.state.note(
            arrived: batch.files, of: batch.pipeline, date: batch.date.description, cause: cause, skipped: pause)
        for path in batch.files.keys { machine.forget(path, of: batch.pipeline) }
        if let run { setting.say(.triggered(run: run.id, pipeline: run.pipeline, cause)) }
        if let pause { setting.say(.remark(pipeline: batch.pipeline, "\(cause) starts nothing: \(pause)")) }
        return run
    }
}

/// A pattern of files that start runs of a pipeline.
struct FileTrigger: Hashable {
    var pipeline: String
    var zone: TimeZoneName
    var path: PathTemplate
    var settle: Duration

    /// The date of the run that a file starts; nil for a path that is none of its own.
    ///
    /// - Parameter arrived: microseconds since 1970; a file without a date is of this day.
    func date(of path: String, arrived: Int64) -> Day? {
        if self.path.hasDate { return self.path.day(of: path) }
        return self.path.matches(path) ? zone.day(atMicroseconds: arrived) : nil
    }
}
