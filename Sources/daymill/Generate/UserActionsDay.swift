import DaymillCore

/// The rows of one day of made-up user actions, any range of them in any order.
///
/// Row r of E rows is made from r alone:
///
///     slot   = a scramble of r within 0..<E
///     user   = slot, when slot < users: so every user has a row, at a place that nobody would guess
///              else drawn by popularity from random number r
///     action = drawn from random number r: READ 60 %, UPDATE 20 %, CREATE 15 %, DELETE 5 %
///     dt     = the day, and a second of it drawn from random number r
///
/// Only integers take part, so the bytes are the same on every machine.
struct UserActionsDay: RowMaker {
    /// No row is longer: address, action, date and time, two commas, six quotes, a newline.
    static let rowBytesMax = UserNames.bytesMax + 6 + 19 + 2 + 6 + 1

    private let names: UserNames
    private let users: Int
    private let popularity: UserPopularity
    private let random: SplitMix64
    private let slots: IndexPermutation
    private let everyoneAppears: Bool
    /// What stands between the address and the time, for each action: `,READ,2024-09-15 `.
    private let middles: ByteTable
    private let twoDigits = ByteTable((0..<100).map { zeroPadded($0, 2) })
    private let quote: UInt8?

    init(_ day: Day, of generator: UserActionsGenerator, names: UserNames) {
        self.names = names
        users = generator.users
        popularity = generator.popularity
        // The seed of a day does not depend on the first day, so that a day is the same in every series.
        random = SplitMix64(
            seed: SplitMix64.mix(generator.seed ^ SplitMix64.mix(UInt64(bitPattern: Int64(day.daysSinceEpoch)))))
        slots = IndexPermutation(count: generator.eventsPerDay, seed: random.seed)
        everyoneAppears = generator.eventsPerDay >= generator.users
        let comma = generator.isQuoted ? "\",\"" : ","
        middles = ByteTable(UserActionShares.names.map { "\(comma)\($0)\(comma)\(day) " })
        quote = generator.isQuoted ? UInt8(ascii: "\"") : nil
    }

    func write(rows: Range<Int>, into buffer: inout [UInt8]) -> Int {
        var out = buffer.mutableSpan
        var place = 0
        for row in rows { write(row, into: &out, at: &place) }
        return place
    }

    private func write(_ row: Int, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        let number = random.value(at: UInt64(row))
        write(quote, into: &out, at: &place)
        names.write(user(ofRow: row, random: number), into: &out, at: &place)
        middles.write(UserActionShares.index(UInt8(truncatingIfNeeded: number)), into: &out, at: &place)
        // 24 bits scaled to the seconds of a day.
        let second = (Int((number >> 8) & 0xFF_FFFF) * 86_400) >> 24
        twoDigits.write(second / 3600, into: &out, at: &place)
        write(UInt8(ascii: ":"), into: &out, at: &place)
        twoDigits.write(second / 60 % 60, into: &out, at: &place)
        write(UInt8(ascii: ":"), into: &out, at: &place)
        twoDigits.write(second % 60, into: &out, at: &place)
        write(quote, into: &out, at: &place)
        write(UInt8(ascii: "\n"), into: &out, at: &place)
    }

    private func user(ofRow row: Int, random number: UInt64) -> Int {
        if everyoneAppears {
            let slot = slots[row]
            if slot < users { return slot }
        }
        return popularity.pick(number >> 32, of: users)
    }

    private func write(_ byte: UInt8?, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        guard let byte else { return }
        out[place] = byte
        place += 1
    }
}

/// How often users are active.
enum UserPopularity: String, CaseIterable, Sendable {
    /// All alike.
    case uniform
    /// A few do much and most do little: the busiest hundredth makes a sixth of the rows or more.
    case skewed

    /// A user for a random number of 32 bits.
    fileprivate func pick(_ random: UInt64, of users: Int) -> Int {
        var share = random
        if self == .skewed {
            // The cube of a number in 0..<1 lies mostly near 0.
            share = (share * random) >> 32
            share = (share * random) >> 32
        }
        // Below 2^62, since users are at most a billion.
        return Int(truncatingIfNeeded: (share * UInt64(users)) >> 32)
    }
}

/// The actions and how often each happens, in 256ths.
private enum UserActionShares {
    static let names = ["READ", "UPDATE", "CREATE", "DELETE"]

    /// The place in `names` for a random byte.
    static func index(_ random: UInt8) -> Int {
        switch random {
        case 0..<154: 0
        case 154..<205: 1
        case 205..<243: 2
        default: 3
        }
    }
}
