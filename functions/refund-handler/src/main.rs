//! A batch of nudges from the refunds queue: bring to Odoo what came after those orders.

use causeway_aws::{Consumer, run_sqs};
use causeway_domain::ports::QueueRole;
use causeway_flows::Wired;
use causeway_flows::after_sales::handle;
use causeway_telemetry::StdoutSink;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let ports = causeway_aws::ports().await?;
    let consumer = Consumer::new(ports.queue.clone(), QueueRole::Refunds, QueueRole::RefundsDead);
    let world = Wired::new(ports, StdoutSink, causeway_aws::random);
    let world = &world;
    run_sqs(consumer, StdoutSink, "refund.handle", |messages, deadline| async move {
        handle(world, &messages, deadline).await
    })
    .await
}
