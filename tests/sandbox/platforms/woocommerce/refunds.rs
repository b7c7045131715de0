//! Refunds as `GET orders/{id}/refunds` lists them (recordings 082, 086): the lines of an order with
//! negative quantities and amounts, linked by `_refunded_item_id`. What goes back is `amount`, which
//! the lines need not come to.

use super::amounts::{Amounts, Computed, Share, compute};
use super::document::{gmt, id, item_id, local};
use crate::platforms::after::{DraftRefund, ExpectedAfterSales, ExpectedRefund, RefundState};
use crate::platforms::draft::Draft;
use crate::platforms::rounding::{fixed, half_up};
use crate::platforms::shop::Platform;
use crate::platforms::tax::rule;
use causeway_domain::Goods;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The part of one line that a refund takes: which line, how many, net, tax of each rate.
struct Part {
    line: usize,
    quantity: Decimal,
    net: Decimal,
    taxes: Vec<(u32, Decimal)>,
}

/// One refund with its amounts, all positive.
pub(super) struct Refund<'a> {
    at: usize,
    draft: &'a DraftRefund,
    parts: Vec<Part>,
    shipping: Option<(Decimal, Vec<(u32, Decimal)>)>,
    amount: Decimal,
}

/// The refunds of an order, oldest first.
pub(super) fn refunds(draft: &Draft) -> Vec<Refund<'_>> {
    let amounts = compute(draft);
    draft.standing_refunds().map(|(at, refund)| computed(draft, &amounts, at, refund)).collect()
}

fn computed<'a>(
    draft: &Draft,
    amounts: &Amounts,
    at: usize,
    refund: &'a DraftRefund,
) -> Refund<'a> {
    let places = draft.places();
    // The API takes more decimals than the screen does, and keeps them (recording 086).
    let precise = at % 2 == 1 && draft.percentages().len() == 1 && places == 2;
    let tax_places = if precise { 4 } else { places };
    let parts: Vec<Part> = refund
        .sample
        .lines
        .iter()
        .filter(|(_, quantity, _)| !quantity.is_zero())
        .map(|(line, quantity, _)| {
            let (whole, before) = (draft.lines[*line].quantity, draft.refunded_before(at, *line));
            let sums: &Computed = &amounts.lines[*line];
            // A merchant who looks at what is left: the last part is the rest.
            let part = |amount: Decimal, places: u32| {
                let upto = |quantity: Decimal| half_up(amount * quantity / whole, places);
                upto(before + quantity) - upto(before)
            };
            let tax = |share: &Share| (share.percent, part(share.total, tax_places));
            Part {
                line: *line,
                quantity: *quantity,
                net: part(sums.total, places),
                taxes: sums.taxes.iter().map(tax).collect(),
            }
        })
        .collect();
    let shipping = amounts.shipping.as_ref().filter(|_| refund.sample.shipping).map(|sums| {
        let tax = |share: &Share| (share.percent, half_up(share.total, places));
        (half_up(sums.total, places), sums.taxes.iter().map(tax).collect())
    });
    let mut out = Refund { at, draft: refund, parts, shipping, amount: Decimal::ZERO };
    out.amount = out.net() + out.tax(draft) + refund.sample.amount.unwrap_or_default()
        - refund.sample.fee.unwrap_or_default();
    out
}

