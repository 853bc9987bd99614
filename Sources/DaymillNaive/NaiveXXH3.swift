/// XXH3 with 64 bits and without a seed, written after its specification (xxHash, doc/xxhash_spec.md): slow and plain.
package enum NaiveXXH3 {
    package static func hash(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        return switch n {
        case 0: avalanche64(word(secret, 56) ^ word(secret, 64))
        case 1...3: upTo3(input)
        case 4...8: upTo8(input)
        case 9...16: upTo16(input)
        case 17...128: upTo128(input)
        case 129...240: upTo240(input)
        default: long(input)
        }
    }

    private static let primes32: [UInt64] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d]
    private static let primes64: [UInt64] = [
        0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63,
        0x27d4_eb2f_1656_67c5,
    ]

    /// The default secret, 192 bytes.
    private static let secret: [UInt8] = {
        let digits = Array(secretDigits.joined())
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }()

    private static let secretDigits = [
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221",
        "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8",
        "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb",
        "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
    ]

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64($1 * 8) }
    }

    private static func half(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        (0..<4).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64($1 * 8) }
    }

    private static func rotated(_ x: UInt64, _ bits: UInt64) -> UInt64 { x << bits | x >> (64 - bits) }

    private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (high, low) = a.multipliedFullWidth(by: b)
        return high ^ low
    }

    private static func avalanche64(_ start: UInt64) -> UInt64 {
        var h = start
        h = (h ^ h >> 33) &* primes64[1]
        h = (h ^ h >> 29) &* primes64[2]
        return h ^ h >> 32
    }

    private static func avalanche(_ start: UInt64) -> UInt64 {
        let h = (start ^ start >> 37) &* 0x1656_6791_9e37_79f9
        return h ^ h >> 32
    }

    private static func upTo3(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        let combined =
            UInt64(input[0]) << 16 | UInt64(input[n >> 1]) << 24 | UInt64(input[n - 1]) | UInt64(n) << 8
        return avalanche64(combined ^ half(secret, 0) ^ half(secret, 4))
    }

    private static func upTo8(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        let text = half(input, n - 4) &+ half(input, 0) << 32
        var h = text ^ word(secret, 8) ^ word(secret, 16)
        h ^= rotated(h, 49) ^ rotated(h, 24)
        h = h &* 0x9fb2_1c65_1e98_df25
        h ^= (h >> 35) &+ UInt64(n)
        h = h &* 0x9fb2_1c65_1e98_df25
        return h ^ h >> 28
    }

    private static func upTo16(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        let low = word(input, 0) ^ word(secret, 24) ^ word(secret, 32)
        let high = word(input, n - 8) ^ word(secret, 40) ^ word(secret, 48)
        return avalanche(UInt64(n) &+ low.byteSwapped &+ high &+ folded(low, high))
    }

    private static func mixed(_ input: [UInt8], _ at: Int, _ key: Int) -> UInt64 {
        folded(word(input, at) ^ word(secret, key), word(input, at + 8) ^ word(secret, key + 8))
    }

    private static func upTo128(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        var sum = UInt64(n) &* primes64[0]
        for i in 0...(n - 1) / 32 {
            sum = sum &+ mixed(input, 16 * i, 32 * i) &+ mixed(input, n - 16 - 16 * i, 32 * i + 16)
        }
        return avalanche(sum)
    }

    private static func upTo240(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        var sum = UInt64(n) &* primes64[0]
        for i in 0..<8 { sum = sum &+ mixed(input, 16 * i, 16 * i) }
        sum = avalanche(sum)
        for i in 8..<n / 16 { sum = sum &+ mixed(input, 16 * i, 16 * (i - 8) + 3) }
        return avalanche(sum &+ mixed(input, n - 16, 136 - 17))
    }

    private static func long(_ input: [UInt8]) -> UInt64 {
        let n = input.count
        var lanes = [
            primes32[2], primes64[0], primes64[1], primes64[2], primes64[3], primes32[1], primes64[4], primes32[0],
        ]
        let stripes = (n - 1) / 64
        for stripe in 0..<stripes {
            accumulate(&lanes, input, stripe * 64, stripe % 16 * 8)
            if stripe % 16 == 15 { scramble(&lanes) }
        }
        accumulate(&lanes, input, n - 64, 192 - 64 - 7)
        var sum = UInt64(n) &* primes64[0]
        for i in 0..<4 {
            sum = sum &+ folded(lanes[2 * i] ^ word(secret, 11 + 16 * i), lanes[2 * i + 1] ^ word(secret, 19 + 16 * i))
        }
        return avalanche(sum)
    }

    private static func accumulate(_ lanes: inout [UInt64], _ input: [UInt8], _ at: Int, _ key: Int) {
        for i in 0..<8 {
            let data = word(input, at + 8 * i)
            let keyed = data ^ word(secret, key + 8 * i)
            lanes[i ^ 1] = lanes[i ^ 1] &+ data
            lanes[i] = lanes[i] &+ (keyed & 0xffff_ffff) &* (keyed >> 32)
        }
    }

    private static func scramble(_ lanes: inout [UInt64]) {
        for i in 0..<8 {
            lanes[i] = (lanes[i] ^ lanes[i] >> 47 ^ word(secret, 128 + 8 * i)) &* primes32[0]
        }
    }
}
