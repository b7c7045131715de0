//! Rows that every shop has: currencies, countries, taxes, carriers, order states.

use crate::platforms::shop::Platform;
use crate::platforms::tax::TAX_RATES;
use serde_json::{Value, json};

/// Id of a currency.
pub(super) fn currency(code: &str) -> u32 {
    CURRENCIES.iter().find(|currency| currency.1 == code).expect("a currency of the shop").0
}
/// Id of a country.
pub(super) fn country(code: &str) -> u32 {
    COUNTRIES.iter().find(|country| country.1 == code).expect("a country of the shop").0
}

const CURRENCIES: &[(u32, &str, &str, &str, u32)] = &[
    (1, "EUR", "Euro", "978", 2),
    (2, "USD", "US Dollar", "840", 2),
    (3, "JPY", "Yen", "392", 0),
    (4, "KWD", "Kuwaiti Dinar", "414", 3),
];
const COUNTRIES: &[(u32, &str, &str)] = &[
    (1, "DE", "Germany"),
    (3, "BE", "Belgium"),
    (8, "FR", "France"),
    (12, "LU", "Luxembourg"),
    (13, "NL", "Netherlands"),
    (21, "US", "United States"),
];
const CARRIERS: &[(u32, &str)] = &[(1, "Click and collect"), (2, "Bpost"), (3, "DHL")];
/// Id, name, template, logable, shipped, paid (a new 8.2 shop).
const STATES: &[(u32, &str, &str, u8, u8, u8)] = &[
    (1, "Awaiting check payment", "cheque", 0, 0, 0),
    (2, "Payment accepted", "payment", 1, 0, 1),
    (3, "Processing in progress", "preparation", 1, 0, 1),
    (4, "Shipped", "shipped", 1, 1, 1),
    (5, "Delivered", "", 1, 1, 1),
    (6, "Canceled", "order_canceled", 0, 0, 0),
    (7, "Refunded", "refund", 0, 0, 0),
    (8, "Payment error", "payment_error", 0, 0, 0),
    (10, "Awaiting bank wire payment", "bankwire", 0, 0, 0),
    (11, "Remote payment accepted", "payment", 1, 0, 1),
];

/// The rows of a resource that do not come from orders.
pub(super) fn rows(path: &str) -> Vec<Value> {
    match path {
        "currencies" => CURRENCIES
            .iter()
            .map(|(id, code, name, number, precision)| {
                json!({"id": id, "names": name, "name": name, "symbol": code, "iso_code": code,
                    "numeric_iso_code": number, "precision": precision,
                    "conversion_rate": "1.000000", "deleted": 0, "active": 1, "unofficial": 0,
                    "modified": 0, "pattern": ""})
            })
            .collect(),
        "countries" => COUNTRIES
            .iter()
            .map(|(id, code, name)| {
                json!({"id": id, "id_zone": 1, "id_currency": 0, "call_prefix": 32,
                    "iso_code": code, "active": 1, "contains_states": u8::from(*code == "US"),
                    "need_identification_number": 0, "need_zip_code": 1, "zip_code_format": "NNNN",
                    "display_tax_label": 1, "name": name})
            })
            .collect(),
        "states" => vec![json!({"id": 35, "id_zone": 2, "id_country": 21, "iso_code": "NY",
            "name": "New York", "active": 1})],
        "taxes" => TAX_RATES
            .iter()
            .filter(|rate| rate.platform == Platform::PrestaShop)
            .map(|rate| {
                json!({"id": rate.id, "rate": format!("{}.000", rate.percent), "active": 1,
                    "deleted": 0, "name": rate.title})
            })
            .collect(),
        "carriers" => CARRIERS.iter().map(|(id, name)| carrier(*id, name)).collect(),
        "order_states" => STATES
            .iter()
            .map(|(id, name, template, logable, shipped, paid)| {
                json!({"id": id, "unremovable": 1, "delivery": shipped, "hidden": 0,
                    "send_email": 1, "module_name": "", "invoice": logable, "color": "#3498D8",
                    "logable": logable, "shipped": shipped, "paid": paid, "pdf_delivery": 0,
                    "pdf_invoice": 0, "deleted": 0, "name": name, "template": template})
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn carrier(id: u32, name: &str) -> Value {
    json!({"id": id, "deleted": 0, "is_module": 0, "id_tax_rules_group": 1, "id_reference": id,
        "name": name, "active": 1, "is_free": u8::from(id == 1), "url": "", "shipping_handling": 0,
        "shipping_external": 0, "range_behavior": 0, "shipping_method": 1, "max_width": 0,
        "max_height": 0, "max_depth": 0, "max_weight": "0.000000", "grade": 0,
        "external_module_name": "", "need_range": 0, "position": id - 1, "delay": "Two days"})
}
