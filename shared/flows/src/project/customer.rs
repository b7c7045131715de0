//! Finds or makes the partner and the address contacts of a batch of orders.
//!
//! A partner is known by link (platform account, or e-mail digest for guests), else by VAT number for
//! a business, else by normalised e-mail, else born by a create-only load under the platform's id, so
//! that two first orders of one customer at once make one partner (R208-R212).

use super::contact::{States, address_cells, address_key, contacts, optional, states_of, text};
use super::intent::SaleOrder;
use crate::config::{SeveralMatches, StoreConfig};
use crate::work::unavailable;
use causeway_domain::digest::short_digest;
use causeway_domain::ports::Http;
use causeway_domain::{Address, Fault, StoreId};
use causeway_ledger::{Ledger, Link, LinkKey, LinkKind};
use causeway_odoo::{Cell, ExternalId, Odoo, PartnerRecord, Record};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The three partners of a sale order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parties {
    pub(super) partner: i64,
    pub(super) invoice: i64,
    pub(super) delivery: i64,
}

/// The link under which an order's customer is known; `None` for a sale without any customer.
fn identity(store: &StoreId, order: &SaleOrder) -> Option<LinkKey> {
    let key = |kind, source| LinkKey { store: store.clone(), kind, source };
    match (&order.customer.id, order.customer.email_normalised()) {
        (Some(id), _) => Some(key(LinkKind::Customer, id.to_string())),
        (None, Some(email)) => Some(key(LinkKind::Guest, short_digest([email.as_str()]))),
        (None, None) => None,
    }
}

/// Resolves the parties of every order; the result is in the orders' order.
pub(super) async fn resolve<H: Http, L: Ledger>(
    odoo: Odoo<'_, H>,
    ledger: &L,
    store: &StoreId,
    config: &StoreConfig,
    orders: &[&SaleOrder],
) -> Result<Vec<Result<Parties, Fault>>, Fault> {
    let partners = partners(odoo, ledger, store, config, orders).await?;
    let known: Vec<(usize, i64, bool)> = partners
        .iter()
        .enumerate()
        .filter_map(|(at, found)| found.as_ref().ok().map(|(id, born)| (at, *id, *born)))
        .collect();
    let contacts = contacts(odoo, ledger, store, orders, &known).await?;
    Ok(partners
        .into_iter()
        .zip(orders)
        .map(|(partner, order)| {
            let (partner, _) = partner?;
            let contact = |address: &Address| {
                let key = address_key(store, partner, address);
                contacts.get(&key).cloned().unwrap_or_else(|| {
                    Err(Fault::retry(format!("order {}: address contact missing", order.key)))
                })
            };
            Ok(Parties {
                partner,
                invoice: contact(&order.billing)?,
                delivery: contact(&order.shipping)?,
            })
        })
        .collect())
}

type Found = Result<(i64, bool), Fault>;

/// Partner id of every order, and whether it was just born (and so has no contacts yet).
async fn partners<H: Http, L: Ledger>(
    odoo: Odoo<'_, H>,
    ledger: &L,
    store: &StoreId,
    config: &StoreConfig,
    orders: &[&SaleOrder],
) -> Result<Vec<Found>, Fault> {
    let keys: Vec<Option<LinkKey>> = orders.iter().map(|order| identity(store, order)).collect();
    let wanted: Vec<LinkKey> =
        keys.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let mut found: HashMap<LinkKey, Found> = ledger
        .links(&wanted)
        .await
        .map_err(unavailable)?
        .into_iter()
        .map(|(key, id)| (key, Ok((id, false))))
        .collect();
    // One order speaks for each customer that is not known yet.
    let missing: BTreeMap<LinkKey, &SaleOrder> = keys
        .iter()
        .zip(orders)
        .filter_map(|(key, order)| Some((key.clone()?, *order)))
        .filter(|(key, _)| !found.contains_key(key))
        .collect();
    if !missing.is_empty() {
        let resolved = search_or_create(odoo, store, config, &missing).await?;
        let links: Vec<Link> = resolved
            .iter()
            .filter_map(|(key, found)| {
                Some(Link { key: key.clone(), odoo_id: found.as_ref().ok()?.0 })
            })
            .collect();
        ledger.put_links(&links).await.map_err(unavailable)?;
        found.extend(resolved);
    }
    Ok(keys
        .into_iter()
        .zip(orders)
        .map(|(key, order)| match (key, config.customers.anonymous) {
            (Some(key), _) => found.get(&key).cloned().unwrap_or_else(|| {
                Err(Fault::retry(format!("order {}: customer not resolved", order.key)))
            }),
            (None, Some(partner)) => Ok((partner, false)),
            (None, None) => Err(Fault::reject(
                format!("order {} has no customer account and no e-mail", order.key),
                format!("set anonymous in [stores.{store}.customers] to a partner for such sales"),
            )),
        })
        .collect())
}

