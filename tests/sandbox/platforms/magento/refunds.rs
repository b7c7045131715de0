//! Credit memos as Magento computes them (`Creditmemo\Total\*`): each item takes its share of what is
//! left, rounded, and the last one takes the rest; delivery goes back as a whole; what a merchant adds
//! or keeps are adjustments. In Adobe Commerce gift cards are refilled before money goes back.

use super::amounts::{Amounts, Row, compute};
use super::document::{gift_card, item_id, number, utc};
use crate::platforms::after::{DraftRefund, ExpectedAfterSales, ExpectedRefund, RefundState};
use crate::platforms::draft::Draft;
use crate::platforms::rounding::half_up;
use causeway_domain::Goods;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What is left of an item, or what a credit memo takes of it.
#[derive(Clone, Default)]
struct Item {
    quantity: Decimal,
    row: Decimal,
    tax: Decimal,
    discount: Decimal,
    compensation: Decimal,
}

/// One credit memo.
pub(super) struct Memo<'a> {
    at: usize,
    draft: &'a DraftRefund,
    /// Which line, what of it.
    items: Vec<(usize, Item)>,
    shipping: Decimal,
    shipping_tax: Decimal,
    plus: Decimal,
    minus: Decimal,
    /// Of the total, what gift cards take back.
    gift_card: Decimal,
    total: Decimal,
}

/// The credit memos of an order, oldest first.
pub(super) fn memos(draft: &Draft) -> Vec<Memo<'_>> {
    let amounts = compute(draft);
    let mut left: Vec<Item> = draft
        .lines
        .iter()
        .zip(&amounts.rows)
        .map(|(line, row)| whole(line.quantity, row))
        .collect();
    let mut cards = gift_card(draft, &amounts);
    draft
        .standing_refunds()
        .map(|(at, refund)| memo(draft, &amounts, (at, refund), &mut left, &mut cards))
        .collect()
}

fn whole(quantity: Decimal, row: &Row) -> Item {
    let Row { net, tax, discount, compensation, .. } = *row;
    Item { quantity, row: net, tax, discount, compensation }
}

fn memo<'a>(
    draft: &Draft,
    amounts: &Amounts,
    (at, refund): (usize, &'a DraftRefund),
    left: &mut [Item],
    cards: &mut Decimal,
) -> Memo<'a> {
    let places = draft.places();
    let lines = refund.sample.lines.iter().filter(|(_, quantity, _)| !quantity.is_zero());
    let items: Vec<(usize, Item)> = lines
        .map(|(line, quantity, _)| (*line, taken(&mut left[*line], *quantity, places)))
        .collect();
    let shipping = if refund.sample.shipping { amounts.shipping.net } else { Decimal::ZERO };
    let shipping_tax = if refund.sample.shipping { amounts.shipping.tax } else { Decimal::ZERO };
    let mut out = Memo {
        at,
        draft: refund,
        items,
        shipping,
        shipping_tax,
        plus: refund.sample.amount.unwrap_or_default(),
        minus: refund.sample.fee.unwrap_or_default(),
        gift_card: Decimal::ZERO,
        total: Decimal::ZERO,
    };
    out.total = out.sum(|item| item.row - item.discount + item.compensation)
        + out.tax()
        + shipping
        + out.plus
        - out.minus;
    out.gift_card = (*cards).min(out.total);
    *cards -= out.gift_card;
    out
}

/// Takes a quantity of an item: its rounded share of what is left, or all that is left.
fn taken(left: &mut Item, quantity: Decimal, places: u32) -> Item {
    let last = quantity == left.quantity;
    let share = |amount: &mut Decimal| {
        let part = if last { *amount } else { half_up(*amount / left.quantity * quantity, places) };
        *amount -= part;
        part
    };
    let part = Item {
        quantity,
        row: share(&mut left.row),
        tax: share(&mut left.tax),
        discount: share(&mut left.discount),
        compensation: share(&mut left.compensation),
    };
    left.quantity -= quantity;
    part
}

