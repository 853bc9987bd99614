/// The word among `candidates` that somebody who wrote `word` most likely meant, or nil when none is close.
///
/// Closeness is the number of letters to add, drop, change or swap with their neighbour, upper and lower case being the
/// same; a third of the word's letters may be wrong, at least one, and a candidate that the word abbreviates by half or
/// more (`delim` for `delimiter`) is close too. Among equals the first candidate wins.
public func nearestWord(to word: String, in candidates: some Sequence<String>) -> String? {
    let letters = Array(word.lowercased())
    guard !letters.isEmpty else { return nil }
    let allowed = max(1, letters.count / 3)
    var best: (word: String, distance: Int)?
    for candidate in candidates {
        let other = Array(candidate.lowercased())
        let distance = abbreviates(letters, other) ? 1 : editDistance(letters, other)
        guard distance <= allowed, distance < min(other.count, letters.count) || letters == other else { continue }
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
}

private func abbreviates(_ short: [Character], _ long: [Character]) -> Bool {
    short.count >= 3 && short.count < long.count && short.count * 2 >= long.count && long.starts(with: short)
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. O(a × b).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 1...a.count {
        var current = [i] + [Int](repeating: 0, count: b.count)
        for j in 1...b.count {
            let change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            current[j] = min(change, previous[j] + 1, current[j - 1] + 1)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                current[j] = min(current[j], beforePrevious[j - 2] + 1)
            }
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
}
