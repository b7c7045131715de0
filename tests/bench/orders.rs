//! Orders to Odoo: requests counted on their way to it, and orders a second beside the usual way, in
//! turns, so that a busy machine slows all of them alike. The flow is the real one, with its ledger in
//! memory and its platform in this process; Odoo is reached over HTTP.

use crate::counted::Counted;
use crate::report::{Aim, Report};
use crate::sim::Scenario;
use crate::usual_way::UsualWay;
use causeway_domain::Nudge;
use causeway_ledger::Disposition;
use sandbox::odoo::{FakeOdoo, Product, Switches};
use sandbox::platforms::{self, Draft, DraftLine, Phase, Platform, Shop};
use sandbox::{Running, config, serve};
use serde::Deserialize;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

const PLATFORM: Platform = Platform::WooCommerce;
const ROUNDS: u32 = 3;
/// Orders in each round of each way.
const ORDERS: u32 = 20;
const BATCH: usize = 10;
const LINES: usize = 3;

/// The ids that a store's configuration names, as `odoo.json` documents.
#[derive(Clone, Debug, Deserialize)]
pub struct Ids {
    pub database: String,
    pub api_key: String,
    pub company: i64,
    pub warehouse: i64,
    pub team: i64,
    pub salesperson: i64,
    pub payment_term: i64,
    pub pricelist_eur: i64,
    pub tax_21: i64,
    pub no_tax: i64,
    pub skus: Vec<String>,
}

/// The Odoo that is measured, behind the hop that counts.
pub struct Target {
    pub url: String,
    pub ids: Ids,
    counted: Counted,
    fake: Option<(Arc<FakeOdoo>, Running)>,
}

impl Target {
    /// The Odoo at a URL, or the fake one.
    pub async fn new(url: Option<String>, config: Option<&Path>) -> Self {
        let text = config.map_or_else(
            || include_str!("odoo.json").to_owned(),
            |file| std::fs::read_to_string(file).expect("the file of --odoo-config"),
        );
        let ids: Ids = serde_json::from_str(&text).expect("the file of --odoo-config");
        assert!(ids.skus.len() >= LINES, "name three SKUs at least");
        if let Some(url) = url {
            return Self::counted(url.trim_end_matches('/'), ids, None).await;
        }
        let odoo = Arc::new(FakeOdoo::belgian().with_clock(jiff::Timestamp::now));
        for sku in &ids.skus {
            odoo.add_product(&Product::goods(sku, "10.00"));
        }
        odoo.switch(Switches { latency: true, ..Switches::default() });
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = serve(any, vec![(String::new(), odoo.clone() as _)]).await.unwrap();
        let url = format!("http://{}", running.address);
        Self::counted(&url, ids, Some((odoo, running))).await
    }

    async fn counted(odoo: &str, ids: Ids, fake: Option<(Arc<FakeOdoo>, Running)>) -> Self {
        let counted = Counted::start(odoo).await;
        Self { url: format!("http://{}", counted.address), ids, counted, fake }
    }

    /// Requests that have reached Odoo so far.
    fn requests(&self) -> usize {
        self.counted.requests()
    }

    /// The environment file of one store.
    fn environment(&self, shop: &Shop) -> String {
        let (ids, store) = (&self.ids, shop.store);
        format!(
            "[odoo.main]\nurl = {url:?}\ndatabase = {database:?}\nprotocol = \"json2\"\n\
             api_key = {key:?}\n\
             [stores.{store}]\nplatform = {platform:?}\nodoo = \"main\"\ncompany = {company}\n\
             base_url = {base_url:?}\nwebhook_secret = {webhook:?}\napi_credentials = {api:?}\n\
             no_tax = {no_tax}\n\
             [stores.{store}.order]\nwarehouse = {warehouse}\nteam = {team}\n\
             salesperson = {salesperson}\npayment_term = {payment_term}\n\
             [stores.{store}.products]\n\
             [stores.{store}.currencies.EUR]\npricelist = {pricelist}\n\
             [[stores.{store}.taxes]]\nrate = 21\ntax = {tax}\n",
            url = self.url,
            database = ids.database,
            key = config::ODOO_SECRET,
            platform = shop.platform.id(),
            company = ids.company,
            base_url = shop.base_url,
            webhook = config::webhook_secret(store),
            api = config::api_credentials(store),
            no_tax = ids.no_tax,
            warehouse = ids.warehouse,
            team = ids.team,
            salesperson = ids.salesperson,
            payment_term = ids.payment_term,
            pricelist = ids.pricelist_eur,
            tax = ids.tax_21,
        )
    }
}

