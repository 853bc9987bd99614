/// All groups of an aggregation, some at a time, without a list of them all: where they are looked at once, in no order.
///
/// Reads the groups without locks: the workers are done.
package final class ShardWalk {
    /// The groups that are to be looked at now.
    package let list: GroupList
    private let groups: ShardedGroups
    private let batch: Int
    private var shard = 0
    private var slot = 0

    /// - Parameter batch: how many groups are seen at once, at most `MergedGroups.capacity`.
    package init(_ groups: ShardedGroups, batch: Int) {
        self.groups = groups
        self.batch = batch
        list = GroupList(groups.layout, base: groups.pool.base)
    }

    /// Begins with the groups of a shard: of those with 0 to `ShardedGroups.shards` - 1 each has its own.
    package func begin(shard: Int) { (self.shard, slot) = (shard, 0) }

    /// Shows the next groups; false when there are no more.
    package func next() -> Bool {
        slot = list.show(groups.tables[shard], from: slot, atMost: batch)
        return list.count > 0
    }
}
