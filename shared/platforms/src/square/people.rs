//! Who bought and where it goes. A sale at a till often has neither.

use causeway_domain::{Address, CountryCode, Customer, CustomerId, Personal};

use super::fetch::{Beside, customer_id};
use super::shape::{Fulfillment, FulfillmentDetails, OrderDocument, Recipient, SquareAddress};

/// A text with content.
fn filled(text: Option<&str>) -> Option<Personal<String>> {
    let text = text?.trim();
    (!text.is_empty()).then(|| Personal::from(text))
}

fn joined(parts: &[&Option<String>]) -> Option<Personal<String>> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).map(str::trim).collect();
    filled(Some(&parts.join(" ")))
}

/// Fulfilments that were not called off.
fn live(document: &OrderDocument) -> impl Iterator<Item = &Fulfillment> {
    document
        .fulfillments
        .iter()
        .flatten()
        .filter(|one| !matches!(one.state.as_deref(), Some("CANCELED" | "FAILED")))
}

fn details(one: &Fulfillment) -> Option<&FulfillmentDetails> {
    let kinds =
        [&one.shipment_details, &one.delivery_details, &one.pickup_details, &one.in_store_details];
    kinds.into_iter().flatten().next()
}

fn recipient(document: &OrderDocument) -> Option<&Recipient> {
    live(document).filter_map(|one| details(one)?.recipient.as_ref()).next()
}

/// The buyer: the profile in the customer directory, filled up from recipient and payment.
pub(super) fn customer(document: &OrderDocument, beside: &Beside) -> Customer {
    let profile = beside.customer.as_ref();
    let recipient = recipient(document);
    let paid_by = beside.payments.iter().find_map(|payment| payment.buyer_email_address.as_deref());
    Customer {
        // A profile that is gone leaves a guest: its id would never be found again.
        id: profile.and(customer_id(document)).map(CustomerId::new),
        name: profile
            .and_then(|profile| joined(&[&profile.given_name, &profile.family_name]))
            .or_else(|| filled(recipient?.display_name.as_deref()))
            .unwrap_or_default(),
        email: profile
            .and_then(|profile| filled(profile.email_address.as_deref()))
            .or_else(|| filled(recipient?.email_address.as_deref()))
            .or_else(|| filled(paid_by)),
        phone: profile
            .and_then(|profile| filled(profile.phone_number.as_deref()))
            .or_else(|| filled(recipient?.phone_number.as_deref())),
        company: profile.and_then(|profile| filled(profile.company_name.as_deref())),
        vat: profile.and_then(|profile| filled(profile.tax_ids.as_ref()?.eu_vat.as_deref())),
    }
}

/// The invoice address: of a payment, else of the profile, else where it goes, else empty.
pub(super) fn billing(document: &OrderDocument, beside: &Beside, customer: &Customer) -> Address {
    let paid = beside.payments.iter().find_map(|payment| payment.billing_address.as_ref());
    let profile = beside.customer.as_ref().and_then(|profile| profile.address.as_ref());
    match paid.or(profile) {
        Some(given) => address(given, None, customer.name.reveal()),
        None => shipping(document).unwrap_or_default(),
    }
}

/// The delivery address of a shipment or a delivery; a pick-up has none.
pub(super) fn shipping(document: &OrderDocument) -> Option<Address> {
    let recipient = live(document)
        .filter_map(|one| one.shipment_details.as_ref().or(one.delivery_details.as_ref()))
        .find_map(|details| details.recipient.as_ref())?;
    let name = recipient.display_name.as_deref().unwrap_or_default();
    Some(address(recipient.address.as_ref()?, recipient.phone_number.as_deref(), name))
}

fn address(from: &SquareAddress, phone: Option<&str>, name: &str) -> Address {
    let text = |value: &Option<String>| filled(value.as_deref());
    Address {
        name: joined(&[&from.first_name, &from.last_name])
            .or_else(|| filled(Some(name)))
            .unwrap_or_default(),
        company: None,
        street: text(&from.address_line_1).unwrap_or_default(),
        street2: joined(&[&from.address_line_2, &from.address_line_3]),
        city: text(&from.locality).unwrap_or_default(),
        zip: text(&from.postal_code).unwrap_or_default(),
        state: text(&from.administrative_district_level_1),
        // ZZ is Square's "unknown".
        country: from.country.as_deref().filter(|code| *code != "ZZ").and_then(CountryCode::parse),
        phone: filled(phone),
    }
}

/// The note of the first fulfilment that has one.
pub(super) fn note(document: &OrderDocument) -> Option<Personal<String>> {
    live(document).find_map(|one| filled(details(one)?.note.as_deref()))
}