/// One store that sells to one customer.
struct Bench<'a> {
    scenario: Scenario,
    target: &'a Target,
    template: Draft,
}

/// What one way came to.
#[derive(Default)]
struct Way {
    orders: u32,
    time: Duration,
    calls: usize,
    /// The most calls that one order, or one batch for each of its orders, took.
    most: f64,
}

impl Way {
    fn rate(&self) -> f64 {
        f64::from(self.orders) / self.time.as_secs_f64()
    }

    /// Does some orders' work, with the clock and the count of what reaches Odoo.
    async fn count<T>(
        &mut self,
        target: &Target,
        orders: usize,
        work: impl Future<Output = T>,
    ) -> T {
        let (before, began) = (target.requests(), Instant::now());
        let end = work.await;
        self.time += began.elapsed();
        let calls = target.requests() - before;
        self.orders += u32::try_from(orders).unwrap();
        self.calls += calls;
        self.most = self.most.max(calls as f64 / orders as f64);
        end
    }
}

pub async fn measure(target: &Target, report: &mut Report) {
    let bench = Bench::new(target);
    let first = bench.nudges(1);
    let mut fresh = Way::default();
    bench.bring(&first, &mut fresh).await;
    // Every product is looked up once before anything is measured.
    bench.bring(&bench.nudges(target.ids.skus.len()), &mut Way::default()).await;
    let before = bench.seen();

    let (mut lone, mut tens, mut usual) = (Way::default(), Way::default(), Way::default());
    let usual_way = UsualWay::new(target, &bench.template.buyer.email);
    for round in 0..ROUNDS {
        eprintln!("orders: round {} of {ROUNDS}, {ORDERS} one by one ...", round + 1);
        for nudge in bench.nudges(ORDERS as usize) {
            bench.bring(std::slice::from_ref(&nudge), &mut lone).await;
        }
        eprintln!("orders: round {} of {ROUNDS}, {ORDERS} in tens ...", round + 1);
        for batch in bench.nudges(ORDERS as usize).chunks(BATCH) {
            bench.bring(batch, &mut tens).await;
        }
        eprintln!("orders: round {} of {ROUNDS}, {ORDERS} the usual way ...", round + 1);
        for number in round * ORDERS..(round + 1) * ORDERS {
            usual.count(target, 1, usual_way.bring(number, LINES)).await;
        }
    }
    bench.agrees(before);
    figures(target, report, [&fresh, &lone, &tens, &usual]);
}

fn figures(target: &Target, report: &mut Report, [fresh, lone, tens, usual]: [&Way; 4]) {
    let part = if target.fake.is_some() { "orders, fake Odoo" } else { "orders, this Odoo" };
    let per_order = usual.calls as f64 / f64::from(usual.orders);
    let what = "first order of a process, nothing known";
    report.figure(part, what, fresh.calls as f64, "Odoo calls per order");
    let what = "one by one, customer and goods known";
    report.aimed(part, what, lone.most, "Odoo calls per order", Aim::AtMost(4.0));
    report.aimed(part, "in tens", tens.most, "Odoo calls per order", Aim::AtMost(1.0));
    report.figure(part, "usual way", per_order, "Odoo calls per order");
    report.figure(part, "one by one", lone.rate(), "orders/s");
    report.figure(part, "in tens", tens.rate(), "orders/s");
    report.figure(part, "usual way", usual.rate(), "orders/s");
    report.figure(part, "one by one to usual way", lone.rate() / usual.rate(), "times");
    let times = tens.rate() / usual.rate();
    report.aimed(part, "in tens to usual way", times, "times", Aim::AtLeast(3.0));
    if target.fake.is_some() {
        report.note(
            "the fake Odoo waits as long as a real one took (tests/fixtures/odoo/latency.json); name a real one with --odoo",
        );
    }
}

