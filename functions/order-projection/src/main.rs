//! A batch of nudges from the order queue: bring Odoo to the state of those orders.

use causeway_aws::{Ports, run_sqs};
use causeway_flows::project::project;
use causeway_flows::{Learnt, Wired};
use causeway_telemetry::StdoutSink;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let ports = Ports::from_env().await?;
    let consumer = ports.orders_consumer();
    let world = Wired {
        http: ports.http,
        queue: ports.queue,
        secrets: ports.secrets,
        settings: ports.settings,
        ledger: ports.ledger,
        clock: ports.clock,
        sink: Box::new(StdoutSink),
        random: causeway_aws::random,
        learnt: Learnt::default(),
    };
    let world = &world;
    run_sqs(consumer, StdoutSink, "order.project", |messages, deadline| async move {
        project(world, &messages, deadline).await
    })
    .await
}
