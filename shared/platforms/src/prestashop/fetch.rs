//! Fetching one order over the webservice in three rounds: the order and its lines; what they refer
//! to; the countries of the addresses. Requests of a round may run at once.

use causeway_domain::ports::Call;
use causeway_domain::{Fault, OrderId};

use super::rows::{Row, rows};
use super::settings::Options;
use super::{api, order};
use crate::adapter::{Answer, Fetch, FetchContext};

/// Everything that was fetched about one order. Rows of other ids are possible and do no harm.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub orders: Vec<Row>,
    pub details: Vec<Row>,
    pub addresses: Vec<Row>,
    pub customers: Vec<Row>,
    pub currencies: Vec<Row>,
    pub order_states: Vec<Row>,
    pub payments: Vec<Row>,
    pub carriers: Vec<Row>,
    pub cart_rules: Vec<Row>,
    pub taxes: Vec<Row>,
    pub countries: Vec<Row>,
    pub states: Vec<Row>,
}

impl Document {
    fn list(&mut self, resource: Resource) -> &mut Vec<Row> {
        match resource {
            Resource::Orders => &mut self.orders,
            Resource::OrderDetails => &mut self.details,
            Resource::Addresses => &mut self.addresses,
            Resource::Customers => &mut self.customers,
            Resource::Currencies => &mut self.currencies,
            Resource::OrderStates => &mut self.order_states,
            Resource::OrderPayments => &mut self.payments,
            Resource::Carriers => &mut self.carriers,
            Resource::OrderCartRules => &mut self.cart_rules,
            Resource::Taxes => &mut self.taxes,
            Resource::Countries => &mut self.countries,
            Resource::States => &mut self.states,
        }
    }
}

/// The resources we read; the key needs the permission View on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    Orders,
    OrderDetails,
    Addresses,
    Customers,
    Currencies,
    OrderStates,
    OrderPayments,
    Carriers,
    OrderCartRules,
    Taxes,
    Countries,
    States,
}

impl Resource {
    /// Name in the URL, and in logs.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Orders => ("orders", "prestashop orders"),
            Self::OrderDetails => ("order_details", "prestashop order_details"),
            Self::Addresses => ("addresses", "prestashop addresses"),
            Self::Customers => ("customers", "prestashop customers"),
            Self::Currencies => ("currencies", "prestashop currencies"),
            Self::OrderStates => ("order_states", "prestashop order_states"),
            Self::OrderPayments => ("order_payments", "prestashop order_payments"),
            Self::Carriers => ("carriers", "prestashop carriers"),
            Self::OrderCartRules => ("order_cart_rules", "prestashop order_cart_rules"),
            Self::Taxes => ("taxes", "prestashop taxes"),
            Self::Countries => ("countries", "prestashop countries"),
            Self::States => ("states", "prestashop states"),
        }
    }
    /// Which fields to ask for. A customer's row in full would carry the password's hash and the
    /// secure key (FACTS 5); they must not even reach us.
    fn display(self) -> &'static str {
        match self {
            Self::Customers => "[id,firstname,lastname,email,company,is_guest]",
            Self::Orders
            | Self::OrderDetails
            | Self::Addresses
            | Self::Currencies
            | Self::OrderStates
            | Self::OrderPayments
            | Self::Carriers
            | Self::OrderCartRules
            | Self::Taxes
            | Self::Countries
            | Self::States => "full",
        }
    }
}

/// One list request: resource, filtered field, values.
type Ask = (Resource, &'static str, Vec<String>);

/// Drives the rounds.
pub(super) fn fetch_order(
    cx: &FetchContext<'_>,
    order: &OrderId,
    answers: &[Answer],
) -> Result<Fetch, Fault> {
    let options = Options::of(cx.connection)?;
    let id = api::order_id(order)?;
    let mut document = Document::default();
    let mut answers = answers;
    for round in [first_round, second_round, third_round] {
        let asks = round(&document, &id);
        if asks.is_empty() {
            continue;
        }
        let Some((now, later)) = answers.split_at_checked(asks.len()) else {
            let calls: Result<Vec<Call>, Fault> =
                asks.iter().map(|ask| call(cx, &options, ask)).collect();
            return calls.map(Fetch::Ask);
        };
        for ((resource, _, _), answer) in asks.iter().zip(now) {
            let read = rows(&cx.connection.store, resource.names().0, answer)?;
            document.list(*resource).extend(read);
        }
        document.orders.retain(|row| row.reference("id").as_deref() == Some(id.as_str()));
        if document.orders.is_empty() {
            return Ok(Fetch::Gone);
        }
        answers = later;
    }
    order::read(cx.connection, &options, &document).map(|order| Fetch::Found(Box::new(order)))
}

fn first_round(_: &Document, id: &str) -> Vec<Ask> {
    // List form also for one order: the single form drops empty fields in JSON and answers an
    // unknown id with an empty 404, which a wrong base URL would do as well (STORES, PrestaShop 6, 7).
    vec![
        (Resource::Orders, "id", vec![id.to_owned()]),
        (Resource::OrderDetails, "id_order", vec![id.to_owned()]),
    ]
}

fn second_round(document: &Document, id: &str) -> Vec<Ask> {
    let Some(order) = document.orders.first() else { return Vec::new() };
    let one = |field: &str| order.reference(field).into_iter().collect::<Vec<_>>();
    let mut addresses = one("id_address_invoice");
    addresses.extend(one("id_address_delivery"));
    let taxes = document.details.iter().flat_map(|row| row.associated("taxes")).collect();
    let reference = vec![order.text("reference").to_owned()];
    let mut asks = vec![
        (Resource::Addresses, "id", addresses),
        (Resource::Customers, "id", one("id_customer")),
        (Resource::Currencies, "id", one("id_currency")),
        (Resource::OrderStates, "id", one("current_state")),
        (Resource::OrderPayments, "order_reference", reference),
        (Resource::Carriers, "id", one("id_carrier")),
        (Resource::Taxes, "id", taxes),
    ];
    let discounted =
        order.text("total_discounts_tax_incl").bytes().any(|b| matches!(b, b'1'..=b'9'));
    if discounted {
        asks.push((Resource::OrderCartRules, "id_order", vec![id.to_owned()]));
    }
    distinct(asks)
}

fn third_round(document: &Document, _: &str) -> Vec<Ask> {
    let all =
        |field: &str| document.addresses.iter().filter_map(|row| row.reference(field)).collect();
    distinct(vec![
        (Resource::Countries, "id", all("id_country")),
        (Resource::States, "id", all("id_state")),
    ])
}

/// Without repeated values, and without requests that would ask for nothing.
fn distinct(asks: Vec<Ask>) -> Vec<Ask> {
    asks.into_iter()
        .map(|(resource, field, mut values)| {
            values.retain(|value| !value.is_empty());
            values.sort();
            values.dedup();
            (resource, field, values)
        })
        .filter(|(_, _, values)| !values.is_empty())
        .collect()
}

fn call(
    cx: &FetchContext<'_>,
    options: &Options,
    (resource, field, values): &Ask,
) -> Result<Call, Fault> {
    let filter = format!("filter[{field}]");
    let values = format!("[{}]", values.join("|"));
    let query = [("display", resource.display()), (filter.as_str(), values.as_str())];
    api::list(cx, options, resource.names(), &query)
}
