import DaymillTestKit

/// What becomes of bytes that were written and not synced.
package enum DiskLoss: String, CaseIterable, Sendable {
    /// All of them are lost.
    case lost
    /// They made it.
    case kept
    /// A part of them made it.
    case torn
    /// The file has its length, but what was not synced is zero.
    case zeroed
}

/// What a disk may hold after the power failed.
extension DiskState {
    /// The state after a failure of the power in which each change that was not synced made it or not.
    ///
    /// - Parameters:
    ///   - data: for all files; nil: for each another one.
    ///   - names: whether changes of names made it; nil: some did.
    func afterPowerLoss(data: DiskLoss?, names: Bool?, _ random: inout SeededGenerator) -> DiskState {
        var state = self
        for id in inodes.keys.sorted() { state.lose(id, data ?? random.pick(DiskLoss.allCases), &random) }
        for path in folders.keys.sorted() { state.loseNames(path, names, &random) }
        state.dropUnreachable()
        return state
    }

    private mutating func lose(_ id: Int, _ loss: DiskLoss, _ random: inout SeededGenerator) {
        let inode = inodes[id]!
        guard inode.data != inode.durable else { return }
        let common = zip(inode.data, inode.durable).prefix { $0 == $1 }.count
        switch loss {
        case .lost: inodes[id]!.data = inode.durable
        case .kept: break
        case .torn: inodes[id]!.data = Array(inode.data.prefix(common + random.below(inode.data.count - common + 1)))
        case .zeroed:
            let zeros = [UInt8](repeating: 0, count: inode.data.count - common)
            inodes[id]!.data = Array(inode.data.prefix(common)) + zeros
        }
        inodes[id]!.durable = inodes[id]!.data
    }

    private mutating func loseNames(_ path: String, _ kept: Bool?, _ random: inout SeededGenerator) {
        var entries = folders[path]!.durable
        for change in folders[path]!.pending where kept ?? random.once(in: 2) {
            for (name, entry) in change { entries[name] = entry }
        }
        folders[path] = Folder(entries: entries, durable: entries)
    }

    /// Folders whose own name was lost are gone with all that was in them.
    private mutating func dropUnreachable() {
        for path in folders.keys.sorted() where !path.isEmpty {
            let (parent, name) = DiskState.split(path)
            if folders[parent]?.entries[name] != .folder { folders[path] = nil }
        }
    }
}
