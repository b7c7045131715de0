//! What the payment processors say in the end, and what the verdict makes of it.

use super::check::Sold;
use super::sandbox::{Account, Sandbox, Store};
use super::settled::{Settled, Stores, audit, charged_back, violations};
use crate::report::{Failure, table};
use causeway_ledger::AttentionItem;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every account with what its processor holds.
pub struct Processors(Vec<(Account, Value)>);

impl Processors {
    /// Asks them.
    pub async fn read(sandbox: &Sandbox) -> Result<Self, Failure> {
        let mut all = Vec::new();
        for account in &sandbox.accounts {
            all.push((account.clone(), sandbox.account_state(account).await?));
        }
        Ok(Self(all))
    }

    /// Notes on a store's orders what the buyers' banks took back.
    pub fn charge_back(&self, store: &Store, sold: &mut [Sold]) {
        for (_, said) in &self.0 {
            for ((of, id), amount) in charged_back(said) {
                let own = sold.iter_mut().filter(|order| of == store.store && order.id == id);
                own.for_each(|order| order.charged_back = amount);
            }
        }
    }

    /// What became of every payout. Exactly those lines must be asked about, or wait for what they are of,
    /// that belong to nothing yet; `awaited` is how many wait, by account.
    pub fn audit(
        &self,
        stores: &Stores,
        odoo: &Value,
        raised: &[AttentionItem],
        awaited: &BTreeMap<String, usize>,
        problems: &mut Vec<String>,
    ) -> Vec<Settled> {
        let mut all = Vec::new();
        for (account, said) in &self.0 {
            problems.extend(violations(account, said));
            let settled = audit(account, said, stores, odoo);
            let mut open: Vec<&AttentionItem> =
                raised.iter().filter(|one| one.key.store.as_str() == account.account).collect();
            let mut unasked = Vec::new();
            for payment in settled.iter().flat_map(|one| &one.asked) {
                let own = |one: &&AttentionItem| one.number.as_deref() == Some(payment);
                match open.iter().position(own) {
                    Some(at) => drop(open.remove(at)),
                    None => unasked.push(payment.as_str()),
                }
            }
            let clearing: usize = settled.iter().map(|one| one.clearing).sum();
            let waiting = awaited.get(&account.account).copied().unwrap_or_default();
            if waiting != unasked.len() + clearing {
                problems.push(format!(
                    "{waiting} lines of {} wait; of nothing yet are {} and {clearing} on the clearing \
                     account",
                    account.account,
                    unasked.join(", ")
                ));
            }
            problems.extend(
                open.iter()
                    .map(|one| format!("{} asks for a person: {}", account.account, one.reason)),
            );
            problems.extend(settled.iter().flat_map(|one| one.problems.clone()));
            all.extend(settled);
        }
        all
    }
}

/// The payouts as a table.
pub fn shown(payouts: &[Settled]) -> comfy_table::Table {
    let head =
        ["account", "payout", "entries", "lines right", "deposit", "fees", "asked", "balanced"];
    let mut lines = table(head);
    for one in payouts {
        let balanced = if one.problems.is_empty() { "yes" } else { "no" };
        lines.add_row([
            one.account.clone(),
            one.id.clone(),
            one.entries.to_string(),
            format!("{}/{}", one.right, one.lines),
            one.deposit.to_string(),
            one.fees.to_string(),
            one.asked.len().to_string(),
            balanced.to_owned(),
        ]);
    }
    lines
}
