//! Who sells what, and what is delivered in which order. The same seed gives the same play.

use super::sandbox::Sandbox;
use crate::local::steps::Step;
use crate::report::Failure;

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
}

impl Script {
    /// Orders that were truly nudged.
    pub fn nudged(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.role != Role::Forged)
    }
}

/// Makes the orders in the stores and says what happens to them.
pub async fn write(sandbox: &Sandbox, each: u32, seed: u64) -> Result<Script, Failure> {
    let step = Step::begin("five stores sell");
    let mut orders = Vec::new();
    for (at, store) in sandbox.stores.iter().enumerate() {
        let mut add = |ids: Vec<String>, role: &dyn Fn(usize) -> Role| {
            orders.extend(ids.into_iter().enumerate().map(|(n, id)| Order {
                store: store.store.clone(),
                platform: store.platform.clone(),
                id,
                role: role(n),
            }));
        };
        let plain = sandbox.add_orders(&store.store, seed, each, "plain").await?;
        add(plain, &|n| match n % 3 {
            0 => Role::Plain,
            1 => Role::Reordered,
            _ => Role::Edited,
        });
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
    let chains = orders.iter().enumerate().map(|(n, order)| chain(n, order)).collect();
    step.done_with(&format!("{} orders", orders.len()));
    Ok(Script { orders, chains })
}

fn chain(n: usize, order: &Order) -> Vec<Act> {
    let deliver = |topic, how| Act::deliver(order, topic, how);
    match order.role {
        Role::Plain => vec![
            deliver("created", "sent"),
            deliver("created", "retried"),
            deliver("updated", "sent"),
            deliver("created", "retried"),
        ],
        Role::Reordered => vec![
            deliver("updated", "sent"),
            deliver("created", "sent"),
            deliver("updated", "retried"),
        ],
        Role::Edited => vec![
            deliver("created", "sent"),
            Act::Edit {
                order: order.clone(),
                quantity: 2 + u32::try_from(n % 3).unwrap_or_default(),
            },
            deliver("updated", "sent"),
        ],
        Role::UnknownSku | Role::Poisoned => vec![deliver("created", "sent")],
        Role::Forged => vec![deliver("created", "forged"), deliver("updated", "tampered")],
    }
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
