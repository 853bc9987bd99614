import CKernels
import DaymillCore

/// The paths of the wanted columns as a tree, as the kernel walks it.
///
///     user.id, user.name, ms        0 ─┬─ user ─┬─ id      column 0
///                                      │        └─ name    column 1
///                                      └─ ms               column 2
///
/// One per worker, since the kernel writes to the nodes.
final class JSONPlan {
    /// The nodes; 0 is the object of a line.
    let nodes: Buffer<dm_json_node_t>
    let count: Int
    /// For each column the next one of the same node.
    private(set) var nextColumn: [UInt32]
    private let names: RawMemory

    private struct Node {
        var step: JSONPath.Step?
        var children: [Int] = []
        var columns: [Int] = []

        var name: [UInt8] { if case .key(let key) = step { Array(key.utf8) } else { [] } }
    }

    init(_ paths: [JSONPath]) {
        var tree = [Node()]
        for (column, path) in paths.enumerated() { JSONPlan.add(path, column, to: &tree) }
        count = tree.count
        nodes = Buffer(capacity: tree.count)
        nextColumn = Array(repeating: DM_JSON_NONE, count: paths.count)
        names = RawMemory(capacity: tree.reduce(0) { $0 + $1.name.count } + 1)
        var used = 0
        for (i, node) in tree.enumerated() {
            nodes.pointer[i] = dm_json_node_t(
                name: nil, name_length: 0, index: 0, first_child: DM_JSON_NONE, next_sibling: DM_JSON_NONE,
                first_column: node.columns.first.map(UInt32.init) ?? DM_JSON_NONE, seen: 0)
            for (a, b) in zip(node.columns, node.columns.dropFirst()) { nextColumn[a] = UInt32(b) }
            setStep(i, node, &used)
        }
        // A parent stands before its children, so all of them are there by now.
        for (i, node) in tree.enumerated() {
            nodes.pointer[i].first_child = node.children.first.map(UInt32.init) ?? DM_JSON_NONE
            for (a, b) in zip(node.children, node.children.dropFirst()) { nodes.pointer[a].next_sibling = UInt32(b) }
        }
    }

    private static func add(_ path: JSONPath, _ column: Int, to tree: inout [Node]) {
        var at = 0
        for step in path.steps {
            if let known = tree[at].children.first(where: { tree[$0].step == step }) {
                at = known
                continue
            }
            tree.append(Node(step: step))
            tree[at].children.append(tree.count - 1)
            at = tree.count - 1
        }
        tree[at].columns.append(column)
    }

    private func setStep(_ i: Int, _ node: Node, _ used: inout Int) {
        switch node.step {
        case .element(let position): nodes.pointer[i].index = UInt32(position)
        case .key:
            let bytes = node.name
            let place = (names.base + used).assumingMemoryBound(to: UInt8.self)
            for (k, byte) in bytes.enumerated() { place[k] = byte }
            nodes.pointer[i].name = UnsafePointer(place)
            nodes.pointer[i].name_length = UInt32(bytes.count)
            used += bytes.count
        case nil: break
        }
    }
}