impl Memo<'_> {
    fn id(&self, draft: &Draft) -> u64 {
        u64::from(draft.number) * 100 + u64::try_from(self.at).unwrap() + 1
    }
    fn sum(&self, of: fn(&Item) -> Decimal) -> Decimal {
        self.items.iter().map(|(_, item)| of(item)).sum()
    }
    fn tax(&self) -> Decimal {
        self.sum(|item| item.tax) + self.shipping_tax
    }

    /// As `GET /V1/creditmemos` lists it.
    pub(super) fn document(&self, draft: &Draft) -> Value {
        let id = self.id(draft);
        let made = utc(self.draft.made_at);
        let items: Vec<Value> =
            self.items.iter().flat_map(|(line, item)| self.item(draft, *line, item)).collect();
        let mut out = json!({
            "entity_id": id, "increment_id": format!("{id:09}"), "order_id": draft.number,
            "store_id": 1, "state": if self.draft.state == RefundState::Settled { 2 } else { 1 },
            "created_at": made, "updated_at": made, "order_currency_code": draft.currency,
            "transaction_id": format!("txn-{id}-refund"), "items": items, "comments": [],
            "extension_attributes": {},
        });
        let amounts = [
            ("subtotal", self.sum(|item| item.row)),
            ("discount_amount", -self.sum(|item| item.discount)),
            ("discount_tax_compensation_amount", self.sum(|item| item.compensation)),
            ("tax_amount", self.tax()),
            ("shipping_amount", self.shipping),
            ("shipping_tax_amount", self.shipping_tax),
            ("shipping_incl_tax", self.shipping + self.shipping_tax),
            ("adjustment_positive", self.plus),
            ("adjustment_negative", self.minus),
            ("adjustment", self.plus - self.minus),
            ("grand_total", self.total - self.gift_card),
        ];
        for (name, amount) in amounts {
            out[name] = number(amount);
        }
        if !self.gift_card.is_zero() {
            out["extension_attributes"] = json!({"gift_cards_amount": number(self.gift_card),
                "base_gift_cards_amount": number(self.gift_card)});
        }
        out
    }

    /// One item, or two with one SKU for a variant.
    fn item(&self, draft: &Draft, line: usize, item: &Item) -> Vec<Value> {
        let sold = &draft.lines[line];
        let entity = self.id(draft) * 100 + 2 * u64::try_from(line).unwrap();
        let document = |entity: u64, order_item: u64, item: &Item| {
            json!({"entity_id": entity, "parent_id": self.id(draft), "order_item_id": order_item,
                "product_id": 1000 + sold.product, "sku": sold.sku, "name": sold.title,
                "qty": number(item.quantity), "base_cost": 0, "base_price": 0, "price": 0,
                "row_total": number(item.row), "tax_amount": number(item.tax),
                "discount_amount": number(item.discount),
                "discount_tax_compensation_amount": number(item.compensation)})
        };
        let own = item_id(draft, line);
        let mut out = vec![document(entity, own, item)];
        if sold.variant {
            let nothing = Item { quantity: item.quantity, ..Item::default() };
            out.push(document(entity + 1, own + 1, &nothing));
        }
        out
    }
}

/// What went back, in all.
pub(super) fn refunded(draft: &Draft) -> Decimal {
    memos(draft).iter().map(|memo| memo.total - memo.gift_card).sum()
}

/// The credit memos as they are listed.
pub(in crate::platforms) fn credit_memos(draft: &Draft) -> Vec<Value> {
    memos(draft).iter().map(|memo| memo.document(draft)).collect()
}

/// The invoice of an order that was paid.
pub(in crate::platforms) fn invoices(draft: &Draft) -> Vec<Value> {
    let Some(paid_at) = draft.paid_at() else { return Vec::new() };
    let amounts = compute(draft);
    let card = gift_card(draft, &amounts);
    let id = u64::from(draft.number);
    let quantity: Decimal = draft.lines.iter().map(|line| line.quantity).sum();
    let mut out = json!({
        "entity_id": id, "increment_id": format!("{id:09}"), "order_id": draft.number, "state": 2,
        "store_id": 1, "created_at": utc(paid_at), "updated_at": utc(paid_at),
        "order_currency_code": draft.currency, "grand_total": number(amounts.total - card),
        "total_qty": number(quantity), "transaction_id": format!("txn-{id}"), "items": [],
        "extension_attributes": {},
    });
    if !card.is_zero() {
        out["extension_attributes"] = json!({"gift_cards_amount": number(card),
            "base_gift_cards_amount": number(card)});
    }
    vec![out]
}

/// The id of the last credit memo.
pub(super) fn last(draft: &Draft) -> u64 {
    memos(draft).last().map_or(0, |memo| memo.id(draft))
}

/// What an order's credit memos must come to. Nothing stored tells what became of the goods.
pub(in crate::platforms) fn expected_after_sales(draft: &Draft) -> ExpectedAfterSales {
    let refunds = memos(draft)
        .iter()
        .map(|memo| ExpectedRefund {
            id: memo.id(draft).to_string(),
            gross: memo.total,
            tax: memo.tax(),
            lines: memo
                .items
                .iter()
                .map(|(line, item)| (*line, item.quantity, Goods::Unsaid))
                .collect(),
            settled: memo.draft.state == RefundState::Settled,
        })
        .collect();
    let captured = draft.paid_at().map_or(Decimal::ZERO, |_| compute(draft).total);
    ExpectedAfterSales { refunds, returns: Vec::new(), captured }
}
