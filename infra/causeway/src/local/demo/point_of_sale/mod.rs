//! A day at the counter: a Square store whose sales become journal entries, with fees and refunds that
//! come later.

mod check;
mod day;
mod stock;

pub use check::audit;

use super::sandbox::Sandbox;
use super::script::{Act, Order, Role};
use crate::report::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

/// Accounts and journal of a point of sale, as ids of Odoo.
#[derive(Clone, Debug, Deserialize)]
pub struct Chart {
    /// Of its entries and of nothing else.
    pub journal: i64,
    /// Of money that the processor owes.
    pub clearing: i64,
    /// Of what is owed to holders of gift cards.
    pub gift_cards: i64,
    /// Of the processor's fees.
    pub fees: i64,
    /// Of tips.
    pub tips: i64,
    /// Of income.
    pub income: Vec<i64>,
    /// Its stock's location.
    pub stock: i64,
    /// IANA name: where it is midnight when a day ends.
    pub time_zone: String,
}

/// What becomes of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sale {
    /// Its fee comes once it is booked, and is told three times.
    FeeLater,
    /// Its fee is known when it is first told.
    FeeKnown,
    /// Its update and its payment are told before it is.
    Reordered,
    /// Some money is given back.
    MoneyBack,
    /// One of the first line comes back.
    LineBack,
    /// Some money is given back, then one of the first line comes back.
    BothBack,
}

/// The day, in the order of its sales.
const DAY: [Sale; 15] = [
    Sale::FeeLater,
    Sale::FeeLater,
    Sale::FeeKnown,
    Sale::Reordered,
    Sale::MoneyBack,
    Sale::FeeLater,
    Sale::FeeLater,
    Sale::FeeKnown,
    Sale::LineBack,
    Sale::BothBack,
    Sale::Reordered,
    Sale::FeeKnown,
    Sale::FeeLater,
    Sale::Reordered,
    Sale::LineBack,
];

/// Makes the sales of every counter.
pub async fn sell(sandbox: &Sandbox, seed: u64) -> Result<Vec<Order>, Failure> {
    let mut orders = Vec::new();
    for (store, _) in &sandbox.points_of_sale {
        let count = u32::try_from(DAY.len()).unwrap_or_default();
        let ids = sandbox.add_orders(&store.store, seed, count, "sold").await?;
        orders.extend(ids.into_iter().zip(DAY).map(|(id, sale)| Order {
            store: store.store.clone(),
            platform: store.platform.clone(),
            id,
            role: Role::Counter(sale),
        }));
    }
    Ok(orders)
}

/// While the counter sells.
pub fn first(order: &Order, sale: Sale) -> Vec<Act> {
    let deliver = |topic, how| Act::deliver(order, topic, how);
    let usual = [
        deliver("created", "sent"),
        deliver("created", "retried"),
        deliver("updated", "sent"),
        deliver("paid", "sent"),
        deliver("paid", "retried"),
    ];
    match sale {
        Sale::FeeLater | Sale::MoneyBack | Sale::LineBack | Sale::BothBack => usual.into(),
        Sale::FeeKnown => {
            let mut acts = vec![Act::Fees { order: order.clone() }];
            acts.extend(usual);
            acts
        }
        Sale::Reordered => vec![
            deliver("paid", "sent"),
            deliver("updated", "sent"),
            deliver("created", "sent"),
            deliver("updated", "retried"),
            deliver("paid", "retried"),
        ],
    }
}

/// Once it is booked.
pub fn later(order: &Order, sale: Sale) -> Vec<Act> {
    let thrice = |act: Act, topic| {
        let tell = |how| Act::deliver(order, topic, how);
        [act, tell("sent"), tell("retried"), tell("retried")]
    };
    let back = |what: Value| thrice(Act::Refund { order: order.clone(), what }, "refunded");
    let money = || back(json!({"amount": "0.5"}));
    let line = || back(json!({"lines": [[0, "1", "unsaid"]]}));
    match sale {
        Sale::FeeKnown | Sale::Reordered => Vec::new(),
        Sale::FeeLater => thrice(Act::Fees { order: order.clone() }, "paid").into(),
        Sale::MoneyBack => money().into(),
        Sale::LineBack => line().into(),
        Sale::BothBack => money().into_iter().chain(line()).collect(),
    }
}
