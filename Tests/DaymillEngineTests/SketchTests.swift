import DaymillCore
import DaymillSQL
import DaymillTestKit
import Testing

@testable import DaymillColumns

/// Approximate aggregates keep what they promise, and their naive twins hash as we do.
@Suite struct SketchTests {
    @Test func theNaiveHashIsOurs() {
        var random = SeededGenerator(seed: 1)
        for length in Array(0...300) + [511, 512, 513, 1023, 1024, 1025, 1088, 1089, 2048, 5000] {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let ours = bytes.withUnsafeBufferPointer {
                SegmentWriter.hash($0.baseAddress ?? UnsafePointer(Vector.nothing), Int32(length))
            }
            #expect(NaiveXXH3.hash(bytes) == ours, "\(length) bytes")
        }
    }

    @Test(arguments: [0, 1, 2, 3, 10, 100, 1000, 4096, 10_000, 30_000])
    func distinctCountsAreNear(_ count: Int) throws {
        let aggregate = Rollup.Aggregate(.approxCountDistinct, .column(0, .integer), type: .integer)
        let result = try NaiveAggregate.result(of: aggregate, (0..<count).map { .integer(Int64($0)) })
        guard case .integer(let estimate) = result else { throw Unexpected() }
        #expect(abs(Double(estimate) - Double(count)) <= 0.05 * Double(count))
        if count <= 10 { #expect(estimate == count) }
    }

    @Test func bucketsAreWithinOnePercent() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: UInt64(truncatingIfNeeded: random.next()))
            guard value.isFinite, value.magnitude >= 0x1p-1022 else { continue }
            let near = Buckets.value(of: Buckets.bucket(of: value))
            #expect((near - value).magnitude <= value.magnitude / 128, "\(value)")
        }
        for exact in [0, Double.infinity, -Double.infinity] {
            #expect(Buckets.value(of: Buckets.bucket(of: exact)) == exact)
        }
        #expect(Buckets.value(of: Buckets.bucket(of: .nan)).isNaN)
    }

    @Test func bucketsAreInTheOrderOfNumbers() {
        let numbers: [Double] = [
            -.infinity, -.greatestFiniteMagnitude, -2, -1.02, -1, -0x1p-1022, -.leastNonzeroMagnitude, 0,
            .leastNonzeroMagnitude, 0x1p-1022, 1, 1.02, 2, .greatestFiniteMagnitude, .infinity, .nan,
        ]
        let buckets = numbers.map(Buckets.bucket)
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 })
    }

    private struct Unexpected: Error {}
}