impl<'a> Bench<'a> {
    fn new(target: &'a Target) -> Self {
        // External ids are made of the store's name, so that it is a new one in every run.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let tag = format!("bench-{now:x}");
        let store: &'static str = tag.clone().leak();
        let shop = |platform| {
            let mut shop = Shop::demo(platform);
            if platform == PLATFORM {
                shop.webhook_url = shop.webhook_url.replace(shop.store, store);
                shop.store = store;
            }
            shop
        };
        let scenario = Scenario::of(shop, |_| target.environment(&shop(PLATFORM)));
        scenario.secrets.set(config::ODOO_SECRET, &target.ids.api_key);
        Self { scenario, target, template: template(&tag) }
    }

    /// New paid orders of the customer, three lines of goods each.
    fn nudges(&self, orders: usize) -> Vec<Nudge> {
        let skus = &self.target.ids.skus;
        let shop = self.scenario.shop(PLATFORM);
        let add = |_| {
            shop.add(71, |draft| {
                let first = draft.number as usize * LINES;
                let line = |at: usize| DraftLine {
                    product: u32::try_from((first + at) % skus.len() + 1).unwrap(),
                    sku: skus[(first + at) % skus.len()].clone(),
                    ..self.template.lines[0].clone()
                };
                Draft {
                    number: draft.number,
                    placed_at: draft.placed_at,
                    lines: (0..LINES).map(line).collect(),
                    ..self.template.clone()
                }
            })
        };
        (0..orders).map(add).map(|id| self.scenario.nudge(PLATFORM, &id)).collect()
    }

    /// Brings them as one batch; fails if a person would be asked anything.
    async fn bring(&self, nudges: &[Nudge], way: &mut Way) {
        let work = self.scenario.project(nudges);
        let ends = way.count(self.target, nudges.len(), work).await;
        let asked = self.scenario.attention().await;
        let all_done = ends.iter().all(|end| *end == Disposition::Done);
        if !all_done || !asked.is_empty() {
            panic!("{ends:?} {asked:?} {:#?}", self.scenario.sink.lines());
        }
    }

    /// Calls so far on the way to the fake Odoo, and in its own log; none of a real one. (Its version,
    /// which a process asks once, is no call to a model, and not in the log.)
    fn seen(&self) -> Option<(usize, usize)> {
        let (odoo, _) = self.target.fake.as_ref()?;
        let log = odoo.inspect()["log"].as_array().map_or(0, Vec::len);
        Some((self.target.requests(), log))
    }

    /// What the store and the fake Odoo hold is the same to the cent, and since `before` the fake was
    /// called as often as was counted on the way to it. (Of a real one the flow has read back and
    /// compared every order itself.)
    fn agrees(&self, before: Option<(usize, usize)>) {
        let Some((odoo, _)) = &self.target.fake else { return };
        let added = self.seen().zip(before).map(|(now, then)| (now.0 - then.0, now.1 - then.1));
        let (on_the_way, logged) = added.expect("the fake's log");
        assert_eq!(on_the_way, logged, "calls on the way to the fake Odoo, and in its log");
        let mut state = odoo.inspect();
        let Value::Array(orders) = &mut state["orders"] else { panic!("no orders") };
        orders.retain(|order| {
            !order["client_order_ref"].as_str().unwrap_or_default().starts_with(UsualWay::REF)
        });
        assert_eq!(self.scenario.differences_in(&state), Vec::<String>::new());
    }
}

/// A Belgian consumer who pays 21 %, with nothing but goods.
fn template(tag: &str) -> Draft {
    let orders = platforms::generate(PLATFORM, 71, 200);
    let mut draft = orders
        .into_iter()
        .map(|order| order.draft)
        .find(|draft| {
            draft.currency == "EUR"
                && draft.buyer.company.is_none()
                && draft.billing.country == "BE"
        })
        .expect("a Belgian consumer");
    draft.buyer.email = draft.buyer.email.replace('@', &format!(".{tag}@"));
    let line = &mut draft.lines[0];
    line.title = "Article".to_owned();
    line.quantity = 2.into();
    line.taxes = vec![21];
    line.discount = 0;
    line.variant = false;
    line.gift_card = false;
    Draft {
        tax_included: false,
        coupon: None,
        shipping: None,
        fee: None,
        tip: None,
        gift_card_share: None,
        delivery: Some(draft.billing.clone()),
        phase: Phase::Paid,
        note: None,
        ..draft
    }
}
