//! A batch of nudges from the order queue: bring Odoo to the state of those orders.

use causeway_aws::{Consumer, run_sqs};
use causeway_domain::ports::QueueRole;
use causeway_flows::Wired;
use causeway_flows::project::project;
use causeway_telemetry::StdoutSink;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let ports = causeway_aws::ports().await?;
    let consumer = Consumer::new(ports.queue.clone(), QueueRole::Orders, QueueRole::OrdersDead);
    let world = Wired::new(ports, StdoutSink, causeway_aws::random);
    let world = &world;
    run_sqs(consumer, StdoutSink, "order.project", |messages, deadline| async move {
        project(world, &messages, deadline).await
    })
    .await
}
