//! One world with everything in it, and what tests do with it.

mod death;
mod differences;
mod odoo;

pub use death::{LEASE_OVER, every_kill};

use super::clock::VirtualClock;
use super::gate::{Gate, Late};
use super::ports::{Gated, MemoryFiles, MemoryQueue, MemorySecrets, MemorySettings, Routed};
use super::processors::Processors;
use causeway_aws::HttpClient;
use causeway_domain::ports::{Clock as _, Ports, QueueRole};
use causeway_domain::{Nudge, NudgeCause, OrderId, StoreId, Subject, Timestamp};
use causeway_flows::Wired;
use causeway_flows::after_sales::handle;
use causeway_flows::config::Environment;
use causeway_flows::project::project;
use causeway_flows::settlement::import;
use causeway_ledger::memory::MemoryLedger;
use causeway_ledger::{AttentionItem, Disposition, Ledger as _, Received, Row, RowKey};
use causeway_platforms::signature::hmac_sha256;
use causeway_telemetry::MemorySink;
use sandbox::odoo::{FakeOdoo, Product, Seed};
use sandbox::platforms::{self, Fake, Platform, Shop};
use sandbox::{InProcess, config};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The world of the tests.
pub type TestWorld = Wired<
    Gated<Routed>,
    Gated<MemoryQueue>,
    Gated<MemorySecrets>,
    Gated<MemorySettings>,
    Gated<MemoryLedger>,
    VirtualClock,
>;

/// Where the fake Odoo lives.
pub const ODOO: &str = "https://odoo.example.test";

/// A world, and handles to what is behind its ports.
pub struct Scenario {
    pub world: TestWorld,
    pub gate: Gate,
    pub clock: VirtualClock,
    pub queue: MemoryQueue,
    pub secrets: MemorySecrets,
    pub ledger: MemoryLedger,
    pub sink: MemorySink,
    pub odoo: Arc<FakeOdoo>,
    pub http: InProcess,
    pub files: MemoryFiles,
    pub processors: Arc<Processors>,
    shops: BTreeMap<Platform, Arc<Fake>>,
}

impl Scenario {
    /// Five stores, one Odoo, nothing sold yet.
    pub fn new() -> Self {
        Self::with(|text| text)
    }

    /// The same with the environment file changed.
    pub fn with(change: impl FnOnce(String) -> String) -> Self {
        Self::of(Shop::demo, change)
    }

    /// The same with other stores.
    pub fn of(shop: impl Fn(Platform) -> Shop, change: impl FnOnce(String) -> String) -> Self {
        let clock = VirtualClock::new();
        let odoo = {
            let clock = clock.clone();
            Arc::new(FakeOdoo::belgian().with_clock(move || clock.now()))
        };
        for n in platforms::SKUS {
            odoo.add_product(&Product::goods(&platforms::sku(n), "10.00"));
        }
        odoo.add_product(&Product {
            refused: true,
            ..Product::goods(platforms::POISON_SKU, "10.00")
        });
        let mut http = InProcess::default().with(ODOO, odoo.clone());
        let mut shops = BTreeMap::new();
        for platform in Platform::ALL {
            let at = clock.clone();
            let fake = Fake::with_clock(shop(platform), move || at.now());
            http = http.with(&fake.shop().base_url, fake.clone());
            shops.insert(platform, fake);
        }
        let processors = Arc::new(Processors::default());
        for (_, processor) in config::ACCOUNTS {
            http = http.with(&format!("https://{processor}.example.test"), processors.clone());
        }
        let gate = Gate::default();
        let secrets = MemorySecrets::default();
        secrets.set(config::ODOO_SECRET, Seed::INBOUND_KEY);
        for fake in shops.values() {
            let shop = fake.shop();
            secrets.set(&config::webhook_secret(shop.store), shop.webhook_secret);
            secrets.set(&config::api_credentials(shop.store), &shop.credentials);
        }
        let list: Vec<Shop> = shops.values().map(|fake| fake.shop().clone()).collect();
        let text = change(config::environment(ODOO, Seed::DATABASE, &list));
        let environment = Environment::parse(&text).unwrap();
        let problems = causeway_flows::config::problems(&environment);
        assert!(problems.is_empty(), "{problems:?}");
        let settings = MemorySettings::default();
        for document in environment.documents() {
            let json = serde_json::to_string(&document).unwrap();
            settings.0.lock().unwrap().insert(document.id.clone(), json.into());
        }
        for document in environment.account_documents() {
            let json = serde_json::to_string(&document).unwrap();
            settings.0.lock().unwrap().insert(document.id.clone(), json.into());
        }
        for (account, _) in config::ACCOUNTS {
            secrets.set(&config::webhook_secret(account), "not yet signed with");
            secrets.set(&config::api_credentials(account), "token-1");
        }
        let queue = MemoryQueue::default();
        let ledger = MemoryLedger::default();
        let sink = MemorySink::default();
        let ports = Ports {
            http: Gated {
                gate: gate.clone(),
                port: Routed { fakes: http.clone(), machine: Arc::new(HttpClient::new(false)) },
            },
            queue: Gated { gate: gate.clone(), port: queue.clone() },
            secrets: Gated { gate: gate.clone(), port: secrets.clone() },
            settings: Gated { gate: gate.clone(), port: settings },
            ledger: Gated { gate: gate.clone(), port: ledger.clone() },
            clock: clock.clone(),
        };
        let world = Wired::new(ports, sink.clone(), seeded);
        let files = MemoryFiles::default();
        Self {
            world,
            gate,
            clock,
            queue,
            secrets,
            ledger,
            sink,
            odoo,
            http,
            files,
            processors,
            shops,
        }
    }