async fn search_or_create<H: Http>(
    odoo: Odoo<'_, H>,
    store: &StoreId,
    config: &StoreConfig,
    missing: &BTreeMap<LinkKey, &SaleOrder>,
) -> Result<HashMap<LinkKey, Found>, Fault> {
    let vats: Vec<String> =
        unique(missing.values().filter_map(|order| order.customer.vat_normalised()));
    let emails: Vec<String> =
        unique(missing.values().filter_map(|order| order.customer.email_normalised()));
    let by_vat =
        if vats.is_empty() { Vec::new() } else { odoo.find_partners_by_vat(&vats).await? };
    let by_email =
        if emails.is_empty() { Vec::new() } else { odoo.find_partners_by_email(&emails).await? };

    // A partner that is limited to another company cannot be used.
    let ours = |partner: &PartnerRecord| partner.company.is_none_or(|id| id == config.company);
    let mut resolved: HashMap<LinkKey, Found> = HashMap::new();
    let mut unborn: Vec<(&LinkKey, &SaleOrder)> = Vec::new();
    for (key, order) in missing {
        let business = order.customer.vat_normalised().map(|vat| {
            by_vat
                .iter()
                .filter(|p| ours(p) && p.vat.as_deref() == Some(vat.as_str()))
                .collect::<Vec<&PartnerRecord>>()
        });
        let person = order.customer.email_normalised().map(|email| {
            by_email
                .iter()
                .filter(|p| ours(p) && p.email.as_deref() == Some(email.as_str()))
                .collect::<Vec<&PartnerRecord>>()
        });
        let matches = match (business, person) {
            (Some(matches), _) if !matches.is_empty() => ("VAT number", matches),
            // A business is not merged into a private person that shares its mailbox.
            (Some(_), Some(matches)) => (
                "e-mail",
                matches
                    .into_iter()
                    .filter(|p: &&PartnerRecord| p.vat.is_none() && p.is_company)
                    .collect(),
            ),
            (_, Some(matches)) => ("e-mail", matches),
            (_, None) => ("e-mail", Vec::new()),
        };
        match one(order, matches, config.customers.several) {
            Ok(Some(id)) => {
                resolved.insert(key.clone(), Ok((id, false)));
            }
            Ok(None) => unborn.push((key, order)),
            Err(fault) => {
                resolved.insert(key.clone(), Err(fault));
            }
        }
    }
    let states = states_of(odoo, unborn.iter().map(|(_, order)| &order.billing)).await?;
    let records: Vec<Record> =
        unborn.iter().map(|(key, order)| partner_record(store, key, order, &states)).collect();
    let born = if records.is_empty() {
        Vec::new()
    } else {
        odoo.load_new("res.partner", &records).await?
    };
    for ((key, order), outcome) in unborn.into_iter().zip(born) {
        let found = outcome.map(|id| (id, true)).map_err(|culprit| {
            Fault::reject(
                format!("order {}: its customer: {}", order.key, culprit.text),
                "correct the customer on the platform or make the partner in Odoo, then replay",
            )
        });
        resolved.insert(key.clone(), found);
    }
    Ok(resolved)
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}

fn one(
    order: &SaleOrder,
    (what, matches): (&str, Vec<&PartnerRecord>),
    several: SeveralMatches,
) -> Result<Option<i64>, Fault> {
    let mut ids: Vec<i64> = matches.iter().map(|partner| partner.id).collect();
    ids.sort_unstable();
    match (ids.as_slice(), several) {
        ([], SeveralMatches::Reject | SeveralMatches::Oldest) => Ok(None),
        ([id], SeveralMatches::Reject | SeveralMatches::Oldest) => Ok(Some(*id)),
        ([id, ..], SeveralMatches::Oldest) => Ok(Some(*id)),
        (many, SeveralMatches::Reject) => Err(Fault::reject(
            format!("order {}: partners {many:?} all have the customer's {what}", order.key),
            "merge them in Odoo, or set several = \"oldest\" in the store's [customers]",
        )),
    }
}

fn partner_record(store: &StoreId, key: &LinkKey, order: &SaleOrder, states: &States) -> Record {
    let kind = match key.kind {
        LinkKind::Customer => "customer",
        LinkKind::Guest | LinkKind::Address | LinkKind::Product | LinkKind::Sku => "guest",
    };
    let customer = &order.customer;
    let company = customer.company.as_ref().filter(|name| !name.reveal().trim().is_empty());
    let is_company = company.is_some() || customer.vat.is_some();
    let name = company
        .filter(|_| is_company)
        .or(Some(&customer.name))
        .filter(|name| !name.reveal().trim().is_empty())
        .or(Some(&order.billing.name))
        .filter(|name| !name.reveal().trim().is_empty())
        .or(customer.email.as_ref());
    let mut head = vec![
        ("id", Cell::Text(ExternalId::new(store, kind, &key.source).to_string())),
        ("name", name.map_or_else(|| Cell::Text(order.number.clone()), text)),
        ("email", optional(customer.email.as_ref())),
        ("phone", optional(customer.phone.as_ref())),
        ("vat", customer.vat_normalised().map_or(Cell::Blank, Cell::Text)),
        ("is_company", Cell::Flag(is_company)),
    ];
    head.extend(address_cells(&order.billing, states));
    Record { head, lines: Vec::new() }
}

/// The links that an order's customer and addresses may rest on. The address links are by partner, so
/// dropping the customer's link makes them unreachable until the partner is found again.
pub(super) fn links_of(store: &StoreId, order: &SaleOrder) -> Vec<LinkKey> {
    identity(store, order).into_iter().collect()
}
