//! The order as a tree of Admin API objects. Connections are stored as plain lists, interfaces and
//! unions carry `__typename`; [`super::execute`] answers any selection from it.

use super::after::{captured, refunded, refunds, return_status, returns};
use super::amounts::{Amounts, Computed, compute};
use crate::platforms::delivery::uuid;
use crate::platforms::draft::{Draft, DraftLine, Expected, Phase};
use crate::platforms::people::Place;
use crate::platforms::rounding::half_up;
use crate::platforms::shop::{Platform, Shop};
use crate::platforms::tax::rule;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The shop's own currency.
const SHOP_CURRENCY: &str = "EUR";

pub(in crate::platforms) fn render(shop: &Shop, draft: &Draft) -> (Value, Expected) {
    let amounts = compute(draft);
    let expected = Expected {
        id: order_number(draft).to_string(),
        number: name(draft),
        currency: draft.currency.to_owned(),
        total: amounts.total - amounts.removed_total,
        tax: amounts.tax - amounts.removed_tax,
        listed_tax: amounts.tax - amounts.removed_tax,
        goods: draft.lines.len(),
        skus: draft.lines.iter().map(|line| line.sku.clone()).collect(),
        phase: draft.phase,
    };
    (order(shop, draft, &amounts), expected)
}

/// Beyond 2^53 on purpose: ids must never pass through a float.
pub(super) fn order_number(draft: &Draft) -> u64 {
    820_982_911_946_000_000 + u64::from(draft.number)
}
pub(super) fn name(draft: &Draft) -> String {
    format!("#{}", 1000 + draft.number)
}
pub(super) fn line_number(draft: &Draft, at: usize) -> u64 {
    466_157_049_000_000_000 + u64::from(draft.number) * 1000 + u64::try_from(at).unwrap()
}
pub(super) fn gid(kind: &str, number: impl std::fmt::Display) -> String {
    format!("gid://shopify/{kind}/{number}")
}

