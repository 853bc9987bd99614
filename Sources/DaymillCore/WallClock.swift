import Foundation

/// What time it is, as an argument: code that needs the time gets a `WallClock`, so tests decide what time it is.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Int64

    /// A clock of your own, giving microseconds since 1970-01-01 00:00:00 UTC.
    public init(_ read: @escaping @Sendable () -> Int64) {
        self.read = read
    }

    /// Now, in microseconds since 1970-01-01 00:00:00 UTC.
    public var nowMicroseconds: Int64 { read() }

    /// The machine's clock. It may jump, in both directions: never measure lengths of time with it.
    public static let system = WallClock { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)) }

    /// A clock that stands still, for tests and for planning as of a given moment.
    public static func fixed(atMicroseconds now: Int64) -> WallClock {
        WallClock { now }
    }
}
