//! Finds or makes the address contacts of a batch of orders. An address that is already known, by
//! link or by equal content below the customer, is never made twice.

use super::intent::SaleOrder;
use crate::work::unavailable;
use causeway_domain::ports::Http;
use causeway_domain::{Address, Fault, Personal, StoreId, customer::fold};
use causeway_ledger::{Ledger, Link, LinkKey, LinkKind};
use causeway_odoo::{Cell, ContactRecord, ExternalId, Odoo, Record};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) fn address_key(store: &StoreId, partner: i64, address: &Address) -> LinkKey {
    LinkKey {
        store: store.clone(),
        kind: LinkKind::Address,
        source: format!("{partner}.{}", address.digest()),
    }
}

/// Contact of every address of the orders: by link, by equal content below an older partner, or born.
pub(super) async fn contacts<H: Http, L: Ledger>(
    odoo: Odoo<'_, H>,
    ledger: &L,
    store: &StoreId,
    orders: &[&SaleOrder],
    partners: &[(usize, i64, bool)],
) -> Result<HashMap<LinkKey, Result<i64, Fault>>, Fault> {
    let mut wanted: BTreeMap<LinkKey, (i64, &Address, ContactRole)> = BTreeMap::new();
    for (at, partner, _) in partners {
        let Some(order) = orders.get(*at) else { continue };
        for (address, role) in
            [(&order.billing, ContactRole::Invoice), (&order.shipping, ContactRole::Delivery)]
        {
            wanted
                .entry(address_key(store, *partner, address))
                .and_modify(|(_, _, known)| *known = known.with(role))
                .or_insert((*partner, address, role));
        }
    }
    let keys: Vec<LinkKey> = wanted.keys().cloned().collect();
    let mut found = ledger.links(&keys).await.map_err(unavailable)?;
    wanted.retain(|key, _| !found.contains_key(key));
    let old: Vec<i64> = partners
        .iter()
        .filter(|(_, id, born)| !born && wanted.values().any(|(partner, _, _)| partner == id))
        .map(|(_, id, _)| *id)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let existing = if old.is_empty() { Vec::new() } else { odoo.contacts_of(&old).await? };
    let mut links = Vec::new();
    wanted.retain(|key, (partner, address, _)| {
        let same = existing.iter().find(|c| c.parent == *partner && same_address(c, address));
        if let Some(contact) = same {
            links.push(Link { key: key.clone(), odoo_id: contact.id });
        }
        same.is_none()
    });
    let states = states_of(odoo, wanted.values().map(|(_, address, _)| *address)).await?;
    let records: Vec<Record> = wanted
        .iter()
        .map(|(key, (partner, address, role))| {
            contact_record(store, key, *partner, address, *role, &states)
        })
        .collect();
    let born = if records.is_empty() {
        Vec::new()
    } else {
        odoo.load_new("res.partner", &records).await?
    };
    let mut failed = Vec::new();
    for (key, outcome) in wanted.into_keys().zip(born) {
        match outcome {
            Ok(odoo_id) => links.push(Link { key, odoo_id }),
            Err(culprit) => failed.push((
                key,
                Fault::reject(
                    format!("Odoo refuses an address: {}", culprit.text),
                    "correct the address on the platform, then replay the order",
                ),
            )),
        }
    }
    ledger.put_links(&links).await.map_err(unavailable)?;
    found.extend(links.into_iter().map(|link| (link.key, link.odoo_id)));
    Ok(found
        .into_iter()
        .map(|(key, id)| (key, Ok(id)))
        .chain(failed.into_iter().map(|(key, fault)| (key, Err(fault))))
        .collect())
}

/// What a new contact is for. A `contact` child would take over its parent's address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ContactRole {
    Invoice,
    Delivery,
    Both,
}

impl ContactRole {
    fn with(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
    fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Delivery => "delivery",
            Self::Both => "other",
        }
    }
}

