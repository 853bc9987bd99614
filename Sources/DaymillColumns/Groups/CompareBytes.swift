import Glibc

/// Byte order: negative, 0 or positive, as memcmp, a prefix before the longer text.
@inline(__always)
func compareBytes(_ a: UnsafePointer<UInt8>, _ n: Int, _ b: UnsafePointer<UInt8>, _ m: Int) -> Int {
    let order = Int(memcmp(a, b, min(n, m)))
    return order != 0 ? order : n - m
}
