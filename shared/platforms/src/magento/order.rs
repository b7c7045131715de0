//! A Magento order document as an [`Order`].

use causeway_domain::money::MoneyError;
use causeway_domain::{
    Address, CountryCode, Currency, Customer, CustomerId, Fault, Money, Order, OrderId, OrderKey,
    Payment, PaymentKind, Personal, PlatformId, Standing, StoreId, Timestamp,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::document::{self, Amount};
use super::lines;
use super::options::Options;
use super::settle::{self, Draft};
use crate::status;

/// What each order state means. Statuses are the merchant's own words, states are Magento's.
///
/// `pending_payment` is a checkout that a payment page has not confirmed. `new` waits for an offline
/// payment, `payment_review` and `holded` for a decision: nothing may ship yet. `closed` is a
/// finished order that was refunded; its refunds are documents of their own.
const STATES: &[(&str, Standing)] = &[
    ("pending_payment", Standing::Ignore),
    ("new", Standing::Quotation),
    ("payment_review", Standing::Quotation),
    ("holded", Standing::Quotation),
    ("processing", Standing::Confirmed),
    ("complete", Standing::Confirmed),
    ("closed", Standing::Confirmed),
    ("canceled", Standing::Cancelled),
];

/// Reads an order. `table` is the store's options, for its status table.
///
/// In Adobe Commerce `grand_total` is what is left to pay after gift cards, store credit and reward
/// points. They pay the order, they do not make it smaller: [`Order::total`] is the sum of all
/// four, and the three are payments of kind [`PaymentKind::GiftCard`]. `adjustment_*` come from
/// credit memos and are no part of the order.
pub(super) fn read(
    store: &StoreId,
    options: &Options,
    table: &Map<String, Value>,
    document: document::Order,
) -> Result<Order, Fault> {
    let key = OrderKey { store: store.clone(), order: OrderId::new(document.entity_id.as_str()) };
    let number =
        document.increment_id.clone().unwrap_or_else(|| document.entity_id.as_str().to_owned());
    let name = format!("order {key} ({number})");
    let unusable = |error: MoneyError| unusable(&name, &error);
    let (status, standing) = status(table, &document)?;
    let currency = Currency::from_code(&document.order_currency_code).map_err(unusable)?;
    let payments = payments(&document, currency).map_err(unusable)?;
    let total = total(&document, currency).map_err(unusable)?;
    let prices_include_tax =
        options.prices_include_tax.unwrap_or_else(|| prices_include_tax(&document));
    let drafts: Vec<Draft> = lines::drafts(&name, &document, currency)?;
    let lines = settle::lines(drafts, total, prices_include_tax).map_err(unusable)?;
    Ok(Order {
        platform: PlatformId::from("magento"),
        status,
        standing,
        placed_at: utc(&name, &document.created_at)?,
        updated_at: document.updated_at.as_deref().map(|text| utc(&name, text)).transpose()?,
        currency,
        prices_include_tax,
        customer: customer(&document),
        billing: document.billing_address.as_ref().map(address).unwrap_or_default(),
        shipping: shipping_address(&document),
        lines,
        total,
        payments,
        has_after_sales: [document.total_refunded, document.base_total_refunded]
            .iter()
            .any(|refunded| !refunded.or_zero().is_zero()),
        test: false,
        note: personal(document.customer_note.as_ref()),
        key,
        number,
    })
}

pub(super) fn unusable(name: &str, error: &MoneyError) -> Fault {
    Fault::reject(
        format!("{name}: {error}"),
        "look at the order's amounts on Magento; amounts of an order must fit its currency",
    )
}

/// The status word and what it means: the store's own table by status, then by state, then
/// [`STATES`].
fn status(
    table: &Map<String, Value>,
    document: &document::Order,
) -> Result<(String, Standing), Fault> {
    let state = document.state.as_deref().unwrap_or_default();
    let word = document.status.as_deref().unwrap_or(state);
    let own = table
        .get(status::OPTION)
        .and_then(Value::as_object)
        .is_some_and(|own| own.keys().any(|key| key.eq_ignore_ascii_case(word)));
    let meaning = if own || state.is_empty() { word } else { state };
    Ok((word.to_lowercase(), status::standing(STATES, table, meaning)?))
}

/// Reads `YYYY-MM-DD HH:MM:SS`, which is UTC (FACTS 4).
pub(super) fn utc(name: &str, text: &str) -> Result<Timestamp, Fault> {
    let read = |text: &str| -> Option<Timestamp> {
        let civil: DateTime = text.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    read(text.trim()).ok_or_else(|| {
        Fault::reject(
            format!("{name}: a date is not YYYY-MM-DD HH:MM:SS"),
            "report it: the platform's answer is not what it documents",
        )
    })
}

fn total(document: &document::Order, currency: Currency) -> Result<Money, MoneyError> {
    let credits = document.extension_attributes.as_ref().map_or([Amount::default(); 3], |more| {
        [more.gift_cards_amount, more.customer_balance_amount, more.reward_currency_amount]
    });
    let sum = credits.iter().fold(document.grand_total.or_zero(), |sum, part| sum + part.or_zero());
    Money::exact(sum, currency)
}

/// Whether the catalogue's prices include tax, which the REST answer does not say. The signs, in
/// this order: a discount that was taken from tax too; the price as entered (`original_price`)
/// equal to the one with or without tax.
fn prices_include_tax(document: &document::Order) -> bool {
    let compensated = |amount: Amount| amount.0.is_some_and(|amount| !amount.is_zero());
    if compensated(document.discount_tax_compensation_amount)
        || document.items.iter().any(|item| compensated(item.discount_tax_compensation_amount))
    {
        return true;
    }
    let mut taxed = document
        .items
        .iter()
        .filter(|item| item.price_incl_tax.0.is_some() && item.price.0 != item.price_incl_tax.0);
    taxed.any(|item| item.original_price.0 == item.price_incl_tax.0)
}

fn payments(document: &document::Order, currency: Currency) -> Result<Vec<Payment>, MoneyError> {
    let mut payments = Vec::new();
    if let Some(payment) = &document.payment {
        let amount = payment.amount_ordered.0.or(document.grand_total.0).unwrap_or_default();
        payments.push(Payment {
            id: payment.last_trans_id.clone(),
            method: payment.method.clone().unwrap_or_default(),
            kind: PaymentKind::Money,
            amount: Money::exact(amount, currency)?,
        });
    }
    if let Some(more) = &document.extension_attributes {
        payments.extend(gift_cards(more, currency)?);
        let credit = [
            ("customer_balance", more.customer_balance_amount),
            ("reward_points", more.reward_currency_amount),
        ];
        for (method, amount) in credit {
            payments.push(credit_payment(None, method, amount, currency)?);
        }
    }
    payments.retain(|payment| !payment.amount.is_zero());
    Ok(payments)
}

/// Each gift card by its id (its code is as good as money and stays out), or their sum in one where
/// the list does not come to it.
fn gift_cards(more: &document::Extension, currency: Currency) -> Result<Vec<Payment>, MoneyError> {
    let whole = credit_payment(None, "gift_card", more.gift_cards_amount, currency)?;
    let cards: Vec<Payment> = more
        .gift_cards
        .iter()
        .map(|card| {
            let id = card.id.as_ref().map(|id| format!("gift_card:{}", id.as_str()));
            credit_payment(id, "gift_card", card.amount, currency)
        })
        .collect::<Result<_, _>>()?;
    let sum = Money::sum(cards.iter().map(|card| card.amount), currency)?;
    Ok(if sum == whole.amount { cards } else { vec![whole] })
}

fn credit_payment(
    id: Option<String>,
    method: &str,
    amount: Amount,
    currency: Currency,
) -> Result<Payment, MoneyError> {
    let amount = Money::exact(amount.or_zero(), currency)?;
    Ok(Payment { id, method: method.to_owned(), kind: PaymentKind::GiftCard, amount })
}

fn customer(document: &document::Order) -> Customer {
    let billing = document.billing_address.as_ref();
    let own = full_name([
        &document.customer_firstname,
        &document.customer_middlename,
        &document.customer_lastname,
    ]);
    let guest = document.customer_is_guest.0;
    let company = document
        .extension_attributes
        .as_ref()
        .and_then(|more| more.company_order_attributes.as_ref()?.company_name.as_ref())
        .or_else(|| billing?.company.as_ref());
    Customer {
        id: document.customer_id.as_ref().filter(|_| !guest).map(|id| CustomerId::new(id.as_str())),
        name: if own.reveal().is_empty() {
            billing.map(address_name).unwrap_or_default()
        } else {
            own
        },
        email: personal(document.customer_email.as_ref()),
        phone: personal(billing.and_then(|address| address.telephone.as_ref())),
        company: personal(company),
        vat: personal(document.customer_taxvat.as_ref())
            .or_else(|| personal(billing?.vat_id.as_ref())),
    }
}

fn shipping_address(document: &document::Order) -> Option<Address> {
    if document.is_virtual.0 {
        return None;
    }
    let assignment = document.extension_attributes.as_ref()?.shipping_assignments.first()?;
    assignment.shipping.as_ref()?.address.as_ref().map(address)
}

fn address(from: &document::Address) -> Address {
    let text = |value: &Option<String>| Personal::new(value.clone().unwrap_or_default());
    let mut street = from.street.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let first = street.next().unwrap_or_default().to_owned();
    let rest = street.collect::<Vec<_>>().join(", ");
    Address {
        name: address_name(from),
        company: personal(from.company.as_ref()),
        street: Personal::new(first),
        street2: personal(Some(&rest)),
        city: text(&from.city),
        zip: text(&from.postcode),
        state: personal(from.region_code.as_ref()).or_else(|| personal(from.region.as_ref())),
        country: from.country_id.as_deref().and_then(CountryCode::parse),
        phone: personal(from.telephone.as_ref()),
    }
}

fn address_name(from: &document::Address) -> Personal<String> {
    full_name([&from.firstname, &from.middlename, &from.lastname])
}

fn full_name(parts: [&Option<String>; 3]) -> Personal<String> {
    let parts: Vec<&str> = parts
        .into_iter()
        .filter_map(|part| part.as_deref().map(str::trim))
        .filter(|part| !part.is_empty())
        .collect();
    Personal::new(parts.join(" "))
}

fn personal(text: Option<&String>) -> Option<Personal<String>> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(Personal::from)
}
