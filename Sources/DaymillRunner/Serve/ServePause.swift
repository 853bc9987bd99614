/// A pause by the day's clock. Somebody may set that clock: no pause lasts longer than it was meant to.
struct ServePause {
    /// Microseconds since 1970.
    private var ends: Int64 = 0
    private(set) var length: Int64 = 0

    /// The moment until which it lasts; nil when it is over.
    func end(_ now: Int64) -> Int64? { now < ends && now >= ends - length ? ends : nil }

    mutating func begin(_ length: Int64, now: Int64) { (self.length, ends) = (length, now + length) }

    /// Begins one that is twice as long as the one that was over a moment ago; the first lasts a second.
    ///
    /// - Returns: its length in microseconds.
    mutating func beginLonger(now: Int64, atMost most: Int64 = 60_000_000) -> Int64 {
        let isAgain = length > 0 && abs(now - ends) <= most
        begin(isAgain ? min(most, 2 * length) : 1_000_000, now: now)
        return length
    }
}
