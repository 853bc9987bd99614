/// E-mail addresses of made-up users: `anna.petrov17@mail.ru`, 13 to 30 bytes, a different one for every number.
///
///     number   bits 0-5       6-11           12-14          from 15
///              first name     last name      domain         digits, none when 0
///
/// The separator between the names is drawn from the number too. Names hold letters only, so an address spells its number
/// and two numbers never share one.
struct UserNames: Sendable {
    /// How many users there can be: five digits are never passed.
    static let countMax = 1_000_000_000
    /// The longest address.
    static let bytesMax = 30

    private let firstNames = ByteTable(
        """
        anna ivan maria oleg elena pavel olga denis irina roman vera anton julia maxim daria kirill sofia egor alina
        ilya polina artem ksenia timur emma liam noah mia lucas nora felix clara jonas lena paul laura max eva leo ida
        hugo alice jules zoe louis marco sara luca giulia pedro ana diego lucia omar leila amir yuki kenji mei wei
        ravi priya arjun noor
        """)
    private let lastNames = ByteTable(
        """
        ivanov petrov sidorov volkov orlov popov lebedev kozlov morozov novikov pavlov zaitsev belov gromov titov
        frolov smith jones brown taylor wilson evans walker wright green baker adams nelson carter murphy cooper ward
        muller weber wagner becker hoffman koch richter klein wolf lang martin bernard dubois moreau laurent simon
        rossi russo ferrari bianchi garcia lopez sanchez torres silva costa tanaka suzuki chen wang kumar singh
        """)
    private let domains = ByteTable(
        "@gmail.com @mail.ru @ya.ru @yandex.ru @outlook.de @yahoo.com @proton.me @icloud.com")
    private let separators = Array(".._-".utf8)
    private let order: IndexPermutation

    /// - Parameter count: How many users, from 1 to `countMax`.
    init(count: Int, seed: UInt64) {
        assert(firstNames.count == 64)
        assert(lastNames.count == 64)
        assert(domains.count == 8)
        // Few users are drawn from many addresses, so that they too have varied names.
        order = IndexPermutation(count: max(count, 1 << 19), seed: seed)
    }

    /// Writes the address of a user at a place of a buffer, and moves the place behind it.
    func write(_ user: Int, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        let number = order[user]
        firstNames.write(number & 63, into: &out, at: &place)
        out[place] = separators[(number ^ (number >> 7)) & 3]
        place += 1
        lastNames.write((number >> 6) & 63, into: &out, at: &place)
        writeDigits(number >> 15, into: &out, at: &place)
        domains.write((number >> 12) & 7, into: &out, at: &place)
    }

    private func writeDigits(_ number: Int, into out: inout MutableSpan<UInt8>, at place: inout Int) {
        var power = 10_000
        while power > number { power /= 10 }
        while power > 0 {
            out[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10)
            place += 1
            power /= 10
        }
    }
}