    /// A store.
    pub fn shop(&self, platform: Platform) -> &Fake {
        &self.shops[&platform]
    }

    /// Now, in this world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Name of the secret that signs a store's webhooks.
    pub fn webhook_secret_name(&self, platform: Platform) -> String {
        config::webhook_secret(self.shop(platform).shop().store)
    }

    /// Signs a body as the Shopify store does.
    pub fn sign_shopify(&self, body: &[u8]) -> String {
        use base64::Engine as _;
        let secret = self.shop(Platform::Shopify).shop().webhook_secret;
        base64::engine::general_purpose::STANDARD.encode(hmac_sha256(secret.as_bytes(), &[body]))
    }

    /// What is in the orders queue.
    pub fn queued(&self) -> Vec<Nudge> {
        let messages = self.queue.0.lock().unwrap();
        let orders = messages.iter().filter(|(queue, _)| *queue == QueueRole::Orders);
        orders.map(|(_, nudge)| nudge.clone()).collect()
    }

    /// Every message that waits, on any queue.
    pub fn waiting(&self) -> Vec<Nudge> {
        self.queue.0.lock().unwrap().iter().map(|(_, nudge)| nudge.clone()).collect()
    }

    /// Forgets the queue.
    pub fn empty_queue(&self) {
        self.queue.0.lock().unwrap().clear();
    }

    /// A nudge for an order.
    pub fn nudge(&self, platform: Platform, order: &str) -> Nudge {
        Nudge {
            store: StoreId::new(self.shop(platform).shop().store),
            subject: Subject::Order(OrderId::new(order)),
            cause: NudgeCause::Operator,
            topic: None,
            event: None,
            occurred_at: None,
            received_at: self.now(),
        }
    }

    /// Projects a batch once, as one SQS batch.
    pub async fn project(&self, nudges: &[Nudge]) -> Vec<Disposition> {
        let deadline = self.now() + Duration::from_secs(170);
        project(&self.world, &received(nudges), deadline).await
    }

    /// Handles a batch of the refunds queue once.
    pub async fn handle(&self, nudges: &[Nudge]) -> Vec<Disposition> {
        let deadline = self.now() + Duration::from_secs(170);
        handle(&self.world, &received(nudges), deadline).await
    }

    /// Imports a batch of the settlements queue once.
    pub async fn import(&self, nudges: &[Nudge]) -> Vec<Disposition> {
        let deadline = self.now() + Duration::from_secs(170);
        let files = Gated { gate: self.gate.clone(), port: self.files.clone() };
        import(&self.world, &files, &received(nudges), deadline).await
    }

