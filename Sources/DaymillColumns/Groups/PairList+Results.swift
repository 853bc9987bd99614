/// Results that are computed from the pairs of each group. All take the list of the main groups and the position of the
/// partial with their stretches; a group without pairs is NULL.
extension PairList {
    /// The value at a fraction of the rows: the first, in order, that has at least the fraction of all rows up to it.
    package func discretePercentiles(
        _ groups: GroupList, _ range: Range<Int>, stretch partial: Int, _ fraction: Double, descending: Bool,
        into v: Vector, arena: TextArena
    ) {
        each(groups, range, partial, v) { row, stretch in
            let pair = pair(at: fraction, stretch, descending: descending)
            take(pair, stretch, into: v, row, arena)
        }
    }

    /// The same of bucketed doubles: the middle of the bucket.
    package func bucketPercentiles(
        _ groups: GroupList, _ range: Range<Int>, stretch partial: Int, _ fraction: Double, into v: Vector
    ) {
        let bucket = Vector(.int64, capacity: 1), arena = TextArena()
        bucket.count = 1
        each(groups, range, partial, v) { row, stretch in
            take(pair(at: fraction, stretch, descending: false), stretch, into: bucket, 0, arena)
            v.doubles[row] = Buckets.value(of: bucket.int64s[0])
        }
    }

    private func pair(at fraction: Double, _ stretch: Stretch, descending: Bool) -> Int {
        let rows = rows(stretch)
        let rank = UInt64(max(1, (fraction * Double(rows)).rounded(.up))) - 1
        return pair(ofRank: descending ? rows - 1 - rank : rank, stretch)
    }

    /// Between the two rows nearest to a fraction: at p (n - 1) rows from the first, computed in doubles.
    ///
    /// - Parameter scale: of decimals.
    package func continuousPercentiles(
        _ groups: GroupList, _ range: Range<Int>, stretch partial: Int, _ fraction: Double, descending: Bool,
        scale: Int,
        into v: Vector
    ) {
        let value = Vector(valueForm, capacity: 1), arena = TextArena()
        value.count = 1
        let powers = RoundedQuotient.powerOfTen(scale)
        func double(_ rank: UInt64, _ stretch: Stretch, _ rows: UInt64) -> Double {
            take(pair(ofRank: descending ? rows - 1 - rank : rank, stretch), stretch, into: value, 0, arena)
            return PairList.double(value, powers)
        }
        each(groups, range, partial, v) { row, stretch in
            let rows = rows(stretch)
            let place = fraction * Double(rows - 1)
            let first = double(UInt64(place.rounded(.down)), stretch, rows)
            let second = double(UInt64(place.rounded(.up)), stretch, rows)
            let part = place - place.rounded(.down)
            v.doubles[row] = first == second || part == 0 ? first : first + part * (second - first)
        }
    }

    private static func double(_ value: Vector, _ powers: [UInt64]) -> Double {
        switch value.form {
        case .double: value.doubles[0]
        case .int128: RoundedQuotient.of(value.int128s[0], divisors: powers)
        default: Double(value.int64s[0])
        }
    }

    /// The most frequent value; of several the first in order.
    package func modes(
        _ groups: GroupList, _ range: Range<Int>, stretch partial: Int, descending: Bool, into v: Vector,
        arena: TextArena
    ) {
        each(groups, range, partial, v) { row, stretch in
            var best = stretch.first
            for i in stretch.first..<stretch.first + stretch.count {
                if word(i) > word(best) || descending && word(i) == word(best) { best = i }
            }
            take(best, stretch, into: v, row, arena)
        }
    }

    /// Estimates of the number of distinct values; 0 for a group without pairs.
    package func estimates(_ groups: GroupList, _ range: Range<Int>, stretch partial: Int, into v: Vector) {
        groups.begin(v, range)
        for row in 0..<range.count {
            let stretch = stretch(groups.words(range.lowerBound + row, partial))
            var multiplicities = [Int](repeating: 0, count: Registers.rest + 2)
            multiplicities[0] = Registers.count - 8 * stretch.count
            for i in stretch.first..<stretch.first + stretch.count {
                let word = word(i)
                for lane in 0..<8 { multiplicities[Int(word >> UInt64(lane * 8)) & 0xff] += 1 }
            }
            v.int64s[row] = Registers.estimate(multiplicities)
        }
    }

    /// Sums over distinct values, as the partials of sums over all rows are read: false when a decimal does not fit.
    package func distinctSums(_ groups: GroupList, _ range: Range<Int>, stretch partial: Int, into v: Vector) -> Bool {
        var fits = true
        let value = Vector(valueForm, capacity: 1), memory = TextArena()
        each(groups, range, partial, v) { row, stretch in
            sum(stretch, value, memory) { w, kind in
                switch kind {
                case .sumInt64: v.int128s[row] = StateUpdate.int128(w)
                case .sumInt128:
                    fits = fits && GroupList.fits38(w)
                    v.int128s[row] = StateUpdate.int128(w)
                default: v.doubles[row] = CompactSum.quotient(w, by: 1)
                }
            }
        }
        return fits
    }

    /// Averages over distinct values.
    package func distinctAverages(
        _ groups: GroupList, _ range: Range<Int>, stretch partial: Int, scale: Int, into v: Vector
    ) {
        let powers = RoundedQuotient.powerOfTen(scale), value = Vector(valueForm, capacity: 1), memory = TextArena()
        each(groups, range, partial, v) { row, stretch in
            sum(stretch, value, memory) { w, kind in
                v.doubles[row] = GroupList.average(w, kind, rows: UInt64(stretch.count), powers)
            }
        }
    }

    /// The sum of the values of a stretch in the words of a partial.
    private func sum(
        _ stretch: Stretch, _ value: Vector, _ memory: TextArena,
        _ use: (UnsafeMutablePointer<UInt64>, PartialKind) -> Void
    ) {
        let kind: PartialKind = valueForm == .int64 ? .sumInt64 : valueForm == .int128 ? .sumInt128 : .sumDouble
        memory.reset()
        value.count = 1
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: kind.words) { words in
            let w = words.baseAddress.unsafelyUnwrapped
            w.update(repeating: 0, count: kind.words)
            for i in stretch.first..<stretch.first + stretch.count {
                take(i, stretch, into: value, 0, memory)
                switch kind {
                case .sumInt64: StateUpdate.addInt64(value.int64s[0], to: w)
                case .sumInt128: StateUpdate.addInt128(value.int128s[0], to: w)
                default: CompactSum.add(value.doubles[0], to: w, memory)
                }
            }
            use(w, kind)
        }
    }

    private func each(
        _ groups: GroupList, _ range: Range<Int>, _ partial: Int, _ v: Vector, _ body: (Int, Stretch) -> Void
    ) {
        groups.begin(v, range)
        for row in 0..<range.count {
            let stretch = stretch(groups.words(range.lowerBound + row, partial))
            guard stretch.count > 0 else {
                if v.form == .text { v.setText(row, UnsafePointer(Vector.nothing), 0) }
                v.setNull(row, true)
                continue
            }
            v.setNull(row, false)
            body(row, stretch)
        }
    }
}
