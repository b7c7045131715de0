//! Our own part of a delivery, in this process: the use case of the function over ports that answer at
//! once, and beside it what nobody can leave out, one HMAC over the body.

use crate::delivery::{Delivery, PLATFORMS};
use crate::process::this_thread;
use crate::report::{Aim, Report, micros};
use bytes::Bytes;
use causeway_aws::SystemClock;
use causeway_domain::ports::{
    Call, Freshness, Http, NoAnswer, Ports, Queue, QueueRole, SecretPair, Secrets, Settings,
};
use causeway_domain::{Fault, Nudge, Secret, StoreId};
use causeway_flows::Wired;
use causeway_flows::receive::receive;
use causeway_ledger::memory::MemoryLedger;
use causeway_platforms::signature::hmac_sha256;
use causeway_platforms::{Trust, Verification, adapter};
use causeway_telemetry::Sink;
use futures::FutureExt as _;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: usize = 10_000;

/// Everything that a delivery needs, at hand.
#[derive(Clone)]
struct AtHand {
    document: Arc<str>,
    secrets: SecretPair,
}

impl Http for AtHand {
    async fn send(&self, _: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        Err(NoAnswer::NotSent("a webhook asks nobody".to_owned()))
    }
}

impl Queue for AtHand {
    async fn send(&self, _: QueueRole, nudges: &[Nudge], _: Duration) -> Result<(), Fault> {
        black_box(nudges);
        Ok(())
    }
}

impl Secrets for AtHand {
    async fn get(&self, _: &str, _: Freshness) -> Result<SecretPair, Fault> {
        Ok(self.secrets.clone())
    }
}

impl Settings for AtHand {
    async fn store(&self, _: &StoreId) -> Result<Option<Arc<str>>, Fault> {
        Ok(Some(Arc::clone(&self.document)))
    }
    async fn ids(&self) -> Result<Vec<StoreId>, Fault> {
        Ok(Vec::new())
    }
}

struct Discard;

impl Sink for Discard {
    fn write(&self, line: &str) {
        black_box(line);
    }
}

pub fn measure(report: &mut Report) {
    for platform in PLATFORMS {
        let delivery = Delivery::new(platform);
        let part = match delivery.shop.platform.id() {
            "shopify" => "our own part, Shopify",
            _ => "our own part, WooCommerce",
        };
        report.figure(part, "body", delivery.body().len() as f64, "bytes");
        report.figure(part, "HMAC alone", micros(hmac(&delivery)), "us CPU");
        report.figure(part, "verify and parse", micros(verify_and_parse(&delivery)), "us CPU");
        let whole = micros(whole(&delivery));
        let what = "verify, parse, decide, configuration and log line";
        report.aimed(part, what, whole, "us CPU", Aim::Below(50.0));
    }
}

/// CPU time of one call.
fn timed(mut call: impl FnMut(usize)) -> Duration {
    for number in 0..ROUNDS / 10 {
        call(number);
    }
    let before = this_thread();
    for number in 0..ROUNDS {
        call(number);
    }
    (this_thread() - before) / u32::try_from(ROUNDS).unwrap()
}

fn hmac(delivery: &Delivery) -> Duration {
    let key = delivery.shop.webhook_secret.as_bytes();
    timed(|_| {
        black_box(hmac_sha256(key, &[black_box(delivery.body())]));
    })
}

fn verify_and_parse(delivery: &Delivery) -> Duration {
    let document = causeway_flows::config::StoreDocument::parse(&delivery.document).unwrap();
    let adapter = adapter(delivery.shop.platform.id()).unwrap();
    let connection = document.store.connection(&document.id);
    let secrets = [Secret::new(delivery.shop.webhook_secret)];
    let keys = BTreeMap::new();
    let raw = delivery.raw(0);
    let trust =
        Trust { connection: &connection, secrets: &secrets, keys: &keys, now: raw.received_at };
    timed(|_| match adapter.verify(raw.clone(), &trust) {
        Verification::Accepted(verified) => {
            let nudges = adapter.nudges(&document.id, &verified).unwrap();
            assert_eq!(black_box(nudges).len(), 1);
        }
        other => panic!("{other:?}"),
    })
}

fn whole(delivery: &Delivery) -> Duration {
    let current = Secret::new(delivery.shop.webhook_secret);
    let at_hand = AtHand {
        document: delivery.document.as_str().into(),
        secrets: SecretPair { current, previous: None },
    };
    let ports = Ports {
        http: at_hand.clone(),
        queue: at_hand.clone(),
        secrets: at_hand.clone(),
        settings: at_hand,
        ledger: MemoryLedger::default(),
        clock: SystemClock,
    };
    let world = Wired::new(ports, Discard, || 4);
    let (platform, store) = (delivery.shop.platform.id(), delivery.shop.store);
    let mut events = 0;
    timed(|_| {
        events += 1;
        // Every port answers at once, so the first poll ends it.
        let reply = receive(&world, platform, store, delivery.raw(events)).now_or_never().unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (200, "queued 1"));
    })
}
