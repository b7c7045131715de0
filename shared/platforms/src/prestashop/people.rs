//! The buyer and the addresses.

use causeway_domain::{Address, CountryCode, Customer, CustomerId, Fault, Personal};

use super::fetch::Document;
use super::rows::Row;

/// The row whose id is in `order`'s field; `None` if it refers to none or the answer has none.
pub(super) fn referred<'a>(rows: &'a [Row], order: &Row, field: &str) -> Option<&'a Row> {
    let id = order.reference(field)?;
    rows.iter().find(|row| row.reference("id").as_deref() == Some(id.as_str()))
}

/// The buyer. Company and VAT number are those of the invoice address (PrestaShop's B2B mode keeps
/// them there); a guest has no account that later orders could be matched with.
pub(super) fn customer(document: &Document, order: &Row) -> Customer {
    let row = referred(&document.customers, order, "id_customer");
    let invoice = referred(&document.addresses, order, "id_address_invoice");
    let guest = row.is_some_and(|row| row.flag("is_guest"));
    let field = |row: Option<&Row>, name: &str| row.and_then(|row| personal(row.text(name)));
    let named = row.or(invoice).map(name).unwrap_or_default();
    Customer {
        id: order.reference("id_customer").filter(|_| !guest).map(CustomerId::new),
        name: named,
        email: field(row, "email"),
        phone: invoice.and_then(phone),
        company: field(invoice, "company").or_else(|| field(row, "company")),
        vat: field(invoice, "vat_number"),
    }
}

/// The address that `order`'s field refers to. PrestaShop never deletes one that an order uses, so a
/// missing row is a missing permission or a damaged shop.
pub(super) fn address(document: &Document, order: &Row, field: &str) -> Result<Address, Fault> {
    let row = referred(&document.addresses, order, field).ok_or_else(|| {
        order.bad(field, "refers to an address that the webservice does not give")
    })?;
    let country = referred(&document.countries, row, "id_country");
    let state = referred(&document.states, row, "id_state");
    let state =
        state.and_then(|row| personal(row.text("iso_code")).or_else(|| personal(row.text("name"))));
    Ok(Address {
        name: name(row),
        company: personal(row.text("company")),
        street: Personal::new(row.text("address1").to_owned()),
        street2: personal(row.text("address2")),
        city: Personal::new(row.text("city").to_owned()),
        zip: Personal::new(row.text("postcode").to_owned()),
        state,
        country: country.and_then(|row| CountryCode::parse(row.text("iso_code"))),
        phone: phone(row),
    })
}

fn name(row: &Row) -> Personal<String> {
    let name = format!("{} {}", row.text("firstname"), row.text("lastname"));
    Personal::new(name.trim().to_owned())
}

fn phone(row: &Row) -> Option<Personal<String>> {
    personal(row.text("phone")).or_else(|| personal(row.text("phone_mobile")))
}

fn personal(text: &str) -> Option<Personal<String>> {
    (!text.is_empty()).then(|| Personal::new(text.to_owned()))
}
