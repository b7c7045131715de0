//! External ids: the key that makes a `load` claim, guard and probe in one.

use causeway_domain::StoreId;
use std::fmt;

/// `__causeway__.<store>_<kind>_<id>`, with `_<line>` behind it for a child.
///
/// The part before the dot is Odoo's "module"; it is no installed one, so that no module upgrade
/// touches the record. In every other part only `[A-Za-z0-9-]` stay and each other byte becomes
/// `~xx`, so that `_` only ever separates and no two inputs give one id. Odoo refuses blanks in it
/// (check constraint `ir_model_data_name_nospaces`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ExternalId(String);

impl ExternalId {
    /// The id of one document: `kind` such as `order` or `partner`, `id` the platform's id of it.
    pub fn new(store: &StoreId, kind: &str, id: &str) -> Self {
        Self(format!("__causeway__.{}_{}_{}", escape(store.as_str()), escape(kind), escape(id)))
    }

    /// The id of a child of this document, such as an order line.
    pub fn line(&self, line: &str) -> Self {
        Self(format!("{}_{}", self.0, escape(line)))
    }

    /// The text for the `id` column.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0
    }
}

fn escape(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("~{byte:02x}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_read_as_they_should() {
        let order = ExternalId::new(&"acme-be".into(), "order", "gid://shopify/Order/1001");
        assert_eq!(order.as_str(), "__causeway__.acme-be_order_gid~3a~2f~2fshopify~2fOrder~2f1001");
        assert_eq!(order.line("7").to_string(), format!("{order}_7"));
    }

    #[test]
    fn a_line_is_never_taken_for_a_document() {
        let store = "s".into();
        let line = ExternalId::new(&store, "order", "1").line("2");
        assert_ne!(line, ExternalId::new(&store, "order", "1_2"));
        assert_ne!(line, ExternalId::new(&store, "order_1", "2"));
    }

    proptest! {
        /// Two different inputs never meet in one id, and Odoo's separators never appear.
        #[test]
        fn no_collisions(
            a in ("[a-z_~.0-9 ]{0,4}", "\\PC{0,4}", "\\PC{0,8}", proptest::option::of("\\PC{0,4}")),
            b in ("[a-z_~.0-9 ]{0,4}", "\\PC{0,4}", "\\PC{0,8}", proptest::option::of("\\PC{0,4}")),
        ) {
            let make = |(store, kind, id, line): &(String, String, String, Option<String>)| {
                let document = ExternalId::new(&StoreId::new(store.as_str()), kind, id);
                line.as_ref().map_or(document.clone(), |line| document.line(line))
            };
            let (first, second) = (make(&a), make(&b));
            prop_assert_eq!(first == second, a == b);
            let name = first.as_str().strip_prefix("__causeway__.").unwrap_or(".");
            prop_assert!(!name.contains('.') && !name.contains(char::is_whitespace));
        }
    }
}
