import DaymillColumns
import DaymillCore
package import DaymillPipeline
package import DaymillState
import Foundation

extension Project {
    /// Forgets what lies beyond the bounds of history, with its logs: by age and number each time, by size when an hour has passed
    /// since somebody looked.
    package func prune(_ state: StateDatabase) throws {
        removeLogs(of: try state.prune(keep: history.keep, runs: history.runs))
        guard try state.isDue("size of history", every: .seconds(3600)) else { return }
        try pruneBySize(state)
    }

    /// Forgets the oldest runs until all takes at most nine tenths of its bound, where it takes more than that bound.
    package func pruneBySize(_ state: StateDatabase) throws {
        var logs = logBytes()
        try removeStrayLogs(logs, state)
        func used() throws -> Int { try state.usedBytes() + logs.values.reduce(0, +) }
        guard try used() > history.size.bytes else { return }
        let aim = history.size.bytes / 10 * 9
        while try used() > aim {
            let ids = try oldest(state, logs, freeing: used() - aim)
            try state.forget(ids)
            removeLogs(of: ids)
            for id in ids { logs[id] = nil }
            if ids.isEmpty, try !state.forgetFirings() { break }
        }
        try state.giveBackSpace()
    }

    /// The oldest runs that may be forgotten, so many that some bytes become free, as far as that can be told; at most so many that
    /// others do not wait for long.
    private func oldest(_ state: StateDatabase, _ logs: [String: Int], freeing bytes: Int) throws -> [String] {
        let (all, old) = try state.forgettable()
        let each = try state.usedBytes() / max(1, all.count)
        var ids: [String] = [], free = 0
        for id in old.prefix(2000) where free < bytes {
            ids.append(id)
            free += each + (logs[id] ?? 0)
        }
        return ids
    }

    /// What the logs of runs take, by run.
    private func logBytes() -> [String: Int] {
        let folder = "\(storeFolder)/logs"
        let names = (try? FileDoor.names(in: folder)) ?? []
        return Dictionary(uniqueKeysWithValues: names.map { ($0, FileDoor.diskBytes(below: "\(folder)/\($0)")) })
    }

    /// Logs of runs that nobody knows: whoever forgot them died before removing them.
    private func removeStrayLogs(_ logs: [String: Int], _ state: StateDatabase) throws {
        let known = try state.forgettable().all
        // A run's row is there before its folder is, so a folder without one has lost it.
        let strays = Set(logs.keys).subtracting(known)
        guard !strays.isEmpty else { return }
        removeLogs(of: strays.sorted())
    }

    private func removeLogs(of runs: [String]) {
        for run in runs { try? FileManager.default.removeItem(atPath: logFolder(ofRun: run)) }
    }
}
