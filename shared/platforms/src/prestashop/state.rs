//! What an order state means. States are rows that a merchant can add to, so a state is judged by the
//! store's own map, then by the core's ids, then by the mail template and flags of its row.

use causeway_domain::{Fault, Standing};
use serde_json::{Map, Value};

use super::rows::Row;
use crate::status;

/// The core's states of 8.2 that cannot be removed, so that their ids are the same everywhere.
const CORE: &[(&str, Standing)] = &[
    ("1", Standing::Quotation),  // awaiting check payment
    ("2", Standing::Confirmed),  // payment accepted
    ("3", Standing::Confirmed),  // processing in progress
    ("4", Standing::Confirmed),  // shipped
    ("5", Standing::Confirmed),  // delivered
    ("6", Standing::Cancelled),  // canceled
    ("7", Standing::Confirmed),  // refunded: sold, then given back (STORES, PrestaShop 3)
    ("8", Standing::Ignore),     // payment error
    ("9", Standing::Confirmed),  // on backorder (paid)
    ("10", Standing::Quotation), // awaiting bank wire payment
    ("11", Standing::Confirmed), // remote payment accepted
    ("12", Standing::Quotation), // on backorder (not paid)
];

/// Mail templates of the core and its payment modules; whether `outofstock` is paid, its flag tells.
const TEMPLATES: &[(&str, Standing)] = &[
    ("cheque", Standing::Quotation),
    ("bankwire", Standing::Quotation),
    ("cashondelivery", Standing::Quotation),
    ("payment", Standing::Confirmed),
    ("preparation", Standing::Confirmed),
    ("shipped", Standing::Confirmed),
    ("refund", Standing::Confirmed),
    ("order_canceled", Standing::Cancelled),
    ("payment_error", Standing::Ignore),
];

/// The standing of an order in the state `id`; `row` is the state's own row, if it was answered.
pub(super) fn standing(
    options: &Map<String, Value>,
    id: &str,
    row: Option<&Row>,
    language: &str,
) -> Result<Standing, Fault> {
    let default = row.and_then(|row| default(id, row, language));
    // An order without any state is still being made by the payment module.
    let default = if id == "0" { Some(Standing::Ignore) } else { default };
    let known: Vec<(&str, Standing)> = default.map(|standing| (id, standing)).into_iter().collect();
    status::standing(&known, options, id).map_err(|fault| match (fault, row) {
        (Fault::Reject { reason, fix }, Some(row)) => {
            let name = row.fields.translated("name", language);
            Fault::Reject { reason: format!("{reason} (order state {name:?})"), fix }
        }
        (fault, _) => fault,
    })
}

fn default(id: &str, row: &Row, language: &str) -> Option<Standing> {
    let find = |table: &[(&str, Standing)], word: &str| {
        table.iter().find(|(known, _)| *known == word).map(|(_, standing)| *standing)
    };
    let core = if row.flag("unremovable") { find(CORE, id) } else { None };
    core.or_else(|| find(TEMPLATES, row.fields.translated("template", language)))
        .or_else(|| (row.flag("paid") || row.flag("shipped")).then_some(Standing::Confirmed))
}
