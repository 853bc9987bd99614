/// Short byte strings by number, one after the other in memory.
struct ByteTable: Sendable {
    private let bytes: [UInt8]
    private let starts: [Int]

    /// How many strings there are.
    var count: Int { starts.count - 1 }

    /// The words of a text.
    init(_ text: String) {
        self.init(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    init(_ strings: [String]) {
        bytes = strings.flatMap(\.utf8)
        starts = strings.reduce(into: [0]) { starts, string in starts.append(starts.last! + string.utf8.count) }
    }

    /// Copies a string to a place of a buffer, and moves the place behind it.
    func write(_ index: Int, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        for position in starts[index]..<starts[index + 1] {
            out[place] = bytes[position]
            place += 1
        }
    }
}