impl Refund<'_> {
    fn id(&self, draft: &Draft) -> u64 {
        1_000_000 + u64::from(draft.number) * 100 + u64::try_from(self.at).unwrap()
    }
    fn net(&self) -> Decimal {
        let shipping = self.shipping.as_ref().map_or(Decimal::ZERO, |(net, _)| *net);
        self.parts.iter().map(|part| part.net).sum::<Decimal>() + shipping
    }
    /// Of one rate: of the goods, of the delivery, as the refund shows them.
    fn by_rate(&self, draft: &Draft, percent: u32) -> (Decimal, Decimal) {
        let own = |taxes: &[(u32, Decimal)]| -> Decimal {
            taxes.iter().filter(|tax| tax.0 == percent).map(|tax| tax.1).sum()
        };
        let goods = self.parts.iter().map(|part| own(&part.taxes)).sum();
        let shipping = self.shipping.as_ref().map_or(Decimal::ZERO, |(_, taxes)| own(taxes));
        (half_up(goods, draft.places()), half_up(shipping, draft.places()))
    }
    fn tax(&self, draft: &Draft) -> Decimal {
        let rates = draft.percentages();
        rates.into_iter().map(|rate| self.by_rate(draft, rate)).map(|(a, b)| a + b).sum()
    }
    /// The entry of the order's own list.
    pub(super) fn head(&self, draft: &Draft) -> Value {
        json!({"id": self.id(draft), "reason": "",
            "total": format!("-{}", fixed(self.amount, draft.places()))})
    }
    /// The document.
    pub(super) fn document(&self, draft: &Draft, base_url: &str) -> Value {
        let places = draft.places();
        let link = format!("{base_url}/wp-json/wc/v3/orders/{}", id(draft));
        let own = format!("{link}/refunds/{}", self.id(draft));
        let goods: Vec<Value> = self.parts.iter().map(|part| self.goods(draft, part)).collect();
        let shipping = self.shipping.as_ref().map(|(net, taxes)| {
            json!({"id": self.item(draft, draft.lines.len()), "method_title": "Delivery",
                "method_id": "flat_rate", "instance_id": "", "total": minus(*net, places),
                "total_tax": minus(taxes.iter().map(|tax| tax.1).sum(), places),
                "taxes": tax_list(taxes, false), "tax_status": "taxable",
                "meta_data": [link_to(item_id(draft, draft.lines.len()))]})
        });
        let rates: Vec<Value> = draft
            .percentages()
            .into_iter()
            .map(|percent| (percent, self.by_rate(draft, percent)))
            .filter(|(_, (goods, shipping))| !(goods.is_zero() && shipping.is_zero()))
            .map(|(percent, (goods, shipping))| {
                let rate = rule(Platform::WooCommerce, percent);
                json!({"id": self.item(draft, 50), "rate_code": format!("BE-{}-1", rate.title),
                    "rate_id": rate.id.parse::<u32>().unwrap(), "label": rate.title,
                    "compound": false, "tax_total": minus(goods, places),
                    "shipping_tax_total": minus(shipping, places), "rate_percent": percent,
                    "meta_data": []})
            })
            .collect();
        json!({
            "id": self.id(draft), "date_created": local(self.draft.made_at),
            "date_created_gmt": gmt(self.draft.made_at), "amount": fixed(self.amount, places),
            "reason": "", "refunded_by": 1,
            "refunded_payment": self.draft.state == RefundState::Settled,
            "meta_data": [], "line_items": goods,
            "shipping_lines": shipping.into_iter().collect::<Vec<_>>(), "tax_lines": rates,
            "fee_lines": [],
            "_links": {"self": [{"href": own, "targetHints": {"allow": ["GET", "DELETE"]}}],
                "collection": [{"href": format!("{link}/refunds")}], "up": [{"href": link}]},
        })
    }
    fn goods(&self, draft: &Draft, part: &Part) -> Value {
        let (line, places) = (&draft.lines[part.line], draft.places());
        let tax = part.taxes.iter().map(|tax| tax.1).sum();
        let product = 1000 + line.product;
        json!({
            "id": self.item(draft, part.line), "name": line.title,
            "product_id": if line.variant { product - 500 } else { product },
            "variation_id": if line.variant { product } else { 0 },
            "quantity": -i64::try_from(part.quantity).expect("whole pieces"), "tax_class": "",
            "subtotal": minus(part.net, places), "subtotal_tax": minus(tax, places),
            "total": minus(part.net, places), "total_tax": minus(tax, places),
            "taxes": tax_list(&part.taxes, true),
            "meta_data": [link_to(item_id(draft, part.line))],
            "sku": line.sku, "price": 0, "image": {"id": "", "src": ""}, "parent_name": null,
        })
    }
    /// Items of refunds have ids of the same row as those of orders.
    fn item(&self, draft: &Draft, at: usize) -> u64 {
        self.id(draft) * 100 + u64::try_from(at).unwrap()
    }
}

fn link_to(item: u64) -> Value {
    let text = item.to_string();
    json!({"id": 62, "key": "_refunded_item_id", "value": text,
        "display_key": "_refunded_item_id", "display_value": text})
}

fn minus(amount: Decimal, places: u32) -> String {
    format!("-{}", fixed(amount, places))
}

fn tax_list(taxes: &[(u32, Decimal)], goods: bool) -> Vec<Value> {
    let entry = |(percent, amount): &(u32, Decimal)| {
        let id: u32 = rule(Platform::WooCommerce, *percent).id.parse().unwrap();
        let text = format!("-{}", amount.normalize());
        json!({"id": id, "total": text, "subtotal": if goods { text.clone() } else { String::new() }})
    };
    taxes.iter().map(entry).collect()
}

fn restocks(goods: Goods) -> bool {
    match goods {
        Goods::NotSent | Goods::Returned => true,
        Goods::Kept | Goods::Unsaid => false,
    }
}

/// How many of a line were put back into stock: the line's meta `_restock_refunded_items`.
pub(super) fn restocked(draft: &Draft, line: usize) -> Decimal {
    draft
        .standing_refunds()
        .flat_map(|(_, refund)| &refund.sample.lines)
        .filter(|(at, _, goods)| *at == line && restocks(*goods))
        .map(|(_, quantity, _)| *quantity)
        .sum()
}

/// True once nothing is left to give back: the status becomes `refunded`.
pub(super) fn is_refunded(draft: &Draft) -> bool {
    let given: Decimal = refunds(draft).iter().map(|refund| refund.amount).sum();
    !given.is_zero() && given >= compute(draft).total
}

/// What an order's refunds must come to. Which refund restocked is not told: the oldest ones are
/// taken for it.
pub(in crate::platforms) fn expected_after_sales(draft: &Draft) -> ExpectedAfterSales {
    let mut left: Vec<Decimal> =
        (0..draft.lines.len()).map(|line| restocked(draft, line)).collect();
    let refunds = refunds(draft)
        .iter()
        .map(|refund| {
            let line = |part: &Part| {
                let told = left[part.line] >= part.quantity;
                left[part.line] -= if told { part.quantity } else { Decimal::ZERO };
                let goods = if told { Goods::Returned } else { Goods::Unsaid };
                (part.line, part.quantity, goods)
            };
            ExpectedRefund {
                id: refund.id(draft).to_string(),
                gross: refund.amount,
                tax: refund.tax(draft),
                lines: refund.parts.iter().map(line).collect(),
                // What is not paid back by the gateway is paid by hand: nothing tells that it is pending.
                settled: true,
            }
        })
        .collect();
    let captured = draft.paid_at().map_or(Decimal::ZERO, |_| compute(draft).total);
    ExpectedAfterSales { refunds, returns: Vec::new(), captured }
}
