//! A day at the counter.

use super::Control;
use rust_decimal::Decimal;
use sandbox::platforms::{Coupon, Draft, Phase};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct Fees {
    store: String,
    order: String,
}

/// The `n`-th sale of a day: in the company's currency, paid and handed over. Every third has a tip, every
/// fifth is paid with a gift card (half of it, or all), every second has its taxes inside, half of them are
/// reduced, in percent or by an amount. Of the first line, two can be taken back one by one.
pub fn sold(mut draft: Draft, n: u32) -> Draft {
    draft.counter = true;
    draft.currency = "EUR";
    draft.phase = Phase::Completed;
    // What two taxes are on is sold without them.
    let taxed = draft.lines.iter().any(|line| !line.taxes.is_empty());
    let stacked = draft.lines.iter().any(|line| line.taxes.len() > 1);
    draft.tax_included = taxed && !stacked && n.is_multiple_of(2);
    draft.tip = n.is_multiple_of(3).then(|| Decimal::new(150 + i64::from(n) * 35, 2));
    draft.gift_card_share = match n % 10 {
        1 => Some(50),
        6 => Some(100),
        _ => None,
    };
    draft.coupon = match n % 4 {
        2 => Some(Coupon::Percent(10)),
        3 => Some(Coupon::Amount(Decimal::new(250, 2))),
        _ => None,
    };
    let first = &mut draft.lines[0];
    first.quantity = first.quantity.trunc().max(Decimal::TWO);
    draft
}

impl Control {
    /// The processor tells what it keeps of a sale's payments.
    pub(super) fn fees(&self, asked: &Fees) -> Result<Value, String> {
        let store = self.known(self.store(&asked.store)?, &asked.order)?;
        store.fees_come(&asked.order);
        Ok(json!({"ok": true}))
    }
}
