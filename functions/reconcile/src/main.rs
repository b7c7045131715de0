//! On a schedule: nudge every row of the ledger that is due.

use causeway_flows::Wired;
use causeway_flows::sweep::sweep;
use causeway_telemetry::StdoutSink;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let world = Wired::new(causeway_aws::ports().await?, StdoutSink, causeway_aws::random);
    let world = &world;
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| async move {
        // The fault goes back to Lambda, so that the schedule's retry and the alarm see it.
        let swept = sweep(world).await?;
        Ok::<Value, Error>(json!({ "swept": swept }))
    }))
    .await
}
