//! The few words that may be taken out of an Odoo message: names of the schema and texts of Odoo
//! itself. Everything else in a message can be customer data and stays out of faults and logs.

/// Odoo's own sentences (English, complete) that name nothing but rules.
const KNOWN: &[&str] = &[
    "Some orders are not in a state requiring confirmation.",
    "Some order lines are missing a product, you need to correct them before going further.",
    "You cannot cancel a locked order. Please unlock it first.",
    "You cannot change the pricelist of a confirmed order !",
    "The ordered quantity of a sale order line cannot be decreased below the amount already delivered. Instead, create a return in your inventory.",
    "Access to unauthorized or invalid companies.",
    "Contacts require a name",
    "The entry is not balanced.",
    "Nothing to check the availability for.",
    "You are trying to reconcile some entries that are already reconciled.",
    "Invalid apikey",
];

/// The start of Odoo's sentence about removing a line; it goes on over several lines.
const LINE_REMOVAL: &str = "Once a sales order is confirmed, you can't remove one of its lines";

/// The Python exception if it is one of the classes that Odoo raises, else `an exception`.
pub(crate) fn exception(name: &str) -> &str {
    let modules = ["odoo.", "builtins.", "werkzeug.", "psycopg2.", "json."];
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'_';
    let fits = name.len() <= 60
        && name.bytes().all(plain)
        && modules.iter().any(|module| name.starts_with(module));
    if fits { name } else { "an exception" }
}

/// What may be repeated of a message: a constraint, a field, or one of Odoo's own sentences.
pub(crate) fn detail(message: &str) -> Option<String> {
    let text = message.trim();
    if let Some(name) = constraint(text) {
        return Some(format!("constraint {name}"));
    }
    if let Some(field) = invalid_field(text) {
        return Some(format!("field {field}"));
    }
    if text.starts_with(LINE_REMOVAL) {
        return Some(LINE_REMOVAL.to_owned());
    }
    KNOWN.iter().find(|known| **known == text).map(|known| (*known).to_owned())
}

/// The constraint of a PostgreSQL message: `... unique constraint "sale_order_x_uniq"`. PostgreSQL's
/// part is not translated by Odoo (facts A2). Odoo's constraint names always hold an underscore.
pub(crate) fn constraint(message: &str) -> Option<&str> {
    let first = message.lines().next()?;
    let (_, rest) = first.split_once("constraint \"")?;
    let (name, _) = rest.split_once('"')?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (name.len() <= 63 && name.contains('_') && name.bytes().all(plain)).then_some(name)
}

/// The field of `Invalid field 'mobile' on ...`, `Invalid field name 'x'`, `Invalid field
/// res.partner.mobile in condition ...` and `Wrong value for res.partner.type: ...`.
pub(crate) fn invalid_field(message: &str) -> Option<&str> {
    let rest = ["Invalid field name ", "Invalid field ", "Wrong value for "]
        .iter()
        .find_map(|start| message.strip_prefix(start))?;
    let rest = rest.strip_prefix('\'').unwrap_or(rest);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_./".contains(c);
    let field = rest.split(|c| !plain(c)).next()?.trim_end_matches('.');
    (!field.is_empty() && field.len() <= 80).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_schema_come_out() {
        let unique = "The operation cannot be completed: duplicate key value violates unique constraint \"sale_order_x_platform_uniq\"\nDETAIL:  Key (email)=(jan@example.com) already exists.\n";
        assert_eq!(detail(unique).as_deref(), Some("constraint sale_order_x_platform_uniq"));
        let check = "new row for relation \"sale_order_line\" violates check constraint \"sale_order_line_accountable_required_fields\"\nDETAIL:  Failing row contains (1, Jan).\n";
        assert_eq!(constraint(check), Some("sale_order_line_accountable_required_fields"));
        for (message, field) in [
            ("Invalid field 'mobile' in 'res.partner'", "mobile"),
            ("Invalid field name 'nope'", "nope"),
            (
                "Invalid field res.partner.mobile in condition ('mobile', '=', '1')",
                "res.partner.mobile",
            ),
            ("Wrong value for res.partner.type: 'bogus'", "res.partner.type"),
        ] {
            assert_eq!(invalid_field(message), Some(field), "{message}");
        }
    }

    #[test]
    fn nothing_else_comes_out() {
        for message in [
            "\nThe VAT number [123] for partner [Jan Peeters] does not seem to be valid.",
            "Barcode \"4000000000000\" already assigned to Jan",
            "violates check constraint \"Jan Peeters\"",
            "Record does not exist or has been deleted.\n(Record: res.partner(1,), User: 5)",
        ] {
            assert_eq!(detail(message), None, "{message}");
        }
        assert_eq!(exception("Jan Peeters"), "an exception");
        assert_eq!(
            exception("psycopg2.errors.SerializationFailure"),
            "psycopg2.errors.SerializationFailure"
        );
    }
}
