//! functions/webhook as it is released: CPU time and memory of accepted deliveries.

use crate::delivery::{Delivery, PLATFORMS};
use crate::fake_aws::FakeAws;
use crate::process::Function;
use crate::report::{Aim, Report, megabytes, millis};
use crate::runtime_api::{Answer, RuntimeApi};
use sandbox::platforms::Platform;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

pub const DELIVERIES: usize = 2_000;
/// Before counting: connections are made, configuration and secrets are cached.
const WARM: usize = 50;

pub async fn measure(functions: &Path, report: &mut Report) {
    for platform in PLATFORMS {
        eprintln!("webhook: {DELIVERIES} deliveries of {} ...", platform.id());
        one(functions, platform, report).await;
    }
    report.note(
        "the webhook speaks plain HTTP to an AWS that answers at once: neither TLS nor the network is in its figures",
    );
}

async fn one(functions: &Path, platform: Platform, report: &mut Report) {
    let delivery = Delivery::new(platform);
    let aws = FakeAws::start(delivery.holdings()).await;
    let mut api = RuntimeApi::start().await;
    let binary = functions.join("causeway-webhook");
    let function = Function::start(&binary, &aws.environment(api.address));
    api.asked().await;
    for number in 0..WARM {
        accepted(&mut api, &aws, &delivery, number).await;
    }
    let (before, began) = (function.cpu(), Instant::now());
    for number in WARM..WARM + DELIVERIES {
        accepted(&mut api, &aws, &delivery, number).await;
    }
    let (cpu, wall) = (function.cpu().since(before), began.elapsed());

    let all = WARM + DELIVERIES;
    let queued = aws.calls("AmazonSQS.SendMessageBatch");
    assert_eq!(queued, all as u64, "every accepted delivery was queued");
    let remembered = aws.calls("DynamoDB_20120810.PutItem");
    let part = match platform {
        Platform::Shopify => "functions/webhook, Shopify",
        _ => "functions/webhook, WooCommerce",
    };
    let calls = if remembered > 0 { "3 AWS calls" } else { "1 AWS call" };
    let deliveries = u32::try_from(DELIVERIES).unwrap();
    let what = format!("whole process, {calls}, per delivery");
    report.aimed(part, &what, millis(cpu.whole() / deliveries), "ms CPU", Aim::Below(0.3));
    report.figure(part, "of it in our process", millis(cpu.user / deliveries), "ms CPU");
    report.figure(part, "of it in the kernel", millis(cpu.system / deliveries), "ms CPU");
    report.figure(part, "from event to answer", millis(wall / deliveries), "ms wall");
    let memory = megabytes(function.peak_memory());
    report.aimed(part, "peak memory", memory, "MB", Aim::Below(25.0));
    assert!(function.lines() >= DELIVERIES, "a log line for every delivery");
}

async fn accepted(api: &mut RuntimeApi, aws: &FakeAws, delivery: &Delivery, number: usize) {
    let (_, answer) = api.invoke(delivery.event(number)).await;
    aws.knew_every_call("webhook");
    match answer {
        Answer::Response(body) => {
            let answer: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&answer["statusCode"], &answer["body"]), (&200.into(), &"queued 1".into()));
        }
        Answer::Error(text) => panic!("{text}"),
    }
}
