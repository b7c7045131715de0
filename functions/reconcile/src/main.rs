//! On a schedule: nudge every row of the ledger that is due.

use causeway_aws::Ports;
use causeway_flows::sweep::sweep;
use causeway_flows::{Learnt, Wired};
use causeway_telemetry::StdoutSink;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let ports = Ports::from_env().await?;
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
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| async move {
        // The fault goes back to Lambda, so that the schedule's retry and the alarm see it.
        let swept = sweep(world).await?;
        Ok::<Value, Error>(json!({ "swept": swept }))
    }))
    .await
}
