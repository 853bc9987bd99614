/// Text inside of markup.
enum MarkupText {
    /// For HTML, between tags and inside of quoted attributes.
    static func html(_ text: String) -> String {
        escaped(text, ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"])
    }

    /// For Telegram, and for Slack, which knows these three and no others.
    static func angles(_ text: String) -> String {
        escaped(text, ["&": "&amp;", "<": "&lt;", ">": "&gt;"])
    }

    /// Over scalars: a combining mark after a `<` does not hide it.
    private static func escaped(_ text: String, _ table: [Unicode.Scalar: String]) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            if let name = table[scalar] { out += name } else { out.unicodeScalars.append(scalar) }
        }
        return out
    }
}
