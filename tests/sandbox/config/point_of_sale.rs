//! The point of sale, whose sales become journal entries (`posting = "journal"`).

use crate::platforms::{Platform, Shop};

/// Accounts and journal of a point of sale, as ids of the fake Odoo.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Chart {
    /// `account.journal` of its entries; nothing else is booked in it.
    pub journal: i64,
    /// `account.account` of money that the processor owes.
    pub clearing: i64,
    /// Of what is owed to holders of gift cards.
    pub gift_cards: i64,
    /// Of the processor's fees.
    pub fees: i64,
    /// Of tips.
    pub tips: i64,
    /// Of income: in general, at 12 %, at 6 %.
    pub income: [i64; 3],
    /// `stock.location` that its goods leave.
    pub stock: i64,
    /// Where it is midnight when a day ends.
    pub time_zone: &'static str,
}

/// That of the fake Odoo's seed. No account of a payment processor has this clearing account.
pub const CHART: Chart = Chart {
    journal: 22,
    clearing: 230,
    gift_cards: 495,
    fees: 363,
    tips: 500,
    income: [390, 501, 502],
    stock: 5,
    time_zone: "Europe/Brussels",
};

/// True if a store of the demo is a point of sale.
pub fn is_point_of_sale(shop: &Shop) -> bool {
    shop.platform == Platform::Square && shop.store == Shop::POINT_OF_SALE
}

/// The configuration with a store in journal mode; `more` is put into its `[journal]` table.
#[must_use]
pub fn with_journal(text: &str, store: &str, more: &str) -> String {
    let Chart { journal, clearing, gift_cards, fees, tips, income, stock, time_zone } = CHART;
    let [general, at_12, at_6] = income;
    let head = format!("[stores.{store}]\n");
    let text = text.replace(&head, &format!("{head}posting = \"journal\"\n"));
    format!(
        "{text}
[stores.{store}.journal]
journal = {journal}
currency = \"EUR\"
time_zone = {time_zone:?}
fees = {fees}
clearing = {clearing}
income = {general}
tips = {tips}
gift_cards = {gift_cards}
partner = 10
{more}
[stores.{store}.journal.tenders]
card = {clearing}
[stores.{store}.journal.income_by_tax]
194 = {at_12}
196 = {at_6}
[stores.{store}.journal.delivery]
picking_type = 2
from = {stock}
to = 2
"
    )
}
