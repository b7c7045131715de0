//! The last net: takes out of a text what looks like an e-mail address, a card or phone number, or a
//! credential. Our own texts hold none of these by type; this is for texts that came from outside.

mod credentials;
mod numbers;

/// Longest text in a line, in characters. CloudWatch cuts at 256 KB; people stop reading earlier.
const LONGEST_TEXT: usize = 1000;
/// Longest id in a line.
const LONGEST_ID: usize = 128;

/// The text without anything that looks personal or secret, at most 1,000 characters long.
///
/// Replaced: e-mail addresses by `[e-mail]`; card numbers (15 to 19 digits that pass Luhn) by
/// `[number]`; international phone numbers by `[phone]`; values after `token=`, `key=`, `secret=`,
/// `password=`, `signature=` and their JSON forms, bearer and basic tokens, user parts of URLs and
/// texts with a known credential prefix by `[secret]`.
pub fn scrub(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_TEXT).collect();
    let steps: [fn(&str) -> String; 7] = [
        credentials::url_users,
        credentials::assignments,
        credentials::schemes,
        credentials::prefixes,
        emails,
        numbers::cards,
        numbers::phones,
    ];
    steps.iter().fold(cut, |text, step| step(&text))
}

/// An id as it is, if it has the form of one: letters, digits and `/ _ - . : #`, at most 128
/// characters. Anything else is treated as a text. Ids are spared the number rules, since platform
/// ids are long digit runs of which every tenth passes Luhn.
pub fn scrub_id(id: &str) -> String {
    let plain = id.len() <= LONGEST_ID
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-.:#".contains(&b));
    if plain { credentials::prefixes(id) } else { scrub(id) }
}

/// Replaces every maximal word of `is_word` characters for which `judge` names a substitute.
fn replace_words(
    text: &str,
    is_word: impl Fn(char) -> bool,
    judge: impl Fn(&str) -> Option<&'static str>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (gap, tail) = rest.split_at(rest.find(&is_word).unwrap_or(rest.len()));
        let (word, tail) = tail.split_at(tail.find(|c| !is_word(c)).unwrap_or(tail.len()));
        out.push_str(gap);
        out.push_str(judge(word).unwrap_or(word));
        rest = tail;
    }
    out
}

/// Words with an `@` (or its URL form `%40`) between two non-empty parts.
fn emails(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "._%+-'@!#$*^`{|}~".contains(c);
    replace_words(text, is_word, |word| {
        let at = word.find('@').or_else(|| word.find("%40"))?;
        let (local, domain) = word.split_at(at);
        let domain = domain.trim_start_matches('@').trim_start_matches("%40");
        (!local.is_empty() && domain.starts_with(char::is_alphanumeric)).then_some("[e-mail]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_and_credentials_go() {
        let cases = [
            ("no partner for ada@example.com", "no partner for [e-mail]"),
            ("to <ada.l+shop@mail.example.co.uk>.", "to <[e-mail]>."),
            ("?email=ada%40example.com", "?email=[e-mail]"),
            ("jürgen@bücher.example", "[e-mail]"),
            ("paid with 4111111111111111.", "paid with [number]."),
            ("paid with 4111 1111 1111 1111", "paid with [number]"),
            ("paid with 3782-822463-10005", "paid with [number]"),
            ("call +49 (170) 123-4567 now", "call [phone] now"),
            ("call +491701234567", "call [phone]"),
            ("Bearer eyJhbGciOi.J9-x_1", "Bearer [secret]"),
            ("authorization: basic Y2tfMTpjc18y", "authorization: basic [secret]"),
            ("GET /api?ws_key=ABC123&x=1", "GET /api?ws_key=[secret]&x=1"),
            ("oauth_signature=\"a%2Bb\", next", "oauth_signature=\"[secret]\", next"),
            (r#"{"access_token":"abc","id":"7"}"#, r#"{"access_token":"[secret]","id":"7"}"#),
            (r#"{"password" : "it \"is\""}"#, r#"{"password" : "[secret]"}"#),
            ("https://ck_user:cs_pass@shop.example/x", "https://[secret]@shop.example/x"),
            ("got shpat_0123456789abcdef0123", "got [secret]"),
        ];
        for (dirty, clean) in cases {
            assert_eq!(scrub(dirty), clean);
        }
    }

    #[test]
    fn what_people_need_to_act_stays() {
        let texts = [
            "order acme/5678901234567: total 119.00 EUR, Odoo says 119.01 EUR",
            "waiting for product:SKU-4006381333931: no product has this code",
            "waiting for credentials:causeway/acme/shopify: the secret does not exist",
            "variant 44123456789012 has no tax 'VAT 19%'; map it under [stores.acme.tax]",
            "outcome of sale.order/load unknown: timed out after 130 s",
            "gid://shopify/Order/820982911946154508",
            "since 2026-11-22T10:00:00+01:00, difference +12000000.00 IDR",
            "a key: missing; bearer authentication is needed; basic setup",
            "sale order 1001 2002 3003",
        ];
        for text in texts {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn ids_keep_their_digits_and_lose_everything_else() {
        assert_eq!(scrub_id("order/4111111111111111"), "order/4111111111111111");
        assert_eq!(scrub_id("ada@example.com"), "[e-mail]");
        assert_eq!(scrub_id("shpat_0123456789abcdef0123"), "[secret]");
        assert!(scrub_id(&"x y".repeat(1000)).len() <= LONGEST_TEXT);
    }

    #[test]
    fn hostile_texts_do_not_break_it() {
        for text in ["@", "=", "\"", "://", "+", "a@", "@b", "ä=ö@ü://\u{0}", "\":\"", "key="] {
            scrub(text);
        }
        assert_eq!(scrub(&"é".repeat(5000)).chars().count(), LONGEST_TEXT);
    }
}
