//! Credentials by where they stand or how they begin.

use super::replace_words;

const HIDDEN: &str = "[secret]";
/// Endings of the names whose values are credentials.
const NAMES: [&str; 8] =
    ["key", "token", "secret", "password", "passwd", "signature", "authorization", "hmac"];
/// How credentials of the platforms and of AWS begin.
const PREFIXES: [&str; 11] =
    ["shpat_", "shpss_", "shpca_", "shppa_", "shprt_", "ck_", "cs_", "EAAA", "sq0", "AKIA", "ASIA"];
/// Shortest word that is taken for a credential by its prefix.
const SHORTEST: usize = 16;

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn names_a_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|ending| name.ends_with(ending))
}

/// `https://user:password@host` -> `https://[secret]@host`.
pub(super) fn url_users(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("://") {
        let authority = tail.find(|c: char| "/?# \"'<>".contains(c)).unwrap_or(tail.len());
        let (authority, tail) = tail.split_at(authority);
        out.push_str(head);
        out.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                out.push_str(HIDDEN);
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `name=value` with a credential's name, quoted or not, and `"name": "value"`.
pub(super) fn assignments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':']) {
        let (head, tail) = rest.split_at(at);
        let mut signs = tail.chars();
        let sign = signs.next().unwrap_or('=');
        let tail = signs.as_str();
        out.push_str(head);
        out.push(sign);
        rest = tail;
        let before = head.trim_end();
        let quoted = before.ends_with(['"', '\'']);
        let name = before.trim_end_matches(['"', '\'']);
        let start = name.rfind(|c| !is_name(c)).map_or(0, |i| i + next_char_len(name, i));
        if !names_a_credential(name.get(start..).unwrap_or_default()) || (sign == ':' && !quoted) {
            continue;
        }
        rest = hide_value(tail, &mut out);
    }
    out.push_str(rest);
    out
}

fn next_char_len(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8)
}

/// Writes the start of the value (space, quote) and the substitute; returns what follows the value.
fn hide_value<'a>(tail: &'a str, out: &mut String) -> &'a str {
    let value = tail.trim_start();
    out.push_str(tail.get(..tail.len() - value.len()).unwrap_or_default());
    let mut inner = value.chars();
    match inner.next() {
        Some(quote @ ('"' | '\'')) => {
            out.push(quote);
            out.push_str(HIDDEN);
            let inner = inner.as_str();
            inner.get(closing_quote(inner, quote)..).unwrap_or_default()
        }
        Some(_) => {
            let end = value.find(|c: char| c.is_whitespace() || "&\"',;)}]".contains(c));
            let end = end.unwrap_or(value.len());
            out.push_str(if end == 0 { "" } else { HIDDEN });
            value.get(end..).unwrap_or_default()
        }
        None => value,
    }
}

/// Byte index of the closing quote, skipping escaped ones; the end if there is none.
fn closing_quote(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// `Bearer x` and `Basic x`, where x looks like a token and not like a word of our own text.
pub(super) fn schemes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_scheme = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if after_scheme && looks_like_token(word) {
            out.push_str(HIDDEN);
            out.push_str(piece.get(word.len()..).unwrap_or_default());
        } else {
            out.push_str(piece);
        }
        let scheme = word.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        after_scheme = ["bearer", "basic", "oauth"].iter().any(|s| tail_is(scheme, s))
            || (after_scheme && word.is_empty());
    }
    out
}

/// True if the word is the scheme, or ends in it after a sign: `"authorization":"Bearer`.
fn tail_is(word: &str, scheme: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.strip_suffix(scheme).is_some_and(|head| !head.ends_with(|c: char| c.is_alphanumeric()))
}

fn looks_like_token(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.bytes().any(|b| test(&b));
    let inner_capital = word.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    word.len() >= 6
        && (has(u8::is_ascii_digit)
            || word.contains('=')
            || (has(u8::is_ascii_lowercase) && inner_capital)
            || word.len() >= 24)
}

/// Words that begin like a credential we know.
pub(super) fn prefixes(text: &str) -> String {
    replace_words(text, is_name, |word| {
        (word.len() >= SHORTEST && PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
            .then_some(HIDDEN)
    })
}