fn contact_record(
    store: &StoreId,
    key: &LinkKey,
    partner: i64,
    address: &Address,
    role: ContactRole,
    states: &States,
) -> Record {
    let name = [Some(&address.name), address.company.as_ref()]
        .into_iter()
        .flatten()
        .find(|name| !name.reveal().trim().is_empty());
    let mut head = vec![
        ("id", Cell::Text(ExternalId::new(store, "address", &key.source).to_string())),
        // An address without a name is still a place: Odoo wants a name only for `contact`.
        ("name", name.map_or(Cell::Blank, text)),
        ("parent_id/.id", Cell::Id(partner)),
        ("type", Cell::Text(role.as_str().to_owned())),
        ("phone", optional(address.phone.as_ref())),
    ];
    head.extend(address_cells(address, states));
    Record { head, lines: Vec::new() }
}

/// Equal for a carrier: name, street, postal code, city and country, case and blanks folded.
fn same_address(contact: &ContactRecord, address: &Address) -> bool {
    let folded = |text: &Personal<String>| fold(text.reveal());
    let code = address.country.map(String::from).unwrap_or_default();
    folded(&contact.name) == folded(&address.name)
        && folded(&contact.street) == folded(&address.street)
        && folded(&contact.street2) == address.street2.as_ref().map(folded).unwrap_or_default()
        && folded(&contact.zip) == folded(&address.zip)
        && folded(&contact.city) == folded(&address.city)
        && contact.country_code.as_deref().unwrap_or_default() == code
}

pub(super) type States = BTreeMap<(causeway_domain::CountryCode, String), i64>;

pub(super) async fn states_of<'a, H: Http>(
    odoo: Odoo<'_, H>,
    addresses: impl Iterator<Item = &'a Address>,
) -> Result<States, Fault> {
    let pairs: Vec<_> = addresses
        .filter_map(|address| Some((address.country?, address.state.as_ref()?.reveal().clone())))
        .collect::<std::collections::HashSet<_>>()
        .into_iter()
        .collect();
    if pairs.is_empty() { Ok(States::new()) } else { odoo.country_states(&pairs).await }
}

pub(super) fn text(value: &Personal<String>) -> Cell {
    let trimmed = value.reveal().trim();
    if trimmed.is_empty() { Cell::Blank } else { Cell::Text(trimmed.to_owned()) }
}

pub(super) fn optional(value: Option<&Personal<String>>) -> Cell {
    value.map_or(Cell::Blank, text)
}

/// Street, city, country columns. A state that Odoo does not know is kept in `street2`, so that the
/// label still has it; a wrong state is never guessed.
pub(super) fn address_cells(address: &Address, states: &States) -> Vec<(&'static str, Cell)> {
    let state = address.state.as_ref().filter(|state| !state.reveal().trim().is_empty());
    let known =
        state.and_then(|state| states.get(&(address.country?, state.reveal().clone())).copied());
    let street2 = address.street2.as_ref().map_or("", |line| line.reveal().trim());
    let street2 = match (state, known) {
        (Some(state), None) => [street2, state.reveal().trim()]
            .iter()
            .filter(|t| !t.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(", "),
        (Some(_), Some(_)) | (None, _) => street2.to_owned(),
    };
    vec![
        ("street", text(&address.street)),
        ("street2", text(&Personal::new(street2))),
        ("city", text(&address.city)),
        ("zip", text(&address.zip)),
        ("state_id/.id", known.map_or(Cell::Blank, Cell::Id)),
        (
            "country_id/id",
            address.country.map_or(Cell::Blank, |code| Cell::Text(country_xml_id(code.as_str()))),
        ),
    ]
}

/// Odoo's external id of a country; the United Kingdom is `uk` there.
fn country_xml_id(code: &str) -> String {
    match code {
        "GB" => "base.uk".to_owned(),
        other => format!("base.{}", other.to_lowercase()),
    }
}
