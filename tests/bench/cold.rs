//! Cold starts: from starting the process to its first question for work, and to its first answer.

use crate::delivery::Delivery;
use crate::fake_aws::FakeAws;
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

pub const STARTS: usize = 20;

/// Names and sizes of one entry, and the end of the directory (PKWARE APPNOTE 4.3).
const ZIP_FRAME: u64 = 30 + 46 + 22 + 2 * "bootstrap".len() as u64;

/// Measures every function that there is a folder of.
pub async fn measure(functions: &Path, report: &mut Report) {
    let delivery = Delivery::new(Platform::WooCommerce);
    for name in names() {
        let first = first_work(&name, &delivery);
        starts(functions, &name, &first, &delivery, report).await;
    }
    report.note(
        "cold starts are medians; CPU is what a start costs at full speed, wall adds waiting for a processor",
    );
}

/// The folders below `functions/`, each of which is a function.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let functions = folders.filter(|entry| entry.path().join("Cargo.toml").is_file());
    let mut names: Vec<String> =
        functions.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The first event that a function gets, and what it is. An event that keeps it from starting real work
/// elsewhere: what is measured is the way there.
fn first_work(name: &str, delivery: &Delivery) -> (&'static str, Bytes) {
    const HELD: &str = "a nudge that another worker has";
    let order = || OrderId::new("1001");
    match name {
        "webhook" => ("a signed delivery", delivery.event(0)),
        "order-projection" => (HELD, nudge_event(delivery, Subject::Order(order()))),
        "refund-handler" => (HELD, nudge_event(delivery, Subject::AfterSales(order()))),
        "settlement-import" => {
            (HELD, nudge_event(delivery, Subject::Settlement(SettlementId::new("po_1001"))))
        }
        "reconcile" => ("a sweep that finds nothing", schedule_event()),
        other => panic!("say here what the first event of {other} is"),
    }
}

async fn starts(
    functions: &Path,
    name: &str,
    (first, event): &(&str, Bytes),
    delivery: &Delivery,
    report: &mut Report,
) {
    let binary = functions.join(format!("causeway-{name}"));
    let aws = FakeAws::start(delivery.holdings()).await;
    let (mut ready_wall, mut ready_cpu) = (Vec::new(), Vec::new());
    let (mut done_wall, mut done_cpu) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut api = RuntimeApi::start().await;
        let function = Function::start(&binary, &aws.environment(api.address));
        let asked = api.asked().await;
        ready_wall.push(asked - function.started);
        ready_cpu.push(function.exact_cpu());
        let (answered, answer) = api.invoke(event.clone()).await;
        // It asks again when it has nothing left to do.
        api.asked().await;
        done_wall.push(answered - function.started);
        done_cpu.push(function.exact_cpu());
        if let Answer::Error(text) = answer {
            panic!("{name}: {text}");
        }
    }
    let part = format!("cold start, {name}");
    let (ready, done) = ("start to ready", format!("start to {first} answered"));
    let cpu = millis(median(ready_cpu));
    report.aimed(&part, ready, cpu, "ms CPU", Aim::Below(25.0));
    report.aimed(&part, ready, millis(median(ready_wall)), "ms wall", Aim::Below(25.0));
    report.aimed(&part, &done, millis(median(done_cpu)), "ms CPU", Aim::Below(25.0));
    report.figure(&part, &done, millis(median(done_wall)), "ms wall");
    let size = megabytes(zipped(&binary));
    report.aimed(&part, "bootstrap, zipped", size, "MB", Aim::Below(5.0));
}

fn zipped(binary: &Path) -> u64 {
    let bytes = std::fs::read(binary).unwrap();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
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

fn schedule_event() -> Bytes {
    json!({"task": "sweep"}).to_string().into()
}
