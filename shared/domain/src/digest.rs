//! One digest for "the same content": of fetched states, addresses and guests.

use sha2::{Digest as _, Sha256};

/// Lower-case hex SHA-256 over the parts, each preceded by its length so that no two lists collide.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// [`digest`] of texts, cut to its first 32 hex digits: enough for an external id.
pub fn short_digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = digest(parts.into_iter().map(str::as_bytes));
    text.truncate(32);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_letter_between_parts_changes_the_digest() {
        assert_ne!(short_digest(["ab", "c"]), short_digest(["a", "bc"]));
        assert_eq!(short_digest(["ab", "c"]), short_digest(["ab", "c"]));
    }
}
