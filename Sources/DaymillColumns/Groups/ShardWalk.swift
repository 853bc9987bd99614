/// All groups of an aggregation, some at a time, without a list of them all: where they are looked at once, in no order.
///
/// Lives no longer than the groups, and reads them without locks: the workers are done.
package final class ShardWalk {
    /// The groups that are to be looked at now.
    package let list: GroupList
    private let capacity: Int
    private var table: GroupTable?
    private var slot = 0

    /// - Parameter capacity: how many groups are seen at once.
    package init(_ groups: ShardedGroups, capacity: Int) {
        list = GroupList(viewOf: groups, capacity: capacity)
        self.capacity = capacity
    }

    /// Begins with the groups of a shard: of those with 0 to `ShardedGroups.shards` - 1 each has its own.
    package func begin(shard: Int) {
        table = list.groups.tables[shard]
        slot = 0
    }

    /// Shows the next groups; false when there are no more.
    package func next() -> Bool {
        guard let table else { return false }
        let slots = table.slots, end = 1 << table.slotBits, items = list.items
        var found = 0, place = slot
        while place < end && found < capacity {
            let slot = slots[place]
            place &+= 1
            if slot == 0 { continue }
            items[found] = GroupList.Item(reference: UInt32(truncatingIfNeeded: slot))
            found &+= 1
        }
        (slot, list.count) = (place, found)
        return found > 0
    }
}
