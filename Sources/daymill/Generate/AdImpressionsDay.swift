import DaymillCore

/// The rows of one day of made-up ad impressions, any range of them in any order.
///
/// Row r of ROWS rows is made from r alone:
///
///     slot       = a scramble of r within 0..<ROWS
///     impression = slot, when slot < DISTINCT: so every impression has a row; else one drawn from random number r
///
/// and everything else from the impression alone: rows of one impression are equal, as when a server sends a batch twice.
/// Only integers take part, so the bytes are the same on every machine.
struct AdImpressionsDay: RowMaker {
    static let header = "IMPRESSION_ID,IMPRESSION_DATETIME,CAMPAIGN_ID,COUNTRY,DEVICE\n"

    /// No row is longer: id, date and time, campaign, country, device, four commas, a newline.
    static let rowBytesMax = 36 + 19 + 6 + 2 + 7 + 5

    private let distinct: Int
    private let campaigns: Int
    private let random: SplitMix64
    /// The ids' second half.
    private let ids: SplitMix64
    private let slots: IndexPermutation
    private let date: ByteTable
    private let twoDigits = ByteTable((0..<100).map { zeroPadded($0, 2) })
    private let hexadecimals = ByteTable((0..<256).map { hexadecimal($0) })
    private let countries = ByteTable("DE FR IT ES NL PL SE AT CH BE CZ PT DK FI IE NO")
    private let devices = ByteTable("mobile mobile mobile mobile desktop desktop tablet tv")

    init(_ generator: AdImpressionsGenerator) {
        distinct = generator.distinct
        campaigns = generator.campaigns
        let day = SplitMix64.mix(UInt64(bitPattern: Int64(generator.day.daysSinceEpoch)))
        random = SplitMix64(seed: SplitMix64.mix(generator.seed ^ day))
        ids = SplitMix64(seed: SplitMix64.mix(random.seed))
        slots = IndexPermutation(count: generator.rows, seed: random.seed)
        date = ByteTable([",\(generator.day) "])
    }

    func write(rows: Range<Int>, into buffer: inout [UInt8]) -> Int {
        var out = buffer.mutableSpan
        var place = 0
        for row in rows { write(impression(ofRow: row), into: &out, at: &place) }
        return place
    }

    private func impression(ofRow row: Int) -> Int {
        let slot = slots[row]
        if slot < distinct { return slot }
        return scaled(random.value(at: UInt64(row)) >> 32, to: distinct)
    }

    private func write(_ impression: Int, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        // No two impressions share the first half.
        let number = random.value(at: UInt64(impression) | 1 << 40)
        writeID(number, ids.value(at: UInt64(impression)), into: &out, at: &place)
        date.write(0, into: &out, at: &place)
        let facts = SplitMix64.mix(number)
        writeTime(second: scaled(facts & 0xFFFF_FFFF, to: 86_400), into: &out, at: &place)
        write(UInt8(ascii: ","), into: &out, at: &place)
        writeCampaign(facts >> 32, into: &out, at: &place)
        write(UInt8(ascii: ","), into: &out, at: &place)
        let more = SplitMix64.mix(facts)
        countries.write(Int(truncatingIfNeeded: more & 15), into: &out, at: &place)
        write(UInt8(ascii: ","), into: &out, at: &place)
        devices.write(Int(truncatingIfNeeded: more >> 4 & 7), into: &out, at: &place)
        write(UInt8(ascii: "\n"), into: &out, at: &place)
    }

    /// Sixteen bytes as `0f9a1c55-6b1d-4a3e-9c07-5d2e8f10ab34`.
    private func writeID(_ high: UInt64, _ low: UInt64, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        for byte in 0..<16 {
            if byte == 4 || byte == 6 || byte == 8 || byte == 10 { write(UInt8(ascii: "-"), into: &out, at: &place) }
            let half = byte < 8 ? high : low
            hexadecimals.write(Int(truncatingIfNeeded: half >> UInt64(56 - byte % 8 * 8) & 255), into: &out, at: &place)
        }
    }

    private func writeTime(second: Int, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        twoDigits.write(second / 3600, into: &out, at: &place)
        write(UInt8(ascii: ":"), into: &out, at: &place)
        twoDigits.write(second / 60 % 60, into: &out, at: &place)
        write(UInt8(ascii: ":"), into: &out, at: &place)
        twoDigits.write(second % 60, into: &out, at: &place)
    }

    /// Campaigns are numbered from 1001; some have many impressions, most have few.
    private func writeCampaign(_ random: UInt64, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        let number = 1001 + scaled((random * random) >> 32, to: campaigns)
        var power = 100_000
        while power > number { power /= 10 }
        while power > 0 {
            write(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10), into: &out, at: &place)
            power /= 10
        }
    }

    private func write(_ byte: UInt8, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        out[place] = byte
        place += 1
    }
}

/// A random number of 32 bits as a number below a limit of at most 31 bits.
private func scaled(_ random: UInt64, to limit: Int) -> Int {
    Int(truncatingIfNeeded: (random * UInt64(limit)) >> 32)
}

private func hexadecimal(_ byte: Int) -> String {
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
}
