//! `sale.advance.payment.inv.create`: the wizard's own row.

use super::super::cell::{Cell, Record};
use super::super::env::Env;
use super::super::fail::Answer;
use super::super::orm;
use super::super::seed::Seed;
use super::super::values::{Vals, given};

/// Creates the wizard.
pub fn create(env: &mut Env<'_>, mut vals: Vals) -> Answer<i64> {
    if given(&vals, "advance_payment_method") == Some(&Cell::False) {
        vals.remove("advance_payment_method");
    }
    let orders = env
        .context
        .get("active_ids")
        .and_then(serde_json::Value::as_array)
        .map(|ids| ids.iter().filter_map(serde_json::Value::as_i64).collect())
        .unwrap_or_default();
    let mut row = Record::new();
    for (field, cell) in [
        ("advance_payment_method", Cell::Text("delivered".to_owned())),
        ("consolidated_billing", Cell::True),
        ("company_id", Cell::Ref(Seed::COMPANY)),
        ("sale_order_ids", Cell::Refs(orders)),
    ] {
        row.insert(field.to_owned(), cell);
    }
    let model = env.model("sale.advance.payment.inv")?;
    orm::insert(env, model, vals, row)
}
