import DaymillCore
import DaymillPipeline
import DaymillTestKit
import Testing

/// Pauses between attempts.
@Suite struct RetryPolicyTests {
    private func policy(
        _ delay: Duration = .seconds(10), backoff: Double = 2, jitter: Double = 0, maxDelay: Duration = .seconds(3600)
    ) -> RetryPolicy {
        var policy = RetryPolicy()
        (policy.delay, policy.backoff, policy.jitter, policy.maxDelay) = (delay, backoff, jitter, maxDelay)
        return policy
    }

    private func pauses(_ policy: RetryPolicy, _ attempts: ClosedRange<Int>) -> [Double] {
        attempts.map { policy.pause(afterAttempt: $0, chance: 0.5).seconds }
    }

    @Test func eachPauseIsTheOneBeforeTimesBackoff() {
        #expect(pauses(policy(), 1...6) == [10, 20, 40, 80, 160, 320])
        #expect(pauses(policy(backoff: 1), 1...4) == [10, 10, 10, 10])
        #expect(pauses(policy(.milliseconds(500), backoff: 1.5), 1...3) == [0.5, 0.75, 1.125])
        #expect(pauses(policy(backoff: 100), 1...3) == [10, 1000, 3600])
    }

    @Test func noPauseIsLongerThanTheLongest() {
        #expect(pauses(policy(maxDelay: .seconds(35)), 1...5) == [10, 20, 35, 35, 35])
        #expect(pauses(policy(.seconds(60), maxDelay: .seconds(5)), 1...2) == [5, 5])
    }

    @Test func aLongRowOfAttemptsDoesNotOverflow() {
        #expect(policy(backoff: 100).pause(afterAttempt: 1_000_000, chance: 0.5) == .seconds(3600))
        #expect(policy(backoff: 1).pause(afterAttempt: .max, chance: 0.5) == .seconds(10))
        #expect(policy(.zero, backoff: 100).pause(afterAttempt: 1000, chance: 0.5) == .zero)
    }

    /// Nothing has failed yet, and nobody asks; but it does not trap.
    @Test func beforeTheFirstAttemptThePauseIsTheFirst() {
        #expect(pauses(policy(), -1...1) == [10, 10, 10])
    }

    @Test func chanceAddsOrTakesAwayAPart() {
        let policy = policy(jitter: 0.2)
        #expect(policy.pause(afterAttempt: 1, chance: 0) == .seconds(8))
        #expect(policy.pause(afterAttempt: 1, chance: 0.5) == .seconds(10))
        #expect(policy.pause(afterAttempt: 1, chance: 0.75) == .seconds(11))
        #expect(self.policy(jitter: 1).pause(afterAttempt: 3, chance: 0) == .zero)
    }

    /// The longest pause is that before chance.
    @Test func pausesLieWithinTheirPart() {
        var random = SeededGenerator(seed: 4)
        for round in 0..<2000 {
            let jitter = Double(random.below(101)) / 100, delay = Double(random.number(0...100))
            let policy = policy(
                .seconds(delay), backoff: Double(random.number(10...100)) / 10, jitter: jitter,
                maxDelay: .seconds(random.number(1...500)))
            let attempt = random.number(1...20)
            let middle = policy.pause(afterAttempt: attempt, chance: 0.5).seconds
            let found = policy.pause(afterAttempt: attempt, chance: Double(random.below(1000)) / 1000).seconds
            #expect(middle <= policy.maxDelay.seconds + 1e-9, "round \(round)")
            #expect(abs(found - middle) <= middle * jitter + 1e-9 && found >= 0, "round \(round)")
            let next = policy.pause(afterAttempt: attempt + 1, chance: 0.5).seconds
            #expect(next >= middle - 1e-9, "round \(round): pauses do not get shorter")
        }
    }

    @Test func withoutAWordPausesAreAboutTenTwentyAndFortySeconds() {
        let policy = RetryPolicy()
        #expect(policy.times == 0 && pauses(policy, 1...3) == [10, 20, 40])
        #expect(policy.pause(afterAttempt: 1, chance: 0) == .seconds(9))
    }
}
