//! Who bought and where it goes.

use causeway_domain::{Address, CountryCode, Customer, CustomerId, Personal};

use super::settings::Settings;
use super::shape::{MailingAddress, OrderNode, id_tail};

/// A text with content.
fn filled(text: Option<&str>) -> Option<Personal<String>> {
    let text = text?.trim();
    (!text.is_empty()).then(|| Personal::from(text))
}

/// The buyer. The order's own e-mail and phone win over the account's: they were given for this order.
pub(super) fn customer(settings: &Settings, node: &OrderNode) -> Customer {
    let account = node.customer.as_ref();
    let billing = node.billing_address.as_ref().or(node.shipping_address.as_ref());
    let account_email = account.and_then(|account| account.default_email_address.as_ref());
    let account_phone = account.and_then(|account| account.default_phone_number.as_ref());
    let company = node.purchasing_entity.as_ref().and_then(|entity| entity.company.as_ref());
    let account_name = account.map(|account| {
        let parts = [account.first_name.as_deref(), account.last_name.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    Customer {
        id: account.and_then(|account| id_tail(&account.id)).map(CustomerId::new),
        name: filled(account_name.as_deref())
            .or_else(|| filled(billing?.name.as_deref()))
            .unwrap_or_default(),
        email: filled(node.email.as_deref())
            .or_else(|| filled(account_email.map(|email| email.email_address.as_str()))),
        phone: filled(node.phone.as_deref())
            .or_else(|| filled(account_phone.map(|phone| phone.phone_number.as_str())))
            .or_else(|| filled(billing?.phone.as_deref())),
        company: filled(company.map(|company| company.name.as_str()))
            .or_else(|| filled(billing?.company.as_deref())),
        vat: vat(settings, node),
    }
}

fn vat(settings: &Settings, node: &OrderNode) -> Option<Personal<String>> {
    let attribute = settings.vat_attribute.as_deref().and_then(|key| {
        let mut all = node.custom_attributes.iter();
        all.find(|attribute| attribute.key.trim().eq_ignore_ascii_case(key.trim()))
    });
    filled(attribute.and_then(|attribute| attribute.value.as_deref())).or_else(|| {
        let location = node.purchasing_entity.as_ref()?.location.as_ref()?;
        filled(location.tax_settings.tax_registration_id.as_deref())
    })
}

/// The invoice address: Shopify's billing address, else the delivery address, else empty (a sale at
/// a till without any).
pub(super) fn billing(node: &OrderNode) -> Address {
    let given = node.billing_address.as_ref().or(node.shipping_address.as_ref());
    given.map(address).unwrap_or_default()
}

/// The delivery address, if something is shipped.
pub(super) fn shipping(node: &OrderNode) -> Option<Address> {
    node.shipping_address.as_ref().map(address)
}

fn address(from: &MailingAddress) -> Address {
    let text = |value: &Option<String>| filled(value.as_deref());
    Address {
        name: text(&from.name).unwrap_or_default(),
        company: text(&from.company),
        street: text(&from.address1).unwrap_or_default(),
        street2: text(&from.address2),
        city: text(&from.city).unwrap_or_default(),
        zip: text(&from.zip).unwrap_or_default(),
        state: text(&from.province_code).or_else(|| text(&from.province)),
        country: from.country_code_v2.as_deref().and_then(CountryCode::parse),
        phone: text(&from.phone),
    }
}

/// The buyer's note.
pub(super) fn note(node: &OrderNode) -> Option<Personal<String>> {
    filled(node.note.as_deref())
}
