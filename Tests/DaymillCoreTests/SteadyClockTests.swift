import DaymillCore
import Synchronization
import Testing

/// A pause is made of waits that the system counts while it is awake only.
@Suite struct SteadyClockTests {
    private static func pause(
        _ length: Duration, wokenAt: Int? = nil, passes: (Duration) -> Duration
    ) -> ([Duration], Bool) {
        let now = Mutex<Int64>(1_000_000)
        var waits: [Duration] = []
        let isWoken = SteadyClock { now.withLock(\.self) }.pause(length) { wait in
            waits.append(wait)
            now.withLock { $0 += passes(wait).microseconds }
            return waits.count == wokenAt
        }
        return (waits, isWoken)
    }

    @Test func aPauseIsMadeOfShortWaits() {
        #expect(Self.pause(.seconds(70)) { $0 } == ([.seconds(30), .seconds(30), .seconds(10)], false))
        #expect(Self.pause(.zero) { $0 } == ([], false))
    }

    /// The machine was suspended for an hour in the second wait.
    @Test func aSuspensionCounts() {
        var count = 0
        let waits = Self.pause(.seconds(3600)) { wait in
            count += 1
            return count == 2 ? .seconds(3590) : wait
        }
        #expect(waits == ([.seconds(30), .seconds(30)], false))
    }

    @Test func aClockThatStandsStillLengthensNothing() {
        #expect(Self.pause(.seconds(45)) { _ in .zero } == ([.seconds(30), .seconds(15)], false))
    }

    @Test func whoIsWokenWaitsNoLonger() {
        #expect(Self.pause(.seconds(3600), wokenAt: 2) { $0 } == ([.seconds(30), .seconds(30)], true))
    }
}
