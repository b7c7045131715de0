//! What a merchant does after the order.
//!
//! - `POST /cancel {"store", "order"}`: cancels it and, if it was paid, gives everything back;
//!   `{"refund": id | null}`
//! - `POST /refund {"store", "order", "lines": [[line, quantity, goods]], "shipping", "amount", "fee",
//!   "of_return", "pending"}`: `{"refund": id}`; goods is `not_sent`, `returned`, `kept`, `unsaid`, and
//!   all but store and order may be missing. With `"rest": goods` everything that is left
//! - `POST /return {"store", "order", "lines": [[line, quantity]]}`: a buyer asks; `{"return": id}`.
//!   With `"return": id, "to": "open" | "closed" | "void"` the merchant decides

use super::Control;
use causeway_domain::{Goods, ReturnState};
use rust_decimal::Decimal;
use sandbox::platforms::{Draft, Fake, Phase, SampleRefund};
use serde::Deserialize;
use serde_json::{Value, json};

/// An order that anything may be refunded of.
pub fn paid(mut draft: Draft) -> Draft {
    draft.phase = Phase::Paid;
    draft.gift_card_share = None;
    draft.lines.retain(|line| !line.gift_card);
    draft.lines[0].quantity = Decimal::from(3);
    with_address(draft)
}

/// An order that is not paid yet.
pub fn pending(mut draft: Draft) -> Draft {
    draft.phase = Phase::Pending;
    with_address(draft)
}

/// Square sells to people without any address; those are the business of the plain orders.
fn with_address(mut draft: Draft) -> Draft {
    draft.delivery.get_or_insert_with(|| draft.billing.clone());
    draft
}

#[derive(Deserialize)]
pub(super) struct Cancel {
    store: String,
    order: String,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    store: String,
    order: String,
    #[serde(default)]
    lines: Vec<(usize, Decimal, Goods)>,
    #[serde(default)]
    shipping: bool,
    amount: Option<Decimal>,
    fee: Option<Decimal>,
    of_return: Option<String>,
    #[serde(default)]
    pending: bool,
    rest: Option<Goods>,
}

#[derive(Deserialize)]
pub(super) struct Back {
    store: String,
    order: String,
    #[serde(default)]
    lines: Vec<(usize, Decimal)>,
    r#return: Option<String>,
    to: Option<ReturnState>,
}

impl Control {
    fn store_of(&self, store: &str, order: &str) -> Result<&Fake, String> {
        self.known(self.store(store)?, order)
    }

    pub(super) fn cancel(&self, asked: &Cancel) -> Result<Value, String> {
        let store = self.store_of(&asked.store, &asked.order)?;
        Ok(json!({"refund": store.cancel(&asked.order, true)}))
    }

    pub(super) fn refund(&self, asked: Refund) -> Result<Value, String> {
        let store = self.store_of(&asked.store, &asked.order)?;
        let settled = !asked.pending;
        let id = match asked.rest {
            Some(goods) => store.refund_rest(&asked.order, goods, settled),
            None => {
                let delivered =
                    store.order(&asked.order).is_some_and(|order| order.draft.shipping.is_some());
                let sample = SampleRefund {
                    lines: asked.lines,
                    shipping: asked.shipping && delivered,
                    amount: asked.amount,
                    fee: asked.fee,
                    settled,
                    of_return: asked.of_return,
                };
                store.refund(&asked.order, sample)
            }
        };
        Ok(json!({"refund": id}))
    }

    pub(super) fn take_back(&self, asked: &Back) -> Result<Value, String> {
        let store = self.store_of(&asked.store, &asked.order)?;
        match (&asked.r#return, asked.to) {
            (Some(id), Some(state)) => {
                store.set_return(&asked.order, id, state);
                Ok(json!({"return": id}))
            }
            (None, None) => Ok(json!({"return": store.request_return(&asked.order, &asked.lines)})),
            (_, _) => Err("return and to belong together".to_owned()),
        }
    }
}
