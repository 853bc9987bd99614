import Glibc

extension EncodedGroups {
    /// Whether both hold the same records, which is the same groups with the same partials.
    package func hasSameBytes(as other: EncodedGroups) -> Bool {
        count == other.count && bytes == other.bytes && memcmp(buffer.base, other.buffer.base, bytes) == 0
    }
}