    /// A nudge about an account at a processor.
    pub fn of_account(&self, account: &str, subject: Subject) -> Nudge {
        Nudge::new(StoreId::new(account), subject, NudgeCause::Webhook, self.now())
    }

    /// A nudge about what came after an order.
    pub fn after(&self, platform: Platform, order: &str) -> Nudge {
        Nudge { subject: Subject::AfterSales(OrderId::new(order)), ..self.nudge(platform, order) }
    }

    /// Everything that is queued, taken off its queue.
    pub fn take_queued(&self) -> Vec<Nudge> {
        self.queue.0.lock().unwrap().drain(..).map(|(_, nudge)| nudge).collect()
    }

    /// Lets every worker work until nothing is queued: time passes as the dispositions wish.
    pub async fn drive(&self, nudges: &[Nudge]) {
        let mut pending: Vec<Nudge> = nudges.to_vec();
        for _ in 0..24 {
            pending.extend(self.take_queued());
            if pending.is_empty() {
                return;
            }
            let (orders, rest): (Vec<Nudge>, Vec<Nudge>) =
                pending.into_iter().partition(|nudge| nudge.subject.queue() == QueueRole::Orders);
            let mut pause = Duration::ZERO;
            let mut again = Vec::new();
            for (batch, ends) in
                [(&orders, self.project(&orders).await), (&rest, self.handle(&rest).await)]
            {
                for (nudge, end) in batch.iter().zip(ends) {
                    match end {
                        Disposition::RetryAfter(after) => {
                            pause = pause.max(after);
                            again.push(nudge.clone());
                        }
                        Disposition::Done | Disposition::ToDeadLetter(_) => {}
                    }
                }
            }
            self.clock.advance(pause);
            pending = again;
        }
    }

    /// Projects until nothing is left to retry: time passes as the dispositions wish, and what the
    /// flow enqueued comes back. Gives the last dispositions.
    pub async fn project_to_the_end(&self, nudges: &[Nudge]) -> Vec<Disposition> {
        let mut pending: Vec<Nudge> = nudges.to_vec();
        let mut last = Vec::new();
        for _ in 0..12 {
            last = self.project(&pending).await;
            let mut pause = Duration::ZERO;
            let again: Vec<Nudge> = pending
                .iter()
                .zip(&last)
                .filter_map(|(nudge, disposition)| match disposition {
                    Disposition::RetryAfter(after) => {
                        pause = pause.max(*after);
                        Some(nudge.clone())
                    }
                    Disposition::Done | Disposition::ToDeadLetter(_) => None,
                })
                .collect();
            self.clock.advance(pause);
            pending = again;
            pending.extend(self.queued());
            self.empty_queue();
            if pending.is_empty() {
                break;
            }
        }
        last
    }

    /// Lets a request that was on its way arrive now.
    pub fn arrive_late(&self, late: Option<Late>) {
        if let Some(request) = late {
            let _ = self.http.deliver(request);
        }
    }

    /// The ledger's row of an order.
    pub async fn row(&self, platform: Platform, order: &str) -> Option<Row> {
        let key = RowKey::from(&self.nudge(platform, order));
        self.ledger.row(&key).await.unwrap()
    }

    /// The ledger's row of whatever a nudge is about.
    pub async fn ledger_row(&self, nudge: &Nudge) -> Option<Row> {
        self.ledger.row(&RowKey::from(nudge)).await.unwrap()
    }

    /// Open attention items.
    pub async fn attention(&self) -> Vec<AttentionItem> {
        self.ledger.attention(None, 1000).await.unwrap()
    }
}

fn received(nudges: &[Nudge]) -> Vec<Received> {
    let message = |(at, nudge): (usize, &Nudge)| Received {
        nudge: nudge.clone(),
        message_id: format!("m{at}"),
        receipt_handle: format!("r{at}"),
        receive_count: 1,
        sent_at: None,
    };
    nudges.iter().enumerate().map(message).collect()
}

/// Random numbers that are the same in every run.
fn seeded() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed)
}
