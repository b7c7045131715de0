//! On schedules: nudge every row of the ledger that is due (`{"task": "sweep"}`), and every order that
//! changed on its platform since the last look (`{"task": "poll"}`).

// The futures of a whole run are nested deeper than the compiler follows by itself.
#![recursion_limit = "256"]

use causeway_flows::Wired;
use causeway_flows::poll::poll;
use causeway_flows::sweep::sweep;
use causeway_telemetry::StdoutSink;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the schedule asks for.
#[derive(Deserialize)]
struct Asked {
    task: Task,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    Sweep,
    Poll,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let world = Wired::new(causeway_aws::ports().await?, StdoutSink, causeway_aws::random);
    let world = &world;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Asked>| async move {
        // A fault goes back to Lambda, so that the alarm sees it. Lambda then tries twice more, a minute
        // and two later; both tasks may run at any time and side by side.
        let nudged = match event.payload.task {
            Task::Sweep => sweep(world).await?,
            Task::Poll => poll(world).await?,
        };
        Ok::<Value, Error>(json!({ "nudged": nudged }))
    }))
    .await
}
