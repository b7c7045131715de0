//! Fiscal positions: detection from the addresses, mapping of default taxes.

use super::cell::get;
use super::env::Env;

/// The position for a customer and a delivery address, as Odoo detects it. With a Belgian VAT
/// number on the customer the invoiced partner decides, else the delivery address.
pub fn detect(env: &Env<'_>, partner: i64, shipping: Option<i64>) -> Option<i64> {
    let company = super::seed::Seed::COMPANY;
    let prefix = |model: &str, id: i64| {
        let vat = env.cell(model, id, "vat");
        vat.as_text().and_then(|v| v.get(..2)).map(str::to_uppercase)
    };
    let own = prefix("res.company", company);
    let theirs = prefix("res.partner", partner);
    let same_eu_vat = match (&own, &theirs) {
        (Some(own), Some(theirs)) => own == theirs && in_europe(env, own),
        _ => false,
    };
    let delivery = if same_eu_vat { partner } else { shipping.unwrap_or(partner) };
    let manual = |id: i64| env.store.reference("res.partner", id, "property_account_position_id");
    if let Some(position) = manual(delivery).or_else(|| manual(partner)) {
        return Some(position);
    }
    env.store.reference("res.partner", partner, "country_id")?;
    let mut positions: Vec<(i64, i64)> = env
        .store
        .rows("account.fiscal.position")
        .filter(|(_, row)| get(row, "active").truthy() && get(row, "auto_apply").truthy())
        .map(|(id, row)| (get(row, "sequence").id().unwrap_or(0), id))
        .collect();
    positions.sort_unstable();
    positions.into_iter().map(|(_, id)| id).find(|id| fits(env, *id, delivery))
}

fn in_europe(env: &Env<'_>, code: &str) -> bool {
    let Some(group) = env.store.external("base.europe").map(|x| x.record) else { return false };
    env.cell("res.country.group", group, "country_ids")
        .ids()
        .iter()
        .any(|country| env.cell("res.country", *country, "code").as_text() == Some(code))
}

fn fits(env: &Env<'_>, position: i64, delivery: i64) -> bool {
    let Some(row) = env.store.row("account.fiscal.position", position) else { return false };
    let country = env.store.reference("res.partner", delivery, "country_id");
    let vat = env.cell("res.partner", delivery, "vat");
    let vat = vat.as_text().is_some_and(|vat| vat != "/" && vat.len() > 2);
    let in_group = |group: i64| {
        country
            .is_some_and(|c| env.cell("res.country.group", group, "country_ids").ids().contains(&c))
    };
    (!get(row, "vat_required").truthy() || vat)
        && get(row, "country_id").id().is_none_or(|own| country == Some(own))
        && get(row, "country_group_id").id().is_none_or(in_group)
}

/// Maps the default taxes of a product. Taxes that a call sends are never mapped.
pub fn map(env: &Env<'_>, position: Option<i64>, taxes: &[i64]) -> Vec<i64> {
    let Some(position) = position else { return taxes.to_vec() };
    let own = env.cell("account.fiscal.position", position, "tax_ids");
    if own.ids().is_empty() {
        return Vec::new();
    }
    let active = |tax: &&i64| env.cell("account.tax", **tax, "active").truthy();
    let mut mapped = Vec::new();
    for tax in taxes {
        let replaces =
            |new: &&i64| env.cell("account.tax", **new, "original_tax_ids").ids().contains(tax);
        let new: Vec<i64> = own.ids().iter().filter(active).filter(replaces).copied().collect();
        for id in if new.is_empty() { vec![*tax] } else { new } {
            if !mapped.contains(&id) {
                mapped.push(id);
            }
        }
    }
    mapped
}
