/// How time passes, as an argument: a clock that nobody sets. It goes on while the machine is suspended (on Linux it is
/// CLOCK_BOOTTIME), so a pause of an hour is over after an hour of anybody's watch. It says nothing about the time of day.
public struct SteadyClock: Sendable {
    private let read: @Sendable () -> Int64

    /// A clock of your own, giving microseconds since a moment that stays the same.
    public init(_ read: @escaping @Sendable () -> Int64) {
        self.read = read
    }

    /// Microseconds since some moment. Never less than before.
    public var nowMicroseconds: Int64 { read() }

    /// The machine's.
    public static let system = {
        let start = ContinuousClock.now
        return SteadyClock { (ContinuousClock.now - start).microseconds }
    }()
}

extension SteadyClock {
    /// Lets a length of time pass by this clock, or what the waits make up where that is less. The system counts a wait while it
    /// is awake only, so it is made in pieces, with a look at the clock after each.
    ///
    /// - Parameter wait: waits for as long, and says whether it was woken.
    /// - Returns: whether it was woken.
    package func pause(_ length: Duration, _ wait: (Duration) -> Bool) -> Bool {
        let end = nowMicroseconds + length.microseconds
        var left = length
        while true {
            left = min(left, .microseconds(end - nowMicroseconds))
            guard left > .zero else { return false }
            let piece = min(left, .seconds(30))
            if wait(piece) { return true }
            left -= piece
        }
    }
}
