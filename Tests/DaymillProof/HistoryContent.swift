import DaymillCore
import DaymillTestKit

/// What files hold.
enum HistoryContent {
    /// A few rows, now and then none; few different ones, so that duplicates are frequent. For sources whose rows carry
    /// their day some belong to other days than the file's.
    static func bytes(_ seed: UInt64, _ slot: HistoryOperation.Slot) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        let shape = HistoryPipelines.shapes[slot.shape]
        var text = random.once(in: 6) && !shape.isJSON ? "k,n,x,t\n" : ""
        for _ in 0..<random.below(6) { text += row(&random, slot, shape) }
        if !text.isEmpty, random.once(in: 8) { text.removeLast() }
        return Array(text.utf8)
    }

    private static func row(
        _ random: inout SeededGenerator, _ slot: HistoryOperation.Slot, _ shape: HistoryPipelines.Shape
    ) -> String {
        let isStrict = shape.naming == .oneOfDay
        if random.once(in: isStrict ? 40 : 15) {
            return random.pick(shape.isJSON ? badObjects : ["bad\n", "a,b,c,d\n", "\n", "a,1,2,2024-02-31\n"])
        }
        let key = random.pick(shape.isJSON ? keys : ["a", "b", "c", "", "\"\"", "é", "\"a,b\"", "a"])
        let number = random.pick(["1", "2", "3", "-4", "", "9223372036854775807"])
        let double = random.pick(["0.1", "1e308", "-1e308", "1e-300", "", "2"])
        let day = shape.day(random.once(in: 3) ? random.below(HistoryWorld.days) : slot.day)
        let time = random.pick(shape.name == "zones" ? zoned : ["00:00:00", "10:30:00", "23:59:59"])
        guard shape.isJSON else { return "\(key),\(number),\(double),\(day) \(time)\n" }
        let members = [
            key.isEmpty ? "\"user\": 3" : "\"user\": {\"k\": \(key)}",
            number.isEmpty ? "\"v\": []" : "\"v\": [\(number), 7]",
            "\"x\":\(double.isEmpty ? "null" : double)", "\"t\":\"\(day)T\(time)\"",
        ]
        let order = random.once(in: 2) ? members : members.reversed()
        return "{\(order.joined(separator: ","))}\n"
    }

    /// As JSON: among them two spellings of one.
    private static let keys = ["\"a\"", "\"b\"", "\"c\"", "", "\"\"", "\"é\"", "\"\\u0061\"", "null", "12"]
    private static let badObjects = ["{\"user\": }\n", "[1]\n", "\n", "{\"v\": [\"x\"]}\n", "{\"t\":\"2024-02-31\"}\n"]
    /// Around the ends of days of Asia/Almaty, by the clock of UTC and by others.
    private static let zoned = ["17:30:00", "18:00:00", "18:59:59", "19:00:00Z", "23:30:00+06", "23:30:00+05:00"]
}
