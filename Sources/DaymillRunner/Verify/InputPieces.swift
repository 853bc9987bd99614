import DaymillColumns
import DaymillConnect
import DaymillCore

/// Reads an input file from start to end, unpacked, and checks at the end that it was what the output was made of.
final class InputPieces {
    private let input: VerifyRequest.Input
    private let request: VerifyRequest
    private let bytes: InputBytes
    private let report: (Int) -> Void
    private let buffer = ByteBuffer(capacity: InputPieces.size)
    private let hasher = StreamHasher()
    private var offset = 0
    private var reported = 0
    private var isAtEnd = false

    private static let size = 256 << 10

    /// - Parameter report: told the stored bytes of each piece.
    /// - Throws: `.stale` when the file has another size or is gone; `.io`.
    init(_ input: VerifyRequest.Input, of request: VerifyRequest, report: @escaping (Int) -> Void = { _ in }) throws {
        self.input = input
        self.request = request
        self.report = report
        bytes = try input.file.open()
    }

    /// The next bytes; nil at the end.
    ///
    /// - Throws: `.stale` at the end when something else was read than the output was made of; what reading throws.
    func next() throws -> [UInt8]? {
        if isAtEnd { return nil }
        let count = try read()
        if count > 0 { return buffer.bytes(0..<count) }
        isAtEnd = true
        guard contentID.text == input.content else { throw DaymillError.inputChanged(input.path, request) }
        return nil
    }

    private func read() throws -> Int {
        switch bytes {
        case .random(let file):
            let count = try file.read(into: buffer, at: 0, offset: offset, count: InputPieces.size)
            hasher.add(buffer.bytes(0..<count))
            offset += count
            report(count)
            return count
        case .sequential(let reader):
            let count = try reader.read(into: buffer, at: 0, count: InputPieces.size)
            report(reader.bytesTaken - reported)
            reported = reader.bytesTaken
            return count
        }
    }

    private var contentID: ContentID {
        switch bytes {
        case .random: hasher.contentID
        case .sequential(let reader): reader.contentID
        }
    }
}
