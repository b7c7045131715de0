//! Card and phone numbers, told from ids and amounts.

use super::replace_words;

/// Card numbers: 15 to 19 digits that pass Luhn, in one run or in the groups that cards print.
///
/// Thirteen and fourteen digits are left alone: that is what Shopify ids, EAN and GTIN look like,
/// and no card is issued with 13 any more. GraphQL ids (`gid://...`) are left alone as well.
pub(super) fn cards(text: &str) -> String {
    // A path like gid://shopify/Order/8209... is one word here, so its digits are never judged.
    let is_word = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
    let joined = join_groups(text);
    replace_words(&joined, is_word, |word| {
        let bare: Vec<u8> = word.bytes().filter(u8::is_ascii_digit).collect();
        let only_digits = word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        (only_digits && (15..=19).contains(&bare.len()) && grouped_like_a_card(word) && luhn(&bare))
            .then_some("[number]")
    })
}

/// Groups as printed on cards: one run, 4-4-4-4(-3), 4-6-5 or 4-6-4.
fn grouped_like_a_card(word: &str) -> bool {
    let groups: Vec<usize> = word.split('-').map(str::len).collect();
    matches!(groups.as_slice(), [_] | [4, 4, 4, 4] | [4, 4, 4, 4, 3] | [4, 6, 5])
}

/// Turns `dddd dddd dddd dddd` into `dddd-dddd-dddd-dddd`, only if the joined groups make a card.
fn join_groups(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        let joined = [5, 4, 3].iter().find_map(|&count| {
            let (groups, tail) = rest.split_at_checked(count)?;
            let card = groups.join("-");
            let end = card.trim_end_matches(|c: char| !c.is_ascii_digit());
            let digits: Vec<u8> = end.bytes().filter(u8::is_ascii_digit).collect();
            let fits = end.bytes().all(|b| b.is_ascii_digit() || b == b'-')
                && end.contains('-')
                && grouped_like_a_card(end)
                && luhn(&digits);
            fits.then_some((card, tail))
        });
        match joined {
            Some((card, tail)) => {
                out.push(card);
                rest = tail;
            }
            None => {
                out.push((*first).to_owned());
                rest = tail;
            }
        }
    }
    out.join(" ")
}

/// The checksum of ISO/IEC 7812-1.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// International phone numbers: `+`, then 8 to 15 digits (E.164) with the usual separators.
pub(super) fn phones(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        // After a letter or digit it is a time zone or part of a longer token.
        let alone = !head.ends_with(char::is_alphanumeric);
        match if alone { phone_length(tail) } else { None } {
            Some(length) => {
                out.push_str("[phone]");
                rest = tail.get(length..).unwrap_or_default();
            }
            None => {
                out.push('+');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Bytes of the phone number that `text` begins with, `+` included. An amount (`+12000000.00`) is none.
fn phone_length(text: &str) -> Option<usize> {
    let mut digits = 0;
    let mut end = 1;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '0'..='9' => {
                digits += 1;
                end = at + 1;
            }
            ' ' | '-' | '(' | ')' | '/' => {}
            _ => break,
        }
    }
    let mut after = text.get(end..)?.chars();
    let amount = after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit());
    ((8..=15).contains(&digits) && !amount).then_some(end)
}