/// A decimal as Shopify writes it: at least one decimal place.
pub(super) fn decimal(amount: Decimal) -> String {
    let text = amount.normalize().to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Both sides of an amount; the shop's side is converted and rounded on its own, as Shopify does.
pub(super) fn bag(draft: &Draft, amount: Decimal) -> Value {
    let shop = match draft.currency {
        "USD" => half_up(amount * Decimal::new(92, 2), 2),
        "JPY" => half_up(amount / Decimal::from(160), 2),
        "KWD" => half_up(amount * Decimal::new(298, 2), 2),
        _ => amount,
    };
    json!({
        "shopMoney": {"amount": decimal(shop), "currencyCode": SHOP_CURRENCY},
        "presentmentMoney": {"amount": decimal(amount), "currencyCode": draft.currency},
    })
}

fn order(shop: &Shop, draft: &Draft, amounts: &Amounts) -> Value {
    let bag = |amount: Decimal| bag(draft, amount);
    let zero = bag(Decimal::ZERO);
    let customer = customer(draft);
    let edited = draft.lines.iter().any(|line| line.removed > Decimal::ZERO);
    let cancelled = (draft.phase == Phase::Cancelled).then(|| draft.updated_at().to_string());
    let shipping = amounts.shipping.as_ref().map_or(Decimal::ZERO, |part| part.discounted);
    let discounts: Decimal =
        amounts.lines.iter().map(|line| line.discounts.0 + line.discounts.1).sum();
    let owed = amounts.total - amounts.removed_total;
    let refunded = refunded(draft, amounts);
    let current = owed - refunded;
    let shipping_lines = shipping_lines(draft, amounts);
    let mut out = json!({
        "__typename": "Order", "id": gid("Order", order_number(draft)),
        "legacyResourceId": order_number(draft).to_string(), "name": name(draft),
        "number": 1000 + draft.number, "confirmationNumber": format!("C{:08}", draft.number),
        "createdAt": draft.placed_at.to_string(), "processedAt": draft.placed_at.to_string(),
        "updatedAt": draft.updated_at().to_string(), "cancelledAt": cancelled,
        "cancelReason": cancelled.as_ref().map(|_| "CUSTOMER"), "closedAt": null, "closed": false,
        "confirmed": true, "test": false, "edited": edited, "note": draft.note, "tags": [],
        "displayFinancialStatus": financial_status(draft), "returnStatus": return_status(draft),
        "displayFulfillmentStatus": "UNFULFILLED", "fullyPaid": draft.paid_at().is_some(),
        "unpaid": draft.paid_at().is_none(), "currencyCode": SHOP_CURRENCY,
        "presentmentCurrencyCode": draft.currency, "taxesIncluded": draft.tax_included,
        "taxExempt": draft.percentages().is_empty(), "dutiesIncluded": false,
        "estimatedTaxes": false, "email": draft.buyer.email, "phone": null,
        "customAttributes": [], "sourceName": "web", "discountCodes": [],
        "paymentGatewayNames": ["shopify_payments"], "customerLocale": "nl-BE",
    });
    let parts = json!({
        "billingAddress": address(draft, &draft.billing),
        "shippingAddress": draft.delivery.as_ref().map(|place| address(draft, place)),
        "lineItems": lines(draft, amounts), "shippingLines": shipping_lines,
        "shippingLine": shipping_lines.first(), "transactions": transactions(draft, owed),
        "refunds": refunds(draft, amounts), "returns": returns(draft), "agreements": agreements(draft, amounts),
        "subtotalLineItemsQuantity": draft.lines.iter().map(|l| units(l.quantity + l.removed)).sum::<u32>(),
        "currentSubtotalLineItemsQuantity": draft.lines.iter().map(|l| units(l.quantity)).sum::<u32>(),
    });
    let sets = json!({
        "subtotalPriceSet": bag(amounts.subtotal), "totalPriceSet": bag(amounts.total),
        "originalTotalPriceSet": bag(amounts.total), "currentTotalPriceSet": bag(current),
        "totalTaxSet": bag(amounts.tax), "currentTotalTaxSet": bag(amounts.tax - amounts.removed_tax),
        "totalDiscountsSet": bag(discounts), "currentTotalDiscountsSet": bag(discounts),
        "totalShippingPriceSet": bag(shipping), "totalTipReceivedSet": bag(amounts.tip),
        "totalRefundedSet": bag(refunded), "totalRefundedShippingSet": zero, "refundDiscrepancySet": zero,
        "totalCashRoundingAdjustment": {"paymentSet": zero, "refundSet": zero},
        "taxLines": order_taxes(draft, amounts),
        "additionalFees": amounts.fee.iter().map(|fee| json!({
            "__typename": "AdditionalFee", "id": gid("AdditionalFee", order_number(draft)),
            "name": draft.fee.as_ref().map(|fee| fee.title.clone()),
            "price": bag(fee.discounted), "taxLines": tax_lines(draft, &fee.taxes),
        })).collect::<Vec<_>>(),
        "statusPageUrl": format!("{}/orders/{}", shop.base_url, draft.number),
        "purchasingEntity": purchasing_entity(draft, &customer), "customer": customer,
    });
    for more in [parts, sets] {
        out.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    out
}

pub(super) fn units(quantity: Decimal) -> u32 {
    quantity.to_string().parse().expect("whole units")
}

pub(super) fn financial_status(draft: &Draft) -> &'static str {
    let amounts = compute(draft);
    let refunded = refunded(draft, &amounts);
    match draft.phase {
        Phase::Pending => "PENDING",
        _ if refunded == amounts.total - amounts.removed_total && !refunded.is_zero() => "REFUNDED",
        _ if !refunded.is_zero() => "PARTIALLY_REFUNDED",
        _ if captured(draft) => "PAID",
        Phase::Paid | Phase::Completed | Phase::Cancelled => "VOIDED",
    }
}

/// What edits left of a line: amount after discounts and taxes.
pub(super) fn rests(line: &Computed) -> (Decimal, Vec<(u32, Decimal)>) {
    let Some((_, gone, taxes)) = &line.removed else {
        return (line.discounted, line.taxes.clone());
    };
    let left = line.taxes.iter().zip(taxes).map(|(tax, gone)| (tax.0, tax.1 - gone.1));
    (line.discounted - gone, left.collect())
}

fn lines(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    draft
        .lines
        .iter()
        .zip(&amounts.lines)
        .enumerate()
        .map(|(at, (line, computed))| line_item(draft, at, line, computed))
        .collect()
}

fn line_item(draft: &Draft, at: usize, line: &DraftLine, computed: &Computed) -> Value {
    let sold = line.quantity + line.removed;
    let allocations: Vec<Value> = [computed.discounts.0, computed.discounts.1]
        .into_iter()
        .filter(|amount| !amount.is_zero())
        .map(|amount| json!({"allocatedAmountSet": bag(draft, amount)}))
        .collect();
    let product = gid("Product", 632_910_000 + line.product);
    json!({
        "__typename": "LineItem", "id": gid("LineItem", line_number(draft, at)),
        "title": line.title, "name": line.title, "variantTitle": null, "vendor": "Demo",
        "sku": line.sku, "quantity": units(sold),
        "currentQuantity": units(line.quantity - draft.refunded_before(usize::MAX, at)),
        "isGiftCard": line.gift_card, "requiresShipping": !line.gift_card,
        "taxable": !line.taxes.is_empty(), "customAttributes": [], "duties": [],
        "variant": {"__typename": "ProductVariant", "id": gid("ProductVariant", 808_950_000 + line.product),
            "sku": line.sku, "title": line.title},
        "product": {"__typename": "Product", "id": product, "title": line.title},
        "originalUnitPriceSet": bag(draft, line.price),
        "originalTotalSet": bag(draft, computed.original),
        "discountedTotalSet": bag(draft, computed.original - computed.discounts.0),
        "totalDiscountSet": bag(draft, computed.discounts.0 + computed.discounts.1),
        "discountAllocations": allocations, "taxLines": tax_lines(draft, &computed.taxes),
    })
}

fn tax_lines(draft: &Draft, taxes: &[(u32, Decimal)]) -> Vec<Value> {
    taxes
        .iter()
        .map(|(percent, amount)| {
            // A JSON number with a point, as a GraphQL Float is written.
            let rate = decimal(Decimal::new(i64::from(*percent), 2));
            let percentage: serde_json::Number = format!("{percent}.0").parse().expect("a number");
            let rate: serde_json::Number = rate.parse().expect("a JSON number");
            json!({
                "title": rule(Platform::Shopify, *percent).title, "rate": rate,
                "ratePercentage": percentage, "source": "shopify", "channelLiable": false,
                "priceSet": bag(draft, *amount),
            })
        })
        .collect()
}

/// The order's own list: one entry for each rule.
fn order_taxes(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let parts = || amounts.lines.iter().chain(&amounts.shipping).chain(&amounts.fee);
    let sums: Vec<(u32, Decimal)> = draft
        .percentages()
        .into_iter()
        .map(|percent| {
            let taxes = parts().flat_map(|part| &part.taxes);
            (percent, taxes.filter(|tax| tax.0 == percent).map(|tax| tax.1).sum())
        })
        .collect();
    tax_lines(draft, &sums)
}

fn shipping_lines(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    draft
        .shipping
        .iter()
        .zip(&amounts.shipping)
        .map(|(extra, computed)| {
            json!({
                "id": gid("ShippingLine", line_number(draft, 990)), "title": extra.title,
                "code": extra.title, "source": "shopify", "isRemoved": false, "custom": false,
                "originalPriceSet": bag(draft, computed.original),
                "discountedPriceSet": bag(draft, computed.discounted),
                "currentDiscountedPriceSet": bag(draft, computed.discounted),
                "discountAllocations": [], "taxLines": tax_lines(draft, &computed.taxes),
            })
        })
        .collect()
}

fn address(draft: &Draft, place: &Place) -> Value {
    let buyer = &draft.buyer;
    json!({
        "__typename": "MailingAddress",
        "id": gid("MailingAddress", format!("{}?model_name=Address", order_number(draft))),
        "firstName": buyer.first, "lastName": buyer.last,
        "name": format!("{} {}", buyer.first, buyer.last),
        "company": buyer.company.as_ref().map(|(name, _)| name), "address1": place.street,
        "address2": if place.extra.is_empty() { Value::Null } else { json!(place.extra) },
        "city": place.city, "zip": place.zip, "country": place.country_name,
        "countryCodeV2": place.country, "province": place.state.map(|state| state.1),
        "provinceCode": place.state.map(|state| state.0), "phone": buyer.phone,
    })
}

/// Shopify gives guests a customer record too.
fn customer(draft: &Draft) -> Value {
    let buyer = &draft.buyer;
    let number = match buyer.account {
        Some(account) => 207_119_000 + u64::from(account),
        None => {
            let digits = uuid(&["guest", &buyer.email]).replace('-', "");
            300_000_000 + u64::from_str_radix(&digits[..7], 16).unwrap()
        }
    };
    json!({
        "__typename": "Customer", "id": gid("Customer", number),
        "legacyResourceId": number.to_string(), "firstName": buyer.first, "lastName": buyer.last,
        "displayName": format!("{} {}", buyer.first, buyer.last),
        "defaultEmailAddress": {"emailAddress": buyer.email},
        "defaultPhoneNumber": {"phoneNumber": buyer.phone}, "taxExempt": false, "tags": [],
    })
}

fn purchasing_entity(draft: &Draft, customer: &Value) -> Value {
    let (Some((company, vat)), Some(account)) = (&draft.buyer.company, draft.buyer.account) else {
        return customer.clone();
    };
    json!({
        "__typename": "PurchasingCompany",
        "company": {"__typename": "Company", "id": gid("Company", account), "name": company},
        "location": {"__typename": "CompanyLocation", "id": gid("CompanyLocation", account),
            "name": company, "taxRegistrationId": vat,
            "taxSettings": {"taxRegistrationId": vat, "taxExempt": false, "taxExemptions": []}},
    })
}

/// What was or is to be paid: place, gateway, amount.
pub(super) fn captures(draft: &Draft, total: Decimal) -> Vec<(usize, &'static str, Decimal)> {
    let gift = draft.gift_card_share.map_or(Decimal::ZERO, |share| {
        half_up(total * Decimal::new(i64::from(share), 2), draft.places())
    });
    let parts = [("gift_card", gift), ("shopify_payments", total - gift)];
    let some = parts.into_iter().filter(|(_, amount)| !amount.is_zero()).enumerate();
    some.map(|(at, (gateway, amount))| (at, gateway, amount)).collect()
}

fn transactions(draft: &Draft, total: Decimal) -> Vec<Value> {
    let (kind, status) = match (captured(draft), draft.paid_at().is_some()) {
        (true, _) => ("SALE", "SUCCESS"),
        (false, true) => ("AUTHORIZATION", "SUCCESS"),
        (false, false) => ("SALE", "PENDING"),
    };
    let node = |at: usize, kind: &str, gateway: &str, amount: Decimal, parent: Value| {
        json!({
            "__typename": "OrderTransaction",
            "id": gid("OrderTransaction", line_number(draft, 900 + at)), "kind": kind,
            "status": status, "gateway": gateway, "formattedGateway": gateway, "test": false,
            "amountSet": bag(draft, amount), "parentTransaction": parent,
            "paymentId": format!("pi_{}", line_number(draft, 900 + at)),
            "createdAt": draft.placed_at.to_string(),
            "processedAt": draft.placed_at.to_string(),
        })
    };
    let mut all = Vec::new();
    for (at, gateway, amount) in captures(draft, total) {
        all.push(node(at, kind, gateway, amount, Value::Null));
        if kind == "AUTHORIZATION" {
            let parent = json!({"__typename": "OrderTransaction", "id": all.last().unwrap()["id"]});
            all.push(node(at + 10, "VOID", gateway, amount, parent));
        }
    }
    all
}

/// What was agreed: the order as placed, then what an edit took away (negative, tax included in
/// `totalAmount`).
fn agreements(draft: &Draft, amounts: &Amounts) -> Vec<Value> {
    let sale = |at: usize,
                action: &str,
                units: Decimal,
                amount: Decimal,
                taxes: &[(u32, Decimal)]| {
        let tax: Decimal = super::amounts::sum(taxes);
        let total = if draft.tax_included { amount } else { amount + tax };
        let taxes: Vec<Value> = tax_lines(draft, taxes)
            .into_iter()
            .map(|line| {
                json!({"id": gid("SaleTax", line_number(draft, at)),
                "amount": line["priceSet"].clone(), "taxLine": line})
            })
            .collect();
        json!({
            "__typename": if draft.lines[at].gift_card { "GiftCardSale" } else { "ProductSale" },
            "id": gid("Sale", line_number(draft, at)), "actionType": action,
            "lineType": "PRODUCT", "quantity": self::signed(units), "totalAmount": bag(draft, total),
            "totalTaxAmount": bag(draft, tax), "taxes": taxes,
            "lineItem": {"__typename": "LineItem", "id": gid("LineItem", line_number(draft, at))},
        })
    };
    let placed: Vec<Value> = amounts
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let units = draft.lines[at].quantity + draft.lines[at].removed;
            sale(at, "ORDER", units, line.discounted, &line.taxes)
        })
        .collect();
    let gone: Vec<Value> = amounts
        .lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| {
            let (units, amount, taxes) = line.removed.as_ref()?;
            let taxes: Vec<(u32, Decimal)> = taxes.iter().map(|(p, tax)| (*p, -*tax)).collect();
            Some(sale(at, "RETURN", -*units, -*amount, &taxes))
        })
        .collect();
    let agreement = |kind: &str, reason: &str, sales: Vec<Value>| {
        json!({"__typename": kind, "id": gid(kind, order_number(draft)), "reason": reason,
            "happenedAt": draft.updated_at().to_string(), "sales": sales})
    };
    let mut all = vec![agreement("OrderAgreement", "ORDER", placed)];
    if !gone.is_empty() {
        all.push(agreement("OrderEditAgreement", "ORDER_EDIT", gone));
    }
    let refunds = draft.after.refunds.iter();
    all.extend(refunds.map(|_| agreement("RefundAgreement", "REFUND", Vec::new())));
    all
}

fn signed(units: Decimal) -> i64 {
    units.normalize().to_string().parse().expect("whole units")
}
