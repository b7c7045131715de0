//! Cold starts: from starting the process to its first question for work, and to its first answer.

use crate::delivery::Delivery;
use crate::fake_aws::{FakeAws, Holdings};
use crate::nothing_new::NothingNew;
use crate::process::Function;
use crate::report::{Aim, Report, median, megabytes, millis};
use crate::runtime_api::{Answer, RuntimeApi};
use bytes::Bytes;
use causeway_domain::{Nudge, NudgeCause, OrderId, SettlementId, StoreId, Subject, Timestamp};
use flate2::{Compression, write::DeflateEncoder};
use sandbox::platforms::Platform;
use serde_json::json;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

pub const STARTS: usize = 20;

/// Names and sizes of one entry, and the end of the directory (PKWARE APPNOTE 4.3).
const ZIP_FRAME: u64 = 30 + 46 + 22 + 2 * "bootstrap".len() as u64;

/// Measures every function that there is a folder of.
pub async fn measure(functions: &Path, report: &mut Report) {
    let delivery = Delivery::new(Platform::WooCommerce);
    let nothing_new = NothingNew::start().await;
    let names = names();
    for (number, name) in names.iter().enumerate() {
        eprintln!("cold starts: {name} ({} of {}) ...", number + 1, names.len());
        let binary = functions.join(format!("causeway-{name}"));
        for (number, first) in first_work(name, &delivery, &nothing_new).iter().enumerate() {
            let times = starts(&binary, name, first).await;
            figures(name, first.what, times, number == 0, report);
        }
        let size = megabytes(zipped(&binary));
        report.aimed(&part(name), "bootstrap, zipped", size, "MB", Aim::Below(5.0));
    }
    assert!(nothing_new.asked() >= 2 * STARTS, "polls asked the store and the account");
    report.note(
        "cold starts are medians; CPU is what a start costs at full speed, wall adds waiting for a processor",
    );
}

/// The folders below `functions/`, each of which is a function.
pub fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let functions = folders.filter(|entry| entry.path().join("Cargo.toml").is_file());
    let mut names: Vec<String> =
        functions.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The first event that a function gets, and what AWS holds then.
struct First {
    what: &'static str,
    event: Bytes,
    holdings: Holdings,
}

/// Everything that a function is started for. Of a nudge another worker has the row, which keeps it from
/// work that depends on Odoo: what is measured is the way there. The rest is done to its end.
fn first_work(name: &str, delivery: &Delivery, nothing_new: &NothingNew) -> Vec<First> {
    let of = |what, event| First { what, event, holdings: delivery.holdings() };
    let held = |subject| of("a nudge that another worker has", nudge_event(delivery, subject));
    let scheduled = |what, task| {
        let event = json!({"task": task}).to_string().into();
        First { what, event, holdings: nothing_new.holdings() }
    };
    let order = || OrderId::new("1001");
    match name {
        "webhook" => vec![of("a signed delivery", delivery.event(0))],
        "order-projection" => vec![held(Subject::Order(order()))],
        "refund-handler" => vec![held(Subject::AfterSales(order()))],
        "settlement-import" => vec![
            held(Subject::Settlement(SettlementId::new("po_1001"))),
            scheduled("a poll of an account without a new payout", "poll"),
        ],
        "reconcile" => vec![
            scheduled("a sweep that finds nothing", "sweep"),
            scheduled("a poll of a store without a change", "poll"),
        ],
        other => panic!("say here what the first event of {other} is"),
    }
}

/// Wall and CPU time of each start until the function asked for work and until it had done it.
#[derive(Default)]
struct Times {
    ready_wall: Vec<Duration>,
    ready_cpu: Vec<Duration>,
    done_wall: Vec<Duration>,
    done_cpu: Vec<Duration>,
}

async fn starts(binary: &Path, name: &str, first: &First) -> Times {
    let aws = FakeAws::start(first.holdings.clone()).await;
    let mut times = Times::default();
    for _ in 0..STARTS {
        let mut api = RuntimeApi::start().await;
        let function = Function::start(binary, &aws.environment(api.address));
        let asked = api.asked().await;
        times.ready_wall.push(asked - function.started);
        times.ready_cpu.push(function.exact_cpu());
        let (answered, answer) = api.invoke(first.event.clone()).await;
        aws.knew_every_call(name);
        if let Answer::Error(text) = answer {
            panic!("{name}, {}: {text}", first.what);
        }
        // It asks again when it has nothing left to do.
        api.asked().await;
        times.done_wall.push(answered - function.started);
        times.done_cpu.push(function.exact_cpu());
    }
    times
}

fn part(name: &str) -> String {
    format!("cold start, {name}")
}

fn figures(name: &str, what: &str, times: Times, first: bool, report: &mut Report) {
    let part = part(name);
    let (ready, done) = ("start to ready", format!("start to {what} done"));
    let aim = Aim::Below(25.0);
    if first {
        report.aimed(&part, ready, millis(median(times.ready_cpu)), "ms CPU", aim);
        report.aimed(&part, ready, millis(median(times.ready_wall)), "ms wall", aim);
    }
    report.aimed(&part, &done, millis(median(times.done_cpu)), "ms CPU", aim);
    report.figure(&part, &done, millis(median(times.done_wall)), "ms wall");
}

/// As large as `sam` makes it, which uses the default level of compression.
fn zipped(binary: &Path) -> u64 {
    let bytes = std::fs::read(binary).unwrap();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap().len() as u64 + ZIP_FRAME
}

/// An SQS batch of one nudge.
fn nudge_event(delivery: &Delivery, subject: Subject) -> Bytes {
    let nudge = Nudge {
        store: StoreId::new(delivery.shop.store),
        subject,
        cause: NudgeCause::Webhook,
        topic: None,
        event: None,
        occurred_at: None,
        received_at: Timestamp::now(),
    };
    let event = json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": serde_json::to_string(&nudge).unwrap(),
        "attributes": {
            "ApproximateReceiveCount": "1", "SentTimestamp": "1795510800000",
            "SenderId": "AROAIENQZJOLO23YVJ4VO", "ApproximateFirstReceiveTimestamp": "1795510800001",
        },
        "messageAttributes": {}, "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
    }]});
    event.to_string().into()
}
