//! Who sells what, and what is delivered in which order. The same seed gives the same play.

use super::point_of_sale::{self, Sale};
use super::roles;
use super::sandbox::{Sandbox, Store};
use crate::local::steps::Step;
use crate::report::Failure;
use serde_json::Value;

/// The SKU that no Odoo has at first (the sandbox's name for it).
pub const UNKNOWN_SKU: &str = "UNKNOWN-SKU";

/// What an order is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sold and delivered, with duplicates.
    Plain,
    /// Its update is delivered before its creation.
    Reordered,
    /// Changes between two deliveries.
    Edited,
    /// Sells a SKU that Odoo does not have.
    UnknownSku,
    /// Odoo refuses it.
    Poisoned,
    /// Nobody with the secret ever spoke of it.
    Forged,
    /// Cancelled once it is in Odoo, and paid back.
    CancelledLater,
    /// Cancelled before anybody heard of it.
    CancelledFirst,
    /// Everything is given back; told three times.
    RefundedFull,
    /// One of three, not sent, is given back; told three times.
    RefundedPart,
    /// Money only is given back; told three times.
    RefundedAmount,
    /// One of three, the delivery and some money are given back; told three times.
    RefundedMixed,
    /// One of three is given back, and that is told before the order is.
    RefundedEarly,
    /// Delivered, then one of three comes back: credited once the warehouse has it.
    Returned,
    /// Sold across the counter: no order in Odoo, but entries.
    Counter(Sale),
}

/// One order of the play.
#[derive(Clone, Debug)]
pub struct Order {
    /// Store.
    pub store: String,
    /// Platform.
    pub platform: String,
    /// The platform's id.
    pub id: String,
    /// What it is there to show.
    pub role: Role,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Act {
    /// A webhook is delivered.
    Deliver {
        /// About this order.
        order: Order,
        /// created, updated.
        topic: &'static str,
        /// sent, retried, forged, tampered.
        how: &'static str,
    },
    /// The buyer changes the quantity of the first line.
    Edit {
        /// Which order.
        order: Order,
        /// How many now.
        quantity: u32,
    },
    /// The merchant cancels it and gives back what was paid.
    Cancel {
        /// Which order.
        order: Order,
    },
    /// The warehouse sends its goods.
    Ship {
        /// Which order.
        order: Order,
    },
    /// The buyer sends one back, where the platform has returns of its own, and is paid for it.
    SendBack {
        /// Which order.
        order: Order,
    },
    /// The processor tells its fees.
    Fees {
        /// Which order.
        order: Order,
    },
    /// The merchant gives something back.
    Refund {
        /// Which order.
        order: Order,
        /// What, as the sandbox's control takes it.
        what: Value,
    },
}

impl Act {
    /// A delivery.
    pub fn deliver(order: &Order, topic: &'static str, how: &'static str) -> Self {
        Self::Deliver { order: order.clone(), topic, how }
    }
}

/// The whole play.
pub struct Script {
    /// All orders.
    pub orders: Vec<Order>,
    /// What happens to each order, in its own sequence.
    pub chains: Vec<Vec<Act>>,
    /// What happens to it once it is in Odoo.
    pub later: Vec<Vec<Act>>,
}

impl Script {
    /// Orders that were truly nudged.
    pub fn nudged(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.role != Role::Forged)
    }
}

/// Makes the orders in the stores and says what happens to them.
pub async fn write(sandbox: &Sandbox, each: u32, seed: u64) -> Result<Script, Failure> {
    let step = Step::begin("five stores and a counter sell");
    let mut orders = Vec::new();
    for (at, store) in sandbox.stores.iter().enumerate() {
        // Stores do not have the same buyers.
        let seed = seed.wrapping_add(u64::try_from(at).unwrap_or_default());
        let mut add = |ids: Vec<String>, role: &dyn Fn(usize) -> Role| {
            orders.extend(ids.into_iter().enumerate().map(|(n, id)| Order {
                store: store.store.clone(),
                platform: store.platform.clone(),
                id,
                role: role(n),
            }));
        };
        // What is invoiced and paid at once is not edited any more: there, it is edited before it is paid.
        let at_once = store.policy.invoices == "at_order";
        let edited = each / 3;
        let kind = if at_once { "pending" } else { "plain" };
        let changed = sandbox.add_orders(&store.store, seed, edited, kind).await?;
        add(changed, &|_| Role::Edited);
        let plain = sandbox.add_orders(&store.store, seed, each - edited, "plain").await?;
        add(plain, &|n| if n % 2 == 0 { Role::Plain } else { Role::Reordered });
        let after = after_the_order(store);
        let count = u32::try_from(after.len()).unwrap_or_default();
        let paid = sandbox.add_orders(&store.store, seed, count, "paid").await?;
        add(paid, &|n| after.get(n).copied().unwrap_or(Role::Plain));
        add(sandbox.add_orders(&store.store, seed, 1, "plain").await?, &|_| Role::Forged);
        // One of each is enough to see that nothing else suffers.
        if at == 0 {
            add(sandbox.add_orders(&store.store, seed, 1, "unknown_sku").await?, &|_| {
                Role::UnknownSku
            });
        }
        if at == 1 {
            add(sandbox.add_orders(&store.store, seed, 1, "poisoned").await?, &|_| Role::Poisoned);
        }
    }
    orders.extend(point_of_sale::sell(sandbox, seed).await?);
    let chains = orders.iter().enumerate().map(|(n, order)| roles::first(n, order)).collect();
    let later: Vec<Vec<Act>> = orders.iter().map(roles::later).filter(|c| !c.is_empty()).collect();
    step.done_with(&format!("{} orders", orders.len()));
    Ok(Script { orders, chains, later })
}

/// What comes after the order, once for each store. Where nobody invoices, goods are taken off the order,
/// and money beside them is a question for a person.
fn after_the_order(store: &Store) -> Vec<Role> {
    let mut roles = vec![
        Role::CancelledLater,
        Role::CancelledFirst,
        Role::RefundedPart,
        Role::RefundedAmount,
        Role::RefundedEarly,
    ];
    if store.policy.invoices != "none" {
        roles.extend([Role::RefundedFull, Role::RefundedMixed]);
    }
    if roles::tells_returns(&store.platform) {
        roles.push(Role::Returned);
    }
    roles
}

/// Draws from a sequence (SplitMix64), so that a play can be repeated.
pub struct Draw(pub u64);

impl Draw {
    /// A number below `limit`, which is above zero.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let drawn = (z ^ (z >> 31)) % u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(drawn).unwrap_or_default()
    }
}
